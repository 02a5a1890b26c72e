/* SPDX-License-Identifier: BSD-3-Clause */
/* Nanoseconds of a turn of the loop: collecting, reading and writing short messages on socket pairs, without
 * the work of a server in between. The kernel's share is most of it; read and write alone are measured beside
 * it. */
#include "base/alloc.h"
#include "base/clock.h"
#include "net/conn.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 64, ROUNDS = 10, TURNS = 4000 };

static char message[64];

static _Noreturn void give_up(const char *what)
{
    (void)fprintf(stderr, "bench_loop: %s\n", what);
    exit(1);
}

static void exchange(struct conn *conn)
{
    struct iovec vector = {message, sizeof message};
    char bytes[256];
    size_t count;
    if (conn_read(conn, bytes, sizeof bytes, &count) != CONN_OK ||
        conn_write(conn, &vector, 1, &count) != CONN_OK)
        give_up("nothing was exchanged");
}

/* The first turns may not collect all at once. */
static void serve(struct loop *loop, int count, int64_t timeout_us)
{
    struct list *readable = loop_readable(loop);
    while (count > 0) {
        loop_wait(loop, timeout_us);
        for (; !list_is_empty(readable); count--) {
            struct conn *conn = LIST_ENTRY(readable->next, struct conn, ready);
            list_remove(&conn->ready);
            exchange(conn);
        }
    }
}

/* The peers' half of a turn. */
static void send_and_receive(const int *peers, int count, bool is_receiving)
{
    char bytes[256];
    for (int i = 0; i < count; i++) {
        ssize_t done =
            is_receiving ? read(peers[i], bytes, sizeof bytes) : write(peers[i], message, sizeof message);
        if (done != (ssize_t)sizeof message)
            give_up("the peers got stuck");
    }
}

static void bench_turns(const char *name, int count, int64_t timeout_us, bool is_collected)
{
    struct loop *loop = loop_new();
    struct conn *conns = mem_zalloc(sizeof *conns * (size_t)count);
    int peers[CONNECTIONS_MAX], turns = TURNS / count + 1;
    int64_t best = INT64_MAX;
    for (int i = 0; i < count; i++) {
        int pair[2];
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0 || !conn_open(&conns[i], loop, pair[0], true))
            give_up("no socket pair");
        peers[i] = pair[1];
    }
    for (int round = 0; round < ROUNDS; round++) {
        int64_t taken = 0;
        for (int turn = 0; turn < turns; turn++) {
            int64_t start;
            send_and_receive(peers, count, false);
            start = clock_mono_us();
            if (is_collected)
                serve(loop, count, timeout_us);
            for (int i = 0; i < count && !is_collected; i++)
                exchange(&conns[i]);
            taken += clock_mono_us() - start;
            send_and_receive(peers, count, true);
        }
        best = taken < best ? taken : best;
    }
    printf("%-44s %7.1f ns a connection\n", name, (double)best * 1000 / turns / count);
    for (int i = 0; i < count; i++) {
        conn_close(&conns[i]);
        (void)close(peers[i]);
    }
    mem_free(conns);
    loop_free(loop);
}

static void bench_empty(const char *name, int64_t timeout_us)
{
    struct loop *loop = loop_new();
    int64_t best = INT64_MAX;
    for (int round = 0; round < ROUNDS; round++) {
        int64_t start = clock_mono_us();
        for (int turn = 0; turn < TURNS * 10; turn++) {
            if (timeout_us != 0)
                loop_wake(loop);
            loop_wait(loop, timeout_us);
        }
        start = clock_mono_us() - start;
        best = start < best ? start : best;
    }
    printf("%-44s %7.1f ns\n", name, (double)best * 1000 / (TURNS * 10));
    loop_free(loop);
}

int main(void)
{
    bench_empty("a turn with nothing to do, no wait", 0);
    bench_empty("a wake and a turn, for ever", -1);
    bench_empty("a wake and a turn, 100 ms at most", 100000);
    bench_turns("read and write alone, 1 connection", 1, 0, false);
    bench_turns("a turn, 1 connection, no wait", 1, 0, true);
    bench_turns("a turn, 1 connection, 100 ms at most", 1, 100000, true);
    bench_turns("read and write alone, 50 connections", 50, 0, false);
    bench_turns("a turn, 50 connections, no wait", 50, 0, true);
    bench_turns("a turn, 50 connections, 100 ms at most", 50, 100000, true);
    return 0;
}
