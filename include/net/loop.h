/* SPDX-License-Identifier: BSD-3-Clause */
/* The event loop only collects: loop_wait returns with lists of what is ready, and nothing has run yet but
 * the callbacks of watched descriptors (worker completions, signals), which must be short. */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include "base/list.h"
#include <stdint.h>

struct event_base;
struct loop;
struct loop_watch;

struct loop *loop_new(void);
void loop_free(struct loop *loop);

/* Collects what is ready; waits up to `timeout_us` for it (0: doesn't wait, negative: for ever). It may
 * return before that with nothing. */
void loop_wait(struct loop *loop, int64_t timeout_us);

/* Connections that have something to read, or may be written again after conn_write would have blocked;
 * listeners with somebody at the door. Whoever handles one takes it out (list_remove). */
struct list *loop_readable(struct loop *loop);
struct list *loop_writable(struct loop *loop);
struct list *loop_acceptable(struct loop *loop);

/* `ready(context)` is called from loop_wait when `fd` is readable. The watch is the caller's to end. */
struct loop_watch *loop_watch(struct loop *loop, int fd, void (*ready)(void *context), void *context);
void loop_unwatch(struct loop_watch *watch);

/* Makes a waiting loop_wait return at once; may be called from a signal handler. */
void loop_wake(struct loop *loop);

/* The library's loop, for what brings its own events (the HTTP listener). Their callbacks run in loop_wait
 * and must be short. */
struct event_base *loop_event_base(const struct loop *loop);

/* The library and its method, as INFO's multiplexing_api shows it ("epoll"). */
const char *loop_method(const struct loop *loop);

#endif
