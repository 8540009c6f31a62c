#include "broker/kernel/match.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>

#include "tests/support/faulty_store.h"
#include "tests/support/presence_rig.h"
#include "tests/support/store_folder.h"

#define DAY SEIN_MS_PER_DAY

#define MATCHES_MAX 64U

/* ---- matching ---- */

static void
test_mutual_notice(void **state)
{
    struct rig *rig = *state;
    struct rig_presence_put school;
    struct rig_presence_put youth;
    struct rig_delivery first;
    struct rig_delivery second;

    presence_put_ok(rig, SCHOOL, 1, &school);
    presence_put_ok(rig, YOUTH, 2, NULL); /* another household */
    presence_nothing(rig, SCHOOL);
    presence_nothing(rig, YOUTH);
    presence_put_ok(rig, YOUTH, 1, &youth);
    first = presence_one(rig, SCHOOL, SEIN_MATCH_NOTICE);
    second = presence_one(rig, YOUTH, SEIN_MATCH_NOTICE);
    assert_memory_equal(&first.match.match_id, &second.match.match_id, 16);
    assert_memory_equal(&first.match.presence_id, &school.presence.id, 16);
    assert_memory_equal(&second.match.presence_id, &youth.presence.id, 16);
    presence_assert_note(&first, &youth);
    presence_assert_note(&second, &school);
    assert_int_equal(first.match.epoch, 1);
    assert_int_equal(first.match.at, rig->now_ms);
    assert_int_equal(presence_stored(rig, true), 1);
    for (unsigned i = NOORD; i < PRESENCE_PARTIES; i++)
        presence_nothing(rig, i);
}

static void
test_events_have_receipts(void **state)
{
    struct rig *rig = *state;
    struct sein_op_item op = { 0 };
    struct rig_delivery first;

    presence_put_ok(rig, SCHOOL, 1, NULL);
    presence_put_ok(rig, YOUTH, 1, NULL);
    first = presence_one(rig, SCHOOL, SEIN_MATCH_NOTICE);
    op.op_id = first.match.event_id;
    rig_items(rig, 1, FIXTURE_SCHOOL, SEIN_KIND_RECEIPT_GET,
              &sein_op_item_schema, &op, 1);
    rig_run(rig);
    rig_confirm(rig, 1, SEIN_LEAF_EVENT, FIXTURE_OIN_SCHOOL, &first.item_hash,
                &presence_confirm);
    assert_int_equal(presence_confirm.verdicts[0].code, SEIN_OK);
    assert_true(presence_confirm.verdicts[0].receipt);
}

static void
test_both_accept(void **state)
{
    struct rig *rig = *state;
    struct rig_presence_put school;
    struct rig_presence_put youth;
    struct rig_delivery item;
    struct sein_match_id id;

    presence_put_ok(rig, SCHOOL, 1, &school);
    presence_put_ok(rig, YOUTH, 1, &youth);
    id = presence_one(rig, SCHOOL, SEIN_MATCH_NOTICE).match.match_id;
    (void)presence_one(rig, YOUTH, SEIN_MATCH_NOTICE);
    assert_int_equal(presence_accept_code(rig, NOORD, &id, 1), SEIN_ENOENT);
    assert_int_equal(presence_accept_code(rig, SCHOOL, &id, 1), SEIN_OK);
    assert_true(presence_confirm.verdicts[0].receipt);
    presence_nothing(rig, SCHOOL);
    presence_nothing(rig, YOUTH);
    assert_int_equal(presence_accept_code(rig, SCHOOL, &id, 1),
                     SEIN_EDUPLICATE);
    assert_int_equal(presence_accept_code(rig, SCHOOL, &id, 2), SEIN_OK);
    /* What is current is revealed. */
    presence_put_ok(rig, SCHOOL, 1, &school);
    presence_nothing(rig, YOUTH);
    assert_int_equal(presence_accept_code(rig, YOUTH, &id, 1), SEIN_OK);
    item = presence_one(rig, SCHOOL, SEIN_MATCH_REVEALED);
    presence_assert_deposit(&item, &youth);
    assert_memory_equal(&item.match.presence_id, &school.presence.id, 16);
    item = presence_one(rig, YOUTH, SEIN_MATCH_REVEALED);
    presence_assert_deposit(&item, &school);
    assert_int_equal(counters(rig)->matches_revealed, 1);
    /* Renewed: only the peer hears of it. */
    presence_put_ok(rig, YOUTH, 1, &youth);
    presence_nothing(rig, YOUTH);
    item = presence_one(rig, SCHOOL, SEIN_MATCH_REVEALED);
    presence_assert_deposit(&item, &youth);
    assert_memory_equal(&item.match.match_id, &id, 16);
    assert_int_equal(presence_stored(rig, true), 1);
}

