#include "client/keyholder/ratelimit.h"

/* So that a clock that jumped ahead for a while does not open a day anew. */
#define DAYS_KEPT 60

static bool
holds(const struct sein_dir_quota_exception *exception, struct sein_slice oin,
      int64_t now_ms)
{
    return sein_slice_equal(exception->oin, oin) &&
           (int64_t)exception->from <= now_ms &&
           now_ms < (int64_t)exception->until;
}

uint64_t
ratelimit_quota(const struct sein_circle *circle, struct sein_slice oin,
                int64_t now_ms)
{
    const struct sein_list *list = &circle->entry.quota_exceptions;
    uint64_t quota = circle->entry.quota_per_day == 0
                         ? SEIN_QUOTA_DEFAULT
                         : circle->entry.quota_per_day;
    struct sein_items items = { 0 };
    enum sein_err err = SEIN_OK;

    if (list->count == 0)
        return quota;
    err = sein_items_begin(list->raw, list->count, &items);
    while (err == SEIN_OK) {
        struct sein_dir_quota_exception exception = { 0 };

        err = sein_items_next(&items, &sein_dir_quota_exception_schema,
                              &exception, NULL);
        if (err == SEIN_OK && holds(&exception, oin, now_ms))
            return exception.per_day;
    }
    return quota;
}

static enum sein_err
read_used(struct records *records, int64_t day, struct sein_slice circle,
          struct sein_slice oin, uint64_t *out_used)
{
    struct records_query *query = NULL;
    enum sein_err err =
        records_start(records,
                      "SELECT count FROM used WHERE day = ?1 AND circle = ?2"
                      " AND oin = ?3",
                      &query);

    *out_used = 0;
    if (err != SEIN_OK)
        return err;
    records_set_int(query, 1, day);
    records_set_bytes(query, 2, circle);
    records_set_bytes(query, 3, oin);
    err = records_step(query);
    if (err == SEIN_OK)
        *out_used = (uint64_t)records_get_int(query, 0);
    records_end(&query);
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

static enum sein_err
write_used(struct records *records, int64_t day, struct sein_slice circle,
           struct sein_slice oin, uint64_t used)
{
    struct records_query *query = NULL;
    enum sein_err err =
        records_start(records,
                      "INSERT OR REPLACE INTO used (day, circle, oin, count)"
                      " VALUES (?1, ?2, ?3, ?4)",
                      &query);

    if (err != SEIN_OK)
        return err;
    records_set_int(query, 1, day);
    records_set_bytes(query, 2, circle);
    records_set_bytes(query, 3, oin);
    records_set_int(query, 4, (int64_t)used);
    return records_run(&query);
}

enum sein_err
ratelimit_take(struct records *records, struct sein_slice circle,
               struct sein_slice oin, uint64_t count, uint64_t per_day,
               int64_t now_ms, int64_t *out_at_ms)
{
    int64_t day = now_ms / SEIN_MS_PER_DAY;
    uint64_t used = 0;
    enum sein_err err = read_used(records, day, circle, oin, &used);

    if (err != SEIN_OK)
        return err;
    if (used > per_day || count > per_day - used) {
        *out_at_ms = (day + 1) * SEIN_MS_PER_DAY;
        return SEIN_EQUOTA;
    }
    return write_used(records, day, circle, oin, used + count);
}

enum sein_err
ratelimit_forget(struct records *records, int64_t now_ms)
{
    struct records_query *query = NULL;
    enum sein_err err =
        records_start(records, "DELETE FROM used WHERE day < ?1", &query);

    if (err != SEIN_OK)
        return err;
    records_set_int(query, 1, now_ms / SEIN_MS_PER_DAY - DAYS_KEPT);
    return records_run(&query);
}
