/* SPDX-License-Identifier: BSD-3-Clause */
/* The memory of OpenSSL, which each connection over TLS has some of. */
#ifndef BASE_CRYPTO_MEMORY_H
#define BASE_CRYPTO_MEMORY_H

#include <stdbool.h>

/* Has it counted (base/alloc.h) from now on. To be called before anything else of the library: afterwards it
 * is too late, and false. */
bool crypto_memory_count(void);

#endif
