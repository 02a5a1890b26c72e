/* SPDX-License-Identifier: BSD-3-Clause */
/* One certificate for both ports; what they ask of those who connect differs, so each has a context of its
 * own, and both are replaced or none.
 *
 * Whoever renews a certificate writes several files, one after the other. So files that changed are read only
 * when two looks in a row find the same, and what was refused isn't read again before it changes once
 * more. */
#include "certificates.h"
#include "base/log.h"
#include "engine/certificate.h"
#include "http/http.h"
#include "net/tls.h"
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

/* ---- who uses it ---- */

static void use_for_clients(struct server *server, struct tls *tls)
{
    tls_free(server->tls);
    server->tls = tls;
}

static void use_for_monitoring(struct server *server, struct tls *tls)
{
    http_use_tls(server->http, tls);
}

enum { USE_CLIENTS, USE_MONITORING, USE_COUNT };

static const struct use {
    const char *port_name, *peers_name;
    void (*take)(struct server *server, struct tls *tls); /* owned from then on; NULL: none any more */
} uses[USE_COUNT] = {
    [USE_CLIENTS] = {"tls-port", "tls-auth-clients", use_for_clients},
    [USE_MONITORING] = {"http-tls-port", "http-tls-auth-clients", use_for_monitoring},
};

static bool is_wanted(const struct config *config, int use)
{
    return (use == USE_CLIENTS ? config->tls_port : config->http_tls_port) != 0;
}

static bool is_any_wanted(const struct config *config)
{
    return is_wanted(config, USE_CLIENTS) || is_wanted(config, USE_MONITORING);
}

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

static enum tls_peers peers_of(const struct config *config, int use)
{
    static const enum tls_peers peers[] = {
        [TLS_CLIENTS_NO] = TLS_PEERS_UNASKED,
        [TLS_CLIENTS_YES] = TLS_PEERS_REQUIRED,
        [TLS_CLIENTS_OPTIONAL] = TLS_PEERS_ASKED,
    };
    return peers[use == USE_CLIENTS ? config->tls_auth_clients : config->http_tls_auth_clients];
}

/* But for what is asked of peers. */
static void wish_make(const struct config *config, struct wish *wish)
{
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

#define DAY_S 86400

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

struct contexts {
    struct tls *of[USE_COUNT]; /* NULL: it isn't wanted */
};

static void contexts_free(struct contexts *contexts)
{
    for (int use = 0; use < USE_COUNT; use++)
        tls_free(contexts->of[use]);
}

/* All that are wanted, or false and none, with `error`, `culprit` and `use` telling why. */
static bool read_files(const struct config *config, struct wish *wish, struct contexts *contexts,
                       enum tls_setting *culprit, int *use, struct error *error)
{
    *contexts = (struct contexts){{NULL}};
    for (*use = 0; *use < USE_COUNT; (*use)++) {
        if (!is_wanted(config, *use))
            continue;
        wish->settings.peers = peers_of(config, *use);
        contexts->of[*use] = tls_new(&wish->settings, culprit, error);
        if (contexts->of[*use])
            continue;
        contexts_free(contexts);
        return false;
    }
    return true;
}

static const struct tls *any_of(const struct contexts *contexts)
{
    return contexts->of[USE_CLIENTS] ? contexts->of[USE_CLIENTS] : contexts->of[USE_MONITORING];
}

static int64_t last_warned_day; /* since 1970 */

/* Once a day. */
static void warn_of_end(const struct server *server)
{
    int64_t today = server->clock.wall_ms / 1000 / DAY_S;
    if (!certificate_is_used(server) || certificate_days_left(server) > CERTIFICATE_DAYS_WARNED ||
        today == last_warned_day)
        return;
    last_warned_day = today;
    if (certificate_days_left(server) < 0)
        log_warning("WARNING: The certificate %s has expired: clients, browsers and tools will refuse it.",
                    server->config->tls_cert_file);
    else
        log_warning("WARNING: The certificate %s expires in %lld days: renew it.",
                    server->config->tls_cert_file, (long long)certificate_days_left(server));
}

static void take(struct server *server, const struct contexts *contexts)
{
    const struct tls *tls = any_of(contexts);
    server->certificate_end_s = tls ? tls_valid_until(tls) : 0;
    for (int use = 0; use < USE_COUNT; use++)
        uses[use].take(server, contexts->of[use]);
    last_warned_day = 0;
    warn_of_end(server);
}

static bool read_and_take(struct server *server, struct error *error)
{
    struct wish wish;
    struct contexts contexts;
    enum tls_setting culprit;
    int use;
    wish_make(server->config, &wish);
    used = stamp_of(&wish);
    if (!read_files(server->config, &wish, &contexts, &culprit, &use, error))
        return false;
    take(server, &contexts);
    return true;
}

/* The first words are Redis'. */
bool certificates_apply(void *context, struct error *error)
{
    bool is_taken = read_and_take(context, error);
    if (!is_taken)
        error_prefix(error, "Unable to update TLS configuration");
    return is_taken;
}

void certificates_free(struct server *server)
{
    use_for_clients(server, NULL);
}

static bool replace(struct server *server, const char *why)
{
    struct error error = {""};
    char day[16];
    if (!read_and_take(server, &error)) {
        log_warning("%s, but can't be used: %s. The certificate from before stays in use.", why, error.text);
        return false;
    }
    print_day(server->certificate_end_s, day);
    log_notice("%s: the certificate in use is valid until %s.", why, day);
    return true;
}

bool certificates_reload(struct server *server)
{
    return !is_any_wanted(server->config) || replace(server, "The files of the certificate were read again");
}

void certificates_look(struct server *server)
{
    struct wish wish;
    if (!is_any_wanted(server->config))
        return;
    warn_of_end(server);
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
    [TLS_PEERS] = {NULL, "set tls-ca-cert-file, or ask no client for a certificate"},
};

/* A line that isn't there can't be blamed: then it is the one that asked for all this. */
static void blame(struct config_load *load, int use, enum tls_setting culprit, const char *reason)
{
    const char *remedy = blames[culprit].remedy;
    const char *directive = culprit == TLS_PEERS ? uses[use].peers_name : blames[culprit].directive;
    if (!config_load_blame(load, directive, false, reason, remedy) &&
        !(culprit == TLS_KEY_PASS && config_load_blame(load, "tls-key-file", false, reason, remedy)))
        (void)config_load_blame(load, uses[use].port_name, false, reason,
                                culprit == TLS_CERT_FILE || culprit == TLS_KEY_FILE
                                    ? "set tls-cert-file and tls-key-file"
                                    : remedy);
}

void certificates_check(const struct config *config, struct config_load *load)
{
    enum tls_setting culprit;
    struct error error = {""};
    struct wish wish;
    struct contexts contexts;
    int use;
    if (!is_any_wanted(config))
        return;
    wish_make(config, &wish);
    if (!read_files(config, &wish, &contexts, &culprit, &use, &error)) {
        blame(load, use, culprit, error.text);
        return;
    }
    if (is_over(any_of(&contexts)))
        (void)config_load_blame(load, "tls-cert-file", true, "the certificate has expired", "renew it");
    contexts_free(&contexts);
}
