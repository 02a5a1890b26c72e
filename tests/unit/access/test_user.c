/* SPDX-License-Identifier: BSD-3-Clause */
#include "access/user.h"
#include "support/small_catalog.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define DIGEST_OF_SECRET "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"

static struct user *somebody(void)
{
    return user_new(BYTES("somebody"), &small_catalog);
}

static enum rule_result apply(struct user *user, const char *rule)
{
    return user_apply(user, bytes_of(rule));
}

static void assert_rules(const struct user *user, const char *expected)
{
    struct buf text = {0};
    user_print_rules(user, &text);
    assert_string_equal(buf_cstring(&text), expected);
    buf_clear(&text);
}

/* ---- passwords ---- */

static void a_new_user_may_do_nothing(void **state)
{
    struct user *user = somebody();
    (void)state;
    assert_string_equal(user->name, "somebody");
    assert_false(user_accepts(user, BYTES("")));
    assert_false(user->is_unlimited || user_admits_anybody(user));
    assert_rules(user, "off sanitize-payload resetchannels -@all");
    user_free(user);
}

static void the_default_user_may_do_everything(void **state)
{
    struct user *user = user_new_default(&small_catalog);
    (void)state;
    assert_true(user_accepts(user, BYTES("whatever")));
    assert_true(user->is_unlimited && user_admits_anybody(user));
    assert_rules(user, "on nopass sanitize-payload ~* &* +@all");
    user_free(user);
}

static void only_the_very_password_is_accepted(void **state)
{
    struct user *user = user_new_default(&small_catalog);
    (void)state;
    user_set_password(user, BYTES("p@ss\0word"));
    assert_true(user->needs_password);
    assert_true(user_accepts(user, BYTES("p@ss\0word")));
    assert_false(user_accepts(user, BYTES("")));
    assert_false(user_accepts(user, BYTES("p@ss")));
    assert_false(user_accepts(user, BYTES("p@ss\0worD")));
    assert_false(user_accepts(user, BYTES("p@ss\0word ")));
    user_free(user);
}

static void a_set_password_replaces_all_others(void **state)
{
    struct user *user = user_new_default(&small_catalog);
    (void)state;
    (void)apply(user, ">one");
    user_set_password(user, BYTES("new"));
    assert_false(user_accepts(user, BYTES("one")));
    assert_true(user_accepts(user, BYTES("new")));
    user_set_password(user, BYTES(""));
    assert_true(user_accepts(user, BYTES("")));
    assert_false(user_accepts(user, BYTES("new")));
    user_free(user);
}

static void each_of_several_passwords_is_accepted(void **state)
{
    struct user *user = somebody();
    (void)state;
    assert_int_equal(apply(user, "on"), RULE_OK);
    assert_int_equal(apply(user, ">one"), RULE_OK);
    assert_int_equal(apply(user, "#" DIGEST_OF_SECRET), RULE_OK);
    assert_int_equal(apply(user, ">secret"), RULE_OK);
    assert_int_equal(user->passwords.count, 2);
    assert_true(user_accepts(user, BYTES("one")) && user_accepts(user, BYTES("secret")));
    assert_int_equal(apply(user, "<one"), RULE_OK);
    assert_false(user_accepts(user, BYTES("one")));
    assert_int_equal(apply(user, "!" DIGEST_OF_SECRET), RULE_OK);
    assert_false(user_accepts(user, BYTES("secret")));
    assert_int_equal(apply(user, "<secret"), RULE_NO_SUCH_PASSWORD);
    user_free(user);
}

static void digests_are_written_in_one_way(void **state)
{
    struct user *user = somebody();
    (void)state;
    assert_int_equal(apply(user, "#abc"), RULE_BAD_DIGEST);
    assert_int_equal(apply(user, "!"), RULE_BAD_DIGEST);
    assert_int_equal(apply(user, "#2BB80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"),
                     RULE_BAD_DIGEST);
    assert_int_equal(apply(user, "#" DIGEST_OF_SECRET "0"), RULE_BAD_DIGEST);
    user_free(user);
}

static void who_is_disabled_is_not_let_in(void **state)
{
    struct user *user = user_new_default(&small_catalog);
    (void)state;
    assert_int_equal(apply(user, "OFF"), RULE_OK);
    assert_false(user_accepts(user, BYTES("any")) || user_admits_anybody(user));
    assert_int_equal(apply(user, "resetpass"), RULE_OK);
    assert_int_equal(apply(user, "on"), RULE_OK);
    assert_false(user_accepts(user, BYTES("any")));
    assert_int_equal(apply(user, "nopass"), RULE_OK);
    assert_true(user_accepts(user, BYTES("any")));
    user_free(user);
}

static void a_dropped_password_is_gone(void **state)
{
    struct user *user = user_new_default(&small_catalog);
    (void)state;
    user_set_password(user, BYTES("secret"));
    user_drop_password(user);
    assert_true(user_accepts(user, BYTES("anything")));
    assert_int_equal(user->passwords.count, 0);
    user_free(user);
}

/* ---- rights ---- */

