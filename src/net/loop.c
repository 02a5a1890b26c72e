/* SPDX-License-Identifier: BSD-3-Clause */
/* The event loop over libevent's core. The callbacks here and in conn.c and listener.c only put what is ready
 * on a list; what is already on it stays where it is. So the order of the work, and its amount, are the
 * tick's to decide.
 *
 * A timer that is a descriptor bounds the wait, and nothing is done when it comes. While an earlier wait's is
 * still to come, and comes soon enough, it stays: so under load a turn sets no timer, and the kernel has none
 * to look after either. The price is that a wait may end early. */
#include "net/loop.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/panic.h"
#include "base/worker.h"
#include "lingering.h"
#include "loop_events.h"
#include <errno.h>
#include <event2/event.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

/* The one that clock_mono_us reads. */
#define TIMER_CLOCK CLOCK_BOOTTIME

struct loop {
    struct event_base *base;
    struct loop_watch *wake_watch, *timer_watch;
    int wake_fd, timer_fd;
    int64_t timer_at_us;   /* when it comes; INT64_MAX: it isn't set */
    int64_t handshake_us;  /* see loop_handshake_us */
    struct worker *helper; /* NULL until it is needed */
    struct loop_watch *helper_watch;
    struct list readable, writable, acceptable;
    struct lingerings lingerings;
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
    if (config && event_config_require_features(config, EV_FEATURE_ET | EV_FEATURE_EARLY_CLOSE) == 0 &&
        event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV |
                                          EVENT_BASE_FLAG_NO_CACHE_TIME) == 0)
        base = event_base_new_with_config(config);
    if (config)
        event_config_free(config);
    return base;
}

/* Of an eventfd or a timerfd, which is readable until then. */
static void take_signal(int fd)
{
    uint64_t count;
    ssize_t got = read(fd, &count, sizeof count);
    /* When it couldn't be read it comes up again. */
    ASSERT(got > 0 || errno == EAGAIN || errno == EINTR);
}

static void wake_received(void *context)
{
    const struct loop *loop = context;
    take_signal(loop->wake_fd);
}

static void timer_reached(void *context)
{
    struct loop *loop = context;
    take_signal(loop->timer_fd);
    loop->timer_at_us = INT64_MAX;
}

static void library_says(int severity, const char *message)
{
    if (severity == EVENT_LOG_WARN || severity == EVENT_LOG_ERR)
        log_warning("Event loop: %s", message);
}

static void library_gives_up(int error)
{
    PANIC("the event library gave up: %d", error);
}

/* Once, before anything else of the library is used: its memory is counted, its messages go to the log. */
static void prepare_library(void)
{
    static bool is_prepared;
    if (is_prepared)
        return;
    is_prepared = true;
    event_set_mem_functions(mem_try_alloc, mem_try_realloc, mem_free);
    event_set_log_callback(library_says);
    event_set_fatal_callback(library_gives_up);
}

struct loop *loop_new(void)
{
    struct loop *loop = mem_zalloc(sizeof *loop);
    prepare_library();
    list_init(&loop->readable);
    list_init(&loop->writable);
    list_init(&loop->acceptable);
    list_init(&loop->lingerings.list);
    loop->timer_at_us = INT64_MAX;
    loop->base = base_new();
    loop->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    loop->timer_fd = timerfd_create(TIMER_CLOCK, TFD_NONBLOCK | TFD_CLOEXEC);
    if (!loop->base || loop->wake_fd < 0 || loop->timer_fd < 0)
        PANIC("can't make an event loop: %s", strerror(errno));
    loop->wake_watch = loop_watch(loop, loop->wake_fd, wake_received, loop);
    loop->timer_watch = loop_watch(loop, loop->timer_fd, timer_reached, loop);
    if (!loop->wake_watch || !loop->timer_watch)
        PANIC("can't make an event loop: %s", strerror(errno));
    return loop;
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    ASSERT(list_is_empty(&loop->readable) && list_is_empty(&loop->writable) &&
           list_is_empty(&loop->acceptable));
    lingering_end_all(&loop->lingerings);
    if (loop->helper) {
        loop_unwatch(loop->helper_watch);
        worker_free(loop->helper);
    }
    loop_unwatch(loop->wake_watch);
    loop_unwatch(loop->timer_watch);
    event_base_free(loop->base);
    (void)close(loop->wake_fd);
    (void)close(loop->timer_fd);
    mem_free(loop);
}

struct event_base *loop_event_base(const struct loop *loop)
{
    return loop->base;
}

static void set_timer(struct loop *loop, int64_t at_us)
{
    struct itimerspec at = {.it_value = {(time_t)(at_us / 1000000), (long)(at_us % 1000000) * 1000}};
    if (timerfd_settime(loop->timer_fd, TFD_TIMER_ABSTIME, &at, NULL) != 0)
        PANIC("can't set the loop's timer: %s", strerror(errno));
    loop->timer_at_us = at_us;
}

void loop_wait(struct loop *loop, int64_t timeout_us)
{
    /* Always once: what is ready stays so, since the callbacks don't read, and would come up again and again.
     */
    int flags = EVLOOP_ONCE;
    loop->handshake_us = 0;
    /* Connections that were kept ready are work, too. */
    if (timeout_us == 0 || !list_is_empty(&loop->readable)) {
        flags |= EVLOOP_NONBLOCK;
    } else if (timeout_us > 0) {
        int64_t at_us = clock_mono_us() + timeout_us;
        if (at_us < loop->timer_at_us)
            set_timer(loop, at_us);
    }
    if (event_base_loop(loop->base, flags) < 0)
        PANIC("the event loop failed: %s", strerror(errno));
}

int64_t *loop_handshake_us(struct loop *loop)
{
    return &loop->handshake_us;
}

static void helper_has_done(void *context)
{
    const struct loop *loop = context;
    worker_reap(loop->helper);
}

struct worker *loop_helper(struct loop *loop)
{
    if (!loop->helper) {
        loop->helper = worker_new();
        loop->helper_watch = loop_watch(loop, worker_fd(loop->helper), helper_has_done, loop);
        if (!loop->helper_watch)
            PANIC("can't watch a helper thread: %s", strerror(errno));
    }
    return loop->helper;
}

struct lingerings *loop_lingerings(struct loop *loop)
{
    return &loop->lingerings;
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
    struct loop_watch *watch = mem_zalloc(sizeof *watch);
    watch->ready = ready;
    watch->context = context;
    watch->event = event_new(loop->base, fd, EV_READ | EV_PERSIST, watch_ready, watch);
    if (!watch->event || event_add(watch->event, NULL) != 0) {
        loop_unwatch(watch);
        return NULL;
    }
    return watch;
}

void loop_unwatch(struct loop_watch *watch)
{
    if (!watch)
        return;
    if (watch->event)
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
    if (write(loop->wake_fd, &one, sizeof one) < 0)
        errno = saved_errno;
}

const char *loop_method(const struct loop *loop)
{
    return event_base_get_method(loop->base);
}
