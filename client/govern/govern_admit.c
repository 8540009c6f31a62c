#include <ctype.h>
#include <string.h>

#include "client/govern/fields.h"
#include "client/govern/govern_parts.h"
#include "proto/trust/line.h"

static const char member_head[] =
    "# Een deelnemer: zijn loketten en sleutels.  Sleutels gaan niet weg: zij\n"
    "# worden retired_at of revoked_at.  / A member: its desks and keys.  "
    "Keys\n"
    "# do not go away: they get retired_at or revoked_at.\n";

/* One admission on its way into the picture. */
struct admitting {
    struct govern *govern;
    const struct govern_admission *what;
    struct sein_join_request request;
    struct govern_file *file;
    const char *key_hex;
    const struct model_member *member; /* before; NULL: it is new */
};

/* ---- comparing --------------------------------------------------------------
 */

enum sein_err
govern_request_read(struct govern *govern, const char *line,
                    struct govern_request *out_request)
{
    struct sein_join_request request;
    enum sein_err err = sein_join_read(line, &request);

    if (err != SEIN_OK)
        return govern_blame_text(govern, err, "LINE", NULL);
    *out_request = (struct govern_request){
        .oin = request.oin,
        .key_id = request.key_id,
        .at_ms = request.at_ms,
        .known = model_member(&govern->model, request.oin.text) != NULL,
    };
    memcpy(out_request->name, request.name, sizeof out_request->name);
    sein_fingerprint_text(request.key_id.bytes, out_request->fingerprint);
    return SEIN_OK;
}

bool
govern_fingerprint_equal(const char *typed, const char *fingerprint)
{
    while (true) {
        while (isspace((unsigned char)*typed) || *typed == '-' || *typed == ':')
            typed++;
        while (*fingerprint == ' ')
            fingerprint++;
        if (*typed == '\0' || *fingerprint == '\0')
            return *typed == *fingerprint;
        if (tolower((unsigned char)*typed) != *fingerprint)
            return false;
        typed++;
        fingerprint++;
    }
}

/* ---- desks
 * ------------------------------------------------------------------- */

static enum sein_err
set_desk_field(struct admitting *admitting, const char *desk, const char *field,
               const char *value)
{
    return value == NULL ? SEIN_OK
                         : govern_set(admitting->govern, admitting->file,
                                      "desk", desk, field, value);
}

static enum sein_err
set_areas(struct admitting *admitting, const char *desk,
          const struct govern_desk *from)
{
    struct govern *govern = admitting->govern;
    const char *all = NULL;
    struct model_area area = { 0 };

    for (size_t i = 0; i < from->area_count; i++) {
        const char *rest = from->areas[i];
        struct sein_slice part = { 0 };

        while (fields_split(&rest, ',', &part)) {
            if (fields_area(part, &area) != SEIN_OK)
                return govern_blame(
                    govern, SEIN_ERANGE, (struct place){ .field = "--area" },
                    from->areas[i],
                    "een gebied is een viercijferige postcode of een reeks als "
                    "1500-1599; verbeter het",
                    "an area is a four-digit postcode or a range as 1500-1599; "
                    "correct it");
        }
        all = all == NULL
                  ? from->areas[i]
                  : arena_format(&govern->arena, "%s, %s", all, from->areas[i]);
    }
    return set_desk_field(admitting, desk, "areas", all);
}

/* "schulden=signal,feedback" */
static enum sein_err
set_role(struct admitting *admitting, const char *desk, const char *text)
{
    struct govern *govern = admitting->govern;
    const char *circle = NULL;
    const char *words = NULL;
    const char *rest = NULL;
    struct sein_slice part = { 0 };
    uint64_t roles = 0;
    enum sein_err err = govern_pair(govern, "--role", text, &circle, &words);

    if (err != SEIN_OK)
        return err;
    if (!govern_has_circle(govern, circle))
        return govern_blame(govern, SEIN_ECIRCLE,
                            (struct place){ .field = "--role" }, circle,
                            "er is geen kring met die naam; maak haar eerst "
                            "met sein directory circle",
                            "there is no circle of that name; make it first "
                            "with sein directory circle");
    rest = words;
    while (fields_split(&rest, ',', &part)) {
        if (model_role_bit(part) == 0)
            return govern_blame(
                govern, SEIN_EROLE, (struct place){ .field = "--role" }, text,
                "een rol is signal, introduced, coordinate, watch, feedback, "
                "aggregate, keyholder of steward; verbeter haar",
                "a role is signal, introduced, coordinate, watch, feedback, "
                "aggregate, keyholder or steward; correct it");
        roles |= model_role_bit(part);
    }
    return set_desk_field(admitting, desk,
                          arena_format(&govern->arena, "role.%s", circle),
                          model_role_text(roles, &govern->arena));
}

