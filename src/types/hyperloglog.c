/* SPDX-License-Identifier: BSD-3-Clause */
#include "types/hyperloglog.h"
#include "base/panic.h"
#include <endian.h>

enum { ENCODING_DENSE, ENCODING_SPARSE };

/* Where things lie in the header. */
enum { ENCODING_AT = 4, COUNT_AT = 8, COUNT_SIZE = 8 };

enum {
    REGISTER_BITS = 6,
    REGISTER_MAX = (1 << REGISTER_BITS) - 1,
    RUN_VALUE_MAX = 32,  /* of a run of a value */
    RUN_LEN_MAX = 4,     /* the same */
    SHORT_ZEROS_MAX = 64 /* in one byte */
};

static const uint8_t *bytes_of_hll(struct bytes hll)
{
    return (const uint8_t *)hll.data;
}

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

/* ---- runs ---- */

struct run {
    size_t at, size;     /* its bytes */
    unsigned first, len; /* its registers */
    uint8_t value;
};

/* The run at `at`, of which the caller knows that its bytes are there. */
static inline struct run run_at(const uint8_t *hll, size_t at, unsigned first)
{
    uint8_t head = hll[at];
    if (head & 0x80)
        return (struct run){at, 1, first, (head & 3U) + 1, (uint8_t)((head >> 2 & 31) + 1)};
    if (head & 0x40)
        return (struct run){at, 2, first, ((head & 0x3fU) << 8 | hll[at + 1]) + 1, 0};
    return (struct run){at, 1, first, head + 1U, 0};
}

#define EACH_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))
#define EACH_PAIR(pair) (UINT64_C(0x0001000100010001) * (pair))

/* How many of the eight bytes come before the first run of two bytes, and the registers of these runs. */
static unsigned short_runs(const uint8_t *data, unsigned *registers)
{
    uint64_t bytes;
    memcpy(&bytes, data, sizeof bytes);
    bytes = le64toh(bytes);
    uint64_t of_value = bytes & EACH_BYTE(0x80), of_two = ~bytes & bytes << 1 & EACH_BYTE(0x80);
    /* What says the length: six bits of zeros, two of a value. */
    uint64_t lens = bytes & (EACH_BYTE(0x3f) ^ (of_value >> 7) * 0x3c);
    unsigned count = sizeof bytes;
    if (of_two) {
        count = (unsigned)__builtin_ctzll(of_two) / 8;
        lens &= (UINT64_C(1) << 8 * count) - 1;
    }
    lens = (lens & EACH_PAIR(0xff)) + (lens >> 8 & EACH_PAIR(0xff));
    *registers = (unsigned)(lens * EACH_PAIR(1) >> 48) + count;
    return count;
}

/* In shorter ones most zeros lie in runs of two bytes. */
#define SKIPPED_MIN 512

/* Goes on over runs that end before register `limit`, as far as that can be done quickly. */
static inline void skip_runs(struct bytes hll, struct hll_place *place, unsigned limit)
{
    while (hll.len >= SKIPPED_MIN && place->at + sizeof(uint64_t) <= hll.len) {
        unsigned registers, count = short_runs(bytes_of_hll(hll) + place->at, &registers);
        if (count == 0 || place->first + registers > limit)
            return;
        place->at += count;
        place->first += registers;
        place->before = place->at - 1;
    }
}

static inline void pass_run(struct hll_place *place, const struct run *run)
{
    place->before = place->at;
    place->at += run->size;
    place->first += run->len;
}

static const struct hll_place first_place = {HLL_HEADER_SIZE, HLL_HEADER_SIZE, 0};

static bool is_whole(const uint8_t *hll, size_t at, size_t len)
{
    return (hll[at] & 0xc0) != 0x40 || at + 1 < len;
}

static bool are_runs_right(struct bytes hll, unsigned index, struct hll_place *place)
{
    struct hll_place here = first_place;
    unsigned stop = index;
    for (;;) {
        skip_runs(hll, &here, stop);
        if (here.at == hll.len)
            return here.first == HLL_REGISTERS;
        if (!is_whole(bytes_of_hll(hll), here.at, hll.len))
            return false;
        struct run run = run_at(bytes_of_hll(hll), here.at, here.first);
        if (run.len > HLL_REGISTERS - here.first)
            return false;
        if (stop == index && here.first + run.len > index) {
            *place = here;
            stop = HLL_REGISTERS;
        }
        pass_run(&here, &run);
    }
}

