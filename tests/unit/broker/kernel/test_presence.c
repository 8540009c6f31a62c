#include "broker/kernel/presence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "tests/support/presence_rig.h"
#include "tests/support/store_folder.h"

#define DAY SEIN_MS_PER_DAY

/* ---- put ---- */

static void
test_put_and_again(void **state)
{
    struct rig *rig = *state;
    struct rig_presence presence = presence_of(SCHOOL, 1);
    struct rig_presence_put made;

    assert_int_equal(presence_put_code(rig, SCHOOL, &presence, &made), SEIN_OK);
    assert_memory_equal(&presence_confirm.verdicts[0].op_id, &made.presence.id,
                        16);
    assert_true(presence_confirm.verdicts[0].receipt);
    rig->now_ms += 1000;
    rig_presence_put(rig, 1, FIXTURE_SCHOOL, &made);
    rig_run(rig);
    assert_int_equal(
        presence_code(rig, SCHOOL, SEIN_LEAF_PRESENCE, &made.item_hash),
        SEIN_EDUPLICATE);
    assert_true(presence_confirm.verdicts[0].receipt);
    assert_int_equal(presence_confirm.verdicts[0].time, FIXTURE_NOW_MS);
    /* The same id with other bytes. */
    presence.id = made.presence.id;
    presence.tag = 2;
    rig_presence_make(rig, &presence, &made);
    rig_presence_put(rig, 1, FIXTURE_SCHOOL, &made);
    rig_run(rig);
    assert_int_equal(presence_code(rig, SCHOOL, SEIN_LEAF_PRESENCE, NULL),
                     SEIN_ECONFLICT);
    assert_int_equal(presence_stored(rig, false), 1);
    assert_int_equal(counters(rig)->presences_put, 1);
    for (unsigned i = 0; i < PRESENCE_PARTIES; i++)
        presence_nothing(rig, i);
}

#define REFUSED(err)                                                      \
    do {                                                                  \
        assert_int_equal(presence_put_code(rig, SCHOOL, &presence, NULL), \
                         err);                                            \
        assert_int_equal(presence_stored(rig, false), 0);                 \
        presence = presence_of(SCHOOL, 1);                                \
    } while (false)

static void
test_each_refusal(void **state)
{
    struct rig *rig = *state;
    struct rig_presence presence = presence_of(SCHOOL, 1);

    presence.desk = FIXTURE_DESK_JEUGDHULP; /* another's deposit */
    presence.from = FIXTURE_DESK_SCHOOL;
    REFUSED(SEIN_EDEPOSIT);
    presence.from = FIXTURE_DESK_JEUGDHULP; /* a desk that is not ours */
    REFUSED(SEIN_EDESKKEY);
    presence.circle = "schulden"; /* no role, and no keyholders, there */
    REFUSED(SEIN_EROLE);
    presence.circle = "onbekend";
    REFUSED(SEIN_ECIRCLE);
    presence.epoch = 2;
    REFUSED(SEIN_EEPOCH);
    presence.put_tag = 9; /* signed for another tag */
    REFUSED(SEIN_ESIG);
    presence.created_ms = rig->now_ms + SEIN_CLOCK_AHEAD_MS + 1;
    REFUSED(SEIN_ETIME);
    presence.created_ms = rig->now_ms - 30 * DAY + SEIN_CLOCK_AHEAD_MS - 1;
    REFUSED(SEIN_EPRESENCELIFE);
    presence.created_ms = rig->now_ms - DAY;
    presence.expires_ms = rig->now_ms;
    REFUSED(SEIN_EPRESENCELIFE);
    presence.expires_ms = rig->now_ms + 90 * DAY + 1;
    REFUSED(SEIN_EPRESENCELIFE);
    presence.dir_version =
        sein_directory_version(kernel_directory(rig->kernel)) + 1;
    REFUSED(SEIN_EDIRNEWER);
    presence.dir_hash = 3;
    REFUSED(SEIN_EDIRCHAIN);
    assert_int_equal(rig->told[KERNEL_EVENT_REFUSED], 12);
    /* At each bound. */
    presence.created_ms = rig->now_ms + SEIN_CLOCK_AHEAD_MS;
    presence.expires_ms = presence.created_ms + 90 * DAY;
    assert_int_equal(presence_put_code(rig, SCHOOL, &presence, NULL), SEIN_OK);
    presence = presence_of(SCHOOL, 2);
    presence.created_ms = rig->now_ms - 30 * DAY + SEIN_CLOCK_AHEAD_MS;
    presence.expires_ms = rig->now_ms + 1;
    assert_int_equal(presence_put_code(rig, SCHOOL, &presence, NULL), SEIN_OK);
}

