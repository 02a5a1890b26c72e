/* SPDX-License-Identifier: BSD-3-Clause */
/* The certificate by which the server shows who it is: from the directives tls-* to what tls-port and
 * http-tls-port use. */
#ifndef APP_CERTIFICATES_H
#define APP_CERTIFICATES_H

#include "config/config_file.h"
#include "engine/server.h"

/* Reads the files and uses them for connections that come from now on; while both ports are 0, none. False
 * with `error` filled, and those from before in use, when something is wrong with them. */
bool certificates_apply(void *server, struct error *error);

/* At the end; monitoring frees its own. */
void certificates_free(struct server *server);

/* SIGHUP: reads the files again, whether or not they changed, and logs it. False as above. */
bool certificates_reload(struct server *server);

/* Comes round: does the same when files changed, once they stay as they are for a
 * while; and warns when the certificate is about to expire. */
void certificates_look(struct server *server);

/* Notes in `load` what is wrong with them. */
void certificates_check(const struct config *config, struct config_load *load);

#endif
