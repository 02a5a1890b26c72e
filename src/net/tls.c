/* SPDX-License-Identifier: BSD-3-Clause */
/* A context of OpenSSL, made step by step from settings; a step that fails is what the mistake is about.
 * Files are read by us, so that errors name them, and nothing but a plain file is ever opened. */
#include "net/tls.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/split.h"
#include "tls_private.h"
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <time.h>

enum { FILE_SIZE_MAX = 4 * 1024 * 1024 };

/* One on its way. */
struct draft {
    SSL_CTX *context;
    const struct tls_settings *settings;
    enum tls_setting culprit;
    struct error *error;
};

static bool fail(const struct draft *draft, const char *name, const char *reason)
{
    if (name)
        error_set(draft->error, "%s: %s", name, reason);
    else
        error_set(draft->error, "%s", reason);
    return false;
}

/* The library's own words for what went wrong last. */
static const char *library_reason(void)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    return reason ? reason : "the library gives no reason";
}

/* ---- files ---- */

static bool is_of_type(const struct draft *draft, const char *path, mode_t type, const char *otherwise)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return fail(draft, path, strerror(errno));
    return (status.st_mode & S_IFMT) == type || fail(draft, path, otherwise);
}

/* To be given back by close_pem. */
static bool open_pem(const struct draft *draft, const char *path, struct buf *text, BIO **reader)
{
    if (!is_of_type(draft, path, S_IFREG, "it isn't a file") ||
        !file_read_all(path, text, FILE_SIZE_MAX, draft->error))
        return false;
    *reader = BIO_new_mem_buf(text->len > 0 ? text->data : "", (int)text->len);
    if (*reader)
        return true;
    buf_clear(text);
    return fail(draft, path, "there is no memory");
}

static void close_pem(struct buf *text, BIO *reader)
{
    BIO_free(reader);
    if (text->len > 0)
        OPENSSL_cleanse(text->data, text->len);
    buf_clear(text);
}

/* Whether what ended the reading was the end of what there is. */
static bool is_at_end(void)
{
    unsigned long code = ERR_peek_last_error();
    bool is_end = ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
    if (is_end)
        ERR_clear_error();
    return is_end;
}

/* Nobody sits at the server's terminal to be asked. */
static int give_no_passphrase(char *out, int size, int is_for_writing, void *context)
{
    (void)out;
    (void)size;
    (void)is_for_writing;
    (void)context;
    return -1;
}

static X509 *next_certificate(BIO *reader)
{
    return PEM_read_bio_X509_AUX(reader, NULL, give_no_passphrase, NULL);
}

/* ---- protocols and ciphers ---- */

static const struct {
    const char *name;
    int version;
    uint64_t option; /* that leaves it out */
} versions[] = {
    {"TLSv1", TLS1_VERSION, SSL_OP_NO_TLSv1},
    {"TLSv1.1", TLS1_1_VERSION, SSL_OP_NO_TLSv1_1},
    {"TLSv1.2", TLS1_2_VERSION, SSL_OP_NO_TLSv1_2},
    {"TLSv1.3", TLS1_3_VERSION, SSL_OP_NO_TLSv1_3},
};
enum { VERSION_COUNT = sizeof versions / sizeof versions[0] };

/* A bit for each version that is named; 0 when there is a word that names none. */
static unsigned parse_versions(const struct split *words)
{
    unsigned chosen = 0;
    for (size_t i = 0; i < words->count; i++) {
        unsigned bit = 0;
        for (unsigned v = 0; v < VERSION_COUNT; v++)
            bit |= bytes_is_nocase(words->arguments[i], versions[v].name) ? 1U << v : 0;
        if (bit == 0)
            return 0;
        chosen |= bit;
    }
    return chosen;
}

static void leave_out_versions(SSL_CTX *context, unsigned chosen)
{
    int least = 0, most = 0;
    for (unsigned v = 0; v < VERSION_COUNT; v++) {
        if (!(chosen & 1U << v)) {
            SSL_CTX_set_options(context, versions[v].option);
            continue;
        }
        least = least ? least : versions[v].version;
        most = versions[v].version;
    }
    (void)SSL_CTX_set_min_proto_version(context, least);
    (void)SSL_CTX_set_max_proto_version(context, most);
}

static bool set_protocols(struct draft *draft)
{
    const char *names = draft->settings->protocols;
    struct split words;
    if (!names)
        return SSL_CTX_set_min_proto_version(draft->context, TLS1_2_VERSION) == 1;
    unsigned chosen = split_arguments(bytes_of(names), &words) ? parse_versions(&words) : 0;
    split_clear(&words);
    if (chosen == 0)
        return fail(draft, names, "protocols are TLSv1, TLSv1.1, TLSv1.2 and TLSv1.3");
    leave_out_versions(draft->context, chosen);
    return true;
}

static bool set_ciphers(struct draft *draft)
{
    const char *names = draft->settings->ciphers;
    if (!names || SSL_CTX_set_cipher_list(draft->context, names) == 1)
        return true;
    return fail(draft, names, library_reason());
}

