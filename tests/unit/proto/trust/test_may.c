#include "proto/trust/may.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "tests/support/fixture_epoch.h"

#define NOW FIXTURE_NOW_MS
#define DAY SEIN_MS_PER_DAY
#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* ---- sein_may_letter: PROTOCOL.md section 9, cell by cell ------------------
 */

enum relation { NEW_THREAD, FROM_OPENER, FROM_OTHER, RELATION_COUNT };

/* A row of the table: who may, and which way in the thread. */
struct row {
    enum sein_letter_kind kind;
    uint64_t from, to; /* one of these roles is needed; 255: any */
    bool allowed[RELATION_COUNT];
    bool opener_introduced;
};

#define SIGNAL SEIN_ROLE_SIGNAL
#define COORDINATE SEIN_ROLE_COORDINATE
#define FEEDBACK SEIN_ROLE_FEEDBACK
#define HOLDER SEIN_ROLE_KEYHOLDER
#define INTRODUCED SEIN_ROLE_INTRODUCED
#define EITHER (SEIN_ROLE_COORDINATE | SEIN_ROLE_INTRODUCED)

/* clang-format off */
static const struct row rows[] = {
    { SEIN_LETTER_SIGNAL, SIGNAL, COORDINATE, { true, false, false }, false },
    { SEIN_LETTER_CORRECTION, SIGNAL, COORDINATE, { false, true, false }, false },
    { SEIN_LETTER_WITHDRAWAL, SIGNAL, COORDINATE, { false, true, false }, false },
    { SEIN_LETTER_CLOSING, SIGNAL, COORDINATE, { false, true, false }, false },
    { SEIN_LETTER_FEEDBACK, COORDINATE, FEEDBACK, { false, false, true }, false },
    { SEIN_LETTER_MESSAGE, 255, 255, { false, true, true }, true },
    { SEIN_LETTER_RECEIPT, 255, 255, { false, true, true }, false },
    { SEIN_LETTER_INVITATION, EITHER, EITHER, { true, false, false }, false },
    { SEIN_LETTER_REFERRAL, EITHER, EITHER, { true, false, false }, false },
    { SEIN_LETTER_CONSULT, EITHER, EITHER, { true, false, false }, false },
    { SEIN_LETTER_INTRODUCTION, INTRODUCED, INTRODUCED, { false }, false },
    { SEIN_LETTER_REGIE, INTRODUCED, INTRODUCED, { false }, false },
    { SEIN_LETTER_PARTING, INTRODUCED, INTRODUCED, { false }, false },
    { SEIN_LETTER_CEREMONY, HOLDER, HOLDER, { true, false, false }, false },
};
/* clang-format on */

static const char *const from_desk = FIXTURE_DESK_SCHOOL;
static const char *const to_desk = FIXTURE_DESK_NOORD;

/* The demo, in which the two desks have just these roles in circle jeugd. */
static struct sein_directory *
directory_with(uint64_t from_roles, uint64_t to_roles)
{
    struct fixture_directory *demo = fixture_directory_new(NOW);
    struct fixture_desk *from = &demo->members[FIXTURE_SCHOOL].desks[0];
    struct fixture_desk *to = &demo->members[FIXTURE_WIJKTEAM].desks[0];
    struct sein_directory *dir = NULL;

    demo->circles[FIXTURE_JEUGD].reveal = SEIN_REVEAL_NONE;
    from->role_count = 0;
    to->role_count = 0;
    if (from_roles != 0)
        fixture_role_add(from, "jeugd", from_roles);
    if (to_roles != 0)
        fixture_role_add(to, "jeugd", to_roles);
    dir = fixture_directory_open(demo);
    fixture_directory_free(&demo);
    return dir;
}

static struct sein_thread_view
thread_of(enum relation relation)
{
    bool back = relation == FROM_OTHER;

    return (struct sein_thread_view){
        .known = relation != NEW_THREAD,
        .opened_with = SEIN_LETTER_SIGNAL,
        .opener = sein_slice_text(back ? to_desk : from_desk),
        .other = sein_slice_text(back ? from_desk : to_desk),
        .circle = sein_slice_text("jeugd"),
    };
}

