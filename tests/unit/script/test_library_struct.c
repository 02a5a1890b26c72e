/* SPDX-License-Identifier: BSD-3-Clause */
/* Structures of C in strings: byte orders, alignment, lengths that are read, and formats that overreach. */
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
    lua = lua_state_new(library_struct, "struct");
    return 0;
}

static int close_state(void **state)
{
    (void)state;
    lua_close(lua);
    return 0;
}

#define assert_chunk(chunk, expected) assert_string_equal(lua_state_run(lua, chunk), expected)
#define assert_packed(arguments, expected) \
    assert_chunk(HEX "return hex(struct.pack(" arguments "))", expected)
#define assert_unpacked(arguments, expected) \
    assert_chunk("return table.concat({struct.unpack(" arguments ")}, ' ')", expected)

static void numbers_are_laid_out(void **state)
{
    (void)state;
    assert_packed("'>hI3L', -2, 258, 1", "fffe0001020000000000000001");
    assert_packed("'<hI3', -2, 258", "feff020100");
    assert_packed("'>d<f', 0.5, 0.5", "3fe00000000000000000003f");
    assert_packed("'!4bi', 1, 2", "0100000002000000");
    assert_packed("'sc2c0', 'ab', 'cde', 'f'", "616200636466");
    assert_packed("'i16', -1", "ffffffffffffffff0000000000000000");
}

static void numbers_are_read(void **state)
{
    (void)state;
    assert_unpacked("'>hI3', '\\255\\254\\0\\1\\2'", "-2 258 6");
    assert_unpacked("'bB', '\\255\\255'", "-1 255 3");
    assert_unpacked("'bc0s', '\\2abcd\\0'", "ab cd 7");
    assert_unpacked("'>b', 'abc', 3", "99 4");
    assert_chunk("return struct.size('!bhild') .. ' ' .. struct.size('c5xT')", "24 14");
}

static void strings_that_are_too_short_are_refused(void **state)
{
    (void)state;
    static const char shortened[] = "error: chunk:1: bad argument #2 to 'unpack' (data string too short)";
    assert_unpacked("'i', 'abc'", shortened);
    assert_unpacked("'c4', 'abc'", shortened);
    assert_unpacked("'bc0', '\\100abc'", shortened);
    assert_unpacked("'b', 'abc', 4", shortened);
    assert_unpacked("'b', 'abc', -1", shortened);
    assert_unpacked("'dc0', struct.pack('d', 2^64)", shortened);
    assert_unpacked("'dc0', struct.pack('d', -1)", shortened);
    assert_unpacked("'c2147483647c2147483647', 'abc'", shortened);
    assert_unpacked("'s', 'abc'", "error: chunk:1: unfinished string in data");
    assert_packed("'c4', 'abc'", "error: chunk:1: bad argument #3 to 'pack' (string too short)");
}

/* CVE-2015-8080, CVE-2018-11219: sizes that go round. */
static void cve_2015_8080_cve_2018_11219_sizes_do_not_go_round(void **state)
{
    (void)state;
    assert_packed("'i99999999999', 1", "error: chunk:1: integral size overflow");
    assert_packed("'I4294967297', 1", "error: chunk:1: integral size overflow");
    assert_packed("'i33', 1", "error: chunk:1: integral size 33 is larger than limit of 32");
    assert_packed("'!2147483648', 1", "error: chunk:1: integral size overflow");
    assert_packed("'!3', 1", "error: chunk:1: alignment 3 is not a power of 2");
    assert_packed("'!0', 1", "error: chunk:1: alignment 0 is not a power of 2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_laid_out),
        cmocka_unit_test(numbers_are_read),
        cmocka_unit_test(strings_that_are_too_short_are_refused),
        cmocka_unit_test(cve_2015_8080_cve_2018_11219_sizes_do_not_go_round),
    };
    return cmocka_run_group_tests(tests, make_state, close_state);
}
