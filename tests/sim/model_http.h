/* SPDX-License-Identifier: BSD-3-Clause */
/* What is asked by HTTP, and what must be answered. */
#ifndef SIM_MODEL_HTTP_H
#define SIM_MODEL_HTTP_H

#include "base/buf.h"
#include "base/list.h"
#include "chance.h"
#include <stdbool.h>
#include <stdint.h>

#define HTTP_TOKEN "sesame"

struct http_request;
struct http_response;
struct site;

/* A request on its way, and its answer when that was made. */
struct asked {
    struct list link;
    size_t end; /* of its bytes, in all that its connection sends */
    const char *method, *path, *query, *host, *token;
    int host_count;
    bool is_http_10, wants_end; /* the connection's, behind it */
    bool is_strange;            /* the library refuses it, or doesn't understand it */
    bool is_answered;
    int64_t answered_us;
    int code;
    const char *type;
    struct buf made;
    struct bytes body; /* that of `made`, or lent */
};

/* Draws one; its bytes are appended. */
struct asked *asked_draw(struct chance *chance, struct buf *out);
void asked_free(struct asked *asked);

/* The server has made this answer of it: it must be right. */
void model_http_answered(struct asked *asked, const struct site *site, const struct http_request *request,
                         const struct http_response *response);
/* How many bytes the response has that these begin with; 0: it isn't whole yet. It must be the one that was
 * made; of what is strange, a refusal. */
size_t model_http_received(const struct asked *asked, struct bytes bytes);

/* The server starts. */
void model_http_begin(void);

#endif
