#include "broker/zap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <zmq.h>

#define ZAP_ENDPOINT "inproc://zeromq.zap.01"
#define ZAP_AT_ONCE 64 /* handshakes between two looks at members' messages */
#define ZAP_PART_MAX 256U /* of each part; a request_id has at most 255 */

/* The parts of a request, RFC 27, behind the envelope of our ROUTER. */
enum zap_part {
    ZAP_ENVELOPE,  /* routing id of the asker's pipe */
    ZAP_DELIMITER, /* empty */
    ZAP_VERSION,
    ZAP_REQUEST_ID,
    ZAP_DOMAIN,
    ZAP_ADDRESS,
    ZAP_IDENTITY,
    ZAP_MECHANISM,
    ZAP_CREDENTIALS,
    ZAP_PART_COUNT,
};

struct part {
    size_t len;
    uint8_t bytes[ZAP_PART_MAX];
};

struct zap {
    void *socket;
    char domain[ZAP_PART_MAX];
    zap_lookup *lookup;
    void *context;
    struct zap_counters counters;
    struct part parts[ZAP_PART_COUNT];
};

enum sein_err
zap_new(void *zmq, const char *domain, zap_lookup *lookup, void *context,
        struct zap **out_zap)
{
    struct zap *zap = calloc(1, sizeof *zap);
    int linger = 0;
    enum sein_err err = SEIN_OK;

    if (zap == NULL)
        return SEIN_ENOMEM;
    zap->lookup = lookup;
    zap->context = context;
    err = sein_slice_copy_text(sein_slice_text(domain), zap->domain,
                               sizeof zap->domain);
    if (err != SEIN_OK)
        goto done;
    err = SEIN_EIO;
    zap->socket = zmq_socket(zmq, ZMQ_ROUTER);
    if (zap->socket == NULL ||
        zmq_setsockopt(zap->socket, ZMQ_LINGER, &linger, sizeof linger) != 0)
        goto done;
    if (zmq_bind(zap->socket, ZAP_ENDPOINT) != 0) {
        err = errno == EADDRINUSE ? SEIN_EEXIST : SEIN_EIO;
        goto done;
    }
    *out_zap = zap;
    zap = NULL;
    err = SEIN_OK;

done:
    zap_free(&zap);
    return err;
}

void
zap_free(struct zap **zap)
{
    if (*zap == NULL)
        return;
    if ((*zap)->socket != NULL)
        (void)zmq_close((*zap)->socket); /* it was a socket */
    free(*zap);
    *zap = NULL;
}

void *
zap_socket(const struct zap *zap)
{
    return zap->socket;
}

/* One part; *out_more whether another follows.  false: nothing waits. */
static bool
receive_part(struct zap *zap, struct part *part, bool *out_fits, bool *out_more)
{
    int got =
        zmq_recv(zap->socket, part->bytes, sizeof part->bytes, ZMQ_DONTWAIT);
    int more = 0;
    size_t len = sizeof more;

    if (got < 0)
        return false;
    *out_fits = (size_t)got <= sizeof part->bytes; /* zmq cuts, and tells */
    part->len = *out_fits ? (size_t)got : 0;
    *out_more =
        zmq_getsockopt(zap->socket, ZMQ_RCVMORE, &more, &len) == 0 && more != 0;
    return true;
}

/* A whole request.  *out_whole: it has exactly its parts, none too long, so
 * that it can be answered. */
static bool
receive(struct zap *zap, bool *out_whole)
{
    struct part spare;
    size_t count = 0;
    bool more = true;
    bool fits = true;

    *out_whole = true;
    while (more) {
        struct part *part =
            count < ZAP_PART_COUNT ? &zap->parts[count] : &spare;

        if (!receive_part(zap, part, &fits, &more))
            return false;
        *out_whole = *out_whole && fits;
        count++;
    }
    *out_whole = *out_whole && count == ZAP_PART_COUNT;
    return true;
}

static bool
part_is(const struct part *part, const char *text)
{
    return sein_slice_is(sein_slice_of(part->bytes, part->len), text);
}

static bool
send_part(struct zap *zap, const void *bytes, size_t len, bool last)
{
    return zmq_send(zap->socket, bytes, len,
                    ZMQ_DONTWAIT | (last ? 0 : ZMQ_SNDMORE)) >= 0;
}

/* A reply that cannot be sent leaves its handshake to HANDSHAKE_IVL. */
static void
reply(struct zap *zap, const char *code, const char *text, const char *user_id)
{
    const struct part *parts = zap->parts;

    (void)(send_part(zap, parts[ZAP_ENVELOPE].bytes, parts[ZAP_ENVELOPE].len,
                     false) &&
           send_part(zap, "", 0, false) && send_part(zap, "1.0", 3, false) &&
           send_part(zap, parts[ZAP_REQUEST_ID].bytes,
                     parts[ZAP_REQUEST_ID].len, false) &&
           send_part(zap, code, strlen(code), false) &&
           send_part(zap, text, strlen(text), false) &&
           send_part(zap, user_id, strlen(user_id), false) &&
           send_part(zap, "", 0, true));
}

static void
answer(struct zap *zap)
{
    const struct part *parts = zap->parts;
    struct sein_key_id key_id;
    char user_id[2 * SEIN_ID_BYTES + 1];

    if (!part_is(&parts[ZAP_VERSION], "1.0") ||
        !part_is(&parts[ZAP_DOMAIN], zap->domain) ||
        !part_is(&parts[ZAP_MECHANISM], "CURVE") ||
        parts[ZAP_CREDENTIALS].len != SEIN_KEY_BYTES) {
        zap->counters.malformed++;
        reply(zap, "400", "not admitted", "");
        return;
    }
    if (zap->lookup(zap->context, parts[ZAP_CREDENTIALS].bytes, &key_id) !=
        SEIN_OK) {
        zap->counters.refused++;
        reply(zap, "400", "not admitted", "");
        return;
    }
    zap->counters.accepted++;
    sein_hex(sein_slice_of(key_id.bytes, sizeof key_id.bytes), user_id,
             sizeof user_id);
    reply(zap, "200", "OK", user_id);
}

enum sein_err
zap_handle(struct zap *zap)
{
    bool whole = false;

    for (size_t i = 0; i < ZAP_AT_ONCE; i++) {
        if (!receive(zap, &whole))
            return errno == EAGAIN || errno == EINTR ? SEIN_OK : SEIN_EIO;
        if (whole)
            answer(zap);
        else
            zap->counters.malformed++;
    }
    return SEIN_OK;
}

const struct zap_counters *
zap_counters(const struct zap *zap)
{
    return &zap->counters;
}
