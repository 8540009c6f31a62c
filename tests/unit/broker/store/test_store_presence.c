/* The contract of broker/store/store.h on presences, matches and deposits,
 * against every backend; and what the SQLite store's files hold of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>
#include <sqlite3.h>

#include "broker/store/store.h"
#include "tests/support/store_folder.h"

#define A "00000099000000001000"
#define B "00000099000000002000"
#define C "00000099000000003000"

struct fixture {
    const struct store_ops *ops;
    struct store *store;
    struct store_txn *txn;
    char folder[STORE_FOLDER_MAX];
};

static struct sein_slice
text(const char *string)
{
    return sein_slice_text(string);
}

static void
begin(struct fixture *f)
{
    assert_int_equal(f->ops->begin(f->store, &f->txn), SEIN_OK);
}

static int
set_up(void **state, const struct store_ops *ops)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    f->ops = ops;
    store_folder_make(f->folder);
    assert_int_equal(ops->open(f->folder, &f->store), SEIN_OK);
    begin(f);
    *state = f;
    return 0;
}

static int
set_up_sqlite(void **state)
{
    return set_up(state, &store_sqlite_ops);
}

static int
set_up_memory(void **state)
{
    return set_up(state, &store_memory_ops);
}

static int
tear_down(void **state)
{
    struct fixture *f = *state;

    f->ops->close(&f->store);
    store_folder_remove(f->folder);
    free(f);
    return 0;
}

static void
commit(struct fixture *f)
{
    assert_int_equal(f->ops->commit(&f->txn), SEIN_OK);
    begin(f);
}

static void
rollback(struct fixture *f)
{
    f->ops->rollback(&f->txn);
    begin(f);
}

static struct store_idx
idx_of(uint8_t number)
{
    return (struct store_idx){ { 0x69, number } };
}

static struct store_presence
presence(uint8_t number, uint8_t idx, const char *desk)
{
    struct store_presence row = { .presence_id = { { 0x70, number } },
                                  .idx = idx_of(idx),
                                  .epoch = 7,
                                  .key_id = { { 0x6b } },
                                  .link = 2,
                                  .put_at_ms = 1000 + number,
                                  .expires_at_ms = 5000 + number,
                                  .deposit_len = 600 };

    (void)snprintf(row.circle.text, sizeof row.circle.text, "jeugd");
    (void)snprintf(row.desk.text, sizeof row.desk.text, "%s", desk);
    memset(row.deposit, number, row.deposit_len);
    return row;
}

static void
put(struct fixture *f, uint8_t number, uint8_t idx, const char *desk)
{
    struct store_presence row = presence(number, idx, desk);

    assert_int_equal(f->ops->presence_put(f->txn, &row), SEIN_OK);
}

static uint64_t
count(struct fixture *f, const char *oin)
{
    uint64_t number = 99;

    assert_int_equal(f->ops->presence_count(f->txn, text(oin), &number),
                     SEIN_OK);
    return number;
}

static uint64_t
seq_of(struct fixture *f, uint8_t number)
{
    struct sein_presence_id id = { { 0x70, number } };
    struct store_presence row = { 0 };

    assert_int_equal(f->ops->presence_get(f->txn, &id, &row), SEIN_OK);
    return row.seq;
}

static void
test_presence_comes_back(void **state)
{
    struct fixture *f = *state;
    struct store_presence want = presence(1, 1, A "/noord");
    struct store_presence got = { 0 };
    struct store_idx idx = idx_of(1);
    struct sein_presence_id other = { { 0x70, 2 } };

    assert_int_equal(f->ops->presence_put(f->txn, &want), SEIN_OK);
    commit(f);
    assert_int_equal(f->ops->presence_get(f->txn, &want.presence_id, &got),
                     SEIN_OK);
    want.seq = got.seq;
    assert_memory_equal(&got, &want, sizeof got);
    memset(&got, 0, sizeof got);
    assert_int_equal(f->ops->presence_at(f->txn, &idx, text(A "/noord"), &got),
                     SEIN_OK);
    assert_memory_equal(&got, &want, sizeof got);
    assert_int_equal(f->ops->presence_at(f->txn, &idx, text(A "/zuid"), &got),
                     SEIN_ENOENT);
    idx = idx_of(2);
    assert_int_equal(f->ops->presence_at(f->txn, &idx, text(A "/noord"), &got),
                     SEIN_ENOENT);
    assert_int_equal(f->ops->presence_get(f->txn, &other, &got), SEIN_ENOENT);
    assert_int_equal(f->ops->presence_put(f->txn, &want), SEIN_EEXIST);
    assert_int_equal(count(f, A), 1);
}

static void
test_one_a_desk_under_an_idx(void **state)
{
    struct fixture *f = *state;
    struct sein_presence_id first = { { 0x70, 1 } };
    struct store_presence got = { 0 };
    struct store_idx idx = idx_of(1);
    uint64_t under = 0;

    put(f, 1, 1, A "/noord");
    put(f, 2, 1, A "/zuid");
    put(f, 3, 1, A "/noord");
    put(f, 4, 2, A "/noord");
    put(f, 5, 1, B "/noord");
    assert_int_equal(f->ops->presence_get(f->txn, &first, &got), SEIN_ENOENT);
    assert_int_equal(f->ops->presence_at(f->txn, &idx, text(A "/noord"), &got),
                     SEIN_OK);
    assert_int_equal(got.presence_id.bytes[1], 3);
    assert_int_equal(f->ops->presence_under(f->txn, &idx, &under), SEIN_OK);
    assert_int_equal(under, 3);
    assert_int_equal(count(f, A), 3);
    assert_int_equal(count(f, B), 1);
    assert_int_equal(count(f, C), 0);
    assert_int_equal(count(f, ""), 4);
    rollback(f);
    assert_int_equal(count(f, ""), 0);
    assert_int_equal(f->ops->presence_under(f->txn, &idx, &under), SEIN_OK);
    assert_int_equal(under, 0);
}

static void
test_walks(void **state)
{
    struct fixture *f = *state;
    struct store_presence got = { 0 };
    struct store_idx idx = idx_of(2);
    const char *desks[] = { A "/noord", A "/zuid", B "/loket" };
    uint64_t after = 0;

    put(f, 1, 1, A "/noord");
    put(f, 2, 2, B "/loket");
    put(f, 3, 2, A "/noord");
    put(f, 4, 2, A "/zuid");
    put(f, 5, 3, A "/noord");
    for (size_t i = 0; i < 3; i++) {
        struct sein_desk_name last = got.desk;

        assert_int_equal(
            f->ops->presence_next(f->txn, &idx, text(last.text), &got),
            SEIN_OK);
        assert_string_equal(got.desk.text, desks[i]);
    }
    assert_int_equal(
        f->ops->presence_next(f->txn, &idx, text(B "/loket"), &got),
        SEIN_ENOENT);
    for (uint8_t i = 1; i <= 5; i++) {
        assert_int_equal(f->ops->presence_walk(f->txn, after, &got), SEIN_OK);
        assert_true(got.seq > after);
        assert_int_equal(got.presence_id.bytes[1], i);
        after = got.seq;
    }
    assert_int_equal(f->ops->presence_walk(f->txn, after, &got), SEIN_ENOENT);
}

static void
test_due_and_erase(void **state)
{
    struct fixture *f = *state;
    struct store_presence got = { 0 };

    put(f, 9, 1, A "/noord");
    put(f, 3, 1, A "/zuid");
    put(f, 5, 1, B "/loket");
    assert_int_equal(f->ops->presence_due(f->txn, 5002, &got), SEIN_ENOENT);
    assert_int_equal(f->ops->presence_due(f->txn, 6000, &got), SEIN_OK);
    assert_int_equal(got.presence_id.bytes[1], 3);
    assert_int_equal(f->ops->presence_erase(f->txn, got.seq), SEIN_OK);
    assert_int_equal(f->ops->presence_erase(f->txn, got.seq), SEIN_ENOENT);
    assert_int_equal(f->ops->presence_due(f->txn, 5005, &got), SEIN_OK);
    assert_int_equal(got.presence_id.bytes[1], 5);
    assert_int_equal(f->ops->presence_erase(f->txn, seq_of(f, 5)), SEIN_OK);
    assert_int_equal(f->ops->presence_due(f->txn, 5008, &got), SEIN_ENOENT);
    assert_int_equal(count(f, A), 1);
    assert_int_equal(count(f, B), 0);
    assert_int_equal(count(f, ""), 1);
}

static struct store_match
match(uint8_t number, uint8_t idx, const char *first, const char *second)
{
    struct store_match row = { .match_id = { { 0x6d, number } },
                               .idx = idx_of(idx) };

    (void)snprintf(row.sides[0].desk.text, sizeof row.sides[0].desk.text, "%s",
                   first);
    (void)snprintf(row.sides[1].desk.text, sizeof row.sides[1].desk.text, "%s",
                   second);
    row.sides[0].link = 1;
    row.sides[1].link = 3;
    row.sides[0].here = true;
    row.sides[1].told = true;
    row.sides[1].item_seq = 12;
    return row;
}

static void
put_match(struct fixture *f, uint8_t number, uint8_t idx, const char *first,
          const char *second)
{
    struct store_match row = match(number, idx, first, second);

    assert_int_equal(f->ops->match_put(f->txn, &row), SEIN_OK);
}

static void
test_match_comes_back_and_changes(void **state)
{
    struct fixture *f = *state;
    struct store_match want = match(1, 1, A "/noord", B "/loket");
    struct store_match got = { 0 };
    struct store_idx idx = idx_of(1);
    uint64_t all = 0;

    assert_int_equal(f->ops->match_put(f->txn, &want), SEIN_OK);
    commit(f);
    assert_int_equal(f->ops->match_get(f->txn, &want.match_id, &got), SEIN_OK);
    assert_memory_equal(&got, &want, sizeof got);
    want.sides[0].accepted = true;
    want.sides[0].told = true;
    want.sides[0].link = 2;
    want.sides[0].item_seq = 77;
    want.sides[1].here = true;
    want.sides[1].item_seq = 0;
    want.revealed = true;
    assert_int_equal(f->ops->match_update(f->txn, &want), SEIN_OK);
    commit(f);
    assert_int_equal(f->ops->match_pair(f->txn, &idx, text(A "/noord"),
                                        text(B "/loket"), &got),
                     SEIN_OK);
    assert_memory_equal(&got, &want, sizeof got);
    assert_int_equal(f->ops->match_count(f->txn, &all), SEIN_OK);
    assert_int_equal(all, 1);
    assert_int_equal(f->ops->match_erase(f->txn, &want.match_id), SEIN_OK);
    assert_int_equal(f->ops->match_erase(f->txn, &want.match_id), SEIN_ENOENT);
    assert_int_equal(f->ops->match_update(f->txn, &want), SEIN_ENOENT);
    assert_int_equal(f->ops->match_get(f->txn, &want.match_id, &got),
                     SEIN_ENOENT);
    assert_int_equal(f->ops->match_count(f->txn, &all), SEIN_OK);
    assert_int_equal(all, 0);
}

static void
test_one_live_match_a_pair(void **state)
{
    struct fixture *f = *state;
    struct store_match first = match(1, 1, A "/noord", B "/loket");
    struct store_match second = match(2, 1, A "/noord", B "/loket");
    struct store_match same = match(1, 2, A "/noord", B "/loket");
    struct store_match got = { 0 };
    struct store_idx idx = idx_of(1);

    assert_int_equal(f->ops->match_put(f->txn, &first), SEIN_OK);
    assert_int_equal(f->ops->match_put(f->txn, &second), SEIN_EEXIST);
    assert_int_equal(f->ops->match_put(f->txn, &same), SEIN_EEXIST);
    first.ended = true;
    assert_int_equal(f->ops->match_update(f->txn, &first), SEIN_OK);
    assert_int_equal(f->ops->match_pair(f->txn, &idx, text(A "/noord"),
                                        text(B "/loket"), &got),
                     SEIN_ENOENT);
    assert_int_equal(f->ops->match_put(f->txn, &second), SEIN_OK);
    assert_int_equal(f->ops->match_pair(f->txn, &idx, text(A "/noord"),
                                        text(B "/loket"), &got),
                     SEIN_OK);
    assert_int_equal(got.match_id.bytes[1], 2);
    /* Of another idx, or the desks the other way round: none. */
    idx = idx_of(2);
    assert_int_equal(f->ops->match_pair(f->txn, &idx, text(A "/noord"),
                                        text(B "/loket"), &got),
                     SEIN_ENOENT);
}

