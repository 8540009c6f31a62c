#include "tests/support/kernel_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "proto/trust/identity.h"
#include "proto/trust/presence.h"
#include "proto/wire/msg_confirm.h"
#include "proto/wire/msg_hello.h"
#include "proto/wire/pack.h"
#include "tests/support/fixture_epoch.h"

#define FRAME_ROOM (2U * SEIN_FRAME_MAX)

static struct kernel_peer
peer_of(unsigned number)
{
    struct kernel_peer peer = { .len = 5 };

    peer.bytes[1] = (uint8_t)(number >> 24);
    peer.bytes[2] = (uint8_t)(number >> 16);
    peer.bytes[3] = (uint8_t)(number >> 8);
    peer.bytes[4] = (uint8_t)number;
    return peer;
}

static unsigned
number_of(const struct kernel_peer *peer)
{
    return (unsigned)peer->bytes[1] << 24 | (unsigned)peer->bytes[2] << 16 |
           (unsigned)peer->bytes[3] << 8 | peer->bytes[4];
}

static void
on_event(void *context, const struct kernel_event *event)
{
    struct rig *rig = context;

    rig->told[event->type]++;
    rig->last_event = *event;
}

static void
make_kernel(struct rig *rig)
{
    struct sein_directory *dir = fixture_directory_open(rig->fixture);

    assert_int_equal(kernel_new(&rig->config, &dir, &rig->kernel), SEIN_OK);
    assert_null(dir);
}

struct rig *
rig_new_on(struct store *store)
{
    struct rig *rig = calloc(1, sizeof *rig);

    assert_non_null(rig);
    rig->store = store;
    rig->now_ms = FIXTURE_NOW_MS;
    rig->fixture = fixture_directory_new(FIXTURE_NOW_MS);
    rig->asked_end = &rig->asked;
    rig->sent_end = &rig->sent;
    rig->config.receipt_secret = rig->fixture->brokers[0].receipt_secret;
    rig->config.idx_key = rig->idx_key;
    rig->config.quota = (struct kernel_quota){ .letters_max = 100000,
                                               .presences_max = 100000,
                                               .bytes_max = 1U << 30,
                                               .items_per_s = 100000,
                                               .items_burst = 100000,
                                               .sessions_max = 100 };
    rig->config.event = on_event;
    rig->config.event_context = rig;
    make_kernel(rig);
    return rig;
}

struct rig *
rig_new(void)
{
    struct store *store = NULL;

    assert_int_equal(store_memory_ops.open("", &store), SEIN_OK);
    return rig_new_on(store);
}

static void
forget_sent(struct rig *rig)
{
    while (rig->sent != NULL) {
        struct rig_sent *sent = rig->sent;

        rig->sent = sent->next;
        free(sent);
    }
    rig->sent_end = &rig->sent;
}

static void
forget_asked(struct rig *rig)
{
    while (rig->asked != NULL) {
        struct rig_asked *asked = rig->asked;

        rig->asked = asked->next;
        free(asked);
    }
    rig->asked_end = &rig->asked;
}

void
rig_free(struct rig **rig_at)
{
    struct rig *rig = *rig_at;

    if (rig == NULL)
        return;
    forget_sent(rig);
    forget_asked(rig);
    kernel_free(&rig->kernel);
    rig->store->ops->close(&rig->store);
    fixture_directory_free(&rig->fixture);
    free(rig);
    *rig_at = NULL;
}

void
rig_restart(struct rig *rig)
{
    forget_sent(rig);
    forget_asked(rig);
    kernel_free(&rig->kernel);
    make_kernel(rig);
}

void
rig_swap(struct rig *rig)
{
    struct sein_directory *dir = NULL;

    fixture_directory_follow(rig->fixture, kernel_directory(rig->kernel));
    dir = fixture_directory_open(rig->fixture);
    kernel_swap_directory(rig->kernel, &dir, rig->now_ms);
    assert_null(dir);
}

void
rig_ask_key(struct rig *rig, unsigned peer, const struct sein_key_id *key_id,
            struct sein_slice frame)
{
    struct rig_asked *asked = malloc(sizeof *asked + frame.len);

    assert_non_null(asked);
    asked->next = NULL;
    asked->peer = peer;
    asked->key_id = *key_id;
    asked->len = frame.len;
    if (frame.len > 0)
        memcpy(asked->bytes, frame.at, frame.len);
    *rig->asked_end = asked;
    rig->asked_end = &asked->next;
}

