/* SPDX-License-Identifier: BSD-3-Clause */
#include "persist/function_payload.h"
#include "base/crc64.h"
#include "dump_format.h"
#include "persist/dump.h"
#include "persist/rdb_string.h"
#include "rdb_format.h"

void function_payload_add(struct buf *payload, struct bytes code, bool compresses)
{
    buf_append_char(payload, (char)RDB_FUNCTION2);
    /* Without memory it stays as it is. */
    if (!rdb_append_bytes(payload, code, compresses ? RDB_COMPRESSED : RDB_UNCOMPRESSED))
        (void)rdb_append_bytes(payload, code, RDB_UNCOMPRESSED);
}

void function_payload_end(struct buf *payload, unsigned version)
{
    buf_append_low_first(payload, version, DUMP_VERSION_SIZE);
    buf_append_low_first(payload, crc64(0, payload->data, payload->len), DUMP_CHECKSUM_SIZE);
}

static bool has_right_footer(struct bytes payload)
{
    if (!restore_knows(payload))
        return false;
    size_t len = payload.len - DUMP_CHECKSUM_SIZE;
    uint64_t stored = bytes_low_first(bytes_make(payload.data + len, DUMP_CHECKSUM_SIZE));
    return stored == 0 || stored == crc64(0, payload.data, len);
}

static bool take_code(struct bytes *rest, struct buf *scratch, struct bytes *code)
{
    struct value value;
    if (rdb_take_string(rest, scratch, &value) != RDB_OK || !value_is_bytes(&value))
        return false;
    *code = value.bytes;
    return true;
}

static enum function_payload_read read_next(struct bytes *rest, struct buf *scratch,
                                            bool (*take)(void *context, struct bytes code), void *context)
{
    struct bytes code;
    if ((unsigned char)rest->data[0] != RDB_FUNCTION2)
        return FUNCTION_PAYLOAD_WRONG_TYPE;
    *rest = bytes_make(rest->data + 1, rest->len - 1);
    if (!take_code(rest, scratch, &code))
        return FUNCTION_PAYLOAD_WRONG_FORMAT;
    return take(context, code) ? FUNCTION_PAYLOAD_READ : FUNCTION_PAYLOAD_REFUSED;
}

enum function_payload_read
function_payload_read(struct bytes payload, bool (*take)(void *context, struct bytes code), void *context)
{
    if (!has_right_footer(payload))
        return FUNCTION_PAYLOAD_WRONG_FOOTER;
    struct bytes rest = bytes_make(payload.data, payload.len - DUMP_FOOTER_SIZE);
    struct buf scratch = {0};
    enum function_payload_read result = FUNCTION_PAYLOAD_READ;
    while (rest.len > 0 && result == FUNCTION_PAYLOAD_READ)
        result = read_next(&rest, &scratch, take, context);
    buf_clear(&scratch);
    return result;
}