static void
test_matches_of_a_desk(void **state)
{
    struct fixture *f = *state;
    struct store_match got = { 0 };
    struct store_idx idx = idx_of(1);
    static const uint8_t want[] = { 1, 4, 6 };
    const struct sein_match_id *after = NULL;
    struct sein_match_id last;

    put_match(f, 6, 1, B "/loket", C "/loket");
    put_match(f, 4, 1, A "/zuid", B "/loket");
    put_match(f, 1, 1, A "/noord", B "/loket");
    put_match(f, 3, 1, A "/noord", C "/loket");
    put_match(f, 5, 2, A "/noord", B "/loket");
    for (size_t i = 0; i < sizeof want; i++) {
        assert_int_equal(
            f->ops->match_next(f->txn, &idx, text(B "/loket"), after, &got),
            SEIN_OK);
        assert_int_equal(got.match_id.bytes[1], want[i]);
        last = got.match_id;
        after = &last;
    }
    assert_int_equal(
        f->ops->match_next(f->txn, &idx, text(B "/loket"), after, &got),
        SEIN_ENOENT);
    assert_int_equal(
        f->ops->match_next(f->txn, &idx, text(B "/ander"), NULL, &got),
        SEIN_ENOENT);
}

static struct store_deposits
deposits(const char *circle, uint64_t epoch, uint64_t day, const char *oin)
{
    struct store_deposits row = { .epoch = epoch, .day = day };

    (void)snprintf(row.circle.text, sizeof row.circle.text, "%s", circle);
    (void)snprintf(row.oin.text, sizeof row.oin.text, "%s", oin);
    return row;
}