static enum sein_err
ask(const struct sein_directory *dir, uint64_t kind,
    const struct sein_thread_view *thread)
{
    return sein_may_letter(dir, kind, sein_slice_text(from_desk),
                           sein_slice_text(to_desk), sein_slice_text("jeugd"),
                           thread);
}

static enum sein_err
expected(const struct row *row, uint64_t from, uint64_t to,
         enum relation relation)
{
    uint64_t opener = relation == FROM_OPENER ? from : to;

    if ((from & row->from) == 0 || (to & row->to) == 0)
        return SEIN_EROLE;
    if (!row->allowed[relation])
        return SEIN_EPARTY;
    if (row->opener_introduced && (opener & SEIN_ROLE_INTRODUCED) == 0)
        return SEIN_EROLE;
    return SEIN_OK;
}

/* Kinds that no thread takes which a letter opened. */
static bool
pair_only(enum sein_letter_kind kind)
{
    return kind == SEIN_LETTER_INTRODUCTION || kind == SEIN_LETTER_REGIE ||
           kind == SEIN_LETTER_PARTING;
}

/* Asks every row of one pair of desks; counts what is allowed. */
static void
check_pair(uint64_t from, uint64_t to, size_t *allowed)
{
    struct sein_directory *dir = directory_with(from, to);

    for (size_t i = 0; i < COUNT(rows); i++) {
        for (int r = 0; r < RELATION_COUNT; r++) {
            struct sein_thread_view thread = thread_of((enum relation)r);
            enum sein_err want = expected(&rows[i], from, to, (enum relation)r);

            assert_int_equal(ask(dir, rows[i].kind, &thread), want);
            allowed[i] += want == SEIN_OK;
        }
    }
    sein_directory_free(&dir);
}

static void
test_every_cell_of_the_table(void **state)
{
    size_t allowed[COUNT(rows)] = { 0 };

    (void)state;
    /* One role each; 256 stands for none. */
    for (uint64_t from = 1; from <= 256; from *= 2) {
        for (uint64_t to = 1; to <= 256; to *= 2)
            check_pair(from & 255, to & 255, allowed);
    }
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_true((allowed[i] > 0) != pair_only(rows[i].kind));
}

/* Everything but what is asked for does not help. */
static void
test_all_roles_but_one(void **state)
{
    size_t allowed[COUNT(rows)] = { 0 };

    (void)state;
    for (uint64_t role = 1; role < 256; role *= 2) {
        check_pair(255 & ~role, 255, allowed);
        check_pair(255, 255 & ~role, allowed);
    }
    check_pair(255, 255, allowed);
}

static void
test_kinds_of_another_version(void **state)
{
    static const uint64_t kinds[] = { 0, 11, 19, 23, 25, UINT64_MAX };
    struct sein_directory *dir = directory_with(255, 255);

    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++)
        assert_int_equal(ask(dir, kinds[i], NULL), SEIN_EKIND);
    sein_directory_free(&dir);
}

static void
test_names_that_are_not_there(void **state)
{
    struct sein_directory *dir = directory_with(255, 255);
    struct sein_slice from = sein_slice_text(from_desk);
    struct sein_slice to = sein_slice_text(to_desk);
    struct sein_slice circle = sein_slice_text("jeugd");
    struct sein_slice nobody = sein_slice_text(FIXTURE_OIN_SCHOOL "/nobody");

    (void)state;
    assert_int_equal(sein_may_letter(dir, 1, nobody, to, circle, NULL),
                     SEIN_EDESK);
    assert_int_equal(sein_may_letter(dir, 1, from, nobody, circle, NULL),
                     SEIN_EDESK);
    assert_int_equal(
        sein_may_letter(dir, 1, from, to, sein_slice_text("wonen"), NULL),
        SEIN_ECIRCLE);
    assert_int_equal(sein_may_letter(dir, 1, from, to, circle, NULL), SEIN_OK);
    sein_directory_free(&dir);
}

static void
test_no_thread_is_an_unknown_thread(void **state)
{
    struct sein_directory *dir = directory_with(255, 255);

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(ask(dir, rows[i].kind, NULL),
                         rows[i].allowed[NEW_THREAD] ? SEIN_OK : SEIN_EPARTY);
    sein_directory_free(&dir);
}

