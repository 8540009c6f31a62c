/* sein.h: a CSV file. */
#include "client/include/sein.h"
#include "client/lib/api.h"
#include "client/lib/import.h"

int
sein_import(struct sein_home *home, const char *path, const char *member,
            sein_visit *visit, sein_progress *progress, void *context,
            uint64_t *out_rejected)
{
    struct import_request request = { path, member, visit, progress, context };

    api_begin(home);
    return api_end(home, import_run(home, &request, out_rejected));
}
