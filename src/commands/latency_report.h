/* SPDX-License-Identifier: BSD-3-Clause */
/* What the latency monitor knows, for people to read. */
#ifndef COMMANDS_LATENCY_REPORT_H
#define COMMANDS_LATENCY_REPORT_H

#include "base/buf.h"
#include "engine/server.h"
#include "metrics/latency.h"

/* A drawing of the event's spikes, the latest to the right, with how long ago each was. */
void print_latency_graph(const struct latency_event *event, int64_t now_s, struct buf *out);

/* What happened, and what can be done about it. */
void print_latency_report(const struct server *server, struct buf *out);

#endif