/* A third desk with every role writes into a thread of two others. */
static void
test_who_is_no_party(void **state)
{
    struct sein_directory *dir = directory_with(255, 255);
    struct sein_thread_view thread = thread_of(FROM_OPENER);

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        thread = thread_of(FROM_OPENER);
        thread.opener = sein_slice_text(FIXTURE_DESK_JEUGDHULP);
        assert_int_equal(ask(dir, rows[i].kind, &thread), SEIN_EPARTY);
        thread = thread_of(FROM_OPENER);
        thread.other = sein_slice_text(FIXTURE_DESK_ZUID);
        assert_int_equal(ask(dir, rows[i].kind, &thread), SEIN_EPARTY);
    }
    sein_directory_free(&dir);
}

static void
test_a_thread_never_leaves_its_circle(void **state)
{
    struct sein_directory *dir = directory_with(255, 255);
    struct sein_thread_view thread = thread_of(FROM_OPENER);

    (void)state;
    thread.circle = sein_slice_text("schulden");
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(ask(dir, rows[i].kind, &thread), SEIN_EPARTY);
    sein_directory_free(&dir);
}

static void
test_threads_opened_otherwise_get_receipts_only(void **state)
{
    static const enum sein_letter_kind openers[] = { SEIN_LETTER_INVITATION,
                                                     SEIN_LETTER_REFERRAL,
                                                     SEIN_LETTER_CONSULT,
                                                     SEIN_LETTER_CEREMONY };
    struct sein_directory *dir = directory_with(255, 255);

    (void)state;
    for (size_t o = 0; o < COUNT(openers); o++) {
        for (int r = FROM_OPENER; r < RELATION_COUNT; r++) {
            struct sein_thread_view thread = thread_of((enum relation)r);

            thread.opened_with = openers[o];
            for (size_t i = 0; i < COUNT(rows); i++)
                assert_int_equal(ask(dir, rows[i].kind, &thread),
                                 rows[i].kind == SEIN_LETTER_RECEIPT
                                     ? SEIN_OK
                                     : SEIN_EPARTY);
        }
    }
    sein_directory_free(&dir);
}

/* ---- the thread of two desks that were introduced --------------------------
 */

static struct sein_thread_view
pair_of(enum relation relation)
{
    struct sein_thread_view thread = thread_of(relation);

    thread.opened_with = SEIN_LETTER_INTRODUCTION;
    return thread;
}

static bool
goes_in_pair(enum sein_letter_kind kind)
{
    return pair_only(kind) || kind == SEIN_LETTER_MESSAGE ||
           kind == SEIN_LETTER_RECEIPT;
}

static void
test_pairs_write_either_way(void **state)
{
    struct sein_directory *dir = directory_with(255, 255);

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        enum sein_err want = goes_in_pair(rows[i].kind) ? SEIN_OK : SEIN_EPARTY;

        for (int r = FROM_OPENER; r < RELATION_COUNT; r++) {
            struct sein_thread_view thread = pair_of((enum relation)r);

            assert_int_equal(ask(dir, rows[i].kind, &thread), want);
            thread.circle = sein_slice_text("schulden");
            assert_int_equal(ask(dir, rows[i].kind, &thread), SEIN_EPARTY);
            thread = pair_of((enum relation)r);
            thread.other = sein_slice_text(FIXTURE_DESK_JEUGDHULP);
            assert_int_equal(ask(dir, rows[i].kind, &thread), SEIN_EPARTY);
            thread = pair_of((enum relation)r);
            thread.opener = sein_slice_text(FIXTURE_DESK_JEUGDHULP);
            assert_int_equal(ask(dir, rows[i].kind, &thread), SEIN_EPARTY);
        }
    }
    sein_directory_free(&dir);
}

/* Of two desks of which one is not introduced (any more) only receipts go on.
 */
