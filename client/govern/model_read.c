#include <string.h>

#include "client/govern/fields.h"
#include "client/govern/model.h"

#define ROLE_PREFIX "role."
#define LINKS_PREFIX "links."

static void
fault_oin(const struct model_reader *reader, const struct conf_section *section,
          const char *field, const char *oin)
{
    fields_fault(reader, SEIN_EOIN, section, field, oin,
                 sein_err_text_nl(SEIN_EOIN), sein_err_text(SEIN_EOIN));
}

/* ---- governance.conf ------------------------------------------------------
 */

static void
read_governor(const struct model_reader *reader,
              const struct conf_section *section, struct model *model)
{
    static const char *const known[] = { "pk", NULL };
    struct model_governor *governor = NULL;

    fields_known(reader, section, known);
    if (*section->name == '\0') {
        fields_fault(reader, SEIN_EREQUIRED, section, "", NULL,
                     "deze beheerder heeft geen naam; noem hem, als [governor "
                     "Anna]",
                     "this governor has no name; name them, as [governor "
                     "Anna]");
        return;
    }
    model->governors = arena_more(reader->arena, model->governors,
                                  model->governor_count, sizeof *governor);
    if (model->governors == NULL) {
        model->governor_count = 0;
        return;
    }
    governor = &model->governors[model->governor_count++];
    *governor =
        (struct model_governor){ .name = section->name, .line = section->line };
    fields_hex(reader, section, "pk", governor->pk, sizeof governor->pk);
}

void
model_read_governance(const struct model_reader *reader, struct model *model)
{
    static const char *const known[] = { "threshold", NULL };
    static const char *const kinds[] = { "governor", NULL };
    const struct conf *conf = reader->conf;

    fields_sections(reader, kinds);
    fields_known(reader, &conf->sections[0], known);
    model->threshold = fields_number(reader, &conf->sections[0], "threshold",
                                     true, 1, SEIN_GOVERNORS_MAX);
    for (size_t i = 1; i < conf->count; i++) {
        if (strcmp(conf->sections[i].kind, "governor") == 0)
            read_governor(reader, &conf->sections[i], model);
    }
}

/* ---- brokers/NAME.conf ----------------------------------------------------
 */

void
model_read_broker(const struct model_reader *reader, struct model *model)
{
    static const char *const known[] = { "name",    "endpoint", "curve",
                                         "receipt", "operator", "supplier",
                                         "areas",   NULL };
    static const char *const kinds[] = { NULL };
    const struct conf_section *top = &reader->conf->sections[0];
    struct model_broker *broker = NULL;

    fields_sections(reader, kinds);
    fields_known(reader, top, known);
    model->brokers = arena_more(reader->arena, model->brokers,
                                model->broker_count, sizeof *broker);
    if (model->brokers == NULL) {
        model->broker_count = 0;
        return;
    }
    broker = &model->brokers[model->broker_count++];
    *broker = (struct model_broker){
        .name = fields_text(reader, top, "name", true, SEIN_NAME_MAX),
        .endpoint =
            fields_text(reader, top, "endpoint", true, SEIN_ENDPOINT_MAX),
        .operator_oin =
            fields_text(reader, top, "operator", true, SEIN_NAME_MAX),
        .supplier = fields_text(reader, top, "supplier", false, SEIN_NAME_MAX),
        .areas = fields_areas(reader, top, "areas"),
        .file = reader->conf->file,
    };
    fields_hex(reader, top, "curve", broker->curve, sizeof broker->curve);
    fields_hex(reader, top, "receipt", broker->receipt, sizeof broker->receipt);
    if (*broker->operator_oin != '\0' &&
        sein_oin_check(sein_slice_text(broker->operator_oin)) != SEIN_OK)
        fault_oin(reader, top, "operator", broker->operator_oin);
    if (*broker->endpoint != '\0' &&
        sein_endpoint_check(sein_slice_text(broker->endpoint)) != SEIN_OK)
        fields_fault(reader, SEIN_EFORMAT, top, "endpoint", broker->endpoint,
                     "een adres is tcp://naam:poort; verbeter het",
                     "an endpoint is tcp://host:port; correct it");
}

