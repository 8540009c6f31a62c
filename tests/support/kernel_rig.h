/*
 * A kernel on a store, with peers that are numbers and a clock that is a
 * field: what the kernel's unit tests drive.
 *
 *     struct rig *rig = rig_new();
 *     rig_hello(rig, 1, FIXTURE_WIJKTEAM, 7, false, FIXTURE_DESK_NOORD);
 *     rig_run(rig);
 *     ... rig_take_frame(rig, 1, SEIN_KIND_WELCOME, &frame) ...
 *     rig_free(&rig);
 *
 * What is not what a test expects stops the test.
 */
#ifndef SEIN_TESTS_SUPPORT_KERNEL_RIG_H
#define SEIN_TESTS_SUPPORT_KERNEL_RIG_H

#include "broker/kernel/kernel.h"
#include "broker/store/store.h"
#include "proto/trust/receipt.h"
#include "proto/wire/frame.h"
#include "proto/wire/msg_directory.h"
#include "proto/wire/msg_eval.h"
#include "proto/wire/msg_event.h"
#include "proto/wire/msg_letter.h"
#include "proto/wire/msg_presence.h"
#include "tests/support/fixture_directory.h"

#define RIG_EVENT_TYPES 16U

/** A frame that the kernel sent, oldest first. */
struct rig_sent {
    struct rig_sent *next;
    unsigned peer;
    struct sein_frame frame;
    size_t len;
    uint8_t bytes[];
};

/** A frame that waits to be taken by the next turn. */
struct rig_asked {
    struct rig_asked *next;
    unsigned peer;
    struct sein_key_id key_id;
    size_t len;
    uint8_t bytes[];
};

struct rig {
    struct store *store; /* of *ops, opened by rig_new */
    struct kernel *kernel;
    struct kernel_config config;
    uint8_t idx_key[SEIN_KEY_BYTES];
    struct fixture_directory *fixture;
    int64_t now_ms;
    uint64_t req; /* of the request made last */
    struct rig_asked *asked, **asked_end;
    struct rig_sent *sent, **sent_end;
    unsigned deaf_peer;      /* cannot be reached; 0: all can */
    enum sein_err fail_with; /* the next commit fails with it; SEIN_OK: no */
    bool sweep;              /* the next turn sweeps too */
    bool changed;            /* what kernel_seal said last */
    enum sein_err took;      /* what ended the last turn early; SEIN_OK: no */
    bool begun;              /* the last turn took what was asked */
    bool failed;             /* the last turn did not happen */
    uint64_t told[RIG_EVENT_TYPES]; /* events per enum kernel_event_type */
    struct kernel_event last_event;
};

/** rig_new - on a fresh store of the memory backend, at FIXTURE_NOW_MS. */
struct rig *rig_new(void);
/** rig_new_on - on an open store, which the rig closes in the end. */
struct rig *rig_new_on(struct store *store);
void rig_free(struct rig **rig);

/** rig_restart - a new kernel on the same store; all connections are gone. */
void rig_restart(struct rig *rig);

/** rig_swap - the fixture, as it is now, is the next directory. */
void rig_swap(struct rig *rig);

/** rig_ask - a frame of a peer, with the first key of a member. */
void rig_ask(struct rig *rig, unsigned peer, unsigned member,
             struct sein_slice frame);
/** rig_ask_key - the same with any key id. */
void rig_ask_key(struct rig *rig, unsigned peer,
                 const struct sein_key_id *key_id, struct sein_slice frame);

/** rig_run - one turn over all that was asked; what it sends can be taken. */
void rig_run(struct rig *rig);
/** rig_sweep - one turn that sweeps. */
void rig_sweep(struct rig *rig);

/* Requests; they set rig->req. */
void rig_hello(struct rig *rig, unsigned peer, unsigned member, uint8_t home,
               bool take_over, const char *desk);
void rig_empty(struct rig *rig, unsigned peer, unsigned member,
               enum sein_kind kind);
void rig_credit(struct rig *rig, unsigned peer, unsigned member,
                uint64_t window);
