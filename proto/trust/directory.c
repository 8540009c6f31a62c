#include "proto/trust/directory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/trust/directory_parts.h"
#include "proto/trust/identity.h"

#define DIRECTORY_VERSION 1U
#define GOVERNANCE_PREFIX "seinhuis/1/governance"

void
sein_directory_free(struct sein_directory **dir)
{
    struct sein_directory *gone = *dir;

    *dir = NULL;
    if (gone == NULL)
        return;
    free(gone->covers);
    free((void *)gone->by_curve);
    free((void *)gone->by_id);
    free(gone->desks);
    free(gone->keys);
    free(gone->members);
    free(gone->circles);
    free(gone->brokers);
    free(gone->bytes);
    free(gone);
}

static enum sein_err
read_governance(struct sein_directory *dir)
{
    struct sein_dir_governance governance = { 0 };
    struct sein_items items = { 0 };
    enum sein_err err = sein_schema_decode_all(
        &sein_dir_governance_schema, dir->root.governance, &governance);

    if (err == SEIN_OK)
        err = sein_items_begin(governance.keys.raw, SEIN_GOVERNORS_MAX, &items);
    for (size_t i = 0; err == SEIN_OK && i < governance.keys.count; i++) {
        struct sein_dir_governor *governor = &dir->governors[i];

        err =
            sein_items_next(&items, &sein_dir_governor_schema, governor, NULL);
        if (err == SEIN_OK && i > 0 &&
            memcmp(governor[-1].pk, governor->pk, SEIN_KEY_BYTES) >= 0)
            err = SEIN_EDIRINVALID;
    }
    if (err != SEIN_OK)
        return err;
    if (governance.threshold > governance.keys.count)
        return SEIN_EDIRINVALID;
    dir->governor_count = governance.keys.count;
    dir->threshold = governance.threshold;
    return SEIN_OK;
}

/* The outside only: enough to know who should have signed what. */
static enum sein_err
read_outside(struct sein_directory *dir)
{
    enum sein_err err = sein_schema_decode_all(
        &sein_dir_signed_schema, sein_directory_bytes(dir), &dir->envelope);

    if (err != SEIN_OK)
        return err;
    sein_hash_of(dir->envelope.dir, &dir->hash);
    err = sein_schema_decode_all(&sein_dir_root_schema, dir->envelope.dir,
                                 &dir->root);
    if (err != SEIN_OK)
        return err;
    if (dir->root.v != DIRECTORY_VERSION)
        return SEIN_EVERSION;
    return read_governance(dir);
}

/* Gives a directory of which nothing is believed yet. */
static enum sein_err
open_directory(struct sein_slice bytes, struct sein_directory **out_dir)
{
    struct sein_directory *dir = NULL;
    enum sein_err err = SEIN_OK;

    if (bytes.len > SEIN_DIRECTORY_MAX)
        return SEIN_ETOOLONG;
    dir = calloc(1, sizeof *dir);
    if (dir == NULL)
        return SEIN_ENOMEM;
    dir->bytes = malloc(bytes.len > 0 ? bytes.len : 1);
    if (dir->bytes == NULL) {
        err = SEIN_ENOMEM;
        goto done;
    }
    if (bytes.len > 0)
        memcpy(dir->bytes, bytes.at, bytes.len);
    dir->bytes_len = bytes.len;
    err = read_outside(dir);
    if (err != SEIN_OK)
        goto done;
    *out_dir = dir;
    dir = NULL;

done:
    sein_directory_free(&dir);
    return err;
}

static bool
is_governor(const struct sein_directory *dir,
            const uint8_t pk[static SEIN_KEY_BYTES])
{
    for (size_t i = 0; i < dir->governor_count; i++) {
        if (memcmp(dir->governors[i].pk, pk, SEIN_KEY_BYTES) == 0)
            return true;
    }
    return false;
}

