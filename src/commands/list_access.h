/* SPDX-License-Identifier: BSD-3-Clause */
/* What the commands on lists share. */
#ifndef COMMANDS_LIST_ACCESS_H
#define COMMANDS_LIST_ACCESS_H

#include "engine/edit.h"
#include "types/sequence.h"

/* Elements that are looked at in a row, and in a step of what takes longer. */
enum { LIST_LOOKS_AT_ONCE = 1024, LIST_LOOKS_A_STEP = 256 };

/* The events of putting at an end, and of taking from it. */
extern const char *const list_push_events[2], *const list_pop_events[2];

/* LEFT or RIGHT at argv[index]; false, having replied, when it is neither. */
bool call_list_end(struct call *call, int index, enum sequence_end *end);
/* "LEFT" or "RIGHT". */
struct bytes list_end_name(enum sequence_end end);

/* The list at argv[index] to be read; false, having replied, when the key holds another type. */
bool call_list(struct call *call, int index, struct collection *list);

void reply_list_element(struct reply *reply, const struct sequence_element *element);

/* Removes `count` elements from `index` on, whose memory is given back elsewhere when they are many. */
void list_cut(const struct call *call, struct collection *list, uint64_t index, uint64_t count);

/* Takes `count` elements, which are there, from an end of the list and replies with them: as bulk strings one
 * after the other, whatever they belong to. */
void list_pop(struct call *call, struct edit *edit, enum sequence_end end, uint64_t count);

/* LMOVE of argv[1] to argv[2]. Replies with the element, or nil when there is none. */
void list_move(struct call *call, enum sequence_end from, enum sequence_end to);

/* What LMPOP and its like are asked for. */
struct list_mpop {
    int first_key, last_key; /* in argv */
    enum sequence_end end;
    int64_t count;
};

/* Takes it from argv[index] on; false, having replied, when it makes no sense. */
bool call_list_mpop(struct call *call, int index, struct list_mpop *mpop);
/* Answers with what the first list of these keys holds, or with an error; false, with nothing replied, when
 * there is none. Recorded as LPOP or RPOP. */
bool list_mpop(struct call *call, const struct list_mpop *mpop);

#endif
