#include "proto/trust/prekey.h"

#include <string.h>

#include "broker/kernel/directory.h"
#include "broker/kernel/operation.h"
#include "broker/kernel/quota.h"
#include "proto/trust/identity.h"

/* The newest statement of a desk, hashed while the store walks over it. */
static enum sein_err
visit_newest(void *context, const struct store_prekey *prekey)
{
    struct sein_prekey_mark *mark = context;

    mark->seq = prekey->seq;
    sein_hash_of(prekey->statement, &mark->hash);
    return SEIN_ECANCELED;
}

/* Its signature is checked after the bucket: it is the costly part. */
static enum sein_err
check_statement(struct kernel *kernel, const struct request *request,
                const struct sein_signed_prekey *item,
                struct sein_prekey *prekey, struct verdict *verdict)
{
    struct sein_prekey_mark mark = { 0 };
    enum sein_err err = sein_may(kernel->dir, request->key_id, SEIN_MAY_PREKEY,
                                 prekey->desk, kernel->now_ms, NULL, NULL);

    if (err == SEIN_OK)
        err = operation_room(kernel, verdict);
    if (err == SEIN_OK)
        err =
            quota_take_item(kernel, request->session->member, &verdict->at_ms);
    if (err == SEIN_OK)
        err = sein_prekey_verify(kernel->dir, item->statement, item->signature,
                                 kernel->now_ms, prekey);
    if (err != SEIN_OK)
        return err;
    err = kernel_ops(kernel)->prekey_each(kernel->turn.txn, prekey->desk, 1,
                                          visit_newest, &mark);
    if (err != SEIN_OK)
        return kernel_fatal(err);
    return sein_prekey_follows(&mark, prekey, item->statement, kernel->now_ms);
}

static enum sein_err
store_statement(struct kernel *kernel, const struct request *request,
                const struct sein_signed_prekey *item,
                const struct sein_prekey *prekey, struct verdict *verdict)
{
    struct store_prekey row = { .seq = prekey->seq,
                                .not_after_ms = (int64_t)prekey->not_after,
                                .statement = item->statement };
    enum sein_err err = SEIN_OK;

    memcpy(row.signature, item->signature, sizeof row.signature);
    err = kernel_ops(kernel)->prekey_put(kernel->turn.txn, prekey->desk, &row);
    if (err != SEIN_OK)
        return kernel_fatal(err);
    return operation_accept(kernel, request, SEIN_LEAF_PREKEY, verdict);
}

static enum sein_err
put_one(struct kernel *kernel, const struct request *request,
        const struct request_item *item, struct verdict *verdict)
{
    const struct sein_signed_prekey *signed_prekey = &item->as.prekey;
    struct sein_prekey prekey = { 0 };
    bool repeat = false;
    enum sein_err err = sein_schema_decode_all(
        &sein_prekey_schema, signed_prekey->statement, &prekey);

    if (err != SEIN_OK)
        return err;
    memcpy(verdict->op_id.bytes, prekey.prekey_id.bytes,
           sizeof verdict->op_id.bytes);
    err = operation_repeat(kernel, request, verdict, &repeat);
    if (err != SEIN_OK || repeat)
        return err;
    err = check_statement(kernel, request, signed_prekey, &prekey, verdict);
    if (err == SEIN_EEXIST) {
        /* Its operation is forgotten, the statement is not. */
        verdict->code = SEIN_EDUPLICATE;
        return SEIN_OK;
    }
    if (err != SEIN_OK)
        return err;
    return store_statement(kernel, request, signed_prekey, &prekey, verdict);
}

enum sein_err
directory_prekey_put(struct kernel *kernel, struct request *request)
{
    return confirm_each(kernel, request, put_one);
}
