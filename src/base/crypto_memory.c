/* SPDX-License-Identifier: BSD-3-Clause */
/* The library says where it asks from, which is nobody's business here. */
#include "base/crypto_memory.h"
#include "base/alloc.h"
#include <openssl/crypto.h>

static void *allocate(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return size > 0 ? mem_try_alloc(size) : NULL;
}

static void release(void *pointer, const char *file, int line)
{
    (void)file;
    (void)line;
    mem_free(pointer);
}

static void *reallocate(void *pointer, size_t size, const char *file, int line)
{
    if (size > 0)
        return mem_try_realloc(pointer, size);
    release(pointer, file, line);
    return NULL;
}

bool crypto_memory_count(void)
{
    return CRYPTO_set_mem_functions(allocate, reallocate, release) == 1;
}
