#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "client/govern/fields.h"
#include "client/govern/govern_parts.h"
#include "proto/wire/pack.h"

#define DRAFT_SUFFIX ".dir"
#define SIGNATURE_SUFFIX ".sig"
/* A signature's file is a few lines. */
#define SIGNATURE_FILE_MAX 4096U
/* So many hex digits of a governor's key tell their files apart. */
#define GOVERNOR_DIGITS 16

struct signature {
    uint8_t governor[SEIN_KEY_BYTES];
    uint8_t bytes[SEIN_SIG_BYTES];
};

/* The next version while signatures are gathered. */
struct draft {
    struct govern *govern;
    uint64_t version;
    struct sein_slice bytes;
    struct sein_hash hash;
    struct model model;
    struct signature *signatures; /* valid, each governor once */
    size_t count;
};

static const char *
draft_path(struct govern *govern, uint64_t version)
{
    return arena_format(&govern->arena, GOVERN_DRAFT "/%06llu" DRAFT_SUFFIX,
                        (unsigned long long)version);
}

/* ---- who may sign
 * ------------------------------------------------------------- */

static bool
is_governor(const struct model *model, const uint8_t pk[static SEIN_KEY_BYTES])
{
    for (size_t i = 0; i < model->governor_count; i++) {
        if (memcmp(model->governors[i].pk, pk, SEIN_KEY_BYTES) == 0)
            return true;
    }
    return false;
}

static bool
may_sign(const struct draft *draft, const uint8_t pk[static SEIN_KEY_BYTES])
{
    return is_governor(&draft->model, pk) ||
           is_governor(&draft->govern->newest_model, pk);
}

static size_t
count_of(const struct draft *draft, const struct model *model)
{
    size_t count = 0;

    for (size_t i = 0; i < draft->count; i++)
        count += is_governor(model, draft->signatures[i].governor);
    return count;
}

/* ---- the draft
 * ------------------------------------------------------------------ */

/* Whether the bytes are a directory by all the rules, signatures aside. */
static enum sein_err
check_bytes(struct govern *govern, struct sein_slice dir,
            const struct signature *signatures, size_t count,
            struct sein_slice *out_signed)
{
    size_t max = dir.len + 64 + count * 128;
    uint8_t *room = arena_new(&govern->arena, max, 1);
    struct sein_writer out = { 0 };
    struct sein_directory *read = NULL;
    enum sein_err err = SEIN_OK;

    if (room == NULL)
        return SEIN_ENOMEM;
    out = sein_writer_of(room, max);
    sein_pack_array(&out, 2);
    sein_pack_bytes(&out, dir);
    sein_pack_array(&out, count);
    for (size_t i = 0; i < count; i++) {
        sein_pack_array(&out, 2);
        sein_pack_bytes(&out,
                        sein_slice_of(signatures[i].governor, SEIN_KEY_BYTES));
        sein_pack_bytes(&out,
                        sein_slice_of(signatures[i].bytes, SEIN_SIG_BYTES));
    }
    err = sein_writer_done(&out, out_signed);
    if (err == SEIN_OK)
        err = sein_directory_read(*out_signed, &read);
    sein_directory_free(&read);
    return err;
}

/* The folder's next version, from now. */
static enum sein_err
encode_folder(struct draft *draft, uint64_t days)
{
    static const struct signature nobody = { { 0 }, { 0 } };
    static const uint8_t zeros[SEIN_HASH_BYTES] = { 0 };
    struct govern *govern = draft->govern;
    const uint8_t *prev = govern->newest == NULL
                              ? zeros
                              : sein_directory_hash(govern->newest)->bytes;
    struct sein_slice unused = { 0 };
    enum sein_err err = SEIN_OK;

    draft->model = govern->model;
    draft->model.version = draft->version;
    draft->model.issued = (uint64_t)govern->now_ms;
    draft->model.expires =
        (uint64_t)(govern->now_ms + (int64_t)days * SEIN_MS_PER_DAY);
    err = model_encode(&draft->model, prev, &govern->arena, &draft->bytes);
    if (err == SEIN_OK)
        err = check_bytes(govern, draft->bytes, &nobody, 1, &unused);
    if (err != SEIN_OK)
        return govern_blame_text(govern, err, "",
                                 draft_path(govern, draft->version));
    sein_hash_of(draft->bytes, &draft->hash);
    return SEIN_OK;
}

