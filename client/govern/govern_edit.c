#include <ctype.h>
#include <string.h>

#include "client/govern/govern_parts.h"
#include "proto/trust/line.h"

static const char governance_head[] =
    "# Wie dit register tekenen, en hoeveel van hen een versie nodig heeft.\n"
    "# Who sign this directory, and how many of them a version needs.\n";

/* ---- governance ------------------------------------------------------------
 */

enum sein_err
govern_create(const char *path, const struct govern_key *governor,
              uint64_t threshold)
{
    struct arena arena = { 0 };
    struct conf conf = { 0 };
    struct problems problems = { .arena = &arena };
    char hex[2 * SEIN_KEY_BYTES + 1];
    const char *full = arena_format(&arena, "%s/" GOVERN_GOVERNANCE, path);
    enum sein_err err = SEIN_OK;

    if (threshold < 1 || threshold > SEIN_GOVERNORS_MAX) {
        err = SEIN_ERANGE;
        goto done;
    }
    sein_hex(sein_slice_of(governor->pk, sizeof governor->pk), hex, sizeof hex);
    err = conf_read(GOVERN_GOVERNANCE, governance_head, &problems, &conf);
    if (err == SEIN_OK)
        err = conf_set(&conf, &arena, "", "", "threshold",
                       arena_format(&arena, "%u", (unsigned)threshold));
    if (err == SEIN_OK)
        err = conf_set(&conf, &arena, "governor", governor->name, "pk", hex);
    if (err == SEIN_OK)
        err = folder_write_new(full, sein_slice_text(conf.text), FOLDER_SHARED);

done:
    arena_free(&arena);
    return err;
}

/* The governance's file, when it can be changed. */
static enum sein_err
governance_file(struct govern *govern, struct govern_file **out_file)
{
    struct govern_file *file = govern_file(govern, GOVERN_GOVERNANCE);
    enum sein_err err = govern_editable(govern, file);

    if (err == SEIN_OK)
        *out_file = file;
    return err;
}

enum sein_err
govern_set_governor(struct govern *govern, const char *name,
                    const uint8_t pk[static SEIN_KEY_BYTES], bool replace)
{
    struct govern_file *file = NULL;
    enum sein_err err = governance_file(govern, &file);

    if (err != SEIN_OK)
        return err;
    if (!replace && conf_section(&file->conf, "governor", name) != NULL)
        return govern_blame(govern, SEIN_EEXIST,
                            (struct place){ .file = file->path }, name,
                            "die beheerder is er al; geef hem een andere "
                            "sleutel met --replace",
                            "that governor is there already; give them another "
                            "key with --replace");
    err = govern_set(govern, file, "governor", name, "pk",
                     govern_hex(govern, pk, SEIN_KEY_BYTES));
    return err == SEIN_OK ? govern_rebuild(govern) : err;
}

enum sein_err
govern_drop_governor(struct govern *govern, const char *name)
{
    struct govern_file *file = NULL;
    enum sein_err err = governance_file(govern, &file);

    if (err != SEIN_OK)
        return err;
    err = conf_drop(&file->conf, &govern->arena, "governor", name);
    if (err == SEIN_ENOENT)
        return govern_blame_text(govern, err, "governor", name);
    return err == SEIN_OK ? govern_rebuild(govern) : err;
}

enum sein_err
govern_set_threshold(struct govern *govern, uint64_t threshold)
{
    struct govern_file *file = NULL;
    const char *text =
        arena_format(&govern->arena, "%llu", (unsigned long long)threshold);
    enum sein_err err = governance_file(govern, &file);

    if (err != SEIN_OK)
        return err;
    if (threshold < 1 || threshold > govern->model.governor_count)
        return govern_blame_text(govern, SEIN_ERANGE, "threshold", text);
    err = govern_set(govern, file, "", "", "threshold", text);
    return err == SEIN_OK ? govern_rebuild(govern) : err;
}

/* ---- brokers ----------------------------------------------------------------
 */

/* A name as a file's name: small letters, digits and hyphens. */
static const char *
slug(struct govern *govern, const char *name)
{
    char *out = arena_new(&govern->arena, strlen(name) + 2, 1);
    size_t len = 0;

    if (out == NULL)
        return "";
    for (; *name != '\0'; name++) {
        unsigned char sign = (unsigned char)*name;

        if (sign < 0x80 && isalnum(sign))
            out[len++] = (char)tolower(sign);
        else if (len > 0 && out[len - 1] != '-')
            out[len++] = '-';
    }
    while (len > 0 && out[len - 1] == '-')
        out[--len] = '\0';
    if (len == 0)
        out[0] = 'x';
    return out;
}

