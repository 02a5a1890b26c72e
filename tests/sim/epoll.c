/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernel's part of an event loop: epoll over simulated descriptors, of which there is one. Who asked for
 * edges is told once when something came, and when it asks; others, as long as there is something. The order
 * of what is ready is the seed's. */
#include "chance.h"
#include "clocks.h"
#include "helpers.h"
#include "kernel.h"
#include "sockets.h"
#include "visitors.h"
#include "world.h"
#include <errno.h>
#include <sys/epoll.h>

uint64_t loop_turns;

__typeof__(epoll_create1) __wrap_epoll_create1;
int __wrap_epoll_create1(int flags)
{
    (void)flags;
    return descriptor_new(FD_EPOLL);
}

__typeof__(epoll_ctl) __wrap_epoll_ctl;
int __wrap_epoll_ctl(int epoll_fd, int operation, int fd, struct epoll_event *event)
{
    struct descriptor *descriptor = descriptor_of(fd);
    (void)epoll_fd;
    if (!descriptor)
        world_fail("descriptor %d of the machine is to be watched", fd);
    if ((descriptor->watch.events != 0) == (operation == EPOLL_CTL_ADD)) {
        errno = operation == EPOLL_CTL_ADD ? EEXIST : ENOENT;
        return -1;
    }
    if (operation == EPOLL_CTL_DEL)
        descriptor->watch.events = 0;
    else
        descriptor->watch = *event;
    descriptor->has_news = true;
    return 0;
}

static uint32_t state_of(const struct descriptor *descriptor)
{
    if (descriptor->kind != FD_SOCKET)
        return descriptor_is_readable(descriptor) ? EPOLLIN : 0;
    if (socket_is_reset(descriptor->socket))
        return EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLERR | EPOLLHUP;
    return (socket_is_readable(descriptor->socket) ? EPOLLIN : 0) |
           (socket_is_ended(descriptor->socket) ? EPOLLRDHUP : 0) |
           (socket_has_room(descriptor->socket) ? EPOLLOUT : 0);
}

/* What is to be reported of it; 0: nothing. */
static uint32_t news_of(const struct descriptor *descriptor)
{
    if (descriptor->watch.events & EPOLLET && !descriptor->has_news)
        return 0;
    return state_of(descriptor) & (descriptor->watch.events | EPOLLERR | EPOLLHUP);
}

static int collect(int *ready)
{
    int count = 0;
    sockets_deliver();
    for (int fd = FIRST_FD; fd < descriptors_end(); fd++) {
        const struct descriptor *descriptor = descriptor_if_any(fd);
        if (descriptor && descriptor->watch.events != 0 && news_of(descriptor) != 0)
            ready[count++] = fd;
    }
    for (int i = count - 1; i > 0; i--) {
        int other = (int)chance_below(&world_chance, (uint64_t)i + 1);
        int fd = ready[i];
        ready[i] = ready[other];
        ready[other] = fd;
    }
    return count;
}

static void report(int fd, struct epoll_event *event)
{
    struct descriptor *descriptor = descriptor_of(fd);
    *event = (struct epoll_event){.events = news_of(descriptor), .data = descriptor->watch.data};
    descriptor->has_news = false;
}

static int64_t next_us(void)
{
    int64_t next = descriptors_next_us(), other = sockets_next_us();
    next = other < next ? other : next;
    other = helpers_next_us();
    return other < next ? other : next;
}

__typeof__(epoll_wait) __wrap_epoll_wait;
int __wrap_epoll_wait(int epoll_fd, struct epoll_event *events, int max, int timeout_ms)
{
    int ready[FDS_MAX], count;
    int64_t until_us = timeout_ms < 0 ? INT64_MAX : clocks_now_us() + (int64_t)timeout_ms * 1000;
    (void)epoll_fd;
    loop_turns++;
    helpers_turn();
    visitors_wait_for_load();
    while ((count = collect(ready)) == 0 && clocks_now_us() < until_us) {
        int64_t at_us = next_us();
        if (at_us == INT64_MAX && until_us == INT64_MAX)
            world_fail("the loop sleeps for ever");
        clocks_sleep_until_us(at_us < until_us ? at_us : until_us);
        helpers_turn();
    }
    count = count < max ? count : max;
    for (int i = 0; i < count; i++)
        report(ready[i], &events[i]);
    return count;
}