static bool set_ciphersuites(struct draft *draft)
{
    const char *names = draft->settings->ciphersuites;
    if (!names || SSL_CTX_set_ciphersuites(draft->context, names) == 1)
        return true;
    return fail(draft, names, library_reason());
}

/* ---- certificate and key ---- */

/* The first is ours, the others lead to the authority. */
static bool take_chain(const struct draft *draft, BIO *reader)
{
    const char *path = draft->settings->cert_file;
    X509 *certificate = next_certificate(reader);
    if (!certificate)
        return fail(draft, path, is_at_end() ? "there is no certificate in PEM in it" : library_reason());
    bool is_taken = SSL_CTX_use_certificate(draft->context, certificate) == 1;
    X509_free(certificate);
    while (is_taken && (certificate = next_certificate(reader))) {
        is_taken = SSL_CTX_add0_chain_cert(draft->context, certificate) == 1;
        if (!is_taken)
            X509_free(certificate);
    }
    return (is_taken && is_at_end()) || fail(draft, path, library_reason());
}

static bool set_certificate(struct draft *draft)
{
    struct buf text = {0};
    BIO *reader;
    if (!draft->settings->cert_file)
        return fail(draft, NULL, "there is no certificate");
    if (!open_pem(draft, draft->settings->cert_file, &text, &reader))
        return false;
    bool is_taken = take_chain(draft, reader);
    close_pem(&text, reader);
    return is_taken;
}

struct passphrase {
    const char *text; /* NULL: there is none */
    bool was_needed;
};

static int give_passphrase(char *out, int size, int is_for_writing, void *context)
{
    struct passphrase *passphrase = context;
    size_t len = passphrase->text ? strlen(passphrase->text) : 0;
    (void)is_for_writing;
    passphrase->was_needed = true;
    if (!passphrase->text || len > (size_t)size)
        return -1;
    memcpy(out, passphrase->text, len);
    return (int)len;
}

static bool fail_to_read_key(struct draft *draft, const struct passphrase *passphrase)
{
    ERR_clear_error();
    if (!passphrase->was_needed)
        return fail(draft, draft->settings->key_file, "there is no private key in PEM in it");
    draft->culprit = TLS_KEY_PASS;
    return fail(draft, draft->settings->key_file,
                passphrase->text ? "the passphrase doesn't open it"
                                 : "it is encrypted, and there is no passphrase");
}

static bool take_key(struct draft *draft, EVP_PKEY *key)
{
    const char *path = draft->settings->key_file;
    if (X509_check_private_key(SSL_CTX_get0_certificate(draft->context), key) != 1) {
        ERR_clear_error();
        error_set(draft->error, "%s: this isn't the key of the certificate %s", path,
                  draft->settings->cert_file);
        return false;
    }
    return SSL_CTX_use_PrivateKey(draft->context, key) == 1 || fail(draft, path, library_reason());
}

static bool set_key(struct draft *draft)
{
    struct passphrase passphrase = {.text = draft->settings->key_pass};
    struct buf text = {0};
    BIO *reader;
    if (!draft->settings->key_file)
        return fail(draft, NULL, "there is no private key for the certificate");
    if (!open_pem(draft, draft->settings->key_file, &text, &reader))
        return false;
    EVP_PKEY *key = PEM_read_bio_PrivateKey(reader, NULL, give_passphrase, &passphrase);
    close_pem(&text, reader);
    bool is_taken = key ? take_key(draft, key) : fail_to_read_key(draft, &passphrase);
    EVP_PKEY_free(key);
    return is_taken;
}

static bool set_dh_parameters(struct draft *draft)
{
    const char *path = draft->settings->dh_file;
    struct buf text = {0};
    BIO *reader;
    if (!path)
        return true;
    if (!open_pem(draft, path, &text, &reader))
        return false;
    EVP_PKEY *parameters = PEM_read_bio_Parameters(reader, NULL);
    close_pem(&text, reader);
    if (parameters && EVP_PKEY_is_a(parameters, "DH") &&
        SSL_CTX_set0_tmp_dh_pkey(draft->context, parameters) == 1)
        return true;
    EVP_PKEY_free(parameters);
    ERR_clear_error();
    return fail(draft, path, "there are no Diffie-Hellman parameters of use in it");
}

/* ---- peers ---- */

/* Their names are sent to peers, so that a browser offers what fits. */
static bool take_authorities(const struct draft *draft, BIO *reader)
{
    X509_STORE *store = SSL_CTX_get_cert_store(draft->context);
    const char *path = draft->settings->ca_file;
    X509 *certificate;
    size_t count = 0;
    for (; (certificate = next_certificate(reader)); count++) {
        bool is_taken = X509_STORE_add_cert(store, certificate) == 1 &&
                        SSL_CTX_add_client_CA(draft->context, certificate) == 1;
        X509_free(certificate);
        if (!is_taken)
            return fail(draft, path, library_reason());
    }
    if (!is_at_end())
        return fail(draft, path, library_reason());
    return count > 0 || fail(draft, path, "there is no certificate in PEM in it");
}

