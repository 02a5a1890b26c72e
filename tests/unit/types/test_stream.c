/* SPDX-License-Identifier: BSD-3-Clause */
/* Streams against an array of entries: random edits under several limits, walks in both directions,
 * trimming by nodes, groups against a table of who has what, and copies that are held. STREAM_STEPS in the
 * environment makes the walks so many steps long. */
#include "base/alloc.h"
#include "base/buf.h"
#include "types/stream_group.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MANY = 4000, NAMES = 3, CONSUMERS = 4 };

struct model_entry {
    struct stream_id id;
    unsigned shape; /* which names it has, how many */
    uint32_t seed;  /* of its values */
    size_t node;    /* to which it belongs */
    int owner;      /* the consumer it is pending for; -1: none */
    uint64_t deliveries;
};

struct subject {
    struct stream *stream;
    struct model_entry *entries;
    size_t count, nodes;
    struct collection_limits limits;
    uint64_t seed;
};

static uint64_t below(struct subject *subject, uint64_t bound)
{
    subject->seed ^= subject->seed << 13;
    subject->seed ^= subject->seed >> 7;
    subject->seed ^= subject->seed << 17;
    return (subject->seed >> 11) % bound;
}

static int steps(void)
{
    const char *text = getenv("STREAM_STEPS");
    return text ? atoi(text) : 3000;
}

/* ---- what an entry consists of ---- */

struct texts {
    struct buf room;
    struct bytes at[2 * 8];
    size_t count;
};

static void make_texts(unsigned shape, uint32_t seed, struct texts *texts)
{
    size_t ends[16];
    texts->room.len = 0;
    texts->count = 1 + shape % 4;
    for (size_t i = 0; i < texts->count; i++) {
        buf_printf(&texts->room, "field%u_%zu", shape / 4, i);
        ends[2 * i] = texts->room.len;
        if (seed % 3 == 0)
            buf_printf(&texts->room, "%d", (int)seed - 5000);
        for (uint32_t k = 0; seed % 3 != 0 && k < seed % 61 + (seed % 997 == 0 ? 9000 : 0); k++)
            buf_append_char(&texts->room, (char)('a' + (seed + k) % 26));
        ends[2 * i + 1] = texts->room.len;
    }
    for (size_t i = 0; i < 2 * texts->count; i++) {
        size_t start = i ? ends[i - 1] : 0;
        texts->at[i] = bytes_make(texts->room.data + start, ends[i] - start);
    }
}

static void check_entry(struct stream_entry entry, const struct model_entry *model)
{
    struct texts texts = {.count = 0};
    make_texts(model->shape, model->seed, &texts);
    assert_int_equal(stream_id_compare(entry.id, model->id), 0);
    assert_int_equal(entry.field_count, texts.count);
    for (size_t i = 0; i < texts.count; i++) {
        struct bytes name, value;
        stream_entry_field(&entry, &name, &value);
        assert_true(bytes_equal(name, texts.at[2 * i]));
        assert_true(bytes_equal(value, texts.at[2 * i + 1]));
    }
    buf_clear(&texts.room);
}

static void check_range(const struct subject *subject, const struct stream *stream, size_t first, size_t end,
                        bool is_backwards)
{
    struct stream_walk walk;
    struct stream_entry entry;
    const struct model_entry *entries = subject->entries;
    if (first == end)
        return;
    stream_walk_begin(&walk, stream, entries[first].id, entries[end - 1].id, is_backwards);
    for (size_t i = first; i < end; i++) {
        assert_true(stream_walk_next(&walk, &entry));
        check_entry(entry, &entries[is_backwards ? end - 1 - (i - first) : i]);
    }
    assert_false(stream_walk_next(&walk, &entry));
    assert_false(stream_walk_next(&walk, &entry));
}

