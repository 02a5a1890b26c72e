/* SPDX-License-Identifier: BSD-3-Clause */
/* Shared bytes: references, sizes, and letting go on another thread. */
#include "base/alloc.h"
#include "base/blob.h"
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void the_last_reference_frees(void **state)
{
    size_t before = mem_used();
    struct blob *blob = blob_of(BYTES("hello"));
    (void)state;
    assert_true(bytes_is(blob_bytes(blob), "hello"));
    assert_false(blob_is_shared(blob));
    assert_ptr_equal(blob_ref(blob), blob);
    assert_true(blob_is_shared(blob));
    blob_unref(blob);
    assert_false(blob_is_shared(blob));
    assert_true(bytes_is(blob_bytes(blob), "hello"));
    blob_unref(blob);
    blob_unref(NULL);
    assert_int_equal(mem_used(), before);
}

static void capacity_changes_while_nobody_shares(void **state)
{
    struct blob *blob = blob_try_new(3, 10);
    (void)state;
    assert_int_equal(blob->len, 3);
    assert_int_equal(blob->capacity, 10);
    memcpy(blob->data, "abc", 3);
    blob = blob_try_resize(blob, 100000);
    assert_int_equal(blob->capacity, 100000);
    assert_true(bytes_is(blob_bytes(blob), "abc"));
    blob->data[99999] = 'z';
    assert_null(blob_try_resize(blob, SIZE_MAX - 4));
    assert_true(bytes_is(blob_bytes(blob), "abc"));
    blob = blob_try_resize(blob, 3);
    assert_true(bytes_is(blob_bytes(blob), "abc"));
    blob_unref(blob);
}

static void impossible_sizes_are_refused(void **state)
{
    struct blob *empty = blob_of((struct bytes){0});
    (void)state;
    assert_null(blob_try_new(0, SIZE_MAX - 4));
    assert_null(blob_try_new(0, SIZE_MAX / 2));
    assert_int_equal(empty->len, 0);
    blob_unref(empty);
}

static void *take_and_drop(void *pointer)
{
    for (int i = 0; i < 100000; i++)
        blob_unref(blob_ref(pointer));
    blob_unref(pointer);
    return NULL;
}

static void two_threads_may_hold_one(void **state)
{
    size_t before = mem_used();
    struct blob *blob = blob_new(100);
    pthread_t thread;
    (void)state;
    blob_ref(blob);
    assert_int_equal(pthread_create(&thread, NULL, take_and_drop, blob), 0);
    take_and_drop(blob);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(mem_used(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_reference_frees),
        cmocka_unit_test(capacity_changes_while_nobody_shares),
        cmocka_unit_test(impossible_sizes_are_refused),
        cmocka_unit_test(two_threads_may_hold_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