static void
log_one(struct fixture *f, const struct store_deposits *row, uint8_t number)
{
    struct sein_presence_id id = { { 0x70, number } };

    assert_int_equal(f->ops->deposit_put(f->txn, row, &id), SEIN_OK);
}

static void
test_deposits(void **state)
{
    struct fixture *f = *state;
    const struct store_deposits parts[] = {
        deposits("jeugd", 7, 100, A), deposits("jeugd", 7, 100, B),
        deposits("jeugd", 8, 100, A), deposits("zorg", 1, 100, A),
        deposits("jeugd", 7, 101, A),
    };
    struct store_deposits got = { 0 };
    struct sein_presence_id ids[4];
    size_t found = 0;

    assert_int_equal(f->ops->deposit_next(f->txn, NULL, &got), SEIN_ENOENT);
    for (uint8_t i = 5; i > 0; i--) {
        log_one(f, &parts[i - 1], 3);
        log_one(f, &parts[i - 1], 1);
        log_one(f, &parts[i - 1], 2);
        log_one(f, &parts[i - 1], 2);
    }
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(
            f->ops->deposit_next(f->txn, i == 0 ? NULL : &got, &got), SEIN_OK);
        assert_memory_equal(&got, &parts[i], sizeof got);
    }
    assert_int_equal(f->ops->deposit_next(f->txn, &got, &got), SEIN_ENOENT);
    assert_int_equal(
        f->ops->deposit_ids(f->txn, &parts[1], NULL, 2, ids, &found), SEIN_OK);
    assert_int_equal(found, 2);
    assert_int_equal(ids[0].bytes[1], 1);
    assert_int_equal(ids[1].bytes[1], 2);
    assert_int_equal(
        f->ops->deposit_ids(f->txn, &parts[1], &ids[1], 4, ids, &found),
        SEIN_OK);
    assert_int_equal(found, 1);
    assert_int_equal(ids[0].bytes[1], 3);
    assert_int_equal(f->ops->deposit_forget(f->txn, 100, 99, &found), SEIN_OK);
    assert_int_equal(found, 0);
    assert_int_equal(f->ops->deposit_forget(f->txn, 101, 10, &found), SEIN_OK);
    assert_int_equal(found, 10);
    assert_int_equal(f->ops->deposit_forget(f->txn, 101, 10, &found), SEIN_OK);
    assert_int_equal(found, 2);
    assert_int_equal(f->ops->deposit_next(f->txn, NULL, &got), SEIN_OK);
    assert_memory_equal(&got, &parts[4], sizeof got);
}

