/* SPDX-License-Identifier: BSD-3-Clause */
/* Functions: what a library may say of itself, what it sees while it is loaded and when it is called, what
 * stays when loading fails, and what is written down of all that. */
#include "script/script.h"
#include "support/harness.h"
#include "support/reply_text.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define OK "+OK\r\n"

static struct bytes load(struct harness *h, const char *code)
{
    return harness_request(h, 3, "FUNCTION", "LOAD", code);
}

#define assert_loads(h, code, expected) \
    harness_assert(load((h), (code)), BYTES(expected), (code), __FILE__, __LINE__)

/* A library `name` whose function `function` returns `value`. */
static void load_one(struct harness *h, const char *name, const char *function, const char *value)
{
    struct buf code = {0};
    buf_printf(&code, "#!lua name=%s\nredis.register_function('%s', function() return %s end)", name,
               function, value);
    struct bytes reply = harness_request(h, 4, "FUNCTION", "LOAD", "REPLACE", buf_cstring(&code));
    assert_true(reply.data[0] == '$');
    buf_clear(&code);
}

static void functions_are_called(void **state)
{
    struct harness *h = *state;
    assert_loads(h,
                 "#!lua name=lib\nredis.register_function('f', function(keys, args) return {keys, args} end)",
                 "$3\r\nlib\r\n");
    assert_reply(h, "FCALL f 1 k a b", "*2\r\n*1\r\n$1\r\nk\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n");
    assert_reply(h, "FCALL F 0", "*2\r\n*0\r\n*0\r\n");
    assert_reply(h, "FCALL g 0", "-ERR Function not found\r\n");
    assert_reply(h, "FCALL f x", "-ERR Bad number of keys provided\r\n");
    assert_reply(h, "FCALL f 1", "-ERR Number of keys can't be greater than number of args\r\n");
    assert_reply(h, "FCALL f -1", "-ERR Number of keys can't be negative\r\n");
    assert_reply(h, "EVAL 'return KEYS[1]' 1 k", "$1\r\nk\r\n");
}

static void what_is_no_library_is_refused(void **state)
{
    struct harness *h = *state;
    assert_loads(h, "return 1", "-ERR Missing library metadata\r\n");
    assert_loads(h, "#!lua name=a", "-ERR Invalid library metadata\r\n");
    assert_loads(h, "#!lua name=\"a\nx", "-ERR Invalid library metadata\r\n");
    assert_loads(h, "#!lua\nx", "-ERR Library name was not given\r\n");
    assert_loads(h, "#!lua nam=a\nx", "-ERR Invalid metadata value given: nam=a\r\n");
    assert_loads(h, "#!js name=a\nx", "-ERR Engine 'js' not found\r\n");
    assert_loads(h, "#!lua name=a\nreturn 1", "-ERR No functions registered\r\n");
    assert_loads(h, "#!lua name=a\nfoo bar",
                 "-ERR Error compiling function: user_function:2: '=' expected near 'bar'\r\n");
    assert_loads(h, "#!lua name=a\n\n\n\x1bLua",
                 "-ERR Error compiling function: user_function:4: "
                 "unexpected symbol near 'char(27)'\r\n");
    assert_reply(h, "FUNCTION LIST", "*0\r\n");
}

static void loading_sees_little(void **state)
{
    struct harness *h = *state;
    static const char *const names[] = {"string", "pcall", "redis.call", "redis.setresp", "_G", "load"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct buf code = {0};
        buf_printf(&code, "#!lua name=a\nlocal x = %s", names[i]);
        assert_true(bytes_starts_with(
            load(h, buf_cstring(&code)),
            BYTES("-ERR Error registering functions: ERR user_function:2: Script attempted to access "
                  "nonexistent global variable")));
        buf_clear(&code);
    }
    assert_loads(h, "#!lua name=a\nx = 1",
                 "-ERR Error registering functions: ERR user_function:2: Attempt to modify a readonly "
                 "table\r\n");
    assert_loads(h, "#!lua name=a\nwhile true do end",
                 "-ERR Error registering functions: ERR FUNCTION LOAD timeout\r\n");
}

