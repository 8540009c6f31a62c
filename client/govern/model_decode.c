#include <string.h>

#include "client/govern/model.h"
#include "proto/wire/msg_eval.h"

/* The first error ends all: the bytes were checked as a whole before. */
struct decoder {
    struct arena *arena;
    enum sein_err err;
};

static void
remember(struct decoder *decoder, enum sein_err err)
{
    if (decoder->err == SEIN_OK)
        decoder->err = err;
}

static const char *
text_of(struct decoder *decoder, struct sein_slice text)
{
    char *copy = arena_text(decoder->arena, text);

    if (copy == NULL)
        remember(decoder, SEIN_ENOMEM);
    return copy == NULL ? "" : copy;
}

/* Room for the elements of a list, and a walk over it; NULL ends it. */
static void *
open_list(struct decoder *decoder, const struct sein_list *list, size_t size,
          struct sein_items *items)
{
    void *room = NULL;

    if (decoder->err == SEIN_OK)
        remember(decoder, sein_items_begin(list->raw, list->count, items));
    if (decoder->err != SEIN_OK || list->count == 0)
        return NULL;
    room = arena_new(decoder->arena, list->count, size);
    if (room == NULL)
        remember(decoder, SEIN_ENOMEM);
    return room;
}

static bool
next(struct decoder *decoder, struct sein_items *items,
     const struct sein_schema *schema, void *out)
{
    if (decoder->err == SEIN_OK)
        remember(decoder, sein_items_next(items, schema, out, NULL));
    return decoder->err == SEIN_OK;
}

static struct model_areas
decode_areas(struct decoder *decoder, const struct sein_list *list)
{
    struct sein_items items = { 0 };
    struct sein_dir_area area = { 0 };
    struct model_areas areas = { 0 };

    areas.items = open_list(decoder, list, sizeof *areas.items, &items);
    while (areas.items != NULL && areas.count < list->count &&
           next(decoder, &items, &sein_dir_area_schema, &area))
        areas.items[areas.count++] = (struct model_area){ area.from, area.to };
    return areas;
}

static void
decode_governance(struct decoder *decoder, struct sein_slice bytes,
                  struct model *out)
{
    struct sein_dir_governance governance = { 0 };
    struct sein_dir_governor governor = { 0 };
    struct sein_items items = { 0 };

    remember(decoder, sein_schema_decode_all(&sein_dir_governance_schema, bytes,
                                             &governance));
    out->threshold = governance.threshold;
    out->governors =
        open_list(decoder, &governance.keys, sizeof *out->governors, &items);
    while (out->governors != NULL &&
           out->governor_count < governance.keys.count &&
           next(decoder, &items, &sein_dir_governor_schema, &governor)) {
        struct model_governor *to = &out->governors[out->governor_count++];

        to->name = text_of(decoder, governor.name);
        memcpy(to->pk, governor.pk, sizeof to->pk);
    }
}

static void
decode_brokers(struct decoder *decoder, const struct sein_list *list,
               struct model *out)
{
    struct sein_items items = { 0 };
    struct sein_dir_broker broker = { 0 };

    out->brokers = open_list(decoder, list, sizeof *out->brokers, &items);
    while (out->brokers != NULL && out->broker_count < list->count &&
           next(decoder, &items, &sein_dir_broker_schema, &broker)) {
        struct model_broker *to = &out->brokers[out->broker_count++];

        to->name = text_of(decoder, broker.name);
        to->endpoint = text_of(decoder, broker.endpoint);
        to->operator_oin = text_of(decoder, broker.operator_oin);
        to->supplier = text_of(decoder, broker.supplier);
        memcpy(to->curve, broker.curve, sizeof to->curve);
        memcpy(to->receipt, broker.receipt, sizeof to->receipt);
        to->areas = decode_areas(decoder, &broker.areas);
        to->file = "";
    }
}

static struct model_desks
decode_desk_names(struct decoder *decoder, const struct sein_list *list)
{
    struct sein_items items = { 0 };
    struct sein_slice name = { 0 };
    struct model_desks desks = { 0 };

    desks.items = open_list(decoder, list, sizeof *desks.items, &items);
    while (desks.items != NULL && desks.count < list->count) {
        remember(decoder, sein_items_next_text(&items, &name));
        if (decoder->err != SEIN_OK)
            break;
        desks.items[desks.count++] = text_of(decoder, name);
    }
    return desks;
}

static void
decode_keys(struct decoder *decoder, const struct sein_list *list,
            struct model_member *out)
{
    struct sein_items items = { 0 };
    struct sein_dir_key key = { 0 };

    out->keys = open_list(decoder, list, sizeof *out->keys, &items);
    while (out->keys != NULL && out->key_count < list->count &&
           next(decoder, &items, &sein_dir_key_schema, &key)) {
        struct model_key *to = &out->keys[out->key_count++];
        struct model_desks desks = decode_desk_names(decoder, &key.desks);

        to->pk.key_id = key.key_id;
        memcpy(to->pk.sign, key.sign, sizeof to->pk.sign);
        memcpy(to->pk.curve, key.curve, sizeof to->pk.curve);
        to->active_from = key.active_from;
        to->retired_at = key.retired_at;
        to->revoked_at = key.revoked_at;
        to->desks = desks.items;
        to->desk_count = desks.count;
    }
}

