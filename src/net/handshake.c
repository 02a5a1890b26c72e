/* SPDX-License-Identifier: BSD-3-Clause */
/* A job holds what the helper uses, so that the connection may go meanwhile. Then whatever hasn't begun isn't
 * done any more: who comes and goes costs no signature. */
#include "handshake.h"
#include "base/alloc.h"
#include "base/worker.h"
#include "loop_events.h"
#include <stdatomic.h>
#include <unistd.h>

struct handshake {
    struct job job;
    struct conn *conn; /* NULL: it was closed */
    struct tls_stream *stream;
    int fd;
    enum tls_stream_result result;
    bool has_more; /* came meanwhile */
    atomic_bool is_left;
};

static void run(struct job *job)
{
    struct handshake *handshake = LIST_ENTRY(job, struct handshake, job);
    if (!atomic_load_explicit(&handshake->is_left, memory_order_relaxed))
        handshake->result = tls_stream_shake(handshake->stream);
}

static void clear_up(struct handshake *handshake)
{
    tls_stream_free(handshake->stream);
    (void)close(handshake->fd);
}

static void tell(struct conn *conn, const struct handshake *handshake)
{
    switch (handshake->result) {
    case TLS_STREAM_OK:
        if (conn->is_asked_to_write && list_is_unlinked(&conn->writable))
            list_append(loop_writable(conn->loop), &conn->writable);
        conn_keep_ready(conn);
        return;
    case TLS_STREAM_WANTS_READ:
        /* No edge will tell of an end that the loop has seen already. */
        if (handshake->has_more || conn->is_ending)
            conn_keep_ready(conn);
        return;
    case TLS_STREAM_WANTS_WRITE:
        conn->reads_when_writable = conn_wait_for_room(conn);
        if (conn->reads_when_writable)
            return;
        break;
    case TLS_STREAM_ENDED:
        break;
    }
    conn->is_closed_by_peer = true;
    conn_keep_ready(conn);
}

static void done(struct job *job)
{
    struct handshake *handshake = LIST_ENTRY(job, struct handshake, job);
    struct conn *conn = handshake->conn;
    if (conn) {
        conn->handshake = NULL;
        tell(conn, handshake);
    } else {
        clear_up(handshake);
    }
    mem_free(handshake);
}

void handshake_step(struct conn *conn)
{
    struct handshake *handshake = mem_zalloc(sizeof *handshake);
    *handshake = (struct handshake){
        .job = {.run = run, .done = done}, .conn = conn, .stream = conn->tls, .fd = conn->fd};
    conn->handshake = handshake;
    worker_submit(loop_helper(conn->loop), &handshake->job);
}

void handshake_go_on(struct handshake *handshake)
{
    handshake->has_more = true;
}

void handshake_leave(struct handshake *handshake)
{
    handshake->conn = NULL;
    atomic_store_explicit(&handshake->is_left, true, memory_order_relaxed);
}
