/* SPDX-License-Identifier: BSD-3-Clause */
/* Replies of which several are right: parts in any order, or some of them. */
#ifndef SIM_MODEL_CHOICE_H
#define SIM_MODEL_CHOICE_H

#include "model.h"

enum choice_rule { CHOICE_ALL, CHOICE_DISTINCT, CHOICE_REPEATING };

struct choice {
    enum choice_rule rule;
    char head[32];  /* the line that the reply begins with; "": it has no head */
    int part_count; /* that come */
    int part_size;  /* replies in each */
    struct model_value parts;
};

/* An aggregate ('*', '%' or '~'), of so many parts of so many replies. The parts are added by the caller. */
struct choice *out_choice(struct session *session, enum choice_rule rule, char type, int part_count,
                          int part_size);
/* One reply that is one of the parts. */
struct choice *out_one_of(struct session *session);
/* Takes over what is in `part`. */
void choice_add(struct choice *choice, struct buf *part);
void choice_add_bulk(struct choice *choice, struct bytes bytes);
void choice_free(struct choice *choice);

/* Cuts the next part off, of so many replies; false when there isn't one. */
bool take_part(struct bytes *rest, int size, struct bytes *part);

#endif
