/* SPDX-License-Identifier: BSD-3-Clause */
/* Digests against the published test vectors (FIPS 180-4). */
#include "base/digest.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void sha1_matches_the_standard(void **state)
{
    char hex[SHA1_HEX_SIZE + 1];
    unsigned char digest[SHA1_SIZE];
    (void)state;
    digest_sha1_hex(BYTES("abc"), hex);
    assert_string_equal(hex, "a9993e364706816aba3e25717850c26c9cd0d89d");
    digest_sha1_hex((struct bytes){0}, hex);
    assert_string_equal(hex, "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    digest_sha1(BYTES("abc"), digest);
    assert_memory_equal(digest, "\xa9\x99\x3e\x36", 4);
}

static void sha256_matches_the_standard(void **state)
{
    char hex[SHA256_HEX_SIZE + 1];
    unsigned char digest[SHA256_SIZE];
    (void)state;
    digest_sha256_hex(BYTES("abc"), hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    digest_sha256_hex((struct bytes){0}, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    digest_sha256(BYTES("abc"), digest);
    assert_memory_equal(digest, "\xba\x78\x16\xbf", 4);
}

static void equality_is_of_all_bytes(void **state)
{
    (void)state;
    assert_true(digest_equal("abcd", "abcd", 4));
    assert_false(digest_equal("abcd", "abce", 4));
    assert_false(digest_equal("abcd", "bbcd", 4));
    assert_true(digest_equal("abcd", "abce", 3));
    assert_true(digest_equal("a", "b", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha1_matches_the_standard),
        cmocka_unit_test(sha256_matches_the_standard),
        cmocka_unit_test(equality_is_of_all_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
