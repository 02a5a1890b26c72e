/* SPDX-License-Identifier: BSD-3-Clause */
/* HyperLogLogs against a table of registers, and strings that are none. */
#include "types/hyperloglog.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define SPARSE     "HYLL\1\0\0\0\0\0\0\0\0\0\0\0"
#define DENSE      "HYLL\0\0\0\0\0\0\0\0\0\0\0\0"
#define SPARSE_MAX 3000

static void assert_check(const char *text, size_t len, enum hll_state expected)
{
    /* On the heap, exactly as long: a read behind it is found. */
    char *copy = malloc(len ? len : 1);
    assert_non_null(copy);
    memcpy(copy, text, len);
    assert_int_equal(hll_check(bytes_make(copy, len)), expected);
    free(copy);
}

#define CHECK(literal, expected) assert_check(literal, sizeof(literal) - 1, expected)

static uint64_t next_random(uint64_t *random)
{
    *random = *random * 6364136223846793005 + 1442695040888963407;
    return *random >> 33;
}

/* ---- what is one ---- */

static void only_what_begins_as_one_is_one(void **state)
{
    (void)state;
    CHECK("", HLL_OTHER);
    CHECK("HYLL", HLL_OTHER);
    CHECK("HYLL\1\0\0\0\0\0\0\0\0\0\0", HLL_OTHER);
    CHECK("HYLK\1\0\0\0\0\0\0\0\0\0\0\0\x7f\xff", HLL_OTHER);
    CHECK("HYLL\2\0\0\0\0\0\0\0\0\0\0\0\x7f\xff", HLL_OTHER);
    CHECK("HYLL\xff\0\0\0\0\0\0\0\0\0\0\0\x7f\xff", HLL_OTHER);
    CHECK(DENSE "\x7f\xff", HLL_OTHER);
    CHECK(SPARSE "\x7f\xff", HLL_RIGHT);
}

static void a_dense_one_has_one_length(void **state)
{
    static char dense[HLL_DENSE_SIZE + 1] = DENSE;
    (void)state;
    assert_check(dense, HLL_DENSE_SIZE - 1, HLL_OTHER);
    assert_check(dense, HLL_DENSE_SIZE, HLL_RIGHT);
    assert_check(dense, HLL_DENSE_SIZE + 1, HLL_OTHER);
}

static void runs_come_to_all_registers(void **state)
{
    (void)state;
    CHECK(SPARSE, HLL_DAMAGED);
    CHECK(SPARSE "\x7f", HLL_DAMAGED);                 /* half a run */
    CHECK(SPARSE "\x7f\xfe", HLL_DAMAGED);             /* one too few */
    CHECK(SPARSE "\x7f\xfe\x00", HLL_RIGHT);           /* and there it is */
    CHECK(SPARSE "\x7f\xfe\x84", HLL_RIGHT);           /* or with a value */
    CHECK(SPARSE "\x7f\xfe\x01", HLL_DAMAGED);         /* one too many */
    CHECK(SPARSE "\x7f\xff\x00", HLL_DAMAGED);         /* behind the end */
    CHECK(SPARSE "\x7f\xff\x80", HLL_DAMAGED);         /* the same with a value */
    CHECK(SPARSE "\x7f\xfb\xff", HLL_RIGHT);           /* four of the highest value */
    CHECK(SPARSE "\x7f\xfc\xff", HLL_DAMAGED);         /* of which three have room */
    CHECK(SPARSE "\x7f\xff\x7f\xff\x40", HLL_DAMAGED); /* twice, and half a run */
}

/* Where each register lies, found run by run; false when the runs don't come to all of them. */
static bool find_slowly(const char *text, size_t len, struct hll_place places[static HLL_REGISTERS])
{
    const uint8_t *bytes = (const uint8_t *)text;
    struct hll_place here = {HLL_HEADER_SIZE, HLL_HEADER_SIZE, 0};
    while (here.at < len) {
        uint8_t head = bytes[here.at];
        bool is_long = head >> 6 == 1;
        if (is_long && here.at + 1 == len)
            return false;
        unsigned count = head & 0x80 ? (head & 3U) + 1
                         : is_long   ? ((head & 63U) << 8 | bytes[here.at + 1]) + 1
                                     : head + 1U;
        if (here.first + count > HLL_REGISTERS)
            return false;
        for (unsigned i = 0; i < count; i++)
            places[here.first + i] = here;
        here = (struct hll_place){here.at + 1 + is_long, here.at, here.first + count};
    }
    return here.first == HLL_REGISTERS;
}

