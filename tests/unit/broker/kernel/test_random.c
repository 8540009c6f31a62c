/*
 * Random senders and readers on three desks, commits that fail, kernels that
 * start again on the same store: no accepted letter is lost, none that was
 * acknowledged or withdrawn is delivered again.
 *
 * What is known of each letter is kept here, from the answers alone.  A seed
 * replays its run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "proto/wire/msg_confirm.h"
#include "proto/wire/msg_hello.h"
#include "tests/support/kernel_rig.h"
#include "tests/support/store_folder.h"

#define SEEDS 20U
#define SEEDS_ON_DISK 2U
#define TURNS 200U
#define LETTERS_MAX 600U
#define DESKS 3U
#define READERS 6U /* two for each desk */
#define SENDER 100U
#define READER 200U
#define TEAM FIXTURE_WIJKTEAM

static const char *const desks[DESKS] = { FIXTURE_DESK_NOORD, FIXTURE_DESK_ZUID,
                                          FIXTURE_DESK_JEUGDHULP };
static const unsigned desk_members[DESKS] = { TEAM, TEAM, FIXTURE_JEUGDHULP };

struct letter {
    struct rig_put put;
    unsigned desk;
    bool accepted;
    bool acked;
    bool withdrawn;
    bool delivered; /* to anybody, ever */
    uint64_t seq;
};

struct reader {
    bool open;
    uint64_t window;
    struct letter *out[SEIN_CREDIT_MAX];
    size_t out_count;
};

struct world {
    struct rig *rig;
    uint64_t random;
    struct letter *letters;
    size_t letter_count;
    struct reader readers[READERS];
    bool sender_open;
    size_t restarts, failures, redelivered;
};

static uint64_t
draw(struct world *world, uint64_t below)
{
    world->random ^= world->random << 13;
    world->random ^= world->random >> 7;
    world->random ^= world->random << 17;
    return world->random % below;
}

static struct letter *
letter_of(struct world *world, const uint8_t id[static SEIN_ID_BYTES])
{
    for (size_t i = 0; i < world->letter_count; i++) {
        if (memcmp(world->letters[i].put.letter.id.bytes, id, SEIN_ID_BYTES) ==
            0)
            return &world->letters[i];
    }
    return NULL;
}

/* A withdrawal's op id says which letter it is about. */
static struct letter *
withdrawn_of(struct world *world, const uint8_t op_id[static SEIN_ID_BYTES])
{
    uint32_t number = 0;

    memcpy(&number, op_id + 4, sizeof number);
    return op_id[0] == 0xff && number < world->letter_count
               ? &world->letters[number]
               : NULL;
}

/* ---- what is asked ---- */

static void
ask_put(struct world *world)
{
    struct letter *letter = NULL;

    if (world->letter_count > 0 && draw(world, 4) == 0) {
        letter = &world->letters[draw(world, world->letter_count)];
    } else if (world->letter_count < LETTERS_MAX) {
        struct rig_letter shape = { 0 };

        letter = &world->letters[world->letter_count++];
        letter->desk = (unsigned)draw(world, DESKS);
        shape.to = desks[letter->desk];
        rig_letter_make(world->rig, &shape, &letter->put);
    }
    if (letter != NULL)
        rig_put(world->rig, SENDER, FIXTURE_SCHOOL, &letter->put);
}

static void
ask_withdraw(struct world *world)
{
    struct sein_withdraw_item item = { 0 };
    uint32_t number = 0;

    if (world->letter_count == 0)
        return;
    number = (uint32_t)draw(world, world->letter_count);
    item.from = sein_slice_text(FIXTURE_DESK_SCHOOL);
    item.letter_id = world->letters[number].put.letter.id;
    item.op_id.bytes[0] = 0xff;
    memcpy(item.op_id.bytes + 4, &number, sizeof number);
    rig_items(world->rig, SENDER, FIXTURE_SCHOOL, SEIN_KIND_WITHDRAW,
              &sein_withdraw_item_schema, &item, 1);
}

