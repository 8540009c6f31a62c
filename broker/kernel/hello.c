#include "broker/kernel/hello.h"

#include <string.h>

#include "broker/kernel/deposits.h"
#include "broker/kernel/quota.h"

/* A frame with an id and four numbers. */
#define WELCOME_MAX 128U

static bool
same_home(const struct sein_home_id *a, const struct sein_home_id *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static bool
home_is_zero(const struct sein_home_id *home_id)
{
    const struct sein_home_id zero = { { 0 } };

    return same_home(home_id, &zero);
}

/* As it is now, whether or not the desk was read since the kernel was made. */
static enum sein_err
read_desk(const struct kernel *kernel, struct sein_slice name,
          struct store_desk *out_row)
{
    const struct desk *desk = desk_find(kernel, name);
    enum sein_err err = SEIN_OK;

    if (desk == NULL) {
        err = kernel_ops(kernel)->desk_get(kernel->turn.txn, name, out_row);
        return err == SEIN_OK ? SEIN_OK : kernel_fatal(err);
    }
    out_row->home_id = desk->home_id;
    out_row->last_read_ms = desk->last_read_ms;
    return SEIN_OK;
}

static enum sein_err
check_desk(const struct kernel *kernel, struct request *request,
           struct sein_slice name)
{
    const struct sein_hello *hello = &request->as.hello;
    struct store_desk row = { 0 };
    enum sein_err err = sein_may(kernel->dir, request->key_id, SEIN_MAY_READ,
                                 name, kernel->now_ms, NULL, NULL);

    if (err == SEIN_OK)
        err = read_desk(kernel, name, &row);
    if (err != SEIN_OK)
        return err;
    if (hello->take_over || home_is_zero(&row.home_id) ||
        same_home(&row.home_id, &hello->home_id))
        return SEIN_OK;
    request->at_ms = row.last_read_ms;
    return SEIN_EHOME;
}

enum sein_err
hello_check(const struct kernel *kernel, struct request *request)
{
    const struct sein_hello *hello = &request->as.hello;
    struct sein_items items = { 0 };
    enum sein_err err = SEIN_OK;

    if (kernel->draining)
        return SEIN_EBUSY;
    if (hello->desks.count > 0 && home_is_zero(&hello->home_id))
        return SEIN_ERANGE;
    if (request->session == NULL)
        err = quota_check_session(kernel, request->key->member->entry.oin,
                                  &request->at_ms);
    if (err == SEIN_OK) {
        request->at_ms = 0;
        err = sein_items_begin(hello->desks.raw, SEIN_DESKS_MAX, &items);
    }
    while (err == SEIN_OK) {
        struct sein_slice name = { 0 };

        err = sein_items_next_text(&items, &name);
        if (err == SEIN_OK)
            err = check_desk(kernel, request, name);
    }
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

/* What the other home's sessions had goes back, and they are told. */
static enum sein_err
take_over(struct kernel *kernel, struct desk *desk)
{
    const struct subscription *at = desk->reader;

    kernel_tell(kernel, KERNEL_EVENT_TAKEN_OVER, NULL, desk->name.text, NULL,
                SEIN_OK);
    if (at == NULL)
        return SEIN_OK;
    do {
        struct session *session = at->session;

        at = at->after;
        if (same_home(&session->home_id, &desk->home_id)) {
            enum sein_err err =
                effects_error(&kernel->effects, &session->peer,
                              EFFECT_COMMITTED, 0, SEIN_EHOME, kernel->now_ms);

            if (err != SEIN_OK)
                return err;
            session_give_back(kernel, session, desk);
        }
    } while (at != desk->reader);
    return SEIN_OK;
}

static enum sein_err
claim(struct kernel *kernel, const struct session *session, struct desk *desk)
{
    enum sein_err err = SEIN_OK;

    if (!same_home(&desk->home_id, &session->home_id) &&
        !home_is_zero(&desk->home_id))
        err = take_over(kernel, desk);
    if (err != SEIN_OK)
        return err;
    desk_touch(kernel, desk);
    desk->home_id = session->home_id;
    return desk_write_read(kernel, desk);
}

/* The desks of the request, each once. */
static enum sein_err
open_desks(struct kernel *kernel, const struct request *request,
           struct desk *desks[static SEIN_DESKS_MAX], size_t *out_count)
{
    struct sein_items items = { 0 };
    size_t count = 0;
    enum sein_err err =
        sein_items_begin(request->as.hello.desks.raw, SEIN_DESKS_MAX, &items);

    while (err == SEIN_OK) {
        struct sein_slice name = { 0 };
        bool twice = false;

        err = sein_items_next_text(&items, &name);
        if (err == SEIN_OK)
            err = desk_open(kernel, name, &desks[count]);
        if (err != SEIN_OK)
            break;
        for (size_t i = 0; i < count; i++)
            twice = twice || desks[i] == desks[count];
        count += twice ? 0 : 1;
    }
    *out_count = count;
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

static enum sein_err
welcome(struct kernel *kernel, const struct request *request)
{
    struct sein_welcome body = {
        .log_id = kernel->receipts.log_id,
        .dir_version = sein_directory_version(kernel->dir),
        .now = (uint64_t)kernel->now_ms,
        .lease_ms = (uint64_t)kernel->config.lease_ms,
        .credit_max = SEIN_CREDIT_MAX,
    };

    return effects_object(&kernel->effects, request->peer, EFFECT_ANSWER,
                          SEIN_KIND_WELCOME, request->req, &sein_welcome_schema,
                          &body, WELCOME_MAX);
}

enum sein_err
hello_open(struct kernel *kernel, struct request *request)
{
    struct desk *desks[SEIN_DESKS_MAX] = { NULL };
    struct member *member = NULL;
    struct session *session = NULL;
    size_t count = 0;
    enum sein_err err =
        member_open(kernel, request->key->member->entry.oin, &member);

    if (err == SEIN_OK)
        err = open_desks(kernel, request, desks, &count);
    request->session = NULL; /* the one that there was is closed now */
    if (err == SEIN_OK)
        err = session_open(kernel, request->peer, request->key_id, member,
                           &session);
    if (err != SEIN_OK)
        return err;
    request->session = session;
    session->home_id = request->as.hello.home_id;
    for (size_t i = 0; err == SEIN_OK && i < count; i++)
        err = claim(kernel, session, desks[i]);
    if (err == SEIN_OK)
        err = session_subscribe(kernel, session, desks, count);
    if (err == SEIN_OK)
        err = welcome(kernel, request);
    if (err == SEIN_OK)
        kernel_tell(kernel, KERNEL_EVENT_SESSION_OPEN, request->key_id, NULL,
                    NULL, SEIN_OK);
    return err;
}

enum sein_err
hello_pong(struct kernel *kernel, struct request *request)
{
    struct sein_pong body = { .now = (uint64_t)kernel->now_ms,
                              .dir_version =
                                  sein_directory_version(kernel->dir) };
    enum sein_err err = deposits_tell(kernel, request->session);

    if (err != SEIN_OK)
        return err;
    return effects_object(&kernel->effects, request->peer, EFFECT_SURE,
                          SEIN_KIND_PONG, request->req, &sein_pong_schema,
                          &body, WELCOME_MAX);
}

enum sein_err
hello_bye(struct kernel *kernel, struct request *request)
{
    return effects_empty(&kernel->effects, request->peer, EFFECT_SURE,
                         SEIN_KIND_BYE, request->req);
}
