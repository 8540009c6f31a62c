/* sein.h: making a key with the other keyholders. */
#include "client/include/sein.h"
#include "client/lib/api.h"
#include "client/lib/ceremonies.h"
#include "client/lib/clock.h"

int
sein_ceremony(struct sein_home *home, const struct sein_ceremony_wish *wish,
              sein_visit *visit, void *context)
{
    const struct ceremonies_request request = { .circle = wish->circle,
                                                .epoch = wish->epoch,
                                                .open = wish->open != 0,
                                                .abandon = wish->abandon != 0,
                                                .purpose = wish->purpose,
                                                .share_path =
                                                    wish->share_path };
    json_t *doc = NULL;
    enum sein_err err = SEIN_OK;

    api_begin(home);
    err = ceremonies_step(home, &request, &doc);
    if (err == SEIN_OK)
        err = api_log_access(home, NULL, "ceremony", NULL, wish->circle, 0,
                             sein_clock_ms());
    if (err == SEIN_OK)
        err = api_give(doc, visit, context);
    else
        json_decref(doc);
    return api_end(home, err);
}
