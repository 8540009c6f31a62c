#include "client/lib/doctor.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <sodium.h>
#include <zmq.h>

#include "client/lib/alarms.h"
#include "client/lib/api.h"
#include "client/lib/calendar.h"
#include "client/lib/client.h"
#include "client/lib/clock.h"
#include "client/lib/docs.h"
#include "client/lib/files.h"
#include "client/lib/heads.h"
#include "client/lib/letters.h"
#include "client/lib/lock.h"
#include "client/lib/prekeys.h"
#include "proto/blind/handle.h"

#define BROKER_MS 3500
#define TURN_MS 50
#define FREE_MIN_BYTES (UINT64_C(64) * 1024 * 1024)
#define MEMLOCK_MIN_BYTES (UINT64_C(256) * 1024)
#define DESCRIPTORS_MIN 256U
#define SOON_DAYS 7
#define WAITING_MANY 1000
#define ALARM_DAYS 7
#define FOUND_MAX 200U

/* What the checks look at, and what they answer. */
struct doctor {
    struct sein_home *home;
    const char *path;
    int64_t now_ms;
    enum client_stage reached; /* by the connection that was tried */
    enum sein_err broker;      /* why it ended */
    int64_t ahead_ms;          /* our clock before the broker's */
    char found[FOUND_MAX];
};

static bool say(struct doctor *doctor, bool ok, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool
say(struct doctor *doctor, bool ok, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(doctor->found, sizeof doctor->found, format, arguments);
    va_end(arguments);
    return ok;
}

/* ---- the machine ------------------------------------------------------------
 */

static bool
check_sodium(struct doctor *doctor)
{
    return say(doctor, sodium_library_version_major() >= 10, "libsodium %s",
               sodium_version_string());
}

static bool
check_zmq_curve(struct doctor *doctor)
{
    int major = 0;
    int minor = 0;
    int patch = 0;

    zmq_version(&major, &minor, &patch);
    return say(doctor, zmq_has("curve") == 1, "libzmq %d.%d.%d %s", major,
               minor, patch, zmq_has("curve") == 1 ? "with CURVE" : "");
}

static bool
check_random(struct doctor *doctor)
{
    uint8_t a[16];
    uint8_t b[16];

    randombytes_buf(a, sizeof a);
    randombytes_buf(b, sizeof b);
    return say(doctor, memcmp(a, b, sizeof a) != 0, "random numbers");
}

static bool
check_memory_lock(struct doctor *doctor)
{
    struct rlimit limit = { 0 };

    if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0)
        return say(doctor, false, "not known");
    return say(doctor, limit.rlim_cur >= MEMLOCK_MIN_BYTES, "%llu KiB",
               (unsigned long long)(limit.rlim_cur / 1024));
}

static bool
check_descriptors(struct doctor *doctor)
{
    struct rlimit limit = { 0 };

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return say(doctor, false, "not known");
    return say(doctor, limit.rlim_cur >= DESCRIPTORS_MIN, "%llu",
               (unsigned long long)limit.rlim_cur);
}

static bool
check_core_dumps(struct doctor *doctor)
{
    struct rlimit limit = { 0 };

    if (getrlimit(RLIMIT_CORE, &limit) != 0)
        return say(doctor, false, "not known");
    return say(doctor, limit.rlim_cur == 0,
               limit.rlim_cur == 0 ? "off" : "on: a crash writes memory down");
}

static bool
check_calendar(struct doctor *doctor)
{
    struct sein_date today;
    char text[SEIN_DATE_CHARS + 1];

    if (calendar_day_of(doctor->now_ms, &today) != SEIN_OK)
        return say(doctor, false, "the clock stands outside 1900-2199");
    sein_date_format(today, text);
    /* No build of this is older than its protocol. */
    return say(doctor, today.year >= 2025, "%s", text);
}

static bool
check_handles(struct doctor *doctor)
{
    struct sein_address address = {
        .postcode = sein_slice_text("1506 ab"),
        .huisnummer = sein_slice_text("118 b"),
        .huisnummertoevoeging = sein_slice_text("2-hoog"),
    };
    struct sein_handle handle = { 0 };

    if (sein_handle_from_address(&address, &handle, NULL) != SEIN_OK)
        return say(doctor, false, "an address is refused");
    return say(doctor,
               sein_slice_is(sein_handle_text(&handle), "1506AB/118/B2HOOG/"),
               "version %u", SEIN_HANDLE_VERSION);
}

