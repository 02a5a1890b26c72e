/* SPDX-License-Identifier: BSD-3-Clause */
/* Which arguments are passwords. */
#include "engine/secret.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ARGS_MAX 12

static const struct command plain = {.name = "set"};
static const struct command sensitive = {.name = "auth", .flags = COMMAND_SENSITIVE};
static const struct command hello = {.name = "hello"};
static const struct command migrate = {.name = "migrate"};
static const struct command config = {.name = "config"};
static const struct command config_set = {.name = "set"};
static const struct command acl = {.name = "acl"};
static const struct command acl_setuser = {.name = "setuser", .flags = COMMAND_SENSITIVE};

/* `expected` has a letter an argument: x for a secret. */
static void assert_secrets(const struct command *container, const struct command *row, const char *line,
                           const char *expected)
{
    struct registered_command parent = {.row = container};
    struct registered_command command = {.row = row, .parent = container ? &parent : NULL};
    struct bytes argv[ARGS_MAX], rest = bytes_of(line);
    int argc = 0;
    while (rest.len > 0) {
        size_t len = bytes_index_of(rest, ' ');
        argv[argc++] = bytes_make(rest.data, len);
        len += len < rest.len;
        rest = bytes_make(rest.data + len, rest.len - len);
    }
    assert_int_equal(strlen(expected), argc);
    for (int i = 0; i < argc; i++) {
        if (argument_is_secret(&command, argv, i) != (expected[i] == 'x'))
            fail_msg("argument %d of %s", i, line);
    }
}

static void sensitive_commands_hide_all_but_their_name(void **state)
{
    (void)state;
    assert_secrets(NULL, &plain, "SET auth secret", "---");
    assert_secrets(NULL, &sensitive, "AUTH secret", "-x");
    assert_secrets(NULL, &sensitive, "AUTH user secret", "-xx");
    assert_secrets(&acl, &acl_setuser, "ACL SETUSER anna on >secret", "--xxx");
}

static void hello_hides_name_and_password(void **state)
{
    (void)state;
    assert_secrets(NULL, &hello, "HELLO", "-");
    assert_secrets(NULL, &hello, "HELLO 3", "--");
    assert_secrets(NULL, &hello, "HELLO 3 AUTH user secret", "---xx");
    assert_secrets(NULL, &hello, "HELLO 3 SETNAME me auth user secret", "-----xx");
    assert_secrets(NULL, &hello, "HELLO 3 AUTH user secret SETNAME me", "---xx--");
    assert_secrets(NULL, &hello, "HELLO 3 AUTH user", "---x");
}

static void migrate_hides_what_it_logs_in_with(void **state)
{
    (void)state;
    assert_secrets(NULL, &migrate, "MIGRATE host 1 key 0 10 AUTH secret", "-------x");
    assert_secrets(NULL, &migrate, "MIGRATE host 1 key 0 10 AUTH2 user secret KEYS a", "-------xx--");
    assert_secrets(NULL, &migrate, "MIGRATE host 1 auth 0 10", "------");
}

static void config_set_hides_sensitive_directives(void **state)
{
    (void)state;
    assert_secrets(&config, &config_set, "CONFIG SET port 1 requirepass secret", "-----x");
    assert_secrets(&config, &config_set, "CONFIG SET REQUIREPASS secret port 1", "---x--");
    assert_secrets(&config, &config_set, "CONFIG SET maxmemory 1", "----");
    assert_secrets(NULL, &config_set, "SET requirepass secret", "---");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sensitive_commands_hide_all_but_their_name),
        cmocka_unit_test(hello_hides_name_and_password),
        cmocka_unit_test(migrate_hides_what_it_logs_in_with),
        cmocka_unit_test(config_set_hides_sensitive_directives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
