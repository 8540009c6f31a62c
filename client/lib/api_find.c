/* What the files behind sein.h look up. */
#include "client/lib/api.h"

#include <string.h>

#include "client/lib/journal.h"
#include "client/lib/sources.h"

static enum sein_err
read_id(struct sein_home *home, const char *text, struct sein_letter_id *out)
{
    if (sein_unhex(sein_slice_text(text), out->bytes, sizeof out->bytes) !=
        SEIN_OK)
        return home_note(home, SEIN_EFORMAT, "letter_id", NULL);
    return SEIN_OK;
}

enum sein_err
api_find_sent(struct sein_home *home, const struct sein_which *which,
              struct letter *out_letter)
{
    struct sein_letter_id id;
    struct source source = { 0 };
    enum sein_err err = SEIN_OK;

    if (which->letter_id != NULL) {
        err = read_id(home, which->letter_id, &id);
    } else if (which->circle == NULL || which->source_id == NULL) {
        return home_note(home, SEIN_EUSAGE, "source_id", NULL);
    } else {
        err = sources_find(home->db, sein_slice_text(which->circle),
                           sein_slice_text(which->source_id), &source);
        id = source.latest;
    }
    return err == SEIN_OK ? letters_find(home->db, &id, LETTER_SENT, out_letter)
                          : err;
}

enum sein_err
api_find_received(struct sein_home *home, const char *letter_id,
                  struct letter *out_letter)
{
    struct sein_letter_id id;
    enum sein_err err = read_id(home, letter_id, &id);

    return err == SEIN_OK
               ? letters_find(home->db, &id, LETTER_RECEIVED, out_letter)
               : err;
}

enum sein_err
api_log_access(struct sein_home *home, const struct sein_op_id *operation,
               const char *action, const struct letter_row *about,
               const char *detail, uint64_t count, int64_t now_ms)
{
    struct journal_entry entry = {
        .at_ms = now_ms,
        .log = JOURNAL_ACCESS,
        .action = sein_slice_text(action),
        .actor = sein_slice_text(home->actor),
        .count = count,
    };

    if (operation != NULL)
        entry.operation = *operation;
    else
        sein_random_id(entry.operation.bytes);
    if (detail != NULL)
        entry.detail = sein_slice_text(detail);
    if (about != NULL) {
        entry.letter_id = about->letter_id;
        entry.circle = about->circle;
        entry.from = about->from;
        entry.to = about->to;
    }
    return journal_add(home->db, &entry);
}
