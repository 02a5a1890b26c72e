/* SPDX-License-Identifier: BSD-3-Clause */
/* What was built. The versions themselves are in engine/server.h. */
#ifndef APP_VERSION_H
#define APP_VERSION_H

/* The first digits of the commit. */
extern const char version_commit[];

#endif