static void check_all(const struct subject *subject)
{
    stream_check(subject->stream);
    assert_int_equal(subject->stream->length, subject->count);
    if (subject->count > 0)
        assert_int_equal(stream_id_compare(subject->stream->first, subject->entries[0].id), 0);
    else
        assert_true(stream_id_is_zero(subject->stream->first));
    check_range(subject, subject->stream, 0, subject->count, false);
    check_range(subject, subject->stream, 0, subject->count, true);
}

/* ---- steps ---- */

static void append(struct subject *subject)
{
    struct stream_id id = subject->stream->last;
    struct texts texts = {.count = 0};
    if (below(subject, 3) == 0)
        id = (struct stream_id){id.ms + 1 + below(subject, 300), below(subject, 2) * below(subject, 1000)};
    else
        assert_true(stream_id_next(&id));
    uint64_t nodes = subject->stream->node_count;
    unsigned shape = below(subject, 5) == 0 ? (unsigned)below(subject, 12) : 2;
    subject->entries[subject->count] =
        (struct model_entry){.id = id, .shape = shape, .seed = (uint32_t)below(subject, 20000), .owner = -1};
    make_texts(shape, subject->entries[subject->count].seed, &texts);
    stream_append(subject->stream, id, texts.at, texts.count, &subject->limits);
    if (subject->stream->node_count > nodes)
        subject->nodes++;
    subject->entries[subject->count++].node = subject->nodes;
    buf_clear(&texts.room);
}

static void forget(struct subject *subject, size_t first, size_t count)
{
    subject->count -= count;
    memmove(subject->entries + first, subject->entries + first + count,
            (subject->count - first) * sizeof *subject->entries);
}

static void delete_one(struct subject *subject)
{
    struct stream_id id = {below(subject, 1 + subject->stream->last.ms), 0};
    if (subject->count == 0)
        return;
    size_t index = below(subject, subject->count);
    if (below(subject, 4) > 0)
        id = subject->entries[index].id;
    bool is_there = stream_has(subject->stream, id);
    assert_int_equal(stream_delete(subject->stream, id), is_there);
    for (size_t i = 0; is_there && i < subject->count; i++) {
        if (stream_id_compare(subject->entries[i].id, id) == 0) {
            forget(subject, i, 1);
            return;
        }
    }
    assert_false(is_there);
}

/* How many entries whole nodes have that go. */
static size_t expected_nodes(const struct subject *subject, const struct stream_trim *trim)
{
    size_t gone = 0;
    while (gone < subject->count) {
        size_t end = gone;
        while (end < subject->count && subject->entries[end].node == subject->entries[gone].node)
            end++;
        if (trim->limit > 0 && end > trim->limit)
            break;
        if (subject->count - end < trim->max_length)
            break;
        gone = end;
    }
    return gone;
}

static void trim(struct subject *subject)
{
    struct tree cut;
    struct stream_trim trim = {.is_exact = below(subject, 2), .is_by_id = below(subject, 2)};
    size_t expected = 0, keep = subject->count - below(subject, subject->count / 8 + 2);
    keep = keep > subject->count ? 0 : keep;
    trim.max_length = keep;
    if (trim.is_by_id && subject->count > 0)
        trim.min_id = subject->entries[keep < subject->count ? subject->count - 1 - keep : 0].id;
    if (!trim.is_exact)
        trim.limit = below(subject, 2) * (1 + below(subject, 300));
    if (!trim.is_by_id)
        expected = trim.is_exact ? subject->count - keep : expected_nodes(subject, &trim);
    else
        while (expected < subject->count && stream_id_compare(subject->entries[expected].id, trim.min_id) < 0)
            expected++;
    uint64_t removed = stream_trim(subject->stream, &trim, &cut);
    if (!trim.is_by_id || trim.is_exact)
        assert_int_equal(removed, expected);
    else
        assert_true(removed <= expected);
    forget(subject, 0, removed);
    tree_free(&cut);
}

