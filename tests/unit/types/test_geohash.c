/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers of points against known ones; ranges of shapes against looking at every point. */
#include "types/geohash.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { POINTS = 3000, SHAPES = 2000 };

static uint64_t seed = 0x9e3779b97f4a7c15;

static double chosen(double low, double high)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return low + (high - low) * (double)(seed >> 11) * 0x1p-53;
}

static const struct geo_point palermo = {13.361389, 38.115556}, catania = {15.087269, 37.502669};

static void known_points_have_known_numbers(void **state)
{
    char text[GEOHASH_TEXT_LEN];
    (void)state;
    assert_int_equal(geohash_of(palermo), 3479099956230698);
    assert_int_equal(geohash_of(catania), 3479447370796909);
    geohash_print(geohash_of(palermo), text);
    assert_memory_equal(text, "sqc8b49rny0", sizeof text);
    assert_true(fabs(geo_distance(palermo, catania) - 166274.15) < 1);
}

static void a_number_leads_back_to_its_point(void **state)
{
    (void)state;
    for (int i = 0; i < POINTS; i++) {
        struct geo_point point = {chosen(-180, 180), chosen(-85, 85)};
        struct geo_point back = geohash_point(geohash_of(point));
        assert_true(fabs(point.longitude - back.longitude) < 1e-5);
        assert_true(fabs(point.latitude - back.latitude) < 1e-5);
        assert_int_equal(geohash_of(back), geohash_of(point));
    }
}

static void points_beside_the_map_are_none(void **state)
{
    (void)state;
    assert_true(geo_point_is_valid((struct geo_point){180, 85.05}));
    assert_false(geo_point_is_valid((struct geo_point){180.1, 0}));
    assert_false(geo_point_is_valid((struct geo_point){0, -85.06}));
    assert_false(geo_point_is_valid((struct geo_point){NAN, 0}));
}

static bool is_in_ranges(uint64_t hash, const struct geo_range *ranges, int count)
{
    for (int i = 0; i < count; i++) {
        if (hash >= ranges[i].first && hash < ranges[i].end)
            return true;
    }
    return false;
}

/* Away from the poles and from where the map's ends meet, where Redis' search misses some, too. */
static void ranges_hold_all_points_of_a_shape(void **state)
{
    static struct geo_point points[POINTS];
    struct geo_range ranges[GEO_RANGES_MAX];
    double distance;
    (void)state;
    for (int i = 0; i < POINTS; i++)
        points[i] = (struct geo_point){chosen(-20, 20), chosen(-50, 50)};
    for (int i = 0; i < SHAPES; i++) {
        double size = pow(10, chosen(1, 6));
        struct geo_shape shape = {.center = {chosen(-10, 10), chosen(-40, 40)},
                                  .is_box = i % 2,
                                  .radius = size,
                                  .width = size,
                                  .height = size * chosen(0.1, 2)};
        int count = geo_shape_ranges(&shape, ranges);
        for (int j = 0; j < POINTS; j++) {
            if (geo_shape_has(&shape, points[j], &distance))
                assert_true(is_in_ranges(geohash_of(points[j]), ranges, count));
        }
    }
}

static void a_box_is_as_wide_and_as_high_as_it_says(void **state)
{
    (void)state;
    struct geo_shape box = {.center = {0, 0}, .is_box = true, .width = 200000, .height = 100000};
    double distance;
    assert_true(geo_shape_has(&box, (struct geo_point){0.89, 0.44}, &distance));
    assert_false(geo_shape_has(&box, (struct geo_point){0.91, 0}, &distance));
    assert_false(geo_shape_has(&box, (struct geo_point){0, 0.46}, &distance));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_points_have_known_numbers),
        cmocka_unit_test(a_number_leads_back_to_its_point),
        cmocka_unit_test(points_beside_the_map_are_none),
        cmocka_unit_test(ranges_hold_all_points_of_a_shape),
        cmocka_unit_test(a_box_is_as_wide_and_as_high_as_it_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