static void
test_list_that_is_dropped(void **state)
{
    struct fixture *f = *state;
    const struct store_deposits mine = deposits("jeugd", 7, 100, A);
    const struct store_deposits other = deposits("jeugd", 7, 100, B);
    struct store_deposits got = { 0 };
    size_t found = 0;

    for (uint8_t i = 0; i < 3; i++) {
        log_one(f, &mine, i);
        log_one(f, &other, i);
    }
    assert_int_equal(f->ops->deposit_drop(f->txn, &mine, 2, &found), SEIN_OK);
    assert_int_equal(found, 2);
    assert_int_equal(f->ops->deposit_drop(f->txn, &mine, 2, &found), SEIN_OK);
    assert_int_equal(found, 1);
    assert_int_equal(f->ops->deposit_drop(f->txn, &mine, 2, &found), SEIN_OK);
    assert_int_equal(found, 0);
    assert_int_equal(f->ops->deposit_next(f->txn, NULL, &got), SEIN_OK);
    assert_memory_equal(&got, &other, sizeof got);
}

static void
test_how_far_a_desk_acknowledged(void **state)
{
    struct fixture *f = *state;
    const struct store_deposits first = deposits("jeugd", 7, 100, A);
    const struct store_deposits then = deposits("zorg", 8, 101, B);
    struct store_deposits got = { 0 };
    uint64_t day = 9;

    assert_int_equal(f->ops->listed_get(f->txn, text(A "/noord"), &got),
                     SEIN_ENOENT);
    assert_int_equal(f->ops->listed_day(f->txn, &day), SEIN_OK);
    assert_int_equal(day, 0);
    assert_int_equal(f->ops->listed_put(f->txn, text(A "/noord"), &then),
                     SEIN_OK);
    assert_int_equal(f->ops->listed_put(f->txn, text(B "/loket"), &first),
                     SEIN_OK);
    commit(f);
    assert_int_equal(f->ops->listed_put(f->txn, text(B "/loket"), &then),
                     SEIN_OK);
    assert_int_equal(f->ops->listed_get(f->txn, text(B "/loket"), &got),
                     SEIN_OK);
    assert_memory_equal(&got, &then, sizeof got);
    rollback(f);
    assert_int_equal(f->ops->listed_get(f->txn, text(B "/loket"), &got),
                     SEIN_OK);
    assert_memory_equal(&got, &first, sizeof got);
    assert_int_equal(f->ops->listed_get(f->txn, text(A "/noord"), &got),
                     SEIN_OK);
    assert_memory_equal(&got, &then, sizeof got);
    assert_int_equal(f->ops->listed_day(f->txn, &day), SEIN_OK);
    assert_int_equal(day, 101);
}

