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
