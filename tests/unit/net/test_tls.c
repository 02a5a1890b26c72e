/* SPDX-License-Identifier: BSD-3-Clause */
/* What a TLS context is made from, and what is said when it can't be. */
#include "net/tls.h"
#include "support/identity.h"
#include <dirent.h>
#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[32];
static struct identity server, other, rsa;
static struct tls_settings settings; /* good ones; tests spoil a copy */

static const char *path_of(const char *name)
{
    static char paths[8][320];
    static unsigned next;
    char *path = paths[next++ % 8];
    (void)snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fputs(text, file) >= 0, 1);
    assert_int_equal(fclose(file), 0);
}

static int set_up(void **state)
{
    static char cert[320], key[320];
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/tls-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    server = identity_make("server", NULL, IDENTITY_P256, 30);
    other = identity_make("other", NULL, IDENTITY_P256, 30);
    rsa = identity_make("rsa", NULL, IDENTITY_RSA, 30);
    (void)snprintf(cert, sizeof cert, "%s", path_of("cert.pem"));
    (void)snprintf(key, sizeof key, "%s", path_of("key.pem"));
    identity_append_certificate(&server, cert);
    identity_write_key(&server, key, NULL);
    settings = (struct tls_settings){.cert_file = cert, .key_file = key, .resumes_sessions = true};
    return 0;
}

static int tear_down(void **state)
{
    DIR *files = opendir(folder);
    (void)state;
    for (const struct dirent *file; files && (file = readdir(files));)
        (void)unlink(path_of(file->d_name));
    (void)closedir(files);
    (void)rmdir(folder);
    identity_free(&server);
    identity_free(&other);
    identity_free(&rsa);
    return 0;
}

static void assert_good(const struct tls_settings *given)
{
    enum tls_setting culprit;
    struct error error = {""};
    struct tls *tls = tls_new(given, &culprit, &error);
    if (!tls)
        fail_msg("%s", error.text);
    tls_free(tls);
}

static void assert_bad(const struct tls_settings *given, enum tls_setting blamed, const char *file,
                       const char *reason)
{
    enum tls_setting culprit;
    struct error error = {""};
    struct tls *tls = tls_new(given, &culprit, &error);
    assert_null(tls);
    assert_int_equal(culprit, blamed);
    if (file && strncmp(error.text, file, strlen(file)) != 0)
        fail_msg("%s doesn't begin with %s", error.text, file);
    if (!strstr(error.text, reason))
        fail_msg("%s doesn't say %s", error.text, reason);
    if (given->key_pass && strlen(given->key_pass) > 0)
        assert_null(strstr(error.text, given->key_pass));
}

static void good_files_make_a_context(void **state)
{
    enum tls_setting culprit;
    struct error error;
    struct tls *tls = tls_new(&settings, &culprit, &error);
    (void)state;
    assert_non_null(tls);
    int64_t left_s = tls_valid_until(tls) - (int64_t)time(NULL);
    assert_true(left_s > 29 * 86400 && left_s <= 30 * 86400);
    tls_free(tls);
    tls_free(NULL);
}

static void files_that_are_not_set_are_missed(void **state)
{
    struct tls_settings bad = settings;
    (void)state;
    bad.key_file = NULL;
    assert_bad(&bad, TLS_KEY_FILE, NULL, "there is no private key");
    bad.cert_file = NULL;
    assert_bad(&bad, TLS_CERT_FILE, NULL, "there is no certificate");
}

static void a_file_that_cant_be_read_is_named(void **state)
{
    struct tls_settings bad = settings;
    (void)state;
    bad.cert_file = path_of("nosuch.pem");
    assert_bad(&bad, TLS_CERT_FILE, bad.cert_file, "No such file");
    bad = settings;
    bad.key_file = path_of("nosuch.key");
    assert_bad(&bad, TLS_KEY_FILE, bad.key_file, "No such file");
    bad = settings;
    bad.dh_file = path_of("nosuch.dh");
    assert_bad(&bad, TLS_DH_FILE, bad.dh_file, "No such file");
    bad = settings;
    bad.peers = TLS_PEERS_ASKED;
    bad.ca_file = path_of("nosuch.ca");
    assert_bad(&bad, TLS_CA_FILE, bad.ca_file, "No such file");
    bad.ca_file = NULL;
    bad.ca_dir = path_of("nosuch");
    assert_bad(&bad, TLS_CA_DIR, bad.ca_dir, "No such file");
}