static void
test_pairs_are_both_introduced(void **state)
{
    static const uint64_t roles[][2] = { { INTRODUCED, INTRODUCED },
                                         { INTRODUCED, 255 & ~INTRODUCED },
                                         { 255 & ~INTRODUCED, INTRODUCED } };
    (void)state;
    for (size_t p = 0; p < COUNT(roles); p++) {
        struct sein_directory *dir = directory_with(roles[p][0], roles[p][1]);

        for (size_t i = 0; i < COUNT(rows); i++) {
            bool passes = p == 0 || rows[i].kind == SEIN_LETTER_RECEIPT;

            if (!goes_in_pair(rows[i].kind))
                continue;
            for (int r = FROM_OPENER; r < RELATION_COUNT; r++) {
                struct sein_thread_view thread = pair_of((enum relation)r);

                assert_int_equal(ask(dir, rows[i].kind, &thread),
                                 passes ? SEIN_OK : SEIN_EROLE);
            }
        }
        sein_directory_free(&dir);
    }
}

static void
test_which_letters_are_paired(void **state)
{
    struct sein_thread_view pair = pair_of(FROM_OPENER);
    struct sein_thread_view signal = thread_of(FROM_OPENER);
    struct sein_thread_view unknown = pair_of(NEW_THREAD);

    (void)state;
    for (uint64_t kind = 0; kind <= SEIN_LETTER_KIND_COUNT; kind++) {
        bool always =
            sein_letter_known(kind) && pair_only((enum sein_letter_kind)kind);
        bool in_pair = kind == SEIN_LETTER_MESSAGE ||
                       kind == SEIN_LETTER_RECEIPT || always;

        assert_int_equal(sein_letter_paired(kind, NULL), always);
        assert_int_equal(sein_letter_paired(kind, &unknown), always);
        assert_int_equal(sein_letter_paired(kind, &signal), always);
        assert_int_equal(sein_letter_paired(kind, &pair), in_pair);
    }
    assert_false(sein_letter_paired(UINT64_MAX, &pair));
}

/* ---- sein_may --------------------------------------------------------------
 */

static const enum sein_verb verbs[] = { SEIN_MAY_CONNECT,  SEIN_MAY_READ,
                                        SEIN_MAY_PUT,      SEIN_MAY_WITHDRAW,
                                        SEIN_MAY_PREKEY,   SEIN_MAY_PRESENCE,
                                        SEIN_MAY_EVALUATE, SEIN_MAY_HOLD };

static bool
begins(enum sein_verb verb)
{
    return verb == SEIN_MAY_PUT || verb == SEIN_MAY_PRESENCE ||
           verb == SEIN_MAY_EVALUATE || verb == SEIN_MAY_HOLD;
}

/* The demo, in which the school holds a share of some key too. */
static struct fixture_directory *
demo_of_a_holder(void)
{
    struct fixture_directory *demo = fixture_directory_new(NOW);

    demo->members[FIXTURE_SCHOOL].desks[0].roles[0].roles |=
        SEIN_ROLE_KEYHOLDER;
    return demo;
}

static enum sein_err
ask_verb(const struct fixture_directory *demo, enum sein_verb verb,
         const char *desk, int64_t now_ms)
{
    struct sein_directory *dir = fixture_directory_open(demo);
    const struct sein_key *key = NULL;
    const struct sein_desk *found = NULL;
    enum sein_err err =
        sein_may(dir, &demo->members[FIXTURE_SCHOOL].keys[0].key_id, verb,
                 sein_slice_text(desk), now_ms, &key, &found);

    assert_true((key != NULL) == (err == SEIN_OK));
    assert_true((found != NULL) ==
                (err == SEIN_OK && verb != SEIN_MAY_CONNECT));
    if (found != NULL)
        assert_string_equal(found->id.text, desk);
    sein_directory_free(&dir);
    return err;
}

