#include "client/lib/rules.h"

#include "proto/trust/may.h"

const struct sein_desk *
rules_sender_desk(const struct sein_key *key, struct sein_slice circle,
                  enum sein_role role)
{
    const struct sein_member *member = key->member;

    for (size_t i = 0; i < member->desk_count; i++) {
        const struct sein_desk *desk = &member->desks[i];

        if (sein_key_acts_for(key, desk) &&
            (sein_desk_roles(desk, circle) & (uint64_t)role) != 0)
            return desk;
    }
    return NULL;
}

/* The four digits in front of a canonical postcode. */
static uint64_t
postcode_area(struct sein_slice postcode)
{
    uint64_t area = 0;

    for (size_t i = 0; i < 4 && i < postcode.len; i++)
        area = area * 10 + (uint64_t)(postcode.at[i] - '0');
    return area;
}

static enum sein_err
find_named_desk(const struct sein_directory *dir, struct sein_slice to,
                struct sein_slice circle, const struct sein_desk **out_desk)
{
    const struct sein_desk *desk = sein_directory_desk(dir, to);

    if (desk == NULL)
        return SEIN_EDESK;
    if ((sein_desk_roles(desk, circle) & SEIN_ROLE_COORDINATE) == 0)
        return SEIN_EROLE;
    *out_desk = desk;
    return SEIN_OK;
}

static bool
has_left(const struct sein_member *member, int64_t now_ms)
{
    uint64_t left_at = member->entry.left_at;

    return left_at != 0 && (int64_t)left_at <= now_ms;
}

static enum sein_err
find_desk(const struct sein_directory *dir, const struct signal_form *form,
          const struct sein_desk **out_desk, const char **out_field)
{
    struct sein_slice circle = sein_slice_text(form->circle.text);

    *out_field = "to";
    if (form->to.len > 0)
        return find_named_desk(dir, form->to, circle, out_desk);
    if (form->signal.shielded)
        return SEIN_ESHIELD;
    if (form->signal.postcode.len == 0)
        return SEIN_EREQUIRED;
    *out_field = "postcode";
    return sein_directory_desk_for(
        dir, circle, postcode_area(form->signal.postcode), out_desk);
}

enum sein_err
rules_check_signal(const struct sein_directory *dir, const struct sein_key *key,
                   const struct signal_form *form, int64_t now_ms,
                   struct rules_route *out_route, const char **out_field)
{
    struct sein_slice circle_name = sein_slice_text(form->circle.text);
    const struct sein_circle *circle = sein_directory_circle(dir, circle_name);
    struct rules_route route = { 0 };
    struct sein_dir_code kind = { 0 };
    enum sein_err err = SEIN_OK;

    *out_field = "circle";
    if (circle == NULL)
        return SEIN_ECIRCLE;
    if (sein_circle_ended(circle, now_ms))
        return SEIN_ECIRCLEENDED;
    route.from = rules_sender_desk(key, circle_name, SEIN_ROLE_SIGNAL);
    if (route.from == NULL)
        return SEIN_EROLE;
    *out_field = "kind";
    if (!sein_circle_kind(circle, form->signal.kind, &kind))
        return SEIN_ECODE;
    err = sein_signal_check(&form->signal, SEIN_LETTER_SIGNAL, kind.arrears,
                            out_field);
    if (err != SEIN_OK)
        return err;
    err = find_desk(dir, form, &route.to, out_field);
    if (err != SEIN_OK)
        return err;
    if (has_left(route.to->member, now_ms))
        return SEIN_ELEFT;
    *out_route = route;
    return SEIN_OK;
}
