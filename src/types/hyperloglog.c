/* SPDX-License-Identifier: BSD-3-Clause */
#include "types/hyperloglog.h"
#include "base/panic.h"
#include "hyperloglog_runs.h"

enum { ENCODING_DENSE, ENCODING_SPARSE };

/* Where things lie in the header. */
enum { ENCODING_AT = 4, COUNT_AT = 8, COUNT_SIZE = 8 };

enum { REGISTER_BITS = 6, REGISTER_MAX = (1 << REGISTER_BITS) - 1 };

bool hll_is_dense(struct bytes hll)
{
    return bytes_of_hll(hll)[ENCODING_AT] == ENCODING_DENSE;
}

/* ---- elements ---- */

/* MurmurHash2 for 64 bits, with the seed that all such files have. */
static uint64_t hash_element(struct bytes element)
{
    const uint64_t factor = 0xc6a4a7935bd1e995;
    uint64_t hash = 0xadc83b19 ^ (element.len * factor);
    while (element.len >= 8) {
        uint64_t word = bytes_low_first(bytes_make(element.data, 8)) * factor;
        word = (word ^ (word >> 47)) * factor;
        hash = (hash ^ word) * factor;
        element = bytes_make(element.data + 8, element.len - 8);
    }
    if (element.len > 0)
        hash = (hash ^ bytes_low_first(element)) * factor;
    hash = (hash ^ (hash >> 47)) * factor;
    return hash ^ (hash >> 47);
}

struct hll_element hll_element_of(struct bytes element)
{
    uint64_t hash = hash_element(element);
    uint64_t rest = hash / HLL_REGISTERS | (uint64_t)1 << 50; /* no run is longer than the bits there are */
    return (struct hll_element){.index = hash % HLL_REGISTERS, .value = (uint8_t)(__builtin_ctzll(rest) + 1)};
}

/* ---- dense registers ---- */

static unsigned dense_register(const uint8_t *registers, unsigned index)
{
    unsigned bit = index * REGISTER_BITS, at = bit / 8, shift = bit % 8;
    unsigned value = (unsigned)registers[at] >> shift;
    if (shift > 8 - REGISTER_BITS)
        value |= (unsigned)registers[at + 1] << (8 - shift);
    return value & REGISTER_MAX;
}

static void set_dense_register(uint8_t *registers, unsigned index, unsigned value)
{
    unsigned bit = index * REGISTER_BITS, at = bit / 8, shift = bit % 8;
    unsigned mask = (unsigned)REGISTER_MAX << shift;
    value <<= shift;
    registers[at] = (uint8_t)((registers[at] & ~mask) | value);
    if (shift > 8 - REGISTER_BITS)
        registers[at + 1] = (uint8_t)((registers[at + 1] & ~(mask >> 8)) | value >> 8);
}

/* ---- what is one ---- */

static enum hll_state find(struct bytes hll, unsigned index, struct hll_place *place, bool is_known)
{
    if (hll.len < HLL_HEADER_SIZE || !bytes_starts_with(hll, BYTES("HYLL")))
        return HLL_OTHER;
    uint8_t encoding = bytes_of_hll(hll)[ENCODING_AT];
    if (encoding == ENCODING_DENSE)
        return hll.len == HLL_DENSE_SIZE ? HLL_RIGHT : HLL_OTHER;
    if (encoding != ENCODING_SPARSE)
        return HLL_OTHER;
    if (!runs_find(hll, index, place))
        return HLL_DAMAGED;
    return is_known || runs_end_well(hll, *place) ? HLL_RIGHT : HLL_DAMAGED;
}

enum hll_state hll_find(struct bytes hll, unsigned index, struct hll_place *place)
{
    return find(hll, index, place, false);
}

enum hll_state hll_find_again(struct bytes hll, unsigned index, struct hll_place *place)
{
    return find(hll, index, place, true);
}

enum hll_state hll_check(struct bytes hll)
{
    struct hll_place place;
    return hll_find(hll, 0, &place);
}

/* ---- reading ---- */

unsigned hll_register_at(struct bytes hll, struct hll_place place)
{
    return run_at(bytes_of_hll(hll), place.at, place.first).value;
}

