/* SPDX-License-Identifier: BSD-3-Clause */
/* A tree beside a plain array of what it should hold. Elements are made of two numbers each, so the array
 * needs no bytes. */
#ifndef TREE_MODEL_H
#define TREE_MODEL_H

#include "types/tree.h"

struct model_element {
    uint64_t order;
    int64_t deadline;
    uint32_t key, value;
};

struct tree_model {
    struct tree tree;
    struct model_element *elements;
    size_t count, capacity;
    uint32_t keys;       /* keys are drawn from so many numbers */
    uint64_t order_mask; /* few bits: many elements of one order */
    uint32_t deadlines;  /* one in so many elements gets one; 0: none */
    uint64_t seed;
};

void model_init(struct tree_model *model, const struct tree_kind *kind);
void model_clear(struct tree_model *model);

uint64_t model_random(struct tree_model *model);
uint64_t model_below(struct tree_model *model, uint64_t bound);

/* One random edit, search or walk in both, compared. The more elements than `wanted` there are, the more
 * are removed. */
void model_step(struct tree_model *model, size_t wanted);

/* Everything: each element, both directions, the tree's own check. */
void model_check(struct tree_model *model);

/* A number made of all of a tree's elements in their order. */
uint64_t tree_digest(const struct tree *tree);

#endif
