/* SPDX-License-Identifier: BSD-3-Clause */
/* The stack lies behind a page that can't be touched. Where stacks can't be switched plainly, contexts of the
 * C library do it. */
#include "base/fiber.h"
#include "base/alloc.h"
#include "stack_switch.h"
#include <stdint.h>
#include <sys/mman.h>
#include <ucontext.h>

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define WITH_ADDRESS_SANITIZER
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define WITH_ADDRESS_SANITIZER
#endif

#ifdef WITH_ADDRESS_SANITIZER
#include <sanitizer/common_interface_defs.h>
#define SWITCH_BEGINS(keep, bottom, size) __sanitizer_start_switch_fiber(keep, bottom, size)
#define SWITCHED(keep, bottom, size)      __sanitizer_finish_switch_fiber(keep, bottom, size)
#else
#define SWITCH_BEGINS(keep, bottom, size) ((void)(keep), (void)(bottom), (void)(size))
#define SWITCHED(keep, bottom, size)      ((void)(keep), (void)(bottom), (void)(size))
#endif

/* Lua nests C calls 200 deep, a pattern is matched as deep as it is long. */
#define STACK_SIZE ((size_t)2 << 20)
#define GUARD_SIZE ((size_t)4096)

struct contexts {
    ucontext_t inside, outside;
};

struct fiber {
    char *stack;               /* with the guard */
    void *inside, *outside;    /* where the two stacks stand, one of them */
    struct contexts *contexts; /* instead of these; NULL: none are needed */
    void (*run)(void *context);
    void *context;
    /* For the sanitizer, which has to be told of stacks. */
    void *inside_frames, *outside_frames;
    const void *outside_bottom;
    size_t outside_size;
};

/* It never ends: what is run next goes on where the one before stopped, so that no stack has to be made for
 * it. */
static void begin(void *context)
{
    struct fiber *fiber = context;
    SWITCHED(NULL, &fiber->outside_bottom, &fiber->outside_size);
    for (;;) {
        fiber->run(fiber->context);
        fiber_pause(fiber);
    }
}

/* A pointer comes in two halves: contexts are given numbers. */
static void begin_context(unsigned high, unsigned low)
{
    begin((void *)((uintptr_t)high << 32 | low));
}

static void make_contexts(struct fiber *fiber)
{
    struct contexts *contexts = mem_zalloc(sizeof *contexts);
    (void)getcontext(&contexts->inside);
    contexts->inside.uc_stack.ss_sp = fiber->stack + GUARD_SIZE;
    contexts->inside.uc_stack.ss_size = STACK_SIZE;
    makecontext(&contexts->inside, (void (*)(void))begin_context, 2, (unsigned)((uintptr_t)fiber >> 32),
                (unsigned)(uintptr_t)fiber);
    fiber->contexts = contexts;
}

struct fiber *fiber_new(void)
{
    char *stack = mmap(NULL, GUARD_SIZE + STACK_SIZE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (stack == MAP_FAILED)
        return NULL;
    (void)mprotect(stack, GUARD_SIZE, PROT_NONE);
    struct fiber *fiber = mem_zalloc(sizeof *fiber);
    fiber->stack = stack;
    if (stack_can_switch())
        fiber->inside = stack_prepare(stack + GUARD_SIZE + STACK_SIZE, begin, fiber);
    else
        make_contexts(fiber);
    return fiber;
}

void fiber_free(struct fiber *fiber)
{
    if (!fiber)
        return;
    (void)munmap(fiber->stack, GUARD_SIZE + STACK_SIZE);
    mem_free(fiber->contexts);
    mem_free(fiber);
}

void fiber_set(struct fiber *fiber, void (*run)(void *context), void *context)
{
    fiber->run = run;
    fiber->context = context;
}

void fiber_resume(struct fiber *fiber)
{
    SWITCH_BEGINS(&fiber->outside_frames, fiber->stack + GUARD_SIZE, STACK_SIZE);
    if (fiber->contexts)
        (void)swapcontext(&fiber->contexts->outside, &fiber->contexts->inside);
    else
        stack_switch(&fiber->outside, fiber->inside);
    SWITCHED(fiber->outside_frames, NULL, NULL);
}

void fiber_pause(struct fiber *fiber)
{
    SWITCH_BEGINS(&fiber->inside_frames, fiber->outside_bottom, fiber->outside_size);
    if (fiber->contexts)
        (void)swapcontext(&fiber->contexts->inside, &fiber->contexts->outside);
    else
        stack_switch(&fiber->inside, fiber->outside);
    SWITCHED(fiber->inside_frames, &fiber->outside_bottom, &fiber->outside_size);
}
