/* SPDX-License-Identifier: BSD-3-Clause */
/* LZF: there and back, and damaged input, in blocks of exact size so that the sanitizer sees each byte too many. */
#include "base/alloc.h"
#include "base/lzf.h"
#include "base/random.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void a_repetitive_text_shrinks_and_comes_back(void **state)
{
    char text[4000], packed[4000], again[4000];
    size_t len;

    (void)state;
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = "user=alice;role=admin;"[i % 22];
    len = lzf_pack(bytes_make(text, sizeof(text)), packed, sizeof(packed));
    assert_in_range(len, 10, 400);
    assert_true(lzf_unpack(bytes_make(packed, len), again, sizeof(again)));
    assert_memory_equal(again, text, sizeof(text));
    assert_false(lzf_unpack(bytes_make(packed, len), again, sizeof(again) - 1));
    assert_false(lzf_unpack(bytes_make(packed, len - 1), again, sizeof(again)));
    assert_int_equal(lzf_pack(bytes_make(text, sizeof(text)), packed, len - 1), 0);
}

static void what_does_not_shrink_is_left_alone(void **state)
{
    char noise[1000], packed[1000];

    (void)state;
    random_fill(noise, sizeof(noise));
    assert_int_equal(lzf_pack(bytes_make(noise, sizeof(noise)), packed, sizeof(noise) - 4), 0);
    assert_int_equal(lzf_pack((struct bytes){0}, packed, sizeof(packed)), 0);
    assert_int_equal(lzf_pack(bytes_make(noise, sizeof(noise)), packed, 0), 0);
}

static void damage_is_noticed_or_harmless(void **state)
{
    (void)state;
    assert_false(lzf_unpack((struct bytes){0}, (char[1]){0}, 1));
    for (int i = 0; i < 20000; i++) {
        size_t len = random_below(40) + 1, size = random_below(300) + 1;
        char *packed = mem_alloc(len), *out = mem_alloc(size);
        for (size_t at = 0; at < len; at++)
            packed[at] = (char)random_u64();
        (void)lzf_unpack(bytes_make(packed, len), out, size);
        mem_free(packed);
        mem_free(out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_repetitive_text_shrinks_and_comes_back),
        cmocka_unit_test(what_does_not_shrink_is_left_alone),
        cmocka_unit_test(damage_is_noticed_or_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
