#include "broker/kernel/deposits.h"

#include <string.h>

#include "proto/wire/pack.h"

/* Around the ids: heads, three names and three numbers. */
#define AROUND_MAX 128U
#define ID_PACKED_BYTES (SEIN_ID_BYTES + 2U)
#define PART_MAX (AROUND_MAX + SEIN_DEPOSITS_MAX * ID_PACKED_BYTES)
/* Lists of others that a call goes past. */
#define PASSED_MAX 256U

static bool
is_same(const struct store_deposits *list, const struct sein_deposits_ack *ack)
{
    return sein_slice_is(ack->circle, list->circle.text) &&
           ack->epoch == list->epoch && ack->day == list->day &&
           sein_slice_is(ack->oin, list->oin.text);
}

/* The epoch that a list is of; false when the directory has it no more. */
static bool
find_epoch(const struct kernel *kernel, const struct store_deposits *list,
           struct sein_dir_epoch *out_epoch)
{
    const struct sein_circle *circle =
        sein_directory_circle(kernel->dir, sein_slice_text(list->circle.text));

    return circle != NULL && sein_circle_epoch(circle, list->epoch, out_epoch);
}

static bool
holds(const struct kernel *kernel, const struct evaluator *evaluator,
      const struct store_deposits *list)
{
    struct sein_dir_epoch epoch = { 0 };

    return find_epoch(kernel, list, &epoch) &&
           sein_epoch_holder_index(&epoch,
                                   sein_slice_text(evaluator->desk.text)) > 0;
}

/* The order of deposit_next. */
static int
order(const struct store_deposits *a, const struct store_deposits *b)
{
    int by_circle = strcmp(a->circle.text, b->circle.text);

    if (a->day != b->day)
        return a->day < b->day ? -1 : 1;
    if (by_circle != 0)
        return by_circle;
    if (a->epoch != b->epoch)
        return a->epoch < b->epoch ? -1 : 1;
    return strcmp(a->oin.text, b->oin.text);
}

/* What a former connection, or kernel, was told by this desk. */
static enum sein_err
begin_lists(struct kernel *kernel, struct evaluator *evaluator)
{
    enum sein_err err = SEIN_OK;

    if (evaluator->begun)
        return SEIN_OK;
    err = kernel_ops(kernel)->listed_get(kernel->turn.txn,
                                         sein_slice_text(evaluator->desk.text),
                                         &evaluator->upto);
    if (err != SEIN_OK && err != SEIN_ENOENT)
        return kernel_fatal(err);
    evaluator->any = err == SEIN_OK;
    evaluator->begun = true;
    return SEIN_OK;
}

/* The next list for this desk.  SEIN_ENOENT none yet; look_at_ms says when to
 * look again. */
static enum sein_err
find_list(struct kernel *kernel, struct evaluator *evaluator)
{
    int64_t today = kernel->now_ms / SEIN_MS_PER_DAY;
    enum sein_err begun = begin_lists(kernel, evaluator);

    if (begun != SEIN_OK)
        return begun;
    for (unsigned i = 0; i < PASSED_MAX; i++) {
        struct store_deposits *list = &evaluator->list;
        enum sein_err err = kernel_ops(kernel)->deposit_next(
            kernel->turn.txn, evaluator->any ? &evaluator->upto : NULL, list);

        if (err == SEIN_ENOENT ||
            (err == SEIN_OK && (int64_t)list->day >= today)) {
            evaluator->look_at_ms = (today + 1) * SEIN_MS_PER_DAY;
            return SEIN_ENOENT;
        }
        if (err != SEIN_OK)
            return kernel_fatal(err);
        if (holds(kernel, evaluator, list))
            return SEIN_OK;
        evaluator->any = true;
        evaluator->upto = *list;
    }
    evaluator->look_at_ms = kernel->now_ms; /* at its next sign of life */
    return SEIN_ENOENT;
}

