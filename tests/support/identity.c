/* SPDX-License-Identifier: BSD-3-Clause */
#include "support/identity.h"
#include "base/panic.h"
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

enum { DAY_S = 24 * 60 * 60 };

static void name_set(X509_NAME *name, const char *text)
{
    ASSERT(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)text, -1, -1, 0) ==
           1);
}

static void add_basic_constraints(X509 *certificate)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension =
        X509V3_EXT_conf_nid(NULL, &context, NID_basic_constraints, "critical,CA:TRUE");
    ASSERT(extension && X509_add_ext(certificate, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

struct identity identity_make(const char *name, const struct identity *issuer, int kind, int days)
{
    static long serial;
    struct identity identity = {
        .key = kind == IDENTITY_P256 ? EVP_EC_gen("P-256") : EVP_RSA_gen(kind == IDENTITY_RSA ? 2048 : 3072),
        .certificate = X509_new(),
    };
    X509 *certificate = identity.certificate;
    ASSERT(identity.key && certificate);
    ASSERT(X509_set_version(certificate, X509_VERSION_3) == 1);
    ASSERT(ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial) == 1);
    ASSERT(X509_gmtime_adj(X509_getm_notBefore(certificate), -DAY_S));
    ASSERT(X509_gmtime_adj(X509_getm_notAfter(certificate), (long)days * DAY_S));
    name_set(X509_get_subject_name(certificate), name);
    const X509_NAME *by = X509_get_subject_name(issuer ? issuer->certificate : certificate);
    ASSERT(X509_set_issuer_name(certificate, by) == 1);
    ASSERT(X509_set_pubkey(certificate, identity.key) == 1);
    add_basic_constraints(certificate);
    ASSERT(X509_sign(certificate, issuer ? issuer->key : identity.key, EVP_sha256()) > 0);
    return identity;
}

void identity_free(struct identity *identity)
{
    EVP_PKEY_free(identity->key);
    X509_free(identity->certificate);
}

static FILE *open_file(const char *path, const char *mode)
{
    FILE *file = fopen(path, mode);
    ASSERT(file);
    return file;
}

void identity_append_certificate(const struct identity *identity, const char *path)
{
    FILE *file = open_file(path, "a");
    ASSERT(PEM_write_X509(file, identity->certificate) == 1);
    ASSERT(fclose(file) == 0);
}

void identity_write_key(const struct identity *identity, const char *path, const char *pass)
{
    FILE *file = open_file(path, "w");
    ASSERT(PEM_write_PrivateKey(file, identity->key, pass ? EVP_aes_128_cbc() : NULL,
                                (const unsigned char *)pass, pass ? (int)strlen(pass) : 0, NULL, NULL) == 1);
    ASSERT(fclose(file) == 0);
}