static void
test_key_status_and_verbs(void **state)
{
    struct fixture_directory *demo = demo_of_a_holder();
    struct fixture_key *key = &demo->members[FIXTURE_SCHOOL].keys[0];

    (void)state;
    for (size_t i = 0; i < COUNT(verbs); i++) {
        bool stops = begins(verbs[i]) || verbs[i] == SEIN_MAY_PREKEY;

        *key = (struct fixture_key){ 0 };
        fixture_key_make(key, 42);
        assert_int_equal(ask_verb(demo, verbs[i], from_desk, NOW), SEIN_OK);
        key->active_from = (uint64_t)NOW + 1;
        assert_int_equal(ask_verb(demo, verbs[i], from_desk, NOW),
                         SEIN_ENOTYET);
        assert_int_equal(ask_verb(demo, verbs[i], from_desk, NOW + 1), SEIN_OK);
        key->active_from = 0;
        demo->members[FIXTURE_SCHOOL].left_at = (uint64_t)NOW;
        assert_int_equal(ask_verb(demo, verbs[i], from_desk, NOW - 1), SEIN_OK);
        assert_int_equal(ask_verb(demo, verbs[i], from_desk, NOW),
                         stops ? SEIN_ELEFT : SEIN_OK);
        key->retired_at = (uint64_t)NOW;
        assert_int_equal(ask_verb(demo, verbs[i], from_desk, NOW),
                         SEIN_ERETIRED);
        key->revoked_at = (uint64_t)NOW;
        assert_int_equal(ask_verb(demo, verbs[i], from_desk, NOW),
                         SEIN_EREVOKED);
        assert_int_equal(ask_verb(demo, verbs[i], from_desk, NOW - 1), SEIN_OK);
        demo->members[FIXTURE_SCHOOL].left_at = 0;
    }
    fixture_directory_free(&demo);
}

static void
test_desks_of_a_key(void **state)
{
    struct fixture_directory *demo = demo_of_a_holder();
    struct fixture_member *school = &demo->members[FIXTURE_SCHOOL];

    (void)state;
    school->desks[1] = (struct fixture_desk){ .name = "zzz", .title = "Z" };
    school->desk_count = 2;
    school->keys[0].desks[0] = "zorgteam";
    school->keys[0].desk_count = 1;
    for (size_t i = 0; i < COUNT(verbs); i++) {
        bool any = verbs[i] == SEIN_MAY_CONNECT;

        assert_int_equal(ask_verb(demo, verbs[i], from_desk, NOW), SEIN_OK);
        assert_int_equal(
            ask_verb(demo, verbs[i], FIXTURE_OIN_SCHOOL "/zzz", NOW),
            any ? SEIN_OK : SEIN_EDESKKEY);
        assert_int_equal(ask_verb(demo, verbs[i], to_desk, NOW),
                         any ? SEIN_OK : SEIN_EDESKKEY);
        assert_int_equal(
            ask_verb(demo, verbs[i], FIXTURE_OIN_SCHOOL "/nobody", NOW),
            any ? SEIN_OK : SEIN_EDESK);
        assert_int_equal(ask_verb(demo, verbs[i], "", NOW),
                         any ? SEIN_OK : SEIN_EDESK);
    }
    fixture_directory_free(&demo);
}

static void
test_an_expired_directory_begins_nothing(void **state)
{
    struct fixture_directory *demo = demo_of_a_holder();
    int64_t end = (int64_t)demo->expires;

    (void)state;
    for (size_t i = 0; i < COUNT(verbs); i++) {
        assert_int_equal(ask_verb(demo, verbs[i], from_desk, end - 1), SEIN_OK);
        assert_int_equal(ask_verb(demo, verbs[i], from_desk, end),
                         begins(verbs[i]) ? SEIN_EDIREXPIRED : SEIN_OK);
    }
    fixture_directory_free(&demo);
}

static void
test_who_holds_no_share_evaluates_nothing(void **state)
{
    struct fixture_directory *demo = fixture_directory_new(NOW);

    (void)state;
    assert_int_equal(ask_verb(demo, SEIN_MAY_HOLD, from_desk, NOW), SEIN_EROLE);
    fixture_directory_free(&demo);
}

static void
test_an_unknown_key(void **state)
{
    struct sein_directory *dir = directory_with(255, 255);
    struct sein_key_id id = { { 1 } };

    (void)state;
    for (size_t i = 0; i < COUNT(verbs); i++)
        assert_int_equal(sein_may(dir, &id, verbs[i],
                                  sein_slice_text(from_desk), NOW, NULL, NULL),
                         SEIN_EKEY);
    sein_directory_free(&dir);
}

/* ---- sein_may_route
 * ---------------------------------------------------------- */

