/* SPDX-License-Identifier: BSD-3-Clause */
/* Taking a reply apart, from the front. What isn't as said fails the test. */
#ifndef SUPPORT_REPLY_TAKE_H
#define SUPPORT_REPLY_TAKE_H

#include "base/bytes.h"

/* Without its end. */
struct bytes take_line(struct bytes *rest);
/* The 7 of "*7", and of other lines whose first byte is a type. */
int64_t take_count(struct bytes *rest);
/* The 7 of "m7", a bulk string. */
int take_number(struct bytes *rest);
/* What is behind the first bytes of a line. */
int64_t number_behind(struct bytes line, size_t head);

#endif