static void
test_direct(void **state)
{
    struct rig *rig = *state;
    struct rig_presence_put school;
    struct rig_presence_put youth;
    struct rig_delivery item;

    presence_put_ok(rig, SCHOOL, 1, &school);
    presence_put_ok(rig, YOUTH, 1, &youth);
    item = presence_one(rig, SCHOOL, SEIN_MATCH_REVEALED);
    presence_assert_deposit(&item, &youth);
    assert_int_equal(presence_accept_code(rig, SCHOOL, &item.match.match_id, 1),
                     SEIN_OK);
    presence_nothing(rig, SCHOOL);
    item = presence_one(rig, YOUTH, SEIN_MATCH_REVEALED);
    presence_assert_deposit(&item, &school);
    presence_put_ok(rig, SCHOOL, 1, &school);
    item = presence_one(rig, YOUTH, SEIN_MATCH_REVEALED);
    presence_assert_deposit(&item, &school);
    presence_nothing(rig, SCHOOL);
}

static void
test_none(void **state)
{
    struct rig *rig = *state;

    presence_put_ok(rig, SCHOOL, 1, NULL);
    presence_put_ok(rig, YOUTH, 1, NULL);
    presence_nothing(rig, SCHOOL);
    presence_nothing(rig, YOUTH);
    assert_int_equal(presence_stored(rig, true), 0);
}

/* Links that may not meet, then one that may, under one tag. */
static void
test_link_pairs(void **state)
{
    struct rig *rig = *state;
    struct rig_presence presence = presence_of(SCHOOL, 1);

    presence.link = SEIN_LINK_PERSON;
    assert_int_equal(presence_put_code(rig, SCHOOL, &presence, NULL), SEIN_OK);
    presence_put_ok(rig, YOUTH, 1, NULL); /* address */
    presence_nothing(rig, SCHOOL);
    presence_nothing(rig, YOUTH);
    presence = presence_of(YOUTH, 1);
    presence.link = SEIN_LINK_PARENT;
    assert_int_equal(presence_put_code(rig, YOUTH, &presence, NULL), SEIN_OK);
    (void)presence_one(rig, SCHOOL, SEIN_MATCH_NOTICE);
    (void)presence_one(rig, YOUTH, SEIN_MATCH_NOTICE);
    /* Another link that may meet too: a match of its own, both told. */
    presence = presence_of(YOUTH, 1);
    presence.link = SEIN_LINK_PERSON;
    assert_int_equal(presence_put_code(rig, YOUTH, &presence, NULL), SEIN_OK);
    (void)presence_one(rig, SCHOOL, SEIN_MATCH_NOTICE);
    (void)presence_one(rig, YOUTH, SEIN_MATCH_NOTICE);
    assert_int_equal(presence_stored(rig, true), 2); /* one of them ended */
}

/* ---- every order gives each pair once ---- */

static size_t
find_pair(struct sein_match_id *ids, size_t count,
          const struct sein_match_id *id)
{
    for (size_t i = 0; i < count; i++) {
        if (memcmp(&ids[i], id, sizeof *id) == 0)
            return i;
    }
    return count;
}

/* What each desk was told of, over all that came. */
struct tally {
    struct sein_match_id ids[MATCHES_MAX];
    unsigned seen[MATCHES_MAX];
    size_t count;
    size_t items[PRESENCE_PARTIES];
};

static void
gather(struct rig *rig, struct tally *tally)
{
    for (unsigned party = 0; party < PRESENCE_PARTIES; party++) {
        size_t more = presence_collect(rig, party);

        tally->items[party] += more;
        for (size_t i = 0; i < more; i++) {
            const struct sein_match_id *id = &presence_got[i].match.match_id;
            size_t at = find_pair(tally->ids, tally->count, id);

            assert_int_equal(presence_got[i].match.type, SEIN_MATCH_NOTICE);
            if (at == tally->count)
                tally->ids[tally->count++] = *id;
            tally->seen[at]++;
        }
    }
}

/* Six desks in some order, some of them twice: each two are told of each other
 * once, and nobody of more. */
static void
run_order(const unsigned order[static PRESENCE_PARTIES], uint8_t tag,
          struct rig *rig)
{
    struct tally tally = { 0 };

