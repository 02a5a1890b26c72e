/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of descriptors; eventfd, timerfd, and the calls that several kinds share. */
#include "base/panic.h"
#include "clocks.h"
#include "disk.h"
#include "kernel.h"
#include "sockets.h"
#include "world.h"
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

static struct descriptor table[FDS_MAX];
static int used; /* behind the last that was ever in use */

struct descriptor *descriptor_if_any(int fd)
{
    return table[fd - FIRST_FD].kind == FD_FREE ? NULL : &table[fd - FIRST_FD];
}

int descriptors_end(void)
{
    return FIRST_FD + used;
}

struct descriptor *descriptor_of(int fd)
{
    if (fd < FIRST_FD || fd >= FIRST_FD + FDS_MAX)
        return NULL;
    struct descriptor *descriptor = &table[fd - FIRST_FD];
    if (descriptor->kind == FD_FREE)
        world_fail("descriptor %d is used after it was closed", fd);
    return descriptor;
}

int descriptor_new(enum descriptor_kind kind)
{
    for (int i = 0; i < FDS_MAX; i++) {
        if (table[i].kind != FD_FREE)
            continue;
        table[i] = (struct descriptor){.kind = kind, .at_us = INT64_MAX};
        used = i < used ? used : i + 1;
        return FIRST_FD + i;
    }
    world_fail("descriptors leak: there are %d", FDS_MAX);
}

int descriptor_count(void)
{
    int count = 0;
    for (int i = 0; i < used; i++)
        count += table[i].kind != FD_FREE;
    return count;
}

static void release(struct descriptor *descriptor)
{
    if (descriptor->kind == FD_SOCKET || descriptor->kind == FD_LISTENER)
        socket_closed(descriptor->socket);
    if (descriptor->kind == FD_FILE)
        open_file_closed(descriptor->file);
    *descriptor = (struct descriptor){.kind = FD_FREE};
}

bool descriptor_is_readable(const struct descriptor *descriptor)
{
    switch (descriptor->kind) {
    case FD_EVENT:
        return descriptor->count > 0;
    case FD_TIMER:
        return descriptor->at_us <= clocks_now_us();
    case FD_LISTENER:
        return listener_has_waiting(descriptor->socket);
    default:
        return socket_is_readable(descriptor->socket);
    }
}

int64_t descriptors_next_us(void)
{
    int64_t next_us = INT64_MAX;
    for (int i = 0; i < used; i++) {
        if (table[i].kind == FD_TIMER && table[i].at_us < next_us)
            next_us = table[i].at_us;
    }
    return next_us;
}

/* ---- calls ---- */

__typeof__(close) __real_close, __wrap_close;
int __wrap_close(int fd)
{
    struct descriptor *descriptor = descriptor_of(fd);
    if (!descriptor)
        return __real_close(fd);
    release(descriptor);
    return 0;
}

__typeof__(eventfd) __wrap_eventfd;
int __wrap_eventfd(unsigned count, int flags)
{
    (void)flags;
    int fd = descriptor_new(FD_EVENT);
    struct descriptor *descriptor = descriptor_of(fd);
    ASSERT(descriptor);
    descriptor->count = count;
    return fd;
}

__typeof__(timerfd_create) __wrap_timerfd_create;
int __wrap_timerfd_create(int clock, int flags)
{
    (void)clock;
    (void)flags;
    return descriptor_new(FD_TIMER);
}

__typeof__(timerfd_settime) __wrap_timerfd_settime;
int __wrap_timerfd_settime(int fd, int flags, const struct itimerspec *at, struct itimerspec *before)
{
    (void)flags;
    (void)before;
    struct descriptor *descriptor = descriptor_of(fd);
    ASSERT(descriptor);
    descriptor->at_us = at->it_value.tv_sec * INT64_C(1000000) + at->it_value.tv_nsec / 1000;
    return 0;
}

static ssize_t take_count(struct descriptor *descriptor, void *to)
{
    uint64_t count = descriptor->kind == FD_TIMER ? 1 : descriptor->count;
    if (!descriptor_is_readable(descriptor)) {
        errno = EAGAIN;
        return -1;
    }
    descriptor->count = 0;
    descriptor->at_us = INT64_MAX;
    memcpy(to, &count, sizeof count);
    return sizeof count;
}

__typeof__(read) __real_read, __wrap_read;
ssize_t __wrap_read(int fd, void *to, size_t size)
{
    struct descriptor *descriptor = descriptor_of(fd);
    if (!descriptor)
        return __real_read(fd, to, size);
    return descriptor->kind == FD_FILE ? open_file_read(descriptor->file, to, size)
                                       : take_count(descriptor, to);
}

__typeof__(write) __real_write, __wrap_write;
ssize_t __wrap_write(int fd, const void *from, size_t size)
{
    struct descriptor *descriptor = descriptor_of(fd);
    uint64_t count;
    if (!descriptor)
        return __real_write(fd, from, size);
    if (descriptor->kind == FD_FILE)
        return open_file_write(descriptor->file, from, size);
    memcpy(&count, from, sizeof count);
    descriptor->count += count;
    return (ssize_t)size;
}

static int duplicate(const struct descriptor *descriptor)
{
    int fd = descriptor_new(descriptor->kind);
    table[fd - FIRST_FD].socket = descriptor->socket;
    socket_duplicated(descriptor->socket);
    return fd;
}

__typeof__(fcntl) __real_fcntl, __wrap_fcntl;
int __wrap_fcntl(int fd, int command, ...)
{
    va_list args;
    va_start(args, command);
    long argument = va_arg(args, long);
    va_end(args);
    const struct descriptor *descriptor = descriptor_of(fd);
    if (!descriptor)
        return __real_fcntl(fd, command, argument);
    if (command == F_DUPFD_CLOEXEC)
        return duplicate(descriptor);
    return command == F_GETFL ? O_NONBLOCK : 0;
}