/* Reads the draft that lies in the folder. */
static enum sein_err
read_draft(struct draft *draft)
{
    struct govern *govern = draft->govern;
    const char *path = draft_path(govern, draft->version);
    static const struct signature nobody = { { 0 }, { 0 } };
    struct sein_slice unused = { 0 };
    struct sein_dir_root root = { 0 };
    enum sein_err err =
        folder_read(&govern->arena, govern_full_path(govern, path),
                    SEIN_DIRECTORY_MAX, &draft->bytes);

    if (err != SEIN_OK)
        return govern_blame_text(govern, err, "", path);
    err = check_bytes(govern, draft->bytes, &nobody, 1, &unused);
    if (err == SEIN_OK)
        err = model_decode(draft->bytes, &govern->arena, &draft->model);
    if (err == SEIN_OK)
        err =
            sein_schema_decode_all(&sein_dir_root_schema, draft->bytes, &root);
    if (err == SEIN_OK &&
        (root.version != draft->version ||
         (govern->newest != NULL &&
          memcmp(root.prev, sein_directory_hash(govern->newest)->bytes,
                 SEIN_HASH_BYTES) != 0)))
        err = SEIN_EDIRCHAIN;
    if (err != SEIN_OK)
        return govern_blame_text(govern, err, "", path);
    sein_hash_of(draft->bytes, &draft->hash);
    return SEIN_OK;
}

/* Whether a draft says what the folder says, times aside. */
static bool
draft_is_folder(const struct draft *draft)
{
    struct govern *govern = draft->govern;
    struct contents left = { 0 };
    struct contents right = { 0 };
    struct changes changes = { 0 };

    return contents_make(&draft->model, &govern->arena, &left) == SEIN_OK &&
           contents_make(&govern->model, &govern->arena, &right) == SEIN_OK &&
           contents_compare(&left, &right, &govern->arena, &changes) ==
               SEIN_OK &&
           changes.count == 0;
}

/* ---- signatures as small files
 * ---------------------------------------------------- */

static enum sein_err
parse_signature(struct govern *govern, const char *path,
                struct signature *out_signature, struct sein_hash *out_hash)
{
    static const char *const known[] = { "version", "dir", "governor",
                                         "signature", NULL };
    struct problems problems = { .arena = &govern->arena };
    struct conf conf;
    struct model_reader reader = { &govern->arena, &problems, &conf };
    struct sein_slice text = { 0 };
    const struct conf_section *top = NULL;
    enum sein_err err =
        folder_read(&govern->arena, path, SIGNATURE_FILE_MAX, &text);

    if (err != SEIN_OK)
        return govern_blame_text(govern, err, "", path);
    err = conf_read(arena_format(&govern->arena, "%s", path),
                    (const char *)text.at, &problems, &conf);
    if (err == SEIN_ENOMEM)
        return err;
    top = &conf.sections[0];
    fields_known(&reader, top, known);
    (void)fields_number(&reader, top, "version", true, 1, 999999999);
    fields_hex(&reader, top, "dir", out_hash->bytes, SEIN_HASH_BYTES);
    fields_hex(&reader, top, "governor", out_signature->governor,
               SEIN_KEY_BYTES);
    fields_hex(&reader, top, "signature", out_signature->bytes, SEIN_SIG_BYTES);
    if (problems.count == 0)
        return SEIN_OK;
    govern->why = problems.items[0];
    govern->has_why = true;
    return SEIN_ECONFIG;
}

static const char *
write_signature(struct draft *draft, const struct signature *signature)
{
    struct govern *govern = draft->govern;

    return arena_format(
        &govern->arena,
        "# De handtekening van een beheerder onder een versie van het "
        "register.\n"
        "# A governor's signature under a version of the directory.\n"
        "version = %llu\ndir = %s\ngovernor = %s\nsignature = %s\n",
        (unsigned long long)draft->version,
        govern_hex(govern, draft->hash.bytes, SEIN_HASH_BYTES),
        govern_hex(govern, signature->governor, SEIN_KEY_BYTES),
        govern_hex(govern, signature->bytes, SEIN_SIG_BYTES));
}

static const char *
signature_path(struct draft *draft, const struct signature *signature)
{
    struct govern *govern = draft->govern;
    const char *hex = govern_hex(govern, signature->governor, SEIN_KEY_BYTES);

    return govern_full_path(
        govern,
        arena_format(&govern->arena,
                     GOVERN_DRAFT "/%06llu-%.*s" SIGNATURE_SUFFIX,
                     (unsigned long long)draft->version, GOVERNOR_DIGITS, hex));
}

