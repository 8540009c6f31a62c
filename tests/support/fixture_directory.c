#include "tests/support/fixture_directory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "proto/trust/identity.h"
#include "proto/wire/pack.h"

/* Everything that is being encoded, in pieces; the first error is kept. */
struct arena {
    uint8_t *at;
    size_t len;
    enum sein_err err;
};

#define ARENA_MAX (4U * SEIN_DIRECTORY_MAX)
#define ELEMENTS_MAX 256U

/* Seeds of the demo; tests use others. */
#define SEED_GOVERNORS 200U
#define SEED_BROKER 220U
#define SEED_MEMBERS 230U

static struct sein_slice
keep(struct arena *arena, const struct sein_writer *out)
{
    struct sein_slice piece = { 0 };
    enum sein_err err = sein_writer_done(out, &piece);

    if (arena->err == SEIN_OK)
        arena->err = err;
    arena->len += piece.len;
    return piece;
}

static struct sein_writer
rest_of(const struct arena *arena)
{
    return sein_writer_of(arena->at + arena->len, ARENA_MAX - arena->len);
}

static struct sein_slice
add_object(struct arena *arena, const struct sein_schema *schema,
           const void *object)
{
    struct sein_writer out = rest_of(arena);
    enum sein_err err = sein_schema_encode(schema, object, &out);

    if (arena->err == SEIN_OK)
        arena->err = err;
    return keep(arena, &out);
}

static struct sein_list
add_list(struct arena *arena, const struct sein_slice *elements, size_t count)
{
    struct sein_writer out = rest_of(arena);

    sein_pack_array(&out, count);
    for (size_t i = 0; i < count; i++)
        sein_write_slice(&out, elements[i]);
    return (struct sein_list){ .raw = keep(arena, &out), .count = count };
}

static struct sein_slice
text_or_none(const char *text)
{
    return text == NULL ? (struct sein_slice){ 0 } : sein_slice_text(text);
}

static struct sein_slice
add_text(struct arena *arena, const char *text)
{
    struct sein_writer out = rest_of(arena);

    sein_pack_text(&out, sein_slice_text(text));
    return keep(arena, &out);
}

static struct sein_list
add_texts(struct arena *arena, const char *const *texts, size_t count)
{
    struct sein_slice elements[ELEMENTS_MAX];

    for (size_t i = 0; i < count; i++)
        elements[i] = add_text(arena, texts[i]);
    return add_list(arena, elements, count);
}

static struct sein_slice
add_key(struct arena *arena, const struct fixture_key *key)
{
    struct sein_dir_key entry = {
        .active_from = key->active_from,
        .key_id = key->key_id,
        .retired_at = key->retired_at,
        .revoked_at = key->revoked_at,
    };

    entry.desks = add_texts(arena, key->desks, key->desk_count);
    memcpy(entry.sign, key->sign, sizeof entry.sign);
    memcpy(entry.curve, key->curve, sizeof entry.curve);
    return add_object(arena, &sein_dir_key_schema, &entry);
}

static struct sein_slice
add_desk(struct arena *arena, const struct fixture_desk *desk)
{
    struct sein_dir_desk entry = {
        .hours = text_or_none(desk->hours),
        .mandate = text_or_none(desk->mandate),
        .name = sein_slice_text(desk->name),
        .phone = text_or_none(desk->phone),
        .stand_in = text_or_none(desk->stand_in),
        .title = sein_slice_text(desk->title),
    };
    struct sein_slice elements[ELEMENTS_MAX];

    for (size_t i = 0; i < desk->area_count; i++)
        elements[i] = add_object(arena, &sein_dir_area_schema, &desk->areas[i]);
    entry.areas = add_list(arena, elements, desk->area_count);
    for (size_t i = 0; i < desk->role_count; i++) {
        struct sein_dir_role role = {
            .circle = sein_slice_text(desk->roles[i].circle),
            .links = desk->roles[i].links,
            .roles = desk->roles[i].roles,
        };

        elements[i] = add_object(arena, &sein_dir_role_schema, &role);
    }
    entry.roles = add_list(arena, elements, desk->role_count);
    return add_object(arena, &sein_dir_desk_schema, &entry);
}

