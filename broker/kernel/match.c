#include "broker/kernel/match.h"

#include <string.h>

#include "broker/failpoint.h"
#include "broker/kernel/notice.h"
#include "proto/trust/identity.h"
#include "proto/wire/msg_presence.h"

/* A match item: the deposit, two names, and what has a fixed length. */
#define MATCH_ITEM_MAX (SEIN_DEPOSIT_MAX + 256U)

/* Two presences and what there is between them; the parties are in the order
 * of the sides. */
struct meeting {
    struct kernel *kernel;
    struct store_match match;
    const struct store_presence *parties[2];
};

static struct sein_slice
deposit_of(const struct store_presence *presence)
{
    return sein_slice_of(presence->deposit, presence->deposit_len);
}

bool
match_stands(const struct kernel *kernel, const struct store_presence *presence)
{
    const struct sein_key *key =
        sein_directory_key(kernel->dir, &presence->key_id);
    const struct sein_desk *desk =
        sein_directory_desk(kernel->dir, sein_slice_text(presence->desk.text));

    if (key == NULL || desk == NULL || !sein_key_acts_for(key, desk))
        return false;
    switch (sein_key_status_at(key, kernel->now_ms)) {
    case SEIN_KEY_REVOKED:
    case SEIN_KEY_LEFT:
        return false;
    case SEIN_KEY_ACTIVE:
    case SEIN_KEY_NOT_YET:
    case SEIN_KEY_RETIRED: /* what it put before goes on */
        break;
    }
    return presence->expires_at_ms > kernel->now_ms &&
           sein_may_presence(
               kernel->dir, desk, sein_slice_text(presence->circle.text),
               presence->epoch, presence->link, kernel->now_ms) == SEIN_OK;
}

static bool
may_meet(const struct kernel *kernel, const struct store_presence *a,
         const struct store_presence *b)
{
    return match_stands(kernel, a) && match_stands(kernel, b) &&
           sein_may_match(kernel->dir, sein_slice_text(a->circle.text),
                          sein_slice_text(a->desk.text), a->link,
                          sein_slice_text(b->desk.text), b->link) == SEIN_OK;
}

enum sein_err
match_leaves(struct kernel *kernel, const struct store_idx *idx,
             size_t *out_count)
{
    uint64_t under = 0;
    enum sein_err err =
        kernel_ops(kernel)->presence_under(kernel->turn.txn, idx, &under);

    if (err != SEIN_OK)
        return kernel_fatal(err);
    /* One for the operation, and at most two of each pair. */
    *out_count = 1 + 2 * (size_t)under;
    return SEIN_OK;
}

/* ---- what is not as it was written ---- */

static void
tell_damaged(const struct kernel *kernel, const char *desk)
{
    kernel_tell(kernel, KERNEL_EVENT_DAMAGED, NULL, desk, NULL, SEIN_EDAMAGED);
}

/* A damaged match is as good as none; it goes.  SEIN_ENOENT. */
static enum sein_err
found_match(struct kernel *kernel, const struct store_match *match,
            enum sein_err err)
{
    if (err == SEIN_OK || err == SEIN_ENOENT)
        return err;
    if (err != SEIN_EDAMAGED)
        return kernel_fatal(err);
    tell_damaged(kernel, match->sides[0].desk.text);
    err = kernel_ops(kernel)->match_erase(kernel->turn.txn, &match->match_id);
    if (err != SEIN_OK)
        return kernel_fatal(err);
    kernel->turn.changed = true;
    return SEIN_ENOENT;
}

/* The presence of a desk, if it is there, whole and live.  SEIN_ENOENT. */
static enum sein_err
find_live(struct kernel *kernel, const struct store_idx *idx, const char *desk,
          struct store_presence *out_presence)
{
    enum sein_err err = kernel_ops(kernel)->presence_at(
        kernel->turn.txn, idx, sein_slice_text(desk), out_presence);

