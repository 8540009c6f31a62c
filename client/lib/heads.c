#include "client/lib/heads.h"

#include <stdio.h>
#include <string.h>

#include "client/lib/alarms.h"
#include "client/lib/clock.h"
#include "client/lib/docs.h"
#include "proto/trust/identity.h"
#include "proto/wire/msg_directory.h"

#define POSITION_BYTES \
    (SEIN_ID_BYTES + 2U * (sizeof(uint64_t) + SEIN_HASH_BYTES))
/* Of one connection; the next one goes on. */
#define PAGES_MAX 64U
#define SIGNED_HEAD_BYTES (SEIN_HEAD_MAX + SEIN_SIG_BYTES)

/* ---- position ---------------------------------------------------------------
 */

enum sein_err
heads_load_position(struct sein_home *home, struct heads_position *out)
{
    struct localdb_plain plain = { 0 };
    struct sein_reader in = { 0 };
    struct sein_slice log = { 0 };
    struct sein_slice checked = { 0 };
    struct sein_slice newest = { 0 };
    struct heads_position at = { 0 };
    enum sein_err err = localdb_get_meta(home->db, "heads", &plain);

    if (err == SEIN_ENOENT) {
        *out = at;
        return SEIN_OK;
    }
    if (err != SEIN_OK)
        return err;
    in = sein_reader_of(plain.bytes);
    if (sein_read_bytes(&in, SEIN_ID_BYTES, &log) != SEIN_OK ||
        sein_read_u64(&in, &at.checked_seq) != SEIN_OK ||
        sein_read_bytes(&in, SEIN_HASH_BYTES, &checked) != SEIN_OK ||
        sein_read_u64(&in, &at.newest_seq) != SEIN_OK ||
        sein_read_bytes(&in, SEIN_HASH_BYTES, &newest) != SEIN_OK) {
        err = SEIN_ETAMPERED;
    } else {
        memcpy(at.log_id.bytes, log.at, sizeof at.log_id.bytes);
        memcpy(at.checked_hash.bytes, checked.at, SEIN_HASH_BYTES);
        memcpy(at.newest_hash.bytes, newest.at, SEIN_HASH_BYTES);
        *out = at;
    }
    localdb_plain_free(&plain);
    return err;
}

static enum sein_err
save_position(struct sein_home *home, const struct heads_position *at)
{
    uint8_t bytes[POSITION_BYTES];
    struct sein_writer out = sein_writer_of(bytes, sizeof bytes);

    sein_write_bytes(&out, at->log_id.bytes, SEIN_ID_BYTES);
    sein_write_u64(&out, at->checked_seq);
    sein_write_bytes(&out, at->checked_hash.bytes, SEIN_HASH_BYTES);
    sein_write_u64(&out, at->newest_seq);
    sein_write_bytes(&out, at->newest_hash.bytes, SEIN_HASH_BYTES);
    return localdb_set_meta(home->db, "heads",
                            sein_slice_of(bytes, sizeof bytes));
}

/* ---- stored heads -----------------------------------------------------------
 */

static struct sein_slice
head_key(const struct sein_log_id *log_id, uint64_t seq, uint8_t *buffer)
{
    struct sein_writer out = sein_writer_of(buffer, SEIN_ID_BYTES + 8U);

    sein_write_bytes(&out, log_id->bytes, SEIN_ID_BYTES);
    sein_write_u64(&out, seq);
    return sein_slice_of(buffer, out.len);
}

enum sein_err
heads_get(struct sein_home *home, const struct sein_log_id *log_id,
          uint64_t seq, struct localdb_plain *out_signed_head)
{
    static const char sql[] =
        "SELECT sealed FROM head WHERE log = ?1 AND seq = ?2";
    struct localdb_query *query = NULL;
    uint8_t key[SEIN_ID_BYTES + 8U];
    enum sein_err err = localdb_start(home->db, sql, &query);

    if (err != SEIN_OK)
        return err;
    localdb_set_bytes(query, 1, sein_slice_of(log_id->bytes, SEIN_ID_BYTES));
    localdb_set_int(query, 2, (int64_t)seq);
    err = localdb_step(query);
    if (err == SEIN_OK)
        err = localdb_get_sealed(query, 0, "head", head_key(log_id, seq, key),
                                 out_signed_head);
    localdb_end(&query);
    return err;
}

static enum sein_err
store_head(struct sein_home *home, const struct sein_head *head,
           struct sein_slice bytes, const uint8_t *signature)
{
    static const char sql[] =
        "INSERT INTO head (log, seq, sealed) VALUES (?1, ?2, ?3)";
    struct localdb_query *query = NULL;
    uint8_t key[SEIN_ID_BYTES + 8U];
    uint8_t signed_head[SIGNED_HEAD_BYTES];
    struct sein_writer out = sein_writer_of(signed_head, sizeof signed_head);
    enum sein_err err = localdb_start(home->db, sql, &query);

