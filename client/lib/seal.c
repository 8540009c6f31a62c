#include "client/lib/seal.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "proto/trust/identity.h"

/* Fewer are not worth a thread. */
#define WORTH_A_THREAD 8U
/* What a body adds to its content, and an item to its letter. */
#define BODY_REST (2U * SEIN_LETTER_HEADER_MAX + 128U)
#define ITEM_REST (SEIN_DESK_MAX + 16U)

static void
seal_one(struct seal_job *job)
{
    size_t bucket = sein_letter_bucket(job->draft.content.len + BODY_REST);
    size_t letter_max = 2U + SEIN_LETTER_HEADER_MAX + SEIN_HPKE_ENC_BYTES +
                        SEIN_HPKE_TAG_BYTES +
                        (bucket == 0 ? SEIN_LETTER_BUCKET_MAX : bucket);
    size_t letter_len = 0;
    uint8_t *letter = malloc(letter_max);
    uint8_t *item = malloc(letter_max + ITEM_REST);
    struct sein_writer out = sein_writer_of(item, letter_max + ITEM_REST);
    struct sein_put_item form = { .from = job->draft.from };
    struct sein_slice view = { 0 };
    enum sein_err err = SEIN_ENOMEM;

    if (letter == NULL || item == NULL)
        goto done;
    err = sein_letter_seal(&job->draft, job->prekey, job->secret,
                           job->paired ? &job->psk : NULL, letter, letter_max,
                           &letter_len);
    if (err != SEIN_OK)
        goto done;
    form.letter = sein_slice_of(letter, letter_len);
    err = sein_schema_encode(&sein_put_item_schema, &form, &out);
    if (err == SEIN_OK)
        err = sein_writer_done(&out, &view);
    if (err != SEIN_OK)
        goto done;
    sein_hash_of(view, &job->item_hash);
    job->item_len = view.len;
    job->item = item;
    item = NULL;

done:
    job->err = err;
    free(letter);
    free(item);
}

struct share {
    struct seal_job *jobs;
    size_t count;
};

static void *
seal_share(void *context)
{
    struct share *share = context;

    for (size_t i = 0; i < share->count; i++)
        seal_one(&share->jobs[i]);
    return NULL;
}

void
seal_all(struct seal_job *jobs, size_t count)
{
    size_t half = count / 2;
    struct share rest = { .jobs = jobs + half, .count = count - half };
    struct share mine = { .jobs = jobs, .count = half };
    pthread_t thread;
    bool threaded = count >= WORTH_A_THREAD &&
                    pthread_create(&thread, NULL, seal_share, &rest) == 0;

    (void)seal_share(&mine);
    if (threaded)
        (void)pthread_join(thread, NULL);
    else
        (void)seal_share(&rest);
}

void
seal_free(struct seal_job *jobs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        sodium_memzero(&jobs[i].psk, sizeof jobs[i].psk);
        free(jobs[i].item);
        jobs[i].item = NULL;
    }
}
