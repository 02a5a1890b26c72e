/* SPDX-License-Identifier: BSD-3-Clause */
/* What the journal says of each command, and that a second server which runs it comes to hold the same data
 * (as harness_teardown checks behind every test of commands). */
#include "support/harness.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* 2023-11-14 22:13:20 and so many seconds more, as the harness' clock has it. */
#define UNTIL_100_S "1700000100000"

/* Fails the test unless these lines, and no more, were recorded. */
#define assert_journal(harness, expected) \
    harness_assert(harness_journal(harness), BYTES(expected), "(journal)", __FILE__, __LINE__)

static void commands_are_recorded_as_they_came(void **state)
{
    struct harness *h = *state;
    harness_send(h, "SET k v");
    harness_send(h, "append k w");
    harness_send(h, "MSET a 1 b 2");
    harness_send(h, "RENAME a c");
    harness_send(h, "SETRANGE k 1 xyz");
    harness_send(h, "DEL b nothing");
    assert_journal(h, "SELECT 0\nSET k v\nappend k w\nMSET a 1 b 2\nRENAME a c\nSETRANGE k 1 xyz\n"
                      "DEL b nothing\n");
}

static void what_changed_nothing_is_not_recorded(void **state)
{
    struct harness *h = *state;
    harness_send(h, "GET k");
    harness_send(h, "DEL k");
    harness_send(h, "EXPIRE k 10");
    harness_send(h, "PERSIST k");
    harness_send(h, "SET k v XX");
    harness_send(h, "GETDEL k");
    harness_send(h, "RENAME k l");
    harness_send(h, "INCR");
    harness_send(h, "GETEX k EX 10");
    harness_send(h, "MULTI");
    harness_send(h, "GET k");
    harness_send(h, "EXEC");
    assert_journal(h, "");
}

static void relative_times_become_absolute(void **state)
{
    struct harness *h = *state;
    harness_send(h, "SETEX a 100 v");
    harness_send(h, "PSETEX b 100000 v");
    harness_send(h, "SET c v EX 100 NX");
    harness_send(h, "SET d v EXAT 1700000100 GET");
    harness_send(h, "EXPIRE a 100");
    harness_send(h, "GETEX b EXAT 1700000100");
    harness_send(h, "GETEX c PERSIST");
    harness_send(h, "PEXPIREAT d 1700000100000");
    assert_journal(h, "SELECT 0\n"
                      "SET a v PXAT " UNTIL_100_S "\nSET b v PXAT " UNTIL_100_S "\n"
                      "SET c v PXAT " UNTIL_100_S "\nSET d v PXAT " UNTIL_100_S "\n"
                      "PEXPIREAT a " UNTIL_100_S "\nPEXPIREAT b " UNTIL_100_S "\nPERSIST c\n"
                      "PEXPIREAT d " UNTIL_100_S "\n");
}

static void answers_and_conditions_are_left_out(void **state)
{
    struct harness *h = *state;
    harness_send(h, "SET k v GET");
    harness_send(h, "SET k w XX GET KEEPTTL");
    harness_send(h, "GETSET k x");
    harness_send(h, "GETDEL k");
    assert_journal(h, "SELECT 0\nSET k v\nSET k w KEEPTTL\nSET k x\nDEL k\n");
}

static void sums_of_floats_are_recorded_as_such(void **state)
{
    struct harness *h = *state;
    harness_send(h, "SETEX k 100 10.5");
    harness_send(h, "INCRBYFLOAT k 0.1");
    assert_journal(h, "SELECT 0\nSET k 10.5 PXAT " UNTIL_100_S "\nSET k 10.6 KEEPTTL\n");
}

static void what_is_past_is_a_removal(void **state)
{
    struct harness *h = *state;
    harness_send(h, "MSET a 1 b 2 c 3");
    harness_send(h, "EXPIRE a -1");
    harness_send(h, "GETEX b PXAT 1");
    assert_journal(h, "SELECT 0\nMSET a 1 b 2 c 3\nDEL a\nDEL b\n");
}

