/* SPDX-License-Identifier: BSD-3-Clause */
/* Asking for memory ahead of its use. */
#ifndef BASE_PREFETCH_H
#define BASE_PREFETCH_H

/* gcc takes a function that does nothing but prefetch for one without effect, and drops the calls of it; the
 * empty statement in assembler keeps it from that. */
static inline __attribute__((always_inline)) void memory_prefetch(const void *address)
{
    __builtin_prefetch(address);
    __asm__ volatile("");
}

#endif
