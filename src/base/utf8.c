/* SPDX-License-Identifier: BSD-3-Clause */
/* The well-formed sequences, as the Unicode standard lists them: the first byte tells how many follow, and
 * for a few first bytes the second one's range is narrower than 80 to BF, which rules out overlong forms,
 * surrogates and what is too large. */
#include "base/utf8.h"
#include "base/buf.h"

static bool is_within(unsigned char byte, unsigned char first, unsigned char last)
{
    return byte >= first && byte <= last;
}

static bool is_second(unsigned char lead, unsigned char second)
{
    switch (lead) {
    case 0xe0:
        return is_within(second, 0xa0, 0xbf);
    case 0xed:
        return is_within(second, 0x80, 0x9f);
    case 0xf0:
        return is_within(second, 0x90, 0xbf);
    case 0xf4:
        return is_within(second, 0x80, 0x8f);
    default:
        return is_within(second, 0x80, 0xbf);
    }
}

static size_t announced_length(unsigned char lead)
{
    if (lead < 0x80)
        return 1;
    if (is_within(lead, 0xc2, 0xdf))
        return 2;
    if (is_within(lead, 0xe0, 0xef))
        return 3;
    return is_within(lead, 0xf0, 0xf4) ? 4 : 0;
}

size_t utf8_length(struct bytes text)
{
    const unsigned char *bytes = (const unsigned char *)text.data;
    size_t length = text.len > 0 ? announced_length(bytes[0]) : 0;
    if (length > text.len)
        return 0;
    if (length > 1 && !is_second(bytes[0], bytes[1]))
        return 0;
    for (size_t i = 2; i < length; i++) {
        if (!is_within(bytes[i], 0x80, 0xbf))
            return 0;
    }
    return length;
}

void utf8_append_name(struct buf *out, struct bytes name)
{
    while (name.len > 0) {
        size_t len = utf8_length(name);
        if (len == 0)
            buf_printf(out, "\\x%02x", (unsigned char)name.data[0]);
        else if (name.data[0] == '\\')
            buf_append_text(out, "\\\\");
        else
            buf_append(out, name.data, len);
        len += len == 0;
        name = bytes_make(name.data + len, name.len - len);
    }
}
