#include "client/govern/contents.h"

#include <stdlib.h>
#include <string.h>

#include "client/govern/moment.h"

enum kind {
    KIND_GOVERNANCE,
    KIND_GOVERNOR,
    KIND_BROKER,
    KIND_MEMBER,
    KIND_DESK,
    KIND_KEY,
    KIND_CIRCLE,
    KIND_EPOCH,
    KIND_QUOTA,
    KIND_CODE,
    KIND_OUTCOME,
    KIND_LABEL,
    KIND_EXCEPTION,
};

struct kind_word {
    const char *en;
    const char *nl;
};

static const struct kind_word kind_words[] = {
    [KIND_GOVERNANCE] = { "governance", "beheer" },
    [KIND_GOVERNOR] = { "governor", "beheerder" },
    [KIND_BROKER] = { "broker", "seinhuis" },
    [KIND_MEMBER] = { "member", "deelnemer" },
    [KIND_DESK] = { "desk", "loket" },
    [KIND_KEY] = { "key", "sleutel" },
    [KIND_CIRCLE] = { "circle", "kring" },
    [KIND_EPOCH] = { "epoch", "tijdvak" },
    [KIND_QUOTA] = { "quota", "quotum" },
    [KIND_CODE] = { "kind", "soort" },
    [KIND_OUTCOME] = { "outcome", "uitkomst" },
    [KIND_LABEL] = { "label", "label" },
    [KIND_EXCEPTION] = { "exception", "uitzondering" },
};

/* ---- a model as things -----------------------------------------------------
 */

struct maker {
    struct arena *arena;
    struct contents *contents;
};

static struct thing *
add_thing(struct maker *maker, enum kind kind, const char *id)
{
    struct contents *contents = maker->contents;
    struct thing *things = arena_more(maker->arena, contents->things,
                                      contents->count, sizeof *things);

    if (things == NULL)
        return NULL;
    contents->things = things;
    things[contents->count] = (struct thing){ .kind = (size_t)kind, .id = id };
    return &things[contents->count++];
}

/* Absent values are no fields. */
static void
add_field(struct maker *maker, struct thing *thing, const char *name,
          const char *value)
{
    struct thing_field *fields = NULL;

    if (thing == NULL || *value == '\0')
        return;
    fields =
        arena_more(maker->arena, thing->fields, thing->count, sizeof *fields);
    if (fields == NULL)
        return;
    thing->fields = fields;
    fields[thing->count++] = (struct thing_field){ name, value };
}

static void
add_number(struct maker *maker, struct thing *thing, const char *name,
           uint64_t value)
{
    if (value != 0)
        add_field(
            maker, thing, name,
            arena_format(maker->arena, "%llu", (unsigned long long)value));
}

static void
add_moment(struct maker *maker, struct thing *thing, const char *name,
           uint64_t ms, enum moment_edge edge)
{
    char text[MOMENT_TEXT_BYTES] = "";

    if (ms == 0)
        return;
    moment_format((int64_t)ms, edge, text);
    add_field(maker, thing, name, arena_format(maker->arena, "%s", text));
}

static const char *
hex_of(struct maker *maker, const uint8_t *at, size_t len)
{
    char hex[2 * SEIN_KEY_BYTES + 1];

    sein_hex(sein_slice_of(at, len), hex, sizeof hex);
    return arena_format(maker->arena, "%s", hex);
}

static void
add_key_bytes(struct maker *maker, struct thing *thing, const char *name,
              const uint8_t key[static SEIN_KEY_BYTES])
{
    add_field(maker, thing, name, hex_of(maker, key, SEIN_KEY_BYTES));
}

static void
make_governance(struct maker *maker, const struct model *model)
{
    struct thing *thing = NULL;

    if (model->threshold == 0 && model->governor_count == 0)
        return; /* nothing was signed yet */
    thing = add_thing(maker, KIND_GOVERNANCE, "");
    add_number(maker, thing, "threshold", model->threshold);
    for (size_t i = 0; i < model->governor_count; i++) {
        thing = add_thing(maker, KIND_GOVERNOR, model->governors[i].name);
        add_key_bytes(maker, thing, "pk", model->governors[i].pk);
    }
}

