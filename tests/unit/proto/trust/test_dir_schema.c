#include "proto/trust/dir_schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "tests/support/schema_cases.h"

#define RUN(schema, rows) \
    schema_cases_run(&(schema), rows, sizeof(rows) / sizeof((rows)[0]))

/* clang-format off */
static void
test_signed(void **state)
{
    static const struct schema_case whole[] = {
        { "dir", SEIN_FIELD_BYTES, false, 1, 4194304 },
        { "signatures", SEIN_FIELD_LIST, false, 1, 16 },
    };
    static const struct schema_case signature[] = {
        { "governor", SEIN_FIELD_FIXED, false, 0, 32 },
        { "signature", SEIN_FIELD_FIXED, false, 0, 64 },
    };

    (void)state;
    RUN(sein_dir_signed_schema, whole);
    RUN(sein_dir_signature_schema, signature);
}

static void
test_root(void **state)
{
    static const struct schema_case rows[] = {
        { "brokers", SEIN_FIELD_LIST, false, 1, 16 },
        { "circles", SEIN_FIELD_LIST, true, 0, 256 },
        { "expires", SEIN_FIELD_UINT, false, 1, INT64_MAX },
        { "governance", SEIN_FIELD_MAP, false, 0, 0 },
        { "issued", SEIN_FIELD_UINT, false, 0, INT64_MAX },
        { "members", SEIN_FIELD_LIST, true, 0, 4096 },
        { "prev", SEIN_FIELD_FIXED, false, 0, 32 },
        { "v", SEIN_FIELD_UINT, false, 0, UINT64_MAX },
        { "version", SEIN_FIELD_UINT, false, 1, INT64_MAX },
    };

    (void)state;
    RUN(sein_dir_root_schema, rows);
}

static void
test_governance(void **state)
{
    static const struct schema_case governance[] = {
        { "keys", SEIN_FIELD_LIST, false, 1, 16 },
        { "threshold", SEIN_FIELD_UINT, false, 1, 16 },
    };
    static const struct schema_case governor[] = {
        { "name", SEIN_FIELD_TEXT, false, 1, 128 },
        { "pk", SEIN_FIELD_FIXED, false, 0, 32 },
    };

    (void)state;
    RUN(sein_dir_governance_schema, governance);
    RUN(sein_dir_governor_schema, governor);
}

static void
test_broker_and_area(void **state)
{
    static const struct schema_case broker[] = {
        { "areas", SEIN_FIELD_LIST, true, 0, 256 },
        { "curve", SEIN_FIELD_FIXED, false, 0, 32 },
        { "endpoint", SEIN_FIELD_TEXT, false, 1, 255 },
        { "name", SEIN_FIELD_TEXT, false, 1, 128 },
        { "operator", SEIN_FIELD_TEXT, false, 1, 20 },
        { "receipt", SEIN_FIELD_FIXED, false, 0, 32 },
        { "supplier", SEIN_FIELD_TEXT, true, 0, 128 },
    };
    static const struct schema_case area[] = {
        { "from", SEIN_FIELD_UINT, false, 1000, 9999 },
        { "to", SEIN_FIELD_UINT, false, 1000, 9999 },
    };

    (void)state;
    RUN(sein_dir_broker_schema, broker);
    RUN(sein_dir_area_schema, area);
}

static void
test_member_and_key(void **state)
{
    static const struct schema_case member[] = {
        { "desks", SEIN_FIELD_LIST, false, 1, 256 },
        { "domain", SEIN_FIELD_TEXT, false, 1, 32 },
        { "keys", SEIN_FIELD_LIST, false, 1, 64 },
        { "left_at", SEIN_FIELD_UINT, true, 0, INT64_MAX },
        { "name", SEIN_FIELD_TEXT, false, 1, 128 },
        { "oin", SEIN_FIELD_TEXT, false, 1, 20 },
        { "supplier", SEIN_FIELD_TEXT, true, 0, 128 },
    };
    static const struct schema_case key[] = {
        { "active_from", SEIN_FIELD_UINT, false, 0, INT64_MAX },
        { "curve", SEIN_FIELD_FIXED, false, 0, 32 },
        { "desks", SEIN_FIELD_LIST, true, 0, 256 },
        { "key_id", SEIN_FIELD_FIXED, false, 0, 16 },
        { "retired_at", SEIN_FIELD_UINT, true, 0, INT64_MAX },
        { "revoked_at", SEIN_FIELD_UINT, true, 0, INT64_MAX },
        { "sign", SEIN_FIELD_FIXED, false, 0, 32 },
    };

    (void)state;
    RUN(sein_dir_member_schema, member);
    RUN(sein_dir_key_schema, key);
}

