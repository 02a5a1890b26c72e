/* SPDX-License-Identifier: BSD-3-Clause */
/* Scripts: what they are given and answer, and what they leave behind. */
#include "base/alloc.h"
#include "engine/error_stats.h"
#include "support/script_reply.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define OK       "+OK\r\n"
#define NOSCRIPT "-NOSCRIPT No matching script. Please use EVAL.\r\n"
#define NIL      "$-1\r\n"

/* What runs the commands takes that on from its caller, and has nothing of its own to leave behind. */
static void a_client_that_tracks_may_run_scripts(void **state)
{
    struct harness *h = *state;
    (void)harness_send(h, "HELLO 3");
    assert_reply(h, "CLIENT TRACKING ON BCAST PREFIX a", OK);
    assert_script(h, "return redis.call('set', 'b', '1')", OK);
}

/* ---- values ---- */

static void values_become_replies(void **state)
{
    struct harness *h = *state;
    assert_script(h, "return 3.99", ":3\r\n");
    assert_script(h, "return -3.99", ":-3\r\n");
    assert_script(h, "return 'x'", "$1\r\nx\r\n");
    assert_script(h, "return true", ":1\r\n");
    assert_script(h, "return false", NIL);
    assert_script(h, "return nil", NIL);
    assert_script(h, "return function() end", NIL);
    assert_script(h, "return {1, {2, 'x'}, false, nil, 4}", "*3\r\n:1\r\n*2\r\n:2\r\n$1\r\nx\r\n$-1\r\n");
    assert_script(h, "return {ok = 'fine\\nnow'}", "+fine now\r\n");
    assert_script(h, "return {err = 'MY error'}", "-MY error\r\n");
    assert_script(h, "return redis.error_reply('word')", "-ERR word\r\n");
    assert_script(h, "return redis.error_reply('-MY error')", "-MY error\r\n");
    assert_script(h, "return {double = 3.5}", "$3\r\n3.5\r\n");
}

static void values_become_replies_of_the_third_protocol(void **state)
{
    struct harness *h = *state;
    harness_send(h, "HELLO 3");
    assert_script(h, "return true", ":1\r\n");
    assert_script(h, "redis.setresp(3) return true", "#t\r\n");
    assert_script(h, "return {map = {a = 1}}", "%1\r\n$1\r\na\r\n:1\r\n");
    assert_script(h, "return {set = {a = true}}", "~1\r\n$1\r\na\r\n");
    assert_script(h, "return {double = 3.5}", ",3.5\r\n");
    assert_script(h, "return {big_number = '123'}", "(123\r\n");
    assert_script(h, "return {verbatim_string = {format = 'txt', string = 'hi'}}", "=6\r\ntxt:hi\r\n");
}

static void replies_become_values(void **state)
{
    struct harness *h = *state;
    harness_send(h, "HSET h f v");
    assert_script(h, "return type(redis.call('get', 'none'))", "$7\r\nboolean\r\n");
    assert_script(h, "redis.setresp(3) return type(redis.call('get', 'none'))", "$3\r\nnil\r\n");
    assert_script(h, "return redis.call('set', 'k', 'v').ok", "$2\r\nOK\r\n");
    assert_script(h, "return redis.call('hgetall', 'h')", "*2\r\n$1\r\nf\r\n$1\r\nv\r\n");
    assert_script(h, "redis.setresp(3) return redis.call('hgetall', 'h').map.f", "$1\r\nv\r\n");
    assert_script(h, "return redis.pcall('incr', 'h').err",
                  "$65\r\nWRONGTYPE Operation against a key holding the wrong kind of value\r\n");
}

static void numbers_become_arguments_in_full(void **state)
{
    struct harness *h = *state;
    assert_script(h, "redis.call('set', 'k', 1e15) return redis.call('get', 'k')",
                  "$16\r\n1000000000000000\r\n");
    assert_script(h, "redis.call('set', 'k', 0.5) return redis.call('get', 'k')", "$3\r\n0.5\r\n");
}

static void keys_and_arguments_are_given(void **state)
{
    struct harness *h = *state;
    assert_true(bytes_is(
        harness_request(h, 6, "EVAL", "return {KEYS[1], ARGV[1], ARGV[2], KEYS[2]}", "1", "k", "a", "b"),
        "*3\r\n$1\r\nk\r\n$1\r\na\r\n$1\r\nb\r\n"));
    assert_reply(h, "EVAL 'return 1' x", "-ERR value is not an integer or out of range\r\n");
    assert_reply(h, "EVAL 'return 1' 1", "-ERR Number of keys can't be greater than number of args\r\n");
    assert_reply(h, "EVAL 'return 1' -1", "-ERR Number of keys can't be negative\r\n");
}

