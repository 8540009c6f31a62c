#include "broker/kernel/presence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "proto/trust/presence.h"
#include "tests/support/kernel_rig.h"
#include "tests/support/store_folder.h"

#define DAY SEIN_MS_PER_DAY
#define PARTIES 6U
#define MATCHES_MAX 64U

/* Who takes part; peer i + 1 reads and writes for party i. */
static const struct party {
    const char *desk;
    unsigned member;
} parties[PARTIES] = {
    { FIXTURE_DESK_SCHOOL, FIXTURE_SCHOOL },
    { FIXTURE_DESK_JEUGDHULP, FIXTURE_JEUGDHULP },
    { FIXTURE_DESK_NOORD, FIXTURE_WIJKTEAM },
    { FIXTURE_DESK_ZUID, FIXTURE_WIJKTEAM },
    { FIXTURE_DESK_CORPORATIE, FIXTURE_CORPORATIE },
    { FIXTURE_DESK_ENERGIE, FIXTURE_ENERGIE },
};
enum { SCHOOL, YOUTH, NOORD, ZUID, CORP, ENERGY };

static struct rig_confirm confirm;
static struct rig_delivery got[RIG_DELIVERIES_MAX];

/* A role in jeugd comes before that in schulden. */
static void
introduce(struct rig *rig, unsigned member)
{
    struct fixture_desk *desk = &rig->fixture->members[member].desks[0];

    memmove(&desk->roles[1], &desk->roles[0],
            desk->role_count * sizeof desk->roles[0]);
    desk->roles[0] = (struct fixture_role){ .circle = "jeugd",
                                            .roles = SEIN_ROLE_INTRODUCED };
    desk->role_count++;
}

static void
people(struct rig *rig)
{
    struct fixture_circle *circle = &rig->fixture->circles[FIXTURE_JEUGD];

    introduce(rig, FIXTURE_CORPORATIE);
    introduce(rig, FIXTURE_ENERGIE);
    memmove(&circle->labels[2], &circle->labels[0],
            circle->label_count * sizeof circle->labels[0]);
    circle->labels[0] =
        (struct fixture_label){ "zorg", FIXTURE_OIN_CORPORATIE };
    circle->labels[1] = (struct fixture_label){ "zorg", FIXTURE_OIN_ENERGIE };
    circle->label_count += 2;
    rig_add_holders(rig);
    for (unsigned i = 0; i < PARTIES; i++)
        rig_reader(rig, i + 1, parties[i].member, (uint8_t)(i + 1),
                   parties[i].desk, 200);
}

static int
setup(void **state)
{
    struct rig *rig = rig_new();

    people(rig);
    *state = rig;
    return 0;
}

static int
setup_direct(void **state)
{
    struct rig *rig = rig_new();

    rig->fixture->circles[FIXTURE_JEUGD].reveal = SEIN_REVEAL_DIRECT;
    people(rig);
    *state = rig;
    return 0;
}

static int
setup_none(void **state)
{
    struct rig *rig = rig_new();

    rig->fixture->circles[FIXTURE_JEUGD].reveal = SEIN_REVEAL_NONE;
    people(rig);
    *state = rig;
    return 0;
}

static int
teardown(void **state)
{
    struct rig *rig = *state;

    rig_free(&rig);
    return 0;
}

static const struct kernel_counters *
counters(const struct rig *rig)
{
    return kernel_counters(rig->kernel);
}

static uint64_t
stored(struct rig *rig, bool matches)
{
    const struct store_ops *ops = rig->store->ops;
    struct store_txn *txn = NULL;
    uint64_t count = 99;

    assert_int_equal(ops->begin(rig->store, &txn), SEIN_OK);
    if (matches)
        assert_int_equal(ops->match_count(txn, &count), SEIN_OK);
    else
        assert_int_equal(ops->presence_count(txn, sein_slice_text(""), &count),
                         SEIN_OK);
    ops->rollback(&txn);
    return count;
}

/* The last frame must be the confirm: what was delivered meanwhile is kept. */
static enum sein_err
code_of(struct rig *rig, unsigned party, enum sein_leaf_type type,
        const struct sein_hash *hash)
{
    char oin[SEIN_OIN_CHARS + 1] = { 0 };

    memcpy(oin, parties[party].desk, SEIN_OIN_CHARS);
    rig_confirm(rig, party + 1, type, oin, hash, &confirm);
    assert_int_equal(confirm.count, 1);
    return confirm.verdicts[0].code;
}

static struct rig_presence
of(unsigned party, uint8_t tag)
{
    return (struct rig_presence){ .desk = parties[party].desk, .tag = tag };
}

static enum sein_err
put(struct rig *rig, unsigned party, const struct rig_presence *presence,
    struct rig_presence_put *out)
{
    struct rig_presence_put made;

    rig_presence_make(rig, presence, &made);
    rig_presence_put(rig, party + 1, parties[party].member, &made);
    rig_run(rig);
    if (out != NULL)
        *out = made;
    return code_of(rig, party, SEIN_LEAF_PRESENCE, &made.item_hash);
}

static void
put_ok(struct rig *rig, unsigned party, uint8_t tag,
       struct rig_presence_put *out)
{
    struct rig_presence presence = of(party, tag);

