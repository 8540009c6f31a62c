#define _XOPEN_SOURCE 700

#include "tests/support/govern_folder.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>

static const char *const names[GOVERN_FOLDER_KEYS] = { "Anna", "Bram", "Cato",
                                                       "Dirk" };

void
govern_folder_begin(struct govern_folder *folder)
{
    struct govern_key key;

    memset(folder, 0, sizeof *folder);
    (void)snprintf(folder->outside, sizeof folder->outside,
                   "/tmp/test_govern.XXXXXX");
    assert_non_null(mkdtemp(folder->outside));
    (void)snprintf(folder->path, sizeof folder->path, "%.200s/governance",
                   folder->outside);
    for (size_t i = 0; i < GOVERN_FOLDER_KEYS; i++) {
        (void)snprintf(folder->key[i], sizeof folder->key[i], "%s/%s.key",
                       folder->outside, names[i]);
        assert_int_equal(govern_keygen(folder->key[i], names[i], &key),
                         SEIN_OK);
        memcpy(folder->pk[i], key.pk, sizeof key.pk);
    }
    assert_int_equal(govern_key_read(folder->key[0], &key), SEIN_OK);
    assert_memory_equal(key.pk, folder->pk[0], sizeof key.pk);
    assert_int_equal(govern_create(folder->path, &key, 1), SEIN_OK);
    assert_int_equal(govern_create(folder->path, &key, 1), SEIN_EEXIST);
}

static void
add_circle(struct govern *govern)
{
    const char *const kinds[] = {
        "huur=arrears|Huurachterstand|Rent arrears",
        "overig=Overig|Other",
    };
    const char *const outcomes[] = { "contact=Contact gelegd|Contact made" };
    struct govern_circle rules = {
        .id = "schulden",
        .title = "Vroegsignalering schulden",
        .purpose = "Huishoudens met betalingsachterstanden vroeg hulp bieden, "
                   "voordat er wordt afgesloten of ontruimd; met een regel die "
                   "te lang is om op een regel van het bestand te staan, zodat "
                   "zij verderloopt",
        .basis = "Wet gemeentelijke schuldhulpverlening, artikel 3",
        .basis_ends = "2030-12-31",
        .retention_days = "90",
        .kinds = kinds,
        .kind_count = 2,
        .outcomes = outcomes,
        .outcome_count = 1,
    };

    assert_int_equal(govern_set_circle(govern, &rules), SEIN_OK);
}

static void
add_corporatie(struct govern *govern)
{
    const char *const desks[] = { "incasso", NULL };
    const char *const roles[] = { "schulden=signal,feedback" };
    struct govern_desk every = { .roles = roles, .role_count = 1 };
    char line[SEIN_LINE_MAX];
    struct sein_key_id id;
    struct govern_admission admission = { .line = line,
                                          .domain = "wonen",
                                          .every = &every };

    govern_folder_join_line(GOVERN_FOLDER_CORPORATIE, "Corporatie", desks, line,
                            &id);
    assert_int_equal(govern_admit(govern, &admission), SEIN_OK);
}

static void
add_wijkteam(struct govern *govern)
{
    const char *const none[] = { NULL };
    const char *const roles[] = { "schulden=coordinate" };
    const char *const areas[] = { "1500-1549", "1560" };
    const char *const south[] = { "1700-1799" };
    const struct govern_desk desks[] = {
        { .name = "noord",
          .title = "Wijkteam Noord",
          .areas = areas,
          .area_count = 2 },
        { .name = "zuid", .areas = south, .area_count = 1 },
    };
    struct govern_desk every = { .roles = roles,
                                 .role_count = 1,
                                 .phone = "020 000 0000" };
    char line[SEIN_LINE_MAX];
    struct sein_key_id id;
    struct govern_admission admission = { .line = line,
                                          .domain = "wijkteam",
                                          .every = &every,
                                          .desks = desks,
                                          .desk_count = 2 };

    govern_folder_join_line(GOVERN_FOLDER_WIJKTEAM, "Wijkteam", none, line,
                            &id);
    assert_int_equal(govern_admit(govern, &admission), SEIN_OK);
}

void
govern_folder_make(struct govern_folder *folder, int64_t now_ms)
{
    struct govern *govern = NULL;
    char line[SEIN_LINE_MAX];
    size_t count = 0;

    govern_folder_begin(folder);
    govern = govern_folder_open(folder, now_ms);
    govern_folder_broker_line(line);
    assert_int_equal(govern_add_broker(govern, line, false), SEIN_OK);
    assert_int_equal(govern_add_broker(govern, line, false), SEIN_EEXIST);
    add_circle(govern);
    add_corporatie(govern);
    add_wijkteam(govern);
    (void)govern_problems(govern, &count);
    assert_int_equal(count, 0);
    assert_int_equal(govern_commit(govern), SEIN_OK);
    govern_close(&govern);
}

