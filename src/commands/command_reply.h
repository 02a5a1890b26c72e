/* SPDX-License-Identifier: BSD-3-Clause */
/* What is told of a command, as COMMAND INFO and COMMAND DOCS tell it. */
#ifndef COMMANDS_COMMAND_REPLY_H
#define COMMANDS_COMMAND_REPLY_H

#include "engine/command.h"
#include "proto/resp_write.h"

/* A name for each bit, in the order they are shown. */
struct flag_name {
    uint32_t flag;
    const char *name; /* NULL ends the list */
};

/* The set of the names of those bits that are set. */
void reply_flag_names(struct reply *reply, uint32_t flags, const struct flag_name *names);

/* "RO", "access" ...: what is done with a key. */
void reply_key_flags(struct reply *reply, uint32_t flags);

/* The ten facts of COMMAND INFO; null for NULL. */
void reply_command_info(struct reply *reply, const struct registered_command *command);

/* The map of COMMAND DOCS. */
void reply_command_docs(struct reply *reply, const struct registered_command *command);

#endif
