#include "proto/trust/line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "proto/wire/pack.h"
#include "tests/support/fixture_directory.h"

static struct sein_invitation
invitation(void)
{
    struct sein_invitation made = { .endpoint = "tcp://seinhuis.example:7000" };

    memset(made.curve, 0xc0, sizeof made.curve);
    memset(made.fingerprint.bytes, 0xf1, sizeof made.fingerprint.bytes);
    return made;
}

static struct sein_join_request
join_request(const struct fixture_key *key)
{
    struct sein_join_request made = {
        .oin = { FIXTURE_OIN_SCHOOL },
        .name = "Scholengroep Zaanstreek",
        .desks = { "zorgteam", "leerplicht" },
        .desk_count = 2,
        .at_ms = FIXTURE_NOW_MS,
    };

    memcpy(made.sign, key->sign, sizeof made.sign);
    memcpy(made.curve, key->curve, sizeof made.curve);
    return made;
}

static struct sein_broker_line
broker_line(const struct fixture_key *key)
{
    struct sein_broker_line made = {
        .name = "Seinhuis Zaanstreek",
        .endpoint = "tcp://[::1]:7000",
        .operator_oin = { FIXTURE_OIN_OPERATOR },
    };

    memcpy(made.curve, key->curve, sizeof made.curve);
    memcpy(made.receipt, key->sign, sizeof made.receipt);
    return made;
}

static void
test_invitation_round(void **state)
{
    struct sein_invitation made = invitation();
    struct sein_invitation read;
    char line[SEIN_LINE_MAX];
    char spaced[SEIN_LINE_MAX + 8];

    (void)state;
    assert_int_equal(sein_invitation_write(&made, line), SEIN_OK);
    assert_memory_equal(line, "seinhuis-invite-1:", 18);
    assert_int_equal(sein_invitation_read(line, &read), SEIN_OK);
    assert_memory_equal(&read, &made, sizeof read);
    (void)snprintf(spaced, sizeof spaced, " \t%s\r\n", line);
    assert_int_equal(sein_invitation_read(spaced, &read), SEIN_OK);
}

static void
test_every_typing_error_is_seen(void **state)
{
    struct sein_invitation made = invitation();
    struct sein_invitation read;
    char line[SEIN_LINE_MAX];
    size_t len = 0;

    (void)state;
    assert_int_equal(sein_invitation_write(&made, line), SEIN_OK);
    len = strlen(line);
    for (size_t i = 0; i < len; i++) {
        char was = line[i];

        line[i] = was == 'A' ? 'B' : 'A';
        assert_int_equal(sein_invitation_read(line, &read), SEIN_EFORMAT);
        line[i] = was;
    }
    for (size_t cut = 0; cut < len; cut++) {
        char was = line[cut];

        line[cut] = '\0';
        assert_int_equal(sein_invitation_read(line, &read), SEIN_EFORMAT);
        line[cut] = was;
    }
    line[len] = '0';
    line[len + 1] = '\0';
    assert_int_equal(sein_invitation_read(line, &read), SEIN_EFORMAT);
    line[len] = '\0';
    assert_int_equal(sein_invitation_read(line, &read), SEIN_OK);
}

static void
test_a_line_of_another_kind(void **state)
{
    struct sein_invitation made = invitation();
    struct sein_join_request join;
    struct sein_broker_line broker;
    char line[SEIN_LINE_MAX];

    (void)state;
    assert_int_equal(sein_invitation_write(&made, line), SEIN_OK);
    assert_int_equal(sein_join_read(line, &join), SEIN_EFORMAT);
    assert_int_equal(sein_broker_line_read(line, &broker), SEIN_EFORMAT);
}

static void
test_too_long_a_line(void **state)
{
    static char line[2 * SEIN_LINE_MAX];
    struct sein_invitation read;

    (void)state;
    memset(line, 'A', SEIN_LINE_MAX - 1);
    assert_int_equal(sein_invitation_read(line, &read), SEIN_EFORMAT);
    line[SEIN_LINE_MAX - 1] = 'A';
    assert_int_equal(sein_invitation_read(line, &read), SEIN_ETOOLONG);
}

static void
test_an_invitation_to_nowhere(void **state)
{
    struct sein_invitation made = invitation();
    char line[SEIN_LINE_MAX];

    (void)state;
    (void)snprintf(made.endpoint, sizeof made.endpoint, "tcp://*:1");
    assert_int_equal(sein_invitation_write(&made, line), SEIN_EFORMAT);
}