static enum sein_err
send_part(struct kernel *kernel, struct evaluator *evaluator)
{
    const struct store_deposits *list = &evaluator->list;
    struct sein_deposits body = { .epoch = list->epoch,
                                  .day = list->day,
                                  .part = evaluator->part };
    struct sein_presence_id *ids = NULL;
    struct sein_writer out = { 0 };
    uint8_t *packed = NULL;
    size_t count = 0;
    enum sein_err err = SEIN_OK;

    ids = effects_alloc(&kernel->effects, SEIN_DEPOSITS_MAX * sizeof *ids);
    packed = effects_alloc(&kernel->effects, PART_MAX);
    if (ids == NULL || packed == NULL)
        return SEIN_ENOMEM;
    err = kernel_ops(kernel)->deposit_ids(
        kernel->turn.txn, list, evaluator->part > 0 ? &evaluator->last : NULL,
        SEIN_DEPOSITS_MAX, ids, &count);
    if (err != SEIN_OK)
        return kernel_fatal(err);
    out = sein_writer_of(packed, PART_MAX);
    sein_fixed_list_write(&out, ids[0].bytes, SEIN_ID_BYTES, count);
    body.circle = sein_slice_text(list->circle.text);
    body.oin = sein_slice_text(list->oin.text);
    body.ids = (struct sein_list){ sein_slice_of(packed, out.len), count };
    body.last = count < SEIN_DEPOSITS_MAX;
    evaluator->is_last = body.last;
    if (count > 0)
        evaluator->next_last = ids[count - 1];
    evaluator->listed_at_ms = kernel->now_ms;
    evaluator->listing = true;
    return effects_object(&kernel->effects, &evaluator->session->peer,
                          EFFECT_SURE, SEIN_KIND_DEPOSITS, 0,
                          &sein_deposits_schema, &body, PART_MAX);
}

static enum sein_err
tell_one(struct kernel *kernel, struct evaluator *evaluator)
{
    int64_t since_ms = kernel->now_ms - evaluator->listed_at_ms;
    enum sein_err err = SEIN_OK;

    if (kernel->draining || evaluator->window == 0)
        return SEIN_OK;
    /* What was not acknowledged for a lease was lost on the way. */
    if (evaluator->listing)
        return since_ms >= kernel->config.lease_ms || since_ms < 0
                   ? send_part(kernel, evaluator)
                   : SEIN_OK;
    if (kernel->now_ms < evaluator->look_at_ms ||
        effects_full(&kernel->effects))
        return SEIN_OK;
    err = find_list(kernel, evaluator);
    if (err != SEIN_OK)
        return err == SEIN_ENOENT ? SEIN_OK : err;
    evaluator->part = 0;
    return send_part(kernel, evaluator);
}

enum sein_err
deposits_tell(struct kernel *kernel, const struct session *session)
{
    enum sein_err err = SEIN_OK;

    for (struct evaluator *at = session->evaluators;
         err == SEIN_OK && at != NULL; at = at->next)
        err = tell_one(kernel, at);
    return err;
}

enum sein_err
deposits_ack(struct kernel *kernel, struct request *request)
{
    const struct sein_deposits_ack *ack = &request->as.deposits_ack;
    struct evaluator *at = request->session->evaluators;
    enum sein_err err = SEIN_OK;

    while (at != NULL &&
           !(at->listing && ack->part == at->part && is_same(&at->list, ack)))
        at = at->next;
    if (at == NULL)
        return SEIN_OK;
    at->listing = false;
    if (!at->is_last) {
        at->part++;
        at->last = at->next_last;
        return send_part(kernel, at);
    }
    err = kernel_ops(kernel)->listed_put(
        kernel->turn.txn, sein_slice_text(at->desk.text), &at->list);
    if (err != SEIN_OK)
        return kernel_fatal(err);
    kernel->turn.changed = true;
    at->any = true;
    at->upto = at->list;
    return tell_one(kernel, at);
}

/* ---- what nobody needs any more ---- */

