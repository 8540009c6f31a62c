#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "client/lib/rules.h"
#include "tests/support/fixture_directory.h"

/* The directory of the demo and the key of one of its members. */
struct scene {
    struct fixture_directory *demo;
    struct sein_directory *dir;
};

static const struct sein_key *
key_of(const struct scene *scene, enum fixture_member_index member)
{
    return sein_directory_key(scene->dir,
                              &scene->demo->members[member].keys[0].key_id);
}

static int
set_up(void **state)
{
    static struct scene scene;

    scene.demo = fixture_directory_new(FIXTURE_NOW_MS);
    scene.dir = fixture_directory_open(scene.demo);
    *state = &scene;
    return 0;
}

static int
tear_down(void **state)
{
    struct scene *scene = *state;

    sein_directory_free(&scene->dir);
    fixture_directory_free(&scene->demo);
    return 0;
}

struct row {
    const char *circle, *kind, *postcode, *to, *shielded;
    const char *attested; /* a date, or "" for none */
};

static const struct row arrears = { "schulden", "huur", "1506AB",
                                    "",         "",     "2026-01-02" };

static enum sein_err
judge(const struct scene *scene, enum fixture_member_index member,
      const struct row *row, struct rules_route *route, const char **field)
{
    static struct signal_form form;
    const char *const pairs[][2] = {
        { "source_id", "A-1" },
        { "circle", row->circle },
        { "kind", row->kind },
        { "postcode", row->postcode },
        { "huisnummer", row->postcode[0] == '\0' ? "" : "12" },
        { "bsn", "111222333" },
        { "to", row->to },
        { "shielded", row->shielded },
        { "informed", "yes" },
        { "contact_tried", row->attested },
        { "help_pointed_out", row->attested },
        { "reminder_sent", row->attested },
        { "offer_made", row->attested },
    };
    struct form_pair form_pairs[sizeof pairs / sizeof pairs[0]];

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        form_pairs[i] = (struct form_pair){ sein_slice_text(pairs[i][0]),
                                            sein_slice_text(pairs[i][1]) };
    assert_int_equal(signal_form_read(form_pairs,
                                      sizeof pairs / sizeof pairs[0], &form,
                                      field),
                     SEIN_OK);
    return rules_check_signal(scene->dir, key_of(scene, member), &form,
                              FIXTURE_NOW_MS, route, field);
}

static void
assert_judged(const struct scene *scene, enum fixture_member_index member,
              struct row row, enum sein_err expected, const char *column)
{
    struct rules_route route = { 0 };
    const char *field = NULL;
    enum sein_err err = judge(scene, member, &row, &route, &field);

    if (err != expected)
        fail_msg("%s, expected %s", sein_err_code(err),
                 sein_err_code(expected));
    if (err != SEIN_OK)
        assert_string_equal(field, column);
}

static void
the_postcode_finds_the_desk(void **state)
{
    const struct scene *scene = *state;
    struct rules_route route = { 0 };
    struct row row = arrears;
    const char *field = NULL;

    assert_int_equal(judge(scene, FIXTURE_CORPORATIE, &row, &route, &field),
                     SEIN_OK);
    assert_string_equal(route.from->id.text, FIXTURE_DESK_CORPORATIE);
    assert_string_equal(route.to->id.text, FIXTURE_DESK_NOORD);
    row.postcode = "1799ZZ";
    assert_int_equal(judge(scene, FIXTURE_CORPORATIE, &row, &route, &field),
                     SEIN_OK);
    assert_string_equal(route.to->id.text, FIXTURE_DESK_ZUID);
    row.to = FIXTURE_DESK_NOORD;
    assert_int_equal(judge(scene, FIXTURE_CORPORATIE, &row, &route, &field),
                     SEIN_OK);
    assert_string_equal(route.to->id.text, FIXTURE_DESK_NOORD);
}

