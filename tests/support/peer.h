/* SPDX-License-Identifier: BSD-3-Clause */
/* The far end of a connection to the harness's server. */
#ifndef SUPPORT_PEER_H
#define SUPPORT_PEER_H

#include "support/harness.h"

struct peer {
    int fd;      /* non-blocking; the test closes it */
    uint64_t id; /* of its client */
};

struct peer peer_connect(struct harness *h);
/* NULL: the server has closed it. */
struct client *peer_client(struct harness *h, struct peer peer);

/* Enough of them: what comes at one turn may be answered in the next. */
void peer_take_turns(struct harness *h);
/* The seconds, in such steps that each client is looked at. */
void peer_pass_s(struct harness *h, int seconds);

/* Sends it all, unless the connection is closed meanwhile. */
void peer_say(struct harness *h, struct peer peer, struct bytes text);
/* Appends all that there is to read; true when the server has closed the connection behind it. */
bool peer_hear(struct harness *h, struct peer peer, struct buf *heard);
void peer_assert_hears(struct harness *h, struct peer peer, struct bytes expected);
/* What there is to read is passed over. */
bool peer_is_closed(struct harness *h, struct peer peer);

#endif
