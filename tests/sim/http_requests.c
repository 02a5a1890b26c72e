/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests by HTTP at random: good ones, those that are to be refused, and what is none. */
#include "model_http.h"
#include <stdlib.h>
#include <string.h>

static const char *const paths[] = {
    "/health",
    "/ready",
    "/health/primary",
    "/health/replica",
    "/metrics",
    "/metrics",
    "/ready",
    "/ready",
    "/",
    "/api/session/redis-status",
    "/health/",
    "/page.js",
    "/nothing",
    "/api/live",
    "/icon.svg",
    "/chart.js",
};
static const char *const queries[] = {"since=0", "since=2&minute=1", "x", "since=99999999999999999999"};
static const char *const methods[] = {"POST", "DELETE", "OPTIONS", "PUT", "TRACE", "BREW"};
static const char *const hosts[] = {"localhost", "LOCALHOST.:80",    "127.0.0.1:8080",
                                    "[::1]",     "sessions.example", "evil.example"};
static const char *const tokens[] = {"Bearer wrong", ("Basic " HTTP_TOKEN), "Bearer", "Bearer "};
static const char *const strange[] = {
    "GARBAGE\r\n\r\n",
    "GET /\r\n\r\n",
    "GET / HTTP/9.9.9\r\n\r\n",
    "GET / HTTP/1.1\r\nno colon\r\n\r\n",
    "GET http://[ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
    "*1\r\n$4\r\nPING\r\n\r\n",
};

#define ONE_OF(chance, list) ((list)[chance_below(chance, sizeof(list) / sizeof(list)[0])])

static void add_lines(struct asked *asked, struct chance *chance, struct buf *out)
{
    for (int i = 0; i < asked->host_count; i++)
        buf_printf(out, "Host: %s\r\n", asked->host);
    if (asked->token)
        buf_printf(out, "Authorization: %s\r\n", asked->token);
    if (asked->wants_end && (!asked->is_http_10 || chance_permille(chance, 300)))
        buf_append_text(out, "Connection: close\r\n");
    if (!asked->wants_end && asked->is_http_10)
        buf_append_text(out, "Connection: keep-alive\r\n");
    if (chance_permille(chance, 50)) {
        buf_append_text(out, "X-Long: ");
        for (int64_t left = chance_between(chance, 1, 7000); left > 0; left--)
            buf_append_char(out, 'x');
        buf_append_text(out, "\r\n");
    }
}

static void add_body(struct asked *asked, struct chance *chance, struct buf *out)
{
    int64_t len = strcmp(asked->method, "POST") == 0 ? chance_between(chance, 0, 1000) : 0;
    if (len > 0)
        buf_printf(out, "Content-Length: %lld\r\n", (long long)len);
    buf_append_text(out, "\r\n");
    for (; len > 0; len--)
        buf_append_char(out, 'b');
}

static void draw_strange(struct asked *asked, struct chance *chance, struct buf *out)
{
    asked->is_strange = asked->wants_end = true;
    asked->method = "GET";
    asked->path = "/";
    if (chance_permille(chance, 700)) {
        buf_append_text(out, ONE_OF(chance, strange));
        return;
    }
    buf_append_text(out, "GET / HTTP/1.1\r\nHost: localhost\r\n");
    for (int line = 0; line < 12; line++) {
        buf_printf(out, "X-Line-%d: ", line);
        for (int i = 0; i < 1000; i++)
            buf_append_char(out, 'y');
        buf_append_text(out, "\r\n");
    }
    buf_append_text(out, "\r\n");
}

struct asked *asked_draw(struct chance *chance, struct buf *out)
{
    struct asked *asked = calloc(1, sizeof *asked);
    if (!asked)
        abort();
    if (chance_permille(chance, 40)) {
        draw_strange(asked, chance, out);
        return asked;
    }
    asked->method = chance_permille(chance, 60)    ? ONE_OF(chance, methods)
                    : chance_permille(chance, 100) ? "HEAD"
                                                   : "GET";
    asked->path = ONE_OF(chance, paths);
    asked->query = chance_permille(chance, 100) ? ONE_OF(chance, queries) : NULL;
    asked->is_http_10 = chance_permille(chance, 100);
    asked->wants_end = chance_permille(chance, asked->is_http_10 ? 700 : 100);
    asked->host = chance_permille(chance, 200) ? ONE_OF(chance, hosts) : "localhost";
    asked->host_count = chance_permille(chance, 50) ? (int)chance_below(chance, 3) : 1;
    if (chance_permille(chance, 500))
        asked->token = chance_permille(chance, 800) ? "Bearer " HTTP_TOKEN : ONE_OF(chance, tokens);
    buf_printf(out, "%s %s%s%s HTTP/1.%d\r\n", asked->method, asked->path, asked->query ? "?" : "",
               asked->query ? asked->query : "", !asked->is_http_10);
    add_lines(asked, chance, out);
    add_body(asked, chance, out);
    return asked;
}

void asked_free(struct asked *asked)
{
    list_remove(&asked->link);
    buf_clear(&asked->made);
    free(asked);
}
