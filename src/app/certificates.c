/* SPDX-License-Identifier: BSD-3-Clause */
/* Whoever renews a certificate writes several files, one after the other. So files that changed are read only
 * when two looks in a row find the same, and what was refused isn't read again before it changes once
 * more. */
#include "certificates.h"
#include "base/log.h"
#include "http/http.h"
#include "net/tls.h"
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

/* ---- from directives to settings ---- */

enum file { FILE_CERT, FILE_KEY, FILE_DH, FILE_CA, FILE_CA_DIR, FILE_COUNT };

/* Settings, and the paths that they point to. */
struct wish {
    struct tls_settings settings;
    char paths[FILE_COUNT][PATH_MAX];
};

/* In the server's working directory, wherever we are. A path too long is cut, and leads nowhere. */
static const char *absolute(const struct config *config, const char *path, char *out)
{
    if (!path)
        return NULL;
    if (*path == '/')
        (void)snprintf(out, PATH_MAX, "%s", path);
    else
        (void)snprintf(out, PATH_MAX, "%s/%s", config->dir, path);
    return out;
}

static void wish_make(const struct config *config, struct wish *wish)
{
    static const enum tls_peers peers[] = {
        [TLS_CLIENTS_NO] = TLS_PEERS_UNASKED,
        [TLS_CLIENTS_YES] = TLS_PEERS_REQUIRED,
        [TLS_CLIENTS_OPTIONAL] = TLS_PEERS_ASKED,
    };
    wish->settings = (struct tls_settings){
        .cert_file = absolute(config, config->tls_cert_file, wish->paths[FILE_CERT]),
        .key_file = absolute(config, config->tls_key_file, wish->paths[FILE_KEY]),
        .key_pass = config->tls_key_file_pass,
        .dh_file = absolute(config, config->tls_dh_params_file, wish->paths[FILE_DH]),
        .ca_file = absolute(config, config->tls_ca_cert_file, wish->paths[FILE_CA]),
        .ca_dir = absolute(config, config->tls_ca_cert_dir, wish->paths[FILE_CA_DIR]),
        .protocols = config->tls_protocols,
        .ciphers = config->tls_ciphers,
        .ciphersuites = config->tls_ciphersuites,
        .peers = peers[config->http_tls_auth_clients],
        .prefers_server_ciphers = config->tls_prefer_server_ciphers,
        .resumes_sessions = config->tls_session_caching,
        .session_count_max = config->tls_session_cache_size,
        .session_timeout_s = config->tls_session_cache_timeout,
    };
}

/* ---- whether files changed ---- */

struct file_stamp {
    dev_t device;
    ino_t inode;
    struct timespec changed; /* its content, its permissions or its name */
};

struct stamp {
    struct file_stamp files[FILE_COUNT];
};

static struct stamp used; /* what was last read, with or without success */
static struct stamp seen; /* what the last look found */

static struct stamp stamp_of(const struct wish *wish)
{
    struct stamp stamp = {.files = {{.device = 0}}};
    const char *const paths[FILE_COUNT] = {
        [FILE_CERT] = wish->settings.cert_file, [FILE_KEY] = wish->settings.key_file,
        [FILE_DH] = wish->settings.dh_file,     [FILE_CA] = wish->settings.ca_file,
        [FILE_CA_DIR] = wish->settings.ca_dir,
    };
    for (size_t i = 0; i < FILE_COUNT; i++) {
        struct stat status;
        if (paths[i] && stat(paths[i], &status) == 0)
            stamp.files[i] = (struct file_stamp){status.st_dev, status.st_ino, status.st_ctim};
    }
    return stamp;
}

static bool is_same(const struct stamp *a, const struct stamp *b)
{
    for (size_t i = 0; i < FILE_COUNT; i++) {
        const struct file_stamp *one = &a->files[i], *other = &b->files[i];
        if (one->device != other->device || one->inode != other->inode ||
            one->changed.tv_sec != other->changed.tv_sec || one->changed.tv_nsec != other->changed.tv_nsec)
            return false;
    }
    return true;
}

/* ---- into use ---- */

static void print_day(int64_t seconds, char out[static 16])
{
    time_t time = (time_t)seconds;
    struct tm parts;
    if (!gmtime_r(&time, &parts) || strftime(out, 16, "%Y-%m-%d", &parts) == 0)
        out[0] = '\0';
}

static bool is_over(const struct tls *tls)
{
    return tls_valid_until(tls) <= (int64_t)time(NULL);
}

