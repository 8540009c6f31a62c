/* The rows of the regie under a presence, and what they come to. */
#include <stdlib.h>
#include <string.h>

#include "client/lib/regie.h"
#include "client/lib/regie_rows.h"
#include "proto/trust/identity.h"

static void
mark_of(struct sein_slice bytes, struct sein_hash *out_mark)
{
    sein_hash_of(bytes, out_mark);
}

enum sein_err
regie_insert(struct localdb *db, const struct presence *own, bool is_release,
             struct sein_slice bytes)
{
    static const char sql[] = "INSERT INTO regie (presence, mark, kind, sealed)"
                              " VALUES (?1, ?2, ?3, ?4)";
    struct localdb_query *query = NULL;
    struct sein_hash mark;
    struct sein_slice key = { 0 };
    enum sein_err err = localdb_start(db, sql, &query);

    if (err != SEIN_OK)
        return err;
    mark_of(bytes, &mark);
    key = sein_slice_of(mark.bytes, SEIN_ID_BYTES);
    localdb_set_int(query, 1, own->id);
    localdb_set_bytes(query, 2, key);
    localdb_set_int(query, 3, is_release ? 1 : 0);
    localdb_set_sealed(query, 4, "regie", key, bytes);
    return localdb_run(&query);
}

enum sein_err
regie_holds(struct localdb *db, const struct presence *own,
            struct sein_slice bytes, bool *out_holds)
{
    static const char sql[] =
        "SELECT id FROM regie WHERE presence = ?1 AND mark = ?2";
    struct localdb_query *query = NULL;
    struct sein_hash mark;
    enum sein_err err = localdb_start(db, sql, &query);

    if (err != SEIN_OK)
        return err;
    mark_of(bytes, &mark);
    localdb_set_int(query, 1, own->id);
    localdb_set_bytes(query, 2, sein_slice_of(mark.bytes, SEIN_ID_BYTES));
    err = localdb_step(query);
    localdb_end(&query);
    if (err != SEIN_OK && err != SEIN_ENOENT)
        return err;
    *out_holds = err == SEIN_OK;
    return SEIN_OK;
}

static enum sein_err
read_row(struct localdb_query *query, struct regie_row *row)
{
    struct localdb_plain plain = { 0 };
    enum sein_err err = localdb_get_sealed(query, 2, "regie",
                                           localdb_get_bytes(query, 0), &plain);

    if (err == SEIN_OK && plain.bytes.len > sizeof row->bytes)
        err = SEIN_ETAMPERED;
    if (err == SEIN_OK) {
        row->is_release = localdb_get_int(query, 1) != 0;
        row->len = plain.bytes.len;
        memcpy(row->bytes, plain.bytes.at, plain.bytes.len);
    }
    localdb_plain_free(&plain);
    return err;
}

static enum sein_err
read_rows(struct localdb *db, const struct presence *own, struct regie *regie)
{
    static const char sql[] = "SELECT mark, kind, sealed FROM regie"
                              " WHERE presence = ?1 ORDER BY id";
    struct localdb_query *query = NULL;
    enum sein_err err = localdb_start(db, sql, &query);

    if (err != SEIN_OK)
        return err;
    localdb_set_int(query, 1, own->id);
    while (err == SEIN_OK && regie->row_count < SEIN_REGIE_HELD_MAX) {
        err = localdb_step(query);
        if (err == SEIN_OK)
            err = read_row(query, &regie->rows[regie->row_count]);
        if (err == SEIN_OK)
            regie->row_count++;
    }
    localdb_end(&query);
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

struct sein_slice
regie_row_bytes(const struct regie_row *row)
{
    return sein_slice_of(row->bytes, row->len);
}

struct sein_regie_place
regie_place(const struct sein_home *home, const struct presence *own)
{
    return (struct sein_regie_place){ home->dir, &own->keys,
                                      presence_scope(own) };
}

/* One that verified once and does not any more (a key was revoked, the epoch is
 * another) counts for nothing. */
static void
judge(struct regie *regie, const struct sein_regie_place *place, int64_t now_ms)
{
    for (size_t i = 0; i < regie->row_count; i++) {
        struct sein_regie_view *view = &regie->views[regie->count];

        if (regie->rows[i].is_release ||
            sein_regie_verify(place, regie_row_bytes(&regie->rows[i]), now_ms,
                              view) != SEIN_OK)
            continue;
        regie->view_rows[regie->count++] = i;
    }
}

static void
find_release(struct regie *regie, const struct sein_regie_place *place,
             struct sein_slice desk, int64_t now_ms)
{
    for (size_t i = 0; i < regie->row_count && regie->release == NULL; i++) {
        if (!regie->rows[i].is_release ||
            sein_release_verify(place, regie_row_bytes(&regie->rows[i]), now_ms,
                                &regie->found) != SEIN_OK ||
            !sein_release_fits(&regie->found, regie->head, desk))
            continue;
        regie->release = &regie->found;
        regie->release_row = i;
    }
}

static enum sein_err
resolve(const struct sein_home *home, const struct presence *own,
        struct regie *regie, int64_t now_ms)
{
    const struct sein_regie_place place = regie_place(home, own);
    const struct sein_circle *circle =
        sein_directory_circle(home->dir, place.scope.circle);
    size_t head = 0;
    enum sein_err err = SEIN_OK;

    if (circle == NULL)
        return SEIN_OK;
    judge(regie, &place, now_ms);
    err = sein_regie_resolve(circle, regie->views, regie->count, &head);
    if (err != SEIN_OK)
        return err == SEIN_ENOENT ? SEIN_OK : err;
    regie->head = &regie->views[head];
    find_release(regie, &place, sein_slice_text(own->desk.text), now_ms);
    return SEIN_OK;
}

enum sein_err
regie_load(struct sein_home *home, const struct presence *own, int64_t now_ms,
           struct regie **out_regie)
{
    struct regie *regie = calloc(1, sizeof *regie);
    enum sein_err err = SEIN_ENOMEM;

    if (regie == NULL)
        return err;
    regie->rows = calloc(SEIN_REGIE_HELD_MAX, sizeof *regie->rows);
    regie->views = calloc(SEIN_REGIE_HELD_MAX, sizeof *regie->views);
    regie->view_rows = calloc(SEIN_REGIE_HELD_MAX, sizeof *regie->view_rows);
    if (regie->rows != NULL && regie->views != NULL && regie->view_rows != NULL)
        err = read_rows(home->db, own, regie);
    if (err == SEIN_OK)
        err = resolve(home, own, regie, now_ms);
    if (err == SEIN_OK)
        *out_regie = regie;
    else
        regie_free(&regie);
    return err;
}

void
regie_free(struct regie **regie)
{
    if (*regie == NULL)
        return;
    free((*regie)->rows);
    free((*regie)->views);
    free((*regie)->view_rows);
    free(*regie);
    *regie = NULL;
}
