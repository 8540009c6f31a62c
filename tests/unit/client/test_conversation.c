/* Homes that talk through a real broker: its program is started from the build
 * folder, on loopback, in a folder of its own. */
#define _XOPEN_SOURCE 700 /* nftw */

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>
#include <sodium.h>

#include "client/include/sein.h"
#include "client/lib/clock.h"
#include "proto/base/error.h"
#include "proto/trust/line.h"
#include "tests/support/fixture_directory.h"

#define PATH_BYTES 512U
#define TIMEOUT_MS 10000

struct town {
    char folder[PATH_BYTES];
    char program[PATH_BYTES];
    char endpoint[64];
    pid_t broker;
    struct fixture_directory *directory;
    struct sein_broker_line line;
    char invitation[SEIN_LINE_MAX];
    char fingerprint[2 * SEIN_HASH_BYTES + 1];
    struct sein_home *corporatie;
    struct sein_home *wijkteam;
};

/* ---- the broker -------------------------------------------------------------
 */

static unsigned
free_port(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    (void)close(fd);
    return ntohs(address.sin_port);
}

static void
path_in(const struct town *town, const char *name, char *out)
{
    (void)snprintf(out, PATH_BYTES, "%.400s/%.100s", town->folder, name);
}

static pid_t
start(const struct town *town, const char *log, const char *const *arguments)
{
    char path[PATH_BYTES];
    pid_t child = 0;

    path_in(town, log, path);
    child = fork();
    if (child != 0)
        return child;
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    (void)dup2(fd, STDOUT_FILENO);
    (void)dup2(fd, STDERR_FILENO);
    (void)execv(town->program, (char *const *)(uintptr_t)arguments);
    _exit(127);
}

static void
init_broker(struct town *town)
{
    char folder[PATH_BYTES];
    char log[PATH_BYTES];
    char text[SEIN_LINE_MAX] = "";
    const char *arguments[] = {
        town->program,  "--init",          "--dir",      folder,
        "--name",       "Proef",           "--listen",   town->endpoint,
        "--endpoint",   town->endpoint,    "--operator", FIXTURE_OIN_OPERATOR,
        "--governance", town->fingerprint, NULL
    };
    int status = 0;
    char *line = NULL;
    FILE *file = NULL;

    path_in(town, "broker", folder);
    assert_int_equal(
        waitpid(start(town, "init.log", arguments), &status, 0) > 0, 1);
    assert_int_equal(status, 0);
    path_in(town, "init.log", log);
    file = fopen(log, "r");
    assert_non_null(file);
    (void)!fread(text, 1, sizeof text - 1, file);
    (void)fclose(file);
    line = strstr(text, "seinhuis-broker-1:");
    assert_non_null(line);
    line[strcspn(line, "\n")] = '\0';
    assert_int_equal(sein_broker_line_read(line, &town->line), SEIN_OK);
}

static void
start_broker(struct town *town)
{
    char folder[PATH_BYTES];
    const char *arguments[] = { town->program, "--dir", folder, NULL };

    path_in(town, "broker", folder);
    town->broker = start(town, "broker.log", arguments);
}

static void
stop_broker(struct town *town, int number)
{
    int status = 0;

    if (town->broker == 0)
        return;
    (void)kill(town->broker, number);
    (void)waitpid(town->broker, &status, 0);
    town->broker = 0;
}

/* ---- the town ---------------------------------------------------------------
 */

static struct sein_home *
make_home(struct town *town, const char *name, const char *oin)
{
    char path[PATH_BYTES];
    char key[PATH_BYTES];
    struct sein_unlock unlock = { .key_file = key };
    struct sein_home *home = NULL;

    path_in(town, name, path);
    (void)snprintf(key, sizeof key, "%.400s.key", path);
    assert_int_equal(sein_home_create(path, oin, name, NULL, 0, &unlock, &home),
                     SEIN_OK);
    return home;
}

