/* SPDX-License-Identifier: BSD-3-Clause */
/* The work of SORT: what it was asked for, and the elements on their way into order. */
#ifndef COMMANDS_SORT_H
#define COMMANDS_SORT_H

#include "elements.h"
#include "engine/long_work.h"
#include "held_collection.h"
#include "merge_sort.h"

/* Numbers of arguments are 0 where there is no such argument. */
struct sort_options {
    bool is_descending, is_alphabetic;
    bool is_unsorted;          /* elements stay as they are */
    int by, store;             /* the pattern of weights; the key for the result */
    int64_t offset, count_max; /* of what is wanted; below 0: all */
    int *gets;                 /* the patterns of what is wanted of each; owned */
    int get_count;
};

struct sort_item {
    struct bytes element;
    struct bytes text; /* by which it is put in order, ... */
    double number;     /* ... or by this one */
    bool has_weight;
};

struct sort {
    struct long_work work;
    struct call *call; /* as long as it hasn't had to wait */
    struct store *store;
    struct sort_options options;
    struct held_collection held;
    struct element_walk walk;
    struct sort_item *items;
    size_t count, total;      /* elements that are loaded; that are to be */
    size_t weighed;           /* those whose weights were looked up */
    size_t first, end;        /* those that are wanted, once they are in order */
    struct text_block *texts; /* what has to be kept, and lies nowhere else */
    const void **order, **spare;
    struct merge_sort merge;
    bool has_wrong_weight; /* some are no numbers */
    bool lacks_memory;     /* for something that is to be stored */
    size_t shown;          /* elements that are in the result */
    struct reply reply;
    struct buf buffer;
    struct collection result; /* to be stored */
};

/* Holds what is in `entry` (NULL: nothing), and takes over the options. */
struct sort *sort_new(struct call *call, const struct sort_options *options, const struct entry *entry);
void sort_free(struct long_work *work);

/* Gives an element that is loaded a weight that was looked up. */
void sort_weigh(struct sort *sort, size_t index, struct bytes text);

/* Goes on with all that looks at no keys; true when it is done. */
bool sort_step(struct sort *sort);

/* Puts something into the result. */
void sort_show(struct sort *sort, struct bytes bytes, struct blob *blob);
void sort_show_nothing(struct sort *sort);

#endif
