/*
 * The circle pack: what the members of a circle know and broker and keyholders
 * do not.  The pepper goes into every tag; the marks are publicly known
 * institutions, whose address never makes one.
 *
 *  1. A pack that sein_pack_open passed was signed by a steward of the circle,
 *     and has the pepper that the signed directory checks.
 * Threads: safe.  Secret: the pepper, and with it the whole pack.
 * Source:  PROTOCOL.md section 20.
 */
#ifndef SEIN_PROTO_BLIND_PACK_H
#define SEIN_PROTO_BLIND_PACK_H

#include "proto/blind/household.h"
#include "proto/trust/directory.h"

/* Of 16 bytes each: a region has some hundreds of such institutions, and a
 * pack fits a letter. */
#define SEIN_PACK_MARKS_MAX 2048U
#define SEIN_PACK_MAX 40960U

/** Views borrow the pack's bytes. */
struct sein_pack { /* array */
    uint64_t v;
    struct sein_slice circle;
    uint64_t epoch;
    uint8_t pepper[SEIN_PEPPER_BYTES];
    struct sein_list marks; /* of SEIN_ID_BYTES, ascending */
    struct sein_slice desk; /* of the steward */
    struct sein_key_id key_id;
    uint64_t made_at;
};
extern const struct sein_schema sein_pack_schema;

struct sein_signed_pack { /* array */
    struct sein_slice pack;
    uint8_t signature[SEIN_SIG_BYTES];
};
extern const struct sein_schema sein_signed_pack_schema;

/**
 * sein_pack_write - sign a pack.
 *
 * pack     borrowed, all but its marks; v is set here
 * marks    borrowed, mark_count of them, in any order; one twice stands once.
 *          They are put in order in place
 * secret   of the steward's key
 * out      written, at most max bytes; the caller wipes it; out_len its length
 *
 * Errors:  SEIN_ERANGE too many marks; SEIN_ETOOLONG; SEIN_ENOMEM; those of
 *          sein_schema_encode.
 */
SEIN_CHECKED enum sein_err
sein_pack_write(const struct sein_pack *pack, uint8_t (*marks)[SEIN_ID_BYTES],
                size_t mark_count,
                const uint8_t secret[static SEIN_SIGN_SECRET_BYTES],
                uint8_t *out, size_t max, size_t *out_len);

/**
 * sein_pack_open - read a pack and believe it.
 *
 * bytes    borrowed; out_pack's views point into them
 *
 * Errors:  SEIN_ETOOLONG; SEIN_EVERSION; SEIN_ECANON the marks are not in
 *          order; SEIN_ECIRCLE; SEIN_EKEY, SEIN_EREVOKED, SEIN_EDESK,
 *          SEIN_EDESKKEY who signed; SEIN_EROLE it is no steward of the
 *          circle; SEIN_ESIG; SEIN_EEPOCH the directory has no such epoch;
 *          SEIN_EPEPPER the pepper is not the one that the directory checks,
 *          or it checks none yet; SEIN_ENORMALISER the epoch's handles are
 *          written by other rules than ours; else those of wire/schema.h.
 */
SEIN_CHECKED enum sein_err sein_pack_open(const struct sein_directory *dir,
                                          struct sein_slice bytes,
                                          int64_t now_ms,
                                          struct sein_pack *out_pack);

/** sein_pack_lists - whether a handle is that of a listed institution.
 *
 * Cost: one hash, and one look at each mark. */
bool sein_pack_lists(const struct sein_pack *pack, struct sein_slice canonical);

#endif
