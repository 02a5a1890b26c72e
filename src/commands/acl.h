/* SPDX-License-Identifier: BSD-3-Clause */
/* Subcommands of ACL that have a file of their own; their rows stand together in acl.c. */
#ifndef COMMANDS_ACL_H
#define COMMANDS_ACL_H

#include "engine/call.h"

/* acl_users.c */
void cmd_acl_whoami(struct call *call);
void cmd_acl_users(struct call *call);
void cmd_acl_list(struct call *call);
void cmd_acl_getuser(struct call *call);
void cmd_acl_setuser(struct call *call);
void cmd_acl_deluser(struct call *call);
void cmd_acl_load(struct call *call);
void cmd_acl_save(struct call *call);

/* acl_denials.c */
void cmd_acl_dryrun(struct call *call);
void cmd_acl_log(struct call *call);

#endif