static enum sein_err
write_broker(struct govern *govern, struct govern_file *file,
             const struct sein_broker_line *broker)
{
    struct {
        const char *field;
        const char *value;
    } rows[] = {
        { "name", broker->name },
        { "endpoint", broker->endpoint },
        { "operator", broker->operator_oin.text },
        { "supplier", broker->supplier },
        { "curve", govern_hex(govern, broker->curve, SEIN_KEY_BYTES) },
        { "receipt", govern_hex(govern, broker->receipt, SEIN_KEY_BYTES) },
    };
    enum sein_err err = SEIN_OK;

    for (size_t i = 0; err == SEIN_OK && i < sizeof rows / sizeof rows[0]; i++)
        err = govern_set(govern, file, "", "", rows[i].field, rows[i].value);
    return err;
}

enum sein_err
govern_add_broker(struct govern *govern, const char *line, bool replace)
{
    struct sein_broker_line broker;
    struct govern_file *file = NULL;
    const char *stem = NULL;
    enum sein_err err = sein_broker_line_read(line, &broker);

    if (err != SEIN_OK)
        return govern_blame_text(govern, err, "LINE", NULL);
    stem = slug(govern, broker.name);
    file = govern_file(
        govern,
        arena_format(&govern->arena, GOVERN_BROKERS "/%s" GOVERN_CONF, stem));
    if (file != NULL && !replace)
        return govern_blame(govern, SEIN_EEXIST,
                            (struct place){ .file = file->path }, broker.name,
                            "dit seinhuis is er al; vervang zijn sleutels met "
                            "--replace",
                            "this broker is there already; replace its keys "
                            "with --replace");
    if (file == NULL)
        file = govern_new_file(govern, GOVERN_BROKERS, stem,
                               "# Een seinhuis, naar zijn eigen regel. / A "
                               "broker, from its own line.\n");
    if (file == NULL)
        return SEIN_ENOMEM;
    err = govern_editable(govern, file);
    if (err == SEIN_OK)
        err = write_broker(govern, file, &broker);
    return err == SEIN_OK ? govern_rebuild(govern) : err;
}

static enum sein_err
find_broker(struct govern *govern, const char *name,
            const struct model_broker **out_broker)
{
    const struct model *model = &govern->model;

    if (name == NULL && model->broker_count > 1)
        return govern_blame(govern, SEIN_EAMBIGUOUS,
                            (struct place){ .field = "--broker" }, NULL,
                            "er zijn meer seinhuizen; noem er een",
                            "there are several brokers; name one");
    for (size_t i = 0; i < model->broker_count; i++) {
        if (name == NULL || strcmp(model->brokers[i].name, name) == 0) {
            *out_broker = &model->brokers[i];
            return SEIN_OK;
        }
    }
    return govern_blame(govern, SEIN_ENOENT,
                        (struct place){ .field = "--broker" }, name,
                        "er is geen seinhuis met die naam; voeg het toe met "
                        "sein directory broker REGEL",
                        "there is no broker of that name; add it with sein "
                        "directory broker LINE");
}

/* A joiner sees signed versions only, so what is signed is pinned. */
static enum sein_err
trust_root(struct govern *govern, struct sein_hash *out_fingerprint)
{
    enum sein_err err = chain_newest(govern);

    if (err != SEIN_OK)
        return err;
    if (govern->newest != NULL)
        sein_directory_fingerprint(govern->newest, out_fingerprint);
    else
        model_fingerprint(&govern->model, out_fingerprint);
    return SEIN_OK;
}

enum sein_err
govern_fingerprint(struct govern *govern, char out_hex[static GOVERN_HEX_BYTES],
                   char out_groups[static GOVERN_FINGERPRINT_BYTES])
{
    struct sein_hash hash = { { 0 } };
    enum sein_err err = trust_root(govern, &hash);

    if (err != SEIN_OK)
        return err;
    sein_hex(sein_slice_of(hash.bytes, sizeof hash.bytes), out_hex,
             GOVERN_HEX_BYTES);
    sein_fingerprint_text(hash.bytes, out_groups);
    return SEIN_OK;
}

enum sein_err
govern_invite(struct govern *govern, const char *broker,
              char out_line[static GOVERN_LINE_BYTES],
              char out_fingerprint[static GOVERN_FINGERPRINT_BYTES])
{
    const struct model_broker *chosen = NULL;
    struct sein_invitation invitation = { .endpoint = "" };
    enum sein_err err = SEIN_OK;

    err = find_broker(govern, broker, &chosen);
    if (err == SEIN_OK && chosen != NULL)
        err = govern_sound(govern, chosen->file);
    if (err == SEIN_OK)
        err = trust_root(govern, &invitation.fingerprint);
    if (err != SEIN_OK || chosen == NULL)
        return err;
    if (strlen(chosen->endpoint) >= sizeof invitation.endpoint)
        return SEIN_ETOOLONG;
    memcpy(invitation.endpoint, chosen->endpoint, strlen(chosen->endpoint) + 1);
    memcpy(invitation.curve, chosen->curve, sizeof invitation.curve);
    err = sein_invitation_write(&invitation, out_line);
    if (err == SEIN_OK)
        sein_fingerprint_text(invitation.fingerprint.bytes, out_fingerprint);
    return err;
}

