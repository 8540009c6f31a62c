#include "proto/blind/content/content.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "proto/blind/content/closing.h"
#include "proto/blind/content/feedback.h"
#include "proto/blind/content/invitation.h"
#include "proto/blind/content/message.h"
#include "proto/blind/content/receipt.h"
#include "proto/blind/content/signal.h"
#include "proto/trust/may.h"

#define TEXT(text) sein_slice_text(text)
#define ENCODED_MAX 4096U

/* Checks one object under one kind, whole and cut short. */
static void
expect(uint64_t kind, const struct sein_schema *schema, const void *object,
       enum sein_err err)
{
    uint8_t bytes[ENCODED_MAX];
    struct sein_writer out = sein_writer_of(bytes, sizeof bytes);

    assert_int_equal(sein_schema_encode(schema, object, &out), SEIN_OK);
    assert_false(out.failed);
    assert_int_equal(sein_content_check(kind, sein_slice_of(bytes, out.len)),
                     err);
    if (err != SEIN_OK)
        return;
    for (size_t len = 0; len < out.len; len++)
        assert_int_equal(sein_content_check(kind, sein_slice_of(bytes, len)),
                         SEIN_EWIRE);
    bytes[out.len] = 0;
    assert_int_equal(
        sein_content_check(kind, sein_slice_of(bytes, out.len + 1)),
        SEIN_ETRAILING);
}

static void
test_signals(void **state)
{
    struct sein_signal signal = {
        .huisnummer = TEXT("1"),
        .informed = SEIN_INFORMED_YES,
        .kind = TEXT("huur"),
        .postcode = TEXT("1506AB"),
        .source_id = TEXT("1"),
    };

    (void)state;
    expect(SEIN_LETTER_SIGNAL, &sein_signal_schema, &signal, SEIN_OK);
    expect(SEIN_LETTER_REFERRAL, &sein_signal_schema, &signal, SEIN_OK);
    expect(SEIN_LETTER_CORRECTION, &sein_signal_schema, &signal,
           SEIN_EREQUIRED);
    expect(SEIN_LETTER_FEEDBACK, &sein_signal_schema, &signal, SEIN_ECONTENT);
    signal.replaces.bytes[0] = 1;
    expect(SEIN_LETTER_SIGNAL, &sein_signal_schema, &signal, SEIN_ECONTENT);
    expect(SEIN_LETTER_CORRECTION, &sein_signal_schema, &signal, SEIN_OK);
    signal.bsn = TEXT("123456789");
    expect(SEIN_LETTER_CORRECTION, &sein_signal_schema, &signal, SEIN_EBSN);
}

static void
test_endings(void **state)
{
    const struct sein_ending ending = { .at = 7, .reason = TEXT("verhuisd") };

    (void)state;
    expect(SEIN_LETTER_WITHDRAWAL, &sein_ending_schema, &ending, SEIN_OK);
    expect(SEIN_LETTER_CLOSING, &sein_ending_schema, &ending, SEIN_OK);
    expect(SEIN_LETTER_RECEIPT, &sein_ending_schema, &ending, SEIN_ECONTENT);
}

static void
test_feedback(void **state)
{
    struct sein_feedback feedback = { .at = 7, .outcome = TEXT("contact") };

    (void)state;
    expect(SEIN_LETTER_FEEDBACK, &sein_feedback_schema, &feedback, SEIN_OK);
    feedback.outcome = TEXT("Contact!");
    expect(SEIN_LETTER_FEEDBACK, &sein_feedback_schema, &feedback, SEIN_ECODE);
}

static void
test_texts(void **state)
{
    const struct sein_message message = { .at = 7, .text = TEXT("dank") };

    (void)state;
    expect(SEIN_LETTER_MESSAGE, &sein_message_schema, &message, SEIN_OK);
    /* Of one form, so what is one is the other. */
    expect(SEIN_LETTER_CONSULT, &sein_message_schema, &message, SEIN_OK);
    expect(SEIN_LETTER_SIGNAL, &sein_message_schema, &message, SEIN_ECONTENT);
}

static void
test_receipts(void **state)
{
    const struct sein_receipt_content receipt = { .at = 7,
                                                  .status = SEIN_RECEIPT_READ };

    (void)state;
    expect(SEIN_LETTER_RECEIPT, &sein_receipt_content_schema, &receipt,
           SEIN_OK);
    expect(SEIN_LETTER_CLOSING, &sein_receipt_content_schema, &receipt,
           SEIN_ECONTENT);
}

static void
test_invitations(void **state)
{
    struct sein_table_invitation invitation = { .at = 7,
                                                .day = TEXT("2026-02-28"),
                                                .headings = TEXT("wonen, werk"),
                                                .purpose = TEXT("afstemmen") };

    (void)state;
    expect(SEIN_LETTER_INVITATION, &sein_table_invitation_schema, &invitation,
           SEIN_OK);
    invitation.day = TEXT("2026-02-29");
    expect(SEIN_LETTER_INVITATION, &sein_table_invitation_schema, &invitation,
           SEIN_EDATE);
}

/* Five bytes that announce 268 million elements, and their kin. */
static void
test_hostile_counts(void **state)
{
    static const uint8_t bombs[][5] = { { 0xdd, 0x10, 0, 0, 0 },
                                        { 0xdf, 0x10, 0, 0, 0 },
                                        { 0xdb, 0xff, 0xff, 0xff, 0xff },
                                        { 0xc6, 0xff, 0xff, 0xff, 0xff } };

    (void)state;
    for (uint64_t kind = 1; kind < SEIN_LETTER_KIND_COUNT; kind++) {
        if (!sein_letter_known(kind))
            continue;
        for (size_t i = 0; i < sizeof bombs / sizeof bombs[0]; i++)
            assert_int_equal(
                sein_content_check(kind, sein_slice_of(bombs[i], 5)),
                SEIN_EWIRE);
    }
}

static void
test_newer_kinds_are_kept(void **state)
{
    static const uint64_t kinds[] = { 0, 11, 20, 21, 22, 23, 25, UINT64_MAX };
    static const uint8_t empty_map[] = { 0x80 };

    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        assert_int_equal(
            sein_content_check(kinds[i], sein_slice_of(empty_map, 1)),
            SEIN_EKIND);
    for (uint64_t kind = 1; kind <= SEIN_LETTER_CONSULT; kind++)
        assert_int_equal(sein_content_check(kind, sein_slice_of(empty_map, 1)),
                         SEIN_ECONTENT);
    assert_int_not_equal(
        sein_content_check(SEIN_LETTER_CEREMONY, sein_slice_of(empty_map, 1)),
        SEIN_OK);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signals),
        cmocka_unit_test(test_endings),
        cmocka_unit_test(test_feedback),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_receipts),
        cmocka_unit_test(test_invitations),
        cmocka_unit_test(test_hostile_counts),
        cmocka_unit_test(test_newer_kinds_are_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
