/* SPDX-License-Identifier: BSD-3-Clause */
/* By which names the server may be called. A web page can make the name of its own site mean this machine
 * (DNS rebinding) and would then read what is answered here; its requests still carry that name. */
#ifndef HTTP_HOST_H
#define HTTP_HOST_H

#include "base/bytes.h"

/* Whether the value of a Host header, with or without a port, is an address, localhost, or one of `names`
 * (with blanks between them, in any case of letters). */
bool host_is_allowed(struct bytes host, const char *names);

#endif