static void
make_broker(struct maker *maker, const struct model_broker *broker)
{
    struct thing *thing = add_thing(maker, KIND_BROKER, broker->name);

    add_field(maker, thing, "endpoint", broker->endpoint);
    add_field(maker, thing, "operator", broker->operator_oin);
    add_field(maker, thing, "supplier", broker->supplier);
    add_field(maker, thing, "areas",
              model_areas_text(&broker->areas, maker->arena));
    add_key_bytes(maker, thing, "curve", broker->curve);
    add_key_bytes(maker, thing, "receipt", broker->receipt);
}

static void
make_desk(struct maker *maker, const struct model_member *member,
          const struct model_desk *desk)
{
    const char *id =
        arena_format(maker->arena, "%s/%s", member->oin, desk->name);
    struct thing *thing = add_thing(maker, KIND_DESK, id);

    add_field(maker, thing, "title", desk->title);
    add_field(maker, thing, "mandate", desk->mandate);
    add_field(maker, thing, "hours", desk->hours);
    add_field(maker, thing, "phone", desk->phone);
    add_field(maker, thing, "stand_in", desk->stand_in);
    add_field(maker, thing, "areas",
              model_areas_text(&desk->areas, maker->arena));
    for (size_t i = 0; i < desk->role_count; i++) {
        const struct model_role *role = &desk->roles[i];

        add_field(maker, thing,
                  arena_format(maker->arena, "role.%s", role->circle),
                  model_role_text(role->roles, maker->arena));
        add_field(maker, thing,
                  arena_format(maker->arena, "links.%s", role->circle),
                  model_links_text(role->links, maker->arena));
    }
}

static void
make_key(struct maker *maker, const struct model_member *member,
         const struct model_key *key)
{
    const char *hex =
        hex_of(maker, key->pk.key_id.bytes, sizeof key->pk.key_id.bytes);
    const char *id = arena_format(maker->arena, "%s %s", member->oin, hex);
    struct thing *thing = add_thing(maker, KIND_KEY, id);
    const char *desks = "";

    for (size_t i = 0; i < key->desk_count; i++)
        desks = arena_format(maker->arena, "%s%s%s", desks, i == 0 ? "" : ", ",
                             key->desks[i]);
    add_key_bytes(maker, thing, "sign", key->pk.sign);
    add_key_bytes(maker, thing, "curve", key->pk.curve);
    add_field(maker, thing, "desks", desks);
    add_moment(maker, thing, "active_from", key->active_from, MOMENT_BEGINS);
    add_moment(maker, thing, "retired_at", key->retired_at, MOMENT_BEGINS);
    add_moment(maker, thing, "revoked_at", key->revoked_at, MOMENT_BEGINS);
}

static void
make_member(struct maker *maker, const struct model_member *member)
{
    struct thing *thing = add_thing(maker, KIND_MEMBER, member->oin);

    add_field(maker, thing, "name", member->name);
    add_field(maker, thing, "domain", member->domain);
    add_field(maker, thing, "supplier", member->supplier);
    add_moment(maker, thing, "left_at", member->left_at, MOMENT_BEGINS);
    for (size_t i = 0; i < member->desk_count; i++)
        make_desk(maker, member, &member->desks[i]);
    for (size_t i = 0; i < member->key_count; i++)
        make_key(maker, member, &member->keys[i]);
}

static void
make_codes(struct maker *maker, enum kind kind, const char *circle,
           const struct model_codes *codes)
{
    for (size_t i = 0; i < codes->count; i++) {
        const struct model_code *code = &codes->items[i];
        const char *id =
            arena_format(maker->arena, "%s %s", circle, code->code);
        struct thing *thing = add_thing(maker, kind, id);

        add_field(maker, thing, "nl", code->nl);
        add_field(maker, thing, "en", code->en);
        add_field(maker, thing, "arrears", code->arrears ? "yes" : "");
    }
}

static void
make_pairs(struct maker *maker, enum kind kind, const char *circle,
           const struct model_pairs *pairs, const char *name)
{
    for (size_t i = 0; i < pairs->count; i++) {
        const char *id =
            arena_format(maker->arena, "%s %s", circle, pairs->items[i].name);

        add_field(maker, add_thing(maker, kind, id), name,
                  pairs->items[i].value);
    }
}

