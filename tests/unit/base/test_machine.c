/* SPDX-License-Identifier: BSD-3-Clause */
/* The limits of control groups, from directories made like those of the system. */
#include "base/machine.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char root[] = "/tmp/test_machine.XXXXXX";

static const char *path_of(const char *name)
{
    static char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", root, name);
    return path;
}

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(path_of(name), "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static size_t limit(void)
{
    char list[256];
    (void)snprintf(list, sizeof list, "%s/cgroup", root);
    return machine_group_limit(list, root);
}

static int set_up(void **state)
{
    (void)state;
    return !mkdtemp(root) || mkdir(path_of("system"), 0700) || mkdir(path_of("system/sessions"), 0700) ||
           mkdir(path_of("memory"), 0700);
}

static int tear_down(void **state)
{
    static const char *const names[] = {"cgroup",
                                        "memory.max",
                                        "system/memory.max",
                                        "memory/memory.limit_in_bytes",
                                        "system/sessions",
                                        "system",
                                        "memory",
                                        ""};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        (void)remove(path_of(names[i]));
    return 0;
}

static void least_limit_on_the_way_up_counts(void **state)
{
    (void)state;
    assert_true(limit() == SIZE_MAX);
    write_file("cgroup", "12:memory:/elsewhere\n0::/system/sessions\n");
    assert_true(limit() == SIZE_MAX);
    write_file("system/memory.max", "max\n");
    assert_true(limit() == SIZE_MAX);
    write_file("system/memory.max", "3000000\n");
    assert_int_equal(limit(), 3000000);
    write_file("memory.max", "2000000\n");
    assert_int_equal(limit(), 2000000);
    write_file("cgroup", "0::/\n");
    assert_int_equal(limit(), 2000000);
    write_file("memory/memory.limit_in_bytes", "1000000\n");
    assert_int_equal(limit(), 1000000);
}

static void memory_is_no_more_than_the_machine_has(void **state)
{
    (void)state;
    size_t bytes = machine_memory();
    assert_true(bytes > 0 && bytes <= (size_t)sysconf(_SC_PHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(least_limit_on_the_way_up_counts),
        cmocka_unit_test(memory_is_no_more_than_the_machine_has),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
