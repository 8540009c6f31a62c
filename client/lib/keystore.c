#include "client/lib/keystore.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "client/include/sein.h"
#include "client/lib/files.h"
#include "proto/wire/pack.h"
#include "proto/wire/schema.h"

#define KEYSTORE_VERSION 1U
#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_BYTES crypto_aead_xchacha20poly1305_ietf_ABYTES
#define WRAPPED_BYTES (NONCE_BYTES + SEIN_KEY_BYTES + TAG_BYTES)
#define KEY_FILE_MIN 32U
#define KEY_FILE_MAX 4096U
#define FILE_MAX_BYTES 8192U
#define KDF_CONTEXT "seinkeys"
#define KDF_PAIRS 1U
#define SESSION_NAME_BYTES (2U * SEIN_ID_BYTES + sizeof ".key")

/* RFC 9106's second choice would be 64 MiB; a person waits once per login, so
 * this is libsodium's MODERATE.  A test build makes many homes. */
#ifdef SEIN_TEST_BUILD
#define OPS_LIMIT crypto_pwhash_OPSLIMIT_MIN
#define MEM_LIMIT crypto_pwhash_MEMLIMIT_MIN
#else
#define OPS_LIMIT crypto_pwhash_OPSLIMIT_MODERATE
#define MEM_LIMIT crypto_pwhash_MEMLIMIT_MODERATE
#endif
/* What a changed file could make us spend. */
#define OPS_LIMIT_MAX 16U
#define MEM_LIMIT_MAX (UINT64_C(1) << 30)

enum method { METHOD_KEY_FILE = 0, METHOD_PASSPHRASE = 1 };

/* The file, an array. */
struct file_form {
    uint64_t v;
    uint8_t home_id[SEIN_ID_BYTES];
    uint64_t method;
    uint64_t ops;
    uint64_t mem;
    uint8_t salt[crypto_pwhash_SALTBYTES];
    uint8_t wrapped[WRAPPED_BYTES];
    struct sein_slice sealed;
};

static const struct sein_field file_fields[] = {
    { "v", SEIN_FIELD_UINT, false, offsetof(struct file_form, v), 0,
      UINT64_MAX },
    { "home_id", SEIN_FIELD_FIXED, false, offsetof(struct file_form, home_id),
      0, SEIN_ID_BYTES },
    { "method", SEIN_FIELD_UINT, false, offsetof(struct file_form, method), 0,
      METHOD_PASSPHRASE },
    { "ops", SEIN_FIELD_UINT, false, offsetof(struct file_form, ops), 0,
      OPS_LIMIT_MAX },
    { "mem", SEIN_FIELD_UINT, false, offsetof(struct file_form, mem), 0,
      MEM_LIMIT_MAX },
    { "salt", SEIN_FIELD_FIXED, false, offsetof(struct file_form, salt), 0,
      crypto_pwhash_SALTBYTES },
    { "wrapped", SEIN_FIELD_FIXED, false, offsetof(struct file_form, wrapped),
      0, WRAPPED_BYTES },
    { "sealed", SEIN_FIELD_BYTES, false, offsetof(struct file_form, sealed), 1,
      FILE_MAX_BYTES },
};
static const struct sein_schema file_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, file_fields, struct file_form);

struct pair_form { /* array */
    uint8_t seed[crypto_sign_SEEDBYTES];
    uint8_t curve_secret[SEIN_KEY_BYTES];
    uint64_t made_at;
};

static const struct sein_field pair_fields[] = {
    { "seed", SEIN_FIELD_FIXED, false, offsetof(struct pair_form, seed), 0,
      crypto_sign_SEEDBYTES },
    { "curve_secret", SEIN_FIELD_FIXED, false,
      offsetof(struct pair_form, curve_secret), 0, SEIN_KEY_BYTES },
    { "made_at", SEIN_FIELD_UINT, false, offsetof(struct pair_form, made_at), 0,
      INT64_MAX },
};
static const struct sein_schema pair_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, pair_fields, struct pair_form);

/* All of it in sodium_malloc memory. */
struct keystore {
    uint8_t home_key[SEIN_KEY_BYTES];
    struct keystore_pair pairs[KEYSTORE_PAIRS_MAX];
    size_t pair_count;
    struct sein_home_id home_id;
    struct file_form form; /* how the home key is wrapped; sealed is stale */
    char path[FILES_PATH_MAX];
};

