/* SPDX-License-Identifier: BSD-3-Clause */
/* Request bytes -> arguments. Arguments are views into the input: nothing is copied. The parser remembers how
 * far it came, so a request of a million arguments that arrives in small pieces is looked at once, not once a
 * piece. */
#ifndef PROTO_RESP_PARSE_H
#define PROTO_RESP_PARSE_H

#include "base/bytes.h"
#include <stdbool.h>
#include <stdint.h>

struct resp_limits {
    int64_t args_max;   /* a larger announced count is a protocol error */
    int64_t bulk_max;   /* likewise of an argument's length */
    bool authenticated; /* error texts differ before authentication */
};

/* The arguments of the requests of one batch, one behind the other; reused, so it grows to what is needed and
 * stays. */
struct resp_args {
    struct bytes *items;
    size_t count, capacity;
};

/* What is known of a request that hasn't arrived whole. Zero is "nothing". Argument views among `args` point
 * into the buffer that the request lies in: after that moved, call resp_parser_rebase. */
struct resp_parser {
    struct bytes *args;
    size_t args_done, args_capacity;
    int64_t args_left; /* how many are still to come; 0: at a request's start */
    int64_t bulk_len;  /* announced length of the argument at `position`; -1: its header is yet to come */
    size_t position;   /* how much of the input is looked at */
    size_t scanned;    /* of an incomplete line: where the search for its end goes on */
};

enum resp_result {
    RESP_REQUEST, /* whole: `*args_count` arguments (0 or more) were appended, `*consumed` bytes are done */
    RESP_MORE,    /* not whole yet; `parser` remembers, nothing is consumed */
    RESP_INLINE,  /* an inline request of `*consumed` bytes, its line is `*line` */
    RESP_ERROR,   /* `*error` says why, without the "-ERR " */
};

struct resp_outcome {
    size_t consumed;
    size_t args_count;
    struct bytes line;
    char error[96];
};

/* Looks at `input`, which begins where the request begins. */
enum resp_result resp_parse(struct resp_parser *parser, struct bytes input, const struct resp_limits *limits,
                            struct resp_args *args, struct resp_outcome *outcome);

/* The argument in progress lies elsewhere, in full: whoever reads a large one straight into its final place
 * takes what the input has of it from `position` on (and cuts the input there), collects `bulk_len` bytes and
 * the CRLF behind them, supplies it without that CRLF and goes on with resp_parse. It must stay until the
 * request was run. */
void resp_parser_supply(struct resp_parser *parser, struct bytes argument);

/* A whole request, which was parsed before, is to be parsed again: the next resp_parse takes `len` bytes for
 * it, at least one, and appends these arguments. Those that lie in the input are views into it, others stay
 * where they are. */
void resp_parser_take_back(struct resp_parser *parser, const struct bytes *args, size_t count, size_t len);

/* The input that an unfinished request lies in moved in memory, `from` there `to` here. */
void resp_parser_rebase(struct resp_parser *parser, const char *from, const char *to);

/* Forgets the unfinished request, and frees what it held. */
void resp_parser_clear(struct resp_parser *parser);

/* Room for `count` more behind `args->count`, which is the caller's to raise. */
struct bytes *resp_args_reserve(struct resp_args *args, size_t count);
void resp_args_clear(struct resp_args *args);

/* How many more bytes the request needs if the arguments to come are as long as those that came; 0 when that
 * is anybody's guess. */
size_t resp_parser_expects(const struct resp_parser *parser);

/* How many more bytes the argument in progress needs at least (0 when not known): what tells a big value
 * early. */
size_t resp_parser_missing(const struct resp_parser *parser, size_t input_len);

#endif
