#include "client/lib/presences_want.h"

#include <string.h>

#include <sodium.h>

#include "client/lib/clock.h"
#include "client/lib/deposits.h"
#include "client/lib/meetings.h"
#include "client/lib/presences.h"

/* One handle of a signal, and what it stands for. */
struct reference {
    struct sein_handle handle;
    uint64_t link;
};
#define REFERENCES_MAX 4U

static void
add(struct reference *list, size_t *count, enum sein_err err, uint64_t link)
{
    /* What has no canonical form was refused before, or cannot be compared. */
    if (err == SEIN_OK)
        list[(*count)++].link = link;
}

static size_t
references_of(const struct sein_signal *signal,
              struct reference list[static REFERENCES_MAX])
{
    size_t count = 0;

    if (sein_signal_has_address(signal))
        add(list, &count,
            sein_signal_address_handle(signal, &list[count].handle),
            SEIN_LINK_ADDRESS);
    if (signal->bsn.len > 0)
        add(list, &count,
            sein_handle_from_bsn(signal->bsn, &list[count].handle),
            SEIN_LINK_PERSON);
    if (signal->parent_bsn.len > 0)
        add(list, &count,
            sein_handle_from_bsn(signal->parent_bsn, &list[count].handle),
            SEIN_LINK_PARENT);
    if (signal->name.len > 0 && signal->birth_date.len > 0)
        add(list, &count,
            sein_handle_from_name(signal->name, signal->birth_date,
                                  &list[count].handle),
            SEIN_LINK_NAME);
    return count;
}

static bool
can_meet(const struct sein_circle *circle, uint64_t link)
{
    for (uint64_t other = SEIN_LINK_ADDRESS; other <= SEIN_LINK_NAME; other++) {
        if (sein_circle_links_match(circle, link, other))
            return true;
    }
    return false;
}

/* Links that a presence of this desk may have in that circle; 0: it makes
 * none. */
static uint64_t
links_of(const struct sein_home *home, const struct presences_wish *wish)
{
    const struct sein_circle *circle =
        sein_directory_circle(home->dir, wish->circle);
    const struct sein_desk *desk = sein_directory_desk(home->dir, wish->desk);
    uint64_t allowed = 0;
    uint64_t links = 0;

    if (circle == NULL || desk == NULL || circle->entry.epochs.count == 0 ||
        circle->entry.reveal == SEIN_REVEAL_NONE || wish->signal->shielded ||
        (sein_desk_roles(desk, wish->circle) & SEIN_ROLE_INTRODUCED) == 0)
        return 0;
    allowed = sein_desk_links(desk, wish->circle);
    for (uint64_t link = SEIN_LINK_ADDRESS; link <= SEIN_LINK_NAME; link++) {
        if ((allowed & SEIN_LINK_BIT(link)) != 0 && can_meet(circle, link))
            links |= SEIN_LINK_BIT(link);
    }
    return links;
}

/* ---- wanting ----------------------------------------------------------------
 */

static enum sein_err
insert(struct sein_home *home, const struct presences_wish *wish,
       const struct reference *reference, struct presence *out)
{
    const struct sein_handle *handle = &reference->handle;
    enum sein_err err = SEIN_OK;

    *out = (struct presence){
        .state = PRESENCE_WANTED,
        .kind = (uint64_t)handle->kind,
        .handle_len = handle->len,
        .link = reference->link,
    };
    memcpy(out->handle, handle->text, handle->len);
    sein_random_id(out->presence_id.bytes);
    err = sein_slice_copy_text(wish->circle, out->circle.text,
                               sizeof out->circle.text);
    if (err == SEIN_OK)
        err = sein_slice_copy_text(wish->desk, out->desk.text,
                                   sizeof out->desk.text);
    return err == SEIN_OK ? presences_insert(home->db, out) : err;
}

/* Who is known by a number and named as a parent by it stands there as the
 * person: that meets at least as much. */
static enum sein_err
raise_link(struct sein_home *home, struct presence *row, uint64_t link,
           int64_t now_ms)
{
    if (row->link != SEIN_LINK_PARENT || link != SEIN_LINK_PERSON)
        return SEIN_OK;
    row->link = link;
    if (row->state == PRESENCE_WANTED || row->state == PRESENCE_NONE)
        return presences_update(home->db, row);
    return deposits_renew(home, row, now_ms);
}

