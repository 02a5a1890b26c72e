/* SPDX-License-Identifier: BSD-3-Clause */
/* Functions: what FUNCTION and FCALL do. Each replies. */
#ifndef SCRIPT_FUNCTION_H
#define SCRIPT_FUNCTION_H

#include "engine/call.h"

void function_call(struct call *call, bool is_read_only);
/* Whether the function that is called says by itself that it only reads. */
bool function_only_reads(const struct call *call);

/* Adds the library that `code` is. */
void function_load_library(struct call *call, struct bytes code, bool replaces);
void function_delete(struct call *call, struct bytes name);
/* Of the libraries whose names match the pattern. */
void function_list(struct call *call, struct bytes pattern, bool shows_code);
void function_dump(struct call *call);

enum function_restore { FUNCTION_RESTORE_APPEND, FUNCTION_RESTORE_REPLACE, FUNCTION_RESTORE_FLUSH };
void function_restore(struct call *call, struct bytes payload, enum function_restore policy);
void function_flush(struct call *call);
/* What runs, and how much there is. */
void function_stats(struct call *call);

#endif
