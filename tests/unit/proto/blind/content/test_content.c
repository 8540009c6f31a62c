#include "proto/blind/content/content.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "proto/blind/content/closing.h"
#include "proto/blind/content/feedback.h"
#include "proto/blind/content/introduction.h"
#include "proto/blind/content/invitation.h"
#include "proto/blind/content/message.h"
#include "proto/blind/content/parting.h"
#include "proto/blind/content/receipt.h"
#include "proto/blind/content/regie.h"
#include "proto/blind/content/signal.h"
#include "proto/trust/identity.h"
#include "proto/trust/may.h"
#include "proto/trust/presence.h"
#include "proto/wire/pack.h"

#define TEXT(text) sein_slice_text(text)
#define ENCODED_MAX 16384U

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

/* A deposit that agrees with itself when its note is of epoch 7. */
static struct sein_slice
make_deposit(uint64_t note_epoch, uint8_t buffer[static SEIN_DEPOSIT_MAX])
{
    const struct sein_presence_note note = {
        .v = 1,
        .circle = TEXT("jeugd"),
        .epoch = note_epoch,
        .link = 1,
        .expires = 1,
    };
    struct sein_presence_core core = {
        .v = 1,
        .circle = TEXT("jeugd"),
        .epoch = 7,
        .org = TEXT("00000099000000030000"),
        .desk = TEXT("00000099000000030000/zorgteam"),
        .link = 1,
        .created = 1,
        .expires = (uint64_t)SEIN_MS_PER_DAY,
        .dir_version = 1,
    };
    uint8_t bytes[2][SEIN_CORE_MAX];
    struct sein_writer notes = sein_writer_of(bytes[0], sizeof bytes[0]);
    struct sein_writer cores = sein_writer_of(bytes[1], sizeof bytes[1]);
    struct sein_writer out = sein_writer_of(buffer, SEIN_DEPOSIT_MAX);
    struct sein_deposit deposit = { 0 };

    assert_int_equal(
        sein_schema_encode(&sein_presence_note_schema, &note, &notes), SEIN_OK);
    deposit.note = sein_slice_of(notes.at, notes.len);
    sein_hash_of(deposit.note, &core.note_hash);
    assert_int_equal(
        sein_schema_encode(&sein_presence_core_schema, &core, &cores), SEIN_OK);
    deposit.core = sein_slice_of(cores.at, cores.len);
    assert_int_equal(sein_schema_encode(&sein_deposit_schema, &deposit, &out),
                     SEIN_OK);
    assert_false(out.failed);
    return sein_slice_of(out.at, out.len);
}

/* A list of count byte strings of len bytes each. */
static struct sein_list
make_list(struct sein_writer *out, size_t count, size_t len)
{
    static const uint8_t zeros[SEIN_REGIE_MAX + 1];

    sein_pack_array(out, count);
    for (size_t i = 0; i < count; i++)
        sein_pack_bytes(out, sein_slice_of(zeros, len));
    assert_false(out->failed);
    return (struct sein_list){ sein_slice_of(out->at, out->len), count };
}

static void
test_introductions(void **state)
{
    uint8_t deposit[SEIN_DEPOSIT_MAX];
    uint8_t list[ENCODED_MAX];
    struct sein_writer out = sein_writer_of(list, sizeof list);
    struct sein_introduction introduction = {
        .at = 7,
        .contact = TEXT("zorgteam 088"),
        .deposit = make_deposit(7, deposit),
    };

    (void)state;
    expect(SEIN_LETTER_INTRODUCTION, &sein_introduction_schema, &introduction,
           SEIN_OK);
    expect(SEIN_LETTER_REGIE, &sein_introduction_schema, &introduction,
           SEIN_ECONTENT);
    introduction.regie = make_list(&out, 2, 9);
    expect(SEIN_LETTER_INTRODUCTION, &sein_introduction_schema, &introduction,
           SEIN_OK);
    out.len = 0;
    introduction.regie = make_list(&out, 1, SEIN_REGIE_MAX + 1);
    expect(SEIN_LETTER_INTRODUCTION, &sein_introduction_schema, &introduction,
           SEIN_ERANGE);
    out.len = 0;
    introduction.regie = make_list(&out, 1, 0);
    expect(SEIN_LETTER_INTRODUCTION, &sein_introduction_schema, &introduction,
           SEIN_ERANGE);
    out.len = 0;
    sein_pack_array(&out, 1);
    sein_pack_uint(&out, 1);
    introduction.regie =
        (struct sein_list){ sein_slice_of(out.at, out.len), 1 };
    expect(SEIN_LETTER_INTRODUCTION, &sein_introduction_schema, &introduction,
           SEIN_EWIRE);
    introduction.regie = (struct sein_list){ 0 };
    introduction.deposit = make_deposit(8, deposit);
    expect(SEIN_LETTER_INTRODUCTION, &sein_introduction_schema, &introduction,
           SEIN_EDEPOSIT);
}

