/* sein.h: circle packs. */
#include <sodium.h>

#include "client/include/sein.h"
#include "client/lib/api.h"
#include "client/lib/clock.h"
#include "client/lib/docs.h"
#include "client/lib/packs.h"

static json_t *
made_doc(const char *circle, uint64_t epoch, const struct packs_made *made,
         const char *out_path)
{
    json_t *doc = json_object();

    docs_set(doc, "circle", docs_string(circle));
    docs_set(doc, "epoch", json_integer((json_int_t)epoch));
    docs_set(doc, "steward", docs_string(made->desk.text));
    docs_set(doc, "pepper_check", docs_id(made->check));
    docs_set(doc, "institutions", json_integer((json_int_t)made->mark_count));
    docs_set(doc, "file", docs_string(out_path));
    return doc;
}

int
sein_pack_make(struct sein_home *home, const char *circle, uint64_t epoch,
               const char *institutions, const char *out_path,
               sein_visit *visit, void *context)
{
    struct packs_made made = { 0 };
    enum sein_err err = SEIN_OK;

    api_begin(home);
    err = packs_make(home, circle, epoch, institutions, out_path, &made);
    if (err == SEIN_OK)
        err = api_log_access(home, NULL, "pack", NULL, circle, 0,
                             sein_clock_ms());
    if (err == SEIN_OK)
        err =
            api_give(made_doc(circle, epoch, &made, out_path), visit, context);
    return api_end(home, err);
}

static json_t *
taken_doc(const struct sein_pack *pack)
{
    json_t *doc = json_object();

    docs_set(doc, "circle", docs_text(pack->circle));
    docs_set(doc, "epoch", json_integer((json_int_t)pack->epoch));
    docs_set(doc, "steward", docs_text(pack->desk));
    docs_set(doc, "made_at", docs_time((int64_t)pack->made_at));
    docs_set(doc, "institutions", json_integer((json_int_t)pack->marks.count));
    return doc;
}

int
sein_pack_take(struct sein_home *home, const char *path, sein_visit *visit,
               void *context)
{
    struct localdb_plain plain = { 0 };
    struct sein_pack pack = { 0 };
    enum sein_err err = SEIN_OK;

    api_begin(home);
    err = packs_take(home, path, &plain, &pack);
    if (err == SEIN_OK)
        err =
            api_log_access(home, NULL, "pack", NULL, NULL, 0, sein_clock_ms());
    if (err == SEIN_OK)
        err = api_give(taken_doc(&pack), visit, context);
    sodium_memzero(&pack, sizeof pack);
    localdb_plain_free(&plain);
    return api_end(home, err);
}