static unsigned
desk_of(unsigned reader)
{
    return reader % DESKS;
}

static void
ask_read(struct world *world, unsigned number)
{
    struct reader *reader = &world->readers[number];
    unsigned desk = desk_of(number);

    reader->window = 1 + draw(world, 8);
    rig_hello(world->rig, READER + number, desk_members[desk], 7, false,
              desks[desk]);
    rig_credit(world->rig, READER + number, desk_members[desk], reader->window);
    reader->open = true;
    reader->out_count = 0;
}

static void
ask_ack(struct world *world, unsigned number)
{
    struct reader *reader = &world->readers[number];
    unsigned desk = desk_of(number);

    if (reader->out_count > 0)
        rig_ack(world->rig, READER + number, desk_members[desk],
                reader->out[draw(world, reader->out_count)]->seq, desks[desk],
                0);
}

static void
ask_bye(struct world *world, unsigned number)
{
    rig_empty(world->rig, READER + number, desk_members[desk_of(number)],
              SEIN_KIND_BYE);
    world->readers[number].open = false;
    world->readers[number].out_count = 0;
}

static void
ask_reader(struct world *world, unsigned number)
{
    struct reader *reader = &world->readers[number];

    if (!reader->open) {
        if (draw(world, 3) == 0)
            ask_read(world, number);
        return;
    }
    for (uint64_t acks = draw(world, 4); acks > 0; acks--)
        ask_ack(world, number);
    if (draw(world, 20) == 0)
        ask_bye(world, number);
    else if (draw(world, 20) == 0)
        ask_read(world, number); /* hello again */
}

static void
ask_all(struct world *world)
{
    if (!world->sender_open) {
        rig_hello(world->rig, SENDER, FIXTURE_SCHOOL, 1, false, NULL);
        world->sender_open = true;
    }
    for (uint64_t puts = draw(world, 5); puts > 0; puts--)
        ask_put(world);
    if (draw(world, 3) == 0)
        ask_withdraw(world);
    for (unsigned i = 0; i < READERS; i++)
        ask_reader(world, i);
}

/* ---- what is answered ---- */

static void
on_verdict(struct world *world, const struct sein_verdict *verdict)
{
    struct letter *put = letter_of(world, verdict->op_id.bytes);
    struct letter *withdrawn = withdrawn_of(world, verdict->op_id.bytes);
    bool done = verdict->code == SEIN_OK || verdict->code == SEIN_EDUPLICATE;

    if (put != NULL) {
        assert_true(done);
        assert_true(verdict->receipt.len > 0);
        if (verdict->code == SEIN_OK)
            assert_false(put->accepted);
        else
            assert_true(put->accepted);
        put->accepted = true;
    } else if (withdrawn != NULL && done) {
        assert_true(withdrawn->accepted);
        /* What the sender believes erased, nobody ever saw. */
        assert_false(withdrawn->delivered);
        withdrawn->withdrawn = true;
    } else {
        assert_non_null(withdrawn);
        assert_true(verdict->code == SEIN_ENOENT ||
                    verdict->code == SEIN_EDELIVERED);
    }
}

static void
on_confirm(struct world *world, struct sein_slice body)
{
    struct sein_confirm confirm = { 0 };
    struct sein_items items = { 0 };
    struct sein_verdict verdict = { 0 };

    assert_int_equal(
        sein_schema_decode_all(&sein_confirm_schema, body, &confirm), SEIN_OK);
    assert_int_equal(sein_items_begin(confirm.verdicts.raw, 256, &items),
                     SEIN_OK);
    while (sein_items_next(&items, &sein_verdict_schema, &verdict, NULL) ==
           SEIN_OK)
        on_verdict(world, &verdict);
}

