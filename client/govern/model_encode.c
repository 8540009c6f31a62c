#include <string.h>

#include "client/govern/model.h"
#include "proto/wire/pack.h"

/* An inner object is encoded in the scratch room, then copied to the arena, so
 * that the object around it can be encoded in the same room. */
struct encoder {
    struct arena *arena;
    uint8_t *scratch;
    size_t max;
    enum sein_err err; /* the first */
};

/* A list in the making: its elements one behind the other. */
struct list_writer {
    struct sein_slice *elements;
    size_t count;
};

static void
remember(struct encoder *encoder, enum sein_err err)
{
    if (encoder->err == SEIN_OK)
        encoder->err = err;
}

static struct sein_slice
finish(struct encoder *encoder, const struct sein_writer *out)
{
    struct sein_slice bytes = { 0 };
    enum sein_err err = sein_writer_done(out, &bytes);

    remember(encoder, err);
    bytes = err == SEIN_OK ? arena_bytes(encoder->arena, bytes)
                           : (struct sein_slice){ 0 };
    if (encoder->arena->failed)
        remember(encoder, SEIN_ENOMEM);
    return bytes;
}

static struct sein_slice
encode(struct encoder *encoder, const struct sein_schema *schema,
       const void *object)
{
    struct sein_writer out = sein_writer_of(encoder->scratch, encoder->max);

    if (encoder->err == SEIN_OK)
        remember(encoder, sein_schema_encode(schema, object, &out));
    return encoder->err == SEIN_OK ? finish(encoder, &out)
                                   : (struct sein_slice){ 0 };
}

static void
list_add(struct encoder *encoder, struct list_writer *list,
         struct sein_slice element)
{
    struct sein_slice *elements = arena_more(
        encoder->arena, list->elements, list->count, sizeof *list->elements);

    if (elements == NULL) {
        remember(encoder, SEIN_ENOMEM);
        return;
    }
    list->elements = elements;
    elements[list->count++] = element;
}

static void
list_add_object(struct encoder *encoder, struct list_writer *list,
                const struct sein_schema *schema, const void *object)
{
    list_add(encoder, list, encode(encoder, schema, object));
}

/* The list as a field holds it; none at all is absent. */
static struct sein_list
list_done(struct encoder *encoder, const struct list_writer *list)
{
    struct sein_writer out = sein_writer_of(encoder->scratch, encoder->max);

    if (list->count == 0 || encoder->err != SEIN_OK)
        return (struct sein_list){ 0 };
    sein_pack_array(&out, list->count);
    for (size_t i = 0; i < list->count; i++)
        sein_write_slice(&out, list->elements[i]);
    return (struct sein_list){ finish(encoder, &out), list->count };
}

static struct sein_list
encode_areas(struct encoder *encoder, const struct model_areas *areas)
{
    struct list_writer list = { 0 };

    for (size_t i = 0; i < areas->count; i++) {
        struct sein_dir_area area = { areas->items[i].from,
                                      areas->items[i].to };

        list_add_object(encoder, &list, &sein_dir_area_schema, &area);
    }
    return list_done(encoder, &list);
}

static struct sein_slice
encode_governance(struct encoder *encoder, const struct model *model)
{
    struct list_writer list = { 0 };
    struct sein_dir_governance governance = { .threshold = model->threshold };

    for (size_t i = 0; i < model->governor_count; i++) {
        struct sein_dir_governor governor = { .name = sein_slice_text(
                                                  model->governors[i].name) };

        memcpy(governor.pk, model->governors[i].pk, sizeof governor.pk);
        list_add_object(encoder, &list, &sein_dir_governor_schema, &governor);
    }
    governance.keys = list_done(encoder, &list);
    return encode(encoder, &sein_dir_governance_schema, &governance);
}

static struct sein_list
encode_brokers(struct encoder *encoder, const struct model *model)
{
    struct list_writer list = { 0 };

    for (size_t i = 0; i < model->broker_count; i++) {
        const struct model_broker *from = &model->brokers[i];
        struct sein_dir_broker broker = {
            .areas = encode_areas(encoder, &from->areas),
            .endpoint = sein_slice_text(from->endpoint),
            .name = sein_slice_text(from->name),
            .operator_oin = sein_slice_text(from->operator_oin),
            .supplier = sein_slice_text(from->supplier),
        };

        memcpy(broker.curve, from->curve, sizeof broker.curve);
        memcpy(broker.receipt, from->receipt, sizeof broker.receipt);
        list_add_object(encoder, &list, &sein_dir_broker_schema, &broker);
    }
    return list_done(encoder, &list);
}

