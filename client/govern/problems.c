#include "client/govern/problems.h"

void
problems_add(struct problems *problems, enum sein_err err, struct place place,
             const char *detail, const char *nl, const char *en)
{
    struct govern_problem *items =
        arena_more(problems->arena, problems->items, problems->count,
                   sizeof *problems->items);
    const char *copy =
        detail == NULL ? ""
                       : arena_text(problems->arena, sein_slice_text(detail));

    if (items == NULL || copy == NULL)
        return; /* the arena remembers that memory ran out */
    problems->items = items;
    items[problems->count++] = (struct govern_problem){
        .err = err,
        .file = place.file == NULL ? "" : place.file,
        .line = place.line,
        .section = place.section == NULL ? "" : place.section,
        .field = place.field == NULL ? "" : place.field,
        .detail = copy,
        .nl = nl,
        .en = en,
        .whole = problems->whole,
    };
}
