/* SPDX-License-Identifier: BSD-3-Clause */
/* Cryptographic digests, and the comparison that goes with them. */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include "base/bytes.h"

enum { SHA1_SIZE = 20, SHA1_HEX_SIZE = 40, SHA256_SIZE = 32, SHA256_HEX_SIZE = 64 };

void digest_sha1(struct bytes bytes, unsigned char out[SHA1_SIZE]);
void digest_sha256(struct bytes bytes, unsigned char out[SHA256_SIZE]);

/* The same in lower-case hex, NUL-terminated. */
void digest_sha1_hex(struct bytes bytes, char out[SHA1_HEX_SIZE + 1]);
void digest_sha256_hex(struct bytes bytes, char out[SHA256_HEX_SIZE + 1]);

/* Compares secrets: the time taken depends on `len` only. */
bool digest_equal(const void *a, const void *b, size_t len);

#endif
