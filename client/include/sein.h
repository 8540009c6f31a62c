/*
 * libsein: a member's side of Seinhuis.
 *
 * Caveats first.
 *  - A home is used by one process at a time (it is locked) and by one thread
 *    at a time; two homes may be used by two threads.
 *  - Nothing here prints, exits or installs signal handlers.
 *  - Every call that can fail returns 0 or an error number; sein_error_code,
 *    sein_error_text explain it, sein_problem adds field and detail.
 *  - Records (a signal, an inbox, a verdict) go in as pairs of column name and
 *    text, the columns of `sein import`, and come out as JSON documents, the
 *    same that `sein --json` prints.  The library owns what it hands to a
 *    visitor; it is valid until the visitor returns.
 *  - What is sent is durable in the home before a call returns; what is
 * received is durable in the home before the broker is told. Ownership words:
 * borrows (not kept after return), gives (the caller frees it with the function
 * named).
 */
#ifndef SEIN_H
#define SEIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SEIN_API __attribute__((visibility("default")))

struct sein_home;

/** One column of a record; both texts are UTF-8 and borrowed. */
struct sein_pair {
    const char *name;
    const char *value;
};

/** Called per record with one JSON document (NUL-terminated, no newline).
 *  A result other than 0 ends the walk and is returned by the call. */
typedef int sein_visit(void *context, const char *json);

/** Called now and then: done of total (0: not known).  Other than 0: stop, the
 *  call returns the number of "cancelled"; nothing is lost. */
typedef int sein_progress(void *context, uint64_t done, uint64_t total);

/* ---- errors -------------------------------------------------------------- */

SEIN_API const char *sein_version(void);
/** sein_error_code - the stable word, as "broker_unreachable". */
SEIN_API const char *sein_error_code(int error);
/** sein_error_text - what is wrong; what to do.  lang "nl" or "en". */
SEIN_API const char *sein_error_text(int error, const char *lang);

/** What the last failing call of a home had to add; empty texts otherwise. */
struct sein_problem {
    int error;
    char field[40];   /* the column or option */
    char detail[256]; /* what was found, without household data */
};
SEIN_API void sein_home_problem(const struct sein_home *home,
                                struct sein_problem *out_problem);

/* ---- a home ---------------------------------------------------------------
 */

/** How a home is unlocked: the first that is set. */
struct sein_unlock {
    const char *key_file;   /* 32 random bytes or more, mode 0600 */
    const char *passphrase; /* the caller wipes it */
    const char *session;    /* folder with keys of sein_unlock_session */
};

/**
 * sein_home_create - make keys and an empty home for one member's desks.
 *
 * path     a folder that is made (0700); must not hold a home
 * oin      of the member; name as people know it
 * desks    names without OIN, desk_count [0..64]; 0 desks: all desks of the
 *          member, as the directory lists them
 * unlock   key_file (made when absent) or passphrase
 * out_home gives; sein_home_close
 */
SEIN_API int sein_home_create(const char *path, const char *oin,
                              const char *name, const char *const *desks,
                              size_t desk_count,
                              const struct sein_unlock *unlock,
                              struct sein_home **out_home);

/**
 * sein_home_open - open and lock a home.
 *
 * actor    the person or program that acts, for the access log
 * Errors:  home_missing, home_in_use, home_sealed, passphrase_wrong,
 *          home_damaged, version_unknown.
 */
SEIN_API int sein_home_open(const char *path, const struct sein_unlock *unlock,
                            const char *actor, struct sein_home **out_home);
SEIN_API void sein_home_close(struct sein_home **home);

/** sein_home_holder - who uses a home that is in use: "pid 12 (sein watch)". */
SEIN_API int sein_home_holder(const char *path, char *out_text, size_t out_max);

/** sein_unlock_session - keep the home's key in a folder that lives as long as
 *  the login (0700, in memory); _lock_session forgets it. */
SEIN_API int sein_unlock_session(const char *path,
                                 const struct sein_unlock *unlock,
                                 const char *session);
SEIN_API int sein_lock_session(const char *path, const char *session);

/**
 * sein_home_join - pin the invitation's trust root, give the request line.
 *
 * fingerprint      of the governance as it was told by telephone, eight groups
 *                  of four hex digits; NULL: not compared
 * out_line         at least 4096 bytes
 * out_fingerprint  at least 40 bytes: of this home's key, to compare
 */
SEIN_API int sein_home_join(struct sein_home *home, const char *invitation,
                            const char *fingerprint, char *out_line,
                            size_t out_max, char *out_fingerprint,
                            size_t fingerprint_max);

/** sein_home_rotate - a new key for this home beside the old one; gives the
 *  request line for the governance.  The old key is used until the directory
 *  lists the new one. */
SEIN_API int sein_home_rotate(struct sein_home *home, char *out_line,
                              size_t out_max, char *out_fingerprint,
                              size_t fingerprint_max);

/** sein_status - one document: member, desks, broker, directory, queues. */
SEIN_API int sein_status(struct sein_home *home, sein_visit *visit,
                         void *context);

/** sein_doctor - one document per check {check, ok, found, fix_en, fix_nl}.
 *  home may be NULL when it could not be opened: path is checked then. */
