/* SPDX-License-Identifier: BSD-3-Clause */
#include "include.h"
#include "base/alloc.h"
#include "base/file.h"
#include <glob.h>

void include_each(const char *directory, struct bytes name, include_visitor *visit, void *context)
{
    char *pattern = file_path_in(directory, name);
    glob_t found;
    if (!strpbrk(pattern, "*?[")) {
        visit(context, pattern);
    } else if (glob(pattern, 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++)
            visit(context, found.gl_pathv[i]);
        globfree(&found);
    }
    mem_free(pattern);
}
