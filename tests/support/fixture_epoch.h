/*
 * Epochs for a fixture directory: named, and with a record that its holders
 * signed.
 *
 *     struct fixture_directory *demo = fixture_directory_new(FIXTURE_NOW_MS);
 *     (void)fixture_epoch_demo(demo, commitments);
 *     struct sein_directory *dir = fixture_directory_open(demo);
 *
 * Nothing is checked on the way: what a test breaks stays broken.
 */
#ifndef SEIN_TESTS_SUPPORT_FIXTURE_EPOCH_H
#define SEIN_TESTS_SUPPORT_FIXTURE_EPOCH_H

#include "tests/support/fixture_directory.h"

#define FIXTURE_EPOCH_LIFE_MS (300 * SEIN_MS_PER_DAY)

/**
 * fixture_epoch_name - name the next epoch of a circle, before its key is made.
 *
 * It is open from issued until 300 days later; each holder gets role keyholder
 * there.  A circle without link pairs gets all five that can be.
 * holders  desks (OIN/name), in order of index; kept
 */
struct fixture_epoch *fixture_epoch_name(struct fixture_directory *fixture,
                                         struct fixture_circle *circle,
                                         uint64_t t, const char *const *holders,
                                         size_t n);

/**
 * fixture_epoch_sign - make the record of a named epoch, signed by the first
 * key of each holder's member; stops the test when that fails.
 *
 * commitments  A[0] to A[t-1]
 */
void fixture_epoch_sign(const struct fixture_directory *fixture,
                        const struct fixture_circle *circle,
                        struct fixture_epoch *epoch,
                        const uint8_t (*commitments)[SEIN_POINT_BYTES]);

/** fixture_epoch_sign_again - signatures over the record as it stands now. */
void fixture_epoch_sign_again(const struct fixture_directory *fixture,
                              struct fixture_epoch *epoch);

/**
 * fixture_epoch_demo - epoch 1 of circle jeugd, 2 of 3, held by corporatie,
 * energie and jeugdhulp, with a signed record.
 *
 * commitments  two; NULL for two that are no points, where nobody computes
 */
struct fixture_epoch *
fixture_epoch_demo(struct fixture_directory *fixture,
                   const uint8_t (*commitments)[SEIN_POINT_BYTES]);

#endif
