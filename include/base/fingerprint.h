/* SPDX-License-Identifier: BSD-3-Clause */
/* The hash by which clients compare contents without sending them: XXH3, 64 bits, without a secret, so the
 * same everywhere and for ever. It is no protection against who looks for collisions. */
#ifndef BASE_FINGERPRINT_H
#define BASE_FINGERPRINT_H

#include "base/bytes.h"

uint64_t fingerprint(struct bytes bytes);

/* The same of bytes that are told piece by piece. */
struct fingerprinting;
struct fingerprinting *fingerprinting_new(void);
void fingerprinting_add(struct fingerprinting *so_far, struct bytes bytes);
uint64_t fingerprinting_result(const struct fingerprinting *so_far);
void fingerprinting_free(struct fingerprinting *so_far);

#endif
