#include "client/keyholder/share_store.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "client/lib/files.h"
#include "proto/blind/threshold.h"
#include "proto/trust/epoch.h"

#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_BYTES crypto_aead_xchacha20poly1305_ietf_ABYTES
#define SEALED_MAX (NONCE_BYTES + SEIN_SHARE_FILE_MAX + TAG_BYTES)

/* A subkey of the home key; libsein's have other contexts. */
#define KDF_CONTEXT "seinhold"
#define KDF_SHARES 1U

/* "share.CIRCLE.EPOCH", which is bound into the seal. */
#define NAME_MAX_BYTES 64U

static void
write_name(struct sein_slice circle, uint64_t epoch,
           char out[static NAME_MAX_BYTES])
{
    (void)snprintf(out, NAME_MAX_BYTES, "share.%.*s.%" PRIu64, (int)circle.len,
                   (const char *)circle.at, epoch);
}

static void
derive(const uint8_t *home_key, uint8_t out_key[static SEIN_KEY_BYTES])
{
    (void)crypto_kdf_derive_from_key(out_key, SEIN_KEY_BYTES, KDF_SHARES,
                                     KDF_CONTEXT, home_key);
}

enum sein_err
share_store_put(const char *folder,
                const uint8_t home_key[static SEIN_KEY_BYTES],
                const struct sein_share *share)
{
    char path[FILES_PATH_MAX];
    char name[NAME_MAX_BYTES];
    uint8_t key[SEIN_KEY_BYTES];
    uint8_t plain[SEIN_SHARE_FILE_MAX];
    uint8_t sealed[SEALED_MAX];
    size_t len = 0;
    enum sein_err err = SEIN_OK;

    write_name(sein_slice_text(share->circle.text), share->epoch, name);
    err = files_join(folder, name, path);
    if (err == SEIN_OK)
        err = sein_share_encode(share, plain, &len);
    if (err != SEIN_OK)
        return err;
    derive(home_key, key);
    randombytes_buf(sealed, NONCE_BYTES);
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(
        sealed + NONCE_BYTES, NULL, plain, len, (const uint8_t *)name,
        strlen(name), NULL, sealed, key);
    sodium_memzero(plain, sizeof plain);
    sodium_memzero(key, sizeof key);
    return files_write(path,
                       sein_slice_of(sealed, NONCE_BYTES + len + TAG_BYTES));
}

static enum sein_err
open_seal(const uint8_t *home_key, const char *name, struct sein_slice sealed,
          struct sein_share *out_share)
{
    uint8_t key[SEIN_KEY_BYTES];
    uint8_t plain[SEALED_MAX];
    unsigned long long len = 0;
    enum sein_err err = SEIN_ETAMPERED;

    if (sealed.len < NONCE_BYTES + TAG_BYTES)
        return SEIN_ETAMPERED;
    derive(home_key, key);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            plain, &len, NULL, sealed.at + NONCE_BYTES,
            sealed.len - NONCE_BYTES, (const uint8_t *)name, strlen(name),
            sealed.at, key) == 0 &&
        sein_share_decode(sein_slice_of(plain, (size_t)len), out_share) ==
            SEIN_OK)
        err = SEIN_OK;
    sodium_memzero(plain, sizeof plain);
    sodium_memzero(key, sizeof key);
    return err;
}

enum sein_err
share_store_get(const char *folder,
                const uint8_t home_key[static SEIN_KEY_BYTES],
                struct sein_slice circle, uint64_t epoch,
                struct sein_share *out_share)
{
    char path[FILES_PATH_MAX];
    char name[NAME_MAX_BYTES];
    uint8_t sealed[SEALED_MAX];
    size_t len = 0;
    enum sein_err err = sein_circle_check(circle);

    if (err != SEIN_OK)
        return SEIN_ENOENT;
    write_name(circle, epoch, name);
    err = files_join(folder, name, path);
    if (err == SEIN_OK)
        err = files_read(path, true, sealed, sizeof sealed, &len);
    if (err == SEIN_OK)
        err = open_seal(home_key, name, sein_slice_of(sealed, len), out_share);
    return err;
}

static enum sein_err
check_record(const struct sein_epoch_record *record,
             const struct sein_share *share, struct sein_element *out_public)
{
    struct sein_element commitments[SEIN_HOLDERS_MAX];
    enum sein_err err = SEIN_OK;

    for (size_t i = 0; err == SEIN_OK && i < record->t; i++)
        err = sein_element_read(record->commitments[i], &commitments[i]);
    if (err == SEIN_OK)
        err = sein_share_check(commitments, record->t, share->index,
                               &share->secret);
    if (err == SEIN_OK)
        err =
            sein_share_public(commitments, record->t, share->index, out_public);
    return err;
}

enum sein_err
share_store_check(const struct sein_directory *dir, struct sein_slice desk,
                  const struct sein_share *share,
                  struct sein_element *out_public)
{
    struct sein_slice name = sein_slice_text(share->circle.text);
    const struct sein_circle *circle = sein_directory_circle(dir, name);
    struct sein_dir_epoch epoch = { 0 };
    struct sein_epoch_record record;
    uint64_t index = 0;
    enum sein_err err = SEIN_OK;

    if (circle == NULL)
        return SEIN_ECIRCLE;
    if (!sein_circle_epoch(circle, share->epoch, &epoch) ||
        epoch.record.len == 0)
        return SEIN_EEPOCH;
    index = sein_epoch_holder_index(&epoch, desk);
    if (index == 0)
        return SEIN_EROLE;
    if (index != share->index)
        return SEIN_ESHARE;
    err = sein_epoch_record_decode(epoch.record, &record);
    if (err == SEIN_OK)
        err = check_record(&record, share, out_public);
    return err;
}