    assert_int_equal(put(rig, party, &presence, out), SEIN_OK);
    assert_true(confirm.verdicts[0].receipt);
}

static enum sein_err
withdraw(struct rig *rig, unsigned party, const struct rig_presence_put *made,
         uint8_t op)
{
    rig_presence_withdraw(rig, party + 1, parties[party].member,
                          parties[party].desk, &made->presence.id, op);
    rig_run(rig);
    return code_of(rig, party, SEIN_LEAF_PRESENCE_WITHDRAW, NULL);
}

static enum sein_err
accept(struct rig *rig, unsigned party, const struct sein_match_id *match_id,
       uint8_t op)
{
    rig_accept(rig, party + 1, parties[party].member, parties[party].desk,
               match_id, op);
    rig_run(rig);
    return code_of(rig, party, SEIN_LEAF_ACCEPT, NULL);
}

/* Everything that came for a party, acknowledged. */
static size_t
collect(struct rig *rig, unsigned party)
{
    size_t count = rig_deliveries(rig, party + 1, got);

    for (size_t i = 0; i < count; i++) {
        assert_int_equal(got[i].type, SEIN_ITEM_MATCH);
        assert_string_equal(got[i].desk, parties[party].desk);
        rig_ack(rig, party + 1, parties[party].member, got[i].seq, got[i].desk,
                0);
    }
    if (count == 0)
        return 0;
    rig_run(rig);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(rig_acked(rig, party + 1, got[i].seq), SEIN_OK);
    return count;
}

/* Exactly one item, of that type. */
static struct rig_delivery
one(struct rig *rig, unsigned party, enum sein_match_type type)
{
    assert_int_equal(collect(rig, party), 1);
    assert_int_equal(got[0].match.type, type);
    return got[0];
}

static void
nothing(struct rig *rig, unsigned party)
{
    rig_no_frame(rig, party + 1);
}

static void
assert_deposit(const struct rig_delivery *item,
               const struct rig_presence_put *made)
{
    assert_int_equal(item->deposit_len, made->deposit_len);
    assert_memory_equal(item->deposit, made->deposit, made->deposit_len);
}

/* It is the note and nothing more. */
static void
assert_note(const struct rig_delivery *item,
            const struct rig_presence_put *made)
{
    struct sein_deposit whole = { 0 };
    struct sein_deposit_note note = { 0 };

    assert_int_equal(
        sein_schema_decode_all(&sein_deposit_schema,
                               sein_slice_of(made->deposit, made->deposit_len),
                               &whole),
        SEIN_OK);
    assert_int_equal(
        sein_schema_decode_all(&sein_deposit_note_schema,
                               sein_slice_of(item->deposit, item->deposit_len),
                               &note),
        SEIN_OK);
    assert_true(sein_slice_equal(note.note, whole.note));
    assert_memory_equal(note.nmac, whole.nmac, sizeof note.nmac);
}

/* ---- put ---- */

static void
test_put_and_again(void **state)
{
    struct rig *rig = *state;
    struct rig_presence presence = of(SCHOOL, 1);
    struct rig_presence_put made;

    assert_int_equal(put(rig, SCHOOL, &presence, &made), SEIN_OK);
    assert_memory_equal(&confirm.verdicts[0].op_id, &made.presence.id, 16);
    assert_true(confirm.verdicts[0].receipt);
    rig->now_ms += 1000;
    rig_presence_put(rig, 1, FIXTURE_SCHOOL, &made);
    rig_run(rig);
    assert_int_equal(code_of(rig, SCHOOL, SEIN_LEAF_PRESENCE, &made.item_hash),
                     SEIN_EDUPLICATE);
    assert_true(confirm.verdicts[0].receipt);
    assert_int_equal(confirm.verdicts[0].time, FIXTURE_NOW_MS);
    /* The same id with other bytes. */
    presence.id = made.presence.id;
    presence.tag = 2;
    rig_presence_make(rig, &presence, &made);
    rig_presence_put(rig, 1, FIXTURE_SCHOOL, &made);
    rig_run(rig);
    assert_int_equal(code_of(rig, SCHOOL, SEIN_LEAF_PRESENCE, NULL),
                     SEIN_ECONFLICT);
    assert_int_equal(stored(rig, false), 1);
    assert_int_equal(counters(rig)->presences_put, 1);
    for (unsigned i = 0; i < PARTIES; i++)
        nothing(rig, i);
}

#define REFUSED(err)                                              \
    do {                                                          \
        assert_int_equal(put(rig, SCHOOL, &presence, NULL), err); \
        assert_int_equal(stored(rig, false), 0);                  \
        presence = of(SCHOOL, 1);                                 \
    } while (false)

static void
test_each_refusal(void **state)
{
    struct rig *rig = *state;
    struct rig_presence presence = of(SCHOOL, 1);

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
    assert_int_equal(put(rig, SCHOOL, &presence, NULL), SEIN_OK);
    presence = of(SCHOOL, 2);
    presence.created_ms = rig->now_ms - 30 * DAY + SEIN_CLOCK_AHEAD_MS;
    presence.expires_ms = rig->now_ms + 1;
    assert_int_equal(put(rig, SCHOOL, &presence, NULL), SEIN_OK);
}