static struct sein_home *
open_home(struct town *town, const char *name)
{
    char path[PATH_BYTES];
    char key[PATH_BYTES];
    struct sein_unlock unlock = { .key_file = key };
    struct sein_home *home = NULL;

    path_in(town, name, path);
    (void)snprintf(key, sizeof key, "%.400s.key", path);
    assert_int_equal(sein_home_open(path, &unlock, "tester", &home), SEIN_OK);
    return home;
}

static void
admit(struct town *town, struct sein_home *home, size_t member)
{
    char line[SEIN_LINE_MAX];
    char fingerprint[64];
    struct sein_join_request request;
    struct fixture_key *key = &town->directory->members[member].keys[0];

    assert_int_equal(sein_home_join(home, town->invitation, NULL, line,
                                    sizeof line, fingerprint,
                                    sizeof fingerprint),
                     SEIN_OK);
    assert_int_equal(sein_join_read(line, &request), SEIN_OK);
    memcpy(key->sign, request.sign, sizeof key->sign);
    memcpy(key->curve, request.curve, sizeof key->curve);
    key->key_id = request.key_id;
}

static void
publish(struct town *town, const char *name)
{
    struct fixture_bytes bytes = { 0 };
    char path[PATH_BYTES];
    FILE *file = NULL;

    assert_int_equal(fixture_directory_encode(town->directory, &bytes),
                     SEIN_OK);
    path_in(town, name, path);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes.at, 1, bytes.len, file), bytes.len);
    assert_int_equal(fclose(file), 0);
    fixture_bytes_free(&bytes);
}

static void
make_invitation(struct town *town)
{
    struct sein_invitation invitation = { 0 };
    struct sein_directory *dir = fixture_directory_open(town->directory);

    sein_directory_fingerprint(dir, &invitation.fingerprint);
    sein_hex(sein_slice_of(invitation.fingerprint.bytes, SEIN_HASH_BYTES),
             town->fingerprint, sizeof town->fingerprint);
    sein_directory_free(&dir);
    init_broker(town);
    (void)snprintf(invitation.endpoint, sizeof invitation.endpoint, "%s",
                   town->endpoint);
    memcpy(invitation.curve, town->line.curve, sizeof invitation.curve);
    assert_int_equal(sein_invitation_write(&invitation, town->invitation),
                     SEIN_OK);
}

static int
set_up(void **state)
{
    struct town *town = calloc(1, sizeof *town);
    const char *build = getenv("SEIN_BUILD");
    const char *tmp = getenv("TMPDIR");
    struct fixture_broker *broker = NULL;

    assert_non_null(town);
    (void)snprintf(town->program, sizeof town->program, "%s/bin/seinhuisd",
                   build == NULL ? "build" : build);
    (void)snprintf(town->folder, sizeof town->folder, "%s/townXXXXXX",
                   tmp == NULL ? "/tmp" : tmp);
    assert_non_null(mkdtemp(town->folder));
    (void)snprintf(town->endpoint, sizeof town->endpoint, "tcp://127.0.0.1:%u",
                   free_port());
    town->directory = fixture_directory_new(sein_clock_ms());
    make_invitation(town);
    broker = &town->directory->brokers[0];
    broker->endpoint = town->endpoint;
    memcpy(broker->curve, town->line.curve, sizeof broker->curve);
    memcpy(broker->receipt, town->line.receipt, sizeof broker->receipt);
    town->corporatie = make_home(town, "corporatie", FIXTURE_OIN_CORPORATIE);
    town->wijkteam = make_home(town, "wijkteam", FIXTURE_OIN_WIJKTEAM);
    admit(town, town->corporatie, FIXTURE_CORPORATIE);
    admit(town, town->wijkteam, FIXTURE_WIJKTEAM);
    publish(town, "broker/incoming/1.dir");
    start_broker(town);
    *state = town;
    return 0;
}

static int
remove_one(const char *path, const struct stat *what, int type,
           struct FTW *where)
{
    (void)what;
    (void)type;
    (void)where;
    return remove(path);
}

