/* SPDX-License-Identifier: BSD-3-Clause */
/* Keys and certificates, made when they are needed. */
#ifndef SUPPORT_IDENTITY_H
#define SUPPORT_IDENTITY_H

#include <openssl/x509.h>

struct identity {
    EVP_PKEY *key;
    X509 *certificate;
};

enum { IDENTITY_P256, IDENTITY_RSA, IDENTITY_LARGE_RSA };

/* `issuer` NULL: it vouches for itself. All of them may vouch for others. Valid from yesterday for so many
 * days. */
struct identity identity_make(const char *name, const struct identity *issuer, int kind, int days);
void identity_free(struct identity *identity);

/* Appends the certificate to the file; writes the key, encrypted unless `pass` is NULL. */
void identity_append_certificate(const struct identity *identity, const char *path);
void identity_write_key(const struct identity *identity, const char *path, const char *pass);

#endif
