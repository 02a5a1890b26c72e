/* SPDX-License-Identifier: BSD-3-Clause */
/* Figures of classes: buckets, sums, the ring of minutes, classes that change hands. */
#include "base/alloc.h"
#include "sessions/session_stats.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define MINUTE_MS 60000

static struct session_stats stats;
static struct session_class *const users = &stats.classes[1], *const carts = &stats.classes[2];

static int begin(void **state)
{
    (void)state;
    session_stats_init(&stats, 7 * MINUTE_MS + 1);
    session_class_begin(&stats, 1, BYTES("user:"));
    session_class_begin(&stats, 2, BYTES("cart:"));
    return 0;
}

static int end(void **state)
{
    (void)state;
    session_stats_clear(&stats);
    return 0;
}

static void create(struct session_class *class, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        class->events.created++;
        session_live_add(&class->live, 100);
    }
}

static void expire(struct session_class *class, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        class->events.expired++;
        session_live_remove(&class->live, 100);
    }
}

static void size_buckets_end_where_they_say(void **state)
{
    (void)state;
    assert_int_equal(session_size_bucket(0), 0);
    for (unsigned bucket = 0; bucket + 1 < SESSION_SIZE_BUCKETS; bucket++) {
        size_t last = (size_t)session_size_bucket_end(bucket);
        assert_int_equal(session_size_bucket(last), bucket);
        assert_int_equal(session_size_bucket(last + 1), bucket + 1);
    }
    assert_int_equal(session_size_bucket(SIZE_MAX), SESSION_SIZE_BUCKETS - 1);
    assert_int_equal(session_size_bucket_end(SESSION_SIZE_BUCKETS - 1), INT64_MAX);
}

static unsigned ttl_bucket_of(int64_t ttl_ms)
{
    struct session_ttls ttls = {.sum_ms = 0};
    unsigned bucket = 0;
    session_ttl_given(&ttls, ttl_ms);
    assert_int_equal(session_ttl_count(&ttls), 1);
    while (!ttls.buckets[bucket])
        bucket++;
    return bucket;
}

static void ttl_buckets_end_where_they_say(void **state)
{
    (void)state;
    assert_int_equal(ttl_bucket_of(-5), 0);
    assert_int_equal(ttl_bucket_of(0), 0);
    for (unsigned bucket = 0; bucket + 1 < SESSION_TTL_BUCKETS; bucket++) {
        int64_t last_ms = session_ttl_bucket_end_s(bucket) * 1000;
        assert_int_equal(ttl_bucket_of(last_ms), bucket);
        assert_int_equal(ttl_bucket_of(last_ms + 1), bucket + 1);
    }
    assert_int_equal(ttl_bucket_of(INT64_MAX), SESSION_TTL_BUCKETS - 1);
    assert_int_equal(session_ttl_bucket_end_s(SESSION_TTL_BUCKETS - 1), INT64_MAX);
}

static void ttls_are_summed(void **state)
{
    struct session_ttls ttls = {.sum_ms = 0};
    (void)state;
    session_ttl_given(&ttls, 1001);
    session_ttl_given(&ttls, 3600000);
    assert_int_equal(ttls.sum_ms, 3601001);
}

static void resizing_moves_between_buckets(void **state)
{
    struct session_live live = {.keys = 0};
    (void)state;
    session_live_add(&live, 60);
    session_live_resize(&live, 60, 1000);
    assert_int_equal(live.keys, 1);
    assert_int_equal(live.bytes, 1000);
    assert_int_equal(live.sizes[session_size_bucket(60)], 0);
    assert_int_equal(live.sizes[session_size_bucket(1000)], 1);
    session_live_remove(&live, 1000);
    assert_int_equal(live.bytes, 0);
    assert_int_equal(live.sizes[session_size_bucket(1000)], 0);
}

static void sum_is_over_all_classes(void **state)
{
    static struct session_class sum;
    (void)state;
    create(users, 3);
    create(carts, 2);
    expire(carts, 1);
    session_ttl_given(&users->ttls, 5000);
    session_ttl_given(&carts->ttls, 7000);
    session_stats_sum(&stats, &sum);
    assert_int_equal(sum.live.keys, 4);
    assert_int_equal(sum.live.bytes, 400);
    assert_int_equal(sum.live.sizes[session_size_bucket(100)], 4);
    assert_int_equal(sum.events.created, 5);
    assert_int_equal(sum.events.expired, 1);
    assert_int_equal(session_ttl_count(&sum.ttls), 2);
    assert_int_equal(sum.ttls.sum_ms, 12000);
}