static void functions_cannot_register_others(void **state)
{
    struct harness *h = *state;
    assert_loads(h,
                 "#!lua name=a\nlocal held = redis\n"
                 "redis.register_function('f', function() held.register_function('g', function() end) end)\n"
                 "redis.register_function('h', function() return redis.register_function end)",
                 "$1\r\na\r\n");
    assert_reply(h, "FCALL f 0",
                 "-ERR redis.register_function can only be called on FUNCTION LOAD command script: f, on "
                 "@user_function:3.\r\n");
    assert_reply(h, "FCALL h 0", "$-1\r\n");
}

static void scripts_and_functions_share_nothing(void **state)
{
    struct harness *h = *state;
    load_one(h, "a", "f", "KEYS");
    harness_send(h, "EVAL 'return 1' 1 k");
    assert_true(bytes_starts_with(
        harness_send(h, "FCALL f 0"),
        BYTES("-ERR user_function:2: Script attempted to access nonexistent global variable 'KEYS'")));
    load_one(h, "b", "g", "redis.call('incr', 'k')");
    assert_reply(h, "SCRIPT FLUSH", OK);
    assert_reply(h, "FCALL g 0", ":1\r\n");
}

/* CVE-2022-24735, CVE-2025-46818: whoever may call functions runs none in another's name. */
static void cve_2022_24735_cve_2025_46818_no_function_poisons_another(void **state)
{
    struct harness *h = *state;
    static const char *const tries[] = {
        "(function() x = 1 end)()",
        "(function() redis.call = nil end)()",
        "(function() _G.redis = nil end)()",
        "(function() getmetatable('').__index = nil end)()",
        "rawset(_G, 'x', 1)",
        "setmetatable(redis, {})",
        "table.insert(redis, 1)",
        "loadstring('x = 1')()",
        "(function() getmetatable(_G).__index = nil end)()",
    };
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        load_one(h, "a", "f", tries[i]);
        struct bytes reply = harness_send(h, "FCALL f 0");
        struct buf text = {0};
        buf_append_bytes(&text, reply);
        if (!strstr(buf_cstring(&text), "readonly table"))
            fail_msg("%s replies %s", tries[i], buf_cstring(&text));
        buf_clear(&text);
    }
    load_one(h, "a", "f", "('x'):upper() .. type(redis.call)");
    assert_reply(h, "FCALL f 0", "$9\r\nXfunction\r\n");
}

static void flags_are_kept(void **state)
{
    struct harness *h = *state;
    assert_loads(h,
                 "#!lua name=a\nredis.register_function{function_name = 'r', description = 'reads', "
                 "callback = function() return redis.call('set', 'k', 'v') end, flags = {'no-writes'}}\n"
                 "redis.register_function('w', function() return redis.call('set', 'k', 'v') end)",
                 "$1\r\na\r\n");
    assert_reply(h, "FCALL_RO w 0", "-ERR Can not execute a script with write flag using *_ro command.\r\n");
    assert_reply(h, "FCALL_RO r 0",
                 "-ERR Write commands are not allowed from read-only scripts. script: r, on "
                 "@user_function:2.\r\n");
    assert_reply(h, "FUNCTION LIST",
                 "*1\r\n*6\r\n$12\r\nlibrary_name\r\n$1\r\na\r\n$6\r\nengine\r\n$3\r\nLUA\r\n"
                 "$9\r\nfunctions\r\n*2\r\n"
                 "*6\r\n$4\r\nname\r\n$1\r\nr\r\n$11\r\ndescription\r\n$5\r\nreads\r\n$5\r\nflags\r\n*1\r\n"
                 "+no-writes\r\n"
                 "*6\r\n$4\r\nname\r\n$1\r\nw\r\n$11\r\ndescription\r\n$-1\r\n$5\r\nflags\r\n*0\r\n");
}