    if (err != SEIN_OK)
        return err;
    sein_write_bytes(&out, signature, SEIN_SIG_BYTES);
    sein_write_slice(&out, bytes);
    localdb_set_bytes(query, 1,
                      sein_slice_of(head->log_id.bytes, SEIN_ID_BYTES));
    localdb_set_int(query, 2, (int64_t)head->seq);
    localdb_set_sealed(query, 3, "head",
                       head_key(&head->log_id, head->seq, key),
                       sein_slice_of(out.at, out.len));
    return localdb_run(&query);
}

/* ---- the chain --------------------------------------------------------------
 */

static enum sein_err
begin_log(struct client *client, const struct sein_head *head,
          const struct sein_hash *hash, struct heads_position *at)
{
    char about[64];
    char hex[2 * SEIN_ID_BYTES + 1];
    bool another = at->checked_seq != 0;

    *at = (struct heads_position){ .log_id = head->log_id,
                                   .checked_seq = head->seq,
                                   .checked_hash = *hash,
                                   .newest_seq = head->seq,
                                   .newest_hash = *hash };
    if (!another)
        return SEIN_OK;
    /* A broker restored from a backup does that; somebody must know. */
    sein_hex(sein_slice_of(head->log_id.bytes, SEIN_ID_BYTES), hex, sizeof hex);
    (void)snprintf(about, sizeof about, "new log %s", hex + 24);
    return client_alarm(client, SEIN_ECHAIN, about, (struct sein_slice){ 0 });
}

/* A verified head that was not stored before joins what is known. */
static enum sein_err
follow(struct client *client, const struct sein_head *head,
       struct sein_slice bytes)
{
    struct heads_position at = { 0 };
    struct sein_hash hash;
    enum sein_err err = heads_load_position(client->home, &at);

    if (err != SEIN_OK)
        return err;
    sein_hash_of(bytes, &hash);
    if (at.checked_seq == 0 ||
        memcmp(at.log_id.bytes, head->log_id.bytes, SEIN_ID_BYTES) != 0) {
        err = begin_log(client, head, &hash, &at);
    } else if (head->seq == at.checked_seq + 1) {
        if (memcmp(head->prev.bytes, at.checked_hash.bytes, SEIN_HASH_BYTES) !=
            0)
            return client_alarm(client, SEIN_ECHAIN, "head", bytes);
        at.checked_seq = head->seq;
        at.checked_hash = hash;
    }
    if (head->seq > at.newest_seq) {
        at.newest_seq = head->seq;
        at.newest_hash = hash;
    }
    return err == SEIN_OK ? save_position(client->home, &at) : err;
}

/* Seen before with other bytes is a fork. */
static enum sein_err
take_head(struct client *client, const struct sein_head *head,
          const struct sein_signed_head *item)
{
    struct localdb_plain plain = { 0 };
    struct sein_slice known = { 0 };
    enum sein_err err =
        heads_get(client->home, &head->log_id, head->seq, &plain);

    if (err == SEIN_ENOENT) {
        err = store_head(client->home, head, item->head, item->signature);
        return err == SEIN_OK ? follow(client, head, item->head) : err;
    }
    if (err != SEIN_OK)
        return err;
    if (plain.bytes.len > SEIN_SIG_BYTES)
        known = sein_slice_of(plain.bytes.at + SEIN_SIG_BYTES,
                              plain.bytes.len - SEIN_SIG_BYTES);
    if (!sein_slice_equal(known, item->head))
        err = client_alarm(client, SEIN_ECHAIN, "head", item->head);
    localdb_plain_free(&plain);
    return err;
}

static const struct sein_broker *
own_broker(const struct client *client)
{
    return sein_directory_broker_by_curve(client->home->dir,
                                          client->home->trust.curve);
}

enum sein_err
heads_check(struct client *client, const struct sein_list *list,
            struct heads_set *out_set)
{
    const struct sein_broker *broker = own_broker(client);
    struct sein_items items = { 0 };
    struct sein_signed_head item = { 0 };
    enum sein_err err = sein_items_begin(list->raw, SEIN_HEADS_MAX, &items);

