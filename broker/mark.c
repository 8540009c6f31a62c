#include "broker/mark.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "proto/trust/identity.h"

/* "seinhuis-mark-1 " log id " " seq " " hash " " check "\n": always the same
 * length, so that writing needs no new space and lies within one sector. */
#define MARK_PREFIX "seinhuis-mark-1 "
#define MARK_CHECK_BYTES 8U
#define MARK_BODY_CHARS (sizeof MARK_PREFIX - 1 + 32 + 1 + 20 + 1 + 64 + 1)
#define MARK_CHARS (MARK_BODY_CHARS + 2 * MARK_CHECK_BYTES + 1)
#define MARK_EACH_MS 1000

struct place {
    struct sein_log_id log_id;
    uint64_t seq; /* 0: no head yet */
    struct sein_hash hash;
};

struct mark {
    int fd;
    bool readable; /* the file held a place when it was opened */
    bool due;
    int64_t written_ms;
    struct place place; /* as written */
    struct place next;  /* as prepared */
};

static void
format_mark(const struct place *place, char out[static MARK_CHARS + 1])
{
    char log_id[2 * SEIN_ID_BYTES + 1];
    char hash[2 * SEIN_HASH_BYTES + 1];
    char check[2 * MARK_CHECK_BYTES + 1];
    struct sein_hash sum;

    sein_hex(sein_slice_of(place->log_id.bytes, SEIN_ID_BYTES), log_id,
             sizeof log_id);
    sein_hex(sein_slice_of(place->hash.bytes, SEIN_HASH_BYTES), hash,
             sizeof hash);
    (void)snprintf(out, MARK_CHARS + 1, MARK_PREFIX "%s %020" PRIu64 " %s ",
                   log_id, place->seq, hash);
    sein_hash_of(sein_slice_of((const uint8_t *)out, MARK_BODY_CHARS), &sum);
    sein_hex(sein_slice_of(sum.bytes, MARK_CHECK_BYTES), check, sizeof check);
    (void)snprintf(out + MARK_BODY_CHARS, MARK_CHARS + 1 - MARK_BODY_CHARS,
                   "%s\n", check);
}

/* Reads the parts and writes them again: equal only for a whole mark. */
static bool
parse_mark(const char *text, struct place *out_place)
{
    const uint8_t *at = (const uint8_t *)text + sizeof MARK_PREFIX - 1;
    char again[MARK_CHARS + 1];
    struct place place = { 0 };

    if (sein_unhex(sein_slice_of(at, 32), place.log_id.bytes, SEIN_ID_BYTES) !=
        SEIN_OK)
        return false;
    place.seq = strtoull((const char *)at + 33, NULL, 10);
    if (sein_unhex(sein_slice_of(at + 54, 64), place.hash.bytes,
                   SEIN_HASH_BYTES) != SEIN_OK)
        return false;
    format_mark(&place, again);
    if (memcmp(again, text, MARK_CHARS) != 0)
        return false;
    *out_place = place;
    return true;
}

enum sein_err
mark_open(const char *path, struct mark **out_mark)
{
    struct mark *mark = calloc(1, sizeof *mark);
    char text[MARK_CHARS + 1] = "";
    enum sein_err err = SEIN_EIO;

    if (mark == NULL)
        return SEIN_ENOMEM;
    mark->due = true;
    mark->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (mark->fd < 0)
        goto done;
    if (flock(mark->fd, LOCK_EX | LOCK_NB) != 0) {
        err = errno == EWOULDBLOCK ? SEIN_EEXIST : SEIN_EIO;
        goto done;
    }
    if (pread(mark->fd, text, MARK_CHARS, 0) == (ssize_t)MARK_CHARS)
        mark->readable = parse_mark(text, &mark->place);
    *out_mark = mark;
    mark = NULL;
    err = SEIN_OK;

done:
    mark_free(&mark);
    return err;
}

void
mark_free(struct mark **mark)
{
    if (*mark == NULL)
        return;
    if ((*mark)->fd >= 0)
        (void)close((*mark)->fd); /* written with fdatasync */
    free(*mark);
    *mark = NULL;
}