/* A pipe would hold up the server until somebody writes to it. */
static void only_plain_files_are_opened(void **state)
{
    struct tls_settings bad = settings;
    (void)state;
    assert_int_equal(mkfifo(path_of("pipe"), 0600), 0);
    bad.cert_file = path_of("pipe");
    assert_bad(&bad, TLS_CERT_FILE, bad.cert_file, "isn't a file");
    bad.cert_file = folder;
    assert_bad(&bad, TLS_CERT_FILE, folder, "isn't a file");
    bad = settings;
    bad.peers = TLS_PEERS_ASKED;
    bad.ca_dir = settings.cert_file;
    assert_bad(&bad, TLS_CA_DIR, bad.ca_dir, "isn't a directory");
}

static void a_file_with_something_else_is_refused(void **state)
{
    struct tls_settings bad = settings;
    (void)state;
    write_text(path_of("empty.pem"), "");
    write_text(path_of("text.pem"), "no certificate\n");
    write_text(path_of("broken.pem"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    bad.cert_file = path_of("empty.pem");
    assert_bad(&bad, TLS_CERT_FILE, bad.cert_file, "no certificate in PEM");
    bad.cert_file = path_of("text.pem");
    assert_bad(&bad, TLS_CERT_FILE, bad.cert_file, "no certificate in PEM");
    bad.cert_file = path_of("broken.pem");
    assert_bad(&bad, TLS_CERT_FILE, bad.cert_file, "");
    bad = settings;
    bad.key_file = settings.cert_file;
    assert_bad(&bad, TLS_KEY_FILE, bad.key_file, "no private key in PEM");
    bad.key_file = path_of("empty.pem");
    assert_bad(&bad, TLS_KEY_FILE, bad.key_file, "no private key in PEM");
    bad = settings;
    bad.dh_file = path_of("text.pem");
    assert_bad(&bad, TLS_DH_FILE, bad.dh_file, "Diffie-Hellman");
    bad = settings;
    bad.peers = TLS_PEERS_REQUIRED;
    bad.ca_file = path_of("text.pem");
    assert_bad(&bad, TLS_CA_FILE, bad.ca_file, "no certificate in PEM");
}

static void a_broken_certificate_behind_a_good_one_is_refused(void **state)
{
    struct tls_settings bad = settings;
    (void)state;
    bad.cert_file = path_of("half.pem");
    identity_append_certificate(&server, bad.cert_file);
    FILE *file = fopen(bad.cert_file, "a");
    assert_non_null(file);
    (void)fputs("-----BEGIN CERTIFICATE-----\nAAAA\n", file);
    assert_int_equal(fclose(file), 0);
    assert_bad(&bad, TLS_CERT_FILE, bad.cert_file, "");
}

static void a_key_of_another_certificate_is_refused(void **state)
{
    struct tls_settings bad = settings;
    (void)state;
    bad.key_file = path_of("other.key");
    identity_write_key(&other, bad.key_file, NULL);
    assert_bad(&bad, TLS_KEY_FILE, bad.key_file, settings.cert_file);
    bad.key_file = path_of("rsa.key");
    identity_write_key(&rsa, bad.key_file, NULL);
    assert_bad(&bad, TLS_KEY_FILE, bad.key_file, "isn't the key of the certificate");
}

static void a_passphrase_opens_an_encrypted_key(void **state)
{
    struct tls_settings given = settings;
    (void)state;
    given.key_file = path_of("encrypted.key");
    identity_write_key(&server, given.key_file, "correct horse");
    assert_bad(&given, TLS_KEY_PASS, given.key_file, "there is no passphrase");
    given.key_pass = "battery staple";
    assert_bad(&given, TLS_KEY_PASS, given.key_file, "doesn't open it");
    given.key_pass = "";
    assert_bad(&given, TLS_KEY_PASS, given.key_file, "doesn't open it");
    given.key_pass = "correct horse";
    assert_good(&given);
    /* One that isn't needed does no harm. */
    given.key_file = settings.key_file;
    assert_good(&given);
}

static void protocols_and_ciphers_are_known_ones(void **state)
{
    struct tls_settings given = settings;
    (void)state;
    given.protocols = "TLSv1.3 tlsv1.2";
    assert_good(&given);
    given.protocols = "TLSv1.2 SSLv3";
    assert_bad(&given, TLS_PROTOCOLS, given.protocols, "TLSv1.3");
    given.protocols = " ";
    assert_bad(&given, TLS_PROTOCOLS, NULL, "TLSv1.3");
    given.protocols = "\"TLSv1.2";
    assert_bad(&given, TLS_PROTOCOLS, NULL, "TLSv1.3");
    given.protocols = NULL;
    given.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256";
    given.ciphersuites = "TLS_AES_128_GCM_SHA256";
    given.prefers_server_ciphers = true;
    assert_good(&given);
    given.ciphers = "NOSUCH";
    assert_bad(&given, TLS_CIPHERS, "NOSUCH", "no cipher");
    given.ciphers = NULL;
    given.ciphersuites = "NOSUCH";
    assert_bad(&given, TLS_CIPHERSUITES, "NOSUCH", "cipher");
}

static void parameters_of_diffie_hellman_may_be_given(void **state)
{
    struct tls_settings given = settings;
    OSSL_PARAM group[] = {OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, "ffdhe2048", 9), OSSL_PARAM_END};
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
    EVP_PKEY *parameters = NULL;
    (void)state;
    assert_int_equal(EVP_PKEY_paramgen_init(context), 1);
    assert_int_equal(EVP_PKEY_CTX_set_params(context, group), 1);
    assert_int_equal(EVP_PKEY_paramgen(context, &parameters), 1);
    given.dh_file = path_of("dh.pem");
    BIO *file = BIO_new_file(given.dh_file, "w");
    assert_non_null(file);
    assert_int_equal(PEM_write_bio_Parameters(file, parameters), 1);
    BIO_free(file);
    EVP_PKEY_free(parameters);
    EVP_PKEY_CTX_free(context);
    assert_good(&given);
}

static void who_asks_for_certificates_needs_an_authority(void **state)
{
    struct tls_settings given = settings;
    (void)state;
    given.peers = TLS_PEERS_REQUIRED;
    assert_bad(&given, TLS_PEERS, NULL, "no authority");
    given.peers = TLS_PEERS_ASKED;
    assert_bad(&given, TLS_PEERS, NULL, "no authority");
    given.ca_file = settings.cert_file;
    assert_good(&given);
    given.ca_file = NULL;
    given.ca_dir = folder;
    assert_good(&given);
    /* Who doesn't ask doesn't look. */
    given.peers = TLS_PEERS_UNASKED;
    given.ca_dir = path_of("nosuch");
    assert_good(&given);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_files_make_a_context),
        cmocka_unit_test(files_that_are_not_set_are_missed),
        cmocka_unit_test(a_file_that_cant_be_read_is_named),
        cmocka_unit_test(only_plain_files_are_opened),
        cmocka_unit_test(a_file_with_something_else_is_refused),
        cmocka_unit_test(a_broken_certificate_behind_a_good_one_is_refused),
        cmocka_unit_test(a_key_of_another_certificate_is_refused),
        cmocka_unit_test(a_passphrase_opens_an_encrypted_key),
        cmocka_unit_test(protocols_and_ciphers_are_known_ones),
        cmocka_unit_test(parameters_of_diffie_hellman_may_be_given),
        cmocka_unit_test(who_asks_for_certificates_needs_an_authority),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