    if (err == SEIN_EDAMAGED) {
        tell_damaged(kernel, desk);
        return SEIN_ENOENT;
    }
    if (err != SEIN_OK)
        return err == SEIN_ENOENT ? err : kernel_fatal(err);
    return out_presence->expires_at_ms > kernel->now_ms ? SEIN_OK : SEIN_ENOENT;
}

/* ---- items ---- */

static enum sein_err
encode_item(const struct kernel *kernel, const struct sein_match_id *match_id,
            enum sein_match_type type, const struct store_presence *own,
            struct sein_slice deposit, const struct sein_op_id *event_id,
            struct sein_writer *out)
{
    struct sein_match_item item = { .v = 1,
                                    .type = (uint64_t)type,
                                    .event_id = *event_id,
                                    .match_id = *match_id,
                                    .presence_id = own->presence_id,
                                    .epoch = own->epoch,
                                    .at = (uint64_t)kernel->now_ms,
                                    .deposit = deposit };

    item.desk = sein_slice_text(own->desk.text);
    item.circle = sein_slice_text(own->circle.text);
    return sein_schema_encode(&sein_match_item_schema, &item, out);
}

/* An item on own's desk; out_seq is 0 when the desk is no more. */
static enum sein_err
put_item(struct kernel *kernel, const struct sein_match_id *match_id,
         enum sein_match_type type, const struct store_presence *own,
         struct sein_slice deposit, uint64_t *out_seq)
{
    int64_t expires_ms = type == SEIN_MATCH_ENDED
                             ? kernel->now_ms + SEIN_MATCH_KEEP_MS
                             : own->expires_at_ms;
    uint8_t buffer[MATCH_ITEM_MAX];
    struct sein_writer out = sein_writer_of(buffer, sizeof buffer);
    struct sein_slice bytes = { 0 };
    struct sein_op_id event_id;
    enum sein_err err = SEIN_OK;

    *out_seq = 0;
    sein_random_id(event_id.bytes);
    err = encode_item(kernel, match_id, type, own, deposit, &event_id, &out);
    if (err == SEIN_OK)
        err = sein_writer_done(&out, &bytes);
    if (err == SEIN_OK)
        err = notice_put_match(kernel, own, &event_id, bytes, expires_ms,
                               out_seq);
    if (err != SEIN_OK)
        return kernel_fatal(err);
    FAILPOINT("notice");
    return SEIN_OK;
}

/* What of the other's deposit waits for a side goes.  When it was not
 * acknowledged, the side may never have seen it. */
static enum sein_err
drop_item(struct kernel *kernel, struct store_side *side)
{
    enum sein_err err = SEIN_ENOENT;

    if (side->item_seq != 0)
        err = kernel_ops(kernel)->item_erase(kernel->turn.txn, side->item_seq);
    if (err != SEIN_OK && err != SEIN_ENOENT)
        return kernel_fatal(err);
    if (err == SEIN_OK)
        side->told = false;
    side->item_seq = 0;
    return SEIN_OK;
}

/* Side i is told, of the other's note or the whole of its deposit. */
static enum sein_err
tell_side(struct meeting *meeting, size_t i, enum sein_match_type type,
          struct sein_slice deposit)
{
    struct store_side *side = &meeting->match.sides[i];
    enum sein_err err = drop_item(meeting->kernel, side);

    if (err == SEIN_OK)
        err = put_item(meeting->kernel, &meeting->match.match_id, type,
                       meeting->parties[i], deposit, &side->item_seq);
    if (err == SEIN_OK)
        side->told = true;
    return err;
}

