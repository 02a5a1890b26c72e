/* SPDX-License-Identifier: BSD-3-Clause */
/* Scripts: what they may not do, and that what broke other servers by its scripts breaks nothing here. */
#include "base/alloc.h"
#include "support/script_reply.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define OK       "+OK\r\n"
#define NOSCRIPT "-NOSCRIPT No matching script. Please use EVAL.\r\n"

static void only_what_is_listed_is_there(void **state)
{
    struct harness *h = *state;
    static const char *const names[] = {"print",   "dofile",  "loadfile", "require",  "module",
                                        "package", "io",      "debug",    "newproxy", "setfenv",
                                        "getfenv", "os.exit", "os.time"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct buf script = {0};
        buf_printf(&script, "return {pcall(function() return type(%s) end)}", names[i]);
        struct bytes reply = script_reply(h, buf_cstring(&script));
        bool is_there = bytes_is(reply, "*2\r\n:1\r\n$8\r\nfunction\r\n") ||
                        bytes_is(reply, "*2\r\n:1\r\n$5\r\ntable\r\n");
        if (is_there)
            fail_msg("scripts have %s", names[i]);
        buf_clear(&script);
    }
}

/* CVE-2022-0543: a library that was left in leads out of the sandbox. */
static void cve_2022_0543_no_package(void **state)
{
    struct harness *h = *state;
    assert_script_fails(h, "return package.loadlib('/lib/x86_64-linux-gnu/liblua5.1.so.0', 'luaopen_io')",
                        "nonexistent global variable 'package'");
}

/* CVE-2022-24735, CVE-2025-46818: nothing that scripts share can be written, by whatever way. */
static void cve_2022_24735_cve_2025_46818_no_script_poisons_the_next(void **state)
{
    struct harness *h = *state;
    static const char *const tries[] = {
        "x = 1",
        "_G.x = 1",
        "_G['redis'] = nil",
        "redis.call = nil",
        "string.rep = nil",
        "getmetatable('').__index = nil",
        "getmetatable('').__index.upper = nil",
        "rawset(_G, 'x', 1)",
        "rawset(redis, 'call', nil)",
        "rawset(getmetatable(''), '__index', nil)",
        "setmetatable(_G, {})",
        "setmetatable(redis, {})",
        "setmetatable(getmetatable(''), {})",
        "getmetatable(_G).__index = nil",
        "rawset(getmetatable(_G), '__index', nil)",
        "setmetatable(getmetatable(_G), {})",
        "table.insert(redis, 1)",
        "table.insert(_G, 1)",
        "table.remove(redis)",
        "table.sort(cjson)",
        "KEYS = {}",
        "local t, behind = pairs(redis) behind.call = nil",
        "local f = loadstring('x = 1') f()",
        "coroutine.wrap(function() string.rep = nil end)()",
    };
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++)
        assert_script_fails(h, tries[i], "readonly table");
    assert_script(h, "return ('x'):upper() .. type(redis.call)", "$9\r\nXfunction\r\n");
    assert_script(h, "return cjson.encode_max_depth(1)", ":1\r\n");
    assert_script(h, "return cjson.encode({{}})", "$4\r\n[{}]\r\n");
    assert_script(h, "math.randomseed(7) return math.random(1000000)", ":266445\r\n");
    assert_script(h, "return tostring(math.random(1000000) == 266445)", "$5\r\nfalse\r\n");
}

/* CVE-2022-24736: what no compiler made. */
static void cve_2022_24736_only_text_is_run(void **state)
{
    struct harness *h = *state;
    static const char bytecode[] = "\x1bLuaQ";
    assert_script_fails(h, bytecode, "bytecode is not allowed");
    assert_script(h, "return {loadstring('\\27Lua')}", "*0\r\n");
    assert_script(h, "return select(2, loadstring('\\27Lua'))", "$23\r\nbytecode is not allowed\r\n");
    assert_script(h,
                  "local n = 0 return {load(function() n = n + 1 if n == 1 then return '\\27Lua' end end)}",
                  "*0\r\n");
    assert_script(h, "return loadstring('return 1 + 1')()", ":2\r\n");
    assert_script(h, "return {loadstring(string.dump(function() return 1 end))}", "*0\r\n");
}