static void
fill_pair(const struct pair_form *form, struct keystore_pair *out_pair)
{
    (void)crypto_sign_seed_keypair(out_pair->public_key.sign,
                                   out_pair->sign_secret, form->seed);
    memcpy(out_pair->curve_secret, form->curve_secret, SEIN_KEY_BYTES);
    (void)crypto_scalarmult_base(out_pair->public_key.curve,
                                 form->curve_secret);
    sein_key_id_of(out_pair->public_key.sign, out_pair->public_key.curve,
                   &out_pair->public_key.key_id);
    out_pair->made_at_ms = (int64_t)form->made_at;
}

static void
make_pair(int64_t now_ms, struct keystore_pair *out_pair)
{
    struct pair_form form = { .made_at = (uint64_t)now_ms };

    randombytes_buf(form.seed, sizeof form.seed);
    randombytes_buf(form.curve_secret, sizeof form.curve_secret);
    fill_pair(&form, out_pair);
    sodium_memzero(&form, sizeof form);
}

/* ---- the key that wraps the home key ---------------------------------------
 */

static enum sein_err
read_key_file(const char *path, const uint8_t *salt,
              uint8_t out_key[static SEIN_KEY_BYTES])
{
    uint8_t bytes[KEY_FILE_MAX];
    size_t len = 0;
    enum sein_err err = files_read(path, true, bytes, sizeof bytes, &len);

    if (err == SEIN_ENOENT)
        return SEIN_ESEALED;
    if (err == SEIN_OK && len < KEY_FILE_MIN)
        err = SEIN_EPASSPHRASE;
    if (err == SEIN_OK)
        (void)crypto_generichash(out_key, SEIN_KEY_BYTES, bytes, len, salt,
                                 crypto_pwhash_SALTBYTES);
    sodium_memzero(bytes, sizeof bytes);
    return err;
}

static enum sein_err
wrapping_key(const struct file_form *form, const struct sein_unlock *unlock,
             uint8_t out_key[static SEIN_KEY_BYTES])
{
    if (form->method == METHOD_KEY_FILE) {
        if (unlock->key_file == NULL)
            return unlock->passphrase == NULL ? SEIN_ESEALED : SEIN_EPASSPHRASE;
        return read_key_file(unlock->key_file, form->salt, out_key);
    }
    if (unlock->passphrase == NULL)
        return unlock->key_file == NULL ? SEIN_ESEALED : SEIN_EPASSPHRASE;
    if (unlock->passphrase[0] == '\0')
        return SEIN_EPASSPHRASE;
    if (form->ops < crypto_pwhash_OPSLIMIT_MIN ||
        form->mem < crypto_pwhash_MEMLIMIT_MIN)
        return SEIN_ETAMPERED;
    if (crypto_pwhash(out_key, SEIN_KEY_BYTES, unlock->passphrase,
                      strlen(unlock->passphrase), form->salt, form->ops,
                      (size_t)form->mem, crypto_pwhash_ALG_ARGON2ID13) != 0)
        return SEIN_ENOMEM;
    return SEIN_OK;
}

/* The wrapping is bound to the home and to how the key was stretched. */
static struct sein_slice
wrap_aad(const struct file_form *form, uint8_t *buffer, size_t max)
{
    struct sein_writer out = sein_writer_of(buffer, max);

    sein_write_text(&out, "seinhuis/1/keystore");
    sein_write_u8(&out, (uint8_t)form->v);
    sein_write_bytes(&out, form->home_id, sizeof form->home_id);
    sein_write_u8(&out, (uint8_t)form->method);
    sein_write_u64(&out, form->ops);
    sein_write_u64(&out, form->mem);
    sein_write_bytes(&out, form->salt, sizeof form->salt);
    return sein_slice_of(out.at, out.len); /* max is large enough */
}

static void
wrap_home_key(struct keystore *keys, const uint8_t *key)
{
    uint8_t buffer[128];
    struct file_form *form = &keys->form;
    struct sein_slice aad = wrap_aad(form, buffer, sizeof buffer);

    randombytes_buf(form->wrapped, NONCE_BYTES);
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(
        form->wrapped + NONCE_BYTES, NULL, keys->home_key, SEIN_KEY_BYTES,
        aad.at, aad.len, NULL, form->wrapped, key);
}

