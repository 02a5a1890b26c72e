/* SPDX-License-Identifier: BSD-3-Clause */
/* What the server does now and then. */
#ifndef APP_TASKS_H
#define APP_TASKS_H

#include "engine/server.h"

void tasks_add(struct server *server);

#endif