/* ---- the folder -------------------------------------------------------------
 */

static bool
stat_in(const struct doctor *doctor, const char *name, struct stat *out)
{
    char path[FILES_PATH_MAX];

    if (name == NULL)
        return stat(doctor->path, out) == 0;
    return files_join(doctor->path, name, path) == SEIN_OK &&
           stat(path, out) == 0;
}

static bool
check_folder(struct doctor *doctor)
{
    struct stat found = { 0 };

    if (!stat_in(doctor, NULL, &found))
        return say(doctor, false, "%s", strerror(errno));
    return say(doctor, S_ISDIR(found.st_mode), "there is a folder");
}

static bool
check_folder_mode(struct doctor *doctor)
{
    struct stat found = { 0 };

    if (!stat_in(doctor, NULL, &found))
        return say(doctor, false, "no folder");
    return say(doctor, (found.st_mode & 077) == 0, "mode %03o",
               (unsigned)(found.st_mode & 0777));
}

static bool
check_owner(struct doctor *doctor)
{
    struct stat found = { 0 };

    if (!stat_in(doctor, NULL, &found))
        return say(doctor, false, "no folder");
    return say(doctor, found.st_uid == geteuid(), "user %lu",
               (unsigned long)found.st_uid);
}

static bool
check_keystore_mode(struct doctor *doctor)
{
    struct stat found = { 0 };

    if (!stat_in(doctor, "keystore", &found))
        return say(doctor, false, "no keystore");
    return say(doctor, (found.st_mode & 077) == 0, "mode %03o",
               (unsigned)(found.st_mode & 0777));
}

static bool
check_database_mode(struct doctor *doctor)
{
    struct stat found = { 0 };

    if (!stat_in(doctor, "home.db", &found))
        return say(doctor, false, "no database");
    return say(doctor, (found.st_mode & 077) == 0, "mode %03o, %lld KiB",
               (unsigned)(found.st_mode & 0777),
               (long long)(found.st_size / 1024));
}

static bool
check_space(struct doctor *doctor)
{
    struct statvfs found = { 0 };
    uint64_t bytes = 0;

    if (statvfs(doctor->path, &found) != 0)
        return say(doctor, false, "%s", strerror(errno));
    bytes = (uint64_t)found.f_bavail * found.f_frsize;
    return say(doctor, bytes >= FREE_MIN_BYTES, "%llu MiB free",
               (unsigned long long)(bytes / (1024 * 1024)));
}

static bool
check_lock(struct doctor *doctor)
{
    char holder[LOCK_HOLDER_MAX] = "";

    if (doctor->home != NULL)
        return say(doctor, true, "held by this program");
    if (lock_holder(doctor->path, holder, sizeof holder) == SEIN_OK)
        return say(doctor, false, "in use by %s", holder);
    return say(doctor, true, "free");
}

static bool
check_open(struct doctor *doctor)
{
    return say(doctor, doctor->home != NULL,
               doctor->home != NULL ? "unlocked" : "not unlocked");
}

/* ---- the home ---------------------------------------------------------------
 */

static bool
check_database(struct doctor *doctor)
{
    enum sein_err err = localdb_check(doctor->home->db);

    return say(doctor, err == SEIN_OK, "%s", sein_err_code(err));
}

static bool
check_rows(struct doctor *doctor)
{
    struct letters_walk walk = { 0 };
    struct letter letter = { 0 };
    unsigned seen = 0;
    enum sein_err err =
        letters_walk_begin(doctor->home->db, LETTERS_SENT, 0, &walk);

    /* The newest ones: time is limited, and damage is rarely alone. */
    while (err == SEIN_OK && seen < 2000) {
        err = letters_walk_next(&walk, &letter);
        if (err == SEIN_OK) {
            seen++;
            letter_free(&letter);
        }
    }
    letters_walk_end(&walk);
    return say(doctor, err == SEIN_OK || err == SEIN_ENOENT,
               "%u rows looked at, %s", seen,
               err == SEIN_ENOENT ? "ok" : sein_err_code(err));
}

static bool
check_joined(struct doctor *doctor)
{
    return say(doctor, doctor->home->trust.joined, "%s",
               doctor->home->trust.joined ? doctor->home->trust.endpoint
                                          : "no invitation was taken");
}

