#include "proto/trust/presence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "proto/trust/identity.h"
#include "tests/support/schema_cases.h"

#define OIN "00000099000000030000"
#define NOW INT64_C(1767614400000)

static const struct sein_tag tag = { { 0x74 } };

/* A deposit on its way to bytes: what a test changes here stays changed. */
struct made {
    struct sein_presence_note note;
    struct sein_presence_core core;
    bool rehash; /* note_hash follows the note */
    size_t len;
    uint8_t bytes[SEIN_DEPOSIT_MAX + 64];
    uint8_t note_bytes[SEIN_NOTE_STATEMENT_MAX];
    uint8_t core_bytes[SEIN_CORE_MAX];
    uint8_t public_key[SEIN_KEY_BYTES];
    uint8_t secret[SEIN_SIGN_SECRET_BYTES];
};

static struct made
good(void)
{
    struct made made = {
        .note = { .v = 1,
                  .epoch = 7,
                  .presence_id = { { 0x70 } },
                  .link = 3,
                  .expires = (uint64_t)(NOW / SEIN_MS_PER_DAY) + 90 },
        .core = { .v = 1,
                  .epoch = 7,
                  .key_id = { { 0x6b } },
                  .presence_id = { { 0x70 } },
                  .link = 3,
                  .created = (uint64_t)NOW,
                  .expires = (uint64_t)(NOW + 90 * SEIN_MS_PER_DAY),
                  .dir_version = 4,
                  .dir_hash = { { 0x64 } } },
        .rehash = true,
    };
    static const uint8_t seed[crypto_sign_SEEDBYTES] = { 5 };

    made.note.circle = sein_slice_text("jeugd");
    made.note.label = sein_slice_text("school");
    made.core.circle = sein_slice_text("jeugd");
    made.core.org = sein_slice_text(OIN);
    made.core.desk = sein_slice_text(OIN "/zorgteam");
    (void)crypto_sign_seed_keypair(made.public_key, made.secret, seed);
    return made;
}

static struct sein_slice
encode(const struct sein_schema *schema, const void *object, uint8_t *buffer,
       size_t max)
{
    struct sein_writer out = sein_writer_of(buffer, max);
    struct sein_slice bytes = { 0 };

    assert_int_equal(sein_schema_encode(schema, object, &out), SEIN_OK);
    assert_int_equal(sein_writer_done(&out, &bytes), SEIN_OK);
    return bytes;
}

static struct sein_slice
make(struct made *made)
{
    struct sein_deposit deposit = { .nmac = { 1 }, .mac = { 2 } };
    struct sein_slice bytes = { 0 };

    deposit.note = encode(&sein_presence_note_schema, &made->note,
                          made->note_bytes, sizeof made->note_bytes);
    if (made->rehash)
        sein_hash_of(deposit.note, &made->core.note_hash);
    deposit.core = encode(&sein_presence_core_schema, &made->core,
                          made->core_bytes, sizeof made->core_bytes);
    assert_int_equal(sein_presence_sign(deposit.core, deposit.mac, &tag,
                                        made->secret, deposit.psig),
                     SEIN_OK);
    bytes =
        encode(&sein_deposit_schema, &deposit, made->bytes, sizeof made->bytes);
    made->len = bytes.len;
    return bytes;
}

static enum sein_err
open_it(struct made *made)
{
    struct sein_presence_view view = { 0 };

    return sein_presence_open(make(made), &view);
}

/* The rows of PROTOCOL.md. */
static void
test_schemas(void **state)
{
    static const struct schema_case note[] = {
        { "v", SEIN_FIELD_UINT, false, 0, UINT64_MAX },
        { "circle", SEIN_FIELD_TEXT, false, 1, 32 },
        { "epoch", SEIN_FIELD_UINT, false, 1, UINT32_MAX },
        { "presence_id", SEIN_FIELD_FIXED, false, 0, 16 },
        { "link", SEIN_FIELD_UINT, false, 1, 4 },
        { "label", SEIN_FIELD_TEXT, false, 0, 64 },
        { "expires", SEIN_FIELD_UINT, false, 0, INT64_MAX / 86400000 },
    };
    static const struct schema_case core[] = {
        { "v", SEIN_FIELD_UINT, false, 0, UINT64_MAX },
        { "circle", SEIN_FIELD_TEXT, false, 1, 32 },
        { "epoch", SEIN_FIELD_UINT, false, 1, UINT32_MAX },
        { "org", SEIN_FIELD_TEXT, false, 20, 20 },
        { "desk", SEIN_FIELD_TEXT, false, 1, 53 },
        { "key_id", SEIN_FIELD_FIXED, false, 0, 16 },
        { "presence_id", SEIN_FIELD_FIXED, false, 0, 16 },
        { "link", SEIN_FIELD_UINT, false, 1, 4 },
        { "created", SEIN_FIELD_UINT, false, 0, INT64_MAX },
        { "expires", SEIN_FIELD_UINT, false, 0, INT64_MAX },
        { "note_hash", SEIN_FIELD_FIXED, false, 0, 32 },
        { "dir_version", SEIN_FIELD_UINT, false, 1, INT64_MAX },
        { "dir_hash", SEIN_FIELD_FIXED, false, 0, 32 },
    };

    (void)state;
    schema_cases_run(&sein_presence_note_schema, note,
                     sizeof note / sizeof note[0]);
    schema_cases_run(&sein_presence_core_schema, core,
                     sizeof core / sizeof core[0]);
}

