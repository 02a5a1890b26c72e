/* SPDX-License-Identifier: BSD-3-Clause */
/* Inline requests. Arguments are unquoted in place, hence in a copy: a request that may not run yet is read
 * again. */
#include "proto/inline.h"
#include "base/panic.h"
#include "base/split.h"

bool inline_split(struct bytes line, struct buf *words, struct resp_args *args)
{
    size_t count_before = args->count;
    struct splitter splitter;
    struct bytes argument;
    enum split_result result;
    ASSERT(words->len == 0);
    if (line.len == 0)
        return true;
    buf_append_bytes(words, line);
    splitter = splitter_make(words->data, words->len);
    while ((result = split_next(&splitter, &argument)) == SPLIT_ARGUMENT) {
        *resp_args_reserve(args, 1) = argument;
        args->count++;
    }
    if (result == SPLIT_UNBALANCED)
        args->count = count_before;
    return result == SPLIT_END;
}
