#include "proto/blind/content/signal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "proto/base/limits.h"
#include "proto/blind/handle.h"
#include "proto/trust/may.h"

#define TEXT(text) sein_slice_text(text)

/* A signal as a housing corporation sends it, with all that may stand in it. */
static struct sein_signal
full_signal(void)
{
    return (struct sein_signal){
        .aanduiding = TEXT("to"),
        .amount_cents = 123456,
        .birth_date = TEXT("1980-05-06"),
        .bsn = TEXT("111222333"),
        .contact = TEXT("balie 075-1234567"),
        .contact_tried = TEXT("2026-01-02"),
        .help_pointed_out = TEXT("2026-01-03"),
        .huisletter = TEXT("b"),
        .huisnummer = TEXT("118"),
        .huisnummertoevoeging = TEXT("2-hoog"),
        .informed = SEIN_INFORMED_DEFERRED,
        .informed_reason = TEXT("eerst overleg met de huisarts"),
        .informed_review = TEXT("2026-02-01"),
        .kind = TEXT("huur"),
        .name = TEXT("Jansen"),
        .note = TEXT("liever bellen na vijven"),
        .offer_made = TEXT("2026-01-04"),
        .parent_bsn = TEXT("999990019"),
        .postcode = TEXT("1506AB"),
        .reminder_sent = TEXT("2026-01-05"),
        .shielded = true,
        .since = TEXT("2025-11-01"),
        .source_id = TEXT("D-2026-17"),
        .urgency = SEIN_URGENCY_THREATENING,
    };
}

/* The least that makes a signal. */
static struct sein_signal
least_signal(void)
{
    return (struct sein_signal){
        .huisnummer = TEXT("1"),
        .informed = SEIN_INFORMED_YES,
        .kind = TEXT("huur"),
        .postcode = TEXT("1506AB"),
        .source_id = TEXT("1"),
    };
}

static void
expect(const struct sein_signal *signal, bool arrears, enum sein_err err,
       const char *field)
{
    const char *found = NULL;

    assert_int_equal(
        sein_signal_check(signal, SEIN_LETTER_SIGNAL, arrears, &found), err);
    if (field == NULL)
        assert_null(found);
    else
        assert_string_equal(found, field);
    assert_int_equal(
        sein_signal_check(signal, SEIN_LETTER_SIGNAL, arrears, NULL), err);
}

static void
test_good_signals(void **state)
{
    struct sein_signal signal = full_signal();

    (void)state;
    expect(&signal, true, SEIN_OK, NULL);
    expect(&signal, false, SEIN_OK, NULL);
    signal = least_signal();
    expect(&signal, false, SEIN_OK, NULL);
}

static void
test_names_a_household(void **state)
{
    struct sein_signal signal = least_signal();

    (void)state;
    signal.postcode = signal.huisnummer = TEXT("");
    expect(&signal, false, SEIN_EMIXEDADDRESS, "postcode");
    signal.parent_bsn = TEXT("111222333");
    expect(&signal, false, SEIN_EMIXEDADDRESS, "postcode");
    signal.bsn = TEXT("111222333");
    expect(&signal, false, SEIN_OK, NULL);
    signal.postcode = TEXT("1506AB");
    expect(&signal, false, SEIN_EREQUIRED, "huisnummer");
    signal.postcode = TEXT("");
    signal.huisnummer = TEXT("1");
    expect(&signal, false, SEIN_EREQUIRED, "postcode");
    signal.huisnummer = TEXT("");
    signal.huisletter = TEXT("b");
    expect(&signal, false, SEIN_EREQUIRED, "postcode");
    signal.huisletter = TEXT("");
    signal.huisnummertoevoeging = TEXT("2");
    expect(&signal, false, SEIN_EREQUIRED, "postcode");
    signal.huisnummertoevoeging = TEXT("");
    signal.aanduiding = TEXT("by");
    expect(&signal, false, SEIN_EREQUIRED, "postcode");
}