/* ---- what broke others ---- */

/* CVE-2025-46817: a range whose length goes round. */
static void cve_2025_46817_unpack_counts_in_full(void **state)
{
    struct harness *h = *state;
    assert_script_fails(h, "return {unpack({}, -2147483648, 2147483647)}", "too many results to unpack");
    assert_script_fails(h, "return {unpack({}, 0, 2147483647)}", "too many results to unpack");
    assert_script_fails(h, "return {unpack({}, 1, 1e8)}", "too many results to unpack");
    assert_script_fails(h, "return {unpack({}, -2^63, 2^63)}", "too many results to unpack");
    assert_script(h, "return {unpack({1, 2, 3}, 2)}", "*2\r\n:2\r\n:3\r\n");
}

/* CVE-2021-32626: more arguments than the interpreter's stack has room for. */
static void cve_2021_32626_stacks_are_checked(void **state)
{
    struct harness *h = *state;
    assert_script(h, "local t = {} for i = 1, 7000 do t[i] = 'x' end return redis.call('del', unpack(t))",
                  ":0\r\n");
    assert_script(h,
                  "local t = {} for i = 1, 7999 do t[i] = 'x' end return redis.call('del', 'x', unpack(t))",
                  ":0\r\n");
    assert_script(
        h, "local t = {} for i = 1, 7999 do t[i] = 'x' end return redis.acl_check_cmd('del', unpack(t))",
        ":1\r\n");
    assert_script_fails(h,
                        "local t = {} for i = 1, 9000 do t[i] = 'x' end return redis.call('del', unpack(t))",
                        "too many results to unpack");
    assert_script_fails(h, "local function f(...) return 1 + f('x', ...) end return f()", "ERR");
    assert_script_fails(h, "local t = {} t[1] = t return t .. ''", "ERR");
    /* A reply of more levels than readers take. */
    struct bytes reply = harness_feed(h, h->client, BYTES("EVAL \"local t = {} t[1] = t return t\" 0\r\n"));
    assert_true(reply.len > 4 && reply.data[0] == '*');
    assert_script(h, "return 'alive'", "$5\r\nalive\r\n");
}

/* CVE-2025-46819: long strings and comments with many levels. */
static void cve_2025_46819_long_brackets(void **state)
{
    struct harness *h = *state;
    assert_script_fails(h, "return loadstring('return [' .. string.rep('=', 1000000) .. '[')()", "ERR");
    assert_script_fails(h, "return [==[ x", "unfinished long string");
    assert_script_fails(h, "--[==[ x", "unfinished long comment");
}

/* CVE-2025-49844: the compiler's chunk name is collected while it compiles. */
static void cve_2025_49844_chunk_names_are_held(void **state)
{
    struct harness *h = *state;
    assert_script(h,
                  "local n = 0 "
                  "for i = 1, 300 do "
                  "  local body = {} for j = 1, 50 do body[j] = 'local a' .. j .. ' = {\"' .. i .. '-' .. j "
                  ".. '\"}' end "
                  "  local f = loadstring(table.concat(body, '\\n') .. ' return function() error(1) end', "
                  "'chunk' .. i) "
                  "  collectgarbage() "
                  "  local fine, text = pcall(f()) "
                  "  if not fine then n = n + 1 end "
                  "end return n",
                  ":300\r\n");
}

/* CVE-2024-46981: what runs when memory is collected. */
static void cve_2024_46981_nothing_runs_at_collection(void **state)
{
    struct harness *h = *state;
    assert_script(h,
                  "local hit = 0 setmetatable({}, {__gc = function() hit = 1 end, __mode = 'kv'}) "
                  "collectgarbage() collectgarbage('stop') return hit",
                  ":0\r\n");
    assert_script_fails(h, "return newproxy(true)", "nonexistent global variable 'newproxy'");
    assert_reply(h, "SCRIPT FLUSH", OK);
    assert_script(h, "return 'alive'", "$5\r\nalive\r\n");
}