static void minutes_tell_what_happened_in_each(void **state)
{
    (void)state;
    assert_int_equal(session_stats_minute_count(&stats), 0);
    create(users, 3);
    session_stats_tick(&stats, 8 * MINUTE_MS - 1); /* not over yet */
    assert_int_equal(session_stats_minute_count(&stats), 0);
    assert_int_equal(session_stats_this_minute(&stats, users).created, 3);
    session_stats_tick(&stats, 8 * MINUTE_MS);
    create(users, 1);
    expire(users, 2);
    create(carts, 5);
    session_stats_tick(&stats, 9 * MINUTE_MS + 59999);
    assert_int_equal(session_stats_minute_count(&stats), 2);

    struct session_minute last = session_stats_minute(&stats, users, 0);
    assert_int_equal(last.created, 1);
    assert_int_equal(last.expired, 2);
    assert_int_equal(last.live, 2);
    struct session_minute first = session_stats_minute(&stats, users, 1);
    assert_int_equal(first.created, 3);
    assert_int_equal(first.expired, 0);
    assert_int_equal(first.live, 3);
    struct session_minute all = session_stats_minute(&stats, NULL, 0);
    assert_int_equal(all.created, 6);
    assert_int_equal(all.live, 7);
    assert_int_equal(session_stats_this_minute(&stats, NULL).created, 0);
    assert_int_equal(session_stats_this_minute(&stats, NULL).live, 7);
    assert_int_equal(session_stats_minute(&stats, users, 2).live, 0);
}

static void minutes_that_passed_unnoticed_were_quiet(void **state)
{
    (void)state;
    create(users, 4);
    session_stats_tick(&stats, 12 * MINUTE_MS);
    assert_int_equal(session_stats_minute_count(&stats), 5);
    assert_int_equal(session_stats_minute(&stats, users, 4).created, 4);
    for (unsigned ago = 0; ago < 4; ago++) {
        assert_int_equal(session_stats_minute(&stats, users, ago).created, 0);
        assert_int_equal(session_stats_minute(&stats, users, ago).live, 4);
    }
}

static void a_day_is_remembered(void **state)
{
    (void)state;
    for (int minute = 8; minute < 8 + SESSION_MINUTES + 10; minute++) {
        create(users, (uint64_t)minute % 7);
        session_stats_tick(&stats, (int64_t)minute * MINUTE_MS);
        expire(users, users->live.keys);
    }
    assert_int_equal(session_stats_minute_count(&stats), SESSION_MINUTES);
    for (unsigned ago = 0; ago < SESSION_MINUTES; ago++) {
        uint64_t minute = 8 + SESSION_MINUTES + 9 - ago;
        assert_int_equal(session_stats_minute(&stats, users, ago).created, minute % 7);
    }
    assert_int_equal(session_stats_minute(&stats, users, SESSION_MINUTES).live, 0);

    /* After a week of sleep nothing of it is left but the last day, which was quiet. */
    create(users, 2);
    session_stats_tick(&stats, INT64_C(20000) * MINUTE_MS);
    assert_int_equal(session_stats_minute(&stats, users, 0).created, 0);
    assert_int_equal(session_stats_minute(&stats, users, 0).live, 2);
    assert_int_equal(session_stats_minute(&stats, users, SESSION_MINUTES - 1).created, 2);
}

static void class_without_events_has_no_ring(void **state)
{
    (void)state;
    session_stats_tick(&stats, 9 * MINUTE_MS);
    assert_null(users->minutes);
    assert_false(session_class_is_used(users));
    create(users, 1);
    session_stats_tick(&stats, 10 * MINUTE_MS);
    assert_non_null(users->minutes);
    assert_null(carts->minutes);
    assert_true(session_class_is_used(users));
}

