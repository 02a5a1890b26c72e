/* SPDX-License-Identifier: BSD-3-Clause */
/* Comparing and searching views of bytes. Case is ASCII's alone: the server's protocol knows no locale, so
 * neither does anything here. An empty view may have a null pointer, which the C library's functions must
 * never see. */
#include "base/bytes.h"
#include "base/alloc.h"

static inline unsigned char lower(char c)
{
    unsigned char byte = (unsigned char)c;
    return (unsigned char)(byte - 'A') < 26 ? (unsigned char)(byte | 0x20) : byte;
}

bool bytes_equal_nocase(struct bytes a, struct bytes b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (lower(a.data[i]) != lower(b.data[i]))
            return false;
    }
    return true;
}

bool bytes_is_nocase(struct bytes a, const char *text)
{
    return bytes_equal_nocase(a, bytes_of(text));
}

int bytes_compare(struct bytes a, struct bytes b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common == 0 ? 0 : memcmp(a.data, b.data, common);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

bool bytes_starts_with(struct bytes bytes, struct bytes prefix)
{
    return bytes.len >= prefix.len && (prefix.len == 0 || memcmp(bytes.data, prefix.data, prefix.len) == 0);
}

size_t bytes_index_of(struct bytes bytes, char byte)
{
    const char *found = bytes.len == 0 ? NULL : memchr(bytes.data, byte, bytes.len);
    return !found ? bytes.len : (size_t)(found - bytes.data);
}

char *bytes_to_cstring(struct bytes bytes)
{
    char *text = mem_alloc(bytes.len + 1);
    if (bytes.len > 0)
        memcpy(text, bytes.data, bytes.len);
    text[bytes.len] = '\0';
    return text;
}