static void expired_keys_are_removals(void **state)
{
    struct harness *h = *state;
    harness_send(h, "PSETEX k 10 v");
    harness_advance(h, 20);
    assert_journal(h, "SELECT 0\nSET k v PXAT 1700000000010\nDEL k\n");
}

/* Its command is what comes behind, and both are one unit. */
static void what_a_command_finds_dead_goes_before_it(void **state)
{
    struct harness *h = *state;
    store_set_active_expire(h->server->store, false);
    harness_send(h, "PSETEX k 10 v");
    harness_advance(h, 20);
    harness_send(h, "APPEND k w");
    assert_journal(h, "SELECT 0\nSET k v PXAT 1700000000010\nMULTI\nDEL k\nAPPEND k w\nEXEC\n");
}

static void transaction_is_one_unit(void **state)
{
    struct harness *h = *state;
    harness_send(h, "MULTI");
    harness_send(h, "SET a 1");
    harness_send(h, "GET a");
    harness_send(h, "SELECT 1");
    harness_send(h, "SETEX b 100 2");
    harness_send(h, "EXEC");
    harness_send(h, "MULTI");
    harness_send(h, "SET c 3");
    harness_send(h, "EXEC");
    assert_journal(h, "MULTI\nSELECT 0\nSET a 1\nSELECT 1\nSET b 2 PXAT " UNTIL_100_S "\nEXEC\nSET c 3\n");
}

static void databases_are_selected_when_they_change(void **state)
{
    struct harness *h = *state;
    harness_send(h, "SET a 1");
    harness_send(h, "SELECT 3");
    harness_send(h, "SET b 2");
    harness_send(h, "SET c 2");
    harness_send(h, "COPY b d DB 1");
    harness_send(h, "MOVE c 2");
    harness_send(h, "SWAPDB 1 2");
    harness_send(h, "FLUSHDB");
    harness_send(h, "FLUSHALL ASYNC");
    assert_journal(h, "SELECT 0\nSET a 1\nSELECT 3\nSET b 2\nSET c 2\nCOPY b d DB 1\nMOVE c 2\nSWAPDB 1 2\n"
                      "FLUSHDB\nFLUSHALL ASYNC\n");
}

static void restored_values_keep_their_end(void **state)
{
    struct harness *h = *state;
    static const struct bytes restore[] = {
        {"RESTORE", 7},
        {"k", 1},
        {"100000", 6},
        {"\x00\x01v\x0b\x00\xf0\x7d\x0f\xa1\x2f\x52\x3d\xa6", 13},
    };
    h->server->skips_checksums = true;
    harness_request_bytes(h, h->client, 4, restore);
    assert_journal(h, "SELECT 0\nRESTORE k " UNTIL_100_S
                      " \"\\x00\\x01v\\x0b\\x00\\xf0}\\x0f\\xa1/R=\\xa6\" ABSTTL\n");
}

/* ---- at random ---- */

#define STEPS    30000
#define KEYS     12
#define INTERVAL 3000

static uint64_t seed;

static unsigned chosen(unsigned bound)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)(seed >> 11) % bound;
}

/* In these, K stands for a key, H, L, S and Z for one of a hash, list, set or sorted set, V for a value, N
 * for a number, T for a time in milliseconds, D for a database. */
