/* SPDX-License-Identifier: BSD-3-Clause */
/* Control groups of the second kind: each directory up to the mount may have a limit of its own. Those of the
 * first kind show the process its own group at a fixed place inside a container, which is where it
 * matters. */
#include "base/machine.h"
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The number in a file; SIZE_MAX when there is none ("max" stands for no limit). */
static size_t read_number(const char *path)
{
    char text[32];
    size_t number = SIZE_MAX;
    FILE *file = fopen(path, "re");
    if (!file)
        return SIZE_MAX;
    if (fgets(text, sizeof text, file) && text[0] >= '0' && text[0] <= '9')
        number = strtoull(text, NULL, 10);
    (void)fclose(file);
    return number;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The path of the group, "/" and so on; false when the process is in none of the second kind. */
static bool read_group(const char *list, char *group, size_t size)
{
    bool is_found = false;
    FILE *file = fopen(list, "re");
    if (!file)
        return false;
    while (!is_found && fgets(group, (int)size, file))
        is_found = strncmp(group, "0::/", 4) == 0;
    (void)fclose(file);
    if (is_found) {
        group[strcspn(group, "\n")] = 0;
        memmove(group, group + 3, strlen(group + 3) + 1);
    }
    return is_found;
}

size_t machine_group_limit(const char *list, const char *mount)
{
    char group[512], path[1024];
    size_t limit = SIZE_MAX;
    if (read_group(list, group, sizeof group)) {
        for (char *end = group + strlen(group); end; end = strrchr(group, '/')) {
            *end = 0;
            (void)snprintf(path, sizeof path, "%s%s/memory.max", mount, group);
            limit = smaller(limit, read_number(path));
        }
    }
    (void)snprintf(path, sizeof path, "%s/memory/memory.limit_in_bytes", mount);
    return smaller(limit, read_number(path));
}

size_t machine_memory(void)
{
    size_t bytes = (size_t)sysconf(_SC_PHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE);
    return smaller(bytes, machine_group_limit("/proc/self/cgroup", "/sys/fs/cgroup"));
}
