/* SPDX-License-Identifier: BSD-3-Clause */
/* The address sanitizer has its own swapcontext, which says each time that it can't be trusted. It needs no
 * help: src/base/fiber.c tells it of each change of stacks. */
#include <dlfcn.h>
#include <stdlib.h>
#include <ucontext.h>

__typeof__(swapcontext) __wrap_swapcontext;
int __wrap_swapcontext(ucontext_t *from, const ucontext_t *to)
{
    static __typeof__(swapcontext) *libc_swapcontext;
    if (!libc_swapcontext) {
        void *found = dlsym(dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD), "swapcontext");
        if (!found)
            abort();
        *(void **)&libc_swapcontext = found;
    }
    return libc_swapcontext(from, to);
}
