/* SPDX-License-Identifier: BSD-3-Clause */
/* CRC-64: the published check value, pieces, and every length against the definition bit by bit. */
#include "base/alloc.h"
#include "base/crc64.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static uint64_t crc_by_definition(uint64_t crc, const unsigned char *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (crc & 1 ? 0x95ac9329ac4bc9b5 : 0);
    }
    return crc;
}

static void the_check_value_is_right(void **state)
{
    (void)state;
    assert_true(crc64(0, "123456789", 9) == 0xe9c6d914c4b8d9ca);
    assert_true(crc64(0, "", 0) == 0);
    assert_true(crc64(77, "", 0) == 77);
}

static void every_length_is_right(void **state)
{
    (void)state;
    for (size_t len = 1; len < 600; len++) {
        unsigned char *data = mem_alloc(len);
        for (size_t i = 0; i < len; i++)
            data[i] = (unsigned char)(i * 73 + len);
        assert_true(crc64(len, data, len) == crc_by_definition(len, data, len));
        mem_free(data);
    }
}

static void pieces_make_the_whole(void **state)
{
    static const char text[] =
        "a snapshot is written in pieces of any size, and its checksum goes along with them";
    uint64_t whole = crc64(0, text, sizeof text);
    (void)state;
    for (size_t cut = 0; cut <= sizeof text; cut++)
        assert_true(crc64(crc64(0, text, cut), text + cut, sizeof text - cut) == whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_check_value_is_right),
        cmocka_unit_test(every_length_is_right),
        cmocka_unit_test(pieces_make_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
