#include <string.h>

#include "client/govern/govern_parts.h"

/* A basis that ends within this time wants a decision now. */
#define BASIS_WARN_MS (60 * SEIN_MS_PER_DAY)

static void
note_gone(struct govern *govern, struct problems *notes)
{
    const struct govern_change *changes = NULL;
    size_t count = 0;

    if (govern_changes(govern, GOVERN_SINCE_SIGNED, &changes, &count) !=
        SEIN_OK)
        return; /* who signs hears why */
    for (size_t i = 0; i < count; i++) {
        if (changes[i].op != '-' || strcmp(changes[i].kind, "key") != 0)
            continue;
        problems_add(notes, SEIN_OK,
                     (struct place){ .file = GOVERN_MEMBERS "/" },
                     changes[i].id,
                     "een sleutel is weggehaald: wat hij tekende is niet meer "
                     "na te gaan; zet hem terug en gebruik retire, revoke of "
                     "leave",
                     "a key was taken out: what it signed can no longer be "
                     "verified; put it back and use retire, revoke or leave");
    }
}

static void
note_basis(struct govern *govern, struct problems *notes)
{
    const struct model *model = &govern->model;

    for (size_t i = 0; i < model->circle_count; i++) {
        const struct model_circle *circle = &model->circles[i];
        struct place place = { .file = circle->file, .field = "basis_ends" };
        int64_t left = (int64_t)circle->basis_ends - govern->now_ms;

        if (left <= 0)
            problems_add(notes, SEIN_OK, place, circle->id,
                         "de grondslag van deze kring is verlopen: er gaat "
                         "niets nieuws meer in om; verleng haar als de wet dat "
                         "toelaat",
                         "the legal basis of this circle has ended: nothing "
                         "new is sent in it; renew it if the law allows");
        else if (left <= BASIS_WARN_MS)
            problems_add(notes, SEIN_OK, place, circle->id,
                         "de grondslag van deze kring eindigt binnen 60 dagen; "
                         "beslis of zij verlengd wordt",
                         "the legal basis of this circle ends within 60 days; "
                         "decide whether it is renewed");
    }
}

/* A key that nobody can match under is a mistake. */
static void
note_meeting(struct problems *notes, const struct model_circle *circle)
{
    const struct model_meeting *meeting = &circle->meeting;
    struct place place = { .file = circle->file, .field = "link_pairs" };

    if (meeting->epoch_count == 0)
        return;
    if (meeting->link_pairs.count == 0)
        problems_add(notes, SEIN_OK, place, circle->id,
                     "deze kring heeft een sleutel en geen link_pairs: er "
                     "treft niets elkaar; zet --link-pairs met sein directory "
                     "circle",
                     "this circle has a key and no link_pairs: nothing meets; "
                     "set --link-pairs with sein directory circle");
    place.field = "reveal";
    if (circle->reveal == SEIN_REVEAL_NONE)
        problems_add(notes, SEIN_OK, place, circle->id,
                     "deze kring heeft een sleutel en reveal = none: wie "
                     "elkaar treft hoort dat niet; kies direct of mutual",
                     "this circle has a key and reveal = none: who meet are "
                     "not told; choose direct or mutual");
}

/* The newest key ends before another is named. */
static void
note_epochs(struct govern *govern, struct problems *notes)
{
    const struct model *model = &govern->model;

    for (size_t i = 0; i < model->circle_count; i++) {
        const struct model_circle *circle = &model->circles[i];
        const struct model_meeting *meeting = &circle->meeting;
        const struct model_epoch *last = NULL;
        struct place place = { .file = circle->file, .field = "match_until" };

        note_meeting(notes, circle);
        if (meeting->epoch_count == 0)
            continue;
        last = &meeting->epochs[meeting->epoch_count - 1];
        place.line = last->line;
        if ((int64_t)last->match_until - govern->now_ms <= BASIS_WARN_MS)
            problems_add(notes, SEIN_OK, place, circle->id,
                         "de laatste sleutel van deze kring eindigt binnen 60 "
                         "dagen; noem op tijd de houders van de volgende",
                         "the last key of this circle ends within 60 days; "
                         "name the holders of the next one in time");
    }
}

static bool
coordinates(const struct model_desk *desk)
{
    for (size_t i = 0; i < desk->role_count; i++) {
        if ((desk->roles[i].roles & SEIN_ROLE_COORDINATE) != 0)
            return desk->areas.count > 0;
    }
    return false;
}

static void
note_left(struct govern *govern, struct problems *notes)
{
    const struct model *model = &govern->model;

    for (size_t i = 0; i < model->member_count; i++) {
        const struct model_member *member = &model->members[i];

        for (size_t j = 0; member->left_at != 0 && j < member->desk_count;
             j++) {
            const struct model_desk *desk = &member->desks[j];
            struct place place = {
                .file = member->file,
                .line = desk->line,
                .section = arena_format(&govern->arena, "desk %s", desk->name),
                .field = "areas",
            };

            if (coordinates(desk))
                problems_add(notes, SEIN_OK, place, NULL,
                             "deze deelnemer vertrekt en dekt nog postcodes; "
                             "geef die aan een ander loket",
                             "this member leaves and still covers postcodes; "
                             "give them to another desk");
        }
    }
}

enum sein_err
govern_notes(struct govern *govern, const struct govern_problem **out_notes,
             size_t *out_count)
{
    struct problems notes = { .arena = &govern->arena };
    enum sein_err err = chain_newest(govern);

    if (err != SEIN_OK)
        return err;
    note_gone(govern, &notes);
    note_basis(govern, &notes);
    note_left(govern, &notes);
    note_epochs(govern, &notes);
    if (govern->arena.failed)
        return SEIN_ENOMEM;
    *out_notes = notes.items;
    *out_count = notes.count;
    return SEIN_OK;
}