/* "jeugd=address,parent" */
static enum sein_err
set_links(struct admitting *admitting, const char *desk, const char *text)
{
    struct govern *govern = admitting->govern;
    const char *circle = NULL;
    const char *words = NULL;
    const char *rest = NULL;
    struct sein_slice part = { 0 };
    uint64_t links = 0;
    enum sein_err err = govern_pair(govern, "--links", text, &circle, &words);

    if (err != SEIN_OK)
        return err;
    rest = words;
    while (fields_split(&rest, ',', &part)) {
        if (model_link(part) == 0)
            return govern_blame(
                govern, SEIN_EFORMAT, (struct place){ .field = "--links" },
                text,
                "een verband is address, person, parent of name; verbeter het",
                "a link is address, person, parent or name; correct it");
        links |= SEIN_LINK_BIT(model_link(part));
    }
    return set_desk_field(admitting, desk,
                          arena_format(&govern->arena, "links.%s", circle),
                          model_links_text(links, &govern->arena));
}

static enum sein_err
set_desk(struct admitting *admitting, const char *desk,
         const struct govern_desk *from)
{
    enum sein_err err = set_desk_field(admitting, desk, "title", from->title);

    if (err == SEIN_OK)
        err = set_desk_field(admitting, desk, "mandate", from->mandate);
    if (err == SEIN_OK)
        err = set_desk_field(admitting, desk, "hours", from->hours);
    if (err == SEIN_OK)
        err = set_desk_field(admitting, desk, "phone", from->phone);
    if (err == SEIN_OK)
        err = set_desk_field(admitting, desk, "stand_in", from->stand_in);
    if (err == SEIN_OK)
        err = set_areas(admitting, desk, from);
    for (size_t i = 0; err == SEIN_OK && i < from->role_count; i++)
        err = set_role(admitting, desk, from->roles[i]);
    for (size_t i = 0; err == SEIN_OK && i < from->link_count; i++)
        err = set_links(admitting, desk, from->links[i]);
    return err;
}

/* A desk that is not there yet gets a title; then what is said of every desk,
 * then what is said of this one (may be NULL). */
static enum sein_err
put_desk(struct admitting *admitting, const char *name,
         const struct govern_desk *own)
{
    struct govern *govern = admitting->govern;
    bool fresh = conf_section(&admitting->file->conf, "desk", name) == NULL;
    enum sein_err err = sein_code_check(sein_slice_text(name));

    if (err != SEIN_OK)
        return govern_blame(govern, err, (struct place){ .field = "--desk" },
                            name,
                            "een loket heet met 1 tot 32 kleine letters, "
                            "cijfers, - of _; kies een andere naam",
                            "a desk's name has 1 to 32 small letters, digits, "
                            "- or _; choose another");
    if (fresh)
        err = set_desk_field(admitting, name, "title",
                             arena_format(&govern->arena, "%s %s",
                                          admitting->what->name != NULL
                                              ? admitting->what->name
                                              : admitting->request.name,
                                          name));
    if (err == SEIN_OK && admitting->what->every != NULL)
        err = set_desk(admitting, name, admitting->what->every);
    if (err == SEIN_OK && own != NULL)
        err = set_desk(admitting, name, own);
    return err;
}

static bool
is_named(const struct govern_admission *what, const char *desk)
{
    for (size_t i = 0; i < what->desk_count; i++) {
        if (strcmp(what->desks[i].name, desk) == 0)
            return true;
    }
    return false;
}

static enum sein_err
put_desks(struct admitting *admitting)
{
    const struct govern_admission *what = admitting->what;
    const struct sein_join_request *request = &admitting->request;
    enum sein_err err = SEIN_OK;

    if (admitting->member == NULL && what->desk_count == 0 &&
        request->desk_count == 0)
        return govern_blame(admitting->govern, SEIN_EREQUIRED,
                            (struct place){ .field = "--desk" }, NULL,
                            "een nieuwe deelnemer heeft een loket nodig, en de "
                            "aanvraag noemt er geen; geef --desk NAAM",
                            "a new member needs a desk, and the request names "
                            "none; give --desk NAME");
    for (size_t i = 0; err == SEIN_OK && i < request->desk_count; i++) {
        if (!is_named(what, request->desks[i]))
            err = put_desk(admitting, request->desks[i], NULL);
    }
    for (size_t i = 0; err == SEIN_OK && i < what->desk_count; i++)
        err = put_desk(admitting, what->desks[i].name, &what->desks[i]);
    return err;
}

