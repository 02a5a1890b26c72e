/* SPDX-License-Identifier: BSD-3-Clause */
#include "function_payloads.h"
#include "base/crc64.h"
#include "foreign.h"
#include "model_script.h"
#include "packs.h"

enum { PAYLOADS_MAX = 24, FUNCTION = 245, NO_FUNCTION = 246, VERSION_BYTES = 2, CHECKSUM_BYTES = 8 };

static struct made {
    struct buf bytes;
    struct function_payload payload;
} made[PAYLOADS_MAX];
static int count;

static void add_library(struct buf *out, struct bytes code, struct chance *chance)
{
    buf_append_char(out, (char)FUNCTION);
    foreign_string(out, code, chance);
}

static void add_libraries(struct buf *out, unsigned libraries, struct chance *chance)
{
    for (int i = 0; libraries >> i; i++) {
        if (libraries >> i & 1)
            add_library(out, model_library(i), chance);
    }
}

static void end(struct buf *out, unsigned version)
{
    pack_number(out, version, VERSION_BYTES);
    pack_number(out, crc64(0, out->data, out->len), CHECKSUM_BYTES);
}

static void make_good(struct made *one, struct chance *chance)
{
    static const unsigned versions[] = {10, 11, 12, 80};
    add_libraries(&one->bytes, one->payload.libraries, chance);
    end(&one->bytes, versions[chance_below(chance, 4)]);
    /* Who writes none isn't asked for it. */
    if (chance_permille(chance, 200))
        memset(one->bytes.data + one->bytes.len - CHECKSUM_BYTES, 0, CHECKSUM_BYTES);
}

static void make_bad(struct made *one, struct chance *chance)
{
    static const char wrong_footer[] = "ERR DUMP payload version or checksum are wrong";
    static const char wrong_format[] = "ERR failed loading the given functions payload";
    struct buf *out = &one->bytes;
    add_libraries(out, one->payload.libraries, chance);
    switch (chance_below(chance, 7)) {
    case 0:
        one->payload.error = wrong_footer;
        end(out, 10);
        out->data[chance_below(chance, out->len - CHECKSUM_BYTES)] ^= 1;
        break;
    case 1:
        one->payload.error = wrong_footer;
        end(out, 50);
        break;
    case 2:
        one->payload.error = wrong_footer;
        out->len = 0;
        buf_append_text(out, "too short");
        break;
    case 3:
        one->payload.error = "ERR given type is not a function";
        buf_append_char(out, (char)NO_FUNCTION);
        end(out, 10);
        break;
    case 4:
        one->payload.error = wrong_format;
        buf_append_char(out, (char)FUNCTION);
        foreign_length(out, 40);
        buf_append_text(out, "not as many as it says");
        end(out, 10);
        break;
    case 5:
        one->payload.error = wrong_format;
        buf_append_text(out, "\xf5\xc0\x0c"); /* a number */
        end(out, 11);
        break;
    default:
        one->payload.error = "";
        add_library(out, BYTES("#!lua name=broken\nthis is no Lua"), chance);
        end(out, 10);
    }
}

struct bytes function_payload_draw(struct chance *chance)
{
    if (count < PAYLOADS_MAX) {
        struct made *one = &made[count++];
        *one = (struct made){.payload.libraries = (unsigned)chance_below(chance, 8)};
        if (chance_permille(chance, 600))
            make_good(one, chance);
        else
            make_bad(one, chance);
    }
    return buf_bytes(&made[chance_below(chance, (uint64_t)count)].bytes);
}

const struct function_payload *function_payload_find(struct bytes payload)
{
    for (int i = 0; i < count; i++) {
        if (bytes_equal(buf_bytes(&made[i].bytes), payload))
            return &made[i].payload;
    }
    return NULL;
}

void function_payloads_forget(void)
{
    while (count > 0)
        buf_clear(&made[--count].bytes);
}
