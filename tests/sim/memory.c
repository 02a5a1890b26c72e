/* SPDX-License-Identifier: BSD-3-Clause */
#include "memory.h"
#include "base/alloc.h"
#include "base/blob.h"
#include "chance.h"
#include "world.h"

static bool is_armed;
static unsigned failures;
static size_t asked; /* the most that the command has made sure of */

bool memory_may_fail(bool may)
{
    bool before = is_armed;
    is_armed = may;
    asked = 0;
    return before;
}

unsigned memory_failures(void)
{
    return failures;
}

void memory_forget_failures(unsigned count)
{
    failures = count;
}

static bool fails(void)
{
    bool is_failure = is_armed && chance_permille(&world_chance, faults.memory);
    failures += is_failure;
    return is_failure;
}

/* ---- what can't be refused has to be asked for ---- */

__typeof__(mem_has_room) __real_mem_has_room, __wrap_mem_has_room;
bool __wrap_mem_has_room(size_t size)
{
    if (size >= MEM_FOREIGN_MIN && fails())
        return false;
    asked = size > asked ? size : asked;
    return true;
}

/* Beside the bytes there are lengths and room to grow. */
static bool is_asked_for(size_t len)
{
    return len < 2 * MEM_FOREIGN_MIN || len - MEM_FOREIGN_MIN <= asked;
}

/* What is taken between these isn't refused. */
static bool begin_taking(size_t len)
{
    bool was_armed = is_armed;
    if (is_armed && !is_asked_for(len))
        world_fail("%zu bytes are taken that can't be refused, and nobody asked for them", len);
    is_armed = false;
    return was_armed;
}

static struct blob *end_taking(struct blob *blob, bool was_armed)
{
    is_armed = was_armed;
    return blob;
}

__typeof__(blob_new) __real_blob_new, __wrap_blob_new;
struct blob *__wrap_blob_new(size_t len)
{
    bool was_armed = begin_taking(len);
    return end_taking(__real_blob_new(len), was_armed);
}

__typeof__(blob_of) __real_blob_of, __wrap_blob_of;
struct blob *__wrap_blob_of(struct bytes bytes)
{
    bool was_armed = begin_taking(bytes.len);
    return end_taking(__real_blob_of(bytes), was_armed);
}

/* ---- what can ---- */

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