    for (size_t i = 0; i < PRESENCE_PARTIES; i++) {
        presence_put_ok(rig, order[i], tag, NULL);
        gather(rig, &tally);
        if (randombytes_uniform(3) != 0)
            continue;
        presence_put_ok(rig, order[randombytes_uniform((uint32_t)i + 1)], tag,
                        NULL);
        gather(rig, &tally);
    }
    for (unsigned party = 0; party < PRESENCE_PARTIES; party++)
        assert_int_equal(tally.items[party], PRESENCE_PARTIES - 1);
    assert_int_equal(tally.count,
                     PRESENCE_PARTIES * (PRESENCE_PARTIES - 1) / 2);
    for (size_t i = 0; i < tally.count; i++)
        assert_int_equal(tally.seen[i], 2);
}

static void
test_any_order_each_pair_once(void **state)
{
    struct rig *rig = *state;
    unsigned order[PRESENCE_PARTIES] = { 0, 1, 2, 3, 4, 5 };

    for (uint8_t round = 1; round <= 60; round++) {
        for (size_t i = PRESENCE_PARTIES - 1; i > 0; i--) {
            size_t at = randombytes_uniform((uint32_t)i + 1);
            unsigned swap = order[i];

            order[i] = order[at];
            order[at] = swap;
        }
        run_order(order, round, rig);
    }
    assert_int_equal(presence_stored(rig, true), 60 * 15);
}

/* All in one turn: once still. */
static void
test_all_in_one_turn(void **state)
{
    struct rig *rig = *state;
    static struct rig_presence_put made[PRESENCE_PARTIES];

    for (unsigned i = 0; i < PRESENCE_PARTIES; i++) {
        struct rig_presence presence = presence_of(i, 1);

        rig_presence_make(rig, &presence, &made[i]);
        rig_presence_put(rig, i + 1, presence_parties[i].member, &made[i]);
    }
    rig_run(rig);
    for (unsigned i = 0; i < PRESENCE_PARTIES; i++) {
        assert_int_equal(presence_code(rig, i, SEIN_LEAF_PRESENCE, NULL),
                         SEIN_OK);
        assert_int_equal(presence_collect(rig, i), PRESENCE_PARTIES - 1);
    }
    assert_int_equal(presence_stored(rig, true), 15);
}

/* ---- ends ---- */

static void
test_withdraw_before_a_reveal_is_silent(void **state)
{
    struct rig *rig = *state;
    struct rig_presence_put youth;
    struct sein_match_id id;
    struct rig_delivery item;

    presence_put_ok(rig, SCHOOL, 1, NULL);
    presence_put_ok(rig, YOUTH, 1, &youth);
    id = presence_one(rig, SCHOOL, SEIN_MATCH_NOTICE).match.match_id;
    (void)presence_one(rig, YOUTH, SEIN_MATCH_NOTICE);
    assert_int_equal(presence_withdraw_code(rig, SCHOOL, &youth, 1),
                     SEIN_ENOENT);
    assert_int_equal(presence_withdraw_code(rig, YOUTH, &youth, 1), SEIN_OK);
    assert_true(presence_confirm.verdicts[0].receipt);
    assert_int_equal(presence_withdraw_code(rig, YOUTH, &youth, 1),
                     SEIN_EDUPLICATE);
    assert_int_equal(presence_withdraw_code(rig, YOUTH, &youth, 2),
                     SEIN_ENOENT);
    presence_nothing(rig, SCHOOL);
    /* As if it were waiting. */
    assert_int_equal(presence_accept_code(rig, SCHOOL, &id, 3), SEIN_OK);
    assert_int_equal(presence_accept_code(rig, YOUTH, &id, 3), SEIN_ENOENT);
    presence_nothing(rig, SCHOOL);
    /* Back again: told itself, and nobody else. */
    presence_put_ok(rig, YOUTH, 1, &youth);
    presence_nothing(rig, SCHOOL);
    item = presence_one(rig, YOUTH, SEIN_MATCH_NOTICE);
    assert_memory_equal(&item.match.match_id, &id, sizeof id);
    assert_int_equal(presence_accept_code(rig, YOUTH, &id, 4), SEIN_OK);
    item = presence_one(rig, SCHOOL, SEIN_MATCH_REVEALED);
    presence_assert_deposit(&item, &youth);
    (void)presence_one(rig, YOUTH, SEIN_MATCH_REVEALED);
    assert_int_equal(presence_stored(rig, true), 1);
}