unsigned hll_register(struct bytes hll, unsigned index)
{
    if (hll_is_dense(hll))
        return dense_register(bytes_of_hll(hll) + HLL_HEADER_SIZE, index);
    struct hll_place place;
    ASSERT(runs_find(hll, index, &place));
    return hll_register_at(hll, place);
}

static void raise_to_dense(uint8_t *registers, const uint8_t *dense)
{
    for (unsigned i = 0; i < HLL_REGISTERS; i++) {
        uint8_t value = (uint8_t)dense_register(dense, i);
        registers[i] = value > registers[i] ? value : registers[i];
    }
}

void hll_raise_to(uint8_t registers[static HLL_REGISTERS], struct bytes hll)
{
    const uint8_t *data = bytes_of_hll(hll);
    if (hll_is_dense(hll)) {
        raise_to_dense(registers, data + HLL_HEADER_SIZE);
        return;
    }
    unsigned first = 0;
    for (size_t at = HLL_HEADER_SIZE; at < hll.len;) {
        struct run run = run_at(data, at, first);
        for (unsigned i = first; i < first + run.len && run.value > 0; i++)
            registers[i] = run.value > registers[i] ? run.value : registers[i];
        first += run.len;
        at += run.size;
    }
}

bool hll_kept_count(struct bytes hll, uint64_t *count)
{
    *count = bytes_low_first(bytes_make(hll.data + COUNT_AT, COUNT_SIZE));
    return *count >> 63 == 0;
}

void hll_describe(struct bytes hll, struct buf *out)
{
    const uint8_t *data = bytes_of_hll(hll);
    for (size_t at = HLL_HEADER_SIZE; at < hll.len;) {
        struct run run = run_at(data, at, 0);
        const char *space = at > HLL_HEADER_SIZE ? " " : "";
        if (run.value > 0)
            buf_printf(out, "%sv:%u,%u", space, run.value, run.len);
        else
            buf_printf(out, "%s%c:%u", space, run.size == 2 ? 'Z' : 'z', run.len);
        at += run.size;
    }
}

/* ---- writing ---- */

/* Runs that are looked at for joining them around a change. */
enum { JOIN_LOOKS = 5 };
/* The run in front, three in the place of one, and those behind. */
_Static_assert(RUN_SIZE_MAX + (2 * RUN_SIZE_MAX + 1) + JOIN_LOOKS * RUN_SIZE_MAX == HLL_CHANGE_MAX,
               "a change has room");

void hll_init(struct buf *hll)
{
    static const char empty[] = "HYLL\1\0\0\0\0\0\0\0\0\0\0\0\x7f\xff";
    ASSERT(hll->len == 0);
    buf_append(hll, empty, sizeof empty - 1);
}

void hll_keep_count(char *hll, uint64_t count)
{
    for (int i = 0; i < COUNT_SIZE; i++)
        hll[COUNT_AT + i] = (char)(count >> 8 * i);
}

void hll_forget_count(char *hll)
{
    hll[COUNT_AT + COUNT_SIZE - 1] = (char)(hll[COUNT_AT + COUNT_SIZE - 1] | 0x80);
}

bool hll_add_dense(char *hll, struct hll_element element)
{
    uint8_t *registers = (uint8_t *)hll + HLL_HEADER_SIZE;
    if (dense_register(registers, element.index) >= element.value)
        return false;
    set_dense_register(registers, element.index, element.value);
    return true;
}

void hll_set_registers(struct buf *hll, const uint8_t registers[static HLL_REGISTERS])
{
    uint8_t *out = (uint8_t *)hll->data + HLL_HEADER_SIZE;
    for (unsigned i = 0; i < HLL_REGISTERS; i++)
        set_dense_register(out, i, registers[i]);
}

