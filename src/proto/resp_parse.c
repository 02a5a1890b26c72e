/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests as Redis 7.2 reads them. There are two ways through the same grammar:
 *
 *     whole      the request lies wholly in the input, as nearly all do: one pass, nothing is remembered
 *     piecewise  anything else, be it incomplete, unusual or wrong: the parser remembers each step
 *
 * The first gives up at whatever is out of the ordinary and leaves it to the second, which alone knows the
 * errors. Like Redis, both take the byte behind a CR, and the two behind an argument, without looking at
 * them. */
#include "proto/resp_parse.h"
#include "base/alloc.h"
#include "base/number.h"
#include "base/panic.h"
#include <stdio.h>

enum {
    LINE_MAX_LEN = 64 * 1024, /* of a header or an inline request whose end hasn't come */
    UNAUTHENTICATED_ARGS_MAX = 10,
    UNAUTHENTICATED_BULK_MAX = 16384,
    SHORTEST_REQUEST = 4,  /* "*0\r\n" */
    SHORTEST_ARGUMENT = 6, /* "$0\r\n\r\n" */
    WHOLE_ARGS_MAX = 99,   /* more arguments are read piecewise */
    FIRST_CAPACITY = 16,
    GROWTH_MAX = 8,
};

static enum resp_result fail(struct resp_parser *parser, struct resp_outcome *outcome, const char *reason)
{
    (void)snprintf(outcome->error, sizeof outcome->error, "Protocol error: %s", reason);
    resp_parser_clear(parser);
    return RESP_ERROR;
}

/* ---- Arguments ---- */

static __attribute__((noinline)) void grow(struct bytes **items, size_t *capacity, size_t needed)
{
    size_t larger = *capacity < FIRST_CAPACITY ? FIRST_CAPACITY : *capacity * 2;
    if (larger < needed)
        larger = needed;
    *items = mem_realloc(*items, larger * sizeof **items);
    *capacity = larger;
}

static inline struct bytes *reserve(struct resp_args *args, size_t count)
{
    /* One more than asked for, so that there is a place to point to for none. */
    if (__builtin_expect(args->capacity - args->count <= count, 0))
        grow(&args->items, &args->capacity, args->count + count + 1);
    return args->items + args->count;
}

struct bytes *resp_args_reserve(struct resp_args *args, size_t count)
{
    return reserve(args, count);
}

void resp_args_clear(struct resp_args *args)
{
    mem_free(args->items);
    *args = (struct resp_args){0};
}

/* ---- A request that lies wholly in the input ---- */

static inline unsigned digit(char c)
{
    return (unsigned)(unsigned char)c - '0';
}

/* A number and what follows its line; `end` is NULL when it must be read piecewise. */
struct number {
    const char *end;
    size_t value;
};

/* Four digits and more, up to nine. */
static struct number whole_long_number(const char *at, const char *end)
{
    const char *last = end - at > 10 ? at + 9 : end - 2;
    size_t value = digit(*at);
    for (at++; at <= last && digit(*at) <= 9; at++)
        value = value * 10 + digit(*at);
    if (at > last || *at != '\r')
        return (struct number){NULL, 0};
    return (struct number){at + 2, value};
}

/* Reads "<number>\r\n". `at` stands at the first digit and there are at least four bytes. One that begins
 * with zero is none. */
static inline struct number whole_number(const char *at, const char *end)
{
    unsigned first = digit(at[0]), second = digit(at[1]);
    if (first <= 9 && at[1] == '\r')
        return (struct number){at + 3, first};
    if (first - 1 > 8 || second > 9)
        return (struct number){NULL, 0};
    if (at[2] == '\r')
        return (struct number){at + 4, first * 10 + second};
    unsigned third = digit(at[2]);
    if (third <= 9 && at[3] == '\r')
        return (struct number){at + 5, first * 100 + second * 10 + third};
    return whole_long_number(at, end);
}

/* Returns the end of the request, with its arguments in `args`; NULL when it must be read piecewise. */
static inline const char *parse_whole(struct bytes input, const struct resp_limits *limits,
                                      struct resp_args *args, size_t *args_count)
{
    const char *end = input.data + input.len;
    size_t args_max = limits->authenticated ? WHOLE_ARGS_MAX : UNAUTHENTICATED_ARGS_MAX;
    size_t bulk_max = (size_t)limits->bulk_max;
    struct number count, len;
    struct bytes *items;
    const char *at;
    if (input.len < 1 + SHORTEST_REQUEST)
        return NULL;
    if (!limits->authenticated && bulk_max > UNAUTHENTICATED_BULK_MAX)
        bulk_max = UNAUTHENTICATED_BULK_MAX;
    count = whole_number(input.data + 1, end);
    if (!count.end || count.value > args_max || count.value > (size_t)limits->args_max)
        return NULL;
    at = count.end;
    items = reserve(args, count.value);
    for (size_t i = 0; i < count.value; i++) {
        if (end - at < SHORTEST_ARGUMENT || *at != '$')
            return NULL;
        len = whole_number(at + 1, end);
        if (!len.end || len.value > bulk_max || (size_t)(end - len.end) < len.value + 2)
            return NULL;
        items[i] = (struct bytes){len.end, len.value};
        at = len.end + len.value + 2;
    }
    *args_count = count.value;
    return at;
}

