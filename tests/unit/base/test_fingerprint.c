/* SPDX-License-Identifier: BSD-3-Clause */
/* Fingerprints. */
#include "base/fingerprint.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* XXH3's own, by its description. */
static void it_is_the_same_everywhere(void **state)
{
    (void)state;
    assert_true(fingerprint(BYTES("")) == 0x2d06800538d394c2);
}

static void pieces_come_to_the_whole(void **state)
{
    static char bytes[5000];
    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * i >> 3);
    for (size_t len = 0; len <= sizeof bytes; len += 613) {
        for (size_t piece = 1; piece <= 1024; piece *= 4) {
            struct fingerprinting *so_far = fingerprinting_new();
            for (size_t at = 0; at < len; at += piece)
                fingerprinting_add(so_far, bytes_make(bytes + at, len - at < piece ? len - at : piece));
            assert_true(fingerprinting_result(so_far) == fingerprint(bytes_make(bytes, len)));
            fingerprinting_free(so_far);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_the_same_everywhere),
        cmocka_unit_test(pieces_come_to_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
