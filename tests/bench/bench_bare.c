/* The bare operations that the broker and libsein are made of, for ratios.
 *
 *     bench_bare forward MESSAGES IN_FLIGHT   DEALER → ROUTER → DEALER, CURVE
 *     bench_bare sync COUNT                   4 KiB and fdatasync, in TMPDIR
 *     bench_bare seal COUNT THREADS           what sealing a letter must do
 *
 * forward moves messages of 1,228 bytes through a process of its own, as a
 * letter of 1 KiB travels; seal does X25519 twice, Ed25519 once, HKDF's seven
 * HMACs and ChaCha20-Poly1305 over 1 KiB for each letter.  Prints one line of
 * JSON with seconds.
 */
#define _XOPEN_SOURCE 700 /* mkstemp */

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>
#include <zmq.h>

#define MESSAGE_BYTES 1228
#define CONFIRM_BYTES 16
#define Z85_BYTES 41
#define IO_THREADS 2
#define PAGE_BYTES 4096
#define LETTER_BYTES 1024
#define HMACS 7

static double
now_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* always there */
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void
must(bool ok, const char *what)
{
    if (ok)
        return;
    (void)fprintf(stderr, "bench_bare: %s\n", what);
    exit(1);
}

static void
print(uint64_t count, double seconds)
{
    (void)printf("{\"count\":%" PRIu64 ",\"seconds\":%.6f}\n", count, seconds);
}

/* ---- forwarding -------------------------------------------------------------
 */

struct keys {
    char public_key[Z85_BYTES];
    char secret_key[Z85_BYTES];
};

static void
make_keys(struct keys *out)
{
    must(zmq_curve_keypair(out->public_key, out->secret_key) == 0, "keypair");
}

static void
set(void *socket, int option, const void *value, size_t len)
{
    must(zmq_setsockopt(socket, option, value, len) == 0, "option");
}

static void
set_int(void *socket, int option, int value)
{
    set(socket, option, &value, sizeof value);
}

static void *
new_context(void)
{
    void *context = zmq_ctx_new();

    must(context != NULL, "context");
    must(zmq_ctx_set(context, ZMQ_IO_THREADS, IO_THREADS) == 0, "threads");
    return context;
}

/* Sends what "put" says to "get" and the other way, until it is killed. */
static void
forward(const struct keys *server, int port_pipe)
{
    char endpoint[64];
    size_t len = sizeof endpoint;
    void *router = zmq_socket(new_context(), ZMQ_ROUTER);

    set_int(router, ZMQ_CURVE_SERVER, 1);
    set(router, ZMQ_CURVE_SECRETKEY, server->secret_key, Z85_BYTES);
    set_int(router, ZMQ_ROUTER_MANDATORY, 0);
    set_int(router, ZMQ_SNDHWM, 0);
    set_int(router, ZMQ_RCVHWM, 0);
    must(zmq_bind(router, "tcp://127.0.0.1:*") == 0, "bind");
    must(zmq_getsockopt(router, ZMQ_LAST_ENDPOINT, endpoint, &len) == 0,
         "endpoint");
    must(write(port_pipe, endpoint, len) == (ssize_t)len, "pipe");
    for (;;) {
        zmq_msg_t from;
        zmq_msg_t body;
        const char *to = "get";

        (void)zmq_msg_init(&from); /* both cannot fail */
        (void)zmq_msg_init(&body);
        must(zmq_msg_recv(&from, router, 0) >= 0, "receive");
        must(zmq_msg_recv(&body, router, 0) >= 0, "receive");
        if (memcmp(zmq_msg_data(&from), "get", 3) == 0)
            to = "put";
        must(zmq_send(router, to, 3, ZMQ_SNDMORE) == 3, "send");
        must(zmq_msg_send(&body, router, 0) >= 0, "send");
        (void)zmq_msg_close(&from);
    }
}

static void *
dial(void *context, const char *name, const char *endpoint,
     const struct keys *server)
{
    struct keys own;
    void *socket = zmq_socket(context, ZMQ_DEALER);

    make_keys(&own);
    must(socket != NULL, "socket");
    set(socket, ZMQ_ROUTING_ID, name, strlen(name));
    set(socket, ZMQ_CURVE_SERVERKEY, server->public_key, Z85_BYTES);
    set(socket, ZMQ_CURVE_PUBLICKEY, own.public_key, Z85_BYTES);
    set(socket, ZMQ_CURVE_SECRETKEY, own.secret_key, Z85_BYTES);
    set_int(socket, ZMQ_LINGER, 0);
    must(zmq_connect(socket, endpoint) == 0, "connect");
    return socket;
}

struct getter {
    void *socket;
    uint64_t messages;
};

/* Confirms each message with a short one, and so bounds what is in flight. */
static void *
get_all(void *context)
{
    struct getter *getter = context;
    char buffer[MESSAGE_BYTES];

    for (uint64_t i = 0; i < getter->messages; i++) {
        must(zmq_recv(getter->socket, buffer, sizeof buffer, 0) >= 0, "get");
        must(zmq_send(getter->socket, buffer, CONFIRM_BYTES, 0) >= 0,
             "confirm");
    }
    return NULL;
}

/* Says something until it arrives: what a ROUTER has for somebody whom it does
 * not know yet, it drops. */
static void
find_each_other(void *put, void *get)
{
    zmq_pollitem_t item = { .socket = put, .events = ZMQ_POLLIN };
    char buffer[CONFIRM_BYTES] = { 0 };

    do {
        must(zmq_send(get, buffer, sizeof buffer, 0) >= 0, "hello");
    } while (zmq_poll(&item, 1, 100) == 0);
    while (zmq_poll(&item, 1, 100) > 0)
        must(zmq_recv(put, buffer, sizeof buffer, 0) >= 0, "hello");
}

