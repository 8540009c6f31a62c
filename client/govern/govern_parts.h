/*
 * The inside of an opened folder, shared by the files of this room.
 */
#ifndef SEIN_CLIENT_GOVERN_GOVERN_PARTS_H
#define SEIN_CLIENT_GOVERN_GOVERN_PARTS_H

#include "client/govern/contents.h"
#include "client/govern/folder.h"
#include "client/govern/moment.h"
#include "proto/trust/directory.h"

/** One readable file. */
struct govern_file {
    const char *path; /* within the folder */
    const char *stem; /* "schulden" of circles/schulden.conf */
    struct conf conf;
    const char *was; /* its text on the disk; NULL: it is new */
    bool bad;        /* it could not be read wholly: not to be changed */
};

/*
 *  1. model is what files say, sorted; problems is what is wrong in it.
 *  2. newest is NULL iff no version was signed, or it could not be read.
 */
struct govern {
    struct arena arena;
    const char *path;
    int64_t now_ms;
    struct govern_file *files;
    size_t file_count;
    struct model model;
    struct model opened; /* what it was when the folder was opened */
    struct problems problems;
    struct govern_problem why;
    bool has_why;
    uint64_t *versions; /* ascending */
    size_t version_count;
    struct sein_directory *newest;
    enum sein_err newest_err; /* why it could not be read */
    struct model newest_model;
};

/** The kinds of files, in the order in which they are read. */
#define GOVERN_GOVERNANCE "governance.conf"
#define GOVERN_BROKERS "brokers"
#define GOVERN_MEMBERS "members"
#define GOVERN_CIRCLES "circles"
#define GOVERN_SIGNED "signed"
#define GOVERN_DRAFT "draft"
#define GOVERN_CONF ".conf"

/** govern_full_path - of a path within the folder. */
const char *govern_full_path(struct govern *govern, const char *path);

/** govern_rebuild - the model anew from the files.  Errors: SEIN_ENOMEM. */
SEIN_CHECKED enum sein_err govern_rebuild(struct govern *govern);

/** govern_file - NULL when absent. */
struct govern_file *govern_file(struct govern *govern, const char *path);

/** govern_new_file - begin one with a text; NULL: out of memory. */
struct govern_file *govern_new_file(struct govern *govern, const char *folder,
                                    const char *stem, const char *text);

/** govern_set - conf_set that tells why. */
SEIN_CHECKED enum sein_err govern_set(struct govern *govern,
                                      struct govern_file *file,
                                      const char *kind, const char *name,
                                      const char *field, const char *value);

/** govern_sound - the error of the file's first problem of its own. */
SEIN_CHECKED enum sein_err govern_sound(struct govern *govern,
                                        const char *path);

/** govern_editable - the same, when the file could not be read wholly. */
SEIN_CHECKED enum sein_err govern_editable(struct govern *govern,
                                           const struct govern_file *file);

/** govern_blame - remember why a call fails; gives err back. */
enum sein_err govern_blame(struct govern *govern, enum sein_err err,
                           struct place place, const char *detail,
                           const char *nl, const char *en);
/** govern_blame_text - the same with the error's own text; a place that is
 *  only a field. */
enum sein_err govern_blame_text(struct govern *govern, enum sein_err err,
                                const char *field, const char *detail);

/** govern_pair - "name=value" of an option, in two; SEIN_EFORMAT. */
SEIN_CHECKED enum sein_err govern_pair(struct govern *govern,
                                       const char *option, const char *text,
                                       const char **out_name,
                                       const char **out_value);

const char *govern_hex(struct govern *govern, const uint8_t *at, size_t len);

/* ---- signed versions ------------------------------------------------------
 */

/** chain_list - which versions there are, and the newest read. */
SEIN_CHECKED enum sein_err chain_list(struct govern *govern);
const char *chain_path(struct govern *govern, uint64_t version);
/** chain_newest - SEIN_OK unless there is a newest that could not be read. */
SEIN_CHECKED enum sein_err chain_newest(struct govern *govern);
/** chain_model - what a signed version says. */
SEIN_CHECKED enum sein_err chain_model(struct govern *govern, uint64_t version,
                                       struct model *out_model);
/** chain_check - verify all from the first.  Errors: as govern_verify. */
SEIN_CHECKED enum sein_err chain_check(struct govern *govern,
                                       struct sein_hash *out_first);

/* ---- keys of governors ----------------------------------------------------
 */

struct govern_secret {
    uint8_t bytes[SEIN_SIGN_SECRET_BYTES];
};

/** govern_secret_read - the caller wipes it.  Errors: as govern_key_read. */
SEIN_CHECKED enum sein_err govern_secret_read(const char *path,
                                              struct govern_key *out_key,
                                              struct govern_secret *out_secret);

#endif
