/*
 * Every bound of the house, once, with where its number comes from.
 * Sizes are bytes unless the name says otherwise; times are milliseconds.
 */
#ifndef SEIN_PROTO_BASE_LIMITS_H
#define SEIN_PROTO_BASE_LIMITS_H

#include <stdint.h>

#define SEIN_MS_PER_S INT64_C(1000)
#define SEIN_MS_PER_MIN (60 * SEIN_MS_PER_S)
#define SEIN_MS_PER_HOUR (60 * SEIN_MS_PER_MIN)
#define SEIN_MS_PER_DAY (24 * SEIN_MS_PER_HOUR)

/* Keys and hashes, as libsodium has them. */
#define SEIN_KEY_BYTES 32U
#define SEIN_SIGN_SECRET_BYTES 64U
#define SEIN_SIG_BYTES 64U
#define SEIN_HASH_BYTES 32U
#define SEIN_ID_BYTES 16U

/* Names.  An OIN has 20 characters (Logius); a desk is OIN/name. */
#define SEIN_OIN_CHARS 20U
#define SEIN_DESK_NAME_MAX 32U
#define SEIN_DESK_MAX (SEIN_OIN_CHARS + 1U + SEIN_DESK_NAME_MAX)
#define SEIN_CIRCLE_MAX 32U
#define SEIN_CODE_MAX 32U
#define SEIN_NAME_MAX 128U
/* tcp://host:port; a host name has at most 253 characters (RFC 1035). */
#define SEIN_ENDPOINT_MAX 255U

/* Handles.  An addition of 8 is what real additions need; a surname has the
 * length that a signal's content allows it; a handle is at longest a surname,
 * a slash and a date of 10. */
#define SEIN_POSTCODE_CHARS 6U
#define SEIN_TOEVOEGING_MAX 8U
#define SEIN_BSN_CHARS 9U
#define SEIN_NAME_MAX 128U
#define SEIN_HANDLE_MAX (SEIN_NAME_MAX + 1U + 10U)

/* Wire: one frame a message (PROTOCOL.md section 3). */
#define SEIN_FRAME_MAX (256U * 1024U)
#define SEIN_WIRE_DEPTH_MAX 8U
#define SEIN_ITEMS_MAX 256U
#define SEIN_DESKS_MAX 64U
#define SEIN_HEADS_MAX 256U
#define SEIN_PART_MAX (128U * 1024U)

/* Letters (PROTOCOL.md section 8): the four sizes of a padded plaintext, and
 * what HPKE puts around it: 32 bytes of enc and 16 of tag. */
#define SEIN_LETTER_BUCKET_MAX 65536U
#define SEIN_HPKE_ENC_BYTES 32U
#define SEIN_HPKE_TAG_BYTES 16U
#define SEIN_LETTER_HEADER_MAX 256U
#define SEIN_LETTER_MAX                                  \
    (2U + SEIN_LETTER_HEADER_MAX + SEIN_HPKE_ENC_BYTES + \
     SEIN_LETTER_BUCKET_MAX + SEIN_HPKE_TAG_BYTES)
#define SEIN_LETTER_INNER_MAX (SEIN_LETTER_BUCKET_MAX - 4U)
#define SEIN_LETTER_CONTENT_MAX \
    (SEIN_LETTER_INNER_MAX - 4U - SEIN_SIG_BYTES - 2U * SEIN_LETTER_HEADER_MAX)
#define SEIN_LETTER_LIFE_MS (30 * SEIN_MS_PER_DAY)
#define SEIN_LETTER_GRACE_MS SEIN_MS_PER_HOUR
#define SEIN_CLOCK_AHEAD_MS (2 * SEIN_MS_PER_MIN)

/* A note is at most 1,000 characters, so 4,000 bytes of UTF-8. */
#define SEIN_NOTE_CHARS_MAX 1000U
#define SEIN_NOTE_MAX (4U * SEIN_NOTE_CHARS_MAX)
#define SEIN_TEXT_MAX 512U
#define SEIN_CONTACT_MAX 256U

/* Directory: 300 members with keys and desks take about 300 KiB; ten times
 * that leaves room, and bounds what a joiner reads from a broker it does not
 * trust yet.  45 days: the longest that a suppressed revocation stays hidden.
 */
