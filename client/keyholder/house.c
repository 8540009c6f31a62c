#include "client/keyholder/house.h"

#include <inttypes.h>
#include <string.h>

#include <sodium.h>

#include "client/include/sein.h"
#include "client/keyholder/audit.h"
#include "client/keyholder/ratelimit.h"
#include "client/keyholder/share_store.h"
#include "client/lib/clock.h"
#include "client/lib/files.h"
#include "client/lib/lock.h"
#include "proto/base/date.h"

#define RECORDS_FILE "records.db"
#define KEYSTORE_FILE "keystore"
/* The list of a day comes when it is over, and then to who is connected. */
#define LIST_DAYS 2

static enum sein_err
about(struct house *house, enum sein_err err, const char *what)
{
    (void)snprintf(house->detail, sizeof house->detail, "%s", what);
    return err;
}

static enum sein_err
open_keys(struct house *house)
{
    const struct settings *settings = house->settings;
    const struct sein_unlock unlock = { .key_file = settings->key_file };
    char path[FILES_PATH_MAX];
    enum sein_err err = files_join(settings->folder, KEYSTORE_FILE, path);

    if (err == SEIN_OK)
        err = keystore_open(path, &unlock, &house->keys);
    if (err == SEIN_ENOHOME)
        return about(house, err, "there are no keys yet; run init first");
    return err == SEIN_OK ? err : about(house, err, settings->key_file);
}

static enum sein_err
open_records(struct house *house)
{
    char path[FILES_PATH_MAX];
    enum sein_err err = files_join(house->settings->folder, RECORDS_FILE, path);

    if (err == SEIN_OK)
        err = records_open(path, &house->records);
    return err == SEIN_OK ? err : about(house, err, path);
}

static enum sein_err
read_invitation(struct house *house)
{
    const char *path = house->settings->invitation;
    char line[SEIN_LINE_MAX + 1] = { 0 };
    size_t len = 0;
    enum sein_err err =
        files_read(path, false, (uint8_t *)line, sizeof line - 1, &len);

    if (err == SEIN_OK && strlen(line) != len)
        err = SEIN_EFORMAT;
    if (err == SEIN_OK)
        err = sein_invitation_read(line, &house->invitation);
    return err == SEIN_OK ? err : about(house, err, path);
}

static enum sein_err
open_holding(struct house *house)
{
    struct holding_setup setup = { .folder = house->settings->folder,
                                   .home_key = keystore_home_key(house->keys),
                                   .records = house->records };

    (void)snprintf(setup.desk.text, sizeof setup.desk.text, "%s",
                   house->settings->desk);
    return holding_new(&setup, &house->holding);
}

/* Keys, records and directory: what is not exclusive. */
static enum sein_err
open_shared(const struct settings *settings, struct house *house)
{
    enum sein_err err = SEIN_OK;

    house->settings = settings;
    err = open_keys(house);
    if (err == SEIN_OK)
        err = read_invitation(house);
    if (err == SEIN_OK)
        err = open_records(house);
    if (err != SEIN_OK)
        return err;
    err = chain_open(house->records, &house->invitation.fingerprint,
                     &house->chain);
    return err == SEIN_OK ? err : about(house, err, "the stored directory");
}

enum sein_err
house_open(const struct settings *settings, struct house *out_house)
{
    int fd = -1;
    enum sein_err err = SEIN_OK;

    out_house->settings = settings;
    err = lock_take(settings->folder, &fd);
    if (err == SEIN_OK)
        out_house->lock_fd = fd;
    else if (!files_exists(settings->folder))
        return about(out_house, SEIN_ENOHOME,
                     "there is no folder yet; run init first");
    else
        return about(out_house, err, settings->folder);
    err = open_shared(settings, out_house);
    if (err == SEIN_OK)
        err = ratelimit_forget(out_house->records, sein_clock_ms());
    if (err == SEIN_OK)
        err = open_holding(out_house);
    return err;
}

