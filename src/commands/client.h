/* SPDX-License-Identifier: BSD-3-Clause */
/* Subcommands of CLIENT that have a file of their own; their rows stand with the others in client.c. */
#ifndef COMMANDS_CLIENT_H
#define COMMANDS_CLIENT_H

struct call;

/* client_tracking.c */
void cmd_client_tracking(struct call *call);
void cmd_client_caching(struct call *call);
void cmd_client_getredir(struct call *call);
void cmd_client_trackinginfo(struct call *call);

#endif
