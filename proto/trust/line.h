/*
 * The one-line texts that people pass on: invitation, join request, broker
 * line, epoch record.  None holds a secret.
 *
 * Threads: safe.  Source: PROTOCOL.md section 14.
 */
#ifndef SEIN_PROTO_TRUST_LINE_H
#define SEIN_PROTO_TRUST_LINE_H

#include "proto/trust/identity.h"
#include "proto/wire/schema.h"

/** The longest line with its NUL. */
#define SEIN_LINE_MAX 4096U

/** An invitation: where the broker is and whom to believe. */
struct sein_invitation {
    char endpoint[SEIN_ENDPOINT_MAX + 1];
    uint8_t curve[SEIN_KEY_BYTES];
    struct sein_hash fingerprint;
};

/** A join request; texts are NUL-terminated. */
struct sein_join_request {
    struct sein_oin oin;
    char name[SEIN_NAME_MAX + 1];
    uint8_t sign[SEIN_KEY_BYTES];
    uint8_t curve[SEIN_KEY_BYTES];
    struct sein_key_id key_id; /* derived; read only */
    char desks[SEIN_DESKS_MAX][SEIN_DESK_NAME_MAX + 1];
    size_t desk_count;
    int64_t at_ms;
};

/** What a broker says of itself to the governance. */
struct sein_broker_line {
    char name[SEIN_NAME_MAX + 1];
    char endpoint[SEIN_ENDPOINT_MAX + 1];
    uint8_t curve[SEIN_KEY_BYTES];
    uint8_t receipt[SEIN_KEY_BYTES];
    struct sein_oin operator_oin;
    char supplier[SEIN_NAME_MAX + 1];
};

/** An epoch record with the signatures of its holders, by index. */
struct sein_epoch_line {
    uint8_t record[SEIN_EPOCH_RECORD_MAX];
    size_t record_len;
    uint8_t signatures[SEIN_HOLDERS_MAX][SEIN_SIG_BYTES];
    size_t signature_count;
};

/**
 * Writing and reading; the text is NUL-terminated, white space around it is
 * ignored on reading.
 *
 * Errors:  SEIN_EFORMAT another prefix, a typing error (the check digits
 *          differ), not base64url, an endpoint that is not tcp://host:port, a
 *          NUL in a text; SEIN_EVERSION; SEIN_ESIG; SEIN_EOIN; SEIN_EDESK a
 *          desk's name; SEIN_ETOOLONG; SEIN_ENOMEM; else those of
 *          wire/schema.h.  The outputs are untouched on an error of a _read;
 *          out_line is undefined on an error of a _write.
 */
SEIN_CHECKED enum sein_err
sein_invitation_write(const struct sein_invitation *invitation,
                      char out_line[static SEIN_LINE_MAX]);
SEIN_CHECKED enum sein_err
sein_invitation_read(const char *line, struct sein_invitation *out_invitation);
SEIN_CHECKED enum sein_err
sein_join_write(const struct sein_join_request *request,
                const uint8_t secret[static SEIN_SIGN_SECRET_BYTES],
                char out_line[static SEIN_LINE_MAX]);
SEIN_CHECKED enum sein_err
sein_join_read(const char *line, struct sein_join_request *out_request);
SEIN_CHECKED enum sein_err
sein_broker_line_write(const struct sein_broker_line *broker,
                       const uint8_t secret[static SEIN_SIGN_SECRET_BYTES],
                       char out_line[static SEIN_LINE_MAX]);
SEIN_CHECKED enum sein_err
sein_broker_line_read(const char *line, struct sein_broker_line *out_broker);
/** Record and signatures as they stand: see sein_epoch_check. */
SEIN_CHECKED enum sein_err
sein_epoch_line_write(const struct sein_epoch_line *epoch,
                      char out_line[static SEIN_LINE_MAX]);
SEIN_CHECKED enum sein_err
sein_epoch_line_read(const char *line, struct sein_epoch_line *out_epoch);

#endif
