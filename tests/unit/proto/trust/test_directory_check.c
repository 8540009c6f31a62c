/* What makes a directory valid: the demo is, and each change here makes it not
 * so.  PROTOCOL.md section 6. */
#include "proto/trust/directory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "tests/support/fixture_directory.h"

#define NOW FIXTURE_NOW_MS
#define DAY SEIN_MS_PER_DAY
#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* Encodes, signs and reads what a test made of the demo.  One signature is
 * enough to read, and does not stand in the way of a governor listed twice. */
static enum sein_err
read_demo(const struct fixture_directory *demo)
{
    struct fixture_bytes bytes = { 0 };
    struct sein_directory *dir = NULL;
    enum sein_err err =
        fixture_directory_encode_by(demo, demo->governors, 1, &bytes);

    assert_int_equal(err, SEIN_OK);
    err = sein_directory_read(fixture_bytes_slice(&bytes), &dir);
    assert_true((dir != NULL) == (err == SEIN_OK));
    sein_directory_free(&dir);
    fixture_bytes_free(&bytes);
    return err;
}

struct change {
    const char *name;
    void (*make)(struct fixture_directory *demo);
    enum sein_err expected;
};

static void
run_changes(const struct change *changes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct fixture_directory *demo = fixture_directory_new(NOW);
        enum sein_err err = SEIN_OK;

        changes[i].make(demo);
        err = read_demo(demo);
        if (err != changes[i].expected)
            print_error("%s: %s\n", changes[i].name, sein_err_code(err));
        assert_int_equal(err, changes[i].expected);
        fixture_directory_free(&demo);
    }
}

#define CHANGE(name, expected) \
    {                          \
#name, name, expected  \
    }

/* ---- root and governance ------------------------------------------------- */

static void
nothing(struct fixture_directory *demo)
{
    (void)demo;
}

static void
another_version(struct fixture_directory *demo)
{
    demo->v = 2;
}

static void
expires_when_issued(struct fixture_directory *demo)
{
    demo->expires = demo->issued;
}

static void
expires_a_millisecond_later(struct fixture_directory *demo)
{
    demo->expires = demo->issued + 1;
}

static void
lives_too_long(struct fixture_directory *demo)
{
    demo->expires++;
}

static void
first_with_a_past(struct fixture_directory *demo)
{
    demo->prev[31] = 1;
}

static void
second_without_a_past(struct fixture_directory *demo)
{
    demo->version = 2;
}

static void
second_with_a_past(struct fixture_directory *demo)
{
    demo->version = 2;
    demo->prev[31] = 1;
}

static void
threshold_of_all(struct fixture_directory *demo)
{
    demo->threshold = 3;
}

static void
threshold_of_more(struct fixture_directory *demo)
{
    demo->threshold = 4;
}

static void
governors_turned(struct fixture_directory *demo)
{
    struct fixture_governor kept = demo->governors[0];

    demo->governors[0] = demo->governors[1];
    demo->governors[1] = kept;
}

static void
governor_twice(struct fixture_directory *demo)
{
    memcpy(demo->governors[1].pk, demo->governors[0].pk, SEIN_KEY_BYTES);
}

static void
no_members(struct fixture_directory *demo)
{
    demo->member_count = 0;
    demo->circle_count = 0;
}

static void
test_root_and_governance(void **state)
{
    static const struct change changes[] = {
        CHANGE(nothing, SEIN_OK),
        CHANGE(another_version, SEIN_EVERSION),
        CHANGE(expires_when_issued, SEIN_EDIRINVALID),
        CHANGE(expires_a_millisecond_later, SEIN_OK),
        CHANGE(lives_too_long, SEIN_EDIRINVALID),
        CHANGE(first_with_a_past, SEIN_EDIRINVALID),
        CHANGE(second_without_a_past, SEIN_EDIRINVALID),
        CHANGE(second_with_a_past, SEIN_OK),
        CHANGE(threshold_of_all, SEIN_OK),
        CHANGE(threshold_of_more, SEIN_EDIRINVALID),
        CHANGE(governors_turned, SEIN_EDIRINVALID),
        CHANGE(governor_twice, SEIN_EDIRINVALID),
        CHANGE(no_members, SEIN_OK),
    };

    (void)state;
    run_changes(changes, COUNT(changes));
}

/* ---- brokers ------------------------------------------------------------- */

static void
two_brokers(struct fixture_directory *demo)
{
    struct fixture_key key;

    fixture_key_make(&key, 77);
    demo->brokers[1] = demo->brokers[0];
    memcpy(demo->brokers[1].curve, key.curve, SEIN_KEY_BYTES);
    memcpy(demo->brokers[1].receipt, key.sign, SEIN_KEY_BYTES);
    demo->broker_count = 2;
}