SEIN_API int sein_doctor(struct sein_home *home, const char *path,
                         sein_visit *visit, void *context);

/* ---- the broker ------------------------------------------------------------
 */

/**
 * sein_sync - connect, bring the directory and prekeys up to date, send what
 * waits, receive what waits, and stop when both are done.
 *
 * timeout_ms  for the whole
 * visit       may be NULL; one document per thing that happened
 * Errors:  broker_unreachable, not_admitted, not_joined, directory_expired
 *          (receiving was done), desk_read_elsewhere, timeout.
 */
SEIN_API int sein_sync(struct sein_home *home, int timeout_ms,
                       sein_visit *visit, void *context);

/** sein_take_over - read these desks from this home from now on. */
SEIN_API int sein_take_over(struct sein_home *home, int timeout_ms,
                            sein_visit *visit, void *context);

/**
 * For somebody else's loop: connect once, poll the descriptor for reading, and
 * call sein_process whenever it is readable or next_ms have passed.
 *
 * sein_process gives broker_unreachable while there is no connection, and
 * dials again when it is called after next_ms; there is no descriptor then,
 * and the next connection has another one.  An event `connected` tells that it
 * is back.  Any other error will not mend by waiting.
 */
SEIN_API int sein_connect(struct sein_home *home);
SEIN_API int sein_fd(struct sein_home *home, int *out_fd);
SEIN_API int sein_process(struct sein_home *home, sein_visit *visit,
                          void *context, int *out_next_ms);
SEIN_API void sein_disconnect(struct sein_home *home);

/* ---- sending ----------------------------------------------------------------
 */

/**
 * sein_signal - one signal; the pairs are the columns of sein_import.
 *
 * Durable in the outbox when the verdict is accepted; sein_sync sends it.
 * visit gets the verdict {source_id, line, verdict, ...} of sein_import.
 */
SEIN_API int sein_signal(struct sein_home *home, const struct sein_pair *pairs,
                         size_t count, sein_visit *visit, void *context);

/**
 * sein_import - a CSV file, a verdict per row.
 *
 * member   NULL, and then a column `member` is unknown like any other; or a
 *          name: only rows with that name in the column `member` are this
 *          home's, the others are passed over without a verdict
 * verdict  {source_id, line, verdict: accepted | duplicate | superseded |
 *          rejected, letter_id, receipt, and for rejected code, field,
 *          reason: {nl, en}, mend: {nl, en}}
 * Errors:  those of the whole file (not_utf8, column_unknown, ...); a rejected
 *          row is not an error of the call.  out_rejected counts them.
 */
SEIN_API int sein_import(struct sein_home *home, const char *path,
                         const char *member, sein_visit *visit,
                         sein_progress *progress, void *context,
                         uint64_t *out_rejected);

/** Which one: a letter id (32 hex digits), or circle and source_id. */
struct sein_which {
    const char *letter_id; /* NULL: by source_id */
    const char *circle;
    const char *source_id;
};

SEIN_API int sein_withdraw(struct sein_home *home,
                           const struct sein_which *which, const char *reason,
                           sein_visit *visit, void *context);
SEIN_API int sein_close(struct sein_home *home, const struct sein_which *which,
                        const char *reason, sein_visit *visit, void *context);
SEIN_API int sein_feedback(struct sein_home *home, const char *letter_id,
                           const char *outcome, sein_visit *visit,
                           void *context);
SEIN_API int sein_reply(struct sein_home *home, const char *letter_id,
                        const char *text, sein_visit *visit, void *context);
/** sein_refer - pass a received household on to another desk. */
SEIN_API int sein_refer(struct sein_home *home, const char *letter_id,
                        const char *to, const char *note, sein_visit *visit,
                        void *context);
/** sein_consult - ask another desk, or invite it when day is set (headings
 *  then says what the table is about). */
SEIN_API int sein_consult(struct sein_home *home, const char *circle,
                          const char *to, const char *text, const char *day,
                          const char *headings, sein_visit *visit,
                          void *context);

/* ---- who else is involved ---------------------------------------------------
 */

/**
 * sein_accept, sein_decline - answer the notices around a household: which
 * names a signal of it, match_id one of its matches, or NULL for all.
 *
 * Accepting lets the other side know who we are once it accepts too.
 * Declining sends nothing: it looks like silence, and can be taken back by
 * accepting.
 * visit    a document {event, match_id, circle, letter_id, label, state} each
 * Errors:  absent; no_match nothing to answer; accepted_already.
 */
SEIN_API int sein_accept(struct sein_home *home, const struct sein_which *which,
                         const char *match_id, sein_visit *visit,
                         void *context);
SEIN_API int sein_decline(struct sein_home *home,
                          const struct sein_which *which, const char *match_id,
                          sein_visit *visit, void *context);

/** sein_unlink - this is not the same household: ends what was revealed, on
 *  both sides, and remembers it.  desk OIN/name, or NULL for all of them. */
SEIN_API int sein_unlink(struct sein_home *home, const struct sein_which *which,
                         const char *desk, sein_visit *visit, void *context);