static struct sein_slice
add_member(struct arena *arena, const struct fixture_member *member)
{
    struct sein_dir_member entry = {
        .domain = sein_slice_text(member->domain),
        .left_at = member->left_at,
        .name = sein_slice_text(member->name),
        .oin = sein_slice_text(member->oin),
        .supplier = text_or_none(member->supplier),
    };
    struct sein_slice elements[ELEMENTS_MAX];

    for (size_t i = 0; i < member->key_count; i++)
        elements[i] = add_key(arena, &member->keys[i]);
    entry.keys = add_list(arena, elements, member->key_count);
    for (size_t i = 0; i < member->desk_count; i++)
        elements[i] = add_desk(arena, &member->desks[i]);
    entry.desks = add_list(arena, elements, member->desk_count);
    return add_object(arena, &sein_dir_member_schema, &entry);
}

static struct sein_list
add_codes(struct arena *arena, const struct fixture_code *codes, size_t count)
{
    struct sein_slice elements[ELEMENTS_MAX];

    for (size_t i = 0; i < count; i++) {
        struct sein_slice code = sein_slice_text(codes[i].code);
        struct sein_dir_code entry = {
            .arrears = codes[i].arrears,
            .code = code,
            .en = code,
            .nl = code,
        };

        elements[i] = add_object(arena, &sein_dir_code_schema, &entry);
    }
    return add_list(arena, elements, count);
}

static struct sein_list
add_labels(struct arena *arena, const struct fixture_circle *circle)
{
    struct sein_slice elements[ELEMENTS_MAX];

    for (size_t i = 0; i < circle->label_count; i++) {
        struct sein_dir_label entry = {
            .label = sein_slice_text(circle->labels[i].label),
            .oin = sein_slice_text(circle->labels[i].other),
        };

        elements[i] = add_object(arena, &sein_dir_label_schema, &entry);
    }
    return add_list(arena, elements, circle->label_count);
}

static struct sein_list
add_exceptions(struct arena *arena, const struct fixture_circle *circle)
{
    struct sein_slice elements[ELEMENTS_MAX];

    for (size_t i = 0; i < circle->exception_count; i++) {
        struct sein_dir_exception entry = {
            .label = sein_slice_text(circle->exceptions[i].label),
            .reason = sein_slice_text(circle->exceptions[i].other),
        };

        elements[i] = add_object(arena, &sein_dir_exception_schema, &entry);
    }
    return add_list(arena, elements, circle->exception_count);
}

static struct sein_slice
add_epoch(struct arena *arena, const struct fixture_epoch *epoch)
{
    struct sein_dir_epoch entry = {
        .epoch = epoch->epoch,
        .handle_version = epoch->handle_version,
        .holders = add_texts(arena, epoch->holders, epoch->holder_count),
        .match_until = epoch->match_until,
        .not_before = epoch->not_before,
        .pepper_check =
            sein_slice_of(epoch->pepper_check, epoch->pepper_check_len),
        .record = sein_slice_of(epoch->record, epoch->record_len),
        .t = epoch->t,
    };
    struct sein_slice elements[SEIN_HOLDERS_MAX];

    for (size_t i = 0; i < epoch->signature_count; i++) {
        struct sein_writer out = rest_of(arena);

        sein_pack_bytes(&out,
                        sein_slice_of(epoch->signatures[i], SEIN_SIG_BYTES));
        elements[i] = keep(arena, &out);
    }
    entry.signatures = add_list(arena, elements, epoch->signature_count);
    return add_object(arena, &sein_dir_epoch_schema, &entry);
}

static struct sein_list
add_epochs(struct arena *arena, const struct fixture_circle *circle)
{
    struct sein_slice elements[FIXTURE_EPOCHS_MAX];

    for (size_t i = 0; i < circle->epoch_count; i++)
        elements[i] = add_epoch(arena, &circle->epochs[i]);
    return add_list(arena, elements, circle->epoch_count);
}

static struct sein_list
add_link_pairs(struct arena *arena, const struct fixture_circle *circle)
{
    struct sein_slice elements[SEIN_LINK_PAIRS_MAX];

    for (size_t i = 0; i < circle->link_pair_count; i++)
        elements[i] = add_object(arena, &sein_dir_link_pair_schema,
                                 &circle->link_pairs[i]);
    return add_list(arena, elements, circle->link_pair_count);
}