static void
decode_roles(struct decoder *decoder, const struct sein_list *list,
             struct model_desk *out)
{
    struct sein_items items = { 0 };
    struct sein_dir_role role = { 0 };

    out->roles = open_list(decoder, list, sizeof *out->roles, &items);
    while (out->roles != NULL && out->role_count < list->count &&
           next(decoder, &items, &sein_dir_role_schema, &role)) {
        struct model_role *to = &out->roles[out->role_count++];

        to->circle = text_of(decoder, role.circle);
        to->roles = role.roles;
        to->links = role.links;
    }
}

static void
decode_desks(struct decoder *decoder, const struct sein_list *list,
             struct model_member *out)
{
    struct sein_items items = { 0 };
    struct sein_dir_desk desk = { 0 };

    out->desks = open_list(decoder, list, sizeof *out->desks, &items);
    while (out->desks != NULL && out->desk_count < list->count &&
           next(decoder, &items, &sein_dir_desk_schema, &desk)) {
        struct model_desk *to = &out->desks[out->desk_count++];

        to->name = text_of(decoder, desk.name);
        to->title = text_of(decoder, desk.title);
        to->mandate = text_of(decoder, desk.mandate);
        to->hours = text_of(decoder, desk.hours);
        to->phone = text_of(decoder, desk.phone);
        to->stand_in = text_of(decoder, desk.stand_in);
        to->areas = decode_areas(decoder, &desk.areas);
        decode_roles(decoder, &desk.roles, to);
    }
}

static void
decode_members(struct decoder *decoder, const struct sein_list *list,
               struct model *out)
{
    struct sein_items items = { 0 };
    struct sein_dir_member member = { 0 };

    out->members = open_list(decoder, list, sizeof *out->members, &items);
    while (out->members != NULL && out->member_count < list->count &&
           next(decoder, &items, &sein_dir_member_schema, &member)) {
        struct model_member *to = &out->members[out->member_count++];

        to->oin = text_of(decoder, member.oin);
        to->name = text_of(decoder, member.name);
        to->domain = text_of(decoder, member.domain);
        to->supplier = text_of(decoder, member.supplier);
        to->left_at = member.left_at;
        to->file = "";
        decode_keys(decoder, &member.keys, to);
        decode_desks(decoder, &member.desks, to);
    }
}

static struct model_codes
decode_codes(struct decoder *decoder, const struct sein_list *list)
{
    struct sein_items items = { 0 };
    struct sein_dir_code code = { 0 };
    struct model_codes codes = { 0 };

    codes.items = open_list(decoder, list, sizeof *codes.items, &items);
    while (codes.items != NULL && codes.count < list->count &&
           next(decoder, &items, &sein_dir_code_schema, &code))
        codes.items[codes.count++] = (struct model_code){
            .code = text_of(decoder, code.code),
            .arrears = code.arrears,
            .nl = text_of(decoder, code.nl),
            .en = text_of(decoder, code.en),
        };
    return codes;
}

static struct model_pairs
decode_labels(struct decoder *decoder, const struct sein_list *list)
{
    struct sein_items items = { 0 };
    struct sein_dir_label label = { 0 };
    struct model_pairs pairs = { 0 };

    pairs.items = open_list(decoder, list, sizeof *pairs.items, &items);
    while (pairs.items != NULL && pairs.count < list->count &&
           next(decoder, &items, &sein_dir_label_schema, &label))
        pairs.items[pairs.count++] = (struct model_pair){
            .name = text_of(decoder, label.oin),
            .value = text_of(decoder, label.label),
        };
    return pairs;
}

static struct model_pairs
decode_exceptions(struct decoder *decoder, const struct sein_list *list)
{
    struct sein_items items = { 0 };
    struct sein_dir_exception exception = { 0 };
    struct model_pairs pairs = { 0 };

    pairs.items = open_list(decoder, list, sizeof *pairs.items, &items);
    while (pairs.items != NULL && pairs.count < list->count &&
           next(decoder, &items, &sein_dir_exception_schema, &exception))
        pairs.items[pairs.count++] = (struct model_pair){
            .name = text_of(decoder, exception.label),
            .value = text_of(decoder, exception.reason),
        };
    return pairs;
}

static struct sein_slice
bytes_of(struct decoder *decoder, struct sein_slice bytes)
{
    struct sein_slice copy = { 0 };

    if (bytes.len > 0) {
        copy = arena_bytes(decoder->arena, bytes);
        if (copy.len == 0)
            remember(decoder, SEIN_ENOMEM);
    }
    return copy;
}

