/* SPDX-License-Identifier: BSD-3-Clause */
/* Feeds request bytes to the parser in pieces, the way a client's bytes arrive, and writes down what comes
 * out. */
#ifndef SUPPORT_RESP_FEED_H
#define SUPPORT_RESP_FEED_H

#include "base/buf.h"
#include "proto/resp_parse.h"

struct resp_feed {
    struct resp_parser parser;
    struct resp_args args;
    struct resp_limits limits;
    struct buf input;
    struct buf log; /* "[GET][key];" for each request, "inline(PING);", "error(...);" */
    size_t requests;
    bool has_failed; /* nothing is read any more */
};

/* With the limits that a server has for authenticated clients. */
void resp_feed_init(struct resp_feed *feed);
void resp_feed_piece(struct resp_feed *feed, struct bytes piece);
void resp_feed_clear(struct resp_feed *feed);

#endif