static bool
check_directory(struct doctor *doctor)
{
    const struct sein_directory *dir = doctor->home->dir;

    if (dir == NULL)
        return say(doctor, false, "none yet");
    return say(doctor, true, "version %llu",
               (unsigned long long)sein_directory_version(dir));
}

static int64_t
days_until(const struct doctor *doctor, int64_t at_ms)
{
    return (at_ms - doctor->now_ms) / SEIN_MS_PER_DAY;
}

static bool
check_directory_life(struct doctor *doctor)
{
    const struct sein_directory *dir = doctor->home->dir;
    int64_t days = 0;

    if (dir == NULL)
        return say(doctor, false, "no directory");
    days = days_until(doctor, sein_directory_expires_at(dir));
    if (sein_directory_expired(dir, doctor->now_ms))
        return say(doctor, false, "expired: nothing is sent");
    return say(doctor, days >= SOON_DAYS, "ends in %lld days", (long long)days);
}

static bool
check_key(struct doctor *doctor)
{
    const struct sein_key *key = NULL;
    enum sein_key_status status = SEIN_KEY_REVOKED;

    (void)home_key(doctor->home, doctor->now_ms, &key);
    if (key == NULL)
        return say(doctor, false, "the directory does not list it");
    status = sein_key_status_at(key, doctor->now_ms);
    return say(doctor, status == SEIN_KEY_ACTIVE,
               status == SEIN_KEY_ACTIVE ? "active" : "not active");
}

static bool
check_desks(struct doctor *doctor)
{
    const struct sein_desk *desks[SEIN_DESKS_MAX];
    size_t count = 0;

    if (home_desks(doctor->home, doctor->now_ms, desks, &count) != SEIN_OK)
        return say(doctor, false, "no desk in the directory");
    return say(doctor, count > 0, "%zu", count);
}

static bool
check_roles(struct doctor *doctor)
{
    const struct sein_desk *desks[SEIN_DESKS_MAX];
    size_t count = 0;
    size_t roles = 0;

    if (home_desks(doctor->home, doctor->now_ms, desks, &count) != SEIN_OK)
        return say(doctor, false, "no desk in the directory");
    for (size_t i = 0; i < count; i++)
        roles += desks[i]->entry.roles.count;
    return say(doctor, roles > 0, "%zu roles in circles", roles);
}

static bool
check_circles(struct doctor *doctor)
{
    const struct sein_desk *desks[SEIN_DESKS_MAX];
    size_t desk_count = 0;
    size_t circle_count = 0;
    const struct sein_circle *circles = NULL;

    if (home_desks(doctor->home, doctor->now_ms, desks, &desk_count) != SEIN_OK)
        return say(doctor, false, "no desk in the directory");
    circles = sein_directory_circles(doctor->home->dir, &circle_count);
    for (size_t i = 0; i < circle_count; i++) {
        struct sein_slice id = circles[i].entry.id;
        int64_t end = (int64_t)circles[i].entry.basis_ends;

        for (size_t k = 0; k < desk_count; k++) {
            if (sein_desk_roles(desks[k], id) != 0 &&
                days_until(doctor, end) < SOON_DAYS)
                return say(doctor, false, "%.*s ends in %lld days", (int)id.len,
                           (const char *)id.at,
                           (long long)days_until(doctor, end));
        }
    }
    return say(doctor, true, "all run on");
}

static bool
count_rows(struct doctor *doctor, const char *sql, int64_t bound, int64_t *out)
{
    struct localdb_query *query = NULL;
    enum sein_err err = localdb_start(doctor->home->db, sql, &query);

    if (err == SEIN_OK) {
        localdb_set_int(query, 1, bound);
        err = localdb_step(query);
    }
    if (err == SEIN_OK)
        *out = localdb_get_int(query, 0);
    localdb_end(&query);
    return err == SEIN_OK;
}

static bool
check_outbox(struct doctor *doctor)
{
    int64_t count = 0;

    if (letters_count(doctor->home->db, LETTER_SENT, LETTER_QUEUED, &count) !=
        SEIN_OK)
        return say(doctor, false, "could not be read");
    return say(doctor, count < WAITING_MANY, "%lld wait", (long long)count);
}

static bool
check_waiting(struct doctor *doctor)
{
    static const char sql[] = "SELECT count(*) FROM letter WHERE state = 1"
                              " AND wait <> 0 AND kind <> 7 AND id > ?1";
    int64_t count = 0;

    if (!count_rows(doctor, sql, 0, &count))
        return say(doctor, false, "could not be read");
    return say(doctor, count == 0, "%lld cannot go: see sein sent",
               (long long)count);
}