static enum sein_err
want_one(struct sein_home *home, const struct presences_wish *wish,
         const struct reference *reference, int64_t now_ms)
{
    const struct sein_handle *handle = &reference->handle;
    struct presence row = { 0 };
    enum sein_err err = presences_find_handle(
        home->db, wish->circle, wish->desk, (uint64_t)handle->kind,
        sein_handle_text(handle), &row);

    if (err == SEIN_ENOENT)
        err = insert(home, wish, reference, &row);
    else if (err == SEIN_OK)
        err = raise_link(home, &row, reference->link, now_ms);
    if (err == SEIN_OK)
        err = presences_bind(home->db, row.id, &wish->thread);
    presence_wipe(&row);
    return err;
}

/* ---- releasing --------------------------------------------------------------
 */

static enum sein_err
end_one(struct sein_home *home, struct presence *row)
{
    struct sein_thread_id thread;
    enum sein_err err = presences_thread_at(home->db, row->id, 0, &thread);

    if (err != SEIN_ENOENT)
        return err;
    if (row->state == PRESENCE_WANTED || row->state == PRESENCE_NONE)
        return presences_remove(home->db, row->id);
    row->state = PRESENCE_ENDING;
    sein_random_id(row->withdraw.bytes);
    err = presences_update(home->db, row);
    return err == SEIN_OK ? meetings_end_all(home->db, row->id) : err;
}

/* The rows of a thread are noted before they are unbound from it. */
#define THREAD_ROWS_MAX 64U

static enum sein_err
rows_of(struct sein_home *home, const struct sein_thread_id *thread,
        int64_t ids[static THREAD_ROWS_MAX], size_t *out_count)
{
    struct presences_walk walk = { 0 };
    struct presence row = { 0 };
    size_t count = 0;
    enum sein_err err = presences_walk_thread(home->db, thread, &walk);

    while (err == SEIN_OK && count < THREAD_ROWS_MAX) {
        err = presences_walk_next(&walk, &row);
        if (err == SEIN_OK)
            ids[count++] = row.id;
    }
    presences_walk_end(&walk);
    presence_wipe(&row);
    *out_count = count;
    return err == SEIN_ENOENT ? SEIN_OK : err;
}

static enum sein_err
end_unbound(struct sein_home *home, const int64_t *ids, size_t count)
{
    struct presence row = { 0 };
    enum sein_err err = SEIN_OK;

    for (size_t i = 0; err == SEIN_OK && i < count; i++) {
        err = presences_get(home->db, ids[i], &row);
        if (err == SEIN_OK)
            err = end_one(home, &row);
    }
    presence_wipe(&row);
    return err;
}

enum sein_err
presences_want(struct sein_home *home, const struct presences_wish *wish)
{
    struct reference list[REFERENCES_MAX];
    int64_t before[THREAD_ROWS_MAX];
    int64_t now_ms = sein_clock_ms();
    uint64_t links = links_of(home, wish);
    size_t count = 0;
    size_t before_count = 0;
    enum sein_err err = rows_of(home, &wish->thread, before, &before_count);

    if (err == SEIN_OK && before_count > 0)
        err = presences_unbind(home->db, &wish->thread);
    if (links != 0)
        count = references_of(wish->signal, list);
    for (size_t i = 0; err == SEIN_OK && i < count; i++) {
        if ((links & SEIN_LINK_BIT(list[i].link)) != 0)
            err = want_one(home, wish, &list[i], now_ms);
    }
    sodium_memzero(list, sizeof list);
    return err == SEIN_OK ? end_unbound(home, before, before_count) : err;
}

enum sein_err
presences_release(struct sein_home *home, const struct sein_thread_id *thread)
{
    int64_t rows[THREAD_ROWS_MAX];
    size_t count = 0;
    enum sein_err err = rows_of(home, thread, rows, &count);

    if (err == SEIN_OK && count > 0)
        err = presences_unbind(home->db, thread);
    return err == SEIN_OK ? end_unbound(home, rows, count) : err;
}

enum sein_err
presences_renew(struct sein_home *home, const struct sein_thread_id *thread,
                int64_t now_ms, size_t *out_count)
{
    int64_t rows[THREAD_ROWS_MAX];
    struct presence row = { 0 };
    size_t count = 0;
    enum sein_err err = rows_of(home, thread, rows, &count);

    *out_count = 0;
    for (size_t i = 0; err == SEIN_OK && i < count; i++) {
        err = presences_get(home->db, rows[i], &row);
        if (err != SEIN_OK ||
            (row.state != PRESENCE_LIVE && row.state != PRESENCE_LAPSED))
            continue;
        err = deposits_renew(home, &row, now_ms);
        (*out_count)++;
    }
    presence_wipe(&row);
    return err;
}