static struct sein_list
encode_texts(struct encoder *encoder, const char *const *texts, size_t count)
{
    struct list_writer list = { 0 };

    for (size_t i = 0; i < count; i++) {
        struct sein_writer out = sein_writer_of(encoder->scratch, encoder->max);

        sein_pack_text(&out, sein_slice_text(texts[i]));
        list_add(encoder, &list, finish(encoder, &out));
    }
    return list_done(encoder, &list);
}

static struct sein_list
encode_keys(struct encoder *encoder, const struct model_member *member)
{
    struct list_writer list = { 0 };

    for (size_t i = 0; i < member->key_count; i++) {
        const struct model_key *from = &member->keys[i];
        struct sein_dir_key key = {
            .active_from = from->active_from,
            .desks = encode_texts(encoder, from->desks, from->desk_count),
            .key_id = from->pk.key_id,
            .retired_at = from->retired_at,
            .revoked_at = from->revoked_at,
        };

        memcpy(key.curve, from->pk.curve, sizeof key.curve);
        memcpy(key.sign, from->pk.sign, sizeof key.sign);
        list_add_object(encoder, &list, &sein_dir_key_schema, &key);
    }
    return list_done(encoder, &list);
}

static struct sein_list
encode_roles(struct encoder *encoder, const struct model_desk *desk)
{
    struct list_writer list = { 0 };

    for (size_t i = 0; i < desk->role_count; i++) {
        struct sein_dir_role role = {
            .circle = sein_slice_text(desk->roles[i].circle),
            .links = desk->roles[i].links,
            .roles = desk->roles[i].roles,
        };

        list_add_object(encoder, &list, &sein_dir_role_schema, &role);
    }
    return list_done(encoder, &list);
}

static struct sein_list
encode_desks(struct encoder *encoder, const struct model_member *member)
{
    struct list_writer list = { 0 };

    for (size_t i = 0; i < member->desk_count; i++) {
        const struct model_desk *from = &member->desks[i];
        struct sein_dir_desk desk = {
            .areas = encode_areas(encoder, &from->areas),
            .hours = sein_slice_text(from->hours),
            .mandate = sein_slice_text(from->mandate),
            .name = sein_slice_text(from->name),
            .phone = sein_slice_text(from->phone),
            .roles = encode_roles(encoder, from),
            .stand_in = sein_slice_text(from->stand_in),
            .title = sein_slice_text(from->title),
        };

        list_add_object(encoder, &list, &sein_dir_desk_schema, &desk);
    }
    return list_done(encoder, &list);
}

static struct sein_list
encode_members(struct encoder *encoder, const struct model *model)
{
    struct list_writer list = { 0 };

    for (size_t i = 0; i < model->member_count; i++) {
        const struct model_member *from = &model->members[i];
        struct sein_dir_member member = {
            .desks = encode_desks(encoder, from),
            .domain = sein_slice_text(from->domain),
            .keys = encode_keys(encoder, from),
            .left_at = from->left_at,
            .name = sein_slice_text(from->name),
            .oin = sein_slice_text(from->oin),
            .supplier = sein_slice_text(from->supplier),
        };

        list_add_object(encoder, &list, &sein_dir_member_schema, &member);
    }
    return list_done(encoder, &list);
}

static struct sein_list
encode_codes(struct encoder *encoder, const struct model_codes *codes)
{
    struct list_writer list = { 0 };

    for (size_t i = 0; i < codes->count; i++) {
        const struct model_code *from = &codes->items[i];
        struct sein_dir_code code = {
            .arrears = from->arrears,
            .code = sein_slice_text(from->code),
            .en = sein_slice_text(from->en),
            .nl = sein_slice_text(from->nl),
        };

        list_add_object(encoder, &list, &sein_dir_code_schema, &code);
    }
    return list_done(encoder, &list);
}

static struct sein_list
encode_labels(struct encoder *encoder, const struct model_pairs *labels)
{
    struct list_writer list = { 0 };

    for (size_t i = 0; i < labels->count; i++) {
        struct sein_dir_label label = {
            .label = sein_slice_text(labels->items[i].value),
            .oin = sein_slice_text(labels->items[i].name),
        };

        list_add_object(encoder, &list, &sein_dir_label_schema, &label);
    }
    return list_done(encoder, &list);
}

static struct sein_list
encode_exceptions(struct encoder *encoder, const struct model_pairs *exceptions)
{
    struct list_writer list = { 0 };

    for (size_t i = 0; i < exceptions->count; i++) {
        struct sein_dir_exception exception = {
            .label = sein_slice_text(exceptions->items[i].name),
            .reason = sein_slice_text(exceptions->items[i].value),
        };

        list_add_object(encoder, &list, &sein_dir_exception_schema, &exception);
    }
    return list_done(encoder, &list);
}

