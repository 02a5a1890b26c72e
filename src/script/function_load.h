/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SCRIPT_FUNCTION_LOAD_H
#define SCRIPT_FUNCTION_LOAD_H

#include "libraries.h"

struct function_load_how {
    bool replaces; /* a library of the same name */
    bool is_timed; /* it may not take long */
};

/* Adds the library that the code is to `libraries`. NULL, with what is wrong as an error's text in `error`,
 * when it is none, or there is no place for it. */
struct library *function_load(struct scripts *scripts, struct libraries *libraries, struct bytes code,
                              struct function_load_how how, struct buf *error);

#endif