static struct sein_list
add_quotas(struct arena *arena, const struct fixture_circle *circle)
{
    struct sein_slice elements[FIXTURE_CODES_MAX];

    for (size_t i = 0; i < circle->quota_count; i++) {
        struct sein_dir_quota_exception entry = {
            .from = circle->quotas[i].from,
            .oin = sein_slice_text(circle->quotas[i].oin),
            .per_day = circle->quotas[i].per_day,
            .until = circle->quotas[i].until,
        };

        elements[i] =
            add_object(arena, &sein_dir_quota_exception_schema, &entry);
    }
    return add_list(arena, elements, circle->quota_count);
}

static struct sein_slice
add_circle(struct arena *arena, const struct fixture_circle *circle)
{
    struct sein_dir_circle entry = {
        .basis = sein_slice_text(circle->basis),
        .basis_ends = circle->basis_ends,
        .collect_days = circle->collect_days,
        .epochs = add_epochs(arena, circle),
        .exceptions = add_exceptions(arena, circle),
        .id = sein_slice_text(circle->id),
        .kinds = add_codes(arena, circle->kinds, circle->kind_count),
        .labels = add_labels(arena, circle),
        .link_pairs = add_link_pairs(arena, circle),
        .outcomes = add_codes(arena, circle->outcomes, circle->outcome_count),
        .purpose = sein_slice_text(circle->purpose),
        .quota_exceptions = add_quotas(arena, circle),
        .quota_per_day = circle->quota_per_day,
        .regie_order =
            add_texts(arena, circle->regie_order, circle->regie_count),
        .regie_silence_days = circle->regie_silence_days,
        .retention_days = circle->retention_days,
        .reveal = circle->reveal,
        .title = sein_slice_text(circle->title),
    };

    return add_object(arena, &sein_dir_circle_schema, &entry);
}

static struct sein_slice
add_broker(struct arena *arena, const struct fixture_broker *broker)
{
    struct sein_dir_broker entry = {
        .endpoint = sein_slice_text(broker->endpoint),
        .name = sein_slice_text(broker->name),
        .operator_oin = sein_slice_text(broker->operator_oin),
        .supplier = text_or_none(broker->supplier),
    };

    memcpy(entry.curve, broker->curve, sizeof entry.curve);
    memcpy(entry.receipt, broker->receipt, sizeof entry.receipt);
    return add_object(arena, &sein_dir_broker_schema, &entry);
}

static struct sein_slice
add_governance(struct arena *arena, const struct fixture_directory *fixture)
{
    struct sein_dir_governance entry = { .threshold = fixture->threshold };
    struct sein_slice elements[FIXTURE_GOVERNORS_MAX];

    for (size_t i = 0; i < fixture->governor_count; i++) {
        struct sein_dir_governor governor = {
            .name = sein_slice_text(fixture->governors[i].name),
        };

        memcpy(governor.pk, fixture->governors[i].pk, sizeof governor.pk);
        elements[i] = add_object(arena, &sein_dir_governor_schema, &governor);
    }
    entry.keys = add_list(arena, elements, fixture->governor_count);
    return add_object(arena, &sein_dir_governance_schema, &entry);
}

static struct sein_slice
add_root(struct arena *arena, const struct fixture_directory *fixture)
{
    struct sein_dir_root root = {
        .expires = fixture->expires,
        .governance = add_governance(arena, fixture),
        .issued = fixture->issued,
        .v = fixture->v,
        .version = fixture->version,
    };
    struct sein_slice elements[ELEMENTS_MAX];

    memcpy(root.prev, fixture->prev, sizeof root.prev);
    for (size_t i = 0; i < fixture->broker_count; i++)
        elements[i] = add_broker(arena, &fixture->brokers[i]);
    root.brokers = add_list(arena, elements, fixture->broker_count);
    for (size_t i = 0; i < fixture->circle_count; i++)
        elements[i] = add_circle(arena, &fixture->circles[i]);
    root.circles = add_list(arena, elements, fixture->circle_count);
    for (size_t i = 0; i < fixture->member_count; i++)
        elements[i] = add_member(arena, &fixture->members[i]);
    root.members = add_list(arena, elements, fixture->member_count);
    return add_object(arena, &sein_dir_root_schema, &root);
}

