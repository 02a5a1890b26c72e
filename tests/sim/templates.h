/* SPDX-License-Identifier: BSD-3-Clause */
/* What requests are made from. A row is a template whose capital letters and signs stand for something that
 * is drawn (see arguments.h). A new command is a row here and one in the model. */
#ifndef SIM_TEMPLATES_H
#define SIM_TEMPLATES_H

#include <stddef.h>

enum family {
    STRINGS,
    KEYS,
    EXPIRY,
    SESSIONS,
    TRANSACTIONS,
    PUBSUB,
    SERVER,
    DANGER,
    LISTS,
    HASHES,
    FIELDS,
    SETS,
    ZSETS,
    BLOCKING,
    SCANS,
    TRACKING,
    SILENCE,
    SCRIPTS,
    STREAMS,
    GROUPS,
    CONDITIONS,
    BITS,
    USERS,
    MONITORS,
    STANDING, /* scripts that take long, and who can't wait */
    PASSWORDS,
    LONG_STRINGS,
    ESTIMATES,
    STRANGERS, /* what they send, and nobody else */
    FAMILY_COUNT
};

struct template
{
    enum family family;
    const char *words;
};

struct templates {
    const struct template *rows;
    size_t count;
};

/* Those for keys and their values, and those for the server, its clients and all keys together. */
extern const struct templates value_templates, server_templates;

#endif