enum sein_err
deposits_note(struct kernel *kernel, const struct store_presence *presence)
{
    const struct store_ops *ops = kernel_ops(kernel);
    struct store_deposits list = { .circle = presence->circle,
                                   .epoch = presence->epoch };
    uint64_t listed = 0;
    enum sein_err err = ops->listed_day(kernel->turn.txn, &listed);

    if (err != SEIN_OK)
        return kernel_fatal(err);
    list.day = (uint64_t)(kernel->now_ms / SEIN_MS_PER_DAY);
    /* The clock went back: nobody looks at that day again. */
    if (list.day <= listed)
        list.day = listed + 1;
    memcpy(list.oin.text, presence->desk.text, SEIN_OIN_CHARS);
    err = ops->deposit_put(kernel->turn.txn, &list, &presence->presence_id);
    return err == SEIN_OK ? SEIN_OK : kernel_fatal(err);
}

static enum sein_err
all_have(struct kernel *kernel, const struct store_deposits *list,
         bool *out_all)
{
    struct sein_dir_epoch epoch = { 0 };
    struct sein_items holders = { 0 };
    enum sein_err err = SEIN_OK;

    *out_all = false;
    /* Whose it was is not known any more: it goes when it is old. */
    if (!find_epoch(kernel, list, &epoch))
        return SEIN_OK;
    err = sein_items_begin(epoch.holders.raw, SEIN_HOLDERS_MAX, &holders);
    while (err == SEIN_OK) {
        struct store_deposits upto = { 0 };
        struct sein_slice desk = { 0 };

        err = sein_items_next_text(&holders, &desk);
        if (err != SEIN_OK)
            break;
        err = kernel_ops(kernel)->listed_get(kernel->turn.txn, desk, &upto);
        if (err == SEIN_ENOENT || (err == SEIN_OK && order(&upto, list) < 0))
            return SEIN_OK;
    }
    *out_all = err == SEIN_ENOENT;
    return *out_all ? SEIN_OK : kernel_fatal(err);
}

static enum sein_err
drop_had(struct kernel *kernel, size_t max, size_t *out_count)
{
    const struct store_ops *ops = kernel_ops(kernel);
    uint64_t today = (uint64_t)(kernel->now_ms / SEIN_MS_PER_DAY);
    size_t dropped = 0;
    int64_t wait_ms = kernel->lists_at_ms - kernel->now_ms;

    if (wait_ms > 0 && wait_ms <= DEPOSITS_PASS_MS)
        return SEIN_OK;
    for (unsigned i = 0; i < PASSED_MAX && *out_count < max; i++) {
        struct store_deposits list = { 0 };
        bool all = false;
        enum sein_err err = ops->deposit_next(
            kernel->turn.txn, kernel->lists_any ? &kernel->lists_upto : NULL,
            &list);

        if (err == SEIN_ENOENT || (err == SEIN_OK && list.day >= today)) {
            kernel->lists_any = false;
            kernel->lists_at_ms = kernel->now_ms + DEPOSITS_PASS_MS;
            return SEIN_OK;
        }
        if (err != SEIN_OK)
            return kernel_fatal(err);
        err = all_have(kernel, &list, &all);
        if (err == SEIN_OK && all)
            err = ops->deposit_drop(kernel->turn.txn, &list, max - *out_count,
                                    &dropped);
        if (err != SEIN_OK)
            return kernel_fatal(err);
        *out_count += all ? dropped : 0;
        if (*out_count < max) {
            kernel->lists_any = true;
            kernel->lists_upto = list;
        }
    }
    return SEIN_OK;
}

enum sein_err
deposits_sweep(struct kernel *kernel, size_t max, bool *out_more)
{
    int64_t day = kernel->now_ms / SEIN_MS_PER_DAY - DEPOSITS_KEEP_DAYS;
    size_t count = 0;
    size_t old = 0;
    enum sein_err err = drop_had(kernel, max, &count);

    if (err == SEIN_OK && day > 0)
        err = kernel_ops(kernel)->deposit_forget(kernel->turn.txn,
                                                 (uint64_t)day, max, &old);
    if (err != SEIN_OK)
        return kernel_fatal(err);
    kernel->turn.changed = kernel->turn.changed || count + old > 0;
    kernel->counters.deposits_forgotten += count + old;
    *out_more =
        *out_more || old == max || kernel->lists_at_ms <= kernel->now_ms;
    return SEIN_OK;
}
