/* SPDX-License-Identifier: BSD-3-Clause */
/* One connection. It is collected for reading as long as it lives (or until it is paused), and for writing
 * only after the kernel's buffer was full: then once. The event for that is made when it is first needed, so
 * that an idle connection holds one.
 *
 * The kernel reports edges, not levels: asked for levels it looks at every connection again after it was
 * read, which was a twentieth of all work for short requests. So a connection that may hold more than was
 * read is kept in loop_readable here; `conn_read` can tell by the count, but for an end that came with the
 * last bytes (see conn_keep_ready). */
#include "net/conn.h"
#include "address.h"
#include "base/panic.h"
#include "loop_events.h"
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    KEEPALIVE_PROBES = 3,
    /* Times 16 KB: what the kernel keeps. Who goes on sending all the time isn't waited for. */
    FINISH_READS = 512,
};

static void collect_readable(evutil_socket_t fd, short what, void *context)
{
    struct conn *conn = context;
    (void)fd;
    conn->is_ending |= (what & EV_CLOSED) != 0;
    conn_keep_ready(conn);
}

void conn_keep_ready(struct conn *conn)
{
    if (list_is_unlinked(&conn->ready))
        list_append(loop_readable(conn->loop), &conn->ready);
}

static void collect_writable(evutil_socket_t fd, short what, void *context)
{
    struct conn *conn = context;
    (void)fd;
    (void)what;
    if (list_is_unlinked(&conn->writable))
        list_append(loop_writable(conn->loop), &conn->writable);
}

static bool make_nonblocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && ((flags & O_NONBLOCK) != 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0);
}

/* Options that make a connection better; it works without them. */
static void set_option(const struct conn *conn, int level, int option, int value)
{
    (void)setsockopt(conn->fd, level, option, &value, sizeof value);
}

/* Nothing is congested between processes of one machine: there the simplest algorithm, which every kernel
 * has, does the least work (BBR's took 4 % of short requests' time). */
static void avoid_congestion_control(const struct conn *conn)
{
    static const char simplest[] = "reno";
    if (conn_peer_is_local(conn))
        (void)setsockopt(conn->fd, IPPROTO_TCP, TCP_CONGESTION, simplest, sizeof simplest - 1);
}

bool conn_open(struct conn *conn, struct loop *loop, int fd, bool is_unix)
{
    *conn = (struct conn){.loop = loop, .fd = fd, .is_unix = is_unix};
    list_init(&conn->ready);
    list_init(&conn->writable);
    if (make_nonblocking(fd))
        conn->read_event = event_new(loop_event_base(loop), fd, EV_READ | EV_CLOSED | EV_ET | EV_PERSIST,
                                     collect_readable, conn);
    if (!conn->read_event || event_add(conn->read_event, NULL) != 0) {
        conn_close(conn);
        return false;
    }
    if (!is_unix) {
        set_option(conn, IPPROTO_TCP, TCP_NODELAY, 1);
        avoid_congestion_control(conn);
    }
    return true;
}

void conn_close(struct conn *conn)
{
    /* Closed already, or never opened. */
    if (conn->fd < 0 || !conn->loop)
        return;
    list_remove(&conn->ready);
    list_remove(&conn->writable);
    /* Before the descriptor: the loop must not meet its number in other hands. */
    if (conn->read_event)
        event_free(conn->read_event);
    if (conn->write_event)
        event_free(conn->write_event);
    conn->read_event = conn->write_event = NULL;
    (void)close(conn->fd);
    conn->fd = -1;
}

void conn_finish(struct conn *conn)
{
    char unread[16384];
    if (conn->fd < 0 || !conn->loop || shutdown(conn->fd, SHUT_WR) != 0)
        return;
    for (int i = 0; i < FINISH_READS && recv(conn->fd, unread, sizeof unread, 0) > 0; i++)
        ;
}

enum conn_result conn_read(struct conn *conn, void *to, size_t size, size_t *count)
{
    ssize_t got;
    do
        got = recv(conn->fd, to, size, 0);
    while (got < 0 && errno == EINTR);
    if (got > 0) {
        *count = (size_t)got;
        if ((size_t)got == size || conn->is_ending)
            conn_keep_ready(conn);
        return CONN_OK;
    }
    *count = 0;
    if (got < 0 && errno == EAGAIN)
        return CONN_AGAIN;
    conn->is_closed_by_peer = true;
    return CONN_CLOSED;
}

