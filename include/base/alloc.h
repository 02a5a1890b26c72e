/* SPDX-License-Identifier: BSD-3-Clause */
/* The allocator's border: every heap byte of the server passes here and is counted. */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include <stdbool.h>
#include <stddef.h>

/* These don't return on failure: they report and abort. Take a size that a client or a file chose with
 * mem_try_alloc / mem_try_realloc, which return NULL instead. */
void *mem_alloc(size_t size);
void *mem_zalloc(size_t size);
void *mem_realloc(void *pointer, size_t size);
void *mem_try_alloc(size_t size);
void *mem_try_zalloc(size_t size);
void *mem_try_realloc(void *pointer, size_t size);
void mem_free(void *pointer);

/* Whether memory of a size that a client chose is there, so that what takes it next may be what doesn't
 * return on failure. Nobody asks for less than MEM_FOREIGN_MIN: there is always so much. */
enum { MEM_FOREIGN_MIN = 32 << 10 };
bool mem_has_room(size_t size);

/* NUL-terminated copy of a C string. */
char *mem_strdup(const char *text);

/* What the allocator really set aside for `pointer`. */
size_t mem_size(const void *pointer);

/* Bytes in use by all threads, as the allocator counts them, with what mem_account was told. */
size_t mem_used(void);

/* Counts memory that doesn't come from the allocator (slab pages). `delta` may be negative. */
void mem_account(ptrdiff_t delta);
/* The sum of what mem_account was told. */
size_t mem_accounted(void);

/* The allocator's own figures for INFO; zero where it has none. */
struct mem_allocator_stats {
    size_t allocated, active, resident, retained;
};
struct mem_allocator_stats mem_allocator_stats(void);

/* Name and version, as INFO's mem_allocator shows it. */
const char *mem_allocator_name(void);

/* Has the allocator's report written, piece by piece; false when it has none. */
bool mem_allocator_report(void (*write)(void *context, const char *text), void *context);

/* Asks the allocator to give unused pages back to the system now. */
void mem_purge(void);

/* a + b and a * b; false on overflow. */
static inline bool size_add(size_t a, size_t b, size_t *sum)
{
    return !__builtin_add_overflow(a, b, sum);
}

static inline bool size_mul(size_t a, size_t b, size_t *product)
{
    return !__builtin_mul_overflow(a, b, product);
}

#endif
