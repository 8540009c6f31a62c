/* What does the whole broker take of a letter's way?  A home that puts letters
 * of 1 KiB and a home that reads and acknowledges them, against a broker that
 * runs; the letters are sealed once and get a fresh id each, so that what is
 * measured is the broker and not the sealing.
 *
 *     bench_broker load SENDER READER LETTERS IN_FLIGHT EACH
 *     bench_broker fill SENDER LETTERS           nobody reads
 *     bench_broker idle SENDER CONNECTIONS       until standard input ends
 *
 * SENDER and READER are folders of homes that were connected once, with their
 * key files beside them (FOLDER.key).  EACH letters go in one frame.  Prints
 * one line of JSON: seconds, and of a confirmation p50_us and p99_us.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "client/lib/clock.h"
#include "client/lib/home.h"
#include "client/lib/link.h"
#include "proto/blind/letter.h"
#include "proto/trust/may.h"
#include "proto/wire/frame.h"
#include "proto/wire/msg_confirm.h"
#include "proto/wire/msg_hello.h"
#include "proto/wire/msg_letter.h"
#include "proto/wire/pack.h"

#define PATIENCE_S 120.0
#define WAIT_MS 1000
#define FRAMES_MAX 4096U
#define CIRCLE "schulden"

struct end {
    struct sein_home *home;
    struct link *link;
    const struct sein_desk *desk;
    uint8_t *frame;
    uint64_t next_req;
};

/* One letter, whose id is written over again and again. */
struct stencil {
    uint8_t bytes[SEIN_LETTER_MAX];
    size_t len;
    size_t id_at;
};

struct load {
    struct end *reader;
    uint64_t letters;
    _Atomic uint64_t delivered;
};

static double
now_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* always there */
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void
must(enum sein_err err, const char *what)
{
    if (err == SEIN_OK)
        return;
    (void)fprintf(stderr, "bench_broker: %s: %s\n", what, sein_err_text(err));
    exit(1);
}

static uint64_t
number(const char *text)
{
    char *end = NULL;
    uint64_t value = strtoull(text, &end, 10);

    if (*text == '\0' || *end != '\0' || value == 0)
        must(SEIN_EUSAGE, text);
    return value;
}

static void
open_home(const char *folder, struct end *end)
{
    char key_file[1024];
    struct sein_unlock unlock = { .key_file = key_file };
    const struct sein_desk *desks[SEIN_DESKS_MAX];
    size_t count = 0;

    (void)snprintf(key_file, sizeof key_file, "%s.key", folder);
    must(home_open(folder, &unlock, "bench", &end->home), folder);
    must(home_desks(end->home, sein_clock_ms(), desks, &count), "desks");
    end->desk = desks[0];
    end->frame = malloc(SEIN_FRAME_MAX);
    if (end->frame == NULL)
        must(SEIN_ENOMEM, "frame");
}

/* ---- frames -----------------------------------------------------------------
 */

static void
send_object(struct end *end, enum sein_kind kind,
            const struct sein_schema *schema, const void *object)
{
    struct sein_slice frame = { 0 };

    must(sein_frame_encode(kind, ++end->next_req, schema, object, end->frame,
                           SEIN_FRAME_MAX, &frame),
         "encode");
    must(link_send(end->link, frame), "send");
}

/* The next frame of that kind; others are passed over, an error ends it. */
static struct sein_slice
wait_frame(struct end *end, enum sein_kind kind)
{
    double until = now_s() + PATIENCE_S;

    while (now_s() < until) {
        struct sein_slice bytes = { 0 };
        struct sein_frame frame = { 0 };
        enum sein_err err = link_receive(end->link, &bytes);

        if (err == SEIN_ENOENT) {
            enum sein_err reason = SEIN_OK;

            if (link_poll(end->link, WAIT_MS, &reason) == LINK_DOWN)
                must(reason, "connection");
            continue;
        }
        must(err, "receive");
        must(sein_frame_decode(bytes, &frame), "frame");
        if (frame.kind == (uint64_t)kind)
            return frame.body;
        if (frame.kind == SEIN_KIND_ERROR) {
            struct sein_error_body error = { 0 };

            must(sein_schema_decode_all(&sein_error_schema, frame.body, &error),
                 "error");
            must(sein_err_from_wire(error.code), "refused");
        }
    }
    must(SEIN_ETIMEOUT, "waiting");
    return (struct sein_slice){ 0 };
}

