/* SPDX-License-Identifier: BSD-3-Clause */
#include "support/script_reply.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct bytes script_reply(struct harness *h, const char *script)
{
    return harness_request(h, 3, "EVAL", script, "0");
}

void assert_script_fails(struct harness *h, const char *script, const char *part)
{
    struct buf reply = {0};
    buf_append_bytes(&reply, script_reply(h, script));
    if (reply.len == 0 || reply.data[0] != '-' || !strstr(buf_cstring(&reply), part))
        fail_msg("%s replies %s, not %s", script, buf_cstring(&reply), part);
    buf_clear(&reply);
    assert_script(h, "return 'alive'", "$5\r\nalive\r\n");
}
