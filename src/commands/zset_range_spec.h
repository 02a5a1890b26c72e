/* SPDX-License-Identifier: BSD-3-Clause */
/* What part of a sorted set a command means: by rank, by score or by member, some of it left out by LIMIT. */
#ifndef COMMANDS_ZSET_RANGE_SPEC_H
#define COMMANDS_ZSET_RANGE_SPEC_H

#include "engine/call.h"
#include "types/zset.h"

enum range_by { RANGE_BY_RANK, RANGE_BY_SCORE, RANGE_BY_MEMBER };

struct range_spec {
    enum range_by by;
    bool is_backwards;
    int64_t start, stop; /* by rank; negative ones count from the end */
    struct zset_score_limits scores;
    struct zset_lex_limit min, max;
    int64_t offset, count; /* of LIMIT; a negative count: all */
};

/* Reads the two limits at argv[index] by spec->by; when it goes backwards by score or member, the higher one
 * comes first. False, having replied. */
bool call_range_limits(struct call *call, int index, struct range_spec *spec);

/* The ranks it means in this set. */
struct zset_range range_in(const struct collection *zset, const struct range_spec *spec);

#endif