static void
on_delivery(struct world *world, struct reader *reader,
            const struct sein_deliver_item *item)
{
    struct sein_letter_view view = { 0 };
    struct letter *letter = NULL;

    assert_int_equal(item->type, SEIN_ITEM_LETTER);
    assert_int_equal(sein_letter_split(item->item, &view), SEIN_OK);
    letter = letter_of(world, view.header.letter_id.bytes);
    assert_non_null(letter);
    if (letter == NULL)
        return; /* not reached, but the compiler does not know */
    assert_true(letter->accepted);
    assert_false(letter->acked);
    assert_false(letter->withdrawn);
    assert_true(sein_slice_is(item->desk, desks[letter->desk]));
    if (letter->delivered) {
        assert_int_equal(letter->seq, item->seq);
        world->redelivered++;
    }
    letter->delivered = true;
    letter->seq = item->seq;
    for (size_t i = 0; i < reader->out_count; i++)
        assert_ptr_not_equal(reader->out[i], letter);
    reader->out[reader->out_count++] = letter;
    assert_true(reader->out_count <= reader->window);
}

static void
on_deliver(struct world *world, struct reader *reader, struct sein_slice body)
{
    struct sein_items items = { 0 };
    struct sein_deliver_item item = { 0 };

    assert_int_equal(sein_items_begin(body, SEIN_ITEMS_MAX, &items), SEIN_OK);
    while (sein_items_next(&items, &sein_deliver_item_schema, &item, NULL) ==
           SEIN_OK)
        on_delivery(world, reader, &item);
}

/* A reader that said hello again in the same turn no longer lists it. */
static void
was_acked(struct world *world, struct reader *reader, uint64_t seq)
{
    for (size_t i = 0; i < world->letter_count; i++) {
        if (world->letters[i].delivered && world->letters[i].seq == seq)
            world->letters[i].acked = true;
    }
    for (size_t i = 0; i < reader->out_count; i++) {
        if (reader->out[i]->seq == seq) {
            reader->out[i] = reader->out[--reader->out_count];
            return;
        }
    }
}

static void
on_acked(struct world *world, struct reader *reader, struct sein_slice body)
{
    struct sein_items items = { 0 };
    struct sein_acked_item acked = { 0 };

    assert_int_equal(sein_items_begin(body, SEIN_ITEMS_MAX, &items), SEIN_OK);
    assert_int_equal(
        sein_items_next(&items, &sein_acked_item_schema, &acked, NULL),
        SEIN_OK);
    if (acked.code == SEIN_OK)
        was_acked(world, reader, acked.seq);
    else /* drawn twice in one turn */
        assert_int_equal(acked.code, SEIN_ECOLLECTED);
}

static bool
on_sender_frames(struct world *world)
{
    struct sein_frame frame = { 0 };

    while (rig_take_any(world->rig, SENDER, &frame)) {
        if (frame.kind == SEIN_KIND_CONFIRM)
            on_confirm(world, frame.body);
        else if (frame.kind == SEIN_KIND_ERROR)
            world->sender_open = false; /* it says hello again */
    }
    return world->sender_open;
}

static void
on_reader_frames(struct world *world, unsigned number)
{
    struct reader *reader = &world->readers[number];
    struct sein_frame frame = { 0 };

    while (rig_take_any(world->rig, READER + number, &frame)) {
        if (frame.kind == SEIN_KIND_DELIVER)
            on_deliver(world, reader, frame.body);
        else if (frame.kind == SEIN_KIND_ACKED)
            on_acked(world, reader, frame.body);
        else if (frame.kind == SEIN_KIND_ERROR && world->rig->failed == false)
            reader->open = false;
        else if (frame.kind == SEIN_KIND_ERROR)
            reader->open = reader->out_count > 0;
    }
    /* It does not know what it still has: it begins anew. */
    if (!reader->open)
        reader->out_count = 0;
}

static void
on_frames(struct world *world)
{
    (void)on_sender_frames(world);
    for (unsigned i = 0; i < READERS; i++)
        on_reader_frames(world, i);
    assert_true(kernel_counters(world->rig->kernel)->outstanding <=
                READERS * SEIN_CREDIT_MAX);
}

static void
restart(struct world *world)
{
    rig_restart(world->rig);
    world->sender_open = false;
    for (unsigned i = 0; i < READERS; i++) {
        world->readers[i].open = false;
        world->readers[i].out_count = 0;
    }
    world->restarts++;
}

