/* SPDX-License-Identifier: BSD-3-Clause */
/* The event loop over libevent's core. The callbacks here and in conn.c and listener.c only put what is ready
 * on a list; what is already on it stays where it is. So the order of the work, and its amount, are the
 * tick's to decide.
 *
 * One timer event bounds the wait; it is set anew for each, and never acted on. */
#include "net/loop.h"
#include "base/alloc.h"
#include "base/panic.h"
#include "loop_events.h"
#include <errno.h>
#include <event2/event.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct loop {
    struct event_base *base;
    struct event *timeout;
    struct loop_watch *wake_watch;
    int wake_fd;
    struct list readable, writable, acceptable;
};

struct loop_watch {
    struct event *event;
    void (*ready)(void *context);
    void *context;
};

static struct event_base *base_new(void)
{
    struct event_config *config = event_config_new();
    struct event_base *base = NULL;

    /* No locks: nobody but the loop's thread touches it. */
    if (config != NULL && event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV |
                                                            EVENT_BASE_FLAG_NO_CACHE_TIME) == 0)
        base = event_base_new_with_config(config);
    if (config != NULL)
        event_config_free(config);
    return base;
}

/* The wait ends by having run a callback, whichever. */
static void timeout_reached(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    (void)context;
}

static void wake_received(void *context)
{
    const struct loop *loop = context;
    uint64_t wakes;
    ssize_t got = read(loop->wake_fd, &wakes, sizeof(wakes));

    /* When it couldn't be read it comes up again. */
    ASSERT(got > 0 || errno == EAGAIN || errno == EINTR);
}

struct loop *loop_new(void)
{
    static bool is_counted;
    struct loop *loop;

    if (!is_counted) {
        event_set_mem_functions(mem_try_alloc, mem_try_realloc, mem_free);
        is_counted = true;
    }
    loop = mem_zalloc(sizeof(*loop));
    list_init(&loop->readable);
    list_init(&loop->writable);
    list_init(&loop->acceptable);
    loop->base = base_new();
    loop->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (loop->base == NULL || loop->wake_fd < 0)
        PANIC("can't make an event loop: %s", strerror(errno));
    loop->timeout = evtimer_new(loop->base, timeout_reached, NULL);
    loop->wake_watch = loop_watch(loop, loop->wake_fd, wake_received, loop);
    if (loop->timeout == NULL || loop->wake_watch == NULL)
        PANIC("can't make an event loop: %s", strerror(errno));
    return loop;
}

void loop_free(struct loop *loop)
{
    if (loop == NULL)
        return;
    ASSERT(list_is_empty(&loop->readable) && list_is_empty(&loop->writable) &&
           list_is_empty(&loop->acceptable));
    loop_unwatch(loop->wake_watch);
    event_free(loop->timeout);
    event_base_free(loop->base);
    (void)close(loop->wake_fd);
    mem_free(loop);
}

struct event_base *loop_event_base(const struct loop *loop)
{
    return loop->base;
}

void loop_wait(struct loop *loop, int64_t timeout_us)
{
    /* Always once: what is ready stays so, since the callbacks don't read, and would come up again and again. */
    int flags = EVLOOP_ONCE;

    if (timeout_us == 0) {
        flags |= EVLOOP_NONBLOCK;
    } else if (timeout_us > 0) {
        struct timeval wait = {(time_t)(timeout_us / 1000000), (suseconds_t)(timeout_us % 1000000)};

        (void)event_add(loop->timeout, &wait);
    } else {
        (void)event_del(loop->timeout);
    }
    if (event_base_loop(loop->base, flags) < 0)
        PANIC("the event loop failed: %s", strerror(errno));
}

struct list *loop_readable(struct loop *loop)
{
    return &loop->readable;
}

struct list *loop_writable(struct loop *loop)
{
    return &loop->writable;
}

struct list *loop_acceptable(struct loop *loop)
{
    return &loop->acceptable;
}

static void watch_ready(evutil_socket_t fd, short what, void *context)
{
    struct loop_watch *watch = context;

    (void)fd;
    (void)what;
    watch->ready(watch->context);
}

struct loop_watch *loop_watch(struct loop *loop, int fd, void (*ready)(void *context), void *context)
{
    struct loop_watch *watch = mem_zalloc(sizeof(*watch));

    watch->ready = ready;
    watch->context = context;
    watch->event = event_new(loop->base, fd, EV_READ | EV_PERSIST, watch_ready, watch);
    if (watch->event == NULL || event_add(watch->event, NULL) != 0) {
        loop_unwatch(watch);
        return NULL;
    }
    return watch;
}

void loop_unwatch(struct loop_watch *watch)
{
    if (watch == NULL)
        return;
    if (watch->event != NULL)
        event_free(watch->event);
    mem_free(watch);
}

void loop_watch_pause(struct loop_watch *watch)
{
    (void)event_del(watch->event);
}

void loop_watch_resume(struct loop_watch *watch)
{
    (void)event_add(watch->event, NULL);
}

void loop_wake(struct loop *loop)
{
    int saved_errno = errno;
    uint64_t one = 1;

    /* It fails only when the counter is full: then the loop is awake already. */
    if (write(loop->wake_fd, &one, sizeof(one)) < 0)
        errno = saved_errno;
}

const char *loop_method(const struct loop *loop)
{
    return event_base_get_method(loop->base);
}