static void
two_brokers_one_curve(struct fixture_directory *demo)
{
    two_brokers(demo);
    memcpy(demo->brokers[1].curve, demo->brokers[0].curve, SEIN_KEY_BYTES);
}

static void
two_brokers_one_receipt(struct fixture_directory *demo)
{
    two_brokers(demo);
    memcpy(demo->brokers[1].receipt, demo->brokers[0].receipt, SEIN_KEY_BYTES);
}

static void
broker_with_a_members_curve(struct fixture_directory *demo)
{
    memcpy(demo->brokers[0].curve, demo->members[2].keys[0].curve,
           SEIN_KEY_BYTES);
}

static void
broker_with_a_members_sign(struct fixture_directory *demo)
{
    memcpy(demo->brokers[0].receipt, demo->members[2].keys[0].sign,
           SEIN_KEY_BYTES);
}

static void
broker_nowhere(struct fixture_directory *demo)
{
    demo->brokers[0].endpoint = "tcp://127.0.0.1";
}

static void
broker_of_nobody(struct fixture_directory *demo)
{
    demo->brokers[0].operator_oin = "0000009900000006000X";
}

static void
test_brokers(void **state)
{
    static const struct change changes[] = {
        CHANGE(two_brokers, SEIN_OK),
        CHANGE(two_brokers_one_curve, SEIN_EDIRINVALID),
        CHANGE(two_brokers_one_receipt, SEIN_EDIRINVALID),
        CHANGE(broker_with_a_members_curve, SEIN_EDIRINVALID),
        CHANGE(broker_with_a_members_sign, SEIN_EDIRINVALID),
        CHANGE(broker_nowhere, SEIN_EDIRINVALID),
        CHANGE(broker_of_nobody, SEIN_EDIRINVALID),
    };

    (void)state;
    run_changes(changes, COUNT(changes));
}

/* ---- members, keys, desks ---------------------------------------------------
 */

static struct fixture_member *
school_of(struct fixture_directory *demo)
{
    return &demo->members[FIXTURE_SCHOOL];
}

static void
members_turned(struct fixture_directory *demo)
{
    struct fixture_member kept = demo->members[0];

    demo->members[0] = demo->members[1];
    demo->members[1] = kept;
}

static void
member_twice(struct fixture_directory *demo)
{
    demo->members[1].oin = demo->members[0].oin;
}

static void
member_without_oin(struct fixture_directory *demo)
{
    school_of(demo)->oin = "00000099000000030001";
}

static void
member_of_no_domain(struct fixture_directory *demo)
{
    school_of(demo)->domain = "On derwijs";
}

static void
key_id_of_another(struct fixture_directory *demo)
{
    school_of(demo)->keys[0].key_id.bytes[0] ^= 1;
}

static void
key_twice(struct fixture_directory *demo)
{
    demo->members[0].keys[0] = demo->members[1].keys[0];
}

static void
second_key(struct fixture_directory *demo)
{
    fixture_key_make(&school_of(demo)->keys[1], 99);
    school_of(demo)->key_count = 2;
}

/* A new pair that keeps one half of another member's. */
static void
share_half(struct fixture_directory *demo, bool sign)
{
    struct fixture_key *key = &school_of(demo)->keys[1];
    const struct fixture_key *other = &demo->members[0].keys[0];
    uint8_t laid[17 + 64] = "seinhuis/1/key-id";
    uint8_t hash[crypto_hash_sha256_BYTES];

    second_key(demo);
    if (sign)
        memcpy(key->sign, other->sign, SEIN_KEY_BYTES);
    else
        memcpy(key->curve, other->curve, SEIN_KEY_BYTES);
    memcpy(laid + 17, key->sign, SEIN_KEY_BYTES);
    memcpy(laid + 17 + 32, key->curve, SEIN_KEY_BYTES);
    crypto_hash_sha256(hash, laid, sizeof laid);
    memcpy(key->key_id.bytes, hash, sizeof key->key_id.bytes);
}

static void
sign_key_twice(struct fixture_directory *demo)
{
    share_half(demo, true);
}

static void
curve_key_twice(struct fixture_directory *demo)
{
    share_half(demo, false);
}

static void
key_for_a_desk_that_is_no_name(struct fixture_directory *demo)
{
    school_of(demo)->keys[0].desks[0] = "Zorgteam";
    school_of(demo)->keys[0].desk_count = 1;
}

static void
desk_that_is_no_name(struct fixture_directory *demo)
{
    school_of(demo)->desks[0].name = "zorg/team";
}

