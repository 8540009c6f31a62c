/* What a directory may say of epochs, links, quotas and regie: the demo with an
 * epoch is valid, and each change here makes it not so.  PROTOCOL.md section 6.
 */
#include "proto/trust/directory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "tests/support/fixture_epoch.h"

#define NOW FIXTURE_NOW_MS
#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static enum sein_err
read_demo(const struct fixture_directory *demo)
{
    struct fixture_bytes bytes = { 0 };
    struct sein_directory *dir = NULL;
    enum sein_err err = fixture_directory_encode(demo, &bytes);

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

        (void)fixture_epoch_demo(demo, NULL);
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

static struct fixture_circle *
jeugd_of(struct fixture_directory *demo)
{
    return &demo->circles[FIXTURE_JEUGD];
}

static struct fixture_epoch *
epoch_of(struct fixture_directory *demo)
{
    return &jeugd_of(demo)->epochs[0];
}

static void
only_named(struct fixture_directory *demo)
{
    epoch_of(demo)->record_len = 0;
    epoch_of(demo)->signature_count = 0;
}

/* ---- epochs --------------------------------------------------------------
 */

static void
nothing(struct fixture_directory *demo)
{
    (void)demo;
}

static void
second_epoch(struct fixture_directory *demo)
{
    static const char *const two[] = { FIXTURE_DESK_NOORD,
                                       FIXTURE_DESK_SCHOOL };

    (void)fixture_epoch_name(demo, jeugd_of(demo), 2, two, 2);
}

static void
epoch_twice(struct fixture_directory *demo)
{
    second_epoch(demo);
    jeugd_of(demo)->epochs[1].epoch = 1;
}

static void
epochs_turned(struct fixture_directory *demo)
{
    second_epoch(demo);
    only_named(demo);
    epoch_of(demo)->epoch = 3;
}

static void
threshold_of_all(struct fixture_directory *demo)
{
    only_named(demo);
    epoch_of(demo)->t = 3;
}

static void
threshold_above_all(struct fixture_directory *demo)
{
    only_named(demo);
    epoch_of(demo)->t = 4;
}

static void
no_time_to_match(struct fixture_directory *demo)
{
    only_named(demo);
    epoch_of(demo)->match_until = epoch_of(demo)->not_before;
}

static void
one_millisecond_to_match(struct fixture_directory *demo)
{
    only_named(demo);
    epoch_of(demo)->match_until = epoch_of(demo)->not_before + 1;
}

static void
pepper_checked(struct fixture_directory *demo)
{
    epoch_of(demo)->pepper_check_len = SEIN_ID_BYTES;
}

static void
pepper_checked_too_short(struct fixture_directory *demo)
{
    epoch_of(demo)->pepper_check_len = SEIN_ID_BYTES - 1;
}

static void
holder_twice(struct fixture_directory *demo)
{
    only_named(demo);
    epoch_of(demo)->holders[2] = epoch_of(demo)->holders[0];
}

static void
holder_that_is_not_there(struct fixture_directory *demo)
{
    only_named(demo);
    epoch_of(demo)->holders[2] = FIXTURE_OIN_SCHOOL "/balie";
}

static void
holder_without_role(struct fixture_directory *demo)
{
    only_named(demo);
    epoch_of(demo)->holders[2] = FIXTURE_DESK_SCHOOL;
}

/* Role keyholder, in another circle than the epoch's. */
static void
holder_of_another_circle(struct fixture_directory *demo)
{
    only_named(demo);
    epoch_of(demo)->holders[2] = FIXTURE_DESK_NOORD;
    demo->members[FIXTURE_WIJKTEAM].desks[0].roles[1].roles |=
        SEIN_ROLE_KEYHOLDER;
}

static void
test_epochs(void **state)
{
    static const struct change changes[] = {
        CHANGE(nothing, SEIN_OK),
        CHANGE(only_named, SEIN_OK),
        CHANGE(second_epoch, SEIN_OK),
        CHANGE(epoch_twice, SEIN_EDIRINVALID),
        CHANGE(epochs_turned, SEIN_EDIRINVALID),
        CHANGE(threshold_of_all, SEIN_OK),
        CHANGE(threshold_above_all, SEIN_EDIRINVALID),
        CHANGE(no_time_to_match, SEIN_EDIRINVALID),
        CHANGE(one_millisecond_to_match, SEIN_OK),
        CHANGE(pepper_checked, SEIN_OK),
        CHANGE(pepper_checked_too_short, SEIN_EDIRINVALID),
        CHANGE(holder_twice, SEIN_EDIRINVALID),
        CHANGE(holder_that_is_not_there, SEIN_EDIRINVALID),
        CHANGE(holder_without_role, SEIN_EDIRINVALID),
        CHANGE(holder_of_another_circle, SEIN_EDIRINVALID),
    };

    (void)state;
    run_changes(changes, COUNT(changes));
}

/* ---- who holds too much --------------------------------------------------
 */

static void
two_of_one_supplier(struct fixture_directory *demo)
{
    demo->members[FIXTURE_CORPORATIE].supplier = "Leverancier";
    demo->members[FIXTURE_ENERGIE].supplier = "Leverancier";
}

static void
two_of_one_supplier_of_three(struct fixture_directory *demo)
{
    two_of_one_supplier(demo);
    threshold_of_all(demo);
}

static void
three_suppliers(struct fixture_directory *demo)
{
    demo->members[FIXTURE_CORPORATIE].supplier = "Een";
    demo->members[FIXTURE_ENERGIE].supplier = "Twee";
    demo->members[FIXTURE_JEUGDHULP].supplier = "Drie";
}

static void
two_of_one_member(struct fixture_directory *demo)
{
    static const char *const holders[] = { FIXTURE_DESK_NOORD,
                                           FIXTURE_DESK_ZUID,
                                           FIXTURE_DESK_ENERGIE };

    (void)fixture_epoch_name(demo, jeugd_of(demo), 2, holders, 3);
}

static void
two_of_one_member_of_three(struct fixture_directory *demo)
{
    two_of_one_member(demo);
    jeugd_of(demo)->epochs[1].t = 3;
}

static void
operator_holds(struct fixture_directory *demo)
{
    demo->brokers[0].operator_oin = FIXTURE_OIN_JEUGDHULP;
}

static void
operator_is_a_member(struct fixture_directory *demo)
{
    demo->brokers[0].operator_oin = FIXTURE_OIN_WIJKTEAM;
}

static void
brokers_supplier_holds(struct fixture_directory *demo)
{
    demo->brokers[0].supplier = "Leverancier";
    demo->members[FIXTURE_ENERGIE].supplier = "Leverancier";
}

static void
brokers_supplier_serves_another(struct fixture_directory *demo)
{
    demo->brokers[0].supplier = "Leverancier";
    demo->members[FIXTURE_SCHOOL].supplier = "Leverancier";
}

static void
second_brokers_operator_holds(struct fixture_directory *demo)
{
    struct fixture_key key;

    fixture_key_make(&key, 77);
    demo->brokers[1] = demo->brokers[0];
    memcpy(demo->brokers[1].curve, key.curve, SEIN_KEY_BYTES);
    memcpy(demo->brokers[1].receipt, key.sign, SEIN_KEY_BYTES);
    demo->brokers[1].operator_oin = FIXTURE_OIN_ENERGIE;
    demo->broker_count = 2;
}

static void
test_holders_apart(void **state)
{
    static const struct change changes[] = {
        CHANGE(two_of_one_supplier, SEIN_EHOLDERS),
        CHANGE(two_of_one_supplier_of_three, SEIN_OK),
        CHANGE(three_suppliers, SEIN_OK),
        CHANGE(two_of_one_member, SEIN_EHOLDERS),
        CHANGE(two_of_one_member_of_three, SEIN_OK),
        CHANGE(operator_holds, SEIN_EHOLDERS),
        CHANGE(operator_is_a_member, SEIN_OK),
        CHANGE(brokers_supplier_holds, SEIN_EHOLDERS),
        CHANGE(brokers_supplier_serves_another, SEIN_OK),
        CHANGE(second_brokers_operator_holds, SEIN_EHOLDERS),
    };

    (void)state;
    run_changes(changes, COUNT(changes));
}

/* ---- records --------------------------------------------------------------
 */

static void
record_of_another_window(struct fixture_directory *demo)
{
    epoch_of(demo)->match_until++;
}

static void
record_with_a_wrong_signature(struct fixture_directory *demo)
{
    epoch_of(demo)->signatures[1][63] ^= 1;
}

static void
record_without_signatures(struct fixture_directory *demo)
{
    epoch_of(demo)->signature_count = 0;
}

static void
record_with_one_signature_less(struct fixture_directory *demo)
{
    epoch_of(demo)->signature_count--;
}

static void
signatures_without_record(struct fixture_directory *demo)
{
    epoch_of(demo)->record_len = 0;
}

static void
record_cut_short(struct fixture_directory *demo)
{
    epoch_of(demo)->record_len--;
    fixture_epoch_sign_again(demo, epoch_of(demo));
}

/* The record's last byte but the transcript's says nothing that is checked;
 * signed again it stands. */
static void
record_of_another_transcript(struct fixture_directory *demo)
{
    epoch_of(demo)->record[epoch_of(demo)->record_len - 1] ^= 1;
    fixture_epoch_sign_again(demo, epoch_of(demo));
}

static void
signers_key_revoked(struct fixture_directory *demo)
{
    demo->members[FIXTURE_ENERGIE].keys[0].revoked_at = (uint64_t)NOW;
}

static void
signers_key_gone(struct fixture_directory *demo)
{
    fixture_key_make(&demo->members[FIXTURE_ENERGIE].keys[0], 99);
}

static void
test_records(void **state)
{
    static const struct change changes[] = {
        CHANGE(record_of_another_window, SEIN_ERECORD),
        CHANGE(record_with_a_wrong_signature, SEIN_ERECORD),
        CHANGE(record_without_signatures, SEIN_ERECORD),
        CHANGE(record_with_one_signature_less, SEIN_ERECORD),
        CHANGE(signatures_without_record, SEIN_EDIRINVALID),
        CHANGE(record_cut_short, SEIN_ERECORD),
        CHANGE(record_of_another_transcript, SEIN_OK),
        CHANGE(signers_key_revoked, SEIN_OK),
        CHANGE(signers_key_gone, SEIN_ERECORD),
    };

    (void)state;
    run_changes(changes, COUNT(changes));
}

/* ---- link pairs, quotas, regie --------------------------------------------
 */

static void
set_pair(struct fixture_directory *demo, size_t at, uint64_t a, uint64_t b)
{
    jeugd_of(demo)->link_pairs[at] = (struct sein_dir_link_pair){ a, b };
    jeugd_of(demo)->link_pair_count = at + 1;
}

static void
pair_backwards(struct fixture_directory *demo)
{
    set_pair(demo, 0, SEIN_LINK_PARENT, SEIN_LINK_PERSON);
}

static void
pair_twice(struct fixture_directory *demo)
{
    set_pair(demo, 0, SEIN_LINK_PERSON, SEIN_LINK_PARENT);
    set_pair(demo, 1, SEIN_LINK_PERSON, SEIN_LINK_PARENT);
}

static void
pairs_turned(struct fixture_directory *demo)
{
    set_pair(demo, 0, SEIN_LINK_PERSON, SEIN_LINK_PARENT);
    set_pair(demo, 1, SEIN_LINK_PERSON, SEIN_LINK_PERSON);
}

static void
pair_that_cannot_meet(struct fixture_directory *demo)
{
    set_pair(demo, 0, SEIN_LINK_ADDRESS, SEIN_LINK_NAME);
}

static void
no_pairs(struct fixture_directory *demo)
{
    jeugd_of(demo)->link_pair_count = 0;
}

static void
set_quota(struct fixture_directory *demo, const char *oin, uint64_t from,
          uint64_t until)
{
    jeugd_of(demo)->quotas[0] = (struct fixture_quota){ from, oin, 9, until };
    jeugd_of(demo)->quota_count = 1;
}

static void
quota_of_a_day(struct fixture_directory *demo)
{
    set_quota(demo, FIXTURE_OIN_SCHOOL, 1, 2);
}

static void
quota_of_no_time(struct fixture_directory *demo)
{
    set_quota(demo, FIXTURE_OIN_SCHOOL, 2, 2);
}

static void
quota_of_nobody(struct fixture_directory *demo)
{
    set_quota(demo, "school", 1, 2);
}

static void
set_regie(struct fixture_directory *demo, const char *first, const char *second)
{
    jeugd_of(demo)->regie_order[0] = first;
    jeugd_of(demo)->regie_order[1] = second;
    jeugd_of(demo)->regie_count = 2;
}

static void
regie_of_two(struct fixture_directory *demo)
{
    set_regie(demo, FIXTURE_DESK_ZUID, FIXTURE_DESK_SCHOOL);
    jeugd_of(demo)->regie_silence_days = 14;
}

static void
regie_twice(struct fixture_directory *demo)
{
    set_regie(demo, FIXTURE_DESK_SCHOOL, FIXTURE_DESK_SCHOOL);
}

static void
regie_of_who_is_not_there(struct fixture_directory *demo)
{
    set_regie(demo, FIXTURE_DESK_SCHOOL, FIXTURE_OIN_WIJKTEAM "/oost");
}

static void
regie_of_who_only_signals(struct fixture_directory *demo)
{
    set_regie(demo, FIXTURE_DESK_SCHOOL, FIXTURE_DESK_CORPORATIE);
}

static void
test_links_quotas_and_regie(void **state)
{
    static const struct change changes[] = {
        CHANGE(pair_backwards, SEIN_EDIRINVALID),
        CHANGE(pair_twice, SEIN_EDIRINVALID),
        CHANGE(pairs_turned, SEIN_EDIRINVALID),
        CHANGE(pair_that_cannot_meet, SEIN_EDIRINVALID),
        CHANGE(no_pairs, SEIN_OK),
        CHANGE(quota_of_a_day, SEIN_OK),
        CHANGE(quota_of_no_time, SEIN_EDIRINVALID),
        CHANGE(quota_of_nobody, SEIN_EDIRINVALID),
        CHANGE(regie_of_two, SEIN_OK),
        CHANGE(regie_twice, SEIN_EDIRINVALID),
        CHANGE(regie_of_who_is_not_there, SEIN_EDIRINVALID),
        CHANGE(regie_of_who_only_signals, SEIN_EDIRINVALID),
    };

    (void)state;
    run_changes(changes, COUNT(changes));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_epochs),
        cmocka_unit_test(test_holders_apart),
        cmocka_unit_test(test_records),
        cmocka_unit_test(test_links_quotas_and_regie),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