static size_t zeros_at_random(char *out, unsigned count, bool is_long)
{
    if (!is_long && count <= 64) {
        out[0] = (char)(count - 1);
        return 1;
    }
    out[0] = (char)(0x40 | (count - 1) >> 8);
    out[1] = (char)(count - 1);
    return 2;
}

/* Any runs, so that second bytes look like heads and the other way round. */
static size_t runs_at_random(char *out, uint64_t *random)
{
    static const unsigned longest[] = {4, 64, 300, 700};
    size_t at = HLL_HEADER_SIZE;
    unsigned left = HLL_REGISTERS, limit = longest[next_random(random) % 4];
    memcpy(out, SPARSE, HLL_HEADER_SIZE);
    while (left > 0) {
        unsigned count = (unsigned)next_random(random) % limit + 1;
        if (next_random(random) % 2)
            count = (count - 1) % 4 + 1;
        count = count < left ? count : left;
        left -= count;
        if (count <= 4 && next_random(random) % 4)
            out[at++] = (char)(0x80 | next_random(random) % 32 << 2 | (count - 1));
        else
            at += zeros_at_random(out + at, count, next_random(random) % 2);
    }
    return at;
}

static void assert_place(struct hll_place place, struct hll_place expected)
{
    assert_int_equal(place.at, expected.at);
    assert_int_equal(place.before, expected.before);
    assert_int_equal(place.first, expected.first);
}

static void assert_places(const char *text, size_t len)
{
    static struct hll_place places[HLL_REGISTERS];
    bool is_right = find_slowly(text, len, places);
    assert_check(text, len, is_right ? HLL_RIGHT : HLL_DAMAGED);
    for (unsigned i = 0; i < HLL_REGISTERS && is_right; i += i % 256 == 255 ? 1 : 5) {
        struct hll_place place, again;
        assert_int_equal(hll_find(bytes_make(text, len), i, &place), HLL_RIGHT);
        assert_int_equal(hll_find_again(bytes_make(text, len), i, &again), HLL_RIGHT);
        assert_place(place, places[i]);
        assert_place(again, places[i]);
    }
}

static void runs_are_found_whatever_they_look_like(void **state)
{
    static char text[HLL_HEADER_SIZE + 2 * HLL_REGISTERS];
    uint64_t random = 1;
    (void)state;
    for (int i = 0; i < 100; i++) {
        size_t len = runs_at_random(text, &random);
        assert_places(text, len);
        /* With one byte that is any other, or fewer of them. */
        size_t at = HLL_HEADER_SIZE + next_random(&random) % (len - HLL_HEADER_SIZE);
        char before = text[at];
        text[at] = (char)next_random(&random);
        assert_places(text, len);
        text[at] = before;
        assert_places(text, len - 1 - next_random(&random) % 3);
    }
}

/* A row of heads that come out as second bytes, at each offset of sixteen. */
static void rows_of_heads_are_halved(void **state)
{
    (void)state;
    for (size_t before = 0; before < 40; before++) {
        for (size_t row = 1; row < 40; row++) {
            char text[256] = SPARSE;
            size_t len = HLL_HEADER_SIZE;
            unsigned left = HLL_REGISTERS;
            for (size_t i = 0; i < before; i++, left--)
                text[len++] = 0;
            for (size_t i = 0; i < row; i++) {
                text[len++] = 0x40;
                left -= i % 2 ? 0x41 : 0;
            }
            /* An odd row takes one more byte. */
            if (row % 2) {
                text[len++] = 0x05;
                left -= 6;
            }
            text[len++] = (char)(0x40 | (left - 1) >> 8);
            text[len++] = (char)(left - 1);
            assert_places(text, len);
        }
    }
}

/* ---- adding ---- */

static struct bytes number_bytes(const uint64_t *number)
{
    return bytes_make(number, sizeof *number);
}