void
house_close(struct house *house)
{
    holding_free(&house->holding);
    chain_close(&house->chain);
    records_close(&house->records);
    keystore_free(&house->keys);
    if (house->lock_fd > 0)
        lock_release(&house->lock_fd);
    *house = (struct house){ 0 };
}

enum sein_err
house_converse(struct house *house, conversation_tell *tell, void *context,
               struct conversation **out_machine)
{
    struct conversation_setup setup = { .endpoint = house->invitation.endpoint,
                                        .broker_curve = house->invitation.curve,
                                        .keys = house->keys,
                                        .chain = &house->chain,
                                        .holding = house->holding,
                                        .records = house->records,
                                        .window = house->settings->window,
                                        .tell = tell,
                                        .context = context };

    (void)snprintf(setup.desk.text, sizeof setup.desk.text, "%s",
                   house->settings->desk);
    return conversation_new(&setup, out_machine);
}

/* ---- init ---- */

static enum sein_err
make_keys(struct house *house)
{
    const struct settings *settings = house->settings;
    const struct sein_unlock unlock = { .key_file = settings->key_file };
    char path[FILES_PATH_MAX];
    enum sein_err err = files_make_folder(settings->folder);

    if (err != SEIN_OK)
        return about(house, err, settings->folder);
    err = files_join(settings->folder, KEYSTORE_FILE, path);
    if (err == SEIN_OK && files_exists(path))
        return open_keys(house);
    if (err == SEIN_OK)
        err = keystore_create(path, &unlock, sein_clock_ms(), &house->keys);
    return err == SEIN_OK ? err : about(house, err, settings->key_file);
}

static enum sein_err
print_request(const struct house *house, FILE *out)
{
    size_t count = 0;
    const struct keystore_pair *pair = keystore_pairs(house->keys, &count);
    struct sein_slice desk = sein_slice_text(house->settings->desk);
    struct sein_join_request request = { .at_ms = sein_clock_ms(),
                                         .desk_count = 1 };
    char line[SEIN_LINE_MAX];
    char fingerprint[SEIN_FINGERPRINT_TEXT_BYTES];
    enum sein_err err = SEIN_OK;

    pair += count - 1;
    memcpy(request.oin.text, desk.at, SEIN_OIN_CHARS);
    (void)snprintf(request.name, sizeof request.name, "%s",
                   house->settings->name);
    (void)snprintf(request.desks[0], sizeof request.desks[0], "%s",
                   house->settings->desk + SEIN_OIN_CHARS + 1);
    memcpy(request.sign, pair->public_key.sign, sizeof request.sign);
    memcpy(request.curve, pair->public_key.curve, sizeof request.curve);
    err = sein_join_write(&request, pair->sign_secret, line);
    if (err != SEIN_OK)
        return err;
    sein_fingerprint_text(pair->public_key.key_id.bytes, fingerprint);
    (void)fprintf(out,
                  "Send this line to the governance, and compare the "
                  "fingerprint by telephone:\n\n%s\n\nfingerprint %s\n",
                  line, fingerprint);
    return SEIN_OK;
}

enum sein_err
house_init(const struct settings *settings, struct house *house, FILE *out)
{
    enum sein_err err = SEIN_OK;

    house->settings = settings;
    err = make_keys(house);
    if (err == SEIN_OK)
        err = read_invitation(house);
    if (err == SEIN_OK)
        err = print_request(house, out);
    return err;
}

/* ---- shares ---- */

/* Before the directory carries the record nobody can say whether it fits; the
 * evaluator asks again before it is used. */
