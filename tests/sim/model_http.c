/* SPDX-License-Identifier: BSD-3-Clause */
/* Answers by HTTP: what is said of readiness and counts is the model's, at the moment when it is said. */
#include "model_http.h"
#include "base/number.h"
#include "clocks.h"
#include "engine/server.h"
#include "http/answer.h"
#include "http/assets.h"
#include "model_metrics.h"
#include "model_tables.h"
#include "reality.h"
#include "world.h"
#include <string.h>

static int64_t start_ms;
static const struct server *server; /* that is asked */

void model_http_begin(void)
{
    start_ms = clocks_now_us() / 1000;
}

/* Where it begins; the length when it isn't there. */
static size_t text_find(struct bytes bytes, struct bytes wanted)
{
    const char *found = bytes.len ? memmem(bytes.data, bytes.len, wanted.data, wanted.len) : NULL;
    return found ? (size_t)(found - bytes.data) : bytes.len;
}

/* ---- pages ---- */

static void check_text(const char *path, struct bytes body, struct buf *wanted)
{
    if (!bytes_equal(body, buf_bytes(wanted)))
        world_fail("%s says %.*s instead of %.*s", path, (int)body.len, body.data, (int)wanted->len,
                   wanted->data);
    buf_clear(wanted);
}

/* A second may pass between the start and the server's first look at the clock. */
static void check_health(const struct asked *asked, struct bytes body)
{
    int64_t seconds = (server->clock.mono_ms - start_ms) / 1000;
    const struct bytes head =
        BYTES("{\"status\":\"alive\",\"version\":\"" SESSIOND_VERSION "\",\"uptime_seconds\":");
    int64_t uptime;
    bool is_right = bytes_starts_with(body, head) && body.len > head.len + 1 &&
                    parse_i64(bytes_make(body.data + head.len, body.len - head.len - 1), &uptime) &&
                    uptime >= seconds - 1 && uptime <= seconds;
    if (!is_right)
        world_fail("%s says %.*s after %lld seconds", asked->path, (int)body.len, body.data,
                   (long long)seconds);
}

/* What the server alone knows, where the world may be the reason. */
static bool is_storage_good(void)
{
    if (!faults.are_on && server->status.is_snapshot_failed)
        world_fail("a snapshot is said to have failed");
    return !server->status.is_snapshot_failed;
}

static bool is_memory_said_to_be_good(struct bytes body)
{
    const struct bytes bad = BYTES("\"memory\":false");
    for (size_t i = 0; model.is_memory_limited && i + bad.len <= body.len; i++) {
        if (memcmp(body.data + i, bad.data, bad.len) == 0)
            return false;
    }
    return true;
}

/* A pause ends with the turn in which its time is up. */
static bool is_unpaused(void)
{
    int64_t now_ms = server->clock.mono_ms;
    bool is_over = server->status.pause_until_ms == 0;
    if (is_over && model.paused_until_ms > now_ms)
        world_fail("clients aren't paused any more");
    if (!is_over && model.paused_until_ms < model.turn_before_ms)
        world_fail("clients are still paused");
    return is_over;
}

static const char *word(bool is_true)
{
    return is_true ? "true" : "false";
}

static void add_reason(struct buf *reasons, bool is_good, const char *reason)
{
    if (!is_good)
        buf_printf(reasons, "%s\"%s\"", reasons->len ? "," : "", reason);
}

/* The warnings are told from what is said: of memory only the server knows. */
static struct bytes warnings_in(struct bytes body)
{
    const struct bytes begin = BYTES("\"warnings\":["), end = BYTES("],\"role\"");
    size_t at = text_find(body, begin), till = text_find(body, end);
    return at < till && till < body.len ? bytes_make(body.data + at + begin.len, till - at - begin.len)
                                        : BYTES("");
}

static bool check_ready(const struct asked *asked, struct bytes body)
{
    struct buf wanted = {0}, reasons = {0};
    bool checks[] = {!model.is_draining && !model.server_ends, !model.is_loading, is_storage_good(),
                     is_memory_said_to_be_good(body), is_unpaused()};
    static const char *const texts[] = {
        "the server is shutting down", "the data is being loaded", "the last snapshot failed",
        "maxmemory is reached, and nothing may be evicted", "clients are paused"};
    bool is_ready = strcmp(asked->path, "/health/replica") != 0;
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        is_ready &= checks[i];
        add_reason(&reasons, checks[i], texts[i]);
    }
    struct bytes warnings = warnings_in(body);
    buf_printf(&wanted,
               "{\"status\":\"%s\",\"checks\":{\"redis\":%s,\"data\":%s,\"storage\":%s,\"memory\":%s,"
               "\"writes\":%s},\"reasons\":[%.*s],\"warnings\":[%.*s],\"role\":\"primary\","
               "\"multi_worker_support\":true}",
               is_ready ? "ready" : "not ready", word(checks[0]), word(checks[1]), word(checks[2]),
               word(checks[3]), word(checks[4]), (int)reasons.len, reasons.data, (int)warnings.len,
               warnings.data);
    buf_clear(&reasons);
    check_text(asked->path, body, &wanted);
    return is_ready;
}