static void
test_desk_and_role(void **state)
{
    static const struct schema_case desk[] = {
        { "areas", SEIN_FIELD_LIST, true, 0, 256 },
        { "hours", SEIN_FIELD_TEXT, true, 0, 512 },
        { "mandate", SEIN_FIELD_TEXT, true, 0, 512 },
        { "name", SEIN_FIELD_TEXT, false, 1, 32 },
        { "phone", SEIN_FIELD_TEXT, true, 0, 512 },
        { "roles", SEIN_FIELD_LIST, true, 0, 256 },
        { "stand_in", SEIN_FIELD_TEXT, true, 0, 53 },
        { "title", SEIN_FIELD_TEXT, false, 1, 128 },
    };
    static const struct schema_case role[] = {
        { "circle", SEIN_FIELD_TEXT, false, 1, 32 },
        { "links", SEIN_FIELD_UINT, true, 0, 15 },
        { "roles", SEIN_FIELD_UINT, false, 1, 255 },
    };

    (void)state;
    RUN(sein_dir_desk_schema, desk);
    RUN(sein_dir_role_schema, role);
}

static void
test_circle(void **state)
{
    static const struct schema_case rows[] = {
        { "basis", SEIN_FIELD_TEXT, false, 1, 512 },
        { "basis_ends", SEIN_FIELD_UINT, false, 0, INT64_MAX },
        { "collect_days", SEIN_FIELD_UINT, true, 0, 30 },
        { "epochs", SEIN_FIELD_LIST, true, 0, 16 },
        { "exceptions", SEIN_FIELD_LIST, true, 0, 256 },
        { "id", SEIN_FIELD_TEXT, false, 1, 32 },
        { "kinds", SEIN_FIELD_LIST, true, 0, 256 },
        { "labels", SEIN_FIELD_LIST, true, 0, 4096 },
        { "link_pairs", SEIN_FIELD_LIST, true, 0, 10 },
        { "outcomes", SEIN_FIELD_LIST, true, 0, 256 },
        { "purpose", SEIN_FIELD_TEXT, false, 1, 512 },
        { "quota_exceptions", SEIN_FIELD_LIST, true, 0, 4096 },
        { "quota_per_day", SEIN_FIELD_UINT, true, 0, 1000000 },
        { "regie_order", SEIN_FIELD_LIST, true, 0, 256 },
        { "regie_silence_days", SEIN_FIELD_UINT, true, 0, 731 },
        { "retention_days", SEIN_FIELD_UINT, false, 1, 731 },
        { "reveal", SEIN_FIELD_UINT, true, 0, 2 },
        { "title", SEIN_FIELD_TEXT, false, 1, 128 },
    };

    (void)state;
    RUN(sein_dir_circle_schema, rows);
}

