/* SPDX-License-Identifier: BSD-3-Clause */
/* Boot: make the server, tie the pieces together, open the doors. */
#include "boot.h"
#include "base/alloc.h"
#include "base/log.h"
#include "certificates.h"
#include "commands/families.h"
#include "core_dump.h"
#include "crash_report.h"
#include "descriptors.h"
#include "engine/auth.h"
#include "engine/events.h"
#include "http/http.h"
#include "listeners.h"
#include "oom_score.h"
#include "persist/save_state.h"
#include "persist/snapshot.h"
#include "script/script.h"
#include "store/evict.h"
#include "store/prefix.h"
#include "tasks.h"
#include "title.h"
#include <errno.h>
#include <unistd.h>

/* ---- what follows from a changed directive ---- */

static bool loglevel_changed(void *context, struct error *error)
{
    const struct server *server = context;
    (void)error;
    log_set_level((enum log_level)server->config->loglevel);
    return true;
}

static bool notifications_changed(void *context, struct error *error)
{
    struct server *server = context;
    (void)error;
    server->notify_classes = (unsigned)events_parse_classes(server->config->notify_keyspace_events);
    return true;
}

static bool password_changed(void *context, struct error *error)
{
    (void)error;
    auth_password_changed(context);
    return true;
}

static bool channels_default_changed(void *context, struct error *error)
{
    struct server *server = context;
    (void)error;
    server->acl.catalog.gives_channels = server->config->acl_pubsub_default == PUBSUB_DEFAULT_ALLCHANNELS;
    return true;
}

static bool keepalive_changed(void *context, struct error *error)
{
    const struct server *server = context;
    (void)error;
    LIST_EACH(link, &server->clients) {
        struct client *client = LIST_ENTRY(link, struct client, all);
        if (!(client->flags & CLIENT_INTERNAL))
            conn_set_keepalive(&client->conn, server->config->tcp_keepalive);
    }
    return true;
}

/* Redis' words: who lowers the limit below what is in use should know what follows. */
static bool maxmemory_changed(void *context, struct error *error)
{
    const struct server *server = context;
    int64_t max = server->config->maxmemory;
    (void)error;
    if (max > 0 && mem_used() > (size_t)max)
        log_warning("WARNING: the new maxmemory value set via CONFIG SET (%lld) is smaller than the current "
                    "memory usage (%zu). This will result in key eviction and/or the inability to accept "
                    "new write commands depending on the maxmemory-policy.",
                    (long long)max, mem_used());
    return true;
}

static bool policy_changed(void *context, struct error *error)
{
    const struct server *server = context;
    int policy = server->config->maxmemory_policy;
    (void)error;
    store_use_lfu(server->store, policy == MAXMEMORY_ALLKEYS_LFU || policy == MAXMEMORY_VOLATILE_LFU,
                  server->config->lfu_log_factor, server->config->lfu_decay_time);
    return true;
}

static bool prefixes_changed(void *context, struct error *error)
{
    const struct server *server = context;
    const struct config_words *words = &server->config->session_prefixes;
    struct bytes texts[PREFIX_CONFIGURED_MAX];
    for (size_t i = 0; i < words->count; i++)
        texts[i] = bytes_of(words->items[i]);
    if (store_set_prefixes(server->store, texts, words->count))
        return true;
    error_set(error, "There are keys of too many other prefixes.");
    return false;
}

static bool eviction_order_changed(void *context, struct error *error)
{
    const struct server *server = context;
    const struct config_words *words = &server->config->eviction_order;
    struct bytes texts[PREFIX_CONFIGURED_MAX];
    (void)error;
    for (size_t i = 0; i < words->count; i++)
        texts[i] = bytes_of(words->items[i]);
    store_set_eviction_order(server->store, texts, words->count);
    return true;
}

/* Relative paths mean this directory from now on, the data files' above all. */
static bool directory_changed(void *context, struct error *error)
{
    const struct server *server = context;
    if (chdir(server->config->dir) == 0)
        return true;
    error_set(error, "%s", strerror(errno));
    return false;
}

/* Redis' words; the log says which address it was. */
static bool bind_changed(void *context, struct error *error)
{
    if (listeners_changed(context, error))
        return true;
    error_set(error, "Failed to bind to specified addresses.");
    return false;
}

static bool port_changed(void *context, struct error *error)
{
    if (listeners_changed(context, error))
        return true;
    error_set(error, "Unable to listen on this port. Check server logs.");
    return false;
}

/* The certificate first: a listener that is opened needs it. */
static bool tls_port_changed(void *context, struct error *error)
{
    return certificates_apply(context, error) && port_changed(context, error);
}

static bool http_changed(void *context, struct error *error)
{
    const struct server *server = context;
    /* The certificate first: a port that is opened in the same change needs it. */
    if (server->config->http_tls_port != 0 && !http_has_tls(server->http) &&
        !certificates_apply(context, error))
        return false;
    if (http_listen(server->http, error))
        return true;
    error_set(error, "Unable to listen on this address and port. Check server logs.");
    return false;
}

