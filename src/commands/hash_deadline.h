/* SPDX-License-Identifier: BSD-3-Clause */
/* What commands on deadlines of fields share: their arguments, and how they are recorded. */
#ifndef COMMANDS_HASH_DEADLINE_H
#define COMMANDS_HASH_DEADLINE_H

#include "engine/deadline.h"
#include "hash_access.h"

/* Fields named in a call: "FIELDS count field ..." */
struct named_fields {
    const struct bytes *names;
    int count;
};

/* What stands at argv[index], up to the end of the call. False, having replied: `bad_count`, where the number
 * is none of fields. */
bool call_named_fields(struct call *call, int index, const char *bad_count, struct named_fields *fields);

/* The deadline that argv[index] stands for. False, having replied. */
bool call_field_deadline(struct call *call, int index, enum deadline_unit unit, bool is_absolute,
                         struct deadline *deadline);

/* Some of the fields of a call, to be recorded. */
struct picked_fields {
    struct bytes *argv; /* room for the record; fields from PICKED_HEAD on */
    int count;
};
enum { PICKED_HEAD = 5 };

void picked_init(struct picked_fields *picked, int count_max);
void picked_clear(struct picked_fields *picked);
static inline void picked_add(struct picked_fields *picked, struct bytes field)
{
    picked->argv[PICKED_HEAD + picked->count++] = field;
}

/* Records them as what became of them: given that deadline, removed, or (`mode` DEADLINE_NONE) without one.
 */
void picked_record(struct call *call, struct picked_fields *picked, struct deadline deadline);

#endif
