/* sein.h: how a home is doing, on one screen. */
#include "client/include/sein.h"
#include "client/lib/alarms.h"
#include "client/lib/api.h"
#include "client/lib/clock.h"
#include "client/lib/docs.h"
#include "client/lib/doctor.h"
#include "client/lib/heads.h"
#include "client/lib/letters.h"
#include "client/lib/outbox.h"

#define ALARM_DAYS 30

static const char *
key_word(const struct sein_key *key, int64_t now_ms)
{
    static const char *const words[] = {
        [SEIN_KEY_ACTIVE] = "active",   [SEIN_KEY_NOT_YET] = "not yet",
        [SEIN_KEY_LEFT] = "left",       [SEIN_KEY_RETIRED] = "retired",
        [SEIN_KEY_REVOKED] = "revoked",
    };

    return key == NULL ? "not admitted"
                       : words[sein_key_status_at(key, now_ms)];
}

static void
set_member(json_t *doc, const struct sein_home *home, int64_t now_ms)
{
    const struct sein_key *key = NULL;
    const struct keystore_pair *pair = home_key(home, now_ms, &key);
    char fingerprint[SEIN_FINGERPRINT_TEXT_BYTES];

    sein_fingerprint_text(pair->public_key.key_id.bytes, fingerprint);
    docs_set(doc, "member", docs_string(home->profile.name));
    docs_set(doc, "oin", docs_string(home->profile.oin.text));
    docs_set(doc, "key", json_string(fingerprint));
    docs_set(doc, "key_status", json_string(key_word(key, now_ms)));
}

static void
set_desks(json_t *doc, const struct sein_home *home, int64_t now_ms)
{
    const struct sein_desk *desks[SEIN_DESKS_MAX];
    size_t count = 0;
    json_t *list = json_array();

    if (home_desks(home, now_ms, desks, &count) == SEIN_OK) {
        for (size_t i = 0; i < count; i++)
            (void)json_array_append_new(list, json_string(desks[i]->id.text));
    }
    docs_set(doc, "desks", list);
}

static void
set_directory(json_t *doc, const struct sein_home *home, int64_t now_ms)
{
    json_t *directory = NULL;

    docs_set(doc, "joined", json_boolean(home->trust.joined));
    docs_set(doc, "broker", docs_string(home->trust.endpoint));
    if (home->dir == NULL) {
        docs_set(doc, "directory", json_null());
        return;
    }
    directory = json_object();
    docs_set(directory, "version",
             json_integer((json_int_t)sein_directory_version(home->dir)));
    docs_set(directory, "expires",
             docs_time(sein_directory_expires_at(home->dir)));
    docs_set(directory, "expired",
             json_boolean(sein_directory_expired(home->dir, now_ms)));
    docs_set(doc, "directory", directory);
}

static enum sein_err
set_count(json_t *doc, const char *name, struct sein_home *home,
          enum letter_direction direction, enum letter_state state)
{
    int64_t count = 0;
    enum sein_err err =
        letters_count(home->db, direction, (uint64_t)state, &count);

    if (err == SEIN_OK)
        docs_set(doc, name, json_integer((json_int_t)count));
    return err;
}

static enum sein_err
set_queues(json_t *doc, struct sein_home *home)
{
    json_t *outbox = json_object();
    json_t *inbox = json_object();
    enum sein_err err =
        set_count(outbox, "waiting", home, LETTER_SENT, LETTER_QUEUED);

    docs_set(doc, "outbox", outbox);
    docs_set(doc, "inbox", inbox);
    if (err == SEIN_OK)
        err = set_count(outbox, "accepted", home, LETTER_SENT, LETTER_ACCEPTED);
    if (err == SEIN_OK)
        err =
            set_count(outbox, "delivered", home, LETTER_SENT, LETTER_DELIVERED);
    if (err == SEIN_OK)
        err = set_count(outbox, "not_collected", home, LETTER_SENT,
                        LETTER_NOT_COLLECTED);
    if (err == SEIN_OK)
        err = set_count(outbox, "refused", home, LETTER_SENT, LETTER_REFUSED);
    if (err == SEIN_OK)
        err = set_count(inbox, "new", home, LETTER_RECEIVED, LETTER_NEW);
    if (err == SEIN_OK)
        err = set_count(inbox, "all", home, LETTER_RECEIVED,
                        (enum letter_state)0);
    return err;
}

static bool
add_alarm(void *context, const struct alarm *alarm)
{
    json_t *list = context;
    json_t *doc = json_object();

    docs_set(doc, "code", json_string(sein_err_code(alarm->code)));
    docs_set(doc, "about", docs_string(alarm->about));
    docs_set(doc, "at", docs_time(alarm->at_ms));
    docs_set(doc, "count", json_integer((json_int_t)alarm->count));
    docs_set(doc, "reason", docs_problem(alarm->code, false));
    (void)json_array_append_new(list, doc);
    return json_array_size(list) < 20;
}

static enum sein_err
set_last(json_t *doc, struct sein_home *home)
{
    struct heads_position at = { 0 };
    int64_t synced = 0;
    json_t *list = json_array();
    enum sein_err err = alarms_walk(home->db, add_alarm, list);

    docs_set(doc, "alarms", list);
    if (err == SEIN_OK)
        err = localdb_get_meta_int(home->db, "synced-at", &synced);
    if (err == SEIN_OK)
        err = heads_load_position(home, &at);
    if (err != SEIN_OK)
        return err;
    docs_set(doc, "last_sync", docs_time(synced));
    docs_set(doc, "log_checked", json_integer((json_int_t)at.checked_seq));
    return SEIN_OK;
}

int
sein_status(struct sein_home *home, sein_visit *visit, void *context)
{
    json_t *doc = json_object();
    int64_t now_ms = sein_clock_ms();
    enum sein_err err = SEIN_OK;

    api_begin(home);
    set_member(doc, home, now_ms);
    set_desks(doc, home, now_ms);
    set_directory(doc, home, now_ms);
    err = set_queues(doc, home);
    if (err == SEIN_OK)
        err = set_last(doc, home);
    if (err == SEIN_OK)
        err = api_give(doc, visit, context);
    else
        json_decref(doc);
    return api_end(home, err);
}

int
sein_doctor(struct sein_home *home, const char *path, sein_visit *visit,
            void *context)
{
    struct doctor_request request = { path, visit, context };
    enum sein_err err = SEIN_OK;

    if (home != NULL)
        api_begin(home);
    err = doctor_run(home, &request);
    return home == NULL ? (int)err : api_end(home, err);
}
