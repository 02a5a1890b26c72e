/* SPDX-License-Identifier: BSD-3-Clause */
/* Error texts. */
#include "base/error.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void texts_are_set_prefixed_and_cut(void **state)
{
    struct error error;
    (void)state;
    error_set(&error, "line %d", 3);
    assert_string_equal(error.text, "line 3");
    error_prefix(&error, "file %s", "x.conf");
    assert_string_equal(error.text, "file x.conf: line 3");
    error_set(&error, "again: %s", error.text);
    assert_string_equal(error.text, "again: file x.conf: line 3");
    error_set(&error, "%0600d", 1);
    assert_int_equal(strlen(error.text), sizeof error.text - 1);
}

static void nobody_needs_to_listen(void **state)
{
    (void)state;
    error_set(NULL, "x");
    error_prefix(NULL, "x");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_set_prefixed_and_cut),
        cmocka_unit_test(nobody_needs_to_listen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
