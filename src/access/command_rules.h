/* SPDX-License-Identifier: BSD-3-Clause */
/* Which commands somebody may run: one bit a command, and the rules that led to it. */
#ifndef ACCESS_COMMAND_RULES_H
#define ACCESS_COMMAND_RULES_H

#include "access/catalog.h"
#include "access/rule.h"
#include "access/texts.h"
#include "base/buf.h"

/* `+select|0`: the command may be run with this argument, whatever its bit says. */
struct argument_rules {
    struct texts allowed; /* the arguments */
    struct texts noted;   /* rules among the notes: "select|0" */
};

struct command_rules {
    const struct acl_catalog *catalog;
    bool allows_all;    /* without exception */
    bool allows_others; /* commands that are not known yet, but for exceptions: how the rules are told */
    uint64_t *bits;
    struct argument_rules **arguments; /* by command; NULL as long as there are none */
    /* The rules since +@all or -@all, each but the last of its kind left out: "get" "@list", marked with
     * whether they allow. */
    struct texts notes;
};

/* Allows nothing. */
void command_rules_init(struct command_rules *rules, const struct acl_catalog *catalog);
void command_rules_clear(struct command_rules *rules);
void command_rules_copy(struct command_rules *to, const struct command_rules *from);

/* +@all, -@all. */
void command_rules_set_all(struct command_rules *rules, bool is_allowed);
/* "+get", "-config|get", "+@list" ...: `is_allowed` is the sign, `name` what is behind it. */
enum rule_result command_rules_apply(struct command_rules *rules, bool is_allowed, struct bytes name);

/* Whether the command may be run; `argument` is its first one, NULL when it has none. */
bool command_rules_permit(const struct command_rules *rules, int command, const struct bytes *argument);

/* Appends "-@all +get ...". */
void command_rules_print(const struct command_rules *rules, struct buf *out);

#endif
