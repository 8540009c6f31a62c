/* A signed directory of a broker that nobody trusts yet; signatures aside. */
#include <sodium.h>

#include "proto/trust/epoch.h"
#include "tests/fuzz/require.h"

/* A record that was let in says what the epoch says. */
static void
look_at_epochs(const struct sein_circle *circle)
{
    struct sein_dir_epoch epoch = { 0 };
    struct sein_epoch_record record;
    struct sein_slice desk = { 0 };

    if (!sein_circle_epoch_now(circle, INT64_C(1770000000000), &epoch))
        return;
    require(sein_epoch_record_decode(epoch.record, &record) == SEIN_OK,
            "a record that is open can be read");
    require(record.epoch == epoch.epoch && record.t == epoch.t &&
                sein_slice_equal(record.circle, circle->entry.id),
            "a record is of its epoch");
    for (size_t i = 0; i < record.n; i++) {
        require(sein_epoch_holder_desk(&epoch, i + 1, &desk) &&
                    sein_slice_equal(desk, record.holders[i].desk),
                "a holder has its index");
        require(sein_epoch_holder_index(&epoch, desk) == i + 1,
                "an index has its holder");
    }
}

/* What was read can be found again. */
static void
look_up(const struct sein_directory *dir)
{
    size_t count = 0;
    size_t circle_count = 0;
    const struct sein_member *members = sein_directory_members(dir, &count);
    const struct sein_circle *circles =
        sein_directory_circles(dir, &circle_count);

    for (size_t i = 0; i < circle_count; i++)
        look_at_epochs(&circles[i]);
    for (size_t i = 0; i < count; i++) {
        require(sein_directory_member(dir, members[i].entry.oin) == &members[i],
                "a member is found by its OIN");
        for (size_t j = 0; j < members[i].key_count; j++) {
            const struct sein_key *key = &members[i].keys[j];

            require(sein_directory_key(dir, &key->entry.key_id) == key,
                    "a key is found by its id");
            (void)sein_key_status_at(key, 0);
        }
        for (size_t j = 0; j < members[i].desk_count; j++) {
            const struct sein_desk *desk = &members[i].desks[j];

            require(sein_directory_desk(dir, sein_slice_text(desk->id.text)) ==
                        desk,
                    "a desk is found by its name");
        }
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sein_slice bytes = sein_slice_of(data, size);
    struct sein_directory *dir = NULL;
    struct sein_hash fingerprint;

    if (sodium_init() < 0)
        return 0;
    if (sein_directory_read(bytes, &dir) == SEIN_OK) {
        require_same(bytes, sein_directory_bytes(dir), "it is kept as it was");
        sein_directory_fingerprint(dir, &fingerprint);
        look_up(dir);
    } else {
        require(dir == NULL, "nothing is given on an error");
    }
    sein_directory_free(&dir);
    return 0;
}