static bool set_authorities(struct draft *draft)
{
    struct buf text = {0};
    BIO *reader;
    if (draft->settings->peers == TLS_PEERS_UNASKED || !draft->settings->ca_file)
        return true;
    if (!open_pem(draft, draft->settings->ca_file, &text, &reader))
        return false;
    bool are_taken = take_authorities(draft, reader);
    close_pem(&text, reader);
    return are_taken;
}

static bool set_authority_directory(struct draft *draft)
{
    const char *path = draft->settings->ca_dir;
    if (draft->settings->peers == TLS_PEERS_UNASKED || !path)
        return true;
    if (!is_of_type(draft, path, S_IFDIR, "it isn't a directory"))
        return false;
    return SSL_CTX_load_verify_locations(draft->context, NULL, path) == 1 ||
           fail(draft, path, library_reason());
}

static bool set_peers(struct draft *draft)
{
    const struct tls_settings *settings = draft->settings;
    static const int modes[] = {
        [TLS_PEERS_UNASKED] = SSL_VERIFY_NONE,
        [TLS_PEERS_ASKED] = SSL_VERIFY_PEER,
        [TLS_PEERS_REQUIRED] = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
    };
    if (settings->peers != TLS_PEERS_UNASKED && !settings->ca_file && !settings->ca_dir)
        return fail(draft, NULL, "there is no authority to check certificates of clients by");
    SSL_CTX_set_verify(draft->context, modes[settings->peers], NULL);
    return true;
}

/* ---- all of it ---- */

static void set_manners(SSL_CTX *context, const struct tls_settings *settings)
{
    static const unsigned char name[] = "sessiond";
    SSL_CTX_set_options(context,
                        SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    (void)SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE);
    tls_watch_late_messages(context);
    if (settings->prefers_server_ciphers)
        SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
    /* Sessions of those who showed a certificate are resumed only where it would be asked for again. */
    (void)SSL_CTX_set_session_id_context(context, name, sizeof name - 1);
    if (settings->resumes_sessions) {
        /* One a handshake: each that is used brings the next. */
        (void)SSL_CTX_set_num_tickets(context, 1);
        (void)SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_SERVER);
        (void)SSL_CTX_sess_set_cache_size(context, settings->session_count_max);
        (void)SSL_CTX_set_timeout(context, settings->session_timeout_s);
    } else {
        (void)SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
        SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
        (void)SSL_CTX_set_num_tickets(context, 0);
    }
}

static bool take_steps(struct draft *draft)
{
    static const struct {
        enum tls_setting setting;
        bool (*take)(struct draft *draft);
    } steps[] = {
        {TLS_PROTOCOLS, set_protocols},
        {TLS_CIPHERS, set_ciphers},
        {TLS_CIPHERSUITES, set_ciphersuites},
        {TLS_CERT_FILE, set_certificate},
        {TLS_KEY_FILE, set_key},
        {TLS_DH_FILE, set_dh_parameters},
        {TLS_CA_FILE, set_authorities},
        {TLS_CA_DIR, set_authority_directory},
        {TLS_PEERS, set_peers},
    };
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        draft->culprit = steps[i].setting;
        if (!steps[i].take(draft))
            return false;
    }
    return true;
}

/* With 2048 bits of RSA it is half a millisecond, with 4096 it is four; curves take next to nothing. */
static bool signs_slowly(const SSL_CTX *context)
{
    EVP_PKEY *key = SSL_CTX_get0_privatekey(context);
    return key && EVP_PKEY_is_a(key, "RSA") && EVP_PKEY_get_bits(key) > 2048;
}

struct tls *tls_new(const struct tls_settings *settings, enum tls_setting *culprit, struct error *error)
{
    struct draft draft = {.settings = settings, .error = error};
    ERR_clear_error();
    draft.context = SSL_CTX_new(TLS_server_method());
    if (!draft.context) {
        *culprit = TLS_PROTOCOLS;
        (void)fail(&draft, NULL, library_reason());
        return NULL;
    }
    set_manners(draft.context, settings);
    if (!take_steps(&draft)) {
        *culprit = draft.culprit;
        SSL_CTX_free(draft.context);
        return NULL;
    }
    struct tls *tls = mem_zalloc(sizeof *tls);
    tls->context = draft.context;
    tls->signs_slowly = signs_slowly(draft.context);
    return tls;
}

void tls_free(struct tls *tls)
{
    if (tls)
        SSL_CTX_free(tls->context);
    mem_free(tls);
}

int64_t tls_valid_until(const struct tls *tls)
{
    const X509 *certificate = SSL_CTX_get0_certificate(tls->context);
    struct tm end;
    return ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) == 1 ? (int64_t)timegm(&end) : 0;
}
