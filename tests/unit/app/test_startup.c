/* SPDX-License-Identifier: BSD-3-Clause */
/* When the start warns. */
#include "app/startup.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static bool is_local_only(char *first, char *second)
{
    char *items[] = {first, second};
    struct config_words addresses = {.items = items, .count = !second ? 1 : 2};
    return startup_is_local_only(&addresses);
}

static void only_loopback_addresses_are_local(void **state)
{
    (void)state;
    assert_true(is_local_only("127.0.0.1", "-::1"));
    assert_true(is_local_only("localhost", NULL));
    assert_true(is_local_only("-127.1.2.3", NULL));
    assert_false(is_local_only("*", NULL));
    assert_false(is_local_only("127.0.0.1", "-::*"));
    assert_false(is_local_only("::1", "192.168.1.1"));
    assert_false(is_local_only("1270.example.org", NULL));
}

static void passwords_with_delimiters_break_urls(void **state)
{
    (void)state;
    assert_false(startup_breaks_url(bytes_make(NULL, 0)));
    assert_false(startup_breaks_url(bytes_of("Plain-pass_word~9.!$&'()*+,;=")));
    assert_false(startup_breaks_url(bytes_make("a\0b", 3)));
    for (const char *delimiter = "@#/%:?"; *delimiter != '\0'; delimiter++) {
        char password[] = {'a', *delimiter, 'b'};
        assert_true(startup_breaks_url(bytes_make(password, sizeof password)));
    }
}

static void the_url_holds_any_password(void **state)
{
    struct buf url = {0};
    (void)state;
    startup_print_url(bytes_make("a-Z.9~_@#/%:? \xc3\0&", 17), 7000, &url);
    assert_string_equal(buf_cstring(&url), "redis://:a-Z.9~_%40%23%2F%25%3A%3F%20%C3%00%26@127.0.0.1:7000/0");
    buf_clear(&url);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_loopback_addresses_are_local),
        cmocka_unit_test(passwords_with_delimiters_break_urls),
        cmocka_unit_test(the_url_holds_any_password),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