static void
test_directory_decides(void **state)
{
    struct rig *rig = *state;
    struct rig_presence presence = presence_of(SCHOOL, 1);
    struct fixture_desk *desk = &rig->fixture->members[FIXTURE_SCHOOL].desks[0];
    uint64_t roles = desk->roles[0].roles;

    desk->roles[0].links = SEIN_LINK_BIT(SEIN_LINK_PERSON);
    rig_swap(rig);
    assert_int_equal(presence_put_code(rig, SCHOOL, &presence, NULL),
                     SEIN_ELINK);
    desk->roles[0].links = 0;
    desk->roles[0].roles = SEIN_ROLE_SIGNAL;
    rig_swap(rig);
    assert_int_equal(presence_put_code(rig, SCHOOL, &presence, NULL),
                     SEIN_EROLE);
    desk->roles[0].roles = roles;
    rig_swap(rig);
    assert_int_equal(presence_put_code(rig, SCHOOL, &presence, NULL), SEIN_OK);
}

static void
test_epoch_ends(void **state)
{
    struct rig *rig = *state;
    int64_t until =
        (int64_t)rig->fixture->circles[FIXTURE_JEUGD].epochs[0].match_until;
    struct rig_presence presence = presence_of(SCHOOL, 1);

    rig->now_ms = until - DAY;
    rig->fixture->issued = (uint64_t)rig->now_ms;
    rig->fixture->expires = (uint64_t)(rig->now_ms + 40 * DAY);
    rig->fixture->circles[FIXTURE_JEUGD].basis_ends =
        (uint64_t)(until + 100 * DAY);
    rig_swap(rig);
    rig_reader(rig, 1, FIXTURE_SCHOOL, 1, FIXTURE_DESK_SCHOOL, 200);
    presence.expires_ms = until + 1;
    assert_int_equal(presence_put_code(rig, SCHOOL, &presence, NULL),
                     SEIN_EPRESENCELIFE);
    presence.expires_ms = until;
    assert_int_equal(presence_put_code(rig, SCHOOL, &presence, NULL), SEIN_OK);
    rig->now_ms = until;
    rig_reader(rig, 1, FIXTURE_SCHOOL, 1, FIXTURE_DESK_SCHOOL, 200);
    presence.created_ms = rig->now_ms;
    presence.expires_ms = 0;
    presence.tag = 2;
    assert_int_equal(presence_put_code(rig, SCHOOL, &presence, NULL),
                     SEIN_EEPOCH);
}

static void
test_broken_deposit(void **state)
{
    struct rig *rig = *state;
    struct rig_presence presence = presence_of(SCHOOL, 1);
    struct rig_presence_put made;
    static const struct sein_op_id none = { { 0 } };

    rig_presence_make(rig, &presence, &made);
    made.deposit_len--;
    rig_presence_put(rig, 1, FIXTURE_SCHOOL, &made);
    rig_run(rig);
    assert_int_equal(presence_code(rig, SCHOOL, SEIN_LEAF_PRESENCE, NULL),
                     SEIN_EWIRE);
    assert_memory_equal(&presence_confirm.verdicts[0].op_id, &none,
                        sizeof none);
}

static void
test_quotas(void **state)
{
    struct rig *rig = *state;
    struct rig_presence presence = presence_of(NOORD, 1);
    struct kernel_quota quota = rig->config.quota;

    quota.presences_max = 2;
    kernel_set_quota(rig->kernel, &quota);
    presence_put_ok(rig, NOORD, 1, NULL);
    presence_put_ok(rig, ZUID, 2, NULL);
    presence = presence_of(NOORD, 3);
    assert_int_equal(presence_put_code(rig, NOORD, &presence, NULL),
                     SEIN_EQUOTA);
    assert_true(presence_confirm.verdicts[0].at > (uint64_t)rig->now_ms);
    presence_put_ok(rig, NOORD, 1, NULL); /* renewing takes none */
    presence_put_ok(rig, SCHOOL, 3, NULL);
    quota.items_burst = 0;
    kernel_set_quota(rig->kernel, &quota);
    presence = presence_of(SCHOOL, 4);
    assert_int_equal(presence_put_code(rig, SCHOOL, &presence, NULL),
                     SEIN_EQUOTA);
    kernel_set_full(rig->kernel, true);
    assert_int_equal(presence_put_code(rig, SCHOOL, &presence, NULL),
                     SEIN_EFULL);
    assert_int_equal(presence_stored(rig, false), 3);
}

