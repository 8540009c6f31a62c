#include "client/govern/model.h"

#include <stdlib.h>
#include <string.h>

#include "proto/trust/directory.h"

struct role_word {
    const char *word;
    uint64_t bit;
};

static const struct role_word role_words[] = {
    { "signal", SEIN_ROLE_SIGNAL },
    { "introduced", SEIN_ROLE_INTRODUCED },
    { "coordinate", SEIN_ROLE_COORDINATE },
    { "watch", SEIN_ROLE_WATCH },
    { "feedback", SEIN_ROLE_FEEDBACK },
    { "aggregate", SEIN_ROLE_AGGREGATE },
    { "keyholder", SEIN_ROLE_KEYHOLDER },
    { "steward", SEIN_ROLE_STEWARD },
};

#define ROLE_COUNT (sizeof role_words / sizeof role_words[0])

uint64_t
model_role_bit(struct sein_slice word)
{
    for (size_t i = 0; i < ROLE_COUNT; i++) {
        if (sein_slice_is(word, role_words[i].word))
            return role_words[i].bit;
    }
    return 0;
}

const char *
model_role_text(uint64_t roles, struct arena *arena)
{
    const char *text = "";

    for (size_t i = 0; i < ROLE_COUNT; i++) {
        if ((roles & role_words[i].bit) != 0)
            text = arena_format(arena, "%s%s%s", text,
                                *text == '\0' ? "" : ", ", role_words[i].word);
    }
    return text;
}

static const char *const link_words[] = {
    [SEIN_LINK_ADDRESS] = "address",
    [SEIN_LINK_PERSON] = "person",
    [SEIN_LINK_PARENT] = "parent",
    [SEIN_LINK_NAME] = "name",
};

#define LINK_COUNT (sizeof link_words / sizeof link_words[0])

uint64_t
model_link(struct sein_slice word)
{
    for (size_t i = 1; i < LINK_COUNT; i++) {
        if (sein_slice_is(word, link_words[i]))
            return i;
    }
    return 0;
}

const char *
model_links_text(uint64_t links, struct arena *arena)
{
    const char *text = "";

    for (size_t i = 1; i < LINK_COUNT; i++) {
        if ((links & SEIN_LINK_BIT(i)) != 0)
            text = arena_format(arena, "%s%s%s", text,
                                *text == '\0' ? "" : ", ", link_words[i]);
    }
    return text;
}

const char *
model_link_pairs_text(const struct model_link_pairs *pairs, struct arena *arena)
{
    const char *text = "";

    for (size_t i = 0; i < pairs->count; i++)
        text = arena_format(arena, "%s%s%s-%s", text, i == 0 ? "" : ", ",
                            link_words[pairs->items[i].a],
                            link_words[pairs->items[i].b]);
    return text;
}

const char *
model_desks_text(const struct model_desks *desks, struct arena *arena)
{
    const char *text = "";

    for (size_t i = 0; i < desks->count; i++)
        text = arena_format(arena, "%s%s%s", text, i == 0 ? "" : ", ",
                            desks->items[i]);
    return text;
}

const char *
model_areas_text(const struct model_areas *areas, struct arena *arena)
{
    const char *text = "";

    for (size_t i = 0; i < areas->count; i++) {
        const struct model_area *area = &areas->items[i];
        const char *comma = i == 0 ? "" : ", ";

        if (area->from == area->to)
            text = arena_format(arena, "%s%s%04u", text, comma,
                                (unsigned)area->from);
        else
            text = arena_format(arena, "%s%s%04u-%04u", text, comma,
                                (unsigned)area->from, (unsigned)area->to);
    }
    return text;
}

static int
compare_members(const void *a, const void *b)
{
    const struct model_member *left = a;
    const struct model_member *right = b;

    return strcmp(left->oin, right->oin);
}

static int
compare_desks(const void *a, const void *b)
{
    const struct model_desk *left = a;
    const struct model_desk *right = b;

    return strcmp(left->name, right->name);
}

static int
compare_keys(const void *a, const void *b)
{
    const struct model_key *left = a;
    const struct model_key *right = b;

    return memcmp(left->pk.key_id.bytes, right->pk.key_id.bytes, SEIN_ID_BYTES);
}

static int
compare_roles(const void *a, const void *b)
{
    const struct model_role *left = a;
    const struct model_role *right = b;

    return strcmp(left->circle, right->circle);
}

static int
compare_circles(const void *a, const void *b)
{
    const struct model_circle *left = a;
    const struct model_circle *right = b;

    return strcmp(left->id, right->id);
}

static int
compare_pairs(const void *a, const void *b)
{
    const struct model_pair *left = a;
    const struct model_pair *right = b;

    return strcmp(left->name, right->name);
}

static int
compare_governors(const void *a, const void *b)
{
    const struct model_governor *left = a;
    const struct model_governor *right = b;

    return memcmp(left->pk, right->pk, SEIN_KEY_BYTES);
}

