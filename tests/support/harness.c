/* SPDX-License-Identifier: BSD-3-Clause */
/* A server without a way out: bytes go in through client_feed and come out of the clients' replies. */
#include "support/harness.h"
#include "base/alloc.h"
#include "base/panic.h"
#include "commands/families.h"
#include "engine/client_io.h"
#include "engine/tick.h"
#include "support/reply_text.h"
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* Far more than any test needs: work that never ends is a failure. */
#define TICKS_MAX 100000
#define ARGS_MAX  32

static void set_clock(struct clock *clock, int64_t mono_ms)
{
    clock->mono_ms = mono_ms;
    clock->mono_us = mono_ms * 1000;
    clock->wall_ms = mono_ms + clock->wall_offset_ms;
}

struct harness *harness_new(void)
{
    struct harness *harness = mem_zalloc(sizeof *harness);
    struct server *server = server_new(config_new(), command_families, command_family_count);
    server->clock.is_manual = true;
    server->clock.wall_offset_ms = HARNESS_WALL_MS - HARNESS_MONO_MS;
    set_clock(&server->clock, HARNESS_MONO_MS);
    server->start_mono_ms = server->clock.mono_ms;
    server->start_wall_ms = server->clock.wall_ms;
    server->save.last_save_wall_ms = server->start_wall_ms;
    session_stats_clear(server->sessions);
    session_stats_init(server->sessions, HARNESS_MONO_MS);
    harness->server = server;
    harness->client = harness_client(harness);
    return harness;
}

void harness_free(struct harness *harness)
{
    server_free(harness->server);
    buf_clear(&harness->replies);
    mem_free(harness);
}

struct client *harness_client(struct harness *harness)
{
    struct client *client = client_new_internal(harness->server);
    ASSERT(harness->client_count < HARNESS_CLIENTS_MAX);
    harness->clients[harness->client_count++] = client;
    return client;
}

void harness_run(struct harness *harness)
{
    struct server *server = harness->server;
    int ticks = 0;
    do {
        tick(server, 0);
        ASSERT(++ticks < TICKS_MAX);
    } while (!list_is_empty(&server->runnable) || !list_is_empty(&server->slices.jobs));
}

void harness_advance(struct harness *harness, int64_t ms)
{
    set_clock(&harness->server->clock, harness->server->clock.mono_ms + ms);
    harness_run(harness);
}

struct bytes harness_replies(struct harness *harness, struct client *client)
{
    harness->replies.len = 0;
    reply_text_drain(&client->reply, SIZE_MAX, &harness->replies);
    return buf_bytes(&harness->replies);
}

struct bytes harness_feed(struct harness *harness, struct client *client, struct bytes input)
{
    client_feed(client, input);
    harness_run(harness);
    return harness_replies(harness, client);
}

struct bytes harness_send_as(struct harness *harness, struct client *client, const char *line)
{
    struct buf input = {0};
    struct bytes reply;
    buf_append_text(&input, line);
    buf_append_text(&input, "\r\n");
    reply = harness_feed(harness, client, buf_bytes(&input));
    buf_clear(&input);
    return reply;
}

struct bytes harness_send(struct harness *harness, const char *line)
{
    return harness_send_as(harness, harness->client, line);
}

struct bytes harness_request_bytes(struct harness *harness, struct client *client, int argc,
                                   const struct bytes *argv)
{
    struct buf input = {0};
    struct bytes reply;
    buf_printf(&input, "*%d\r\n", argc);
    for (int i = 0; i < argc; i++) {
        buf_printf(&input, "$%zu\r\n", argv[i].len);
        buf_append_bytes(&input, argv[i]);
        buf_append_text(&input, "\r\n");
    }
    reply = harness_feed(harness, client, buf_bytes(&input));
    buf_clear(&input);
    return reply;
}

struct bytes harness_request(struct harness *harness, int argc, ...)
{
    struct bytes argv[ARGS_MAX];
    va_list args;
    ASSERT(argc <= ARGS_MAX);
    va_start(args, argc);
    for (int i = 0; i < argc; i++)
        argv[i] = bytes_of(va_arg(args, const char *));
    va_end(args);
    return harness_request_bytes(harness, harness->client, argc, argv);
}

void harness_assert(struct bytes reply, struct bytes expected, const char *request, const char *file,
                    int line)
{
    struct buf message = {0};
    if (bytes_equal(reply, expected))
        return;
    buf_printf(&message, "%s\n    expected ", request);
    buf_append_quoted(&message, expected);
    buf_append_text(&message, "\n    received ");
    buf_append_quoted(&message, reply);
    print_error("%s\n", buf_cstring(&message));
    buf_clear(&message);
    _fail(file, line);
}

int harness_setup(void **state)
{
    *state = harness_new();
    return 0;
}

int harness_teardown(void **state)
{
    harness_free(*state);
    return 0;
}