/* An accept before a withdrawal is forgotten with it. */
static void
test_who_comes_back_has_not_accepted(void **state)
{
    struct rig *rig = *state;
    struct rig_presence_put youth;
    struct sein_match_id id;

    presence_put_ok(rig, SCHOOL, 1, NULL);
    presence_put_ok(rig, YOUTH, 1, &youth);
    id = presence_one(rig, SCHOOL, SEIN_MATCH_NOTICE).match.match_id;
    (void)presence_one(rig, YOUTH, SEIN_MATCH_NOTICE);
    assert_int_equal(presence_accept_code(rig, YOUTH, &id, 1), SEIN_OK);
    assert_int_equal(presence_withdraw_code(rig, YOUTH, &youth, 2), SEIN_OK);
    presence_put_ok(rig, YOUTH, 1, &youth);
    (void)presence_one(rig, YOUTH, SEIN_MATCH_NOTICE);
    assert_int_equal(presence_accept_code(rig, SCHOOL, &id, 1), SEIN_OK);
    presence_nothing(rig, SCHOOL);
    presence_nothing(rig, YOUTH);
}

static void
test_withdraw_after_a_reveal_is_told(void **state)
{
    struct rig *rig = *state;
    struct rig_presence_put school;
    struct sein_match_id id;
    struct rig_delivery item;

    presence_put_ok(rig, SCHOOL, 1, &school);
    presence_put_ok(rig, YOUTH, 1, NULL);
    id = presence_one(rig, SCHOOL, SEIN_MATCH_REVEALED).match.match_id;
    (void)presence_one(rig, YOUTH, SEIN_MATCH_REVEALED);
    assert_int_equal(presence_withdraw_code(rig, SCHOOL, &school, 1), SEIN_OK);
    presence_nothing(rig, SCHOOL);
    item = presence_one(rig, YOUTH, SEIN_MATCH_ENDED);
    assert_memory_equal(&item.match.match_id, &id, sizeof id);
    assert_int_equal(item.deposit_len, 0);
    assert_int_equal(presence_stored(rig, true), 0);
    assert_int_equal(counters(rig)->matches_ended, 1);
    presence_put_ok(rig, SCHOOL, 1, NULL);
    item = presence_one(rig, YOUTH, SEIN_MATCH_REVEALED);
    assert_memory_not_equal(&item.match.match_id, &id, sizeof id);
}

/* What nobody read yet of a withdrawn deposit is taken out of the queue; that
 * it ended waits for seven days. */
static void
test_unread_goes_with_the_deposit(void **state)
{
    struct rig *rig = *state;
    struct rig_presence_put school;

    rig_empty(rig, YOUTH + 1, FIXTURE_JEUGDHULP, SEIN_KIND_BYE);
    rig_run(rig);
    rig_take_frame(rig, YOUTH + 1, SEIN_KIND_BYE, &(struct sein_frame){ 0 });
    presence_put_ok(rig, SCHOOL, 1, &school);
    rig_sender(rig, YOUTH + 1, FIXTURE_JEUGDHULP);
    presence_put_ok(rig, YOUTH, 1, NULL);
    (void)presence_one(rig, SCHOOL, SEIN_MATCH_REVEALED);
    assert_int_equal(presence_withdraw_code(rig, SCHOOL, &school, 1), SEIN_OK);
    rig_reader(rig, YOUTH + 1, FIXTURE_JEUGDHULP, 2, FIXTURE_DESK_JEUGDHULP, 9);
    (void)presence_one(rig, YOUTH, SEIN_MATCH_ENDED);
    presence_nothing(rig, YOUTH);
}

static void
test_ended_waits_seven_days(void **state)
{
    struct rig *rig = *state;
    struct rig_presence_put school;

    presence_put_ok(rig, SCHOOL, 1, &school);
    presence_put_ok(rig, YOUTH, 1, NULL);
    (void)presence_one(rig, YOUTH, SEIN_MATCH_REVEALED);
    (void)presence_one(rig, SCHOOL, SEIN_MATCH_REVEALED);
    rig_empty(rig, YOUTH + 1, FIXTURE_JEUGDHULP, SEIN_KIND_BYE);
    rig_run(rig);
    rig_take_frame(rig, YOUTH + 1, SEIN_KIND_BYE, &(struct sein_frame){ 0 });
    assert_int_equal(presence_withdraw_code(rig, SCHOOL, &school, 1), SEIN_OK);
    rig->now_ms += 7 * DAY;
    rig_sweep(rig);
    rig_reader(rig, YOUTH + 1, FIXTURE_JEUGDHULP, 2, FIXTURE_DESK_JEUGDHULP, 9);
    presence_nothing(rig, YOUTH);
}

