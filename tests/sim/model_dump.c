/* SPDX-License-Identifier: BSD-3-Clause */
/* DUMP: the payload of a string is read here, whichever of its forms the server chose. */
#include "base/crc64.h"
#include "foreign.h"
#include "model_tables.h"

enum { CHECKSUM = 8, FOOTER = 10, STRING = 0 };

static bool is_whole(struct bytes payload)
{
    struct bytes summed = bytes_make(payload.data, payload.len - CHECKSUM);
    uint64_t checksum = 0;
    for (size_t i = 0; i < CHECKSUM; i++)
        checksum |= (uint64_t)(unsigned char)payload.data[summed.len + i] << 8 * i;
    return crc64(0, summed.data, summed.len) == checksum;
}

static bool is_null(struct bytes reply)
{
    return bytes_is(reply, "$-1\r\n") || bytes_is(reply, "_\r\n");
}

static bool is_nothing(struct expected *expected, struct bytes reply)
{
    (void)expected;
    return is_null(reply);
}

static bool is_payload(struct expected *expected, struct bytes reply)
{
    struct bytes payload;
    (void)expected;
    return reply_bulks(reply, &payload, 1) == 1 && payload.len > FOOTER && is_whole(payload);
}

/* What the string was is kept with what is expected. */
static bool is_string(struct expected *expected, struct bytes reply)
{
    struct bytes payload;
    struct buf text = {0};
    if (!is_payload(expected, reply) || reply_bulks(reply, &payload, 1) != 1 || payload.data[0] != STRING)
        return false;
    struct bytes rest = bytes_make(payload.data + 1, payload.len - 1 - FOOTER);
    bool is_same = foreign_take_string(&rest, &text) && rest.len == 0 &&
                   bytes_equal(buf_bytes(&text), buf_bytes(&expected->bytes));
    buf_clear(&text);
    return is_same;
}

static bool is_no_memory(struct expected *expected, struct bytes reply)
{
    (void)expected;
    return bytes_starts_with(reply, BYTES("-ERR insufficient memory"));
}

void model_dump(struct model_call *call)
{
    const struct slot *slot = call_slot(call, 1);
    if (model.call_failed) {
        (void)out_any(call->session, is_no_memory);
        return;
    }
    bool is_text = slot && slot->value.kind == MODEL_STRING;
    struct expected *expected = out_any(call->session, !slot ? is_nothing : is_text ? is_string : is_payload);
    if (is_text)
        buf_append_bytes(&expected->bytes, buf_bytes(&slot->value.text));
}
