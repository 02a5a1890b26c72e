/* SPDX-License-Identifier: BSD-3-Clause */
/* Sorted sets of both forms against a plain array: random edits, searches and walks, everything compared. */
#include "base/number.h"
#include "types/zset.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MEMBER_COUNT = 400, STEPS = 20000, CHECK_EVERY = 50 };

struct element {
    char member[80];
    size_t len;
    double score;
    bool is_there;
};

struct game {
    struct buf buffer;
    struct collection zset;
    struct element elements[MEMBER_COUNT];
    const struct element *sorted[MEMBER_COUNT];
    size_t count, member_count;
    uint64_t seed;
};

static uint64_t chosen(struct game *game, uint64_t bound)
{
    game->seed ^= game->seed << 13;
    game->seed ^= game->seed >> 7;
    game->seed ^= game->seed << 17;
    return (game->seed >> 11) % bound;
}

static double any_score(struct game *game)
{
    static const double special[] = {0,
                                     -0.0,
                                     INFINITY,
                                     -INFINITY,
                                     1e300,
                                     -5e-324,
                                     0.1,
                                     255,
                                     256,
                                     -128,
                                     -129,
                                     32767,
                                     9007199254740992.0,
                                     9007199254740994.0,
                                     -9007199254740992.0,
                                     1700000000000.0};
    if (chosen(game, 3) == 0)
        return special[chosen(game, sizeof special / sizeof *special)];
    return ((double)chosen(game, 41) - 20) / (chosen(game, 2) ? 1 : 4);
}

static struct bytes member_of(const struct element *element)
{
    return bytes_make(element->member, element->len);
}

static void begin(struct game *game, size_t member_count, struct collection_limits limits)
{
    *game = (struct game){.member_count = member_count, .seed = 0x9e3779b97f4a7c15};
    game->zset = collection_edit(VALUE_ZSET, NULL, &game->buffer, &limits);
    for (size_t i = 0; i < member_count; i++) {
        struct element *element = &game->elements[i];
        size_t tail = chosen(game, 8) ? 0 : chosen(game, 60);
        element->len = (size_t)snprintf(element->member, sizeof element->member, "%c:%llu", "ab"[i % 2],
                                        (unsigned long long)chosen(game, 1000000)) +
                       tail;
        memset(element->member + element->len - tail, 'x', tail);
    }
}

static void end(struct game *game)
{
    struct value value = collection_value(&game->zset);
    value_release(&value);
    buf_clear(&game->buffer);
}

static int compare(const void *a, const void *b)
{
    const struct element *one = *(const struct element *const *)a, *other = *(const struct element *const *)b;
    if (one->score != other->score)
        return one->score < other->score ? -1 : 1;
    return bytes_compare(member_of(one), member_of(other));
}

static void sort(struct game *game)
{
    game->count = 0;
    for (size_t i = 0; i < game->member_count; i++) {
        if (game->elements[i].is_there)
            game->sorted[game->count++] = &game->elements[i];
    }
    qsort(game->sorted, game->count, sizeof *game->sorted, compare);
}

/* ---- looking ---- */

static void check_walk(struct game *game, struct zset_range range, bool is_backwards)
{
    struct zset_walk walk;
    zset_walk_begin(&walk, &game->zset, range, is_backwards);
    for (uint64_t i = range.first; i < range.end; i++) {
        const struct element *expected = game->sorted[is_backwards ? range.end - 1 - (i - range.first) : i];
        assert_true(zset_walk_next(&walk));
        assert_true(bytes_equal(walk.member, member_of(expected)));
        assert_true(walk.score == expected->score && !(walk.score == 0 && signbit(walk.score)));
    }
    assert_false(zset_walk_next(&walk));
}

