/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands on points. What they answer at large is compared with redis-server's in
 * tests/system/test_differential_zset.py. */
#include "support/harness.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define PALERMO_AND_CATANIA "13.361389 38.115556 Palermo 15.087269 37.502669 Catania"

static int setup(void **state)
{
    (void)harness_setup(state);
    assert_reply((struct harness *)*state, "GEOADD s " PALERMO_AND_CATANIA, ":2\r\n");
    return 0;
}

#define GEO_TEST(function) cmocka_unit_test_setup_teardown(function, setup, harness_teardown)

static void points_are_told_as_they_are_kept(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "ZSCORE s Palermo", "$16\r\n3479099956230698\r\n");
    assert_reply(h, "GEOPOS s Palermo none",
                 "*2\r\n*2\r\n$20\r\n13.36138933897018433\r\n$20\r\n38.11555639549629859\r\n*-1\r\n");
    assert_reply(h, "GEOHASH s Catania none", "*2\r\n$11\r\nsqdtr74hyu0\r\n$-1\r\n");
    assert_reply(h, "GEODIST s Palermo Catania", "$11\r\n166274.1516\r\n");
    assert_reply(h, "GEODIST s Palermo Catania KM", "$8\r\n166.2742\r\n");
    assert_reply(h, "GEODIST s Palermo none", "$-1\r\n");
    assert_reply(h, "GEODIST s Palermo Catania parsec",
                 "-ERR unsupported unit provided. please use M, KM, FT, MI\r\n");
    (void)harness_send(h, "HELLO 3");
    assert_reply(h, "GEOPOS s Palermo none",
                 "*2\r\n*2\r\n,13.36138933897018433\r\n,38.11555639549629859\r\n_\r\n");
}

static void conditions_decide_what_geoadd_does(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "GEOADD s NX 1 1 Palermo 2 2 new", ":1\r\n");
    assert_reply(h, "GEOADD s XX CH 1 1 Palermo 2 2 none", ":1\r\n");
    assert_reply(h, "GEOADD s NX XX 1 1 a", "-ERR syntax error\r\n");
    assert_reply(h, "GEOADD s 1 1 a 2", "-ERR syntax error\r\n");
    assert_reply(h, "GEOADD s NX CH CH", "-ERR syntax error\r\n");
    assert_reply(h, "GEOADD s 181 1 a", "-ERR invalid longitude,latitude pair 181.000000,1.000000\r\n");
    assert_reply(h, "GEOADD s x 1 a", "-ERR value is not a valid float\r\n");
    assert_reply(h, "ZCARD s", ":3\r\n");
}

static void a_search_finds_what_is_near(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "GEOSEARCH s FROMLONLAT 15 37 BYBOX 400 400 km ASC WITHDIST WITHHASH",
                 "*2\r\n*3\r\n$7\r\nCatania\r\n$7\r\n56.4413\r\n:3479447370796909\r\n"
                 "*3\r\n$7\r\nPalermo\r\n$8\r\n190.4424\r\n:3479099956230698\r\n");
    assert_reply(h, "GEOSEARCH s FROMMEMBER Palermo BYRADIUS 100 km", "*1\r\n$7\r\nPalermo\r\n");
    assert_reply(h, "GEORADIUS s 15 37 200 km COUNT 1", "*1\r\n$7\r\nCatania\r\n");
    assert_reply(h, "GEORADIUS s 15 37 200 km COUNT 1 ANY", "*1\r\n$7\r\nPalermo\r\n");
    assert_reply(h, "GEORADIUSBYMEMBER_RO s Catania 1 m DESC", "*1\r\n$7\r\nCatania\r\n");
    assert_reply(h, "GEOSEARCH none FROMMEMBER x BYRADIUS 100 km", "*0\r\n");
}