static int
remove_one(const char *path, const struct stat *info, int kind,
           struct FTW *where)
{
    (void)info;
    (void)kind;
    (void)where;
    return remove(path);
}

void
govern_folder_remove(struct govern_folder *folder)
{
    for (size_t i = 0; i < folder->read_count; i++)
        free((void *)(uintptr_t)folder->read[i].at);
    assert_int_equal(
        nftw(folder->outside, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

struct govern *
govern_folder_open(struct govern_folder *folder, int64_t now_ms)
{
    struct govern *govern = NULL;

    assert_int_equal(govern_open(folder->path, now_ms, &govern), SEIN_OK);
    return govern;
}

void
govern_folder_governors(struct govern_folder *folder, size_t count,
                        uint64_t threshold, int64_t now_ms)
{
    struct govern *govern = govern_folder_open(folder, now_ms);

    assert_true(count <= GOVERN_FOLDER_KEYS);
    for (size_t i = 1; i < count && i < GOVERN_FOLDER_KEYS; i++)
        assert_int_equal(
            govern_set_governor(govern, names[i], folder->pk[i], false),
            SEIN_OK);
    assert_int_equal(govern_set_threshold(govern, threshold), SEIN_OK);
    assert_int_equal(govern_commit(govern), SEIN_OK);
    govern_close(&govern);
}

void
govern_folder_broker_line(char out_line[static SEIN_LINE_MAX])
{
    struct sein_broker_line broker = { .name = "Seinhuis Regio",
                                       .endpoint = "tcp://127.0.0.1:5600",
                                       .operator_oin = {
                                           "00000099000000009000" } };
    uint8_t secret[SEIN_SIGN_SECRET_BYTES];

    assert_int_equal(crypto_sign_keypair(broker.receipt, secret), 0);
    randombytes_buf(broker.curve, sizeof broker.curve);
    assert_int_equal(sein_broker_line_write(&broker, secret, out_line),
                     SEIN_OK);
}

void
govern_folder_join_line(const char *oin, const char *name,
                        const char *const *desks,
                        char out_line[static SEIN_LINE_MAX],
                        struct sein_key_id *out_id)
{
    struct sein_join_request request = { .at_ms = 1 };
    uint8_t secret[SEIN_SIGN_SECRET_BYTES];

    (void)snprintf(request.oin.text, sizeof request.oin.text, "%s", oin);
    (void)snprintf(request.name, sizeof request.name, "%s", name);
    for (; *desks != NULL; desks++)
        (void)snprintf(request.desks[request.desk_count++],
                       sizeof request.desks[0], "%s", *desks);
    assert_int_equal(crypto_sign_keypair(request.sign, secret), 0);
    randombytes_buf(request.curve, sizeof request.curve);
    sein_key_id_of(request.sign, request.curve, out_id);
    assert_int_equal(sein_join_write(&request, secret, out_line), SEIN_OK);
}

static void
path_of(const struct govern_folder *folder, const char *name,
        char out[static 400])
{
    (void)snprintf(out, 400, "%s/%s", folder->path, name);
}

struct sein_slice
govern_folder_read(struct govern_folder *folder, const char *name)
{
    char path[400];
    FILE *file = NULL;
    uint8_t *bytes = malloc(SEIN_DIRECTORY_MAX);
    size_t len = 0;

    path_of(folder, name, path);
    file = fopen(path, "re");
    assert_non_null(file);
    assert_non_null(bytes);
    len = fread(bytes, 1, SEIN_DIRECTORY_MAX - 1, file);
    assert_int_equal(fclose(file), 0);
    bytes[len] = '\0';
    assert_true(folder->read_count < 64);
    folder->read[folder->read_count++] = sein_slice_of(bytes, len);
    return sein_slice_of(bytes, len);
}

void
govern_folder_write(struct govern_folder *folder, const char *name,
                    const char *text)
{
    char path[400];
    char *slash = NULL;
    FILE *file = NULL;

    path_of(folder, name, path);
    slash = strrchr(path, '/');
    *slash = '\0';
    (void)mkdir(path, 0755);
    *slash = '/';
    file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

void
govern_folder_flip(struct govern_folder *folder, const char *name, size_t at)
{
    char path[400];
    FILE *file = NULL;
    int byte = 0;

    path_of(folder, name, path);
    file = fopen(path, "r+e");
    assert_non_null(file);
    assert_int_equal(fseek(file, (long)at, SEEK_SET), 0);
    byte = fgetc(file);
    assert_int_equal(fseek(file, (long)at, SEEK_SET), 0);
    assert_int_equal(fputc(byte ^ 1, file), byte ^ 1);
    assert_int_equal(fclose(file), 0);
}

void
govern_folder_unlink(struct govern_folder *folder, const char *name)
{
    char path[400];

    path_of(folder, name, path);
    assert_int_equal(unlink(path), 0);
}