static enum sein_err
notify(struct meeting *meeting, size_t i)
{
    struct sein_deposit deposit = { 0 };
    struct sein_deposit_note note = { 0 };
    uint8_t buffer[SEIN_DEPOSIT_MAX];
    struct sein_writer out = sein_writer_of(buffer, sizeof buffer);
    struct sein_slice bytes = { 0 };
    enum sein_err err = sein_schema_decode_all(
        &sein_deposit_schema, deposit_of(meeting->parties[1 - i]), &deposit);

    if (err != SEIN_OK)
        return kernel_fatal(err);
    note.note = deposit.note;
    memcpy(note.nmac, deposit.nmac, sizeof note.nmac);
    err = sein_schema_encode(&sein_deposit_note_schema, &note, &out);
    if (err == SEIN_OK)
        err = sein_writer_done(&out, &bytes);
    if (err != SEIN_OK)
        return kernel_fatal(err);
    return tell_side(meeting, i, SEIN_MATCH_NOTICE, bytes);
}

static enum sein_err
reveal_to(struct meeting *meeting, size_t i)
{
    return tell_side(meeting, i, SEIN_MATCH_REVEALED,
                     deposit_of(meeting->parties[1 - i]));
}

static enum sein_err
reveal(struct meeting *meeting)
{
    enum sein_err err = reveal_to(meeting, 0);

    if (err == SEIN_OK)
        err = reveal_to(meeting, 1);
    meeting->match.revealed = true;
    meeting->kernel->counters.matches_revealed++;
    return err;
}

static enum sein_err
update(struct kernel *kernel, const struct store_match *match)
{
    enum sein_err err =
        kernel_ops(kernel)->match_update(kernel->turn.txn, match);

    if (err != SEIN_OK)
        return kernel_fatal(err);
    kernel->turn.changed = true;
    return SEIN_OK;
}

static enum sein_err
erase(struct kernel *kernel, const struct store_match *match)
{
    enum sein_err err =
        kernel_ops(kernel)->match_erase(kernel->turn.txn, &match->match_id);

    if (err != SEIN_OK)
        return kernel_fatal(err);
    kernel->turn.changed = true;
    return SEIN_OK;
}

/* ---- meeting ---- */

static uint64_t
reveal_rule(const struct meeting *meeting)
{
    const struct sein_circle *circle = sein_directory_circle(
        meeting->kernel->dir,
        sein_slice_text(meeting->parties[0]->circle.text));

    return circle == NULL ? SEIN_REVEAL_NONE : circle->entry.reveal;
}

static enum sein_err
begin_match(struct meeting *meeting)
{
    struct kernel *kernel = meeting->kernel;
    struct store_match *match = &meeting->match;
    uint64_t rule = reveal_rule(meeting);
    enum sein_err err = SEIN_OK;

    if (rule == SEIN_REVEAL_NONE)
        return SEIN_OK;
    *match = (struct store_match){ .idx = meeting->parties[0]->idx };
    sein_random_id(match->match_id.bytes);
    for (size_t i = 0; i < 2; i++) {
        match->sides[i].desk = meeting->parties[i]->desk;
        match->sides[i].link = meeting->parties[i]->link;
        match->sides[i].here = true;
    }
    if (rule == SEIN_REVEAL_DIRECT)
        err = reveal(meeting);
    else
        err = notify(meeting, 0);
    if (err == SEIN_OK && rule == SEIN_REVEAL_MUTUAL)
        err = notify(meeting, 1);
    if (err != SEIN_OK)
        return err;
    err = kernel_ops(kernel)->match_put(kernel->turn.txn, match);
    if (err != SEIN_OK)
        return kernel_fatal(err);
    kernel->turn.changed = true;
    kernel->counters.matches_made++;
    FAILPOINT("match");
    return SEIN_OK;
}

/* What still waits for the side that renews is made again: it names the
 * presence, and goes no later than it. */
static enum sein_err
renew_own(struct meeting *meeting, size_t i)
{
    struct store_side *side = &meeting->match.sides[i];
    bool told = side->told;
    enum sein_err err = drop_item(meeting->kernel, side);

    if (err != SEIN_OK || side->told == told)
        return err;
    return meeting->match.revealed ? reveal_to(meeting, i) : notify(meeting, i);
}