static void check_ranks(struct game *game)
{
    struct zset_slot slot;
    struct zset_walk walk;
    double score;
    zset_pick_begin(&walk, &game->zset);
    for (size_t i = 0; i < game->count; i++) {
        struct bytes member = member_of(game->sorted[i]);
        assert_true(zset_find(&game->zset, member, &slot));
        assert_true(slot.score == game->sorted[i]->score);
        assert_int_equal(zset_rank(&game->zset, &slot), i);
        assert_true(bytes_equal(zset_at(&game->zset, i, &score), member));
        assert_true(score == game->sorted[i]->score);
        zset_pick(&walk, game->count - 1 - i);
        assert_true(bytes_equal(walk.member, member_of(game->sorted[game->count - 1 - i])));
    }
}

static void check_scores(struct game *game)
{
    struct zset_score_limits limits = {any_score(game), any_score(game), chosen(game, 2), chosen(game, 2)};
    struct zset_range range = zset_range_of_scores(&game->zset, &limits);
    size_t below = 0, within = 0;
    for (size_t i = 0; i < game->count; i++) {
        double score = game->sorted[i]->score;
        bool is_low = limits.is_min_open ? score <= limits.min : score < limits.min;
        bool is_high = limits.is_max_open ? score >= limits.max : score > limits.max;
        below += is_low;
        within += !is_low && !is_high;
    }
    assert_int_equal(range.end - range.first, within);
    if (within > 0)
        assert_int_equal(range.first, below);
}

struct seen {
    struct game *game;
    unsigned counts[MEMBER_COUNT];
    size_t total;
};

static void see(void *context, struct bytes member, double score)
{
    struct seen *seen = context;
    for (size_t i = 0; i < seen->game->member_count; i++) {
        struct element *element = &seen->game->elements[i];
        if (!bytes_equal(member_of(element), member))
            continue;
        assert_true(element->is_there && element->score == score);
        seen->counts[i]++;
        seen->total++;
        return;
    }
    fail();
}

static void check_scan(struct game *game)
{
    struct seen seen = {.game = game};
    uint64_t cursor = 0;
    do {
        cursor = zset_scan(&game->zset, cursor, 1 + chosen(game, 20), see, &seen);
    } while (cursor != 0);
    for (size_t i = 0; i < game->member_count; i++)
        assert_int_equal(seen.counts[i], game->elements[i].is_there);
}

static void check(struct game *game)
{
    struct value value = collection_value(&game->zset);
    sort(game);
    value_check(&value);
    assert_int_equal(zset_count(&game->zset), game->count);
    check_walk(game, (struct zset_range){0, game->count}, false);
    check_walk(game, (struct zset_range){0, game->count}, true);
    uint64_t first = chosen(game, game->count + 1), last = first + chosen(game, game->count + 1 - first);
    check_walk(game, (struct zset_range){first, last}, chosen(game, 2));
    check_ranks(game);
    check_scores(game);
    check_scan(game);
}

/* ---- editing ---- */

static void remove_some(struct game *game)
{
    sort(game);
    uint64_t first = chosen(game, game->count + 1);
    uint64_t most = game->count - first < 10 ? game->count - first : 10;
    struct zset_range range = {first, first + chosen(game, most + 1)};
    zset_remove_range(&game->zset, range);
    for (uint64_t i = range.first; i < range.end; i++)
        game->elements[game->sorted[i] - game->elements].is_there = false;
}

static void step(struct game *game)
{
    struct element *element = &game->elements[chosen(game, game->member_count)];
    double score = any_score(game);
    switch (chosen(game, 8)) {
    case 0:
    case 1:
        assert_int_equal(zset_remove(&game->zset, member_of(element)), element->is_there);
        element->is_there = false;
        break;
    case 2:
        if (chosen(game, 10) == 0)
            remove_some(game);
        break;
    default:
        assert_int_equal(zset_put(&game->zset, member_of(element), score), !element->is_there);
        element->is_there = true;
        element->score = score;
    }
}

static void play(size_t member_count, struct collection_limits limits)
{
    static struct game game;
    begin(&game, member_count, limits);
    for (int i = 0; i < STEPS; i++) {
        step(&game);
        if (i % CHECK_EVERY == 0)
            check(&game);
    }
    check(&game);
    end(&game);
}