static enum sein_err
unwrap_home_key(struct keystore *keys, const uint8_t *key)
{
    uint8_t buffer[128];
    struct file_form *form = &keys->form;
    struct sein_slice aad = wrap_aad(form, buffer, sizeof buffer);

    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            keys->home_key, NULL, NULL, form->wrapped + NONCE_BYTES,
            WRAPPED_BYTES - NONCE_BYTES, aad.at, aad.len, form->wrapped,
            key) != 0)
        return SEIN_EPASSPHRASE;
    return SEIN_OK;
}

/* ---- the pairs, sealed under the home key ----------------------------------
 */

static void
pairs_key(const struct keystore *keys, uint8_t out_key[static SEIN_KEY_BYTES])
{
    (void)crypto_kdf_derive_from_key(out_key, SEIN_KEY_BYTES, KDF_PAIRS,
                                     KDF_CONTEXT, keys->home_key);
}

static enum sein_err
encode_pairs(const struct keystore *keys, struct sein_writer *out)
{
    enum sein_err err = SEIN_OK;

    sein_pack_array(out, keys->pair_count);
    for (size_t i = 0; i < keys->pair_count && err == SEIN_OK; i++) {
        const struct keystore_pair *pair = &keys->pairs[i];
        struct pair_form form = { .made_at = (uint64_t)pair->made_at_ms };

        (void)crypto_sign_ed25519_sk_to_seed(form.seed, pair->sign_secret);
        memcpy(form.curve_secret, pair->curve_secret, SEIN_KEY_BYTES);
        err = sein_schema_encode(&pair_schema, &form, out);
        sodium_memzero(&form, sizeof form);
    }
    return err;
}

static enum sein_err
write_file(const struct keystore *keys)
{
    uint8_t plain[FILE_MAX_BYTES / 2];
    uint8_t sealed[FILE_MAX_BYTES / 2 + NONCE_BYTES + TAG_BYTES];
    uint8_t file[FILE_MAX_BYTES];
    uint8_t key[SEIN_KEY_BYTES];
    struct sein_writer writer = sein_writer_of(plain, sizeof plain);
    struct sein_slice bytes = { 0 };
    struct file_form form = keys->form;
    enum sein_err err = encode_pairs(keys, &writer);

    if (err == SEIN_OK)
        err = sein_writer_done(&writer, &bytes);
    if (err != SEIN_OK)
        goto done;
    pairs_key(keys, key);
    randombytes_buf(sealed, NONCE_BYTES);
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(
        sealed + NONCE_BYTES, NULL, bytes.at, bytes.len, form.home_id,
        sizeof form.home_id, NULL, sealed, key);
    form.sealed = sein_slice_of(sealed, NONCE_BYTES + bytes.len + TAG_BYTES);
    writer = sein_writer_of(file, sizeof file);
    err = sein_schema_encode(&file_schema, &form, &writer);
    if (err == SEIN_OK)
        err = sein_writer_done(&writer, &bytes);
    if (err == SEIN_OK)
        err = files_write(keys->path, bytes);

done:
    sodium_memzero(plain, sizeof plain);
    sodium_memzero(key, sizeof key);
    return err;
}

static enum sein_err
decode_pairs(struct keystore *keys, struct sein_slice plain)
{
    struct sein_items items = { 0 };
    struct pair_form form = { 0 };
    enum sein_err err = sein_items_begin(plain, KEYSTORE_PAIRS_MAX, &items);

    while (err == SEIN_OK) {
        err = sein_items_next(&items, &pair_schema, &form, NULL);
        if (err == SEIN_OK)
            fill_pair(&form, &keys->pairs[keys->pair_count++]);
    }
    sodium_memzero(&form, sizeof form);
    return err == SEIN_ENOENT && keys->pair_count > 0 ? SEIN_OK
                                                      : SEIN_ETAMPERED;
}

static enum sein_err
open_pairs(struct keystore *keys)
{
    uint8_t plain[FILE_MAX_BYTES];
    uint8_t key[SEIN_KEY_BYTES];
    struct sein_slice sealed = keys->form.sealed;
    size_t len = 0;
    enum sein_err err = SEIN_ETAMPERED;

    if (sealed.len < NONCE_BYTES + TAG_BYTES || sealed.len > sizeof plain)
        return SEIN_ETAMPERED;
    len = sealed.len - NONCE_BYTES - TAG_BYTES;
    pairs_key(keys, key);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            plain, NULL, NULL, sealed.at + NONCE_BYTES,
            sealed.len - NONCE_BYTES, keys->form.home_id,
            sizeof keys->form.home_id, sealed.at, key) == 0)
        err = decode_pairs(keys, sein_slice_of(plain, len));
    sodium_memzero(plain, sizeof plain);
    sodium_memzero(key, sizeof key);
    return err;
}

