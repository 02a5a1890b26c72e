/* SPDX-License-Identifier: BSD-3-Clause */
/* Descriptors of the simulated kernel: sockets, event descriptors, the loop's timer, files. Calls of the
 * server with one of these come here, those with others go to the real kernel. */
#ifndef SIM_KERNEL_H
#define SIM_KERNEL_H

#include "base/buf.h"
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

enum {
    FIRST_FD = 100000,
    FDS_MAX = 4096,
};

enum descriptor_kind { FD_FREE, FD_EVENT, FD_TIMER, FD_EPOLL, FD_LISTENER, FD_SOCKET, FD_FILE, FD_DIRECTORY };

struct socket;
struct open_file;

struct descriptor {
    enum descriptor_kind kind;
    uint64_t count; /* FD_EVENT */
    int64_t at_us;  /* FD_TIMER; INT64_MAX: not set */
    struct socket *socket;
    struct open_file *file;
    struct epoll_event watch; /* no events: the loop doesn't look at it */
    bool has_news;            /* something has come that wasn't reported yet */
};

/* NULL when it is none of ours. */
struct descriptor *descriptor_of(int fd);
int descriptor_new(enum descriptor_kind kind);
int descriptor_count(void);
/* The same of one that may be free: NULL then. */
struct descriptor *descriptor_if_any(int fd);
/* Behind the last one that was ever in use. */
int descriptors_end(void);
/* Where the peer of a connection comes from. */
static inline int port_of(int fd)
{
    return 10000 + fd - FIRST_FD;
}

/* ---- what the loop asks of each kind ---- */

/* Level: it could be read now. */
bool descriptor_is_readable(const struct descriptor *descriptor);
/* When the next thing comes by itself; INT64_MAX: nothing does. */
int64_t descriptors_next_us(void);

/* How many turns the loop has made. */
extern uint64_t loop_turns;

#endif
