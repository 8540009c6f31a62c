#include "client/keyholder/repeats.h"

#include <string.h>

static enum sein_err
read_row(struct records_query *query, int64_t now_ms,
         struct repeats_reply *out_reply)
{
    struct sein_slice bytes = records_get_bytes(query, 1);
    struct sein_slice signature = records_get_bytes(query, 2);
    int64_t ago_ms = now_ms - records_get_int(query, 0);

    /* One from the future is of a clock that was put back: not too old. */
    if (ago_ms > SEIN_EVAL_REPEAT_MS)
        return SEIN_ENOENT;
    if (bytes.len > sizeof out_reply->bytes ||
        signature.len != sizeof out_reply->signature)
        return SEIN_ETAMPERED;
    out_reply->len = bytes.len;
    if (bytes.len > 0)
        memcpy(out_reply->bytes, bytes.at, bytes.len);
    memcpy(out_reply->signature, signature.at, signature.len);
    return SEIN_OK;
}

enum sein_err
repeats_find(struct records *records, const struct sein_hash *request,
             int64_t now_ms, struct repeats_reply *out_reply)
{
    struct records_query *query = NULL;
    enum sein_err err = records_start(records,
                                      "SELECT at, reply, signature FROM repeat"
                                      " WHERE request = ?1",
                                      &query);

    if (err != SEIN_OK)
        return err;
    records_set_bytes(query, 1,
                      sein_slice_of(request->bytes, sizeof request->bytes));
    err = records_step(query);
    if (err == SEIN_OK)
        err = read_row(query, now_ms, out_reply);
    records_end(&query);
    return err;
}

enum sein_err
repeats_keep(struct records *records, const struct sein_hash *request,
             const struct repeats_reply *reply, int64_t now_ms)
{
    struct records_query *query = NULL;
    enum sein_err err = records_start(records,
                                      "INSERT OR REPLACE INTO repeat"
                                      " (request, at, reply, signature)"
                                      " VALUES (?1, ?2, ?3, ?4)",
                                      &query);

    if (err != SEIN_OK)
        return err;
    records_set_bytes(query, 1,
                      sein_slice_of(request->bytes, sizeof request->bytes));
    records_set_int(query, 2, now_ms);
    records_set_bytes(query, 3, sein_slice_of(reply->bytes, reply->len));
    records_set_bytes(query, 4,
                      sein_slice_of(reply->signature, sizeof reply->signature));
    return records_run(&query);
}

enum sein_err
repeats_forget(struct records *records, int64_t now_ms)
{
    struct records_query *query = NULL;
    enum sein_err err =
        records_start(records, "DELETE FROM repeat WHERE at < ?1", &query);

    if (err != SEIN_OK)
        return err;
    records_set_int(query, 1, now_ms - SEIN_EVAL_REPEAT_MS);
    return records_run(&query);
}