/* ---- Piecewise ---- */

/* Finds the line at `position`: its CR and one byte more are there. RESP_MORE or an error otherwise. */
static enum resp_result find_line(struct resp_parser *parser, struct bytes input, const char *error,
                                  struct resp_outcome *outcome, struct bytes *line)
{
    size_t from = parser->scanned > parser->position ? parser->scanned : parser->position;
    const char *cr = from < input.len ? memchr(input.data + from, '\r', input.len - from) : NULL;
    if (!cr) {
        if (input.len - parser->position > LINE_MAX_LEN)
            return fail(parser, outcome, error);
        parser->scanned = input.len;
        return RESP_MORE;
    }
    parser->scanned = (size_t)(cr - input.data);
    if (input.len - parser->scanned < 2)
        return RESP_MORE;
    *line = bytes_make(input.data + parser->position, parser->scanned - parser->position);
    return RESP_REQUEST;
}

/* "*<count>\r\n" */
static enum resp_result read_count(struct resp_parser *parser, struct bytes input,
                                   const struct resp_limits *limits, struct resp_outcome *outcome)
{
    enum resp_result result;
    struct bytes line;
    int64_t count;
    result = find_line(parser, input, "too big mbulk count string", outcome, &line);
    if (result != RESP_REQUEST)
        return result;
    if (!parse_i64(bytes_make(line.data + 1, line.len - 1), &count) || count > limits->args_max)
        return fail(parser, outcome, "invalid multibulk length");
    if (count > UNAUTHENTICATED_ARGS_MAX && !limits->authenticated)
        return fail(parser, outcome, "unauthenticated multibulk length");
    parser->position += line.len + 2;
    parser->args_left = count > 0 ? count : 0;
    parser->bulk_len = -1;
    return RESP_REQUEST;
}

/* "$<length>\r\n" */
static enum resp_result read_length(struct resp_parser *parser, struct bytes input,
                                    const struct resp_limits *limits, struct resp_outcome *outcome)
{
    enum resp_result result;
    struct bytes line;
    int64_t len;
    result = find_line(parser, input, "too big bulk count string", outcome, &line);
    if (result != RESP_REQUEST)
        return result;
    /* The byte at `position` is there even when the line is empty. */
    if (input.data[parser->position] != '$') {
        char reason[32];
        (void)snprintf(reason, sizeof reason, "expected '$', got '%c'", input.data[parser->position]);
        return fail(parser, outcome, reason);
    }
    if (!parse_i64(bytes_make(line.data + 1, line.len - 1), &len) || len < 0 || len > limits->bulk_max)
        return fail(parser, outcome, "invalid bulk length");
    if (len > UNAUTHENTICATED_BULK_MAX && !limits->authenticated)
        return fail(parser, outcome, "unauthenticated bulk length");
    parser->position += line.len + 2;
    parser->bulk_len = len;
    return RESP_REQUEST;
}

/* To move them is the more work the more there are: room for all that are announced comes early, though not
 * for very many more than came. */
static void make_room(struct resp_parser *parser)
{
    size_t all = parser->args_done + (size_t)parser->args_left, most = GROWTH_MAX * parser->args_done;
    size_t capacity = all < most ? all : most;
    struct bytes *args = NULL;
    if (capacity > 2 * parser->args_capacity)
        args = mem_try_realloc(parser->args, capacity * sizeof *args);
    if (args) {
        parser->args = args;
        parser->args_capacity = capacity;
    } else {
        grow(&parser->args, &parser->args_capacity, parser->args_done + 1);
    }
}

static void add_argument(struct resp_parser *parser, struct bytes argument)
{
    if (parser->args_done == parser->args_capacity)
        make_room(parser);
    parser->args[parser->args_done++] = argument;
    parser->args_left--;
    parser->bulk_len = -1;
}

/* The argument whose length is known. */
static enum resp_result read_argument(struct resp_parser *parser, struct bytes input)
{
    size_t len = (size_t)parser->bulk_len;
    if (input.len - parser->position < len + 2)
        return RESP_MORE;
    add_argument(parser, bytes_make(input.data + parser->position, len));
    parser->position += len + 2;
    return RESP_REQUEST;
}

