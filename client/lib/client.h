/*
 * The conversation of a home with its broker, as a machine that takes a turn
 * whenever there is something to read or a deadline has passed.
 *
 *     DOWN → DIALLING → DIRECTORY → HELLO → PREKEYS → READY
 *
 * The directory comes first, because everything else is judged by it; own
 * prekeys come before letters, because others need them to answer.  In READY
 * letters go out and come in at the same time.  A connection that breaks goes
 * back to DOWN and is dialled again after a while; what had no verdict is sent
 * again, the same bytes.
 *  1. Nothing is sent that is not durable in the home.
 *  2. Nothing is acknowledged that is not durable in the home.
 * Threads: one thread per home.  Source: PROTOCOL.md sections 10, 13 and 15.
 */
#ifndef SEIN_CLIENT_LIB_CLIENT_H
#define SEIN_CLIENT_LIB_CLIENT_H

#include <jansson.h>

#include "client/lib/home.h"
#include "client/lib/link.h"
#include "client/lib/prekeys.h"
#include "proto/wire/frame.h"

enum client_stage {
    CLIENT_DOWN,
    CLIENT_DIALLING,
    CLIENT_DIRECTORY,
    CLIENT_HELLO,
    CLIENT_PREKEYS,
    CLIENT_READY,
};

/** Items of one request, and requests under way: enough to keep a broker that
 *  commits in turns busy, little enough to send again. */
#define CLIENT_ITEMS_MAX 64U
#define CLIENT_REQUESTS_MAX 24U

struct client_item {
    struct sein_op_id op_id;
    int64_t row; /* of the table that its kind of request is about; 0: none */
    struct sein_hash item_hash;
    bool open; /* no verdict yet */
};

/** A request without its whole answer. */
struct client_request {
    uint64_t req; /* 0: a free place */
    enum sein_kind kind;
    int64_t sent_at_ms; /* monotonic */
    struct client_item items[CLIENT_ITEMS_MAX];
    size_t count;
    size_t open;
};

/** A desk that letters are for, and what the broker serves of it. */
struct client_peer {
    struct prekeys_peer prekey;
    int64_t asked_at_ms; /* monotonic; 0: must be asked */
    bool answered;
    bool told_unread;
};

/** A directory on its way in. */
struct client_fetch {
    bool under_way;
    bool earlier; /* looking back for the governance of the invitation */
    uint64_t version;
    uint8_t *bytes;
    size_t len;
    size_t total;
};

/** A delivery that waits for a newer directory, or for a reveal. */
struct client_held {
    struct client_held *next;
    uint64_t seq;
    struct sein_desk_name desk;
    uint64_t accepted_at;
    uint64_t type; /* enum sein_item_type */
    size_t len;
    uint8_t bytes[];
};

/** Called when a letter of ours got its verdict; for sein_import.
 *  receipt is empty unless the broker took it. */
typedef void client_verdict(void *context, const struct sein_letter_id *id,
                            enum sein_err code);

struct evaluation; /* evaluation.h */

struct client {
    struct sein_home *home;
    struct link *link;
    enum client_stage stage;
    enum sein_err reason; /* why it is DOWN, or SEIN_OK */
    bool final;           /* dialling again would not help */
    bool take_over;
    bool newest_key;     /* dial with the newest pair, listed or not */
    bool was_down;       /* given up since it was last ready */
    int64_t retry_at_ms; /* monotonic */
    int64_t backoff_ms;
    uint64_t next_req;
    struct client_request requests[CLIENT_REQUESTS_MAX];
    struct client_fetch fetch;
    uint64_t newest_seen;     /* directory version, from broker or letters */
    uint64_t refused_version; /* that the broker gave and we did not take */
    int64_t follow_at_ms;     /* monotonic: when to ask for it again */
    struct client_peer *peers;
    size_t peer_count;
    size_t peer_max;
    struct client_held *held;
    int64_t heard_at_ms; /* monotonic */
    int64_t pinged_at_ms;
    int64_t lease_ms;
    uint64_t credit;
    unsigned quiet; /* pongs since something was delivered */
    bool ping_open;
    int64_t hold_until_ms; /* the broker asked to wait; wall time */
    enum sein_err hold_reason;
    int64_t outgoing_after; /* rows up to here were sent on this connection */
    int64_t sealing_after;  /* rows up to here were looked at for sealing */
    int64_t withdraw_after;
    bool prekeys_dirty;            /* statements of ours are to be put */
    struct evaluation *evaluation; /* NULL until there is something for it */
    bool presences_fresh;   /* looked at on this connection and directory */
    bool accepts_held;      /* refused for now */
    bool retry_held;        /* a reveal came that others may wait for */
    unsigned heads_pages;   /* asked for on this connection */
    bool scrub;             /* something was erased */
    int64_t clock_ahead_ms; /* ours before the broker's */
    bool clock_told;
    uint8_t *frame; /* SEIN_FRAME_MAX bytes to build frames in */
    sein_visit *visit;
    void *context;
    int visited;   /* other than 0: the visitor wants to stop */
    json_t *later; /* told when the transaction is durable; NULL: at once */
    client_verdict *verdict;
    void *verdict_context;
};

