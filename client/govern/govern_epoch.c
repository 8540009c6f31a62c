#include <string.h>

#include "client/govern/fields.h"
#include "client/govern/govern_parts.h"
#include "proto/blind/handle.h"
#include "proto/trust/epoch.h"
#include "proto/trust/line.h"
#include "proto/wire/msg_eval.h"
#include "proto/wire/pack.h"

/* Words that fit a line of a readable file. */
#define RECORD_WORD_BYTES 32U

/* ---- finding ---------------------------------------------------------------
 */

static enum sein_err
find_circle(struct govern *govern, const char *id,
            struct govern_file **out_file)
{
    struct govern_file *file =
        govern_file(govern, arena_format(&govern->arena,
                                         GOVERN_CIRCLES "/%s" GOVERN_CONF, id));
    enum sein_err err = SEIN_OK;

    if (file == NULL) {
        /* It gives back what it is given. */
        (void)govern_blame_text(govern, SEIN_ECIRCLE, "CIRCLE", id);
        return SEIN_ECIRCLE;
    }
    err = govern_editable(govern, file);
    if (err == SEIN_OK)
        *out_file = file;
    return err;
}

static const char *
epoch_text(struct govern *govern, uint64_t number)
{
    return arena_format(&govern->arena, "%llu", (unsigned long long)number);
}

static enum sein_err
find_epoch(struct govern *govern, const char *circle, uint64_t number,
           struct govern_file **out_file, struct model_epoch **out_epoch)
{
    struct model *model = &govern->model;
    struct govern_file *file = NULL;
    enum sein_err err = find_circle(govern, circle, &file);

    if (err != SEIN_OK || file == NULL)
        return err;
    *out_file = file;
    for (size_t i = 0; i < model->circle_count; i++) {
        struct model_meeting *meeting = &model->circles[i].meeting;

        if (strcmp(model->circles[i].id, circle) != 0)
            continue;
        for (size_t j = 0; j < meeting->epoch_count; j++) {
            if (meeting->epochs[j].number == number) {
                *out_epoch = &meeting->epochs[j];
                return SEIN_OK;
            }
        }
    }
    (void)govern_blame(govern, SEIN_ENOENT,
                       (struct place){ .file = file->path },
                       epoch_text(govern, number),
                       "dit register noemt dat tijdvak niet; noem het met "
                       "sein directory epoch",
                       "this directory does not name that epoch; name it with "
                       "sein directory epoch");
    return SEIN_ENOENT;
}

/* ---- naming -----------------------------------------------------------------
 */

/* Role keyholder beside the roles that the desk has in that circle. */
static enum sein_err
give_role(struct govern *govern, const char *circle, const char *desk)
{
    const struct model_member *member = model_member_of(&govern->model, desk);
    const struct model_desk *found = model_desk(&govern->model, desk);
    struct govern_file *file = NULL;
    uint64_t roles = SEIN_ROLE_KEYHOLDER;
    enum sein_err err = SEIN_OK;

    if (member == NULL || found == NULL)
        return govern_blame(govern, SEIN_EDESK,
                            (struct place){ .field = "--holders" }, desk,
                            "er is geen loket OIN/naam dat zo heet; verbeter "
                            "het of laat de deelnemer eerst toe",
                            "there is no desk OIN/name of that name; correct "
                            "it or admit the member first");
    roles |= model_roles_in(found, circle);
    file = govern_file(govern, member->file);
    if (file == NULL)
        return SEIN_EINTERNAL;
    err = govern_editable(govern, file);
    if (err == SEIN_OK)
        err = govern_set(govern, file, "desk", found->name,
                         arena_format(&govern->arena, "role.%s", circle),
                         model_role_text(roles, &govern->arena));
    return err;
}

static enum sein_err
set_holders(struct govern *govern, struct govern_file *file,
            const char *section, const struct govern_epoch *epoch)
{
    const char *rest = epoch->holders;
    const char *text = "";
    struct sein_slice part = { 0 };

    while (fields_split(&rest, ',', &part)) {
        const char *desk = arena_text(&govern->arena, part);
        enum sein_err err = SEIN_OK;

        if (desk == NULL)
            return SEIN_ENOMEM;
        err = give_role(govern, epoch->circle, desk);
        if (err != SEIN_OK)
            return err;
        text = arena_format(&govern->arena, "%s%s%s", text,
                            *text == '\0' ? "" : ", ", desk);
    }
    return govern_set(govern, file, "epoch", section, "holders", text);
}

/* What a new epoch cannot do without. */
static enum sein_err
check_whole(struct govern *govern, const struct govern_epoch *epoch)
{
    const struct {
        const char *option;
        const char *value;
    } rows[] = {
        { "--threshold", epoch->threshold },
        { "--holders", epoch->holders },
        { "--not-before", epoch->not_before },
        { "--match-until", epoch->match_until },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].value == NULL)
            return govern_blame_text(govern, SEIN_EREQUIRED, rows[i].option,
                                     NULL);
    }
    return SEIN_OK;
}

