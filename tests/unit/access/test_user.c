/* SPDX-License-Identifier: BSD-3-Clause */
#include "access/user.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void a_new_user_accepts_any_password(void **state)
{
    struct user user;
    (void)state;
    user_init(&user, "somebody");
    assert_string_equal(user.name, "somebody");
    assert_false(user.needs_password);
    assert_true(user_accepts(&user, BYTES("")));
    assert_true(user_accepts(&user, BYTES("whatever")));
}

static void only_the_very_password_is_accepted(void **state)
{
    struct user user;
    (void)state;
    user_init(&user, "default");
    user_set_password(&user, BYTES("p@ss\0word"));
    assert_true(user.needs_password);
    assert_true(user_accepts(&user, BYTES("p@ss\0word")));
    assert_false(user_accepts(&user, BYTES("")));
    assert_false(user_accepts(&user, BYTES("p@ss")));
    assert_false(user_accepts(&user, BYTES("p@ss\0worD")));
    assert_false(user_accepts(&user, BYTES("p@ss\0word ")));
}

static void a_new_password_replaces_the_old_one(void **state)
{
    struct user user;
    (void)state;
    user_init(&user, "default");
    user_set_password(&user, BYTES("old"));
    user_set_password(&user, BYTES("new"));
    assert_false(user_accepts(&user, BYTES("old")));
    assert_true(user_accepts(&user, BYTES("new")));
}

static void an_empty_password_is_a_password(void **state)
{
    struct user user;
    (void)state;
    user_init(&user, "default");
    user_set_password(&user, BYTES(""));
    assert_true(user_accepts(&user, BYTES("")));
    assert_false(user_accepts(&user, BYTES("x")));
}

static void nothing_of_a_dropped_password_is_left(void **state)
{
    const unsigned char nothing[SHA256_SIZE] = {0};
    struct user user;
    (void)state;
    user_init(&user, "default");
    user_set_password(&user, BYTES("secret"));
    user_drop_password(&user);
    assert_true(user_accepts(&user, BYTES("anything")));
    assert_memory_equal(user.password_digest, nothing, sizeof nothing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_user_accepts_any_password),
        cmocka_unit_test(only_the_very_password_is_accepted),
        cmocka_unit_test(a_new_password_replaces_the_old_one),
        cmocka_unit_test(an_empty_password_is_a_password),
        cmocka_unit_test(nothing_of_a_dropped_password_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