static void
connect_end(struct end *end, bool read)
{
    const struct home_trust *trust = &end->home->trust;
    uint8_t desks[SEIN_DESK_MAX + 8U];
    struct sein_writer out = sein_writer_of(desks, sizeof desks);
    struct sein_hello hello = {
        .home_id = *keystore_home_id(end->home->keys),
        .dir_version = sein_directory_version(end->home->dir),
    };

    must(link_open(trust->endpoint, trust->curve,
                   home_key(end->home, sein_clock_ms(), NULL), &end->link),
         "connect");
    while (link_poll(end->link, WAIT_MS, NULL) == LINK_DIALLING)
        continue;
    sein_pack_array(&out, read ? 1 : 0);
    if (read)
        sein_pack_text(&out, sein_slice_text(end->desk->id.text));
    hello.desks.count = read ? 1 : 0;
    must(sein_writer_done(&out, &hello.desks.raw), "desks");
    send_object(end, SEIN_KIND_HELLO, &sein_hello_schema, &hello);
    (void)wait_frame(end, SEIN_KIND_WELCOME);
}

/* ---- letters ----------------------------------------------------------------
 */

static void
cut_stencil(const struct end *from, const char *to, struct stencil *out)
{
    const struct keystore_pair *pair =
        home_key(from->home, sein_clock_ms(), NULL);
    uint8_t prekey[SEIN_KEY_BYTES];
    uint8_t secret[SEIN_KEY_BYTES];
    static const uint8_t empty_map[] = { 0x80 };
    struct sein_letter_draft draft = {
        .circle = sein_slice_text(CIRCLE),
        .from = sein_slice_text(from->desk->id.text),
        .to = sein_slice_text(to),
        .key_id = pair->public_key.key_id,
        .created = sein_clock_ms(),
        .kind = SEIN_LETTER_SIGNAL,
        .dir_version = sein_directory_version(from->home->dir),
        .content = sein_slice_of(empty_map, sizeof empty_map),
    };
    uint8_t *found = NULL;

    crypto_box_keypair(prekey, secret);
    sein_letter_id_new(sein_clock_ms(), &draft.letter_id);
    memcpy(draft.thread.bytes, draft.letter_id.bytes,
           sizeof draft.thread.bytes);
    must(sein_letter_expiry(&draft.letter_id, SEIN_LETTER_LIFE_MS,
                            &draft.expires),
         "expiry");
    must(sein_letter_seal(&draft, prekey, pair->sign_secret, NULL, out->bytes,
                          sizeof out->bytes, &out->len),
         "seal");
    for (size_t at = 0; at + SEIN_ID_BYTES <= out->len && found == NULL; at++) {
        if (memcmp(out->bytes + at, draft.letter_id.bytes, SEIN_ID_BYTES) == 0)
            found = out->bytes + at;
    }
    if (found == NULL)
        must(SEIN_EINTERNAL, "no letter id in the letter");
    else
        out->id_at = (size_t)(found - out->bytes);
}

static void
put_letters(struct end *end, struct stencil *stencil, uint64_t count)
{
    struct sein_writer out = sein_writer_of(end->frame, SEIN_FRAME_MAX);
    struct sein_slice frame = { 0 };

    sein_frame_begin(&out, SEIN_KIND_PUT, ++end->next_req);
    sein_pack_array(&out, count);
    for (uint64_t i = 0; i < count; i++) {
        struct sein_letter_id id;

        sein_letter_id_new(sein_clock_ms(), &id);
        memcpy(stencil->bytes + stencil->id_at, id.bytes, sizeof id.bytes);
        sein_pack_array(&out, 2);
        sein_pack_text(&out, sein_slice_text(end->desk->id.text));
        sein_pack_bytes(&out, sein_slice_of(stencil->bytes, stencil->len));
    }
    must(sein_writer_done(&out, &frame), "put");
    must(link_send(end->link, frame), "send");
}

/* Waits for a confirmation; gives how many letters it accepts. */
static uint64_t
take_confirm(struct end *end)
{
    struct sein_confirm confirm = { 0 };
    struct sein_items items = { 0 };
    uint64_t count = 0;

    must(sein_schema_decode_all(&sein_confirm_schema,
                                wait_frame(end, SEIN_KIND_CONFIRM), &confirm),
         "confirm");
    must(sein_items_begin(confirm.verdicts.raw, UINT16_MAX, &items),
         "verdicts");
    while (items.left > 0) {
        struct sein_verdict verdict = { 0 };

        must(sein_items_next(&items, &sein_verdict_schema, &verdict, NULL),
             "verdict");
        must(sein_err_from_wire(verdict.code), "not accepted");
        count++;
    }
    return count;
}

static void
acknowledge(struct end *end, struct sein_slice body, struct load *load)
{
    struct sein_items items = { 0 };
    struct sein_writer out = sein_writer_of(end->frame, SEIN_FRAME_MAX);
    struct sein_slice frame = { 0 };
    uint64_t letters = 0;

    must(sein_items_begin(body, SEIN_ITEMS_MAX, &items), "deliver");
    sein_frame_begin(&out, SEIN_KIND_ACK, ++end->next_req);
    sein_pack_array(&out, items.left);
    while (items.left > 0) {
        struct sein_deliver_item item = { 0 };
        struct sein_ack_item ack = { 0 };

        must(sein_items_next(&items, &sein_deliver_item_schema, &item, NULL),
             "delivery");
        ack.seq = item.seq;
        ack.desk = item.desk;
        must(sein_schema_encode(&sein_ack_item_schema, &ack, &out), "ack");
        letters += item.type == SEIN_ITEM_LETTER ? 1 : 0;
    }
    must(sein_writer_done(&out, &frame), "ack");
    must(link_send(end->link, frame), "send");
    (void)atomic_fetch_add(&load->delivered, letters);
}

