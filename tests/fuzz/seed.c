/*
 * seed FOLDER - writes one small and one full object of every closed form, as
 * fuzz_schema takes them, each as a frame too; a directory, the lines that
 * people pass on, and a receipt: what a fuzzer starts from.  The values come
 * from the forms' own tables.
 */
#include <assert.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "proto/base/limits.h"
#include "proto/trust/line.h"
#include "proto/wire/frame.h"
#include "tests/fuzz/schemas.h"
#include "tests/support/fixture_epoch.h"

#define ROW(number, schema) { (number), #schema, &(schema) },

struct row {
    unsigned number;
    const char *name;
    const struct sein_schema *schema;
};

static const struct row rows[] = { FUZZ_SCHEMAS(ROW) };

/** What fills bytes and text; digits so that some of it is a name or a day. */
static const uint8_t filling[] = "2026-01-31";

/** Arrays of 0, 1, 2 and 3 zeros, and an empty map. */
static const uint8_t lists[] = { 0x90, 0x91, 0, 0x92, 0, 0, 0x93, 0, 0, 0 };
static const uint8_t empty_map[] = { 0x80 };

static size_t
between(const struct sein_field *field, size_t wish)
{
    uint64_t len = wish;

    if (len < field->min)
        len = field->min;
    if (len > field->max)
        len = field->max;
    return (size_t)len;
}

static void
fill_list(const struct sein_field *field, struct sein_list *list)
{
    size_t count = between(field, 1);
    size_t at = 0;

    if (count > 3)
        count = 3;
    for (size_t i = 0; i < count; i++)
        at += i + 1;
    list->raw = sein_slice_of(lists + at, count + 1);
    list->count = count;
}

static void
fill(const struct sein_field *field, uint8_t *member, const uint8_t *big)
{
    size_t len = 0;

    switch (field->type) {
    case SEIN_FIELD_UINT:
        *(uint64_t *)(void *)member = between(field, 1);
        break;
    case SEIN_FIELD_BOOL:
        *(bool *)(void *)member = true;
        break;
    case SEIN_FIELD_FIXED:
        memset(member, 7, (size_t)field->max);
        break;
    case SEIN_FIELD_BYTES:
    case SEIN_FIELD_TEXT:
        len = between(field, sizeof(filling) - 1);
        *(struct sein_slice *)(void *)member = sein_slice_of(big, len);
        break;
    case SEIN_FIELD_LIST:
        fill_list(field, (struct sein_list *)(void *)member);
        break;
    case SEIN_FIELD_MAP:
        *(struct sein_slice *)(void *)member =
            sein_slice_of(empty_map, sizeof(empty_map));
        break;
    }
}

static void
write_file(const char *folder, const char *target, const char *name,
           const char *variant, struct sein_slice bytes, int front)
{
    char path[4096];
    FILE *file = NULL;
    int len = snprintf(path, sizeof(path), "%s/%s/%s%s", folder, target, name,
                       variant);

    assert(len > 0 && (size_t)len < sizeof(path));
    file = fopen(path, "wb");
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    if (front >= 0)
        (void)fputc(front, file);
    (void)fwrite(bytes.at, 1, bytes.len, file);
    if (fclose(file) != 0) {
        perror(path);
        exit(1);
    }
}

static void
require_ok(enum sein_err err)
{
    if (err == SEIN_OK)
        return;
    (void)fprintf(stderr, "seed: %s\n", sein_err_code(err));
    exit(1);
}

static void
write_row(const char *folder, const struct row *row, const uint8_t *big,
          bool full)
{
    static uint8_t buffer[SEIN_FRAME_MAX];
    alignas(max_align_t) uint8_t object[FUZZ_OBJECT_MAX] = { 0 };
    const struct sein_schema *schema = row->schema;
    struct sein_writer writer = sein_writer_of(buffer, sizeof(buffer));
    struct sein_slice bytes = { 0 };
    enum sein_err err = SEIN_OK;

    for (size_t i = 0; i < schema->count; i++) {
        const struct sein_field *field = &schema->fields[i];

        if (full || !field->optional)
            fill(field, object + field->offset, big);
    }
    err = sein_schema_encode(schema, object, &writer);
    if (err == SEIN_OK)
        err = sein_writer_done(&writer, &bytes);
    if (err != SEIN_OK) {
        (void)fprintf(stderr, "%s: %s\n", row->name, sein_err_code(err));
        exit(1);
    }
    write_file(folder, "fuzz_schema", row->name, full ? "-full" : "-small",
               bytes, (int)row->number);
    write_file(folder, "fuzz_unpack", row->name, full ? "-full" : "-small",
               bytes, -1);
    if (sein_frame_encode(SEIN_KIND_PUT, row->number, schema, object, buffer,
                          sizeof(buffer), &bytes) == SEIN_OK)
        write_file(folder, "fuzz_frame", row->name, full ? "-full" : "-small",
                   bytes, -1);
}