static bool
check_refused(struct doctor *doctor)
{
    int64_t refused = 0;
    int64_t uncollected = 0;

    if (letters_count(doctor->home->db, LETTER_SENT, LETTER_REFUSED,
                      &refused) != SEIN_OK ||
        letters_count(doctor->home->db, LETTER_SENT, LETTER_NOT_COLLECTED,
                      &uncollected) != SEIN_OK)
        return say(doctor, false, "could not be read");
    return say(doctor, refused + uncollected == 0,
               "%lld refused, %lld not collected", (long long)refused,
               (long long)uncollected);
}

static bool
check_prekeys(struct doctor *doctor)
{
    static const char sql[] =
        "SELECT count(*) FROM prekey WHERE confirmed = 1 AND erase_at > ?1";
    /* In force or ahead: their private parts outlive them by a letter. */
    int64_t alive = doctor->now_ms + SEIN_LETTER_LIFE_MS + SEIN_LETTER_GRACE_MS;
    int64_t count = 0;

    if (!count_rows(doctor, sql, alive, &count))
        return say(doctor, false, "could not be read");
    return say(doctor, count > 0, "%lld published and in force or ahead",
               (long long)count);
}

static bool
check_alarms(struct doctor *doctor)
{
    int64_t count = 0;

    if (alarms_count(doctor->home->db,
                     doctor->now_ms - ALARM_DAYS * SEIN_MS_PER_DAY,
                     &count) != SEIN_OK)
        return say(doctor, false, "could not be read");
    return say(doctor, count == 0, "%lld in %d days", (long long)count,
               ALARM_DAYS);
}

static bool
check_log(struct doctor *doctor)
{
    struct heads_position at = { 0 };

    if (heads_load_position(doctor->home, &at) != SEIN_OK)
        return say(doctor, false, "could not be read");
    return say(doctor, at.checked_seq == at.newest_seq,
               "checked up to %llu of %llu", (unsigned long long)at.checked_seq,
               (unsigned long long)at.newest_seq);
}

static bool
check_last_sync(struct doctor *doctor)
{
    int64_t at_ms = 0;

    if (localdb_get_meta_int(doctor->home->db, "synced-at", &at_ms) != SEIN_OK)
        return say(doctor, false, "could not be read");
    if (at_ms == 0)
        return say(doctor, false, "never");
    return say(doctor, doctor->now_ms - at_ms < SEIN_DESK_UNREAD_MS,
               "%lld hours ago",
               (long long)((doctor->now_ms - at_ms) / SEIN_MS_PER_HOUR));
}

/* ---- the broker -------------------------------------------------------------
 */

static bool
check_reachable(struct doctor *doctor)
{
    return say(doctor,
               doctor->reached > CLIENT_DIALLING ||
                   doctor->broker == SEIN_ENOTADMITTED,
               "%s",
               doctor->reached > CLIENT_DIALLING
                   ? "answers"
                   : sein_err_code(doctor->broker));
}

static bool
check_admitted(struct doctor *doctor)
{
    return say(doctor, doctor->reached > CLIENT_DIALLING, "%s",
               doctor->reached > CLIENT_DIALLING
                   ? "admitted"
                   : sein_err_code(doctor->broker));
}

static bool
check_session(struct doctor *doctor)
{
    return say(doctor, doctor->reached == CLIENT_READY, "%s",
               doctor->reached == CLIENT_READY ? "open"
                                               : sein_err_code(doctor->broker));
}

static bool
check_clock(struct doctor *doctor)
{
    if (doctor->reached < CLIENT_PREKEYS)
        return say(doctor, false, "the broker did not tell the time");
    return say(doctor,
               doctor->ahead_ms <= SEIN_CLOCK_AHEAD_MS &&
                   doctor->ahead_ms >= -SEIN_CLOCK_AHEAD_MS,
               "%lld s ahead of the broker",
               (long long)(doctor->ahead_ms / SEIN_MS_PER_S));
}

/* ---- the list ---------------------------------------------------------------
 */

enum needs { NEEDS_NOTHING, NEEDS_HOME, NEEDS_BROKER };

