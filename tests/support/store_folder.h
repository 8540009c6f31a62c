/* A folder for a store in a test, and what lies in its files. */
#ifndef SEIN_TESTS_SUPPORT_STORE_FOLDER_H
#define SEIN_TESTS_SUPPORT_STORE_FOLDER_H

#include "broker/store/store.h"

#define STORE_FOLDER_MAX 256

/** store_folder_make - a new folder under TMPDIR or /tmp; asserts. */
void store_folder_make(char out[static STORE_FOLDER_MAX]);

/** store_folder_remove - the folder and the files in it; asserts. */
void store_folder_remove(const char *folder);

/** store_folder_holds - whether some file there holds these bytes. */
bool store_folder_holds(const char *folder, struct sein_slice bytes);

/** store_folder_flip - flips one bit of the first place where some file holds
 *  these bytes; asserts that there is one. */
void store_folder_flip(const char *folder, struct sein_slice bytes);

/** store_folder_each - calls visit with the path of each file. */
void store_folder_each(const char *folder,
                       void (*visit)(void *context, const char *path),
                       void *context);

/**
 * store_letter - a letter whose id and bytes are made from a number.
 *
 * The bytes are the letter's mark again and again; they live in buffer, which
 * holds len bytes.
 */
struct store_item store_letter(uint64_t number, uint8_t *buffer, size_t len);

/** store_letter_mark - 32 bytes that only the letter of this number holds. */
void store_letter_mark(uint64_t number, uint8_t out[static 32]);

#endif