/** rig_items - a request whose items are objects of one schema. */
void rig_items(struct rig *rig, unsigned peer, unsigned member,
               enum sein_kind kind, const struct sein_schema *schema,
               const void *objects, size_t count);
void rig_ack(struct rig *rig, unsigned peer, unsigned member, uint64_t seq,
             const char *desk, uint64_t status);

/** What a letter for a test is made of; zeros mean the usual. */
struct rig_letter {
    const char *from;         /* FIXTURE_DESK_SCHOOL */
    const char *to;           /* FIXTURE_DESK_NOORD */
    const char *circle;       /* jeugd */
    int64_t made_ms;          /* the rig's now */
    int64_t expires_ms;       /* 7 days on */
    uint64_t v, suite;        /* 1 */
    size_t ct_len;            /* 1024 + 16 */
    uint8_t fill;             /* the ciphertext's bytes */
    struct sein_letter_id id; /* zeros: a fresh one */
};

/** A letter's bytes and the item array that carries it. */
struct rig_put {
    struct rig_letter letter; /* id filled in */
    size_t letter_len;
    uint8_t letter_bytes[SEIN_LETTER_MAX + 64];
    struct sein_hash item_hash;
};
void rig_letter_make(const struct rig *rig, const struct rig_letter *letter,
                     struct rig_put *out_put);
/** rig_put - put it, as member. */
void rig_put(struct rig *rig, unsigned peer, unsigned member,
             struct rig_put *put);
void rig_withdraw(struct rig *rig, unsigned peer, unsigned member,
                  const char *from, const struct sein_letter_id *letter_id,
                  uint8_t op);

/** What a request to a keyholder for a test is made of; zeros mean the usual.
 */
struct rig_eval {
    const char *holder;       /* RIG_DESK_HOLDER */
    const char *named;        /* holder inside the request; as holder */
    const char *circle;       /* jeugd */
    const char *desk;         /* FIXTURE_DESK_SCHOOL */
    uint64_t later;           /* epochs after the first */
    uint8_t fill;             /* of req_id, so that requests differ */
    size_t ids, blinded;      /* how many; 1 */
    size_t id_len, point_len; /* of each; 16 and 32 */
};

/** Members that hold the key of circle jeugd, with one desk each. */
#define RIG_OIN_HOLDER "00000099000000070000"
#define RIG_DESK_HOLDER RIG_OIN_HOLDER "/loket"
#define RIG_OIN_HOLDER2 "00000099000000080000"
#define RIG_DESK_HOLDER2 RIG_OIN_HOLDER2 "/loket"
#define RIG_HOLDER FIXTURE_MEMBER_COUNT
#define RIG_HOLDER2 (FIXTURE_MEMBER_COUNT + 1U)
/** rig_add_holders - both of them, and epoch 1 that needs both, in force. */
void rig_add_holders(struct rig *rig);

/** rig_eval_write - the frame's body and the request in it. */
void rig_eval_write(const struct rig *rig, const struct rig_eval *eval,
                    struct sein_writer *out_body);
void rig_eval(struct rig *rig, unsigned peer, unsigned member,
              const struct rig_eval *eval);
void rig_eval_ready(struct rig *rig, unsigned peer, unsigned member,
                    const char *desk, uint64_t window);
void rig_eval_answer(struct rig *rig, unsigned peer, unsigned member,
                     uint64_t ticket, const char *reply);

/** What a presence for a test is made of; zeros mean the usual. */
struct rig_presence {
    const char *desk;     /* FIXTURE_DESK_SCHOOL; whose key signs it, too */
    const char *from;     /* of the item; desk */
    const char *circle;   /* jeugd */
    uint64_t epoch;       /* 1 */
    uint64_t link;        /* address */
    const char *label;    /* school */
    uint8_t tag;          /* what the tag is filled with */
    uint8_t put_tag;      /* another one in the item than is signed */
    int64_t created_ms;   /* the rig's now */
    int64_t expires_ms;   /* 60 days on */
    uint64_t dir_version; /* the one in force */
    uint8_t dir_hash;     /* the one in force, else filled with it */
    unsigned key;         /* of the member's keys */
    struct sein_presence_id id; /* zeros: a fresh one */
};