static void
desks_turned(struct fixture_directory *demo)
{
    struct fixture_member *team = &demo->members[FIXTURE_WIJKTEAM];
    struct fixture_desk kept = team->desks[0];

    team->desks[0] = team->desks[1];
    team->desks[1] = kept;
}

static void
desk_twice(struct fixture_directory *demo)
{
    struct fixture_member *team = &demo->members[FIXTURE_WIJKTEAM];

    team->desks[0].stand_in = NULL;
    team->desks[1].stand_in = NULL;
    team->desks[1].name = "noord";
}

static void
role_in_no_circle(struct fixture_directory *demo)
{
    school_of(demo)->desks[0].roles[0].circle = "wonen";
}

static void
roles_turned(struct fixture_directory *demo)
{
    struct fixture_role *roles = demo->members[FIXTURE_WIJKTEAM].desks[0].roles;
    struct fixture_role kept = roles[0];

    roles[0] = roles[1];
    roles[1] = kept;
}

static void
role_twice(struct fixture_directory *demo)
{
    struct fixture_desk *desk = &school_of(demo)->desks[0];

    fixture_role_add(desk, "jeugd", SEIN_ROLE_WATCH);
}

static void
area_turned(struct fixture_directory *demo)
{
    demo->members[FIXTURE_WIJKTEAM].desks[0].areas[0] =
        (struct sein_dir_area){ 1501, 1500 };
}

static void
area_of_one(struct fixture_directory *demo)
{
    demo->members[FIXTURE_WIJKTEAM].desks[0].areas[0] =
        (struct sein_dir_area){ 1500, 1500 };
}

static void
stand_in_that_is_not_there(struct fixture_directory *demo)
{
    school_of(demo)->desks[0].stand_in = FIXTURE_OIN_WIJKTEAM "/oost";
}

static void
stand_in_without_oin(struct fixture_directory *demo)
{
    school_of(demo)->desks[0].stand_in = "noord";
}

static void
stand_in_elsewhere(struct fixture_directory *demo)
{
    school_of(demo)->desks[0].stand_in = FIXTURE_DESK_JEUGDHULP;
}

static void
test_members(void **state)
{
    static const struct change changes[] = {
        CHANGE(members_turned, SEIN_EDIRINVALID),
        CHANGE(member_twice, SEIN_EDIRINVALID),
        CHANGE(member_without_oin, SEIN_EDIRINVALID),
        CHANGE(member_of_no_domain, SEIN_EDIRINVALID),
        CHANGE(second_key, SEIN_OK),
        CHANGE(key_id_of_another, SEIN_EDIRINVALID),
        CHANGE(key_twice, SEIN_EDIRINVALID),
        CHANGE(sign_key_twice, SEIN_EDIRINVALID),
        CHANGE(curve_key_twice, SEIN_EDIRINVALID),
        CHANGE(key_for_a_desk_that_is_no_name, SEIN_EDIRINVALID),
        CHANGE(desk_that_is_no_name, SEIN_EDIRINVALID),
        CHANGE(desks_turned, SEIN_EDIRINVALID),
        CHANGE(desk_twice, SEIN_EDIRINVALID),
        CHANGE(role_in_no_circle, SEIN_EDIRINVALID),
        CHANGE(roles_turned, SEIN_EDIRINVALID),
        CHANGE(role_twice, SEIN_EDIRINVALID),
        CHANGE(area_turned, SEIN_EDIRINVALID),
        CHANGE(area_of_one, SEIN_OK),
        CHANGE(stand_in_that_is_not_there, SEIN_EDIRINVALID),
        CHANGE(stand_in_without_oin, SEIN_EDIRINVALID),
        CHANGE(stand_in_elsewhere, SEIN_OK),
    };

    (void)state;
    run_changes(changes, COUNT(changes));
}

/* ---- circles
 * ----------------------------------------------------------------- */

static struct fixture_circle *
jeugd_of(struct fixture_directory *demo)
{
    return &demo->circles[FIXTURE_JEUGD];
}

static void
circles_turned(struct fixture_directory *demo)
{
    struct fixture_circle kept = demo->circles[0];

    demo->circles[0] = demo->circles[1];
    demo->circles[1] = kept;
}

static void
circle_twice(struct fixture_directory *demo)
{
    struct fixture_circle *more = &demo->circles[demo->circle_count++];

    *more = demo->circles[FIXTURE_SCHULDEN];
}

static void
circle_that_is_no_name(struct fixture_directory *demo)
{
    jeugd_of(demo)->id = "Jeugd";
}

static void
kind_twice(struct fixture_directory *demo)
{
    jeugd_of(demo)->kinds[3].code = "verzuim";
}

