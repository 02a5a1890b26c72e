/* SPDX-License-Identifier: BSD-3-Clause */
/* What there is to ask for, one row each. What is refused is refused in this order: method, host, path,
 * token. */
#include "answer.h"
#include "assets.h"
#include "base/digest.h"
#include "health.h"
#include "host.h"
#include "live.h"

#define TYPE_JSON    "application/json"
#define TYPE_TEXT    "text/plain; charset=utf-8"
#define TYPE_METRICS "text/plain; version=0.0.4; charset=utf-8"

enum {
    CODE_OK = 200,
    CODE_BAD_REQUEST = 400,
    CODE_UNAUTHORIZED = 401,
    CODE_NOT_FOUND = 404,
    CODE_METHOD_NOT_ALLOWED = 405,
    CODE_MISDIRECTED = 421,
    CODE_UNAVAILABLE = 503,
};

/* ---- refusals ---- */

static void refuse(struct http_response *response, int code, const char *text)
{
    response->code = code;
    response->type = TYPE_TEXT;
    buf_append_text(&response->body, text);
    buf_append_char(&response->body, '\n');
}

/* Takes as long whether much or little of the token is right, and whatever its length. */
static bool is_authorized(const struct config_secret *token, struct bytes authorization)
{
    static const struct bytes scheme = {"bearer ", 7};
    unsigned char wanted[SHA256_SIZE], shown[SHA256_SIZE];
    if (!token->data)
        return true;
    if (authorization.len < scheme.len ||
        !bytes_equal_nocase(bytes_make(authorization.data, scheme.len), scheme))
        return false;
    digest_sha256(bytes_make(token->data, token->len), wanted);
    digest_sha256(bytes_make(authorization.data + scheme.len, authorization.len - scheme.len), shown);
    return digest_equal(wanted, shown, SHA256_SIZE);
}

/* ---- answers ---- */

static void answer_health(struct site *site, const struct http_request *request,
                          struct http_response *response)
{
    struct json json = json_begin(&response->body);
    const struct server *server = site->server;
    (void)request;
    response->type = TYPE_JSON;
    json_open(&json, NULL, '{');
    json_text(&json, "status", BYTES("alive"));
    json_text(&json, "version", BYTES(SESSIOND_VERSION));
    json_integer(&json, "uptime_seconds", (server->clock.mono_ms - server->start_mono_ms) / 1000);
    json_close(&json, '}');
}

static void answer_readiness(const struct server *server, bool is_in_role, struct http_response *response)
{
    struct json json = json_begin(&response->body);
    bool is_ready = health_is_ready(server) && is_in_role;
    response->code = is_ready ? CODE_OK : CODE_UNAVAILABLE;
    response->type = TYPE_JSON;
    json_open(&json, NULL, '{');
    json_text(&json, "status", is_ready ? BYTES("ready") : BYTES("not ready"));
    health_print(server, &json);
    json_text(&json, "role", BYTES("primary"));
    json_bool(&json, "multi_worker_support", true);
    json_close(&json, '}');
}

static void answer_ready(struct site *site, const struct http_request *request,
                         struct http_response *response)
{
    (void)request;
    answer_readiness(site->server, true, response);
}

/* Every server is a primary; nobody is sent here for a replica. */
static void answer_replica(struct site *site, const struct http_request *request,
                           struct http_response *response)
{
    (void)request;
    answer_readiness(site->server, false, response);
}

static void answer_status(struct site *site, const struct http_request *request,
                          struct http_response *response)
{
    (void)request;
    response->type = TYPE_JSON;
    live_print_status(site->server, &response->body);
}

static void answer_live(struct site *site, const struct http_request *request, struct http_response *response)
{
    response->type = TYPE_JSON;
    live_print(site->server, site->history, request->query, &response->body);
}

static void answer_metrics(struct site *site, const struct http_request *request,
                           struct http_response *response)
{
    struct scrape *scrape = &site->scrape;
    int64_t now_us = site->server->clock.mono_us;
    (void)request;
    if (!scrape_is_current(scrape, now_us))
        (void)scrape_run(scrape, site->server->metrics, now_us, INT64_MAX);
    response->type = TYPE_METRICS;
    buf_append_bytes(&response->body, buf_bytes(&scrape->text));
}

/* ---- who is asked what ---- */

static const struct route {
    const char *path;
    bool needs_token;
    void (*answer)(struct site *site, const struct http_request *request, struct http_response *response);
} routes[] = {
    {"/health", false, answer_health},
    {"/ready", false, answer_ready},
    {"/health/primary", false, answer_ready},
    {"/health/replica", false, answer_replica},
    {"/metrics", true, answer_metrics},
    {"/api/live", true, answer_live},
    {"/api/session/redis-status", true, answer_status},
};

static const struct route *find_route(struct bytes path)
{
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        if (bytes_is(path, routes[i].path))
            return &routes[i];
    }
    return NULL;
}

static const struct asset *find_asset(struct bytes path)
{
    for (size_t i = 0; i < asset_count; i++) {
        if (bytes_is(path, assets[i].path))
            return &assets[i];
    }
    return NULL;
}

/* True when the request was refused whatever it asks for. */
static bool is_refused(const struct config *config, const struct http_request *request,
                       struct http_response *response)
{
    if (request->method == HTTP_METHOD_OTHER) {
        response->allow = "GET, HEAD";
        refuse(response, CODE_METHOD_NOT_ALLOWED, "Only GET and HEAD are answered.");
        return true;
    }
    if (request->host_count > 1 || (request->host_count == 0 && request->must_have_host)) {
        refuse(response, CODE_BAD_REQUEST, "A request names its host, once.");
        return true;
    }
    if (request->host_count == 1 && !host_is_allowed(request->host, config->http_hosts)) {
        refuse(response, CODE_MISDIRECTED,
               "This name isn't mine. Call me by address or as localhost, or name me in http-hosts.");
        return true;
    }
    return false;
}

bool answer_is_prepared(const struct site *site, const struct http_request *request)
{
    const struct route *route = find_route(request->path);
    return !route || route->answer != answer_metrics ||
           scrape_is_current(&site->scrape, site->server->clock.mono_us);
}

void answer(struct site *site, const struct http_request *request, struct http_response *response)
{
    const struct config *config = site->server->config;
    const struct asset *asset;
    const struct route *route;
    response->code = CODE_OK;
    if (is_refused(config, request, response))
        return;
    if ((asset = find_asset(request->path))) {
        response->type = asset->type;
        response->asset = bytes_make(asset->data, asset->len);
        return;
    }
    if (!(route = find_route(request->path))) {
        refuse(response, CODE_NOT_FOUND, "There is nothing here.");
        return;
    }
    if (route->needs_token && !is_authorized(&config->http_token, request->authorization)) {
        response->challenge = "Bearer";
        refuse(response, CODE_UNAUTHORIZED, "This asks for a token: Authorization: Bearer ...");
        return;
    }
    route->answer(site, request, response);
    /* People ask from a terminal. */
    if (response->body.data[response->body.len - 1] != '\n')
        buf_append_char(&response->body, '\n');
}