static void look(struct subject *subject)
{
    struct stream_entry entry;
    if (subject->count == 0)
        return;
    size_t first = below(subject, subject->count), end = first + below(subject, subject->count - first + 1);
    check_range(subject, subject->stream, first, end, below(subject, 2));
    assert_true(stream_find(subject->stream, subject->entries[first].id, &entry));
    check_entry(entry, &subject->entries[first]);
}

static void step(struct subject *subject)
{
    uint64_t what = below(subject, 100);
    if (what < 75 && subject->count < MANY)
        append(subject);
    else if (what < 95)
        delete_one(subject);
    else if (what < 97)
        trim(subject);
    else
        look(subject);
}

static void begin(struct subject *subject, uint64_t seed, struct collection_limits limits)
{
    *subject = (struct subject){.stream = stream_new(), .limits = limits, .seed = seed};
    subject->entries = mem_alloc(MANY * sizeof *subject->entries);
}

static void end(struct subject *subject)
{
    stream_free(subject->stream);
    mem_free(subject->entries);
}

static void random_steps(uint64_t seed, struct collection_limits limits)
{
    struct subject subject;
    begin(&subject, seed, limits);
    for (int i = 0; i < steps(); i++) {
        step(&subject);
        if (i % 50 == 0)
            check_all(&subject);
    }
    check_all(&subject);
    end(&subject);
}

static void test_random_steps(void **state)
{
    (void)state;
    random_steps(1, (struct collection_limits){.count = 100, .len = 4096});
    random_steps(2, (struct collection_limits){.count = 5, .len = 4096});
    random_steps(3, (struct collection_limits){.count = 100, .len = 200});
    random_steps(4, (struct collection_limits){.count = 0, .len = 0});
    random_steps(5, (struct collection_limits){.count = 700, .len = 60000});
}

/* ---- nodes ---- */

static void test_nodes_by_count(void **state)
{
    struct subject subject;
    (void)state;
    begin(&subject, 1, (struct collection_limits){.count = 10, .len = 0});
    for (int i = 0; i < 25; i++)
        append(&subject);
    assert_int_equal(subject.stream->node_count, 3);
    struct stream_trim trim = {.max_length = 12};
    struct tree cut;
    assert_int_equal(stream_trim(subject.stream, &trim, &cut), 10);
    tree_free(&cut);
    assert_int_equal(subject.stream->node_count, 2);
    end(&subject);
}

static void test_a_long_node_is_one(void **state)
{
    struct subject subject;
    (void)state;
    begin(&subject, 1, (struct collection_limits){.count = 0, .len = 0});
    for (int i = 0; i < 2000; i++)
        append(&subject);
    assert_int_equal(subject.stream->node_count, 1);
    assert_true(tree_count(&subject.stream->chunks) > 5);
    assert_int_equal(stream_radix_nodes(subject.stream), 2);
    end(&subject);
}

static void append_id(struct stream *stream, struct stream_id id)
{
    const struct bytes texts[] = {BYTES("a"), BYTES("b")};
    stream_append(stream, id, texts, 1, &(struct collection_limits){.count = 1});
}

static void test_radix_nodes(void **state)
{
    struct stream *stream = stream_new();
    (void)state;
    assert_int_equal(stream_radix_nodes(stream), 1);
    append_id(stream, (struct stream_id){1, 1});
    assert_int_equal(stream_radix_nodes(stream), 2);
    append_id(stream, (struct stream_id){1, 2});
    assert_int_equal(stream_radix_nodes(stream), 4);
    append_id(stream, (struct stream_id){1, 3});
    assert_int_equal(stream_radix_nodes(stream), 5);
    append_id(stream, (struct stream_id){2, 0});
    assert_int_equal(stream_radix_nodes(stream), 9);
    stream_free(stream);
}

