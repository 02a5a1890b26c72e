/* SPDX-License-Identifier: BSD-3-Clause */
/* All wires of the server: who is told what by whom, in one place. */
#ifndef APP_BOOT_H
#define APP_BOOT_H

#include "base/error.h"
#include "engine/server.h"

/* A server over `config` (taken over) with its listeners open; NULL when none could be opened, which has been
 * logged. */
struct server *boot(struct config *config);

/* Frees the server and whatever boot made. */
void boot_undo(struct server *server);

#endif