static void assert_registers(const struct buf *hll, const uint8_t *registers)
{
    uint8_t raised[HLL_REGISTERS] = {0};
    assert_int_equal(hll_check(buf_bytes(hll)), HLL_RIGHT);
    hll_raise_to(raised, buf_bytes(hll));
    assert_memory_equal(raised, registers, HLL_REGISTERS);
    assert_int_equal(hll_estimate(buf_bytes(hll)), hll_estimate_registers(registers));
}

/* Elements of any value, as no hash would give them. */
static struct hll_element any_element(uint64_t *random)
{
    *random = *random * 6364136223846793005 + 1442695040888963407;
    unsigned index = *random >> 33 & (HLL_REGISTERS - 1), value = *random >> 50 & 63;
    /* Close together, so that runs are split and joined. */
    return (struct hll_element){(uint16_t)(value < 40 ? index % 50 : index),
                                (uint8_t)(value < 60 ? value % 3 + 1 : value % 32 + 1)};
}

static void add_at_random(uint64_t seed, int count, size_t sparse_max)
{
    static uint8_t registers[HLL_REGISTERS];
    struct buf hll = {0};
    memset(registers, 0, sizeof registers);
    hll_init(&hll);
    for (int i = 0; i < count; i++) {
        struct hll_element element = any_element(&seed);
        bool is_higher = element.value > registers[element.index];
        struct hll_place place;
        assert_int_equal(hll_register(buf_bytes(&hll), element.index), registers[element.index]);
        assert_int_equal(hll_find(buf_bytes(&hll), element.index, &place), HLL_RIGHT);
        if (!hll_is_dense(buf_bytes(&hll)))
            assert_int_equal(hll_register_at(buf_bytes(&hll), place), registers[element.index]);
        assert_int_equal(hll_add(&hll, element, sparse_max), is_higher);
        if (is_higher)
            registers[element.index] = element.value;
        if (i % 64 == 0 || i < 200)
            assert_registers(&hll, registers);
    }
    assert_registers(&hll, registers);
    hll_make_dense(&hll);
    assert_registers(&hll, registers);
    buf_clear(&hll);
}

static void sparse_registers_are_the_model_s(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 30; seed++)
        add_at_random(seed, 3000, 1 << 20);
}

static void they_become_dense_at_the_limit(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++)
        add_at_random(seed, 3000, 10 * seed);
    struct buf hll = {0};
    hll_init(&hll);
    /* XZERO becomes XZERO VAL XZERO. */
    assert_true(hll_add(&hll, (struct hll_element){1000, 1}, hll.len + 3));
    assert_false(hll_is_dense(buf_bytes(&hll)));
    assert_true(hll_add(&hll, (struct hll_element){5000, 1}, hll.len + 2));
    assert_true(hll_is_dense(buf_bytes(&hll)));
    buf_clear(&hll);
}

static void values_that_no_run_has_make_it_dense(void **state)
{
    struct buf hll = {0};
    (void)state;
    hll_init(&hll);
    assert_true(hll_add(&hll, (struct hll_element){16383, 32}, SPARSE_MAX));
    assert_false(hll_is_dense(buf_bytes(&hll)));
    assert_false(hll_add(&hll, (struct hll_element){16383, 32}, SPARSE_MAX));
    assert_true(hll_add(&hll, (struct hll_element){16383, 33}, SPARSE_MAX));
    assert_true(hll_is_dense(buf_bytes(&hll)));
    assert_int_equal(hll_register(buf_bytes(&hll), 16383), 33);
    assert_int_equal(hll_register(buf_bytes(&hll), 16382), 0);
    buf_clear(&hll);
}

static void each_dense_register_is_its_own(void **state)
{
    static uint8_t registers[HLL_REGISTERS];
    struct buf hll = {0};
    (void)state;
    hll_init(&hll);
    hll_make_dense(&hll);
    for (unsigned i = 0; i < HLL_REGISTERS; i++)
        registers[i] = (uint8_t)(i * 2654435761U >> 26);
    hll_set_registers(&hll, registers);
    assert_registers(&hll, registers);
    for (unsigned i = 0; i < HLL_REGISTERS; i += 7) {
        struct hll_element element = {(uint16_t)i, 63};
        assert_int_equal(hll_add_dense(hll.data, element), registers[i] < 63);
        registers[i] = 63;
        assert_int_equal(hll_register(buf_bytes(&hll), i), 63);
    }
    assert_registers(&hll, registers);
    buf_clear(&hll);
}

