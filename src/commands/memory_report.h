/* SPDX-License-Identifier: BSD-3-Clause */
/* What MEMORY DOCTOR says. */
#ifndef COMMANDS_MEMORY_REPORT_H
#define COMMANDS_MEMORY_REPORT_H

#include "base/buf.h"
#include "engine/server.h"

void print_memory_report(const struct server *server, struct buf *out);

#endif
