#include "broker/kernel/effects.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "proto/wire/msg_hello.h"

static const struct kernel_peer peer = { .len = 1, .bytes = { 7 } };

static void
test_frames_in_order(void **state)
{
    struct effects effects;
    uint64_t req = 0;

    (void)state;
    effects_init(&effects);
    for (uint64_t i = 1; i <= 100; i++)
        assert_int_equal(effects_error(&effects, &peer, EFFECT_SURE, i,
                                       SEIN_EBUSY, (int64_t)i - 50),
                         SEIN_OK);
    for (const struct effect *at = effects.first; at != NULL; at = at->next) {
        struct sein_error_body body = { 0 };
        struct sein_frame frame = { 0 };

        assert_int_equal(sein_frame_decode(at->frame, &frame), SEIN_OK);
        assert_int_equal(
            sein_schema_decode_all(&sein_error_schema, frame.body, &body),
            SEIN_OK);
        assert_int_equal(frame.req, ++req);
        assert_int_equal(body.code, SEIN_EBUSY);
        /* A time that lies before 1970 is none. */
        assert_int_equal(body.at, req > 50 ? req - 50 : 0);
        assert_memory_equal(&at->peer, &peer, sizeof peer);
    }
    assert_int_equal(req, 100);
    effects_deinit(&effects);
}

static void
test_what_is_given_out_stays_apart(void **state)
{
    struct effects effects;
    uint8_t *all[400];

    (void)state;
    effects_init(&effects);
    for (size_t i = 0; i < 400; i++) {
        all[i] = effects_alloc(&effects, 10001);
        assert_non_null(all[i]);
        for (size_t k = 0; k < 10001; k++)
            assert_int_equal(all[i][k], 0);
        memset(all[i], (int)(i & 0xff), 10001);
    }
    for (size_t i = 0; i < 400; i++) {
        assert_int_equal(all[i][0], i & 0xff);
        assert_int_equal(all[i][10000], i & 0xff);
    }
    assert_true(effects.used >= 400U * 10001U);
    effects_reset(&effects);
    assert_int_equal(effects.used, 0);
    assert_null(effects.first);
    effects_deinit(&effects);
}

static void
test_reserve_gives_the_rest_back(void **state)
{
    struct effects effects;
    struct sein_writer writer = { 0 };
    struct sein_slice bytes = { 0 };

    (void)state;
    effects_init(&effects);
    for (unsigned i = 0; i < 1000; i++) {
        assert_int_equal(effects_reserve(&effects, SEIN_FRAME_MAX, &writer),
                         SEIN_OK);
        assert_int_equal(writer.max, SEIN_FRAME_MAX);
        sein_write_text(&writer, "twelve bytes");
        assert_int_equal(effects_keep(&effects, &writer, &bytes), SEIN_OK);
        assert_true(sein_slice_is(bytes, "twelve bytes"));
    }
    assert_int_equal(effects.used, 16000);
    assert_int_equal(effects_reserve(&effects, 4, &writer), SEIN_OK);
    sein_write_text(&writer, "five!");
    assert_int_equal(effects_keep(&effects, &writer, &bytes), SEIN_EINTERNAL);
    effects_deinit(&effects);
}

static void
test_full(void **state)
{
    struct effects effects;

    (void)state;
    effects_init(&effects);
    while (!effects_full(&effects)) {
        assert_true(effects.used < EFFECTS_MAX);
        assert_non_null(effects_alloc(&effects, SEIN_FRAME_MAX));
    }
    effects_reset(&effects);
    assert_false(effects_full(&effects));
    effects_deinit(&effects);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames_in_order),
        cmocka_unit_test(test_what_is_given_out_stays_apart),
        cmocka_unit_test(test_reserve_gives_the_rest_back),
        cmocka_unit_test(test_full),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