static struct tls *read_files(const struct wish *wish, struct error *error)
{
    enum tls_setting culprit;
    struct tls *tls = tls_new(&wish->settings, &culprit, error);
    if (tls && is_over(tls))
        log_warning("WARNING: The certificate %s has expired: browsers and tools will refuse it.",
                    wish->settings.cert_file);
    return tls;
}

bool certificates_apply(void *context, struct error *error)
{
    struct server *server = context;
    struct wish wish;
    if (server->config->http_tls_port == 0) {
        http_use_tls(server->http, NULL);
        return true;
    }
    wish_make(server->config, &wish);
    used = stamp_of(&wish);
    struct tls *tls = read_files(&wish, error);
    if (tls)
        http_use_tls(server->http, tls);
    return tls;
}

static bool replace(struct server *server, const char *why)
{
    struct wish wish;
    struct error error = {""};
    wish_make(server->config, &wish);
    used = stamp_of(&wish);
    struct tls *tls = read_files(&wish, &error);
    if (!tls) {
        log_warning("%s, but can't be used: %s. The certificate from before stays in use.", why, error.text);
        return false;
    }
    char day[16];
    print_day(tls_valid_until(tls), day);
    http_use_tls(server->http, tls);
    log_notice("%s: the certificate in use is valid until %s.", why, day);
    return true;
}

bool certificates_reload(struct server *server)
{
    return server->config->http_tls_port == 0 ||
           replace(server, "The files of the certificate were read again");
}

void certificates_look(struct server *server)
{
    struct wish wish;
    if (server->config->http_tls_port == 0)
        return;
    wish_make(server->config, &wish);
    struct stamp now = stamp_of(&wish);
    bool is_new = !is_same(&now, &used) && is_same(&now, &seen);
    seen = now;
    if (is_new)
        (void)replace(server, "The files of the certificate have changed");
}

/* ---- what is wrong with them ---- */

/* By enum tls_setting: the directive to be blamed, and what to do about it. */
static const struct {
    const char *directive, *remedy;
} blames[] = {
    [TLS_PROTOCOLS] = {"tls-protocols", "write \"TLSv1.2 TLSv1.3\""},
    [TLS_CIPHERS] = {"tls-ciphers", "`openssl ciphers -v` lists them"},
    [TLS_CIPHERSUITES] = {"tls-ciphersuites", "`openssl ciphers -v -tls1_3` lists them"},
    [TLS_CERT_FILE] = {"tls-cert-file", "name a certificate in PEM that the server's user may read"},
    [TLS_KEY_FILE] = {"tls-key-file", "name the certificate's key in PEM, which the server's user may read"},
    [TLS_KEY_PASS] = {"tls-key-file-pass", "write the key's passphrase in tls-key-file-pass"},
    [TLS_DH_FILE] = {"tls-dh-params-file", "remove the line: it isn't needed"},
    [TLS_CA_FILE] = {"tls-ca-cert-file",
                     "name the authority's certificate in PEM, which the server's user may read"},
    [TLS_CA_DIR] = {"tls-ca-cert-dir", "name a directory that `openssl rehash` went over"},
    [TLS_PEERS] = {"http-tls-auth-clients", "set tls-ca-cert-file"},
};

/* A line that isn't there can't be blamed: then it is the one that asked for all this. */
static void blame(struct config_load *load, enum tls_setting culprit, const char *reason)
{
    const char *remedy = blames[culprit].remedy;
    if (!config_load_blame(load, blames[culprit].directive, false, reason, remedy) &&
        !(culprit == TLS_KEY_PASS && config_load_blame(load, "tls-key-file", false, reason, remedy)))
        (void)config_load_blame(load, "http-tls-port", false, reason,
                                culprit == TLS_CERT_FILE || culprit == TLS_KEY_FILE
                                    ? "set tls-cert-file and tls-key-file"
                                    : remedy);
}

void certificates_check(const struct config *config, struct config_load *load)
{
    enum tls_setting culprit;
    struct error error = {""};
    struct wish wish;
    if (config->http_tls_port == 0)
        return;
    wish_make(config, &wish);
    struct tls *tls = tls_new(&wish.settings, &culprit, &error);
    if (!tls)
        blame(load, culprit, error.text);
    else if (is_over(tls))
        (void)config_load_blame(load, "tls-cert-file", true, "the certificate has expired", "renew it");
    tls_free(tls);
}