/* ---- errors ---- */

static void errors_say_where(void **state)
{
    struct harness *h = *state;
    assert_script_fails(h, "\n\nreturn redis.call('nosuch')", ", on @user_script:3.");
    assert_script_fails(h, "return redis.call('nosuch')",
                        "-ERR Unknown Redis command called from script script: ");
    assert_script_fails(h, "return redis.call('get')",
                        "-ERR Wrong number of args calling Redis command from script");
    assert_script_fails(h, "return redis.call('multi')",
                        "-ERR This Redis command is not allowed from script");
    assert_script_fails(h, "error('boom')", "-ERR user_script:1: boom script: ");
    assert_script_fails(h, "error({err = 'CODE boom'})", "-CODE boom script: ");
    assert_script_fails(h, "foo bar", "-ERR Error compiling script (new function): user_script:1: ");
    assert_script(h, "return {pcall(redis.call, 'nosuch')}",
                  "*2\r\n$-1\r\n$44\r\nERR Unknown Redis command called from script\r\n");
}

/* CVE-2025-67733: what a script puts into an error or a status can't end its line. */
static void cve_2025_67733_no_second_reply(void **state)
{
    struct harness *h = *state;
    assert_script(h, "return {err = 'A b\\r\\n+OK'}", "-A b  +OK\r\n");
    assert_script(h, "return {ok = 'a\\r\\n+OK'}", "+a  +OK\r\n");
    assert_script(h, "return {big_number = '1\\r\\n+OK'}", "$6\r\n1  +OK\r\n");
}

static void codes_of_scripts_are_bounded(void **state)
{
    struct harness *h = *state;
    for (int i = 0; i < 1000; i++) {
        char code[16];
        (void)snprintf(code, sizeof code, "E%d", i);
        harness_request(h, 4, "EVAL", "return {err = ARGV[1] .. ' made up'}", "0", code);
    }
    assert_true(h->server->error_stats->count <= ERROR_CODES_MAX);
}

/* ---- effects ---- */

static void effects_are_one_unit_of_the_journal(void **state)
{
    struct harness *h = *state;
    harness_send(
        h, "EVAL \"redis.call('set', 'a', 1) redis.call('incr', 'a') return redis.call('get', 'a')\" 0");
    struct bytes journal = harness_journal(h);
    assert_true(bytes_is(journal, "MULTI\nSELECT 0\nset a 1\nincr a\nEXEC\n"));
}

static void what_a_failing_script_did_stays(void **state)
{
    struct harness *h = *state;
    assert_script_fails(h, "redis.call('set', 'a', 1) error('x')", "x script");
    assert_reply(h, "GET a", "$1\r\n1\r\n");
}

static void a_script_selects_for_itself(void **state)
{
    struct harness *h = *state;
    assert_script(h, "redis.call('select', 3) redis.call('set', 'k', 'v') return redis.call('dbsize')",
                  ":1\r\n");
    assert_script(h, "return redis.call('dbsize')", ":0\r\n");
    assert_int_equal(h->client->database, 0);
}

static void read_only_scripts_do_not_write(void **state)
{
    struct harness *h = *state;
    static const char error[] = "-ERR Write commands are not allowed from read-only scripts. script: ";
    struct bytes reply = harness_request(h, 3, "EVAL_RO", "return redis.call('set', 'k', 'v')", "0");
    assert_true(bytes_starts_with(reply, BYTES(error)));
    assert_script_fails(h, "#!lua flags=no-writes\nreturn redis.call('set', 'k', 'v')",
                        "Write commands are not allowed");
    reply = harness_request(h, 3, "EVAL_RO", "#!lua\nreturn 1", "0");
    assert_true(bytes_is(reply, "-ERR Can not execute a script with write flag using *_ro command.\r\n"));
    reply = harness_request(h, 3, "EVAL_RO", "return redis.call('publish', 'c', 'm')", "0");
    assert_true(bytes_starts_with(reply, BYTES(error)));
    assert_reply(h, "EXISTS k", ":0\r\n");
}

static void first_lines_are_checked(void **state)
{
    struct harness *h = *state;
    assert_script(h, "#!lua flags=allow-oom,no-cluster,allow-stale,allow-cross-slot-keys\nreturn 1",
                  ":1\r\n");
    assert_script(h, "#!lua", "-ERR Invalid script shebang\r\n");
    assert_script(h, "#!ruby\nreturn 1", "-ERR Unexpected engine in script shebang: #!ruby\r\n");
    assert_script(h, "#!lua x=1\nreturn 1", "-ERR Unknown lua shebang option: x=1\r\n");
    assert_script(h, "#!lua flags=x\nreturn 1", "-ERR Unexpected flag in script shebang: x\r\n");
}

