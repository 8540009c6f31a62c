#include "proto/trust/may.h"

#include <stddef.h>

/* Who has left may still fetch and take back; nothing new begins.  A directory
 * that is over begins nothing new either, but a desk's prekeys go on. */
static bool
begins_something(enum sein_verb verb)
{
    return verb == SEIN_MAY_PUT || verb == SEIN_MAY_PRESENCE ||
           verb == SEIN_MAY_EVALUATE || verb == SEIN_MAY_HOLD;
}

static enum sein_err
check_status(const struct sein_key *key, enum sein_verb verb, int64_t now_ms)
{
    switch (sein_key_status_at(key, now_ms)) {
    case SEIN_KEY_ACTIVE:
        return SEIN_OK;
    case SEIN_KEY_NOT_YET:
        return SEIN_ENOTYET;
    case SEIN_KEY_RETIRED:
        return SEIN_ERETIRED;
    case SEIN_KEY_REVOKED:
        return SEIN_EREVOKED;
    case SEIN_KEY_LEFT:
        break;
    }
    return begins_something(verb) || verb == SEIN_MAY_PREKEY ? SEIN_ELEFT
                                                             : SEIN_OK;
}

static enum sein_err
find_desk(const struct sein_directory *dir, const struct sein_key *key,
          struct sein_slice name, const struct sein_desk **out_desk)
{
    const struct sein_desk *desk = sein_directory_desk(dir, name);

    if (desk == NULL)
        return SEIN_EDESK;
    if (!sein_key_acts_for(key, desk))
        return SEIN_EDESKKEY;
    *out_desk = desk;
    return SEIN_OK;
}

static bool
holds_somewhere(const struct sein_desk *desk)
{
    struct sein_items items = { 0 };
    struct sein_dir_role role = { 0 };

    if (sein_items_begin(desk->entry.roles.raw, SEIN_CIRCLES_MAX, &items) !=
        SEIN_OK)
        return false;
    while (sein_items_next(&items, &sein_dir_role_schema, &role, NULL) ==
           SEIN_OK) {
        if ((role.roles & SEIN_ROLE_KEYHOLDER) != 0)
            return true;
    }
    return false;
}

enum sein_err
sein_may(const struct sein_directory *dir, const struct sein_key_id *key_id,
         enum sein_verb verb, struct sein_slice desk, int64_t now_ms,
         const struct sein_key **out_key, const struct sein_desk **out_desk)
{
    const struct sein_key *key = sein_directory_key(dir, key_id);
    const struct sein_desk *found = NULL;
    enum sein_err err = SEIN_OK;

    if (key == NULL)
        return SEIN_EKEY;
    err = check_status(key, verb, now_ms);
    if (err == SEIN_OK && verb != SEIN_MAY_CONNECT)
        err = find_desk(dir, key, desk, &found);
    if (err == SEIN_OK && verb == SEIN_MAY_HOLD && !holds_somewhere(found))
        err = SEIN_EROLE;
    if (err == SEIN_OK && begins_something(verb) &&
        sein_directory_expired(dir, now_ms))
        err = SEIN_EDIREXPIRED;
    if (err != SEIN_OK)
        return err;
    if (out_key != NULL)
        *out_key = key;
    if (out_desk != NULL && found != NULL)
        *out_desk = found;
    return SEIN_OK;
}

static bool
has_left(const struct sein_member *member, int64_t now_ms)
{
    return member->entry.left_at != 0 &&
           (int64_t)member->entry.left_at <= now_ms;
}

enum sein_err
sein_may_route(const struct sein_directory *dir, const struct sein_desk *from,
               struct sein_slice to, struct sein_slice circle, int64_t now_ms)
{
    const struct sein_circle *found = sein_directory_circle(dir, circle);
    const struct sein_desk *recipient = NULL;

    if (found == NULL)
        return SEIN_ECIRCLE;
    if (sein_circle_ended(found, now_ms))
        return SEIN_ECIRCLEENDED;
    recipient = sein_directory_desk(dir, to);
    if (recipient == NULL)
        return SEIN_EDESK;
    if (has_left(recipient->member, now_ms))
        return SEIN_ELEFT;
    if (sein_desk_roles(from, circle) == 0 ||
        sein_desk_roles(recipient, circle) == 0)
        return SEIN_EROLE;
    return SEIN_OK;
}

static bool
is_introduced(const struct sein_desk *desk, struct sein_slice circle)
{
    return (sein_desk_roles(desk, circle) & SEIN_ROLE_INTRODUCED) != 0;
}

static bool
may_use_link(const struct sein_desk *desk, struct sein_slice circle,
             uint64_t link)
{
    return link >= SEIN_LINK_ADDRESS && link <= SEIN_LINK_NAME &&
           (sein_desk_links(desk, circle) & SEIN_LINK_BIT(link)) != 0;
}