bool conn_wait_for_room(struct conn *conn)
{
    if (!conn->write_event)
        conn->write_event =
            event_new(loop_event_base(conn->loop), conn->fd, EV_WRITE | EV_ET, collect_writable, conn);
    return conn->write_event && event_add(conn->write_event, NULL) == 0;
}

enum conn_result conn_write(struct conn *conn, const struct iovec *vectors, int vector_count, size_t *count)
{
    struct msghdr message = {.msg_iov = (struct iovec *)(uintptr_t)vectors,
                             .msg_iovlen = (size_t)vector_count};
    size_t total = 0;
    ssize_t taken;
    ASSERT(vector_count > 0 && vector_count <= IOV_MAX);
    for (int i = 0; i < vector_count; i++)
        total += vectors[i].iov_len;
    do
        taken = vector_count == 1 ? send(conn->fd, vectors->iov_base, total, MSG_NOSIGNAL)
                                  : sendmsg(conn->fd, &message, MSG_NOSIGNAL);
    while (taken < 0 && errno == EINTR);
    *count = taken > 0 ? (size_t)taken : 0;
    if (*count == total)
        return CONN_OK;
    /* A part was taken, or nothing: the kernel's buffer is full. */
    if ((taken >= 0 || errno == EAGAIN) && conn_wait_for_room(conn))
        return CONN_AGAIN;
    conn->is_closed_by_peer = true;
    return CONN_CLOSED;
}

void conn_pause_reading(struct conn *conn)
{
    (void)event_del(conn->read_event);
    list_remove(&conn->ready);
}

void conn_resume_reading(struct conn *conn)
{
    (void)event_add(conn->read_event, NULL);
}

void conn_set_keepalive(struct conn *conn, int seconds)
{
    int interval = seconds / KEEPALIVE_PROBES;
    if (conn->is_unix)
        return;
    set_option(conn, SOL_SOCKET, SO_KEEPALIVE, seconds > 0);
    if (seconds <= 0)
        return;
    set_option(conn, IPPROTO_TCP, TCP_KEEPIDLE, seconds);
    set_option(conn, IPPROTO_TCP, TCP_KEEPINTVL, interval > 0 ? interval : 1);
    set_option(conn, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES);
}

/* ---- Who is there ---- */

static struct sockaddr_storage peer_address(const struct conn *conn)
{
    struct sockaddr_storage address = {0};
    socklen_t len = sizeof address;
    if (getpeername(conn->fd, (struct sockaddr *)&address, &len) != 0)
        address.ss_family = AF_UNSPEC;
    return address;
}

static struct sockaddr_storage local_address(const struct conn *conn)
{
    struct sockaddr_storage address = {0};
    socklen_t len = sizeof address;
    if (getsockname(conn->fd, (struct sockaddr *)&address, &len) != 0)
        address.ss_family = AF_UNSPEC;
    return address;
}

void conn_local_name(const struct conn *conn, char *out, size_t size)
{
    struct sockaddr_storage address = local_address(conn);
    address_print(&address, out, size);
}

void conn_peer_name(const struct conn *conn, char *out, size_t size)
{
    struct sockaddr_storage address;
    /* The other end of a unix socket has no name of its own: it goes by the path that it came through. */
    if (conn->is_unix) {
        conn_local_name(conn, out, size);
        return;
    }
    address = peer_address(conn);
    address_print(&address, out, size);
}

bool conn_peer_is_local(const struct conn *conn)
{
    struct sockaddr_storage address;
    if (conn->is_unix)
        return true;
    address = peer_address(conn);
    /* Who broke off has no name any more. Only from this machine our end could be reached by such a one. */
    if (address.ss_family == AF_UNSPEC)
        address = local_address(conn);
    return address_is_loopback(&address);
}

struct bytes conn_peer_key(const struct conn *conn, char scratch[static 16])
{
    struct sockaddr_storage address = peer_address(conn);
    struct bytes ip = address_ip(&address);
    if (ip.len > 0)
        memcpy(scratch, ip.data, ip.len);
    return bytes_make(scratch, ip.len);
}