/** sein_renew - a new time for the presences of a signal. */
SEIN_API int sein_renew(struct sein_home *home, const struct sein_which *which,
                        sein_visit *visit, void *context);

/**
 * sein_regie - who coordinates around a household: which names a signal of it.
 *
 * action   "status" looks; "propose" asks desk to take it, or tells all that
 *          are introduced that we would; "accept" says that we hold it, which
 *          makes us visible to the whole group, or goes on when we do;
 *          "release" lets go, to desk or to anyone
 * desk     OIN/name that is introduced to us, NULL for all; only with propose
 *          and release
 * visit    a document {event, action, circle, letter_id, link, state: held |
 *          vacant | released | ended | silent, desk, seq, since, own} for each
 *          group of the household
 * Errors:  absent; not_introduced; regie_held another desk holds it, or, with
 *          release, we do not; usage.
 */
SEIN_API int sein_regie(struct sein_home *home, const struct sein_which *which,
                        const char *action, const char *desk, sein_visit *visit,
                        void *context);

/* ---- looking
 * ------------------------------------------------------------------ */

/** sein_sent - what was sent and its state, newest first.  which may be NULL or
 *  name one. */
SEIN_API int sein_sent(struct sein_home *home, const struct sein_which *which,
                       sein_visit *visit, void *context);

/** sein_inbox - ONE document {desks, notices, households: [{address, persons,
 * multiple, clock, signals: [...]}], other: [...], quarantine: [...]}. */
SEIN_API int sein_inbox(struct sein_home *home, sein_visit *visit,
                        void *context);

/** sein_take - claim a signal for a colleague; empty person releases it. */
SEIN_API int sein_take(struct sein_home *home, const char *letter_id,
                       const char *person, sein_visit *visit, void *context);

/** sein_show - ONE document: a letter with its whole thread; tells the sender
 *  that it was read (once). */
SEIN_API int sein_show(struct sein_home *home, const char *letter_id,
                       sein_visit *visit, void *context);

/** sein_journal - the member's own two logs, oldest first; when pairs name a
 *  household or person (columns as in sein_import), only what concerns it. */
SEIN_API int sein_journal(struct sein_home *home, const struct sein_pair *pairs,
                          size_t count, sein_visit *visit, void *context);

/** sein_desks - who is in the directory: ONE document per desk the home could
 *  write to, with mandate, hours, stand-in and when it was last read. */
SEIN_API int sein_desks(struct sein_home *home, const char *circle,
                        sein_visit *visit, void *context);

/* ---- circle packs ---------------------------------------------------------
 */

/**
 * sein_pack_make - as a steward: a circle's pack for one epoch, as a file.
 *
 * institutions  NULL, or a CSV file of addresses that make no presence
 * out_path  made with mode 0600; must not be there yet.  It holds a secret
 * visit     one document {circle, epoch, steward, pepper_check, institutions,
 *           file}: the governance puts pepper_check in the directory
 */
SEIN_API int sein_pack_make(struct sein_home *home, const char *circle,
                            uint64_t epoch, const char *institutions,
                            const char *out_path, sein_visit *visit,
                            void *context);

/**
 * sein_pack_take - keep a pack that was handed over, when it is the one that
 * the signed directory checks.
 *
 * visit    one document {circle, epoch, steward, made_at, institutions}
 * Errors:  pepper_differs, normaliser_differs, role_missing, signature_wrong,
 *          epoch_not_open, absent.
 */
SEIN_API int sein_pack_take(struct sein_home *home, const char *path,
                            sein_visit *visit, void *context);

/* ---- keyholders -----------------------------------------------------------
 */

/** One step of a key ceremony; texts are borrowed. */
struct sein_ceremony_wish {
    const char *circle;
    uint64_t epoch;
    int open;               /* begin it: one of the holders does */
    int abandon;            /* forget what this home has of it */
    const char *purpose;    /* with open; may be NULL */
    const char *share_path; /* where the share goes at the end (0600); NULL: not
                             * yet.  It is a secret, for sein-keyholder */
};

/**
 * sein_ceremony - go on with a ceremony as far as the letters that came allow;
 * call it after each sein_sync, and sein_sync after it.
 *
 * visit    one document {circle, epoch, round, holders: [{index, desk, state:
 *          waits | dealt | sealed, culprit}], broken, done, record, share};
 *          record is the line for the governance
 * Errors:  epoch_not_open, role_missing, absent (nobody opened it), exists,
 *          key_unknown, epoch_record_wrong.
 */
SEIN_API int sein_ceremony(struct sein_home *home,
                           const struct sein_ceremony_wish *wish,
                           sein_visit *visit, void *context);

/* ---- without a home
 * ------------------------------------------------------------- */

/** sein_handle - the canonical form of an address, BSN or name: ONE document
 *  {kind, canonical, version, warnings}.  out_field (40 bytes) names the column
 *  that is wrong.  Nothing leaves the machine. */
SEIN_API int sein_handle(const struct sein_pair *pairs, size_t count,
                         sein_visit *visit, void *context, char *out_field,
                         size_t field_max);

#ifdef __cplusplus
}
#endif

#endif