/* Side i stands there again, or with other dates.  The other one, if it was
 * not revealed, hears nothing: for it nothing has happened. */
static enum sein_err
come_back(struct meeting *meeting, size_t i)
{
    struct store_match *match = &meeting->match;
    bool was_here = match->sides[i].here;
    enum sein_err err = SEIN_OK;

    match->sides[i].here = true;
    match->sides[i].link = meeting->parties[i]->link;
    if (match->revealed) {
        err = reveal_to(meeting, 1 - i);
        if (err == SEIN_OK)
            err = renew_own(meeting, i);
    } else if (reveal_rule(meeting) == SEIN_REVEAL_DIRECT ||
               (match->sides[0].accepted && match->sides[1].accepted)) {
        err = reveal(meeting);
    } else if (!was_here) {
        err = notify(meeting, i);
        if (err == SEIN_OK && !match->sides[1 - i].told)
            err = notify(meeting, 1 - i);
    } else {
        err = renew_own(meeting, i);
    }
    return err == SEIN_OK ? update(meeting->kernel, match) : err;
}

/* Both were revealed and may not stand beside each other any more. */
static enum sein_err
part(struct meeting *meeting)
{
    struct kernel *kernel = meeting->kernel;
    uint64_t seq = 0;

    for (size_t i = 0; i < 2; i++) {
        enum sein_err err = drop_item(kernel, &meeting->match.sides[i]);

        if (err == SEIN_OK)
            err = put_item(kernel, &meeting->match.match_id, SEIN_MATCH_ENDED,
                           meeting->parties[i], (struct sein_slice){ 0 }, &seq);
        if (err != SEIN_OK)
            return err;
    }
    kernel->counters.matches_ended++;
    return erase(kernel, &meeting->match);
}

/* There is a match already; mine is the side that was put. */
static enum sein_err
meet_again(struct meeting *meeting, size_t mine, bool allowed)
{
    struct store_match *match = &meeting->match;
    const struct store_presence *other = meeting->parties[1 - mine];
    enum sein_err err = SEIN_OK;

    if (!allowed)
        return match->revealed ? part(meeting) : SEIN_OK;
    if (match->revealed ||
        (match->sides[mine].link == meeting->parties[mine]->link &&
         match->sides[1 - mine].link == other->link))
        return come_back(meeting, mine);
    /* Another link than was shown, which a client must not take: it ends, as
     * silently as by a withdrawal, and another begins. */
    for (size_t i = 0; i < 2; i++) {
        err = drop_item(meeting->kernel, &match->sides[i]);
        if (err != SEIN_OK)
            return err;
    }
    match->ended = true;
    err = update(meeting->kernel, match);
    return err == SEIN_OK ? begin_match(meeting) : err;
}

static enum sein_err
meet_one(struct kernel *kernel, const struct store_presence *mine,
         const struct store_presence *other)
{
    struct meeting meeting = { .kernel = kernel };
    size_t side = strcmp(mine->desk.text, other->desk.text) < 0 ? 0 : 1;
    bool allowed = may_meet(kernel, mine, other);
    enum sein_err err = SEIN_OK;

    meeting.parties[side] = mine;
    meeting.parties[1 - side] = other;
    err = kernel_ops(kernel)->match_pair(
        kernel->turn.txn, &mine->idx,
        sein_slice_text(meeting.parties[0]->desk.text),
        sein_slice_text(meeting.parties[1]->desk.text), &meeting.match);
    err = found_match(kernel, &meeting.match, err);
    if (err == SEIN_OK)
        return meet_again(&meeting, side, allowed);
    if (err != SEIN_ENOENT)
        return err;
    return allowed ? begin_match(&meeting) : SEIN_OK;
}

