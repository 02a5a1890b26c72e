/* SPDX-License-Identifier: BSD-3-Clause */
/* A line for each command, built once for all monitors:
 *
 *     +1339518083.107412 [0 127.0.0.1:60866] "keys" "*"
 */
#include "engine/monitor.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "client_part.h"
#include "config/config.h"
#include "engine/secret.h"

/* For a time, a database and an address. */
enum { ORIGIN_ROOM = 256 };

/* There are few, and all are walked at every command. */
struct monitors {
    size_t count, capacity;
    struct client **clients;
};

void monitor_add(struct client *client)
{
    struct server *server = client->server;
    if (!server->monitors)
        server->monitors = mem_zalloc(sizeof *server->monitors);
    struct monitors *monitors = server->monitors;
    if (monitors->count == monitors->capacity) {
        monitors->capacity = monitors->capacity ? monitors->capacity * 2 : 4;
        monitors->clients = mem_realloc(monitors->clients, monitors->capacity * sizeof(struct client *));
    }
    monitors->clients[monitors->count++] = client;
    client->flags |= CLIENT_MONITOR;
}

void monitor_remove(struct client *client)
{
    struct monitors *monitors = client->server->monitors;
    if (!(client->flags & CLIENT_MONITOR))
        return;
    client->flags &= ~(uint32_t)CLIENT_MONITOR;
    size_t index = 0;
    while (monitors->clients[index] != client)
        index++;
    monitors->clients[index] = monitors->clients[--monitors->count];
    if (monitors->count > 0)
        return;
    mem_free(monitors->clients);
    mem_free(monitors);
    client->server->monitors = NULL;
}

static void describe_origin(const struct call *call, struct buf *line)
{
    struct client *client = call->client;
    int64_t now_us = clock_wall_us();
    buf_printf(line, "+%lld.%06d [%d ", (long long)(now_us / 1000000), (int)(now_us % 1000000),
               client->database);
    if (client->conn.is_unix)
        buf_printf(line, "unix:%s]", call->server->config->unixsocket);
    else
        buf_printf(line, "%s]", client_peer_name(client));
}

static void describe_command(const struct call *call, struct buf *line)
{
    for (int i = 0; i < call->argc; i++) {
        bool is_secret = argument_is_secret(call->command, call->argv, i);
        buf_append_char(line, ' ');
        buf_append_quoted(line, is_secret ? REDACTED : call->argv[i]);
    }
}

/* No byte takes more than \xHH. */
static bool make_room(const struct call *call, struct buf *line)
{
    size_t size = ORIGIN_ROOM;
    for (int i = 0; i < call->argc; i++)
        size += 4 * call->argv[i].len + sizeof " \"\"";
    return buf_try_reserve(line, size);
}

static struct blob *print_line(const struct call *call)
{
    struct buf line = {0};
    if (!make_room(call, &line))
        return NULL;
    describe_origin(call, &line);
    describe_command(call, &line);
    buf_append_text(&line, "\r\n");
    struct blob *blob = blob_try_of(buf_bytes(&line));
    buf_clear(&line);
    return blob;
}

/* `line` NULL: there was no memory for it. */
static void send_line(const struct monitors *monitors, struct blob *line)
{
    for (size_t i = 0; i < monitors->count; i++) {
        struct client *monitor = monitors->clients[i];
        if (client_is_closing(monitor) || (monitor->flags & (CLIENT_REPLY_OFF | CLIENT_REPLY_SKIP)))
            continue;
        if (!line) {
            client_close_unpushed(monitor);
            continue;
        }
        reply_message(client_push(monitor), line);
        client_wants_write(monitor);
        client_check_output_limit(monitor);
    }
}

void monitors_show_first(const struct call *call)
{
    struct blob *blob = print_line(call);
    send_line(call->server->monitors, blob);
    blob_unref(blob);
}

void monitors_show(const struct call *call)
{
    if (!(call->command->row->flags & (COMMAND_ADMIN | COMMAND_SKIP_MONITOR)))
        monitors_show_first(call);
}

static void describe(const struct client *client, struct client_description *description)
{
    if (client->flags & CLIENT_MONITOR)
        description->letters |= client_letter('O');
}

const struct client_part monitor_part = {
    .reset = monitor_remove, .free = monitor_remove, .describe = describe};
