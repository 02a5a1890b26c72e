/* SPDX-License-Identifier: BSD-3-Clause */
/* The texts of errors.h by their codes. */
#include "engine/errors.h"

const char *error_text(enum error_code code)
{
    static const char *const texts[] = {
#define X(name, text) (text),
        ERROR_TEXTS(X)
#undef X
    };
    return texts[code];
}
