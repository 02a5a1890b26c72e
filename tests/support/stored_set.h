/* SPDX-License-Identifier: BSD-3-Clause */
/* Sets for tests of them: kept as an entry keeps them, with members that have numbers. */
#ifndef SUPPORT_STORED_SET_H
#define SUPPORT_STORED_SET_H

#include "types/set.h"

enum { NAMES = 900, TEXT = 400 };

/* A set as an entry keeps it: bytes of its own, or a large one. */
struct stored {
    struct buf packed, scratch;
    struct large *large;
    struct collection_limits limits;
};

struct value stored_value(const struct stored *stored);
struct collection stored_reading(const struct stored *stored);
/* What was changed is kept by the second. */
struct collection stored_editing(struct stored *stored);
void stored_edited(struct stored *stored, const struct collection *set);
bool stored_add(struct stored *stored, struct bytes member);
bool stored_remove(struct stored *stored, struct bytes member);
void stored_clear(struct stored *stored);
const char *stored_encoding(const struct stored *stored);

/* Names are integers of every width, or, from this number on, texts. */
extern int first_text;
int64_t integer_of(int number);
struct bytes name_of(char text[static TEXT], int number);
int number_of(struct bytes name);

/* At random, below `bound`: the same in each run. */
int chosen(int bound);

#endif