/* Very many are handed over as they lie. */
static void give_arguments(struct resp_parser *parser, struct resp_args *args)
{
    if (args->count == 0 && parser->args_capacity > args->capacity) {
        resp_args_clear(args);
        *args = (struct resp_args){.items = parser->args, .capacity = parser->args_capacity};
        parser->args = NULL;
    } else if (parser->args_done > 0) {
        memcpy(resp_args_reserve(args, parser->args_done), parser->args,
               parser->args_done * sizeof *parser->args);
    }
}

static __attribute__((noinline)) enum resp_result
parse_piecewise(struct resp_parser *parser, struct bytes input, const struct resp_limits *limits,
                struct resp_args *args, struct resp_outcome *outcome)
{
    enum resp_result result = RESP_REQUEST;
    if (parser->position == 0)
        result = read_count(parser, input, limits, outcome);
    while (result == RESP_REQUEST && parser->args_left > 0) {
        if (parser->bulk_len < 0)
            result = read_length(parser, input, limits, outcome);
        else
            result = read_argument(parser, input);
    }
    if (result != RESP_REQUEST)
        return result;
    give_arguments(parser, args);
    args->count += parser->args_done;
    outcome->args_count = parser->args_done;
    outcome->consumed = parser->position;
    resp_parser_clear(parser);
    return RESP_REQUEST;
}

/* ---- A line of words ---- */

static __attribute__((noinline)) enum resp_result find_inline(struct resp_parser *parser, struct bytes input,
                                                              struct resp_outcome *outcome)
{
    ASSERT(parser->scanned <= input.len);
    const char *lf = memchr(input.data + parser->scanned, '\n', input.len - parser->scanned);
    size_t len;
    if (!lf) {
        if (input.len > LINE_MAX_LEN)
            return fail(parser, outcome, "too big inline request");
        parser->scanned = input.len;
        return RESP_MORE;
    }
    parser->scanned = 0;
    len = (size_t)(lf - input.data);
    outcome->consumed = len + 1;
    if (len > 0 && lf[-1] == '\r')
        len--;
    outcome->line = bytes_make(input.data, len);
    return RESP_INLINE;
}

/* ---- The whole ---- */

enum resp_result resp_parse(struct resp_parser *parser, struct bytes input, const struct resp_limits *limits,
                            struct resp_args *args, struct resp_outcome *outcome)
{
    if (parser->position == 0) {
        const char *end;
        if (input.len == 0)
            return RESP_MORE;
        if (input.data[0] != '*')
            return find_inline(parser, input, outcome);
        end = parse_whole(input, limits, args, &outcome->args_count);
        if (__builtin_expect(end != NULL, 1)) {
            args->count += outcome->args_count;
            outcome->consumed = (size_t)(end - input.data);
            parser->scanned = 0;
            return RESP_REQUEST;
        }
    }
    ASSERT(parser->position <= input.len && parser->scanned <= input.len);
    return parse_piecewise(parser, input, limits, args, outcome);
}

void resp_parser_supply(struct resp_parser *parser, struct bytes argument)
{
    ASSERT(parser->args_left > 0 && parser->bulk_len >= 0 && (size_t)parser->bulk_len == argument.len);
    add_argument(parser, argument);
    parser->scanned = 0;
}

void resp_parser_take_back(struct resp_parser *parser, const struct bytes *args, size_t count, size_t len)
{
    ASSERT(len > 0 && parser->position == 0);
    for (size_t i = 0; i < count; i++)
        add_argument(parser, args[i]);
    parser->args_left = 0;
    parser->position = len;
}

void resp_parser_rebase(struct resp_parser *parser, const char *from, const char *to)
{
    /* As for most reads of a request of a million arguments. */
    if (from == to)
        return;
    /* As numbers: what was supplied lies elsewhere, and stays there. */
    uintptr_t begin = (uintptr_t)from, end = begin + parser->position;

    for (size_t i = 0; i < parser->args_done; i++) {
        uintptr_t at = (uintptr_t)parser->args[i].data;
        if (at >= begin && at < end)
            parser->args[i].data = to + (at - begin);
    }
}

void resp_parser_clear(struct resp_parser *parser)
{
    mem_free(parser->args);
    *parser = (struct resp_parser){0};
}

size_t resp_parser_expects(const struct resp_parser *parser)
{
    size_t left = (size_t)parser->args_left, each, all;
    if (parser->args_done == 0)
        return 0;
    each = parser->position / parser->args_done + 1;
    return size_mul(each, left, &all) ? all : SIZE_MAX;
}

size_t resp_parser_missing(const struct resp_parser *parser, size_t input_len)
{
    size_t end;
    if (parser->args_left == 0 || parser->bulk_len < 0)
        return 0;
    end = parser->position + (size_t)parser->bulk_len + 2;
    return end > input_len ? end - input_len : 0;
}