static void a_class_that_is_quiet_at_times_is_remembered_as_it_was(void **state)
{
    (void)state;
    session_stats_tick(&stats, 100 * MINUTE_MS);
    for (int64_t minute = 100; minute < 100 + 3 * SESSION_MINUTES; minute++) {
        uint64_t created = minute % 700 < 3 ? 2 : 0;
        create(users, created);
        expire(users, created);
        session_stats_tick(&stats, (minute + 1) * MINUTE_MS);
        for (unsigned ago = 0; ago < session_stats_minute_count(&stats); ago += 1 + ago / 8) {
            int64_t then = minute - ago;
            assert_int_equal(session_stats_minute(&stats, users, ago).created,
                             then >= 100 && then % 700 < 3 ? 2 : 0);
        }
    }
}

static void a_passing_class_takes_little(void **state)
{
    (void)state;
    create(users, 1);
    expire(users, 1);
    size_t before = mem_used();
    for (int minute = 8; minute < 8 + SESSION_MINUTES; minute++)
        session_stats_tick(&stats, (int64_t)minute * MINUTE_MS);
    assert_true(mem_used() - before <= 200);
    assert_int_equal(session_stats_minute(&stats, users, SESSION_MINUTES - 1).expired, 1);
}

static void reset_keeps_what_is_there_and_the_minute(void **state)
{
    (void)state;
    create(users, 3);
    expire(users, 1);
    session_ttl_given(&users->ttls, 1000);
    create(carts, 1);
    expire(carts, 1);
    session_stats_reset(&stats);
    assert_int_equal(users->events.created, 0);
    assert_int_equal(users->live.keys, 2);
    assert_int_equal(session_ttl_count(&users->ttls), 0);
    assert_false(session_class_is_used(carts));
    create(users, 1);
    assert_int_equal(session_stats_this_minute(&stats, users).created, 4);
    session_stats_tick(&stats, 8 * MINUTE_MS);
    assert_int_equal(session_stats_minute(&stats, users, 0).created, 4);
    assert_int_equal(session_stats_minute(&stats, users, 0).expired, 1);
    assert_int_equal(session_stats_minute(&stats, carts, 0).created, 1);
    assert_int_equal(session_stats_this_minute(&stats, carts).created, 0);
}

static void class_given_to_another_prefix_begins_anew(void **state)
{
    (void)state;
    create(users, 2);
    expire(users, 2);
    session_stats_tick(&stats, 8 * MINUTE_MS);
    session_class_begin(&stats, 1, BYTES("user:")); /* the same: goes on */
    assert_int_equal(users->events.created, 2);
    session_class_begin(&stats, 1, BYTES("other:"));
    assert_int_equal(users->events.created, 0);
    assert_null(users->minutes);
    assert_ptr_equal(session_stats_find(&stats, BYTES("other:")), users);
    assert_null(session_stats_find(&stats, BYTES("user:")));
}

static void classes_are_found_by_prefix(void **state)
{
    (void)state;
    assert_ptr_equal(session_stats_find(&stats, BYTES("cart:")), carts);
    assert_ptr_equal(session_stats_find(&stats, BYTES("")), &stats.classes[0]);
    assert_null(session_stats_find(&stats, BYTES("car")));
}

static void figures_are_read_by_name(void **state)
{
    uint64_t keys = 0, created = 0;
    (void)state;
    create(users, 3);
    expire(users, 1);
    for (size_t i = 0; i < session_figure_count; i++) {
        const struct session_figure *figure = &session_figures[i];
        assert_true(strlen(figure->help) > 0);
        if (strcmp(figure->name, "keys") == 0) {
            keys = session_figure_read(figure, users);
            assert_false(figure->is_counter);
        } else if (strcmp(figure->name, "created") == 0) {
            created = session_figure_read(figure, users);
            assert_true(figure->is_counter);
        }
    }
    assert_int_equal(keys, 2);
    assert_int_equal(created, 3);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(size_buckets_end_where_they_say),
        TEST(ttl_buckets_end_where_they_say),
        TEST(ttls_are_summed),
        TEST(resizing_moves_between_buckets),
        TEST(sum_is_over_all_classes),
        TEST(minutes_tell_what_happened_in_each),
        TEST(minutes_that_passed_unnoticed_were_quiet),
        TEST(a_day_is_remembered),
        TEST(class_without_events_has_no_ring),
        TEST(a_class_that_is_quiet_at_times_is_remembered_as_it_was),
        TEST(a_passing_class_takes_little),
        TEST(reset_keeps_what_is_there_and_the_minute),
        TEST(class_given_to_another_prefix_begins_anew),
        TEST(classes_are_found_by_prefix),
        TEST(figures_are_read_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
