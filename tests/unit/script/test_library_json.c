/* SPDX-License-Identifier: BSD-3-Clause */
/* JSON of values and back: what each kind becomes, settings that are a table's own, and texts that are
 * none. */
#include "script/engine.h"
#include "support/lua_state.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define CHUNK_MAX 256

static lua_State *lua;

static int make_state(void **state)
{
    (void)state;
    lua = lua_state_new(library_json, "cjson");
    return 0;
}

static int free_state(void **state)
{
    (void)state;
    lua_close(lua);
    return 0;
}

static void assert_encoded(const char *value, const char *text)
{
    char chunk[CHUNK_MAX];
    (void)snprintf(chunk, sizeof chunk, "return cjson.encode(%s)", value);
    assert_string_equal(lua_state_run(lua, chunk), text);
}

/* Of a text without long brackets. */
static void assert_wrong(const char *text, const char *error)
{
    char chunk[CHUNK_MAX];
    (void)snprintf(chunk, sizeof chunk, "return select(2, pcall(cjson.decode, [[%s]]))", text);
    assert_string_equal(lua_state_run(lua, chunk), error);
}

static void values_become_texts(void **state)
{
    (void)state;
    assert_encoded("{1, 2.5, 'x', true, cjson.null}", "[1,2.5,\"x\",true,null]");
    assert_encoded("{a = {b = {}}}", "{\"a\":{\"b\":{}}}");
    assert_encoded("{[1] = 1, [3] = 3}", "[1,null,3]");
    assert_encoded("'\\1\"/\\\\\\n\\127'", "\"\\u0001\\\"\\/\\\\\\n\\u007f\"");
    assert_encoded("{99999999999999, 1e14, -0, 1/3}", "[99999999999999,1e+14,-0,0.33333333333333]");
}

static void texts_become_values(void **state)
{
    (void)state;
    assert_string_equal(lua_state_run(lua,
                                      "local v = cjson.decode(' { \"a\" : [ 1 , 2e1 ] , \"b\" : null } ') "
                                      "return v.a[1] .. ' ' .. v.a[2] .. tostring(v.b == cjson.null)"),
                        "1 20true");
    assert_string_equal(
        lua_state_run(lua, "return cjson.decode('\"\\\\ud83d\\\\ude00\\\\u00e9\\\\n\\\\/x\"')"),
        "\xf0\x9f\x98\x80\xc3\xa9\n/x");
    assert_string_equal(
        lua_state_run(lua, "return cjson.encode(cjson.decode('[-0,123456789012345678,0.5,-7]'))"),
        "[-0,1.2345678901235e+17,0.5,-7]");
}

static void what_is_wrong_is_said(void **state)
{
    (void)state;
    assert_wrong("[1,", "Expected value but found T_END at character 4");
    assert_wrong("[1 2", "Expected comma or array end but found T_NUMBER at character 4");
    assert_wrong("{1", "Expected object key string but found T_NUMBER at character 2");
    assert_wrong("\"\\ud800x\"", "Expected value but found invalid unicode escape code at character 2");
    assert_wrong("\"\\u:000\"", "Expected value but found invalid unicode escape code at character 2");
    assert_wrong("\"\\u", "Expected value but found invalid unicode escape code at character 2");
    assert_wrong("\"abc\\", "Expected value but found invalid escape code at character 5");
    assert_wrong("-", "Expected value but found invalid number at character 1");
}

static void settings_are_a_tables_own(void **state)
{
    (void)state;
    assert_string_equal(lua_state_run(lua, "local other = cjson.new() other.encode_number_precision(2) "
                                           "return other.encode(1/3) .. ' ' .. cjson.encode(1/3)"),
                        "0.33 0.33333333333333");
    assert_string_equal(lua_state_run(lua, "cjson.decode_max_depth(1) cjson.decode('[[]]')"),
                        "error: chunk:1: Found too many nested data structures (2) at character 2");
    assert_string_equal(
        lua_state_run(lua, "cjson.encode_max_depth(1001)"),
        "error: chunk:1: bad argument #1 to 'encode_max_depth' (expected integer between 1 and 1000)");
}

#define JSON_TEST(name) cmocka_unit_test_setup_teardown(name, make_state, free_state)

int main(void)
{
    const struct CMUnitTest tests[] = {
        JSON_TEST(values_become_texts),
        JSON_TEST(texts_become_values),
        JSON_TEST(what_is_wrong_is_said),
        JSON_TEST(settings_are_a_tables_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