/* ---- making, opening --------------------------------------------------------
 */

static enum sein_err
new_keystore(const char *path, struct keystore **out_keys)
{
    struct keystore *keys = NULL;

    if (strlen(path) >= sizeof keys->path)
        return SEIN_ETOOLONG;
    keys = sodium_malloc(sizeof *keys);
    if (keys == NULL)
        return SEIN_ENOMEM;
    memset(keys, 0, sizeof *keys);
    memcpy(keys->path, path, strlen(path) + 1);
    *out_keys = keys;
    return SEIN_OK;
}

static enum sein_err
make_key_file(const char *path)
{
    uint8_t bytes[KEY_FILE_MIN];
    enum sein_err err = SEIN_OK;

    if (files_exists(path))
        return SEIN_OK;
    randombytes_buf(bytes, sizeof bytes);
    err = files_write(path, sein_slice_of(bytes, sizeof bytes));
    sodium_memzero(bytes, sizeof bytes);
    return err;
}

static enum sein_err
begin_form(struct keystore *keys, const struct sein_unlock *unlock)
{
    struct file_form *form = &keys->form;

    form->v = KEYSTORE_VERSION;
    sein_random_id(form->home_id);
    memcpy(keys->home_id.bytes, form->home_id, sizeof form->home_id);
    randombytes_buf(form->salt, sizeof form->salt);
    if (unlock->key_file != NULL) {
        form->method = METHOD_KEY_FILE;
        return make_key_file(unlock->key_file);
    }
    form->method = METHOD_PASSPHRASE;
    form->ops = OPS_LIMIT;
    form->mem = MEM_LIMIT;
    return SEIN_OK;
}

enum sein_err
keystore_create(const char *path, const struct sein_unlock *unlock,
                int64_t now_ms, struct keystore **out_keys)
{
    struct keystore *keys = NULL;
    uint8_t key[SEIN_KEY_BYTES] = { 0 };
    enum sein_err err = SEIN_OK;

    if (unlock->key_file == NULL && unlock->passphrase == NULL)
        return SEIN_EUSAGE;
    if (files_exists(path))
        return SEIN_EEXIST;
    err = new_keystore(path, &keys);
    if (err == SEIN_OK)
        err = begin_form(keys, unlock);
    if (err == SEIN_OK)
        err = wrapping_key(&keys->form, unlock, key);
    if (err != SEIN_OK)
        goto done;
    randombytes_buf(keys->home_key, sizeof keys->home_key);
    wrap_home_key(keys, key);
    make_pair(now_ms, &keys->pairs[0]);
    keys->pair_count = 1;
    err = write_file(keys);
    if (err != SEIN_OK)
        goto done;
    *out_keys = keys;
    keys = NULL;

done:
    sodium_memzero(key, sizeof key);
    keystore_free(&keys);
    return err;
}

static enum sein_err
session_path(const struct file_form *form, const char *folder,
             char out_path[static FILES_PATH_MAX])
{
    char name[SESSION_NAME_BYTES];

    sein_hex(sein_slice_of(form->home_id, sizeof form->home_id), name,
             sizeof name);
    memcpy(name + 2 * (size_t)SEIN_ID_BYTES, ".key", sizeof ".key");
    return files_join(folder, name, out_path);
}

static enum sein_err
read_session(struct keystore *keys, const char *folder)
{
    char path[FILES_PATH_MAX];
    size_t len = 0;
    enum sein_err err = session_path(&keys->form, folder, path);

    if (err == SEIN_OK)
        err = files_read(path, true, keys->home_key, SEIN_KEY_BYTES, &len);
    if (err == SEIN_ENOENT)
        return SEIN_ESEALED;
    if (err == SEIN_ETOOLONG || (err == SEIN_OK && len != SEIN_KEY_BYTES))
        return SEIN_EPASSPHRASE;
    return err;
}