enum sein_err
match_meet(struct kernel *kernel, const struct store_presence *presence)
{
    struct store_presence other = { 0 };
    enum sein_err err = SEIN_OK;

    for (;;) {
        struct sein_desk_name after = other.desk;

        err = kernel_ops(kernel)->presence_next(
            kernel->turn.txn, &presence->idx, sein_slice_text(after.text),
            &other);
        if (err == SEIN_ENOENT)
            return SEIN_OK;
        if (err == SEIN_EDAMAGED) {
            tell_damaged(kernel, other.desk.text);
            /* Without a name nobody knows what comes behind it. */
            if (other.desk.text[0] == '\0')
                return SEIN_OK;
            continue;
        }
        if (err != SEIN_OK)
            return kernel_fatal(err);
        if (strcmp(other.desk.text, presence->desk.text) == 0 ||
            other.expires_at_ms <= kernel->now_ms)
            continue;
        err = meet_one(kernel, presence, &other);
        if (err != SEIN_OK)
            return err;
    }
}

enum sein_err
match_accept(struct kernel *kernel, const struct store_presence *own,
             struct store_match *match, size_t side)
{
    struct meeting meeting = { .kernel = kernel, .match = *match };
    struct store_match *now = &meeting.match;
    const struct store_side *theirs = &match->sides[1 - side];
    struct store_presence other;
    enum sein_err err = SEIN_OK;

    if (now->sides[side].accepted)
        return SEIN_OK;
    now->sides[side].accepted = true;
    if (!now->revealed && !now->ended && theirs->here && theirs->accepted) {
        err = find_live(kernel, &match->idx, theirs->desk.text, &other);
        meeting.parties[side] = own;
        meeting.parties[1 - side] = &other;
        if (err == SEIN_OK && may_meet(kernel, own, &other))
            err = reveal(&meeting);
        if (err != SEIN_OK && err != SEIN_ENOENT)
            return err;
    }
    return update(kernel, now);
}

/* ---- leaving ---- */

static enum sein_err
leave_revealed(struct kernel *kernel, const struct store_match *match,
               size_t side)
{
    struct store_presence other;
    uint64_t seq = 0;
    enum sein_err err = find_live(kernel, &match->idx,
                                  match->sides[1 - side].desk.text, &other);

    if (err == SEIN_OK)
        err = put_item(kernel, &match->match_id, SEIN_MATCH_ENDED, &other,
                       (struct sein_slice){ 0 }, &seq);
    if (err != SEIN_OK && err != SEIN_ENOENT)
        return err;
    kernel->counters.matches_ended++;
    return erase(kernel, match);
}

static enum sein_err
leave_one(struct kernel *kernel, struct store_match *match, const char *desk)
{
    size_t side = strcmp(match->sides[0].desk.text, desk) == 0 ? 0 : 1;
    enum sein_err err = drop_item(kernel, &match->sides[0]);

    if (err == SEIN_OK)
        err = drop_item(kernel, &match->sides[1]);
    if (err != SEIN_OK)
        return err;
    if (match->revealed)
        return leave_revealed(kernel, match, side);
    /* Kept for the other side: its accept is answered as if somebody were
     * there, and who comes back is not told as somebody new. */
    match->sides[side].here = false;
    match->sides[side].accepted = false;
    return match->sides[1 - side].here ? update(kernel, match)
                                       : erase(kernel, match);
}

enum sein_err
match_leave(struct kernel *kernel, const struct store_presence *presence)
{
    struct sein_slice desk = sein_slice_text(presence->desk.text);
    const struct sein_match_id *after = NULL;
    struct store_match match;
    struct sein_match_id last;

    for (;;) {
        enum sein_err err = kernel_ops(kernel)->match_next(
            kernel->turn.txn, &presence->idx, desk, after, &match);
        bool there = err != SEIN_ENOENT;

        if (!there)
            return SEIN_OK;
        last = match.match_id;
        after = &last;
        err = found_match(kernel, &match, err);
        if (err == SEIN_OK)
            err = leave_one(kernel, &match, presence->desk.text);
        if (err != SEIN_OK && err != SEIN_ENOENT)
            return err;
    }
}
