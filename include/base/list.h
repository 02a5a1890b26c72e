/* SPDX-License-Identifier: BSD-3-Clause */
/* An intrusive, circular, doubly linked list: the links lie in the members, so nothing is allocated. */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *next, *previous;
};

/* The struct of `type` whose member `member` is `link`. */
#define LIST_ENTRY(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))

/* clang-format off */
#define LIST_EACH(link, head)                                                         \
    for (struct list *link = (head)->next; link != (head); link = link->next)
/* clang-format on */

/* The same when the body may remove `link`. */
#define LIST_EACH_SAFE(link, head)                                                    \
    for (struct list *link = (head)->next, *link##_next = link->next; link != (head); \
         link = link##_next, link##_next = link->next)

static inline void list_init(struct list *list)
{
    list->next = list->previous = list;
}

static inline bool list_is_empty(const struct list *list)
{
    return list->next == list;
}

/* True for a link that is in no list (list_init or list_remove was its last call). */
static inline bool list_is_unlinked(const struct list *link)
{
    return link->next == link;
}

static inline void list_append(struct list *list, struct list *link)
{
    link->previous = list->previous;
    link->next = list;
    list->previous->next = link;
    list->previous = link;
}

static inline void list_prepend(struct list *list, struct list *link)
{
    list_append(list->next, link);
}

/* Moves everything in `from` to the end of `list`. */
static inline void list_append_all(struct list *list, struct list *from)
{
    if (list_is_empty(from))
        return;
    from->next->previous = list->previous;
    from->previous->next = list;
    list->previous->next = from->next;
    list->previous = from->previous;
    list_init(from);
}

/* Takes `link` out; it may be removed again without harm. */
static inline void list_remove(struct list *link)
{
    link->previous->next = link->next;
    link->next->previous = link->previous;
    list_init(link);
}

#endif
