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

static bool configure(struct prefix_table *prefixes, const char *first, const char *second)
{
    const struct bytes texts[] = {bytes_of(first), bytes_of(second)};
    return prefix_configure(prefixes, texts, 2);
}

static void assert_class(struct prefix_table *prefixes, const char *key, const char *prefix)
{
    struct bytes text = prefix_text(prefixes, prefix_classify(prefixes, bytes_of(key)));
    assert_int_equal(text.len, strlen(prefix));
    assert_memory_equal(text.data, prefix, text.len);
}

static void longest_configured_prefix_counts(void **state)
{
    (void)state;
    static struct prefix_table prefixes;
    prefix_table_init(&prefixes);
    assert_class(&prefixes, "app:2:session:abc", "app:");
    assert_true(configure(&prefixes, "sess_", "app:2:session:"));
    assert_class(&prefixes, "sess_0123", "sess_");
    assert_class(&prefixes, "app:2:session:abc", "app:2:session:");
    assert_class(&prefixes, "app:2:sess", "app:");
    assert_class(&prefixes, "other:1", "other:");
    assert_true(configure(&prefixes, "app:", "app:2:"));
    assert_class(&prefixes, "app:2:session:abc", "app:2:");
    assert_class(&prefixes, "app:x:y:z", "app:");
    assert_class(&prefixes, "sess_0123", "");
    assert_true(prefix_configure(&prefixes, NULL, 0));
    assert_class(&prefixes, "app:x:y:z", "app:x:y:");
}

/* Takes every class that is free. */
static void fill(struct prefix_table *prefixes)
{
    for (int i = 0; i < PREFIX_CLASS_MAX; i++) {
        char key[] = {(char)('a' + i / 26), (char)('a' + i % 26), ':', 'x', 0};
        prefixes->classes[prefix_classify(prefixes, bytes_of(key))].entry_count++;
    }
}

static void configured_classes_are_not_given_away(void **state)
{
    (void)state;
    static struct prefix_table prefixes;
    prefix_table_init(&prefixes);
    assert_true(configure(&prefixes, "sess_", "cart_"));
    fill(&prefixes);
    assert_class(&prefixes, "aa:x", "aa:");
    assert_class(&prefixes, "fresh:x", "");
    assert_class(&prefixes, "sess_0", "sess_");
    /* Where there is no room for both, nothing changes. */
    unsigned victim = prefix_classify(&prefixes, BYTES("ab:x"));
    prefixes.classes[victim].entry_count = 0;
    prefixes.classes[prefix_classify(&prefixes, BYTES("sess_0"))].entry_count = 1;
    prefixes.classes[prefix_classify(&prefixes, BYTES("cart_0"))].entry_count = 1;
    assert_false(configure(&prefixes, "one_", "two_"));
    assert_class(&prefixes, "sess_0", "sess_");
    assert_class(&prefixes, "one_0", "");
    assert_true(configure(&prefixes, "one_", "sess_"));
    assert_class(&prefixes, "one_0", "one_");
    assert_class(&prefixes, "cart_0", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prefix_ends_where_the_id_begins),
        cmocka_unit_test(classes_are_found_again_and_bounded),
        cmocka_unit_test(longest_configured_prefix_counts),
        cmocka_unit_test(configured_classes_are_not_given_away),
    };
    hash_seed((const uint8_t[16]){1, 2, 3});
    return cmocka_run_group_tests(tests, NULL, NULL);
}
