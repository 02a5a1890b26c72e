/* SPDX-License-Identifier: BSD-3-Clause */
#include "include.h"
#include "base/alloc.h"
#include "base/buf.h"
#include <glob.h>

/* The caller frees it. */
static char *full_name(const char *directory, struct bytes name)
{
    struct buf path = {0};
    if (directory && !(name.len > 0 && name.data[0] == '/'))
        buf_printf(&path, "%s/", directory);
    buf_append(&path, name.data, name.len);
    char *result = bytes_to_cstring(buf_bytes(&path));
    buf_clear(&path);
    return result;
}

void include_each(const char *directory, struct bytes name, include_visitor *visit, void *context)
{
    char *pattern = full_name(directory, name);
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