    out_set->count = 0;
    while (err == SEIN_OK) {
        size_t i = out_set->count;

        err = sein_items_next(&items, &sein_signed_head_schema, &item, NULL);
        if (err != SEIN_OK)
            break;
        out_set->good[i] =
            broker != NULL &&
            sein_head_verify(item.head, item.signature, broker->entry.receipt,
                             &out_set->heads[i]) == SEIN_OK;
        out_set->count++;
        err = out_set->good[i]
                  ? take_head(client, &out_set->heads[i], &item)
                  : client_alarm(client, SEIN_ESIG, "head", item.head);
    }
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

enum sein_err
heads_check_receipt(const struct client *client, const struct heads_set *set,
                    struct sein_slice receipt, enum sein_leaf_type type,
                    const struct sein_op_id *op_id,
                    const struct sein_hash *item_hash,
                    const struct sein_head **out_head)
{
    struct sein_receipt decoded = { 0 };
    struct sein_leaf_event event = {
        .type = type,
        .oin = sein_slice_text(client->home->profile.oin.text),
        .op_id = *op_id,
        .item_hash = *item_hash,
    };
    enum sein_err err =
        sein_schema_decode_all(&sein_receipt_schema, receipt, &decoded);

    if (err != SEIN_OK)
        return err;
    if (decoded.head >= set->count || !set->good[decoded.head])
        return SEIN_EPROOF;
    event.time = decoded.time;
    err = sein_receipt_verify(receipt, event, &set->heads[decoded.head]);
    if (err == SEIN_OK)
        *out_head = &set->heads[decoded.head];
    return err;
}

/* ---- what lies between ------------------------------------------------------
 */

enum sein_err
heads_ask(struct client *client)
{
    struct heads_position at = { 0 };
    struct client_request *request = NULL;
    struct sein_heads_get get = { 0 };
    enum sein_err err = heads_load_position(client->home, &at);

    if (err != SEIN_OK || at.newest_seq <= at.checked_seq ||
        client->heads_pages >= PAGES_MAX)
        return err;
    client->heads_pages++;
    request = client_begin_request(client, SEIN_KIND_HEADS_GET);
    if (request == NULL)
        return SEIN_OK;
    get.from = at.checked_seq + 1;
    get.count = at.newest_seq - at.checked_seq;
    if (get.count > SEIN_HEADS_MAX)
        get.count = SEIN_HEADS_MAX;
    client_send_object(client, SEIN_KIND_HEADS_GET, request,
                       &sein_heads_get_schema, &get);
    return SEIN_OK;
}

/* The links are hashes; the last one of a page is checked by signature, and
 * vouches for all before it. */
static enum sein_err
walk_links(struct heads_position *at, struct sein_slice body,
           const uint8_t *receipt_key, struct sein_slice *out_bad)
{
    struct sein_items items = { 0 };
    struct sein_signed_head item = { 0 };
    struct sein_head head = { 0 };
    enum sein_err err = sein_items_begin(body, SEIN_HEADS_MAX, &items);

    if (err == SEIN_OK && items.left == 0)
        return SEIN_ECHAIN;
    while (err == SEIN_OK) {
        err = sein_items_next(&items, &sein_signed_head_schema, &item, NULL);
        if (err != SEIN_OK)
            break;
        *out_bad = item.head;
        if (items.left == 0)
            err =
                sein_head_verify(item.head, item.signature, receipt_key, &head);
        else
            err = sein_schema_decode_all(&sein_head_schema, item.head, &head);
        if (err != SEIN_OK)
            break;
        if (head.seq != at->checked_seq + 1 ||
            memcmp(head.prev.bytes, at->checked_hash.bytes, SEIN_HASH_BYTES) !=
                0 ||
            memcmp(head.log_id.bytes, at->log_id.bytes, SEIN_ID_BYTES) != 0)
            return SEIN_ECHAIN;
        at->checked_seq = head.seq;
        sein_hash_of(item.head, &at->checked_hash);
        if (head.seq == at->newest_seq &&
            memcmp(at->checked_hash.bytes, at->newest_hash.bytes,
                   SEIN_HASH_BYTES) != 0)
            return SEIN_ECHAIN;
    }
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

enum sein_err
heads_take(struct client *client, struct sein_slice body)
{
    struct heads_position at = { 0 };
    struct sein_slice bad = { 0 };
    const struct sein_broker *broker = own_broker(client);
    enum sein_err err = heads_load_position(client->home, &at);

    if (err != SEIN_OK)
        return err;
    err = broker == NULL ? SEIN_EKEY
                         : walk_links(&at, body, broker->entry.receipt, &bad);
    if (err != SEIN_OK) {
        /* Kept and told; asked again on the next connection. */
        client->heads_pages = PAGES_MAX;
        return client_alarm(client, err, "head", bad);
    }
    return save_position(client->home, &at);
}