/* A notice that its desk has not read yet follows the desk's own renewal. */
static void
test_own_renewal_keeps_the_notice(void **state)
{
    struct rig *rig = *state;
    struct rig_presence presence = presence_of(YOUTH, 1);
    struct rig_presence_put school;
    struct rig_presence_put youth;
    struct rig_delivery item;

    rig_empty(rig, YOUTH + 1, FIXTURE_JEUGDHULP, SEIN_KIND_BYE);
    rig_run(rig);
    rig_take_frame(rig, YOUTH + 1, SEIN_KIND_BYE, &(struct sein_frame){ 0 });
    rig_sender(rig, YOUTH + 1, FIXTURE_JEUGDHULP);
    presence.expires_ms = rig->now_ms + DAY;
    assert_int_equal(presence_put_code(rig, YOUTH, &presence, NULL), SEIN_OK);
    presence_put_ok(rig, SCHOOL, 1, &school);
    (void)presence_one(rig, SCHOOL, SEIN_MATCH_NOTICE);
    presence_put_ok(rig, YOUTH, 1, &youth);
    presence_nothing(rig, SCHOOL);
    rig->now_ms += 2 * DAY;
    rig_sweep(rig);
    rig_reader(rig, YOUTH + 1, FIXTURE_JEUGDHULP, 2, FIXTURE_DESK_JEUGDHULP, 9);
    item = presence_one(rig, YOUTH, SEIN_MATCH_NOTICE);
    presence_assert_note(&item, &school);
    assert_memory_equal(&item.match.presence_id, &youth.presence.id, 16);
    presence_nothing(rig, YOUTH);
}

/* Many renewals that nobody collects leave one item. */
static void
test_renewals_do_not_pile_up(void **state)
{
    struct rig *rig = *state;
    struct rig_presence_put school;
    struct rig_delivery item;

    rig_empty(rig, YOUTH + 1, FIXTURE_JEUGDHULP, SEIN_KIND_BYE);
    rig_run(rig);
    rig_take_frame(rig, YOUTH + 1, SEIN_KIND_BYE, &(struct sein_frame){ 0 });
    rig_sender(rig, YOUTH + 1, FIXTURE_JEUGDHULP);
    presence_put_ok(rig, YOUTH, 1, NULL);
    for (int i = 0; i < 20; i++) {
        presence_put_ok(rig, SCHOOL, 1, &school);
        (void)presence_collect(rig, SCHOOL);
    }
    rig_reader(rig, YOUTH + 1, FIXTURE_JEUGDHULP, 2, FIXTURE_DESK_JEUGDHULP, 9);
    item = presence_one(rig, YOUTH, SEIN_MATCH_REVEALED);
    presence_assert_deposit(&item, &school);
    presence_nothing(rig, YOUTH);
}

/* Both had accepted but for one; its key is revoked in between. */
static void
test_no_reveal_of_the_revoked(void **state)
{
    struct rig *rig = *state;
    struct sein_match_id id;

    presence_put_ok(rig, SCHOOL, 1, NULL);
    presence_put_ok(rig, YOUTH, 1, NULL);
    id = presence_one(rig, SCHOOL, SEIN_MATCH_NOTICE).match.match_id;
    (void)presence_one(rig, YOUTH, SEIN_MATCH_NOTICE);
    assert_int_equal(presence_accept_code(rig, SCHOOL, &id, 1), SEIN_OK);
    rig->fixture->members[FIXTURE_SCHOOL].keys[0].revoked_at =
        (uint64_t)FIXTURE_NOW_MS;
    rig_swap(rig);
    assert_int_equal(presence_accept_code(rig, YOUTH, &id, 1), SEIN_OK);
    presence_nothing(rig, YOUTH);
    assert_int_equal(counters(rig)->matches_revealed, 0);
}

/* ---- the answer to an accept tells nothing ---- */

/* What the school sees of its accept, byte by byte but for what is random. */
static size_t
accept_frame(struct rig *rig, const struct sein_match_id *id)
{
    struct sein_frame frame = { 0 };
    size_t len = 0;

    rig_accept(rig, SCHOOL + 1, FIXTURE_SCHOOL, FIXTURE_DESK_SCHOOL, id, 7);
    rig_run(rig);
    rig_take_frame(rig, SCHOOL + 1, SEIN_KIND_CONFIRM, &frame);
    len = frame.body.len;
    presence_nothing(rig, SCHOOL);
    return len;
}

