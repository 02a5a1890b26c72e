/* SPDX-License-Identifier: BSD-3-Clause */
/* Scripts: what they are given and answer, what they may not do, what they leave behind, and that what broke
 * other servers by its scripts breaks nothing here. */
#include "base/alloc.h"
#include "engine/error_stats.h"
#include "support/harness.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OK       "+OK\r\n"
#define NOSCRIPT "-NOSCRIPT No matching script. Please use EVAL.\r\n"
#define NIL      "$-1\r\n"

/* The script's reply, with no keys and no arguments. */
static struct bytes run(struct harness *h, const char *script)
{
    return harness_request(h, 3, "EVAL", script, "0");
}

#define assert_script(h, script, expected) \
    harness_assert(run((h), (script)), BYTES(expected), (script), __FILE__, __LINE__)

/* The script fails, and its error says so. */
static void assert_fails(struct harness *h, const char *script, const char *part)
{
    struct buf reply = {0};
    buf_append_bytes(&reply, run(h, script));
    if (reply.len == 0 || reply.data[0] != '-' || !strstr(buf_cstring(&reply), part))
        fail_msg("%s replies %s, not %s", script, buf_cstring(&reply), part);
    buf_clear(&reply);
    assert_script(h, "return 'alive'", "$5\r\nalive\r\n");
}

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
    assert_fails(h, "\n\nreturn redis.call('nosuch')", ", on @user_script:3.");
    assert_fails(h, "return redis.call('nosuch')", "-ERR Unknown Redis command called from script script: ");
    assert_fails(h, "return redis.call('get')",
                 "-ERR Wrong number of args calling Redis command from script");
    assert_fails(h, "return redis.call('multi')", "-ERR This Redis command is not allowed from script");
    assert_fails(h, "error('boom')", "-ERR user_script:1: boom script: ");
    assert_fails(h, "error({err = 'CODE boom'})", "-CODE boom script: ");
    assert_fails(h, "foo bar", "-ERR Error compiling script (new function): user_script:1: ");
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

/* ---- the sandbox ---- */