/* What presences and evaluations share: an introduced desk in an open epoch. */
static enum sein_err
check_open(const struct sein_directory *dir, const struct sein_desk *desk,
           struct sein_slice circle, uint64_t epoch, int64_t now_ms,
           struct sein_dir_epoch *out_epoch)
{
    const struct sein_circle *found = sein_directory_circle(dir, circle);

    if (found == NULL)
        return SEIN_ECIRCLE;
    if (sein_circle_ended(found, now_ms))
        return SEIN_ECIRCLEENDED;
    if (!is_introduced(desk, circle))
        return SEIN_EROLE;
    if (!sein_circle_epoch(found, epoch, out_epoch) ||
        !sein_epoch_open(out_epoch, now_ms))
        return SEIN_EEPOCH;
    return SEIN_OK;
}

enum sein_err
sein_may_presence(const struct sein_directory *dir,
                  const struct sein_desk *desk, struct sein_slice circle,
                  uint64_t epoch, uint64_t link, int64_t now_ms)
{
    struct sein_dir_epoch open = { 0 };
    enum sein_err err = check_open(dir, desk, circle, epoch, now_ms, &open);

    if (err == SEIN_OK && !may_use_link(desk, circle, link))
        err = SEIN_ELINK;
    return err;
}

enum sein_err
sein_may_evaluate(const struct sein_directory *dir,
                  const struct sein_desk *desk, struct sein_slice circle,
                  uint64_t epoch, struct sein_slice holder, int64_t now_ms)
{
    struct sein_dir_epoch open = { 0 };
    enum sein_err err = check_open(dir, desk, circle, epoch, now_ms, &open);

    if (err == SEIN_OK && sein_epoch_holder_index(&open, holder) == 0)
        err = SEIN_EROLE;
    return err;
}

enum sein_err
sein_may_match(const struct sein_directory *dir, struct sein_slice circle,
               struct sein_slice desk_a, uint64_t link_a,
               struct sein_slice desk_b, uint64_t link_b)
{
    const struct sein_circle *found = sein_directory_circle(dir, circle);
    const struct sein_desk *a = sein_directory_desk(dir, desk_a);
    const struct sein_desk *b = sein_directory_desk(dir, desk_b);

    if (found == NULL)
        return SEIN_ECIRCLE;
    if (a == NULL || b == NULL)
        return SEIN_EDESK;
    if (a == b)
        return SEIN_EPARTY;
    if (!is_introduced(a, circle) || !is_introduced(b, circle))
        return SEIN_EROLE;
    if (!may_use_link(a, circle, link_a) || !may_use_link(b, circle, link_b) ||
        !sein_circle_links_match(found, link_a, link_b))
        return SEIN_ELINK;
    return SEIN_OK;
}

/* How a kind stands to its thread. */
enum bond {
    BOND_OPENS,    /* begins one */
    BOND_OPENER,   /* from who sent the signal, to who got it */
    BOND_OTHER,    /* the other way */
    BOND_CONVERSE, /* either way: the signal's sender, or both, introduced */
    BOND_EITHER,   /* either way, in any thread */
    BOND_PAIR,     /* either way, between two that were introduced */
};

/* PROTOCOL.md section 9.  A desk has a role when it has one of the bits. */
struct letter_rule {
    uint64_t from;
    uint64_t to;
    enum bond bond;
};

#define ANY_ROLE SEIN_ROLE_ALL
#define COLLEAGUE (SEIN_ROLE_COORDINATE | SEIN_ROLE_INTRODUCED)

/* clang-format off */
static const struct letter_rule rules[SEIN_LETTER_KIND_COUNT] = {
    [SEIN_LETTER_SIGNAL] =
        { SEIN_ROLE_SIGNAL, SEIN_ROLE_COORDINATE, BOND_OPENS },
    [SEIN_LETTER_CORRECTION] =
        { SEIN_ROLE_SIGNAL, SEIN_ROLE_COORDINATE, BOND_OPENER },
    [SEIN_LETTER_WITHDRAWAL] =
        { SEIN_ROLE_SIGNAL, SEIN_ROLE_COORDINATE, BOND_OPENER },
    [SEIN_LETTER_CLOSING] =
        { SEIN_ROLE_SIGNAL, SEIN_ROLE_COORDINATE, BOND_OPENER },
    [SEIN_LETTER_FEEDBACK] =
        { SEIN_ROLE_COORDINATE, SEIN_ROLE_FEEDBACK, BOND_OTHER },
    [SEIN_LETTER_MESSAGE] = { ANY_ROLE, ANY_ROLE, BOND_CONVERSE },
    [SEIN_LETTER_RECEIPT] = { ANY_ROLE, ANY_ROLE, BOND_EITHER },
    [SEIN_LETTER_INVITATION] = { COLLEAGUE, COLLEAGUE, BOND_OPENS },
    [SEIN_LETTER_REFERRAL] = { COLLEAGUE, COLLEAGUE, BOND_OPENS },
    [SEIN_LETTER_CONSULT] = { COLLEAGUE, COLLEAGUE, BOND_OPENS },
    [SEIN_LETTER_INTRODUCTION] =
        { SEIN_ROLE_INTRODUCED, SEIN_ROLE_INTRODUCED, BOND_PAIR },
    [SEIN_LETTER_REGIE] =
        { SEIN_ROLE_INTRODUCED, SEIN_ROLE_INTRODUCED, BOND_PAIR },
    [SEIN_LETTER_PARTING] =
        { SEIN_ROLE_INTRODUCED, SEIN_ROLE_INTRODUCED, BOND_PAIR },
    [SEIN_LETTER_CEREMONY] =
        { SEIN_ROLE_KEYHOLDER, SEIN_ROLE_KEYHOLDER, BOND_OPENS },
};
/* clang-format on */

