/* SPDX-License-Identifier: BSD-3-Clause */
/* What is asked by HTTP, but without connections: those are the event library's, which has no part in the
 * world. */
#ifndef SIM_VISITS_H
#define SIM_VISITS_H

#include "chance.h"

struct server;

/* Asks for one of the pages that machines look at; the answer must make sense. */
void visit(struct server *server, struct chance *chance);

/* Has a copy of the snapshot, whole or damaged, checked and salvaged. */
void check_snapshot(struct chance *chance);

#endif
