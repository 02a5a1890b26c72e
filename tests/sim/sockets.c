/* SPDX-License-Identifier: BSD-3-Clause */
#include "sockets.h"
#include "base/list.h"
#include "chance.h"
#include "clocks.h"
#include "kernel.h"
#include "world.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* Bytes that arrive together; none: the peer's end. */
struct piece {
    struct list link;
    int64_t at_us;
    struct buf bytes;
};

struct socket {
    struct list all;
    struct list waiting; /* in its listener's queue; of a listener: the queue */
    int port;            /* of a listener */
    int fd;              /* the server's; -1: not accepted yet, or closed */
    struct list pieces;
    int64_t last_us; /* when the last of them arrives */
    int64_t shut_us; /* when the server said its last */
    struct buf in, out;
    size_t arrived; /* before the server said its last */
    size_t room;    /* the most that `out` holds */
    bool is_listener, is_ended, is_reset, is_peer_gone, is_server_gone, is_shut;
    int more_descriptors; /* of a listener: beside the first */
    bool was_full, may_have_lost;
    void *owner;
    void (*ended)(void *owner);
};

static struct list sockets = {&sockets, &sockets};

static struct socket *socket_new(void)
{
    struct socket *socket = calloc(1, sizeof *socket);
    if (!socket)
        abort();
    list_init(&socket->pieces);
    list_init(&socket->waiting);
    list_append(&sockets, &socket->all);
    socket->fd = -1;
    return socket;
}

static void socket_free(struct socket *socket)
{
    while (!list_is_empty(&socket->pieces)) {
        struct piece *piece = LIST_ENTRY(socket->pieces.next, struct piece, link);
        list_remove(&piece->link);
        buf_clear(&piece->bytes);
        free(piece);
    }
    list_remove(&socket->waiting);
    list_remove(&socket->all);
    buf_clear(&socket->in);
    buf_clear(&socket->out);
    free(socket);
}

static void tell_news(const struct socket *socket)
{
    if (socket->fd >= 0)
        descriptor_of(socket->fd)->has_news = true;
}

/* ---- the peer's side ---- */

static struct socket *listener_at(int port)
{
    LIST_EACH(link, &sockets) {
        struct socket *socket = LIST_ENTRY(link, struct socket, all);
        if (socket->is_listener && socket->fd >= 0 && socket->port == port)
            return socket;
    }
    return NULL;
}

struct socket *peer_connect(int port, void *owner, void (*ended)(void *owner))
{
    struct socket *listener = listener_at(port);
    if (!listener)
        return NULL;
    struct socket *socket = socket_new();
    socket->owner = owner;
    socket->ended = ended;
    socket->room = faults.are_on ? (size_t)64 << chance_below(&world_chance, 11) : (size_t)1 << 20;
    list_append(&listener->waiting, &socket->waiting);
    return socket;
}

static int64_t arrival_us(struct socket *socket)
{
    int64_t at_us = clocks_now_us();
    if (faults.are_on && chance_permille(&world_chance, 300))
        at_us += chance_between(&world_chance, 0, chance_permille(&world_chance, 50) ? 50000 : 1500);
    socket->last_us = at_us > socket->last_us ? at_us : socket->last_us;
    return socket->last_us;
}

static void add_piece(struct socket *socket, struct bytes bytes)
{
    struct piece *piece = calloc(1, sizeof *piece);
    if (!piece)
        abort();
    piece->at_us = arrival_us(socket);
    buf_append_bytes(&piece->bytes, bytes);
    list_append(&socket->pieces, &piece->link);
}

void peer_send(struct socket *socket, struct bytes bytes)
{
    while (bytes.len > 0) {
        size_t len = bytes.len;
        if (faults.are_on && chance_permille(&world_chance, 400))
            len = (size_t)chance_between(&world_chance, 1, (int64_t)(len < 4000 ? len : 4000));
        add_piece(socket, bytes_make(bytes.data, len));
        bytes = bytes_make(bytes.data + len, bytes.len - len);
    }
}

void peer_half_close(struct socket *socket)
{
    add_piece(socket, bytes_make("", 0));
}

void peer_leave(struct socket *socket)
{
    socket->is_peer_gone = true;
    if (socket->is_server_gone || (socket->fd < 0 && list_is_unlinked(&socket->waiting)))
        socket_free(socket);
    else
        peer_half_close(socket);
}

void peer_reset(struct socket *socket)
{
    socket->is_reset = socket->is_ended = true;
    socket->in.len = 0;
    tell_news(socket);
    peer_leave(socket);
}

size_t peer_receive(struct socket *socket, struct buf *to, size_t max)
{
    size_t count = socket->out.len < max ? socket->out.len : max;
    if (count == 0)
        return 0;
    buf_append(to, socket->out.data, count);
    buf_consume(&socket->out, count);
    if (socket->was_full)
        tell_news(socket);
    socket->was_full = false;
    return count;
}

bool peer_sees_end(const struct socket *socket)
{
    return (socket->is_server_gone || socket->is_shut) && socket->out.len == 0;
}

bool peer_server_is_gone(const struct socket *socket)
{
    return socket->is_server_gone;
}