/* ---- members/OIN.conf -----------------------------------------------------
 */

static void
check_code(const struct model_reader *reader,
           const struct conf_section *section, const char *field,
           struct sein_slice code)
{
    if (code.len > 0 && sein_code_check(code) == SEIN_OK)
        return;
    fields_fault(reader, SEIN_ECODE, section, field,
                 arena_text(reader->arena, code),
                 "een code heeft 1 tot 32 kleine letters, cijfers, - of _; "
                 "verbeter haar",
                 "a code has 1 to 32 small letters, digits, - or _; correct "
                 "it");
}

static void
read_key_desks(const struct model_reader *reader,
               const struct conf_section *section, struct model_key *key)
{
    const char *text =
        fields_text(reader, section, "desks", false, CONF_FILE_MAX);
    const char *rest = *text == '\0' ? NULL : text;
    struct sein_slice part = { 0 };

    while (fields_split(&rest, ',', &part)) {
        check_code(reader, section, "desks", part);
        key->desks = arena_more(reader->arena, (void *)key->desks,
                                key->desk_count, sizeof *key->desks);
        if (key->desks == NULL) {
            key->desk_count = 0;
            return;
        }
        key->desks[key->desk_count++] = arena_text(reader->arena, part);
    }
}

static void
read_key(const struct model_reader *reader, const struct conf_section *section,
         struct model_member *member)
{
    static const char *const known[] = { "sign",       "curve",
                                         "desks",      "active_from",
                                         "retired_at", "revoked_at",
                                         NULL };
    struct model_key *key = NULL;
    struct sein_public_key *pk = NULL;
    struct sein_key_id named;

    fields_known(reader, section, known);
    member->keys =
        arena_more(reader->arena, member->keys, member->key_count, sizeof *key);
    if (member->keys == NULL) {
        member->key_count = 0;
        return;
    }
    key = &member->keys[member->key_count++];
    *key = (struct model_key){ .line = section->line };
    pk = &key->pk;
    fields_hex(reader, section, "sign", pk->sign, sizeof pk->sign);
    fields_hex(reader, section, "curve", pk->curve, sizeof pk->curve);
    sein_key_id_of(pk->sign, pk->curve, &pk->key_id);
    if (sein_unhex(sein_slice_text(section->name), named.bytes,
                   sizeof named.bytes) != SEIN_OK ||
        memcmp(named.bytes, pk->key_id.bytes, sizeof named.bytes) != 0)
        fields_fault(reader, SEIN_EDIRINVALID, section, "", NULL,
                     "de naam van de sectie is niet de vingerafdruk van deze "
                     "sleutels; neem de sleutel opnieuw op met admit",
                     "the section's name is not the fingerprint of these "
                     "keys; add the key anew with admit");
    read_key_desks(reader, section, key);
    key->active_from =
        fields_moment(reader, section, "active_from", true, MOMENT_BEGINS);
    key->retired_at =
        fields_moment(reader, section, "retired_at", false, MOMENT_BEGINS);
    key->revoked_at =
        fields_moment(reader, section, "revoked_at", false, MOMENT_BEGINS);
}

static uint64_t
read_role_words(const struct model_reader *reader,
                const struct conf_section *section, const char *field,
                const char *words)
{
    struct sein_slice part = { 0 };
    uint64_t roles = 0;

    while (fields_split(&words, ',', &part)) {
        uint64_t bit = model_role_bit(part);

        if (bit == 0)
            fields_fault(reader, SEIN_EROLE, section, field,
                         arena_text(reader->arena, part),
                         "een rol is signal, introduced, coordinate, watch, "
                         "feedback, aggregate, keyholder of steward; verbeter "
                         "haar",
                         "a role is signal, introduced, coordinate, watch, "
                         "feedback, aggregate, keyholder or steward; correct "
                         "it");
        roles |= bit;
    }
    return roles;
}