static struct sein_slice
decode_signatures(struct decoder *decoder, const struct sein_list *list)
{
    uint8_t each[SEIN_HOLDERS_MAX][SEIN_SIG_BYTES];

    if (decoder->err == SEIN_OK)
        remember(decoder, sein_fixed_list_read(list, SEIN_SIG_BYTES,
                                               SEIN_HOLDERS_MAX, each[0]));
    return decoder->err == SEIN_OK
               ? bytes_of(decoder,
                          sein_slice_of(each[0], list->count * SEIN_SIG_BYTES))
               : (struct sein_slice){ 0 };
}

static void
decode_epochs(struct decoder *decoder, const struct sein_list *list,
              struct model_meeting *out)
{
    struct sein_items items = { 0 };
    struct sein_dir_epoch epoch = { 0 };

    out->epochs = open_list(decoder, list, sizeof *out->epochs, &items);
    while (out->epochs != NULL && out->epoch_count < list->count &&
           next(decoder, &items, &sein_dir_epoch_schema, &epoch))
        out->epochs[out->epoch_count++] = (struct model_epoch){
            .number = epoch.epoch,
            .threshold = epoch.t,
            .handle_version = epoch.handle_version,
            .not_before = epoch.not_before,
            .match_until = epoch.match_until,
            .holders = decode_desk_names(decoder, &epoch.holders),
            .pepper_check = bytes_of(decoder, epoch.pepper_check),
            .record = bytes_of(decoder, epoch.record),
            .signatures = decode_signatures(decoder, &epoch.signatures),
        };
}

static void
decode_link_pairs(struct decoder *decoder, const struct sein_list *list,
                  struct model_link_pairs *out)
{
    struct sein_items items = { 0 };

    if (decoder->err == SEIN_OK)
        remember(decoder,
                 sein_items_begin(list->raw, SEIN_LINK_PAIRS_MAX, &items));
    while (out->count < list->count &&
           next(decoder, &items, &sein_dir_link_pair_schema,
                &out->items[out->count]))
        out->count++;
}

static void
decode_quotas(struct decoder *decoder, const struct sein_list *list,
              struct model_meeting *out)
{
    struct sein_items items = { 0 };
    struct sein_dir_quota_exception quota = { 0 };

    out->quotas = open_list(decoder, list, sizeof *out->quotas, &items);
    while (out->quotas != NULL && out->quota_count < list->count &&
           next(decoder, &items, &sein_dir_quota_exception_schema, &quota))
        out->quotas[out->quota_count++] = (struct model_quota){
            .oin = text_of(decoder, quota.oin),
            .per_day = quota.per_day,
            .from = quota.from,
            .until = quota.until,
        };
}

static struct model_meeting
decode_meeting(struct decoder *decoder, const struct sein_dir_circle *circle)
{
    struct model_meeting meeting = {
        .quota_per_day = circle->quota_per_day,
        .regie_order = decode_desk_names(decoder, &circle->regie_order),
        .regie_silence_days = circle->regie_silence_days,
    };

    decode_link_pairs(decoder, &circle->link_pairs, &meeting.link_pairs);
    decode_quotas(decoder, &circle->quota_exceptions, &meeting);
    decode_epochs(decoder, &circle->epochs, &meeting);
    return meeting;
}

static void
decode_circles(struct decoder *decoder, const struct sein_list *list,
               struct model *out)
{
    struct sein_items items = { 0 };
    struct sein_dir_circle circle = { 0 };

    out->circles = open_list(decoder, list, sizeof *out->circles, &items);
    while (out->circles != NULL && out->circle_count < list->count &&
           next(decoder, &items, &sein_dir_circle_schema, &circle))
        out->circles[out->circle_count++] = (struct model_circle){
            .id = text_of(decoder, circle.id),
            .title = text_of(decoder, circle.title),
            .purpose = text_of(decoder, circle.purpose),
            .basis = text_of(decoder, circle.basis),
            .basis_ends = circle.basis_ends,
            .retention_days = circle.retention_days,
            .collect_days = circle.collect_days,
            .reveal = circle.reveal,
            .kinds = decode_codes(decoder, &circle.kinds),
            .outcomes = decode_codes(decoder, &circle.outcomes),
            .labels = decode_labels(decoder, &circle.labels),
            .exceptions = decode_exceptions(decoder, &circle.exceptions),
            .meeting = decode_meeting(decoder, &circle),
            .file = "",
        };
}

enum sein_err
model_decode(struct sein_slice dir_bytes, struct arena *arena,
             struct model *out_model)
{
    struct decoder decoder = { .arena = arena };
    struct sein_dir_root root = { 0 };
    struct model model = { 0 };

    remember(&decoder,
             sein_schema_decode_all(&sein_dir_root_schema, dir_bytes, &root));
    if (decoder.err != SEIN_OK)
        return decoder.err;
    model.version = root.version;
    model.issued = root.issued;
    model.expires = root.expires;
    decode_governance(&decoder, root.governance, &model);
    decode_brokers(&decoder, &root.brokers, &model);
    decode_members(&decoder, &root.members, &model);
    decode_circles(&decoder, &root.circles, &model);
    if (decoder.err != SEIN_OK)
        return decoder.err;
    model_sort(&model);
    *out_model = model;
    return SEIN_OK;
}