static struct sein_list
add_signatures(struct arena *arena, struct sein_slice dir,
               const struct fixture_governor *signers, size_t count)
{
    struct sein_slice elements[ELEMENTS_MAX];

    for (size_t i = 0; i < count; i++) {
        struct sein_dir_signature entry = { 0 };
        enum sein_err err = sein_sig_make(SEIN_SIG_DIR, dir, signers[i].secret,
                                          entry.signature);

        if (arena->err == SEIN_OK)
            arena->err = err;
        memcpy(entry.governor, signers[i].pk, sizeof entry.governor);
        elements[i] = add_object(arena, &sein_dir_signature_schema, &entry);
    }
    return add_list(arena, elements, count);
}

enum sein_err
fixture_directory_encode_by(const struct fixture_directory *fixture,
                            const struct fixture_governor *signers,
                            size_t count, struct fixture_bytes *out_bytes)
{
    struct arena arena = { .at = malloc(ARENA_MAX) };
    struct sein_dir_signed envelope = { 0 };
    struct sein_slice whole = { 0 };
    enum sein_err err = SEIN_OK;

    if (arena.at == NULL)
        return SEIN_ENOMEM;
    envelope.dir = add_root(&arena, fixture);
    envelope.signatures = add_signatures(&arena, envelope.dir, signers, count);
    whole = add_object(&arena, &sein_dir_signed_schema, &envelope);
    err = arena.err;
    if (err == SEIN_OK) {
        out_bytes->at = malloc(whole.len);
        if (out_bytes->at == NULL)
            err = SEIN_ENOMEM;
    }
    if (err == SEIN_OK) {
        memcpy(out_bytes->at, whole.at, whole.len);
        out_bytes->len = whole.len;
    }
    free(arena.at);
    return err;
}

enum sein_err
fixture_directory_encode(const struct fixture_directory *fixture,
                         struct fixture_bytes *out_bytes)
{
    return fixture_directory_encode_by(fixture, fixture->governors,
                                       fixture->governor_count, out_bytes);
}

void
fixture_bytes_free(struct fixture_bytes *bytes)
{
    free(bytes->at);
    *bytes = (struct fixture_bytes){ 0 };
}

struct sein_slice
fixture_bytes_slice(const struct fixture_bytes *bytes)
{
    return sein_slice_of(bytes->at, bytes->len);
}

struct sein_directory *
fixture_directory_open(const struct fixture_directory *fixture)
{
    struct fixture_bytes bytes = { 0 };
    struct sein_directory *dir = NULL;
    enum sein_err err = fixture_directory_encode(fixture, &bytes);

    if (err == SEIN_OK)
        err = sein_directory_read(fixture_bytes_slice(&bytes), &dir);
    fixture_bytes_free(&bytes);
    if (err != SEIN_OK) {
        (void)fprintf(stderr, "fixture_directory_open: %s\n",
                      sein_err_code(err));
        abort();
    }
    return dir;
}

void
fixture_directory_follow(struct fixture_directory *fixture,
                         const struct sein_directory *dir)
{
    fixture->version = sein_directory_version(dir) + 1;
    memcpy(fixture->prev, sein_directory_hash(dir)->bytes,
           sizeof fixture->prev);
}

/* Seeds of two bytes: whose key it is and what it is for. */
static void
fill_seed(uint8_t out[static crypto_sign_SEEDBYTES], uint8_t seed, char purpose)
{
    memset(out, seed, crypto_sign_SEEDBYTES);
    out[0] = (uint8_t)purpose;
}

static void
make_sign_pair(uint8_t seed, uint8_t *out_public, uint8_t *out_secret)
{
    uint8_t bytes[crypto_sign_SEEDBYTES];

    fill_seed(bytes, seed, 's');
    (void)crypto_sign_seed_keypair(out_public, out_secret, bytes);
}

/* The seed is the secret: so does ZeroMQ make its keys. */
static void
make_curve_pair(uint8_t seed, uint8_t *out_public, uint8_t *out_secret)
{
    fill_seed(out_secret, seed, 'c');
    (void)crypto_scalarmult_base(out_public, out_secret);
}

