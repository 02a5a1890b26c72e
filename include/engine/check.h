/* SPDX-License-Identifier: BSD-3-Clause */
/* For tests and simulated worlds: whether what the engine keeps in several places agrees. */
#ifndef ENGINE_CHECK_H
#define ENGINE_CHECK_H

struct server;

/* Asserts it, between two turns: the store's tables and sums, clients and the lists they are in, what they
 * wait for, their timeouts. */
void engine_check(const struct server *server);

#endif