static bool
has_signed(const struct draft *draft, const uint8_t pk[static SEIN_KEY_BYTES])
{
    for (size_t i = 0; i < draft->count; i++) {
        if (memcmp(draft->signatures[i].governor, pk, SEIN_KEY_BYTES) == 0)
            return true;
    }
    return false;
}

static enum sein_err
add_signature(struct draft *draft, const struct signature *signature)
{
    struct signature *signatures =
        arena_more(&draft->govern->arena, draft->signatures, draft->count,
                   sizeof *signatures);

    if (signatures == NULL)
        return SEIN_ENOMEM;
    draft->signatures = signatures;
    signatures[draft->count++] = *signature;
    return SEIN_OK;
}

/* A signature under this draft, by one who may sign it. */
static enum sein_err
check_signature(const struct draft *draft, const struct signature *signature,
                const struct sein_hash *hash)
{
    if (memcmp(hash->bytes, draft->hash.bytes, SEIN_HASH_BYTES) != 0)
        return SEIN_EDIRCHAIN;
    if (!may_sign(draft, signature->governor))
        return SEIN_EKEY;
    return sein_sig_verify(SEIN_SIG_DIR, draft->bytes, signature->bytes,
                           signature->governor);
}

/* The file names of the draft's signatures. */
static enum sein_err
list_signatures(struct draft *draft, const char *const **out_names,
                size_t *out_count)
{
    struct govern *govern = draft->govern;
    const char *suffix = SIGNATURE_SUFFIX;

    return folder_list(&govern->arena, govern_full_path(govern, GOVERN_DRAFT),
                       suffix, out_names, out_count);
}

/* Takes in those that lie in the draft's folder; one that is wrong is as if it
 * were not there, its governor can sign again. */
static enum sein_err
read_signatures(struct draft *draft)
{
    struct govern *govern = draft->govern;
    const char *const *names = NULL;
    size_t count = 0;
    enum sein_err err = list_signatures(draft, &names, &count);

    for (size_t i = 0; err == SEIN_OK && i < count; i++) {
        struct signature signature;
        struct sein_hash hash;
        const char *path = govern_full_path(
            govern, arena_format(&govern->arena, GOVERN_DRAFT "/%s", names[i]));

        if (parse_signature(govern, path, &signature, &hash) == SEIN_OK &&
            check_signature(draft, &signature, &hash) == SEIN_OK &&
            !has_signed(draft, signature.governor))
            err = add_signature(draft, &signature);
    }
    govern->has_why = false;
    return err;
}

/* ---- completing
 * --------------------------------------------------------------------- */

static void
tell(const struct draft *draft, struct govern_signed *out)
{
    const struct model *old = &draft->govern->newest_model;

    out->version = draft->version;
    out->expires_at_ms = (int64_t)draft->model.expires;
    out->hash = draft->hash;
    out->old_have = count_of(draft, old);
    out->old_need = old->threshold;
    out->new_have = count_of(draft, &draft->model);
    out->new_need = draft->model.threshold;
    (void)snprintf(out->path, sizeof out->path, "%s",
                   govern_full_path(draft->govern,
                                    draft_path(draft->govern, draft->version)));
}

static enum sein_err
remove_draft(struct draft *draft)
{
    struct govern *govern = draft->govern;
    const char *const *names = NULL;
    size_t count = 0;
    enum sein_err err = list_signatures(draft, &names, &count);

    for (size_t i = 0; err == SEIN_OK && i < count; i++)
        err = folder_remove(govern_full_path(
            govern,
            arena_format(&govern->arena, GOVERN_DRAFT "/%s", names[i])));
    if (err == SEIN_OK)
        err = folder_remove(
            govern_full_path(govern, draft_path(govern, draft->version)));
    return err;
}

/* Two thresholds of 9 over 18 governors would not fit one version. */
static enum sein_err
limit_signatures(struct draft *draft)
{
    if (draft->count <= SEIN_GOVERNORS_MAX)
        return SEIN_OK;
    return govern_blame(draft->govern, SEIN_ERANGE,
                        (struct place){ .file = GOVERN_GOVERNANCE }, NULL,
                        "een versie draagt hooguit 16 handtekeningen; wissel "
                        "minder beheerders tegelijk",
                        "a version bears at most 16 signatures; change fewer "
                        "governors at once");
}