static void
read_roles(const struct model_reader *reader,
           const struct conf_section *section, struct model_desk *desk)
{
    for (size_t i = 0; i < section->count; i++) {
        const struct conf_entry *entry = &section->entries[i];
        struct model_role *role = NULL;

        if (strncmp(entry->name, ROLE_PREFIX, strlen(ROLE_PREFIX)) != 0 ||
            *entry->value == '\0')
            continue;
        desk->roles = arena_more(reader->arena, desk->roles, desk->role_count,
                                 sizeof *role);
        if (desk->roles == NULL) {
            desk->role_count = 0;
            return;
        }
        role = &desk->roles[desk->role_count++];
        role->circle = entry->name + strlen(ROLE_PREFIX);
        role->roles =
            read_role_words(reader, section, entry->name, entry->value);
    }
}

static uint64_t
read_link_words(const struct model_reader *reader,
                const struct conf_section *section,
                const struct conf_entry *entry)
{
    const char *rest = entry->value;
    struct sein_slice part = { 0 };
    uint64_t links = 0;

    while (fields_split(&rest, ',', &part)) {
        uint64_t link = model_link(part);

        if (link == 0)
            fields_fault(reader, SEIN_EFORMAT, section, entry->name,
                         arena_text(reader->arena, part),
                         "een verband is address, person, parent of name; "
                         "verbeter het",
                         "a link is address, person, parent or name; correct "
                         "it");
        else
            links |= SEIN_LINK_BIT(link);
    }
    return links;
}

/* After the roles, which they belong to. */
static void
read_links(const struct model_reader *reader,
           const struct conf_section *section, struct model_desk *desk)
{
    for (size_t i = 0; i < section->count; i++) {
        const struct conf_entry *entry = &section->entries[i];
        const char *circle = entry->name + strlen(LINKS_PREFIX);
        bool found = false;

        if (strncmp(entry->name, LINKS_PREFIX, strlen(LINKS_PREFIX)) != 0 ||
            *entry->value == '\0')
            continue;
        for (size_t j = 0; j < desk->role_count; j++) {
            if (strcmp(desk->roles[j].circle, circle) != 0)
                continue;
            desk->roles[j].links = read_link_words(reader, section, entry);
            found = true;
        }
        if (!found)
            fields_fault(reader, SEIN_EROLE, section, entry->name, circle,
                         "dit loket heeft geen rol in die kring; voeg "
                         "role.KRING toe of haal de regel weg",
                         "this desk has no role in that circle; add "
                         "role.CIRCLE or remove the line");
    }
}

static void
read_desk(const struct model_reader *reader, const struct conf_section *section,
          struct model_member *member)
{
    static const char *const known[] = { "title", "mandate",  "hours",
                                         "phone", "stand_in", "areas",
                                         "role.", "links.",   NULL };
    struct model_desk *desk = NULL;

    fields_known(reader, section, known);
    check_code(reader, section, "", sein_slice_text(section->name));
    member->desks = arena_more(reader->arena, member->desks, member->desk_count,
                               sizeof *desk);
    if (member->desks == NULL) {
        member->desk_count = 0;
        return;
    }
    desk = &member->desks[member->desk_count++];
    *desk = (struct model_desk){
        .name = section->name,
        .title = fields_text(reader, section, "title", true, SEIN_NAME_MAX),
        .mandate =
            fields_text(reader, section, "mandate", false, SEIN_TEXT_MAX),
        .hours = fields_text(reader, section, "hours", false, SEIN_TEXT_MAX),
        .phone = fields_text(reader, section, "phone", false, SEIN_TEXT_MAX),
        .stand_in =
            fields_text(reader, section, "stand_in", false, SEIN_DESK_MAX),
        .areas = fields_areas(reader, section, "areas"),
        .line = section->line,
    };
    read_roles(reader, section, desk);
    read_links(reader, section, desk);
}