static void
test_directory_decides(void **state)
{
    struct rig *rig = *state;
    struct rig_presence presence = of(SCHOOL, 1);
    struct fixture_desk *desk = &rig->fixture->members[FIXTURE_SCHOOL].desks[0];
    uint64_t roles = desk->roles[0].roles;

    desk->roles[0].links = SEIN_LINK_BIT(SEIN_LINK_PERSON);
    rig_swap(rig);
    assert_int_equal(put(rig, SCHOOL, &presence, NULL), SEIN_ELINK);
    desk->roles[0].links = 0;
    desk->roles[0].roles = SEIN_ROLE_SIGNAL;
    rig_swap(rig);
    assert_int_equal(put(rig, SCHOOL, &presence, NULL), SEIN_EROLE);
    desk->roles[0].roles = roles;
    rig_swap(rig);
    assert_int_equal(put(rig, SCHOOL, &presence, NULL), SEIN_OK);
}

static void
test_epoch_ends(void **state)
{
    struct rig *rig = *state;
    int64_t until =
        (int64_t)rig->fixture->circles[FIXTURE_JEUGD].epochs[0].match_until;
    struct rig_presence presence = of(SCHOOL, 1);

    rig->now_ms = until - DAY;
    rig->fixture->issued = (uint64_t)rig->now_ms;
    rig->fixture->expires = (uint64_t)(rig->now_ms + 40 * DAY);
    rig->fixture->circles[FIXTURE_JEUGD].basis_ends =
        (uint64_t)(until + 100 * DAY);
    rig_swap(rig);
    rig_reader(rig, 1, FIXTURE_SCHOOL, 1, FIXTURE_DESK_SCHOOL, 200);
    presence.expires_ms = until + 1;
    assert_int_equal(put(rig, SCHOOL, &presence, NULL), SEIN_EPRESENCELIFE);
    presence.expires_ms = until;
    assert_int_equal(put(rig, SCHOOL, &presence, NULL), SEIN_OK);
    rig->now_ms = until;
    rig_reader(rig, 1, FIXTURE_SCHOOL, 1, FIXTURE_DESK_SCHOOL, 200);
    presence.created_ms = rig->now_ms;
    presence.expires_ms = 0;
    presence.tag = 2;
    assert_int_equal(put(rig, SCHOOL, &presence, NULL), SEIN_EEPOCH);
}

static void
test_broken_deposit(void **state)
{
    struct rig *rig = *state;
    struct rig_presence presence = of(SCHOOL, 1);
    struct rig_presence_put made;
    static const struct sein_op_id none = { { 0 } };

    rig_presence_make(rig, &presence, &made);
    made.deposit_len--;
    rig_presence_put(rig, 1, FIXTURE_SCHOOL, &made);
    rig_run(rig);
    assert_int_equal(code_of(rig, SCHOOL, SEIN_LEAF_PRESENCE, NULL),
                     SEIN_EWIRE);
    assert_memory_equal(&confirm.verdicts[0].op_id, &none, sizeof none);
}

static void
test_quotas(void **state)
{
    struct rig *rig = *state;
    struct rig_presence presence = of(NOORD, 1);
    struct kernel_quota quota = rig->config.quota;

    quota.presences_max = 2;
    kernel_set_quota(rig->kernel, &quota);
    put_ok(rig, NOORD, 1, NULL);
    put_ok(rig, ZUID, 2, NULL);
    presence = of(NOORD, 3);
    assert_int_equal(put(rig, NOORD, &presence, NULL), SEIN_EQUOTA);
    assert_true(confirm.verdicts[0].at > (uint64_t)rig->now_ms);
    put_ok(rig, NOORD, 1, NULL); /* renewing takes none */
    put_ok(rig, SCHOOL, 3, NULL);
    quota.items_burst = 0;
    kernel_set_quota(rig->kernel, &quota);
    presence = of(SCHOOL, 4);
    assert_int_equal(put(rig, SCHOOL, &presence, NULL), SEIN_EQUOTA);
    kernel_set_full(rig->kernel, true);
    assert_int_equal(put(rig, SCHOOL, &presence, NULL), SEIN_EFULL);
    assert_int_equal(stored(rig, false), 3);
}

static void
test_another_members_id(void **state)
{
    struct rig *rig = *state;
    struct rig_presence_put made;
    struct rig_presence presence = of(YOUTH, 1);

    put_ok(rig, SCHOOL, 1, &made);
    presence.id = made.presence.id;
    assert_int_equal(put(rig, YOUTH, &presence, NULL), SEIN_ECONFLICT);
    assert_false(confirm.verdicts[0].receipt);
    nothing(rig, SCHOOL);
}

/* ---- matching ---- */

static void
test_mutual_notice(void **state)
{
    struct rig *rig = *state;
    struct rig_presence_put school;
    struct rig_presence_put youth;
    struct rig_delivery first;
    struct rig_delivery second;

    put_ok(rig, SCHOOL, 1, &school);
    put_ok(rig, YOUTH, 2, NULL); /* another household */
    nothing(rig, SCHOOL);
    nothing(rig, YOUTH);
    put_ok(rig, YOUTH, 1, &youth);
    first = one(rig, SCHOOL, SEIN_MATCH_NOTICE);
    second = one(rig, YOUTH, SEIN_MATCH_NOTICE);
    assert_memory_equal(&first.match.match_id, &second.match.match_id, 16);
    assert_memory_equal(&first.match.presence_id, &school.presence.id, 16);
    assert_memory_equal(&second.match.presence_id, &youth.presence.id, 16);
    assert_note(&first, &youth);
    assert_note(&second, &school);
    assert_int_equal(first.match.epoch, 1);
    assert_int_equal(first.match.at, rig->now_ms);
    assert_int_equal(stored(rig, true), 1);
    for (unsigned i = NOORD; i < PARTIES; i++)
        nothing(rig, i);
}