static void
no_desk_and_no_way_to_one_are_told_apart(void **state)
{
    const struct scene *scene = *state;
    struct row row = arrears;

    row.postcode = "1600AB";
    assert_judged(scene, FIXTURE_CORPORATIE, row, SEIN_ENODESK, "postcode");
    row.postcode = "";
    assert_judged(scene, FIXTURE_CORPORATIE, row, SEIN_EREQUIRED, "to");
    row.to = FIXTURE_OIN_WIJKTEAM "/oost";
    assert_judged(scene, FIXTURE_CORPORATIE, row, SEIN_EDESK, "to");
    row.to = FIXTURE_DESK_ENERGIE;
    assert_judged(scene, FIXTURE_CORPORATIE, row, SEIN_EROLE, "to");
}

static void
a_shielded_household_needs_a_named_desk(void **state)
{
    const struct scene *scene = *state;
    struct row row = arrears;

    row.shielded = "yes";
    assert_judged(scene, FIXTURE_CORPORATIE, row, SEIN_ESHIELD, "to");
    row.to = FIXTURE_DESK_ZUID;
    assert_judged(scene, FIXTURE_CORPORATIE, row, SEIN_OK, NULL);
}

static void
circle_role_and_code_list_rule(void **state)
{
    const struct scene *scene = *state;
    struct row row = arrears;

    assert_judged(scene, FIXTURE_SCHOOL, row, SEIN_EROLE, "circle");
    assert_judged(scene, FIXTURE_WIJKTEAM, row, SEIN_EROLE, "circle");
    row.kind = "verzuim";
    assert_judged(scene, FIXTURE_CORPORATIE, row, SEIN_ECODE, "kind");
    row.circle = "onbekend";
    assert_judged(scene, FIXTURE_CORPORATIE, row, SEIN_ECIRCLE, "circle");
    row.circle = "jeugd";
    assert_judged(scene, FIXTURE_SCHOOL, row, SEIN_OK, NULL);
}

static void
arrears_ask_for_attestations_and_other_kinds_do_not(void **state)
{
    const struct scene *scene = *state;
    struct row row = arrears;

    row.attested = "";
    assert_judged(scene, FIXTURE_CORPORATIE, row, SEIN_EATTEST,
                  "contact_tried");
    row.circle = "jeugd";
    row.kind = "verzuim";
    assert_judged(scene, FIXTURE_SCHOOL, row, SEIN_OK, NULL);
}

static void
a_circle_that_ended_takes_nothing(void **state)
{
    struct scene *scene = *state;
    struct row row = arrears;

    sein_directory_free(&scene->dir);
    scene->demo->circles[FIXTURE_SCHULDEN].basis_ends =
        (uint64_t)FIXTURE_NOW_MS;
    scene->dir = fixture_directory_open(scene->demo);
    assert_judged(scene, FIXTURE_CORPORATIE, row, SEIN_ECIRCLEENDED, "circle");
}

static void
a_member_that_left_gets_nothing(void **state)
{
    struct scene *scene = *state;
    struct row row = arrears;

    sein_directory_free(&scene->dir);
    scene->demo->members[FIXTURE_WIJKTEAM].left_at = (uint64_t)FIXTURE_NOW_MS;
    scene->dir = fixture_directory_open(scene->demo);
    row.to = FIXTURE_DESK_NOORD;
    assert_judged(scene, FIXTURE_CORPORATIE, row, SEIN_ELEFT, "to");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define SCENE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
        SCENE(the_postcode_finds_the_desk),
        SCENE(no_desk_and_no_way_to_one_are_told_apart),
        SCENE(a_shielded_household_needs_a_named_desk),
        SCENE(circle_role_and_code_list_rule),
        SCENE(arrears_ask_for_attestations_and_other_kinds_do_not),
        SCENE(a_circle_that_ended_takes_nothing),
        SCENE(a_member_that_left_gets_nothing),
#undef SCENE
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