/* ---- the key
 * ------------------------------------------------------------------ */

static enum sein_err
set_key_field(struct admitting *admitting, const char *field, const char *value)
{
    return govern_set(admitting->govern, admitting->file, "key",
                      admitting->key_hex, field, value);
}

static enum sein_err
set_key_moment(struct admitting *admitting, const char *key_hex,
               const char *field, int64_t at_ms)
{
    char text[MOMENT_TEXT_BYTES] = "";

    moment_format(at_ms, MOMENT_BEGINS, text);
    return govern_set(admitting->govern, admitting->file, "key", key_hex, field,
                      text);
}

static enum sein_err
put_key(struct admitting *admitting)
{
    struct govern *govern = admitting->govern;
    const struct sein_join_request *request = &admitting->request;
    const char *desks = "";
    int64_t from_ms = admitting->what->active_from_ms == 0
                          ? govern->now_ms
                          : admitting->what->active_from_ms;
    enum sein_err err = SEIN_OK;

    for (size_t i = 0; i < request->desk_count; i++)
        desks = arena_format(&govern->arena, "%s%s%s", desks,
                             i == 0 ? "" : ", ", request->desks[i]);
    err = set_key_field(admitting, "sign",
                        govern_hex(govern, request->sign, SEIN_KEY_BYTES));
    if (err == SEIN_OK)
        err = set_key_field(admitting, "curve",
                            govern_hex(govern, request->curve, SEIN_KEY_BYTES));
    if (err == SEIN_OK)
        err = set_key_field(admitting, "desks", desks);
    if (err == SEIN_OK)
        err = set_key_moment(admitting, admitting->key_hex, "active_from",
                             from_ms);
    return err;
}

static bool
same_desks(const struct model_key *key, const struct sein_join_request *request)
{
    if (key->desk_count != request->desk_count)
        return false;
    for (size_t i = 0; i < key->desk_count; i++) {
        bool found = false;

        for (size_t j = 0; j < request->desk_count; j++)
            found |= strcmp(key->desks[i], request->desks[j]) == 0;
        if (!found)
            return false;
    }
    return true;
}

static bool
is_replaced(const struct admitting *admitting, const struct model_key *key)
{
    const struct sein_key_id *old = admitting->what->old;

    if (key->retired_at != 0 || key->revoked_at != 0)
        return false;
    if (old != NULL)
        return memcmp(old->bytes, key->pk.key_id.bytes, SEIN_ID_BYTES) == 0;
    return same_desks(key, &admitting->request);
}

static enum sein_err
retire_replaced(struct admitting *admitting)
{
    struct govern *govern = admitting->govern;
    const struct model_member *member = admitting->member;
    size_t replaced = 0;
    enum sein_err err = SEIN_OK;

    if (member == NULL)
        return govern_blame_text(govern, SEIN_EMEMBER, "LINE",
                                 admitting->request.oin.text);
    for (size_t i = 0; err == SEIN_OK && i < member->key_count; i++) {
        const struct model_key *key = &member->keys[i];

        if (!is_replaced(admitting, key))
            continue;
        replaced++;
        err = set_key_moment(
            admitting, govern_hex(govern, key->pk.key_id.bytes, SEIN_ID_BYTES),
            "retired_at", admitting->what->retire_at_ms);
    }
    if (err == SEIN_OK && replaced == 0)
        return govern_blame(govern, SEIN_EKEY,
                            (struct place){ .file = admitting->file->path },
                            NULL,
                            "geen geldige sleutel van deze deelnemer heeft "
                            "dezelfde loketten; noem hem met --old SLEUTEL, of "
                            "gebruik admit",
                            "no valid key of this member has the same desks; "
                            "name it with --old KEY, or use admit");
    return err;
}

/* ---- all of it
 * ------------------------------------------------------------------ */

static enum sein_err
check_key_new(struct admitting *admitting)
{
    struct govern *govern = admitting->govern;
    const struct model *model = &govern->model;

    for (size_t i = 0; i < model->member_count; i++) {
        const struct model_member *member = &model->members[i];

        for (size_t j = 0; j < member->key_count; j++) {
            const struct model_key *key = &member->keys[j];
            bool same = memcmp(key->pk.sign, admitting->request.sign,
                               SEIN_KEY_BYTES) == 0 ||
                        memcmp(key->pk.curve, admitting->request.curve,
                               SEIN_KEY_BYTES) == 0;

            if (same && key->revoked_at != 0)
                return govern_blame_text(govern, SEIN_EREVOKED, "LINE",
                                         member->oin);
            if (same)
                return govern_blame(
                    govern, SEIN_EEXIST, (struct place){ .file = member->file },
                    NULL,
                    "deze sleutel staat er al; verander loketten en rollen in "
                    "het bestand zelf",
                    "this key is there already; change desks and roles in the "
                    "file itself");
        }
    }
    return SEIN_OK;
}