/* Nothing of an epoch changes once its holders signed what it says. */
static enum sein_err
check_open(struct govern *govern, const struct govern_epoch *epoch)
{
    const struct model_circle *circle =
        model_circle(&govern->model, epoch->circle);
    const struct model_epoch *found =
        circle == NULL ? NULL : model_epoch(circle, epoch->number);

    if (found == NULL)
        return check_whole(govern, epoch);
    if (found->record.len > 0)
        return govern_blame(govern, SEIN_EEXIST,
                            (struct place){ .field = "--epoch" },
                            epoch_text(govern, epoch->number),
                            "van dit tijdvak is de sleutel al gemaakt; noem "
                            "een nieuw nummer",
                            "the key of this epoch is made already; name a new "
                            "number");
    return SEIN_OK;
}

static enum sein_err
set_epoch(struct govern *govern, struct govern_file *file,
          const struct govern_epoch *epoch)
{
    const char *section = epoch_text(govern, epoch->number);
    const struct {
        const char *field;
        const char *value;
    } rows[] = {
        { "threshold", epoch->threshold },
        { "not_before", epoch->not_before },
        { "match_until", epoch->match_until },
        { "handle_version", epoch_text(govern, SEIN_HANDLE_VERSION) },
    };
    enum sein_err err = SEIN_OK;

    for (size_t i = 0; err == SEIN_OK && i < sizeof rows / sizeof rows[0];
         i++) {
        if (rows[i].value != NULL)
            err = govern_set(govern, file, "epoch", section, rows[i].field,
                             rows[i].value);
    }
    if (err == SEIN_OK && epoch->holders != NULL)
        err = set_holders(govern, file, section, epoch);
    return err;
}

enum sein_err
govern_name_epoch(struct govern *govern, const struct govern_epoch *epoch)
{
    struct govern_file *file = NULL;
    enum sein_err err = find_circle(govern, epoch->circle, &file);

    if (err != SEIN_OK)
        return err;
    if (epoch->number < 1 || epoch->number > UINT32_MAX)
        return govern_blame_text(govern, SEIN_ERANGE, "--epoch",
                                 epoch_text(govern, epoch->number));
    err = check_open(govern, epoch);
    if (err == SEIN_OK)
        err = set_epoch(govern, file, epoch);
    return err == SEIN_OK ? govern_rebuild(govern) : err;
}

enum sein_err
govern_set_pepper(struct govern *govern, const char *circle, uint64_t number,
                  const char *check)
{
    uint8_t bytes[SEIN_ID_BYTES];
    struct govern_file *file = NULL;
    struct model_epoch *epoch = NULL;
    enum sein_err err = find_epoch(govern, circle, number, &file, &epoch);

    if (err != SEIN_OK)
        return err;
    err = sein_unhex(sein_slice_text(check), bytes, sizeof bytes);
    if (err != SEIN_OK)
        return govern_blame(govern, err, (struct place){ .field = "CHECKHEX" },
                            check,
                            "dit zijn geen 32 hexadecimale cijfers; neem ze "
                            "over van wie het kringpakket maakte",
                            "these are no 32 hexadecimal digits; copy them "
                            "from who made the circle pack");
    err = govern_set(govern, file, "epoch", epoch_text(govern, number),
                     "pepper_check", govern_hex(govern, bytes, sizeof bytes));
    return err == SEIN_OK ? govern_rebuild(govern) : err;
}

/* ---- taking a record in -----------------------------------------------------
 */

/* The folder as a directory that nobody signed, to look keys up in. */
static enum sein_err
read_folder(struct govern *govern, struct sein_directory **out_dir)
{
    static const uint8_t first[SEIN_HASH_BYTES];
    struct model model = govern->model;
    struct sein_dir_signature nobody = { { 0 }, { 0 } };
    struct sein_dir_signed envelope = { .signatures.count = 1 };
    uint8_t list[256];
    struct sein_writer out = sein_writer_of(list, sizeof list);
    struct sein_slice whole = { 0 };
    uint8_t *room = NULL;
    size_t max = 0;
    enum sein_err err = SEIN_OK;

    model.version = 1;
    model.issued = (uint64_t)govern->now_ms;
    model.expires = model.issued + 1;
    err = model_encode(&model, first, &govern->arena, &envelope.dir);
    if (err != SEIN_OK)
        return err;
    sein_pack_array(&out, 1);
    err = sein_schema_encode(&sein_dir_signature_schema, &nobody, &out);
    if (err == SEIN_OK)
        err = sein_writer_done(&out, &envelope.signatures.raw);
    if (err != SEIN_OK)
        return err;
    max = envelope.dir.len + sizeof list + 16;
    room = arena_new(&govern->arena, max, 1);
    if (room == NULL)
        return SEIN_ENOMEM;
    out = sein_writer_of(room, max);
    err = sein_schema_encode(&sein_dir_signed_schema, &envelope, &out);
    if (err == SEIN_OK)
        err = sein_writer_done(&out, &whole);
    return err == SEIN_OK ? sein_directory_read(whole, out_dir) : err;
}

