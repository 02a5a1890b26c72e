/* SPDX-License-Identifier: BSD-3-Clause */
/* LASTSAVE, LOLWUT, ROLE, MODULE. */
#include "support/harness.h"
#include "support/reply_text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

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
    assert_reply(*state, "module load x", "-ERR unknown subcommand 'load'. Try MODULE HELP.\r\n");
}

static void lolwut_ends_with_the_version(void **state)
{
    struct bytes reply = harness_send(*state, "lolwut");
    assert_true(reply_has(reply, "\nRedis ver. 7.2.6\n\r\n"));
    assert_reply(*state, "lolwut version x", "-ERR value is not an integer or out of range\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(last_save_is_the_start),
        HARNESS_TEST(role_is_primary_without_replicas),
        HARNESS_TEST(no_module_is_loaded),
        HARNESS_TEST(lolwut_ends_with_the_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
