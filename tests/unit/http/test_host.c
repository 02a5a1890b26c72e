/* SPDX-License-Identifier: BSD-3-Clause */
/* By which names the server may be called. */
#include "http/host.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void addresses_are_allowed(void **state)
{
    (void)state;
    assert_true(host_is_allowed(BYTES("127.0.0.1"), ""));
    assert_true(host_is_allowed(BYTES("127.0.0.1:8379"), ""));
    assert_true(host_is_allowed(BYTES("10.1.2.3:80"), ""));
    assert_true(host_is_allowed(BYTES("[::1]"), ""));
    assert_true(host_is_allowed(BYTES("[::1]:8379"), ""));
    assert_true(host_is_allowed(BYTES("[fe80::1]:8379"), ""));
}

static void localhost_is_allowed(void **state)
{
    (void)state;
    assert_true(host_is_allowed(BYTES("localhost"), ""));
    assert_true(host_is_allowed(BYTES("LocalHost:8379"), ""));
    assert_true(host_is_allowed(BYTES("localhost."), ""));
}

static void other_names_must_be_listed(void **state)
{
    (void)state;
    assert_false(host_is_allowed(BYTES("evil.example"), ""));
    assert_false(host_is_allowed(BYTES("evil.example:8379"), "sessions.example"));
    assert_true(host_is_allowed(BYTES("sessions.example"), "sessions.example"));
    assert_true(host_is_allowed(BYTES("SESSIONS.example:8379"), "other.example sessions.EXAMPLE"));
    assert_false(host_is_allowed(BYTES("sessions.example.evil.example"), "sessions.example"));
    assert_false(host_is_allowed(BYTES("localhost.evil.example"), ""));
}

static void what_is_no_host_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",
        ":",
        ":80",
        "127.0.0.1.evil.example",
        "127.0.0.1:x",
        "127.0.0.1:123456",
        "[::1",
        "[::1]x",
        "[::1]:x",
        "[127.0.0.1]",
        "[localhost]",
        "[]",
        "::1",
        "127.0.0.256",
        "0x7f.1",
        "127.1",
        "127.0.0.1 evil",
        "localhost evil",
        "localhost,evil.example",
    };
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        if (host_is_allowed(bytes_of(wrong[i]), ""))
            fail_msg("\"%s\" is allowed", wrong[i]);
    }
    assert_false(host_is_allowed(BYTES("127.0.0.1\0.evil.example"), ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_allowed),
        cmocka_unit_test(localhost_is_allowed),
        cmocka_unit_test(other_names_must_be_listed),
        cmocka_unit_test(what_is_no_host_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