static void
test_address_is_canonical(void **state)
{
    static const char *const postcodes[] = { "1506ab", "0506AB", "1506SS",
                                             "150 6A", "ABCDEF" };
    struct sein_signal signal = least_signal();

    (void)state;
    for (size_t i = 0; i < sizeof postcodes / sizeof postcodes[0]; i++) {
        signal.postcode = TEXT(postcodes[i]);
        expect(&signal, false, SEIN_EPOSTCODE, "postcode");
    }
    /* It would do for the handle, but not between programs. */
    signal.postcode = TEXT("1506 AB");
    expect(&signal, false, SEIN_EPOSTCODE, "postcode");
    signal = least_signal();
    signal.huisnummer = TEXT("b");
    expect(&signal, false, SEIN_EHUISNUMMER, "huisnummer");
    signal.huisnummer = TEXT("100000");
    expect(&signal, false, SEIN_EHUISNUMMER, "huisnummer");
    signal.huisnummer = TEXT("1 abcdefghi");
    expect(&signal, false, SEIN_ETOEVOEGING, "huisnummer");
    signal.huisnummer = TEXT("1");
    signal.huisletter = TEXT("abcdefghi");
    expect(&signal, false, SEIN_ETOEVOEGING, "huisletter");
    signal.huisnummertoevoeging = TEXT("2");
    expect(&signal, false, SEIN_ETOEVOEGING, "huisnummertoevoeging");
    signal = least_signal();
    signal.aanduiding = TEXT("in");
    expect(&signal, false, SEIN_EAANDUIDING, "aanduiding");
}

static void
test_bsn_passes_the_eleven_test(void **state)
{
    static const char *const bad[] = { "123456789", "000000000", "11122233x",
                                       "1112 2233", "12345678",  "11122233." };
    struct sein_signal signal = least_signal();

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        signal = least_signal();
        signal.bsn = TEXT(bad[i]);
        expect(&signal, false, SEIN_EBSN, "bsn");
        signal.bsn = TEXT("");
        signal.parent_bsn = TEXT(bad[i]);
        expect(&signal, false, SEIN_EBSN, "parent_bsn");
    }
    /* A lost zero is put back by the sender, never left to the recipient. */
    signal = least_signal();
    signal.bsn = TEXT("00000152");
    expect(&signal, false, SEIN_EBSN, "bsn");
    signal.bsn = TEXT("000000152");
    expect(&signal, false, SEIN_OK, NULL);
}

static void
test_informed_is_said(void **state)
{
    struct sein_signal signal = least_signal();

    (void)state;
    signal.informed = 0;
    expect(&signal, false, SEIN_EINFORMED, "informed");
    signal.informed = 4;
    expect(&signal, false, SEIN_EINFORMED, "informed");
    signal.informed = SEIN_INFORMED_NO;
    expect(&signal, false, SEIN_EINFORMED, "informed_reason");
    signal.informed_reason = TEXT("gevaar voor het kind");
    expect(&signal, false, SEIN_OK, NULL);
    signal.informed = SEIN_INFORMED_DEFERRED;
    expect(&signal, false, SEIN_EINFORMED, "informed_review");
    signal.informed_review = TEXT("2026-02-30");
    expect(&signal, false, SEIN_EDATE, "informed_review");
    signal.informed_review = TEXT("2026-02-28");
    expect(&signal, false, SEIN_OK, NULL);
    signal.informed_reason = TEXT("");
    expect(&signal, false, SEIN_EINFORMED, "informed_reason");
}

/* Where the days are in the struct, by name. */
static const struct {
    const char *name;
    size_t offset;
    bool attestation;
} days[] = {
    { "contact_tried", offsetof(struct sein_signal, contact_tried), true },
    { "help_pointed_out", offsetof(struct sein_signal, help_pointed_out),
      true },
    { "reminder_sent", offsetof(struct sein_signal, reminder_sent), true },
    { "offer_made", offsetof(struct sein_signal, offer_made), true },
    { "birth_date", offsetof(struct sein_signal, birth_date), false },
    { "since", offsetof(struct sein_signal, since), false },
};

static void
set_day(struct sein_signal *signal, size_t row, const char *text)
{
    struct sein_slice day = TEXT(text);

    memcpy((uint8_t *)signal + days[row].offset, &day, sizeof day);
}

static void
test_days_exist(void **state)
{
    static const char *const bad[] = { "2026-02-30", "31-01-2026",
                                       "20260131  " };

    (void)state;
    for (size_t row = 0; row < sizeof days / sizeof days[0]; row++) {
        struct sein_signal signal = full_signal();

        for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
            set_day(&signal, row, bad[i]);
            expect(&signal, true, SEIN_EDATE, days[row].name);
            expect(&signal, false, SEIN_EDATE, days[row].name);
        }
    }
}

