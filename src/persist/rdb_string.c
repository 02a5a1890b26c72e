/* SPDX-License-Identifier: BSD-3-Clause */
/* RDB's lengths and strings. What is written is what redis-server writes, byte for byte, but for texts
 * that were compressed fast; what is read is
 * checked before it is used, and costs no more memory than the bytes that are there can stand for. */
#include "persist/rdb_string.h"
#include "base/alloc.h"
#include "base/lzf.h"
#include "base/number.h"

/* The upper two bits of the first byte, and the whole byte of the wide forms. */
enum { LENGTH_6 = 0, LENGTH_14 = 1, LENGTH_WIDE = 2, STRING_FORM = 3 };
enum { LENGTH_32 = 0x80, LENGTH_64 = 0x81 };
/* The lower six bits of a STRING_FORM. */
enum { FORM_INT8 = 0, FORM_INT16 = 1, FORM_INT32 = 2, FORM_LZF = 3 };

/* Longer than any text that FORM_INT32 can stand for; no text of the second length gets shorter. */
#define INT_TEXT_MAX         11
#define COMPRESSION_GAIN_MIN 4
#define SMALL_STRING_MAX     (64 * 1024)
/* Three bytes of LZF stand for 264 bytes at the most. */
#define LZF_EXPANSION_MAX 88

/* ---- writing ---- */

static void append_big_endian(struct buf *out, uint64_t number, unsigned byte_count)
{
    while (byte_count-- > 0)
        buf_append_char(out, (char)(number >> (8 * byte_count)));
}

static void append_form(struct buf *out, unsigned form)
{
    buf_append_char(out, (char)(STRING_FORM << 6 | form));
}

void rdb_append_length(struct buf *out, uint64_t length)
{
    if (length < 1 << 6) {
        append_big_endian(out, length, 1);
    } else if (length < 1 << 14) {
        append_big_endian(out, LENGTH_14 << 14 | length, 2);
    } else if (length <= UINT32_MAX) {
        buf_append_char(out, (char)LENGTH_32);
        append_big_endian(out, length, 4);
    } else {
        buf_append_char(out, (char)LENGTH_64);
        append_big_endian(out, length, 8);
    }
}

void rdb_append_packed_head(struct buf *out, uint64_t packed_len, uint64_t len)
{
    append_form(out, FORM_LZF);
    rdb_append_length(out, packed_len);
    rdb_append_length(out, len);
}

/* False when the number needs more than 32 bits: it is written as text then. */
static bool append_int(struct buf *out, int64_t integer)
{
    unsigned form, byte_count;
    if (integer >= INT8_MIN && integer <= INT8_MAX) {
        form = FORM_INT8;
        byte_count = 1;
    } else if (integer >= INT16_MIN && integer <= INT16_MAX) {
        form = FORM_INT16;
        byte_count = 2;
    } else if (integer >= INT32_MIN && integer <= INT32_MAX) {
        form = FORM_INT32;
        byte_count = 4;
    } else {
        return false;
    }
    append_form(out, form);
    buf_append_low_first(out, (uint64_t)integer, byte_count);
    return true;
}

/* Packs behind the place where the head will be, whose size depends on the result's, and closes the gap.
 * False when it isn't worth it. There is room for the head and the bytes as they are. */
static bool append_compressed(struct buf *out, struct bytes bytes, enum rdb_compression compression)
{
    char *packed = out->data + out->len + RDB_STRING_HEAD_SIZE;
    size_t size = bytes.len - COMPRESSION_GAIN_MIN;
    size_t packed_len = compression == RDB_COMPRESSED_FAST ? lzf_pack_fast(bytes, packed, size)
                                                           : lzf_pack(bytes, packed, size);
    if (packed_len == 0)
        return false;
    rdb_append_packed_head(out, packed_len, bytes.len);
    memmove(out->data + out->len, packed, packed_len);
    out->len += packed_len;
    return true;
}

/* Small strings come in great numbers, so the buffer grows ahead of them; a large one may be more than there
 * is memory for. */
static bool make_room(struct buf *out, size_t len)
{
    size_t room;
    if (len <= SMALL_STRING_MAX) {
        buf_reserve(out, len + RDB_STRING_HEAD_SIZE);
        return true;
    }
    return size_add(len, RDB_STRING_HEAD_SIZE, &room) && buf_try_reserve(out, room);
}

bool rdb_append_bytes(struct buf *out, struct bytes bytes, enum rdb_compression compression)
{
    int64_t integer;
    if (!make_room(out, bytes.len))
        return false;
    if (bytes.len <= INT_TEXT_MAX && parse_i64(bytes, &integer) && append_int(out, integer))
        return true;
    if (compression != RDB_UNCOMPRESSED && bytes.len > RDB_INCOMPRESSIBLE_MAX &&
        append_compressed(out, bytes, compression))
        return true;
    rdb_append_length(out, bytes.len);
    buf_append_bytes(out, bytes);
    return true;
}