static void a_packed_one_is_what_a_plain_array_is(void **state)
{
    (void)state;
    play(60, (struct collection_limits){.count = 1000, .len = 1000});
}

static void a_large_one_is_what_a_plain_array_is(void **state)
{
    (void)state;
    play(MEMBER_COUNT, (struct collection_limits){.count = 0, .len = 64});
}

static void a_small_one_becomes_large_and_stays_what_it_is(void **state)
{
    (void)state;
    play(MEMBER_COUNT, (struct collection_limits){.count = 100, .len = 1000});
    play(MEMBER_COUNT, (struct collection_limits){.count = 1000, .len = 1000});
}

/* ---- thresholds ---- */

static const char *encoding_of(const struct collection *zset)
{
    struct value value = collection_value(zset);
    return value_encoding_name(&value);
}

static void fill(struct collection *zset, int from, int to)
{
    char text[16];
    for (int i = from; i < to; i++)
        (void)zset_put(zset, bytes_make(text, (size_t)snprintf(text, sizeof text, "m%05d", i)), i);
}

static void one_element_too_many_makes_it_large(void **state)
{
    (void)state;
    struct game game;
    begin(&game, 0, (struct collection_limits){.count = 128, .len = 64});
    fill(&game.zset, 0, 128);
    assert_string_equal(encoding_of(&game.zset), "listpack");
    assert_null(game.zset.large);
    fill(&game.zset, 128, 129);
    assert_string_equal(encoding_of(&game.zset), "skiplist");
    end(&game);
}

static void a_member_too_long_makes_it_large(void **state)
{
    (void)state;
    struct game game;
    char text[65];
    memset(text, 'x', sizeof text);
    begin(&game, 0, (struct collection_limits){.count = 128, .len = 64});
    (void)zset_put(&game.zset, bytes_make(text, 64), 1);
    assert_string_equal(encoding_of(&game.zset), "listpack");
    (void)zset_put(&game.zset, bytes_make(text, 65), 1);
    assert_string_equal(encoding_of(&game.zset), "skiplist");
    end(&game);
}

static void one_that_only_outgrows_its_entry_keeps_the_small_name(void **state)
{
    (void)state;
    struct game game;
    begin(&game, 0, (struct collection_limits){.count = 2000, .len = 64});
    fill(&game.zset, 0, 2000);
    assert_non_null(game.zset.large);
    assert_string_equal(encoding_of(&game.zset), "listpack");
    fill(&game.zset, 2000, 2001);
    assert_string_equal(encoding_of(&game.zset), "skiplist");
    end(&game);
}

/* ---- large ones ---- */

static void what_is_held_stays_as_it_was(void **state)
{
    (void)state;
    struct game game;
    begin(&game, 0, (struct collection_limits){.count = 0, .len = 64});
    fill(&game.zset, 0, 3000);
    struct value value = collection_value(&game.zset);
    struct value held = value_hold(&value);
    fill(&game.zset, 2000, 4000);
    zset_remove_range(&game.zset, (struct zset_range){0, 1500});
    struct collection before = collection_of(VALUE_ZSET, &held);
    assert_int_equal(zset_count(&before), 3000);
    assert_int_equal(zset_count(&game.zset), 2500);
    value_check(&held);
    value_check(&value);
    value_release(&held);
    end(&game);
}

static void count_one(void *context, struct bytes member, double score)
{
    size_t *count = context;
    (void)member;
    (void)score;
    ++*count;
}

/* With so many some members have the same hash. */
enum { SO_MANY = 300000 };

static struct bytes numbered_member(char text[static 16], unsigned number)
{
    return bytes_make(text, (size_t)snprintf(text, 16, "%u", number * 7919));
}

static void check_scores_of_many(const struct game *game, unsigned factor, unsigned score_count)
{
    struct zset_slot slot;
    char text[16];
    for (unsigned i = 0; i < SO_MANY; i++) {
        assert_true(zset_find(&game->zset, numbered_member(text, i), &slot));
        assert_true(slot.score == factor * (i % score_count));
    }
}

