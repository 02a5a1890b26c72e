/* SPDX-License-Identifier: BSD-3-Clause */
/* Inline requests: a line as a person types it, by the quoting rules of base/split.h. */
#ifndef PROTO_INLINE_H
#define PROTO_INLINE_H

#include "base/buf.h"
#include "proto/resp_parse.h"

/* What a client is told when inline_split returns false, without the "-ERR ". */
#define INLINE_UNBALANCED "Protocol error: unbalanced quotes in request"

/* Appends the arguments of `line` to `args`, perhaps none. They lie in `words`, which must be empty and not
 * changed while they are needed: the line itself stays as it is. False, with `args` as they were, when quotes
 * are unbalanced. */
bool inline_split(struct bytes line, struct buf *words, struct resp_args *args);

#endif