void hll_make_dense(struct buf *hll)
{
    if (hll_is_dense(buf_bytes(hll)))
        return;
    struct buf dense = {0};
    buf_reserve(&dense, HLL_DENSE_SIZE);
    memset(dense.data, 0, HLL_DENSE_SIZE);
    memcpy(dense.data, hll->data, HLL_HEADER_SIZE);
    dense.data[ENCODING_AT] = ENCODING_DENSE;
    dense.len = HLL_DENSE_SIZE;
    unsigned first = 0;
    for (size_t at = HLL_HEADER_SIZE; at < hll->len;) {
        struct run run = run_at((uint8_t *)hll->data, at, first);
        ASSERT(run.len <= HLL_REGISTERS - first);
        for (unsigned i = first; i < first + run.len && run.value > 0; i++)
            set_dense_register((uint8_t *)dense.data + HLL_HEADER_SIZE, i, run.value);
        first += run.len;
        at += run.size;
    }
    buf_clear(hll);
    *hll = dense;
}

/* Joins runs of a value, as many as `looks` find. How far that is decides which of many right forms comes
 * out, and that has to be Redis'. Returns the bytes that are left. */
static size_t join_runs(uint8_t *runs, size_t size, int looks)
{
    for (size_t at = 0; at < size && looks > 0; looks--) {
        struct run run = run_at(runs, at, 0);
        size_t behind = at + run.size;
        if (behind == size)
            break;
        struct run next = run_at(runs, behind, 0);
        if (run.value > 0 && next.value == run.value && run.len + next.len <= RUN_LEN_MAX) {
            (void)run_write(runs + behind, run.value, run.len + next.len);
            memmove(runs + at, runs + behind, size - behind);
            size--;
        } else {
            at = behind;
        }
    }
    return size;
}

/* The run, split around the register. */
static size_t split_run(uint8_t *out, const struct run *run, struct hll_element element)
{
    unsigned in_front = element.index - run->first;
    size_t size = run_write(out, run->value, in_front);
    size += run_write(out + size, element.value, 1);
    return size + run_write(out + size, run->value, run->len - in_front - 1);
}

enum hll_effect hll_plan(struct bytes hll, struct hll_element element, struct hll_place place,
                         size_t sparse_max, struct hll_change *change)
{
    const uint8_t *data = bytes_of_hll(hll);
    struct run run = run_at(data, place.at, place.first);
    if (element.value > RUN_VALUE_MAX)
        return HLL_OUTGROWN;
    if (run.value >= element.value)
        return HLL_UNCHANGED;
    size_t in_front = place.at - place.before, behind = place.at + run.size;
    memcpy(change->bytes, data + place.before, in_front);
    size_t size = in_front + split_run(change->bytes + in_front, &run, element);
    size_t grown = hll.len + size - in_front - run.size;
    if (grown > hll.len && grown > sparse_max)
        return HLL_OUTGROWN;
    /* As many runs behind it as can be looked at. */
    for (int i = 0; i < JOIN_LOOKS && behind < hll.len && run_is_whole(hll, behind); i++) {
        struct run next = run_at(data, behind, 0);
        memcpy(change->bytes + size, data + behind, next.size);
        size += next.size;
        behind += next.size;
    }
    change->at = place.before;
    change->old_size = behind - place.before;
    change->size = join_runs(change->bytes, size, JOIN_LOOKS);
    return HLL_CHANGED;
}

void hll_apply(char *hll, size_t len, const struct hll_change *change)
{
    size_t end = change->at + change->old_size;
    if (change->size != change->old_size)
        memmove(hll + change->at + change->size, hll + end, len - end);
    memcpy(hll + change->at, change->bytes, change->size);
}

static bool add_to_made_dense(struct buf *hll, struct hll_element element)
{
    hll_make_dense(hll);
    return hll_add_dense(hll->data, element);
}

bool hll_add(struct buf *hll, struct hll_element element, size_t sparse_max)
{
    struct hll_change change;
    struct bytes bytes = buf_bytes(hll);
    if (hll_is_dense(bytes))
        return hll_add_dense(hll->data, element);
    struct hll_place place;
    ASSERT(runs_find(bytes, element.index, &place));
    switch (hll_plan(bytes, element, place, sparse_max, &change)) {
    case HLL_UNCHANGED:
        return false;
    case HLL_OUTGROWN:
        return add_to_made_dense(hll, element);
    default:
        buf_reserve(hll, change.size);
        hll_apply(hll->data, hll->len, &change);
        hll->len = hll->len - change.old_size + change.size;
        return true;
    }
}
