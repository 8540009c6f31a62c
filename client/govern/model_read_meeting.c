#include <string.h>

#include "client/govern/fields.h"
#include "client/govern/model.h"
#include "proto/trust/directory.h"

/* A word of hexadecimal digits that fits a line of a readable file. */
#define WORD_BYTES_MAX SEIN_UNHEX_MAX

static struct model_desks
read_desks(const struct model_reader *reader,
           const struct conf_section *section, const char *name, bool required)
{
    const char *text =
        fields_text(reader, section, name, required, CONF_FILE_MAX);
    const char *rest = *text == '\0' ? NULL : text;
    struct model_desks desks = { 0 };
    struct sein_slice part = { 0 };

    while (fields_split(&rest, ',', &part)) {
        const char *desk = arena_text(reader->arena, part);

        if (sein_desk_check(part) != SEIN_OK) {
            fields_fault(reader, SEIN_EDESK, section, name, desk,
                         "een loket staat hier als OIN/naam; verbeter het",
                         "a desk stands here as OIN/name; correct it");
            continue;
        }
        desks.items = arena_more(reader->arena, desks.items, desks.count,
                                 sizeof *desks.items);
        if (desks.items == NULL)
            return (struct model_desks){ 0 };
        desks.items[desks.count++] = desk;
    }
    return desks;
}

/* ---- what matches ----------------------------------------------------------
 */

static bool
read_link_pair(struct sein_slice text, struct sein_dir_link_pair *out)
{
    size_t at = 0;
    uint64_t a = 0;
    uint64_t b = 0;

    while (at < text.len && text.at[at] != '-')
        at++;
    if (at == text.len)
        return false;
    a = model_link(sein_slice_of(text.at, at));
    b = model_link(sein_slice_of(text.at + at + 1, text.len - at - 1));
    if (a == 0 || b == 0 || !sein_link_pair_can_meet(a, b))
        return false;
    out->a = a < b ? a : b;
    out->b = a < b ? b : a;
    return true;
}

static void
read_link_pairs(const struct model_reader *reader,
                const struct conf_section *section,
                struct model_link_pairs *out)
{
    const char *text =
        fields_text(reader, section, "link_pairs", false, SEIN_TEXT_MAX);
    const char *rest = *text == '\0' ? NULL : text;
    struct sein_slice part = { 0 };

    while (fields_split(&rest, ',', &part)) {
        struct sein_dir_link_pair pair = { 0 };
        bool twice = false;

        if (!read_link_pair(part, &pair)) {
            fields_fault(reader, SEIN_EFORMAT, section, "link_pairs",
                         arena_text(reader->arena, part),
                         "deze verbanden kunnen elkaar niet treffen; kies uit "
                         "address-address, person-person, person-parent, "
                         "parent-parent, name-name",
                         "these links cannot meet; choose of "
                         "address-address, person-person, person-parent, "
                         "parent-parent, name-name");
            continue;
        }
        for (size_t i = 0; i < out->count; i++)
            twice |= out->items[i].a == pair.a && out->items[i].b == pair.b;
        if (!twice)
            out->items[out->count++] = pair;
    }
}

/* ---- quotas ----------------------------------------------------------------
 */

static bool
read_quota_parts(struct sein_slice parts[static 3], struct model_quota *quota)
{
    int64_t from = 0;
    int64_t until = 0;
    uint64_t number = 0;

    if (parts[0].len == 0 || parts[0].len > 7)
        return false;
    for (size_t i = 0; i < parts[0].len; i++) {
        if (parts[0].at[i] < '0' || parts[0].at[i] > '9')
            return false;
        number = number * 10 + (uint64_t)(parts[0].at[i] - '0');
    }
    if (number == 0 || number > SEIN_QUOTA_MAX ||
        moment_parse(parts[1], MOMENT_BEGINS, &from) != SEIN_OK ||
        moment_parse(parts[2], MOMENT_ENDS, &until) != SEIN_OK || from <= 0 ||
        from >= until)
        return false;
    quota->per_day = number;
    quota->from = (uint64_t)from;
    quota->until = (uint64_t)until;
    return true;
}

/* "900 | 2027-03-01 | 2027-03-31" */
static void
read_quota(const struct model_reader *reader,
           const struct conf_section *section, const struct conf_entry *entry,
           struct model_meeting *out)
{
    struct model_quota quota = { .oin = entry->name,
                                 .line = entry->first_line };
    const char *rest = entry->value;
    struct sein_slice parts[3] = { { 0 } };
    size_t count = 0;

    while (count < 3 && fields_split(&rest, '|', &parts[count]))
        count++;
    if (rest != NULL || count != 3 || !read_quota_parts(parts, &quota)) {
        fields_fault(reader, SEIN_EFORMAT, section, entry->name, entry->value,
                     "een uitzondering staat hier niet goed; schrijf: aantal "
                     "per dag | eerste dag | laatste dag",
                     "an exception is not written as it should be; write: "
                     "number a day | first day | last day");
        return;
    }
    if (sein_oin_check(sein_slice_text(quota.oin)) != SEIN_OK)
        fields_fault(reader, SEIN_EOIN, section, entry->name, quota.oin,
                     sein_err_text_nl(SEIN_EOIN), sein_err_text(SEIN_EOIN));
    out->quotas = arena_more(reader->arena, out->quotas, out->quota_count,
                             sizeof *out->quotas);
    if (out->quotas == NULL) {
        out->quota_count = 0;
        return;
    }
    out->quotas[out->quota_count++] = quota;
}