static void a_failed_replacement_leaves_the_old_one(void **state)
{
    struct harness *h = *state;
    load_one(h, "a", "f", "1");
    load_one(h, "b", "g", "2");
    assert_reply(h, "FUNCTION LOAD REPLACE \"#!lua name=b\\nredis.register_function('F', function() end)\"",
                 "-ERR Function F already exists\r\n");
    assert_reply(h, "FCALL g 0", ":2\r\n");
    assert_loads(h, "#!lua name=a\nx", "-ERR Library 'a' already exists\r\n");
    load_one(h, "b", "h", "3");
    assert_reply(h, "FCALL g 0", "-ERR Function not found\r\n");
    assert_reply(h, "FCALL h 0", ":3\r\n");
    assert_reply(h, "FUNCTION DELETE b", OK);
    assert_reply(h, "FUNCTION DELETE b", "-ERR Library not found\r\n");
    assert_reply(h, "FCALL h 0", "-ERR Function not found\r\n");
}

/* The payload of FUNCTION DUMP, owned. */
static struct buf dump(struct harness *h)
{
    struct buf payload = {0};
    struct bytes reply = harness_send(h, "FUNCTION DUMP");
    size_t begin = bytes_index_of(reply, '\n') + 1;
    buf_append(&payload, reply.data + begin, reply.len - begin - 2);
    return payload;
}

static struct bytes restore(struct harness *h, const struct buf *payload, const char *policy)
{
    struct bytes argv[] = {BYTES("FUNCTION"), BYTES("RESTORE"), buf_bytes(payload), bytes_of(policy)};
    return harness_request_bytes(h, h->client, 4, argv);
}

#define assert_restores(h, payload, policy, expected) \
    harness_assert(restore((h), (payload), (policy)), BYTES(expected), (policy), __FILE__, __LINE__)

static void payloads_are_restored_whole_or_not_at_all(void **state)
{
    struct harness *h = *state;
    load_one(h, "a", "f", "1");
    load_one(h, "b", "g", "2");
    struct buf payload = dump(h);
    assert_restores(h, &payload, "APPEND", "-ERR Library a already exists\r\n");
    assert_reply(h, "FUNCTION DELETE b", OK);
    load_one(h, "c", "g", "3");
    assert_restores(h, &payload, "REPLACE", "-ERR Function g already exists\r\n");
    assert_reply(h, "FCALL g 0", ":3\r\n");
    assert_reply(h, "FCALL f 0", ":1\r\n");
    assert_restores(h, &payload, "FLUSH", OK);
    assert_reply(h, "FCALL g 0", ":2\r\n");
    assert_restores(h, &payload, "REPLACE", OK);
    payload.data[3] ^= 1;
    assert_restores(h, &payload, "FLUSH", "-ERR DUMP payload version or checksum are wrong\r\n");
    assert_reply(h, "FCALL g 0", ":2\r\n");
    buf_clear(&payload);
}

static void other_payloads_are_refused(void **state)
{
    struct harness *h = *state;
    struct buf payload = {0};
    harness_send(h, "SET k v");
    struct bytes reply = harness_send(h, "DUMP k");
    size_t begin = bytes_index_of(reply, '\n') + 1;
    buf_append(&payload, reply.data + begin, reply.len - begin - 2);
    assert_restores(h, &payload, "APPEND", "-ERR given type is not a function\r\n");
    payload.len = 3;
    assert_restores(h, &payload, "APPEND", "-ERR DUMP payload version or checksum are wrong\r\n");
    assert_restores(h, &payload, "MAYBE",
                    "-ERR Wrong restore policy given, value should be either FLUSH, "
                    "APPEND or REPLACE.\r\n");
    buf_clear(&payload);
}

static void changes_are_recorded_as_they_were_said(void **state)
{
    struct harness *h = *state;
    load_one(h, "a", "f", "redis.call('set', 'k', 'v')");
    assert_loads(h, "#!lua name=b\nreturn 1", "-ERR No functions registered\r\n");
    harness_send(h, "FCALL f 0");
    assert_reply(h, "FUNCTION DELETE a", OK);
    assert_reply(h, "FUNCTION DELETE a", "-ERR Library not found\r\n");
    assert_reply(h, "FUNCTION FLUSH", OK);
    struct bytes journal = harness_journal(h);
    assert_true(bytes_is(journal,
                         "SELECT 0\n"
                         "FUNCTION LOAD REPLACE \"#!lua name=a\\nredis.register_function('f', function() "
                         "return redis.call('set', 'k', 'v') end)\"\n"
                         "set k v\nFUNCTION DELETE a\nFUNCTION FLUSH\n"));
}

