/* SPDX-License-Identifier: BSD-3-Clause */
/* A set of rights: commands, keys and channels that go together. A user has one of its own and as many more
 * as it was given in parentheses; what is asked for must be within one of them. */
#ifndef ACCESS_SELECTOR_H
#define ACCESS_SELECTOR_H

#include "access/catalog.h"
#include "access/rule.h"
#include "access/texts.h"
#include "base/buf.h"

enum access { ACCESS_READ = 1, ACCESS_WRITE = 2, ACCESS_ALL = 3 };

struct command_rules;

struct selector {
    struct command_rules *commands;
    bool has_all_keys, has_all_channels; /* then there are no patterns of theirs */
    struct texts keys, channels;         /* patterns, marked with enum access; of channels all */
};

/* Nothing is permitted, but channels where the catalogue gives them. */
void selector_init(struct selector *selector, const struct acl_catalog *catalog);
void selector_clear(struct selector *selector);
void selector_copy(struct selector *to, const struct selector *from);

/* "+get", "-@all", "~key*", "%R~key*", "&channel", "allkeys" ... A rule that can't be applied changes
 * nothing. */
enum rule_result selector_apply(struct selector *selector, struct bytes rule);

/* Everything is permitted. */
bool selector_is_unlimited(const struct selector *selector);

/* As ACL GETUSER has them. */
void selector_print_commands(const struct selector *selector, struct buf *out);
void selector_print_keys(const struct selector *selector, struct buf *out);
void selector_print_channels(const struct selector *selector, struct buf *out);
/* Appends rules that make the same selector of a new one. */
void selector_print(const struct selector *selector, struct buf *out);

/* ---- what is asked for ---- */

struct acl_key {
    int index;       /* in argv */
    unsigned access; /* enum access; 0: whether it is there */
};

/* A command with its arguments, as far as rights are about them. */
struct acl_request {
    int command; /* in the catalogue */
    bool is_for_everybody;
    const struct bytes *argv;
    int argc;
    const struct acl_key *keys; /* may be missing where the user has_all_keys in each selector */
    int key_count;
    int first_channel, channel_count; /* in argv */
    bool are_patterns;                /* the channels: each must be permitted as it is written */
};

enum permission { PERMITTED, DENIED_COMMAND, DENIED_KEY, DENIED_CHANNEL };

/* Sets `*index` to the argument that it was denied for. */
enum permission selector_check(const struct selector *selector, const struct acl_request *request,
                               int *index);

/* Whether it may run the command and have this access to every key there is. */
bool selector_has_every_key(const struct selector *selector, const struct acl_request *request,
                            unsigned access);

bool selector_permits_channel(const struct selector *selector, struct bytes channel, bool is_pattern);

#endif