static const char *const string_requests[] = {
    "SET K V",
    "SET K N",
    "SET K V PX T",
    "SET K V GET",
    "SET K V XX KEEPTTL",
    "SETEX K 1 V",
    "PSETEX K T V",
    "SETNX K V",
    "GETSET K V",
    "GETDEL K",
    "GETEX K PX T",
    "GETEX K PERSIST",
    "MSET K V K N",
    "MSETNX K V K V",
    "APPEND K V",
    "SETRANGE K N V",
    "SETBIT K N 1",
    "BITFIELD K INCRBY u8 N N",
    "BITOP OR K K K",
    "INCR K",
    "DECRBY K N",
    "INCRBYFLOAT K 0.1",
    "DEL K K",
    "UNLINK K",
    "EXPIRE K 1 GT",
    "PEXPIRE K T",
    "PEXPIRE K -N",
    "PERSIST K",
    "RENAME K K",
    "RENAMENX K K",
    "COPY K K REPLACE",
    "COPY K K DB D",
    "MOVE K D",
    "SELECT D",
    "SWAPDB D D",
    "GET K",
    "TTL K",
    "TOUCH K",
    "MULTI",
    "EXEC",
    "DISCARD",
    "WATCH K",
    "FLUSHDB",
    "RANDOMKEY",
};
static const char *const hash_requests[] = {
    "HSET H N V N V",
    "HSET H N N",
    "HSETNX H N V",
    "HMSET H N V",
    "HDEL H N N",
    "HINCRBY H N N",
    "HINCRBYFLOAT H N 0.1",
    "HPEXPIRE H T FIELDS 2 N N",
    "HPERSIST H FIELDS 1 N",
    "HGETDEL H FIELDS 2 N N",
    "HGETEX H PX T FIELDS 1 N",
    "HSETEX H PX T FIELDS 1 N V",
    "PEXPIRE H T",
    "PERSIST H",
    "DEL H",
    "RENAME H H",
    "COPY H H REPLACE",
    "MOVE H D",
    "SELECT D",
    "SWAPDB D D",
    "HGETALL H",
    "MULTI",
    "EXEC",
    "SET H V",
};
static const char *const list_requests[] = {
    "LPUSH L V V",
    "RPUSH L V",
    "RPUSHX L V",
    "LPOP L",
    "RPOP L 3",
    "LSET L N V",
    "LINSERT L BEFORE V V",
    "LREM L -2 V",
    "LTRIM L 1 N",
    "LMOVE L L LEFT RIGHT",
    "RPOPLPUSH L L",
    "LMPOP 2 L L RIGHT COUNT 2",
    "SORT L ALPHA STORE L",
    "DEL L",
    "PEXPIRE L T",
    "RENAME L L",
    "COPY L L REPLACE",
    "MOVE L D",
    "SELECT D",
    "SWAPDB D D",
    "MULTI",
    "EXEC",
    "BLPOP L L 1",
};
static const char *const set_requests[] = {
    "SADD S N N N",
    "SADD S V",
    "SREM S N N",
    "SPOP S",
    "SPOP S 3",
    "SMOVE S S N",
    "SUNIONSTORE S S S",
    "SINTERSTORE S S S",
    "SDIFFSTORE S S S",
    "SORT S STORE L",
    "DEL S",
    "PEXPIRE S T",
    "RENAME S S",
    "COPY S S REPLACE",
    "MOVE S D",
    "SELECT D",
    "SWAPDB D D",
    "MULTI",
    "EXEC",
};
static const char *const zset_requests[] = {
    "ZADD Z N V N V",
    "ZADD Z GT CH N V",
    "ZADD Z NX N V",
    "ZADD Z INCR N V",
    "ZINCRBY Z 0.1 V",
    "ZREM Z V V",
    "ZPOPMIN Z",
    "ZPOPMAX Z 2",
    "ZMPOP 2 Z Z MIN COUNT 2",
    "ZREMRANGEBYRANK Z 0 1",
    "ZREMRANGEBYSCORE Z 0 N",
    "ZRANGESTORE Z Z 0 5",
    "ZUNIONSTORE Z 2 Z Z WEIGHTS 2 N",
    "ZINTERSTORE Z 2 Z Z",
    "ZDIFFSTORE Z 2 Z Z",
    "GEOADD Z N 20 V",
    "DEL Z",
    "PEXPIRE Z T",
    "RENAME Z Z",
    "COPY Z Z REPLACE",
    "MOVE Z D",
    "SELECT D",
    "SWAPDB D D",
    "MULTI",
    "EXEC",
};
static const struct family {
    const char *const *requests;
    unsigned count;
} families[] = {
    {string_requests, sizeof string_requests / sizeof *string_requests},
    {hash_requests, sizeof hash_requests / sizeof *hash_requests},
    {list_requests, sizeof list_requests / sizeof *list_requests},
    {set_requests, sizeof set_requests / sizeof *set_requests},
    {zset_requests, sizeof zset_requests / sizeof *zset_requests},
};