static void
test_events_have_receipts(void **state)
{
    struct rig *rig = *state;
    struct sein_op_item op = { 0 };
    struct rig_delivery first;

    put_ok(rig, SCHOOL, 1, NULL);
    put_ok(rig, YOUTH, 1, NULL);
    first = one(rig, SCHOOL, SEIN_MATCH_NOTICE);
    op.op_id = first.match.event_id;
    rig_items(rig, 1, FIXTURE_SCHOOL, SEIN_KIND_RECEIPT_GET,
              &sein_op_item_schema, &op, 1);
    rig_run(rig);
    rig_confirm(rig, 1, SEIN_LEAF_EVENT, FIXTURE_OIN_SCHOOL, &first.item_hash,
                &confirm);
    assert_int_equal(confirm.verdicts[0].code, SEIN_OK);
    assert_true(confirm.verdicts[0].receipt);
}

static void
test_both_accept(void **state)
{
    struct rig *rig = *state;
    struct rig_presence_put school;
    struct rig_presence_put youth;
    struct rig_delivery item;
    struct sein_match_id id;

    put_ok(rig, SCHOOL, 1, &school);
    put_ok(rig, YOUTH, 1, &youth);
    id = one(rig, SCHOOL, SEIN_MATCH_NOTICE).match.match_id;
    (void)one(rig, YOUTH, SEIN_MATCH_NOTICE);
    assert_int_equal(accept(rig, NOORD, &id, 1), SEIN_ENOENT);
    assert_int_equal(accept(rig, SCHOOL, &id, 1), SEIN_OK);
    assert_true(confirm.verdicts[0].receipt);
    nothing(rig, SCHOOL);
    nothing(rig, YOUTH);
    assert_int_equal(accept(rig, SCHOOL, &id, 1), SEIN_EDUPLICATE);
    assert_int_equal(accept(rig, SCHOOL, &id, 2), SEIN_OK);
    /* What is current is revealed. */
    put_ok(rig, SCHOOL, 1, &school);
    nothing(rig, YOUTH);
    assert_int_equal(accept(rig, YOUTH, &id, 1), SEIN_OK);
    item = one(rig, SCHOOL, SEIN_MATCH_REVEALED);
    assert_deposit(&item, &youth);
    assert_memory_equal(&item.match.presence_id, &school.presence.id, 16);
    item = one(rig, YOUTH, SEIN_MATCH_REVEALED);
    assert_deposit(&item, &school);
    assert_int_equal(counters(rig)->matches_revealed, 1);
    /* Renewed: only the peer hears of it. */
    put_ok(rig, YOUTH, 1, &youth);
    nothing(rig, YOUTH);
    item = one(rig, SCHOOL, SEIN_MATCH_REVEALED);
    assert_deposit(&item, &youth);
    assert_memory_equal(&item.match.match_id, &id, 16);
    assert_int_equal(stored(rig, true), 1);
}

static void
test_direct(void **state)
{
    struct rig *rig = *state;
    struct rig_presence_put school;
    struct rig_presence_put youth;
    struct rig_delivery item;

    put_ok(rig, SCHOOL, 1, &school);
    put_ok(rig, YOUTH, 1, &youth);
    item = one(rig, SCHOOL, SEIN_MATCH_REVEALED);
    assert_deposit(&item, &youth);
    assert_int_equal(accept(rig, SCHOOL, &item.match.match_id, 1), SEIN_OK);
    nothing(rig, SCHOOL);
    item = one(rig, YOUTH, SEIN_MATCH_REVEALED);
    assert_deposit(&item, &school);
    put_ok(rig, SCHOOL, 1, &school);
    item = one(rig, YOUTH, SEIN_MATCH_REVEALED);
    assert_deposit(&item, &school);
    nothing(rig, SCHOOL);
}

static void
test_none(void **state)
{
    struct rig *rig = *state;

    put_ok(rig, SCHOOL, 1, NULL);
    put_ok(rig, YOUTH, 1, NULL);
    nothing(rig, SCHOOL);
    nothing(rig, YOUTH);
    assert_int_equal(stored(rig, true), 0);
}

/* Links that may not meet, then one that may, under one tag. */
static void
test_link_pairs(void **state)
{
    struct rig *rig = *state;
    struct rig_presence presence = of(SCHOOL, 1);

    presence.link = SEIN_LINK_PERSON;
    assert_int_equal(put(rig, SCHOOL, &presence, NULL), SEIN_OK);
    put_ok(rig, YOUTH, 1, NULL); /* address */
    nothing(rig, SCHOOL);
    nothing(rig, YOUTH);
    presence = of(YOUTH, 1);
    presence.link = SEIN_LINK_PARENT;
    assert_int_equal(put(rig, YOUTH, &presence, NULL), SEIN_OK);
    (void)one(rig, SCHOOL, SEIN_MATCH_NOTICE);
    (void)one(rig, YOUTH, SEIN_MATCH_NOTICE);
    /* Another link that may meet too: a match of its own, both told. */
    presence = of(YOUTH, 1);
    presence.link = SEIN_LINK_PERSON;
    assert_int_equal(put(rig, YOUTH, &presence, NULL), SEIN_OK);
    (void)one(rig, SCHOOL, SEIN_MATCH_NOTICE);
    (void)one(rig, YOUTH, SEIN_MATCH_NOTICE);
    assert_int_equal(stored(rig, true), 2); /* one of them ended */
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
    put_ok(rig, SCHOOL, 5, &made);
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
    size_t items[PARTIES];
};

