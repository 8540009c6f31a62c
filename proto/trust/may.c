#include "proto/trust/may.h"

#include <stddef.h>

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
    /* Who has left may still fetch and take back; nothing new begins. */
    return verb == SEIN_MAY_PUT || verb == SEIN_MAY_PREKEY ? SEIN_ELEFT
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
    if (err == SEIN_OK && verb == SEIN_MAY_PUT &&
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

/* How a kind stands to its thread. */
enum bond {
    BOND_OPENS,    /* begins one */
    BOND_OPENER,   /* from who sent the signal, to who got it */
    BOND_OTHER,    /* the other way */
    BOND_CONVERSE, /* either way, if the signal's sender has introduced */
    BOND_EITHER,   /* either way, in any thread */
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
};
/* clang-format on */

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
opener_introduced(const struct way *way, const struct sein_thread_view *thread)
{
    const struct sein_desk *opener =
        sein_directory_desk(way->dir, thread->opener);

    return opener != NULL &&
           (sein_desk_roles(opener, way->circle) & SEIN_ROLE_INTRODUCED) != 0;
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
    if (bond == BOND_EITHER)
        return out || back ? SEIN_OK : SEIN_EPARTY;
    if (!signal || (bond == BOND_OPENER && !out) ||
        (bond == BOND_OTHER && !back) || !(out || back))
        return SEIN_EPARTY;
    if (bond == BOND_CONVERSE && !opener_introduced(way, thread))
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

    if (kind < SEIN_LETTER_SIGNAL || kind >= SEIN_LETTER_KIND_COUNT)
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