static enum sein_err
verify_record(struct govern *govern, const struct sein_epoch_record *record,
              const struct sein_epoch_line *line)
{
    uint8_t packed[SEIN_HOLDERS_MAX * (SEIN_SIG_BYTES + 2) + 3];
    struct sein_writer out = sein_writer_of(packed, sizeof packed);
    struct sein_list signatures = { .count = line->signature_count };
    struct sein_directory *dir = NULL;
    const struct sein_circle *circle = NULL;
    struct sein_dir_epoch named = { 0 };
    enum sein_err err = SEIN_OK;

    sein_fixed_list_write(&out, line->signatures[0], SEIN_SIG_BYTES,
                          line->signature_count);
    err = sein_writer_done(&out, &signatures.raw);
    if (err == SEIN_OK)
        err = read_folder(govern, &dir);
    if (err != SEIN_OK)
        return err;
    circle = sein_directory_circle(dir, record->circle);
    if (circle == NULL || !sein_circle_epoch(circle, record->epoch, &named))
        err = SEIN_ENOENT;
    else
        err = sein_epoch_check(dir, record->circle, &named,
                               sein_slice_of(line->record, line->record_len),
                               &signatures, NULL);
    sein_directory_free(&dir);
    return err;
}

/* Words of so many bytes in hexadecimal digits. */
static const char *
words(struct govern *govern, const uint8_t *at, size_t len, size_t word)
{
    const char *text = "";

    while (len > 0) {
        size_t part = len < word ? len : word;

        text = arena_format(&govern->arena, "%s%s%s", text,
                            *text == '\0' ? "" : " ",
                            govern_hex(govern, at, part));
        at += part;
        len -= part;
    }
    return text;
}

static enum sein_err
put_record(struct govern *govern, struct govern_file *file, uint64_t number,
           const struct sein_epoch_line *line)
{
    const char *section = epoch_text(govern, number);
    enum sein_err err = govern_set(
        govern, file, "epoch", section, "record",
        words(govern, line->record, line->record_len, RECORD_WORD_BYTES));

    if (err == SEIN_OK)
        err = govern_set(govern, file, "epoch", section, "signatures",
                         words(govern, line->signatures[0],
                               line->signature_count * SEIN_SIG_BYTES,
                               SEIN_SIG_BYTES));
    return err == SEIN_OK ? govern_rebuild(govern) : err;
}

static enum sein_err
read_record(struct govern *govern, const char *path,
            struct sein_epoch_line *out_line,
            struct sein_epoch_record *out_record)
{
    struct sein_slice text = { 0 };
    enum sein_err err = folder_read(&govern->arena, path, SEIN_LINE_MAX, &text);

    if (err == SEIN_OK)
        err = sein_epoch_line_read((const char *)text.at, out_line);
    if (err == SEIN_OK)
        err = sein_epoch_record_decode(
            sein_slice_of(out_line->record, out_line->record_len), out_record);
    if (err != SEIN_OK)
        (void)govern_blame_text(govern, err, "FILE", path);
    return err;
}

enum sein_err
govern_take_record(struct govern *govern, const char *path)
{
    struct sein_epoch_line line = { .record_len = 0 };
    struct sein_epoch_record record = { 0 };
    struct govern_file *file = NULL;
    struct model_epoch *epoch = NULL;
    char circle[SEIN_CIRCLE_MAX + 1];
    enum sein_err err = read_record(govern, path, &line, &record);

    if (err == SEIN_OK)
        err = sein_slice_copy_text(record.circle, circle, sizeof circle);
    if (err == SEIN_OK)
        err = find_epoch(govern, circle, record.epoch, &file, &epoch);
    if (err != SEIN_OK || file == NULL || epoch == NULL)
        return err;
    if (epoch->record.len > 0 &&
        !sein_slice_equal(epoch->record,
                          sein_slice_of(line.record, line.record_len)))
        return govern_blame(govern, SEIN_EEXIST,
                            (struct place){ .file = file->path },
                            epoch_text(govern, record.epoch),
                            "dit tijdvak heeft al een ander verslag; een "
                            "nieuwe sleutel krijgt een nieuw nummer",
                            "this epoch has another record already; a new key "
                            "gets a new number");
    if (govern->problems.count > 0) {
        govern->why = govern->problems.items[0];
        govern->has_why = true;
        return govern->why.err;
    }
    err = verify_record(govern, &record, &line);
    if (err != SEIN_OK)
        return govern_blame_text(govern, err, "FILE", path);
    return put_record(govern, file, record.epoch, &line);
}