bool
sein_letter_known(uint64_t kind)
{
    return kind < SEIN_LETTER_KIND_COUNT && rules[kind].from != 0;
}

struct way {
    const struct sein_directory *dir;
    struct sein_slice from;
    struct sein_slice to;
    struct sein_slice circle;
};

static bool
goes_out(const struct way *way, const struct sein_thread_view *thread)
{
    return sein_slice_equal(way->from, thread->opener) &&
           sein_slice_equal(way->to, thread->other);
}

static bool
goes_back(const struct way *way, const struct sein_thread_view *thread)
{
    return sein_slice_equal(way->from, thread->other) &&
           sein_slice_equal(way->to, thread->opener);
}

static bool
name_introduced(const struct way *way, struct sein_slice name)
{
    const struct sein_desk *desk = sein_directory_desk(way->dir, name);

    return desk != NULL && is_introduced(desk, way->circle);
}

/* In the thread of a pair, whose parties the caller compared. */
static enum sein_err
check_in_pair(const struct way *way, enum bond bond)
{
    if (bond == BOND_EITHER || bond == BOND_PAIR)
        return SEIN_OK;
    if (bond != BOND_CONVERSE)
        return SEIN_EPARTY;
    return name_introduced(way, way->from) && name_introduced(way, way->to)
               ? SEIN_OK
               : SEIN_EROLE;
}

static enum sein_err
check_bond(const struct way *way, enum bond bond,
           const struct sein_thread_view *thread)
{
    bool known = thread != NULL && thread->known;
    bool out = false;
    bool back = false;
    bool signal = false;

    if (bond == BOND_OPENS || !known)
        return bond == BOND_OPENS && !known ? SEIN_OK : SEIN_EPARTY;
    if (!sein_slice_equal(thread->circle, way->circle))
        return SEIN_EPARTY;
    out = goes_out(way, thread);
    back = goes_back(way, thread);
    signal = thread->opened_with == SEIN_LETTER_SIGNAL;
    if (!out && !back)
        return SEIN_EPARTY;
    if (thread->opened_with == SEIN_LETTER_INTRODUCTION)
        return check_in_pair(way, bond);
    if (bond == BOND_EITHER)
        return SEIN_OK;
    if (!signal || bond == BOND_PAIR || (bond == BOND_OPENER && !out) ||
        (bond == BOND_OTHER && !back))
        return SEIN_EPARTY;
    if (bond == BOND_CONVERSE && !name_introduced(way, thread->opener))
        return SEIN_EROLE;
    return SEIN_OK;
}

enum sein_err
sein_may_letter(const struct sein_directory *dir, uint64_t kind,
                struct sein_slice from, struct sein_slice to,
                struct sein_slice circle, const struct sein_thread_view *thread)
{
    const struct way way = { dir, from, to, circle };
    const struct sein_desk *sender = NULL;
    const struct sein_desk *recipient = NULL;

    if (!sein_letter_known(kind))
        return SEIN_EKIND;
    sender = sein_directory_desk(dir, from);
    recipient = sein_directory_desk(dir, to);
    if (sender == NULL || recipient == NULL)
        return SEIN_EDESK;
    if (sein_directory_circle(dir, circle) == NULL)
        return SEIN_ECIRCLE;
    if ((sein_desk_roles(sender, circle) & rules[kind].from) == 0 ||
        (sein_desk_roles(recipient, circle) & rules[kind].to) == 0)
        return SEIN_EROLE;
    return check_bond(&way, rules[kind].bond, thread);
}

bool
sein_letter_paired(uint64_t kind, const struct sein_thread_view *thread)
{
    if (kind < SEIN_LETTER_KIND_COUNT && rules[kind].bond == BOND_PAIR)
        return true;
    return (kind == SEIN_LETTER_MESSAGE || kind == SEIN_LETTER_RECEIPT) &&
           thread != NULL && thread->known &&
           thread->opened_with == SEIN_LETTER_INTRODUCTION;
}
