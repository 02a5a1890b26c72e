/* SPDX-License-Identifier: BSD-3-Clause */
/* CRC-16 and slots, as the cluster specification gives them. */
#include "base/crc16.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static uint16_t crc_by_definition(unsigned char byte)
{
    unsigned crc = (unsigned)byte << 8;
    for (int bit = 0; bit < 8; bit++)
        crc = crc & 0x8000 ? (crc << 1 ^ 0x1021) & 0xffff : crc << 1;
    return (uint16_t)crc;
}

static void the_checksum_is_right(void **state)
{
    (void)state;
    assert_int_equal(crc16(BYTES("123456789")), 0x31c3);
    assert_int_equal(crc16((struct bytes){0}), 0);
    for (int byte = 0; byte < 256; byte++) {
        char text[1] = {(char)byte};
        assert_int_equal(crc16(bytes_make(text, 1)), crc_by_definition((unsigned char)byte));
    }
}

static void slots_are_right(void **state)
{
    (void)state;
    assert_int_equal(key_slot(BYTES("foo")), 12182);
    assert_int_equal(key_slot(BYTES("somekey")), 11058);
    assert_int_equal(key_slot(BYTES("")), 0);
}

static void a_hash_tag_decides(void **state)
{
    unsigned slot = key_slot(BYTES("user1000"));
    (void)state;
    assert_int_equal(key_slot(BYTES("{user1000}.following")), slot);
    assert_int_equal(key_slot(BYTES("a{user1000}")), slot);
    assert_int_equal(key_slot(BYTES("a{user1000}{b}")), slot);
    assert_int_equal(key_slot(BYTES("a{user1000}}")), slot);
    assert_int_equal(key_slot(BYTES("foo{{bar}}zap")), key_slot(BYTES("{bar")));
    /* An empty tag, one that doesn't end, or an end alone is no tag. */
    assert_int_equal(key_slot(BYTES("foo{}{bar}")), crc16(BYTES("foo{}{bar}")) % SLOT_COUNT);
    assert_int_equal(key_slot(BYTES("foo{bar")), crc16(BYTES("foo{bar")) % SLOT_COUNT);
    assert_int_equal(key_slot(BYTES("foo}bar{")), crc16(BYTES("foo}bar{")) % SLOT_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_checksum_is_right),
        cmocka_unit_test(slots_are_right),
        cmocka_unit_test(a_hash_tag_decides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
