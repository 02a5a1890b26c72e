/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists against an array of strings: random edits in both forms, walks in both directions, the names by which
 * they go, and copies that are held. SEQUENCE_STEPS in the environment makes the walks so many steps long. */
#include "base/alloc.h"
#include "types/sequence.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MANY = 3000, LEN_MAX = 600 };

/* A list as it is kept between edits, beside what it should hold. */
struct subject {
    struct buf packed, buffer;
    struct large *large;
    struct bytes elements[MANY]; /* owned */
    size_t count;
    int64_t limit;
    uint64_t seed;
};

static uint64_t below(struct subject *subject, uint64_t bound)
{
    subject->seed ^= subject->seed << 13;
    subject->seed ^= subject->seed >> 7;
    subject->seed ^= subject->seed << 17;
    return (subject->seed >> 11) % bound;
}

static struct value value_of(const struct subject *subject)
{
    return (struct value){.type = VALUE_LIST, .bytes = buf_bytes(&subject->packed), .large = subject->large};
}

static struct collection begin(struct subject *subject)
{
    struct value value = value_of(subject);
    return collection_edit(VALUE_LIST, &value, &subject->buffer,
                           &(struct collection_limits){.len = subject->limit});
}

static void end(struct subject *subject, const struct collection *list)
{
    struct value value = collection_value(list);
    subject->packed.len = 0;
    buf_append_bytes(&subject->packed, value.bytes);
    subject->large = value.large;
}

static void clear(struct subject *subject)
{
    for (size_t i = 0; i < subject->count; i++)
        mem_free((void *)(uintptr_t)subject->elements[i].data);
    if (subject->large)
        large_free(subject->large);
    buf_clear(&subject->packed);
    buf_clear(&subject->buffer);
}

/* ---- the model ---- */

static struct bytes copy(struct bytes bytes)
{
    char *data = mem_alloc(bytes.len + 1);
    if (bytes.len > 0)
        memcpy(data, bytes.data, bytes.len);
    return bytes_make(data, bytes.len);
}

static void model_insert(struct subject *subject, size_t index, struct bytes bytes)
{
    struct bytes *place = subject->elements + index;
    memmove(place + 1, place, (subject->count++ - index) * sizeof *place);
    *place = copy(bytes);
}

static void model_remove(struct subject *subject, size_t index)
{
    struct bytes *place = subject->elements + index;
    mem_free((void *)(uintptr_t)place->data);
    memmove(place, place + 1, (--subject->count - index) * sizeof *place);
}

static uint64_t model_remove_equal(struct subject *subject, struct bytes bytes, bool from_tail, uint64_t most)
{
    uint64_t removed = 0;
    for (size_t n = subject->count; n > 0 && removed < most; n--) {
        size_t index = from_tail ? n - 1 : subject->count - n;
        if (bytes_equal(subject->elements[index], bytes)) {
            model_remove(subject, index);
            removed++;
        }
    }
    return removed;
}

static struct bytes any_bytes(struct subject *subject, char text[static LEN_MAX])
{
    if (below(subject, 2))
        return bytes_make(text, (size_t)snprintf(text, LEN_MAX, "%d", (int)below(subject, 20) - 5));
    size_t len = below(subject, 8) ? below(subject, 20) : below(subject, LEN_MAX);
    memset(text, 'a' + (int)below(subject, 3), len);
    return bytes_make(text, len);
}

/* ---- comparing ---- */

static void check_walk(const struct subject *subject, const struct collection *list, bool is_backwards)
{
    struct sequence_walk walk;
    struct sequence_element element;
    size_t count = 0;
    if (is_backwards)
        sequence_walk_backwards(&walk, list);
    else
        sequence_walk_begin(&walk, list, 0);
    while (sequence_walk_next(&walk, &element)) {
        size_t index = is_backwards ? subject->count - 1 - count : count;
        assert_true(walk.index == index);
        assert_true(bytes_equal(element.bytes, subject->elements[index]));
        count++;
    }
    assert_true(count == subject->count);
}

