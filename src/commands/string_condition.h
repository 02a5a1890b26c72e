/* SPDX-License-Identifier: BSD-3-Clause */
/* What must hold of a key before it is written or removed: that it is there or not, that its string is or
 * isn't a given one, or has or hasn't a given digest. A change that only happens to the value that was read
 * loses nobody's update, and takes nobody else's lock. */
#ifndef COMMANDS_STRING_CONDITION_H
#define COMMANDS_STRING_CONDITION_H

#include "engine/call.h"

/* Kinds of conditions, for commands that know only some. */
enum {
    CONDITION_PRESENCE = 1, /* NX, XX */
    CONDITION_CONTENT = 2,  /* IFEQ, IFNE, IFDEQ, IFDNE */
    CONDITION_ANY = 3,
};

struct condition;

/* What a command was told; zeros: nothing. */
struct condition_option {
    const struct condition *condition;
    struct bytes wanted; /* of one that compares: a string, or a digest */
};

/* NX as if it had been said. */
extern const struct condition_option if_missing;

/* Takes the word at `*index`, and what is to be compared behind it, if it is a condition of these kinds. The
 * same one may come again and the last one counts, but different ones exclude each other. */
bool take_condition(const struct call *call, int *index, unsigned kinds, struct condition_option *option);

/* Whether the string has to be read to tell. */
bool condition_compares(const struct condition_option *option);
/* Whether this argument may be the word of such a condition. */
bool is_comparing_word(struct bytes argument);

/* Whether the condition holds for `entry` (NULL: no such key). False, having replied, when a string is needed
 * and this is none, or when no digest looks like that. */
bool test_condition(struct call *call, const struct condition_option *option, const struct entry *entry,
                    bool *holds);

/* The digest of a string: 16 hex digits of XXH3's 64 bits. */
enum { STRING_DIGEST_LEN = 16 };
void string_digest(const struct entry *entry, char out[static STRING_DIGEST_LEN]);
void string_digest_print(uint64_t digest, char out[static STRING_DIGEST_LEN]);

#endif
