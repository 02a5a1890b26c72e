/* SPDX-License-Identifier: BSD-3-Clause */
/* What OpenSSL takes is counted, and given back. */
#include "base/alloc.h"
#include "base/crypto_memory.h"
#include <openssl/crypto.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void its_memory_is_counted(void **state)
{
    (void)state;
    size_t before = mem_used();
    void *taken = OPENSSL_malloc(10000);
    assert_non_null(taken);
    assert_true(mem_used() >= before + 10000);
    taken = OPENSSL_realloc(taken, 100000);
    assert_non_null(taken);
    assert_true(mem_used() >= before + 100000);
    OPENSSL_free(taken);
    assert_int_equal(mem_used(), before);
}

static void sizes_of_nothing_are_nothing(void **state)
{
    (void)state;
    size_t before = mem_used();
    assert_null(OPENSSL_malloc(0));
    assert_null(OPENSSL_realloc(OPENSSL_realloc(NULL, 100), 0));
    OPENSSL_free(NULL);
    assert_int_equal(mem_used(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_memory_is_counted),
        cmocka_unit_test(sizes_of_nothing_are_nothing),
    };
    return crypto_memory_count() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
