/*
 * The inside of a directory, for the files that make it and no others:
 * directory.c opens and accepts, directory_index.c lays out what is found by
 * name, directory_check.c, directory_labels.c and directory_epochs.c say
 * whether it is valid, directory_cover.c which desk covers which postcode,
 * directory_find.c finds, directory_circle.c answers for a circle.
 *
 *  1. Every slice and list points into bytes.
 *  2. members, keys, desks, circles and brokers are in the directory's order;
 *     after the check that order ascends, so that they can be searched.
 *  3. covers ascend by circle, then by from, and do not overlap.
 */
#ifndef SEIN_PROTO_TRUST_DIRECTORY_PARTS_H
#define SEIN_PROTO_TRUST_DIRECTORY_PARTS_H

#include "proto/trust/directory.h"

/** Postcodes of one circle that one coordinating desk covers. */
struct sein_cover {
    size_t circle; /* index into circles */
    uint64_t from;
    uint64_t to;
    const struct sein_desk *desk;
};

struct sein_directory {
    uint8_t *bytes;
    size_t bytes_len;
    struct sein_dir_signed envelope;
    struct sein_hash hash; /* of envelope.dir */
    struct sein_dir_root root;
    uint64_t threshold;
    struct sein_dir_governor governors[SEIN_GOVERNORS_MAX];
    size_t governor_count;
    struct sein_broker *brokers;
    size_t broker_count;
    struct sein_circle *circles;
    size_t circle_count;
    struct sein_member *members;
    size_t member_count;
    struct sein_key *keys;
    size_t key_count;
    struct sein_desk *desks;
    size_t desk_count;
    const struct sein_key **by_id;    /* key_count, ascending by key id */
    const struct sein_key **by_curve; /* key_count, ascending by CURVE key */
    struct sein_cover *covers;
    size_t cover_count;
};

/**
 * sein_directory_index - decode all elements below the root.
 *
 * Call it once, on a directory whose signatures were verified: memory is taken
 * in proportion to the elements that are really there.
 * Errors:  SEIN_ENOMEM; those of wire/schema.h.  What was allocated is freed
 *          with the directory.
 */
SEIN_CHECKED enum sein_err sein_directory_index(struct sein_directory *dir);

/**
 * sein_directory_check - whether an indexed directory is valid, its areas
 * aside.
 *
 * Errors:  SEIN_ELABEL; SEIN_EHOLDERS; SEIN_ERECORD; SEIN_EDIRINVALID;
 *          SEIN_ENOMEM; those of wire/schema.h for an inner list that does not
 *          decode.
 * Source:  PROTOCOL.md section 6, "A directory is valid".
 */
SEIN_CHECKED enum sein_err
sein_directory_check(const struct sein_directory *dir);

/**
 * sein_directory_check_labels - whether the reveal labels of a circle hide
 * those who bear them.
 *
 * Errors:  SEIN_ELABEL a label covers fewer than three members that can be
 *          introduced, and no exception is signed; SEIN_EDIRINVALID such a
 *          member without a label, an OIN that is none, OINs that do not
 *          ascend; SEIN_ENOMEM; those of wire/schema.h.
 */
SEIN_CHECKED enum sein_err
sein_directory_check_labels(const struct sein_directory *dir,
                            const struct sein_dir_circle *circle);

/**
 * sein_directory_check_epochs - whether what governs presences in a circle is
 * sound: its epochs, link pairs, quotas and order of regie.
 *
 * dir      indexed, members and desks known to be in order
 * Errors:  SEIN_EHOLDERS too many holders of an epoch are of one member or
 *          supplier, or one is of a broker's operator or its supplier;
 *          SEIN_ERECORD a record that sein_epoch_check refuses;
 *          SEIN_EDIRINVALID; SEIN_ENOMEM; those of wire/schema.h.
 * Cost:    a signature to verify per holder of each record.
 */
SEIN_CHECKED enum sein_err
sein_directory_check_epochs(const struct sein_directory *dir,
                            const struct sein_dir_circle *circle);

/**
 * sein_directory_cover - lay out which desk covers which postcode.
 *
 * dir      indexed and checked
 * Errors:  SEIN_EAMBIGUOUS two desks of one circle cover one postcode;
 *          SEIN_EDIRINVALID more than SEIN_COVERS_MAX; SEIN_ENOMEM.
 */
SEIN_CHECKED enum sein_err sein_directory_cover(struct sein_directory *dir);

#endif