void
fixture_key_make(struct fixture_key *key, uint8_t seed)
{
    *key = (struct fixture_key){ 0 };
    make_sign_pair(seed, key->sign, key->sign_secret);
    make_curve_pair(seed, key->curve, key->curve_secret);
    sein_key_id_of(key->sign, key->curve, &key->key_id);
}

void
fixture_governor_make(struct fixture_governor *governor, const char *name,
                      uint8_t seed)
{
    governor->name = name;
    make_sign_pair(seed, governor->pk, governor->secret);
}

static int
compare_governors(const void *a, const void *b)
{
    const struct fixture_governor *left = a;
    const struct fixture_governor *right = b;

    return memcmp(left->pk, right->pk, SEIN_KEY_BYTES);
}

void
fixture_governors_sort(struct fixture_directory *fixture)
{
    qsort(fixture->governors, fixture->governor_count,
          sizeof fixture->governors[0], compare_governors);
}

struct fixture_member *
fixture_member_add(struct fixture_directory *fixture, const char *oin,
                   const char *name, uint8_t seed)
{
    struct fixture_member *member = NULL;

    if (fixture->member_count == FIXTURE_MEMBERS_MAX)
        abort();
    member = &fixture->members[fixture->member_count++];
    *member = (struct fixture_member){
        .oin = oin,
        .name = name,
        .domain = "anders",
        .key_count = 1,
        .desks = { { .name = "loket", .title = name } },
        .desk_count = 1,
    };
    fixture_key_make(&member->keys[0], seed);
    return member;
}

void
fixture_role_add(struct fixture_desk *desk, const char *circle, uint64_t roles)
{
    if (desk->role_count == FIXTURE_ROLES_MAX)
        abort();
    desk->roles[desk->role_count++] =
        (struct fixture_role){ .circle = circle, .roles = roles };
}

static void
add_demo_sender(struct fixture_directory *demo, const char *oin,
                const char *name, const char *domain, const char *desk,
                const char *circle, uint64_t roles)
{
    struct fixture_member *member = fixture_member_add(
        demo, oin, name, (uint8_t)(SEED_MEMBERS + demo->member_count));

    member->domain = domain;
    member->desks[0].name = desk;
    member->desks[0].phone = "+31 75 000 00 00";
    fixture_role_add(&member->desks[0], circle, roles);
}

static void
add_demo_wijkteam(struct fixture_directory *demo)
{
    struct fixture_member *team =
        fixture_member_add(demo, FIXTURE_OIN_WIJKTEAM, "Wijkteam Zaanstreek",
                           (uint8_t)(SEED_MEMBERS + demo->member_count));

    team->domain = "gemeente";
    team->desk_count = 2;
    team->desks[0] = (struct fixture_desk){
        .name = "noord",
        .title = "Wijkteam noord",
        .phone = "+31 75 000 00 01",
        .hours = "ma-vr 9-17",
        .mandate = "regie, indicatie",
        .stand_in = FIXTURE_DESK_ZUID,
        .areas = { { 1500, 1599 } },
        .area_count = 1,
    };
    team->desks[1] = team->desks[0];
    team->desks[1].name = "zuid";
    team->desks[1].title = "Wijkteam zuid";
    team->desks[1].stand_in = FIXTURE_DESK_NOORD;
    team->desks[1].areas[0] = (struct sein_dir_area){ 1700, 1799 };
    for (size_t i = 0; i < team->desk_count; i++) {
        fixture_role_add(&team->desks[i], "jeugd",
                         SEIN_ROLE_INTRODUCED | SEIN_ROLE_COORDINATE);
        fixture_role_add(&team->desks[i], "schulden", SEIN_ROLE_COORDINATE);
    }
}

