/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/random.h"
#include "persist/compression_trial.h"
#include "persist/rdb_output.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* How many of `count` texts are tried, if each leaves `written` of its `len` bytes. */
static int tried_of(struct compression_trial *trial, int count, size_t len, size_t written)
{
    int tried = 0;
    for (int i = 0; i < count; i++) {
        if (!compression_is_promising(trial, len))
            continue;
        compression_tried(trial, len, written);
        tried++;
    }
    return tried;
}

static void texts_that_shrink_are_all_tried(void **state)
{
    struct compression_trial trial = {0};
    (void)state;
    assert_int_equal(tried_of(&trial, 10000, 200, 190), 10000);
}

static void of_texts_that_never_shrink_few_are_tried(void **state)
{
    struct compression_trial trial = {0};
    int at_first = tried_of(&trial, 100, 200, 203);
    (void)state;
    assert_in_range(at_first, 80, 95);
    assert_in_range(tried_of(&trial, 16000, 200, 203), 1000, 1001);
}

static void a_change_is_noticed(void **state)
{
    struct compression_trial trial = {0};
    (void)state;
    (void)tried_of(&trial, 1000, 200, 203);
    (void)tried_of(&trial, 1000, 200, 100);
    assert_int_equal(tried_of(&trial, 1000, 200, 100), 1000);
}

static void sizes_are_judged_each_on_its_own(void **state)
{
    struct compression_trial trial = {0};
    (void)state;
    (void)tried_of(&trial, 1000, 200, 203);
    assert_int_equal(tried_of(&trial, 1000, 1000, 500), 1000);
    assert_in_range(tried_of(&trial, 1600, 200, 203), 100, 101);
}

static void no_length_is_without_a_class(void **state)
{
    struct compression_trial trial = {0};
    (void)state;
    for (size_t len = 1; len != 0; len <<= 1)
        assert_true(compression_is_promising(&trial, len));
    assert_true(compression_is_promising(&trial, 0));
    compression_tried(&trial, 0, 1);
}

/* Texts that are written: of these a random byte each differs, which doesn't shrink. */
static void writing_finds_out(void **state)
{
    struct rdb_output output = {.compression = RDB_COMPRESSED_FAST};
    (void)state;
    for (int i = 0; i < 1000; i++) {
        char text[200];
        random_fill(text, sizeof text);
        rdb_output_text(&output, bytes_make(text, sizeof text));
    }
    assert_in_range(tried_of(&output.texts, 16000, 200, 203), 1000, 1001);
    assert_in_range(tried_of(&output.names, 100, 200, 203), 80, 95);
    rdb_output_clear(&output);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_that_shrink_are_all_tried),
        cmocka_unit_test(of_texts_that_never_shrink_few_are_tried),
        cmocka_unit_test(a_change_is_noticed),
        cmocka_unit_test(sizes_are_judged_each_on_its_own),
        cmocka_unit_test(no_length_is_without_a_class),
        cmocka_unit_test(writing_finds_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