/** client_new - a machine in DOWN that dials at its first turn. */
SEIN_CHECKED enum sein_err client_new(struct sein_home *home,
                                      struct client **out_client);
void client_free(struct client **client);

/** client_say_bye - leave in good order, so that nothing waits for a lease. */
void client_say_bye(struct client *client);

/**
 * client_turn - wait at most wait_ms, take what came, do what is next.
 *
 * Errors:  of this home only: SEIN_EIO, SEIN_EFULL, SEIN_ENOMEM,
 *          SEIN_ETAMPERED; SEIN_ENOTJOINED.  What goes wrong with the broker
 *          is in client->stage and ->reason.
 */
SEIN_CHECKED enum sein_err client_turn(struct client *client, int wait_ms);

/** client_next_ms - how long at most until the next turn is due. */
int client_next_ms(const struct client *client);

/** client_done - everything that can be sent was sent and has its verdict, and
 *  nothing waits to be received. */
bool client_done(const struct client *client);

/** client_sendable - letters under way, or ready to go. */
bool client_sending(const struct client *client);

/* ---- for the parts of the machine -------------------------------------------
 */

/** client_tell - give a document to the visitor; takes doc, NULL is fine. */
void client_tell(struct client *client, json_t *doc);

/** client_tell_later - hold what is told from here on; client_tell_now gives it
 *  out when it became durable, and forgets it when it did not. */
void client_tell_later(struct client *client);
void client_tell_now(struct client *client, bool durable);

/** client_alarm - keep an alarm and tell it. */
SEIN_CHECKED enum sein_err client_alarm(struct client *client,
                                        enum sein_err code, const char *about,
                                        struct sein_slice evidence);

/** client_begin_request - a place for one more, NULL when all are taken. */
struct client_request *client_begin_request(struct client *client,
                                            enum sein_kind kind);
/** client_send - send the frame that was built in client->frame; on a failure
 *  the connection is given up and the request, if any, forgotten. */
void client_send(struct client *client, struct sein_slice frame,
                 struct client_request *request);
/** client_send_object - build and send a frame of one object. */
void client_send_object(struct client *client, enum sein_kind kind,
                        struct client_request *request,
                        const struct sein_schema *schema, const void *object);
/** client_find_item - the open item with that op_id. */
struct client_item *client_find_item(struct client *client,
                                     const struct sein_op_id *op_id,
                                     struct client_request **out_request);
void client_close_item(struct client_request *request,
                       struct client_item *item);
size_t client_open_requests(const struct client *client);
/** client_forget_request - its answer is of no use any more. */
void client_forget_request(struct client *client, uint64_t req);
/** client_in_flight - whether a row is under way in a request of that kind. */
bool client_in_flight(const struct client *client, enum sein_kind kind,
                      int64_t row);
/** client_give_up - break off; dial again later, or never when final. */
void client_give_up(struct client *client, enum sein_err reason, bool final);

/** client_saw_version - somebody named a directory version. */
void client_saw_version(struct client *client, uint64_t version);

/** client_peer - what is known of a desk; asked of the broker when it is not.
 *
 * Returns NULL while the answer is not there. */
const struct prekeys_peer *client_peer(struct client *client,
                                       struct sein_slice desk);

/* client_dir.c */
SEIN_CHECKED enum sein_err client_begin_directory(struct client *client);
SEIN_CHECKED enum sein_err client_take_dir_part(struct client *client,
                                                struct sein_slice body);
/* client_prekeys.c */
SEIN_CHECKED enum sein_err client_begin_prekeys(struct client *client);
SEIN_CHECKED enum sein_err client_take_prekeys(struct client *client,
                                               struct sein_slice body);
SEIN_CHECKED enum sein_err client_put_prekeys(struct client *client);
SEIN_CHECKED enum sein_err client_ask_peers(struct client *client);
/** client_forget_peers - ask all of them again: the directory changed. */
void client_forget_peers(struct client *client);
/* client_confirm.c */
SEIN_CHECKED enum sein_err client_take_confirm(struct client *client,
                                               struct sein_slice body);
/* heads.c, outbox.c and inbox.c have their own headers. */

#endif
