/* SPDX-License-Identifier: BSD-3-Clause */
/* From a request to its answer, without a connection: who may ask, for what, and what is said. */
#ifndef HTTP_ANSWER_H
#define HTTP_ANSWER_H

#include "base/buf.h"
#include "history.h"

enum http_method { HTTP_METHOD_GET, HTTP_METHOD_HEAD, HTTP_METHOD_OTHER };

struct http_request {
    enum http_method method;
    bool must_have_host;                           /* HTTP/1.1 */
    int host_count;                                /* headers of that name */
    struct bytes host, path, query, authorization; /* empty when missing */
};

struct http_response {
    int code;
    const char *type;      /* Content-Type */
    struct buf body;       /* the caller's to clear */
    struct bytes asset;    /* instead of the body: lent for ever */
    const char *allow;     /* Allow; NULL mostly */
    const char *challenge; /* WWW-Authenticate; NULL mostly */
};

/* The text of /metrics and when it was made: many who scrape at once are given the same. */
struct scrape {
    struct buf text;
    int64_t made_us; /* monotonic; 0: never */
};

struct site {
    const struct server *server;
    const struct history *history;
    struct scrape scrape;
};

/* Fills `response`, which is zeroed. */
void answer(struct site *site, const struct http_request *request, struct http_response *response);

#endif
