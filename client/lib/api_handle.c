/* sein.h: the canonical form of what is typed. */
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "client/include/sein.h"
#include "client/lib/api.h"
#include "client/lib/docs.h"
#include "proto/blind/handle.h"

/* What was typed, by column. */
struct typed {
    struct sein_address address;
    struct sein_slice bsn;
    struct sein_slice name;
    struct sein_slice birth_date;
};

static struct sein_slice *
column_of(struct typed *typed, const char *name)
{
    const struct {
        const char *name;
        struct sein_slice *at;
    } rows[] = {
        { "postcode", &typed->address.postcode },
        { "huisnummer", &typed->address.huisnummer },
        { "huisletter", &typed->address.huisletter },
        { "huisnummertoevoeging", &typed->address.huisnummertoevoeging },
        { "aanduiding", &typed->address.aanduiding },
        { "bsn", &typed->bsn },
        { "name", &typed->name },
        { "birth_date", &typed->birth_date },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(name, rows[i].name) == 0)
            return rows[i].at;
    }
    return NULL;
}

static bool
has_address(const struct typed *typed)
{
    return typed->address.postcode.len > 0 ||
           typed->address.huisnummer.len > 0 ||
           typed->address.huisletter.len > 0 ||
           typed->address.huisnummertoevoeging.len > 0 ||
           typed->address.aanduiding.len > 0;
}

/* Which column an error of an address is about. */
static const char *
address_field(enum sein_err err)
{
    if (err == SEIN_EPOSTCODE)
        return "postcode";
    if (err == SEIN_EHUISNUMMER)
        return "huisnummer";
    return err == SEIN_EAANDUIDING ? "aanduiding" : "huisnummertoevoeging";
}

static enum sein_err
make_handle(const struct typed *typed, struct sein_handle *out_handle,
            unsigned *out_warnings, const char **out_field)
{
    bool named = typed->name.len > 0 || typed->birth_date.len > 0;
    unsigned kinds =
        (unsigned)has_address(typed) + (typed->bsn.len > 0) + named;
    enum sein_err err = SEIN_OK;

    if (kinds != 1) {
        *out_field = kinds == 0 ? "postcode" : "bsn";
        return kinds == 0 ? SEIN_EMIXEDADDRESS : SEIN_EUSAGE;
    }
    if (typed->bsn.len > 0) {
        *out_field = "bsn";
        return sein_handle_from_bsn(typed->bsn, out_handle);
    }
    if (named) {
        err = sein_handle_from_name(typed->name, typed->birth_date, out_handle);
        *out_field = err == SEIN_EDATE ? "birth_date" : "name";
        return err;
    }
    err = sein_handle_from_address(&typed->address, out_handle, out_warnings);
    *out_field = address_field(err);
    return err;
}

static json_t *
handle_doc(const struct sein_handle *handle, unsigned warnings)
{
    static const char *const kinds[] = { [SEIN_HANDLE_ADDRESS] = "address",
                                         [SEIN_HANDLE_BSN] = "bsn",
                                         [SEIN_HANDLE_NAME] = "name" };
    json_t *doc = json_object();
    json_t *list = json_array();

    docs_set(doc, "kind", json_string(kinds[handle->kind]));
    docs_set(doc, "canonical", docs_text(sein_handle_text(handle)));
    docs_set(doc, "version", json_integer(SEIN_HANDLE_VERSION));
    if ((warnings & SEIN_HANDLE_WARN_POSTCODE) != 0)
        (void)json_array_append_new(list, json_string("postcode_letters"));
    docs_set(doc, "warnings", list);
    return doc;
}

int
sein_handle(const struct sein_pair *pairs, size_t count, sein_visit *visit,
            void *context, char *out_field, size_t field_max)
{
    struct typed typed = { 0 };
    struct sein_handle handle = { 0 };
    const char *field = "";
    unsigned warnings = 0;
    enum sein_err err = SEIN_OK;

    for (size_t i = 0; i < count && err == SEIN_OK; i++) {
        struct sein_slice *column = column_of(&typed, pairs[i].name);

        if (column == NULL) {
            field = pairs[i].name;
            err = SEIN_ECOLUMN;
        } else {
            *column = sein_slice_text(pairs[i].value);
        }
    }
    if (err == SEIN_OK)
        err = make_handle(&typed, &handle, &warnings, &field);
    if (err == SEIN_OK)
        err = api_give(handle_doc(&handle, warnings), visit, context);
    else if (field_max > 0)
        (void)snprintf(out_field, field_max, "%s", field);
    sodium_memzero(&handle, sizeof handle);
    return (int)err;
}