bool peer_may_have_lost(const struct socket *socket)
{
    return socket->may_have_lost;
}

size_t peer_arrived(const struct socket *socket)
{
    return socket->arrived;
}

void *socket_owner(const struct socket *socket)
{
    return socket->owner;
}

/* ---- the kernel's ---- */

/* So long it lingers at least: who takes longer to read it can't ask for more. */
#define LINGERS_US ((int64_t)5 * 1000000)

/* The server closed it with something unread, or is sent something after that: its kernel resets the
 * connection, and what the peer hasn't read may be lost. */
static void lose_output(struct socket *socket)
{
    socket->may_have_lost = true;
    bool is_too_late = socket->is_shut && clocks_now_us() - socket->shut_us >= LINGERS_US;
    if (!is_too_late && chance_permille(&world_chance, 800))
        socket->out.len = 0;
}

void socket_duplicated(struct socket *socket)
{
    socket->more_descriptors++;
}

void socket_closed(struct socket *socket)
{
    if (socket->more_descriptors > 0) {
        socket->more_descriptors--;
        return;
    }
    socket->fd = -1;
    if (socket->is_listener) {
        LIST_EACH_SAFE(link, &socket->waiting) {
            struct socket *waiting = LIST_ENTRY(link, struct socket, waiting);
            list_remove(link);
            socket_closed(waiting);
        }
        socket_free(socket);
        return;
    }
    socket->is_server_gone = true;
    if (socket->in.len > 0)
        lose_output(socket);
    socket->ended(socket->owner);
    if (socket->is_peer_gone)
        socket_free(socket);
}

bool socket_is_ended(const struct socket *socket)
{
    return socket->is_ended;
}

bool socket_is_reset(const struct socket *socket)
{
    return socket->is_reset;
}

bool socket_is_readable(const struct socket *socket)
{
    return socket->in.len > 0 || socket->is_ended;
}

bool socket_has_room(const struct socket *socket)
{
    return socket->is_reset || socket->out.len < socket->room;
}

bool listener_has_waiting(const struct socket *listener)
{
    return !list_is_empty(&listener->waiting);
}

static void arrive(struct socket *socket, struct piece *piece)
{
    list_remove(&piece->link);
    if (socket->is_server_gone && piece->bytes.len > 0)
        lose_output(socket);
    if (!socket->is_reset) {
        buf_append_bytes(&socket->in, buf_bytes(&piece->bytes));
        socket->arrived += socket->is_shut || socket->is_server_gone ? 0 : piece->bytes.len;
        socket->is_ended |= piece->bytes.len == 0;
        tell_news(socket);
    }
    buf_clear(&piece->bytes);
    free(piece);
}

void sockets_deliver(void)
{
    int64_t now_us = clocks_now_us();
    LIST_EACH(link, &sockets) {
        struct socket *socket = LIST_ENTRY(link, struct socket, all);
        while (!list_is_empty(&socket->pieces)) {
            struct piece *piece = LIST_ENTRY(socket->pieces.next, struct piece, link);
            if (piece->at_us > now_us)
                break;
            arrive(socket, piece);
        }
    }
}

int64_t sockets_next_us(void)
{
    int64_t next_us = INT64_MAX;
    LIST_EACH(link, &sockets) {
        const struct socket *socket = LIST_ENTRY(link, struct socket, all);
        if (list_is_empty(&socket->pieces))
            continue;
        int64_t at_us = LIST_ENTRY(socket->pieces.next, struct piece, link)->at_us;
        next_us = at_us < next_us ? at_us : next_us;
    }
    return next_us;
}

/* ---- calls of the server ---- */

static int give_address(int port, struct sockaddr *address, socklen_t *len)
{
    struct sockaddr_in inet = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    memcpy(address, &inet, sizeof inet);
    *len = sizeof inet;
    return 0;
}

__typeof__(socket) __wrap_socket;
int __wrap_socket(int family, int type, int protocol)
{
    (void)type;
    (void)protocol;
    if (family != AF_INET) {
        errno = EAFNOSUPPORT;
        return -1;
    }
    int fd = descriptor_new(FD_LISTENER);
    struct socket *socket = socket_new();
    socket->is_listener = true;
    socket->fd = fd;
    descriptor_of(fd)->socket = socket;
    return fd;
}

int __wrap_bind(int fd, const struct sockaddr *address, socklen_t len);
int __wrap_bind(int fd, const struct sockaddr *address, socklen_t len)
{
    struct sockaddr_in inet;
    (void)len;
    memcpy(&inet, address, sizeof inet);
    descriptor_of(fd)->socket->port = ntohs(inet.sin_port);
    return 0;
}

__typeof__(listen) __wrap_listen;
int __wrap_listen(int fd, int backlog)
{
    (void)backlog;
    return descriptor_of(fd) ? 0 : -1;
}

__typeof__(setsockopt) __wrap_setsockopt;
int __wrap_setsockopt(int fd, int level, int option, const void *value, socklen_t len)
{
    (void)level;
    (void)option;
    (void)value;
    (void)len;
    return descriptor_of(fd) ? 0 : -1;
}

