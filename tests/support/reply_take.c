/* SPDX-License-Identifier: BSD-3-Clause */
#include "support/reply_take.h"
#include "base/number.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct bytes take_line(struct bytes *rest)
{
    struct bytes line = {rest->data, bytes_index_of(*rest, '\r')};
    assert_true(line.len + 2 <= rest->len);
    rest->data += line.len + 2;
    rest->len -= line.len + 2;
    return line;
}

int64_t number_behind(struct bytes line, size_t head)
{
    int64_t number;
    assert_true(parse_i64(bytes_make(line.data + head, line.len - head), &number));
    return number;
}

int64_t take_count(struct bytes *rest)
{
    return number_behind(take_line(rest), 1);
}

int take_number(struct bytes *rest)
{
    assert_true(bytes_starts_with(take_line(rest), BYTES("$")));
    return (int)number_behind(take_line(rest), 1);
}