/* ---- hashes and estimates ---- */

static void assert_element(struct bytes bytes, unsigned index, unsigned value)
{
    struct hll_element element = hll_element_of(bytes);
    assert_int_equal(element.index, index);
    assert_int_equal(element.value, value);
}

/* As redis-server 7.0 has them. */
static void elements_fall_to_redis_registers(void **state)
{
    (void)state;
    assert_element(BYTES(""), 5938, 2);
    assert_element(BYTES("a"), 12711, 2);
    assert_element(BYTES("abcdefg"), 5634, 2);
    assert_element(BYTES("abcdefgh"), 1383, 1);
    assert_element(BYTES("abcdefghi"), 6903, 1);
}

static void estimates_are_near(void **state)
{
    struct buf hll = {0};
    uint64_t checkpoint = 1;
    (void)state;
    hll_init(&hll);
    assert_int_equal(hll_estimate(buf_bytes(&hll)), 0);
    for (uint64_t i = 1; i <= 1000000; i++) {
        (void)hll_add(&hll, hll_element_of(number_bytes(&i)), SPARSE_MAX);
        if (i != checkpoint)
            continue;
        uint64_t estimate = hll_estimate(buf_bytes(&hll));
        assert_in_range(estimate, i - i / 20, i + i / 20);
        checkpoint *= 10;
    }
    assert_true(hll_is_dense(buf_bytes(&hll)));
    buf_clear(&hll);
}

static void all_registers_full_are_still_a_number(void **state)
{
    static uint8_t registers[HLL_REGISTERS];
    (void)state;
    memset(registers, 51, sizeof registers);
    assert_true(hll_estimate_registers(registers) > 0);
    memset(registers, 63, sizeof registers);
    (void)hll_estimate_registers(registers);
    /* What PFCOUNT of redis-server says. */
    memset(registers, 40, sizeof registers);
    memset(registers, 51, sizeof registers / 2);
    assert_int_equal(hll_estimate_registers(registers), 25981675153099444);
}

static void an_estimate_is_kept_until_forgotten(void **state)
{
    struct buf hll = {0};
    uint64_t count;
    (void)state;
    hll_init(&hll);
    assert_true(hll_kept_count(buf_bytes(&hll), &count));
    assert_int_equal(count, 0);
    hll_keep_count(hll.data, 0x123456789abcdef);
    assert_true(hll_kept_count(buf_bytes(&hll), &count));
    assert_true(count == 0x123456789abcdef);
    hll_forget_count(hll.data);
    assert_false(hll_kept_count(buf_bytes(&hll), &count));
    buf_clear(&hll);
}

static void runs_are_described(void **state)
{
    struct buf text = {0};
    (void)state;
    hll_describe(BYTES(SPARSE "\x7f\xff"), &text);
    assert_string_equal(buf_cstring(&text), "Z:16384");
    text.len = 0;
    hll_describe(BYTES(SPARSE "\x84\x00\x7f\xfb\xfe"), &text);
    assert_string_equal(buf_cstring(&text), "v:2,1 z:1 Z:16380 v:32,3");
    buf_clear(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_begins_as_one_is_one),
        cmocka_unit_test(a_dense_one_has_one_length),
        cmocka_unit_test(runs_come_to_all_registers),
        cmocka_unit_test(runs_are_found_whatever_they_look_like),
        cmocka_unit_test(rows_of_heads_are_halved),
        cmocka_unit_test(sparse_registers_are_the_model_s),
        cmocka_unit_test(they_become_dense_at_the_limit),
        cmocka_unit_test(values_that_no_run_has_make_it_dense),
        cmocka_unit_test(each_dense_register_is_its_own),
        cmocka_unit_test(elements_fall_to_redis_registers),
        cmocka_unit_test(estimates_are_near),
        cmocka_unit_test(all_registers_full_are_still_a_number),
        cmocka_unit_test(an_estimate_is_kept_until_forgotten),
        cmocka_unit_test(runs_are_described),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
