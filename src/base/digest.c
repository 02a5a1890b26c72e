/* SPDX-License-Identifier: BSD-3-Clause */
/* Digests by OpenSSL. Looking an algorithm up by name costs more than hashing a short text, and EVAL hashes
 * its script on every call, so each is fetched once and kept until the process ends. */
#include "base/digest.h"
#include "base/panic.h"
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>

static EVP_MD *sha1_algorithm, *sha256_algorithm;

static void fetch_algorithms(void)
{
    sha1_algorithm = EVP_MD_fetch(NULL, "SHA1", NULL);
    sha256_algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (!sha1_algorithm || !sha256_algorithm)
        PANIC("OpenSSL has no SHA-1 or no SHA-256");
}

static void fetch_once(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, fetch_algorithms);
}

static void compute(struct bytes bytes, const EVP_MD *algorithm, unsigned char *out)
{
    if (EVP_Digest(bytes.data, bytes.len, out, NULL, algorithm, NULL) != 1)
        PANIC("a digest could not be computed");
}

void digest_sha1(struct bytes bytes, unsigned char out[SHA1_SIZE])
{
    fetch_once();
    compute(bytes, sha1_algorithm, out);
}

void digest_sha256(struct bytes bytes, unsigned char out[SHA256_SIZE])
{
    fetch_once();
    compute(bytes, sha256_algorithm, out);
}

static void print_hex(const unsigned char *digest, size_t size, char *out)
{
    for (size_t i = 0; i < size; i++) {
        out[2 * i] = "0123456789abcdef"[digest[i] >> 4];
        out[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
    }
    out[2 * size] = '\0';
}

void digest_sha1_hex(struct bytes bytes, char out[SHA1_HEX_SIZE + 1])
{
    unsigned char digest[SHA1_SIZE];
    digest_sha1(bytes, digest);
    print_hex(digest, sizeof digest, out);
}

void digest_sha256_hex(struct bytes bytes, char out[SHA256_HEX_SIZE + 1])
{
    unsigned char digest[SHA256_SIZE];
    digest_sha256(bytes, digest);
    print_hex(digest, sizeof digest, out);
}

bool digest_equal(const void *a, const void *b, size_t len)
{
    return CRYPTO_memcmp(a, b, len) == 0;
}
