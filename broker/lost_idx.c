#include "broker/lost_idx.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "broker/keys.h"
#include "broker/store/store.h"

/* A folder and the name of a file in it. */
#define PATH_ROOM (CONFIG_PATH_MAX + 32)

static bool
is_there(const char *folder, const char *name)
{
    char path[PATH_ROOM];
    int written = snprintf(path, sizeof path, "%s/%s", folder, name);

    return written > 0 && (size_t)written < sizeof path &&
           access(path, F_OK) == 0;
}

/* What waits for the two sides carries notes and deposits. */
static enum sein_err
erase_match(struct store_txn *txn, const struct store_match *match)
{
    const struct store_ops *ops = txn->store->ops;

    for (size_t i = 0; i < 2; i++) {
        enum sein_err err = SEIN_OK;

        if (match->sides[i].item_seq == 0)
            continue;
        err = ops->item_erase(txn, match->sides[i].item_seq);
        if (err != SEIN_OK && err != SEIN_ENOENT)
            return err;
    }
    return ops->match_erase(txn, &match->match_id);
}

static enum sein_err
erase_presence(struct store_txn *txn, const struct store_presence *presence)
{
    const struct store_ops *ops = txn->store->ops;
    struct store_match match = { 0 };
    enum sein_err err = SEIN_OK;

    while (err == SEIN_OK) {
        err =
            ops->match_next(txn, &presence->idx,
                            sein_slice_text(presence->desk.text), NULL, &match);
        if (err == SEIN_OK || err == SEIN_EDAMAGED)
            err = erase_match(txn, &match);
    }
    return err == SEIN_ENOENT ? ops->presence_erase(txn, presence->seq) : err;
}

static enum sein_err
erase_all(struct store_txn *txn)
{
    struct store_presence presence = { 0 };
    enum sein_err err = SEIN_OK;

    while (err == SEIN_OK) {
        err = txn->store->ops->presence_walk(txn, presence.seq, &presence);
        if (err == SEIN_OK || err == SEIN_EDAMAGED)
            err = erase_presence(txn, &presence);
    }
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

static void
explain(const struct config *config, uint64_t count)
{
    (void)fprintf(
        stderr,
        "seinhuisd: %s/" KEYS_IDX_FILE " is missing, and the database in %s "
        "holds %" PRIu64 " presences under it, which no other key finds: "
        "restore the file from its backup; or, if there is none, give "
        "--drop-presences too, which erases them: members are not told, and "
        "register anew when they renew\n",
        config->keys_dir, config->store_dir, count);
}

static enum sein_err
check_store(struct store *store, const struct config *config, bool drop)
{
    const struct store_ops *ops = store->ops;
    struct store_txn *txn = NULL;
    uint64_t count = 0;
    enum sein_err err = ops->begin(store, &txn);

    if (err != SEIN_OK)
        return err;
    err = ops->presence_count(txn, sein_slice_text(""), &count);
    if (err != SEIN_OK || count == 0)
        goto done;
    if (!drop) {
        explain(config, count);
        err = SEIN_ECONFIG;
        goto done;
    }
    err = erase_all(txn);
    if (err == SEIN_OK)
        err = ops->commit(&txn);
    if (err == SEIN_OK)
        err = ops->maintain(store);
    if (err == SEIN_OK)
        (void)fprintf(stderr, "erased %" PRIu64 " presences in %s\n", count,
                      config->store_dir);

done:
    ops->rollback(&txn); /* no-op when committed */
    return err;
}

enum sein_err
lost_idx_check(const struct config *config, bool drop)
{
    struct store *store = NULL;
    enum sein_err err = SEIN_OK;

    if (is_there(config->keys_dir, KEYS_IDX_FILE) ||
        !is_there(config->store_dir, STORE_SQLITE_FILE))
        return SEIN_OK;
    err = store_sqlite_ops.open(config->store_dir, &store);
    if (err == SEIN_OK)
        err = check_store(store, config, drop);
    if (err != SEIN_OK && err != SEIN_ECONFIG)
        (void)fprintf(stderr,
                      "seinhuisd: %s/" KEYS_IDX_FILE " is missing, and the "
                      "database in %s cannot be looked at: %s%s\n",
                      config->keys_dir, config->store_dir, sein_err_text(err),
                      err == SEIN_EBUSY ? "; stop the broker first" : "");
    store_sqlite_ops.close(&store);
    return err;
}