static void
test_lists_of_a_circle(void **state)
{
    static const struct schema_case code[] = {
        { "arrears", SEIN_FIELD_BOOL, true, 0, 1 },
        { "code", SEIN_FIELD_TEXT, false, 1, 32 },
        { "en", SEIN_FIELD_TEXT, false, 1, 512 },
        { "nl", SEIN_FIELD_TEXT, false, 1, 512 },
    };
    static const struct schema_case label[] = {
        { "label", SEIN_FIELD_TEXT, false, 1, 64 },
        { "oin", SEIN_FIELD_TEXT, false, 1, 20 },
    };
    static const struct schema_case exception[] = {
        { "label", SEIN_FIELD_TEXT, false, 1, 64 },
        { "reason", SEIN_FIELD_TEXT, false, 1, 512 },
    };

    static const struct schema_case epoch[] = {
        { "epoch", SEIN_FIELD_UINT, false, 1, UINT32_MAX },
        { "handle_version", SEIN_FIELD_UINT, false, 1, UINT32_MAX },
        { "holders", SEIN_FIELD_LIST, false, 2, 16 },
        { "match_until", SEIN_FIELD_UINT, false, 1, INT64_MAX },
        { "not_before", SEIN_FIELD_UINT, false, 1, INT64_MAX },
        { "pepper_check", SEIN_FIELD_BYTES, true, 0, 16 },
        { "record", SEIN_FIELD_BYTES, true, 0, 4096 },
        { "signatures", SEIN_FIELD_LIST, true, 0, 16 },
        { "t", SEIN_FIELD_UINT, false, 2, 16 },
    };
    static const struct schema_case link_pair[] = {
        { "a", SEIN_FIELD_UINT, false, 1, 4 },
        { "b", SEIN_FIELD_UINT, false, 1, 4 },
    };
    static const struct schema_case quota_exception[] = {
        { "from", SEIN_FIELD_UINT, false, 1, INT64_MAX },
        { "oin", SEIN_FIELD_TEXT, false, 1, 20 },
        { "per_day", SEIN_FIELD_UINT, false, 1, 1000000 },
        { "until", SEIN_FIELD_UINT, false, 1, INT64_MAX },
    };

    (void)state;
    RUN(sein_dir_epoch_schema, epoch);
    RUN(sein_dir_link_pair_schema, link_pair);
    RUN(sein_dir_quota_exception_schema, quota_exception);
    RUN(sein_dir_code_schema, code);
    RUN(sein_dir_label_schema, label);
    RUN(sein_dir_exception_schema, exception);
}
/* clang-format on */

static enum sein_err
check_endpoint(const char *endpoint)
{
    size_t len = strlen(endpoint);
    uint8_t *copy = malloc(len > 0 ? len : 1);
    enum sein_err err = SEIN_OK;

    assert_non_null(copy);
    memcpy(copy, endpoint, len);
    err = sein_endpoint_check(sein_slice_of(copy, len));
    free(copy);
    return err;
}

static void
test_endpoints(void **state)
{
    static const char *const good[] = {
        "tcp://a:1",
        "tcp://azAZ09._-:9",
        "tcp://127.0.0.1:65535",
        "tcp://[::1]:7000",
        "tcp://seinhuis.zaanstreek.example:7000",
    };
    static const char *const bad[] = {
        "",           "t",
        "tcp://",     "tcp://a",
        "tcp://:1",   "tcp://a:",
        "tcp://a:0",  "tcp://a:65536",
        "tcp://a:01", "tcp://a:100000",
        "tcp://a:x",  "tcp://a:/",
        "tcp://a::",  "ipc://a:1",
        "TCP://a:1",  "tcp://*:1",
        "tcp://a:1/", "tcp://a b:1",
        "tcp://a:1 ", "tcp://a/b:1",
        "tcp://[]:1", "tcp://::1:7000",
        "tcp://a`:1", "tcp://[::1:7000",
        "tcp://a{:1", "tcp://a@:1",
        "tcp://[a:1", "tcp://a]:1",
    };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_int_equal(check_endpoint(good[i]), SEIN_OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(check_endpoint(bad[i]), SEIN_EFORMAT);
}

static void
test_the_longest_endpoint(void **state)
{
    char endpoint[SEIN_ENDPOINT_MAX + 2] = "tcp://";

    (void)state;
    memset(endpoint + 6, 'h', SEIN_ENDPOINT_MAX - 8);
    endpoint[SEIN_ENDPOINT_MAX - 2] = ':';
    endpoint[SEIN_ENDPOINT_MAX - 1] = '7';
    assert_int_equal(check_endpoint(endpoint), SEIN_OK);
    endpoint[SEIN_ENDPOINT_MAX] = '7';
    assert_int_equal(check_endpoint(endpoint), SEIN_EFORMAT);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signed),
        cmocka_unit_test(test_root),
        cmocka_unit_test(test_governance),
        cmocka_unit_test(test_broker_and_area),
        cmocka_unit_test(test_member_and_key),
        cmocka_unit_test(test_desk_and_role),
        cmocka_unit_test(test_circle),
        cmocka_unit_test(test_lists_of_a_circle),
        cmocka_unit_test(test_endpoints),
        cmocka_unit_test(test_the_longest_endpoint),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