static void only_what_is_listed_is_there(void **state)
{
    struct harness *h = *state;
    static const char *const names[] = {"print",   "dofile",  "loadfile", "require",  "module",
                                        "package", "io",      "debug",    "newproxy", "setfenv",
                                        "getfenv", "os.exit", "os.time"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct buf script = {0};
        buf_printf(&script, "return {pcall(function() return type(%s) end)}", names[i]);
        struct bytes reply = run(h, buf_cstring(&script));
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
    assert_fails(h, "return package.loadlib('/lib/x86_64-linux-gnu/liblua5.1.so.0', 'luaopen_io')",
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
        assert_fails(h, tries[i], "readonly table");
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
    assert_fails(h, bytecode, "bytecode is not allowed");
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
    assert_fails(h, "return {unpack({}, -2147483648, 2147483647)}", "too many results to unpack");
    assert_fails(h, "return {unpack({}, 0, 2147483647)}", "too many results to unpack");
    assert_fails(h, "return {unpack({}, 1, 1e8)}", "too many results to unpack");
    assert_fails(h, "return {unpack({}, -2^63, 2^63)}", "too many results to unpack");
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
    assert_fails(h, "local t = {} for i = 1, 9000 do t[i] = 'x' end return redis.call('del', unpack(t))",
                 "too many results to unpack");
    assert_fails(h, "local function f(...) return 1 + f('x', ...) end return f()", "ERR");
    assert_fails(h, "local t = {} t[1] = t return t .. ''", "ERR");
    /* A reply of more levels than readers take. */
    struct bytes reply = harness_feed(h, h->client, BYTES("EVAL \"local t = {} t[1] = t return t\" 0\r\n"));
    assert_true(reply.len > 4 && reply.data[0] == '*');
    assert_script(h, "return 'alive'", "$5\r\nalive\r\n");
}

/* CVE-2025-46819: long strings and comments with many levels. */
static void cve_2025_46819_long_brackets(void **state)
{
    struct harness *h = *state;
    assert_fails(h, "return loadstring('return [' .. string.rep('=', 1000000) .. '[')()", "ERR");
    assert_fails(h, "return [==[ x", "unfinished long string");
    assert_fails(h, "--[==[ x", "unfinished long comment");
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
    assert_fails(h, "return newproxy(true)", "nonexistent global variable 'newproxy'");
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
    assert_fails(h,
                 "local s = string.rep('\\1', 16000000) local t = {} for i = 1, 40 do t[i] = s end "
                 "return cjson.encode(t)",
                 "not enough memory");
    assert_fails(h, "local t = {} for i = 1, 1100 do t = {t} end return cjson.encode(t)",
                 "excessive nesting");
    assert_fails(h, "local t = {1} for i = 1, 40 do t = {t, t} end return cjson.encode(t)",
                 "not enough memory");
    assert_fails(h, "return cjson.encode_max_depth(1e9)", "bad argument");
    assert_fails(h, "return cjson.decode_max_depth(1e9)", "bad argument");
    assert_fails(h, "return cjson.decode(string.rep('[', 100000))", "ERR");
}

/* CVE-2018-11218: more to pack than there is room for. */
static void cve_2018_11218_packing_is_bounded(void **state)
{
    struct harness *h = *state;
    assert_fails(h,
                 "local s = string.rep('x', 1000000) local t = {} for i = 1, 100 do t[i] = s end "
                 "return #cmsgpack.pack(t)",
                 "not enough memory");
    assert_fails(h, "local t = {1} for i = 1, 15 do t = {t, t, t, t, t, t, t, t} end return cmsgpack.pack(t)",
                 "not enough memory");
    assert_script(h, "local t = {} for i = 1, 7900 do t[i] = i end return #cmsgpack.pack(unpack(t))",
                  ":23318\r\n");
    assert_fails(h, "return cmsgpack.unpack('\\221\\255\\255\\255\\255')", "Missing bytes in input");
    assert_fails(h, "return cmsgpack.unpack(string.rep('\\145', 1000000))", "Too deeply nested input");
    assert_fails(h, "return select('#', cmsgpack.unpack(string.rep('\\1', 1000000)))",
                 "too many return values");
}

/* CVE-2015-8080, CVE-2018-11219, CVE-2020-14147: sizes that go round. */
static void cve_2015_8080_cve_2020_14147_sizes_of_structures(void **state)
{
    struct harness *h = *state;
    assert_fails(h, "return struct.pack('>I2147483648', '10')", "integral size overflow");
    assert_fails(h, "return struct.unpack('>i99999999999999999999', '10')", "integral size overflow");
    assert_fails(h, "return struct.unpack('c2147483647', '10')", "data string too short");
    assert_fails(h, "return struct.unpack('bc0', '\\255')", "data string too short");
    assert_fails(h, "return struct.pack(string.rep('d', 10000000), 1)", "number expected");
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
    assert_fails(h, "return string.rep('x', 1e9)", "not enough memory");
    assert_fails(h, "local t = {} while true do t[#t + 1] = string.rep('x', 100000) .. #t end",
                 "not enough memory");
    assert_fails(h, "local s = 'x' while true do s = s .. s end", "not enough memory");
    assert_fails(h, "return string.find(string.rep('a', 100000), string.rep('a?', 100000))",
                 "pattern too long");
    assert_fails(h, "return string.rep('', 1e9) .. nil", "ERR");
}

/* What is shared counts wherever it stands. */
static void replies_are_bounded(void **state)
{
    struct harness *h = *state;
    harness_send(h, "CONFIG SET lua-memory-limit 2mb");
    assert_fails(h, "local t = {1} for i = 1, 40 do t = {t, t} end return t",
                 "not enough memory for the reply");
    assert_fails(h, "local t = {1} for i = 1, 40 do t = {map = {t, t}} end return t", "not enough memory");
    assert_script(h, "local t = {1} for i = 1, 3 do t = {t, t} end return #t[1]", ":2\r\n");
    harness_send(h, "CONFIG SET lua-memory-limit 64mb");
}

static void a_script_in_a_transaction_ends(void **state)
{
    struct harness *h = *state;
    harness_send(h, "CONFIG SET busy-reply-threshold 20");
    harness_send(h, "MULTI");
    harness_request(h, 3, "EVAL", "while true do pcall(function() while true do end end) end", "0");
    struct bytes reply = harness_send(h, "EXEC");
    assert_true(bytes_starts_with(reply, BYTES("*1\r\n-ERR Script ran for too long in a transaction")));
    assert_script(h, "return 'alive'", "$5\r\nalive\r\n");
}

static void scripts_in_transactions_leave_no_memory_behind(void **state)
{
    struct harness *h = *state;
    size_t before = mem_used();
    for (int i = 0; i < 1000; i++) {
        assert_script(h, "return 'alone'", "$5\r\nalone\r\n");
        harness_send(h, "MULTI");
        run(h, "return 'within'");
        assert_reply(h, "EXEC", "*1\r\n$6\r\nwithin\r\n");
    }
    /* Much less than a stack of each script, but for what Lua hasn't collected yet. */
    assert_true(mem_used() < before + 1000000);
}

static void a_pattern_in_a_transaction_ends(void **state)
{
    struct harness *h = *state;
    harness_send(h, "CONFIG SET busy-reply-threshold 20");
    harness_send(h, "MULTI");
    harness_request(h, 3, "EVAL", "return string.find(string.rep('a', 50000), '.-.-.-.-b')", "0");
    struct bytes reply = harness_send(h, "EXEC");
    assert_true(bytes_starts_with(reply, BYTES("*1\r\n-ERR Script ran for too long in a transaction")));
    assert_script(h, "return 'alive'", "$5\r\nalive\r\n");
}

static void patterns_may_hold_what_is_replaced(void **state)
{
    struct harness *h = *state;
    assert_fails(h, "return string.gsub(string.rep('a', 100000), 'a', string.rep('b', 100000))",
                 "not enough memory");
    assert_fails(h, "return string.rep('x', 100):gsub('x', function() return {} end)",
                 "invalid replacement value (a table)");
    assert_fails(h, "table.insert({}, -2147483648, 1)", "position out of bounds");
    assert_script(h, "local s = string.rep('ab', 1000) return #s:gsub('(a)(b)', '%2%1%0')", ":4000\r\n");
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
    assert_fails(h, "redis.call('set', 'a', 1) error('x')", "x script");
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
    assert_fails(h, "#!lua flags=no-writes\nreturn redis.call('set', 'k', 'v')",
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
    assert_fails(h, "redis.call('set', 'k', 'v')", "-OOM command not allowed when used memory > 'maxmemory'");
    assert_fails(h, "#!lua\nreturn 1", "-OOM allow-oom flag is not set on the script");
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
    assert_fails(h, "return redis.call('client', 'getname')",
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
    assert_fails(h, "return redis.call('get')", "Wrong number of args");
    assert_fails(h, "return redis.call('multi')", "not allowed");
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
    assert_fails(h, "return redis.call('xread', 'block', 0, 'streams', 's', '$')",
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
    assert_non_null(strstr(buf_cstring(&line), "[0 lua] \"get\" \"k\""));
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
        run(h, script);
        if (i == 300)
            harness_send(h, "EVAL 'return 2' 0");
    }
    assert_reply(h, "EVALSHA " SHA_OF_RETURN_1 " 0", ":1\r\n");
    assert_reply(h, "EVALSHA 7f923f79fe76194c868d7e1d0820de36700eb649 0", ":2\r\n");
    assert_reply(h, "SCRIPT EXISTS 94f1a7bc9f985a1a1d5a826a85579137d9d840c8", "*1\r\n:0\r\n");
}

/* What runs its commands isn't a client that tracks, and is no more than that when the server ends. */
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
        HARNESS_TEST(replies_are_bounded),
        HARNESS_TEST(a_script_in_a_transaction_ends),
        HARNESS_TEST(scripts_in_transactions_leave_no_memory_behind),
        HARNESS_TEST(a_pattern_in_a_transaction_ends),
        HARNESS_TEST(patterns_may_hold_what_is_replaced),
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
