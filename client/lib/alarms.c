#include "client/lib/alarms.h"

#include <stdio.h>

#include "proto/wire/schema.h"

struct alarm_form { /* array */
    struct sein_slice about;
    uint64_t count;
    struct sein_slice evidence;
};
static const struct sein_field alarm_fields[] = {
    { "about", SEIN_FIELD_TEXT, false, offsetof(struct alarm_form, about), 0,
      ALARM_ABOUT_MAX },
    { "count", SEIN_FIELD_UINT, false, offsetof(struct alarm_form, count), 1,
      UINT64_MAX },
    { "evidence", SEIN_FIELD_BYTES, false,
      offsetof(struct alarm_form, evidence), 0, ALARM_EVIDENCE_MAX },
};
static const struct sein_schema alarm_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, alarm_fields, struct alarm_form);

#define ALARM_BYTES (ALARM_EVIDENCE_MAX + ALARM_ABOUT_MAX + 64U)

/* The seal is bound to the code: an alarm does not become another. */
static struct sein_slice
alarm_key(int64_t code, uint8_t *buffer)
{
    struct sein_writer out = sein_writer_of(buffer, 8);

    sein_write_u64(&out, (uint64_t)code);
    return sein_slice_of(buffer, out.len);
}

static enum sein_err
read_alarm(struct localdb_query *query, struct localdb_plain *plain,
           struct alarm_form *out_form)
{
    uint8_t key[8];
    enum sein_err err = localdb_get_sealed(
        query, 3, "evidence", alarm_key(localdb_get_int(query, 2), key), plain);

    if (err == SEIN_OK && sein_schema_decode_all(&alarm_schema, plain->bytes,
                                                 out_form) != SEIN_OK)
        err = SEIN_ETAMPERED;
    return err;
}

static const char walk_sql[] = "SELECT id, at, code, sealed FROM evidence"
                               " ORDER BY id DESC LIMIT 1000";

/* The newest alarms are looked through for the same one. */
static enum sein_err
find_same(struct localdb *db, enum sein_err code, struct sein_slice about,
          int64_t *out_id, uint64_t *out_count)
{
    struct localdb_query *query = NULL;
    enum sein_err err = localdb_start(db, walk_sql, &query);

    while (err == SEIN_OK) {
        struct localdb_plain plain = { 0 };
        struct alarm_form form = { 0 };

        err = localdb_step(query);
        if (err != SEIN_OK || localdb_get_int(query, 2) != (int64_t)code)
            continue;
        if (read_alarm(query, &plain, &form) == SEIN_OK &&
            sein_slice_equal(form.about, about)) {
            *out_id = localdb_get_int(query, 0);
            *out_count = form.count;
            localdb_plain_free(&plain);
            break;
        }
        localdb_plain_free(&plain);
    }
    localdb_end(&query);
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

static enum sein_err
write_alarm(struct localdb *db, int64_t id, enum sein_err code, int64_t now_ms,
            const struct alarm_form *form)
{
    static const char sql[] =
        "INSERT OR REPLACE INTO evidence (id, at, code, sealed)"
        " VALUES (?1, ?2, ?3, ?4)";
    struct localdb_query *query = NULL;
    uint8_t bytes[ALARM_BYTES];
    uint8_t key[8];
    struct sein_writer out = sein_writer_of(bytes, sizeof bytes);
    struct sein_slice view = { 0 };
    enum sein_err err = sein_schema_encode(&alarm_schema, form, &out);

    if (err == SEIN_OK)
        err = sein_writer_done(&out, &view);
    if (err == SEIN_OK)
        err = localdb_start(db, sql, &query);
    if (err != SEIN_OK)
        return err;
    if (id == 0)
        localdb_set_null(query, 1);
    else
        localdb_set_int(query, 1, id);
    localdb_set_int(query, 2, now_ms);
    localdb_set_int(query, 3, (int64_t)code);
    localdb_set_sealed(query, 4, "evidence", alarm_key((int64_t)code, key),
                       view);
    return localdb_run(&query);
}

enum sein_err
alarms_raise(struct localdb *db, enum sein_err code, const char *about,
             struct sein_slice evidence, int64_t now_ms)
{
    struct alarm_form form = { .about = sein_slice_text(about),
                               .evidence = evidence };
    int64_t id = 0;
    enum sein_err err = SEIN_OK;

    if (form.about.len > ALARM_ABOUT_MAX)
        form.about.len = ALARM_ABOUT_MAX;
    if (form.evidence.len > ALARM_EVIDENCE_MAX)
        form.evidence.len = ALARM_EVIDENCE_MAX;
    err = find_same(db, code, form.about, &id, &form.count);
    if (err != SEIN_OK)
        return err;
    form.count++;
    return write_alarm(db, id, code, now_ms, &form);
}

enum sein_err
alarms_walk(struct localdb *db, alarms_visit *visit, void *context)
{
    struct localdb_query *query = NULL;
    enum sein_err err = localdb_start(db, walk_sql, &query);
    bool more = true;

    while (err == SEIN_OK && more) {
        struct localdb_plain plain = { 0 };
        struct alarm_form form = { 0 };
        struct alarm alarm = { 0 };

        err = localdb_step(query);
        if (err == SEIN_OK)
            err = read_alarm(query, &plain, &form);
        if (err == SEIN_OK) {
            alarm.at_ms = localdb_get_int(query, 1);
            alarm.code =
                sein_err_from_wire((uint64_t)localdb_get_int(query, 2));
            alarm.count = form.count;
            (void)snprintf(alarm.about, sizeof alarm.about, "%.*s",
                           (int)form.about.len, (const char *)form.about.at);
            more = visit(context, &alarm);
        }
        localdb_plain_free(&plain);
    }
    localdb_end(&query);
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

enum sein_err
alarms_count(struct localdb *db, int64_t since_ms, int64_t *out_count)
{
    static const char sql[] = "SELECT count(*) FROM evidence WHERE at >= ?1";
    struct localdb_query *query = NULL;
    enum sein_err err = localdb_start(db, sql, &query);

    if (err != SEIN_OK)
        return err;
    localdb_set_int(query, 1, since_ms);
    err = localdb_step(query);
    if (err == SEIN_OK)
        *out_count = localdb_get_int(query, 0);
    localdb_end(&query);
    return err;
}