/* A directory with an epoch, and the line that its record came on. */
static void
write_epoch(const char *folder)
{
    struct fixture_directory *demo = fixture_directory_new(FIXTURE_NOW_MS);
    const struct fixture_epoch *epoch = fixture_epoch_demo(demo, NULL);
    struct sein_epoch_line made = { .record_len = epoch->record_len,
                                    .signature_count = epoch->signature_count };
    struct fixture_bytes bytes = { 0 };
    char line[SEIN_LINE_MAX];

    require_ok(fixture_directory_encode(demo, &bytes));
    write_file(folder, "fuzz_directory", "epoch", "",
               fixture_bytes_slice(&bytes), -1);
    fixture_bytes_free(&bytes);
    memcpy(made.record, epoch->record, sizeof(made.record));
    memcpy(made.signatures, epoch->signatures, sizeof(made.signatures));
    require_ok(sein_epoch_line_write(&made, line));
    write_file(folder, "fuzz_line", "epoch", "", sein_slice_text(line), -1);
    fixture_directory_free(&demo);
}

/* The demo's directory, and each of the lines about who takes part. */
static void
write_trust(const char *folder)
{
    struct fixture_directory *demo = fixture_directory_new(FIXTURE_NOW_MS);
    const struct fixture_key *key = &demo->members[FIXTURE_SCHOOL].keys[0];
    struct sein_invitation invitation = { .endpoint = "tcp://[::1]:5555" };
    struct sein_join_request request = { .name = "School",
                                         .desk_count = 1,
                                         .at_ms = FIXTURE_NOW_MS };
    struct sein_broker_line broker = { .name = "Broker",
                                       .endpoint = "tcp://127.0.0.1:5555",
                                       .supplier = "Leverancier" };
    struct fixture_bytes bytes = { 0 };
    char line[SEIN_LINE_MAX];

    require_ok(fixture_directory_encode(demo, &bytes));
    write_file(folder, "fuzz_directory", "demo", "",
               fixture_bytes_slice(&bytes), -1);
    fixture_bytes_free(&bytes);

    require_ok(sein_invitation_write(&invitation, line));
    write_file(folder, "fuzz_line", "invitation", "", sein_slice_text(line),
               -1);
    memcpy(request.oin.text, FIXTURE_OIN_SCHOOL, SEIN_OIN_CHARS + 1);
    memcpy(request.sign, key->sign, sizeof(request.sign));
    memcpy(request.curve, key->curve, sizeof(request.curve));
    memcpy(request.desks[0], "zorgteam", sizeof("zorgteam"));
    require_ok(sein_join_write(&request, key->sign_secret, line));
    write_file(folder, "fuzz_line", "join", "", sein_slice_text(line), -1);
    memcpy(broker.operator_oin.text, FIXTURE_OIN_OPERATOR, SEIN_OIN_CHARS + 1);
    memcpy(broker.curve, demo->brokers[0].curve, sizeof(broker.curve));
    memcpy(broker.receipt, demo->brokers[0].receipt, sizeof(broker.receipt));
    require_ok(
        sein_broker_line_write(&broker, demo->brokers[0].receipt_secret, line));
    write_file(folder, "fuzz_line", "broker", "", sein_slice_text(line), -1);
    fixture_directory_free(&demo);
}

/* A receipt of the middle one of five operations, behind its head. */
static void
write_receipt(const char *folder)
{
    uint8_t buffer[2 * SEIN_RECEIPT_MAX];
    uint8_t k_event[SEIN_HASH_BYTES] = { 0 };
    struct sein_leaf_event event = { .oin = sein_slice_text(""), .time = 1 };
    struct sein_hash leaves[5] = { 0 };
    struct sein_hash path[SEIN_TREE_DEPTH_MAX];
    struct sein_head head = { .v = 1, .seq = 1, .count = 5, .time = 1 };
    struct sein_writer writer = sein_writer_of(buffer, sizeof(buffer));
    struct sein_slice bytes = { 0 };
    size_t depth = 0;

    sein_leaf_make(&event, k_event, &leaves[2]);
    sein_tree_root(leaves, 5, &head.root);
    require_ok(sein_tree_path(leaves, 5, 2, path, &depth));
    require_ok(sein_schema_encode(&sein_head_schema, &head, &writer));
    require_ok(sein_receipt_encode(k_event, 1, 2, path, depth, 0, &writer));
    require_ok(sein_writer_done(&writer, &bytes));
    write_file(folder, "fuzz_receipt", "middle", "", bytes, -1);
}

int
main(int argc, char **argv)
{
    static uint8_t big[SEIN_DIRECTORY_MAX];

    if (argc != 2) {
        (void)fputs("usage: seed FOLDER\n", stderr);
        return 64;
    }
    if (sodium_init() < 0)
        return 1;
    for (size_t i = 0; i < sizeof(big); i++)
        big[i] = filling[i % (sizeof(filling) - 1)];
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        write_row(argv[1], &rows[i], big, false);
        write_row(argv[1], &rows[i], big, true);
    }
    write_trust(argv[1]);
    write_epoch(argv[1]);
    write_receipt(argv[1]);
    return 0;
}
