#include "broker/kernel/request.h"

/* [] and nothing else. */
static enum sein_err
decode_empty(struct request *request)
{
    struct sein_items items = { 0 };
    struct sein_slice raw = { 0 };
    enum sein_err err = sein_items_begin(request->body, 0, &items);

    if (err == SEIN_OK)
        err = sein_items_next_raw(&items, &raw);
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

static enum sein_err
decode_items(struct request *request, const struct sein_schema *schema)
{
    enum sein_err err = sein_items_check(request->body, SEIN_ITEMS_MAX, schema,
                                         &request->count);

    request->schema = schema;
    return err == SEIN_OK && request->count == 0 ? SEIN_ERANGE : err;
}

static enum sein_err
check_desks(struct sein_slice array, size_t *out_count)
{
    struct sein_items items = { 0 };
    size_t count = 0;
    enum sein_err err = sein_items_begin(array, SEIN_DESKS_MAX, &items);

    while (err == SEIN_OK) {
        struct sein_slice text = { 0 };

        err = sein_items_next_text(&items, &text);
        if (err == SEIN_OK && (text.len == 0 || text.len > SEIN_DESK_MAX))
            err = SEIN_ERANGE;
        if (err == SEIN_OK)
            count++;
    }
    *out_count = count;
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

static enum sein_err
decode_desks(struct request *request)
{
    enum sein_err err = check_desks(request->body, &request->count);

    return err == SEIN_OK && request->count == 0 ? SEIN_ERANGE : err;
}

static enum sein_err
decode_hello(struct request *request)
{
    struct sein_hello *hello = &request->as.hello;
    enum sein_err err =
        sein_schema_decode_all(&sein_hello_schema, request->body, hello);

    if (err == SEIN_OK)
        err = check_desks(hello->desks.raw, &request->count);
    return err;
}

/* Ids and points have one length, and there are as many of both. */
static enum sein_err
check_batch(const struct sein_eval_request *request)
{
    uint8_t pieces[SEIN_EVAL_BATCH_MAX * SEIN_POINT_BYTES];
    enum sein_err err = SEIN_OK;

    if (request->ids.count != request->blinded.count)
        return SEIN_ECONTENT;
    err = sein_fixed_list_read(&request->ids, SEIN_ID_BYTES,
                               SEIN_EVAL_BATCH_MAX, pieces);
    if (err == SEIN_OK)
        err = sein_fixed_list_read(&request->blinded, SEIN_POINT_BYTES,
                                   SEIN_EVAL_BATCH_MAX, pieces);
    return err;
}

static enum sein_err
decode_eval(struct request *request)
{
    struct request_eval *eval = &request->as.eval;
    enum sein_err err =
        sein_schema_decode_all(&sein_eval_schema, request->body, &eval->frame);

    if (err == SEIN_OK)
        err = sein_schema_decode_all(&sein_eval_request_schema,
                                     eval->frame.request, &eval->request);
    if (err == SEIN_OK)
        err = check_batch(&eval->request);
    return err;
}

static enum sein_err
decode_body(struct request *request)
{
    switch (request->kind) {
    case SEIN_KIND_HELLO:
        return decode_hello(request);
    case SEIN_KIND_PING:
    case SEIN_KIND_BYE:
        return decode_empty(request);
    case SEIN_KIND_PUT:
        return decode_items(request, &sein_put_item_schema);
    case SEIN_KIND_WITHDRAW:
        return decode_items(request, &sein_withdraw_item_schema);
    case SEIN_KIND_CREDIT:
        return sein_schema_decode_all(&sein_credit_schema, request->body,
                                      &request->as.credit);
    case SEIN_KIND_ACK:
        return decode_items(request, &sein_ack_item_schema);
    case SEIN_KIND_PRESENCE_PUT:
        return decode_items(request, &sein_presence_put_item_schema);
    case SEIN_KIND_PRESENCE_WITHDRAW:
        return decode_items(request, &sein_presence_withdraw_item_schema);
    case SEIN_KIND_MATCH_ACCEPT:
        return decode_items(request, &sein_match_accept_item_schema);
    case SEIN_KIND_EVAL:
        return decode_eval(request);
    case SEIN_KIND_EVAL_ANSWER:
        return sein_schema_decode_all(&sein_eval_answer_schema, request->body,
                                      &request->as.eval_answer);
    case SEIN_KIND_DEPOSITS_ACK:
        return sein_schema_decode_all(&sein_deposits_ack_schema, request->body,
                                      &request->as.deposits_ack);
    case SEIN_KIND_EVAL_READY:
        return sein_schema_decode_all(&sein_eval_ready_schema, request->body,
                                      &request->as.eval_ready);
    case SEIN_KIND_DIR_GET:
        return sein_schema_decode_all(&sein_dir_get_schema, request->body,
                                      &request->as.dir_get);
    case SEIN_KIND_PREKEY_PUT:
        return decode_items(request, &sein_signed_prekey_schema);
    case SEIN_KIND_PREKEY_GET:
        return decode_desks(request);
    case SEIN_KIND_HEADS_GET:
        return sein_schema_decode_all(&sein_heads_get_schema, request->body,
                                      &request->as.heads_get);
    case SEIN_KIND_RECEIPT_GET:
        return decode_items(request, &sein_op_item_schema);
    default:
        return SEIN_EKIND;
    }
}

enum sein_err
request_decode(struct sein_slice bytes, struct request *request)
{
    struct sein_frame frame = { 0 };
    enum sein_err err = sein_frame_decode(bytes, &frame);

    /* Of what is no frame no field is believed; of another version, req. */
    if (err == SEIN_OK || err == SEIN_EVERSION)
        request->req = frame.req;
    if (err != SEIN_OK)
        return err;
    request->kind = frame.kind;
    request->body = frame.body;
    return decode_body(request);
}
