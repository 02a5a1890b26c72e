/* SPDX-License-Identifier: BSD-3-Clause */
/* The synopsis of a command's row, taken apart: from the line that a person reads to the arguments of
 * COMMAND DOCS.
 *
 *     key [NX] [EX seconds:integer | ...]     see src/engine/synopsis.c for the language
 */
#ifndef ENGINE_SYNOPSIS_H
#define ENGINE_SYNOPSIS_H

#include "base/bytes.h"

struct error;

enum argument_type {
    ARGUMENT_STRING,
    ARGUMENT_INTEGER,
    ARGUMENT_DOUBLE,
    ARGUMENT_KEY,
    ARGUMENT_PATTERN,
    ARGUMENT_UNIX_TIME,
    ARGUMENT_PURE_TOKEN,
    ARGUMENT_ONEOF,
    ARGUMENT_BLOCK,
};

struct argument {
    enum argument_type type;
    struct bytes name;
    struct bytes token, display, since, deprecated_since; /* data NULL: none */
    int key_spec;                                         /* index of the row's key spec; -1: none */
    bool is_optional, is_multiple, is_token_repeated;
    struct argument *arguments; /* of a oneof or block; owned */
    int argument_count;
};

struct synopsis {
    struct argument *arguments;
    int argument_count;
    char *lower_case; /* the text in lower case, which names may view */
};

/* Takes `text` apart; the result views it. `key_spec_count` is that of the row. False, with `error` filled
 * and nothing to clear, when the text isn't well-formed. */
bool synopsis_parse(struct synopsis *synopsis, const char *text, int key_spec_count, struct error *error);
void synopsis_clear(struct synopsis *synopsis);

/* "string", "oneof", "pure-token" ... */
const char *argument_type_name(enum argument_type type);

#endif