static enum sein_err
set_top(struct admitting *admitting, const char *field, const char *value)
{
    return value == NULL ? SEIN_OK
                         : govern_set(admitting->govern, admitting->file, "",
                                      "", field, value);
}

static enum sein_err
put_member(struct admitting *admitting)
{
    const struct govern_admission *what = admitting->what;
    struct govern *govern = admitting->govern;
    bool fresh = admitting->member == NULL;
    enum sein_err err = SEIN_OK;

    if (fresh && what->domain == NULL)
        return govern_blame(
            govern, SEIN_EREQUIRED, (struct place){ .field = "--domain" }, NULL,
            "een nieuwe deelnemer heeft een leefgebied nodig; geef "
            "het, als --domain wonen",
            "a new member needs a domain; give it, as --domain "
            "wonen");
    if (what->domain != NULL &&
        sein_code_check(sein_slice_text(what->domain)) != SEIN_OK)
        return govern_blame(govern, SEIN_ECODE,
                            (struct place){ .field = "--domain" }, what->domain,
                            "een leefgebied heeft 1 tot 32 kleine letters, "
                            "cijfers, - of _; verbeter het",
                            "a domain has 1 to 32 small letters, digits, - or "
                            "_; correct it");
    err = set_top(admitting, "name",
                  what->name == NULL && fresh ? admitting->request.name
                                              : what->name);
    if (err == SEIN_OK)
        err = set_top(admitting, "domain", what->domain);
    if (err == SEIN_OK)
        err = set_top(admitting, "supplier", what->supplier);
    return err;
}

/* "jeugd=zorg": the label of this member in that circle. */
static enum sein_err
put_label(struct admitting *admitting, const char *text)
{
    struct govern *govern = admitting->govern;
    const char *circle = NULL;
    const char *label = NULL;
    struct govern_file *file = NULL;
    enum sein_err err = govern_pair(govern, "--label", text, &circle, &label);

    if (err != SEIN_OK)
        return err;
    file = govern_file(
        govern,
        arena_format(&govern->arena, GOVERN_CIRCLES "/%s" GOVERN_CONF, circle));
    if (file == NULL)
        return govern_blame_text(govern, SEIN_ECIRCLE, "--label", circle);
    err = govern_editable(govern, file);
    if (err == SEIN_OK)
        err = govern_set(govern, file, "labels", "",
                         admitting->request.oin.text, label);
    return err;
}

static enum sein_err
open_member_file(struct admitting *admitting)
{
    struct govern *govern = admitting->govern;
    const char *oin = admitting->request.oin.text;

    admitting->member = model_member(&govern->model, oin);
    admitting->file = govern_file(
        govern,
        arena_format(&govern->arena, GOVERN_MEMBERS "/%s" GOVERN_CONF, oin));
    if (admitting->file == NULL)
        admitting->file =
            govern_new_file(govern, GOVERN_MEMBERS, oin, member_head);
    return admitting->file == NULL ? SEIN_ENOMEM
                                   : govern_editable(govern, admitting->file);
}

enum sein_err
govern_admit(struct govern *govern, const struct govern_admission *admission)
{
    struct admitting admitting = { .govern = govern, .what = admission };
    enum sein_err err = sein_join_read(admission->line, &admitting.request);

    if (err != SEIN_OK)
        return govern_blame_text(govern, err, "LINE", NULL);
    admitting.key_hex =
        govern_hex(govern, admitting.request.key_id.bytes, SEIN_ID_BYTES);
    err = check_key_new(&admitting);
    if (err == SEIN_OK)
        err = open_member_file(&admitting);
    if (err == SEIN_OK)
        err = put_member(&admitting);
    if (err == SEIN_OK && admission->rotate)
        err = retire_replaced(&admitting);
    if (err == SEIN_OK)
        err = put_desks(&admitting);
    if (err == SEIN_OK)
        err = put_key(&admitting);
    for (size_t i = 0; err == SEIN_OK && i < admission->label_count; i++)
        err = put_label(&admitting, admission->labels[i]);
    return err == SEIN_OK ? govern_rebuild(govern) : err;
}
