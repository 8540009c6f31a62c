/* A signed directory of a broker that nobody trusts yet; signatures aside. */
#include <sodium.h>

#include "proto/trust/directory.h"
#include "tests/fuzz/require.h"

/* What was read can be found again. */
static void
look_up(const struct sein_directory *dir)
{
    size_t count = 0;
    const struct sein_member *members = sein_directory_members(dir, &count);

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
