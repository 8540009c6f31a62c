/* The directory of a connection: the versions behind ours, one by one. */
#include "client/keyholder/conversation.h"

#include <stdlib.h>
#include <string.h>

#include "client/lib/clock.h"
#include "proto/wire/msg_directory.h"

static void
ask(struct conversation *conversation, uint64_t version, uint64_t offset)
{
    const struct sein_dir_get get = { .version = version, .offset = offset };

    conversation->fetch.under_way = true;
    conversation->waiting = true;
    conversation_send(conversation, SEIN_KIND_DIR_GET, &sein_dir_get_schema,
                      &get);
}

void
conversation_forget_fetch(struct conversation *conversation)
{
    free(conversation->fetch.bytes);
    conversation->fetch = (struct conversation_fetch){ 0 };
}

void
conversation_begin_directory(struct conversation *conversation)
{
    const struct sein_directory *dir = conversation->setup.chain->dir;

    conversation_forget_fetch(conversation);
    /* The end of what we have: an empty part that names the newest. */
    if (dir == NULL)
        ask(conversation, 0, 0);
    else
        ask(conversation, sein_directory_version(dir),
            sein_directory_bytes(dir).len);
}

static enum sein_err
add_part(struct conversation_fetch *fetch, const struct sein_dir_part *part)
{
    if (fetch->bytes == NULL) {
        if (part->offset != 0)
            return SEIN_EWIRE;
        fetch->bytes = malloc((size_t)part->total + 1); /* never of 0 bytes */
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

static bool
is_own(enum sein_err err)
{
    return err == SEIN_EIO || err == SEIN_ENOMEM || err == SEIN_ETAMPERED ||
           err == SEIN_ELOCKED || err == SEIN_EINTERNAL;
}

/* Refused: what we have stays in force; without one there is nothing to go on
 * with. */
static void
refuse(struct conversation *conversation, enum sein_err err)
{
    const struct conversation_setup *setup = &conversation->setup;

    setup->tell(setup->context, "directory_refused", err, "");
    conversation->refused_version = conversation->newest_seen;
    conversation->newest_seen = 0;
    conversation->fetch.under_way = false;
    if (setup->chain->dir == NULL)
        conversation_give_up(conversation, err, err == SEIN_EFINGERPRINT);
    else if (conversation->stage == CONVERSATION_DIRECTORY)
        conversation_say_hello(conversation);
}

/* Whether the connection goes on with what was fetched. */
static enum sein_err
accept_fetched(struct conversation *conversation, bool *out_taken)
{
    const struct conversation_setup *setup = &conversation->setup;
    struct conversation_fetch fetch = conversation->fetch;
    enum sein_err err = SEIN_OK;

    conversation->fetch =
        (struct conversation_fetch){ .earlier = fetch.earlier };
    err = chain_accept(setup->chain, sein_slice_of(fetch.bytes, fetch.len),
                       sein_clock_ms());
    free(fetch.bytes);
    *out_taken = err == SEIN_OK;
    if (err == SEIN_OK) {
        conversation->fetch.earlier = false;
        holding_forget(setup->holding);
        setup->tell(setup->context, "directory_in_force", SEIN_OK, "");
        return SEIN_OK;
    }
    if (is_own(err))
        return err;
    /* The governance changed since the invitation was written: begin at the
     * newest version that still has it. */
    if (setup->chain->dir == NULL && err == SEIN_EFINGERPRINT &&
        fetch.version > 1) {
        conversation->fetch.earlier = true;
        ask(conversation, fetch.version - 1, 0);
        return SEIN_OK;
    }
    refuse(conversation, err);
    return SEIN_OK;
}

/* The next version behind ours, until ours is the newest. */
static void
go_on(struct conversation *conversation)
{
    uint64_t version = sein_directory_version(conversation->setup.chain->dir);

    if (conversation->newest_seen > version) {
        ask(conversation, version + 1, 0);
        return;
    }
    conversation->fetch.under_way = false;
    if (conversation->stage == CONVERSATION_DIRECTORY)
        conversation_say_hello(conversation);
}

enum sein_err
conversation_take_dir_part(struct conversation *conversation,
                           struct sein_slice body)
{
    const struct chain *chain = conversation->setup.chain;
    struct conversation_fetch *fetch = &conversation->fetch;
    struct sein_dir_part part = { 0 };
    bool taken = false;
    enum sein_err err =
        sein_schema_decode_all(&sein_dir_part_schema, body, &part);

    if (err != SEIN_OK || !fetch->under_way)
        return err;
    conversation->waiting = false;
    if (part.total > SEIN_DIRECTORY_MAX)
        return SEIN_EWIRE;
    if (part.newest > conversation->newest_seen &&
        part.newest != conversation->refused_version)
        conversation->newest_seen = part.newest;
    if (chain->dir != NULL &&
        part.version == sein_directory_version(chain->dir)) {
        go_on(conversation);
        return SEIN_OK;
    }
    err = add_part(fetch, &part);
    if (err != SEIN_OK)
        return err;
    if (fetch->len < fetch->total) {
        ask(conversation, fetch->version, fetch->len);
        return SEIN_OK;
    }
    err = accept_fetched(conversation, &taken);
    if (err == SEIN_OK && taken)
        go_on(conversation);
    return err;
}