static void check_status(const struct asked *asked, struct bytes body)
{
    struct buf wanted = {0};
    buf_printf(&wanted, "\"connected_clients\":%lld,\"db_keys\":%lld,\"session_type\":\"redis\"",
               (long long)model_clients(), (long long)model_keys());
    if (!model.is_loading && text_find(body, buf_bytes(&wanted)) == body.len)
        world_fail("%s says %.*s, without %.*s", asked->path, (int)body.len, body.data, (int)wanted.len,
                   wanted.data);
    buf_clear(&wanted);
}

/* Brackets, and names and texts between quotes. */
static void check_json(const struct asked *asked, struct bytes body)
{
    char open[32];
    size_t depth = 0;
    bool in_text = false;
    for (size_t i = 0; i < body.len; i++) {
        char c = body.data[i];
        bool is_closing = c == ']' || c == '}';
        if (in_text && c == '\\')
            i++;
        else if (c == '"')
            in_text = !in_text;
        else if (!in_text && (c == '[' || c == '{') && depth < sizeof open)
            open[depth++] = c == '[' ? ']' : '}';
        else if (!in_text && is_closing && (depth == 0 || open[--depth] != c))
            world_fail("%s is no JSON: %.*s", asked->path, (int)body.len, body.data);
    }
    if (in_text || depth > 0 || body.len == 0)
        world_fail("%s is no JSON: %.*s", asked->path, (int)body.len, body.data);
}

static void check_live(const struct asked *asked, struct bytes body)
{
    struct buf clients = {0};
    check_json(asked, body);
    buf_printf(&clients, ",\"clients\":%lld,", (long long)model_clients());
    if (!model.is_loading && text_find(body, buf_bytes(&clients)) == body.len)
        world_fail("%s says %.*s, without %.*s", asked->path, (int)body.len, body.data, (int)clients.len,
                   clients.data);
    buf_clear(&clients);
}

static const struct {
    const char *path;
    bool needs_token, may_be_bad;
    const char *type;
    void (*check)(const struct asked *asked, struct bytes body); /* NULL: that of readiness */
} pages[] = {
    {"/health", false, false, "application/json", check_health},
    {"/ready", false, true, "application/json", NULL},
    {"/health/primary", false, true, "application/json", NULL},
    {"/health/replica", false, true, "application/json", NULL},
    {"/metrics", true, false, "text/plain; version=0.0.4; charset=utf-8", model_metrics_check},
    {"/api/live", true, false, "application/json", check_live},
    {"/api/session/redis-status", true, false, "application/json", check_status},
};

/* ---- which answer it is ---- */

static bool is_known_host(const char *host)
{
    static const char *const known[] = {"localhost", "LOCALHOST.:80", "127.0.0.1:8080", "[::1]"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(host, known[i]) == 0)
            return true;
    }
    return model.knows_http_host && strcmp(host, "sessions.example") == 0;
}

static const struct asset *asset_at(const char *path)
{
    for (size_t i = 0; i < asset_count; i++) {
        if (strcmp(assets[i].path, path) == 0)
            return &assets[i];
    }
    return NULL;
}

static int refusal_of(const struct asked *asked)
{
    if (strcmp(asked->method, "GET") != 0 && strcmp(asked->method, "HEAD") != 0)
        return 405;
    if (asked->host_count > 1 || (asked->host_count == 0 && !asked->is_http_10))
        return 400;
    return asked->host_count == 1 && !is_known_host(asked->host) ? 421 : 0;
}

static int code_of_page(const struct asked *asked, size_t page, struct bytes body)
{
    bool is_authorized = asked->token && strcmp(asked->token, "Bearer " HTTP_TOKEN) == 0;
    if (pages[page].needs_token && model.has_http_token && (!is_authorized || model.has_other_token))
        return 401;
    body.len--;
    if (!pages[page].check)
        return check_ready(asked, body) ? 200 : 503;
    pages[page].check(asked, body);
    return 200;
}