/* ---- circles ----------------------------------------------------------------
 */

bool
govern_has_circle(const struct govern *govern, const char *id)
{
    return model_circle(&govern->model, id) != NULL;
}

static enum sein_err
set_pairs(struct govern *govern, struct govern_file *file, const char *section,
          const char *option, const char *const *pairs, size_t count)
{
    enum sein_err err = SEIN_OK;

    for (size_t i = 0; err == SEIN_OK && i < count; i++) {
        const char *name = NULL;
        const char *value = NULL;

        err = govern_pair(govern, option, pairs[i], &name, &value);
        if (err == SEIN_OK)
            err = govern_set(govern, file, section, "", name, value);
    }
    return err;
}

static enum sein_err
set_rules(struct govern *govern, struct govern_file *file,
          const struct govern_circle *rules)
{
    struct {
        const char *field;
        const char *value;
    } rows[] = {
        { "title", rules->title },
        { "purpose", rules->purpose },
        { "basis", rules->basis },
        { "basis_ends", rules->basis_ends },
        { "retention_days", rules->retention_days },
        { "collect_days", rules->collect_days },
        { "reveal", rules->reveal },
        { "link_pairs", rules->link_pairs },
        { "quota_per_day", rules->quota_per_day },
        { "regie_order", rules->regie_order },
        { "regie_silence_days", rules->regie_silence_days },
    };
    enum sein_err err = SEIN_OK;

    for (size_t i = 0; err == SEIN_OK && i < sizeof rows / sizeof rows[0];
         i++) {
        if (rows[i].value != NULL)
            err =
                govern_set(govern, file, "", "", rows[i].field, rows[i].value);
    }
    if (err == SEIN_OK)
        err = set_pairs(govern, file, "kinds", "--kind", rules->kinds,
                        rules->kind_count);
    if (err == SEIN_OK)
        err = set_pairs(govern, file, "outcomes", "--outcome", rules->outcomes,
                        rules->outcome_count);
    if (err == SEIN_OK)
        err = set_pairs(govern, file, "labels", "--label", rules->labels,
                        rules->label_count);
    if (err == SEIN_OK)
        err = set_pairs(govern, file, "exceptions", "--exception",
                        rules->exceptions, rules->exception_count);
    if (err == SEIN_OK)
        err = set_pairs(govern, file, "quotas", "--quota", rules->quotas,
                        rules->quota_count);
    return err;
}

/* The circle's file, made when absent. */
static enum sein_err
circle_file(struct govern *govern, const struct govern_circle *rules,
            struct govern_file **out_file)
{
    const char *path = arena_format(
        &govern->arena, GOVERN_CIRCLES "/%s" GOVERN_CONF, rules->id);
    struct govern_file *file = govern_file(govern, path);
    struct sein_slice text =
        sein_slice_text("# De regels van een kring: gegevens, geen programma.\n"
                        "# The rules of a circle: data, not code.\n");
    enum sein_err err = SEIN_OK;

    if (file != NULL && rules->from != NULL)
        return govern_blame_text(govern, SEIN_EEXIST, "--from", path);
    if (rules->from != NULL)
        err = folder_read(&govern->arena, rules->from, CONF_FILE_MAX, &text);
    if (err != SEIN_OK)
        return govern_blame_text(govern, err, "--from", rules->from);
    if (file == NULL)
        file = govern_new_file(govern, GOVERN_CIRCLES, rules->id,
                               (const char *)text.at);
    if (file == NULL)
        return SEIN_ENOMEM;
    if (file->bad) {
        err = govern_rebuild(govern); /* which tells why */
        if (err != SEIN_OK)
            return err;
    }
    err = govern_editable(govern, file);
    if (err == SEIN_OK)
        *out_file = file;
    return err;
}

enum sein_err
govern_set_circle(struct govern *govern, const struct govern_circle *rules)
{
    struct govern_file *file = NULL;
    enum sein_err err = sein_circle_check(sein_slice_text(rules->id));

    if (err != SEIN_OK)
        return govern_blame(govern, err, (struct place){ .field = "CIRCLE" },
                            rules->id,
                            "een kring heet met 1 tot 32 kleine letters, "
                            "cijfers of -; kies een andere naam",
                            "a circle's name has 1 to 32 small letters, digits "
                            "or -; choose another");
    err = circle_file(govern, rules, &file);
    if (err == SEIN_OK)
        err = set_rules(govern, file, rules);
    return err == SEIN_OK ? govern_rebuild(govern) : err;
}