void
rig_ask(struct rig *rig, unsigned peer, unsigned member,
        struct sein_slice frame)
{
    rig_ask_key(rig, peer, &rig->fixture->members[member].keys[0].key_id,
                frame);
}

static bool
on_send(void *context, const struct kernel_peer *peer, struct sein_slice frame)
{
    struct rig *rig = context;
    struct rig_sent *sent = NULL;

    if (number_of(peer) == rig->deaf_peer)
        return false;
    assert_true(frame.len <= SEIN_FRAME_MAX);
    sent = malloc(sizeof *sent + frame.len);
    assert_non_null(sent);
    sent->next = NULL;
    sent->peer = number_of(peer);
    sent->len = frame.len;
    memcpy(sent->bytes, frame.at, frame.len);
    assert_int_equal(
        sein_frame_decode(sein_slice_of(sent->bytes, sent->len), &sent->frame),
        SEIN_OK);
    *rig->sent_end = sent;
    rig->sent_end = &sent->next;
    return true;
}

static enum sein_err
take_all(struct rig *rig)
{
    enum sein_err err = SEIN_OK;

    for (const struct rig_asked *at = rig->asked; err == SEIN_OK && at != NULL;
         at = at->next) {
        struct kernel_peer peer = peer_of(at->peer);

        err = kernel_take(rig->kernel, &peer, &at->key_id,
                          sein_slice_of(at->bytes, at->len));
    }
    if (err == SEIN_OK && rig->sweep)
        err = kernel_sweep(rig->kernel);
    return err;
}

void
rig_run(struct rig *rig)
{
    const struct store_ops *ops = rig->store->ops;
    struct store_txn *txn = NULL;
    enum sein_err err = ops->begin(rig->store, &txn);

    rig->changed = false;
    rig->took = err;
    rig->begun = false;
    rig->failed = err != SEIN_OK;
    if (err != SEIN_OK) {
        forget_asked(rig);
        return;
    }
    err = kernel_begin(rig->kernel, txn, rig->now_ms);
    rig->begun = err == SEIN_OK;
    if (err == SEIN_OK)
        err = take_all(rig);
    if (err == SEIN_OK)
        err = kernel_seal(rig->kernel, &rig->changed);
    rig->took = err;
    if (err == SEIN_OK)
        err = rig->fail_with;
    if (err == SEIN_OK && rig->changed)
        err = ops->commit(&txn);
    ops->rollback(&txn);
    rig->failed = err != SEIN_OK;
    rig->fail_with = SEIN_OK;
    rig->sweep = false;
    kernel_finish(rig->kernel, err, on_send, rig);
    forget_asked(rig);
}

void
rig_sweep(struct rig *rig)
{
    rig->sweep = true;
    rig_run(rig);
}

/* ---- requests ---- */

void
rig_hello(struct rig *rig, unsigned peer, unsigned member, uint8_t home,
          bool take_over, const char *desk)
{
    struct sein_hello hello = { .take_over = take_over };
    uint8_t desks[SEIN_DESK_MAX + 8];
    uint8_t buffer[256];
    struct sein_writer out = sein_writer_of(desks, sizeof desks);
    struct sein_slice frame = { 0 };

    memset(hello.home_id.bytes, home, sizeof hello.home_id.bytes);
    if (desk != NULL) {
        sein_pack_array(&out, 1);
        sein_pack_text(&out, sein_slice_text(desk));
        hello.desks.count = 1;
        hello.desks.raw = sein_slice_of(desks, out.len);
    }
    assert_int_equal(sein_frame_encode(SEIN_KIND_HELLO, ++rig->req,
                                       &sein_hello_schema, &hello, buffer,
                                       sizeof buffer, &frame),
                     SEIN_OK);
    rig_ask(rig, peer, member, frame);
}

void
rig_empty(struct rig *rig, unsigned peer, unsigned member, enum sein_kind kind)
{
    uint8_t buffer[32];
    struct sein_writer out = sein_writer_of(buffer, sizeof buffer);

    sein_frame_begin(&out, kind, ++rig->req);
    sein_pack_array(&out, 0);
    rig_ask(rig, peer, member, sein_slice_of(buffer, out.len));
}