static enum sein_err
unlock_home_key(struct keystore *keys, const struct sein_unlock *unlock)
{
    uint8_t key[SEIN_KEY_BYTES];
    enum sein_err err = SEIN_OK;

    if (unlock->key_file == NULL && unlock->passphrase == NULL)
        return unlock->session == NULL ? SEIN_ESEALED
                                       : read_session(keys, unlock->session);
    err = wrapping_key(&keys->form, unlock, key);
    if (err == SEIN_OK)
        err = unwrap_home_key(keys, key);
    sodium_memzero(key, sizeof key);
    return err;
}

static enum sein_err
read_form(const char *path, uint8_t *file, struct file_form *out_form)
{
    size_t len = 0;
    enum sein_err err = files_read(path, true, file, FILE_MAX_BYTES, &len);

    if (err == SEIN_ENOENT)
        return SEIN_ENOHOME;
    if (err != SEIN_OK)
        return err == SEIN_ETOOLONG ? SEIN_ETAMPERED : err;
    if (sein_schema_decode_all(&file_schema, sein_slice_of(file, len),
                               out_form) != SEIN_OK)
        return SEIN_ETAMPERED;
    return out_form->v == KEYSTORE_VERSION ? SEIN_OK : SEIN_EVERSION;
}

enum sein_err
keystore_open(const char *path, const struct sein_unlock *unlock,
              struct keystore **out_keys)
{
    struct keystore *keys = NULL;
    uint8_t file[FILE_MAX_BYTES];
    enum sein_err err = new_keystore(path, &keys);

    if (err == SEIN_OK)
        err = read_form(path, file, &keys->form);
    if (err != SEIN_OK)
        goto done;
    memcpy(keys->home_id.bytes, keys->form.home_id, SEIN_ID_BYTES);
    err = unlock_home_key(keys, unlock);
    if (err == SEIN_OK)
        err = open_pairs(keys);
    /* A session file is not bound to the wrapping: a key that opens nothing
     * is the wrong one. */
    if (err == SEIN_ETAMPERED && unlock->key_file == NULL &&
        unlock->passphrase == NULL)
        err = SEIN_EPASSPHRASE;
    if (err != SEIN_OK)
        goto done;
    keys->form.sealed = (struct sein_slice){ 0 };
    *out_keys = keys;
    keys = NULL;

done:
    keystore_free(&keys);
    return err;
}

void
keystore_free(struct keystore **keys)
{
    if (keys == NULL || *keys == NULL)
        return;
    sodium_free(*keys); /* wipes it too */
    *keys = NULL;
}

const uint8_t *
keystore_home_key(const struct keystore *keys)
{
    return keys->home_key;
}

const struct sein_home_id *
keystore_home_id(const struct keystore *keys)
{
    return &keys->home_id;
}

const struct keystore_pair *
keystore_pairs(const struct keystore *keys, size_t *out_count)
{
    *out_count = keys->pair_count;
    return keys->pairs;
}

enum sein_err
keystore_add_pair(struct keystore *keys, int64_t now_ms,
                  const struct keystore_pair **out_pair)
{
    struct keystore_pair *pair = NULL;
    enum sein_err err = SEIN_OK;

    if (keys->pair_count >= KEYSTORE_PAIRS_MAX)
        return SEIN_ETOOLONG;
    pair = &keys->pairs[keys->pair_count];
    make_pair(now_ms, pair);
    keys->pair_count++;
    err = write_file(keys);
    if (err != SEIN_OK) {
        keys->pair_count--;
        sodium_memzero(pair, sizeof *pair);
        return err;
    }
    *out_pair = pair;
    return SEIN_OK;
}

enum sein_err
keystore_save_session(const struct keystore *keys, const char *folder)
{
    char path[FILES_PATH_MAX];
    enum sein_err err = files_make_folder(folder);

    if (err == SEIN_OK)
        err = session_path(&keys->form, folder, path);
    if (err == SEIN_OK)
        err = files_write(path, sein_slice_of(keys->home_key, SEIN_KEY_BYTES));
    return err;
}

enum sein_err
keystore_forget_session(const char *path, const char *folder)
{
    struct file_form form = { 0 };
    uint8_t file[FILE_MAX_BYTES];
    char session[FILES_PATH_MAX];
    enum sein_err err = read_form(path, file, &form);

    if (err == SEIN_OK)
        err = session_path(&form, folder, session);
    return err == SEIN_OK ? files_remove(session) : err;
}