static void
one_turn(struct world *world)
{
    uint64_t fate = draw(world, 20);
    bool io = fate == 0;

    ask_all(world);
    if (io)
        world->rig->fail_with = SEIN_EIO;
    else if (fate <= 2)
        world->rig->fail_with = SEIN_EFULL;
    world->failures += fate <= 2;
    if (draw(world, 10) == 0)
        world->rig->sweep = true;
    rig_run(world->rig);
    on_frames(world);
    /* A disk that failed: the program stops, and starts again. */
    if (io || draw(world, 60) == 0)
        restart(world);
    world->rig->now_ms += (int64_t)draw(world, 5000);
    if (draw(world, 40) == 0)
        world->rig->now_ms += SEIN_LEASE_MS;
}

/* In the end one reader a desk takes all that is left, from a kernel that was
 * started again or from the one that lived through it all. */
static void
collect_all(struct world *world, bool again)
{
    if (again)
        restart(world);
    for (unsigned i = 0; i < READERS; i++)
        ask_bye(world, i);
    rig_run(world->rig);
    on_frames(world);
    for (unsigned i = 0; i < DESKS; i++) {
        ask_read(world, i);
        rig_credit(world->rig, READER + i, desk_members[i], SEIN_CREDIT_MAX);
        world->readers[i].window = SEIN_CREDIT_MAX;
    }
    do {
        rig_run(world->rig);
        on_frames(world);
    } while (kernel_has_work(world->rig->kernel));
    for (size_t i = 0; i < world->letter_count; i++) {
        const struct letter *letter = &world->letters[i];
        bool there = false;

        for (unsigned n = 0; n < DESKS; n++) {
            for (size_t k = 0; k < world->readers[n].out_count; k++)
                there = there || world->readers[n].out[k] == letter;
        }
        assert_int_equal(there, letter->accepted && !letter->acked &&
                                    !letter->withdrawn);
    }
}

static void
run_seed(uint64_t seed, struct rig *rig, struct world *total)
{
    struct world *world = calloc(1, sizeof *world);

    assert_non_null(world);
    world->letters = calloc(LETTERS_MAX, sizeof *world->letters);
    assert_non_null(world->letters);
    world->random = seed * UINT64_C(0x9e3779b97f4a7c15);
    world->rig = rig;
    for (unsigned i = 0; i < TURNS; i++)
        one_turn(world);
    collect_all(world, seed % 2 == 0);
    total->restarts += world->restarts;
    total->failures += world->failures;
    total->redelivered += world->redelivered;
    total->letter_count += world->letter_count;
    rig_free(&world->rig);
    free(world->letters);
    free(world);
}

static void
say(const struct world *total)
{
    print_message("%u letters, %u failures, %u restarts, %u redelivered\n",
                  (unsigned)total->letter_count, (unsigned)total->failures,
                  (unsigned)total->restarts, (unsigned)total->redelivered);
}

static void
test_nothing_lost_nothing_twice(void **state)
{
    struct world total = { 0 };

    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        print_message("seed %u\n", (unsigned)seed);
        run_seed(seed, rig_new(), &total);
    }
    say(&total);
    /* The run met what it is about. */
    assert_true(total.failures > SEEDS && total.restarts > SEEDS);
    assert_true(total.redelivered > SEEDS);
}

static void
test_the_same_on_disk(void **state)
{
    struct world total = { 0 };

    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS_ON_DISK; seed++) {
        char folder[STORE_FOLDER_MAX];
        struct store *store = NULL;

        print_message("seed %u\n", (unsigned)seed);
        store_folder_make(folder);
        assert_int_equal(store_sqlite_ops.open(folder, &store), SEIN_OK);
        run_seed(seed, rig_new_on(store), &total);
        store_folder_remove(folder);
    }
    say(&total);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_lost_nothing_twice),
        cmocka_unit_test(test_the_same_on_disk),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
