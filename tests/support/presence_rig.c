#include "tests/support/presence_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct rig_confirm presence_confirm;
struct rig_delivery presence_got[RIG_DELIVERIES_MAX];

const struct presence_party_row presence_parties[PRESENCE_PARTIES] = {
    { FIXTURE_DESK_SCHOOL, FIXTURE_SCHOOL },
    { FIXTURE_DESK_JEUGDHULP, FIXTURE_JEUGDHULP },
    { FIXTURE_DESK_NOORD, FIXTURE_WIJKTEAM },
    { FIXTURE_DESK_ZUID, FIXTURE_WIJKTEAM },
    { FIXTURE_DESK_CORPORATIE, FIXTURE_CORPORATIE },
    { FIXTURE_DESK_ENERGIE, FIXTURE_ENERGIE },
};

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

void
presence_people(struct rig *rig)
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
    for (unsigned i = 0; i < PRESENCE_PARTIES; i++)
        rig_reader(rig, i + 1, presence_parties[i].member, (uint8_t)(i + 1),
                   presence_parties[i].desk, 200);
}

static int
set_up(void **state, uint64_t reveal)
{
    struct rig *rig = rig_new();

    rig->fixture->circles[FIXTURE_JEUGD].reveal = reveal;
    presence_people(rig);
    *state = rig;
    return 0;
}

int
presence_rig_mutual(void **state)
{
    return set_up(state, SEIN_REVEAL_MUTUAL);
}

int
presence_rig_direct(void **state)
{
    return set_up(state, SEIN_REVEAL_DIRECT);
}

int
presence_rig_none(void **state)
{
    return set_up(state, SEIN_REVEAL_NONE);
}

int
presence_rig_down(void **state)
{
    struct rig *rig = *state;

    rig_free(&rig);
    return 0;
}

const struct kernel_counters *
counters(const struct rig *rig)
{
    return kernel_counters(rig->kernel);
}

uint64_t
presence_stored(struct rig *rig, bool matches)
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
enum sein_err
presence_code(struct rig *rig, unsigned party, enum sein_leaf_type type,
              const struct sein_hash *hash)
{
    char oin[SEIN_OIN_CHARS + 1] = { 0 };

    memcpy(oin, presence_parties[party].desk, SEIN_OIN_CHARS);
    rig_confirm(rig, party + 1, type, oin, hash, &presence_confirm);
    assert_int_equal(presence_confirm.count, 1);
    return presence_confirm.verdicts[0].code;
}

struct rig_presence
presence_of(unsigned party, uint8_t tag)
{
    return (struct rig_presence){ .desk = presence_parties[party].desk,
                                  .tag = tag };
}

enum sein_err
presence_put_code(struct rig *rig, unsigned party,
                  const struct rig_presence *presence,
                  struct rig_presence_put *out)
{
    struct rig_presence_put made;

    rig_presence_make(rig, presence, &made);
    rig_presence_put(rig, party + 1, presence_parties[party].member, &made);
    rig_run(rig);
    if (out != NULL)
        *out = made;
    return presence_code(rig, party, SEIN_LEAF_PRESENCE, &made.item_hash);
}

void
presence_put_ok(struct rig *rig, unsigned party, uint8_t tag,
                struct rig_presence_put *out)
{
    struct rig_presence presence = presence_of(party, tag);

    assert_int_equal(presence_put_code(rig, party, &presence, out), SEIN_OK);
    assert_true(presence_confirm.verdicts[0].receipt);
}

enum sein_err
presence_withdraw_code(struct rig *rig, unsigned party,
                       const struct rig_presence_put *made, uint8_t op)
{
    rig_presence_withdraw(rig, party + 1, presence_parties[party].member,
                          presence_parties[party].desk, &made->presence.id, op);
    rig_run(rig);
    return presence_code(rig, party, SEIN_LEAF_PRESENCE_WITHDRAW, NULL);
}

enum sein_err
presence_accept_code(struct rig *rig, unsigned party,
                     const struct sein_match_id *match_id, uint8_t op)
{
    rig_accept(rig, party + 1, presence_parties[party].member,
               presence_parties[party].desk, match_id, op);
    rig_run(rig);
    return presence_code(rig, party, SEIN_LEAF_ACCEPT, NULL);
}

/* Everything that came for a party, acknowledged. */
size_t
presence_collect(struct rig *rig, unsigned party)
{
    size_t count = rig_deliveries(rig, party + 1, presence_got);

    for (size_t i = 0; i < count; i++) {
        assert_int_equal(presence_got[i].type, SEIN_ITEM_MATCH);
        assert_string_equal(presence_got[i].desk, presence_parties[party].desk);
        rig_ack(rig, party + 1, presence_parties[party].member,
                presence_got[i].seq, presence_got[i].desk, 0);
    }
    if (count == 0)
        return 0;
    rig_run(rig);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(rig_acked(rig, party + 1, presence_got[i].seq),
                         SEIN_OK);
    return count;
}

/* Exactly one item, of that type. */
struct rig_delivery
presence_one(struct rig *rig, unsigned party, enum sein_match_type type)
{
    assert_int_equal(presence_collect(rig, party), 1);
    assert_int_equal(presence_got[0].match.type, type);
    return presence_got[0];
}

void
presence_nothing(struct rig *rig, unsigned party)
{
    rig_no_frame(rig, party + 1);
}

void
presence_assert_deposit(const struct rig_delivery *item,
                        const struct rig_presence_put *made)
{
    assert_int_equal(item->deposit_len, made->deposit_len);
    assert_memory_equal(item->deposit, made->deposit, made->deposit_len);
}

/* It is the note and nothing more. */
void
presence_assert_note(const struct rig_delivery *item,
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
