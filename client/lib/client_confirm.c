/* Verdicts of the broker: each is checked with its receipt and taken into the
 * home, all of one frame in one transaction. */
#include "client/lib/client.h"

#include <string.h>

#include "client/lib/clock.h"
#include "client/lib/docs.h"
#include "client/lib/heads.h"
#include "client/lib/outbox.h"
#include "client/lib/presences_pump.h"
#include "proto/wire/msg_confirm.h"

/* What is told once the verdicts are durable. */
struct told {
    struct sein_letter_id id;
    enum sein_err code;
};
struct told_list {
    struct told rows[SEIN_ITEMS_MAX];
    size_t count;
};

static enum sein_leaf_type
leaf_type_of(enum sein_kind kind)
{
    switch ((int)kind) {
    case SEIN_KIND_WITHDRAW:
        return SEIN_LEAF_WITHDRAW;
    case SEIN_KIND_PREKEY_PUT:
        return SEIN_LEAF_PREKEY;
    case SEIN_KIND_PRESENCE_PUT:
        return SEIN_LEAF_PRESENCE;
    case SEIN_KIND_PRESENCE_WITHDRAW:
        return SEIN_LEAF_PRESENCE_WITHDRAW;
    case SEIN_KIND_MATCH_ACCEPT:
        return SEIN_LEAF_ACCEPT;
    default:
        return SEIN_LEAF_LETTER;
    }
}

static bool
is_about_presences(enum sein_kind kind)
{
    return kind == SEIN_KIND_PRESENCE_PUT ||
           kind == SEIN_KIND_PRESENCE_WITHDRAW ||
           kind == SEIN_KIND_MATCH_ACCEPT;
}

/* The first receipt of a prekey or withdrawal that was asked again is under a
 * head of long ago, and over the same bytes: it verifies alike. */
static enum sein_err
check_receipt(struct client *client, const struct heads_set *heads,
              enum sein_kind kind, const struct client_item *item,
              const struct sein_verdict *verdict,
              const struct sein_head **out_head)
{
    return heads_check_receipt(client, heads, verdict->receipt,
                               leaf_type_of(kind), &item->op_id,
                               &item->item_hash, out_head);
}

static enum sein_err
take_done(struct client *client, enum sein_kind kind,
          const struct client_item *item, const struct sein_verdict *verdict,
          const struct heads_set *heads, enum sein_err *out_code)
{
    const struct sein_head *head = NULL;
    struct sein_prekey_id prekey_id;
    enum sein_err err =
        check_receipt(client, heads, kind, item, verdict, &head);

    /* Accepted is what can be shown; without proof it is not. */
    *out_code = err == SEIN_OK ? SEIN_OK : SEIN_EPROOF;
    if (err != SEIN_OK)
        return client_alarm(client, SEIN_EPROOF, "receipt", verdict->receipt);
    if (kind == SEIN_KIND_PUT)
        return outbox_take_accepted(client, item, head, verdict->receipt);
    if (kind == SEIN_KIND_WITHDRAW)
        return outbox_take_withdrawn(client, item, SEIN_OK);
    if (is_about_presences(kind))
        return presences_take_done(client, kind, item);
    memcpy(prekey_id.bytes, item->op_id.bytes, sizeof prekey_id.bytes);
    return prekeys_confirm(client->home, &prekey_id, SEIN_OK, sein_clock_ms());
}

static enum sein_err
take_refused(struct client *client, enum sein_kind kind,
             const struct client_item *item, enum sein_err code, int64_t at_ms)
{
    struct sein_prekey_id prekey_id;

    if (kind == SEIN_KIND_PUT)
        return outbox_take_refused(client, item, code, at_ms);
    if (kind == SEIN_KIND_WITHDRAW)
        return outbox_take_withdrawn(client, item, code);
    if (is_about_presences(kind))
        return presences_take_refused(client, kind, item, code, at_ms);
    if (code == SEIN_EQUOTA || code == SEIN_EBUSY)
        return SEIN_OK; /* it stays pending; the next connection puts it */
    memcpy(prekey_id.bytes, item->op_id.bytes, sizeof prekey_id.bytes);
    return prekeys_confirm(client->home, &prekey_id, code, sein_clock_ms());
}

static enum sein_err
take_verdict(struct client *client, const struct sein_verdict *verdict,
             const struct heads_set *heads, struct told_list *told)
{
    struct client_request *request = NULL;
    struct client_item *item =
        client_find_item(client, &verdict->op_id, &request);
    enum sein_err code = sein_err_from_wire(verdict->code);
    enum sein_kind kind = SEIN_KIND_PUT;
    enum sein_err err = SEIN_OK;

    if (item == NULL)
        return SEIN_OK; /* of a request that was given up */
    kind = request->kind;
    if (code == SEIN_OK || code == SEIN_EDUPLICATE)
        err = take_done(client, kind, item, verdict, heads, &code);
    else
        err = take_refused(client, kind, item, code,
                           verdict->at > INT64_MAX ? 0 : (int64_t)verdict->at);
    if (err == SEIN_OK && kind == SEIN_KIND_PUT &&
        told->count < SEIN_ITEMS_MAX) {
        struct told *row = &told->rows[told->count++];

        memcpy(row->id.bytes, item->op_id.bytes, sizeof row->id.bytes);
        row->code = code;
    }
    client_close_item(request, item);
    return err;
}

static enum sein_err
take_verdicts(struct client *client, const struct sein_confirm *confirm,
              struct told_list *told)
{
    struct heads_set heads = { .count = 0 };
    struct sein_items items = { 0 };
    struct sein_verdict verdict = { 0 };
    enum sein_err err = heads_check(client, &confirm->heads, &heads);

    if (err == SEIN_OK)
        err = sein_items_begin(confirm->verdicts.raw, SEIN_ITEMS_MAX, &items);
    while (err == SEIN_OK) {
        err = sein_items_next(&items, &sein_verdict_schema, &verdict, NULL);
        if (err == SEIN_OK)
            err = take_verdict(client, &verdict, &heads, told);
    }
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

static void
tell(struct client *client, const struct told_list *told)
{
    for (size_t i = 0; i < told->count; i++) {
        if (client->verdict != NULL)
            client->verdict(client->verdict_context, &told->rows[i].id,
                            told->rows[i].code);
        else if (client->visit != NULL)
            client_tell(client,
                        docs_sent(&told->rows[i].id, told->rows[i].code));
    }
}

enum sein_err
client_take_confirm(struct client *client, struct sein_slice body)
{
    struct sein_confirm confirm = { 0 };
    struct told_list told = { .count = 0 };
    enum sein_err err =
        sein_schema_decode_all(&sein_confirm_schema, body, &confirm);

    if (err == SEIN_OK)
        err = localdb_begin(client->home->db);
    if (err != SEIN_OK)
        return err;
    client_tell_later(client);
    err = take_verdicts(client, &confirm, &told);
    if (err == SEIN_OK)
        err = localdb_commit(client->home->db);
    localdb_rollback(client->home->db); /* no-op when committed */
    client_tell_now(client, err == SEIN_OK);
    if (err == SEIN_OK)
        tell(client, &told);
    return err;
}