static void append_blank(struct buf *line, char blank)
{
    switch (blank) {
    case 'K':
        buf_printf(line, "key:%u", chosen(KEYS));
        break;
    case 'H':
    case 'L':
    case 'S':
    case 'Z':
        buf_printf(line, "%c:%u", blank, chosen(KEYS / 3));
        break;
    case 'V':
        buf_printf(line, "value-%u", chosen(1000));
        break;
    case 'N':
        buf_printf(line, "%u", chosen(200));
        break;
    case 'T':
        buf_printf(line, "%u", 1 + chosen(60));
        break;
    default:
        buf_printf(line, "%u", chosen(3));
    }
}

/* A request with its blanks filled in. */
static const char *random_request(struct buf *line, const struct family *family)
{
    line->len = 0;
    for (const char *c = family->requests[chosen(family->count)]; *c; c++) {
        bool is_alone = (c[1] == ' ' || !c[1]) && (c[-1] == ' ' || c[-1] == '-');
        if (is_alone && strchr("KHLSZVNTD", *c))
            append_blank(line, *c);
        else
            buf_append_char(line, *c);
    }
    return buf_cstring(line);
}

static void random_commands_are_recorded(void **state, const struct family *family)
{
    struct harness *h = *state;
    struct buf line = {0};
    const char *given = getenv("SEED");
    seed = given ? strtoull(given, NULL, 0) : 0x9e3779b97f4a7c15;
    for (int i = 1; i <= STEPS; i++) {
        struct client *client = h->clients[chosen((unsigned)h->client_count)];
        harness_send_as(h, client, random_request(&line, family));
        if (h->client_count < 3)
            harness_client(h);
        if (chosen(8) == 0)
            harness_advance(h, chosen(20));
        if (i % INTERVAL == 0)
            harness_check_journal(h);
    }
    buf_clear(&line);
}

static void random_commands_on_strings(void **state)
{
    random_commands_are_recorded(state, &families[0]);
}

static void random_commands_on_hashes(void **state)
{
    random_commands_are_recorded(state, &families[1]);
}

static void random_commands_on_lists(void **state)
{
    random_commands_are_recorded(state, &families[2]);
}

static void random_commands_on_sets(void **state)
{
    random_commands_are_recorded(state, &families[3]);
}

static void random_commands_on_sorted_sets(void **state)
{
    random_commands_are_recorded(state, &families[4]);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        HARNESS_TEST(commands_are_recorded_as_they_came),
        HARNESS_TEST(what_changed_nothing_is_not_recorded),
        HARNESS_TEST(relative_times_become_absolute),
        HARNESS_TEST(answers_and_conditions_are_left_out),
        HARNESS_TEST(sums_of_floats_are_recorded_as_such),
        HARNESS_TEST(what_is_past_is_a_removal),
        HARNESS_TEST(expired_keys_are_removals),
        HARNESS_TEST(what_a_command_finds_dead_goes_before_it),
        HARNESS_TEST(transaction_is_one_unit),
        HARNESS_TEST(databases_are_selected_when_they_change),
        HARNESS_TEST(restored_values_keep_their_end),
        HARNESS_TEST(random_commands_on_strings),
        HARNESS_TEST(random_commands_on_hashes),
        HARNESS_TEST(random_commands_on_lists),
        HARNESS_TEST(random_commands_on_sets),
        HARNESS_TEST(random_commands_on_sorted_sets),
    };
    return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
