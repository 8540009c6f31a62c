#include "proto/trust/line.h"

#include <string.h>

#include <sodium.h>

#include "proto/trust/dir_schema.h"
#include "proto/wire/msg_eval.h"
#include "proto/wire/pack.h"

#define LINE_VERSION 1U
#define CHECK_CHARS 8U
/* A line of SEIN_LINE_MAX characters cannot hold more. */
#define OBJECT_MAX (SEIN_LINE_MAX / 4U * 3U)

#define INVITE_PREFIX "seinhuis-invite-1:"
#define JOIN_PREFIX "seinhuis-join-1:"
#define BROKER_PREFIX "seinhuis-broker-1:"
#define EPOCH_PREFIX "seinhuis-epoch-1:"

struct invite_object { /* array, as are all below */
    uint64_t v;
    struct sein_slice endpoint;
    uint8_t curve[SEIN_KEY_BYTES];
    uint8_t fingerprint[SEIN_HASH_BYTES];
};

struct signed_object {
    struct sein_slice statement;
    uint8_t signature[SEIN_SIG_BYTES];
};

struct join_object {
    uint64_t v;
    struct sein_slice oin;
    struct sein_slice name;
    uint8_t sign[SEIN_KEY_BYTES];
    uint8_t curve[SEIN_KEY_BYTES];
    struct sein_list desks; /* of text */
    uint64_t at;
};

struct broker_object {
    uint64_t v;
    struct sein_slice name;
    struct sein_slice endpoint;
    uint8_t curve[SEIN_KEY_BYTES];
    uint8_t receipt[SEIN_KEY_BYTES];
    struct sein_slice operator_oin;
    struct sein_slice supplier;
};

struct epoch_object {
    struct sein_slice record;
    struct sein_list signatures; /* of SEIN_SIG_BYTES */
};

/* One row; the member of the struct has the field's name. */
#define ROW(type, name, object, min, max)                                    \
    {                                                                        \
#name, SEIN_FIELD_##type, false, offsetof(struct object, name), min, \
            max                                                              \
    }

/* clang-format off */
static const struct sein_field invite_fields[] = {
    ROW(UINT, v, invite_object, 0, UINT64_MAX),
    ROW(TEXT, endpoint, invite_object, 1, SEIN_ENDPOINT_MAX),
    ROW(FIXED, curve, invite_object, 0, SEIN_KEY_BYTES),
    ROW(FIXED, fingerprint, invite_object, 0, SEIN_HASH_BYTES),
};

static const struct sein_field signed_fields[] = {
    ROW(BYTES, statement, signed_object, 1, OBJECT_MAX),
    ROW(FIXED, signature, signed_object, 0, SEIN_SIG_BYTES),
};

static const struct sein_field join_fields[] = {
    ROW(UINT, v, join_object, 0, UINT64_MAX),
    ROW(TEXT, oin, join_object, 1, SEIN_OIN_CHARS),
    ROW(TEXT, name, join_object, 1, SEIN_NAME_MAX),
    ROW(FIXED, sign, join_object, 0, SEIN_KEY_BYTES),
    ROW(FIXED, curve, join_object, 0, SEIN_KEY_BYTES),
    ROW(LIST, desks, join_object, 0, SEIN_DESKS_MAX),
    ROW(UINT, at, join_object, 0, INT64_MAX),
};

static const struct sein_field broker_fields[] = {
    ROW(UINT, v, broker_object, 0, UINT64_MAX),
    ROW(TEXT, name, broker_object, 1, SEIN_NAME_MAX),
    ROW(TEXT, endpoint, broker_object, 1, SEIN_ENDPOINT_MAX),
    ROW(FIXED, curve, broker_object, 0, SEIN_KEY_BYTES),
    ROW(FIXED, receipt, broker_object, 0, SEIN_KEY_BYTES),
    ROW(TEXT, operator_oin, broker_object, 1, SEIN_OIN_CHARS),
    ROW(TEXT, supplier, broker_object, 0, SEIN_NAME_MAX),
};

