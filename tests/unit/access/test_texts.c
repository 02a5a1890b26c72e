/* SPDX-License-Identifier: BSD-3-Clause */
/* The linker leads `bytes_equal_nocase` and `mem_free` through here. */
#include "access/texts.h"
#include "base/alloc.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

bool __real_bytes_equal_nocase(struct bytes a, struct bytes b);
bool __wrap_bytes_equal_nocase(struct bytes a, struct bytes b);
void __real_mem_free(void *pointer);
void __wrap_mem_free(void *pointer);

static size_t comparisons;

bool __wrap_bytes_equal_nocase(struct bytes a, struct bytes b)
{
    comparisons++;
    return __real_bytes_equal_nocase(a, b);
}

static const struct listed_text *watched; /* its bytes must be gone when it is freed */
static size_t watched_len;

void __wrap_mem_free(void *pointer)
{
    for (size_t i = 0; watched && pointer == watched && i < watched_len; i++)
        assert_int_equal(watched->data[i], 0);
    if (pointer == watched)
        watched = NULL;
    __real_mem_free(pointer);
}

static struct bytes number_text(char out[static 16], int number)
{
    return bytes_make(out, (size_t)snprintf(out, 16, "Text:%d", number));
}

static void put_numbers(struct texts *texts, int count)
{
    char scratch[16];
    for (int i = 0; i < count; i++)
        texts_put(texts, number_text(scratch, i))->mark = (unsigned)i;
}

/* All of 0 to `count` - 1 but each `missing`th, in this order. */
static void assert_numbers(const struct texts *texts, int count, int missing)
{
    char scratch[16];
    size_t found = 0;
    const struct listed_text *text = texts->first, *before = NULL;
    for (int i = 0; i < count; i++) {
        struct listed_text *known = texts_find(texts, number_text(scratch, i));
        if (i % missing == 0) {
            assert_null(known);
            continue;
        }
        assert_ptr_equal(known, text);
        assert_ptr_equal(text->previous, before);
        assert_int_equal(text->mark, i);
        found++;
        before = text;
        text = text->next;
    }
    assert_null(text);
    assert_ptr_equal(texts->last, before);
    assert_int_equal(texts->count, found);
}

static void they_keep_their_order_however_many_come_and_go(void **state)
{
    char scratch[16];
    (void)state;
    for (int count = 1; count < 100; count += 7) {
        struct texts texts = {0}, copy;
        put_numbers(&texts, count);
        put_numbers(&texts, count);
        for (int i = 0; i < count; i += 3)
            texts_drop(&texts, texts_find(&texts, number_text(scratch, i)));
        assert_numbers(&texts, count, 3);
        texts_copy(&copy, &texts);
        texts_clear(&texts);
        assert_numbers(&texts, 0, 1);
        assert_numbers(&copy, count, 3);
        texts_clear(&copy);
    }
}

static void case_may_not_count(void **state)
{
    struct texts exact = {0}, folded = {.ignores_case = true};
    (void)state;
    for (int i = 0; i < 40; i++) {
        char scratch[16];
        (void)texts_put(&exact, number_text(scratch, i));
        (void)texts_put(&folded, number_text(scratch, i));
        if (i == 3 || i == 39) {
            assert_null(texts_find(&exact, BYTES("text:3")));
            assert_string_equal(texts_find(&folded, BYTES("tEXT:3"))->data, "text:3");
        }
    }
    (void)texts_put(&exact, BYTES("text:3"));
    (void)texts_put(&folded, BYTES("TEXT:3"));
    assert_int_equal(exact.count, 41);
    assert_int_equal(folded.count, 40);
    texts_clear(&exact);
    texts_clear(&folded);
}

static void long_ones_differ_in_any_byte(void **state)
{
    char long_text[200];
    struct texts texts = {.ignores_case = true};
    (void)state;
    memset(long_text, 'a', sizeof long_text);
    for (size_t i = 0; i < sizeof long_text; i++) {
        long_text[i] = 'b';
        (void)texts_put(&texts, bytes_make(long_text, sizeof long_text));
        long_text[i] = 'A';
    }
    assert_int_equal(texts.count, sizeof long_text);
    (void)texts_put(&texts, BYTES(""));
    assert_int_equal(texts_find(&texts, BYTES(""))->len, 0);
    texts_clear(&texts);
}

/* Each of them by itself is compared with what it might be, not with all that are there. */
static void many_are_no_more_work_each_than_few(void **state)
{
    enum { COUNT = 20000 };
    struct texts texts = {.ignores_case = true};
    (void)state;
    comparisons = 0;
    put_numbers(&texts, COUNT);
    assert_true(comparisons < COUNT);
    comparisons = 0;
    put_numbers(&texts, COUNT);
    assert_in_range(comparisons, COUNT, 2 * COUNT);
    comparisons = 0;
    for (int i = COUNT; i-- > 0;) {
        char scratch[16];
        texts_drop(&texts, texts_find(&texts, number_text(scratch, i)));
    }
    assert_in_range(comparisons, COUNT, 2 * COUNT);
    assert_int_equal(texts.count, 0);
    texts_clear(&texts);
}

static void nothing_is_left_of_one_that_was_dropped(void **state)
{
    struct texts texts = {0};
    (void)state;
    for (int i = 0; i < 2; i++) {
        watched = texts_put(&texts, BYTES("secret"));
        watched_len = watched->len;
        if (i == 0)
            texts_drop(&texts, texts_find(&texts, BYTES("secret")));
        else
            texts_clear(&texts);
        assert_null(watched);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_keep_their_order_however_many_come_and_go),
        cmocka_unit_test(case_may_not_count),
        cmocka_unit_test(long_ones_differ_in_any_byte),
        cmocka_unit_test(many_are_no_more_work_each_than_few),
        cmocka_unit_test(nothing_is_left_of_one_that_was_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