static void members_of_one_hash_are_told_apart(void **state)
{
    (void)state;
    struct game game;
    char text[16];
    static const unsigned score_counts[] = {1, 1000, SO_MANY};
    for (size_t round = 0; round < sizeof score_counts / sizeof *score_counts; round++) {
        unsigned score_count = score_counts[round];
        size_t seen = 0;
        uint64_t cursor = 0;
        begin(&game, 0, (struct collection_limits){.count = 0, .len = 64});
        for (unsigned i = 0; i < SO_MANY; i++)
            (void)zset_put(&game.zset, numbered_member(text, i), i % score_count);
        for (unsigned i = 0; i < SO_MANY; i++)
            (void)zset_put(&game.zset, numbered_member(text, i), 2 * (i % score_count));
        check_scores_of_many(&game, 2, score_count);
        struct value value = collection_value(&game.zset);
        value_check(&value);
        do {
            cursor = zset_scan(&game.zset, cursor, 1000, count_one, &seen);
        } while (cursor != 0);
        assert_int_equal(seen, SO_MANY);
        zset_remove_range(&game.zset, (struct zset_range){0, 1000});
        for (unsigned i = 0; i < SO_MANY; i++)
            (void)zset_remove(&game.zset, numbered_member(text, i));
        assert_int_equal(zset_count(&game.zset), 0);
        assert_int_equal(tree_count(&game.zset.large->index), 0);
        end(&game);
    }
}

static void ranges_by_member_follow_their_limits(void **state)
{
    (void)state;
    for (int64_t limit = 0; limit <= 1000; limit += 1000) {
        struct game game;
        begin(&game, 0, (struct collection_limits){.count = limit, .len = 64});
        for (char c = 'b'; c <= 'y'; c++)
            (void)zset_put(&game.zset, bytes_make(&c, 1), 3);
        const struct {
            struct zset_lex_limit min, max;
            struct zset_range range;
        } cases[] = {
            {{.kind = ZSET_LEX_LEAST}, {.kind = ZSET_LEX_MOST}, {0, 24}},
            {{.kind = ZSET_LEX_MOST}, {.kind = ZSET_LEX_LEAST}, {24, 24}},
            {{ZSET_LEX_CLOSED, BYTES("c")}, {ZSET_LEX_CLOSED, BYTES("e")}, {1, 4}},
            {{ZSET_LEX_OPEN, BYTES("c")}, {ZSET_LEX_OPEN, BYTES("e")}, {2, 3}},
            {{ZSET_LEX_CLOSED, BYTES("cc")}, {ZSET_LEX_CLOSED, BYTES("zz")}, {2, 24}},
            {{ZSET_LEX_CLOSED, BYTES("")}, {ZSET_LEX_OPEN, BYTES("b")}, {0, 0}},
            {{ZSET_LEX_CLOSED, BYTES("e")}, {ZSET_LEX_CLOSED, BYTES("c")}, {3, 3}},
        };
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            struct zset_range range = zset_range_of_members(&game.zset, &cases[i].min, &cases[i].max);
            assert_int_equal(range.end - range.first, cases[i].range.end - cases[i].range.first);
            assert_true(range.end == range.first || range.first == cases[i].range.first);
        }
        end(&game);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_packed_one_is_what_a_plain_array_is),
        cmocka_unit_test(a_large_one_is_what_a_plain_array_is),
        cmocka_unit_test(a_small_one_becomes_large_and_stays_what_it_is),
        cmocka_unit_test(one_element_too_many_makes_it_large),
        cmocka_unit_test(a_member_too_long_makes_it_large),
        cmocka_unit_test(one_that_only_outgrows_its_entry_keeps_the_small_name),
        cmocka_unit_test(what_is_held_stays_as_it_was),
        cmocka_unit_test(members_of_one_hash_are_told_apart),
        cmocka_unit_test(ranges_by_member_follow_their_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