static void check(struct subject *subject)
{
    struct value value = value_of(subject);
    struct collection list = collection_of(VALUE_LIST, &value);
    struct sequence_element element;
    value_check(&value);
    assert_true(value_count(&value) == subject->count);
    check_walk(subject, &list, false);
    check_walk(subject, &list, true);
    assert_false(sequence_at(&list, subject->count, &element));
    if (subject->count == 0)
        return;
    size_t index = below(subject, subject->count);
    assert_true(sequence_at(&list, index, &element));
    assert_true(bytes_equal(element.bytes, subject->elements[index]));
    struct sequence_walk walk;
    sequence_walk_begin(&walk, &list, index);
    assert_true(sequence_walk_next(&walk, &element));
    assert_true(bytes_equal(element.bytes, subject->elements[index]));
}

/* ---- steps ---- */

static void put(struct subject *subject, struct collection *list)
{
    char text[LEN_MAX];
    struct bytes bytes = any_bytes(subject, text);
    sequence_expect(list, &bytes, 1);
    uint64_t where = below(subject, 4);
    if (where == 0) {
        sequence_push(list, SEQUENCE_HEAD, bytes);
        model_insert(subject, 0, bytes);
    } else if (where == 1 || subject->count == 0) {
        sequence_push(list, SEQUENCE_TAIL, bytes);
        model_insert(subject, subject->count, bytes);
    } else if (where == 2) {
        size_t index = below(subject, subject->count + 1);
        sequence_insert(list, index, bytes);
        model_insert(subject, index, bytes);
    } else {
        size_t index = below(subject, subject->count);
        sequence_replace(list, index, bytes);
        model_remove(subject, index);
        model_insert(subject, index, bytes);
    }
}

static void take(struct subject *subject, struct collection *list)
{
    char text[LEN_MAX];
    if (below(subject, 8) == 0) {
        struct bytes bytes = any_bytes(subject, text);
        bool from_tail = below(subject, 2);
        uint64_t most = below(subject, 4);
        uint64_t expected = model_remove_equal(subject, bytes, from_tail, most ? most : UINT64_MAX);
        assert_true(sequence_remove_equal(list, bytes, from_tail ? SEQUENCE_TAIL : SEQUENCE_HEAD, most) ==
                    expected);
    } else if (subject->count > 0) {
        size_t index = below(subject, 2) ? below(subject, subject->count) : 0;
        size_t count = below(subject, 20) ? 1 : below(subject, subject->count - index + 1);
        sequence_remove(list, index, count);
        for (size_t i = 0; i < count; i++)
            model_remove(subject, index);
    }
    sequence_shrunk(list);
}

static void random_walk(size_t wanted, int64_t limit, uint64_t seed)
{
    struct subject subject = {.limit = limit, .seed = seed};
    const char *steps = getenv("SEQUENCE_STEPS");
    for (size_t step = steps ? strtoul(steps, NULL, 10) : 4000; step > 0; step--) {
        struct collection list = begin(&subject);
        if (subject.count < wanted / 2 + below(&subject, wanted))
            put(&subject, &list);
        else
            take(&subject, &list);
        end(&subject, &list);
        if (step % (1 + wanted / 8) == 0)
            check(&subject);
    }
    clear(&subject);
}

static void packed_lists_are_what_was_put(void **state)
{
    (void)state;
    random_walk(8, -2, 1);
    random_walk(30, 10, 2);
}

static void large_lists_are_what_was_put(void **state)
{
    (void)state;
    random_walk(200, -1, 3);
    random_walk(1000, 128, 4);
    random_walk(1000, -5, 5);
}

/* ---- names ---- */

static void push_many(struct subject *subject, const char *text, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct collection list = begin(subject);
        struct bytes bytes = bytes_of(text);
        sequence_expect(&list, &bytes, 1);
        sequence_push(&list, SEQUENCE_TAIL, bytes);
        model_insert(subject, subject->count, bytes);
        end(subject, &list);
    }
}

static void pop_many(struct subject *subject, size_t count)
{
    struct collection list = begin(subject);
    sequence_remove(&list, 0, count);
    sequence_shrunk(&list);
    for (size_t i = 0; i < count; i++)
        model_remove(subject, 0);
    end(subject, &list);
}

