/* SPDX-License-Identifier: BSD-3-Clause */
/* The count of bytes in use is kept here, as malloc_usable_size tells it, so that it holds with any
 * allocator. The main thread, which allocates for every command, has a counter that nobody else writes and
 * needs no locked instruction; all other threads share a second one. Either may wrap below zero (memory moves
 * between threads): the sum is right.
 *
 * jemalloc is linked where it can be; its functions are weak symbols, absent under the sanitizers. */
#include "base/alloc.h"
#include "base/panic.h"
#include <malloc.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern int mallctl(const char *name, void *old_value, size_t *old_len, void *new_value, size_t new_len)
    __attribute__((weak));
extern void malloc_stats_print(void (*write)(void *context, const char *text), void *context,
                               const char *options) __attribute__((weak));

static atomic_size_t main_thread_bytes;
static atomic_size_t other_threads_bytes;
static atomic_size_t accounted_bytes;
static _Thread_local bool is_main_thread;

__attribute__((constructor)) static void claim_main_thread(void)
{
    is_main_thread = true;
}

/* Adds modulo 2^64, so a decrease is counted as its two's complement. */
static inline void count_add(size_t delta)
{
    if (is_main_thread) {
        size_t bytes = atomic_load_explicit(&main_thread_bytes, memory_order_relaxed);
        atomic_store_explicit(&main_thread_bytes, bytes + delta, memory_order_relaxed);
    } else {
        atomic_fetch_add_explicit(&other_threads_bytes, delta, memory_order_relaxed);
    }
}

void mem_account(ptrdiff_t delta)
{
    count_add((size_t)delta);
    atomic_fetch_add_explicit(&accounted_bytes, (size_t)delta, memory_order_relaxed);
}

size_t mem_accounted(void)
{
    return atomic_load_explicit(&accounted_bytes, memory_order_relaxed);
}

size_t mem_used(void)
{
    size_t sum = atomic_load_explicit(&main_thread_bytes, memory_order_relaxed) +
                 atomic_load_explicit(&other_threads_bytes, memory_order_relaxed);
    /* Read between the two halves of a move from thread to thread it may be off by that much. */
    return sum > SIZE_MAX / 2 ? 0 : sum;
}

size_t mem_size(const void *pointer)
{
    return malloc_usable_size((void *)(uintptr_t)pointer);
}

/* No allocator can serve more, and the sanitizers' treats asking for it as a bug. */
static inline bool is_possible(size_t size)
{
    return size <= PTRDIFF_MAX;
}

void *mem_try_alloc(size_t size)
{
    void *pointer = is_possible(size) ? malloc(size) : NULL;
    if (pointer)
        count_add(malloc_usable_size(pointer));
    return pointer;
}

void *mem_try_zalloc(size_t size)
{
    void *pointer = is_possible(size) ? calloc(1, size) : NULL;
    if (pointer)
        count_add(malloc_usable_size(pointer));
    return pointer;
}

void *mem_try_realloc(void *pointer, size_t size)
{
    size_t before = malloc_usable_size(pointer);
    void *moved;
    if (!is_possible(size))
        return NULL;
    /* A size of zero would free. */
    moved = realloc(pointer, size == 0 ? 1 : size);
    if (moved)
        count_add(malloc_usable_size(moved) - before);
    return moved;
}

bool mem_has_room(size_t size)
{
    void *pointer = size < MEM_FOREIGN_MIN ? NULL : mem_try_alloc(size);
    mem_free(pointer);
    return pointer || size < MEM_FOREIGN_MIN;
}

static __attribute__((noreturn, cold)) void out_of_memory(size_t size)
{
    PANIC("Out Of Memory allocating %zu bytes", size);
}

void *mem_alloc(size_t size)
{
    void *pointer = mem_try_alloc(size);
    if (!pointer)
        out_of_memory(size);
    return pointer;
}

void *mem_zalloc(size_t size)
{
    void *pointer = mem_try_zalloc(size);
    if (!pointer)
        out_of_memory(size);
    return pointer;
}

void *mem_realloc(void *pointer, size_t size)
{
    void *moved = mem_try_realloc(pointer, size);
    if (!moved)
        out_of_memory(size);
    return moved;
}

void mem_free(void *pointer)
{
    if (!pointer)
        return;
    count_add(-malloc_usable_size(pointer));
    free(pointer);
}

char *mem_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(mem_alloc(size), text, size);
}

/* ---- The allocator itself ---- */

static size_t read_figure(const char *name)
{
    size_t figure = 0, len = sizeof figure;
    return mallctl(name, &figure, &len, NULL, 0) == 0 ? figure : 0;
}

struct mem_allocator_stats mem_allocator_stats(void)
{
    struct mem_allocator_stats stats = {0};
    uint64_t epoch = 1;
    size_t len = sizeof epoch;
    if (!mallctl)
        return stats;
    /* The figures are those of the last time that the epoch was advanced. */
    (void)mallctl("epoch", &epoch, &len, &epoch, sizeof epoch);
    stats.allocated = read_figure("stats.allocated");
    stats.active = read_figure("stats.active");
    stats.resident = read_figure("stats.resident");
    stats.retained = read_figure("stats.retained");
    return stats;
}

const char *mem_allocator_name(void)
{
    static char name[48];
    const char *version = NULL;
    size_t len = sizeof version;
    if (!mallctl || mallctl("version", &version, &len, NULL, 0) != 0)
        return "libc";
    /* "5.3.0-0-g54eaed1…": what follows the first dash names a commit. */
    (void)snprintf(name, sizeof name, "jemalloc-%.*s", (int)strcspn(version, "-"), version);
    return name;
}

bool mem_allocator_report(void (*write)(void *context, const char *text), void *context)
{
    if (!malloc_stats_print)
        return false;
    malloc_stats_print(write, context, NULL);
    return true;
}

void mem_purge(void)
{
    if (!mallctl)
        malloc_trim(0);
    else
        (void)mallctl("arena.4096.purge", NULL, NULL, NULL, 0); /* 4096 stands for all arenas */
}