static void
test_join_round(void **state)
{
    struct fixture_key key;
    struct sein_join_request made;
    struct sein_join_request read;
    char line[SEIN_LINE_MAX];

    (void)state;
    fixture_key_make(&key, 7);
    made = join_request(&key);
    assert_int_equal(sein_join_write(&made, key.sign_secret, line), SEIN_OK);
    assert_memory_equal(line, "seinhuis-join-1:", 16);
    assert_int_equal(sein_join_read(line, &read), SEIN_OK);
    assert_memory_equal(read.key_id.bytes, key.key_id.bytes, SEIN_ID_BYTES);
    made.key_id = key.key_id;
    assert_string_equal(read.oin.text, made.oin.text);
    assert_string_equal(read.name, made.name);
    assert_memory_equal(read.sign, made.sign, SEIN_KEY_BYTES);
    assert_memory_equal(read.curve, made.curve, SEIN_KEY_BYTES);
    assert_int_equal(read.desk_count, 2);
    assert_string_equal(read.desks[0], "zorgteam");
    assert_string_equal(read.desks[1], "leerplicht");
    assert_true(read.at_ms == FIXTURE_NOW_MS);
}

static void
test_the_largest_join_fits(void **state)
{
    struct fixture_key key;
    struct sein_join_request made;
    struct sein_join_request read;
    char line[SEIN_LINE_MAX];

    (void)state;
    fixture_key_make(&key, 7);
    made = join_request(&key);
    memset(made.name, 'n', SEIN_NAME_MAX);
    made.name[SEIN_NAME_MAX] = '\0';
    made.desk_count = SEIN_DESKS_MAX;
    for (size_t i = 0; i < SEIN_DESKS_MAX; i++) {
        memset(made.desks[i], 'd', SEIN_DESK_NAME_MAX);
        made.desks[i][SEIN_DESK_NAME_MAX] = '\0';
    }
    assert_int_equal(sein_join_write(&made, key.sign_secret, line), SEIN_OK);
    assert_int_equal(sein_join_read(line, &read), SEIN_OK);
    assert_int_equal(read.desk_count, SEIN_DESKS_MAX);
    made.desk_count = SEIN_DESKS_MAX + 1;
    assert_int_equal(sein_join_write(&made, key.sign_secret, line),
                     SEIN_ERANGE);
}

static void
test_join_of_another_key(void **state)
{
    struct fixture_key key;
    struct fixture_key other;
    struct sein_join_request made;
    struct sein_join_request read;
    char line[SEIN_LINE_MAX];

    (void)state;
    fixture_key_make(&key, 7);
    fixture_key_make(&other, 8);
    made = join_request(&key);
    assert_int_equal(sein_join_write(&made, other.sign_secret, line), SEIN_OK);
    assert_int_equal(sein_join_read(line, &read), SEIN_ESIG);
}

static void
test_join_refuses_bad_names(void **state)
{
    struct fixture_key key;
    struct sein_join_request made;
    char line[SEIN_LINE_MAX];

    (void)state;
    fixture_key_make(&key, 7);
    made = join_request(&key);
    made.oin.text[0] = '9';
    assert_int_equal(sein_join_write(&made, key.sign_secret, line), SEIN_EOIN);
    made = join_request(&key);
    made.desks[1][0] = 'L';
    assert_int_equal(sein_join_write(&made, key.sign_secret, line), SEIN_EDESK);
    made = join_request(&key);
    made.name[0] = '\0';
    assert_int_equal(sein_join_write(&made, key.sign_secret, line),
                     SEIN_ERANGE);
}

static void
test_broker_round(void **state)
{
    struct fixture_key key;
    struct sein_broker_line made;
    struct sein_broker_line read;
    char line[SEIN_LINE_MAX];

    (void)state;
    fixture_key_make(&key, 9);
    made = broker_line(&key);
    assert_int_equal(sein_broker_line_write(&made, key.sign_secret, line),
                     SEIN_OK);
    assert_memory_equal(line, "seinhuis-broker-1:", 18);
    assert_int_equal(sein_broker_line_read(line, &read), SEIN_OK);
    assert_memory_equal(&read, &made, sizeof read);
    fixture_key_make(&key, 10);
    assert_int_equal(sein_broker_line_write(&made, key.sign_secret, line),
                     SEIN_OK);
    assert_int_equal(sein_broker_line_read(line, &read), SEIN_ESIG);
}