static void
test_round(void **state)
{
    struct made made = good();
    struct sein_presence_view view = { 0 };

    (void)state;
    assert_int_equal(sein_presence_open(make(&made), &view), SEIN_OK);
    assert_true(sein_slice_is(view.note.label, "school"));
    assert_true(sein_slice_is(view.core.desk, OIN "/zorgteam"));
    assert_int_equal(view.core.epoch, 7);
    assert_int_equal(view.deposit.nmac[0], 1);
    assert_int_equal(view.deposit.mac[0], 2);
    assert_int_equal(sein_presence_verify(&view, &tag, made.public_key),
                     SEIN_OK);
}

/* The longest names still fit the bounds of the deposit. */
static void
test_longest(void **state)
{
    struct made made = good();
    const char *circle = "abcdefghijklmnopqrstuvwxyz012345";
    char label[SEIN_LABEL_MAX + 1];

    (void)state;
    memset(label, 'l', SEIN_LABEL_MAX);
    label[SEIN_LABEL_MAX] = '\0';
    made.note.circle = sein_slice_text(circle);
    made.note.epoch = UINT32_MAX;
    made.note.label = sein_slice_text(label);
    made.note.expires = INT64_MAX / SEIN_MS_PER_DAY;
    made.core.circle = sein_slice_text(circle);
    made.core.epoch = UINT32_MAX;
    made.core.desk = sein_slice_text(OIN "/abcdefghijklmnopqrstuvwxyz012345");
    made.core.created = INT64_MAX - 1;
    made.core.expires = INT64_MAX;
    made.core.dir_version = INT64_MAX;
    assert_int_equal(open_it(&made), SEIN_OK);
    assert_true(made.len <= SEIN_DEPOSIT_MAX);
}

static void
test_each_disagreement(void **state)
{
    struct made made = good();

    (void)state;
    made.note.circle = sein_slice_text("schulden");
    assert_int_equal(open_it(&made), SEIN_EDEPOSIT);
    made = good();
    made.note.epoch = 8;
    assert_int_equal(open_it(&made), SEIN_EDEPOSIT);
    made = good();
    made.note.presence_id.bytes[15] = 1;
    assert_int_equal(open_it(&made), SEIN_EDEPOSIT);
    made = good();
    made.note.link = 1;
    assert_int_equal(open_it(&made), SEIN_EDEPOSIT);
    made = good();
    made.note.expires++;
    assert_int_equal(open_it(&made), SEIN_EDEPOSIT);
    made = good();
    made.note.expires--;
    assert_int_equal(open_it(&made), SEIN_EDEPOSIT);
    made = good();
    made.core.org = sein_slice_text("00000099000000040000");
    assert_int_equal(open_it(&made), SEIN_EDEPOSIT);
    made = good();
    made.core.created = made.core.expires;
    assert_int_equal(open_it(&made), SEIN_EDEPOSIT);
}

/* The hash binds all of the note, its label too. */
static void
test_another_note(void **state)
{
    struct made made = good();

    (void)state;
    (void)make(&made);
    made.rehash = false;
    assert_int_equal(open_it(&made), SEIN_OK);
    made.note.label = sein_slice_text("care");
    assert_int_equal(open_it(&made), SEIN_EDEPOSIT);
}

static void
test_versions_and_names(void **state)
{
    struct made made = good();

    (void)state;
    made.note.v = 2;
    assert_int_equal(open_it(&made), SEIN_EVERSION);
    made = good();
    made.core.v = 0;
    assert_int_equal(open_it(&made), SEIN_EVERSION);
    made = good();
    made.note.circle = sein_slice_text("Jeugd");
    made.core.circle = sein_slice_text("Jeugd");
    assert_int_equal(open_it(&made), SEIN_ECIRCLE);
    made = good();
    made.core.org = sein_slice_text("00000098000000030000");
    assert_int_equal(open_it(&made), SEIN_EOIN);
    made = good();
    made.core.desk = sein_slice_text(OIN "/Zorg");
    assert_int_equal(open_it(&made), SEIN_EDESK);
    made = good();
    made.core.desk = sein_slice_text("zorgteam");
    assert_int_equal(open_it(&made), SEIN_EDESK);
}

