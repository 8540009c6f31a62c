/* The directory of a connection: the versions behind ours, one by one. */
#include "client/lib/client.h"

#include <stdlib.h>
#include <string.h>

#include "client/lib/clock.h"
#include "client/lib/dirstore.h"
#include "client/lib/docs.h"
#include "client/lib/inbox.h"
#include "client/lib/outbox.h"
#include "proto/wire/msg_directory.h"

static enum sein_err
ask(struct client *client, uint64_t version, uint64_t offset)
{
    struct client_request *request =
        client_begin_request(client, SEIN_KIND_DIR_GET);
    struct sein_dir_get get = { .version = version, .offset = offset };

    /* All places taken: the next turn tries again. */
    if (request == NULL) {
        client->fetch.under_way = false;
        return SEIN_OK;
    }
    client->fetch.under_way = true;
    client_send_object(client, SEIN_KIND_DIR_GET, request, &sein_dir_get_schema,
                       &get);
    return SEIN_OK;
}

enum sein_err
client_begin_directory(struct client *client)
{
    const struct sein_directory *dir = client->home->dir;

    free(client->fetch.bytes);
    client->fetch = (struct client_fetch){ 0 };
    if (dir == NULL)
        return ask(client, 0, 0);
    /* The end of what we have: an empty part that names the newest. */
    return ask(client, sein_directory_version(dir),
               sein_directory_bytes(dir).len);
}

static enum sein_err
add_part(struct client_fetch *fetch, const struct sein_dir_part *part)
{
    if (fetch->bytes == NULL) {
        if (part->offset != 0)
            return SEIN_EWIRE;
        fetch->bytes = malloc((size_t)part->total);
        if (fetch->bytes == NULL)
            return SEIN_ENOMEM;
        fetch->version = part->version;
        fetch->total = (size_t)part->total;
        fetch->len = 0;
    }
    if (part->version != fetch->version || part->total != fetch->total ||
        part->offset != fetch->len ||
        part->part.len > fetch->total - fetch->len ||
        (part->part.len == 0 && fetch->len < fetch->total))
        return SEIN_EWIRE;
    if (part->part.len > 0)
        memcpy(fetch->bytes + fetch->len, part->part.at, part->part.len);
    fetch->len += part->part.len;
    return SEIN_OK;
}

/* A new directory changes who may be written to and what may be read. */
static enum sein_err
take_new_directory(struct client *client)
{
    struct sein_home *home = client->home;

    client_tell(client, docs_directory(home->dir));
    client_forget_peers(client);
    client->presences_fresh = false;
    client->outgoing_after = client->sealing_after = 0;
    if (client->newest_seen <= sein_directory_version(home->dir)) {
        enum sein_err err = localdb_set_meta_int(home->db, "newer-since", 0);

        if (err != SEIN_OK)
            return err;
        if (client->hold_reason == SEIN_EDIRNEWER)
            client->hold_until_ms = 0;
    }
    return inbox_retry_held(client);
}

/* The governance changed since the invitation was written: who joins begins at
 * the newest version that still has it, and follows the chain from there. */
static bool
look_back(const struct client *client, const struct client_fetch *fetch,
          enum sein_err err)
{
    return client->home->dir == NULL && err == SEIN_EFINGERPRINT &&
           fetch->version > 1;
}

static enum sein_err
accept_fetched(struct client *client)
{
    struct client_fetch fetch = client->fetch;
    enum sein_err err = SEIN_OK;

    client->fetch = (struct client_fetch){ .earlier = fetch.earlier };
    err = dirstore_accept(client->home, sein_slice_of(fetch.bytes, fetch.len),
                          sein_clock_ms());
    if (err == SEIN_OK) {
        client->fetch.earlier = false;
        free(fetch.bytes);
        return take_new_directory(client);
    }
    if (err == SEIN_EIO || err == SEIN_EFULL || err == SEIN_ENOMEM) {
        free(fetch.bytes);
        return err;
    }
    if (look_back(client, &fetch, err)) {
        free(fetch.bytes);
        client->fetch.earlier = true;
        return ask(client, fetch.version - 1, 0);
    }
    if (fetch.earlier)
        err = SEIN_EFINGERPRINT; /* none to begin with has it */
    client_tell(client, docs_directory_refused(err));
    client->refused_version = client->newest_seen;
    client->newest_seen = 0;
    /* A first directory that is refused leaves nothing to go on with. */
    if (client->home->dir == NULL)
        client_give_up(client, err, true);
    err = client_alarm(client, err, "directory",
                       sein_slice_of(fetch.bytes, fetch.len));
    free(fetch.bytes);
    return err;
}

/* The next version behind ours, until ours is the newest. */
static enum sein_err
go_on(struct client *client)
{
    uint64_t version = sein_directory_version(client->home->dir);

    if (client->newest_seen > version)
        return ask(client, version + 1, 0);
    client->fetch.under_way = false;
    return SEIN_OK;
}

enum sein_err
client_take_dir_part(struct client *client, struct sein_slice body)
{
    struct sein_home *home = client->home;
    struct client_fetch *fetch = &client->fetch;
    struct sein_dir_part part = { 0 };
    enum sein_err err =
        sein_schema_decode_all(&sein_dir_part_schema, body, &part);

    if (err != SEIN_OK || !fetch->under_way)
        return err;
    client_saw_version(client, part.newest);
    if (home->dir != NULL &&
        part.version == sein_directory_version(home->dir)) {
        if (part.newest < part.version) {
            fetch->under_way = false;
            return client_alarm(client, SEIN_EDIRROLLBACK, "directory", body);
        }
        return go_on(client);
    }
    err = add_part(fetch, &part);
    if (err != SEIN_OK)
        return err;
    if (fetch->len < fetch->total)
        return ask(client, fetch->version, fetch->len);
    err = accept_fetched(client);
    if (err != SEIN_OK || client->link == NULL || home->dir == NULL)
        return err;
    return go_on(client);
}