enum hll_state hll_find(struct bytes hll, unsigned index, struct hll_place *place)
{
    if (hll.len < HLL_HEADER_SIZE || !bytes_starts_with(hll, BYTES("HYLL")))
        return HLL_OTHER;
    uint8_t encoding = bytes_of_hll(hll)[ENCODING_AT];
    if (encoding == ENCODING_DENSE)
        return hll.len == HLL_DENSE_SIZE ? HLL_RIGHT : HLL_OTHER;
    if (encoding != ENCODING_SPARSE)
        return HLL_OTHER;
    return are_runs_right(hll, index, place) ? HLL_RIGHT : HLL_DAMAGED;
}

enum hll_state hll_check(struct bytes hll)
{
    struct hll_place place;
    return hll_find(hll, 0, &place);
}

/* The same of one that is right. */
static struct hll_place find_place(struct bytes hll, unsigned index)
{
    struct hll_place place = first_place;
    for (;;) {
        skip_runs(hll, &place, index);
        struct run run = run_at(bytes_of_hll(hll), place.at, place.first);
        if (run.first + run.len > index)
            return place;
        pass_run(&place, &run);
    }
}

static size_t write_run(uint8_t *out, uint8_t value, unsigned len)
{
    if (len == 0)
        return 0;
    if (value > 0) {
        out[0] = (uint8_t)(0x80 | (value - 1U) << 2 | (len - 1));
        return 1;
    }
    if (len <= SHORT_ZEROS_MAX) {
        out[0] = (uint8_t)(len - 1);
        return 1;
    }
    out[0] = (uint8_t)(0x40 | (len - 1) >> 8);
    out[1] = (uint8_t)(len - 1);
    return 2;
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
    return hll_register_at(hll, find_place(hll, index));
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
        for (unsigned i = first; i < first + run.len && run.value > 0; i++)
            set_dense_register((uint8_t *)dense.data + HLL_HEADER_SIZE, i, run.value);
        first += run.len;
        at += run.size;
    }
    buf_clear(hll);
    *hll = dense;
}

/* Puts `size` bytes in the place of the run. */
static void replace_run(struct buf *hll, const struct run *run, const uint8_t *bytes, size_t size)
{
    size_t end = run->at + run->size;
    if (size > run->size)
        buf_reserve(hll, size - run->size);
    memmove(hll->data + run->at + size, hll->data + end, hll->len - end);
    memcpy(hll->data + run->at, bytes, size);
    hll->len = hll->len - run->size + size;
}

static bool can_join(struct run run, struct run next)
{
    return run.value > 0 && next.value == run.value && run.len + next.len <= RUN_LEN_MAX;
}

/* Joins runs of a value around a changed one. How far it looks decides which of many right forms comes out,
 * and that has to be Redis'. */
static void join_runs(struct buf *hll, size_t at)
{
    for (int looks = 5; at < hll->len && looks > 0; looks--) {
        uint8_t *data = (uint8_t *)hll->data;
        struct run run = run_at(data, at, 0);
        size_t behind = at + run.size;
        if (behind < hll->len && is_whole(data, behind, hll->len)) {
            struct run next = run_at(data, behind, 0);
            if (can_join(run, next)) {
                (void)write_run(data + behind, run.value, run.len + next.len);
                memmove(data + at, data + behind, hll->len - behind);
                hll->len--;
                continue;
            }
        }
        at = behind;
    }
}

static bool add_to_made_dense(struct buf *hll, struct hll_element element)
{
    hll_make_dense(hll);
    return hll_add_dense(hll->data, element);
}

bool hll_add(struct buf *hll, struct hll_element element, size_t sparse_max)
{
    if (hll_is_dense(buf_bytes(hll)))
        return hll_add_dense(hll->data, element);
    return hll_add_at(hll, element, find_place(buf_bytes(hll), element.index), sparse_max);
}

bool hll_add_at(struct buf *hll, struct hll_element element, struct hll_place place, size_t sparse_max)
{
    if (element.value > RUN_VALUE_MAX)
        return add_to_made_dense(hll, element);
    struct run run = run_at((const uint8_t *)hll->data, place.at, place.first);
    if (run.value >= element.value)
        return false;
    /* The run is split around the register. */
    uint8_t split[5];
    unsigned in_front = element.index - run.first;
    size_t size = write_run(split, run.value, in_front);
    size += write_run(split + size, element.value, 1);
    size += write_run(split + size, run.value, run.len - in_front - 1);
    if (size > run.size && hll->len + (size - run.size) > sparse_max)
        return add_to_made_dense(hll, element);
    replace_run(hll, &run, split, size);
    join_runs(hll, place.before);
    return true;
}