static void
test_another_members_id(void **state)
{
    struct rig *rig = *state;
    struct rig_presence_put made;
    struct rig_presence presence = presence_of(YOUTH, 1);

    presence_put_ok(rig, SCHOOL, 1, &made);
    presence.id = made.presence.id;
    assert_int_equal(presence_put_code(rig, YOUTH, &presence, NULL),
                     SEIN_ECONFLICT);
    assert_false(presence_confirm.verdicts[0].receipt);
    presence_nothing(rig, SCHOOL);
}

/* A tag of one circle's is another's in the next: the idx says so. */
static void
test_idx_holds_no_tag(void **state)
{
    struct rig *rig = *state;
    const struct store_ops *ops = rig->store->ops;
    struct rig_presence_put made;
    struct store_presence row = { 0 };
    struct store_txn *txn = NULL;
    uint8_t input[2 + 5 + 4 + 32];
    uint8_t mac[crypto_auth_hmacsha256_BYTES];
    struct sein_writer out = sein_writer_of(input, sizeof input);
    uint8_t tag[32];

    memset(tag, 5, sizeof tag);
    presence_put_ok(rig, SCHOOL, 5, &made);
    sein_write_lp(&out, sein_slice_text("jeugd"));
    sein_write_u32(&out, 1);
    sein_write_bytes(&out, tag, sizeof tag);
    (void)crypto_auth_hmacsha256(mac, input, out.len, rig->idx_key);
    assert_int_equal(ops->begin(rig->store, &txn), SEIN_OK);
    assert_int_equal(ops->presence_get(txn, &made.presence.id, &row), SEIN_OK);
    ops->rollback(&txn);
    assert_memory_equal(row.idx.bytes, mac, 16);
    for (size_t i = 0; i + sizeof tag <= sizeof row; i++)
        assert_memory_not_equal((const uint8_t *)&row + i, tag, sizeof tag);
}

static void
test_expiry(void **state)
{
    struct rig *rig = *state;
    struct rig_presence presence = presence_of(SCHOOL, 1);

    presence.expires_ms = rig->now_ms + DAY;
    assert_int_equal(presence_put_code(rig, SCHOOL, &presence, NULL), SEIN_OK);
    presence_put_ok(rig, YOUTH, 1, NULL);
    presence_put_ok(rig, NOORD, 2, NULL);
    (void)presence_one(rig, YOUTH, SEIN_MATCH_REVEALED);
    (void)presence_collect(rig, SCHOOL);
    rig->now_ms += DAY;
    for (unsigned i = 0; i < PRESENCE_PARTIES; i++)
        rig_reader(rig, i + 1, presence_parties[i].member, (uint8_t)(i + 1),
                   presence_parties[i].desk, 200);
    /* Over, though not swept: nobody meets it any more. */
    presence_put_ok(rig, ZUID, 1, NULL);
    (void)presence_one(rig, YOUTH, SEIN_MATCH_REVEALED);
    (void)presence_one(rig, ZUID, SEIN_MATCH_REVEALED);
    presence_nothing(rig, SCHOOL);
    rig_sweep(rig);
    (void)presence_one(rig, YOUTH, SEIN_MATCH_ENDED);
    presence_nothing(rig, SCHOOL);
    presence_nothing(rig, NOORD);
    assert_int_equal(counters(rig)->presences_expired, 1);
    assert_int_equal(rig->told[KERNEL_EVENT_PRESENCE_ENDED], 1);
    assert_int_equal(presence_stored(rig, false), 3);
    assert_int_equal(presence_stored(rig, true), 1);
}

static void
test_expiry_before_a_reveal_is_silent(void **state)
{
    struct rig *rig = *state;
    struct rig_presence presence = presence_of(SCHOOL, 1);
    struct sein_match_id id;

    presence.expires_ms = rig->now_ms + 1000;
    assert_int_equal(presence_put_code(rig, SCHOOL, &presence, NULL), SEIN_OK);
    presence_put_ok(rig, YOUTH, 1, NULL);
    id = presence_one(rig, YOUTH, SEIN_MATCH_NOTICE).match.match_id;
    (void)presence_one(rig, SCHOOL, SEIN_MATCH_NOTICE);
    rig->now_ms += 1000;
    assert_int_equal(presence_accept_code(rig, SCHOOL, &id, 1), SEIN_ENOENT);
    rig_sweep(rig);
    presence_nothing(rig, YOUTH);
    assert_int_equal(presence_stored(rig, false), 1);
    assert_int_equal(presence_accept_code(rig, YOUTH, &id, 1), SEIN_OK);
    presence_nothing(rig, YOUTH);
}