struct check {
    const char *name;
    enum needs needs;
    bool (*run)(struct doctor *doctor);
    const char *fix_nl;
    const char *fix_en;
};

/* clang-format off */
static const struct check checks[] = {
    { "libsodium", NEEDS_NOTHING, check_sodium,
      "installeer libsodium 1.0.18 of nieuwer", "install libsodium 1.0.18 or newer" },
    { "libzmq", NEEDS_NOTHING, check_zmq_curve,
      "installeer libzmq met CURVE (Debian: libzmq5)", "install libzmq with CURVE (Debian: libzmq5)" },
    { "random", NEEDS_NOTHING, check_random,
      "de machine geeft geen toevalsgetallen; start haar opnieuw", "the machine gives no random numbers; restart it" },
    { "memory_lock", NEEDS_NOTHING, check_memory_lock,
      "verhoog de grens: ulimit -l 1024 of LimitMEMLOCK=1M", "raise the limit: ulimit -l 1024 or LimitMEMLOCK=1M" },
    { "descriptors", NEEDS_NOTHING, check_descriptors,
      "verhoog de grens: ulimit -n 1024", "raise the limit: ulimit -n 1024" },
    { "core_dumps", NEEDS_NOTHING, check_core_dumps,
      "zet ze uit: ulimit -c 0 of LimitCORE=0", "turn them off: ulimit -c 0 or LimitCORE=0" },
    { "calendar", NEEDS_NOTHING, check_calendar,
      "zet de klok van de machine gelijk (timedatectl set-ntp true)", "set the clock of the machine right (timedatectl set-ntp true)" },
    { "handles", NEEDS_NOTHING, check_handles,
      "dit programma is stuk; installeer het opnieuw", "this program is broken; install it again" },
    { "folder", NEEDS_NOTHING, check_folder,
      "maak een thuismap met sein init", "make a home with sein init" },
    { "folder_mode", NEEDS_NOTHING, check_folder_mode,
      "alleen de eigenaar mag erin: chmod 700", "only its owner may enter: chmod 700" },
    { "folder_owner", NEEDS_NOTHING, check_owner,
      "gebruik de map als haar eigenaar, of geef haar met chown", "use the home as its owner, or give it away with chown" },
    { "keystore_mode", NEEDS_NOTHING, check_keystore_mode,
      "alleen de eigenaar mag het lezen: chmod 600 keystore", "only its owner may read it: chmod 600 keystore" },
    { "database_mode", NEEDS_NOTHING, check_database_mode,
      "alleen de eigenaar mag het lezen: chmod 600 home.db", "only its owner may read it: chmod 600 home.db" },
    { "disk_space", NEEDS_NOTHING, check_space,
      "maak ruimte op de schijf van de thuismap", "free some space on the disk of the home" },
    { "lock", NEEDS_NOTHING, check_lock,
      "wacht op dat programma of stop het", "wait for that program or stop it" },
    { "unlocked", NEEDS_NOTHING, check_open,
      "ontgrendel met sein unlock of --key-file", "unlock with sein unlock or --key-file" },
    { "database", NEEDS_HOME, check_database,
      "zet de reservekopie van de thuismap terug", "restore the home from its backup" },
    { "rows", NEEDS_HOME, check_rows,
      "zet de reservekopie van de thuismap terug", "restore the home from its backup" },
    { "joined", NEEDS_HOME, check_joined,
      "sluit aan met sein join en de uitnodiging", "join with sein join and the invitation" },
    { "directory", NEEDS_HOME, check_directory,
      "stuur het aansluitverzoek aan het beheer, en haal op met sein status", "send the join request to the governance, then fetch with sein status" },
    { "directory_life", NEEDS_HOME, check_directory_life,
      "vraag het beheer om een nieuw getekend register", "ask the governance for a newly signed directory" },
    { "key", NEEDS_HOME, check_key,
      "vraag het beheer om toelating van deze sleutel", "ask the governance to admit this key" },
    { "desks", NEEDS_HOME, check_desks,
      "vraag het beheer om een loket voor deze sleutel", "ask the governance for a desk for this key" },
    { "roles", NEEDS_HOME, check_roles,
      "vraag het beheer om een rol in een kring", "ask the governance for a role in a circle" },
    { "circles", NEEDS_HOME, check_circles,
      "vraag het beheer om de grondslag te verlengen", "ask the governance to renew the legal basis" },
    { "outbox", NEEDS_HOME, check_outbox,
      "laat sein watch lopen, of kijk met sein sent waarom er zoveel wacht", "keep sein watch running, or look with sein sent why so much waits" },
    { "waiting", NEEDS_HOME, check_waiting,
      "kijk met sein sent waarom deze niet weg kunnen", "look with sein sent why these cannot go" },
    { "refused", NEEDS_HOME, check_refused,
      "kijk met sein sent welke, en bel het loket", "look with sein sent which ones, and call the desk" },
    { "prekeys", NEEDS_HOME, check_prekeys,
      "verbind met het seinhuis (sein inbox): zonder voorsleutel kan niemand u schrijven", "connect to the broker (sein inbox): without a prekey nobody can write to you" },
    { "alarms", NEEDS_HOME, check_alarms,
      "kijk met sein status welke, en meld ze aan het beheer", "look with sein status which ones, and tell the governance" },
    { "log", NEEDS_HOME, check_log,
      "verbind nog eens: het logboek van het seinhuis wordt verder nagekeken", "connect again: the broker's log is checked further" },
    { "last_sync", NEEDS_HOME, check_last_sync,
      "lees de post: een loket dat 24 uur niet gelezen is, wordt gemeld", "read the mail: a desk that was not read for 24 hours is told to senders" },
    { "broker", NEEDS_BROKER, check_reachable,
      "kijk of het seinhuis draait en of de firewall het doorlaat", "see whether the broker runs and the firewall lets it through" },
    { "admitted", NEEDS_BROKER, check_admitted,
      "stuur het aansluitverzoek (sein join) aan het beheer", "send the join request (sein join) to the governance" },
    { "session", NEEDS_BROKER, check_session,
      "leest een andere map deze loketten? neem over met sein take-over", "does another home read these desks? take over with sein take-over" },
    { "clock", NEEDS_BROKER, check_clock,
      "zet de klok van de machine gelijk (timedatectl set-ntp true)", "set the clock of the machine right (timedatectl set-ntp true)" },
};
/* clang-format on */

