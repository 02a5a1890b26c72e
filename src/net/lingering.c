/* SPDX-License-Identifier: BSD-3-Clause */
#include "lingering.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "loop_events.h"
#include <event2/event.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    /* The descriptors are some of those that aren't counted among the clients'. */
    COUNT_MAX = 16,
    SILENCE_S = 5,
    WHOLE_US = 30 * 1000000,
};

struct lingering {
    struct list link;
    struct lingerings *all;
    struct event *event;
    int64_t end_us;
    int fd;
};

static struct lingering *oldest(const struct lingerings *all)
{
    return LIST_ENTRY(all->list.next, struct lingering, link);
}

static void end(struct lingering *lingering)
{
    list_remove(&lingering->link);
    lingering->all->count--;
    if (lingering->event)
        event_free(lingering->event);
    (void)close(lingering->fd);
    mem_free(lingering);
}

static void ready(evutil_socket_t fd, short what, void *context)
{
    struct lingering *lingering = context;
    char unread[16384];
    ssize_t got = 0;
    if (what & EV_READ)
        got = recv(fd, unread, sizeof unread, 0);
    if (got <= 0 || clock_mono_us() >= lingering->end_us)
        end(lingering);
}

void lingering_begin(struct loop *loop, int fd)
{
    static const struct timeval silence = {.tv_sec = SILENCE_S};
    struct lingerings *all = loop_lingerings(loop);
    struct lingering *lingering = mem_zalloc(sizeof *lingering);
    *lingering = (struct lingering){.all = all, .end_us = clock_mono_us() + WHOLE_US, .fd = fd};
    if (all->count == COUNT_MAX)
        end(oldest(all));
    list_append(&all->list, &lingering->link);
    all->count++;
    lingering->event = event_new(loop_event_base(loop), fd, EV_READ | EV_PERSIST, ready, lingering);
    if (!lingering->event || event_add(lingering->event, &silence) != 0)
        end(lingering);
}

void lingering_end_all(struct lingerings *all)
{
    while (all->count > 0)
        end(oldest(all));
}