static void databases_are_emptied_without_them(void **state)
{
    struct harness *h = *state;
    load_one(h, "a", "f", "1");
    assert_reply(h, "FLUSHALL", OK);
    assert_reply(h, "FCALL f 0", ":1\r\n");
    assert_reply(h, "FUNCTION FLUSH ASYNC", OK);
    assert_reply(h, "FCALL f 0", "-ERR Function not found\r\n");
    assert_int_equal(script_figures(h->server).functions_bytes, 0);
}

static void figures_follow(void **state)
{
    struct harness *h = *state;
    load_one(h, "a", "f", "1");
    load_one(h, "b", "g", "1");
    load_one(h, "b", "h", "1");
    struct script_figures figures = script_figures(h->server);
    assert_int_equal(figures.library_count, 2);
    assert_int_equal(figures.function_count, 2);
    assert_true(figures.functions_bytes > 1000 && figures.library_bytes > 100);
    assert_int_equal(figures.eval_bytes, 0);
}

static void registered_functions_of_failed_loads_are_gone(void **state)
{
    struct harness *h = *state;
    load_one(h, "a", "f", "1");
    size_t before = script_figures(h->server).functions_bytes;
    for (int i = 0; i < 1000; i++)
        load(h, "#!lua name=x\nredis.register_function('p', function() return {1, 2, 3} end) local x = nope");
    for (int i = 0; i < 1000; i++)
        load_one(h, "a", "f", "1");
    assert_reply(h, "FCALL f 0", ":1\r\n");
    assert_true(script_figures(h->server).functions_bytes < before + (40u << 20));
    assert_reply(h, "FCALL p 0", "-ERR Function not found\r\n");
}

static void libraries_are_listed_by_name(void **state)
{
    struct harness *h = *state;
    struct bytes code = BYTES("#!lua name=one\nredis.register_function('f', function() return 1 end)");
    struct bytes load[] = {BYTES("FUNCTION"), BYTES("LOAD"), code};
    harness_assert(harness_request_bytes(h, h->client, 3, load), BYTES("$3\r\none\r\n"), "FUNCTION LOAD",
                   __FILE__, __LINE__);
    assert_reply(h, "FUNCTION LIST LIBRARYNAME t*", "*0\r\n");
    struct bytes reply = harness_send(h, "FUNCTION LIST LIBRARYNAME o?e");
    assert_true(bytes_starts_with(reply, BYTES("*1\r\n*6\r\n")));
    assert_false(reply_has(reply, "register_function"));
    reply = harness_send(h, "FUNCTION LIST WITHCODE LIBRARYNAME on*");
    assert_true(bytes_starts_with(reply, BYTES("*1\r\n*8\r\n")));
    assert_true(reply_has(reply, "#!lua name=one\nredis.register_function"));
    assert_reply(h, "FUNCTION LIST LIBRARYNAME", "-ERR library name argument was not given\r\n");
    assert_reply(h, "FUNCTION LIST WITHCODE WITHCODE", "-ERR Unknown argument WITHCODE\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(functions_are_called),
        HARNESS_TEST(what_is_no_library_is_refused),
        HARNESS_TEST(loading_sees_little),
        HARNESS_TEST(functions_cannot_register_others),
        HARNESS_TEST(scripts_and_functions_share_nothing),
        HARNESS_TEST(cve_2022_24735_cve_2025_46818_no_function_poisons_another),
        HARNESS_TEST(flags_are_kept),
        HARNESS_TEST(a_failed_replacement_leaves_the_old_one),
        HARNESS_TEST(payloads_are_restored_whole_or_not_at_all),
        HARNESS_TEST(other_payloads_are_refused),
        HARNESS_TEST(changes_are_recorded_as_they_were_said),
        HARNESS_TEST(databases_are_emptied_without_them),
        HARNESS_TEST(figures_follow),
        HARNESS_TEST(registered_functions_of_failed_loads_are_gone),
        HARNESS_TEST(libraries_are_listed_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
