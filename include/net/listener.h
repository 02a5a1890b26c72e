/* SPDX-License-Identifier: BSD-3-Clause */
/* Listening sockets: TCP addresses and unix sockets. */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include "base/error.h"
#include "base/list.h"
#include "net/loop.h"
#include <stdbool.h>
#include <sys/types.h>

struct listener {
    struct list ready;    /* in loop_acceptable */
    struct list siblings; /* for its owner's list */
    struct loop *loop;
    struct loop_watch *watch;
    int fd;
    bool is_unix;
    bool is_tls;      /* its owner's: what comes through it speaks TLS */
    bool is_adopted;  /* somebody else listens on it, too: it doesn't end with us */
    char *path;       /* of a unix socket of our own, removed when it is closed */
    ino_t path_inode; /* the file that was made there */
};

/* Listens on `address` ("127.0.0.1", "::1", "*" for all IPv4, "::*" for all IPv6, a host name). NULL with
 * `error` filled; `*is_unavailable` tells an address or protocol that this machine doesn't have from one that
 * is in use. */
struct listener *listener_open_tcp(struct loop *loop, const char *address, int port, int backlog,
                                   bool *is_unavailable, struct error *error);

/* Whether that could succeed, now or when who has the port by now is gone. Nothing listens meanwhile. False
 * with `error` and errno filled. */
bool listener_may_open_tcp(const char *address, int port, bool *is_unavailable, struct error *error);

/* Listens on a unix socket whose permissions are never wider than `mode`, from the first moment (0: as the
 * umask says). A stale socket file is replaced; one that is answered, and any other file, is an error. */
struct listener *listener_open_unix(struct loop *loop, const char *path, unsigned mode, int backlog,
                                    struct error *error);

/* Whether that could succeed in `directory`, now or when who has the socket by now is gone. */
bool listener_may_open_unix(const char *path, const char *directory, struct error *error);

/* Takes over a socket that was handed to us, bound and maybe listening. NULL with `error` filled, and the
 * descriptor closed, when it is none that clients could come through. */
struct listener *listener_adopt(struct loop *loop, int fd, int backlog, struct error *error);

/* The TCP port that it listens on; 0: none. */
int listener_port(const struct listener *listener);

void listener_close(struct listener *listener);

enum accept_result {
    ACCEPT_OK,   /* `*fd` is a new connection */
    ACCEPT_NONE, /* nobody waits any more */
    ACCEPT_FULL, /* out of descriptors or memory: the listener rests until listener_resume */
};
enum accept_result listener_accept(struct listener *listener, int *fd);
/* Whoever comes waits in the kernel until listener_resume. */
void listener_rest(struct listener *listener);
void listener_resume(struct listener *listener);

/* Leaves accepting to another: the listener isn't collected any more, but keeps its file. Returns a duplicate
 * of its descriptor, the caller's to close, or -1 with errno set. */
int listener_hand_over(struct listener *listener);

#endif
