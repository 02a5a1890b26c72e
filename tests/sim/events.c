/* SPDX-License-Identifier: BSD-3-Clause */
/* The part of the event library that the server's own loop uses, over simulated descriptors. Edges are the
 * kernel's: one is reported once, when something came, and when an event is added while there is something.
 * The order of what is ready is the seed's. Whoever looks at the base for other things (evhttp) gets the
 * library's, which never runs. */
#include "base/list.h"
#include "chance.h"
#include "clocks.h"
#include "helpers.h"
#include "kernel.h"
#include "sockets.h"
#include "world.h"
#include <event2/event.h>
#include <stdlib.h>

enum { READY_MAX = 512 };

struct event {
    struct list all;
    int fd;
    short what;
    event_callback_fn callback;
    void *context;
    int64_t silence_us, timeout_at_us; /* 0, INT64_MAX: it waits for ever */
    bool is_added;
};

static struct list events = {&events, &events};
uint64_t loop_turns;

__typeof__(event_new) __wrap_event_new;
struct event *__wrap_event_new(struct event_base *base, evutil_socket_t fd, short what,
                               event_callback_fn callback, void *context)
{
    struct event *event = calloc(1, sizeof *event);
    (void)base;
    if (!event)
        abort();
    *event = (struct event){
        .fd = fd, .what = what, .callback = callback, .context = context, .timeout_at_us = INT64_MAX};
    list_append(&events, &event->all);
    return event;
}

static void set_timeout(struct event *event)
{
    event->timeout_at_us = event->silence_us > 0 ? clocks_now_us() + event->silence_us : INT64_MAX;
}

__typeof__(event_add) __wrap_event_add;
int __wrap_event_add(struct event *event, const struct timeval *timeout)
{
    struct descriptor *descriptor = descriptor_of(event->fd);
    if (event->is_added)
        return 0;
    event->is_added = true;
    event->silence_us = timeout ? (int64_t)timeout->tv_sec * 1000000 + timeout->tv_usec : 0;
    set_timeout(event);
    if (descriptor->kind != FD_SOCKET)
        return 0;
    if (event->what & EV_READ)
        descriptor->has_read_edge |= socket_is_readable(descriptor->socket);
    if (event->what & EV_WRITE)
        descriptor->has_write_edge |= socket_has_room(descriptor->socket);
    return 0;
}

__typeof__(event_del) __wrap_event_del;
int __wrap_event_del(struct event *event)
{
    event->is_added = false;
    return 0;
}

__typeof__(event_free) __wrap_event_free;
void __wrap_event_free(struct event *event)
{
    list_remove(&event->all);
    free(event);
}

/* ---- the loop ---- */

/* What is to be reported of it; 0: nothing. */
static short news_of(const struct event *event)
{
    const struct descriptor *descriptor = descriptor_of(event->fd);
    if (!event->is_added)
        return 0;
    if (clocks_now_us() >= event->timeout_at_us)
        return EV_TIMEOUT;
    if (descriptor->kind != FD_SOCKET)
        return descriptor_is_readable(descriptor) ? EV_READ : 0;
    if (event->what & EV_WRITE)
        return descriptor->has_write_edge && socket_has_room(descriptor->socket) ? EV_WRITE : 0;
    if ((event->what & EV_ET && !descriptor->has_read_edge) || !socket_is_readable(descriptor->socket))
        return 0;
    return socket_is_ended(descriptor->socket) ? EV_READ | EV_CLOSED : EV_READ;
}

static int collect(struct event **ready)
{
    int count = 0;
    sockets_deliver();
    LIST_EACH(link, &events) {
        struct event *event = LIST_ENTRY(link, struct event, all);
        if (count < READY_MAX && news_of(event))
            ready[count++] = event;
    }
    for (int i = count - 1; i > 0; i--) {
        int other = (int)chance_below(&world_chance, (uint64_t)i + 1);
        struct event *event = ready[i];
        ready[i] = ready[other];
        ready[other] = event;
    }
    return count;
}

static bool is_still_there(const struct event *wanted)
{
    LIST_EACH(link, &events) {
        if (LIST_ENTRY(link, struct event, all) == wanted)
            return true;
    }
    return false;
}

static void report(struct event *event)
{
    if (!is_still_there(event))
        return;
    short news = news_of(event);
    if (news == 0)
        return;
    struct descriptor *descriptor = descriptor_of(event->fd);
    if (news & EV_WRITE)
        descriptor->has_write_edge = false;
    else
        descriptor->has_read_edge = false;
    if (!(event->what & EV_PERSIST))
        event->is_added = false;
    set_timeout(event);
    event->callback(event->fd, news, event->context);
}

static int64_t next_us(void)
{
    int64_t next = descriptors_next_us(), other = sockets_next_us();
    next = other < next ? other : next;
    other = helpers_next_us();
    next = other < next ? other : next;
    LIST_EACH(link, &events) {
        const struct event *event = LIST_ENTRY(link, struct event, all);
        if (event->is_added && event->timeout_at_us < next)
            next = event->timeout_at_us;
    }
    return next;
}

__typeof__(event_base_loop) __wrap_event_base_loop;
int __wrap_event_base_loop(struct event_base *base, int flags)
{
    struct event *ready[READY_MAX];
    int count;
    (void)base;
    loop_turns++;
    helpers_turn();
    while ((count = collect(ready)) == 0 && !(flags & EVLOOP_NONBLOCK)) {
        int64_t at_us = next_us();
        if (at_us == INT64_MAX)
            world_fail("the loop sleeps for ever");
        clocks_sleep_until_us(at_us);
        helpers_turn();
    }
    for (int i = 0; i < count; i++)
        report(ready[i]);
    return 0;
}
