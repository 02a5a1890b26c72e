/* SPDX-License-Identifier: BSD-3-Clause */
/* The textbook fills a table L, where L[i][j] is the length for the first i bytes of `a` and the first j of
 * `b`. Along a row, L grows by 0 or 1 from each cell to the next, so a row is kept as bits: bit j - 1 is
 * clear where L[i][j] = L[i][j-1] + 1. A row comes from the one above with an addition and some logic, 64
 * cells at a time (after Crochemore and others, and Hyyro).
 *
 * The way back through the table needs no more than these bits: where the bytes differ, the greater neighbour
 * is the upper one if L grows here, and the left one if it doesn't. */
#include "types/lcs.h"
#include "base/alloc.h"
#include "base/panic.h"

#define WORD_BITS 64
#define NO_MASK   (-1)

void lcs_init(struct lcs *lcs, struct bytes a, struct bytes b, bool wants_matches)
{
    *lcs = (struct lcs){.a = a, .b = b, .wants_matches = wants_matches, .words = b.len / WORD_BITS + 1};
    for (int i = 0; i < 256; i++)
        lcs->numbers[i] = NO_MASK;
}

void lcs_clear(struct lcs *lcs)
{
    mem_free(lcs->masks);
    mem_free(lcs->matches);
    blob_unref(lcs->rows);
    *lcs = (struct lcs){0};
}

