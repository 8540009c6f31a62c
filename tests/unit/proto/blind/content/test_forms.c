/* The closed forms of all families, against rows written from PROTOCOL.md
 * section 9 a second time, with bare numbers. */
#include "proto/blind/content/closing.h"
#include "proto/blind/content/feedback.h"
#include "proto/blind/content/introduction.h"
#include "proto/blind/content/invitation.h"
#include "proto/blind/content/message.h"
#include "proto/blind/content/parting.h"
#include "proto/blind/content/receipt.h"
#include "proto/blind/content/regie.h"
#include "proto/blind/content/signal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/schema_cases.h"

#define UINT SEIN_FIELD_UINT
#define BOOL SEIN_FIELD_BOOL
#define BYTES SEIN_FIELD_BYTES
#define LIST SEIN_FIELD_LIST
#define FIXED SEIN_FIELD_FIXED
#define TEXT SEIN_FIELD_TEXT
#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static void
test_signal_form(void **state)
{
    static const struct schema_case rows[] = {
        { "aanduiding", TEXT, true, 2, 2 },
        { "amount_cents", UINT, true, 0, INT64_MAX },
        { "birth_date", TEXT, true, 10, 10 },
        { "bsn", TEXT, true, 9, 9 },
        { "contact", TEXT, true, 1, 256 },
        { "contact_tried", TEXT, true, 10, 10 },
        { "help_pointed_out", TEXT, true, 10, 10 },
        { "huisletter", TEXT, true, 1, 32 },
        { "huisnummer", TEXT, true, 1, 32 },
        { "huisnummertoevoeging", TEXT, true, 1, 32 },
        { "informed", UINT, false, 1, 3 },
        { "informed_reason", TEXT, true, 1, 512 },
        { "informed_review", TEXT, true, 10, 10 },
        { "kind", TEXT, false, 1, 32 },
        { "name", TEXT, true, 1, 128 },
        { "note", TEXT, true, 1, 4000 },
        { "offer_made", TEXT, true, 10, 10 },
        { "parent_bsn", TEXT, true, 9, 9 },
        { "postcode", TEXT, true, 6, 6 },
        { "reminder_sent", TEXT, true, 10, 10 },
        { "replaces", FIXED, true, 16, 16 },
        { "shielded", BOOL, true, 0, 1 },
        { "since", TEXT, true, 10, 10 },
        { "source_id", TEXT, false, 1, 64 },
        { "urgency", UINT, true, 0, 1 },
    };

    (void)state;
    schema_cases_run(&sein_signal_schema, rows, COUNT(rows));
}

static void
test_ending_form(void **state)
{
    static const struct schema_case rows[] = {
        { "at", UINT, false, 0, INT64_MAX },
        { "letter_id", FIXED, false, 16, 16 },
        { "reason", TEXT, true, 1, 512 },
    };

    (void)state;
    schema_cases_run(&sein_ending_schema, rows, COUNT(rows));
}

static void
test_feedback_form(void **state)
{
    static const struct schema_case rows[] = {
        { "at", UINT, false, 0, INT64_MAX },
        { "outcome", TEXT, false, 1, 32 },
    };

    (void)state;
    schema_cases_run(&sein_feedback_schema, rows, COUNT(rows));
}

static void
test_message_form(void **state)
{
    static const struct schema_case rows[] = {
        { "at", UINT, false, 0, INT64_MAX },
        { "text", TEXT, false, 1, 4000 },
    };

    (void)state;
    schema_cases_run(&sein_message_schema, rows, COUNT(rows));
    schema_cases_run(&sein_consult_schema, rows, COUNT(rows));
}

static void
test_receipt_form(void **state)
{
    static const struct schema_case rows[] = {
        { "at", UINT, false, 0, INT64_MAX },
        { "letter_id", FIXED, false, 16, 16 },
        { "status", UINT, false, 1, 3 },
    };

    (void)state;
    schema_cases_run(&sein_receipt_content_schema, rows, COUNT(rows));
}

static void
test_invitation_form(void **state)
{
    static const struct schema_case rows[] = {
        { "at", UINT, false, 0, INT64_MAX },
        { "day", TEXT, false, 10, 10 },
        { "headings", TEXT, false, 1, 1000 },
        { "purpose", TEXT, false, 1, 512 },
    };

    (void)state;
    schema_cases_run(&sein_table_invitation_schema, rows, COUNT(rows));
}

static void
test_introduction_form(void **state)
{
    static const struct schema_case rows[] = {
        { "at", UINT, false, 0, INT64_MAX },
        { "contact", TEXT, true, 1, 256 },
        { "deposit", BYTES, false, 1, 736 },
        { "regie", LIST, true, 0, 8 },
    };

    (void)state;
    schema_cases_run(&sein_introduction_schema, rows, COUNT(rows));
}

static void
test_regie_form(void **state)
{
    static const struct schema_case rows[] = {
        { "at", UINT, false, 0, INT64_MAX },
        { "propose", TEXT, true, 1, 53 },
        { "release", BYTES, true, 1, 336 },
        { "statement", BYTES, true, 1, 1376 },
    };

    (void)state;
    schema_cases_run(&sein_regie_content_schema, rows, COUNT(rows));
}

static void
test_parting_form(void **state)
{
    static const struct schema_case rows[] = {
        { "at", UINT, false, 0, INT64_MAX },
        { "reason", TEXT, false, 1, 32 },
    };

    (void)state;
    schema_cases_run(&sein_parting_schema, rows, COUNT(rows));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signal_form),
        cmocka_unit_test(test_ending_form),
        cmocka_unit_test(test_feedback_form),
        cmocka_unit_test(test_message_form),
        cmocka_unit_test(test_receipt_form),
        cmocka_unit_test(test_invitation_form),
        cmocka_unit_test(test_introduction_form),
        cmocka_unit_test(test_regie_form),
        cmocka_unit_test(test_parting_form),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