/* An invitation written by hand, well formed but for what the caller put in. */
static void
write_by_hand(uint64_t v, const char *endpoint, size_t endpoint_len,
              const char *more, char line[static SEIN_LINE_MAX])
{
    uint8_t object[512];
    char text[1024];
    char digits[9];
    uint8_t hash[crypto_hash_sha256_BYTES];
    uint8_t key[SEIN_KEY_BYTES] = { 1 };
    struct sein_writer out = sein_writer_of(object, sizeof object);

    sein_pack_array(&out, 4);
    sein_pack_uint(&out, v);
    sein_pack_text(&out,
                   sein_slice_of((const uint8_t *)endpoint, endpoint_len));
    sein_pack_bytes(&out, sein_slice_of(key, sizeof key));
    sein_pack_bytes(&out, sein_slice_of(key, sizeof key));
    sein_write_text(&out, more);
    crypto_hash_sha256(hash, object, out.len);
    sein_hex(sein_slice_of(hash, 4), digits, sizeof digits);
    sodium_bin2base64(text, sizeof text, object, out.len,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    (void)snprintf(line, SEIN_LINE_MAX, "seinhuis-invite-1:%s:%s", text,
                   digits);
}

static void
test_well_formed_but_wrong(void **state)
{
    static const char good[] = "tcp://a:1";
    static const char nul[] = "tcp://a\0b:1";
    struct sein_invitation read;
    char line[SEIN_LINE_MAX];

    (void)state;
    write_by_hand(1, good, sizeof good - 1, "", line);
    assert_int_equal(sein_invitation_read(line, &read), SEIN_OK);
    write_by_hand(2, good, sizeof good - 1, "", line);
    assert_int_equal(sein_invitation_read(line, &read), SEIN_EVERSION);
    write_by_hand(1, good, sizeof good - 1, "x", line);
    assert_int_equal(sein_invitation_read(line, &read), SEIN_ETRAILING);
    write_by_hand(1, "nowhere", 7, "", line);
    assert_int_equal(sein_invitation_read(line, &read), SEIN_EFORMAT);
    write_by_hand(1, nul, sizeof nul - 1, "", line);
    assert_int_equal(sein_invitation_read(line, &read), SEIN_EFORMAT);
}

static struct sein_epoch_line
epoch_line(size_t record_len, size_t signature_count)
{
    struct sein_epoch_line made = { .record_len = record_len,
                                    .signature_count = signature_count };

    memset(made.record, 0xe0, record_len);
    for (size_t i = 0; i < signature_count; i++)
        memset(made.signatures[i], (int)i, SEIN_SIG_BYTES);
    return made;
}

/* The largest record there is takes some 1,800 bytes. */
static void
test_epoch_round(void **state)
{
    static const size_t lens[] = { 1, 500, 1900 };
    struct sein_epoch_line read;
    char line[SEIN_LINE_MAX];

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct sein_epoch_line made =
            epoch_line(lens[i], i == 0 ? 2 : SEIN_HOLDERS_MAX);

        assert_int_equal(sein_epoch_line_write(&made, line), SEIN_OK);
        assert_memory_equal(line, "seinhuis-epoch-1:", 17);
        assert_int_equal(sein_epoch_line_read(line, &read), SEIN_OK);
        assert_memory_equal(&read, &made, sizeof read);
        line[strlen(line) - 1] ^= 1;
        assert_int_equal(sein_epoch_line_read(line, &read), SEIN_EFORMAT);
    }
}

static void
test_epochs_that_are_none(void **state)
{
    struct sein_epoch_line made = epoch_line(0, 2);
    char line[SEIN_LINE_MAX];

    (void)state;
    assert_int_equal(sein_epoch_line_write(&made, line), SEIN_ERANGE);
    made = epoch_line(9, 1);
    assert_int_equal(sein_epoch_line_write(&made, line), SEIN_ERANGE);
    made = epoch_line(9, 2);
    made.signature_count = SEIN_HOLDERS_MAX + 1;
    assert_int_equal(sein_epoch_line_write(&made, line), SEIN_ERANGE);
    made = epoch_line(SEIN_EPOCH_RECORD_MAX, 2);
    assert_int_equal(sein_epoch_line_write(&made, line), SEIN_ETOOLONG);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_invitation_round),
        cmocka_unit_test(test_every_typing_error_is_seen),
        cmocka_unit_test(test_a_line_of_another_kind),
        cmocka_unit_test(test_too_long_a_line),
        cmocka_unit_test(test_an_invitation_to_nowhere),
        cmocka_unit_test(test_join_round),
        cmocka_unit_test(test_the_largest_join_fits),
        cmocka_unit_test(test_join_of_another_key),
        cmocka_unit_test(test_join_refuses_bad_names),
        cmocka_unit_test(test_broker_round),
        cmocka_unit_test(test_well_formed_but_wrong),
        cmocka_unit_test(test_epoch_round),
        cmocka_unit_test(test_epochs_that_are_none),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