static void
test_rollback_leaves_all_as_it_was(void **state)
{
    struct fixture *f = *state;
    struct store_match changed = match(1, 1, A "/noord", B "/loket");
    struct store_match got = { 0 };
    struct store_deposits none = { 0 };
    const struct store_deposits day = deposits("jeugd", 7, 100, A);

    put(f, 1, 1, A "/noord");
    put_match(f, 1, 1, A "/noord", B "/loket");
    commit(f);
    put(f, 2, 1, A "/noord");
    assert_int_equal(f->ops->presence_erase(f->txn, seq_of(f, 2)), SEIN_OK);
    changed.revealed = true;
    assert_int_equal(f->ops->match_update(f->txn, &changed), SEIN_OK);
    assert_int_equal(f->ops->match_erase(f->txn, &changed.match_id), SEIN_OK);
    log_one(f, &day, 1);
    rollback(f);
    assert_true(seq_of(f, 1) > 0);
    assert_int_equal(count(f, A), 1);
    assert_int_equal(f->ops->match_get(f->txn, &changed.match_id, &got),
                     SEIN_OK);
    assert_false(got.revealed);
    assert_int_equal(f->ops->deposit_next(f->txn, NULL, &none), SEIN_ENOENT);
}

/* ---- the files ---- */

static void
maintain(struct fixture *f)
{
    assert_int_equal(f->ops->commit(&f->txn), SEIN_OK);
    assert_int_equal(f->ops->maintain(f->store), SEIN_OK);
}

static bool
holds(const struct fixture *f, uint8_t number)
{
    struct store_presence row = presence(number, 1, A "/noord");

    return store_folder_holds(f->folder, sein_slice_of(row.deposit, 64));
}

static void
test_erased_is_gone_from_the_files(void **state)
{
    struct fixture *f = *state;

    for (uint8_t i = 100; i < 160; i++)
        put(f, i, i, A "/noord");
    maintain(f);
    assert_true(holds(f, 110) && holds(f, 120) && holds(f, 130));
    begin(f);
    assert_int_equal(f->ops->presence_erase(f->txn, seq_of(f, 110)), SEIN_OK);
    put(f, 200, 120, A "/noord"); /* replaces 120 */
    maintain(f);
    assert_false(holds(f, 110));
    assert_false(holds(f, 120));
    assert_true(holds(f, 130) && holds(f, 200));
}