static enum sein_err
ask_route(const struct fixture_directory *demo, const char *from,
          const char *to, const char *circle, int64_t now_ms)
{
    struct sein_directory *dir = fixture_directory_open(demo);
    const struct sein_desk *desk =
        sein_directory_desk(dir, sein_slice_text(from));
    enum sein_err err = SEIN_OK;

    assert_non_null(desk);
    err = sein_may_route(dir, desk, sein_slice_text(to),
                         sein_slice_text(circle), now_ms);
    sein_directory_free(&dir);
    return err;
}

static void
test_routes(void **state)
{
    struct fixture_directory *demo = fixture_directory_new(NOW);
    const char *corporatie = FIXTURE_DESK_CORPORATIE;

    (void)state;
    assert_int_equal(ask_route(demo, corporatie, to_desk, "schulden", NOW),
                     SEIN_OK);
    assert_int_equal(ask_route(demo, to_desk, corporatie, "schulden", NOW),
                     SEIN_OK);
    assert_int_equal(ask_route(demo, corporatie, to_desk, "wonen", NOW),
                     SEIN_ECIRCLE);
    assert_int_equal(ask_route(demo, corporatie, to_desk, "jeugd", NOW),
                     SEIN_EROLE);
    assert_int_equal(ask_route(demo, to_desk, corporatie, "jeugd", NOW),
                     SEIN_EROLE);
    assert_int_equal(ask_route(demo, corporatie, FIXTURE_OIN_WIJKTEAM "/oost",
                               "schulden", NOW),
                     SEIN_EDESK);
    assert_int_equal(ask_route(demo, corporatie, "wijkteam", "schulden", NOW),
                     SEIN_EDESK);
    fixture_directory_free(&demo);
}

static void
test_routes_end(void **state)
{
    struct fixture_directory *demo = fixture_directory_new(NOW);
    const char *corporatie = FIXTURE_DESK_CORPORATIE;

    (void)state;
    demo->circles[FIXTURE_SCHULDEN].basis_ends = (uint64_t)(NOW + DAY);
    assert_int_equal(
        ask_route(demo, corporatie, to_desk, "schulden", NOW + DAY - 1),
        SEIN_OK);
    assert_int_equal(
        ask_route(demo, corporatie, to_desk, "schulden", NOW + DAY),
        SEIN_ECIRCLEENDED);
    demo->members[FIXTURE_WIJKTEAM].left_at = (uint64_t)NOW;
    assert_int_equal(ask_route(demo, corporatie, to_desk, "schulden", NOW - 1),
                     SEIN_OK);
    assert_int_equal(ask_route(demo, corporatie, to_desk, "schulden", NOW),
                     SEIN_ELEFT);
    fixture_directory_free(&demo);
}

/* ---- presences, evaluations, matches ---------------------------------------
 */

/* The demo with epoch 1 of circle jeugd. */
struct meeting {
    struct fixture_directory *demo;
    struct fixture_epoch *epoch;
};

static struct meeting
new_meeting(void)
{
    struct meeting meeting = { .demo = fixture_directory_new(NOW) };

    meeting.epoch = fixture_epoch_demo(meeting.demo, NULL);
    return meeting;
}

static enum sein_err
ask_presence(const struct meeting *meeting, const char *desk,
             const char *circle, uint64_t epoch, uint64_t link, int64_t now_ms)
{
    struct sein_directory *dir = fixture_directory_open(meeting->demo);
    const struct sein_desk *found =
        sein_directory_desk(dir, sein_slice_text(desk));
    enum sein_err err = sein_may_presence(dir, found, sein_slice_text(circle),
                                          epoch, link, now_ms);

    sein_directory_free(&dir);
    return err;
}