/** The item array that carries it. */
struct rig_presence_put {
    struct rig_presence presence; /* id filled in */
    size_t deposit_len;
    uint8_t deposit[SEIN_DEPOSIT_MAX];
    struct sein_hash item_hash;
};
void rig_presence_make(const struct rig *rig,
                       const struct rig_presence *presence,
                       struct rig_presence_put *out_put);
/** rig_presence_put - put it, as member. */
void rig_presence_put(struct rig *rig, unsigned peer, unsigned member,
                      struct rig_presence_put *put);
void rig_presence_withdraw(struct rig *rig, unsigned peer, unsigned member,
                           const char *from,
                           const struct sein_presence_id *presence_id,
                           uint8_t op);
void rig_accept(struct rig *rig, unsigned peer, unsigned member,
                const char *from, const struct sein_match_id *match_id,
                uint8_t op);

/** rig_take_any - the oldest frame sent to a peer; false when there is none.
 *  The frame lives until the next rig_take. */
bool rig_take_any(struct rig *rig, unsigned peer, struct sein_frame *out_frame);
/** rig_take_frame - the same, which must be there and of that kind. */
void rig_take_frame(struct rig *rig, unsigned peer, enum sein_kind kind,
                    struct sein_frame *out_frame);
/** rig_no_frame - nothing was sent to a peer. */
void rig_no_frame(struct rig *rig, unsigned peer);
/** rig_error - an error frame, and its code; out_at may be NULL. */
enum sein_err rig_error(struct rig *rig, unsigned peer, uint64_t *out_at);

#define RIG_VERDICTS_MAX 256U
/** A confirm, every receipt of which was verified. */
struct rig_verdict {
    struct sein_op_id op_id;
    enum sein_err code;
    uint64_t at;
    bool receipt; /* there is one */
    struct sein_head head;
    uint64_t time;
    uint64_t index;
};
struct rig_confirm {
    size_t count;
    size_t heads;
    struct rig_verdict verdicts[RIG_VERDICTS_MAX];
};
/**
 * rig_confirm - take a confirm; what has a receipt verifies as that type, oin
 * and item_hash (the same for all items; NULL: not looked at).
 */
void rig_confirm(struct rig *rig, unsigned peer, enum sein_leaf_type type,
                 const char *oin, const struct sein_hash *item_hash,
                 struct rig_confirm *out_confirm);

/** rig_code - the code of a confirm with one verdict. */
enum sein_err rig_code(struct rig *rig, unsigned peer);

/** rig_welcome - hello was answered with welcome. */
void rig_welcome(struct rig *rig, unsigned peer);

/** rig_reader - hello with credit, welcomed. */
void rig_reader(struct rig *rig, unsigned peer, unsigned member, uint8_t home,
                const char *desk, uint64_t window);
/** rig_sender - hello without desks, welcomed. */
void rig_sender(struct rig *rig, unsigned peer, unsigned member);

#define RIG_DELIVERIES_MAX 256U
struct rig_delivery {
    uint64_t seq;
    char desk[SEIN_DESK_MAX + 1];
    uint64_t accepted_at;
    uint64_t type;
    struct sein_letter_id letter_id; /* that it is, or is about */
    struct sein_hash item_hash;      /* of its bytes */
    struct sein_event event;         /* of an event; desk and circle below */
    char event_desk[SEIN_DESK_MAX + 1];
    char event_circle[SEIN_CIRCLE_MAX + 1];
    struct sein_match_item match; /* of a match item; its views below */
    size_t deposit_len;
    uint8_t deposit[SEIN_DEPOSIT_MAX];
};
/** rig_deliveries - take one deliver frame apart; 0 when there is none. */
size_t rig_deliveries(struct rig *rig, unsigned peer,
                      struct rig_delivery out[static RIG_DELIVERIES_MAX]);
/** rig_one_delivery - exactly one item came. */
struct rig_delivery rig_one_delivery(struct rig *rig, unsigned peer);
/** rig_acked - the code of an acked frame with one item. */
enum sein_err rig_acked(struct rig *rig, unsigned peer, uint64_t seq);

#endif
