/* SPDX-License-Identifier: BSD-3-Clause */
#include "stream_args.h"
#include "base/number.h"
#include "engine/server.h"

enum { ID_TEXT_LIMIT = 127 };

/* ---- numbers ---- */

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool parse_digits(struct bytes text, uint64_t *number)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned digit = (unsigned char)text.data[i] - (unsigned)'0';
        if (digit > 9 || __builtin_mul_overflow(sum, 10, &sum) || __builtin_add_overflow(sum, digit, &sum))
            return false;
    }
    *number = sum;
    return text.len > 0;
}

/* What strtoull takes, but for what is a negative number in its usual form. */
static bool parse_part(struct bytes text, uint64_t *number)
{
    int64_t plain;
    if (parse_i64(text, &plain)) {
        *number = (uint64_t)plain;
        return plain >= 0;
    }
    while (text.len > 0 && is_space(text.data[0]))
        text = bytes_make(text.data + 1, text.len - 1);
    bool has_sign = text.len > 0 && (text.data[0] == '+' || text.data[0] == '-');
    bool is_negative = has_sign && text.data[0] == '-';
    if (!parse_digits(has_sign ? bytes_make(text.data + 1, text.len - 1) : text, number))
        return false;
    if (is_negative)
        *number = 0 - *number;
    return true;
}

/* ---- IDs ---- */

/* Nothing behind a NUL is looked at. `any_sequence` (may be NULL) is set when "*" stands for it. */
static bool parse_id(struct bytes text, uint64_t sequence, struct stream_id *id, bool *any_sequence)
{
    if (text.len > ID_TEXT_LIMIT)
        return false;
    text.len = bytes_index_of(text, '\0');
    size_t dash = bytes_index_of(text, '-');
    struct stream_id parsed = {0, sequence};
    if (!parse_part(bytes_make(text.data, dash), &parsed.ms))
        return false;
    if (dash < text.len) {
        struct bytes rest = bytes_make(text.data + dash + 1, text.len - dash - 1);
        if (any_sequence && bytes_is(rest, "*"))
            *any_sequence = true;
        else if (!parse_part(rest, &parsed.sequence))
            return false;
    }
    *id = parsed;
    return true;
}

bool parse_stream_id(struct bytes text, uint64_t sequence, struct stream_id *id)
{
    return parse_id(text, sequence, id, NULL);
}

static bool refuse_id(struct call *call)
{
    call_error_format(call, "ERR Invalid stream ID specified as stream command argument");
    return false;
}

bool call_stream_id(struct call *call, int index, uint64_t sequence, struct stream_id *id)
{
    return parse_stream_id(call->argv[index], sequence, id) || refuse_id(call);
}

/* ---- intervals ---- */

static bool parse_any_id(struct bytes text, uint64_t sequence, struct stream_id *id)
{
    if (bytes_is(text, "-") || bytes_is(text, "+")) {
        *id = text.data[0] == '-' ? STREAM_ID_MIN : STREAM_ID_MAX;
        return true;
    }
    return parse_stream_id(text, sequence, id);
}

bool call_stream_any_id(struct call *call, int index, struct stream_id *id)
{
    return parse_any_id(call->argv[index], 0, id) || refuse_id(call);
}

static bool parse_end(struct bytes text, uint64_t sequence, struct stream_id *id, bool *is_open)
{
    *is_open = text.len > 1 && text.data[0] == '(';
    if (*is_open)
        return parse_stream_id(bytes_make(text.data + 1, text.len - 1), sequence, id);
    return parse_any_id(text, sequence, id);
}

bool call_stream_start(struct call *call, int index, struct stream_id *id)
{
    bool is_open;
    if (!parse_end(call->argv[index], 0, id, &is_open))
        return refuse_id(call);
    if (!is_open || stream_id_next(id))
        return true;
    call_error_format(call, "ERR invalid start ID for the interval");
    return false;
}

bool call_stream_interval(struct call *call, int first, int last, struct stream_interval *interval)
{
    bool is_open;
    if (!call_stream_start(call, first, &interval->first))
        return false;
    if (!parse_end(call->argv[last], UINT64_MAX, &interval->last, &is_open))
        return refuse_id(call);
    if (!is_open || stream_id_previous(&interval->last))
        return true;
    call_error_format(call, "ERR invalid end ID for the interval");
    return false;
}

/* ---- XADD, XTRIM ---- */

struct parser {
    struct call *call;
    int at; /* in argv */
    bool has_limit;
    int64_t limit;
    struct stream_trim_args *trim;
    struct stream_add_args *add; /* NULL: for XTRIM */
};

static int left(const struct parser *parser)
{
    return parser->call->argc - 1 - parser->at;
}