static void
gather(struct rig *rig, struct tally *tally)
{
    for (unsigned party = 0; party < PARTIES; party++) {
        size_t more = collect(rig, party);

        tally->items[party] += more;
        for (size_t i = 0; i < more; i++) {
            const struct sein_match_id *id = &got[i].match.match_id;
            size_t at = find_pair(tally->ids, tally->count, id);

            assert_int_equal(got[i].match.type, SEIN_MATCH_NOTICE);
            if (at == tally->count)
                tally->ids[tally->count++] = *id;
            tally->seen[at]++;
        }
    }
}

/* Six desks in some order, some of them twice: each two are told of each other
 * once, and nobody of more. */
static void
run_order(const unsigned order[static PARTIES], uint8_t tag, struct rig *rig)
{
    struct tally tally = { 0 };

    for (size_t i = 0; i < PARTIES; i++) {
        put_ok(rig, order[i], tag, NULL);
        gather(rig, &tally);
        if (randombytes_uniform(3) != 0)
            continue;
        put_ok(rig, order[randombytes_uniform((uint32_t)i + 1)], tag, NULL);
        gather(rig, &tally);
    }
    for (unsigned party = 0; party < PARTIES; party++)
        assert_int_equal(tally.items[party], PARTIES - 1);
    assert_int_equal(tally.count, PARTIES * (PARTIES - 1) / 2);
    for (size_t i = 0; i < tally.count; i++)
        assert_int_equal(tally.seen[i], 2);
}

static void
test_any_order_each_pair_once(void **state)
{
    struct rig *rig = *state;
    unsigned order[PARTIES] = { 0, 1, 2, 3, 4, 5 };

    for (uint8_t round = 1; round <= 60; round++) {
        for (size_t i = PARTIES - 1; i > 0; i--) {
            size_t at = randombytes_uniform((uint32_t)i + 1);
            unsigned swap = order[i];

            order[i] = order[at];
            order[at] = swap;
        }
        run_order(order, round, rig);
    }
    assert_int_equal(stored(rig, true), 60 * 15);
}

/* All in one turn: once still. */
static void
test_all_in_one_turn(void **state)
{
    struct rig *rig = *state;
    static struct rig_presence_put made[PARTIES];

    for (unsigned i = 0; i < PARTIES; i++) {
        struct rig_presence presence = of(i, 1);

        rig_presence_make(rig, &presence, &made[i]);
        rig_presence_put(rig, i + 1, parties[i].member, &made[i]);
    }
    rig_run(rig);
    for (unsigned i = 0; i < PARTIES; i++) {
        assert_int_equal(code_of(rig, i, SEIN_LEAF_PRESENCE, NULL), SEIN_OK);
        assert_int_equal(collect(rig, i), PARTIES - 1);
    }
    assert_int_equal(stored(rig, true), 15);
}

/* ---- ends ---- */

static void
test_withdraw_before_a_reveal_is_silent(void **state)
{
    struct rig *rig = *state;
    struct rig_presence_put youth;
    struct sein_match_id id;
    struct rig_delivery item;

    put_ok(rig, SCHOOL, 1, NULL);
    put_ok(rig, YOUTH, 1, &youth);
    id = one(rig, SCHOOL, SEIN_MATCH_NOTICE).match.match_id;
    (void)one(rig, YOUTH, SEIN_MATCH_NOTICE);
    assert_int_equal(withdraw(rig, SCHOOL, &youth, 1), SEIN_ENOENT);
    assert_int_equal(withdraw(rig, YOUTH, &youth, 1), SEIN_OK);
    assert_true(confirm.verdicts[0].receipt);
    assert_int_equal(withdraw(rig, YOUTH, &youth, 1), SEIN_EDUPLICATE);
    assert_int_equal(withdraw(rig, YOUTH, &youth, 2), SEIN_ENOENT);
    nothing(rig, SCHOOL);
    /* As if it were waiting. */
    assert_int_equal(accept(rig, SCHOOL, &id, 3), SEIN_OK);
    assert_int_equal(accept(rig, YOUTH, &id, 3), SEIN_ENOENT);
    nothing(rig, SCHOOL);
    /* Back again: told itself, and nobody else. */
    put_ok(rig, YOUTH, 1, &youth);
    nothing(rig, SCHOOL);
    item = one(rig, YOUTH, SEIN_MATCH_NOTICE);
    assert_memory_equal(&item.match.match_id, &id, sizeof id);
    assert_int_equal(accept(rig, YOUTH, &id, 4), SEIN_OK);
    item = one(rig, SCHOOL, SEIN_MATCH_REVEALED);
    assert_deposit(&item, &youth);
    (void)one(rig, YOUTH, SEIN_MATCH_REVEALED);
    assert_int_equal(stored(rig, true), 1);
}

