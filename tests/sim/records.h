/* SPDX-License-Identifier: BSD-3-Clause */
/* The journal's records in some of the runs: whole requests, of commands that there are. */
#ifndef SIM_RECORDS_H
#define SIM_RECORDS_H

#include "engine/server.h"

void records_begin(struct server *server);
void records_end(struct server *server);

#endif
