/* SPDX-License-Identifier: BSD-3-Clause */
/* The families of commands, for whoever puts together a server. */
#ifndef COMMANDS_FAMILIES_H
#define COMMANDS_FAMILIES_H

#include "engine/command.h"

extern const struct command_family string_family;
extern const struct command_family string_range_family;
extern const struct command_family string_number_family;
extern const struct command_family lcs_family;
extern const struct command_family bitmap_family;
extern const struct command_family bitfield_family;
extern const struct command_family pubsub_family;
extern const struct command_family transaction_family;
extern const struct command_family monitor_family;

#endif