/* Reads the signatures of dir; no governor stands twice. */
static enum sein_err
read_signatures(const struct sein_directory *dir,
                struct sein_dir_signature out[static SEIN_GOVERNORS_MAX])
{
    struct sein_items items = { 0 };
    enum sein_err err = sein_items_begin(dir->envelope.signatures.raw,
                                         SEIN_GOVERNORS_MAX, &items);

    for (size_t i = 0; err == SEIN_OK && i < dir->envelope.signatures.count;
         i++) {
        err =
            sein_items_next(&items, &sein_dir_signature_schema, &out[i], NULL);
        for (size_t j = 0; err == SEIN_OK && j < i; j++) {
            if (memcmp(out[j].governor, out[i].governor, SEIN_KEY_BYTES) == 0)
                err = SEIN_EDIRINVALID;
        }
    }
    return err;
}

/* Whether enough of the governors that `by` names have signed dir.  Somebody
 * else's signature does not count; a wrong one of a governor is an alarm. */
static enum sein_err
check_signed_by(const struct sein_directory *dir,
                const struct sein_directory *by)
{
    struct sein_dir_signature signatures[SEIN_GOVERNORS_MAX];
    uint64_t valid = 0;
    enum sein_err err = read_signatures(dir, signatures);

    for (size_t i = 0; err == SEIN_OK && i < dir->envelope.signatures.count;
         i++) {
        if (!is_governor(by, signatures[i].governor))
            continue;
        err = sein_sig_verify(SEIN_SIG_DIR, dir->envelope.dir,
                              signatures[i].signature, signatures[i].governor);
        valid++;
    }
    if (err != SEIN_OK)
        return err;
    return valid >= by->threshold ? SEIN_OK : SEIN_EDIRTHRESHOLD;
}

/* The rest, once it is known who signed. */
static enum sein_err
read_inside(struct sein_directory *dir)
{
    enum sein_err err = sein_directory_index(dir);

    if (err == SEIN_OK)
        err = sein_directory_check(dir);
    if (err == SEIN_OK)
        err = sein_directory_cover(dir);
    return err;
}

enum sein_err
sein_directory_read(struct sein_slice bytes, struct sein_directory **out_dir)
{
    struct sein_dir_signature signatures[SEIN_GOVERNORS_MAX];
    struct sein_directory *dir = NULL;
    enum sein_err err = open_directory(bytes, &dir);

    if (err == SEIN_OK)
        err = read_signatures(dir, signatures);
    if (err == SEIN_OK)
        err = read_inside(dir);
    if (err == SEIN_OK) {
        *out_dir = dir;
        dir = NULL;
    }
    sein_directory_free(&dir);
    return err;
}

static enum sein_err
check_issued(const struct sein_directory *dir, int64_t now_ms)
{
    return (int64_t)dir->root.issued > now_ms + SEIN_CLOCK_AHEAD_MS ? SEIN_ETIME
                                                                    : SEIN_OK;
}

static enum sein_err
check_first(const struct sein_directory *dir,
            const struct sein_hash *fingerprint, int64_t now_ms)
{
    struct sein_hash ours;
    enum sein_err err = SEIN_OK;

    sein_directory_fingerprint(dir, &ours);
    if (memcmp(ours.bytes, fingerprint->bytes, sizeof ours.bytes) != 0)
        return SEIN_EFINGERPRINT;
    err = check_signed_by(dir, dir);
    if (err != SEIN_OK)
        return err;
    if (sein_directory_expired(dir, now_ms))
        return SEIN_EDIREXPIRED;
    return check_issued(dir, now_ms);
}

enum sein_err
sein_directory_accept_first(struct sein_slice bytes,
                            const struct sein_hash *fingerprint, int64_t now_ms,
                            struct sein_directory **out_dir)
{
    struct sein_directory *dir = NULL;
    enum sein_err err = open_directory(bytes, &dir);