/* When enough have signed: the signed version, once and for all. */
static enum sein_err
complete(struct draft *draft, struct govern_signed *out)
{
    struct govern *govern = draft->govern;
    const char *path =
        govern_full_path(govern, chain_path(govern, draft->version));
    struct sein_slice bytes = { 0 };
    enum sein_err err = SEIN_OK;

    tell(draft, out);
    if (out->old_have < out->old_need || out->new_have < out->new_need)
        return SEIN_OK;
    err = limit_signatures(draft);
    if (err == SEIN_OK)
        err = check_bytes(govern, draft->bytes, draft->signatures, draft->count,
                          &bytes);
    if (err != SEIN_OK)
        return err;
    err = folder_write_new(path, bytes, FOLDER_SHARED);
    if (err != SEIN_OK)
        return govern_blame_text(govern, err, "", path);
    out->complete = true;
    (void)snprintf(out->path, sizeof out->path, "%s", path);
    return remove_draft(draft);
}

/* ---- signing
 * ----------------------------------------------------------------------------
 */

/* What must be right before anything is made or signed. */
static enum sein_err
begin(struct draft *draft)
{
    struct govern *govern = draft->govern;
    struct sein_hash unused;
    enum sein_err err = chain_check(govern, &unused);

    if (err != SEIN_OK)
        return err;
    if (govern->now_ms < (int64_t)govern->newest_model.issued)
        return govern_blame_text(govern, SEIN_ETIME, "", NULL);
    draft->version = govern->newest_model.version + 1;
    return SEIN_OK;
}

static enum sein_err
need_time(const struct draft *draft)
{
    struct govern *govern = draft->govern;

    if ((int64_t)draft->model.expires > govern->now_ms)
        return SEIN_OK;
    return govern_blame(
        govern, SEIN_EDIREXPIRED,
        (struct place){ .file = draft_path(govern, draft->version) }, NULL,
        "het ontwerp is verlopen voor het getekend was; maak een nieuw met "
        "sein directory sign --new",
        "the draft expired before it was signed; make a new one with sein "
        "directory sign --new");
}

static enum sein_err
need_same(const struct draft *draft)
{
    if (draft_is_folder(draft))
        return SEIN_OK;
    return govern_blame(
        draft->govern, SEIN_EDIRNEWER,
        (struct place){ .file = draft_path(draft->govern, draft->version) },
        NULL,
        "het ontwerp zegt iets anders dan de map; haal map en ontwerp van "
        "dezelfde beheerder, of teken zonder --detached een nieuw ontwerp",
        "the draft says something else than the folder; get folder and draft "
        "from the same governor, or sign a new draft without --detached");
}

/* The draft to sign: the one that is there when it still says what the folder
 * says, else a new one. */
static enum sein_err
choose_draft(struct draft *draft, const struct govern_signing *signing,
             bool *out_drafted)
{
    struct govern *govern = draft->govern;
    enum sein_err err = read_draft(draft);

    *out_drafted = false;
    if (signing->detached != NULL) {
        if (err == SEIN_OK)
            err = need_same(draft);
        return err == SEIN_OK ? need_time(draft) : err;
    }
    if (err == SEIN_ENOMEM)
        return err;
    if (err == SEIN_OK && !signing->fresh && draft_is_folder(draft) &&
        (int64_t)draft->model.expires > govern->now_ms &&
        (signing->days == 0 || draft->model.expires - draft->model.issued ==
                                   signing->days * SEIN_MS_PER_DAY))
        return SEIN_OK;
    *draft = (struct draft){ .govern = govern, .version = draft->version };
    err = encode_folder(draft, signing->days == 0
                                   ? SEIN_DIRECTORY_LIFE_MS / SEIN_MS_PER_DAY
                                   : signing->days);
    if (err == SEIN_OK)
        err = remove_draft(draft);
    if (err == SEIN_OK)
        err = folder_write(
            govern_full_path(govern, draft_path(govern, draft->version)),
            draft->bytes, FOLDER_SHARED);
    *out_drafted = err == SEIN_OK;
    return err;
}

static enum sein_err
make_signature(struct draft *draft, const char *key_file,
               struct signature *out_signature)
{
    struct govern_key key;
    struct govern_secret secret;
    enum sein_err err = govern_secret_read(key_file, &key, &secret);

