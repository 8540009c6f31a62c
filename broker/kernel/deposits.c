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

static bool
holds(const struct kernel *kernel, const struct evaluator *evaluator,
      const struct store_deposits *list)
{
    const struct sein_circle *circle =
        sein_directory_circle(kernel->dir, sein_slice_text(list->circle.text));
    struct sein_dir_epoch epoch = { 0 };

    return circle != NULL && sein_circle_epoch(circle, list->epoch, &epoch) &&
           sein_epoch_holder_index(&epoch,
                                   sein_slice_text(evaluator->desk.text)) > 0;
}

/* The next list for this desk.  SEIN_ENOENT none yet; lists.at_ms says when to
 * look again. */
static enum sein_err
find_list(struct kernel *kernel, struct evaluator *evaluator)
{
    struct told *told = evaluator->told;
    int64_t today = kernel->now_ms / SEIN_MS_PER_DAY;

    for (unsigned i = 0; i < PASSED_MAX; i++) {
        struct store_deposits *list = &evaluator->list;
        enum sein_err err = kernel_ops(kernel)->deposit_next(
            kernel->turn.txn, told->any ? &told->upto : NULL, list);

        if (err == SEIN_ENOENT ||
            (err == SEIN_OK && (int64_t)list->day >= today)) {
            evaluator->look_at_ms = (today + 1) * SEIN_MS_PER_DAY;
            return SEIN_ENOENT;
        }
        if (err != SEIN_OK)
            return kernel_fatal(err);
        if (holds(kernel, evaluator, list))
            return SEIN_OK;
        told->any = true;
        told->upto = *list;
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
    at->told->any = true;
    at->told->upto = at->list;
    return tell_one(kernel, at);
}