int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *len, int flags);
int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *len, int flags)
{
    struct socket *listener = descriptor_of(fd)->socket;
    (void)flags;
    if (list_is_empty(&listener->waiting)) {
        errno = EAGAIN;
        return -1;
    }
    if (chance_permille(&world_chance, faults.accept)) {
        errno = chance_permille(&world_chance, 500) ? EMFILE : EINTR;
        return -1;
    }
    struct socket *socket = LIST_ENTRY(listener->waiting.next, struct socket, waiting);
    list_remove(&socket->waiting);
    if (socket->is_peer_gone && chance_permille(&world_chance, 500)) {
        socket_closed(socket);
        errno = ECONNABORTED;
        return -1;
    }
    socket->fd = descriptor_new(FD_SOCKET);
    descriptor_of(socket->fd)->socket = socket;
    if (address)
        (void)give_address(port_of(socket->fd), address, len);
    return socket->fd;
}

__typeof__(recv) __wrap_recv;
ssize_t __wrap_recv(int fd, void *to, size_t size, int flags)
{
    struct socket *socket = descriptor_of(fd)->socket;
    if (socket->is_reset) {
        errno = ECONNRESET;
        return -1;
    }
    size_t count = socket->in.len < size ? socket->in.len : size;
    if (count == 0 && socket->is_ended)
        return 0;
    if (count == 0) {
        errno = EAGAIN;
        return -1;
    }
    memcpy(to, socket->in.data, count);
    if (!(flags & MSG_PEEK))
        buf_consume(&socket->in, count);
    return (ssize_t)count;
}

__typeof__(readv) __wrap_readv;
ssize_t __wrap_readv(int fd, const struct iovec *parts, int count)
{
    ssize_t total = 0;
    for (int i = 0; i < count; i++) {
        ssize_t got = __wrap_recv(fd, parts[i].iov_base, parts[i].iov_len, 0);
        if (got <= 0)
            return total > 0 ? total : got;
        total += got;
        if ((size_t)got < parts[i].iov_len)
            break;
    }
    return total;
}

/* FIONREAD alone is asked for. */
__typeof__(ioctl) __wrap_ioctl;
int __wrap_ioctl(int fd, unsigned long request, ...)
{
    va_list args;
    va_start(args, request);
    int *count = va_arg(args, int *);
    va_end(args);
    *count = (int)descriptor_of(fd)->socket->in.len;
    return request == FIONREAD ? 0 : -1;
}

__typeof__(sendmsg) __wrap_sendmsg;
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags)
{
    struct socket *socket = descriptor_of(fd)->socket;
    size_t total = 0, taken = 0;
    (void)flags;
    if (socket->is_reset || socket->is_shut) {
        errno = EPIPE;
        return -1;
    }
    for (size_t i = 0; i < message->msg_iovlen; i++)
        total += message->msg_iov[i].iov_len;
    size_t left = socket->out.len < socket->room ? socket->room - socket->out.len : 0;
    if (left > total)
        left = total;
    if (left > 0 && chance_permille(&world_chance, faults.short_write))
        left = chance_below(&world_chance, left + 1);
    for (size_t i = 0; i < message->msg_iovlen && taken < left; i++) {
        size_t len = message->msg_iov[i].iov_len;
        len = len < left - taken ? len : left - taken;
        buf_append(&socket->out, message->msg_iov[i].iov_base, len);
        taken += len;
    }
    if (taken < total)
        socket->was_full = true;
    /* It was said to be full: that it isn't is news. */
    if (socket->was_full && socket->out.len < socket->room)
        tell_news(socket);
    if (taken == 0 && total > 0) {
        errno = EAGAIN;
        return -1;
    }
    return (ssize_t)taken;
}

__typeof__(send) __wrap_send;
ssize_t __wrap_send(int fd, const void *from, size_t size, int flags)
{
    struct iovec vector = {(void *)(uintptr_t)from, size};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
    return __wrap_sendmsg(fd, &message, flags);
}

__typeof__(writev) __wrap_writev;
ssize_t __wrap_writev(int fd, const struct iovec *parts, int count)
{
    struct msghdr message = {.msg_iov = (struct iovec *)(uintptr_t)parts, .msg_iovlen = (size_t)count};
    return __wrap_sendmsg(fd, &message, 0);
}

__typeof__(shutdown) __wrap_shutdown;
int __wrap_shutdown(int fd, int how)
{
    (void)how;
    struct socket *socket = descriptor_of(fd)->socket;
    socket->is_shut = true;
    socket->shut_us = clocks_now_us();
    return 0;
}

int __wrap_getpeername(int fd, struct sockaddr *address, socklen_t *len);
int __wrap_getpeername(int fd, struct sockaddr *address, socklen_t *len)
{
    if (descriptor_of(fd)->socket->is_reset) {
        errno = ENOTCONN;
        return -1;
    }
    return give_address(port_of(fd), address, len);
}

int __wrap_getsockname(int fd, struct sockaddr *address, socklen_t *len);
int __wrap_getsockname(int fd, struct sockaddr *address, socklen_t *len)
{
    return descriptor_of(fd) ? give_address(6379, address, len) : -1;
}