static const struct {
    const char *directive;
    bool (*changed)(void *context, struct error *error);
    bool waits; /* at the start, until all else stands: it is about listeners */
} watchers[] = {
    {"loglevel", loglevel_changed, false},
    {"notify-keyspace-events", notifications_changed, false},
    {"requirepass", password_changed, false},
    {"acl-pubsub-default", channels_default_changed, false},
    {"tcp-keepalive", keepalive_changed, false},
    {"maxmemory", maxmemory_changed, false},
    {"maxmemory-policy", policy_changed, false},
    {"lfu-log-factor", policy_changed, false},
    {"lfu-decay-time", policy_changed, false},
    {"session-prefixes", prefixes_changed, false},
    {"eviction-order", eviction_order_changed, false},
    {"bind", bind_changed, true},
    {"port", port_changed, true},
    {"tls-port", tls_port_changed, true},
    {"tls-auth-clients", certificates_apply, true},
    {"http-bind", http_changed, true},
    {"http-port", http_changed, true},
    {"http-tls-port", certificates_apply, true},
    {"http-tls-port", http_changed, true},
    {"http-unixsocket", http_changed, true},
    {"http-unixsocketperm", http_changed, true},
    {"http-tls-auth-clients", certificates_apply, true},
    {"tls-cert-file", certificates_apply, true},
    {"tls-key-file", certificates_apply, true},
    {"tls-key-file-pass", certificates_apply, true},
    {"tls-dh-params-file", certificates_apply, true},
    {"tls-ca-cert-file", certificates_apply, true},
    {"tls-ca-cert-dir", certificates_apply, true},
    {"tls-protocols", certificates_apply, true},
    {"tls-ciphers", certificates_apply, true},
    {"tls-ciphersuites", certificates_apply, true},
    {"tls-prefer-server-ciphers", certificates_apply, true},
    {"tls-session-caching", certificates_apply, true},
    {"tls-session-cache-size", certificates_apply, true},
    {"tls-session-cache-timeout", certificates_apply, true},
    {"dir", directory_changed, false},
};

/* Those of the process rather than of the server; they are given the configuration. */
static const struct {
    const char *directive;
    config_apply *changed;
} process_watchers[] = {
    {"crash-log-enabled", crash_report_apply},
    {"crash-core-data", core_dump_apply},
    {"maxclients", descriptors_changed},
    {"oom-score-adj", oom_score_apply},
    {"oom-score-adj-values", oom_score_apply},
    {"proc-title-template", title_show},
    {"bind", title_show},
    {"port", title_show},
    {"tls-port", title_show},
};

static void watch_process(struct config *config)
{
    struct error error;
    for (size_t i = 0; i < sizeof process_watchers / sizeof process_watchers[0]; i++)
        config_watch(config, process_watchers[i].directive, process_watchers[i].changed, config);
    (void)title_show(config, &error);
    (void)oom_score_apply(config, &error);
}

/* False, having said why, when something of the configuration can't be had. */
static bool watch_directives(struct server *server)
{
    struct error error;
    for (size_t i = 0; i < sizeof watchers / sizeof watchers[0]; i++) {
        config_watch(server->config, watchers[i].directive, watchers[i].changed, server);
        /* What is configured at the start takes effect the same way. */
        if (!watchers[i].waits && !watchers[i].changed(server, &error)) {
            log_warning("%s: %s", watchers[i].directive, error.text);
            return false;
        }
    }
    return true;
}

static void rename_commands(struct server *server)
{
    const struct config_renames *renames = &server->config->rename_command;
    for (size_t i = 0; i < renames->count; i++) {
        if (!registry_rename(server->registry, bytes_of(renames->items[i].from),
                             bytes_of(renames->items[i].to)))
            log_warning("rename-command: %s can't become %s", renames->items[i].from, renames->items[i].to);
    }
}

static bool load_users(struct server *server)
{
    struct error error;
    if (acl_load_configured(server, &error))
        return true;
    log_warning("%s", error.text);
    return false;
}

/* Monitoring first: a client finds it there when it is let in. */
static bool open_doors(struct server *server)
{
    const struct config *config = server->config;
    struct error error;
    if (!http_new(server)) {
        log_warning("Failed to make the HTTP listener, aborting.");
        return false;
    }
    if (!certificates_apply(server, &error)) {
        log_warning("TLS can't be served: %s", error.text);
        return false;
    }
    if (!http_listen(server->http, &error)) {
        log_warning("Failed listening on port %d (http), aborting.",
                    config->http_port != 0 ? config->http_port : config->http_tls_port);
        return false;
    }
    if (config->http_port != 0)
        log_notice("Live page and metrics by HTTP on port %d.", config->http_port);
    if (config->http_tls_port != 0)
        log_notice("Live page and metrics by HTTPS on port %d.", config->http_tls_port);
    return listeners_open(server);
}

void boot_undo(struct server *server)
{
    scripts_free(server);
    http_free(server->http);
    certificates_free(server);
    snapshot_free(server);
    save_state_free(server);
    server_free(server);
}

struct server *boot(struct config *config)
{
    struct server *server = server_new(config, command_families, command_family_count);
    save_state_init(server);
    scripting_init(server);
    save_state_add_metrics(server);
    scripts_add_metrics(server);
    listeners_add_metrics(server);
    rename_commands(server);
    if (!watch_directives(server) || !load_users(server)) {
        boot_undo(server);
        return NULL;
    }
    watch_process(config);
    tasks_add(server);
    log_notice("Server initialized");
    if (!snapshot_init(server) || !open_doors(server) || !snapshot_load(server)) {
        boot_undo(server);
        return NULL;
    }
    listeners_announce(server);
    return server;
}
