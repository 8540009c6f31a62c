/* What does the store take of a letter's way?  Letters of 1.2 KiB are put with
 * their operation and a head per transaction, walked, and erased, in
 * transactions of 1, 64 and 256; beside it the bare sync of a file.
 *
 *     bench_store [LETTERS [sqlite|memory]]    in a folder under TMPDIR or /tmp
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "broker/store/store.h"
#include "tests/support/store_folder.h"

#define BODY_BYTES 1228
#define LETTERS_DEFAULT 51200
#define DESKS 3
#define WALK_EACH 64
#define SYNCS 2000
#define EACH_MAX 256
/* The broker moves its log before it outgrows this. */
#define LOG_BYTES_MAX (32U * 1024U * 1024U)

struct bench {
    const struct store_ops *ops;
    struct store *store;
    struct store_txn *txn;
    uint64_t next; /* number of the next letter, over all runs */
    uint64_t head;
    uint64_t *seqs;
    uint64_t walked; /* seq of the last one seen */
    uint64_t seen;
    double moving_s; /* in maintain, of this run */
};

/* Wall time tells what a user waits, processor time what the code costs: on a
 * shared machine only the second repeats. */
struct moment {
    double wall_s;
    double cpu_s;
};

static double
read_s(clockid_t clock)
{
    struct timespec now;

    (void)clock_gettime(clock, &now); /* both are always there */
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct moment
moment_now(void)
{
    return (struct moment){ .wall_s = read_s(CLOCK_MONOTONIC),
                            .cpu_s = read_s(CLOCK_PROCESS_CPUTIME_ID) };
}

static struct moment
moment_since(struct moment start)
{
    struct moment now = moment_now();

    return (struct moment){ .wall_s = now.wall_s - start.wall_s,
                            .cpu_s = now.cpu_s - start.cpu_s };
}

static void
must(enum sein_err err, const char *what)
{
    if (err == SEIN_OK)
        return;
    (void)fprintf(stderr, "bench_store: %s: %s\n", what, sein_err_text(err));
    exit(1);
}

static void
put_letter(struct bench *bench, uint64_t at)
{
    uint8_t body[BODY_BYTES];
    struct store_item item = store_letter(bench->next++, body, sizeof body);
    struct store_op op = { .time_ms = item.accepted_at_ms,
                           .head_seq = bench->head + 1 };
    struct sein_op_id op_id;

    memcpy(op_id.bytes, item.letter_id.bytes, sizeof op_id.bytes);
    must(bench->ops->op_put(bench->txn,
                            sein_desk_oin(sein_slice_text(item.from.text)),
                            &op_id, &op),
         "op_put");
    must(bench->ops->item_put(bench->txn, &item, &bench->seqs[at]), "item_put");
}

static void
put_head(struct bench *bench, size_t leaf_count)
{
    static const uint8_t bytes[EACH_MAX * SEIN_HASH_BYTES];
    struct store_head head = { .seq = ++bench->head,
                               .head = sein_slice_of(bytes, 120) };

    head.leaves = sein_slice_of(bytes, leaf_count * SEIN_HASH_BYTES);
    must(bench->ops->head_put(bench->txn, &head), "head_put");
}

static void
commit(struct bench *bench)
{
    struct moment start;

    must(bench->ops->commit(&bench->txn), "commit");
    if (bench->ops->unmaintained(bench->store) < LOG_BYTES_MAX)
        return;
    start = moment_now();
    must(bench->ops->maintain(bench->store), "maintain");
    bench->moving_s += moment_since(start).wall_s;
}

static struct moment
time_puts(struct bench *bench, uint64_t letters, uint64_t each)
{
    struct moment start = moment_now();

    for (uint64_t at = 0; at < letters; at += each) {
        must(bench->ops->begin(bench->store, &bench->txn), "begin");
        for (uint64_t i = 0; i < each; i++)
            put_letter(bench, at + i);
        put_head(bench, each);
        commit(bench);
    }
    return moment_since(start);
}

static enum sein_err
see(void *context, const struct store_item *item)
{
    struct bench *bench = context;

    bench->walked = item->seq;
    bench->seen++;
    return SEIN_OK;
}

/* As deliveries go: of each desk some at a time, from the last one on. */
static struct moment
time_walk(struct bench *bench)
{
    struct moment start = moment_now();

    must(bench->ops->begin(bench->store, &bench->txn), "begin");
    for (int desk = 0; desk < DESKS; desk++) {
        char name[SEIN_DESK_MAX + 1];
        uint64_t before = UINT64_MAX;

        (void)snprintf(name, sizeof name, "00000099000000001000/wijkteam-%d",
                       desk);
        bench->walked = 0;
        while (bench->walked != before) {
            before = bench->walked;
            must(bench->ops->item_each(bench->txn, sein_slice_text(name),
                                       before, WALK_EACH, see, bench),
                 "item_each");
        }
    }
    bench->ops->rollback(&bench->txn);
    return moment_since(start);
}

static struct moment
time_erases(struct bench *bench, uint64_t letters, uint64_t each)
{
    struct moment start = moment_now();

    for (uint64_t at = 0; at < letters; at += each) {
        must(bench->ops->begin(bench->store, &bench->txn), "begin");
        for (uint64_t i = 0; i < each; i++)
            must(bench->ops->item_erase(bench->txn, bench->seqs[at + i]),
                 "item_erase");
        commit(bench);
    }
    return moment_since(start);
}

static void
say(const char *what, uint64_t letters, struct moment took)
{
    (void)printf("  %s %7.0f/s %5.1f us cpu", what,
                 (double)letters / took.wall_s,
                 took.cpu_s * 1e6 / (double)letters);
}

static void
run(struct bench *bench, uint64_t letters, uint64_t each)
{
    bench->moving_s = 0;
    bench->seen = 0;
    (void)printf("%-7s %4" PRIu64 " a commit:", bench->ops->scheme, each);
    say("put", letters, time_puts(bench, letters, each));
    say("walk", letters, time_walk(bench));
    say("erase", letters, time_erases(bench, letters, each));
    if (bench->seen != letters)
        must(SEIN_EINTERNAL, "item_each");
    (void)printf("  (moving the log %.2f s)\n", bench->moving_s);
}

static void
run_backend(const struct store_ops *ops, uint64_t letters)
{
    struct bench bench = { .ops = ops };
    char folder[STORE_FOLDER_MAX];

    store_folder_make(folder);
    bench.seqs = calloc(letters, sizeof bench.seqs[0]);
    if (bench.seqs == NULL)
        must(SEIN_ENOMEM, "calloc");
    must(ops->open(folder, &bench.store), "open");
    run(&bench, letters / 16, 1);
    run(&bench, letters, 64);
    run(&bench, letters, 256);
    ops->close(&bench.store);
    free(bench.seqs);
    store_folder_remove(folder);
}

/* What a commit cannot be faster than: append a page and sync. */
static void
run_syncs(void)
{
    static const uint8_t page[16384];
    char folder[STORE_FOLDER_MAX];
    char path[STORE_FOLDER_MAX + 16];
    struct moment start;
    int fd = -1;

    store_folder_make(folder);
    (void)snprintf(path, sizeof path, "%s/syncs", folder);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    start = moment_now();
    for (int i = 0; i < SYNCS; i++) {
        if (write(fd, page, sizeof page) != (ssize_t)sizeof page ||
            fdatasync(fd) != 0)
            must(SEIN_EIO, "fdatasync");
    }
    (void)printf("append 16 KiB and fdatasync: %.0f/s\n",
                 SYNCS / moment_since(start).wall_s);
    (void)close(fd); /* was synced */
    store_folder_remove(folder);
}

static const struct store_ops *const backends[] = { &store_sqlite_ops,
                                                    &store_memory_ops };

int
main(int argc, char **argv)
{
    uint64_t letters = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;

    if (sodium_init() < 0)
        return 1;
    letters = letters / EACH_MAX * EACH_MAX;
    if (letters == 0)
        letters = LETTERS_DEFAULT;
    run_syncs();
    for (size_t i = 0; i < sizeof backends / sizeof backends[0]; i++) {
        if (argc < 3 || strcmp(argv[2], backends[i]->scheme) == 0)
            run_backend(backends[i], letters);
    }
    return 0;
}
