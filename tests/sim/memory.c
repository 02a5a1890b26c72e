/* SPDX-License-Identifier: BSD-3-Clause */
#include "memory.h"
#include "base/alloc.h"
#include "chance.h"
#include "world.h"

static bool is_armed;
static unsigned failures;

bool memory_may_fail(bool may)
{
    bool before = is_armed;
    is_armed = may;
    return before;
}

unsigned memory_failures(void)
{
    return failures;
}

static bool fails(void)
{
    bool is_failure = is_armed && chance_permille(&world_chance, faults.memory);
    failures += is_failure;
    return is_failure;
}

__typeof__(mem_try_alloc) __real_mem_try_alloc, __wrap_mem_try_alloc;
void *__wrap_mem_try_alloc(size_t size)
{
    return fails() ? NULL : __real_mem_try_alloc(size);
}

__typeof__(mem_try_zalloc) __real_mem_try_zalloc, __wrap_mem_try_zalloc;
void *__wrap_mem_try_zalloc(size_t size)
{
    return fails() ? NULL : __real_mem_try_zalloc(size);
}

__typeof__(mem_try_realloc) __real_mem_try_realloc, __wrap_mem_try_realloc;
void *__wrap_mem_try_realloc(void *pointer, size_t size)
{
    return fails() ? NULL : __real_mem_try_realloc(pointer, size);
}
