/* SPDX-License-Identifier: BSD-3-Clause */
/* A user: a name, what a client must know to be that user, and what that user may do. Of a password only its
 * digest is kept. */
#ifndef ACCESS_USER_H
#define ACCESS_USER_H

#include "access/selector.h"
#include "base/bytes.h"
#include "base/digest.h"

/* What its clients are still to follow. */
enum user_change { USER_UNCHANGED, USER_CHANGED, USER_LEAVING };

struct user {
    char *name;
    const struct acl_catalog *catalog;
    bool is_enabled;
    bool needs_password;        /* else any is accepted */
    bool skips_checks;          /* of what RESTORE is given: skip-sanitize-payload */
    bool is_unlimited;          /* everything is permitted */
    struct texts passwords;     /* their digests */
    struct selector *selectors; /* the user's own, then those in parentheses */
    size_t selector_count;
    size_t unlimited_count; /* of those in parentheses that permit everything */
    enum user_change change;
};

/* One that may do nothing, is not enabled and has no password; owned by the caller. */
struct user *user_new(struct bytes name, const struct acl_catalog *catalog);
/* "default" as it is at first: enabled, without a password, and everything is permitted. */
struct user *user_new_default(const struct acl_catalog *catalog);
struct user *user_dup(const struct user *user);
void user_free(struct user *user);
/* Each gets the rules of the other; names stay. */
void user_swap_rules(struct user *a, struct user *b);

/* One rule of ACL SETUSER: "on", ">password", "#digest", "(+get ~a*)", or one of a selector. A rule that
 * can't be applied changes nothing. */
enum rule_result user_apply(struct user *user, struct bytes rule);

/* From now on this password and no other. */
void user_set_password(struct user *user, struct bytes password);
/* From now on any. */
void user_drop_password(struct user *user);

/* The time this takes tells nothing of the right passwords. */
bool user_accepts(const struct user *user, struct bytes password);
/* Whether one is that user without having said anything. */
bool user_admits_anybody(const struct user *user);

/* Whether the request must say which keys it is about. */
bool user_minds_keys(const struct user *user);
/* When no selector permits the request, `*index` is the argument to be told of: 0 for the command itself. */
enum permission user_check(const struct user *user, const struct acl_request *request, int *index);
/* Whether one selector permits the request and this access to every key. */
bool user_has_every_key(const struct user *user, const struct acl_request *request, unsigned access);
bool user_permits_channel(const struct user *user, struct bytes channel, bool is_pattern);

/* The words of ACL GETUSER's flags, one after the other: NULL when there are no more. */
const char *user_flag(const struct user *user, size_t index);
void user_print_password(const struct listed_text *password, char out[static SHA256_HEX_SIZE + 1]);
/* Appends rules that make the same user of a new one: what follows the name in ACL LIST. */
void user_print_rules(const struct user *user, struct buf *out);

#endif
