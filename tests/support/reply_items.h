/* SPDX-License-Identifier: BSD-3-Clause */
/* Replies, read from pieces, written down as text that a test can compare. */
#ifndef SUPPORT_REPLY_ITEMS_H
#define SUPPORT_REPLY_ITEMS_H

#include "base/buf.h"
#include "proto/resp_read.h"

struct reply_items {
    struct resp_reader reader;
    struct buf input;
    struct buf log; /* "0*2 1$a 1%2 2+k 2:5; ": depth, kind, content; "error; " at the end */
    size_t values;
    bool has_failed;
};

void reply_items_init(struct reply_items *items, struct resp_read_limits limits);
void reply_items_feed(struct reply_items *items, struct bytes piece);
void reply_items_clear(struct reply_items *items);

#endif
