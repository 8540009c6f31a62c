#include "broker/kernel/desk.h"

#include <stdlib.h>

#include "broker/kernel/state.h"

struct desk *
desk_find(const struct kernel *kernel, struct sein_slice name)
{
    struct table_node *node =
        table_first(&kernel->desks, table_hash(&kernel->desks, name));

    for (; node != NULL; node = table_again(node)) {
        struct desk *desk = (struct desk *)node;

        if (sein_slice_is(name, desk->name.text))
            return desk;
    }
    return NULL;
}

enum sein_err
desk_open(struct kernel *kernel, struct sein_slice name, struct desk **out_desk)
{
    struct store_desk row = { 0 };
    struct desk *desk = desk_find(kernel, name);
    enum sein_err err = SEIN_OK;

    if (desk != NULL)
        goto done;
    err = kernel_ops(kernel)->desk_get(kernel->turn.txn, name, &row);
    if (err != SEIN_OK)
        return kernel_fatal(err);
    desk = calloc(1, sizeof *desk);
    if (desk == NULL)
        return SEIN_ENOMEM;
    err = sein_slice_copy_text(name, desk->name.text, sizeof desk->name.text);
    if (err != SEIN_OK) {
        free(desk);
        return err;
    }
    desk->home_id = row.home_id;
    desk->last_read_ms = row.last_read_ms;
    desk->read_before_ms = row.last_read_ms;
    table_insert(&kernel->desks, &desk->node, table_hash(&kernel->desks, name));

done:
    *out_desk = desk;
    return SEIN_OK;
}

void
desk_touch(struct kernel *kernel, struct desk *desk)
{
    if (desk->touched)
        return;
    desk->touched = true;
    desk->was_cursor = desk->cursor;
    desk->was_home_id = desk->home_id;
    desk->was_last_read_ms = desk->last_read_ms;
    desk->touched_next = kernel->turn.touched;
    kernel->turn.touched = desk;
}

enum sein_err
desk_write_read(struct kernel *kernel, struct desk *desk)
{
    struct store_desk row = { .home_id = desk->home_id,
                              .last_read_ms = kernel->now_ms };
    enum sein_err err = SEIN_OK;

    desk_touch(kernel, desk);
    err = kernel_ops(kernel)->desk_put(kernel->turn.txn,
                                       sein_slice_text(desk->name.text), &row);
    if (err != SEIN_OK)
        return kernel_fatal(err);
    kernel->turn.changed = true;
    desk->last_read_ms = kernel->now_ms;
    return SEIN_OK;
}

void
desk_wake(struct kernel *kernel, struct desk *desk)
{
    if (desk->hot || desk->reader == NULL ||
        (!desk->more && desk->back.first == NULL))
        return;
    desk->hot = true;
    desk->hot_next = NULL;
    if (kernel->hot_last != NULL)
        kernel->hot_last->hot_next = desk;
    else
        kernel->hot = desk;
    kernel->hot_last = desk;
}

struct desk *
desk_take_hot(struct kernel *kernel)
{
    struct desk *desk = kernel->hot;

    if (desk == NULL)
        return NULL;
    kernel->hot = desk->hot_next;
    if (kernel->hot == NULL)
        kernel->hot_last = NULL;
    desk->hot = false;
    desk->hot_next = NULL;
    return desk;
}

void
desks_end_turn(struct kernel *kernel, bool committed)
{
    while (kernel->turn.touched != NULL) {
        struct desk *desk = kernel->turn.touched;

        kernel->turn.touched = desk->touched_next;
        desk->touched_next = NULL;
        desk->touched = false;
        if (committed)
            continue;
        desk->cursor = desk->was_cursor;
        desk->home_id = desk->was_home_id;
        desk->last_read_ms = desk->was_last_read_ms;
    }
}