static enum sein_err
take_head(void *context, const struct store_head *head)
{
    struct place *place = context;

    place->seq = head->seq;
    sein_hash_of(head->head, &place->hash);
    return SEIN_OK;
}

/* Whether the store has the very head that the mark names. */
static enum sein_err
contains(struct store_txn *txn, const struct place *wanted, bool *out_contains)
{
    struct place found = { 0 };
    enum sein_err err = SEIN_OK;

    if (wanted->seq == 0) {
        *out_contains = true;
        return SEIN_OK;
    }
    err = txn->store->ops->head_each(txn, wanted->seq, 1, take_head, &found);
    if (err == SEIN_OK)
        *out_contains =
            found.seq == wanted->seq &&
            memcmp(found.hash.bytes, wanted->hash.bytes, SEIN_HASH_BYTES) == 0;
    return err;
}

static enum sein_err
judge(const struct mark *mark, struct store_txn *txn, struct place *out_last,
      enum mark_finding *out_finding)
{
    const struct store_ops *ops = txn->store->ops;
    struct place last = { 0 };
    bool same = false;
    enum sein_err err = ops->log_get(txn, &last.log_id);

    if (err == SEIN_ENOENT) {
        *out_finding = mark->readable ? MARK_RESTORED : MARK_FIRST;
        return SEIN_OK;
    }
    if (err != SEIN_OK)
        return err;
    err = ops->head_last(txn, take_head, &last);
    if (err != SEIN_OK && err != SEIN_ENOENT)
        return err;
    *out_last = last;
    if (!mark->readable) {
        *out_finding = last.seq == 0 ? MARK_FIRST : MARK_MISSING;
        return SEIN_OK;
    }
    err = contains(txn, &mark->place, &same);
    if (err != SEIN_OK)
        return err;
    same = same && memcmp(last.log_id.bytes, mark->place.log_id.bytes,
                          SEIN_ID_BYTES) == 0;
    *out_finding = same ? MARK_CONTINUES : MARK_RESTORED;
    return SEIN_OK;
}

enum sein_err
mark_resume(struct mark *mark, struct store *store,
            enum mark_finding *out_finding)
{
    struct store_txn *txn = NULL;
    struct place place = { 0 };
    enum mark_finding finding = MARK_CONTINUES;
    enum sein_err err = store->ops->begin(store, &txn);

    if (err != SEIN_OK)
        return err;
    err = judge(mark, txn, &place, &finding);
    if (err != SEIN_OK)
        goto done;
    if (finding != MARK_CONTINUES) {
        place = (struct place){ 0 };
        sein_random_id(place.log_id.bytes);
        err = store->ops->log_start(txn, &place.log_id);
        if (err != SEIN_OK)
            goto done;
        err = store->ops->commit(&txn);
        if (err != SEIN_OK)
            goto done;
    }
    mark->next = place;
    err = mark_write(mark, 0);
    if (err != SEIN_OK)
        goto done;
    mark->due = true; /* the first head after this start, too */
    *out_finding = finding;

done:
    store->ops->rollback(&txn); /* no-op when committed */
    return err;
}

bool
mark_is_due(const struct mark *mark, int64_t mono_ms)
{
    return mark->due || mono_ms - mark->written_ms >= MARK_EACH_MS;
}

void
mark_after_backup(struct mark *mark)
{
    mark->due = true;
}

enum sein_err
mark_prepare(struct mark *mark, struct store_txn *txn)
{
    struct place place = mark->place;
    enum sein_err err = txn->store->ops->head_last(txn, take_head, &place);

    if (err == SEIN_OK)
        mark->next = place;
    return err;
}

enum sein_err
mark_write(struct mark *mark, int64_t mono_ms)
{
    char text[MARK_CHARS + 1];

    format_mark(&mark->next, text);
    if (pwrite(mark->fd, text, MARK_CHARS, 0) != (ssize_t)MARK_CHARS ||
        fdatasync(mark->fd) != 0)
        return SEIN_EIO;
    mark->place = mark->next;
    mark->due = false;
    mark->written_ms = mono_ms;
    return SEIN_OK;
}

const struct sein_log_id *
mark_log_id(const struct mark *mark)
{
    return &mark->place.log_id;
}

uint64_t
mark_seq(const struct mark *mark)
{
    return mark->place.seq;
}
