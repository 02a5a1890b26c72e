/* SPDX-License-Identifier: BSD-3-Clause */
#include "zset_range_spec.h"
#include "base/number.h"

/* ---- reading limits ---- */

static bool parse_score_limit(struct bytes text, double *score, bool *is_open)
{
    *is_open = text.len > 0 && text.data[0] == '(';
    return parse_double_loosely(bytes_make(text.data + *is_open, text.len - *is_open), score);
}

static bool read_scores(struct call *call, int min, int max, struct zset_score_limits *limits)
{
    if (parse_score_limit(call->argv[min], &limits->min, &limits->is_min_open) &&
        parse_score_limit(call->argv[max], &limits->max, &limits->is_max_open))
        return true;
    call_error_format(call, "ERR min or max is not a float");
    return false;
}

/* "-" and "+" stand alone, as far as a NUL. */
static bool parse_member_limit(struct bytes text, struct zset_lex_limit *limit)
{
    char first = text.len > 0 ? text.data[0] : '\0';
    bool is_alone = text.len == 1 || (text.len > 1 && text.data[1] == '\0');
    if (first == '-' || first == '+') {
        limit->kind = first == '-' ? ZSET_LEX_LEAST : ZSET_LEX_MOST;
        return is_alone;
    }
    limit->kind = first == '(' ? ZSET_LEX_OPEN : ZSET_LEX_CLOSED;
    if (first != '(' && first != '[')
        return false;
    limit->member = bytes_make(text.data + 1, text.len - 1);
    return true;
}

static bool read_members(struct call *call, int min, int max, struct range_spec *spec)
{
    if (parse_member_limit(call->argv[min], &spec->min) && parse_member_limit(call->argv[max], &spec->max))
        return true;
    call_error_format(call, "ERR min or max not valid string range item");
    return false;
}

bool call_range_limits(struct call *call, int index, struct range_spec *spec)
{
    int min = spec->is_backwards ? index + 1 : index, max = spec->is_backwards ? index : index + 1;
    switch (spec->by) {
    case RANGE_BY_SCORE:
        return read_scores(call, min, max, &spec->scores);
    case RANGE_BY_MEMBER:
        return read_members(call, min, max, spec);
    default:
        return call_int(call, index, &spec->start) && call_int(call, index + 1, &spec->stop);
    }
}

/* ---- ranks ---- */

static struct zset_range range_of_ranks(int64_t count, int64_t start, int64_t stop, bool is_backwards)
{
    start = start < 0 ? start + count : start;
    stop = stop < 0 ? stop + count : stop;
    start = start < 0 ? 0 : start;
    stop = stop >= count ? count - 1 : stop;
    if (start > stop)
        return (struct zset_range){0, 0};
    if (is_backwards)
        return (struct zset_range){(uint64_t)(count - 1 - stop), (uint64_t)(count - start)};
    return (struct zset_range){(uint64_t)start, (uint64_t)stop + 1};
}

static struct zset_range limited(struct zset_range range, const struct range_spec *spec)
{
    uint64_t count = range.end - range.first, offset = (uint64_t)spec->offset;
    if (spec->offset < 0 || offset >= count)
        return (struct zset_range){0, 0};
    count -= offset;
    if (spec->count >= 0 && (uint64_t)spec->count < count)
        count = (uint64_t)spec->count;
    uint64_t first = spec->is_backwards ? range.end - offset - count : range.first + offset;
    return (struct zset_range){first, first + count};
}

struct zset_range range_in(const struct collection *zset, const struct range_spec *spec)
{
    switch (spec->by) {
    case RANGE_BY_SCORE:
        return limited(zset_range_of_scores(zset, &spec->scores), spec);
    case RANGE_BY_MEMBER:
        return limited(zset_range_of_members(zset, &spec->min, &spec->max), spec);
    default:
        return range_of_ranks((int64_t)zset_count(zset), spec->start, spec->stop, spec->is_backwards);
    }
}