static bool parse_length(struct parser *parser)
{
    int64_t length;
    if (!call_int(parser->call, parser->at, &length))
        return false;
    if (length < 0) {
        call_error_format(parser->call, "ERR The MAXLEN argument must be >= 0.");
        return false;
    }
    parser->trim->trim.max_length = (uint64_t)length;
    return true;
}

/* MAXLEN or MINID, perhaps with = or ~, and what it is to be. */
static bool parse_strategy(struct parser *parser, bool is_by_id)
{
    struct stream_trim_args *trim = parser->trim;
    struct call *call = parser->call;
    if (trim->is_given) {
        call_error_format(call,
                          "ERR syntax error, MAXLEN and MINID options at the same time are not compatible");
        return false;
    }
    bool has_sign = left(parser) >= 2 &&
                    (call_arg_is(call, parser->at + 1, "~") || call_arg_is(call, parser->at + 1, "="));
    *trim = (struct stream_trim_args){.is_given = true,
                                      .is_approximate = has_sign && call_arg_is(call, parser->at + 1, "~"),
                                      .trim = {.is_by_id = is_by_id}};
    trim->trim.is_exact = !trim->is_approximate;
    parser->at += has_sign ? 2 : 1;
    trim->threshold = parser->at;
    return is_by_id ? call_stream_id(call, parser->at, 0, &trim->trim.min_id) : parse_length(parser);
}

static bool parse_limit(struct parser *parser)
{
    parser->at++;
    parser->has_limit = true;
    if (!call_int(parser->call, parser->at, &parser->limit))
        return false;
    if (parser->limit >= 0)
        return true;
    call_error_format(parser->call, "ERR The LIMIT argument must be >= 0.");
    return false;
}

static bool parse_new_id(struct parser *parser)
{
    struct stream_add_args *add = parser->add;
    bool any_sequence = false;
    add->id_index = parser->at;
    if (bytes_is(parser->call->argv[parser->at], "*"))
        return true;
    if (!parse_id(parser->call->argv[parser->at], 0, &add->id, &any_sequence))
        return refuse_id(parser->call);
    add->has_ms = true;
    add->has_sequence = !any_sequence;
    return true;
}

static bool parse_option(struct parser *parser)
{
    struct call *call = parser->call;
    bool has_more = left(parser) > 0;
    if (parser->add && bytes_is(call->argv[parser->at], "*"))
        return parse_new_id(parser);
    if (has_more && call_arg_is(call, parser->at, "MAXLEN"))
        return parse_strategy(parser, false);
    if (has_more && call_arg_is(call, parser->at, "MINID"))
        return parse_strategy(parser, true);
    if (has_more && call_arg_is(call, parser->at, "LIMIT"))
        return parse_limit(parser);
    if (parser->add && call_arg_is(call, parser->at, "NOMKSTREAM")) {
        parser->add->makes_no_stream = true;
        return true;
    }
    if (parser->add)
        return parse_new_id(parser);
    call_syntax_error(call);
    return false;
}

/* Without LIMIT, what goes by whole nodes is limited to some of them. */
static uint64_t usual_limit(const struct server *server)
{
    enum { NODES = 100, AT_LEAST = 10000, AT_MOST = 1000000 };
    int64_t limit;
    if (__builtin_mul_overflow(server->config->stream_node_max_entries, NODES, &limit) || limit > AT_MOST)
        limit = AT_MOST;
    return limit > 0 ? (uint64_t)limit : AT_LEAST;
}

static bool check_limit(struct parser *parser)
{
    struct call *call = parser->call;
    struct stream_trim_args *trim = parser->trim;
    if (parser->limit > 0 && !trim->is_given)
        call_error_format(call,
                          "ERR syntax error, LIMIT cannot be used without specifying a trimming strategy");
    else if (!parser->add && !trim->is_given)
        call_error_format(call, "ERR syntax error, XTRIM must be called with a trimming strategy");
    else if (parser->has_limit && !trim->is_approximate)
        call_error_format(call, "ERR syntax error, LIMIT cannot be used without the special ~ option");
    else if (trim->is_approximate)
        trim->trim.limit = parser->has_limit ? (uint64_t)parser->limit : usual_limit(call->server);
    return !call->has_failed;
}

bool call_stream_args(struct call *call, struct stream_trim_args *trim, struct stream_add_args *add)
{
    struct parser parser = {.call = call, .at = 2, .trim = trim, .add = add};
    *trim = (struct stream_trim_args){.is_given = false};
    if (add)
        *add = (struct stream_add_args){.id_index = 0};
    for (; parser.at < call->argc && !(add && add->id_index); parser.at++) {
        if (!parse_option(&parser))
            return false;
    }
    return check_limit(&parser);
}