static void
run_forward(uint64_t messages, uint64_t in_flight)
{
    struct keys server;
    char endpoint[64] = { 0 };
    char buffer[MESSAGE_BYTES] = { 0 };
    void *context = NULL;
    struct getter getter = { .messages = messages };
    void *put = NULL;
    uint64_t confirmed = 0;
    double start = 0;
    pthread_t thread;
    int port[2];
    pid_t child = 0;

    make_keys(&server);
    must(pipe(port) == 0, "pipe");
    child = fork();
    must(child >= 0, "fork");
    if (child == 0)
        forward(&server, port[1]);
    must(read(port[0], endpoint, sizeof endpoint - 1) > 0, "pipe");
    context = new_context();
    put = dial(context, "put", endpoint, &server);
    getter.socket = dial(context, "get", endpoint, &server);
    find_each_other(put, getter.socket);
    must(pthread_create(&thread, NULL, get_all, &getter) == 0, "thread");
    start = now_s();
    for (uint64_t sent = 0; confirmed < messages;) {
        while (sent < messages && sent - confirmed < in_flight) {
            must(zmq_send(put, buffer, sizeof buffer, 0) >= 0, "put");
            sent++;
        }
        must(zmq_recv(put, buffer, sizeof buffer, 0) >= 0, "confirm");
        confirmed++;
    }
    print(messages, now_s() - start);
    (void)pthread_join(thread, NULL);
    (void)kill(child, SIGKILL);
    (void)waitpid(child, NULL, 0);
}

/* ---- the disk ---------------------------------------------------------------
 */

static void
run_sync(uint64_t count)
{
    char path[512];
    static const char page[PAGE_BYTES];
    const char *folder = getenv("TMPDIR");
    double start = 0;
    int fd = -1;

    (void)snprintf(path, sizeof path, "%s/sync-XXXXXX",
                   folder == NULL ? "/tmp" : folder);
    fd = mkstemp(path);
    must(fd >= 0, path);
    (void)unlink(path);
    start = now_s();
    for (uint64_t i = 0; i < count; i++) {
        must(write(fd, page, sizeof page) == PAGE_BYTES, "write");
        must(fdatasync(fd) == 0, "fdatasync");
    }
    print(count, now_s() - start);
    (void)close(fd);
}

/* ---- sealing ----------------------------------------------------------------
 */

static void
seal_one(const uint8_t *recipient, const uint8_t *sign_secret)
{
    uint8_t public_key[crypto_box_PUBLICKEYBYTES];
    uint8_t secret[crypto_box_SECRETKEYBYTES];
    uint8_t shared[crypto_scalarmult_BYTES];
    uint8_t hash[crypto_auth_hmacsha256_BYTES];
    uint8_t plain[LETTER_BYTES] = { 0 };
    uint8_t sealed[LETTER_BYTES + crypto_aead_chacha20poly1305_ietf_ABYTES];
    uint8_t nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES] = { 0 };

    (void)crypto_sign_detached(plain, NULL, plain, sizeof plain, sign_secret);
    (void)crypto_box_keypair(public_key, secret);
    must(crypto_scalarmult(shared, secret, recipient) == 0, "scalarmult");
    for (int i = 0; i < HMACS; i++)
        (void)crypto_auth_hmacsha256(hash, shared, sizeof shared, hash);
    (void)crypto_aead_chacha20poly1305_ietf_encrypt(
        sealed, NULL, plain, sizeof plain, public_key, sizeof public_key, NULL,
        nonce, hash);
}

static void *
seal_some(void *context)
{
    const uint64_t *count = context;
    uint8_t recipient[crypto_box_PUBLICKEYBYTES];
    uint8_t secret[crypto_box_SECRETKEYBYTES];
    uint8_t sign_public[crypto_sign_PUBLICKEYBYTES];
    uint8_t sign_secret[crypto_sign_SECRETKEYBYTES];

    (void)crypto_box_keypair(recipient, secret);
    (void)crypto_sign_keypair(sign_public, sign_secret);
    for (uint64_t i = 0; i < *count; i++)
        seal_one(recipient, sign_secret);
    return NULL;
}

static void
run_seal(uint64_t count, uint64_t thread_count)
{
    pthread_t threads[16];
    uint64_t share = count / thread_count;
    double start = now_s();

    must(thread_count <= sizeof threads / sizeof threads[0], "THREADS");
    for (uint64_t i = 0; i < thread_count; i++)
        must(pthread_create(&threads[i], NULL, seal_some, &share) == 0,
             "thread");
    for (uint64_t i = 0; i < thread_count; i++)
        (void)pthread_join(threads[i], NULL);
    print(share * thread_count, now_s() - start);
}

static uint64_t
number(const char *text)
{
    char *end = NULL;
    uint64_t value = strtoull(text, &end, 10);

    must(*text != '\0' && *end == '\0' && value > 0, text);
    return value;
}

int
main(int argc, char **argv)
{
    must(sodium_init() >= 0, "libsodium");
    if (argc == 4 && strcmp(argv[1], "forward") == 0)
        run_forward(number(argv[2]), number(argv[3]));
    else if (argc == 3 && strcmp(argv[1], "sync") == 0)
        run_sync(number(argv[2]));
    else if (argc == 4 && strcmp(argv[1], "seal") == 0)
        run_seal(number(argv[2]), number(argv[3]));
    else
        must(false, "see the head of tests/bench/bench_bare.c");
    return 0;
}
