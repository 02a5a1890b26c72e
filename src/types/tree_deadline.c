/* SPDX-License-Identifier: BSD-3-Clause */
/* The way to the element whose deadline comes first: each branch knows the least deadline of each child. */
#include "tree_node.h"

int64_t tree_least_deadline(const struct tree *tree)
{
    return tree->root ? node_least(tree->root) : TREE_NEVER;
}

static size_t child_with(const struct tree_node *branch, int64_t least)
{
    size_t i = 0;
    while (branch_least(branch)[i] != least)
        i++;
    return i;
}

bool tree_find_due(const struct tree *tree, int64_t now, struct tree_cursor *cursor)
{
    int64_t least = tree_least_deadline(tree);
    if (least == TREE_NEVER || least > now)
        return false;
    struct tree_node *node = tree->root;
    cursor->tree = (struct tree *)(uintptr_t)tree;
    cursor->height = node->height;
    for (; node->height; node = branch_children(node)[cursor->index[node->height]]) {
        cursor->node[node->height] = node;
        cursor->index[node->height] = (uint16_t)child_with(node, least);
    }
    size_t i = 0;
    leaf_least(node, &i);
    cursor->node[0] = node;
    cursor->index[0] = (uint16_t)i;
    return true;
}
