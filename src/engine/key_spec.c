/* SPDX-License-Identifier: BSD-3-Clause */
/* Key specs applied to arguments. A spec says where its part begins (an index, or behind a keyword) and
 * how keys are found from there (a range, or as many as a number says). All indexes are computed in 64
 * bits and compared with argc before they are used. */
#include "engine/key_spec.h"
#include "base/alloc.h"
#include "base/number.h"
#include "base/panic.h"

void key_positions_add(struct key_positions *positions, int index, unsigned flags)
{
    const int few = (int)(sizeof positions->few / sizeof positions->few[0]);
    struct key_position *items = positions->capacity ? positions->many : positions->few;
    if (positions->count == (positions->capacity ? positions->capacity : few)) {
        int capacity = positions->count * 2;
        struct key_position *grown = mem_alloc((size_t)capacity * sizeof *grown);
        memcpy(grown, items, (size_t)positions->count * sizeof *grown);
        mem_free(positions->many);
        positions->many = items = grown;
        positions->capacity = capacity;
    }
    items[positions->count++] = (struct key_position){index, flags};
}

void key_positions_clear(struct key_positions *positions)
{
    mem_free(positions->many);
    positions->many = NULL;
    positions->count = positions->capacity = 0;
}

/* ---- from arguments to keys ---- */

/* The index behind the keyword, searched for from `first` on; from the end backwards when that is
 * negative. 0: not there, which includes that nothing follows it. */
static int find_keyword(const struct key_spec *spec, const struct bytes *argv, int argc)
{
    int step = spec->first > 0 ? 1 : -1;
    for (int i = spec->first > 0 ? spec->first : argc + spec->first; i >= 1 && i < argc - 1; i += step) {
        if (bytes_is_nocase(argv[i], spec->keyword))
            return i + 1;
    }
    return 0;
}

enum spec_result { SPEC_FOUND, SPEC_ABSENT, SPEC_MISFIT };

/* The first and last index of the spec's keys. */
static enum spec_result locate(const struct key_spec *spec, const struct bytes *argv, int argc,
                               int64_t *first, int64_t *last)
{
    int64_t count;
    if (spec->begin == KEY_BEGIN_UNKNOWN || spec->find == KEY_FIND_UNKNOWN)
        return SPEC_MISFIT;
    *first = spec->begin == KEY_BEGIN_INDEX ? spec->first : find_keyword(spec, argv, argc);
    if (*first == 0)
        return SPEC_ABSENT;
    if (spec->find == KEY_FIND_KEYNUM) {
        int64_t number_at = *first + spec->keynum_at;
        if (number_at >= argc || !parse_i64(argv[number_at], &count) || count < 0 || count > argc)
            return SPEC_MISFIT;
        *first += spec->keys_from;
        *last = *first + (count - 1) * spec->step;
    } else if (spec->last >= 0) {
        *last = *first + spec->last;
    } else if (spec->limit > 0) { /* keys fill one part in `limit` of what follows */
        *last = *first + (argc - *first) / spec->limit - 1;
    } else {
        *last = argc + spec->last;
    }
    return *first < argc && *last < argc && *last >= *first ? SPEC_FOUND : SPEC_MISFIT;
}

static bool find_by_specs(const struct command *row, const struct bytes *argv, int argc,
                          struct key_positions *positions)
{
    for (int i = 0; i < KEY_SPECS_MAX && row->keys[i].begin != KEY_BEGIN_NONE; i++) {
        const struct key_spec *spec = &row->keys[i];
        int64_t first, last;
        enum spec_result result;
        if (spec->flags & KEY_NOT_KEY)
            continue;
        result = locate(spec, argv, argc, &first, &last);
        if (result == SPEC_ABSENT)
            continue;
        if (result == SPEC_MISFIT || (spec->flags & KEY_INCOMPLETE))
            return false;
        for (int64_t at = first; at <= last; at += spec->step)
            key_positions_add(positions, (int)at, spec->flags);
    }
    return true;
}

static unsigned all_flags(const struct command *row)
{
    unsigned flags = 0;
    for (int i = 0; i < KEY_SPECS_MAX; i++)
        flags |= row->keys[i].flags;
    return flags;
}

bool command_has_keys(const struct command *row)
{
    for (int i = 0; i < KEY_SPECS_MAX; i++) {
        if (row->keys[i].begin != KEY_BEGIN_NONE && !(row->keys[i].flags & KEY_NOT_KEY))
            return true;
    }
    return row->find_keys;
}

bool command_find_keys(const struct command *row, const struct bytes *argv, int argc,
                       struct key_positions *positions)
{
    int count = positions->count;
    if (!row->find_keys || !(all_flags(row) & KEY_VARIABLE_FLAGS)) {
        if (find_by_specs(row, argv, argc, positions))
            return true;
        positions->count = count;
    }
    if (!row->find_keys)
        return false;
    if (row->find_keys(argv, argc, positions))
        return true;
    positions->count = count;
    return false;
}

/* ---- the old terms ---- */

struct key_range command_key_range(const struct command *row)
{
    struct key_range range = {0, 0, 0, false};
    int spec_count = 0;
    for (int i = 0; i < KEY_SPECS_MAX && row->keys[i].begin != KEY_BEGIN_NONE; i++) {
        const struct key_spec *spec = &row->keys[i];
        int last = spec->last < 0 ? spec->last : spec->first + spec->last;
        bool is_range = spec->begin == KEY_BEGIN_INDEX && spec->find == KEY_FIND_RANGE;
        bool is_alone = i == 0 && row->keys[1].begin == KEY_BEGIN_NONE;
        bool is_next = range.first == 0 || (range.last > 0 && spec->first == range.last + 1);
        spec_count++;
        if (!is_range || (!is_alone && (spec->step != 1 || !is_next))) {
            range.is_movable = true;
            continue;
        }
        if (spec->flags & KEY_INCOMPLETE)
            range.is_movable = true;
        if (range.first == 0)
            range.first = spec->first;
        range.last = last;
        range.step = spec->step;
    }
    if (spec_count > 0 && range.first == 0)
        range.is_movable = true;
    return range;
}
