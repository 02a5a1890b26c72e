/* SPDX-License-Identifier: BSD-3-Clause */
/* Nanoseconds a request parsed and a reply written: the best of several rounds, since other work on the
 * machine only adds. Requests come in pipelines that fit the first-level cache, as a client's do. */
#include "base/buf.h"
#include "base/clock.h"
#include "proto/resp_parse.h"
#include "proto/resp_write.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/uio.h>

enum { ROUNDS = 30, PIPELINE = 16, REPEATS = 20000 };

static char value[70000];

static _Noreturn void give_up(const char *what)
{
    (void)fprintf(stderr, "bench_resp: %s\n", what);
    exit(1);
}

static void print_line(const char *name, int64_t best_us, int64_t count)
{
    printf("%-44s %7.1f ns\n", name, (double)best_us * 1000 / (double)count);
}

/* ---- Requests ---- */

static int64_t parse_all(struct bytes input, size_t piece)
{
    struct resp_limits limits = {1024 * 1024, 512 * 1024 * 1024, true};
    struct resp_parser parser = {0};
    struct resp_args args = {0};
    struct resp_outcome outcome;
    int64_t start = clock_mono_us();
    for (int repeat = 0; repeat < REPEATS; repeat++) {
        size_t at = 0, seen = piece < input.len ? piece : input.len;
        args.count = 0;
        while (at < input.len) {
            switch (resp_parse(&parser, bytes_make(input.data + at, seen - at), &limits, &args, &outcome)) {
            case RESP_REQUEST:
                at += outcome.consumed;
                break;
            case RESP_MORE:
                seen = input.len - seen > piece ? seen + piece : input.len;
                break;
            default:
                give_up("a request was refused");
            }
        }
    }
    start = clock_mono_us() - start;
    resp_args_clear(&args);
    return start;
}

static void bench_requests(const char *name, const char *request, size_t piece)
{
    struct buf input = {0};
    int64_t best = INT64_MAX;
    for (int i = 0; i < PIPELINE; i++)
        buf_append_text(&input, request);
    for (int round = 0; round < ROUNDS; round++) {
        int64_t taken = parse_all(buf_bytes(&input), piece);
        best = taken < best ? taken : best;
    }
    print_line(name, best, (int64_t)REPEATS * PIPELINE);
    buf_clear(&input);
}

static void bench_parsing(void)
{
    char get[128], setex[512], set[20000];
    (void)snprintf(get, sizeof get, "*2\r\n$3\r\nGET\r\n$49\r\nsession:%.41s\r\n", value);
    (void)snprintf(setex, sizeof setex,
                   "*4\r\n$5\r\nSETEX\r\n$49\r\nsession:%.41s\r\n$4\r\n1800\r\n$256\r\n%.256s\r\n", value,
                   value);
    (void)snprintf(set, sizeof set, "*3\r\n$3\r\nSET\r\n$49\r\nsession:%.41s\r\n$16000\r\n%.16000s\r\n",
                   value, value);
    bench_requests("parse PING", "*1\r\n$4\r\nPING\r\n", SIZE_MAX);
    bench_requests("parse GET, 49-byte key", get, SIZE_MAX);
    bench_requests("parse SETEX, 49-byte key, 256-byte value", setex, SIZE_MAX);
    bench_requests("parse SET, 16000-byte value", set, SIZE_MAX);
    bench_requests("parse SETEX, in pieces of 100 bytes", setex, 100);
}

/* ---- Replies ---- */

static void write_ok(struct reply *reply)
{
    reply_ok(reply);
}

static void write_null(struct reply *reply)
{
    reply_null(reply);
}

static void write_int(struct reply *reply)
{
    reply_int(reply, 1);
}

static void write_long_int(struct reply *reply)
{
    reply_int(reply, 1234567890);
}

static void write_bulk_256(struct reply *reply)
{
    reply_bulk(reply, bytes_make(value, 256));
}

static void write_bulk_16(struct reply *reply)
{
    reply_bulk(reply, bytes_make(value, 16));
}

static void write_bulk_10000(struct reply *reply)
{
    reply_bulk(reply, bytes_make(value, 10000));
}

static void write_array(struct reply *reply)
{
    reply_array(reply, 3);
    for (int i = 0; i < 3; i++)
        reply_bulk(reply, bytes_make(value, 16));
}

static void write_array_later(struct reply *reply)
{
    struct reply_mark later = reply_later(reply);
    for (int i = 0; i < 3; i++)
        reply_bulk(reply, bytes_make(value, 16));
    reply_later_done(reply, later, '*', 3);
}

static void write_double(struct reply *reply)
{
    reply_double(reply, 3.14159);
}

static struct blob *blob;

static void write_blob(struct reply *reply)
{
    reply_bulk_blob(reply, blob, 0, blob->len);
}

static void write_message(struct reply *reply)
{
    reply_message(reply, blob);
}

/* `batch` replies are written, gathered and taken as sent, as the tick does. */
static void bench_replies(const char *name, void (*write_one)(struct reply *reply), int batch)
{
    struct reply_pool *pool = reply_pool_new();
    int64_t best = INT64_MAX;
    struct reply reply;
    reply_init(&reply, pool);
    for (int round = 0; round < ROUNDS; round++) {
        int64_t start = clock_mono_us();
        for (int repeat = 0; repeat < REPEATS / batch * 4; repeat++) {
            struct iovec vectors[64];
            for (int i = 0; i < batch; i++)
                write_one(&reply);
            if (reply_gather(&reply, vectors, 64) == 0)
                give_up("nothing to send");
            reply_sent(&reply, reply_pending(&reply));
        }
        start = clock_mono_us() - start;
        best = start < best ? start : best;
    }
    print_line(name, best, (int64_t)(REPEATS / batch * 4) * batch);
    reply_pool_free(pool);
}

static void bench_writing(void)
{
    blob = blob_of(bytes_make(value, 50000));
    bench_replies("reply OK, one a tick", write_ok, 1);
    bench_replies("reply OK", write_ok, PIPELINE);
    bench_replies("reply null", write_null, PIPELINE);
    bench_replies("reply 1", write_int, PIPELINE);
    bench_replies("reply 1234567890", write_long_int, PIPELINE);
    bench_replies("reply double", write_double, PIPELINE);
    bench_replies("reply 16 bytes", write_bulk_16, PIPELINE);
    bench_replies("reply 256 bytes, one a tick", write_bulk_256, 1);
    bench_replies("reply 256 bytes", write_bulk_256, PIPELINE);
    bench_replies("reply 10000 bytes", write_bulk_10000, PIPELINE);
    bench_replies("reply array of 3 x 16 bytes", write_array, PIPELINE);
    bench_replies("the same, counted later", write_array_later, PIPELINE);
    bench_replies("reply blob of 50000 bytes", write_blob, PIPELINE);
    bench_replies("reply message of 50000 bytes", write_message, PIPELINE);
    blob_unref(blob);
}

int main(void)
{
    for (size_t i = 0; i < sizeof value; i++)
        value[i] = (char)('a' + i % 26);
    bench_parsing();
    bench_writing();
    return 0;
}
