#include "client/keyholder/chain.h"

enum sein_err
chain_open(struct records *records, const struct sein_hash *fingerprint,
           struct chain *out_chain)
{
    struct records_query *query = NULL;
    struct sein_directory *dir = NULL;
    enum sein_err err = records_start(
        records, "SELECT bytes FROM directory ORDER BY version DESC LIMIT 1",
        &query);

    if (err == SEIN_OK)
        err = records_step(query);
    if (err == SEIN_OK) {
        /* Its signatures were checked when it was taken. */
        err = sein_directory_read(records_get_bytes(query, 0), &dir);
        if (err != SEIN_OK && err != SEIN_ENOMEM)
            err = SEIN_ETAMPERED;
    }
    records_end(&query);
    if (err != SEIN_OK && err != SEIN_ENOENT)
        return err;
    *out_chain = (struct chain){ records, *fingerprint, dir };
    return SEIN_OK;
}

void
chain_close(struct chain *chain)
{
    sein_directory_free(&chain->dir);
}

/* Nothing here is from before the newest version. */
static enum sein_err
store(struct records *records, const struct sein_directory *dir)
{
    struct records_query *query = NULL;
    enum sein_err err = records_begin(records);

    if (err == SEIN_OK)
        err = records_start(records, "DELETE FROM directory", &query);
    if (err == SEIN_OK)
        err = records_run(&query);
    if (err == SEIN_OK)
        err = records_start(
            records, "INSERT INTO directory (version, bytes) VALUES (?1, ?2)",
            &query);
    if (err == SEIN_OK) {
        records_set_int(query, 1, (int64_t)sein_directory_version(dir));
        records_set_bytes(query, 2, sein_directory_bytes(dir));
        err = records_run(&query);
    }
    if (err == SEIN_OK)
        err = records_commit(records);
    records_end(&query);
    records_rollback(records); /* no-op when committed */
    return err;
}

enum sein_err
chain_accept(struct chain *chain, struct sein_slice bytes, int64_t now_ms)
{
    struct sein_directory *dir = NULL;
    enum sein_err err = SEIN_OK;

    if (chain->dir == NULL)
        err = sein_directory_accept_first(bytes, &chain->fingerprint, now_ms,
                                          &dir);
    else
        err = sein_directory_accept_next(chain->dir, bytes, now_ms, &dir);
    if (err == SEIN_OK)
        err = store(chain->records, dir);
    if (err == SEIN_OK) {
        sein_directory_free(&chain->dir);
        chain->dir = dir;
        dir = NULL;
    }
    sein_directory_free(&dir);
    return err;
}