/* A record by its hash: what it says is what the epoch says. */
static void
make_epoch(struct maker *maker, const char *circle,
           const struct model_epoch *epoch)
{
    const char *id = arena_format(maker->arena, "%s %llu", circle,
                                  (unsigned long long)epoch->number);
    struct thing *thing = add_thing(maker, KIND_EPOCH, id);
    struct sein_hash hash = { { 0 } };

    add_number(maker, thing, "threshold", epoch->threshold);
    add_field(maker, thing, "holders",
              model_desks_text(&epoch->holders, maker->arena));
    add_moment(maker, thing, "not_before", epoch->not_before, MOMENT_BEGINS);
    add_moment(maker, thing, "match_until", epoch->match_until, MOMENT_ENDS);
    add_number(maker, thing, "handle_version", epoch->handle_version);
    if (epoch->pepper_check.len == SEIN_ID_BYTES)
        add_field(maker, thing, "pepper_check",
                  hex_of(maker, epoch->pepper_check.at, SEIN_ID_BYTES));
    if (epoch->record.len == 0)
        return;
    sein_hash_of(epoch->record, &hash);
    add_key_bytes(maker, thing, "record", hash.bytes);
    add_number(maker, thing, "signatures",
               epoch->signatures.len / SEIN_SIG_BYTES);
}

static void
make_quota(struct maker *maker, const char *circle,
           const struct model_quota *quota)
{
    const char *id = arena_format(maker->arena, "%s %s", circle, quota->oin);
    struct thing *thing = add_thing(maker, KIND_QUOTA, id);

    add_number(maker, thing, "per_day", quota->per_day);
    add_moment(maker, thing, "from", quota->from, MOMENT_BEGINS);
    add_moment(maker, thing, "until", quota->until, MOMENT_ENDS);
}

static void
make_meeting(struct maker *maker, struct thing *thing,
             const struct model_meeting *meeting)
{
    add_field(maker, thing, "link_pairs",
              model_link_pairs_text(&meeting->link_pairs, maker->arena));
    add_number(maker, thing, "quota_per_day", meeting->quota_per_day);
    add_field(maker, thing, "regie_order",
              model_desks_text(&meeting->regie_order, maker->arena));
    add_number(maker, thing, "regie_silence_days", meeting->regie_silence_days);
}

static void
make_circle(struct maker *maker, const struct model_circle *circle)
{
    static const char *const reveals[] = { "none", "direct", "mutual" };
    struct thing *thing = add_thing(maker, KIND_CIRCLE, circle->id);

    add_field(maker, thing, "title", circle->title);
    add_field(maker, thing, "purpose", circle->purpose);
    add_field(maker, thing, "basis", circle->basis);
    add_moment(maker, thing, "basis_ends", circle->basis_ends, MOMENT_ENDS);
    add_number(maker, thing, "retention_days", circle->retention_days);
    add_number(maker, thing, "collect_days", circle->collect_days);
    add_field(
        maker, thing, "reveal",
        reveals[circle->reveal <= SEIN_REVEAL_MUTUAL ? circle->reveal : 0]);
    make_meeting(maker, thing, &circle->meeting);
    for (size_t i = 0; i < circle->meeting.epoch_count; i++)
        make_epoch(maker, circle->id, &circle->meeting.epochs[i]);
    for (size_t i = 0; i < circle->meeting.quota_count; i++)
        make_quota(maker, circle->id, &circle->meeting.quotas[i]);
    make_codes(maker, KIND_CODE, circle->id, &circle->kinds);
    make_codes(maker, KIND_OUTCOME, circle->id, &circle->outcomes);
    make_pairs(maker, KIND_LABEL, circle->id, &circle->labels, "label");
    make_pairs(maker, KIND_EXCEPTION, circle->id, &circle->exceptions,
               "reason");
}

static int
compare_things(const void *a, const void *b)
{
    const struct thing *left = a;
    const struct thing *right = b;

    if (left->kind != right->kind)
        return left->kind < right->kind ? -1 : 1;
    return strcmp(left->id, right->id);
}

