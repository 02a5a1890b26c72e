/* SPDX-License-Identifier: BSD-3-Clause */
/* The library's side: connections, requests in and answers out.
 *
 * The library reads and writes inside of loop_wait, one request a connection at a time. What that can cost is
 * bounded from all sides: so many connections, so large a request, so many answers and TLS handshakes a
 * second; what comes faster waits, unread or unaccepted. */
#include "http/http.h"
#include "answer.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/panic.h"
#include "connections.h"
#include "engine/cron.h"
#include "entrance.h"
#include "net/tls.h"
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <stdio.h>

enum {
    SWEEP_PERIOD_MS = 100,
    /* TLS connections at a time that aren't open yet: as many handshakes may fall into one turn. */
    SHAKING_MAX = 4,
};

/* So many in the long run, over all connections; some more at once after a pause. */
struct allowance {
    double per_second, at_once;
    double left;
    int64_t refilled_us; /* monotonic: when `left` was true */
};
static const struct allowance answer_allowance = {.per_second = 100, .at_once = 50};
/* One takes 0.2 ms with a key on P-256, 0.4 with RSA of 2048 bits, 4 of a helper with RSA of 4096 bits. */
static const struct allowance handshake_allowance = {.per_second = 10, .at_once = 10};

/* How often somebody gives way to one who comes. It takes as long for all places to be taken by others: in
 * that time a request must have come. */
static const struct allowance exchange_allowance = {.per_second = 100, .at_once = HTTP_CONNECTIONS_MAX};

struct http {
    struct server *server;
    struct entrance plain, secure;
    struct tls *tls; /* what `secure` shows; NULL: it is closed */
    struct connections connections;
    struct site site;
    struct history *history; /* NULL until it listens */
    struct cron_task task;
    struct slice_job scrape_job; /* makes the text of /metrics; while it runs, who is there waits */
    struct allowance answers, handshakes, exchanges;
};

static struct allowance allowance_begin(struct allowance allowance)
{
    allowance.left = allowance.at_once;
    allowance.refilled_us = clock_mono_us();
    return allowance;
}

static void refill(struct allowance *allowance)
{
    int64_t now_us = clock_mono_us();
    allowance->left += (double)(now_us - allowance->refilled_us) * allowance->per_second / 1e6;
    if (allowance->left > allowance->at_once)
        allowance->left = allowance->at_once;
    allowance->refilled_us = now_us;
}

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
    http->answers.left--;
    answer(&http->site, &request, &response);
    size_t len = response.asset.data ? response.asset.len : response.body.len;
    add_headers(evhttp_request_get_output_headers(from), &response, len);
    bool has_body = request.method != HTTP_METHOD_HEAD;
    if (has_body && !add_body(evhttp_request_get_output_buffer(from), &response))
        response.code = HTTP_SERVUNAVAIL;
    evhttp_request_set_on_complete_cb(from, answer_sent, connection);
    evhttp_send_reply(from, response.code, NULL, NULL);
    /* A peer that sends nothing more may still want its answer; the library takes that for its end. It reads
     * on by itself when the answer is gone. */
    (void)bufferevent_disable(connection->bufferevent, EV_READ);
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