static void test_saved_entries_have_to_be_in_order(void **state)
{
    struct stream *stream = stream_new();
    const struct bytes texts[] = {BYTES("a"), BYTES("b")};
    (void)state;
    assert_false(stream_append_saved(stream, (struct stream_id){5, 0}, texts, 1, NULL));
    assert_false(stream_append_saved(stream, (struct stream_id){5, 0}, texts, 1, &(struct stream_id){6, 0}));
    assert_true(stream_append_saved(stream, (struct stream_id){5, 0}, texts, 1, &(struct stream_id){4, 0}));
    assert_true(stream_append_saved(stream, (struct stream_id){6, 0}, texts, 1, NULL));
    assert_false(stream_append_saved(stream, (struct stream_id){6, 0}, texts, 1, NULL));
    assert_false(stream_append_saved(stream, (struct stream_id){7, 0}, texts, 1, &(struct stream_id){6, 0}));
    assert_int_equal(stream->node_count, 1);
    stream->last = (struct stream_id){6, 0};
    stream_check(stream);
    stream_free(stream);
}

/* ---- groups ---- */

static void check_group(const struct subject *subject, const struct stream_group *group)
{
    struct stream_pending pending;
    size_t count = 0;
    for (size_t i = 0; i < subject->count; i++) {
        const struct model_entry *entry = &subject->entries[i];
        bool is_there = stream_pending_find(group, entry->id, &pending);
        assert_int_equal(is_there, entry->owner >= 0);
        if (!is_there)
            continue;
        assert_int_equal(pending.deliveries, entry->deliveries);
        assert_int_equal(stream_consumer_of(group, &pending)->name.data[0], '0' + entry->owner);
        count++;
    }
    assert_int_equal(tree_count(&group->pending), count);
}

static struct stream_consumer *consumer_of(struct subject *subject, struct stream_group *group, int number)
{
    char name = (char)('0' + number);
    struct stream_consumer *consumer = stream_consumer_find(group, bytes_make(&name, 1));
    return consumer ? consumer : stream_consumer_add(subject->stream, group, bytes_make(&name, 1), 1);
}

static void group_step(struct subject *subject)
{
    struct stream_group *group = stream_group_edit(subject->stream, BYTES("g"));
    struct model_entry *entry = &subject->entries[below(subject, subject->count)];
    int number = (int)below(subject, CONSUMERS);
    uint64_t what = below(subject, 100);
    if (what < 60) {
        struct stream_consumer *consumer = consumer_of(subject, group, number);
        struct stream_pending pending = {entry->id, consumer->number, 1000, ++entry->deliveries};
        stream_pending_put(subject->stream, group, &pending);
        entry->owner = number;
    } else if (what < 99) {
        assert_int_equal(stream_pending_remove(subject->stream, group, entry->id), entry->owner >= 0);
        entry->owner = -1;
    } else {
        struct stream_consumer *consumer = consumer_of(subject, group, number);
        uint64_t removed = stream_consumer_remove(subject->stream, group, consumer);
        for (size_t i = 0; i < subject->count; i++) {
            if (subject->entries[i].owner == number) {
                subject->entries[i].owner = -1;
                removed--;
            }
        }
        assert_int_equal(removed, 0);
    }
}

static void test_groups(void **state)
{
    struct subject subject;
    (void)state;
    begin(&subject, 9, (struct collection_limits){.count = 100, .len = 4096});
    for (int i = 0; i < 500; i++)
        append(&subject);
    assert_non_null(stream_group_add(subject.stream, BYTES("g"), STREAM_ID_MIN, 0));
    assert_non_null(stream_group_add(subject.stream, BYTES("a"), STREAM_ID_MIN, 0));
    assert_null(stream_group_add(subject.stream, BYTES("g"), STREAM_ID_MIN, 0));
    for (int i = 0; i < steps(); i++) {
        group_step(&subject);
        if (i % 100 == 0) {
            stream_check(subject.stream);
            check_group(&subject, stream_group_find(subject.stream, BYTES("g")));
        }
    }
    struct stream *cut = stream_new();
    assert_true(stream_group_cut(subject.stream, BYTES("g"), cut));
    assert_false(stream_group_cut(subject.stream, BYTES("g"), cut));
    stream_check(subject.stream);
    stream_check(cut);
    stream_free(cut);
    end(&subject);
}

