/* SPDX-License-Identifier: BSD-3-Clause */
/* Passwords that nobody guesses and no URL, shell or configuration file misreads. */
#ifndef APP_PASSWORD_H
#define APP_PASSWORD_H

#include "base/buf.h"

/* Appends a new one: 32 letters, digits, - and _, never - in front, 192 unpredictable bits. */
void password_generate(struct buf *out);

/* Appends a new one as it is needed: as the line of a configuration file, and as the lines of an
 * application's environment, which reaches the server on this machine at `port`. */
void password_print_new(int port, struct buf *out);

#endif
