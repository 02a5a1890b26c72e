/* SPDX-License-Identifier: BSD-3-Clause */
/* LASTSAVE, LOLWUT, ROLE, MODULE, and what only a cluster knows. */
#include "base/clock.h"
#include "support/harness.h"
#include "support/reply_text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void last_save_is_the_start(void **state)
{
    harness_advance(*state, 5000);
    assert_reply(*state, "lastsave", ":1700000000\r\n");
}

static void role_is_primary_without_replicas(void **state)
{
    assert_reply(*state, "role", "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n");
}

static void no_module_is_loaded(void **state)
{
    assert_reply(*state, "module list", "*0\r\n");
    assert_reply(*state, "module nosuch x", "-ERR unknown subcommand 'nosuch'. Try MODULE HELP.\r\n");
}

static void modules_are_refused(void **state)
{
    struct harness *h = *state;
    assert_reply(
        h, "module load x",
        "-ERR MODULE command not allowed. If the enable-module-command option is set to \"local\", you "
        "can run it from a local connection, otherwise you need to set this option in the "
        "configuration file, and then restart the server.\r\n");
    h->server->config->enable_debug_command = PROTECTION_YES;
    assert_true(reply_has(harness_send(h, "module load x"), "enable-module-command"));
    h->server->config->enable_module_command = PROTECTION_LOCAL;
    for (size_t i = 0; i < 2; i++)
        assert_reply(h, i == 0 ? "module load /x.so" : "module loadex /x.so args a",
                     "-ERR Error loading the extension. Please check the server logs.\r\n");
    assert_reply(h, "module unload x", "-ERR Error unloading module: no such module with that name\r\n");
}

static void lolwut_ends_with_the_version(void **state)
{
    struct bytes reply = harness_send(*state, "lolwut");
    assert_true(reply_has(reply, "\nRedis ver. 7.2.6\n\r\n"));
    assert_reply(*state, "lolwut version x", "-ERR value is not an integer or out of range\r\n");
}

static void outside_of_a_cluster_its_words_are_refused(void **state)
{
    static const char *const words[] = {"asking", "readonly", "readwrite"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        assert_reply(*state, words[i], "-ERR This instance has cluster support disabled\r\n");
    assert_reply(*state, "readonly x", "-ERR wrong number of arguments for 'readonly' command\r\n");
    assert_reply(*state, "acl setuser reader on nopass +readonly", "+OK\r\n");
}

static void the_time_is_that_of_the_clock(void **state)
{
    int64_t before_us = clock_wall_us(), after_us;
    long long seconds, us;
    struct bytes reply = harness_send(*state, "TIME");
    struct bytes head = BYTES("*2\r\n$10\r\n");
    after_us = clock_wall_us();
    assert_true(bytes_starts_with(reply, head));
    assert_int_equal(sscanf(reply.data + head.len, "%lld\r\n$%*d\r\n%lld\r\n", &seconds, &us), 2);
    assert_in_range(us, 0, 999999);
    assert_in_range(seconds * 1000000 + us, before_us, after_us);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(last_save_is_the_start),        HARNESS_TEST(role_is_primary_without_replicas),
        HARNESS_TEST(no_module_is_loaded),           HARNESS_TEST(modules_are_refused),
        HARNESS_TEST(lolwut_ends_with_the_version),  HARNESS_TEST(outside_of_a_cluster_its_words_are_refused),
        HARNESS_TEST(the_time_is_that_of_the_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
