/* SPDX-License-Identifier: BSD-3-Clause */
/* The library's side: listeners, connections, requests in and answers out.
 *
 * The library reads and writes inside of loop_wait, one request a connection at a time. What that can cost is bounded from all
 * sides: so many connections, so large a request, so many answers a second; what comes faster waits, unread. */
#include "http/http.h"
#include "answer.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "connections.h"
#include "engine/cron.h"
#include "net/listener.h"
#include "net/loop.h"
#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <stdio.h>
#include <unistd.h>

enum {
    HEADERS_MAX = 8192, /* bytes of the request line and headers */
    BODY_MAX = 1024,    /* nobody needs to send one */
    SILENCE_MAX_S = 60,
    BACKLOG = 64,
    SWEEP_PERIOD_MS = 100,
    ANSWERS_PER_SECOND = 100, /* in the long run, over all connections */
    ANSWERS_AT_ONCE = 50,     /* after a pause */
};

/* Names of methods that the library doesn't know count as one of these, too. */
#define ALL_METHODS 0xffff

struct door {
    struct list link;
    struct listener *listener;
    struct evhttp_bound_socket *bound;
};

struct http {
    struct server *server;
    struct evhttp *library;
    struct list doors;
    struct connections connections;
    struct site site;
    struct history *history; /* NULL until it listens */
    struct cron_task task;
    struct slice_job scrape_job; /* makes the text of /metrics; while it runs, who is there waits */
    double answers_left;
    int64_t refilled_us; /* monotonic: when answers_left was true */
};

/* ---- answers ---- */

/* No page of another site may read, frame or script this one, and nothing comes from anywhere else. */
static const struct {
    const char *name, *value;
} common_headers[] = {
    {"Cache-Control", "no-store"},
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
     "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Referrer-Policy", "no-referrer"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
};

static struct bytes bytes_or_empty(const char *text)
{
    return text ? bytes_of(text) : BYTES("");
}

static struct http_request read_request(struct evhttp_request *from)
{
    const struct evkeyvalq *headers = evhttp_request_get_input_headers(from);
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(from);
    enum evhttp_cmd_type method = evhttp_request_get_command(from);
    struct http_request request = {
        .method = method == EVHTTP_REQ_GET    ? HTTP_METHOD_GET
                  : method == EVHTTP_REQ_HEAD ? HTTP_METHOD_HEAD
                                              : HTTP_METHOD_OTHER,
        .authorization = bytes_or_empty(evhttp_find_header(headers, "Authorization")),
        .path = bytes_or_empty(uri ? evhttp_uri_get_path(uri) : NULL),
        .query = bytes_or_empty(uri ? evhttp_uri_get_query(uri) : NULL),
        .must_have_host = from->major == 1 && from->minor >= 1,
    };
    const struct evkeyval *header;
    for (header = headers->tqh_first; header; header = header->next.tqe_next) {
        if (bytes_is_nocase(BYTES("host"), header->key)) {
            request.host = bytes_of(header->value);
            request.host_count++;
        }
    }
    return request;
}

static void answer_sent(struct evhttp_request *request, void *context)
{
    (void)request;
    connection_idle(context);
}

/* The body stays where it is: what the library frees is a copy, what it only reads is lent for ever. */
static bool add_body(struct evbuffer *output, const struct http_response *response)
{
    if (response->asset.data)
        return evbuffer_add_reference(output, response->asset.data, response->asset.len, NULL, NULL) == 0;
    return evbuffer_add(output, response->body.data, response->body.len) == 0;
}

static void add_headers(struct evkeyvalq *headers, const struct http_response *response, size_t len)
{
    char number[24];
    (void)snprintf(number, sizeof number, "%zu", len);
    (void)evhttp_add_header(headers, "Content-Type", response->type);
    (void)evhttp_add_header(headers, "Content-Length", number);
    for (size_t i = 0; i < sizeof common_headers / sizeof common_headers[0]; i++)
        (void)evhttp_add_header(headers, common_headers[i].name, common_headers[i].value);
    if (response->allow)
        (void)evhttp_add_header(headers, "Allow", response->allow);
    if (response->challenge)
        (void)evhttp_add_header(headers, "WWW-Authenticate", response->challenge);
}