static enum sein_err
check_share(struct house *house, const struct sein_share *share, FILE *out)
{
    struct sein_element public_half;
    enum sein_err err = SEIN_EEPOCH;

    if (house->chain.dir != NULL)
        err = share_store_check(house->chain.dir,
                                sein_slice_text(house->settings->desk), share,
                                &public_half);
    if (err == SEIN_OK) {
        (void)fprintf(out,
                      "share %" PRIu64 " of circle %s epoch %" PRIu64
                      " fits its record\n",
                      share->index, share->circle.text, share->epoch);
        return SEIN_OK;
    }
    if (err != SEIN_EEPOCH && err != SEIN_ECIRCLE)
        return err;
    (void)fprintf(out,
                  "share %" PRIu64 " of circle %s epoch %" PRIu64 " is kept; "
                  "the directory has no record of it yet\n",
                  share->index, share->circle.text, share->epoch);
    return SEIN_OK;
}

enum sein_err
house_take_share(const struct settings *settings, struct house *house,
                 const char *path, FILE *out)
{
    uint8_t bytes[SEIN_SHARE_FILE_MAX];
    struct sein_share share = { 0 };
    size_t len = 0;
    enum sein_err err = open_shared(settings, house);

    if (err != SEIN_OK)
        return err;
    err = files_read(path, true, bytes, sizeof bytes, &len);
    if (err == SEIN_OK)
        err = sein_share_decode(sein_slice_of(bytes, len), &share);
    if (err == SEIN_OK)
        err = check_share(house, &share, out);
    if (err == SEIN_OK)
        err = share_store_put(settings->folder, keystore_home_key(house->keys),
                              &share);
    sodium_memzero(bytes, sizeof bytes);
    sodium_memzero(&share, sizeof share);
    if (err != SEIN_OK)
        return about(house, err, path);
    (void)fprintf(out, "remove the file %s now: it is a secret\n", path);
    return SEIN_OK;
}

/* ---- audit ---- */

static enum sein_err
read_day(const char *text, int64_t usual, int64_t *out_day)
{
    struct sein_date date;
    enum sein_err err = SEIN_OK;

    *out_day = usual;
    if (text == NULL)
        return SEIN_OK;
    err = sein_date_parse(sein_slice_text(text), &date);
    if (err == SEIN_OK)
        *out_day = sein_date_to_days(date);
    return err;
}

static bool
print_member(void *context, const struct audit_member *member)
{
    FILE *out = context;

    (void)fprintf(out,
                  "%-20.*s %-16.*s %5" PRIu64 " %9" PRIu64 " %9" PRIu64
                  " %9" PRIu64 "\n",
                  (int)member->oin.len, (const char *)member->oin.at,
                  (int)member->circle.len, (const char *)member->circle.at,
                  member->epoch, member->evaluated, member->deposited,
                  member->evaluated - member->deposited);
    return true;
}

enum sein_err
house_audit(const struct settings *settings, struct house *house,
            const char *from, const char *to, FILE *out)
{
    char path[FILES_PATH_MAX];
    char hex[2 * SEIN_HASH_BYTES + 1];
    struct sein_hash hash;
    uint64_t count = 0;
    int64_t from_day = 0;
    int64_t to_day = 0;
    enum sein_err err = read_day(from, 0, &from_day);

    house->settings = settings;
    if (err == SEIN_OK)
        err = read_day(to, sein_clock_ms() / SEIN_MS_PER_DAY - LIST_DAYS,
                       &to_day);
    if (err != SEIN_OK)
        return about(house, err, "a day is written as 2026-01-31");
    err = files_join(settings->folder, RECORDS_FILE, path);
    if (err == SEIN_OK && !files_exists(path))
        return about(house, SEIN_ENOENT, path);
    if (err == SEIN_OK)
        err = open_records(house);
    if (err == SEIN_OK)
        err = audit_check(house->records, &count, &hash);
    if (err != SEIN_OK)
        return about(house, err, path);
    sein_hex(sein_slice_of(hash.bytes, sizeof hash.bytes), hex, sizeof hex);
    (void)fprintf(out, "log: %" PRIu64 " requests, whole, newest hash %s\n",
                  count, hex);
    (void)fprintf(out, "%-20s %-16s %5s %9s %9s %9s\n", "member", "circle",
                  "epoch", "evaluated", "deposited", "never");
    return audit_members(house->records, from_day, to_day, print_member, out);
}
