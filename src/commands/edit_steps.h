/* SPDX-License-Identifier: BSD-3-Clause */
/* Edits that are many small ones, each as good as a command's own: they take effect, and are recorded, one
 * after the other while others are served, who see how far they came. Nothing is done twice or in vain,
 * whatever others do to the key meanwhile. */
#ifndef COMMANDS_EDIT_STEPS_H
#define COMMANDS_EDIT_STEPS_H

#include "engine/edit.h"
#include "engine/long_work.h"

/* The first part of what a command works with. */
struct edit_steps {
    /* Does some of it, which it records itself; true when nothing is left. The key may be gone or another's
     * since the last time. */
    bool (*step)(struct edit_steps *steps, struct call *call);
    void (*answer)(struct edit_steps *steps, struct call *call);
    /* Frees what else it owns; may be NULL. */
    void (*clear)(struct edit_steps *steps);

    /* Its own: */
    struct long_work work;
    struct call *call; /* as long as it hasn't had to wait */
    struct keyspace *keyspace;
};

/* Does all, answers and clears. What begins with `steps`, of `size` bytes, is moved to the heap before; 0: it
 * is little, and done where it lies, at once. The last thing that a command does. */
void edit_in_steps(struct call *call, struct edit_steps *steps, size_t size);

/* Records the call's first `fixed` arguments and those from `first` up to `end`. */
void record_arguments(struct call *call, int fixed, int first, int end);

#endif
