/* SPDX-License-Identifier: BSD-3-Clause */
/* The levels of minima above the table's buckets. An entry of a level may be too low (stale), never too
 * high. */
#include "deadlines.h"
#include "base/alloc.h"

static const unsigned shifts[DEADLINE_LEVELS] = {4, 6, 6, 6};

void deadlines_init(struct deadlines *deadlines, struct table *table)
{
    *deadlines = (struct deadlines){.table = table};
    deadlines_bucket_changed(deadlines, 0);
}

void deadlines_clear(struct deadlines *deadlines)
{
    for (int level = 0; level < DEADLINE_LEVELS; level++)
        mem_free(deadlines->levels[level]);
    *deadlines = (struct deadlines){.table = deadlines->table};
}

static void make_room(struct deadlines *deadlines, int level, size_t index)
{
    if (index >= deadlines->capacities[level]) {
        size_t capacity = (index + 1) * 2;
        deadlines->levels[level] = mem_realloc(deadlines->levels[level], capacity * sizeof(uint64_t));
        deadlines->capacities[level] = capacity;
    }
    while (deadlines->counts[level] <= index)
        deadlines->levels[level][deadlines->counts[level]++] = TABLE_BOUND_MAX;
}

/* Carries a lowered bound upwards, as far as it makes a difference. */
static void carry(struct deadlines *deadlines, size_t index, uint64_t bound)
{
    for (int level = 0; level < DEADLINE_LEVELS; level++) {
        index >>= shifts[level];
        if (bound >= deadlines->levels[level][index])
            return;
        deadlines->levels[level][index] = bound;
    }
}

void deadlines_lower(struct deadlines *deadlines, size_t number, uint64_t bound)
{
    if (bound >= table_bound(deadlines->table, number))
        return;
    table_set_bound(deadlines->table, number, bound);
    carry(deadlines, number, bound);
}

void deadlines_bucket_changed(struct deadlines *deadlines, size_t number)
{
    size_t index = number;
    for (int level = 0; level < DEADLINE_LEVELS; level++) {
        index >>= shifts[level];
        make_room(deadlines, level, index);
    }
    carry(deadlines, number, table_bound(deadlines->table, number));
}

/* Of the table, which is level -1, or a level of minima. */
static size_t count_at(const struct deadlines *deadlines, int level)
{
    return level < 0 ? deadlines->table->bucket_count : deadlines->counts[level];
}

static uint64_t bound_at(const struct deadlines *deadlines, int level, size_t index)
{
    return level < 0 ? table_bound(deadlines->table, index) : deadlines->levels[level][index];
}

/* The minimum of the group that level `level` sums up at `index`, from the level below. */
static uint64_t minimum_of_group(const struct deadlines *deadlines, int level, size_t index)
{
    size_t begin = index << shifts[level], end = (index + 1) << shifts[level];
    size_t count = count_at(deadlines, level - 1);
    uint64_t minimum = TABLE_BOUND_MAX;
    for (size_t i = begin; i < end && i < count; i++) {
        uint64_t bound = bound_at(deadlines, level - 1, i);
        minimum = bound < minimum ? bound : minimum;
    }
    return minimum;
}

/* Sets right the minima above bucket `number`. */
static void refresh(struct deadlines *deadlines, size_t number)
{
    size_t index = number;
    for (int level = 0; level < DEADLINE_LEVELS; level++) {
        index >>= shifts[level];
        uint64_t minimum = minimum_of_group(deadlines, level, index);
        if (minimum == deadlines->levels[level][index])
            return;
        deadlines->levels[level][index] = minimum;
    }
}

void deadlines_set(struct deadlines *deadlines, size_t number, uint64_t bound)
{
    table_set_bound(deadlines->table, number, bound);
    refresh(deadlines, number);
}

uint64_t deadlines_next(const struct deadlines *deadlines)
{
    uint64_t minimum = TABLE_BOUND_MAX;
    for (size_t i = 0; i < deadlines->counts[DEADLINE_LEVELS - 1]; i++) {
        uint64_t bound = deadlines->levels[DEADLINE_LEVELS - 1][i];
        minimum = bound < minimum ? bound : minimum;
    }
    return minimum;
}

/* The first index below `index` of `level` whose bound is due; one past the group when the minimum was
 * stale. */
static size_t due_below(const struct deadlines *deadlines, int level, size_t index, uint64_t now)
{
    size_t end = (index + 1) << shifts[level];
    size_t count = count_at(deadlines, level - 1);
    for (size_t i = index << shifts[level]; i < end && i < count; i++) {
        if (bound_at(deadlines, level - 1, i) <= now)
            return i;
    }
    return end;
}

bool deadlines_due(struct deadlines *deadlines, uint64_t now, size_t *number)
{
    const int top = DEADLINE_LEVELS - 1;
    for (size_t root = 0; root < deadlines->counts[top];) {
        if (deadlines->levels[top][root] > now) {
            root++;
            continue;
        }
        size_t index = root;
        int level = top;
        for (; level >= 0; level--) {
            size_t below = due_below(deadlines, level, index, now);
            if (below == (index + 1) << shifts[level])
                break;
            index = below;
        }
        if (level < 0) {
            *number = index;
            return true;
        }
        /* A stale minimum: set it right on the way up, and look again. */
        deadlines->levels[level][index] = minimum_of_group(deadlines, level, index);
        for (int l = level + 1; l <= top; l++) {
            index >>= shifts[l];
            deadlines->levels[l][index] = minimum_of_group(deadlines, l, index);
        }
    }
    return false;
}

/* The same for any level: looks through the rest of the group, then asks the level above for the next group,
 * over and over only where minima are stale; those are set right. */
static bool seek(struct deadlines *deadlines, int level,
                 size_t *index) /* NOLINT(misc-no-recursion): four levels */
{
    const int above = level + 1;
    const size_t count = count_at(deadlines, level);
    for (size_t i = *index; i < count;) {
        size_t begin = i, end = count;
        if (above < DEADLINE_LEVELS && ((i >> shifts[above]) + 1) << shifts[above] < count)
            end = ((i >> shifts[above]) + 1) << shifts[above];
        for (; i < end; i++) {
            if (bound_at(deadlines, level, i) != TABLE_BOUND_MAX) {
                *index = i;
                return true;
            }
        }
        if (above == DEADLINE_LEVELS)
            return false;
        size_t group = begin >> shifts[above];
        if (begin == group << shifts[above])
            deadlines->levels[above][group] = TABLE_BOUND_MAX;
        group++;
        if (!seek(deadlines, above, &group))
            return false;
        i = group << shifts[above];
    }
    return false;
}

bool deadlines_seek(struct deadlines *deadlines, size_t *number)
{
    return seek(deadlines, -1, number);
}