static void
add_demo_members(struct fixture_directory *demo)
{
    uint64_t sender = SEIN_ROLE_SIGNAL | SEIN_ROLE_FEEDBACK;

    add_demo_sender(demo, FIXTURE_OIN_CORPORATIE, "Woningcorporatie De Zaan",
                    "wonen", "incasso", "schulden", sender);
    add_demo_sender(demo, FIXTURE_OIN_ENERGIE, "Energie Noord", "energie",
                    "incasso", "schulden", sender);
    add_demo_sender(demo, FIXTURE_OIN_SCHOOL, "Scholengroep", "onderwijs",
                    "zorgteam", "jeugd", sender | SEIN_ROLE_INTRODUCED);
    add_demo_sender(demo, FIXTURE_OIN_JEUGDHULP, "Jeugdhulp", "jeugdhulp",
                    "aanmelding", "jeugd", sender | SEIN_ROLE_INTRODUCED);
    add_demo_wijkteam(demo);
}

static void
add_demo_circles(struct fixture_directory *demo, int64_t now_ms)
{
    demo->circles[FIXTURE_JEUGD] = (struct fixture_circle){
        .id = "jeugd",
        .title = "Jeugd en gezin",
        .purpose = "samenhangende hulp aan jeugdigen",
        .basis = "Jeugdwet artikel 2.7",
        .retention_days = 90,
        .reveal = SEIN_REVEAL_MUTUAL,
        .kinds = { { "verzuim", false },
                   { "zorgmijding", false },
                   { "opvoeding", false },
                   { "veiligheid", false } },
        .kind_count = 4,
        .labels = { { "school", FIXTURE_OIN_SCHOOL },
                    { "zorg", FIXTURE_OIN_JEUGDHULP },
                    { "gemeente", FIXTURE_OIN_WIJKTEAM } },
        .label_count = 3,
        .exceptions = { { "gemeente", "een gemeente" },
                        { "school", "proef" },
                        { "zorg", "proef" } },
        .exception_count = 3,
    };
    demo->circles[FIXTURE_SCHULDEN] = (struct fixture_circle){
        .id = "schulden",
        .title = "Vroegsignalering schulden",
        .purpose = "huishoudens met schulden vroeg bereiken",
        .basis = "Wet gemeentelijke schuldhulpverlening artikel 3",
        .collect_days = 7,
        .retention_days = 180,
        .kinds = { { "huur", true },
                   { "elektriciteit", true },
                   { "gas", true },
                   { "warmte", true },
                   { "drinkwater", true },
                   { "zorgverzekering", true } },
        .kind_count = 6,
    };
    demo->circle_count = FIXTURE_CIRCLE_COUNT;
    for (size_t i = 0; i < demo->circle_count; i++) {
        struct fixture_circle *circle = &demo->circles[i];

        circle->basis_ends = (uint64_t)(now_ms + 365 * SEIN_MS_PER_DAY);
        circle->outcomes[0] = (struct fixture_code){ "contact", false };
        circle->outcomes[1] = (struct fixture_code){ "hulp", false };
        circle->outcomes[2] = (struct fixture_code){ "niet-nodig", false };
        circle->outcome_count = 3;
    }
}

static void
add_demo_broker(struct fixture_directory *demo)
{
    struct fixture_broker *broker = &demo->brokers[demo->broker_count++];

    *broker = (struct fixture_broker){
        .endpoint = "tcp://127.0.0.1:7000",
        .name = "Seinhuis Zaanstreek",
        .operator_oin = FIXTURE_OIN_OPERATOR,
    };
    make_curve_pair(SEED_BROKER, broker->curve, broker->curve_secret);
    make_sign_pair(SEED_BROKER, broker->receipt, broker->receipt_secret);
}

struct fixture_directory *
fixture_directory_new(int64_t now_ms)
{
    static const char *const names[] = { "Anna", "Bram", "Chris" };
    struct fixture_directory *demo = calloc(1, sizeof *demo);

    if (demo == NULL)
        abort();
    demo->v = 1;
    demo->version = 1;
    demo->issued = (uint64_t)now_ms;
    demo->expires = (uint64_t)(now_ms + SEIN_DIRECTORY_LIFE_MS);
    demo->threshold = 2;
    demo->governor_count = sizeof names / sizeof names[0];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        fixture_governor_make(&demo->governors[i], names[i],
                              (uint8_t)(SEED_GOVERNORS + i));
    fixture_governors_sort(demo);
    add_demo_broker(demo);
    add_demo_members(demo);
    add_demo_circles(demo, now_ms);
    return demo;
}

void
fixture_directory_free(struct fixture_directory **fixture)
{
    free(*fixture);
    *fixture = NULL;
}
