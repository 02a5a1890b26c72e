/* SPDX-License-Identifier: BSD-3-Clause */
/* The textbook fills a table L, where L[i][j] is the length for the first i bytes of `a` and the first j of `b`. Along a row,
 * L grows by 0 or 1 from each cell to the next, so a row is kept as bits: bit j - 1 is clear where L[i][j] = L[i][j-1] + 1. A row
 * comes from the one above with an addition and some logic, 64 cells at a time (after Crochemore and others, and Hyyro).
 *
 * The way back through the table needs no more than these bits: where the bytes differ, the greater neighbour is the
 * upper one if L grows here, and the left one if it doesn't. */
#include "types/lcs.h"
#include "base/alloc.h"

#define WORD_BITS 64
#define NO_MASK   (-1)

/* Gives every byte value that `a` contains the number of its mask; returns how many there are. */
static size_t number_masks(struct bytes a, int16_t numbers[256])
{
    int16_t count = 0;

    for (int i = 0; i < 256; i++)
        numbers[i] = NO_MASK;
    for (size_t i = 0; i < a.len; i++) {
        int16_t *number = &numbers[(unsigned char)a.data[i]];

        if (*number == NO_MASK)
            *number = count++;
    }
    return (size_t)count;
}

static uint64_t *try_words(size_t rows, size_t words)
{
    size_t count, size;

    if (!size_mul(rows, words, &count) || !size_mul(count, sizeof(uint64_t), &size))
        return NULL;
    return mem_try_alloc(size > 0 ? size : 1);
}

static void fill_masks(struct lcs *lcs, const int16_t numbers[256])
{
    for (size_t j = 0; j < lcs->b.len; j++) {
        int16_t number = numbers[(unsigned char)lcs->b.data[j]];

        if (number != NO_MASK)
            lcs->masks[(size_t)number * lcs->words + j / WORD_BITS] |= UINT64_C(1) << j % WORD_BITS;
    }
}

/* Makes the row below `above` (NULL: the first one, above which L is 0 everywhere); the two may be the same. */
static void fill_row(const uint64_t *above, uint64_t *row, const uint64_t *mask, size_t words)
{
    bool carry = false;

    for (size_t i = 0; i < words; i++) {
        uint64_t flat = above != NULL ? above[i] : UINT64_MAX;
        uint64_t hits = flat & mask[i], sum;
        bool overflows = __builtin_add_overflow(flat, hits, &sum);

        overflows |= __builtin_add_overflow(sum, (uint64_t)carry, &sum);
        row[i] = sum | (flat & ~mask[i]);
        carry = overflows;
    }
}

static bool grows_at(const uint64_t *row, size_t j)
{
    return (row[j / WORD_BITS] >> j % WORD_BITS & 1) == 0;
}

static size_t count_growth(const uint64_t *row, size_t len)
{
    size_t count = 0;

    for (size_t j = 0; j < len; j++)
        count += grows_at(row, j);
    return count;
}

bool lcs_init(struct lcs *lcs, struct bytes a, struct bytes b, bool wants_matches)
{
    size_t words = b.len / WORD_BITS + 1, mask_count;
    int16_t numbers[256];
    uint64_t *row = NULL;

    mask_count = number_masks(a, numbers);
    *lcs = (struct lcs){.a = a, .b = b, .words = words};
    lcs->masks = try_words(mask_count, words);
    lcs->rows = try_words(wants_matches ? a.len : 1, words);
    if (lcs->masks == NULL || lcs->rows == NULL) {
        lcs_clear(lcs);
        return false;
    }
    memset(lcs->masks, 0, mask_count * words * sizeof(uint64_t));
    fill_masks(lcs, numbers);

    for (size_t i = 0; i < a.len; i++) {
        uint64_t *next = wants_matches ? lcs->rows + i * words : lcs->rows;
        int16_t number = numbers[(unsigned char)a.data[i]];

        fill_row(row, next, lcs->masks + (size_t)number * words, words);
        row = next;
    }
    lcs->length = row != NULL ? count_growth(row, b.len) : 0;
    return true;
}

void lcs_clear(struct lcs *lcs)
{
    mem_free(lcs->masks);
    mem_free(lcs->rows);
    *lcs = (struct lcs){0};
}

bool lcs_previous(const struct lcs *lcs, size_t *a_end, size_t *b_end, struct lcs_match *match)
{
    size_t i = *a_end, j = *b_end, len = 0;

    while (i > 0 && j > 0 && lcs->a.data[i - 1] != lcs->b.data[j - 1]) {
        if (grows_at(lcs->rows + (i - 1) * lcs->words, j - 1))
            i--;
        else
            j--;
    }
    while (i > 0 && j > 0 && lcs->a.data[i - 1] == lcs->b.data[j - 1]) {
        i--;
        j--;
        len++;
    }
    *a_end = i;
    *b_end = j;
    *match = (struct lcs_match){.in_a = i, .in_b = j, .len = len};
    return len > 0;
}
