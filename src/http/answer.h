/* SPDX-License-Identifier: BSD-3-Clause */
/* From a request to its answer, without a connection: who may ask, for what, and what is said. */
#ifndef HTTP_ANSWER_H
#define HTTP_ANSWER_H

#include "base/buf.h"
#include "history.h"
#include "scrape.h"

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

struct site {
    const struct server *server;
    const struct history *history;
    struct scrape scrape;
};

/* Whether the answer can be given at once. Otherwise scrape_run, until it is done, spares `answer` the
 * work. */
bool answer_is_prepared(const struct site *site, const struct http_request *request);

/* Fills `response`, which is zeroed. */
void answer(struct site *site, const struct http_request *request, struct http_response *response);

#endif