static enum permission check(const struct user *user, int command, const struct bytes *argv, int argc,
                             unsigned access)
{
    const struct acl_key keys[] = {{1, access}, {2, access}};
    int index;
    const struct acl_request request = {
        .command = command, .argv = argv, .argc = argc, .keys = keys, .key_count = argc > 2 ? 2 : argc - 1};
    return user_check(user, &request, &index);
}

static void one_selector_must_permit_all_that_is_asked_for(void **state)
{
    const struct bytes a[] = {BYTES("get"), BYTES("a1")}, b[] = {BYTES("get"), BYTES("b1")};
    const struct bytes both[] = {BYTES("get"), BYTES("a1"), BYTES("b1")};
    struct user *user = somebody();
    (void)state;
    assert_int_equal(apply(user, "~a*"), RULE_OK);
    assert_int_equal(apply(user, "+get"), RULE_OK);
    assert_int_equal(apply(user, "(+set ~b*)"), RULE_OK);
    assert_int_equal(check(user, SMALL_GET, a, 2, ACCESS_READ), PERMITTED);
    assert_int_equal(check(user, SMALL_SET, b, 2, ACCESS_WRITE), PERMITTED);
    assert_int_equal(check(user, SMALL_SET, a, 2, ACCESS_WRITE), DENIED_KEY);
    assert_int_equal(check(user, SMALL_GET, both, 3, ACCESS_READ), DENIED_KEY);
    assert_int_equal(check(user, SMALL_CONFIG, a, 1, 0), DENIED_COMMAND);
    assert_rules(user, "off sanitize-payload ~a* resetchannels -@all +get (~b* resetchannels -@all +set)");
    assert_int_equal(apply(user, "clearselectors"), RULE_OK);
    assert_int_equal(check(user, SMALL_SET, b, 2, ACCESS_WRITE), DENIED_COMMAND);
    user_free(user);
}

static void a_selector_that_cannot_be_read_is_not_added(void **state)
{
    struct user *user = somebody();
    (void)state;
    assert_int_equal(apply(user, "(+nosuch)"), RULE_UNKNOWN_COMMAND);
    assert_int_equal(apply(user, "(+get on)"), RULE_SYNTAX);
    assert_int_equal(apply(user, "(+get"), RULE_SYNTAX);
    assert_int_equal(user->selector_count, 1);
    assert_int_equal(apply(user, "()"), RULE_OK);
    assert_int_equal(user->selector_count, 2);
    user_free(user);
}

static void it_is_known_whether_there_is_anything_to_ask(void **state)
{
    struct user *user = somebody();
    (void)state;
    (void)apply(user, "(~* &* +@all)");
    assert_true(user->is_unlimited);
    (void)apply(user, "clearselectors");
    assert_false(user->is_unlimited);
    (void)apply(user, "~*");
    (void)apply(user, "+@all");
    assert_false(user->is_unlimited || user_minds_keys(user));
    (void)apply(user, "&*");
    assert_true(user->is_unlimited);
    (void)apply(user, "-get");
    assert_false(user->is_unlimited);
    user_free(user);
}

static void reset_makes_a_new_user(void **state)
{
    struct user *user = user_new_default(&small_catalog);
    (void)state;
    (void)apply(user, "skip-sanitize-payload");
    (void)apply(user, "(+get)");
    (void)apply(user, ">secret");
    assert_int_equal(apply(user, "reset"), RULE_OK);
    assert_rules(user, "off sanitize-payload resetchannels -@all");
    user_free(user);
}

static void a_copy_has_the_rules_of_its_own(void **state)
{
    struct user *user = somebody();
    (void)state;
    (void)apply(user, ">secret");
    (void)apply(user, "%R~a*");
    (void)apply(user, "&news");
    (void)apply(user, "+config|get");
    (void)apply(user, "+get|x");
    (void)apply(user, "(+set)");
    struct user *copy = user_dup(user);
    (void)apply(user, "reset");
    assert_rules(copy, "off sanitize-payload #" DIGEST_OF_SECRET
                       " %R~a* resetchannels &news -@all +config|get +get|x (resetchannels -@all +set)");
    user_swap_rules(user, copy);
    assert_rules(copy, "off sanitize-payload resetchannels -@all");
    assert_int_equal(user->selector_count, 2);
    user_free(copy);
    user_free(user);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_user_may_do_nothing),
        cmocka_unit_test(the_default_user_may_do_everything),
        cmocka_unit_test(only_the_very_password_is_accepted),
        cmocka_unit_test(a_set_password_replaces_all_others),
        cmocka_unit_test(each_of_several_passwords_is_accepted),
        cmocka_unit_test(digests_are_written_in_one_way),
        cmocka_unit_test(who_is_disabled_is_not_let_in),
        cmocka_unit_test(a_dropped_password_is_gone),
        cmocka_unit_test(one_selector_must_permit_all_that_is_asked_for),
        cmocka_unit_test(a_selector_that_cannot_be_read_is_not_added),
        cmocka_unit_test(it_is_known_whether_there_is_anything_to_ask),
        cmocka_unit_test(reset_makes_a_new_user),
        cmocka_unit_test(a_copy_has_the_rules_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