static void give_answer(struct http *http, struct http_connection *connection, struct evhttp_request *from)
{
    struct http_request request = read_request(from);
    struct http_response response = {.code = 0};
    connection_answering(connection, http->server->clock.mono_us);
    http->answers_left--;
    answer(&http->site, &request, &response);
    size_t len = response.asset.data ? response.asset.len : response.body.len;
    add_headers(evhttp_request_get_output_headers(from), &response, len);
    bool has_body = request.method != HTTP_METHOD_HEAD;
    if (has_body && !add_body(evhttp_request_get_output_buffer(from), &response))
        response.code = HTTP_SERVUNAVAIL;
    evhttp_request_set_on_complete_cb(from, answer_sent, connection);
    evhttp_send_reply(from, response.code, NULL, NULL);
    buf_clear(&response.body);
}

/* ---- whose turn it is ---- */

static bool is_scraping(const struct http *http)
{
    return !list_is_unlinked(&http->scrape_job.link);
}

/* Begins what the answer must wait for, and returns false then. */
static bool prepare(struct http *http, struct evhttp_request *from)
{
    struct http_request request = read_request(from);
    clock_update(&http->server->clock);
    if (answer_is_prepared(&http->site, &request))
        return true;
    slices_add(&http->server->slices, &http->scrape_job);
    return false;
}

static void refill(struct http *http)
{
    int64_t now_us = clock_mono_us();
    http->answers_left += (double)(now_us - http->refilled_us) * ANSWERS_PER_SECOND / 1e6;
    if (http->answers_left > ANSWERS_AT_ONCE)
        http->answers_left = ANSWERS_AT_ONCE;
    http->refilled_us = now_us;
}

static void answer_waiting(struct http *http)
{
    struct list *waiting = &http->connections.waiting;
    refill(http);
    while (http->answers_left >= 1 && !is_scraping(http) && !list_is_empty(waiting)) {
        struct http_connection *connection = LIST_ENTRY(waiting->next, struct http_connection, waiting);
        if (!prepare(http, connection->request))
            return;
        give_answer(http, connection, connection->request);
    }
}

/* The answers go out in the next turn, as all of them do. */
static bool scrape_slice(struct slice_job *job, int64_t budget_us)
{
    struct http *http = LIST_ENTRY(job, struct http, scrape_job);
    const struct server *server = http->server;
    if (!scrape_run(&http->site.scrape, server->metrics, server->clock.mono_us, budget_us))
        return false;
    slices_remove(job);
    answer_waiting(http);
    return true;
}

static void request_came(struct evhttp_request *request, void *context)
{
    struct http *http = context;
    struct evhttp_connection *peer = evhttp_request_get_connection(request);
    struct http_connection *connection =
        connections_find(&http->connections, evhttp_connection_get_bufferevent(peer));
    connection_wait(&http->connections, connection, request);
    answer_waiting(http);
}

/* ---- the doors ---- */

/* No more connections for the moment; the next look_after goes on if it can. */
static void rest(struct http *http)
{
    LIST_EACH(link, &http->doors) {
        (void)evconnlistener_disable(
            evhttp_bound_socket_get_listener(LIST_ENTRY(link, struct door, link)->bound));
    }
}

static void resume(struct http *http)
{
    LIST_EACH(link, &http->doors) {
        (void)evconnlistener_enable(
            evhttp_bound_socket_get_listener(LIST_ENTRY(link, struct door, link)->bound));
    }
}

/* Out of descriptors: trying again at once would be all that the loop does. */
static void accept_failed(struct evconnlistener *listener, void *context)
{
    (void)context;
    (void)evconnlistener_disable(listener);
}

static struct bufferevent *connection_came(struct event_base *base, void *context)
{
    struct http *http = context;
    struct bufferevent *bufferevent = connections_add(&http->connections, base);
    if (http->connections.count >= HTTP_CONNECTIONS_MAX)
        rest(http);
    return bufferevent;
}

static void look_after(struct server *server)
{
    struct http *http = server->http;
    if (http->history)
        history_run(http->history);
    connections_sweep(&http->connections, clock_mono_us());
    answer_waiting(http);
    if (http->connections.count < HTTP_CONNECTIONS_MAX)
        resume(http);
}