static void
test_presences(void **state)
{
    struct meeting meeting = new_meeting();
    const char *school = FIXTURE_DESK_SCHOOL;
    int64_t end = (int64_t)meeting.epoch->match_until;

    (void)state;
    for (uint64_t link = 1; link <= 4; link++)
        assert_int_equal(ask_presence(&meeting, school, "jeugd", 1, link, NOW),
                         SEIN_OK);
    assert_int_equal(ask_presence(&meeting, school, "jeugd", 1, 0, NOW),
                     SEIN_ELINK);
    assert_int_equal(ask_presence(&meeting, school, "jeugd", 1, 5, NOW),
                     SEIN_ELINK);
    assert_int_equal(
        ask_presence(&meeting, school, "jeugd", 1, UINT64_MAX, NOW),
        SEIN_ELINK);
    assert_int_equal(ask_presence(&meeting, school, "wonen", 1, 1, NOW),
                     SEIN_ECIRCLE);
    assert_int_equal(ask_presence(&meeting, school, "schulden", 1, 1, NOW),
                     SEIN_EROLE);
    assert_int_equal(
        ask_presence(&meeting, FIXTURE_DESK_CORPORATIE, "jeugd", 1, 1, NOW),
        SEIN_EROLE);
    assert_int_equal(ask_presence(&meeting, school, "jeugd", 2, 1, NOW),
                     SEIN_EEPOCH);
    assert_int_equal(ask_presence(&meeting, school, "jeugd", 1, 1, NOW - 1),
                     SEIN_EEPOCH);
    assert_int_equal(ask_presence(&meeting, school, "jeugd", 1, 1, end - 1),
                     SEIN_OK);
    assert_int_equal(ask_presence(&meeting, school, "jeugd", 1, 1, end),
                     SEIN_EEPOCH);
    meeting.demo->circles[FIXTURE_JEUGD].basis_ends = (uint64_t)NOW;
    assert_int_equal(ask_presence(&meeting, school, "jeugd", 1, 1, NOW),
                     SEIN_ECIRCLEENDED);
    fixture_directory_free(&meeting.demo);
}

static void
test_presences_before_the_key_is_made(void **state)
{
    struct meeting meeting = new_meeting();

    (void)state;
    meeting.epoch->record_len = 0;
    meeting.epoch->signature_count = 0;
    assert_int_equal(
        ask_presence(&meeting, FIXTURE_DESK_SCHOOL, "jeugd", 1, 1, NOW),
        SEIN_EEPOCH);
    fixture_directory_free(&meeting.demo);
}

static void
test_links_of_a_desk(void **state)
{
    struct meeting meeting = new_meeting();
    const char *school = FIXTURE_DESK_SCHOOL;

    (void)state;
    meeting.demo->members[FIXTURE_SCHOOL].desks[0].roles[0].links =
        SEIN_LINK_BIT(SEIN_LINK_PARENT);
    for (uint64_t link = 1; link <= 4; link++)
        assert_int_equal(ask_presence(&meeting, school, "jeugd", 1, link, NOW),
                         link == SEIN_LINK_PARENT ? SEIN_OK : SEIN_ELINK);
    fixture_directory_free(&meeting.demo);
}

static enum sein_err
ask_evaluation(const struct meeting *meeting, const char *desk,
               const char *circle, uint64_t epoch, const char *holder,
               int64_t now_ms)
{
    struct sein_directory *dir = fixture_directory_open(meeting->demo);
    const struct sein_desk *found =
        sein_directory_desk(dir, sein_slice_text(desk));
    enum sein_err err =
        sein_may_evaluate(dir, found, sein_slice_text(circle), epoch,
                          sein_slice_text(holder), now_ms);

    sein_directory_free(&dir);
    return err;
}

static void
test_evaluations(void **state)
{
    struct meeting meeting = new_meeting();
    const char *school = FIXTURE_DESK_SCHOOL;
    const char *energie = FIXTURE_DESK_ENERGIE;

    (void)state;
    assert_int_equal(ask_evaluation(&meeting, school, "jeugd", 1, energie, NOW),
                     SEIN_OK);
    assert_int_equal(
        ask_evaluation(&meeting, school, "jeugd", 1, FIXTURE_DESK_NOORD, NOW),
        SEIN_EROLE);
    assert_int_equal(
        ask_evaluation(&meeting, energie, "jeugd", 1, energie, NOW),
        SEIN_EROLE);
    assert_int_equal(ask_evaluation(&meeting, school, "wonen", 1, energie, NOW),
                     SEIN_ECIRCLE);
    assert_int_equal(ask_evaluation(&meeting, school, "jeugd", 2, energie, NOW),
                     SEIN_EEPOCH);
    assert_int_equal(
        ask_evaluation(&meeting, school, "jeugd", 1, energie, NOW - 1),
        SEIN_EEPOCH);
    fixture_directory_free(&meeting.demo);
}

