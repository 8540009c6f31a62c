/*
 * Opening, keeping and closing a session: hello, welcome, ping, pong, bye,
 * error.
 *
 * Each struct is one object of PROTOCOL.md section 10 and its schema writes and
 * reads it.  Views borrow the frame.
 */
#ifndef SEIN_PROTO_WIRE_MSG_HELLO_H
#define SEIN_PROTO_WIRE_MSG_HELLO_H

#include "proto/base/ids.h"
#include "proto/wire/schema.h"

/** c→b: who I am and which desks I will read. */
struct sein_hello {
    struct sein_home_id home_id;
    uint64_t dir_version;
    bool take_over;
    struct sein_list desks;
};
extern const struct sein_schema sein_hello_schema;

/** b→c: the session is open. */
struct sein_welcome {
    struct sein_log_id log_id;
    uint64_t dir_version;
    uint64_t now;
    uint64_t lease_ms;
    uint64_t credit_max;
};
extern const struct sein_schema sein_welcome_schema;

/** b→c: still here. */
struct sein_pong {
    uint64_t now;
    uint64_t dir_version;
};
extern const struct sein_schema sein_pong_schema;

/** b→c: the whole request failed. */
struct sein_error_body {
    uint64_t code;
    uint64_t at;
};
extern const struct sein_schema sein_error_schema;

#endif
