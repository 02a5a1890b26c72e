/* SPDX-License-Identifier: BSD-3-Clause */
/* What commands on deadlines of fields share: their arguments, and how they are recorded. */
#ifndef COMMANDS_HASH_DEADLINE_H
#define COMMANDS_HASH_DEADLINE_H

#include "engine/deadline.h"
#include "hash_access.h"

/* The fields named at argv[index], up to the end of the call: "FIELDS count field ..." `*first` is where the
 * names begin. False, having replied: `bad_count`, where the number is none of fields. */
bool call_named_fields(struct call *call, int index, const char *bad_count, int *first);

/* The deadline that argv[index] stands for. False, having replied. */
bool call_field_deadline(struct call *call, int index, enum deadline_unit unit, bool is_absolute,
                         struct deadline *deadline);

/* Some of the fields of a call, to be recorded. */
struct picked_fields {
    int *indexes; /* in argv; NULL: nothing is recorded */
    int count;
};

void picked_init(struct picked_fields *picked, const struct call *call, int count_max);
void picked_clear(struct picked_fields *picked);
static inline void picked_add(struct picked_fields *picked, int index)
{
    if (picked->indexes)
        picked->indexes[picked->count] = index;
    picked->count++;
}

/* Records them as what became of them: given that deadline, removed, or (`mode` DEADLINE_NONE) without one.
 */
void picked_record(struct call *call, const struct picked_fields *picked, struct deadline deadline);

#endif