void
model_read_member(const struct model_reader *reader, const char *stem,
                  struct model *model)
{
    static const char *const known[] = { "name", "domain", "supplier",
                                         "left_at", NULL };
    static const char *const kinds[] = { "key", "desk", NULL };
    const struct conf *conf = reader->conf;
    const struct conf_section *top = &conf->sections[0];
    struct model_member *member = NULL;

    fields_sections(reader, kinds);
    fields_known(reader, top, known);
    model->members = arena_more(reader->arena, model->members,
                                model->member_count, sizeof *member);
    if (model->members == NULL) {
        model->member_count = 0;
        return;
    }
    member = &model->members[model->member_count++];
    *member = (struct model_member){
        .oin = stem,
        .name = fields_text(reader, top, "name", true, SEIN_NAME_MAX),
        .domain = fields_text(reader, top, "domain", true, SEIN_CODE_MAX),
        .supplier = fields_text(reader, top, "supplier", false, SEIN_NAME_MAX),
        .left_at = fields_moment(reader, top, "left_at", false, MOMENT_BEGINS),
        .file = conf->file,
    };
    if (sein_oin_check(sein_slice_text(stem)) != SEIN_OK)
        fault_oin(reader, top, "", stem);
    if (*member->domain != '\0')
        check_code(reader, top, "domain", sein_slice_text(member->domain));
    for (size_t i = 1; i < conf->count; i++) {
        if (strcmp(conf->sections[i].kind, "key") == 0)
            read_key(reader, &conf->sections[i], member);
        if (strcmp(conf->sections[i].kind, "desk") == 0)
            read_desk(reader, &conf->sections[i], member);
    }
}

/* ---- circles/ID.conf ------------------------------------------------------
 */

/* "arrears | nl | en" or "nl | en". */
static void
read_code(const struct model_reader *reader, const struct conf_section *section,
          const struct conf_entry *entry, bool arrears_allowed,
          struct model_codes *codes)
{
    const char *rest = entry->value;
    struct sein_slice parts[3] = { { 0 } };
    size_t count = 0;
    struct model_code *code = NULL;
    bool arrears = false;

    while (count < 3 && fields_split(&rest, '|', &parts[count]))
        count++;
    arrears =
        count == 3 && arrears_allowed && sein_slice_is(parts[0], "arrears");
    if (rest != NULL || count < 2 || (count == 3) != arrears ||
        parts[count - 1].len == 0 || parts[count - 2].len == 0) {
        fields_fault(reader, SEIN_EFORMAT, section, entry->name, entry->value,
                     "een code staat hier niet goed; schrijf: nederlands | "
                     "engels, of voor een achterstand: arrears | nederlands | "
                     "engels",
                     "a code is not written as it should be; write: dutch | "
                     "english, or for arrears: arrears | dutch | english");
        return;
    }
    check_code(reader, section, entry->name, sein_slice_text(entry->name));
    codes->items =
        arena_more(reader->arena, codes->items, codes->count, sizeof *code);
    if (codes->items == NULL) {
        codes->count = 0;
        return;
    }
    code = &codes->items[codes->count++];
    *code = (struct model_code){
        .code = entry->name,
        .arrears = arrears,
        .nl = arena_text(reader->arena, parts[count - 2]),
        .en = arena_text(reader->arena, parts[count - 1]),
    };
}

static struct model_codes
read_codes(const struct model_reader *reader, const char *kind,
           bool arrears_allowed)
{
    const struct conf_section *section = conf_section(reader->conf, kind, "");
    struct model_codes codes = { 0 };

    for (size_t i = 0; section != NULL && i < section->count; i++)
        read_code(reader, section, &section->entries[i], arrears_allowed,
                  &codes);
    return codes;
}

