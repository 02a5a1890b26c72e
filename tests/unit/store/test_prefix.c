/* SPDX-License-Identifier: BSD-3-Clause */
/* What counts as a prefix, and that classes are bounded and reused. */
#include "base/hash.h"
#include "store/prefix.h"
#include "store/store.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void expect(const char *key, const char *prefix)
{
    struct bytes found = prefix_of(bytes_of(key));
    assert_int_equal(found.len, strlen(prefix));
    assert_memory_equal(found.data, prefix, found.len);
}

static void prefix_ends_where_the_id_begins(void **state)
{
    (void)state;
    expect("socketio:session:4fc0a1", "socketio:session:");
    expect("chatmrpt:abcdef", "chatmrpt:");
    expect("user:1234:profile", "user:");
    expect("bull:queue:id", "bull:queue:");
    expect("plain", "");
    expect("", "");
    expect(":", ":");
    expect("12:34", "");
    expect("averyveryverylongsegment:x", "");
}

static void classes_are_found_again_and_bounded(void **state)
{
    (void)state;
    static struct prefix_table prefixes;
    prefix_table_init(&prefixes);
    unsigned sessions = prefix_classify(&prefixes, BYTES("session:abc"));
    assert_true(sessions > 0);
    assert_int_equal(prefix_classify(&prefixes, BYTES("none")), 0);
    assert_int_equal(prefix_classify(&prefixes, BYTES("session:def")), sessions);
    prefixes.classes[sessions].entry_count = 1;
    unsigned last = 0;
    for (int i = 0; i < 1000; i++) {
        char key[32] = {(char)('a' + i / 26 % 26), (char)('a' + i % 26), (char)('a' + i / 676), ':', 'x'};
        unsigned class = prefix_classify(&prefixes, bytes_of(key));
        assert_true(class <= PREFIX_CLASS_MAX);
        prefixes.classes[class].entry_count++;
        last = class;
    }
    assert_int_equal(last, 0); /* no room: they all count as others */
    assert_int_equal(prefix_classify(&prefixes, BYTES("session:ghi")), sessions);
    /* A class that nobody names any more is given to the next new prefix. */
    unsigned victim = prefix_classify(&prefixes, BYTES("aba:x"));
    prefixes.classes[victim].entry_count = 0;
    assert_int_equal(prefix_classify(&prefixes, BYTES("fresh:x")), victim);
    assert_int_equal(prefix_classify(&prefixes, BYTES("fresh:y")), victim);
    assert_int_equal(prefix_classify(&prefixes, BYTES("session:jkl")), sessions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prefix_ends_where_the_id_begins),
        cmocka_unit_test(classes_are_found_again_and_bounded),
    };
    hash_seed((const uint8_t[16]){1, 2, 3});
    return cmocka_run_group_tests(tests, NULL, NULL);
}
