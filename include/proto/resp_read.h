/* SPDX-License-Identifier: BSD-3-Clause */
/* Reply bytes -> items, RESP2 and RESP3: what a client of a server reads. A value comes as a run of items, an
 * aggregate followed by what is in it; nothing is allocated, whatever lengths are announced. The reader
 * remembers how far it came, so a long reply that arrives in small pieces is looked at once.
 *
 *     *2 $1 a %1 +k :5     array of 2, depth 0
 *                            bulk "a", depth 1
 *                            map of 1 pair, depth 1
 *                              simple "k", depth 2
 *                              integer 5, depth 2, ends the value */
#ifndef PROTO_RESP_READ_H
#define PROTO_RESP_READ_H

#include "base/bytes.h"
#include <stdbool.h>
#include <stdint.h>

enum { RESP_DEPTH_MAX = 64 };

enum resp_kind {
    RESP_KIND_SIMPLE = '+',
    RESP_KIND_ERROR = '-',
    RESP_KIND_INTEGER = ':',
    RESP_KIND_BULK = '$',
    RESP_KIND_ARRAY = '*',
    RESP_KIND_NULL = '_', /* RESP2's "$-1" and "*-1" too */
    RESP_KIND_DOUBLE = ',',
    RESP_KIND_BOOL = '#',
    RESP_KIND_BIG_NUMBER = '(',
    RESP_KIND_BULK_ERROR = '!',
    RESP_KIND_VERBATIM = '=',
    RESP_KIND_MAP = '%',
    RESP_KIND_SET = '~',
    RESP_KIND_PUSH = '>',
    RESP_KIND_ATTRIBUTE = '|', /* tells about the value that follows, and isn't counted */
};

struct resp_item {
    enum resp_kind kind;
    struct bytes text;   /* of whatever isn't an aggregate; a verbatim one's is without its format */
    struct bytes format; /* of a verbatim text: "txt" or "mkd" */
    int64_t integer;     /* of an integer, of a bool */
    double number;       /* of a double */
    size_t count;        /* of an aggregate: how many values follow in it, two for each pair */
    unsigned depth;      /* in how many aggregates it lies */
    bool ends_value;     /* with it the outermost value is whole */
};

struct resp_read_limits {
    int64_t bulk_max;   /* bytes of a string */
    int64_t count_max;  /* values of an aggregate */
    unsigned depth_max; /* up to RESP_DEPTH_MAX */
};

struct resp_reader {
    struct resp_read_limits limits;
    size_t position; /* how much of the input is read */
    size_t scanned;  /* of an incomplete line: where the search for its end goes on */
    unsigned depth;
    struct {
        size_t left; /* values still to come */
        bool is_attribute;
    } open[RESP_DEPTH_MAX];
};

void resp_reader_init(struct resp_reader *reader, struct resp_read_limits limits);

enum resp_read_result {
    RESP_READ_ITEM,  /* `*item` is filled; its views lie in the input */
    RESP_READ_MORE,  /* the item isn't there whole */
    RESP_READ_ERROR, /* this is no RESP, or more than the limits allow; there is no going on */
};

/* Reads the item at `reader->position`. `input` begins where the value begins, until that is whole: then
 * whoever drops its bytes sets `position` back to 0. */
enum resp_read_result resp_read(struct resp_reader *reader, struct bytes input, struct resp_item *item);

/* Reads on to the value's end: RESP_READ_ITEM when it is whole, up to `reader->position`. */
enum resp_read_result resp_read_to_end(struct resp_reader *reader, struct bytes input);

#endif