/* ---- who holds it sees no edits ---- */

static void test_held(void **state)
{
    struct subject subject, before;
    (void)state;
    begin(&subject, 7, (struct collection_limits){.count = 20, .len = 4096});
    for (int i = 0; i < 500; i++)
        append(&subject);
    assert_non_null(stream_group_add(subject.stream, BYTES("g"), STREAM_ID_MIN, 0));
    for (int i = 0; i < 400; i++)
        group_step(&subject);
    before = subject;
    before.entries = mem_alloc(MANY * sizeof *before.entries);
    memcpy(before.entries, subject.entries, subject.count * sizeof *before.entries);
    before.stream = stream_hold(subject.stream);
    assert_true(stream_is_same(before.stream, subject.stream));
    group_step(&subject);
    assert_false(stream_is_same(before.stream, subject.stream));
    for (int i = 0; i < 400; i++)
        group_step(&subject);
    for (int i = 0; i < 700; i++)
        step(&subject);
    check_all(&before);
    check_group(&before, stream_group_find(before.stream, BYTES("g")));
    check_all(&subject);
    while (!stream_free_some(before.stream, 3)) {
    }
    mem_free(before.entries);
    check_all(&subject);
    end(&subject);
}

static void test_every_edit_makes_another(void **state)
{
    struct subject subject;
    struct stream *held;
    (void)state;
    begin(&subject, 3, (struct collection_limits){.count = 20, .len = 4096});
    for (int i = 0; i < 300; i++)
        append(&subject);
    for (int i = 0; i < 300; i++) {
        uint64_t length = subject.stream->length;
        held = stream_hold(subject.stream);
        if (i % 3 == 0)
            append(&subject);
        else
            delete_one(&subject);
        assert_int_equal(stream_is_same(held, subject.stream), subject.stream->length == length);
        stream_free(held);
    }
    held = stream_hold(subject.stream);
    subject.stream->last.ms++;
    assert_false(stream_is_same(held, subject.stream));
    stream_free(held);
    end(&subject);
}

static void test_a_held_one_outlives(void **state)
{
    struct subject subject;
    (void)state;
    begin(&subject, 8, (struct collection_limits){.count = 20, .len = 4096});
    for (int i = 0; i < 100; i++)
        append(&subject);
    assert_non_null(stream_group_add(subject.stream, BYTES("g"), STREAM_ID_MIN, 0));
    group_step(&subject);
    struct stream *held = stream_hold(subject.stream);
    stream_free(subject.stream);
    subject.stream = held;
    check_all(&subject);
    group_step(&subject);
    check_all(&subject);
    end(&subject);
}

/* ---- IDs ---- */

static void test_ids(void **state)
{
    char text[STREAM_ID_TEXT_MAX];
    struct stream_id id = {1, UINT64_MAX};
    (void)state;
    assert_true(stream_id_next(&id));
    assert_int_equal(id.ms, 2);
    assert_true(stream_id_previous(&id));
    assert_int_equal(id.ms, 1);
    id = STREAM_ID_MAX;
    assert_false(stream_id_next(&id));
    assert_int_equal(stream_id_print(text, id), 41);
    assert_memory_equal(text, "18446744073709551615-18446744073709551615", 41);
    id = STREAM_ID_MIN;
    assert_false(stream_id_previous(&id));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_nodes_by_count),
        cmocka_unit_test(test_a_long_node_is_one),
        cmocka_unit_test(test_radix_nodes),
        cmocka_unit_test(test_saved_entries_have_to_be_in_order),
        cmocka_unit_test(test_random_steps),
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_held),
        cmocka_unit_test(test_every_edit_makes_another),
        cmocka_unit_test(test_a_held_one_outlives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
