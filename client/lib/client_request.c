/* Requests under way, and what is told to the visitor. */
#include "client/lib/client.h"

#include <assert.h>
#include <string.h>

#include "client/lib/alarms.h"
#include "client/lib/clock.h"
#include "client/lib/docs.h"

void
client_tell(struct client *client, json_t *doc)
{
    if (doc != NULL && client->later != NULL) {
        (void)json_array_append(client->later, doc);
    } else if (doc != NULL && client->visit != NULL && client->visited == 0) {
        client->visited = docs_visit(doc, client->visit, client->context);
    }
    json_decref(doc);
}

void
client_tell_later(struct client *client)
{
    if (client->visit != NULL && client->later == NULL)
        client->later = json_array();
}

void
client_tell_now(struct client *client, bool durable)
{
    json_t *docs = client->later;
    json_t *doc = NULL;
    size_t i = 0;

    client->later = NULL;
    if (durable) {
        json_array_foreach(docs, i, doc)
        {
            client_tell(client, json_incref(doc));
        }
    }
    json_decref(docs);
}

enum sein_err
client_alarm(struct client *client, enum sein_err code, const char *about,
             struct sein_slice evidence)
{
    client_tell(client, docs_alarm(code, about));
    return alarms_raise(client->home->db, code, about, evidence,
                        sein_clock_ms());
}

/* ---- requests ---------------------------------------------------------------
 */

struct client_request *
client_begin_request(struct client *client, enum sein_kind kind)
{
    for (size_t i = 0; i < CLIENT_REQUESTS_MAX; i++) {
        struct client_request *request = &client->requests[i];

        if (request->req != 0)
            continue;
        request->req = client->next_req++;
        request->kind = kind;
        request->sent_at_ms = sein_clock_monotonic_ms();
        request->count = request->open = 0;
        return request;
    }
    return NULL;
}

void
client_send(struct client *client, struct sein_slice frame,
            struct client_request *request)
{
    enum sein_err err = SEIN_OK;

    if (client->link == NULL)
        return;
    err = link_send(client->link, frame);
    /* The queue of a broker that does not read fills up: as good as gone. */
    if (err != SEIN_OK)
        client_give_up(client, SEIN_EUNREACHABLE, false);
    else if (request != NULL)
        request->sent_at_ms = sein_clock_monotonic_ms();
}

void
client_send_object(struct client *client, enum sein_kind kind,
                   struct client_request *request,
                   const struct sein_schema *schema, const void *object)
{
    struct sein_slice frame = { 0 };
    enum sein_err err =
        sein_frame_encode(kind, request == NULL ? 0 : request->req, schema,
                          object, client->frame, SEIN_FRAME_MAX, &frame);

    assert(err == SEIN_OK); /* we wrote it ourselves, within its bounds */
    if (err == SEIN_OK)
        client_send(client, frame, request);
}

struct client_item *
client_find_item(struct client *client, const struct sein_op_id *op_id,
                 struct client_request **out_request)
{
    for (size_t i = 0; i < CLIENT_REQUESTS_MAX; i++) {
        struct client_request *request = &client->requests[i];

        for (size_t k = 0; request->req != 0 && k < request->count; k++) {
            struct client_item *item = &request->items[k];

            if (item->open && memcmp(item->op_id.bytes, op_id->bytes,
                                     sizeof op_id->bytes) == 0) {
                *out_request = request;
                return item;
            }
        }
    }
    return NULL;
}

void
client_close_item(struct client_request *request, struct client_item *item)
{
    item->open = false;
    request->open--;
    if (request->open == 0)
        request->req = 0;
}

size_t
client_open_requests(const struct client *client)
{
    size_t open = 0;

    for (size_t i = 0; i < CLIENT_REQUESTS_MAX; i++)
        open += client->requests[i].req != 0;
    return open;
}

void
client_forget_request(struct client *client, uint64_t req)
{
    for (size_t i = 0; i < CLIENT_REQUESTS_MAX; i++) {
        if (client->requests[i].req == req)
            client->requests[i].req = 0;
    }
}

bool
client_in_flight(const struct client *client, enum sein_kind kind, int64_t row)
{
    for (size_t i = 0; i < CLIENT_REQUESTS_MAX; i++) {
        const struct client_request *request = &client->requests[i];

        if (request->req == 0 || request->kind != kind)
            continue;
        for (size_t k = 0; k < request->count; k++) {
            if (request->items[k].open && request->items[k].row == row)
                return true;
        }
    }
    return false;
}