/* An accept before a withdrawal is forgotten with it. */
static void
test_who_comes_back_has_not_accepted(void **state)
{
    struct rig *rig = *state;
    struct rig_presence_put youth;
    struct sein_match_id id;

    put_ok(rig, SCHOOL, 1, NULL);
    put_ok(rig, YOUTH, 1, &youth);
    id = one(rig, SCHOOL, SEIN_MATCH_NOTICE).match.match_id;
    (void)one(rig, YOUTH, SEIN_MATCH_NOTICE);
    assert_int_equal(accept(rig, YOUTH, &id, 1), SEIN_OK);
    assert_int_equal(withdraw(rig, YOUTH, &youth, 2), SEIN_OK);
    put_ok(rig, YOUTH, 1, &youth);
    (void)one(rig, YOUTH, SEIN_MATCH_NOTICE);
    assert_int_equal(accept(rig, SCHOOL, &id, 1), SEIN_OK);
    nothing(rig, SCHOOL);
    nothing(rig, YOUTH);
}

static void
test_withdraw_after_a_reveal_is_told(void **state)
{
    struct rig *rig = *state;
    struct rig_presence_put school;
    struct sein_match_id id;
    struct rig_delivery item;

    put_ok(rig, SCHOOL, 1, &school);
    put_ok(rig, YOUTH, 1, NULL);
    id = one(rig, SCHOOL, SEIN_MATCH_REVEALED).match.match_id;
    (void)one(rig, YOUTH, SEIN_MATCH_REVEALED);
    assert_int_equal(withdraw(rig, SCHOOL, &school, 1), SEIN_OK);
    nothing(rig, SCHOOL);
    item = one(rig, YOUTH, SEIN_MATCH_ENDED);
    assert_memory_equal(&item.match.match_id, &id, sizeof id);
    assert_int_equal(item.deposit_len, 0);
    assert_int_equal(stored(rig, true), 0);
    assert_int_equal(counters(rig)->matches_ended, 1);
    put_ok(rig, SCHOOL, 1, NULL);
    item = one(rig, YOUTH, SEIN_MATCH_REVEALED);
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
    put_ok(rig, SCHOOL, 1, &school);
    rig_sender(rig, YOUTH + 1, FIXTURE_JEUGDHULP);
    put_ok(rig, YOUTH, 1, NULL);
    (void)one(rig, SCHOOL, SEIN_MATCH_REVEALED);
    assert_int_equal(withdraw(rig, SCHOOL, &school, 1), SEIN_OK);
    rig_reader(rig, YOUTH + 1, FIXTURE_JEUGDHULP, 2, FIXTURE_DESK_JEUGDHULP, 9);
    (void)one(rig, YOUTH, SEIN_MATCH_ENDED);
    nothing(rig, YOUTH);
}

static void
test_ended_waits_seven_days(void **state)
{
    struct rig *rig = *state;
    struct rig_presence_put school;

    put_ok(rig, SCHOOL, 1, &school);
    put_ok(rig, YOUTH, 1, NULL);
    (void)one(rig, YOUTH, SEIN_MATCH_REVEALED);
    (void)one(rig, SCHOOL, SEIN_MATCH_REVEALED);
    rig_empty(rig, YOUTH + 1, FIXTURE_JEUGDHULP, SEIN_KIND_BYE);
    rig_run(rig);
    rig_take_frame(rig, YOUTH + 1, SEIN_KIND_BYE, &(struct sein_frame){ 0 });
    assert_int_equal(withdraw(rig, SCHOOL, &school, 1), SEIN_OK);
    rig->now_ms += 7 * DAY;
    rig_sweep(rig);
    rig_reader(rig, YOUTH + 1, FIXTURE_JEUGDHULP, 2, FIXTURE_DESK_JEUGDHULP, 9);
    nothing(rig, YOUTH);
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
    put_ok(rig, YOUTH, 1, NULL);
    for (int i = 0; i < 20; i++) {
        put_ok(rig, SCHOOL, 1, &school);
        (void)collect(rig, SCHOOL);
    }
    rig_reader(rig, YOUTH + 1, FIXTURE_JEUGDHULP, 2, FIXTURE_DESK_JEUGDHULP, 9);
    item = one(rig, YOUTH, SEIN_MATCH_REVEALED);
    assert_deposit(&item, &school);
    nothing(rig, YOUTH);
}

static void
test_expiry(void **state)
{
    struct rig *rig = *state;
    struct rig_presence presence = of(SCHOOL, 1);

    presence.expires_ms = rig->now_ms + DAY;
    assert_int_equal(put(rig, SCHOOL, &presence, NULL), SEIN_OK);
    put_ok(rig, YOUTH, 1, NULL);
    put_ok(rig, NOORD, 2, NULL);
    (void)one(rig, YOUTH, SEIN_MATCH_REVEALED);
    (void)collect(rig, SCHOOL);
    rig->now_ms += DAY;
    for (unsigned i = 0; i < PARTIES; i++)
        rig_reader(rig, i + 1, parties[i].member, (uint8_t)(i + 1),
                   parties[i].desk, 200);
    /* Over, though not swept: nobody meets it any more. */
    put_ok(rig, ZUID, 1, NULL);
    (void)one(rig, YOUTH, SEIN_MATCH_REVEALED);
    (void)one(rig, ZUID, SEIN_MATCH_REVEALED);
    nothing(rig, SCHOOL);
    rig_sweep(rig);
    (void)one(rig, YOUTH, SEIN_MATCH_ENDED);
    nothing(rig, SCHOOL);
    nothing(rig, NOORD);
    assert_int_equal(counters(rig)->presences_expired, 1);
    assert_int_equal(rig->told[KERNEL_EVENT_PRESENCE_ENDED], 1);
    assert_int_equal(stored(rig, false), 3);
    assert_int_equal(stored(rig, true), 1);
}