/* One connection serves all checks of the broker; nothing is read or sent. */
static void
try_broker(struct doctor *doctor)
{
    struct sein_home *home = doctor->home;
    int64_t until = sein_clock_monotonic_ms() + BROKER_MS;
    struct client *client = NULL;
    enum sein_err err = SEIN_OK;

    doctor->broker = SEIN_ENOTJOINED;
    if (!home->trust.joined)
        return;
    sein_disconnect(home);
    err = client_new(home, &client);
    while (err == SEIN_OK && client->stage != CLIENT_READY &&
           sein_clock_monotonic_ms() < until &&
           (client->stage != CLIENT_DOWN || client->reason == SEIN_OK)) {
        err = client_turn(client, TURN_MS);
        if (client->stage > doctor->reached)
            doctor->reached = client->stage;
    }
    doctor->broker = err != SEIN_OK ? err : SEIN_EUNREACHABLE;
    if (client != NULL) {
        if (client->reason != SEIN_OK)
            doctor->broker = client->reason;
        doctor->ahead_ms = client->clock_ahead_ms;
        client_say_bye(client);
    }
    client_free(&client);
}

static enum sein_err
run_check(struct doctor *doctor, const struct check *check,
          const struct doctor_request *request)
{
    json_t *doc = json_object();
    bool ok = check->run(doctor);

    docs_set(doc, "check", json_string(check->name));
    docs_set(doc, "ok", json_boolean(ok));
    docs_set(doc, "found", json_string(doctor->found));
    docs_set(doc, "fix_nl", json_string(check->fix_nl));
    docs_set(doc, "fix_en", json_string(check->fix_en));
    return api_give(doc, request->visit, request->context);
}

enum sein_err
doctor_run(struct sein_home *home, const struct doctor_request *request)
{
    struct doctor doctor = { .home = home,
                             .path = request->path,
                             .now_ms = sein_clock_ms() };
    enum sein_err err = SEIN_OK;

    if (sodium_init() < 0)
        return SEIN_EINTERNAL;
    if (home != NULL) {
        doctor.path = home->path;
        try_broker(&doctor);
    }
    for (size_t i = 0; i < sizeof checks / sizeof checks[0] && err == SEIN_OK;
         i++) {
        if (home == NULL && checks[i].needs != NEEDS_NOTHING)
            continue;
        err = run_check(&doctor, &checks[i], request);
    }
    return err;
}
