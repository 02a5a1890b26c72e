/* SPDX-License-Identifier: BSD-3-Clause */
/* What is left of a connection that said its last while the peer may still be sending: a descriptor that is
 * read, and nothing done with it, until the peer ends, is silent, or has gone on for too long. Closed with
 * something unread it would be reset, and the peer lose what is still on its way to it. */
#ifndef NET_LINGERING_H
#define NET_LINGERING_H

#include "base/list.h"

struct loop;

/* Those of one loop, oldest first. */
struct lingerings {
    struct list list;
    int count;
};

/* Takes over `fd`. Few linger at a time: for one too many the oldest is closed as it is. */
void lingering_begin(struct loop *loop, int fd);

/* Closes them all. */
void lingering_end_all(struct lingerings *all);

#endif