bool rdb_append_string(struct buf *out, const struct value *string, enum rdb_compression compression)
{
    char scratch[STRING_SCRATCH];
    return rdb_append_bytes(out, string_bytes(string, scratch), compression);
}

/* ---- reading ---- */

static struct bytes take(struct bytes *input, size_t len)
{
    struct bytes taken = {input->data, len};
    input->data += len;
    input->len -= len;
    return taken;
}

static enum rdb_result take_big_endian(struct bytes *input, size_t byte_count, uint64_t *number)
{
    if (input->len < byte_count)
        return RDB_CUT_OFF;
    *number = 0;
    while (byte_count-- > 0)
        *number = *number << 8 | (unsigned char)*take(input, 1).data;
    return RDB_OK;
}

static unsigned kind_of(struct bytes input)
{
    return (unsigned char)input.data[0] >> 6;
}

enum rdb_result rdb_take_length(struct bytes *input, uint64_t *length)
{
    enum rdb_result result;
    unsigned first;
    *length = 0;
    if (input->len == 0)
        return RDB_CUT_OFF;
    first = (unsigned char)input->data[0];
    if (kind_of(*input) == LENGTH_6)
        return take_big_endian(input, 1, length);
    if (kind_of(*input) == LENGTH_14) {
        result = take_big_endian(input, 2, length);
        *length &= (1 << 14) - 1;
        return result;
    }
    if (first != LENGTH_32 && first != LENGTH_64)
        return RDB_CORRUPT;
    (void)take(input, 1);
    return take_big_endian(input, first == LENGTH_32 ? 4 : 8, length);
}

static enum rdb_result take_int(struct bytes *input, unsigned form, int64_t *integer)
{
    unsigned byte_count = form == FORM_INT8 ? 1 : form == FORM_INT16 ? 2 : 4;
    unsigned unused_bits = 64 - 8 * byte_count;
    uint64_t bits;
    if (input->len < byte_count)
        return RDB_CUT_OFF;
    bits = bytes_low_first(take(input, byte_count));
    /* Moved to the top and back, the sign fills the upper bits. */
    *integer = (int64_t)(bits << unused_bits) >> unused_bits;
    return RDB_OK;
}

static enum rdb_result take_packed_lengths(struct bytes *input, struct rdb_string_head *head)
{
    enum rdb_result result = rdb_take_length(input, &head->body_len);
    if (result == RDB_OK)
        result = rdb_take_length(input, &head->len);
    if (result != RDB_OK)
        return result;
    return head->len == 0 || head->len / LZF_EXPANSION_MAX > head->body_len ? RDB_CORRUPT : RDB_OK;
}

enum rdb_result rdb_take_string_head(struct bytes *input, struct rdb_string_head *head)
{
    enum rdb_result result;
    unsigned form;
    *head = (struct rdb_string_head){.form = RDB_STRING_PLAIN};
    if (input->len == 0)
        return RDB_CUT_OFF;
    if (kind_of(*input) != STRING_FORM) {
        result = rdb_take_length(input, &head->body_len);
        head->len = head->body_len;
        return result;
    }
    form = (unsigned char)*take(input, 1).data & 0x3f;
    if (form > FORM_LZF)
        return RDB_CORRUPT;
    if (form == FORM_LZF) {
        head->form = RDB_STRING_LZF;
        return take_packed_lengths(input, head);
    }
    head->form = RDB_STRING_INT;
    return take_int(input, form, &head->integer);
}

static enum rdb_result unpack(const struct rdb_string_head *head, struct bytes body, struct buf *scratch)
{
    scratch->len = 0;
    if (head->len > SIZE_MAX || !buf_try_reserve(scratch, (size_t)head->len))
        return RDB_NO_MEMORY;
    if (!lzf_unpack(body, scratch->data, (size_t)head->len))
        return RDB_CORRUPT;
    scratch->len = (size_t)head->len;
    return RDB_OK;
}

enum rdb_result rdb_unpack_string(const struct rdb_string_head *head, struct bytes body, struct buf *scratch,
                                  struct value *string)
{
    enum rdb_result result;
    switch (head->form) {
    case RDB_STRING_INT:
        *string = string_value_int(head->integer);
        return RDB_OK;
    case RDB_STRING_LZF:
        result = unpack(head, body, scratch);
        if (result == RDB_OK)
            *string = string_value(buf_bytes(scratch));
        return result;
    case RDB_STRING_PLAIN:
        break;
    }
    *string = string_value(body);
    return RDB_OK;
}

enum rdb_result rdb_take_string(struct bytes *input, struct buf *scratch, struct value *string)
{
    struct rdb_string_head head;
    enum rdb_result result = rdb_take_string_head(input, &head);
    if (result != RDB_OK)
        return result;
    if (head.body_len > input->len)
        return RDB_CUT_OFF;
    return rdb_unpack_string(&head, take(input, (size_t)head.body_len), scratch, string);
}
