/* SPDX-License-Identifier: BSD-3-Clause */
/* A door that can't be opened for want of memory. */
#include "base/alloc.h"
#include "http/entrance.h"
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

enum { ALLOCATIONS_MAX = 40 };

static int allocations_left = -1; /* until one is refused; below zero: none is any more */
static int vain_closes;           /* of what wasn't open */

__typeof__(mem_try_alloc) __real_mem_try_alloc, __wrap_mem_try_alloc;
void *__wrap_mem_try_alloc(size_t size)
{
    bool is_refused = allocations_left == 0;
    allocations_left -= allocations_left >= 0;
    return is_refused ? NULL : __real_mem_try_alloc(size);
}

__typeof__(close) __real_close, __wrap_close;
int __wrap_close(int fd)
{
    int result = __real_close(fd);
    vain_closes += result != 0;
    return result;
}

static int open_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    int count = 0;
    assert_non_null(directory);
    while (readdir(directory))
        count++;
    (void)closedir(directory);
    return count;
}

static struct bufferevent *came(struct event_base *base, void *context)
{
    (void)base;
    (void)context;
    return NULL;
}

static void asked(struct evhttp_request *request, void *context)
{
    (void)request;
    (void)context;
}

static void refused_memory_leaves_no_door_and_closes_once(void **state)
{
    static const struct entrance_calls calls = {came, asked, NULL};
    char path[64];
    struct loop *loop = loop_new();
    struct entrance entrance;
    int opened = 0;
    (void)state;
    (void)snprintf(path, sizeof path, "/tmp/test_entrance.%ld", (long)getpid());
    assert_true(entrance_init(&entrance, loop, &calls));
    int descriptors = open_descriptors();
    struct error error;
    /* What the library keeps for each number of a descriptor is there from now on. */
    assert_true(entrance_open_unix(&entrance, path, 0600, &error));
    entrance_close(&entrance);
    for (int count = 0; count < ALLOCATIONS_MAX; count++) {
        allocations_left = count;
        bool is_open = entrance_open_unix(&entrance, path, 0600, &error);
        allocations_left = -1;
        opened += is_open;
        entrance_close(&entrance);
        assert_int_equal(open_descriptors(), descriptors);
        assert_int_equal(vain_closes, 0);
    }
    assert_in_range(opened, 1, ALLOCATIONS_MAX - 1);
    entrance_clear(&entrance);
    loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refused_memory_leaves_no_door_and_closes_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