void
rig_credit(struct rig *rig, unsigned peer, unsigned member, uint64_t window)
{
    struct sein_credit credit = { .window = window };
    uint8_t buffer[64];
    struct sein_slice frame = { 0 };

    assert_int_equal(sein_frame_encode(SEIN_KIND_CREDIT, ++rig->req,
                                       &sein_credit_schema, &credit, buffer,
                                       sizeof buffer, &frame),
                     SEIN_OK);
    rig_ask(rig, peer, member, frame);
}

void
rig_items(struct rig *rig, unsigned peer, unsigned member, enum sein_kind kind,
          const struct sein_schema *schema, const void *objects, size_t count)
{
    static uint8_t buffer[FRAME_ROOM];
    struct sein_writer out = sein_writer_of(buffer, FRAME_ROOM);
    const uint8_t *at = objects;

    sein_frame_begin(&out, kind, ++rig->req);
    sein_pack_array(&out, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(
            sein_schema_encode(schema, at + i * schema->size, &out), SEIN_OK);
    assert_false(out.failed);
    rig_ask(rig, peer, member, sein_slice_of(buffer, out.len));
}

void
rig_ack(struct rig *rig, unsigned peer, unsigned member, uint64_t seq,
        const char *desk, uint64_t status)
{
    struct sein_ack_item ack = { .seq = seq, .status = status };

    ack.desk = sein_slice_text(desk);
    rig_items(rig, peer, member, SEIN_KIND_ACK, &sein_ack_item_schema, &ack, 1);
}

/* ---- letters ---- */

static void
fill_in(const struct rig *rig, struct rig_letter *letter)
{
    const struct sein_letter_id none = { { 0 } };

    if (letter->from == NULL)
        letter->from = FIXTURE_DESK_SCHOOL;
    if (letter->to == NULL)
        letter->to = FIXTURE_DESK_NOORD;
    if (letter->circle == NULL)
        letter->circle = "jeugd";
    if (letter->made_ms == 0)
        letter->made_ms = rig->now_ms;
    if (letter->expires_ms == 0) {
        letter->expires_ms = rig->now_ms + 7 * SEIN_MS_PER_DAY;
        letter->expires_ms -= letter->expires_ms % SEIN_MS_PER_HOUR;
    }
    if (letter->v == 0)
        letter->v = 1;
    if (letter->suite == 0)
        letter->suite = 1;
    if (letter->ct_len == 0)
        letter->ct_len = 1024 + SEIN_HPKE_TAG_BYTES;
    if (memcmp(&letter->id, &none, sizeof none) == 0)
        sein_letter_id_new(letter->made_ms, &letter->id);
}

static void
hash_item(struct rig_put *put)
{
    struct sein_put_item item = { 0 };
    static uint8_t buffer[FRAME_ROOM];
    struct sein_writer out = sein_writer_of(buffer, FRAME_ROOM);

    item.from = sein_slice_text(put->letter.from);
    item.letter = sein_slice_of(put->letter_bytes, put->letter_len);
    assert_int_equal(sein_schema_encode(&sein_put_item_schema, &item, &out),
                     SEIN_OK);
    sein_hash_of(sein_slice_of(buffer, out.len), &put->item_hash);
}

void
rig_letter_make(const struct rig *rig, const struct rig_letter *letter,
                struct rig_put *out_put)
{
    struct sein_letter_header header = { 0 };
    uint8_t bytes[SEIN_LETTER_HEADER_MAX];
    struct sein_writer head = sein_writer_of(bytes, sizeof bytes);
    struct sein_writer out =
        sein_writer_of(out_put->letter_bytes, sizeof out_put->letter_bytes);

    out_put->letter = *letter;
    fill_in(rig, &out_put->letter);
    header.v = out_put->letter.v;
    header.suite = out_put->letter.suite;
    header.circle = sein_slice_text(out_put->letter.circle);
    header.letter_id = out_put->letter.id;
    header.to = sein_slice_text(out_put->letter.to);
    header.expires = (uint64_t)out_put->letter.expires_ms;
    assert_int_equal(
        sein_schema_encode(&sein_letter_header_schema, &header, &head),
        SEIN_OK);
    sein_write_lp(&out, sein_slice_of(bytes, head.len));
    sein_write_zeros(&out, SEIN_HPKE_ENC_BYTES);
    for (size_t i = 0; i < out_put->letter.ct_len; i++)
        sein_write_u8(&out, out_put->letter.fill);
    assert_false(out.failed);
    out_put->letter_len = out.len;
    hash_item(out_put);
}

void
rig_put(struct rig *rig, unsigned peer, unsigned member, struct rig_put *put)
{
    struct sein_put_item item = { 0 };

    item.from = sein_slice_text(put->letter.from);
    item.letter = sein_slice_of(put->letter_bytes, put->letter_len);
    rig_items(rig, peer, member, SEIN_KIND_PUT, &sein_put_item_schema, &item,
              1);
}

void
rig_withdraw(struct rig *rig, unsigned peer, unsigned member, const char *from,
             const struct sein_letter_id *letter_id, uint8_t op)
{
    struct sein_withdraw_item item = { .letter_id = *letter_id };

    item.from = sein_slice_text(from);
    memset(item.op_id.bytes, op, sizeof item.op_id.bytes);
    rig_items(rig, peer, member, SEIN_KIND_WITHDRAW, &sein_withdraw_item_schema,
              &item, 1);
}

/* ---- presences ---- */

static const struct fixture_member *
member_of(const struct rig *rig, const char *desk)
{
    size_t at = 0;

    while (at < rig->fixture->member_count &&
           strncmp(rig->fixture->members[at].oin, desk, SEIN_OIN_CHARS) != 0)
        at++;
    assert_true(at < rig->fixture->member_count);
    return &rig->fixture->members[at];
}

static struct sein_slice
encode(const struct sein_schema *schema, const void *object, uint8_t *buffer,
       size_t max)
{
    struct sein_writer out = sein_writer_of(buffer, max);
    struct sein_slice bytes = { 0 };

    assert_int_equal(sein_schema_encode(schema, object, &out), SEIN_OK);
    assert_int_equal(sein_writer_done(&out, &bytes), SEIN_OK);
    return bytes;
}

static void
presence_defaults(const struct rig *rig, struct rig_presence *one)
{
    static const struct sein_presence_id none = { { 0 } };

    if (one->desk == NULL)
        one->desk = FIXTURE_DESK_SCHOOL;
    if (one->from == NULL)
        one->from = one->desk;
    if (one->circle == NULL)
        one->circle = "jeugd";
    if (one->epoch == 0)
        one->epoch = 1;
    if (one->link == 0)
        one->link = SEIN_LINK_ADDRESS;
    if (one->label == NULL)
        one->label = "school";
    if (one->put_tag == 0)
        one->put_tag = one->tag;
    if (one->created_ms == 0)
        one->created_ms = rig->now_ms;
    if (one->expires_ms == 0)
        one->expires_ms = one->created_ms + 60 * SEIN_MS_PER_DAY;
    if (one->dir_version == 0)
        one->dir_version =
            sein_directory_version(kernel_directory(rig->kernel));
    if (memcmp(&one->id, &none, sizeof none) == 0)
        sein_random_id(one->id.bytes);
}

void
rig_presence_make(const struct rig *rig, const struct rig_presence *presence,
                  struct rig_presence_put *out_put)
{
    struct rig_presence *one = &out_put->presence;
    struct sein_presence_note note = { .v = 1 };
    struct sein_presence_core core = { .v = 1 };
    struct sein_deposit deposit = { .nmac = { 1 }, .mac = { 2 } };
    const struct fixture_key *key = NULL;
    struct sein_tag tag;
    uint8_t note_bytes[SEIN_NOTE_STATEMENT_MAX];
    uint8_t core_bytes[SEIN_CORE_MAX];

    *one = *presence;
    presence_defaults(rig, one);
    key = &member_of(rig, one->desk)->keys[one->key];
    memset(&tag, one->tag, sizeof tag);
    note.circle = core.circle = sein_slice_text(one->circle);
    note.epoch = core.epoch = one->epoch;
    note.presence_id = core.presence_id = one->id;
    note.link = core.link = one->link;
    note.label = sein_slice_text(one->label);
    note.expires = (uint64_t)(one->expires_ms / SEIN_MS_PER_DAY);
    deposit.note = encode(&sein_presence_note_schema, &note, note_bytes,
                          sizeof note_bytes);
    core.desk = sein_slice_text(one->desk);
    core.org = sein_desk_oin(core.desk);
    core.key_id = key->key_id;
    core.created = (uint64_t)one->created_ms;
    core.expires = (uint64_t)one->expires_ms;
    sein_hash_of(deposit.note, &core.note_hash);
    core.dir_version = one->dir_version;
    core.dir_hash = *sein_directory_hash(kernel_directory(rig->kernel));
    if (one->dir_hash != 0)
        memset(&core.dir_hash, one->dir_hash, sizeof core.dir_hash);
    deposit.core = encode(&sein_presence_core_schema, &core, core_bytes,
                          sizeof core_bytes);
    assert_int_equal(sein_presence_sign(deposit.core, deposit.mac, &tag,
                                        key->sign_secret, deposit.psig),
                     SEIN_OK);
    out_put->deposit_len = encode(&sein_deposit_schema, &deposit,
                                  out_put->deposit, sizeof out_put->deposit)
                               .len;
}

void
rig_presence_put(struct rig *rig, unsigned peer, unsigned member,
                 struct rig_presence_put *put)
{
    struct sein_presence_put_item item = { 0 };
    uint8_t buffer[SEIN_DEPOSIT_MAX + 128];

    item.from = sein_slice_text(put->presence.from);
    memset(&item.tag, put->presence.put_tag, sizeof item.tag);
    item.deposit = sein_slice_of(put->deposit, put->deposit_len);
    sein_hash_of(
        encode(&sein_presence_put_item_schema, &item, buffer, sizeof buffer),
        &put->item_hash);
    rig_items(rig, peer, member, SEIN_KIND_PRESENCE_PUT,
              &sein_presence_put_item_schema, &item, 1);
}

void
rig_presence_withdraw(struct rig *rig, unsigned peer, unsigned member,
                      const char *from,
                      const struct sein_presence_id *presence_id, uint8_t op)
{
    struct sein_presence_withdraw_item item = { .presence_id = *presence_id };

    item.from = sein_slice_text(from);
    memset(&item.op_id, op, sizeof item.op_id);
    rig_items(rig, peer, member, SEIN_KIND_PRESENCE_WITHDRAW,
              &sein_presence_withdraw_item_schema, &item, 1);
}

void
rig_accept(struct rig *rig, unsigned peer, unsigned member, const char *from,
           const struct sein_match_id *match_id, uint8_t op)
{
    struct sein_match_accept_item item = { .match_id = *match_id };

    item.from = sein_slice_text(from);
    memset(&item.op_id, op, sizeof item.op_id);
    rig_items(rig, peer, member, SEIN_KIND_MATCH_ACCEPT,
              &sein_match_accept_item_schema, &item, 1);
}

/* ---- evaluation ---- */

void
rig_add_holders(struct rig *rig)
{
    static const char *const desks[] = { RIG_DESK_HOLDER, RIG_DESK_HOLDER2 };
    static const uint8_t no_points[2][SEIN_POINT_BYTES] = { { 1 }, { 2 } };
    struct fixture_circle *circle = &rig->fixture->circles[FIXTURE_JEUGD];

    (void)fixture_member_add(rig->fixture, RIG_OIN_HOLDER, "Houder", 200);
    (void)fixture_member_add(rig->fixture, RIG_OIN_HOLDER2, "Houder", 201);
    fixture_epoch_sign(rig->fixture, circle,
                       fixture_epoch_name(rig->fixture, circle, 2, desks, 2),
                       no_points);
    rig_swap(rig);
}

static struct sein_list
fixed_list(struct sein_writer *out, size_t size, size_t count)
{
    static const uint8_t zeros[SEIN_EVAL_BATCH_MAX * 2U * SEIN_POINT_BYTES];
    size_t from = out->len;

    sein_fixed_list_write(out, zeros, size, count);
    assert_false(out->failed);
    return (struct sein_list){ sein_slice_of(out->at + from, out->len - from),
                               count };
}

static const char *
or_usual(const char *text, const char *usual)
{
    return text == NULL ? usual : text;
}

static size_t
or_one(size_t number, size_t usual)
{
    return number == 0 ? usual : number;
}

void
rig_eval_write(const struct rig *rig, const struct rig_eval *eval,
               struct sein_writer *out_body)
{
    static uint8_t lists[4 * SEIN_EVAL_REQUEST_MAX];
    static uint8_t bytes[4 * SEIN_EVAL_REQUEST_MAX];
    struct sein_writer pieces = sein_writer_of(lists, sizeof lists);
    struct sein_writer out = sein_writer_of(bytes, sizeof bytes);
    struct sein_eval_request request = { .v = 1, .epoch = 1 + eval->later };
    struct sein_eval frame = { 0 };

    frame.holder = sein_slice_text(or_usual(eval->holder, RIG_DESK_HOLDER));
    request.holder = frame.holder;
    if (eval->named != NULL)
        request.holder = sein_slice_text(eval->named);
    request.circle = sein_slice_text(or_usual(eval->circle, "jeugd"));
    request.desk = sein_slice_text(or_usual(eval->desk, FIXTURE_DESK_SCHOOL));
    request.ts = (uint64_t)rig->now_ms;
    memset(request.req_id, eval->fill, sizeof request.req_id);
    request.ids = fixed_list(&pieces, or_one(eval->id_len, SEIN_ID_BYTES),
                             or_one(eval->ids, 1));
    request.blinded =
        fixed_list(&pieces, or_one(eval->point_len, SEIN_POINT_BYTES),
                   or_one(eval->blinded, 1));
    assert_int_equal(
        sein_schema_encode(&sein_eval_request_schema, &request, &out), SEIN_OK);
    frame.request = sein_slice_of(bytes, out.len);
    memset(frame.signature, eval->fill, sizeof frame.signature);
    assert_int_equal(sein_schema_encode(&sein_eval_schema, &frame, out_body),
                     SEIN_OK);
}

void
rig_eval(struct rig *rig, unsigned peer, unsigned member,
         const struct rig_eval *eval)
{
    static uint8_t buffer[4 * SEIN_EVAL_REQUEST_MAX];
    struct sein_writer out = sein_writer_of(buffer, sizeof buffer);

    sein_frame_begin(&out, SEIN_KIND_EVAL, ++rig->req);
    rig_eval_write(rig, eval, &out);
    rig_ask(rig, peer, member, sein_slice_of(buffer, out.len));
}

static void
ask_object(struct rig *rig, unsigned peer, unsigned member, enum sein_kind kind,
           const struct sein_schema *schema, const void *object)
{
    uint8_t buffer[2 * SEIN_EVAL_REPLY_MAX];
    struct sein_slice frame = { 0 };

    assert_int_equal(sein_frame_encode(kind, ++rig->req, schema, object, buffer,
                                       sizeof buffer, &frame),
                     SEIN_OK);
    rig_ask(rig, peer, member, frame);
}

void
rig_eval_ready(struct rig *rig, unsigned peer, unsigned member,
               const char *desk, uint64_t window)
{
    const struct sein_eval_ready ready = { .desk = sein_slice_text(desk),
                                           .window = window };

    ask_object(rig, peer, member, SEIN_KIND_EVAL_READY, &sein_eval_ready_schema,
               &ready);
}

void
rig_eval_answer(struct rig *rig, unsigned peer, unsigned member,
                uint64_t ticket, const char *reply)
{
    struct sein_eval_answer answer = { .ticket = ticket,
                                       .reply = sein_slice_text(reply) };

    memset(answer.signature, 0x5a, sizeof answer.signature);
    ask_object(rig, peer, member, SEIN_KIND_EVAL_ANSWER,
               &sein_eval_answer_schema, &answer);
}

/* ---- answers ---- */

/* The one taken last is kept at the front, with peer 0, until the next. */
static void
drop_taken(struct rig *rig)
{
    struct rig_sent *first = rig->sent;

    if (first == NULL || first->peer != 0)
        return;
    rig->sent = first->next;
    if (rig->sent == NULL)
        rig->sent_end = &rig->sent;
    free(first);
}

bool
rig_take_any(struct rig *rig, unsigned peer, struct sein_frame *out_frame)
{
    struct rig_sent **link = NULL;
    struct rig_sent *sent = NULL;

    drop_taken(rig);
    link = &rig->sent;
    while (*link != NULL && (*link)->peer != peer)
        link = &(*link)->next;
    sent = *link;
    if (sent == NULL)
        return false;
    *link = sent->next;
    if (*link == NULL)
        rig->sent_end = link;
    sent->next = rig->sent;
    if (rig->sent == NULL)
        rig->sent_end = &sent->next;
    rig->sent = sent;
    sent->peer = 0;
    *out_frame = sent->frame;
    return true;
}

void
rig_take_frame(struct rig *rig, unsigned peer, enum sein_kind kind,
               struct sein_frame *out_frame)
{
    assert_true(rig_take_any(rig, peer, out_frame));
    assert_int_equal(out_frame->kind, kind);
}

void
rig_no_frame(struct rig *rig, unsigned peer)
{
    struct sein_frame frame = { 0 };

    assert_false(rig_take_any(rig, peer, &frame));
}

enum sein_err
rig_error(struct rig *rig, unsigned peer, uint64_t *out_at)
{
    struct sein_frame frame = { 0 };
    struct sein_error_body body = { 0 };

    rig_take_frame(rig, peer, SEIN_KIND_ERROR, &frame);
    assert_int_equal(
        sein_schema_decode_all(&sein_error_schema, frame.body, &body), SEIN_OK);
    if (out_at != NULL)
        *out_at = body.at;
    return sein_err_from_wire(body.code);
}

/* Heads of a confirm, every signature of which was verified. */
static void
read_heads(const struct rig *rig, struct sein_list list,
           struct sein_head heads[static SEIN_HEADS_MAX])
{
    struct sein_items items = { 0 };
    size_t count = 0;

    assert_int_equal(sein_items_begin(list.raw, SEIN_HEADS_MAX, &items),
                     SEIN_OK);
    for (;;) {
        struct sein_signed_head entry = { 0 };
        enum sein_err err =
            sein_items_next(&items, &sein_signed_head_schema, &entry, NULL);

        if (err == SEIN_ENOENT)
            break;
        assert_int_equal(err, SEIN_OK);
        assert_int_equal(sein_head_verify(entry.head, entry.signature,
                                          rig->fixture->brokers[0].receipt,
                                          &heads[count]),
                         SEIN_OK);
        count++;
    }
    assert_int_equal(count, list.count);
}

static void
read_receipt(struct sein_slice bytes, const struct sein_head *heads,
             size_t head_count, struct sein_leaf_event event, bool verify,
             struct rig_verdict *out)
{
    struct sein_receipt receipt = { 0 };

    assert_int_equal(
        sein_schema_decode_all(&sein_receipt_schema, bytes, &receipt), SEIN_OK);
    assert_true(receipt.head < head_count);
    out->receipt = true;
    out->head = heads[receipt.head];
    out->time = receipt.time;
    out->index = receipt.index;
    event.op_id = out->op_id;
    if (verify)
        assert_int_equal(
            sein_receipt_verify(bytes, event, &heads[receipt.head]), SEIN_OK);
}

void
rig_confirm(struct rig *rig, unsigned peer, enum sein_leaf_type type,
            const char *oin, const struct sein_hash *item_hash,
            struct rig_confirm *out_confirm)
{
    static struct sein_head heads[SEIN_HEADS_MAX];
    struct sein_leaf_event event = { .type = type };
    struct sein_frame frame = { 0 };
    struct sein_confirm confirm = { 0 };
    struct sein_items items = { 0 };

    rig_take_frame(rig, peer, SEIN_KIND_CONFIRM, &frame);
    assert_int_equal(
        sein_schema_decode_all(&sein_confirm_schema, frame.body, &confirm),
        SEIN_OK);
    if (oin != NULL)
        event.oin = sein_slice_text(oin);
    if (item_hash != NULL)
        event.item_hash = *item_hash;
    read_heads(rig, confirm.heads, heads);
    memset(out_confirm, 0, sizeof *out_confirm);
    out_confirm->count = confirm.verdicts.count;
    out_confirm->heads = confirm.heads.count;
    assert_int_equal(
        sein_items_begin(confirm.verdicts.raw, RIG_VERDICTS_MAX, &items),
        SEIN_OK);
    for (size_t i = 0; i < out_confirm->count; i++) {
        struct rig_verdict *out = &out_confirm->verdicts[i];
        struct sein_verdict verdict = { 0 };

        assert_int_equal(
            sein_items_next(&items, &sein_verdict_schema, &verdict, NULL),
            SEIN_OK);
        out->op_id = verdict.op_id;
        out->code = sein_err_from_wire(verdict.code);
        out->at = verdict.at;
        if (verdict.receipt.len > 0)
            read_receipt(verdict.receipt, heads, confirm.heads.count, event,
                         item_hash != NULL, out);
    }
}

enum sein_err
rig_code(struct rig *rig, unsigned peer)
{
    static struct rig_confirm confirm;

    rig_confirm(rig, peer, SEIN_LEAF_LETTER, NULL, NULL, &confirm);
    assert_int_equal(confirm.count, 1);
    return confirm.verdicts[0].code;
}

void
rig_welcome(struct rig *rig, unsigned peer)
{
    struct sein_frame frame = { 0 };
    struct sein_welcome body = { 0 };

    rig_take_frame(rig, peer, SEIN_KIND_WELCOME, &frame);
    assert_int_equal(
        sein_schema_decode_all(&sein_welcome_schema, frame.body, &body),
        SEIN_OK);
    assert_int_equal(body.now, rig->now_ms);
}

void
rig_reader(struct rig *rig, unsigned peer, unsigned member, uint8_t home,
           const char *desk, uint64_t window)
{
    rig_hello(rig, peer, member, home, false, desk);
    rig_credit(rig, peer, member, window);
    rig_run(rig);
    rig_welcome(rig, peer);
}

void
rig_sender(struct rig *rig, unsigned peer, unsigned member)
{
    rig_hello(rig, peer, member, 1, false, NULL);
    rig_run(rig);
    rig_welcome(rig, peer);
}

static void
read_item(const struct sein_deliver_item *item, struct rig_delivery *out)
{
    struct sein_letter_view view = { 0 };

    out->seq = item->seq;
    out->type = item->type;
    out->accepted_at = item->accepted_at;
    sein_hash_of(item->item, &out->item_hash);
    assert_int_equal(
        sein_slice_copy_text(item->desk, out->desk, sizeof out->desk), SEIN_OK);
    if (item->type == SEIN_ITEM_LETTER) {
        assert_int_equal(sein_letter_split(item->item, &view), SEIN_OK);
        out->letter_id = view.header.letter_id;
        return;
    }
    if (item->type == SEIN_ITEM_MATCH) {
        assert_int_equal(sein_schema_decode_all(&sein_match_item_schema,
                                                item->item, &out->match),
                         SEIN_OK);
        out->deposit_len = out->match.deposit.len;
        if (out->deposit_len > 0)
            memcpy(out->deposit, out->match.deposit.at, out->deposit_len);
        return;
    }
    assert_int_equal(
        sein_schema_decode_all(&sein_event_schema, item->item, &out->event),
        SEIN_OK);
    assert_int_equal(sein_slice_copy_text(out->event.desk, out->event_desk,
                                          sizeof out->event_desk),
                     SEIN_OK);
    assert_int_equal(sein_slice_copy_text(out->event.circle, out->event_circle,
                                          sizeof out->event_circle),
                     SEIN_OK);
    out->letter_id = out->event.letter_id;
}

size_t
rig_deliveries(struct rig *rig, unsigned peer,
               struct rig_delivery out[static RIG_DELIVERIES_MAX])
{
    struct sein_frame frame = { 0 };
    struct sein_items items = { 0 };
    size_t count = 0;

    if (!rig_take_any(rig, peer, &frame))
        return 0;
    assert_int_equal(frame.kind, SEIN_KIND_DELIVER);
    assert_int_equal(frame.req, 0);
    assert_int_equal(sein_items_begin(frame.body, SEIN_ITEMS_MAX, &items),
                     SEIN_OK);
    for (;;) {
        struct sein_deliver_item item = { 0 };
        enum sein_err err =
            sein_items_next(&items, &sein_deliver_item_schema, &item, NULL);

        if (err == SEIN_ENOENT)
            break;
        assert_int_equal(err, SEIN_OK);
        memset(&out[count], 0, sizeof out[count]);
        read_item(&item, &out[count]);
        count++;
    }
    assert_true(count > 0);
    return count;
}

struct rig_delivery
rig_one_delivery(struct rig *rig, unsigned peer)
{
    static struct rig_delivery all[RIG_DELIVERIES_MAX];

    assert_int_equal(rig_deliveries(rig, peer, all), 1);
    return all[0];
}

enum sein_err
rig_acked(struct rig *rig, unsigned peer, uint64_t seq)
{
    struct sein_frame frame = { 0 };
    struct sein_items items = { 0 };
    struct sein_acked_item acked = { 0 };

    rig_take_frame(rig, peer, SEIN_KIND_ACKED, &frame);
    assert_int_equal(sein_items_begin(frame.body, SEIN_ITEMS_MAX, &items),
                     SEIN_OK);
    assert_int_equal(
        sein_items_next(&items, &sein_acked_item_schema, &acked, NULL),
        SEIN_OK);
    assert_int_equal(
        sein_items_next(&items, &sein_acked_item_schema, &acked, NULL),
        SEIN_ENOENT);
    assert_int_equal(acked.seq, seq);
    return sein_err_from_wire(acked.code);
}
