/* SPDX-License-Identifier: BSD-3-Clause */
/* Lengths and strings in each of the forms that a file may have them in. */
#include "base/number.h"
#include "foreign.h"
#include "packs.h"

enum { FORM_LZF = 0xc3, LENGTH_32 = 0x80, LENGTH_64 = 0x81 };
/* Longer ones are left as they are: packing is slow here. */
enum { PACKED_MIN = 21, PACKED_MAX = 1500 };

static void high_first(struct buf *out, uint64_t number, int bytes)
{
    while (bytes-- > 0)
        buf_append_char(out, (char)(number >> 8 * bytes));
}

void foreign_length(struct buf *out, uint64_t length)
{
    if (length < 64) {
        buf_append_char(out, (char)length);
    } else if (length < 16384) {
        high_first(out, 0x4000 | length, 2);
    } else if (length <= UINT32_MAX) {
        buf_append_char(out, (char)LENGTH_32);
        high_first(out, length, 4);
    } else {
        buf_append_char(out, (char)LENGTH_64);
        high_first(out, length, 8);
    }
}

/* ---- LZF ---- */

enum { LITERALS_MAX = 32, MATCH_MIN = 3, MATCH_MAX = 264, DISTANCE_MAX = 300 };

struct match {
    size_t len, distance;
};

static struct match longest_match(struct bytes text, size_t at)
{
    struct match best = {0, 0};
    for (size_t distance = 1; distance <= at && distance <= DISTANCE_MAX; distance++) {
        size_t len = 0;
        while (at + len < text.len && len < MATCH_MAX &&
               text.data[at + len] == text.data[at + len - distance])
            len++;
        if (len > best.len)
            best = (struct match){len, distance};
    }
    return best;
}

static void append_literals(struct buf *out, struct bytes literals)
{
    while (literals.len > 0) {
        size_t len = literals.len < LITERALS_MAX ? literals.len : LITERALS_MAX;
        buf_append_char(out, (char)(len - 1));
        buf_append(out, literals.data, len);
        literals = bytes_make(literals.data + len, literals.len - len);
    }
}

static void append_match(struct buf *out, struct match match)
{
    size_t len = match.len - 2, back = match.distance - 1;
    buf_append_char(out, (char)((len < 7 ? len : 7) << 5 | back >> 8));
    if (len >= 7)
        buf_append_char(out, (char)(len - 7));
    buf_append_char(out, (char)back);
}

static void pack(struct buf *out, struct bytes text)
{
    size_t literals = 0, at = 0;
    while (at < text.len) {
        struct match match = longest_match(text, at);
        if (match.len < MATCH_MIN) {
            at++;
            continue;
        }
        append_literals(out, bytes_make(text.data + literals, at - literals));
        append_match(out, match);
        at += match.len;
        literals = at;
    }
    append_literals(out, bytes_make(text.data + literals, at - literals));
}

static void append_packed(struct buf *out, struct bytes text)
{
    struct buf packed = {0};
    pack(&packed, text);
    buf_append_char(out, (char)FORM_LZF);
    foreign_length(out, packed.len);
    foreign_length(out, text.len);
    buf_append_bytes(out, buf_bytes(&packed));
    buf_clear(&packed);
}

/* ---- strings ---- */

static void append_integer(struct buf *out, int64_t number)
{
    unsigned form = number == (int8_t)number ? 0 : number == (int16_t)number ? 1 : 2;
    buf_append_char(out, (char)(0xc0 | form));
    pack_number(out, (uint64_t)number, 1u << form);
}

void foreign_string(struct buf *out, struct bytes text, struct chance *chance)
{
    int64_t number;
    if (parse_i64(text, &number) && number >= INT32_MIN && number <= INT32_MAX &&
        chance_permille(chance, 700)) {
        append_integer(out, number);
    } else if (text.len >= PACKED_MIN && text.len <= PACKED_MAX && chance_permille(chance, 300)) {
        append_packed(out, text);
    } else {
        foreign_length(out, text.len);
        buf_append_bytes(out, text);
    }
}

/* ---- reading ---- */

static bool take(struct bytes *rest, size_t len, struct bytes *taken)
{
    if (rest->len < len)
        return false;
    *taken = bytes_make(rest->data, len);
    *rest = bytes_make(rest->data + len, rest->len - len);
    return true;
}

static bool take_high_first(struct bytes *rest, size_t len, uint64_t *number)
{
    struct bytes taken;
    if (!take(rest, len, &taken))
        return false;
    *number = 0;
    for (size_t i = 0; i < len; i++)
        *number = *number << 8 | (unsigned char)taken.data[i];
    return true;
}

static bool take_length(struct bytes *rest, uint64_t *length)
{
    unsigned first = rest->len > 0 ? (unsigned char)rest->data[0] : FORM_LZF;
    if (first < 0x40)
        return take_high_first(rest, 1, length);
    bool is_short = first < 0x80;
    if (!is_short && first != LENGTH_32 && first != LENGTH_64)
        return false;
    if (is_short)
        return take_high_first(rest, 2, length) && (*length &= 0x3fff, true);
    *rest = bytes_make(rest->data + 1, rest->len - 1);
    return take_high_first(rest, first == LENGTH_32 ? 4 : 8, length);
}

static bool take_match(struct bytes *packed, unsigned head, struct buf *text)
{
    uint64_t more = 0, low;
    if ((head >> 5 == 7 && !take_high_first(packed, 1, &more)) || !take_high_first(packed, 1, &low))
        return false;
    size_t distance = ((head & 31) << 8 | (size_t)low) + 1, len = (head >> 5) + (size_t)more + 2;
    if (distance > text->len)
        return false;
    for (; len > 0; len--)
        buf_append_char(text, text->data[text->len - distance]);
    return true;
}

static bool unpack(struct bytes packed, struct buf *text)
{
    struct bytes literals;
    uint64_t head;
    while (packed.len > 0) {
        (void)take_high_first(&packed, 1, &head);
        if (head >= LITERALS_MAX) {
            if (!take_match(&packed, (unsigned)head, text))
                return false;
            continue;
        }
        if (!take(&packed, (size_t)head + 1, &literals))
            return false;
        buf_append_bytes(text, literals);
    }
    return true;
}

static bool take_integer(struct bytes *rest, unsigned form, struct buf *text)
{
    struct bytes taken;
    uint64_t bits = 0;
    unsigned size = 1u << form;
    if (!take(rest, size, &taken))
        return false;
    for (unsigned i = 0; i < size; i++)
        bits |= (uint64_t)(unsigned char)taken.data[i] << 8 * i;
    int64_t number = form == 0 ? (int8_t)bits : form == 1 ? (int16_t)bits : (int32_t)bits;
    buf_printf(text, "%lld", (long long)number);
    return true;
}

bool foreign_take_string(struct bytes *rest, struct buf *text)
{
    uint64_t packed_len, len;
    struct bytes taken;
    unsigned first = rest->len > 0 ? (unsigned char)rest->data[0] : UINT8_MAX;
    text->len = 0;
    if (first >= 0xc0)
        *rest = bytes_make(rest->data + 1, rest->len - 1);
    if (first >= 0xc0 && first < FORM_LZF)
        return take_integer(rest, first - 0xc0, text);
    if (first != FORM_LZF)
        return first < FORM_LZF && take_length(rest, &len) && take(rest, (size_t)len, &taken) &&
               (buf_append_bytes(text, taken), true);
    return take_length(rest, &packed_len) && take_length(rest, &len) &&
           take(rest, (size_t)packed_len, &taken) && unpack(taken, text) && text->len == len;
}