static const struct sein_field epoch_fields[] = {
    ROW(BYTES, record, epoch_object, 1, SEIN_EPOCH_RECORD_MAX),
    ROW(LIST, signatures, epoch_object, SEIN_HOLDERS_MIN, SEIN_HOLDERS_MAX),
};

static const struct sein_schema invite_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, invite_fields, struct invite_object);
static const struct sein_schema signed_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, signed_fields, struct signed_object);
static const struct sein_schema join_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, join_fields, struct join_object);
static const struct sein_schema broker_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, broker_fields, struct broker_object);
static const struct sein_schema epoch_schema =
    SEIN_SCHEMA(SEIN_LAYOUT_ARRAY, epoch_fields, struct epoch_object);
/* clang-format on */

/* The digits that show a typing error. */
static void
check_digits(struct sein_slice object, char out_text[static CHECK_CHARS + 1])
{
    struct sein_hash hash;

    sein_hash_of(object, &hash);
    sein_hex(sein_slice_of(hash.bytes, CHECK_CHARS / 2), out_text,
             CHECK_CHARS + 1);
}

static enum sein_err
write_line(const char *prefix, struct sein_slice object,
           char out_line[static SEIN_LINE_MAX])
{
    struct sein_writer out = sein_writer_of((uint8_t *)out_line, SEIN_LINE_MAX);
    char text[sodium_base64_ENCODED_LEN(
        OBJECT_MAX, sodium_base64_VARIANT_URLSAFE_NO_PADDING)];
    char digits[CHECK_CHARS + 1];
    struct sein_slice done = { 0 };

    if (object.len > OBJECT_MAX)
        return SEIN_ETOOLONG;
    (void)sodium_bin2base64(text, sizeof text, object.at, object.len,
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    check_digits(object, digits);
    sein_write_text(&out, prefix);
    sein_write_text(&out, text);
    sein_write_text(&out, ":");
    sein_write_text(&out, digits);
    sein_write_u8(&out, 0);
    return sein_writer_done(&out, &done);
}

static bool
is_space(uint8_t sign)
{
    return sign == ' ' || sign == '\t' || sign == '\r' || sign == '\n';
}

static struct sein_slice
trim(struct sein_slice text)
{
    while (text.len > 0 && is_space(text.at[0]))
        text = sein_slice_of(text.at + 1, text.len - 1);
    while (text.len > 0 && is_space(text.at[text.len - 1]))
        text.len--;
    return text;
}

/* Takes the prefix and the check digits off a line. */
static enum sein_err
strip(const char *prefix, struct sein_slice *line,
      char out_digits[static CHECK_CHARS + 1])
{
    size_t front = strlen(prefix);
    size_t back = 1 + CHECK_CHARS;

    if (line->len < front + back || memcmp(line->at, prefix, front) != 0 ||
        line->at[line->len - back] != ':')
        return SEIN_EFORMAT;
    memcpy(out_digits, line->at + line->len - CHECK_CHARS, CHECK_CHARS);
    out_digits[CHECK_CHARS] = '\0';
    *line = sein_slice_of(line->at + front, line->len - front - back);
    return SEIN_OK;
}

static enum sein_err
read_line(const char *prefix, const char *line,
          uint8_t buffer[static OBJECT_MAX], struct sein_slice *out_object)
{
    struct sein_slice text = trim(sein_slice_text(line));
    char expected[CHECK_CHARS + 1];
    char digits[CHECK_CHARS + 1];
    const char *end = NULL;
    size_t len = 0;
    enum sein_err err = SEIN_OK;

    if (text.len >= SEIN_LINE_MAX)
        return SEIN_ETOOLONG;
    err = strip(prefix, &text, digits);
    if (err != SEIN_OK)
        return err;
    if (sodium_base642bin(buffer, OBJECT_MAX, (const char *)text.at, text.len,
                          NULL, &len, &end,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
        end != (const char *)text.at + text.len)
        return SEIN_EFORMAT;
    check_digits(sein_slice_of(buffer, len), expected);
    if (strcmp(expected, digits) != 0)
        return SEIN_EFORMAT;
    *out_object = sein_slice_of(buffer, len);
    return SEIN_OK;
}

static enum sein_err
write_object(const char *prefix, const struct sein_schema *schema,
             const void *object, char out_line[static SEIN_LINE_MAX])
{
    uint8_t buffer[OBJECT_MAX];
    struct sein_writer out = sein_writer_of(buffer, sizeof buffer);
    struct sein_slice bytes = { 0 };
    enum sein_err err = sein_schema_encode(schema, object, &out);

    if (err == SEIN_OK)
        err = sein_writer_done(&out, &bytes);
    return err == SEIN_OK ? write_line(prefix, bytes, out_line) : err;
}

static enum sein_err
write_signed(const char *prefix, enum sein_sig_type type,
             const struct sein_schema *schema, const void *object,
             const uint8_t secret[static SEIN_SIGN_SECRET_BYTES],
             char out_line[static SEIN_LINE_MAX])
{
    uint8_t buffer[OBJECT_MAX];
    struct sein_writer out = sein_writer_of(buffer, sizeof buffer);
    struct signed_object whole = { 0 };
    enum sein_err err = sein_schema_encode(schema, object, &out);

    if (err == SEIN_OK)
        err = sein_writer_done(&out, &whole.statement);
    if (err == SEIN_OK)
        err = sein_sig_make(type, whole.statement, secret, whole.signature);
    return err == SEIN_OK
               ? write_object(prefix, &signed_schema, &whole, out_line)
               : err;
}

enum sein_err
sein_invitation_write(const struct sein_invitation *invitation,
                      char out_line[static SEIN_LINE_MAX])
{
    struct invite_object object = {
        .v = LINE_VERSION,
        .endpoint = sein_slice_text(invitation->endpoint),
    };
    enum sein_err err = sein_endpoint_check(object.endpoint);

    if (err != SEIN_OK)
        return err;
    memcpy(object.curve, invitation->curve, sizeof object.curve);
    memcpy(object.fingerprint, invitation->fingerprint.bytes,
           sizeof object.fingerprint);
    return write_object(INVITE_PREFIX, &invite_schema, &object, out_line);
}

enum sein_err
sein_invitation_read(const char *line, struct sein_invitation *out_invitation)
{
    uint8_t buffer[OBJECT_MAX];
    struct sein_slice bytes = { 0 };
    struct invite_object object = { 0 };
    struct sein_invitation read = { 0 };
    enum sein_err err = read_line(INVITE_PREFIX, line, buffer, &bytes);

    if (err == SEIN_OK)
        err = sein_schema_decode_all(&invite_schema, bytes, &object);
    if (err != SEIN_OK)
        return err;
    if (object.v != LINE_VERSION)
        return SEIN_EVERSION;
    err = sein_endpoint_check(object.endpoint);
    if (err == SEIN_OK)
        err = sein_slice_copy_text(object.endpoint, read.endpoint,
                                   sizeof read.endpoint);
    if (err != SEIN_OK)
        return err;
    memcpy(read.curve, object.curve, sizeof read.curve);
    memcpy(read.fingerprint.bytes, object.fingerprint,
           sizeof read.fingerprint.bytes);
    *out_invitation = read;
    return SEIN_OK;
}

/* The desks of a request as a list of text; a name is written like a code. */
static enum sein_err
pack_desks(const struct sein_join_request *request, struct sein_writer *out,
           struct sein_list *out_list)
{
    if (request->desk_count > SEIN_DESKS_MAX)
        return SEIN_ERANGE;
    sein_pack_array(out, request->desk_count);
    for (size_t i = 0; i < request->desk_count; i++) {
        struct sein_slice name = sein_slice_text(request->desks[i]);

        if (sein_code_check(name) != SEIN_OK)
            return SEIN_EDESK;
        sein_pack_text(out, name);
    }
    out_list->count = request->desk_count;
    return sein_writer_done(out, &out_list->raw);
}

enum sein_err
sein_join_write(const struct sein_join_request *request,
                const uint8_t secret[static SEIN_SIGN_SECRET_BYTES],
                char out_line[static SEIN_LINE_MAX])
{
    uint8_t buffer[OBJECT_MAX];
    struct sein_writer desks = sein_writer_of(buffer, sizeof buffer);
    struct join_object object = {
        .v = LINE_VERSION,
        .oin = sein_slice_text(request->oin.text),
        .name = sein_slice_text(request->name),
        .at = (uint64_t)request->at_ms,
    };
    enum sein_err err = sein_oin_check(object.oin);

    if (err == SEIN_OK)
        err = pack_desks(request, &desks, &object.desks);
    if (err != SEIN_OK)
        return err;
    memcpy(object.sign, request->sign, sizeof object.sign);
    memcpy(object.curve, request->curve, sizeof object.curve);
    return write_signed(JOIN_PREFIX, SEIN_SIG_JOIN, &join_schema, &object,
                        secret, out_line);
}

static enum sein_err
read_desks(struct sein_list list, struct sein_join_request *request)
{
    struct sein_items items = { 0 };
    enum sein_err err = sein_items_begin(list.raw, SEIN_DESKS_MAX, &items);

    for (size_t i = 0; err == SEIN_OK && i < list.count; i++) {
        struct sein_slice name = { 0 };

        err = sein_items_next_text(&items, &name);
        if (err == SEIN_OK && sein_code_check(name) != SEIN_OK)
            err = SEIN_EDESK;
        if (err == SEIN_OK)
            err = sein_slice_copy_text(name, request->desks[i],
                                       sizeof request->desks[i]);
    }
    request->desk_count = list.count;
    return err;
}

static enum sein_err
take_join(const struct join_object *object, struct sein_join_request *out)
{
    enum sein_err err = sein_oin_check(object->oin);

    if (err == SEIN_OK)
        err = sein_slice_copy_text(object->oin, out->oin.text,
                                   sizeof out->oin.text);
    if (err == SEIN_OK)
        err = sein_slice_copy_text(object->name, out->name, sizeof out->name);
    if (err == SEIN_OK)
        err = read_desks(object->desks, out);
    memcpy(out->sign, object->sign, sizeof out->sign);
    memcpy(out->curve, object->curve, sizeof out->curve);
    sein_key_id_of(out->sign, out->curve, &out->key_id);
    out->at_ms = (int64_t)object->at;
    return err;
}

enum sein_err
sein_join_read(const char *line, struct sein_join_request *out_request)
{
    uint8_t buffer[OBJECT_MAX];
    struct sein_slice bytes = { 0 };
    struct signed_object whole = { 0 };
    struct join_object object = { 0 };
    struct sein_join_request read = { 0 };
    enum sein_err err = read_line(JOIN_PREFIX, line, buffer, &bytes);

    if (err == SEIN_OK)
        err = sein_schema_decode_all(&signed_schema, bytes, &whole);
    if (err == SEIN_OK)
        err = sein_schema_decode_all(&join_schema, whole.statement, &object);
    if (err == SEIN_OK && object.v != LINE_VERSION)
        err = SEIN_EVERSION;
    if (err == SEIN_OK)
        err = sein_sig_verify(SEIN_SIG_JOIN, whole.statement, whole.signature,
                              object.sign);
    if (err == SEIN_OK)
        err = take_join(&object, &read);
    if (err == SEIN_OK)
        *out_request = read;
    return err;
}

enum sein_err
sein_broker_line_write(const struct sein_broker_line *broker,
                       const uint8_t secret[static SEIN_SIGN_SECRET_BYTES],
                       char out_line[static SEIN_LINE_MAX])
{
    struct broker_object object = {
        .v = LINE_VERSION,
        .name = sein_slice_text(broker->name),
        .endpoint = sein_slice_text(broker->endpoint),
        .operator_oin = sein_slice_text(broker->operator_oin.text),
        .supplier = sein_slice_text(broker->supplier),
    };
    enum sein_err err = sein_endpoint_check(object.endpoint);

    if (err == SEIN_OK)
        err = sein_oin_check(object.operator_oin);
    if (err != SEIN_OK)
        return err;
    memcpy(object.curve, broker->curve, sizeof object.curve);
    memcpy(object.receipt, broker->receipt, sizeof object.receipt);
    return write_signed(BROKER_PREFIX, SEIN_SIG_BROKER, &broker_schema, &object,
                        secret, out_line);
}

static enum sein_err
take_broker(const struct broker_object *object, struct sein_broker_line *out)
{
    enum sein_err err = sein_endpoint_check(object->endpoint);

    if (err == SEIN_OK)
        err = sein_oin_check(object->operator_oin);
    if (err == SEIN_OK)
        err = sein_slice_copy_text(object->name, out->name, sizeof out->name);
    if (err == SEIN_OK)
        err = sein_slice_copy_text(object->endpoint, out->endpoint,
                                   sizeof out->endpoint);
    if (err == SEIN_OK)
        err = sein_slice_copy_text(object->operator_oin, out->operator_oin.text,
                                   sizeof out->operator_oin.text);
    if (err == SEIN_OK)
        err = sein_slice_copy_text(object->supplier, out->supplier,
                                   sizeof out->supplier);
    memcpy(out->curve, object->curve, sizeof out->curve);
    memcpy(out->receipt, object->receipt, sizeof out->receipt);
    return err;
}

enum sein_err
sein_broker_line_read(const char *line, struct sein_broker_line *out_broker)
{
    uint8_t buffer[OBJECT_MAX];
    struct sein_slice bytes = { 0 };
    struct signed_object whole = { 0 };
    struct broker_object object = { 0 };
    struct sein_broker_line read = { 0 };
    enum sein_err err = read_line(BROKER_PREFIX, line, buffer, &bytes);

    if (err == SEIN_OK)
        err = sein_schema_decode_all(&signed_schema, bytes, &whole);
    if (err == SEIN_OK)
        err = sein_schema_decode_all(&broker_schema, whole.statement, &object);
    if (err == SEIN_OK && object.v != LINE_VERSION)
        err = SEIN_EVERSION;
    if (err == SEIN_OK)
        err = sein_sig_verify(SEIN_SIG_BROKER, whole.statement, whole.signature,
                              object.receipt);
    if (err == SEIN_OK)
        err = take_broker(&object, &read);
    if (err == SEIN_OK)
        *out_broker = read;
    return err;
}

enum sein_err
sein_epoch_line_write(const struct sein_epoch_line *epoch,
                      char out_line[static SEIN_LINE_MAX])
{
    uint8_t buffer[OBJECT_MAX];
    struct sein_writer out = sein_writer_of(buffer, sizeof buffer);
    struct epoch_object object = {
        .record = sein_slice_of(epoch->record, epoch->record_len),
        .signatures.count = epoch->signature_count,
    };
    enum sein_err err = SEIN_OK;

    if (epoch->signature_count > SEIN_HOLDERS_MAX)
        return SEIN_ERANGE;
    sein_fixed_list_write(&out, epoch->signatures[0], SEIN_SIG_BYTES,
                          epoch->signature_count);
    err = sein_writer_done(&out, &object.signatures.raw);
    return err == SEIN_OK
               ? write_object(EPOCH_PREFIX, &epoch_schema, &object, out_line)
               : err;
}

enum sein_err
sein_epoch_line_read(const char *line, struct sein_epoch_line *out_epoch)
{
    uint8_t buffer[OBJECT_MAX];
    struct sein_slice bytes = { 0 };
    struct epoch_object object = { 0 };
    struct sein_epoch_line read = { .record_len = 0 };
    enum sein_err err = read_line(EPOCH_PREFIX, line, buffer, &bytes);

    if (err == SEIN_OK)
        err = sein_schema_decode_all(&epoch_schema, bytes, &object);
    if (err == SEIN_OK)
        err = sein_fixed_list_read(&object.signatures, SEIN_SIG_BYTES,
                                   SEIN_HOLDERS_MAX, read.signatures[0]);
    if (err != SEIN_OK)
        return err;
    memcpy(read.record, object.record.at, object.record.len);
    read.record_len = object.record.len;
    read.signature_count = object.signatures.count;
    *out_epoch = read;
    return SEIN_OK;
}
