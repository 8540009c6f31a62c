#include <stdlib.h>
#include <string.h>

#include "client/govern/model.h"

/* A label must hide who signalled among at least so many members. */
#define LABEL_MEMBERS_MIN 3U

struct checker {
    const struct model *model;
    struct problems *problems;
};

static const char *
title_of(const struct checker *checker, const char *kind, const char *name)
{
    return arena_format(checker->problems->arena, "%s %s", kind, name);
}

static const char *
key_title(const struct checker *checker, const struct model_key *key)
{
    char hex[2 * SEIN_ID_BYTES + 1];

    sein_hex(sein_slice_of(key->pk.key_id.bytes, SEIN_ID_BYTES), hex,
             sizeof hex);
    return title_of(checker, "key", hex);
}

static void
fault(const struct checker *checker, enum sein_err err, struct place place,
      const char *detail, const char *nl, const char *en)
{
    problems_add(checker->problems, err, place, detail, nl, en);
}

/* ---- governance -----------------------------------------------------------
 */

static void
check_governance(const struct checker *checker)
{
    const struct model *model = checker->model;
    struct place place = { .file = "governance.conf" };

    if (model->governor_count == 0 ||
        model->governor_count > SEIN_GOVERNORS_MAX)
        fault(checker, SEIN_EDIRINVALID, place, NULL,
              "er zijn 1 tot 16 beheerders nodig; voeg er een toe met sein "
              "directory governor",
              "there must be 1 to 16 governors; add one with sein directory "
              "governor");
    place.field = "threshold";
    if (model->threshold > model->governor_count)
        fault(checker, SEIN_EDIRINVALID, place, NULL,
              "er zijn meer handtekeningen nodig dan er beheerders zijn; maak "
              "de drempel lager",
              "more signatures are needed than there are governors; lower the "
              "threshold");
    for (size_t i = 1; i < model->governor_count; i++) {
        const struct model_governor *governor = &model->governors[i];

        if (memcmp(governor[-1].pk, governor->pk, SEIN_KEY_BYTES) != 0)
            continue;
        place.line = governor->line;
        place.field = "pk";
        fault(checker, SEIN_EDIRINVALID, place, governor->name,
              "twee beheerders hebben dezelfde sleutel; geef ieder een eigen",
              "two governors have the same key; give each their own");
    }
}

/* ---- keys that stand once --------------------------------------------------
 */

struct used_key {
    const uint8_t *bytes;
    struct place place;
};

static int
compare_used(const void *a, const void *b)
{
    const struct used_key *left = a;
    const struct used_key *right = b;

    return memcmp(left->bytes, right->bytes, SEIN_KEY_BYTES);
}

static void
check_once(const struct checker *checker, struct used_key *used, size_t count)
{
    if (count > 1)
        qsort(used, count, sizeof *used, compare_used);
    for (size_t i = 1; i < count; i++) {
        const struct place *other = &used[i - 1].place;

        if (compare_used(&used[i - 1], &used[i]) == 0)
            fault(checker, SEIN_EDIRINVALID, used[i].place,
                  arena_format(checker->problems->arena, "%s: %s", other->file,
                               other->section),
                  "dezelfde sleutel staat ook daar; een sleutel hoort bij een "
                  "deelnemer of seinhuis: haal er een weg",
                  "the same key stands there too; a key belongs to one member "
                  "or broker: remove one");
    }
}

static size_t
key_total(const struct model *model)
{
    size_t total = model->broker_count;

    for (size_t i = 0; i < model->member_count; i++)
        total += model->members[i].key_count;
    return total;
}

static void
check_keys_once(const struct checker *checker)
{
    const struct model *model = checker->model;
    struct arena *arena = checker->problems->arena;
    size_t total = key_total(model);
    struct used_key *signs = arena_new(arena, total, sizeof *signs);
    struct used_key *curves = arena_new(arena, total, sizeof *curves);
    size_t count = 0;

    if (signs == NULL || curves == NULL)
        return;
    for (size_t i = 0; i < model->broker_count; i++) {
        const struct model_broker *broker = &model->brokers[i];
        struct place place = { .file = broker->file };

        signs[count] = (struct used_key){ broker->receipt, place };
        curves[count++] = (struct used_key){ broker->curve, place };
    }
    for (size_t i = 0; i < model->member_count; i++) {
        const struct model_member *member = &model->members[i];

        for (size_t j = 0; j < member->key_count; j++) {
            const struct model_key *key = &member->keys[j];
            struct place place = { .file = member->file,
                                   .line = key->line,
                                   .section = key_title(checker, key) };

            signs[count] = (struct used_key){ key->pk.sign, place };
            curves[count++] = (struct used_key){ key->pk.curve, place };
        }
    }
    check_once(checker, signs, count);
    check_once(checker, curves, count);
}

/* ---- members ---------------------------------------------------------------
 */