static int
tear_down(void **state)
{
    struct town *town = *state;
    sein_home_close(&town->corporatie);
    sein_home_close(&town->wijkteam);
    stop_broker(town, SIGTERM);
    fixture_directory_free(&town->directory);
    if (getenv("KEEP") == NULL)
        (void)nftw(town->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(town);
    return 0;
}

/* ---- documents --------------------------------------------------------------
 */

struct documents {
    json_t *list;
};

static int
collect(void *context, const char *json)
{
    struct documents *documents = context;

    if (documents->list == NULL)
        documents->list = json_array();
    (void)json_array_append_new(documents->list, json_loads(json, 0, NULL));
    if (getenv("SHOW") != NULL)
        print_message("%s\n", json);
    return 0;
}

static json_t *
at(const struct documents *documents, size_t index)
{
    return json_array_get(documents->list, index);
}

static void
forget(struct documents *documents)
{
    json_decref(documents->list);
    documents->list = NULL;
}

#define assert_text(doc, name, expected) \
    assert_string_equal(json_string_value(json_object_get(doc, name)), expected)

/* The broker may still be starting: only that is waited for. */
static void
sync_home(struct sein_home *home)
{
    struct documents seen = { 0 };
    int err = SEIN_EUNREACHABLE;
    int64_t until = sein_clock_monotonic_ms() + TIMEOUT_MS;

    while (err == SEIN_EUNREACHABLE && sein_clock_monotonic_ms() < until)
        err = sein_sync(home, TIMEOUT_MS, collect, &seen);
    forget(&seen);
    assert_int_equal(err, SEIN_OK);
}

static void
send_signal(struct sein_home *home, const char *source_id, const char *amount,
            struct documents *out)
{
    const struct sein_pair pairs[] = {
        { "source_id", source_id },
        { "circle", "schulden" },
        { "kind", "huur" },
        { "postcode", "1506 ab" },
        { "huisnummer", "12 b" },
        { "amount_cents", amount },
        { "informed", "yes" },
        { "contact_tried", "2025-01-02" },
        { "help_pointed_out", "2025-01-02" },
        { "reminder_sent", "2025-01-02" },
        { "offer_made", "2025-01-02" },
        { "note", "Vraag naar de moeder" },
    };

    assert_int_equal(
        sein_signal(home, pairs, sizeof pairs / sizeof pairs[0], collect, out),
        SEIN_OK);
}

static void
assert_state(struct sein_home *home, const char *source_id, const char *state)
{
    struct sein_which which = { NULL, "schulden", source_id };
    struct documents sent = { 0 };

    assert_int_equal(sein_sent(home, &which, collect, &sent), SEIN_OK);
    assert_text(at(&sent, 0), "state", state);
    forget(&sent);
}

/* ---- tests ------------------------------------------------------------------
 */

static void
test_signal_travels_and_is_answered(void **state)
{
    struct town *town = *state;
    struct documents docs = { 0 };
    json_t *household = NULL;
    json_t *signal = NULL;
    char id[64];

    sync_home(town->wijkteam);
    sync_home(town->corporatie);
    send_signal(town->corporatie, "A-1", "50000", &docs);
    assert_text(at(&docs, 0), "verdict", "accepted");
    forget(&docs);
    assert_state(town->corporatie, "A-1", "queued");
    sync_home(town->corporatie);
    assert_state(town->corporatie, "A-1", "accepted");

    sync_home(town->wijkteam);
    assert_int_equal(sein_inbox(town->wijkteam, collect, &docs), SEIN_OK);
    household = json_array_get(json_object_get(at(&docs, 0), "households"), 0);
    assert_text(json_object_get(household, "address"), "canonical",
                "1506AB/12/B/");
    signal = json_array_get(json_object_get(household, "signals"), 0);
    assert_text(signal, "source_id", "A-1");
    assert_text(signal, "from", FIXTURE_DESK_CORPORATIE);
    assert_text(signal, "kind", "huur");
    assert_text(signal, "note", "Vraag naar de moeder");
    (void)snprintf(id, sizeof id, "%s",
                   json_string_value(json_object_get(signal, "letter_id")));
    forget(&docs);

    sync_home(town->corporatie);
    assert_state(town->corporatie, "A-1", "delivered");
    assert_int_equal(sein_show(town->wijkteam, id, collect, &docs), SEIN_OK);
    forget(&docs);
    sync_home(town->wijkteam);
    sync_home(town->corporatie);
    assert_state(town->corporatie, "A-1", "read");
    assert_int_equal(
        sein_feedback(town->wijkteam, id, "contact", collect, &docs), SEIN_OK);
    forget(&docs);
    sync_home(town->wijkteam);
    sync_home(town->corporatie);
    assert_state(town->corporatie, "A-1", "answered");
}

static void
test_waits_while_the_broker_is_down(void **state)
{
    struct town *town = *state;
    struct documents docs = { 0 };

    sync_home(town->wijkteam);
    sync_home(town->corporatie);
    stop_broker(town, SIGKILL);
    send_signal(town->corporatie, "B-1", "50000", &docs);
    forget(&docs);
    assert_int_equal(sein_sync(town->corporatie, 2000, NULL, NULL),
                     SEIN_EUNREACHABLE);
    assert_state(town->corporatie, "B-1", "queued");
    sein_home_close(&town->corporatie);
    town->corporatie = open_home(town, "corporatie");
    start_broker(town);
    sync_home(town->corporatie);
    assert_state(town->corporatie, "B-1", "accepted");
}

static void
test_waits_for_a_prekey_and_says_so(void **state)
{
    struct town *town = *state;
    struct sein_which which = { NULL, "schulden", "C-1" };
    struct documents docs = { 0 };

    sync_home(town->corporatie);
    send_signal(town->corporatie, "C-1", "50000", &docs);
    forget(&docs);
    sync_home(town->corporatie);
    assert_int_equal(sein_sent(town->corporatie, &which, collect, &docs),
                     SEIN_OK);
    assert_text(at(&docs, 0), "state", "queued");
    assert_text(at(&docs, 0), "waits", "prekey_absent");
    forget(&docs);
    sync_home(town->wijkteam);
    sync_home(town->corporatie);
    assert_state(town->corporatie, "C-1", "accepted");
}

static void
test_correction_and_withdrawal(void **state)
{
    struct town *town = *state;
    struct sein_which which = { NULL, "schulden", "D-1" };
    struct documents docs = { 0 };
    json_t *signals = NULL;

    sync_home(town->wijkteam);
    sync_home(town->corporatie);
    send_signal(town->corporatie, "D-1", "50000", &docs);
    send_signal(town->corporatie, "D-1", "50000", &docs);
    send_signal(town->corporatie, "D-1", "70000", &docs);
    assert_text(at(&docs, 0), "verdict", "accepted");
    assert_text(at(&docs, 1), "verdict", "duplicate");
    assert_text(at(&docs, 2), "verdict", "superseded");
    forget(&docs);
    sync_home(town->corporatie);
    sync_home(town->wijkteam);
    assert_int_equal(sein_inbox(town->wijkteam, collect, &docs), SEIN_OK);
    signals = json_object_get(
        json_array_get(json_object_get(at(&docs, 0), "households"), 0),
        "signals");
    assert_int_equal(json_array_size(signals), 1);
    assert_int_equal(json_integer_value(json_object_get(
                         json_array_get(signals, 0), "amount_cents")),
                     70000);
    forget(&docs);

    assert_int_equal(sein_withdraw(town->corporatie, &which, "verkeerd adres",
                                   collect, &docs),
                     SEIN_OK);
    forget(&docs);
    sync_home(town->corporatie);
    assert_state(town->corporatie, "D-1", "withdrawn");
    sync_home(town->wijkteam);
    assert_int_equal(sein_inbox(town->wijkteam, collect, &docs), SEIN_OK);
    assert_int_equal(
        json_array_size(json_object_get(at(&docs, 0), "households")), 0);
    forget(&docs);
    sync_home(town->corporatie);
    assert_state(town->corporatie, "D-1", "erased");
    send_signal(town->corporatie, "D-1", "80000", &docs);
    assert_text(at(&docs, 0), "verdict", "rejected");
    assert_text(at(&docs, 0), "code", "withdrawn");
    forget(&docs);
}

static void
write_csv(struct town *town, const char *name, const char *text)
{
    char path[PATH_BYTES];
    FILE *file = NULL;

    path_in(town, name, path);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

#define CSV_HEADER                                                     \
    "source_id,circle,kind,postcode,huisnummer,amount_cents,informed," \
    "contact_tried,help_pointed_out,reminder_sent,offer_made\n"
#define CSV_REST ",yes,2025-01-02,2025-01-02,2025-01-02,2025-01-02\n"

static void
test_import_gives_each_row_its_verdict(void **state)
{
    static const char *const verdicts[] = { "accepted", "duplicate", "rejected",
                                            "rejected", "accepted" };
    struct town *town = *state;
    struct documents docs = { 0 };
    char path[PATH_BYTES];
    uint64_t rejected = 0;

    sync_home(town->wijkteam);
    sync_home(town->corporatie);
    write_csv(town, "a.csv",
              CSV_HEADER "E-1,schulden,huur,1506AB,1,100" CSV_REST
                         "E-1,schulden,huur,1506AB,1,100" CSV_REST
                         "E-1,schulden,huur,1506AB,1,200" CSV_REST
                         "E-2,schulden,huur,9999ZZ,1,100" CSV_REST
                         "E-3,schulden,huur,1799XX,7-II,100" CSV_REST);
    path_in(town, "a.csv", path);
    assert_int_equal(sein_import(town->corporatie, path, NULL, collect, NULL,
                                 &docs, &rejected),
                     SEIN_OK);
    assert_int_equal(rejected, 2);
    assert_int_equal(json_array_size(docs.list), 5);
    for (size_t i = 0; i < 5; i++) {
        assert_text(at(&docs, i), "verdict", verdicts[i]);
        assert_int_equal(
            json_integer_value(json_object_get(at(&docs, i), "line")), i + 2);
    }
    assert_null(json_object_get(at(&docs, 0), "queued"));
    assert_true(json_is_object(json_object_get(at(&docs, 0), "receipt")));
    assert_true(json_is_object(json_object_get(at(&docs, 1), "receipt")));
    assert_text(at(&docs, 2), "code", "source_id_twice");
    assert_text(at(&docs, 3), "code", "no_desk_for_postcode");
    forget(&docs);

    assert_int_equal(sein_import(town->corporatie, path, NULL, collect, NULL,
                                 &docs, &rejected),
                     SEIN_OK);
    assert_text(at(&docs, 0), "verdict", "duplicate");
    assert_true(json_is_object(json_object_get(at(&docs, 0), "receipt")));
    assert_text(at(&docs, 4), "verdict", "duplicate");
    forget(&docs);
}

static void
test_status_and_doctor(void **state)
{
    struct town *town = *state;
    struct documents docs = { 0 };

    sync_home(town->corporatie);
    assert_int_equal(sein_status(town->corporatie, collect, &docs), SEIN_OK);
    assert_text(at(&docs, 0), "key_status", "active");
    forget(&docs);
    assert_int_equal(sein_doctor(town->corporatie, NULL, collect, &docs),
                     SEIN_OK);
    assert_true(json_array_size(docs.list) >= 25);
    for (size_t i = 0; i < json_array_size(docs.list); i++) {
        const char *name =
            json_string_value(json_object_get(at(&docs, i), "check"));

        if (strcmp(name, "core_dumps") != 0 && strcmp(name, "memory_lock") != 0)
            assert_true(json_is_true(json_object_get(at(&docs, i), "ok")));
    }
    forget(&docs);
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_signal_travels_and_is_answered,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_waits_while_the_broker_is_down,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_waits_for_a_prekey_and_says_so,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_correction_and_withdrawal, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_import_gives_each_row_its_verdict,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_status_and_doctor, set_up,
                                        tear_down),
    };

    if (argc > 1)
        (void)setenv("SEIN_BUILD", argv[1], 0);
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
