/* SPDX-License-Identifier: BSD-3-Clause */
/* The command SESSION.TOP, whose row is with that of SESSION.STATS. */
#ifndef COMMANDS_SESSION_TOP_H
#define COMMANDS_SESSION_TOP_H

#include "engine/call.h"

void cmd_session_top(struct call *call);

#endif