static void
test_silence_decline_and_end_are_alike(void **state)
{
    struct rig *rig = *state;
    size_t lens[3];

    for (uint8_t i = 0; i < 3; i++) {
        struct rig_presence_put youth;
        struct sein_match_id id;

        if (i > 0) {
            rig_free(&rig);
            assert_int_equal(presence_rig_mutual(state), 0);
            rig = *state;
        }
        presence_put_ok(rig, SCHOOL, 1, NULL);
        presence_put_ok(rig, YOUTH, 1, &youth);
        id = presence_one(rig, SCHOOL, SEIN_MATCH_NOTICE).match.match_id;
        (void)presence_one(rig, YOUTH, SEIN_MATCH_NOTICE);
        if (i == 1) /* gone */
            assert_int_equal(presence_withdraw_code(rig, YOUTH, &youth, 1),
                             SEIN_OK);
        if (i == 2) /* may not be introduced any more */
            rig->fixture->members[FIXTURE_JEUGDHULP].desks[0].roles[0].roles =
                SEIN_ROLE_SIGNAL;
        if (i == 2)
            rig_swap(rig);
        lens[i] = accept_frame(rig, &id);
    }
    assert_int_equal(lens[0], lens[1]);
    assert_int_equal(lens[0], lens[2]);
}

/* ---- crash safety and what keyholders are told ---- */

static void
test_a_failed_commit_is_none(void **state)
{
    struct rig *rig = *state;
    struct rig_presence presence = presence_of(YOUTH, 1);
    struct rig_presence_put made;

    presence_put_ok(rig, SCHOOL, 1, NULL);
    rig_presence_make(rig, &presence, &made);
    rig_presence_put(rig, YOUTH + 1, FIXTURE_JEUGDHULP, &made);
    rig->fail_with = SEIN_EFULL;
    rig_run(rig);
    assert_int_equal(rig_error(rig, YOUTH + 1, NULL), SEIN_EFULL);
    presence_nothing(rig, SCHOOL);
    assert_int_equal(presence_stored(rig, false), 1);
    assert_int_equal(presence_stored(rig, true), 0);
    assert_int_equal(counters(rig)->matches_made, 0);
    rig_presence_put(rig, YOUTH + 1, FIXTURE_JEUGDHULP, &made);
    rig_run(rig);
    assert_int_equal(
        presence_code(rig, YOUTH, SEIN_LEAF_PRESENCE, &made.item_hash),
        SEIN_OK);
    (void)presence_one(rig, SCHOOL, SEIN_MATCH_NOTICE);
    (void)presence_one(rig, YOUTH, SEIN_MATCH_NOTICE);
}

static void
test_notices_outlive_a_restart(void **state)
{
    struct rig *rig = *state;
    struct rig_presence_put youth;
    struct rig_delivery item;

    presence_put_ok(rig, SCHOOL, 1, NULL);
    presence_put_ok(rig, YOUTH, 1, &youth);
    assert_true(rig_deliveries(rig, SCHOOL + 1, presence_got) == 1);
    rig_restart(rig);
    rig->now_ms += 1000;
    rig_reader(rig, 1, FIXTURE_SCHOOL, 1, FIXTURE_DESK_SCHOOL, 9);
    item = presence_one(rig, SCHOOL, SEIN_MATCH_NOTICE);
    presence_assert_note(&item, &youth);
    assert_memory_equal(&item.match.event_id, &presence_got[0].match.event_id,
                        16);
}

/* ---- each call of the store fails once ---- */

/* What was made before, for the request that is to fail. */
static struct rig_presence_put made_school;
static struct rig_presence_put made_youth;
static struct sein_match_id made_match;

static void
meet(struct rig *rig, enum sein_match_type type)
{
    presence_put_ok(rig, SCHOOL, 1, &made_school);
    presence_put_ok(rig, YOUTH, 1, &made_youth);
    made_match = presence_one(rig, SCHOOL, type).match.match_id;
    (void)presence_one(rig, YOUTH, type);
}

struct path {
    const char *name;
    uint64_t reveal;
    void (*prepare)(struct rig *rig);
    void (*ask)(struct rig *rig);
    void (*done)(struct rig *rig); /* after the turn that did it */
};

static void
prepare_first(struct rig *rig)
{
    struct rig_presence presence = presence_of(YOUTH, 1);

    presence_put_ok(rig, SCHOOL, 1, &made_school);
    rig_presence_make(rig, &presence, &made_youth);
}

static void
ask_second(struct rig *rig)
{
    rig_presence_put(rig, YOUTH + 1, FIXTURE_JEUGDHULP, &made_youth);
}

static void
done_second(struct rig *rig)
{
    struct rig_delivery item;

    assert_int_equal(presence_code(rig, YOUTH, SEIN_LEAF_PRESENCE, NULL),
                     SEIN_OK);
    item = presence_one(rig, SCHOOL, SEIN_MATCH_NOTICE);
    presence_assert_note(&item, &made_youth);
    (void)presence_one(rig, YOUTH, SEIN_MATCH_NOTICE);
}