static void
test_flipped_bit_is_noticed(void **state)
{
    struct fixture *f = *state;
    struct store_presence row = presence(120, 1, A "/noord");
    struct store_presence got = { 0 };

    put(f, 120, 1, A "/noord");
    put(f, 121, 1, B "/loket");
    assert_int_equal(f->ops->commit(&f->txn), SEIN_OK);
    f->ops->close(&f->store);
    store_folder_flip(f->folder, sein_slice_of(row.deposit, 64));
    assert_int_equal(f->ops->open(f->folder, &f->store), SEIN_OK);
    begin(f);
    assert_int_equal(f->ops->presence_next(f->txn, &row.idx, text(""), &got),
                     SEIN_EDAMAGED);
    assert_string_equal(got.desk.text, A "/noord");
    assert_int_equal(
        f->ops->presence_next(f->txn, &row.idx, text(got.desk.text), &got),
        SEIN_OK);
    assert_int_equal(f->ops->presence_due(f->txn, 9000, &got), SEIN_EDAMAGED);
    assert_int_equal(f->ops->presence_erase(f->txn, got.seq), SEIN_OK);
    assert_int_equal(count(f, A), 0);
}

static void
write_database(const char *folder, const char *sql)
{
    char path[STORE_FOLDER_MAX + 16];
    sqlite3 *connection = NULL;

    (void)snprintf(path, sizeof path, "%s/seinhuis.db", folder);
    assert_int_equal(sqlite3_open(path, &connection), SQLITE_OK);
    assert_int_equal(sqlite3_exec(connection, sql, NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_close(connection), SQLITE_OK);
}

/* A bit of a match that would make it revealed. */
static void
test_changed_match_is_noticed(void **state)
{
    struct fixture *f = *state;
    struct sein_match_id id = { { 0x6d, 1 } };
    struct store_match got = { 0 };

    put_match(f, 1, 1, A "/noord", B "/loket");
    assert_int_equal(f->ops->commit(&f->txn), SEIN_OK);
    f->ops->close(&f->store);
    write_database(f->folder, "UPDATE pair SET revealed = 1");
    assert_int_equal(f->ops->open(f->folder, &f->store), SEIN_OK);
    begin(f);
    assert_int_equal(f->ops->match_get(f->txn, &id, &got), SEIN_EDAMAGED);
    assert_memory_equal(&got.match_id, &id, sizeof id);
    assert_int_equal(f->ops->match_erase(f->txn, &id), SEIN_OK);
}

/* A database from before there were presences gets their tables. */
static void
test_older_database_is_brought_up(void **state)
{
    struct fixture *f = *state;
    struct store_item item = { 0 };
    uint8_t body[200];
    uint64_t seq = 0;

    item = store_letter(1, body, sizeof body);
    assert_int_equal(f->ops->item_put(f->txn, &item, &seq), SEIN_OK);
    assert_int_equal(f->ops->commit(&f->txn), SEIN_OK);
    f->ops->close(&f->store);
    write_database(f->folder, "DROP TABLE presence; DROP TABLE pair; "
                              "DROP TABLE deposit; DROP TABLE tally; "
                              "DROP TABLE listed; "
                              "PRAGMA user_version = 1");
    assert_int_equal(f->ops->open(f->folder, &f->store), SEIN_OK);
    begin(f);
    assert_int_equal(f->ops->item_get(f->txn, seq, &item), SEIN_OK);
    put(f, 1, 1, A "/noord");
    commit(f);
    assert_int_equal(count(f, ""), 1);
}

#define BOTH(test)                                                   \
    cmocka_unit_test_setup_teardown(test, set_up_sqlite, tear_down), \
        cmocka_unit_test_setup_teardown(test, set_up_memory, tear_down)
#define SQLITE(test) \
    cmocka_unit_test_setup_teardown(test, set_up_sqlite, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_presence_comes_back),
        BOTH(test_one_a_desk_under_an_idx),
        BOTH(test_walks),
        BOTH(test_due_and_erase),
        BOTH(test_match_comes_back_and_changes),
        BOTH(test_one_live_match_a_pair),
        BOTH(test_matches_of_a_desk),
        BOTH(test_deposits),
        BOTH(test_list_that_is_dropped),
        BOTH(test_how_far_a_desk_acknowledged),
        BOTH(test_rollback_leaves_all_as_it_was),
        SQLITE(test_erased_is_gone_from_the_files),
        SQLITE(test_flipped_bit_is_noticed),
        SQLITE(test_changed_match_is_noticed),
        SQLITE(test_older_database_is_brought_up),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