static bool
has_desk(const struct model_member *member, const char *name)
{
    for (size_t i = 0; i < member->desk_count; i++) {
        if (strcmp(member->desks[i].name, name) == 0)
            return true;
    }
    return false;
}

static void
check_key_desks(const struct checker *checker,
                const struct model_member *member, const struct model_key *key)
{
    for (size_t i = 0; i < key->desk_count; i++) {
        struct place place = { .file = member->file,
                               .line = key->line,
                               .section = key_title(checker, key),
                               .field = "desks" };

        if (!has_desk(member, key->desks[i]))
            fault(checker, SEIN_EDESK, place, key->desks[i],
                  "deze deelnemer heeft dat loket niet; voeg [desk ...] toe "
                  "of verbeter de naam",
                  "this member has no such desk; add [desk ...] or correct "
                  "the name");
    }
}

static void
check_desk(const struct checker *checker, const struct model_member *member,
           const struct model_desk *desk)
{
    struct place place = { .file = member->file,
                           .line = desk->line,
                           .section = title_of(checker, "desk", desk->name) };

    for (size_t i = 0; i < desk->role_count; i++) {
        const char *circle = desk->roles[i].circle;

        place.field = arena_format(checker->problems->arena, "role.%s", circle);
        if (model_circle(checker->model, circle) == NULL)
            fault(checker, SEIN_ECIRCLE, place, circle,
                  "er is geen kring met die naam; maak circles/NAAM.conf of "
                  "verbeter de naam",
                  "there is no circle of that name; make circles/NAME.conf or "
                  "correct the name");
    }
    place.field = "stand_in";
    if (*desk->stand_in != '\0' &&
        model_desk(checker->model, desk->stand_in) == NULL)
        fault(checker, SEIN_EDESK, place, desk->stand_in,
              "er is geen loket OIN/naam dat zo heet; verbeter de vervanger",
              "there is no desk OIN/name of that name; correct the stand-in");
    place.field = "areas";
    if (desk->areas.count > SEIN_AREAS_MAX)
        fault(checker, SEIN_ERANGE, place, NULL,
              "een loket heeft hooguit 256 gebieden; voeg reeksen samen",
              "a desk has at most 256 areas; join ranges");
}

static void
check_member(const struct checker *checker, const struct model_member *member)
{
    struct place place = { .file = member->file };

    if (member->key_count == 0 || member->key_count > SEIN_MEMBER_KEYS_MAX)
        fault(checker, SEIN_EDIRINVALID, place, NULL,
              "een deelnemer heeft 1 tot 64 sleutels; neem zijn aanvraag op "
              "met sein directory admit",
              "a member has 1 to 64 keys; take in its request with sein "
              "directory admit");
    if (member->desk_count == 0 || member->desk_count > SEIN_MEMBER_DESKS_MAX)
        fault(checker, SEIN_EDIRINVALID, place, NULL,
              "een deelnemer heeft 1 tot 256 loketten; voeg [desk naam] toe",
              "a member has 1 to 256 desks; add [desk name]");
    for (size_t i = 0; i < member->key_count; i++)
        check_key_desks(checker, member, &member->keys[i]);
    for (size_t i = 0; i < member->desk_count; i++)
        check_desk(checker, member, &member->desks[i]);
}

/* ---- areas -----------------------------------------------------------------
 */

/* A range of postcodes that one desk covers in the circle looked at. */
struct cover {
    struct model_area area;
    const struct model_member *member;
    const struct model_desk *desk;
};

struct covers {
    struct cover *items;
    size_t count;
};

static int
compare_covers(const void *a, const void *b)
{
    const struct cover *left = a;
    const struct cover *right = b;

    if (left->area.from != right->area.from)
        return left->area.from < right->area.from ? -1 : 1;
    return 0;
}

static void
add_covers(const struct checker *checker, const struct model_member *member,
           const struct model_desk *desk, struct covers *covers)
{
    for (size_t i = 0; i < desk->areas.count; i++) {
        struct cover *items =
            arena_more(checker->problems->arena, covers->items, covers->count,
                       sizeof *items);

        if (items == NULL)
            return;
        covers->items = items;
        items[covers->count++] =
            (struct cover){ desk->areas.items[i], member, desk };
    }
}

static void
fault_cover(const struct checker *checker, const struct model_circle *circle,
            const struct cover *one, const struct cover *other)
{
    struct arena *arena = checker->problems->arena;
    struct place place = {
        .file = other->member->file,
        .line = other->desk->line,
        .section = title_of(checker, "desk", other->desk->name),
        .field = "areas",
    };

    fault(checker, SEIN_EAMBIGUOUS, place,
          arena_format(arena, "%s: %04u: %s/%s", circle->id,
                       (unsigned)other->area.from, one->member->oin,
                       one->desk->name),
          "in deze kring dekt ook dat loket deze postcode; geef haar aan een "
          "van beide",
          "in this circle that desk covers this postcode too; give it to one "
          "of the two");
}

