/* SPDX-License-Identifier: BSD-3-Clause */
/* What clients of a cluster say to each of its nodes. This server is none, and answers as Redis outside of a
 * cluster does; rules of users may name these commands. */
#include "commands/families.h"
#include "engine/call.h"

static void cmd_outside_cluster(struct call *call)
{
    call_error_format(call, "ERR This instance has cluster support disabled");
}

static const struct command cluster_commands[] = {
    {
        .name = "asking",
        .run = cmd_outside_cluster,
        .arity = 1,
        .flags = COMMAND_FAST,
        .acl = ACL_CONNECTION,
        .group = "cluster",
        .since = "3.0.0",
        .complexity = "O(1)",
        .summary = "Says that a redirection of a cluster is being followed.",
    },
    {
        .name = "readonly",
        .run = cmd_outside_cluster,
        .arity = 1,
        .flags = COMMAND_LOADING | COMMAND_STALE | COMMAND_FAST,
        .acl = ACL_CONNECTION,
        .group = "cluster",
        .since = "3.0.0",
        .complexity = "O(1)",
        .summary = "Lets a connection read from a replica of a cluster.",
    },
    {
        .name = "readwrite",
        .run = cmd_outside_cluster,
        .arity = 1,
        .flags = COMMAND_LOADING | COMMAND_STALE | COMMAND_FAST,
        .acl = ACL_CONNECTION,
        .group = "cluster",
        .since = "3.0.0",
        .complexity = "O(1)",
        .summary = "Takes back what READONLY allowed.",
    },
    {.name = NULL},
};

const struct command_family cluster_family = {"cluster", cluster_commands};