/* CVE-2024-31449: digits without end. */
static void cve_2024_31449_tohex_has_eight_digits(void **state)
{
    struct harness *h = *state;
    assert_script(h, "return bit.tohex(255, -2147483648)", "$8\r\n000000FF\r\n");
    assert_script(h, "return bit.tohex(255, 2^40)", "$8\r\n000000ff\r\n");
    assert_script(h, "return bit.tohex(255, -4)", "$4\r\n00FF\r\n");
}

/* CVE-2022-24834: a text that is longer than its counter. */
static void cve_2022_24834_json_is_bounded(void **state)
{
    struct harness *h = *state;
    assert_script_fails(h,
                        "local s = string.rep('\\1', 16000000) local t = {} for i = 1, 40 do t[i] = s end "
                        "return cjson.encode(t)",
                        "not enough memory");
    assert_script_fails(h, "local t = {} for i = 1, 1100 do t = {t} end return cjson.encode(t)",
                        "excessive nesting");
    assert_script_fails(h, "local t = {1} for i = 1, 40 do t = {t, t} end return cjson.encode(t)",
                        "not enough memory");
    assert_script_fails(h, "return cjson.encode_max_depth(1e9)", "bad argument");
    assert_script_fails(h, "return cjson.decode_max_depth(1e9)", "bad argument");
    assert_script_fails(h, "return cjson.decode(string.rep('[', 100000))", "ERR");
}

/* CVE-2018-11218: more to pack than there is room for. */
static void cve_2018_11218_packing_is_bounded(void **state)
{
    struct harness *h = *state;
    assert_script_fails(h,
                        "local s = string.rep('x', 1000000) local t = {} for i = 1, 100 do t[i] = s end "
                        "return #cmsgpack.pack(t)",
                        "not enough memory");
    assert_script_fails(
        h, "local t = {1} for i = 1, 15 do t = {t, t, t, t, t, t, t, t} end return cmsgpack.pack(t)",
        "not enough memory");
    assert_script(h, "local t = {} for i = 1, 7900 do t[i] = i end return #cmsgpack.pack(unpack(t))",
                  ":23318\r\n");
    assert_script_fails(h, "return cmsgpack.unpack('\\221\\255\\255\\255\\255')", "Missing bytes in input");
    assert_script_fails(h, "return cmsgpack.unpack(string.rep('\\145', 1000000))", "Too deeply nested input");
    assert_script_fails(h, "return select('#', cmsgpack.unpack(string.rep('\\1', 1000000)))",
                        "too many return values");
}

/* CVE-2015-8080, CVE-2018-11219, CVE-2020-14147: sizes that go round. */
static void cve_2015_8080_cve_2020_14147_sizes_of_structures(void **state)
{
    struct harness *h = *state;
    assert_script_fails(h, "return struct.pack('>I2147483648', '10')", "integral size overflow");
    assert_script_fails(h, "return struct.unpack('>i99999999999999999999', '10')", "integral size overflow");
    assert_script_fails(h, "return struct.unpack('c2147483647', '10')", "data string too short");
    assert_script_fails(h, "return struct.unpack('bc0', '\\255')", "data string too short");
    assert_script_fails(h, "return struct.pack(string.rep('d', 10000000), 1)", "number expected");
    assert_script(h, "return struct.size(string.rep('c2147483647', 4))", ":8589934588\r\n");
}

/* CVE-2021-32672: a debugger that reads requests in a way of its own. */
static void cve_2021_32672_no_debugger(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SCRIPT DEBUG YES", "-ERR The debugger of scripts is not supported\r\n");
    assert_script(h, "redis.breakpoint() redis.debug('x') return 'alive'", "$5\r\nalive\r\n");
}

static void memory_is_bounded(void **state)
{
    struct harness *h = *state;
    assert_script_fails(h, "return string.rep('x', 1e9)", "not enough memory");
    assert_script_fails(h, "local t = {} while true do t[#t + 1] = string.rep('x', 100000) .. #t end",
                        "not enough memory");
    assert_script_fails(h, "local s = 'x' while true do s = s .. s end", "not enough memory");
    assert_script_fails(h, "return string.find(string.rep('a', 100000), string.rep('a?', 100000))",
                        "pattern too long");
    assert_script_fails(h, "return string.rep('', 1e9) .. nil", "ERR");
}

