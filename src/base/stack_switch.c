/* SPDX-License-Identifier: BSD-3-Clause */
/* What a call must leave as it was is pushed on the one stack and popped from the other. Nobody changes the
 * modes of floating-point arithmetic, so that they are the same on both. */
#include "stack_switch.h"
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)

/* Words on a stack that stands still, and which of them is what. */
enum { SAVED_WORDS = 7, ENTRY = 6, CONTEXT = 4, FUNCTION = 3 };

/* In the order of popping: r15, r14, r13, r12, rbx, rbp, and where to return. A new stack returns to
 * stack_begin, with its context in rbx and its function in r12. */
__asm__(".text\n"
        ".globl stack_switch\n"
        ".type stack_switch, @function\n"
        "stack_switch:\n"
        "    endbr64\n"
        "    push %rbp\n"
        "    push %rbx\n"
        "    push %r12\n"
        "    push %r13\n"
        "    push %r14\n"
        "    push %r15\n"
        "    mov %rsp, (%rdi)\n"
        "    mov %rsi, %rsp\n"
        "    pop %r15\n"
        "    pop %r14\n"
        "    pop %r13\n"
        "    pop %r12\n"
        "    pop %rbx\n"
        "    pop %rbp\n"
        "    ret\n"
        ".size stack_switch, . - stack_switch\n"
        ".type stack_begin, @function\n"
        "stack_begin:\n"
        "    mov %rbx, %rdi\n"
        "    call *%r12\n"
        "    ud2\n"
        ".size stack_begin, . - stack_begin\n");

/* Zero: no shadow is kept of where calls return to. */
static uint64_t shadow_pointer(void)
{
    uint64_t pointer = 0;
    __asm__ volatile("rdsspq %0" : "+r"(pointer));
    return pointer;
}

bool stack_can_switch(void)
{
    return shadow_pointer() == 0;
}

void stack_begin(void);

void *stack_prepare(char *top, void (*entry)(void *context), void *context)
{
    /* When they are popped the stack is empty, and aligned as calls have it. */
    uintptr_t *saved = (uintptr_t *)(void *)top - SAVED_WORDS;
    memset(saved, 0, SAVED_WORDS * sizeof *saved);
    saved[FUNCTION] = (uintptr_t)entry;
    saved[CONTEXT] = (uintptr_t)context;
    saved[ENTRY] = (uintptr_t)stack_begin;
    return saved;
}

#else

bool stack_can_switch(void)
{
    return false;
}

void *stack_prepare(char *top, void (*entry)(void *context), void *context)
{
    (void)top;
    (void)entry;
    (void)context;
    return NULL;
}

void stack_switch(void **from, void *to)
{
    (void)from;
    (void)to;
}

#endif