static struct sein_list
encode_signatures(struct encoder *encoder, struct sein_slice signatures)
{
    struct list_writer list = { 0 };

    for (size_t at = 0; at + SEIN_SIG_BYTES <= signatures.len;
         at += SEIN_SIG_BYTES) {
        struct sein_writer out = sein_writer_of(encoder->scratch, encoder->max);

        sein_pack_bytes(&out,
                        sein_slice_of(signatures.at + at, SEIN_SIG_BYTES));
        list_add(encoder, &list, finish(encoder, &out));
    }
    return list_done(encoder, &list);
}

static struct sein_list
encode_epochs(struct encoder *encoder, const struct model_meeting *meeting)
{
    struct list_writer list = { 0 };

    for (size_t i = 0; i < meeting->epoch_count; i++) {
        const struct model_epoch *from = &meeting->epochs[i];
        struct sein_dir_epoch epoch = {
            .epoch = from->number,
            .handle_version = from->handle_version,
            .holders =
                encode_texts(encoder, from->holders.items, from->holders.count),
            .match_until = from->match_until,
            .not_before = from->not_before,
            .pepper_check = from->pepper_check,
            .record = from->record,
            .signatures = encode_signatures(encoder, from->signatures),
            .t = from->threshold,
        };

        list_add_object(encoder, &list, &sein_dir_epoch_schema, &epoch);
    }
    return list_done(encoder, &list);
}

static struct sein_list
encode_link_pairs(struct encoder *encoder, const struct model_link_pairs *pairs)
{
    struct list_writer list = { 0 };

    for (size_t i = 0; i < pairs->count; i++)
        list_add_object(encoder, &list, &sein_dir_link_pair_schema,
                        &pairs->items[i]);
    return list_done(encoder, &list);
}

static struct sein_list
encode_quotas(struct encoder *encoder, const struct model_meeting *meeting)
{
    struct list_writer list = { 0 };

    for (size_t i = 0; i < meeting->quota_count; i++) {
        const struct model_quota *from = &meeting->quotas[i];
        struct sein_dir_quota_exception quota = {
            .from = from->from,
            .oin = sein_slice_text(from->oin),
            .per_day = from->per_day,
            .until = from->until,
        };

        list_add_object(encoder, &list, &sein_dir_quota_exception_schema,
                        &quota);
    }
    return list_done(encoder, &list);
}

static struct sein_list
encode_circles(struct encoder *encoder, const struct model *model)
{
    struct list_writer list = { 0 };

    for (size_t i = 0; i < model->circle_count; i++) {
        const struct model_circle *from = &model->circles[i];
        const struct model_meeting *meeting = &from->meeting;
        struct sein_dir_circle circle = {
            .basis = sein_slice_text(from->basis),
            .basis_ends = from->basis_ends,
            .collect_days = from->collect_days,
            .epochs = encode_epochs(encoder, meeting),
            .exceptions = encode_exceptions(encoder, &from->exceptions),
            .id = sein_slice_text(from->id),
            .kinds = encode_codes(encoder, &from->kinds),
            .labels = encode_labels(encoder, &from->labels),
            .link_pairs = encode_link_pairs(encoder, &meeting->link_pairs),
            .outcomes = encode_codes(encoder, &from->outcomes),
            .purpose = sein_slice_text(from->purpose),
            .quota_exceptions = encode_quotas(encoder, meeting),
            .quota_per_day = meeting->quota_per_day,
            .regie_order = encode_texts(encoder, meeting->regie_order.items,
                                        meeting->regie_order.count),
            .regie_silence_days = meeting->regie_silence_days,
            .retention_days = from->retention_days,
            .reveal = from->reveal,
            .title = sein_slice_text(from->title),
        };

        list_add_object(encoder, &list, &sein_dir_circle_schema, &circle);
    }
    return list_done(encoder, &list);
}

enum sein_err
model_encode(const struct model *model,
             const uint8_t prev[static SEIN_HASH_BYTES], struct arena *arena,
             struct sein_slice *out_bytes)
{
    struct encoder encoder = { .arena = arena, .max = SEIN_DIRECTORY_MAX };
    struct sein_dir_root root = {
        .expires = model->expires,
        .issued = model->issued,
        .v = 1,
        .version = model->version,
    };
    struct sein_slice bytes = { 0 };

    encoder.scratch = arena_new(arena, SEIN_DIRECTORY_MAX, 1);
    if (encoder.scratch == NULL)
        return SEIN_ENOMEM;
    memcpy(root.prev, prev, sizeof root.prev);
    root.governance = encode_governance(&encoder, model);
    root.brokers = encode_brokers(&encoder, model);
    root.circles = encode_circles(&encoder, model);
    root.members = encode_members(&encoder, model);
    bytes = encode(&encoder, &sein_dir_root_schema, &root);
    if (encoder.err == SEIN_OK)
        *out_bytes = bytes;
    return encoder.err;
}
