/* SPDX-License-Identifier: BSD-3-Clause */
/* A password may lie anywhere: in the configuration, in what a client sent, on a stack. So it isn't single
 * pages that are left out. */
#include "core_dump.h"
#include "base/log.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

static const char path[] = "/proc/self/coredump_filter";
static char filter_at_start[16]; /* empty until it was changed */

static bool write_filter(const char *filter)
{
    FILE *file = fopen(path, "we");
    bool is_written = file && fprintf(file, "0x%s\n", filter) > 0;
    /* The kernel sees it when the stream is closed. */
    if (file && fclose(file) != 0)
        is_written = false;
    return is_written;
}

static bool read_filter(void)
{
    FILE *file = fopen(path, "re");
    bool is_read = file && fgets(filter_at_start, sizeof filter_at_start, file);
    filter_at_start[strcspn(filter_at_start, "\n")] = '\0';
    if (file)
        (void)fclose(file);
    return is_read;
}

static void forbid(void)
{
    struct rlimit limit;
    log_warning("Unable to keep data out of core dumps (%s): there will be none.", strerror(errno));
    if (getrlimit(RLIMIT_CORE, &limit) == 0) {
        limit.rlim_cur = 0;
        (void)setrlimit(RLIMIT_CORE, &limit);
    }
}

bool core_dump_apply(void *context, struct error *error)
{
    const struct config *config = context;
    (void)error;
    if (config->crash_core_data) {
        if (*filter_at_start)
            (void)write_filter(filter_at_start);
    } else if ((!*filter_at_start && !read_filter()) || !write_filter("0")) {
        forbid();
    }
    return true;
}
