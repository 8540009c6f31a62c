/*
 * A kernel with six desks that a circle introduces: what the unit tests of
 * presences and matches drive.
 *
 * Party i writes and reads as peer i + 1.  Whatever is not as a test expects
 * stops the test.
 */
#ifndef SEIN_TESTS_SUPPORT_PRESENCE_RIG_H
#define SEIN_TESTS_SUPPORT_PRESENCE_RIG_H

#include "tests/support/kernel_rig.h"

#define PRESENCE_PARTIES 6U
enum presence_party { SCHOOL, YOUTH, NOORD, ZUID, CORP, ENERGY };

struct presence_party_row {
    const char *desk;
    unsigned member;
};
extern const struct presence_party_row presence_parties[PRESENCE_PARTIES];

/* What was taken last. */
extern struct rig_confirm presence_confirm;
extern struct rig_delivery presence_got[RIG_DELIVERIES_MAX];

/** Fixtures of cmocka: *state is a rig whose circle jeugd reveals so. */
int presence_rig_mutual(void **state);
int presence_rig_direct(void **state);
int presence_rig_none(void **state);
int presence_rig_down(void **state);

/** presence_people - all six connected, in a circle with keyholders. */
void presence_people(struct rig *rig);

const struct kernel_counters *counters(const struct rig *rig);

/** presence_stored - how many matches, or presences, the store holds. */
uint64_t presence_stored(struct rig *rig, bool matches);

/** presence_of - what a party would put under a tag. */
struct rig_presence presence_of(unsigned party, uint8_t tag);

/** presence_code - of the one verdict that waits for a party. */
enum sein_err presence_code(struct rig *rig, unsigned party,
                            enum sein_leaf_type type,
                            const struct sein_hash *hash);

/** One turn with that request, and its verdict. */
enum sein_err presence_put_code(struct rig *rig, unsigned party,
                                const struct rig_presence *presence,
                                struct rig_presence_put *out);
void presence_put_ok(struct rig *rig, unsigned party, uint8_t tag,
                     struct rig_presence_put *out);
enum sein_err presence_withdraw_code(struct rig *rig, unsigned party,
                                     const struct rig_presence_put *made,
                                     uint8_t op);
enum sein_err presence_accept_code(struct rig *rig, unsigned party,
                                   const struct sein_match_id *match_id,
                                   uint8_t op);

/** presence_collect - one frame of match items, acknowledged; how many. */
size_t presence_collect(struct rig *rig, unsigned party);
/** presence_one - exactly one item, of that type. */
struct rig_delivery presence_one(struct rig *rig, unsigned party,
                                 enum sein_match_type type);
/** presence_nothing - nothing was sent to a party. */
void presence_nothing(struct rig *rig, unsigned party);

/** The item carries the whole deposit, or its note and nothing more. */
void presence_assert_deposit(const struct rig_delivery *item,
                             const struct rig_presence_put *made);
void presence_assert_note(const struct rig_delivery *item,
                          const struct rig_presence_put *made);

#endif
