/* SPDX-License-Identifier: BSD-3-Clause */
/* The allocator's border: what it hands out and what it counts. */
#include "base/alloc.h"
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void every_byte_is_counted_and_given_back(void **state)
{
    size_t before = mem_used();
    char *a = mem_alloc(1000), *b = mem_zalloc(500), *c = mem_strdup("session");
    (void)state;
    assert_true(mem_size(a) >= 1000);
    assert_int_equal(mem_used() - before, mem_size(a) + mem_size(b) + mem_size(c));
    for (size_t i = 0; i < 500; i++)
        assert_int_equal(b[i], 0);
    assert_string_equal(c, "session");

    memset(a, 'x', 1000);
    a = mem_realloc(a, 100000);
    assert_int_equal(a[999], 'x');
    assert_int_equal(mem_used() - before, mem_size(a) + mem_size(b) + mem_size(c));
    mem_free(a);
    mem_free(b);
    mem_free(c);
    mem_free(NULL);
    assert_int_equal(mem_used(), before);
}

static void a_size_that_cannot_be_had_is_refused(void **state)
{
    size_t before = mem_used();
    char *kept = mem_alloc(10);
    volatile size_t too_much =
        SIZE_MAX - 100; /* volatile: compilers refuse to build what they can see through */

    (void)state;
    memcpy(kept, "123456789", 10);
    assert_null(mem_try_alloc(too_much));
    assert_null(mem_try_realloc(kept, too_much));
    assert_string_equal(kept, "123456789");
    mem_free(kept);
    assert_int_equal(mem_used(), before);
}

static void growing_from_nothing_and_shrinking_to_nothing_work(void **state)
{
    size_t before = mem_used();
    char *pointer = mem_realloc(NULL, 8);
    (void)state;
    memcpy(pointer, "1234567", 8);
    pointer = mem_realloc(pointer, 0);
    assert_non_null(pointer);
    mem_free(pointer);
    assert_int_equal(mem_used(), before);
}

static void memory_from_elsewhere_is_added(void **state)
{
    size_t before = mem_used();
    (void)state;
    mem_account(65536);
    assert_int_equal(mem_used(), before + 65536);
    mem_account(-65536);
    assert_int_equal(mem_used(), before);
}

static void *free_on_this_thread(void *pointer)
{
    mem_free(pointer);
    return mem_alloc(3000);
}

static void threads_are_counted_together(void **state)
{
    size_t before = mem_used();
    pthread_t thread;
    void *pointer;
    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, free_on_this_thread, mem_alloc(5000)), 0);
    assert_int_equal(pthread_join(thread, &pointer), 0);
    assert_int_equal(mem_used(), before + mem_size(pointer));
    mem_free(pointer);
    assert_int_equal(mem_used(), before);
}

static void sizes_are_added_and_multiplied_with_care(void **state)
{
    size_t result;
    (void)state;
    assert_true(size_add(1, 2, &result));
    assert_int_equal(result, 3);
    assert_false(size_add(SIZE_MAX, 1, &result));
    assert_true(size_mul(3, 5, &result));
    assert_int_equal(result, 15);
    assert_false(size_mul(SIZE_MAX / 2, 3, &result));
}

static void the_allocator_tells_about_itself(void **state)
{
    void *block = mem_alloc(1 << 20);
    struct mem_allocator_stats stats = mem_allocator_stats();
    (void)state;
    if (strncmp(mem_allocator_name(), "jemalloc-", 9) == 0) {
        assert_true(stats.allocated >= 1 << 20);
        assert_true(stats.active >= stats.allocated);
        assert_true(stats.resident >= stats.active);
    } else {
        assert_string_equal(mem_allocator_name(), "libc");
        assert_int_equal(stats.allocated, 0);
    }
    mem_free(block);
    mem_purge();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_is_counted_and_given_back),
        cmocka_unit_test(a_size_that_cannot_be_had_is_refused),
        cmocka_unit_test(growing_from_nothing_and_shrinking_to_nothing_work),
        cmocka_unit_test(memory_from_elsewhere_is_added),
        cmocka_unit_test(threads_are_counted_together),
        cmocka_unit_test(sizes_are_added_and_multiplied_with_care),
        cmocka_unit_test(the_allocator_tells_about_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