static enum sein_err
ask_match(const struct meeting *meeting, const char *circle, const char *a,
          uint64_t link_a, const char *b, uint64_t link_b)
{
    struct sein_directory *dir = fixture_directory_open(meeting->demo);
    enum sein_err err =
        sein_may_match(dir, sein_slice_text(circle), sein_slice_text(a), link_a,
                       sein_slice_text(b), link_b);

    sein_directory_free(&dir);
    return err;
}

static void
test_matches(void **state)
{
    struct meeting meeting = new_meeting();
    const char *school = FIXTURE_DESK_SCHOOL;
    const char *noord = FIXTURE_DESK_NOORD;

    (void)state;
    assert_int_equal(ask_match(&meeting, "jeugd", school, 1, noord, 1),
                     SEIN_OK);
    assert_int_equal(ask_match(&meeting, "jeugd", school, 3, noord, 2),
                     SEIN_OK);
    assert_int_equal(ask_match(&meeting, "jeugd", school, 1, noord, 2),
                     SEIN_ELINK);
    assert_int_equal(ask_match(&meeting, "jeugd", school, 0, noord, 0),
                     SEIN_ELINK);
    assert_int_equal(
        ask_match(&meeting, "jeugd", FIXTURE_DESK_ZUID, 1, noord, 1), SEIN_OK);
    assert_int_equal(ask_match(&meeting, "jeugd", noord, 1, noord, 1),
                     SEIN_EPARTY);
    assert_int_equal(ask_match(&meeting, "wonen", school, 1, noord, 1),
                     SEIN_ECIRCLE);
    assert_int_equal(ask_match(&meeting, "schulden", school, 1, noord, 1),
                     SEIN_EROLE);
    assert_int_equal(
        ask_match(&meeting, "jeugd", FIXTURE_DESK_CORPORATIE, 1, noord, 1),
        SEIN_EROLE);
    assert_int_equal(
        ask_match(&meeting, "jeugd", school, 1, FIXTURE_DESK_CORPORATIE, 1),
        SEIN_EROLE);
    assert_int_equal(ask_match(&meeting, "jeugd", school, 1,
                               FIXTURE_OIN_WIJKTEAM "/oost", 1),
                     SEIN_EDESK);
    meeting.demo->members[FIXTURE_SCHOOL].desks[0].roles[0].links =
        SEIN_LINK_BIT(SEIN_LINK_NAME);
    assert_int_equal(ask_match(&meeting, "jeugd", school, 1, noord, 1),
                     SEIN_ELINK);
    assert_int_equal(ask_match(&meeting, "jeugd", noord, 1, school, 1),
                     SEIN_ELINK);
    fixture_directory_free(&meeting.demo);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_cell_of_the_table),
        cmocka_unit_test(test_all_roles_but_one),
        cmocka_unit_test(test_kinds_of_another_version),
        cmocka_unit_test(test_names_that_are_not_there),
        cmocka_unit_test(test_no_thread_is_an_unknown_thread),
        cmocka_unit_test(test_who_is_no_party),
        cmocka_unit_test(test_a_thread_never_leaves_its_circle),
        cmocka_unit_test(test_threads_opened_otherwise_get_receipts_only),
        cmocka_unit_test(test_pairs_write_either_way),
        cmocka_unit_test(test_pairs_are_both_introduced),
        cmocka_unit_test(test_which_letters_are_paired),
        cmocka_unit_test(test_key_status_and_verbs),
        cmocka_unit_test(test_desks_of_a_key),
        cmocka_unit_test(test_an_expired_directory_begins_nothing),
        cmocka_unit_test(test_who_holds_no_share_evaluates_nothing),
        cmocka_unit_test(test_an_unknown_key),
        cmocka_unit_test(test_routes),
        cmocka_unit_test(test_routes_end),
        cmocka_unit_test(test_presences),
        cmocka_unit_test(test_presences_before_the_key_is_made),
        cmocka_unit_test(test_links_of_a_desk),
        cmocka_unit_test(test_evaluations),
        cmocka_unit_test(test_matches),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