static void
test_truncated_and_longer(void **state)
{
    struct made made = good();
    struct sein_presence_view view = { 0 };
    struct sein_slice bytes = make(&made);

    (void)state;
    for (size_t len = 0; len < bytes.len; len++)
        assert_int_not_equal(
            sein_presence_open(sein_slice_of(bytes.at, len), &view), SEIN_OK);
    made.bytes[bytes.len] = 0;
    assert_int_equal(
        sein_presence_open(sein_slice_of(bytes.at, bytes.len + 1), &view),
        SEIN_ETRAILING);
    assert_null(view.core.desk.at);
}

/* A note or core that is cut, or has a byte too many, inside a whole deposit.
 */
static void
test_truncated_inside(void **state)
{
    struct made made = good();
    struct sein_presence_view whole = { 0 };
    struct sein_presence_view view = { 0 };
    uint8_t buffer[SEIN_DEPOSIT_MAX + 64];

    (void)state;
    assert_int_equal(sein_presence_open(make(&made), &whole), SEIN_OK);
    for (size_t len = 1; len < whole.deposit.note.len; len++) {
        struct sein_deposit cut = whole.deposit;

        cut.note.len = len;
        assert_int_not_equal(
            sein_presence_open(
                encode(&sein_deposit_schema, &cut, buffer, sizeof buffer),
                &view),
            SEIN_OK);
    }
    for (size_t len = 1; len < whole.deposit.core.len; len++) {
        struct sein_deposit cut = whole.deposit;

        cut.core.len = len;
        assert_int_not_equal(
            sein_presence_open(
                encode(&sein_deposit_schema, &cut, buffer, sizeof buffer),
                &view),
            SEIN_OK);
    }
}

static void
test_signature(void **state)
{
    struct made made = good();
    struct sein_presence_view view = { 0 };
    struct sein_tag other = tag;
    uint8_t public_key[SEIN_KEY_BYTES];
    uint8_t secret[SEIN_SIGN_SECRET_BYTES];

    (void)state;
    assert_int_equal(sein_presence_open(make(&made), &view), SEIN_OK);
    other.bytes[31] ^= 1;
    assert_int_equal(sein_presence_verify(&view, &other, made.public_key),
                     SEIN_ESIG);
    (void)crypto_sign_keypair(public_key, secret);
    assert_int_equal(sein_presence_verify(&view, &tag, public_key), SEIN_ESIG);
    view.deposit.mac[0] ^= 1;
    assert_int_equal(sein_presence_verify(&view, &tag, made.public_key),
                     SEIN_ESIG);
    view.deposit.mac[0] ^= 1;
    view.deposit.psig[0] ^= 1;
    assert_int_equal(sein_presence_verify(&view, &tag, made.public_key),
                     SEIN_ESIG);
    view.deposit.psig[0] ^= 1;
    assert_int_equal(sein_presence_verify(&view, &tag, made.public_key),
                     SEIN_OK);
    made.bytes[view.deposit.core.at - made.bytes] ^= 1;
    assert_int_equal(sein_presence_verify(&view, &tag, made.public_key),
                     SEIN_ESIG);
}

/* What is signed is SIG "presence" of exactly these bytes. */
static void
test_signed_bytes(void **state)
{
    struct made made = good();
    struct sein_presence_view view = { 0 };
    uint8_t laid[SEIN_CORE_MAX + 64];
    struct sein_writer out = sein_writer_of(laid, sizeof laid);

    (void)state;
    assert_int_equal(sein_presence_open(make(&made), &view), SEIN_OK);
    sein_write_slice(&out, view.deposit.core);
    sein_write_bytes(&out, view.deposit.mac, 32);
    sein_write_bytes(&out, tag.bytes, 32);
    assert_int_equal(sein_sig_verify(SEIN_SIG_PRESENCE,
                                     sein_slice_of(laid, out.len),
                                     view.deposit.psig, made.public_key),
                     SEIN_OK);
}

static void
test_core_too_long(void **state)
{
    struct made made = good();
    uint8_t core[SEIN_CORE_MAX + 1] = { 0 };
    uint8_t mac[SEIN_HASH_BYTES] = { 0 };
    uint8_t sig[SEIN_SIG_BYTES];

    (void)state;
    assert_int_equal(sein_presence_sign(sein_slice_of(core, sizeof core), mac,
                                        &tag, made.secret, sig),
                     SEIN_ETOOLONG);
    assert_int_equal(sein_presence_sign(sein_slice_of(core, SEIN_CORE_MAX), mac,
                                        &tag, made.secret, sig),
                     SEIN_OK);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schemas),
        cmocka_unit_test(test_round),
        cmocka_unit_test(test_longest),
        cmocka_unit_test(test_each_disagreement),
        cmocka_unit_test(test_another_note),
        cmocka_unit_test(test_versions_and_names),
        cmocka_unit_test(test_truncated_and_longer),
        cmocka_unit_test(test_truncated_inside),
        cmocka_unit_test(test_signature),
        cmocka_unit_test(test_signed_bytes),
        cmocka_unit_test(test_core_too_long),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