static void what_has_begun_may_take_memory(void **state)
{
    struct harness *h = *state;
    h->server->config->maxmemory = 1;
    harness_run(h);
    assert_script_fails(h, "redis.call('set', 'k', 'v')",
                        "-OOM command not allowed when used memory > 'maxmemory'");
    assert_script_fails(h, "#!lua\nreturn 1", "-OOM allow-oom flag is not set on the script");
    assert_script(h, "#!lua flags=allow-oom\nreturn redis.call('set', 'k', 'v')", OK);
    assert_script(h, "redis.call('del', 'k') return redis.call('set', 'k', 'v')", OK);
}

static void what_is_not_for_scripts_is_permitted_for_tests(void **state)
{
    struct harness *h = *state;
    h->server->config->enable_debug_command = PROTECTION_YES;
    h->server->scripts_may_all = true;
    assert_script(h, "return redis.call('client', 'getname')", NIL);
    h->server->scripts_may_all = false;
    assert_script_fails(h, "return redis.call('client', 'getname')",
                        "This Redis command is not allowed from script");
}

static void sets_come_in_order(void **state)
{
    struct harness *h = *state;
    harness_send(h, "SADD s q b z a n c");
    assert_script(h, "return table.concat(redis.call('sort', 's', 'by', 'nosort'))", "$6\r\nabcnqz\r\n");
}

static void errors_for_want_of_memory_are_short(void **state)
{
    struct harness *h = *state;
    harness_send(h, "CONFIG SET maxmemory 1");
    assert_script(h, "return redis.pcall('set', 'x', 'y').err",
                  "$55\r\nOOM command not allowed when used memory > 'maxmemory'.\r\n");
    harness_send(h, "CONFIG SET maxmemory 0");
}

static void refusals_are_counted(void **state)
{
    struct harness *h = *state;
    assert_script_fails(h, "return redis.call('get')", "Wrong number of args");
    assert_script_fails(h, "return redis.call('multi')", "not allowed");
    struct bytes info = harness_send(h, "INFO commandstats");
    struct buf text = {0};
    buf_append_bytes(&text, info);
    assert_non_null(
        strstr(buf_cstring(&text), "cmdstat_get:calls=0,usec=0,usec_per_call=0.00,rejected_calls=1,"));
    assert_non_null(
        strstr(buf_cstring(&text), "cmdstat_multi:calls=0,usec=0,usec_per_call=0.00,rejected_calls=1,"));
    buf_clear(&text);
}

static void scripts_wait_for_nothing(void **state)
{
    struct harness *h = *state;
    assert_script_fails(h, "return redis.call('xread', 'block', 0, 'streams', 's', '$')",
                        "-ERR xread command is not allowed with BLOCK option from scripts");
    assert_script(h, "return redis.call('blpop', 'l', 0)", NIL);
}

static void attributes_are_passed_over(void **state)
{
    struct harness *h = *state;
    h->server->scripts_may_all = true;
    h->server->config->enable_debug_command = PROTECTION_YES;
    assert_script(h, "redis.setresp(3) return redis.call('debug', 'protocol', 'attrib')",
                  "$39\r\nSome real reply following the attribute\r\n");
}

static void scripts_are_watched(void **state)
{
    struct harness *h = *state;
    struct client *monitor = harness_client(h);
    assert_reply_as(h, monitor, "MONITOR", OK);
    harness_send(h, "EVAL \"return redis.call('get', 'k')\" 0");
    struct buf line = {0};
    buf_append_bytes(&line, harness_replies(h, monitor));
    const char *script =
        strstr(buf_cstring(&line), "[0 ?:0] \"EVAL\" \"return redis.call('get', 'k')\" \"0\"");
    assert_non_null(script);
    assert_non_null(strstr(script, "[0 lua] \"get\" \"k\""));
    buf_clear(&line);
}

/* ---- the cache ---- */

#define SHA_OF_RETURN_1 "e0e1f9fabfc9d4800c877a703b823ac0578ff8db"