enum sein_err
contents_make(const struct model *model, struct arena *arena,
              struct contents *out_contents)
{
    struct contents contents = { 0 };
    struct maker maker = { arena, &contents };

    make_governance(&maker, model);
    for (size_t i = 0; i < model->broker_count; i++)
        make_broker(&maker, &model->brokers[i]);
    for (size_t i = 0; i < model->member_count; i++)
        make_member(&maker, &model->members[i]);
    for (size_t i = 0; i < model->circle_count; i++)
        make_circle(&maker, &model->circles[i]);
    if (arena->failed)
        return SEIN_ENOMEM;
    if (contents.count > 1)
        qsort(contents.things, contents.count, sizeof *contents.things,
              compare_things);
    *out_contents = contents;
    return SEIN_OK;
}

/* ---- two views --------------------------------------------------------------
 */

struct comparer {
    struct arena *arena;
    struct changes *changes;
};

static void
add_change(struct comparer *comparer, char op, const struct thing *thing,
           const char *field, const char *before, const char *after)
{
    struct changes *changes = comparer->changes;
    struct govern_change *items = arena_more(comparer->arena, changes->items,
                                             changes->count, sizeof *items);

    if (items == NULL)
        return;
    changes->items = items;
    items[changes->count++] = (struct govern_change){
        .op = op,
        .kind = kind_words[thing->kind].en,
        .kind_nl = kind_words[thing->kind].nl,
        .id = thing->id,
        .field = field,
        .before = before,
        .after = after,
    };
}

static const char *
value_of(const struct thing *thing, const char *name)
{
    for (size_t i = 0; i < thing->count; i++) {
        if (strcmp(thing->fields[i].name, name) == 0)
            return thing->fields[i].value;
    }
    return "";
}

static void
compare_fields(struct comparer *comparer, const struct thing *before,
               const struct thing *after)
{
    for (size_t i = 0; i < before->count; i++) {
        const struct thing_field *field = &before->fields[i];
        const char *now = value_of(after, field->name);

        if (strcmp(field->value, now) != 0)
            add_change(comparer, '~', after, field->name, field->value, now);
    }
    for (size_t i = 0; i < after->count; i++) {
        const struct thing_field *field = &after->fields[i];

        if (*value_of(before, field->name) == '\0')
            add_change(comparer, '~', after, field->name, "", field->value);
    }
}

/* A new thing with what it says. */
static void
list_thing(struct comparer *comparer, const struct thing *thing)
{
    add_change(comparer, '+', thing, "", "", "");
    for (size_t i = 0; i < thing->count; i++)
        add_change(comparer, '~', thing, thing->fields[i].name, "",
                   thing->fields[i].value);
}

static const struct thing *
thing_at(const struct contents *contents, size_t index)
{
    return index < contents->count ? &contents->things[index] : NULL;
}

/* Below 0: only before has it; above 0: only after. */
static int
compare_next(const struct thing *before, const struct thing *after)
{
    if (before == NULL)
        return 1;
    return after == NULL ? -1 : compare_things(before, after);
}

enum sein_err
contents_compare(const struct contents *before, const struct contents *after,
                 struct arena *arena, struct changes *out_changes)
{
    struct changes changes = { 0 };
    struct comparer comparer = { arena, &changes };
    size_t i = 0;
    size_t j = 0;

    while (true) {
        const struct thing *left = thing_at(before, i);
        const struct thing *right = thing_at(after, j);
        int order = compare_next(left, right);

        if (left == NULL && right == NULL)
            break;
        i += order <= 0;
        j += order >= 0;
        if (right == NULL || (left != NULL && order < 0))
            add_change(&comparer, '-', left, "", "", "");
        else if (left == NULL || order > 0)
            list_thing(&comparer, right);
        else
            compare_fields(&comparer, left, right);
    }
    if (arena->failed)
        return SEIN_ENOMEM;
    *out_changes = changes;
    return SEIN_OK;
}

enum sein_err
contents_list(const struct contents *contents, struct arena *arena,
              struct changes *out_changes)
{
    static const struct contents nothing = { 0 };

    return contents_compare(&nothing, contents, arena, out_changes);
}
