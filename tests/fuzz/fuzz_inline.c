/* SPDX-License-Identifier: BSD-3-Clause */
/* Inline requests: what comes out of a line, quoted again, must come out again. */
#include "base/panic.h"
#include "proto/inline.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct buf words = {0}, quoted = {0}, words_again = {0};
    struct resp_args args = {0}, args_again = {0};
    if (inline_split(bytes_make(data, size), &words, &args)) {
        for (size_t i = 0; i < args.count; i++) {
            ASSERT(args.items[i].data >= words.data);
            ASSERT(args.items[i].data + args.items[i].len <= words.data + words.len);
            buf_append_quoted(&quoted, args.items[i]);
            buf_append_char(&quoted, i % 2 == 0 ? ' ' : '\t');
        }
        ASSERT(inline_split(buf_bytes(&quoted), &words_again, &args_again));
        ASSERT(args_again.count == args.count);
        for (size_t i = 0; i < args.count; i++)
            ASSERT(bytes_equal(args.items[i], args_again.items[i]));
    } else {
        ASSERT(args.count == 0);
    }
    resp_args_clear(&args);
    resp_args_clear(&args_again);
    buf_clear(&words);
    buf_clear(&quoted);
    buf_clear(&words_again);
    return 0;
}
