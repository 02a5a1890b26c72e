/* SPDX-License-Identifier: BSD-3-Clause */
/* MessagePack of values and back: the bytes of each kind, lengths at their borders, and input that lies. */
#include "script/engine.h"
#include "support/lua_state.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define HEX \
    "local function hex(s) return (s:gsub('.', function(c) return ('%02x'):format(c:byte()) end)) end "

static lua_State *lua;

static int make_state(void **state)
{
    (void)state;
    lua = lua_state_new(library_msgpack, "cmsgpack");
    return 0;
}

static int close_state(void **state)
{
    (void)state;
    lua_close(lua);
    return 0;
}

#define assert_chunk(chunk, expected)  assert_string_equal(lua_state_run(lua, chunk), expected)
#define assert_packed(value, expected) assert_chunk(HEX "return hex(cmsgpack.pack(" value "))", expected)
#define assert_unpacked(packed, expected) \
    assert_chunk("local v = cmsgpack.unpack('" packed "') return tostring(v)", expected)

static void each_kind_has_its_bytes(void **state)
{
    (void)state;
    assert_packed("1", "01");
    assert_packed("-1, -33", "ffd0df");
    assert_packed("200, 65535, 65536, 2^32", "ccc8cdffffce00010000cf0000000100000000");
    assert_packed("-2^15, -2^31, -2^40", "d18000d280000000d3ffffff0000000000");
    assert_packed("0.5, 0.1", "ca3f000000cb3fb999999999999a");
    assert_packed("nil, true, false, 'ab'", "c0c3c2a26162");
    assert_packed("{1, 2}, {a = 1}, {}", "92010281a1610190");
    assert_packed("{[2] = 1}, print", "810201c0");
}

static void tables_nest_sixteen_deep(void **state)
{
    (void)state;
    assert_chunk("local t = {} t[1] = t local s = cmsgpack.pack(t) return #s .. ' ' .. s:byte(17)", "17 192");
}

static void lengths_at_their_borders_come_back(void **state)
{
    (void)state;
    assert_chunk("for _, n in ipairs{0, 15, 16, 31, 32, 255, 256, 65535, 65536, 200000} do "
                 "  local t, m = {}, {} for i = 1, n do t[i] = i m['k' .. i] = i end "
                 "  local a, b, c = cmsgpack.unpack(cmsgpack.pack(('x'):rep(n), t, m)) "
                 "  assert(a == ('x'):rep(n) and #b == n and b[n] == t[n]) "
                 "  for i = 1, n do assert(c['k' .. i] == i) end "
                 "end return 'fine'",
                 "fine");
}

static void what_is_missing_is_told(void **state)
{
    (void)state;
    static const char missing[] = "error: chunk:1: Missing bytes in input.";
    assert_unpacked("\\217", missing);
    assert_unpacked("\\219\\255\\255\\255\\255ab", missing);
    assert_unpacked("\\221\\255\\255\\255\\255\\1", missing);
    assert_unpacked("\\223\\255\\255\\255\\255\\1", missing);
    assert_unpacked("\\203\\1\\1", missing);
    assert_unpacked("\\193", "error: chunk:1: Bad data format in input.");
    assert_unpacked("\\129\\192\\1", "error: table index is nil");
}

static void nesting_is_bounded(void **state)
{
    (void)state;
    assert_chunk("return type(cmsgpack.unpack(('\\145'):rep(999) .. '\\1'))", "table");
    assert_chunk("return type(cmsgpack.unpack(('\\145'):rep(1000000)))",
                 "error: chunk:1: Too deeply nested input.");
    assert_chunk("return type(cmsgpack.unpack(('\\129\\1'):rep(1000000)))",
                 "error: chunk:1: Too deeply nested input.");
}

static void parts_are_unpacked_one_by_one(void **state)
{
    (void)state;
    assert_chunk("local at, v = cmsgpack.unpack_one('\\1\\2\\3', 1) return at .. ' ' .. v", "2 2");
    assert_chunk("local at, v = cmsgpack.unpack_one('\\1\\2\\3', 2) return at .. ' ' .. v", "-1 3");
    assert_chunk("local at, v, w = cmsgpack.unpack_limit('\\1\\2\\3', 2) return at .. v .. w", "212");
    assert_chunk("return cmsgpack.unpack_one('\\1', 2)",
                 "error: chunk:1: Start offset 2 greater than input length 1.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_has_its_bytes), cmocka_unit_test(tables_nest_sixteen_deep),
        cmocka_unit_test(what_is_missing_is_told), cmocka_unit_test(lengths_at_their_borders_come_back),
        cmocka_unit_test(nesting_is_bounded),      cmocka_unit_test(parts_are_unpacked_one_by_one),
    };
    return cmocka_run_group_tests(tests, make_state, close_state);
}
