/* SPDX-License-Identifier: BSD-3-Clause */
/* Generated passwords. */
#include "app/password.h"
#include "app/startup.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void a_password_needs_no_quoting_anywhere(void **state)
{
    (void)state;
    for (int i = 0; i < 2000; i++) {
        struct buf password = {0};
        password_generate(&password);
        assert_int_equal(password.len, 32);
        assert_int_equal(strspn(buf_cstring(&password),
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
                         32);
        assert_int_not_equal(buf_cstring(&password)[0], '-');
        assert_false(startup_breaks_url(buf_bytes(&password)));
        buf_clear(&password);
    }
}

static void no_two_are_the_same(void **state)
{
    struct buf first = {0}, second = {0};
    (void)state;
    password_generate(&first);
    password_generate(&second);
    assert_string_not_equal(buf_cstring(&first), buf_cstring(&second));
    buf_clear(&first);
    buf_clear(&second);
}

/* Each character of the alphabet comes up: 20,000 draws of 64 miss one about once in 10^135 runs. */
static void all_characters_come_up(void **state)
{
    struct buf password = {0};
    bool was_seen[256] = {false};
    int count = 0;
    (void)state;
    for (int i = 0; i < 625; i++)
        password_generate(&password);
    for (size_t i = 0; i < password.len; i++)
        was_seen[(uint8_t)password.data[i]] = true;
    for (int i = 0; i < 256; i++)
        count += was_seen[i];
    assert_int_equal(count, 64);
    buf_clear(&password);
}

static void all_lines_show_the_same_password(void **state)
{
    struct buf text = {0}, expected = {0};
    char password[33] = "";
    (void)state;
    password_print_new(7000, &text);
    const char *line = strstr(buf_cstring(&text), "\nrequirepass ");
    assert_non_null(line);
    memcpy(password, line + strlen("\nrequirepass "), 32);
    buf_printf(&expected,
               "# the configuration file:\nrequirepass %s\n# the application's environment:\n"
               "REDIS_PASSWORD=%s\nREDIS_URL=redis://:%s@127.0.0.1:7000/0\n",
               password, password, password);
    assert_string_equal(buf_cstring(&text), buf_cstring(&expected));
    buf_clear(&text);
    buf_clear(&expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_password_needs_no_quoting_anywhere),
        cmocka_unit_test(no_two_are_the_same),
        cmocka_unit_test(all_characters_come_up),
        cmocka_unit_test(all_lines_show_the_same_password),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