/* ---- epochs ----------------------------------------------------------------
 */

/* Bytes as words of hexadecimal digits, absent when the field is. */
static struct sein_slice
read_words(const struct model_reader *reader,
           const struct conf_section *section, const char *name, size_t max)
{
    const char *text = fields_text(reader, section, name, false, CONF_FILE_MAX);
    size_t room = strlen(text) / 2;
    uint8_t *bytes = arena_new(reader->arena, room + 1, 1);
    const char *rest = *text == '\0' ? NULL : text;
    struct sein_slice word = { 0 };
    size_t len = 0;
    bool good = bytes != NULL;

    while (good && fields_split(&rest, ' ', &word)) {
        good = word.len / 2 <= WORD_BYTES_MAX &&
               sein_unhex(word, bytes + len, word.len / 2) == SEIN_OK;
        if (good)
            len += word.len / 2;
    }
    if (good && len <= max)
        return len > 0 ? sein_slice_of(bytes, len) : (struct sein_slice){ 0 };
    fields_fault(reader, SEIN_EFORMAT, section, name, NULL,
                 "hier horen hexadecimale cijfers; neem ze over met sein "
                 "directory epoch-record of sein directory pepper",
                 "hexadecimal digits belong here; take them over with sein "
                 "directory epoch-record or sein directory pepper");
    return (struct sein_slice){ 0 };
}

static uint64_t
read_epoch_number(const struct model_reader *reader,
                  const struct conf_section *section)
{
    uint64_t number = 0;
    const char *at = section->name;

    for (; *at >= '0' && *at <= '9' && number <= UINT32_MAX; at++)
        number = number * 10 + (uint64_t)(*at - '0');
    if (*at == '\0' && number > 0 && number <= UINT32_MAX &&
        section->name[0] != '0')
        return number;
    fields_fault(reader, SEIN_ERANGE, section, "", section->name,
                 "een tijdvak heeft een nummer vanaf 1; schrijf het als [epoch "
                 "1]",
                 "an epoch has a number from 1 on; write it as [epoch 1]");
    return 0;
}

static struct model_epoch
epoch_fields(const struct model_reader *reader,
             const struct conf_section *section)
{
    struct model_epoch epoch = {
        .number = read_epoch_number(reader, section),
        .threshold = fields_number(reader, section, "threshold", true,
                                   SEIN_HOLDERS_MIN, SEIN_HOLDERS_MAX),
        .handle_version = fields_number(reader, section, "handle_version", true,
                                        1, 999999999),
        .not_before =
            fields_moment(reader, section, "not_before", true, MOMENT_BEGINS),
        .match_until =
            fields_moment(reader, section, "match_until", true, MOMENT_ENDS),
        .holders = read_desks(reader, section, "holders", true),
        .pepper_check =
            read_words(reader, section, "pepper_check", SEIN_ID_BYTES),
        .record = read_words(reader, section, "record", SEIN_EPOCH_RECORD_MAX),
        .signatures = read_words(reader, section, "signatures",
                                 SEIN_HOLDERS_MAX * SEIN_SIG_BYTES),
        .line = section->line,
    };

    return epoch;
}

static void
read_epoch(const struct model_reader *reader,
           const struct conf_section *section, struct model_meeting *out)
{
    static const char *const known[] = {
        "threshold",   "holders",        "not_before",
        "match_until", "handle_version", "pepper_check",
        "record",      "signatures",     NULL
    };

    fields_known(reader, section, known);
    out->epochs = arena_more(reader->arena, out->epochs, out->epoch_count,
                             sizeof *out->epochs);
    if (out->epochs == NULL) {
        out->epoch_count = 0;
        return;
    }
    out->epochs[out->epoch_count++] = epoch_fields(reader, section);
}

void
model_read_meeting(const struct model_reader *reader,
                   struct model_meeting *out_meeting)
{
    const struct conf *conf = reader->conf;
    const struct conf_section *top = &conf->sections[0];
    const struct conf_section *quotas = conf_section(conf, "quotas", "");
    struct model_meeting meeting = {
        .quota_per_day = fields_number(reader, top, "quota_per_day", false, 1,
                                       SEIN_QUOTA_MAX),
        .regie_order = read_desks(reader, top, "regie_order", false),
        .regie_silence_days = fields_number(reader, top, "regie_silence_days",
                                            false, 1, SEIN_RETENTION_DAYS_MAX),
    };

    read_link_pairs(reader, top, &meeting.link_pairs);
    for (size_t i = 0; quotas != NULL && i < quotas->count; i++)
        read_quota(reader, quotas, &quotas->entries[i], &meeting);
    for (size_t i = 1; i < conf->count; i++) {
        if (strcmp(conf->sections[i].kind, "epoch") == 0)
            read_epoch(reader, &conf->sections[i], &meeting);
    }
    *out_meeting = meeting;
}