static void close_door(struct http *http, struct door *door)
{
    if (door->bound)
        evhttp_del_accept_socket(http->library, door->bound);
    list_remove(&door->link);
    listener_close(door->listener);
    mem_free(door);
}

static void close_doors(struct http *http)
{
    while (!list_is_empty(&http->doors))
        close_door(http, LIST_ENTRY(http->doors.next, struct door, link));
}

/* Takes over the listener, which is NULL when it couldn't be opened. */
static bool open_door(struct http *http, struct listener *listener, struct error *error)
{
    if (!listener)
        return false;
    struct door *door = mem_zalloc(sizeof *door);
    door->listener = listener;
    list_append(&http->doors, &door->link);
    int fd = listener_hand_over(listener);
    if (fd >= 0)
        door->bound = evhttp_accept_socket_with_handle(http->library, fd);
    if (!door->bound) {
        error_set(error, "the event loop can't take it");
        if (fd >= 0)
            (void)close(fd);
        close_door(http, door);
        return false;
    }
    evconnlistener_set_error_cb(evhttp_bound_socket_get_listener(door->bound), accept_failed);
    return true;
}

static bool open_tcp(struct http *http, struct error *error)
{
    const struct config *config = http->server->config;
    for (size_t i = 0; config->http_port != 0 && i < config->http_bind.count; i++) {
        const char *address = config->http_bind.items[i];
        bool is_optional = *address == '-', is_unavailable = false;
        struct listener *listener = listener_open_tcp(http->server->loop, address + is_optional,
                                                      config->http_port, BACKLOG, &is_unavailable, error);
        if ((listener || !is_optional || !is_unavailable) && !open_door(http, listener, error)) {
            log_warning("Warning: Could not create HTTP listening socket %s:%d: %s", address + is_optional,
                        config->http_port, error->text);
            return false;
        }
    }
    return true;
}

static bool open_unix(struct http *http, struct error *error)
{
    const struct config *config = http->server->config;
    if (!config->http_unixsocket)
        return true;
    struct listener *listener = listener_open_unix(http->server->loop, config->http_unixsocket,
                                                   (unsigned)config->http_unixsocketperm, BACKLOG, error);
    if (open_door(http, listener, error))
        return true;
    log_warning("Failed opening HTTP unix socket: %s", error->text);
    return false;
}

bool http_listen(struct http *http, struct error *error)
{
    close_doors(http);
    if (!open_tcp(http, error) || !open_unix(http, error)) {
        close_doors(http);
        return false;
    }
    if (!list_is_empty(&http->doors) && !http->history)
        http->site.history = http->history = history_new(http->server);
    return true;
}

/* ---- life ---- */

struct http *http_new(struct server *server)
{
    struct evhttp *library = evhttp_new(loop_event_base(server->loop));
    if (!library)
        return NULL;
    struct http *http = mem_zalloc(sizeof *http);
    http->server = server;
    http->library = library;
    http->site.server = server;
    http->answers_left = ANSWERS_AT_ONCE;
    http->refilled_us = clock_mono_us();
    list_init(&http->doors);
    http->scrape_job = (struct slice_job){.name = "metrics", .run = scrape_slice};
    list_init(&http->scrape_job.link);
    connections_init(&http->connections);
    evhttp_set_max_headers_size(library, HEADERS_MAX);
    evhttp_set_max_body_size(library, BODY_MAX);
    evhttp_set_timeout(library, SILENCE_MAX_S);
    evhttp_set_allowed_methods(library, ALL_METHODS);
    evhttp_set_default_content_type(library, NULL);
    evhttp_set_bevcb(library, connection_came, http);
    evhttp_set_gencb(library, request_came, http);
    http->task = (struct cron_task){.name = "http", .period_ms = SWEEP_PERIOD_MS, .run = look_after};
    server->http = http;
    cron_add(server, &http->task);
    return http;
}

void http_free(struct http *http)
{
    if (!http)
        return;
    list_remove(&http->task.link);
    slices_remove(&http->scrape_job);
    close_doors(http);
    evhttp_free(http->library);
    connections_clear(&http->connections);
    history_free(http->history);
    scrape_clear(&http->site.scrape);
    http->server->http = NULL;
    mem_free(http);
}
