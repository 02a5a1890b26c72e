/* SPDX-License-Identifier: BSD-3-Clause */
/* What scripts reply, with no keys and no arguments. */
#ifndef SUPPORT_SCRIPT_REPLY_H
#define SUPPORT_SCRIPT_REPLY_H

#include "support/harness.h"

struct bytes script_reply(struct harness *h, const char *script);

#define assert_script(h, script, expected) \
    harness_assert(script_reply((h), (script)), BYTES(expected), (script), __FILE__, __LINE__)

/* The script fails, and its error says so; the next one runs. */
void assert_script_fails(struct harness *h, const char *script, const char *part);

#endif