static void
prepare_renewal(struct rig *rig)
{
    struct rig_presence presence = presence_of(YOUTH, 1);

    meet(rig, SEIN_MATCH_REVEALED);
    rig_presence_make(rig, &presence, &made_youth);
}

static void
done_renewal(struct rig *rig)
{
    struct rig_delivery item;

    assert_int_equal(presence_code(rig, YOUTH, SEIN_LEAF_PRESENCE, NULL),
                     SEIN_OK);
    item = presence_one(rig, SCHOOL, SEIN_MATCH_REVEALED);
    presence_assert_deposit(&item, &made_youth);
    presence_nothing(rig, YOUTH);
}

static void
prepare_accepted(struct rig *rig)
{
    meet(rig, SEIN_MATCH_NOTICE);
    assert_int_equal(presence_accept_code(rig, SCHOOL, &made_match, 1),
                     SEIN_OK);
}

static void
ask_accept(struct rig *rig)
{
    rig_accept(rig, YOUTH + 1, FIXTURE_JEUGDHULP, FIXTURE_DESK_JEUGDHULP,
               &made_match, 1);
}

static void
done_accept(struct rig *rig)
{
    struct rig_delivery item;

    assert_int_equal(presence_code(rig, YOUTH, SEIN_LEAF_ACCEPT, NULL),
                     SEIN_OK);
    item = presence_one(rig, SCHOOL, SEIN_MATCH_REVEALED);
    presence_assert_deposit(&item, &made_youth);
    item = presence_one(rig, YOUTH, SEIN_MATCH_REVEALED);
    presence_assert_deposit(&item, &made_school);
}

static void
prepare_revealed(struct rig *rig)
{
    meet(rig, SEIN_MATCH_REVEALED);
}

static void
ask_withdraw(struct rig *rig)
{
    rig_presence_withdraw(rig, YOUTH + 1, FIXTURE_JEUGDHULP,
                          FIXTURE_DESK_JEUGDHULP, &made_youth.presence.id, 1);
}

static void
done_withdraw(struct rig *rig)
{
    assert_int_equal(
        presence_code(rig, YOUTH, SEIN_LEAF_PRESENCE_WITHDRAW, NULL), SEIN_OK);
    (void)presence_one(rig, SCHOOL, SEIN_MATCH_ENDED);
    assert_int_equal(presence_stored(rig, false), 1);
}

static void
prepare_fallen(struct rig *rig)
{
    meet(rig, SEIN_MATCH_REVEALED);
    rig->fixture->members[FIXTURE_JEUGDHULP].desks[0].roles[0].roles =
        SEIN_ROLE_SIGNAL;
    rig_swap(rig);
}

static void
ask_sweep(struct rig *rig)
{
    rig->sweep = true;
}

static void
done_sweep(struct rig *rig)
{
    (void)presence_one(rig, SCHOOL, SEIN_MATCH_ENDED);
    assert_int_equal(presence_stored(rig, false), 1);
    assert_int_equal(presence_stored(rig, true), 0);
}

static const struct path paths[] = {
    { "put", SEIN_REVEAL_MUTUAL, prepare_first, ask_second, done_second },
    { "renewal", SEIN_REVEAL_DIRECT, prepare_renewal, ask_second,
      done_renewal },
    { "accept", SEIN_REVEAL_MUTUAL, prepare_accepted, ask_accept, done_accept },
    { "withdraw", SEIN_REVEAL_DIRECT, prepare_revealed, ask_withdraw,
      done_withdraw },
    { "sweep", SEIN_REVEAL_DIRECT, prepare_fallen, ask_sweep, done_sweep },
};

static struct rig *
faulty_rig(uint64_t reveal)
{
    struct store *inner = NULL;
    struct store *store = NULL;
    struct rig *rig = NULL;

    assert_int_equal(store_memory_ops.open("", &inner), SEIN_OK);
    store = faulty_store_new(&inner);
    assert_non_null(store);
    rig = rig_new_on(store);
    rig->fixture->circles[FIXTURE_JEUGD].reveal = reveal;
    presence_people(rig);
    return rig;
}

/* The turn was none, or refused the one item because the disk is full; nobody
 * hears of anything else. */