#define SEIN_DIRECTORY_MAX (4U * 1024U * 1024U)
#define SEIN_DIRECTORY_LIFE_MS (45 * SEIN_MS_PER_DAY)
#define SEIN_DIRECTORY_KEEP_MS (396 * SEIN_MS_PER_DAY)
#define SEIN_GOVERNORS_MAX 16U
#define SEIN_MEMBERS_MAX 4096U
#define SEIN_MEMBER_DESKS_MAX 256U
#define SEIN_MEMBER_KEYS_MAX 64U
#define SEIN_CIRCLES_MAX 256U
#define SEIN_AREAS_MAX 256U
#define SEIN_CODES_MAX 256U
#define SEIN_LABEL_MAX 64U
#define SEIN_COLLECT_DAYS_MAX 30U
#define SEIN_RETENTION_DAYS_MAX 731U
#define SEIN_POSTCODE4_MIN 1000U
#define SEIN_POSTCODE4_MAX 9999U
/* Pairs of circle and area over all desks: 342 municipalities with ten circles
 * and ten ranges each come to a seventh; the index of it takes 6 MiB. */
#define SEIN_COVERS_MAX 262144U
#define SEIN_PREKEY_LIFE_MS (30 * SEIN_MS_PER_DAY)
#define SEIN_PREKEYS_SERVED_MAX 3U

/* Keyholders.  A record names each holder and t points of 32 bytes; 16 holders
 * are five times what is advised.  A circle has one epoch, or two in a change,
 * and a few past ones.  A batch of 32 is what design and quota count in. */
#define SEIN_HOLDERS_MIN 2U
#define SEIN_HOLDERS_MAX 16U
#define SEIN_EPOCHS_MAX 16U
#define SEIN_EPOCH_RECORD_MAX 4096U
#define SEIN_LINK_PAIRS_MAX 10U
#define SEIN_EVAL_BATCH_MAX 32U
#define SEIN_EVAL_REQUEST_MAX 2304U
#define SEIN_EVAL_REPLY_MAX 1536U
#define SEIN_EVAL_WINDOW_MAX 256U
#define SEIN_EVAL_CLOCK_MS (2 * SEIN_MS_PER_MIN)
/* A client asks another keyholder after 2 s; one that takes five times as long
 * is of no use to it any more.  64 full batches are ten days of the default
 * quota: who has more waiting at one keyholder does not ask about people. */
#define SEIN_EVAL_WAIT_MS (10 * SEIN_MS_PER_S)
#define SEIN_EVAL_WAITING_MAX 64U
#define SEIN_EVAL_REPEAT_MS (5 * SEIN_MS_PER_MIN)
#define SEIN_QUOTA_DEFAULT 200U
#define SEIN_QUOTA_MAX 1000000U
#define SEIN_DEPOSITS_MAX 4096U

/* Presences (PROTOCOL.md section 17). */
#define SEIN_POINT_BYTES 32U
#define SEIN_SCALAR_BYTES 32U
#define SEIN_PROOF_BYTES (2U * SEIN_SCALAR_BYTES)
#define SEIN_NOTE_STATEMENT_MAX 192U
#define SEIN_CORE_MAX 384U
#define SEIN_DEPOSIT_MAX (SEIN_NOTE_STATEMENT_MAX + SEIN_CORE_MAX + 160U)
#define SEIN_MATCH_KEEP_MS (7 * SEIN_MS_PER_DAY)

/* Regie (PROTOCOL.md section 16): what the rows come to at their longest,
 * rounded up.  Eight statements with a deposit go into a letter of 16 KiB. */
#define SEIN_RELEASE_BODY_MAX 224U
#define SEIN_RELEASE_MAX (SEIN_RELEASE_BODY_MAX + 112U)
#define SEIN_REGIE_STATEMENT_MAX (SEIN_DEPOSIT_MAX + SEIN_RELEASE_MAX + 192U)
#define SEIN_REGIE_MAX (SEIN_REGIE_STATEMENT_MAX + 112U)
#define SEIN_REGIE_CHAIN_MAX 8U
/* A holder that goes on every week for the two years that a presence lasts at
 * most makes a hundred; as many again for what others say. */
#define SEIN_REGIE_HELD_MAX 256U

/* Broker. */
#define SEIN_LEASE_MS (60 * SEIN_MS_PER_S)
#define SEIN_CREDIT_MAX 1024U
#define SEIN_DESK_UNREAD_MS (24 * SEIN_MS_PER_HOUR)
#define SEIN_RECEIPT_KEEP_MS (30 * SEIN_MS_PER_DAY)
#define SEIN_COLLECT_DAYS_DEFAULT 14U
/* A Merkle tree over at most 2^16 leaves: one turn never takes more. */
#define SEIN_TREE_LEAVES_MAX 65536U
#define SEIN_TREE_DEPTH_MAX 16U

#endif
