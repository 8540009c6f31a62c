#include "tests/support/fixture_epoch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/trust/epoch.h"
#include "proto/trust/identity.h"

static void
stop(const char *where, enum sein_err err)
{
    (void)fprintf(stderr, "%s: %s\n", where, sein_err_code(err));
    abort();
}

static const struct fixture_member *
member_of(const struct fixture_directory *fixture, const char *desk)
{
    for (size_t i = 0; i < fixture->member_count; i++) {
        if (strncmp(fixture->members[i].oin, desk, SEIN_OIN_CHARS) == 0)
            return &fixture->members[i];
    }
    stop(desk, SEIN_EMEMBER);
    return NULL;
}

static struct fixture_desk *
desk_of(struct fixture_directory *fixture, const char *desk)
{
    for (size_t i = 0; i < fixture->member_count; i++) {
        struct fixture_member *member = &fixture->members[i];

        if (strncmp(member->oin, desk, SEIN_OIN_CHARS) != 0)
            continue;
        for (size_t j = 0; j < member->desk_count; j++) {
            if (strcmp(member->desks[j].name, desk + SEIN_OIN_CHARS + 1) == 0)
                return &member->desks[j];
        }
    }
    stop(desk, SEIN_EDESK);
    return NULL;
}

/* Roles stay in ascending order of circle. */
static void
give_role(struct fixture_desk *desk, const char *circle, uint64_t role)
{
    size_t at = 0;

    while (at < desk->role_count && strcmp(desk->roles[at].circle, circle) < 0)
        at++;
    if (at < desk->role_count && strcmp(desk->roles[at].circle, circle) == 0) {
        desk->roles[at].roles |= role;
        return;
    }
    if (desk->role_count == FIXTURE_ROLES_MAX)
        abort();
    memmove(&desk->roles[at + 1], &desk->roles[at],
            (desk->role_count - at) * sizeof desk->roles[0]);
    desk->roles[at] = (struct fixture_role){ .circle = circle, .roles = role };
    desk->role_count++;
}

static void
give_link_pairs(struct fixture_circle *circle)
{
    static const struct sein_dir_link_pair pairs[] = {
        { SEIN_LINK_ADDRESS, SEIN_LINK_ADDRESS },
        { SEIN_LINK_PERSON, SEIN_LINK_PERSON },
        { SEIN_LINK_PERSON, SEIN_LINK_PARENT },
        { SEIN_LINK_PARENT, SEIN_LINK_PARENT },
        { SEIN_LINK_NAME, SEIN_LINK_NAME },
    };

    if (circle->link_pair_count > 0)
        return;
    memcpy(circle->link_pairs, pairs, sizeof pairs);
    circle->link_pair_count = sizeof pairs / sizeof pairs[0];
}

struct fixture_epoch *
fixture_epoch_name(struct fixture_directory *fixture,
                   struct fixture_circle *circle, uint64_t t,
                   const char *const *holders, size_t n)
{
    struct fixture_epoch *epoch = NULL;

    if (circle->epoch_count == FIXTURE_EPOCHS_MAX || n > SEIN_HOLDERS_MAX)
        abort();
    epoch = &circle->epochs[circle->epoch_count++];
    *epoch = (struct fixture_epoch){
        .epoch = circle->epoch_count,
        .handle_version = 1,
        .t = t,
        .not_before = fixture->issued,
        .match_until = fixture->issued + (uint64_t)FIXTURE_EPOCH_LIFE_MS,
        .holder_count = n,
    };
    for (size_t i = 0; i < n; i++) {
        epoch->holders[i] = holders[i];
        give_role(desk_of(fixture, holders[i]), circle->id,
                  SEIN_ROLE_KEYHOLDER);
    }
    give_link_pairs(circle);
    return epoch;
}

void
fixture_epoch_sign_again(const struct fixture_directory *fixture,
                         struct fixture_epoch *epoch)
{
    for (size_t i = 0; i < epoch->holder_count; i++) {
        const struct fixture_member *member =
            member_of(fixture, epoch->holders[i]);
        enum sein_err err = sein_sig_make(
            SEIN_SIG_EPOCH, sein_slice_of(epoch->record, epoch->record_len),
            member->keys[0].sign_secret, epoch->signatures[i]);

        if (err != SEIN_OK)
            stop("fixture_epoch_sign_again", err);
    }
    epoch->signature_count = epoch->holder_count;
}

void
fixture_epoch_sign(const struct fixture_directory *fixture,
                   const struct fixture_circle *circle,
                   struct fixture_epoch *epoch,
                   const uint8_t (*commitments)[SEIN_POINT_BYTES])
{
    struct sein_epoch_record record = {
        .circle = sein_slice_text(circle->id),
        .epoch = epoch->epoch,
        .t = (size_t)epoch->t,
        .n = epoch->holder_count,
        .not_before = epoch->not_before,
        .match_until = epoch->match_until,
        .transcript = { { 't' } },
    };
    enum sein_err err = SEIN_OK;

    for (size_t i = 0; i < record.n; i++) {
        const char *desk = epoch->holders[i];

        record.holders[i] = (struct sein_epoch_holder){
            .index = i + 1,
            .desk = sein_slice_text(desk),
            .key_id = member_of(fixture, desk)->keys[0].key_id,
        };
    }
    for (size_t i = 0; i < record.t; i++)
        memcpy(record.commitments[i], commitments[i], SEIN_POINT_BYTES);
    err = sein_epoch_record_encode(&record, epoch->record, sizeof epoch->record,
                                   &epoch->record_len);
    if (err != SEIN_OK)
        stop("fixture_epoch_sign", err);
    fixture_epoch_sign_again(fixture, epoch);
}

struct fixture_epoch *
fixture_epoch_demo(struct fixture_directory *fixture,
                   const uint8_t (*commitments)[SEIN_POINT_BYTES])
{
    static const char *const holders[] = {
        FIXTURE_DESK_CORPORATIE,
        FIXTURE_DESK_ENERGIE,
        FIXTURE_DESK_JEUGDHULP,
    };
    static const uint8_t no_points[2][SEIN_POINT_BYTES] = { { 1 }, { 2 } };
    struct fixture_circle *circle = &fixture->circles[FIXTURE_JEUGD];
    struct fixture_epoch *epoch =
        fixture_epoch_name(fixture, circle, 2, holders, 3);

    fixture_epoch_sign(fixture, circle, epoch,
                       commitments != NULL ? commitments : no_points);
    return epoch;
}
