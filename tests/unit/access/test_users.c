/* SPDX-License-Identifier: BSD-3-Clause */
#include "access/user_text.h"
#include "support/small_catalog.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void users_are_in_the_order_of_their_names(void **state)
{
    static const char *const names[] = {"b", "zoe", "", "B", "a"};
    static const char *const expected[] = {"", "B", "a", "b", "default", "zoe"};
    struct users *users = users_new(&small_catalog);
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_null(users_find(users, bytes_of(names[i])));
        users_add(users, user_new(bytes_of(names[i]), &small_catalog));
    }
    for (size_t i = 0; i < users->count; i++) {
        assert_string_equal(users->items[i]->name, expected[i]);
        assert_ptr_equal(users_find(users, bytes_of(expected[i])), users->items[i]);
    }
    users_find(users, BYTES("a"))->change = USER_LEAVING;
    users_find(users, BYTES("zoe"))->change = USER_LEAVING;
    users_remove_leaving(users);
    assert_null(users_find(users, BYTES("a")));
    assert_non_null(users_find(users, BYTES("B")));
    assert_int_equal(users->count, 4);
    assert_string_equal(users->items[3]->name, "default");
    users_free(users);
}

/* What a file makes of the text, printed again; or what is wrong with it. */
static void assert_read(const char *text, const char *expected)
{
    struct buf printed = {0};
    struct users *users = users_read(&small_catalog, "users.acl", bytes_of(text), &printed);
    if (users)
        users_print(users, &printed);
    assert_string_equal(buf_cstring(&printed), expected);
    buf_clear(&printed);
    users_free(users);
}

#define DEFAULT "user default on nopass sanitize-payload ~* &* +@all\n"

static void a_file_has_a_line_for_each_user(void **state)
{
    (void)state;
    assert_read("", DEFAULT);
    assert_read("user bob on nopass ~b* +get\r\n\n  user  alice\toff (+set ~a*) \n",
                "user alice off sanitize-payload resetchannels -@all (~a* resetchannels -@all +set)\n"
                "user bob on nopass sanitize-payload ~b* resetchannels -@all +get\n" DEFAULT);
    assert_read("user default off", "user default off sanitize-payload resetchannels -@all\n");
}

static void what_is_printed_is_read_again(void **state)
{
    static const char text[] =
        "user a on sanitize-payload %R~x* resetchannels &c -@all +@read +config|get (~y resetchannels "
        "-@all) (~z &* +@all -get)\n"
        "user default off nopass skip-sanitize-payload ~* &* +@all -@admin\n";
    (void)state;
    assert_read(text, text);
}

static void words_in_parentheses_are_not_misread(void **state)
{
    static const char printed[] = "user a off sanitize-payload resetchannels -@all (\"~b)\" \"~c\\\"d\" "
                                  "resetchannels -@all)\n" DEFAULT;
    struct users *users = users_new(&small_catalog);
    struct user *user = user_new(BYTES("a"), &small_catalog);
    struct buf line = {0};
    (void)state;
    assert_int_equal(user_apply(user, BYTES("(~b) '~c\"d')")), RULE_OK);
    users_add(users, user);
    users_print(users, &line);
    assert_string_equal(buf_cstring(&line), printed);
    assert_read(printed, printed);
    buf_clear(&line);
    users_free(users);
}

static void all_mistakes_of_a_file_are_told(void **state)
{
    (void)state;
    assert_read("# a comment\n", "users.acl:1 should start with user keyword followed by the username. ");
    assert_read(
        "user\nuser a +nosuch -nosuch <x ~a\n",
        "users.acl:1 should start with user keyword followed by the username. "
        "users.acl:2: Error in applying operation '+nosuch': Unknown command or category name in ACL. "
        "users.acl:2: Error in applying operation '-nosuch': Unknown command or category name in ACL. "
        "users.acl:2: The password you are trying to remove from the user does not exist. ");
    assert_read("user a\nuser a\n", "WARNING: Duplicate user 'a' found on line 2. ");
    assert_read("user default on\nuser default on\n", "WARNING: Duplicate user 'default' found on line 2. ");
    assert_read("user a (+get\n", "users.acl:1: Unmatched parenthesis in selector definition.");
    assert_read("user a %x !abc\n", "users.acl:1: Syntax error. ");
}

static void assert_declared(struct users *users, const char *name, const char *rule, const char *expected)
{
    const struct bytes words[] = {bytes_of(name), bytes_of(rule)};
    struct error error = {""};
    bool is_declared = users_declare(users, words, 2, &error);
    assert_string_equal(error.text, expected);
    assert_int_equal(is_declared, expected[0] == '\0');
}

static void a_user_is_declared_once(void **state)
{
    struct users *users = users_new(&small_catalog);
    (void)state;
    assert_declared(users, "a", "+get", "");
    assert_declared(users, "a", "+get",
                    "Duplicate user found. A user can only be defined once in config files");
    assert_declared(users, "default", "on", "");
    assert_declared(users, "default", "on",
                    "Duplicate user found. A user can only be defined once in config files");
    assert_false(users->default_user->is_unlimited);
    assert_declared(users, "a b", "on", "Spaces not allowed in ACL usernames");
    assert_declared(users, "b", "(+get", "Unmatched parenthesis in selector definition");
    assert_declared(users, "b", "+nosuch",
                    "Error in user declaration '+nosuch': Unknown command or category name in ACL");
    assert_int_equal(users->count, 2);
    users_free(users);
}

static void passwords_are_not_shown(void **state)
{
    struct users *users = users_new(&small_catalog);
    (void)state;
    assert_declared(users, "b", "<secret",
                    "Error in user declaration '<': The password you are trying to remove from the user does "
                    "not exist");
    users_free(users);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(users_are_in_the_order_of_their_names),
        cmocka_unit_test(a_file_has_a_line_for_each_user),
        cmocka_unit_test(what_is_printed_is_read_again),
        cmocka_unit_test(words_in_parentheses_are_not_misread),
        cmocka_unit_test(all_mistakes_of_a_file_are_told),
        cmocka_unit_test(a_user_is_declared_once),
        cmocka_unit_test(passwords_are_not_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
