/* SPDX-License-Identifier: BSD-3-Clause */
/* Where passwords stand in commands. A row with COMMAND_SENSITIVE hides all its arguments (AUTH); of the
 * others, what depends on the arguments themselves is told here. */
#include "engine/secret.h"
#include "config/config.h"

/* HELLO protover AUTH username password */
static bool is_secret_of_hello(const struct bytes *argv, int index)
{
    return (index >= 3 && bytes_is_nocase(argv[index - 1], "auth")) ||
           (index >= 4 && bytes_is_nocase(argv[index - 2], "auth"));
}

/* MIGRATE host port key db timeout [COPY] [REPLACE] [AUTH password | AUTH2 username password] */
static bool is_secret_of_migrate(const struct bytes *argv, int index)
{
    if (index < 7)
        return false;
    return bytes_is_nocase(argv[index - 1], "auth") || bytes_is_nocase(argv[index - 1], "auth2") ||
           (index >= 8 && bytes_is_nocase(argv[index - 2], "auth2"));
}

/* CONFIG SET directive value ... */
static bool is_secret_of_config_set(const struct bytes *argv, int index)
{
    return index >= 3 && index % 2 == 1 && config_is_sensitive(argv[index - 1]);
}

/* ACL SETUSER username rule ...: not even the name, as Redis has it */
static bool is_secret_of_acl(const struct bytes *argv, int index)
{
    (void)argv;
    return index >= 2;
}

static const struct {
    const char *name; /* of the row, with its container's */
    bool (*is_secret)(const struct bytes *argv, int index);
} commands[] = {
    {"hello", is_secret_of_hello},           {"migrate", is_secret_of_migrate},
    {"config|set", is_secret_of_config_set}, {"acl|setuser", is_secret_of_acl},
    {"acl|deluser", is_secret_of_acl},       {"acl|getuser", is_secret_of_acl},
};

static bool is_named(const struct registered_command *command, const char *name)
{
    size_t container = strcspn(name, "|");
    if (!name[container])
        return !command->parent && strcmp(command->row->name, name) == 0;
    return command->parent && bytes_is(bytes_make(name, container), command->parent->row->name) &&
           strcmp(command->row->name, name + container + 1) == 0;
}

bool argument_is_secret(const struct registered_command *command, const struct bytes *argv, int index)
{
    if (command->row->flags & COMMAND_SENSITIVE)
        return index > (command->parent ? 1 : 0);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (is_named(command, commands[i].name))
            return commands[i].is_secret(argv, index);
    }
    return false;
}