static void scripts_are_kept_by_their_sha(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "EVALSHA " SHA_OF_RETURN_1 " 0", "-NOSCRIPT No matching script. Please use EVAL.\r\n");
    assert_reply(h, "SCRIPT LOAD 'return 1'", "$40\r\n" SHA_OF_RETURN_1 "\r\n");
    assert_reply(h, "EVALSHA " SHA_OF_RETURN_1 " 0", ":1\r\n");
    assert_reply(h, "EVALSHA E0E1F9FABFC9D4800C877A703B823AC0578FF8DB 0", ":1\r\n");
    assert_reply(h, "EVALSHA_RO " SHA_OF_RETURN_1 " 0", ":1\r\n");
    assert_reply(h, "SCRIPT EXISTS " SHA_OF_RETURN_1 " x", "*2\r\n:1\r\n:0\r\n");
    assert_reply(h, "SCRIPT FLUSH SOMETIMES", "-ERR SCRIPT FLUSH only support SYNC|ASYNC option\r\n");
    assert_reply(h, "SCRIPT FLUSH ASYNC", OK);
    assert_reply(h, "SCRIPT EXISTS " SHA_OF_RETURN_1, "*1\r\n:0\r\n");
    assert_reply(h, "EVALSHA short 0", "-NOSCRIPT No matching script. Please use EVAL.\r\n");
    assert_reply(h, "SCRIPT KILL", "-NOTBUSY No scripts in execution right now.\r\n");
    assert_reply(h, "SCRIPT LOAD 'return'", "$40\r\n63143b6f8007b98c53ca2149822777b3566f9241\r\n");
}

/* Those that came with EVAL make room for each other, those that were loaded stay. */
static void texts_of_scripts_are_shown(void **state)
{
    struct harness *h = *state;

    assert_reply(h, "SCRIPT SHOW e0e1f9fabfc9d4800c877a703b823ac0578ff8db", NOSCRIPT);
    assert_script(h, "return 1", ":1\r\n");
    assert_reply(h, "SCRIPT SHOW E0E1F9FABFC9D4800C877A703B823AC0578FF8DB", "$8\r\nreturn 1\r\n");
    assert_true(bytes_starts_with(harness_send(h, "SCRIPT SHOW x"), BYTES("-NOSCRIPT")));
    assert_reply(h, "SCRIPT FLUSH", OK);
    assert_reply(h, "SCRIPT SHOW e0e1f9fabfc9d4800c877a703b823ac0578ff8db", NOSCRIPT);
}

static void evaluated_scripts_are_bounded(void **state)
{
    struct harness *h = *state;
    harness_send(h, "SCRIPT LOAD 'return 1'");
    harness_send(h, "EVAL 'return 2' 0");
    for (int i = 0; i < 600; i++) {
        char script[32];
        (void)snprintf(script, sizeof script, "return %d", 1000 + i);
        script_reply(h, script);
        if (i == 300)
            harness_send(h, "EVAL 'return 2' 0");
    }
    assert_reply(h, "EVALSHA " SHA_OF_RETURN_1 " 0", ":1\r\n");
    assert_reply(h, "EVALSHA 7f923f79fe76194c868d7e1d0820de36700eb649 0", ":2\r\n");
    assert_reply(h, "SCRIPT EXISTS 94f1a7bc9f985a1a1d5a826a85579137d9d840c8", "*1\r\n:0\r\n");
}

/* What runs its commands isn't a client that tracks, and is no more than that when the server ends. */
static void there_is_no_debugger(void **state)
{
    assert_reply(*state, "SCRIPT DEBUG NO", "+OK\r\n");
    assert_true(bytes_starts_with(harness_send(*state, "SCRIPT DEBUG YES"), BYTES("-ERR ")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(a_client_that_tracks_may_run_scripts),
        HARNESS_TEST(values_become_replies),
        HARNESS_TEST(values_become_replies_of_the_third_protocol),
        HARNESS_TEST(replies_become_values),
        HARNESS_TEST(numbers_become_arguments_in_full),
        HARNESS_TEST(keys_and_arguments_are_given),
        HARNESS_TEST(errors_say_where),
        HARNESS_TEST(cve_2025_67733_no_second_reply),
        HARNESS_TEST(codes_of_scripts_are_bounded),
        HARNESS_TEST(effects_are_one_unit_of_the_journal),
        HARNESS_TEST(what_a_failing_script_did_stays),
        HARNESS_TEST(a_script_selects_for_itself),
        HARNESS_TEST(read_only_scripts_do_not_write),
        HARNESS_TEST(first_lines_are_checked),
        HARNESS_TEST(what_has_begun_may_take_memory),
        HARNESS_TEST(what_is_not_for_scripts_is_permitted_for_tests),
        HARNESS_TEST(sets_come_in_order),
        HARNESS_TEST(errors_for_want_of_memory_are_short),
        HARNESS_TEST(refusals_are_counted),
        HARNESS_TEST(scripts_wait_for_nothing),
        HARNESS_TEST(attributes_are_passed_over),
        HARNESS_TEST(scripts_are_watched),
        HARNESS_TEST(scripts_are_kept_by_their_sha),
        HARNESS_TEST(texts_of_scripts_are_shown),
        HARNESS_TEST(evaluated_scripts_are_bounded),
        HARNESS_TEST(there_is_no_debugger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
