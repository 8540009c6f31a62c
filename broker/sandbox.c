#define _GNU_SOURCE /* setgroups, prctl */
#include "broker/sandbox.h"

#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static bool
keeps_core(void)
{
#if defined(__SANITIZE_ADDRESS__)
    return true; /* the leak check looks at the process from beside it */
#elif defined(SEIN_TEST_BUILD)
    return getenv("SEIN_TEST_CORE") != NULL;
#else
    return false;
#endif
}

enum sein_err
sandbox_early(void)
{
    const struct rlimit none = { 0, 0 };
    const struct sigaction ignore = { .sa_handler = SIG_IGN };

    (void)umask(077); /* cannot fail */
    if (sigaction(SIGPIPE, &ignore, NULL) != 0 ||
        sigaction(SIGXFSZ, &ignore, NULL) != 0)
        return SEIN_EIO;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return SEIN_EIO;
    if (keeps_core())
        return SEIN_OK;
    if (setrlimit(RLIMIT_CORE, &none) != 0 ||
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return SEIN_EIO;
    return SEIN_OK;
}

enum sein_err
sandbox_descriptors(uint64_t wanted, uint64_t *out_got)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return SEIN_EIO;
    if (limit.rlim_cur < wanted) {
        limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
            return SEIN_EIO;
    }
    *out_got = limit.rlim_cur;
    return SEIN_OK;
}

enum sein_err
sandbox_become(const char *user)
{
    const struct passwd *entry = NULL;

    if (user[0] == '\0' || geteuid() != 0)
        return SEIN_OK;
    entry = getpwnam(user);
    if (entry == NULL)
        return SEIN_ENOENT;
    if (initgroups(user, entry->pw_gid) != 0 || setgid(entry->pw_gid) != 0 ||
        setuid(entry->pw_uid) != 0)
        return SEIN_EIO;
    if (entry->pw_uid != 0 && setuid(0) == 0)
        return SEIN_EIO; /* it could be undone */
    /* Another user id makes the process readable again. */
    if (!keeps_core() && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return SEIN_EIO;
    return SEIN_OK;
}