static void
assert_undone(struct rig *rig)
{
    struct sein_frame frame = { 0 };

    presence_nothing(rig, SCHOOL);
    if (!rig->failed) {
        assert_int_equal(presence_code(rig, YOUTH, SEIN_LEAF_PRESENCE, NULL),
                         SEIN_EFULL);
        assert_false(presence_confirm.verdicts[0].receipt);
    }
    while (rig_take_any(rig, YOUTH + 1, &frame))
        assert_int_equal(frame.kind, SEIN_KIND_ERROR);
}

/* Whether the nth call was reached; if so it failed, and asking again does it.
 */
static bool
fail_at(const struct path *path, uint64_t nth)
{
    struct rig *rig = faulty_rig(path->reveal);
    bool fired = false;

    path->prepare(rig);
    faulty_store_arm(rig->store, nth, SEIN_EFULL);
    path->ask(rig);
    rig_run(rig);
    fired = faulty_store_fired(rig->store);
    faulty_store_arm(rig->store, 0, SEIN_OK);
    if (fired) {
        assert_undone(rig);
        rig->now_ms += SEIN_MS_PER_MIN / 2; /* a sweep waits for its time */
        path->ask(rig);
        rig_run(rig);
    }
    path->done(rig);
    rig_free(&rig);
    return fired;
}

static void
test_each_call_fails(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        uint64_t nth = 1;

        print_message("%s\n", paths[i].name);
        while (fail_at(&paths[i], nth))
            nth++;
        assert_true(nth > 10);
    }
}

/* ---- killed at each step ---- */

#ifdef SEIN_TEST_BUILD
static struct rig *
rig_in(const char *folder)
{
    struct store *store = NULL;
    struct rig *rig = NULL;

    assert_int_equal(store_sqlite_ops.open(folder, &store), SEIN_OK);
    rig = rig_new_on(store);
    presence_people(rig);
    return rig;
}

/* The second of two puts, in a process that dies at a step of it. */
static void
die_at(const char *folder, const char *step)
{
    int status = 0;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        struct rig *rig = rig_in(folder);

        if (setenv("SEIN_TEST_FAILPOINT", step, 1) == 0)
            presence_put_ok(rig, YOUTH, 1, NULL);
        _exit(1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void
test_killed_at_each_step(void **state)
{
    static const char *const steps[] = { "rows", "notice", "notice:2",
                                         "match" };

    (void)state;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        char folder[STORE_FOLDER_MAX];
        struct rig *rig = NULL;

        store_folder_make(folder);
        rig = rig_in(folder);
        presence_put_ok(rig, SCHOOL, 1, NULL);
        rig_free(&rig);
        die_at(folder, steps[i]);
        rig = rig_in(folder);
        presence_nothing(rig, SCHOOL);
        assert_int_equal(presence_stored(rig, false), 1);
        assert_int_equal(presence_stored(rig, true), 0);
        presence_put_ok(rig, YOUTH, 1, NULL);
        (void)presence_one(rig, SCHOOL, SEIN_MATCH_NOTICE);
        (void)presence_one(rig, YOUTH, SEIN_MATCH_NOTICE);
        rig_free(&rig);
        store_folder_remove(folder);
    }
}
#endif

#define MUTUAL(test)                                           \
    cmocka_unit_test_setup_teardown(test, presence_rig_mutual, \
                                    presence_rig_down)
#define DIRECT(test)                                           \
    cmocka_unit_test_setup_teardown(test, presence_rig_direct, \
                                    presence_rig_down)
#define NONE(test) \
    cmocka_unit_test_setup_teardown(test, presence_rig_none, presence_rig_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        MUTUAL(test_mutual_notice),
        MUTUAL(test_events_have_receipts),
        MUTUAL(test_both_accept),
        DIRECT(test_direct),
        NONE(test_none),
        MUTUAL(test_link_pairs),
        MUTUAL(test_any_order_each_pair_once),
        MUTUAL(test_all_in_one_turn),
        MUTUAL(test_withdraw_before_a_reveal_is_silent),
        MUTUAL(test_who_comes_back_has_not_accepted),
        DIRECT(test_withdraw_after_a_reveal_is_told),
        DIRECT(test_unread_goes_with_the_deposit),
        DIRECT(test_ended_waits_seven_days),
        DIRECT(test_renewals_do_not_pile_up),
        MUTUAL(test_own_renewal_keeps_the_notice),
        MUTUAL(test_no_reveal_of_the_revoked),
        MUTUAL(test_silence_decline_and_end_are_alike),
        MUTUAL(test_a_failed_commit_is_none),
        MUTUAL(test_notices_outlive_a_restart),
        cmocka_unit_test(test_each_call_fails),
#ifdef SEIN_TEST_BUILD
        cmocka_unit_test(test_killed_at_each_step),
#endif
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