static void *
read_letters(void *context)
{
    struct load *load = context;
    struct end *end = load->reader;
    struct sein_credit credit = { .window = SEIN_CREDIT_MAX };

    connect_end(end, true);
    send_object(end, SEIN_KIND_CREDIT, &sein_credit_schema, &credit);
    while (atomic_load(&load->delivered) < load->letters)
        acknowledge(end, wait_frame(end, SEIN_KIND_DELIVER), load);
    /* The last acknowledgement is part of the way. */
    (void)wait_frame(end, SEIN_KIND_ACKED);
    return NULL;
}

/* ---- what is asked ----------------------------------------------------------
 */

static int
compare(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;

    return (left > right) - (left < right);
}

static void
print(double seconds, uint64_t letters, double *confirms, size_t count)
{
    qsort(confirms, count, sizeof *confirms, compare);
    (void)printf("{\"letters\":%" PRIu64 ",\"seconds\":%.6f,\"p50_us\":%.1f,"
                 "\"p99_us\":%.1f}\n",
                 letters, seconds, confirms[count / 2] * 1e6,
                 confirms[count * 99 / 100] * 1e6);
}

/* Puts letters with so many unconfirmed; gives the time of each frame. */
static size_t
put_all(struct end *end, struct stencil *stencil, uint64_t letters,
        uint64_t in_flight, uint64_t each, double *confirms)
{
    static double sent_at[FRAMES_MAX];
    uint64_t sent = 0;
    uint64_t confirmed = 0;
    size_t frames = 0;
    size_t done = 0;

    while (confirmed < letters) {
        while (sent < letters && sent - confirmed + each <= in_flight) {
            sent_at[frames++ % FRAMES_MAX] = now_s();
            put_letters(end, stencil, each);
            sent += each;
        }
        confirmed += take_confirm(end);
        /* Frames are confirmed in the order in which they came. */
        for (; done < frames && (done + 1) * each <= confirmed; done++)
            confirms[done] = now_s() - sent_at[done % FRAMES_MAX];
    }
    return done;
}

static void
run_load(char **arguments, bool read)
{
    struct end sender = { 0 };
    struct end reader = { 0 };
    struct stencil stencil = { 0 };
    uint64_t letters = number(arguments[read ? 2 : 1]);
    uint64_t in_flight = read ? number(arguments[3]) : 256;
    uint64_t each = read ? number(arguments[4]) : 50;
    struct load load = { .reader = &reader };
    double *confirms = NULL;
    size_t count = 0;
    double start = 0;
    pthread_t thread;

    letters -= letters % each;
    load.letters = letters;
    if (letters == 0 || in_flight < each || in_flight / each > FRAMES_MAX)
        must(SEIN_EUSAGE, "LETTERS and IN_FLIGHT are at least EACH");
    confirms = calloc(letters / each, sizeof *confirms);
    if (confirms == NULL)
        must(SEIN_ENOMEM, "times");
    open_home(arguments[0], &sender);
    cut_stencil(&sender, getenv("BENCH_TO"), &stencil);
    connect_end(&sender, false);
    start = now_s();
    if (read) {
        open_home(arguments[1], &reader);
        start = now_s();
        if (pthread_create(&thread, NULL, read_letters, &load) != 0)
            must(SEIN_ENOMEM, "thread");
    }
    count = put_all(&sender, &stencil, letters, in_flight, each, confirms);
    if (read)
        (void)pthread_join(thread, NULL); /* it was made just now */
    print(now_s() - start, letters, confirms, count);
    free(confirms);
}

static void
run_idle(char **arguments)
{
    struct end end = { 0 };
    uint64_t count = number(arguments[1]);

    open_home(arguments[0], &end);
    for (uint64_t i = 0; i < count; i++)
        connect_end(&end, false); /* each stays; the process ends with them */
    (void)printf("{\"connections\":%" PRIu64 "}\n", count);
    (void)fflush(stdout);
    while (getchar() != EOF)
        continue;
}

int
main(int argc, char **argv)
{
    if (sodium_init() < 0)
        return 1;
    if (argc == 7 && strcmp(argv[1], "load") == 0)
        run_load(argv + 2, true);
    else if (argc == 4 && strcmp(argv[1], "fill") == 0)
        run_load(argv + 2, false);
    else if (argc == 4 && strcmp(argv[1], "idle") == 0)
        run_idle(argv + 2);
    else
        must(SEIN_EUSAGE, "see the head of tests/bench/bench_broker.c");
    return 0;
}
