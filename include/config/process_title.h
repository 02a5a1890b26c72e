/* SPDX-License-Identifier: BSD-3-Clause */
/* `proc-title-template`: a text with variables between braces, and what they stand for. */
#ifndef CONFIG_PROCESS_TITLE_H
#define CONFIG_PROCESS_TITLE_H

#include "base/bytes.h"

struct buf;

/* The variables; none may be NULL. The names in a template have - for _. */
#define PROCESS_TITLE_VARIABLES(VARIABLE)                                           \
    VARIABLE(title, "title")             /* the program as it was called */         \
    VARIABLE(listen_addr, "listen-addr") /* address and port, or the unix socket */ \
    VARIABLE(server_mode, "server-mode") /* "" or "[cluster]" */                    \
    VARIABLE(port, "port")                                                          \
    VARIABLE(tls_port, "tls-port")                                                  \
    VARIABLE(unixsocket, "unixsocket")                                              \
    VARIABLE(config_file, "config-file")

struct process_title {
#define TITLE_FIELD(field, name) const char *field;
    PROCESS_TITLE_VARIABLES(TITLE_FIELD)
#undef TITLE_FIELD
};

/* Whether all variables are known, all braces closed ("{{" is a brace) and the title would not be empty. */
bool process_title_is_valid(struct bytes template_text);

/* Appends the title without blanks at its ends; false, with a part of it appended, for a template that is not
 * valid. */
bool process_title_expand(struct bytes template_text, const struct process_title *values, struct buf *out);

#endif
