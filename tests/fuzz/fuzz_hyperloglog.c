/* SPDX-License-Identifier: BSD-3-Clause */
/* HyperLogLog strings of anybody, given to all that reads and writes them: what is found to be right holds
 * exactly its registers, before and behind each element, sparse or dense. The first two bytes say how long a
 * sparse one may be, the third how many elements follow, of three bytes each; the rest is the string behind
 * its magic. */
#include "types/hyperloglog.h"
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fail_unless(bool is_right)
{
    if (!is_right)
        abort();
}

/* One by one, without any of the code that is tried but what reads a register. */
static void check_registers(const struct buf *hll, const uint8_t *registers)
{
    static uint8_t raised[HLL_REGISTERS];
    struct bytes bytes = buf_bytes(hll);
    memset(raised, 0, sizeof raised);
    fail_unless(hll_check(bytes) == HLL_RIGHT);
    hll_raise_to(raised, bytes);
    fail_unless(memcmp(raised, registers, HLL_REGISTERS) == 0);
    fail_unless(hll_estimate(bytes) == hll_estimate_registers(registers));
}

static void add_elements(struct buf *hll, uint8_t *registers, const uint8_t *at, size_t count,
                         size_t sparse_max)
{
    for (size_t i = 0; i < count; i++, at += 3) {
        struct hll_element element = {(uint16_t)((at[0] << 8 | at[1]) % HLL_REGISTERS),
                                      (uint8_t)(at[2] % 51 + 1)};
        bool is_higher = element.value > registers[element.index];
        struct hll_place place, again;
        fail_unless(hll_register(buf_bytes(hll), element.index) == registers[element.index]);
        fail_unless(hll_find(buf_bytes(hll), element.index, &place) == HLL_RIGHT);
        fail_unless(hll_find_again(buf_bytes(hll), element.index, &again) == HLL_RIGHT);
        if (!hll_is_dense(buf_bytes(hll))) {
            fail_unless(hll_register_at(buf_bytes(hll), place) == registers[element.index]);
            fail_unless(place.at == again.at && place.before == again.before && place.first == again.first);
        }
        fail_unless(hll_add(hll, element, sparse_max) == is_higher);
        if (is_higher)
            registers[element.index] = element.value;
    }
    check_registers(hll, registers);
}

static void use(struct buf *hll, const uint8_t *elements, size_t count, size_t sparse_max)
{
    static uint8_t registers[HLL_REGISTERS];
    struct buf text = {0};
    memset(registers, 0, sizeof registers);
    hll_raise_to(registers, buf_bytes(hll));
    for (unsigned i = 0; i < HLL_REGISTERS; i += 61)
        fail_unless(hll_register(buf_bytes(hll), i) == registers[i]);
    if (!hll_is_dense(buf_bytes(hll)))
        hll_describe(buf_bytes(hll), &text);
    buf_clear(&text);
    add_elements(hll, registers, elements, count, sparse_max);
    hll_make_dense(hll);
    hll_set_registers(hll, registers);
    check_registers(hll, registers);
    hll_keep_count(hll->data, hll_estimate(buf_bytes(hll)));
    hll_forget_count(hll->data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3 || size < 3 + 3 * (size_t)data[2])
        return 0;
    size_t count = data[2], sparse_max = (size_t)data[0] << 8 | data[1], used = 3 + 3 * count;
    struct buf hll = {0};
    buf_append_text(&hll, "HYLL");
    buf_append(&hll, data + used, size - used);
    /* Exactly as long, so that a read behind it is found. */
    char *exact = malloc(hll.len);
    if (!exact)
        abort();
    memcpy(exact, hll.data, hll.len);
    if (hll_check(bytes_make(exact, hll.len)) == HLL_RIGHT)
        use(&hll, data + 3, count, sparse_max);
    free(exact);
    buf_clear(&hll);
    return 0;
}