static void
test_expiry_before_a_reveal_is_silent(void **state)
{
    struct rig *rig = *state;
    struct rig_presence presence = of(SCHOOL, 1);
    struct sein_match_id id;

    presence.expires_ms = rig->now_ms + 1000;
    assert_int_equal(put(rig, SCHOOL, &presence, NULL), SEIN_OK);
    put_ok(rig, YOUTH, 1, NULL);
    id = one(rig, YOUTH, SEIN_MATCH_NOTICE).match.match_id;
    (void)one(rig, SCHOOL, SEIN_MATCH_NOTICE);
    rig->now_ms += 1000;
    assert_int_equal(accept(rig, SCHOOL, &id, 1), SEIN_ENOENT);
    rig_sweep(rig);
    nothing(rig, YOUTH);
    assert_int_equal(stored(rig, false), 1);
    assert_int_equal(accept(rig, YOUTH, &id, 1), SEIN_OK);
    nothing(rig, YOUTH);
}

/* A revoked key, a lost role, a member that left: no new match at once, and
 * the sweep takes away what they had. */
static void
fall(struct rig *rig, void (*change)(struct fixture_member *member))
{
    put_ok(rig, SCHOOL, 1, NULL);
    put_ok(rig, YOUTH, 1, NULL);
    (void)one(rig, SCHOOL, SEIN_MATCH_REVEALED);
    (void)one(rig, YOUTH, SEIN_MATCH_REVEALED);
    change(&rig->fixture->members[FIXTURE_SCHOOL]);
    rig_swap(rig);
    put_ok(rig, NOORD, 1, NULL);
    (void)one(rig, NOORD, SEIN_MATCH_REVEALED); /* of the youth care only */
    (void)one(rig, YOUTH, SEIN_MATCH_REVEALED);
    rig_sweep(rig);
    (void)one(rig, YOUTH, SEIN_MATCH_ENDED);
    nothing(rig, NOORD);
    assert_int_equal(stored(rig, false), 2);
    assert_int_equal(stored(rig, true), 1);
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

    put_ok(rig, SCHOOL, 1, NULL);
    fixture_key_make(&school->keys[1], 240);
    school->key_count = 2;
    school->keys[0].retired_at = (uint64_t)FIXTURE_NOW_MS;
    rig_swap(rig);
    rig_sweep(rig);
    put_ok(rig, YOUTH, 1, NULL);
    (void)one(rig, YOUTH, SEIN_MATCH_REVEALED);
    assert_int_equal(stored(rig, false), 2);
}

/* Both had accepted but for one; its key is revoked in between. */
static void
test_no_reveal_of_the_revoked(void **state)
{
    struct rig *rig = *state;
    struct sein_match_id id;

    put_ok(rig, SCHOOL, 1, NULL);
    put_ok(rig, YOUTH, 1, NULL);
    id = one(rig, SCHOOL, SEIN_MATCH_NOTICE).match.match_id;
    (void)one(rig, YOUTH, SEIN_MATCH_NOTICE);
    assert_int_equal(accept(rig, SCHOOL, &id, 1), SEIN_OK);
    revoke(&rig->fixture->members[FIXTURE_SCHOOL]);
    rig_swap(rig);
    assert_int_equal(accept(rig, YOUTH, &id, 1), SEIN_OK);
    nothing(rig, YOUTH);
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
    nothing(rig, SCHOOL);
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
            assert_int_equal(setup(state), 0);
            rig = *state;
        }
        put_ok(rig, SCHOOL, 1, NULL);
        put_ok(rig, YOUTH, 1, &youth);
        id = one(rig, SCHOOL, SEIN_MATCH_NOTICE).match.match_id;
        (void)one(rig, YOUTH, SEIN_MATCH_NOTICE);
        if (i == 1) /* gone */
            assert_int_equal(withdraw(rig, YOUTH, &youth, 1), SEIN_OK);
        if (i == 2) /* may not be introduced any more */
            lose_role(&rig->fixture->members[FIXTURE_JEUGDHULP]);
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
    struct rig_presence presence = of(YOUTH, 1);
    struct rig_presence_put made;

    put_ok(rig, SCHOOL, 1, NULL);
    rig_presence_make(rig, &presence, &made);
    rig_presence_put(rig, YOUTH + 1, FIXTURE_JEUGDHULP, &made);
    rig->fail_with = SEIN_EFULL;
    rig_run(rig);
    assert_int_equal(rig_error(rig, YOUTH + 1, NULL), SEIN_EFULL);
    nothing(rig, SCHOOL);
    assert_int_equal(stored(rig, false), 1);
    assert_int_equal(stored(rig, true), 0);
    assert_int_equal(counters(rig)->matches_made, 0);
    rig_presence_put(rig, YOUTH + 1, FIXTURE_JEUGDHULP, &made);
    rig_run(rig);
    assert_int_equal(code_of(rig, YOUTH, SEIN_LEAF_PRESENCE, &made.item_hash),
                     SEIN_OK);
    (void)one(rig, SCHOOL, SEIN_MATCH_NOTICE);
    (void)one(rig, YOUTH, SEIN_MATCH_NOTICE);
}

