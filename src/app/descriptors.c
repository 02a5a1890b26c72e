/* SPDX-License-Identifier: BSD-3-Clause */
/* The soft limit is ours to raise up to the hard one, and with privileges the hard one too. */
#include "descriptors.h"
#include "base/log.h"
#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* For listeners, files, the event loop, connections to other servers. */
enum { RESERVED_COUNT = 32 };

/* Raises the soft limit to `wanted`, or as far towards it as the system allows: the result. `*failure` is
 * errno then. */
static rlim_t raise_limit(struct rlimit limit, rlim_t wanted, int *failure)
{
    struct rlimit raised = {.rlim_cur = wanted,
                            .rlim_max = limit.rlim_max > wanted ? limit.rlim_max : wanted};
    if (limit.rlim_cur >= wanted)
        return limit.rlim_cur;
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
        return wanted;
    *failure = errno;
    raised = (struct rlimit){.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
    return limit.rlim_max < wanted && setrlimit(RLIMIT_NOFILE, &raised) == 0 ? limit.rlim_max
                                                                             : limit.rlim_cur;
}

static void log_reduction(const struct config *config, int64_t asked, rlim_t wanted, rlim_t reached,
                          int failure)
{
    log_warning("You requested maxclients of %lld requiring at least %llu max file descriptors.",
                (long long)asked, (unsigned long long)wanted);
    log_warning("Server can't set maximum open files to %llu because of OS error: %s.",
                (unsigned long long)wanted, strerror(failure));
    log_warning("Current maximum open files is %llu. maxclients has been reduced to %lld to compensate for "
                "low ulimit. "
                "If you need higher maxclients increase 'ulimit -n'.",
                (unsigned long long)reached, (long long)config->maxclients);
}

/* Root may raise the hard limit as well. */
bool descriptors_suffice(struct error *error)
{
    struct rlimit limit;
    if (geteuid() == 0 || getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max > RESERVED_COUNT)
        return true;
    error_set(error, "'ulimit -n' of %llu is not enough for the server to start",
              (unsigned long long)limit.rlim_max);
    return false;
}

bool descriptors_fit(struct config *config)
{
    int64_t asked = config->maxclients;
    rlim_t wanted = (rlim_t)asked + RESERVED_COUNT;
    struct rlimit limit;
    int failure = 0;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        log_warning(
            "Unable to obtain the current NOFILE limit (%s), assuming 1024 and setting the max clients "
            "configuration accordingly.",
            strerror(errno));
        config->maxclients = 1024 - RESERVED_COUNT;
        return true;
    }
    rlim_t reached = raise_limit(limit, wanted, &failure);
    if (reached <= RESERVED_COUNT) {
        log_warning("Your current 'ulimit -n' of %llu is not enough for the server to start. Please increase "
                    "your open "
                    "file limit to at least %llu. Exiting.",
                    (unsigned long long)limit.rlim_cur, (unsigned long long)wanted);
        return false;
    }
    if (reached < wanted) {
        config->maxclients = (int64_t)reached - RESERVED_COUNT;
        log_reduction(config, asked, wanted, reached, failure);
    } else if (limit.rlim_cur < wanted) {
        log_notice("Increased maximum number of open files to %llu (it was originally set to %llu).",
                   (unsigned long long)wanted, (unsigned long long)limit.rlim_cur);
    }
    return true;
}

bool descriptors_changed(void *context, struct error *error)
{
    const struct config *config = context;
    rlim_t wanted = (rlim_t)config->maxclients + RESERVED_COUNT, reached = 0;
    struct rlimit limit;
    int failure = 0;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        reached = raise_limit(limit, wanted, &failure);
    if (reached >= wanted)
        return true;
    error_set(error,
              "The operating system is not able to handle the specified number of clients, try with %lld",
              (long long)reached - RESERVED_COUNT);
    return false;
}
