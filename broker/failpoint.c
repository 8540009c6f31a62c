#include "broker/failpoint.h"

#ifdef SEIN_TEST_BUILD
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "proto/wire/frame.h"

/* What was handed to the socket before this step gets out first: only so does
 * a receipt that left too early reach somebody.  A planted fault must show, so
 * it gets longer. */
#define LAST_WORDS_NS 20000000L
#define PLANTED_LAST_WORDS_NS 250000000L

static void
die(void)
{
    const struct timespec pause = {
        .tv_nsec = getenv("SEIN_TEST_PLANT") != NULL ? PLANTED_LAST_WORDS_NS
                                                     : LAST_WORDS_NS,
    };

    (void)nanosleep(&pause, NULL);
    (void)raise(SIGKILL);
}

void
failpoint_hit(const char *name)
{
    /* The one state outside an object in the house: a step is counted over the
     * whole process, and only a test build has it. */
    static unsigned long hits;
    const char *wanted = getenv("SEIN_TEST_FAILPOINT");
    size_t len = strlen(name);
    unsigned long at = 1;

    if (wanted == NULL || strncmp(wanted, name, len) != 0)
        return;
    if (wanted[len] == ':')
        at = strtoul(wanted + len + 1, NULL, 10);
    else if (wanted[len] != '\0')
        return;
    hits++;
    if (hits >= at)
        die();
}

void
failpoint_hit_frame(struct sein_slice frame)
{
    struct sein_frame decoded;

    if (getenv("SEIN_TEST_FAILPOINT") == NULL)
        return;
    if (sein_frame_decode(frame, &decoded) != SEIN_OK)
        return;
    if (decoded.kind == SEIN_KIND_ACK)
        failpoint_hit("ack");
    else if (decoded.kind == SEIN_KIND_WITHDRAW)
        failpoint_hit("withdraw");
    else if (decoded.kind == SEIN_KIND_DELIVER)
        failpoint_hit("deliver");
}

bool
failpoint_planted(const char *bug)
{
    const char *planted = getenv("SEIN_TEST_PLANT");

    return planted != NULL && strcmp(planted, bug) == 0;
}

void
failpoint_tap(struct sein_slice frame)
{
    const char *path = getenv("SEIN_TEST_TAP");
    uint8_t len[4];
    struct sein_writer writer = sein_writer_of(len, sizeof len);
    FILE *file = NULL;

    if (path == NULL)
        return;
    file = fopen(path, "abe");
    if (file == NULL)
        return;
    sein_write_u32(&writer, (uint32_t)frame.len);
    (void)fwrite(len, 1, sizeof len, file); /* the reader sees a short tap */
    (void)fwrite(frame.at, 1, frame.len, file);
    (void)fclose(file);
}
#endif