static struct model_pairs
read_pairs(const struct model_reader *reader, const char *kind, size_t max)
{
    const struct conf_section *section = conf_section(reader->conf, kind, "");
    struct model_pairs pairs = { 0 };

    for (size_t i = 0; section != NULL && i < section->count; i++) {
        const struct conf_entry *entry = &section->entries[i];

        pairs.items = arena_more(reader->arena, pairs.items, pairs.count,
                                 sizeof *pairs.items);
        if (pairs.items == NULL)
            return (struct model_pairs){ 0 };
        pairs.items[pairs.count++] = (struct model_pair){
            .name = entry->name,
            .value = fields_text(reader, section, entry->name, true, max),
            .line = entry->first_line,
        };
    }
    return pairs;
}

static uint64_t
read_reveal(const struct model_reader *reader,
            const struct conf_section *section)
{
    static const char *const words[] = { "none", "direct", "mutual" };
    const char *text = fields_text(reader, section, "reveal", false, 64);

    for (uint64_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(text, words[i]) == 0)
            return i;
    }
    if (*text != '\0')
        fields_fault(reader, SEIN_EFORMAT, section, "reveal", text,
                     "dit is none, direct of mutual; kies er een",
                     "this is none, direct or mutual; choose one");
    return SEIN_REVEAL_NONE;
}

static void
check_label_oins(const struct model_reader *reader,
                 const struct model_pairs *labels)
{
    const struct conf_section *section =
        conf_section(reader->conf, "labels", "");

    for (size_t i = 0; i < labels->count; i++) {
        const char *oin = labels->items[i].name;

        if (sein_oin_check(sein_slice_text(oin)) != SEIN_OK)
            fault_oin(reader, section, oin, oin);
    }
}

void
model_read_circle(const struct model_reader *reader, const char *stem,
                  struct model *model)
{
    static const char *const known[] = { "title",
                                         "purpose",
                                         "basis",
                                         "basis_ends",
                                         "retention_days",
                                         "collect_days",
                                         "reveal",
                                         "link_pairs",
                                         "quota_per_day",
                                         "regie_order",
                                         "regie_silence_days",
                                         NULL };
    static const char *const kinds[] = { "kinds",      "outcomes", "labels",
                                         "exceptions", "quotas",   "epoch",
                                         NULL };
    const struct conf_section *top = &reader->conf->sections[0];
    struct model_circle *circle = NULL;

    fields_sections(reader, kinds);
    fields_known(reader, top, known);
    model->circles = arena_more(reader->arena, model->circles,
                                model->circle_count, sizeof *circle);
    if (model->circles == NULL) {
        model->circle_count = 0;
        return;
    }
    circle = &model->circles[model->circle_count++];
    *circle = (struct model_circle){
        .id = stem,
        .title = fields_text(reader, top, "title", true, SEIN_NAME_MAX),
        .purpose = fields_text(reader, top, "purpose", true, SEIN_TEXT_MAX),
        .basis = fields_text(reader, top, "basis", true, SEIN_TEXT_MAX),
        .basis_ends =
            fields_moment(reader, top, "basis_ends", true, MOMENT_ENDS),
        .retention_days = fields_number(reader, top, "retention_days", true, 1,
                                        SEIN_RETENTION_DAYS_MAX),
        .collect_days = fields_number(reader, top, "collect_days", false, 1,
                                      SEIN_COLLECT_DAYS_MAX),
        .reveal = read_reveal(reader, top),
        .kinds = read_codes(reader, "kinds", true),
        .outcomes = read_codes(reader, "outcomes", false),
        .labels = read_pairs(reader, "labels", SEIN_LABEL_MAX),
        .exceptions = read_pairs(reader, "exceptions", SEIN_TEXT_MAX),
        .file = reader->conf->file,
    };
    if (sein_circle_check(sein_slice_text(stem)) != SEIN_OK)
        fields_fault(reader, SEIN_ECIRCLE, top, "", stem,
                     "een kring heet met 1 tot 32 kleine letters, cijfers of "
                     "-; hernoem het bestand",
                     "a circle's name has 1 to 32 small letters, digits or "
                     "-; rename the file");
    check_label_oins(reader, &circle->labels);
    model_read_meeting(reader, &circle->meeting);
}