static void what_a_search_finds_is_stored(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SET d x EX 100", "+OK\r\n");
    assert_reply(h, "GEOSEARCHSTORE d s FROMLONLAT 15 37 BYRADIUS 100 km", ":1\r\n");
    assert_reply(h, "ZRANGE d 0 -1 WITHSCORES", "*2\r\n$7\r\nCatania\r\n$16\r\n3479447370796909\r\n");
    assert_reply(h, "GEORADIUS s 15 37 100 km STOREDIST d", ":1\r\n");
    assert_reply(h, "ZSCORE d Catania", "$16\r\n56.4412578701582\r\n");
    assert_reply(h, "GEORADIUS s 0 0 1 km STORE d", ":0\r\n");
    assert_reply(h, "EXISTS d", ":0\r\n");
    assert_reply(h, "GEORADIUSBYMEMBER none x 1 km STORE s", ":0\r\n");
    assert_reply(h, "EXISTS s", ":0\r\n");
}

static void searches_that_make_no_sense_are_refused(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "GEOSEARCH s FROMMEMBER none BYRADIUS 1 km",
                 "-ERR could not decode requested zset member\r\n");
    assert_reply(h, "GEOSEARCH s BYRADIUS 1 km ASC ASC ASC",
                 "-ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for GEOSEARCH\r\n");
    assert_reply(h, "GEOSEARCH s FROMLONLAT 1 1 ASC ASC ASC",
                 "-ERR exactly one of BYRADIUS and BYBOX can be specified for GEOSEARCH\r\n");
    assert_reply(h, "GEOSEARCH s FROMLONLAT 1 1 BYRADIUS -1 km", "-ERR radius cannot be negative\r\n");
    assert_reply(h, "GEOSEARCH s FROMLONLAT 1 1 BYBOX 1 x km", "-ERR need numeric height\r\n");
    assert_reply(h, "GEOSEARCH s FROMLONLAT 1 1 BYRADIUS 1 km ANY",
                 "-ERR the ANY argument requires COUNT argument\r\n");
    assert_reply(h, "GEOSEARCH s FROMLONLAT 1 1 BYRADIUS 1 km COUNT 0", "-ERR COUNT must be > 0\r\n");
    assert_reply(h, "GEORADIUS_RO s 1 1 1 km STORE d", "-ERR syntax error\r\n");
    assert_reply(
        h, "GEORADIUS s 1 1 1 km STORE d WITHDIST",
        "-ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options\r\n");
}

static void numbers_and_units_are_checked(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "GEOSEARCH s FROMLONLAT 1 1 BYRADIUS x km ASC", "-ERR need numeric radius\r\n");
    assert_reply(h, "GEOSEARCH s FROMLONLAT 1 1 BYBOX -1 1 km ASC",
                 "-ERR height or width cannot be negative\r\n");
    assert_reply(h, "GEOSEARCH s FROMLONLAT 1 1 BYBOX 1 -1 km ASC",
                 "-ERR height or width cannot be negative\r\n");
    assert_reply(h, "GEOSEARCH s FROMLONLAT 1 1 BYBOX 1 1 xx ASC",
                 "-ERR unsupported unit provided. please use M, KM, FT, MI\r\n");
    assert_reply(h, "GEOSEARCH s FROMLONLAT 1 1 BYRADIUS 1 km COUNT x",
                 "-ERR value is not an integer or out of range\r\n");
}

static void who_is_where_others_are_is_found(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "GEOADD k 13 38 a 13 38 b 13.001 38 c", ":3\r\n");
    assert_reply(h, "GEOSEARCH k FROMMEMBER a BYRADIUS 1 km ASC", "*3\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n");
    assert_reply(h, "GEOSEARCH k FROMMEMBER a BYRADIUS 0 km ASC", "*2\r\n$1\r\na\r\n$1\r\nb\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        GEO_TEST(points_are_told_as_they_are_kept),
        GEO_TEST(conditions_decide_what_geoadd_does),
        GEO_TEST(a_search_finds_what_is_near),
        GEO_TEST(what_a_search_finds_is_stored),
        GEO_TEST(searches_that_make_no_sense_are_refused),
        GEO_TEST(numbers_and_units_are_checked),
        GEO_TEST(who_is_where_others_are_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