/* A revoked key, a lost role, a member that left: no new match at once, and
 * the sweep takes away what they had. */
static void
fall(struct rig *rig, void (*change)(struct fixture_member *member))
{
    presence_put_ok(rig, SCHOOL, 1, NULL);
    presence_put_ok(rig, YOUTH, 1, NULL);
    (void)presence_one(rig, SCHOOL, SEIN_MATCH_REVEALED);
    (void)presence_one(rig, YOUTH, SEIN_MATCH_REVEALED);
    change(&rig->fixture->members[FIXTURE_SCHOOL]);
    rig_swap(rig);
    presence_put_ok(rig, NOORD, 1, NULL);
    (void)presence_one(rig, NOORD,
                       SEIN_MATCH_REVEALED); /* of the youth care only */
    (void)presence_one(rig, YOUTH, SEIN_MATCH_REVEALED);
    rig_sweep(rig);
    (void)presence_one(rig, YOUTH, SEIN_MATCH_ENDED);
    presence_nothing(rig, NOORD);
    assert_int_equal(presence_stored(rig, false), 2);
    assert_int_equal(presence_stored(rig, true), 1);
    assert_int_equal(counters(rig)->presences_fallen, 1);
    assert_int_equal(rig->told[KERNEL_EVENT_PRESENCE_ENDED], 1);
}

static void
revoke(struct fixture_member *member)
{
    member->keys[0].revoked_at = (uint64_t)FIXTURE_NOW_MS;
}

static void
test_revoked(void **state)
{
    fall(*state, revoke);
}

static void
leave(struct fixture_member *member)
{
    member->left_at = (uint64_t)FIXTURE_NOW_MS;
}

static void
test_left(void **state)
{
    fall(*state, leave);
}

static void
lose_role(struct fixture_member *member)
{
    member->desks[0].roles[0].roles = SEIN_ROLE_SIGNAL;
}

static void
test_lost_role(void **state)
{
    fall(*state, lose_role);
}

/* A key that retired goes on counting for what it put. */
static void
test_retired(void **state)
{
    struct rig *rig = *state;
    struct fixture_member *school = &rig->fixture->members[FIXTURE_SCHOOL];

    presence_put_ok(rig, SCHOOL, 1, NULL);
    fixture_key_make(&school->keys[1], 240);
    school->key_count = 2;
    school->keys[0].retired_at = (uint64_t)FIXTURE_NOW_MS;
    rig_swap(rig);
    rig_sweep(rig);
    presence_put_ok(rig, YOUTH, 1, NULL);
    (void)presence_one(rig, YOUTH, SEIN_MATCH_REVEALED);
    assert_int_equal(presence_stored(rig, false), 2);
}

static void
test_what_was_put_is_noted_for_60_days(void **state)
{
    struct rig *rig = *state;
    const struct store_ops *ops = rig->store->ops;
    struct store_txn *txn = NULL;
    struct store_deposits day = { 0 };
    struct sein_presence_id ids[4];
    struct rig_presence_put made;
    size_t count = 0;

    presence_put_ok(rig, SCHOOL, 1, &made);
    assert_int_equal(presence_withdraw_code(rig, SCHOOL, &made, 1), SEIN_OK);
    presence_put_ok(rig, SCHOOL, 1, NULL);
    assert_int_equal(ops->begin(rig->store, &txn), SEIN_OK);
    assert_int_equal(ops->deposit_next(txn, NULL, &day), SEIN_OK);
    assert_string_equal(day.circle.text, "jeugd");
    assert_string_equal(day.oin.text, FIXTURE_OIN_SCHOOL);
    assert_int_equal(day.epoch, 1);
    assert_int_equal(day.day, FIXTURE_NOW_MS / DAY);
    assert_int_equal(ops->deposit_ids(txn, &day, NULL, 4, ids, &count),
                     SEIN_OK);
    assert_int_equal(count, 2);
    assert_int_equal(ops->deposit_next(txn, &day, &day), SEIN_ENOENT);
    ops->rollback(&txn);
    rig->now_ms += 60 * DAY;
    rig_sweep(rig);
    assert_int_equal(ops->begin(rig->store, &txn), SEIN_OK);
    assert_int_equal(ops->deposit_next(txn, NULL, &day), SEIN_OK);
    ops->rollback(&txn);
    rig->now_ms += DAY;
    rig_sweep(rig);
    assert_int_equal(ops->begin(rig->store, &txn), SEIN_OK);
    assert_int_equal(ops->deposit_next(txn, NULL, &day), SEIN_ENOENT);
    ops->rollback(&txn);
}

