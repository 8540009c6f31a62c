/*
 * A governance's folder in a temporary place: one broker, a circle, a
 * corporatie that signals and a wijkteam with two desks; and four keys of
 * governors outside of it, of which the first governs.
 *
 * Everything fails the cmocka test that calls it.
 */
#ifndef SEIN_TESTS_SUPPORT_GOVERN_FOLDER_H
#define SEIN_TESTS_SUPPORT_GOVERN_FOLDER_H

#include "client/govern/govern.h"
#include "proto/trust/line.h"

#define GOVERN_FOLDER_CORPORATIE "00000099000000001000"
#define GOVERN_FOLDER_WIJKTEAM "00000099000000005000"
#define GOVERN_FOLDER_KEYS 4U

struct govern_folder {
    char path[256];
    char outside[256];
    char key[GOVERN_FOLDER_KEYS][300];
    uint8_t pk[GOVERN_FOLDER_KEYS][SEIN_KEY_BYTES];
    struct sein_slice read[64]; /* what govern_folder_read gave */
    size_t read_count;
};

/** govern_folder_begin - the folder with its first governor and nothing else.
 */
void govern_folder_begin(struct govern_folder *folder);
/** govern_folder_make - the same with broker, circle and members. */
void govern_folder_make(struct govern_folder *folder, int64_t now_ms);
void govern_folder_remove(struct govern_folder *folder);

struct govern *govern_folder_open(struct govern_folder *folder, int64_t now_ms);

/** govern_folder_governors - the first count keys govern, with threshold. */
void govern_folder_governors(struct govern_folder *folder, size_t count,
                             uint64_t threshold, int64_t now_ms);

/** Lines of a fresh broker and a fresh home; desks end with NULL. */
void govern_folder_broker_line(char out_line[static SEIN_LINE_MAX]);
void govern_folder_join_line(const char *oin, const char *name,
                             const char *const *desks,
                             char out_line[static SEIN_LINE_MAX],
                             struct sein_key_id *out_id);

struct sein_slice govern_folder_read(struct govern_folder *folder,
                                     const char *name);
void govern_folder_write(struct govern_folder *folder, const char *name,
                         const char *text);
void govern_folder_flip(struct govern_folder *folder, const char *name,
                        size_t at);
void govern_folder_unlink(struct govern_folder *folder, const char *name);

#endif
