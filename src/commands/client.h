/* SPDX-License-Identifier: BSD-3-Clause */
/* Subcommands of CLIENT that have a file of their own; their rows stand together in client.c. */
#ifndef COMMANDS_CLIENT_H
#define COMMANDS_CLIENT_H

#include "engine/call.h"

/* client_settings.c */
void cmd_client_setname(struct call *call);
void cmd_client_getname(struct call *call);
void cmd_client_setinfo(struct call *call);
void cmd_client_reply(struct call *call);
void cmd_client_no_evict(struct call *call);
void cmd_client_no_touch(struct call *call);

/* False, having replied, for a name that would break the lines of CLIENT LIST. "" takes the name away. */
bool client_name_ok(struct call *call, struct bytes name);
void client_set_name(struct client *client, struct bytes name);

/* client_list.c */
void cmd_client_info(struct call *call);
void cmd_client_list(struct call *call);

/* client_kill.c */
void cmd_client_kill(struct call *call);

/* The class (enum client_class) that argv[index] names; false, having replied, when there is none. */
bool call_client_class(struct call *call, int index, int *class);

/* client_block.c */
void cmd_client_pause(struct call *call);
void cmd_client_unpause(struct call *call);
void cmd_client_unblock(struct call *call);

/* client_tracking.c */
void cmd_client_tracking(struct call *call);
void cmd_client_caching(struct call *call);
void cmd_client_getredir(struct call *call);
void cmd_client_trackinginfo(struct call *call);

#endif
