/* sein.h: the broker. */
#include "client/include/sein.h"
#include "client/lib/api.h"
#include "client/lib/client.h"
#include "client/lib/clock.h"

#define TURN_MS 200

static enum sein_err
ensure_client(struct sein_home *home)
{
    return home->client == NULL ? client_new(home, &home->client) : SEIN_OK;
}

static void
set_visitor(struct client *client, sein_visit *visit, void *context)
{
    client->visit = visit;
    client->context = context;
    client->visited = 0;
}

/* Whether dialling goes on, or the reason is an answer. */
static bool
is_over(const struct client *client)
{
    return client->stage == CLIENT_DOWN && client->reason != SEIN_OK;
}

static enum sein_err
run_until_done(struct sein_home *home, int timeout_ms)
{
    struct client *client = home->client;
    int64_t until = sein_clock_monotonic_ms() + timeout_ms;
    enum sein_err err = SEIN_OK;

    client->retry_at_ms = 0;
    client->final = false;
    client->reason = SEIN_OK;
    while (err == SEIN_OK && client->visited == 0 && !client_done(client) &&
           !is_over(client)) {
        int64_t left = until - sein_clock_monotonic_ms();

        if (left <= 0)
            return client->stage <= CLIENT_DIALLING ? SEIN_EUNREACHABLE
                                                    : SEIN_ETIMEOUT;
        err = client_turn(client, left < TURN_MS ? (int)left : TURN_MS);
    }
    if (err != SEIN_OK)
        return err;
    if (client->visited != 0)
        return SEIN_ECANCELED;
    return is_over(client) ? client->reason : SEIN_OK;
}

static enum sein_err
sync_home(struct sein_home *home, int timeout_ms, bool take_over,
          sein_visit *visit, void *context)
{
    enum sein_err err = ensure_client(home);

    if (err != SEIN_OK)
        return err;
    home->client->take_over = take_over;
    set_visitor(home->client, visit, context);
    err = run_until_done(home, timeout_ms);
    set_visitor(home->client, NULL, NULL);
    if (err == SEIN_OK)
        err = localdb_set_meta_int(home->db, "synced-at", sein_clock_ms());
    if (err == SEIN_OK && sein_directory_expired(home->dir, sein_clock_ms()))
        err = SEIN_EDIREXPIRED;
    sein_disconnect(home);
    return err;
}

int
sein_sync(struct sein_home *home, int timeout_ms, sein_visit *visit,
          void *context)
{
    api_begin(home);
    return api_end(home, sync_home(home, timeout_ms, false, visit, context));
}

int
sein_take_over(struct sein_home *home, int timeout_ms, sein_visit *visit,
               void *context)
{
    enum sein_err err = SEIN_OK;

    api_begin(home);
    err =
        api_log_access(home, NULL, "take over", NULL, NULL, 0, sein_clock_ms());
    sein_disconnect(home);
    if (err == SEIN_OK)
        err = sync_home(home, timeout_ms, true, visit, context);
    return api_end(home, err);
}

int
sein_connect(struct sein_home *home)
{
    enum sein_err err = SEIN_OK;

    api_begin(home);
    err = ensure_client(home);
    if (err == SEIN_OK)
        err = client_turn(home->client, 0);
    return api_end(home, err);
}

int
sein_fd(struct sein_home *home, int *out_fd)
{
    api_begin(home);
    if (home->client == NULL || home->client->link == NULL)
        return api_end(home, SEIN_EUNREACHABLE);
    *out_fd = link_fd(home->client->link);
    return SEIN_OK;
}

int
sein_process(struct sein_home *home, sein_visit *visit, void *context,
             int *out_next_ms)
{
    struct client *client = home->client;
    enum sein_err err = SEIN_OK;

    api_begin(home);
    if (client == NULL)
        return api_end(home, SEIN_EUNREACHABLE);
    set_visitor(client, visit, context);
    err = client_turn(client, 0);
    set_visitor(client, NULL, NULL);
    *out_next_ms = client_next_ms(client);
    if (err == SEIN_OK && client->stage == CLIENT_DOWN)
        err = client->reason;
    return api_end(home, err);
}

void
sein_disconnect(struct sein_home *home)
{
    if (home == NULL || home->client == NULL)
        return;
    client_say_bye(home->client);
    client_free(&home->client);
}