static int
compare_link_pairs(const void *a, const void *b)
{
    const struct sein_dir_link_pair *left = a;
    const struct sein_dir_link_pair *right = b;

    if (left->a != right->a)
        return left->a < right->a ? -1 : 1;
    if (left->b != right->b)
        return left->b < right->b ? -1 : 1;
    return 0;
}

static int
compare_quotas(const void *a, const void *b)
{
    const struct model_quota *left = a;
    const struct model_quota *right = b;
    int order = strcmp(left->oin, right->oin);

    if (order != 0 || left->from == right->from)
        return order;
    return left->from < right->from ? -1 : 1;
}

static int
compare_epochs(const void *a, const void *b)
{
    const struct model_epoch *left = a;
    const struct model_epoch *right = b;

    if (left->number == right->number)
        return 0;
    return left->number < right->number ? -1 : 1;
}

/* qsort of nothing may not be given NULL. */
static void
sort(void *items, size_t count, size_t size,
     int (*compare)(const void *, const void *))
{
    if (count > 1)
        qsort(items, count, size, compare);
}

static void
sort_meeting(struct model_meeting *meeting)
{
    sort(meeting->link_pairs.items, meeting->link_pairs.count,
         sizeof meeting->link_pairs.items[0], compare_link_pairs);
    sort(meeting->quotas, meeting->quota_count, sizeof *meeting->quotas,
         compare_quotas);
    sort(meeting->epochs, meeting->epoch_count, sizeof *meeting->epochs,
         compare_epochs);
}

void
model_sort(struct model *model)
{
    sort(model->governors, model->governor_count, sizeof *model->governors,
         compare_governors);
    sort(model->members, model->member_count, sizeof *model->members,
         compare_members);
    for (size_t i = 0; i < model->member_count; i++) {
        struct model_member *member = &model->members[i];

        sort(member->keys, member->key_count, sizeof *member->keys,
             compare_keys);
        sort(member->desks, member->desk_count, sizeof *member->desks,
             compare_desks);
        for (size_t j = 0; j < member->desk_count; j++)
            sort(member->desks[j].roles, member->desks[j].role_count,
                 sizeof *member->desks[j].roles, compare_roles);
    }
    sort(model->circles, model->circle_count, sizeof *model->circles,
         compare_circles);
    for (size_t i = 0; i < model->circle_count; i++) {
        sort(model->circles[i].labels.items, model->circles[i].labels.count,
             sizeof *model->circles[i].labels.items, compare_pairs);
        sort_meeting(&model->circles[i].meeting);
    }
}

void
model_fingerprint(const struct model *model, struct sein_hash *out_fingerprint)
{
    struct sein_dir_governor governors[SEIN_GOVERNORS_MAX];
    size_t count = model->governor_count < SEIN_GOVERNORS_MAX
                       ? model->governor_count
                       : SEIN_GOVERNORS_MAX;

    memset(governors, 0, sizeof governors);
    for (size_t i = 0; i < count; i++)
        memcpy(governors[i].pk, model->governors[i].pk, SEIN_KEY_BYTES);
    sein_governance_fingerprint(model->threshold, governors, count,
                                out_fingerprint);
}

const struct model_member *
model_member(const struct model *model, const char *oin)
{
    for (size_t i = 0; i < model->member_count; i++) {
        if (strcmp(model->members[i].oin, oin) == 0)
            return &model->members[i];
    }
    return NULL;
}

const struct model_circle *
model_circle(const struct model *model, const char *id)
{
    for (size_t i = 0; i < model->circle_count; i++) {
        if (strcmp(model->circles[i].id, id) == 0)
            return &model->circles[i];
    }
    return NULL;
}

const struct model_member *
model_member_of(const struct model *model, const char *desk)
{
    for (size_t i = 0; i < model->member_count; i++) {
        const struct model_member *member = &model->members[i];
        size_t len = strlen(member->oin);

        if (strncmp(desk, member->oin, len) == 0 && desk[len] == '/')
            return member;
    }
    return NULL;
}

const struct model_epoch *
model_epoch(const struct model_circle *circle, uint64_t number)
{
    const struct model_meeting *meeting = &circle->meeting;

    for (size_t i = 0; i < meeting->epoch_count; i++) {
        if (meeting->epochs[i].number == number)
            return &meeting->epochs[i];
    }
    return NULL;
}

uint64_t
model_roles_in(const struct model_desk *desk, const char *circle)
{
    for (size_t i = 0; i < desk->role_count; i++) {
        if (strcmp(desk->roles[i].circle, circle) == 0)
            return desk->roles[i].roles;
    }
    return 0;
}

const struct model_desk *
model_desk(const struct model *model, const char *desk)
{
    const struct model_member *member = model_member_of(model, desk);

    for (size_t i = 0; member != NULL && i < member->desk_count; i++) {
        if (strcmp(member->desks[i].name, desk + strlen(member->oin) + 1) == 0)
            return &member->desks[i];
    }
    return NULL;
}