/* A table of a million needs nearly all of the memory while it grows. */
static void what_a_script_leaves_takes_no_memory_of_the_next(void **state)
{
    struct harness *h = *state;
    assert_script(h, "local t = {} for i = 1, 6 do t[i] = string.rep('x', 1000000 + i) end return #t",
                  ":6\r\n");
    assert_script(h, "local t = {} for i = 1, 1000000 do t[i + 0.5] = 1 end return 1", ":1\r\n");
}

/* What is shared counts wherever it stands. */
static void replies_are_bounded(void **state)
{
    struct harness *h = *state;
    harness_send(h, "CONFIG SET lua-memory-limit 2mb");
    assert_script_fails(h, "local t = {1} for i = 1, 40 do t = {t, t} end return t",
                        "not enough memory for the reply");
    assert_script_fails(h, "local t = {1} for i = 1, 40 do t = {map = {t, t}} end return t",
                        "not enough memory");
    assert_script(h, "local t = {1} for i = 1, 3 do t = {t, t} end return #t[1]", ":2\r\n");
    harness_send(h, "CONFIG SET lua-memory-limit 64mb");
}

static void scripts_in_transactions_leave_no_memory_behind(void **state)
{
    struct harness *h = *state;
    size_t before = mem_used();
    for (int i = 0; i < 1000; i++) {
        assert_script(h, "return 'alone'", "$5\r\nalone\r\n");
        harness_send(h, "MULTI");
        script_reply(h, "return 'within'");
        assert_reply(h, "EXEC", "*1\r\n$6\r\nwithin\r\n");
    }
    /* Much less than a stack of each script, but for what Lua hasn't collected yet. */
    assert_true(mem_used() < before + 1000000);
}

static void patterns_may_hold_what_is_replaced(void **state)
{
    struct harness *h = *state;
    assert_script_fails(h, "return string.gsub(string.rep('a', 100000), 'a', string.rep('b', 100000))",
                        "not enough memory");
    assert_script_fails(h, "return string.rep('x', 100):gsub('x', function() return {} end)",
                        "invalid replacement value (a table)");
    assert_script_fails(h, "table.insert({}, -2147483648, 1)", "position out of bounds");
    assert_script(h, "local s = string.rep('ab', 1000) return #s:gsub('(a)(b)', '%2%1%0')", ":4000\r\n");
}

/* What runs its commands isn't a client that tracks, and is no more than that when the server ends. */
int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(only_what_is_listed_is_there),
        HARNESS_TEST(cve_2022_0543_no_package),
        HARNESS_TEST(cve_2022_24735_cve_2025_46818_no_script_poisons_the_next),
        HARNESS_TEST(cve_2022_24736_only_text_is_run),
        HARNESS_TEST(cve_2025_46817_unpack_counts_in_full),
        HARNESS_TEST(cve_2021_32626_stacks_are_checked),
        HARNESS_TEST(cve_2025_46819_long_brackets),
        HARNESS_TEST(cve_2025_49844_chunk_names_are_held),
        HARNESS_TEST(cve_2024_46981_nothing_runs_at_collection),
        HARNESS_TEST(cve_2024_31449_tohex_has_eight_digits),
        HARNESS_TEST(cve_2022_24834_json_is_bounded),
        HARNESS_TEST(cve_2018_11218_packing_is_bounded),
        HARNESS_TEST(cve_2015_8080_cve_2020_14147_sizes_of_structures),
        HARNESS_TEST(cve_2021_32672_no_debugger),
        HARNESS_TEST(memory_is_bounded),
        HARNESS_TEST(what_a_script_leaves_takes_no_memory_of_the_next),
        HARNESS_TEST(replies_are_bounded),
        HARNESS_TEST(scripts_in_transactions_leave_no_memory_behind),
        HARNESS_TEST(patterns_may_hold_what_is_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