    if (err == SEIN_EKEY)
        return govern_blame(draft->govern, err,
                            (struct place){ .file = key_file }, NULL,
                            "anderen mogen dit sleutelbestand lezen; gebruik "
                            "chmod 600",
                            "others may read this key file; use chmod 600");
    if (err != SEIN_OK)
        return govern_blame_text(draft->govern, err, "", key_file);
    if (!may_sign(draft, key.pk)) {
        err = govern_blame(draft->govern, SEIN_EKEY,
                           (struct place){ .file = key_file }, key.name,
                           "dit is geen sleutel van een beheerder van dit "
                           "register; gebruik een andere, of voeg hem toe met "
                           "sein directory governor",
                           "this is no key of a governor of this directory; "
                           "use another, or add it with sein directory "
                           "governor");
        goto done;
    }
    if (has_signed(draft, key.pk)) {
        err = govern_blame(draft->govern, SEIN_EEXIST,
                           (struct place){ .file = key_file }, key.name,
                           "deze beheerder heeft dit ontwerp al getekend; een "
                           "andere moet tekenen",
                           "this governor has signed this draft already; "
                           "another must sign");
        goto done;
    }
    memcpy(out_signature->governor, key.pk, SEIN_KEY_BYTES);
    err = sein_sig_make(SEIN_SIG_DIR, draft->bytes, secret.bytes,
                        out_signature->bytes);

done:
    sodium_memzero(&secret, sizeof secret);
    return err;
}

static enum sein_err
sign_draft(struct draft *draft, const struct govern_signing *signing)
{
    struct signature signature;
    const char *path = signing->detached;
    enum sein_err err = make_signature(draft, signing->key_file, &signature);

    if (err != SEIN_OK)
        return err;
    if (path == NULL)
        path = signature_path(draft, &signature);
    err =
        folder_write(path, sein_slice_text(write_signature(draft, &signature)),
                     FOLDER_SHARED);
    if (err != SEIN_OK)
        return govern_blame_text(draft->govern, err, "", path);
    return signing->detached == NULL ? add_signature(draft, &signature)
                                     : SEIN_OK;
}

enum sein_err
govern_sign(struct govern *govern, const struct govern_signing *signing,
            struct govern_signed *out_signed)
{
    struct draft draft = { .govern = govern };
    struct govern_signed result = { 0 };
    enum sein_err err = SEIN_OK;

    if (govern->problems.count > 0) {
        govern->why = govern->problems.items[0];
        govern->has_why = true;
        return govern->why.err;
    }
    if (signing->days > SEIN_DIRECTORY_LIFE_MS / SEIN_MS_PER_DAY)
        return govern_blame_text(govern, SEIN_ERANGE, "--days", "1-45");
    err = begin(&draft);
    if (err == SEIN_OK)
        err = choose_draft(&draft, signing, &result.drafted);
    if (err == SEIN_OK)
        err = read_signatures(&draft);
    if (err == SEIN_OK && signing->key_file != NULL)
        err = sign_draft(&draft, signing);
    if (err != SEIN_OK)
        return err;
    if (signing->detached == NULL)
        err = complete(&draft, &result);
    else
        tell(&draft, &result);
    if (err == SEIN_OK)
        *out_signed = result;
    return err;
}

enum sein_err
govern_gather(struct govern *govern, const char *path, bool dry,
              struct govern_signed *out_signed)
{
    struct draft draft = { .govern = govern };
    struct signature signature;
    struct sein_hash hash;
    struct govern_signed result = { 0 };
    enum sein_err err = begin(&draft);

    if (err == SEIN_OK)
        err = read_draft(&draft);
    if (err == SEIN_OK)
        err = need_time(&draft);
    if (err == SEIN_OK)
        err = read_signatures(&draft);
    if (err == SEIN_OK)
        err = parse_signature(govern, path, &signature, &hash);
    if (err != SEIN_OK)
        return err;
    err = check_signature(&draft, &signature, &hash);
    if (err == SEIN_OK && has_signed(&draft, signature.governor))
        err = SEIN_EEXIST;
    if (err != SEIN_OK)
        return govern_blame_text(govern, err, "", path);
    err = add_signature(&draft, &signature);
    if (err == SEIN_OK && !dry)
        err = folder_write(signature_path(&draft, &signature),
                           sein_slice_text(write_signature(&draft, &signature)),
                           FOLDER_SHARED);
    if (err == SEIN_OK && !dry)
        err = complete(&draft, &result);
    if (err == SEIN_OK && dry)
        tell(&draft, &result);
    if (err == SEIN_OK)
        *out_signed = result;
    return err;
}