static void
kind_that_is_no_code(struct fixture_directory *demo)
{
    jeugd_of(demo)->kinds[3].code = "Verzuim";
}

static void
outcome_twice(struct fixture_directory *demo)
{
    jeugd_of(demo)->outcomes[2].code = "contact";
}

static void
outcome_with_arrears(struct fixture_directory *demo)
{
    jeugd_of(demo)->outcomes[2].arrears = true;
}

static void
no_codes(struct fixture_directory *demo)
{
    jeugd_of(demo)->kind_count = 0;
    jeugd_of(demo)->outcome_count = 0;
}

static void
test_circles(void **state)
{
    static const struct change changes[] = {
        CHANGE(circles_turned, SEIN_EDIRINVALID),
        CHANGE(circle_twice, SEIN_EDIRINVALID),
        CHANGE(circle_that_is_no_name, SEIN_EDIRINVALID),
        CHANGE(kind_twice, SEIN_EDIRINVALID),
        CHANGE(kind_that_is_no_code, SEIN_EDIRINVALID),
        CHANGE(outcome_twice, SEIN_EDIRINVALID),
        CHANGE(outcome_with_arrears, SEIN_EDIRINVALID),
        CHANGE(no_codes, SEIN_OK),
    };

    (void)state;
    run_changes(changes, COUNT(changes));
}

/* ---- labels
 * ------------------------------------------------------------------ */

static void
small_label_without_exception(struct fixture_directory *demo)
{
    jeugd_of(demo)->exception_count = 2; /* "zorg" is the third */
}

static void
small_labels_where_nothing_is_revealed(struct fixture_directory *demo)
{
    jeugd_of(demo)->exception_count = 0;
    jeugd_of(demo)->reveal = SEIN_REVEAL_NONE;
}

static void
small_labels_where_all_is_revealed(struct fixture_directory *demo)
{
    jeugd_of(demo)->exception_count = 0;
    jeugd_of(demo)->reveal = SEIN_REVEAL_DIRECT;
}

static void
introduced_without_label(struct fixture_directory *demo)
{
    jeugd_of(demo)->label_count = 2; /* the wijkteam has the third */
}

static void
labels_turned(struct fixture_directory *demo)
{
    struct fixture_label kept = jeugd_of(demo)->labels[0];

    jeugd_of(demo)->labels[0] = jeugd_of(demo)->labels[1];
    jeugd_of(demo)->labels[1] = kept;
}

static void
label_twice(struct fixture_directory *demo)
{
    struct fixture_circle *jeugd = jeugd_of(demo);

    jeugd->labels[jeugd->label_count] = jeugd->labels[jeugd->label_count - 1];
    jeugd->label_count++;
}

static void
label_of_nobody(struct fixture_directory *demo)
{
    jeugd_of(demo)->labels[0].other = "000000990000000X0000";
}

/* School, jeugdhulp and wijkteam under one label, without exceptions. */
static void
three_under_one_label(struct fixture_directory *demo)
{
    for (size_t i = 0; i < 3; i++)
        jeugd_of(demo)->labels[i].label = "hulp";
    jeugd_of(demo)->exception_count = 0;
}

static void
two_under_one_label(struct fixture_directory *demo)
{
    three_under_one_label(demo);
    jeugd_of(demo)->labels[0].label = "school";
    jeugd_of(demo)->exceptions[0].label = "school";
    jeugd_of(demo)->exception_count = 1;
}

/* Three bear the label, but one of them can never be introduced. */
static void
one_of_three_only_signals(struct fixture_directory *demo)
{
    three_under_one_label(demo);
    school_of(demo)->desks[0].roles[0].roles = SEIN_ROLE_SIGNAL;
}

static void
test_labels(void **state)
{
    static const struct change changes[] = {
        CHANGE(small_label_without_exception, SEIN_ELABEL),
        CHANGE(small_labels_where_nothing_is_revealed, SEIN_OK),
        CHANGE(small_labels_where_all_is_revealed, SEIN_OK),
        CHANGE(introduced_without_label, SEIN_EDIRINVALID),
        CHANGE(labels_turned, SEIN_EDIRINVALID),
        CHANGE(label_twice, SEIN_EDIRINVALID),
        CHANGE(label_of_nobody, SEIN_EDIRINVALID),
        CHANGE(three_under_one_label, SEIN_OK),
        CHANGE(two_under_one_label, SEIN_ELABEL),
        CHANGE(one_of_three_only_signals, SEIN_ELABEL),
    };

    (void)state;
    run_changes(changes, COUNT(changes));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_root_and_governance),
        cmocka_unit_test(test_brokers),
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_circles),
        cmocka_unit_test(test_labels),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
