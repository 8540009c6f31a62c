#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "client/govern/govern_parts.h"
#include "proto/base/text.h"

/* Read without inih and its buffers, so that the seed can be wiped wherever it
 * was: two lines of comment, then three fields in this order. */
#define KEY_FILE_MAX 1024U
#define NAME_FIELD "name = "
#define PK_FIELD "pk = "
#define SEED_FIELD "seed = "

static const char key_head[] =
    "# Geheime sleutel van een beheerder: bewaar hem alleen, en niet in de "
    "map\n"
    "# A governor's secret key: keep it to yourself, and out of the folder\n";

/* The name is a title of a section in governance.conf. */
static bool
name_fits(const char *name)
{
    if (*name == '\0' ||
        strlen(name) + strlen("governor ") > CONF_SECTION_MAX ||
        strpbrk(name, "[];#=\n\r\t") != NULL ||
        sein_utf8_check(sein_slice_text(name)) != SEIN_OK)
        return false;
    return sein_text_trim(sein_slice_text(name)).len == strlen(name);
}

static enum sein_err
write_key(const char *path, const char *name,
          const uint8_t pk[static SEIN_KEY_BYTES],
          const uint8_t seed[static crypto_sign_SEEDBYTES])
{
    char text[KEY_FILE_MAX];
    char pk_hex[2 * SEIN_KEY_BYTES + 1];
    char seed_hex[2 * crypto_sign_SEEDBYTES + 1];
    enum sein_err err = SEIN_OK;
    int len = 0;

    sein_hex(sein_slice_of(pk, SEIN_KEY_BYTES), pk_hex, sizeof pk_hex);
    sein_hex(sein_slice_of(seed, crypto_sign_SEEDBYTES), seed_hex,
             sizeof seed_hex);
    len = snprintf(text, sizeof text,
                   "%s" NAME_FIELD "%s\n" PK_FIELD "%s\n" SEED_FIELD "%s\n",
                   key_head, name, pk_hex, seed_hex);
    err = len > 0 && (size_t)len < sizeof text
              ? folder_write_new(path,
                                 sein_slice_of((uint8_t *)text, (size_t)len),
                                 FOLDER_SECRET)
              : SEIN_ETOOLONG;
    sodium_memzero(text, sizeof text);
    sodium_memzero(seed_hex, sizeof seed_hex);
    return err;
}

enum sein_err
govern_keygen(const char *path, const char *name, struct govern_key *out_key)
{
    struct govern_key key = { .name = "" };
    struct govern_secret secret;
    uint8_t seed[crypto_sign_SEEDBYTES];
    enum sein_err err = SEIN_OK;

    if (!name_fits(name))
        return SEIN_EFORMAT;
    memcpy(key.name, name, strlen(name) + 1);
    randombytes_buf(seed, sizeof seed);
    (void)crypto_sign_seed_keypair(key.pk, secret.bytes,
                                   seed); /* never fails */
    err = write_key(path, name, key.pk, seed);
    sodium_memzero(seed, sizeof seed);
    sodium_memzero(&secret, sizeof secret);
    if (err == SEIN_OK)
        *out_key = key;
    return err;
}

/* The line that begins with field, moving *rest behind it. */
static bool
take_field(const char **rest, const char *field, struct sein_slice *out_value)
{
    const char *line = *rest;
    const char *end = strchr(line, '\n');
    size_t len = strlen(field);

    if (end == NULL || strncmp(line, field, len) != 0)
        return false;
    *out_value =
        sein_slice_of((const uint8_t *)line + len, (size_t)(end - line) - len);
    *rest = end + 1;
    return true;
}

static enum sein_err
parse_key(const char *text, struct govern_key *key,
          struct govern_secret *secret)
{
    struct sein_slice name, pk, seed_text;
    uint8_t listed[SEIN_KEY_BYTES];
    uint8_t seed[crypto_sign_SEEDBYTES];
    enum sein_err err = SEIN_ECONFIG;

    while (*text == '#' && strchr(text, '\n') != NULL)
        text = strchr(text, '\n') + 1;
    if (!take_field(&text, NAME_FIELD, &name) ||
        !take_field(&text, PK_FIELD, &pk) ||
        !take_field(&text, SEED_FIELD, &seed_text) || *text != '\0' ||
        sein_slice_copy_text(name, key->name, sizeof key->name) != SEIN_OK ||
        !name_fits(key->name) ||
        sein_unhex(pk, listed, sizeof listed) != SEIN_OK)
        return SEIN_ECONFIG;
    if (sein_unhex(seed_text, seed, sizeof seed) == SEIN_OK &&
        crypto_sign_seed_keypair(key->pk, secret->bytes, seed) == 0 &&
        memcmp(key->pk, listed, sizeof listed) == 0)
        err = SEIN_OK;
    sodium_memzero(seed, sizeof seed);
    return err;
}

enum sein_err
govern_secret_read(const char *path, struct govern_key *out_key,
                   struct govern_secret *out_secret)
{
    char text[KEY_FILE_MAX + 1] = "";
    struct govern_key key = { .name = "" };
    struct govern_secret secret;
    size_t len = 0;
    enum sein_err err = SEIN_OK;
    FILE *file = NULL;

    if (!folder_exists(path))
        return SEIN_ENOENT;
    if (!folder_private(path))
        return SEIN_EKEY;
    file = fopen(path, "re");
    if (file == NULL)
        return SEIN_EIO;
    (void)setvbuf(file, NULL, _IONBF, 0); /* no copy to wipe */
    len = fread(text, 1, sizeof text - 1, file);
    (void)fclose(file); /* only read */
    err = len < KEY_FILE_MAX && strlen(text) == len
              ? parse_key(text, &key, &secret)
              : SEIN_ECONFIG;
    sodium_memzero(text, sizeof text);
    if (err == SEIN_OK) {
        *out_key = key;
        *out_secret = secret;
    }
    sodium_memzero(&secret, sizeof secret);
    return err;
}

enum sein_err
govern_key_read(const char *path, struct govern_key *out_key)
{
    struct govern_secret secret;
    enum sein_err err = govern_secret_read(path, out_key, &secret);

    if (err == SEIN_OK)
        sodium_memzero(&secret, sizeof secret);
    return err;
}
