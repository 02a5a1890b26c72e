/* SPDX-License-Identifier: BSD-3-Clause */
/* One connection. It is collected for reading as long as it lives (or until it is paused), and for writing
 * only after the kernel's buffer was full: then once. The event for that is made when it is first needed, so
 * that an idle connection holds one.
 *
 * The kernel reports edges, not levels: asked for levels it looks at every connection again after it was
 * read, which was a twentieth of all work for short requests. So a connection that may hold more than was
 * read is kept in loop_readable here; `conn_read` can tell by the count, but for an end that came with the
 * last bytes (see conn_keep_ready).
 *
 * With TLS more may have left the kernel than was read, and no event tells of it: that, too, keeps it in
 * loop_readable. Handshakes are work: those of one turn end when they took HANDSHAKES_US, and others go on
 * in the next. What alone takes longer than that, a helper does (handshake.h). */
#include "net/conn.h"
#include "address.h"
#include "base/clock.h"
#include "base/panic.h"
#include "handshake.h"
#include "lingering.h"
#include "loop_events.h"
#include "tls_stream.h"
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
    /* Times 16 KB: what the kernel keeps. */
    FINISH_READS = 512,
    /* One more handshake may begin as long as those of this turn took less. */
    HANDSHAKES_US = 500,
    /* Of the library, for one that is open and idle: 15 KB, with a session that can be resumed. */
    TLS_BYTES = 15000,
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
    if (conn->handshake) {
        handshake_go_on(conn->handshake);
        return;
    }
    if (conn->tls)
        tls_stream_refill(conn->tls);
    if (list_is_unlinked(&conn->ready))
        list_append(loop_readable(conn->loop), &conn->ready);
}