static int code_of(const struct asked *asked, struct bytes body)
{
    int refusal = refusal_of(asked);
    if (refusal)
        return refusal;
    const struct asset *asset = asset_at(asked->path);
    if (asset && (const unsigned char *)body.data != asset->data)
        world_fail("%s isn't the page's", asked->path);
    if (asset)
        return 200;
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        if (strcmp(pages[i].path, asked->path) == 0)
            return code_of_page(asked, i, body);
    }
    return 404;
}

void model_http_answered(struct asked *asked, const struct site *site, const struct http_request *request,
                         const struct http_response *response)
{
    server = site->server;
    if (asked->is_strange)
        world_fail("what is no request is answered");
    if (!bytes_is(request->path, asked->path) || request->host_count != asked->host_count ||
        !bytes_is(request->query, asked->query ? asked->query : ""))
        world_fail("somebody asks for %.*s, not for %s", (int)request->path.len, request->path.data,
                   asked->path);
    buf_append_bytes(&asked->made, buf_bytes(&response->body));
    asked->body = response->asset.data ? response->asset : buf_bytes(&asked->made);
    int code = code_of(asked, asked->body);
    if (response->code != code)
        world_fail("%s %s is answered with %d instead of %d", asked->method, asked->path, response->code,
                   code);
    asked->is_answered = true;
    asked->answered_us = clocks_now_us();
    asked->code = code;
    asked->type = response->type;
    trace("http %s %s: %d", asked->method, asked->path, code);
}

/* ---- what came ---- */

/* A header's value, which stands there once; its bytes are NULL when there is none. */
static struct bytes header(struct bytes head, const char *name)
{
    struct bytes value = {0};
    size_t len = strlen(name);
    while (head.len > 0) {
        size_t end = bytes_index_of(head, '\n');
        if (end > len + 2 && bytes_is_nocase(bytes_make(head.data, len), name) && head.data[len] == ':') {
            if (value.data)
                world_fail("there are two headers of the name %s", name);
            value = bytes_make(head.data + len + 2, end - len - 3);
        }
        end += end < head.len;
        head = bytes_make(head.data + end, head.len - end);
    }
    return value;
}

static void check_head(const struct asked *asked, struct bytes head, int code, size_t len)
{
    static const char *const always[] = {"Cache-Control",   "Content-Security-Policy",
                                         "X-Frame-Options", "X-Content-Type-Options",
                                         "Referrer-Policy", "Content-Type"};
    for (size_t i = 0; i < sizeof always / sizeof always[0]; i++) {
        if (!header(head, always[i]).data)
            world_fail("%s comes without %s", asked->path, always[i]);
    }
    if (code != asked->code || len != asked->body.len || !bytes_is(header(head, "Content-Type"), asked->type))
        world_fail("%s was answered with %d and %zu bytes, and not with %.*s", asked->path, asked->code,
                   asked->body.len, (int)head.len, head.data);
    if ((code == 401) != (header(head, "WWW-Authenticate").data != NULL) ||
        (code == 405) != (header(head, "Allow").data != NULL))
        world_fail("%s comes with a wrong head: %.*s", asked->path, (int)head.len, head.data);
}

size_t model_http_received(const struct asked *asked, struct bytes bytes)
{
    const struct bytes end = BYTES("\r\n\r\n");
    size_t head_len = text_find(bytes, end) + end.len;
    int64_t body_len = 0, code = 0;
    if (head_len > bytes.len)
        return 0;
    struct bytes head = bytes_make(bytes.data, head_len), length = header(head, "Content-Length");
    if (head_len < 13 || !bytes_starts_with(head, BYTES("HTTP/1.")) ||
        !parse_i64(bytes_make(head.data + 9, 3), &code) || (length.data && !parse_i64(length, &body_len)))
        world_fail("this is no answer by HTTP: %.*s", (int)head.len, head.data);
    bool has_body = strcmp(asked->method, "HEAD") != 0;
    size_t whole = head_len + (has_body ? (size_t)body_len : 0);
    if (bytes.len < whole)
        return 0;
    if (asked->is_strange && (code < 400 || code > 505))
        world_fail("what is no request is answered with %lld", (long long)code);
    if (asked->is_strange)
        return whole;
    if (!asked->is_answered)
        world_fail("%s is answered, but not by the server: %.*s", asked->path, (int)head.len, head.data);
    check_head(asked, head, (int)code, (size_t)body_len);
    if (has_body && !bytes_equal(bytes_make(bytes.data + head_len, (size_t)body_len), asked->body))
        world_fail("%s comes with another body", asked->path);
    return whole;
}
