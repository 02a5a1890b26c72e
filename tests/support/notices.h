/* SPDX-License-Identifier: BSD-3-Clause */
/* Keyspace notifications as a test reads them. */
#ifndef SUPPORT_NOTICES_H
#define SUPPORT_NOTICES_H

#include "support/harness.h"

/* A new client that hears every event of every key, the creation of keys included. */
struct client *notices_listen(struct harness *harness);

/* Fails the test unless the client heard exactly these events since it was last asked: "0 set key;0 expire
 * key;". */
#define assert_heard(harness, client, expected) \
    notices_assert((harness), (client), (expected), __FILE__, __LINE__)
void notices_assert(struct harness *harness, struct client *client, const char *expected, const char *file,
                    int line);

#endif
