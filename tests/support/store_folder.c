#include "tests/support/store_folder.h"

#include <assert.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "proto/wire/msg_letter.h"

#define PATH_MAX_BYTES 1024
#define MARK_BYTES 32U

void
store_folder_make(char out[static STORE_FOLDER_MAX])
{
    const char *root = getenv("TMPDIR");
    const char *made = NULL;

    (void)snprintf(out, STORE_FOLDER_MAX, "%s/sein-store-XXXXXX",
                   root != NULL ? root : "/tmp");
    made = mkdtemp(out);
    assert(made != NULL);
}

void
store_folder_each(const char *folder,
                  void (*visit)(void *context, const char *path), void *context)
{
    DIR *listing = opendir(folder);
    const struct dirent *entry = NULL;

    assert(listing != NULL);
    for (entry = readdir(listing); entry != NULL; entry = readdir(listing)) {
        char path[PATH_MAX_BYTES];

        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        visit(context, path);
    }
    (void)closedir(listing); /* was read to its end */
}

static void
remove_file(void *context, const char *path)
{
    int code = unlink(path);

    (void)context;
    assert(code == 0);
}

void
store_folder_remove(const char *folder)
{
    int code = 0;

    store_folder_each(folder, remove_file, NULL);
    code = rmdir(folder);
    assert(code == 0);
}

struct search {
    struct sein_slice bytes;
    bool found;
    bool flip;
};

/* The whole file: tests have small ones. */
static uint8_t *
read_file(FILE *file, size_t *out_len)
{
    long len = 0;
    uint8_t *bytes = NULL;

    (void)fseek(file, 0, SEEK_END);
    len = ftell(file);
    assert(len >= 0);
    (void)fseek(file, 0, SEEK_SET);
    bytes = malloc((size_t)len + 1);
    assert(bytes != NULL);
    *out_len = fread(bytes, 1, (size_t)len, file);
    assert(*out_len == (size_t)len);
    return bytes;
}

static const uint8_t *
find_bytes(const uint8_t *at, size_t len, struct sein_slice bytes)
{
    const uint8_t *end = at + len;

    while ((size_t)(end - at) >= bytes.len) {
        size_t left = (size_t)(end - at) - bytes.len + 1;
        const uint8_t *hit = memchr(at, bytes.at[0], left);

        if (hit == NULL)
            return NULL;
        if (memcmp(hit, bytes.at, bytes.len) == 0)
            return hit;
        at = hit + 1;
    }
    return NULL;
}

static void
search_file(void *context, const char *path)
{
    struct search *search = context;
    FILE *file = fopen(path, search->flip ? "r+b" : "rb");
    size_t len = 0;
    uint8_t *bytes = NULL;
    const uint8_t *hit = NULL;

    assert(file != NULL);
    bytes = read_file(file, &len);
    hit = find_bytes(bytes, len, search->bytes);
    if (hit != NULL && search->flip && !search->found) {
        (void)fseek(file, (long)(hit - bytes), SEEK_SET);
        (void)fputc(*hit ^ 1, file);
    }
    search->found = search->found || hit != NULL;
    free(bytes);
    (void)fclose(file); /* a flip that failed shows in the test */
}

bool
store_folder_holds(const char *folder, struct sein_slice bytes)
{
    struct search search = { .bytes = bytes };

    store_folder_each(folder, search_file, &search);
    return search.found;
}

void
store_folder_flip(const char *folder, struct sein_slice bytes)
{
    struct search search = { .bytes = bytes, .flip = true };

    store_folder_each(folder, search_file, &search);
    assert(search.found);
}

void
store_letter_mark(uint64_t number, uint8_t out[static MARK_BYTES])
{
    uint8_t bytes[8];
    struct sein_writer writer = sein_writer_of(bytes, sizeof bytes);

    sein_write_u64(&writer, number);
    (void)crypto_generichash(out, MARK_BYTES, bytes, sizeof bytes, NULL, 0);
}

struct store_item
store_letter(uint64_t number, uint8_t *buffer, size_t len)
{
    struct store_item item = { .type = SEIN_ITEM_LETTER };
    struct sein_writer id = sein_writer_of(item.letter_id.bytes, SEIN_ID_BYTES);
    uint8_t mark[MARK_BYTES];

    store_letter_mark(number, mark);
    for (size_t i = 0; i < len; i++)
        buffer[i] = mark[i % sizeof mark];
    sein_write_u64(&id, number);
    (void)snprintf(item.desk.text, sizeof item.desk.text,
                   "00000099000000001000/wijkteam-%d", (int)(number % 3));
    (void)snprintf(item.from.text, sizeof item.from.text,
                   "00000099000000002000/afdeling");
    (void)snprintf(item.circle.text, sizeof item.circle.text, "schulden");
    item.accepted_at_ms = (int64_t)number;
    item.expires_at_ms = (int64_t)(number / 100 * 100) + 1000000;
    item.collect_by_ms = (int64_t)number + 500000;
    item.bytes = sein_slice_of(buffer, len);
    return item;
}