static void
test_notices_outlive_a_restart(void **state)
{
    struct rig *rig = *state;
    struct rig_presence_put youth;
    struct rig_delivery item;

    put_ok(rig, SCHOOL, 1, NULL);
    put_ok(rig, YOUTH, 1, &youth);
    assert_true(rig_deliveries(rig, SCHOOL + 1, got) == 1);
    rig_restart(rig);
    rig->now_ms += 1000;
    rig_reader(rig, 1, FIXTURE_SCHOOL, 1, FIXTURE_DESK_SCHOOL, 9);
    item = one(rig, SCHOOL, SEIN_MATCH_NOTICE);
    assert_note(&item, &youth);
    assert_memory_equal(&item.match.event_id, &got[0].match.event_id, 16);
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

    put_ok(rig, SCHOOL, 1, &made);
    assert_int_equal(withdraw(rig, SCHOOL, &made, 1), SEIN_OK);
    put_ok(rig, SCHOOL, 1, NULL);
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

/* A withdrawn and an expired deposit are in no file any more: neither in the
 * row nor in what waited for a peer. */
static void
test_gone_from_the_files(void **state)
{
    char folder[STORE_FOLDER_MAX];
    struct store *store = NULL;
    struct rig *rig = NULL;
    struct rig_presence presence = of(SCHOOL, 1);
    struct rig_presence_put withdrawn;
    struct rig_presence_put expired;
    struct rig_presence_put kept;

    (void)state;
    store_folder_make(folder);
    assert_int_equal(store_sqlite_ops.open(folder, &store), SEIN_OK);
    rig = rig_new_on(store);
    rig->fixture->circles[FIXTURE_JEUGD].reveal = SEIN_REVEAL_DIRECT;
    people(rig);
    rig_empty(rig, YOUTH + 1, FIXTURE_JEUGDHULP, SEIN_KIND_BYE);
    rig_run(rig);
    rig_take_frame(rig, YOUTH + 1, SEIN_KIND_BYE, &(struct sein_frame){ 0 });
    rig_sender(rig, YOUTH + 1, FIXTURE_JEUGDHULP);
    put_ok(rig, YOUTH, 1, NULL);
    put_ok(rig, YOUTH, 2, NULL);
    put_ok(rig, SCHOOL, 1, &withdrawn);
    (void)one(rig, SCHOOL, SEIN_MATCH_REVEALED);
    presence.tag = 2;
    presence.expires_ms = rig->now_ms + 1000;
    assert_int_equal(put(rig, SCHOOL, &presence, &expired), SEIN_OK);
    (void)one(rig, SCHOOL, SEIN_MATCH_REVEALED);
    put_ok(rig, SCHOOL, 3, &kept);
    assert_int_equal(withdraw(rig, SCHOOL, &withdrawn, 1), SEIN_OK);
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

#define MUTUAL(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
#define DIRECT(test) \
    cmocka_unit_test_setup_teardown(test, setup_direct, teardown)
#define NONE(test) cmocka_unit_test_setup_teardown(test, setup_none, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        MUTUAL(test_put_and_again),
        MUTUAL(test_each_refusal),
        MUTUAL(test_directory_decides),
        MUTUAL(test_epoch_ends),
        MUTUAL(test_broken_deposit),
        MUTUAL(test_quotas),
        MUTUAL(test_another_members_id),
        MUTUAL(test_mutual_notice),
        MUTUAL(test_events_have_receipts),
        MUTUAL(test_both_accept),
        DIRECT(test_direct),
        NONE(test_none),
        MUTUAL(test_link_pairs),
        MUTUAL(test_idx_holds_no_tag),
        MUTUAL(test_any_order_each_pair_once),
        MUTUAL(test_all_in_one_turn),
        MUTUAL(test_withdraw_before_a_reveal_is_silent),
        MUTUAL(test_who_comes_back_has_not_accepted),
        DIRECT(test_withdraw_after_a_reveal_is_told),
        DIRECT(test_unread_goes_with_the_deposit),
        DIRECT(test_ended_waits_seven_days),
        DIRECT(test_renewals_do_not_pile_up),
        DIRECT(test_expiry),
        MUTUAL(test_expiry_before_a_reveal_is_silent),
        DIRECT(test_revoked),
        DIRECT(test_left),
        DIRECT(test_lost_role),
        DIRECT(test_retired),
        MUTUAL(test_no_reveal_of_the_revoked),
        MUTUAL(test_silence_decline_and_end_are_alike),
        MUTUAL(test_a_failed_commit_is_none),
        MUTUAL(test_notices_outlive_a_restart),
        MUTUAL(test_what_was_put_is_noted_for_60_days),
        cmocka_unit_test(test_gone_from_the_files),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
