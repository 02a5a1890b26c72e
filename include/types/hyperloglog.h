/* SPDX-License-Identifier: BSD-3-Clause */
/* HyperLogLogs: how many different elements there were, by 16384 registers. A register holds the longest run
 * of zeros, and the one behind it, among the hashes that fell to it. They lie in a string, in Redis' format:
 *
 *     "HYLL"  encoding  3 bytes  count   registers
 *     4       1         unused   8       dense: 6 bits each, the lowest first; always 12288 bytes
 *                                        sparse: runs of equal registers
 *
 *     00llllll            l+1 registers of 0           1vvvvvll  l+1 registers of v+1
 *     01llllll llllllll   as many, the high bits first
 *
 * The count, lowest byte first, is what was last estimated, unless its highest bit is set. Strings come from
 * anywhere: nothing but hll_check and hll_find may be called with one that they didn't find to be right. */
#ifndef TYPES_HYPERLOGLOG_H
#define TYPES_HYPERLOGLOG_H

#include "base/buf.h"

enum {
    HLL_REGISTERS = 1 << 14,
    HLL_HEADER_SIZE = 16,
    HLL_DENSE_SIZE = HLL_HEADER_SIZE + HLL_REGISTERS * 6 / 8,
};

enum hll_state {
    HLL_RIGHT,
    HLL_OTHER,   /* it doesn't even begin as one */
    HLL_DAMAGED, /* its runs don't come to all registers */
};
enum hll_state hll_check(struct bytes hll);
bool hll_is_dense(struct bytes hll);

/* Where a register of a sparse one lies: good until that changes. */
struct hll_place {
    size_t at, before; /* its run, and the one before that, or the first */
    unsigned first;    /* the run's first register */
};
/* Checks it, and tells in the same pass where a register lies, if it is sparse. */
enum hll_state hll_find(struct bytes hll, unsigned index, struct hll_place *place);
/* The same of one that has been found to be right: what lies behind the register isn't looked at again. */
enum hll_state hll_find_again(struct bytes hll, unsigned index, struct hll_place *place);

/* ---- reading ---- */

/* What an element does: its register gets `value` unless it is higher already. */
struct hll_element {
    uint16_t index;
    uint8_t value;
};
struct hll_element hll_element_of(struct bytes element);

unsigned hll_register(struct bytes hll, unsigned index);
unsigned hll_register_at(struct bytes hll, struct hll_place place);
/* Raises each of `registers` to that of `hll`. */
void hll_raise_to(uint8_t registers[static HLL_REGISTERS], struct bytes hll);
/* The estimate, and that of registers that lie by themselves. */
uint64_t hll_estimate(struct bytes hll);
uint64_t hll_estimate_registers(const uint8_t registers[static HLL_REGISTERS]);
/* The estimate that was kept; false when something was added since. */
bool hll_kept_count(struct bytes hll, uint64_t *count);

/* Appends "Z:16384" or "v:1,2 z:3 ...": the runs of a sparse one. */
void hll_describe(struct bytes hll, struct buf *out);

/* ---- writing ---- */

/* Makes the empty buffer an HLL without elements. */
void hll_init(struct buf *hll);
/* Adds an element. A sparse HLL becomes dense when it would be longer than `sparse_max` bytes, or when the
 * value is none that a run can have. False when nothing changes. */
bool hll_add(struct buf *hll, struct hll_element element, size_t sparse_max);
void hll_make_dense(struct buf *hll);
/* The same for a dense one in place. */
bool hll_add_dense(char *hll, struct hll_element element);

/* The same for a sparse one, so that it can be done where it lies: first what is to be done is found out. */
enum { HLL_CHANGE_MAX = 17 };
struct hll_change {
    size_t at, old_size, size;     /* bytes that are replaced, and by how many */
    uint8_t bytes[HLL_CHANGE_MAX]; /* by these */
};
enum hll_effect {
    HLL_UNCHANGED,
    HLL_CHANGED,
    HLL_OUTGROWN, /* it has to become dense */
};
enum hll_effect hll_plan(struct bytes hll, struct hll_element element, struct hll_place place,
                         size_t sparse_max, struct hll_change *change);
/* `len` is its length; there is room for what is added. */
void hll_apply(char *hll, size_t len, const struct hll_change *change);

/* Gives a dense one these registers. */
void hll_set_registers(struct buf *hll, const uint8_t registers[static HLL_REGISTERS]);

void hll_keep_count(char *hll, uint64_t count);
/* Says that the kept count is none any more: whoever adds does, once. */
void hll_forget_count(char *hll);

#endif