#define assert_name(subject, expected)                              \
    do {                                                            \
        struct value named = value_of(subject);                     \
        assert_string_equal(value_encoding_name(&named), expected); \
    } while (0)

static void the_name_changes_with_the_count(void **state)
{
    (void)state;
    struct subject subject = {.limit = 4, .seed = 1};
    push_many(&subject, "x", 4);
    assert_name(&subject, "listpack");
    push_many(&subject, "x", 1);
    assert_name(&subject, "quicklist");
    pop_many(&subject, 2);
    assert_name(&subject, "quicklist");
    pop_many(&subject, 1);
    assert_name(&subject, "listpack");
    check(&subject);
    clear(&subject);
}

static void zero_allows_one_element(void **state)
{
    (void)state;
    struct subject subject = {.limit = 0, .seed = 1};
    push_many(&subject, "x", 1);
    assert_name(&subject, "listpack");
    push_many(&subject, "x", 1);
    assert_name(&subject, "quicklist");
    pop_many(&subject, 1);
    assert_name(&subject, "quicklist");
    clear(&subject);
}

/* An "x" takes three bytes in Redis' form, whose head takes seven. */
static void the_name_changes_with_the_bytes(void **state)
{
    (void)state;
    struct subject subject = {.limit = -1, .seed = 1};
    push_many(&subject, "x", 1363);
    assert_name(&subject, "listpack");
    push_many(&subject, "x", 1);
    assert_name(&subject, "quicklist");
    pop_many(&subject, 1364 - 680);
    assert_name(&subject, "listpack");
    check(&subject);
    clear(&subject);
}

static void numbers_take_less_than_their_digits(void **state)
{
    (void)state;
    struct subject subject = {.limit = -2, .seed = 1};
    push_many(&subject, "1234567890123456789", 800);
    assert_name(&subject, "listpack");
    push_many(&subject, "1234567890123456789", 20);
    assert_name(&subject, "quicklist");
    clear(&subject);
}

static void a_list_that_was_very_long_becomes_small_again(void **state)
{
    (void)state;
    struct subject subject = {.limit = -2, .seed = 1};
    char text[LEN_MAX];
    memset(text, 'y', sizeof text);
    text[sizeof text - 1] = '\0';
    push_many(&subject, text, MANY - 1);
    assert_name(&subject, "quicklist");
    pop_many(&subject, MANY - 1 - 7);
    assert_name(&subject, "quicklist");
    pop_many(&subject, 1);
    assert_name(&subject, "listpack");
    check(&subject);
    clear(&subject);
}

static void a_settled_list_goes_by_all_of_the_limit(void **state)
{
    (void)state;
    struct subject subject = {.limit = 4, .seed = 1};
    push_many(&subject, "x", 5);
    pop_many(&subject, 1);
    assert_name(&subject, "quicklist");
    struct collection list = begin(&subject);
    sequence_settle(&list);
    end(&subject, &list);
    assert_name(&subject, "listpack");
    clear(&subject);
}

/* ---- holds ---- */

static void a_held_list_stays_as_it_was(void **state)
{
    (void)state;
    struct subject subject = {.limit = -2, .seed = 9}, held = {.limit = -2, .seed = 9};
    push_many(&subject, "element", 1000);
    push_many(&held, "element", 1000);
    large_free(held.large);
    held.large = large_hold(subject.large);
    pop_many(&subject, 400);
    push_many(&subject, "other", 300);
    check(&subject);
    check(&held);
    clear(&subject);
    check(&held);
    clear(&held);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packed_lists_are_what_was_put),
        cmocka_unit_test(large_lists_are_what_was_put),
        cmocka_unit_test(the_name_changes_with_the_count),
        cmocka_unit_test(zero_allows_one_element),
        cmocka_unit_test(the_name_changes_with_the_bytes),
        cmocka_unit_test(numbers_take_less_than_their_digits),
        cmocka_unit_test(a_list_that_was_very_long_becomes_small_again),
        cmocka_unit_test(a_settled_list_goes_by_all_of_the_limit),
        cmocka_unit_test(a_held_list_stays_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
