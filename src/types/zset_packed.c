/* SPDX-License-Identifier: BSD-3-Clause */
/* A small sorted set: members and scores in turn, sorted. Everything is found by walking. */
#include "base/panic.h"
#include "zset_forms.h"

/* ---- scores ---- */

static const double WHOLE_MAX = (double)((int64_t)1 << 53);

struct bytes zset_pack_score(double score, char out[static ZSET_SCORE_SIZE])
{
    if (score < -WHOLE_MAX || score > WHOLE_MAX || (double)(int64_t)score != score) {
        memcpy(out, &score, sizeof score);
        return bytes_make(out, sizeof score);
    }
    int64_t whole = (int64_t)score, rest = whole;
    size_t len = 0;
    while (rest != 0 && rest != -1) {
        out[len++] = (char)rest;
        rest >>= 8;
    }
    /* The highest bit is the sign. */
    bool is_negative = len > 0 && (out[len - 1] & 0x80) != 0;
    if (whole != 0 && (len == 0 || is_negative != (whole < 0)))
        out[len++] = (char)rest;
    return bytes_make(out, len);
}

double zset_unpack_score(struct bytes packed)
{
    uint64_t bits = bytes_low_first(packed);
    if (packed.len == sizeof(double)) {
        double score;
        memcpy(&score, &bits, sizeof score);
        return score;
    }
    if (packed.len > 0 && (packed.data[packed.len - 1] & 0x80) != 0)
        bits |= UINT64_MAX << (8 * packed.len);
    return (double)(int64_t)bits;
}

/* The same for one in a block. The eight bytes that end with it are there as well: the block's head and the
 * lengths at least lie before. Read as one number they have it on top. */
static inline double score_of(struct bytes packed)
{
    uint64_t word;
    if (packed.len < sizeof word - PACKED_HEAD - 2 || packed.len == sizeof word)
        return zset_unpack_score(packed);
    memcpy(&word, packed.data + packed.len - sizeof word, sizeof word);
    return (double)((int64_t)word >> (64 - 8 * packed.len));
}

/* ---- reading ---- */

/* Inline: every search is a row of these. */
static inline bool pair_at(struct bytes packed, size_t at, struct zset_pair *pair)
{
    struct packed_element member, score;
    if (!packed_at(packed, at, &member) || !packed_at(packed, member.end, &score))
        return false;
    *pair = (struct zset_pair){member.bytes, score_of(score.bytes), member.start, score.end};
    return true;
}

bool packed_zset_at(struct bytes packed, size_t at, struct zset_pair *pair)
{
    return pair_at(packed, at, pair);
}

bool packed_zset_find(struct bytes packed, struct bytes member, struct zset_slot *slot)
{
    struct packed_element element;
    struct zset_pair pair;
    slot->member = member;
    slot->is_there = packed_find(packed, member, 2, &element) && pair_at(packed, element.start, &pair);
    if (slot->is_there) {
        slot->score = pair.score;
        slot->start = pair.start;
        slot->end = pair.end;
    }
    return slot->is_there;
}

uint64_t packed_zset_rank(struct bytes packed, size_t start)
{
    struct packed_element element;
    uint64_t elements = 0;
    for (size_t at = PACKED_HEAD; at < start && packed_at(packed, at, &element); at = element.end)
        elements++;
    return elements / 2;
}

/* ---- ranges ---- */

static bool is_above_min(const struct zset_pair *pair, const struct zset_score_limits *limits)
{
    return limits->is_min_open ? pair->score > limits->min : pair->score >= limits->min;
}

static bool is_below_max(const struct zset_pair *pair, const struct zset_score_limits *limits)
{
    return limits->is_max_open ? pair->score < limits->max : pair->score <= limits->max;
}

struct zset_range packed_zset_scores(struct bytes packed, const struct zset_score_limits *limits)
{
    struct zset_range range = {0, 0};
    struct zset_pair pair;
    size_t at = PACKED_HEAD;
    for (; pair_at(packed, at, &pair) && !is_above_min(&pair, limits); at = pair.end)
        range.first++;
    range.end = range.first;
    for (; pair_at(packed, at, &pair) && is_below_max(&pair, limits); at = pair.end)
        range.end++;
    return range;
}

struct zset_range packed_zset_members(struct bytes packed, const struct zset_lex_limit *min,
                                      const struct zset_lex_limit *max)
{
    struct zset_range range = {0, 0};
    struct zset_pair pair;
    size_t at = PACKED_HEAD;
    for (; pair_at(packed, at, &pair) && !zset_lex_is_above_min(pair.member, min); at = pair.end)
        range.first++;
    range.end = range.first;
    for (; pair_at(packed, at, &pair) && zset_lex_is_below_max(pair.member, max); at = pair.end)
        range.end++;
    return range;
}

/* ---- editing ---- */

void packed_zset_insert(struct buf *packed, struct bytes member, double score)
{
    char room[ZSET_SCORE_SIZE];
    struct zset_pair pair;
    size_t at = PACKED_HEAD;
    /* Mostly scores differ. */
    while (pair_at(buf_bytes(packed), at, &pair) &&
           (pair.score < score ||
            (pair.score == score && zset_compare(pair.score, pair.member, score, member) < 0)))
        at = pair.end;
    packed_insert(packed, at, zset_pack_score(score, room));
    packed_insert(packed, at, member);
}

void packed_zset_remove_range(struct buf *packed, struct zset_range range)
{
    struct bytes bytes = buf_bytes(packed);
    struct zset_pair pair;
    size_t start = PACKED_HEAD;
    uint64_t rank = 0;
    for (; rank < range.first && pair_at(bytes, start, &pair); rank++)
        start = pair.end;
    size_t end = start;
    for (; rank < range.end && pair_at(bytes, end, &pair); rank++)
        end = pair.end;
    packed_remove(packed, start, end, (size_t)(range.end - range.first) * 2);
}

void packed_zset_check(struct bytes packed)
{
    struct zset_pair pair, before;
    ASSERT(packed_is_whole(packed) && packed_count(packed) % 2 == 0);
    for (size_t at = PACKED_HEAD; pair_at(packed, at, &pair); at = pair.end) {
        ASSERT(at == PACKED_HEAD || zset_compare(before.score, before.member, pair.score, pair.member) < 0);
        before = pair;
    }
}
