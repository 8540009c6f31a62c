#include <ctype.h>
#include <string.h>

#include "client/govern/govern_parts.h"

/* Fewer digits are too easily another key's. */
#define KEY_DIGITS_MIN 8U

static enum sein_err
member_file(struct govern *govern, const char *oin,
            struct govern_file **out_file)
{
    struct govern_file *file = govern_file(
        govern,
        arena_format(&govern->arena, GOVERN_MEMBERS "/%s" GOVERN_CONF, oin));
    enum sein_err err = SEIN_OK;

    if (file == NULL)
        return govern_blame_text(govern, SEIN_EMEMBER, "OIN", oin);
    err = govern_editable(govern, file);
    if (err == SEIN_OK)
        *out_file = file;
    return err;
}

enum sein_err
govern_leave(struct govern *govern, const char *oin, int64_t at_ms)
{
    const struct model_member *member = model_member(&govern->model, oin);
    struct govern_file *file = NULL;
    char text[MOMENT_TEXT_BYTES] = "";
    enum sein_err err = member_file(govern, oin, &file);

    if (err != SEIN_OK)
        return err;
    if (member != NULL && member->left_at != 0)
        return govern_blame_text(govern, SEIN_ELEFT, "OIN", oin);
    moment_format(at_ms, MOMENT_BEGINS, text);
    err = govern_set(govern, file, "", "", "left_at", text);
    return err == SEIN_OK ? govern_rebuild(govern) : err;
}

/* Whether the typed digits are the first of this key's id. */
static bool
key_fits(const char *typed, const char *hex, size_t *out_digits)
{
    *out_digits = 0;
    for (; *typed != '\0'; typed++) {
        if (isspace((unsigned char)*typed))
            continue;
        if (tolower((unsigned char)*typed) != hex[*out_digits])
            return false;
        (*out_digits)++;
    }
    return *out_digits >= KEY_DIGITS_MIN;
}

static enum sein_err
find_key(struct govern *govern, const char *typed,
         const struct model_member **out_member,
         const struct model_key **out_key)
{
    const struct model *model = &govern->model;
    size_t found = 0;

    for (size_t i = 0; i < model->member_count; i++) {
        const struct model_member *member = &model->members[i];

        for (size_t j = 0; j < member->key_count; j++) {
            char hex[2 * SEIN_ID_BYTES + 1];
            size_t digits = 0;

            sein_hex(
                sein_slice_of(member->keys[j].pk.key_id.bytes, SEIN_ID_BYTES),
                hex, sizeof hex);
            if (!key_fits(typed, hex, &digits))
                continue;
            found++;
            *out_member = member;
            *out_key = &member->keys[j];
        }
    }
    if (found == 1)
        return SEIN_OK;
    return govern_blame(govern, SEIN_EKEY, (struct place){ .field = "KEY" },
                        typed,
                        "geef ten minste 8 cijfers van de vingerafdruk van een "
                        "sleutel in deze map, en zo veel dat er een past; zie "
                        "sein directory show",
                        "give at least 8 digits of the fingerprint of a key in "
                        "this folder, and enough that one fits; see sein "
                        "directory show");
}

enum sein_err
govern_end_key(struct govern *govern, const char *key, enum govern_end end,
               int64_t at_ms, struct sein_key_id *out_id)
{
    const struct model_member *member = NULL;
    const struct model_key *found = NULL;
    struct govern_file *file = NULL;
    struct sein_key_id id;
    char text[MOMENT_TEXT_BYTES] = "";
    enum sein_err err = find_key(govern, key, &member, &found);

    if (err != SEIN_OK || found == NULL)
        return err;
    if (found->revoked_at != 0)
        return govern_blame_text(govern, SEIN_EREVOKED, "KEY", member->oin);
    if (end == GOVERN_RETIRE && found->retired_at != 0)
        return govern_blame_text(govern, SEIN_ERETIRED, "KEY", member->oin);
    id = found->pk.key_id;
    err = member_file(govern, member->oin, &file);
    if (err != SEIN_OK)
        return err;
    moment_format(at_ms, MOMENT_BEGINS, text);
    err = govern_set(govern, file, "key",
                     govern_hex(govern, id.bytes, sizeof id.bytes),
                     end == GOVERN_REVOKE ? "revoked_at" : "retired_at", text);
    if (err == SEIN_OK)
        err = govern_rebuild(govern);
    if (err == SEIN_OK)
        *out_id = id;
    return err;
}