    if (err == SEIN_OK)
        err = check_first(dir, fingerprint, now_ms);
    if (err == SEIN_OK)
        err = read_inside(dir);
    if (err == SEIN_OK) {
        *out_dir = dir;
        dir = NULL;
    }
    sein_directory_free(&dir);
    return err;
}

static enum sein_err
check_order(const struct sein_directory *old, const struct sein_directory *dir)
{
    if (dir->root.version <= old->root.version)
        return SEIN_EDIRROLLBACK;
    if (dir->root.version != old->root.version + 1)
        return SEIN_EDIRCHAIN;
    return memcmp(dir->root.prev, old->hash.bytes, SEIN_HASH_BYTES) == 0
               ? SEIN_OK
               : SEIN_EDIRCHAIN;
}

static enum sein_err
check_next(const struct sein_directory *old, const struct sein_directory *dir,
           int64_t now_ms)
{
    enum sein_err err = SEIN_OK;

    if (memcmp(dir->hash.bytes, old->hash.bytes, SEIN_HASH_BYTES) == 0)
        return SEIN_EEXIST;
    err = check_signed_by(dir, old);
    /* An older version may bear the names of governors that are gone: what is
     * wrong with it is its age. */
    if (err == SEIN_EDIRTHRESHOLD && dir->root.version < old->root.version)
        return SEIN_EDIRROLLBACK;
    if (err == SEIN_OK)
        err = check_signed_by(dir, dir);
    if (err == SEIN_OK)
        err = check_order(old, dir);
    return err == SEIN_OK ? check_issued(dir, now_ms) : err;
}

enum sein_err
sein_directory_accept_next(const struct sein_directory *old,
                           struct sein_slice bytes, int64_t now_ms,
                           struct sein_directory **out_dir)
{
    struct sein_directory *dir = NULL;
    enum sein_err err = open_directory(bytes, &dir);

    if (err == SEIN_OK)
        err = check_next(old, dir, now_ms);
    if (err == SEIN_OK)
        err = read_inside(dir);
    if (err == SEIN_OK) {
        *out_dir = dir;
        dir = NULL;
    }
    sein_directory_free(&dir);
    return err;
}

uint64_t
sein_directory_version(const struct sein_directory *dir)
{
    return dir->root.version;
}

int64_t
sein_directory_expires_at(const struct sein_directory *dir)
{
    return (int64_t)dir->root.expires;
}

bool
sein_directory_expired(const struct sein_directory *dir, int64_t now_ms)
{
    return now_ms >= sein_directory_expires_at(dir);
}

const struct sein_dir_root *
sein_directory_root(const struct sein_directory *dir)
{
    return &dir->root;
}

const struct sein_hash *
sein_directory_hash(const struct sein_directory *dir)
{
    return &dir->hash;
}

struct sein_slice
sein_directory_bytes(const struct sein_directory *dir)
{
    return sein_slice_of(dir->bytes, dir->bytes_len);
}

void
sein_directory_fingerprint(const struct sein_directory *dir,
                           struct sein_hash *out_fingerprint)
{
    sein_governance_fingerprint(dir->threshold, dir->governors,
                                dir->governor_count, out_fingerprint);
}

void
sein_governance_fingerprint(uint64_t threshold,
                            const struct sein_dir_governor *governors,
                            size_t count, struct sein_hash *out_fingerprint)
{
    uint8_t
        laid[sizeof GOVERNANCE_PREFIX + SEIN_GOVERNORS_MAX * SEIN_KEY_BYTES];
    struct sein_writer out = sein_writer_of(laid, sizeof laid);

    assert(count <= SEIN_GOVERNORS_MAX && threshold <= SEIN_GOVERNORS_MAX);
    sein_write_text(&out, GOVERNANCE_PREFIX);
    sein_write_u8(&out, (uint8_t)threshold);
    for (size_t i = 0; i < count; i++)
        sein_write_bytes(&out, governors[i].pk, SEIN_KEY_BYTES);
    sein_hash_of(sein_slice_of(out.at, out.len), out_fingerprint);
}