static void collect_writable(evutil_socket_t fd, short what, void *context)
{
    struct conn *conn = context;
    (void)fd;
    (void)what;
    if (conn->reads_when_writable)
        conn_keep_ready(conn);
    conn->reads_when_writable = false;
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

bool conn_open_tls(struct conn *conn, struct loop *loop, int fd, const struct tls *tls)
{
    if (!conn_open(conn, loop, fd, false))
        return false;
    conn->tls = tls_stream_new(tls, fd);
    return true;
}

void conn_close(struct conn *conn)
{
    /* Closed already, or never opened. */
    if (conn->fd < 0 || !conn->loop)
        return;
    list_remove(&conn->ready);
    list_remove(&conn->writable);
    if (conn->tls && !conn->handshake) {
        tls_stream_say_farewell(conn->tls);
        tls_stream_free(conn->tls);
    }
    conn->tls = NULL;
    /* Before the descriptor: the loop must not meet its number in other hands. */
    if (conn->read_event)
        event_free(conn->read_event);
    if (conn->write_event)
        event_free(conn->write_event);
    conn->read_event = conn->write_event = NULL;
    if (conn->handshake)
        handshake_leave(conn->handshake);
    else if (conn->lingers)
        lingering_begin(conn->loop, conn->fd);
    else
        (void)close(conn->fd);
    conn->handshake = NULL;
    conn->fd = -1;
}

void conn_finish(struct conn *conn)
{
    char unread[16384];
    if (conn->fd < 0 || !conn->loop || conn->handshake)
        return;
    if (conn->tls)
        tls_stream_say_farewell(conn->tls);
    if (shutdown(conn->fd, SHUT_WR) != 0)
        return;
    ssize_t got = 1;
    for (int i = 0; i < FINISH_READS && got > 0; i++)
        got = recv(conn->fd, unread, sizeof unread, 0);
    conn->lingers = !conn->is_unix && (got > 0 || (got < 0 && errno == EAGAIN));
}

bool conn_wait_for_room(struct conn *conn)
{
    if (!conn->write_event)
        conn->write_event =
            event_new(loop_event_base(conn->loop), conn->fd, EV_WRITE | EV_ET, collect_writable, conn);
    return conn->write_event && event_add(conn->write_event, NULL) == 0;
}

/* ---- with TLS ---- */

size_t conn_memory(const struct conn *conn)
{
    return conn->tls ? TLS_BYTES : 0;
}

bool conn_is_open(const struct conn *conn)
{
    return !conn->tls || (!conn->handshake && tls_stream_is_open(conn->tls));
}

bool conn_waits_for_turn(const struct conn *conn)
{
    return conn->handshake || !list_is_unlinked(&conn->ready);
}

bool conn_is_resumed(const struct conn *conn)
{
    return conn->tls && tls_stream_is_resumed(conn->tls);
}

bool conn_peer_certificate_name(const struct conn *conn, struct buf *out)
{
    return conn->tls && tls_stream_peer_name(conn->tls, out);
}

const char *conn_open_failure(const struct conn *conn)
{
    return conn->handshake ? "it took too long" : tls_stream_failure(conn->tls);
}

/* What reading, or shaking hands, came to. */
static enum conn_result read_came_to(struct conn *conn, enum tls_stream_result result)
{
    switch (result) {
    case TLS_STREAM_OK:
        return CONN_OK;
    case TLS_STREAM_WANTS_READ:
        /* No edge will tell of an end that the loop has seen already. */
        if (conn->is_ending)
            conn_keep_ready(conn);
        return CONN_AGAIN;
    case TLS_STREAM_WANTS_WRITE:
        conn->reads_when_writable = conn_wait_for_room(conn);
        if (conn->reads_when_writable)
            return CONN_AGAIN;
        break;
    case TLS_STREAM_ENDED:
        break;
    }
    conn->is_closed_by_peer = true;
    return CONN_CLOSED;
}

static enum conn_result shake_hands(struct conn *conn)
{
    int64_t *spent_us = loop_handshake_us(conn->loop);
    if (conn->is_closed_by_peer)
        return CONN_CLOSED;
    if (conn->handshake)
        return CONN_AGAIN;
    if (tls_stream_shakes_slowly(conn->tls)) {
        handshake_step(conn);
        return CONN_AGAIN;
    }
    if (*spent_us >= HANDSHAKES_US) {
        conn_keep_ready(conn);
        return CONN_AGAIN;
    }
    int64_t begin_us = clock_mono_us();
    enum tls_stream_result result = tls_stream_shake(conn->tls);
    *spent_us += clock_mono_us() - begin_us;
    if (result == TLS_STREAM_OK && conn->is_asked_to_write && list_is_unlinked(&conn->writable))
        list_append(loop_writable(conn->loop), &conn->writable);
    return read_came_to(conn, result);
}

static enum conn_result read_tls(struct conn *conn, void *to, size_t size, size_t *count)
{
    *count = 0;
    if (!conn_is_open(conn)) {
        enum conn_result result = shake_hands(conn);
        if (result != CONN_OK)
            return result;
    }
    enum tls_stream_result result = tls_stream_read(conn->tls, to, size, count);
    if (result == TLS_STREAM_OK && (*count == size || conn->is_ending || !tls_stream_is_drained(conn->tls)))
        conn_keep_ready(conn);
    return read_came_to(conn, result);
}

/* The bytes from `offset` on, up to a record full of them: where they lie, or copied together to `record`. */
static struct bytes gather_record(const struct iovec *vectors, int vector_count, size_t offset,
                                  char record[static TLS_RECORD_MAX])
{
    int i = 0;
    size_t len = 0;
    for (; offset >= vectors[i].iov_len; i++)
        offset -= vectors[i].iov_len;
    const char *first = (const char *)vectors[i].iov_base + offset;
    size_t left = vectors[i].iov_len - offset;
    if (left >= TLS_RECORD_MAX || i + 1 == vector_count)
        return bytes_make(first, left < TLS_RECORD_MAX ? left : TLS_RECORD_MAX);
    for (; i < vector_count && len < TLS_RECORD_MAX; i++, offset = 0) {
        size_t rest = vectors[i].iov_len - offset, room = TLS_RECORD_MAX - len;
        size_t taken = rest < room ? rest : room;
        memcpy(record + len, (const char *)vectors[i].iov_base + offset, taken);
        len += taken;
    }
    return bytes_make(record, len);
}

static enum conn_result write_tls(struct conn *conn, const struct iovec *vectors, int vector_count,
                                  size_t total, size_t *count)
{
    char record[TLS_RECORD_MAX];
    enum tls_stream_result result = TLS_STREAM_OK;
    *count = 0;
    if (!conn_is_open(conn)) {
        conn->is_asked_to_write = true;
        return CONN_AGAIN;
    }
    while (*count < total && result == TLS_STREAM_OK) {
        size_t written;
        struct bytes next = gather_record(vectors, vector_count, *count, record);
        result = tls_stream_write(conn->tls, next.data, next.len, &written);
        *count += written;
    }
    if (result == TLS_STREAM_OK)
        return CONN_OK;
    if (result == TLS_STREAM_WANTS_WRITE && conn_wait_for_room(conn))
        return CONN_AGAIN;
    conn->is_closed_by_peer = true;
    return CONN_CLOSED;
}

/* ---- bytes ---- */

enum conn_result conn_read(struct conn *conn, void *to, size_t size, size_t *count)
{
    ssize_t got;
    if (conn->tls)
        return read_tls(conn, to, size, count);
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

enum conn_result conn_write(struct conn *conn, const struct iovec *vectors, int vector_count, size_t *count)
{
    struct msghdr message = {.msg_iov = (struct iovec *)(uintptr_t)vectors,
                             .msg_iovlen = (size_t)vector_count};
    size_t total = 0;
    ssize_t taken;
    ASSERT(vector_count > 0 && vector_count <= IOV_MAX);
    for (int i = 0; i < vector_count; i++)
        total += vectors[i].iov_len;
    if (conn->tls)
        return write_tls(conn, vectors, vector_count, total, count);
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

void conn_ask_for_more(const struct conn *conn)
{
    if (!conn->is_unix)
        set_option(conn, IPPROTO_TCP, TCP_QUICKACK, 1);
}

void conn_pause_reading(struct conn *conn)
{
    (void)event_del(conn->read_event);
    list_remove(&conn->ready);
}

void conn_resume_reading(struct conn *conn)
{
    (void)event_add(conn->read_event, NULL);
    if (conn->tls)
        conn_keep_ready(conn);
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