static void
check_areas(const struct checker *checker, const struct model_circle *circle)
{
    const struct model *model = checker->model;
    struct covers covers = { 0 };
    size_t widest = 0;

    for (size_t i = 0; i < model->member_count; i++) {
        const struct model_member *member = &model->members[i];

        for (size_t j = 0; j < member->desk_count; j++) {
            if ((model_roles_in(&member->desks[j], circle->id) &
                 SEIN_ROLE_COORDINATE) != 0)
                add_covers(checker, member, &member->desks[j], &covers);
        }
    }
    if (covers.count > 1)
        qsort(covers.items, covers.count, sizeof *covers.items, compare_covers);
    /* The widest so far is the one that a next range could fall in. */
    for (size_t i = 1; i < covers.count; i++) {
        const struct cover *before = &covers.items[widest];
        const struct cover *next = &covers.items[i];

        if (next->area.from <= before->area.to && next->desk != before->desk)
            fault_cover(checker, circle, before, next);
        if (next->area.to > before->area.to)
            widest = i;
    }
}

/* ---- labels ----------------------------------------------------------------
 */

static bool
is_introduced(const struct model_member *member, const char *circle)
{
    for (size_t i = 0; i < member->desk_count; i++) {
        if ((model_roles_in(&member->desks[i], circle) &
             SEIN_ROLE_INTRODUCED) != 0)
            return true;
    }
    return false;
}

static const struct model_pair *
find_pair(const struct model_pairs *pairs, const char *name)
{
    for (size_t i = 0; i < pairs->count; i++) {
        if (strcmp(pairs->items[i].name, name) == 0)
            return &pairs->items[i];
    }
    return NULL;
}

static size_t
members_behind(const struct checker *checker, const struct model_circle *circle,
               const char *label)
{
    size_t count = 0;

    for (size_t i = 0; i < circle->labels.count; i++) {
        const struct model_pair *pair = &circle->labels.items[i];
        const struct model_member *member =
            model_member(checker->model, pair->name);

        if (strcmp(pair->value, label) == 0 && member != NULL &&
            is_introduced(member, circle->id))
            count++;
    }
    return count;
}

static void
check_label_sizes(const struct checker *checker,
                  const struct model_circle *circle)
{
    for (size_t i = 0; i < circle->labels.count; i++) {
        const struct model_pair *pair = &circle->labels.items[i];
        struct place place = { .file = circle->file,
                               .line = pair->line,
                               .section = "labels",
                               .field = pair->name };
        bool told = false;

        for (size_t j = 0; j < i; j++)
            told |= strcmp(circle->labels.items[j].value, pair->value) == 0;
        if (told || find_pair(&circle->exceptions, pair->value) != NULL ||
            members_behind(checker, circle, pair->value) >= LABEL_MEMBERS_MIN)
            continue;
        fault(checker, SEIN_ELABEL, place, pair->value,
              "dit label dekt minder dan drie deelnemers met rol introduced, "
              "en verraadt dus wie het is; maak het ruimer, of zet het met de "
              "reden onder [exceptions]",
              "this label covers fewer than three members with role "
              "introduced, so it tells who it is; widen it, or put it under "
              "[exceptions] with the reason");
    }
}

static void
check_labels(const struct checker *checker, const struct model_circle *circle)
{
    const struct model *model = checker->model;
    struct place place = { .file = circle->file, .section = "labels" };

    if (circle->reveal != SEIN_REVEAL_MUTUAL)
        return;
    for (size_t i = 0; i < model->member_count; i++) {
        const struct model_member *member = &model->members[i];

        if (is_introduced(member, circle->id) &&
            find_pair(&circle->labels, member->oin) == NULL)
            fault(checker, SEIN_EDIRINVALID, place, member->oin,
                  "deze deelnemer heeft rol introduced in een kring met reveal "
                  "= mutual en nog geen label; voeg OIN = label toe",
                  "this member has role introduced in a circle with reveal = "
                  "mutual and no label yet; add OIN = label");
    }
    check_label_sizes(checker, circle);
}

void
model_check(const struct model *model, struct problems *problems)
{
    struct checker checker = { model, problems };

    problems->whole = true;
    check_governance(&checker);
    if (model->broker_count == 0)
        fault(&checker, SEIN_EDIRINVALID, (struct place){ .file = "brokers/" },
              NULL,
              "er is nog geen seinhuis; voeg het toe met sein directory "
              "broker REGEL",
              "there is no broker yet; add it with sein directory broker "
              "LINE");
    check_keys_once(&checker);
    for (size_t i = 0; i < model->member_count; i++)
        check_member(&checker, &model->members[i]);
    for (size_t i = 0; i < model->circle_count; i++) {
        check_areas(&checker, &model->circles[i]);
        check_labels(&checker, &model->circles[i]);
        model_check_meeting(model, &model->circles[i], problems);
    }
    problems->whole = false;
}
