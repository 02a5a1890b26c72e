/* SPDX-License-Identifier: BSD-3-Clause */
/* ACL for the one user. */
#include "support/harness.h"
#include "support/reply_text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define DIGEST_OF_SECRET "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"

static void default_user_needs_no_password(void **state)
{
    assert_reply(*state, "acl whoami", "$7\r\ndefault\r\n");
    assert_reply(*state, "acl users", "*1\r\n$7\r\ndefault\r\n");
    assert_reply(*state, "acl list", "*1\r\n$51\r\nuser default on nopass sanitize-payload ~* &* +@all\r\n");
    assert_reply(*state, "acl getuser default",
                 "*12\r\n$5\r\nflags\r\n*3\r\n$2\r\non\r\n$6\r\nnopass\r\n$16\r\nsanitize-payload\r\n"
                 "$9\r\npasswords\r\n*0\r\n$8\r\ncommands\r\n$5\r\n+@all\r\n$4\r\nkeys\r\n$2\r\n~*\r\n"
                 "$8\r\nchannels\r\n$2\r\n&*\r\n$9\r\nselectors\r\n*0\r\n");
}

static void password_is_shown_as_its_digest(void **state)
{
    struct harness *harness = *state;
    user_set_password(&harness->server->default_user, BYTES("secret"));
    assert_reply(harness, "acl list",
                 "*1\r\n$110\r\nuser default on #" DIGEST_OF_SECRET " sanitize-payload ~* &* +@all\r\n");
    struct bytes reply = harness_send(harness, "acl getuser default");
    assert_true(reply_has(reply, "*1\r\n$64\r\n" DIGEST_OF_SECRET));
    assert_false(reply_has(reply, "nopass"));
}

static void other_users_do_not_exist(void **state)
{
    assert_reply(*state, "acl getuser nosuch", "$-1\r\n");
}

static void categories_are_listed(void **state)
{
    assert_true(
        bytes_starts_with(harness_send(*state, "acl cat"), BYTES("*21\r\n$8\r\nkeyspace\r\n$4\r\nread\r\n")));
    assert_reply(*state, "acl cat nosuch", "-ERR Unknown category 'nosuch'\r\n");
    struct bytes reply = harness_send(*state, "acl cat STRING");
    assert_true(reply_has(reply, "\r\n$3\r\nget\r\n"));
    assert_false(reply_has(reply, "\r\n$6\r\ndbsize\r\n"));
}

static void generated_password_has_the_bits_asked_for(void **state)
{
    assert_int_equal(harness_send(*state, "acl genpass").len, 5 + 64 + 2);
    assert_int_equal(harness_send(*state, "acl genpass 5").len, 4 + 2 + 2);
    assert_int_equal(harness_send(*state, "acl genpass 4096").len, 7 + 1024 + 2);
    assert_reply(
        *state, "acl genpass 4097",
        "-ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up "
        "to 4096\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(default_user_needs_no_password),
        HARNESS_TEST(password_is_shown_as_its_digest),
        HARNESS_TEST(other_users_do_not_exist),
        HARNESS_TEST(categories_are_listed),
        HARNESS_TEST(generated_password_has_the_bits_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