static size_t min(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void begin_stage(struct lcs *lcs, enum lcs_stage stage)
{
    lcs->stage = stage;
    lcs->done = 0;
}

static bool size_of_words(size_t rows, size_t words, size_t *size)
{
    size_t count;
    return size_mul(rows, words, &count) && size_mul(count, sizeof(uint64_t), size);
}

/* ---- masks ---- */

static bool begin_masking(struct lcs *lcs)
{
    size_t size;
    begin_stage(lcs, LCS_MASKING);
    if (!size_of_words(lcs->mask_count, lcs->words, &size))
        return false;
    lcs->masks = mem_try_zalloc(size > 0 ? size : 1);
    return lcs->masks;
}

/* Gives every byte value that `a` contains the number of its mask. */
static bool number_masks(struct lcs *lcs, size_t budget)
{
    size_t end = lcs->done + min(budget, lcs->a.len - lcs->done);
    for (; lcs->done < end; lcs->done++) {
        int16_t *number = &lcs->numbers[(unsigned char)lcs->a.data[lcs->done]];
        if (*number == NO_MASK)
            *number = (int16_t)lcs->mask_count++;
    }
    return lcs->done < lcs->a.len || begin_masking(lcs);
}

static bool begin_filling(struct lcs *lcs)
{
    size_t size;
    begin_stage(lcs, LCS_FILLING);
    if (!size_of_words(lcs->wants_matches ? lcs->a.len : 1, lcs->words, &size))
        return false;
    lcs->rows = blob_try_new(size, size);
    return lcs->rows;
}

static bool fill_masks(struct lcs *lcs, size_t budget)
{
    size_t end = lcs->done + min(budget, lcs->b.len - lcs->done);
    for (; lcs->done < end; lcs->done++) {
        int16_t number = lcs->numbers[(unsigned char)lcs->b.data[lcs->done]];
        if (number != NO_MASK)
            lcs->masks[(size_t)number * lcs->words + lcs->done / WORD_BITS] |= UINT64_C(1)
                                                                               << lcs->done % WORD_BITS;
    }
    return lcs->done < lcs->b.len || begin_filling(lcs);
}

/* ---- rows ---- */

static uint64_t *row_at(const struct lcs *lcs, size_t i)
{
    uint64_t *rows = (uint64_t *)(void *)lcs->rows->data;
    return lcs->wants_matches ? rows + i * lcs->words : rows;
}

/* Makes the row below `above` (NULL: the first one, above which L is 0 everywhere); the two may be the
 * same. */
static void fill_row(const uint64_t *above, uint64_t *row, const uint64_t *mask, size_t words)
{
    bool carry = false;
    ASSERT(row);
    for (size_t i = 0; i < words; i++) {
        uint64_t flat = above ? above[i] : UINT64_MAX;
        uint64_t hits = flat & mask[i], sum;
        bool overflows = __builtin_add_overflow(flat, hits, &sum);
        overflows |= __builtin_add_overflow(sum, (uint64_t)carry, &sum);
        row[i] = sum | (flat & ~mask[i]);
        carry = overflows;
    }
}

/* Where L grows along the row, over all of `b`. */
static size_t count_growth(const uint64_t *row, size_t len)
{
    size_t flat = 0, rest = len % WORD_BITS;
    for (size_t i = 0; i < len / WORD_BITS; i++)
        flat += (size_t)__builtin_popcountll(row[i]);
    if (rest > 0)
        flat += (size_t)__builtin_popcountll(row[len / WORD_BITS] & ((UINT64_C(1) << rest) - 1));
    return len - flat;
}

static void begin_walking(struct lcs *lcs)
{
    begin_stage(lcs, lcs->wants_matches ? LCS_WALKING : LCS_FINISHED);
    lcs->length = lcs->a.len > 0 ? count_growth(row_at(lcs, lcs->a.len - 1), lcs->b.len) : 0;
    lcs->a_end = lcs->a.len;
    lcs->b_end = lcs->b.len;
}

static void fill_rows(struct lcs *lcs, size_t budget)
{
    size_t count = budget / lcs->words + 1, end = lcs->done + min(count, lcs->a.len - lcs->done);
    for (; lcs->done < end; lcs->done++) {
        size_t i = lcs->done;
        size_t mask = (size_t)lcs->numbers[(unsigned char)lcs->a.data[i]];
        fill_row(i > 0 ? row_at(lcs, i - 1) : NULL, row_at(lcs, i), lcs->masks + mask * lcs->words,
                 lcs->words);
    }
    if (lcs->done == lcs->a.len)
        begin_walking(lcs);
}

/* ---- the way back ---- */

static bool add_match(struct lcs *lcs, struct lcs_match match)
{
    if (lcs->match_count == lcs->match_capacity) {
        size_t capacity = lcs->match_capacity > 0 ? 2 * lcs->match_capacity : 16;
        struct lcs_match *matches = mem_try_realloc(lcs->matches, capacity * sizeof *matches);
        if (!matches)
            return false;
        lcs->matches = matches;
        lcs->match_capacity = capacity;
    }
    lcs->matches[lcs->match_count++] = match;
    return true;
}

static bool grows_at(const uint64_t *row, size_t j)
{
    return (row[j / WORD_BITS] >> j % WORD_BITS & 1) == 0;
}

static bool end_run(struct lcs *lcs)
{
    struct lcs_match run = lcs->run;
    lcs->run.len = 0;
    return run.len == 0 || add_match(lcs, run);
}

/* One step; false when there is no memory for the match that ends. */
static bool walk_step(struct lcs *lcs)
{
    size_t i = lcs->a_end, j = lcs->b_end;
    if (lcs->a.data[i - 1] == lcs->b.data[j - 1]) {
        lcs->a_end--;
        lcs->b_end--;
        lcs->run = (struct lcs_match){.in_a = i - 1, .in_b = j - 1, .len = lcs->run.len + 1};
        return true;
    }
    if (grows_at(row_at(lcs, i - 1), j - 1))
        lcs->a_end--;
    else
        lcs->b_end--;
    return end_run(lcs);
}

static bool walk(struct lcs *lcs, size_t budget)
{
    for (; budget > 0 && lcs->a_end > 0 && lcs->b_end > 0; budget--) {
        if (!walk_step(lcs))
            return false;
    }
    if (lcs->a_end > 0 && lcs->b_end > 0)
        return true;
    begin_stage(lcs, LCS_FINISHED);
    return end_run(lcs);
}

enum lcs_progress lcs_some(struct lcs *lcs, size_t budget)
{
    bool is_good = true;
    switch (lcs->stage) {
    case LCS_NUMBERING:
        is_good = number_masks(lcs, budget);
        break;
    case LCS_MASKING:
        is_good = fill_masks(lcs, budget);
        break;
    case LCS_FILLING:
        fill_rows(lcs, budget);
        break;
    case LCS_WALKING:
        is_good = walk(lcs, budget);
        break;
    case LCS_FINISHED:
        break;
    }
    if (!is_good)
        return LCS_NO_MEMORY;
    return lcs->stage == LCS_FINISHED ? LCS_DONE : LCS_MORE;
}