/* The fullest introduction, with its deposit, fits a letter of 16 KiB. */
static void
test_an_introduction_fits(void **state)
{
    static const uint8_t filling[SEIN_DEPOSIT_MAX] = { 'a' };
    uint8_t list[ENCODED_MAX];
    uint8_t bytes[ENCODED_MAX];
    char contact[SEIN_CONTACT_MAX + 1];
    struct sein_writer lists = sein_writer_of(list, sizeof list);
    struct sein_writer out = sein_writer_of(bytes, sizeof bytes);
    struct sein_introduction introduction = {
        .at = INT64_MAX,
        .deposit = sein_slice_of(filling, sizeof filling),
    };

    (void)state;
    memset(contact, 'c', sizeof contact - 1);
    contact[sizeof contact - 1] = '\0';
    introduction.contact = TEXT(contact);
    introduction.regie =
        make_list(&lists, SEIN_REGIE_CHAIN_MAX, SEIN_REGIE_MAX);
    assert_int_equal(
        sein_schema_encode(&sein_introduction_schema, &introduction, &out),
        SEIN_OK);
    assert_false(out.failed);
    assert_true(out.len + 2 * SEIN_LETTER_HEADER_MAX + SEIN_SIG_BYTES + 8 <=
                16384);
}

static void
test_partings(void **state)
{
    struct sein_parting parting = { .at = 7, .reason = TEXT("ended") };

    (void)state;
    expect(SEIN_LETTER_PARTING, &sein_parting_schema, &parting, SEIN_OK);
    parting.reason = TEXT("not_same_household");
    expect(SEIN_LETTER_PARTING, &sein_parting_schema, &parting, SEIN_OK);
    parting.reason = TEXT("verhuisd");
    expect(SEIN_LETTER_PARTING, &sein_parting_schema, &parting, SEIN_ECODE);
}

static void
test_regie(void **state)
{
    const struct sein_slice desk = TEXT("00000099000000030000/zorgteam");
    const struct sein_regie_content good[] = {
        { .at = 7, .propose = desk },
        { .at = 7, .release = TEXT("r") },
        { .at = 7, .statement = TEXT("s") },
    };
    const struct sein_regie_content bad[] = {
        { .at = 7 },
        { .at = 7, .propose = desk, .release = TEXT("r") },
        { .at = 7, .propose = desk, .statement = TEXT("s") },
        { .at = 7, .release = TEXT("r"), .statement = TEXT("s") },
    };
    const struct sein_regie_content nobody = { .propose = TEXT("zorgteam") };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        expect(SEIN_LETTER_REGIE, &sein_regie_content_schema, &good[i],
               SEIN_OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        expect(SEIN_LETTER_REGIE, &sein_regie_content_schema, &bad[i],
               SEIN_ECONTENT);
    expect(SEIN_LETTER_REGIE, &sein_regie_content_schema, &nobody, SEIN_EDESK);
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
    static const uint64_t kinds[] = { 0, 11, 19, 23, 25, UINT64_MAX };
    static const uint8_t empty_map[] = { 0x80 };

    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        assert_int_equal(
            sein_content_check(kinds[i], sein_slice_of(empty_map, 1)),
            SEIN_EKIND);
    for (uint64_t kind = 1; kind < SEIN_LETTER_CEREMONY; kind++) {
        if (!sein_letter_known(kind))
            continue;
        assert_int_equal(sein_content_check(kind, sein_slice_of(empty_map, 1)),
                         SEIN_ECONTENT);
    }
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
        cmocka_unit_test(test_introductions),
        cmocka_unit_test(test_an_introduction_fits),
        cmocka_unit_test(test_partings),
        cmocka_unit_test(test_regie),
        cmocka_unit_test(test_hostile_counts),
        cmocka_unit_test(test_newer_kinds_are_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