static void answer_waiting(struct http *http)
{
    struct list *waiting = &http->connections.waiting;
    refill(&http->answers);
    while (http->answers.left >= 1 && !is_scraping(http) && !list_is_empty(waiting)) {
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
    if (!connection) {
        /* There was no memory for it, and the library made a plain one. */
        evhttp_connection_free(peer);
        return;
    }
    connection_wait(&http->connections, connection, request);
    answer_waiting(http);
}

/* ---- who comes in ---- */

static bool may_shake_another(const struct http *http)
{
    return http->handshakes.left >= 1 && connections_shaking(&http->connections) < SHAKING_MAX;
}

/* Keeps a place free for the next one. False when none is to be had for the moment. */
static bool keep_room(struct http *http)
{
    if (http->connections.count < HTTP_CONNECTIONS_MAX)
        return true;
    refill(&http->exchanges);
    if (http->exchanges.left < 1 || !connections_make_room(&http->connections, clock_mono_us()))
        return false;
    http->exchanges.left--;
    return true;
}

/* Who may not come in now knocks again at the next look_after. */
static void guard(struct http *http)
{
    bool has_room = keep_room(http);
    if (!has_room)
        entrance_rest(&http->plain);
    if (!has_room || !may_shake_another(http))
        entrance_rest(&http->secure);
}

static struct bufferevent *plain_came(struct event_base *base, void *context)
{
    struct http *http = context;
    (void)base;
    struct bufferevent *bufferevent = connections_add(&http->connections, NULL);
    guard(http);
    return bufferevent;
}

static struct bufferevent *secure_came(struct event_base *base, void *context)
{
    struct http *http = context;
    (void)base;
    ASSERT(http->tls);
    struct bufferevent *bufferevent = connections_add(&http->connections, http->tls);
    http->handshakes.left--;
    guard(http);
    return bufferevent;
}

static void look_after(struct server *server)
{
    struct http *http = server->http;
    if (http->history)
        history_run(http->history);
    connections_sweep(&http->connections, clock_mono_us());
    answer_waiting(http);
    refill(&http->handshakes);
    if (connections_shaking(&http->connections) >= SHAKING_MAX)
        http->handshakes.left += connections_hurry(&http->connections, clock_mono_us());
    bool has_room = keep_room(http);
    if (has_room)
        entrance_resume(&http->plain);
    if (has_room && may_shake_another(http))
        entrance_resume(&http->secure);
}

/* ---- where ---- */

static bool open_doors(struct http *http, struct error *error)
{
    const struct config *config = http->server->config;
    if (config->http_tls_port != 0 && !http->tls) {
        error_set(error, "there is no certificate for http-tls-port");
        return false;
    }
    return entrance_open_tcp(&http->plain, &config->http_bind, config->http_port, error) &&
           entrance_open_tcp(&http->secure, &config->http_bind, config->http_tls_port, error) &&
           (!config->http_unixsocket || entrance_open_unix(&http->plain, config->http_unixsocket,
                                                           (unsigned)config->http_unixsocketperm, error));
}

static void close_doors(struct http *http)
{
    entrance_close(&http->plain);
    entrance_close(&http->secure);
}

bool http_listen(struct http *http, struct error *error)
{
    close_doors(http);
    if (!open_doors(http, error)) {
        close_doors(http);
        return false;
    }
    bool listens = !list_is_empty(&http->plain.doors) || !list_is_empty(&http->secure.doors);
    if (listens && !http->history)
        http->site.history = http->history = history_new(http->server);
    return true;
}

void http_use_tls(struct http *http, struct tls *tls)
{
    if (!tls)
        entrance_close(&http->secure);
    tls_free(http->tls);
    http->tls = tls;
}

bool http_is_sending(const struct http *http)
{
    return http && connections_are_sending(&http->connections);
}

bool http_has_tls(const struct http *http)
{
    return http->tls;
}

/* ---- life ---- */

struct http *http_new(struct server *server)
{
    struct http *http = mem_zalloc(sizeof *http);
    const struct entrance_calls plain = {plain_came, request_came, http},
                                secure = {secure_came, request_came, http};
    if (!entrance_init(&http->plain, server->loop, &plain) ||
        !entrance_init(&http->secure, server->loop, &secure)) {
        entrance_clear(&http->plain);
        mem_free(http);
        return NULL;
    }
    http->server = server;
    http->site.server = server;
    http->answers = allowance_begin(answer_allowance);
    http->handshakes = allowance_begin(handshake_allowance);
    http->exchanges = allowance_begin(exchange_allowance);
    http->scrape_job = (struct slice_job){.name = "metrics", .run = scrape_slice};
    list_init(&http->scrape_job.link);
    connections_init(&http->connections, server->loop);
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
    entrance_clear(&http->plain);
    entrance_clear(&http->secure);
    connections_clear(&http->connections);
    tls_free(http->tls);
    history_free(http->history);
    scrape_clear(&http->site.scrape);
    http->server->http = NULL;
    mem_free(http);
}