static void
test_arrears_need_attestations(void **state)
{
    (void)state;
    for (size_t row = 0; row < sizeof days / sizeof days[0]; row++) {
        struct sein_signal signal = full_signal();

        set_day(&signal, row, "");
        expect(&signal, false, SEIN_OK, NULL);
        if (days[row].attestation)
            expect(&signal, true, SEIN_EATTEST, days[row].name);
        else
            expect(&signal, true, SEIN_OK, NULL);
    }
}

static void
test_required_texts(void **state)
{
    struct sein_signal signal = least_signal();

    (void)state;
    signal.source_id = TEXT("");
    expect(&signal, false, SEIN_EREQUIRED, "source_id");
    signal = least_signal();
    signal.kind = TEXT("");
    expect(&signal, false, SEIN_ECODE, "kind");
    signal.kind = TEXT("Huur");
    expect(&signal, false, SEIN_ECODE, "kind");
}

static void
test_note_counts_characters(void **state)
{
    static char note[4 * 1001 + 1];
    struct sein_signal signal = least_signal();

    (void)state;
    for (size_t i = 0; i < 1001; i++)
        memcpy(note + 4 * i, "\xf0\x9f\x8f\xa0", 4);
    signal.note = sein_slice_of((const uint8_t *)note, 4000);
    expect(&signal, false, SEIN_OK, NULL);
    signal.note = sein_slice_of((const uint8_t *)note, 4004);
    expect(&signal, false, SEIN_ENOTE, "note");
    memset(note, 'n', sizeof note);
    signal.note = sein_slice_of((const uint8_t *)note, 1000);
    expect(&signal, false, SEIN_OK, NULL);
    signal.note = sein_slice_of((const uint8_t *)note, 1001);
    expect(&signal, false, SEIN_ENOTE, "note");
    assert_int_equal(sein_note_check(TEXT("")), SEIN_OK);
}

static void
test_replaces_belongs_to_corrections(void **state)
{
    struct sein_signal signal = least_signal();
    const char *field = NULL;

    (void)state;
    assert_int_equal(
        sein_signal_check(&signal, SEIN_LETTER_CORRECTION, false, &field),
        SEIN_EREQUIRED);
    assert_string_equal(field, "replaces");
    signal.replaces.bytes[15] = 1;
    assert_int_equal(
        sein_signal_check(&signal, SEIN_LETTER_CORRECTION, false, &field),
        SEIN_OK);
    expect(&signal, false, SEIN_ECONTENT, "replaces");
    assert_int_equal(
        sein_signal_check(&signal, SEIN_LETTER_REFERRAL, false, &field),
        SEIN_ECONTENT);
    signal = least_signal();
    assert_int_equal(
        sein_signal_check(&signal, SEIN_LETTER_REFERRAL, false, &field),
        SEIN_OK);
    assert_int_equal(
        sein_signal_check(&signal, SEIN_LETTER_FEEDBACK, false, &field),
        SEIN_EKIND);
}

static void
test_address_handle(void **state)
{
    static const char expected[] = "1506AB/118/B2HOOG/to";
    struct sein_signal signal = full_signal();
    struct sein_handle handle = { 0 };

    (void)state;
    assert_true(sein_signal_has_address(&signal));
    assert_int_equal(sein_signal_address_handle(&signal, &handle), SEIN_OK);
    assert_int_equal(handle.kind, SEIN_HANDLE_ADDRESS);
    assert_true(sein_slice_is(sein_handle_text(&handle), expected));
    signal.huisnummer = TEXT("");
    assert_false(sein_signal_has_address(&signal));
    assert_int_equal(sein_signal_address_handle(&signal, &handle),
                     SEIN_EMIXEDADDRESS);
    signal = full_signal();
    signal.postcode = TEXT("");
    assert_false(sein_signal_has_address(&signal));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_signals),
        cmocka_unit_test(test_names_a_household),
        cmocka_unit_test(test_address_is_canonical),
        cmocka_unit_test(test_bsn_passes_the_eleven_test),
        cmocka_unit_test(test_informed_is_said),
        cmocka_unit_test(test_days_exist),
        cmocka_unit_test(test_arrears_need_attestations),
        cmocka_unit_test(test_required_texts),
        cmocka_unit_test(test_note_counts_characters),
        cmocka_unit_test(test_replaces_belongs_to_corrections),
        cmocka_unit_test(test_address_handle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