/* A day whose list a keyholder has gets no more: when the clock was set back,
 * what is put stands on the next. */
static void
test_put_after_the_clock_went_back(void **state)
{
    struct rig *rig = *state;
    const struct store_ops *ops = rig->store->ops;
    struct store_txn *txn = NULL;
    struct store_deposits day = { .epoch = 1, .day = FIXTURE_NOW_MS / DAY + 1 };

    assert_int_equal(ops->begin(rig->store, &txn), SEIN_OK);
    assert_int_equal(
        ops->listed_put(txn, sein_slice_text(FIXTURE_DESK_NOORD), &day),
        SEIN_OK);
    assert_int_equal(ops->commit(&txn), SEIN_OK);
    presence_put_ok(rig, SCHOOL, 1, NULL);
    assert_int_equal(ops->begin(rig->store, &txn), SEIN_OK);
    assert_int_equal(ops->deposit_next(txn, NULL, &day), SEIN_OK);
    assert_int_equal(day.day, FIXTURE_NOW_MS / DAY + 2);
    ops->rollback(&txn);
}

/* A withdrawn and an expired deposit are in no file any more: neither in the
 * row nor in what waited for a peer. */
static void
test_gone_from_the_files(void **state)
{
    char folder[STORE_FOLDER_MAX];
    struct store *store = NULL;
    struct rig *rig = NULL;
    struct rig_presence presence = presence_of(SCHOOL, 1);
    struct rig_presence_put withdrawn;
    struct rig_presence_put expired;
    struct rig_presence_put kept;

    (void)state;
    store_folder_make(folder);
    assert_int_equal(store_sqlite_ops.open(folder, &store), SEIN_OK);
    rig = rig_new_on(store);
    rig->fixture->circles[FIXTURE_JEUGD].reveal = SEIN_REVEAL_DIRECT;
    presence_people(rig);
    rig_empty(rig, YOUTH + 1, FIXTURE_JEUGDHULP, SEIN_KIND_BYE);
    rig_run(rig);
    rig_take_frame(rig, YOUTH + 1, SEIN_KIND_BYE, &(struct sein_frame){ 0 });
    rig_sender(rig, YOUTH + 1, FIXTURE_JEUGDHULP);
    presence_put_ok(rig, YOUTH, 1, NULL);
    presence_put_ok(rig, YOUTH, 2, NULL);
    presence_put_ok(rig, SCHOOL, 1, &withdrawn);
    (void)presence_one(rig, SCHOOL, SEIN_MATCH_REVEALED);
    presence.tag = 2;
    presence.expires_ms = rig->now_ms + 1000;
    assert_int_equal(presence_put_code(rig, SCHOOL, &presence, &expired),
                     SEIN_OK);
    (void)presence_one(rig, SCHOOL, SEIN_MATCH_REVEALED);
    presence_put_ok(rig, SCHOOL, 3, &kept);
    assert_int_equal(presence_withdraw_code(rig, SCHOOL, &withdrawn, 1),
                     SEIN_OK);
    rig->now_ms += 1000;
    rig_sweep(rig);
    assert_int_equal(rig->store->ops->maintain(rig->store), SEIN_OK);
    assert_true(store_folder_holds(
        folder, sein_slice_of(kept.deposit, kept.deposit_len)));
    assert_false(
        store_folder_holds(folder, sein_slice_of(withdrawn.deposit + 200, 64)));
    assert_false(
        store_folder_holds(folder, sein_slice_of(expired.deposit + 200, 64)));
    rig_free(&rig);
    store_folder_remove(folder);
}

#define MUTUAL(test)                                           \
    cmocka_unit_test_setup_teardown(test, presence_rig_mutual, \
                                    presence_rig_down)
#define DIRECT(test)                                           \
    cmocka_unit_test_setup_teardown(test, presence_rig_direct, \
                                    presence_rig_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        MUTUAL(test_put_and_again),
        MUTUAL(test_each_refusal),
        MUTUAL(test_directory_decides),
        MUTUAL(test_epoch_ends),
        MUTUAL(test_broken_deposit),
        MUTUAL(test_put_after_the_clock_went_back),
        MUTUAL(test_quotas),
        MUTUAL(test_another_members_id),
        MUTUAL(test_idx_holds_no_tag),
        DIRECT(test_expiry),
        MUTUAL(test_expiry_before_a_reveal_is_silent),
        DIRECT(test_revoked),
        DIRECT(test_left),
        DIRECT(test_lost_role),
        DIRECT(test_retired),
        MUTUAL(test_what_was_put_is_noted_for_60_days),
        cmocka_unit_test(test_gone_from_the_files),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
