/* SPDX-License-Identifier: BSD-3-Clause */
/* The families of commands, one line each: what a server is put together from. */
#ifndef COMMANDS_FAMILIES_H
#define COMMANDS_FAMILIES_H

#include "engine/command.h"

#define COMMAND_FAMILIES(X) \
    X(string_family)        \
    X(string_range_family)  \
    X(string_number_family) \
    X(lcs_family)           \
    X(bitmap_family)        \
    X(bitfield_family)      \
    X(pubsub_family)        \
    X(transaction_family)   \
    X(monitor_family)

#define X(family) extern const struct command_family family;
COMMAND_FAMILIES(X)
#undef X

/* All of them, for registry_new. */
extern const struct command_family *const command_families[];
extern const int command_family_count;
extern const struct command_family string_family;
extern const struct command_family string_range_family;
extern const struct command_family string_number_family;
extern const struct command_family lcs_family;
extern const struct command_family bitmap_family;
extern const struct command_family bitfield_family;
extern const struct command_family pubsub_family;
extern const struct command_family transaction_family;
extern const struct command_family monitor_family;
extern const struct command_family key_family;
extern const struct command_family object_family;
extern const struct command_family scan_family;
extern const struct command_family expire_family;
extern const struct command_family dump_family;
extern const struct command_family database_family;
extern const struct command_family wait_family;

#endif
