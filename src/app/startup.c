/* SPDX-License-Identifier: BSD-3-Clause */
/* Greetings and warnings. A warning is one row: its name, when it applies, what it says. */
#include "startup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/number.h"
#include "base/panic.h"
#include "base/split.h"
#include "engine/server.h"
#include "version.h"
#include <stdio.h>
#include <unistd.h>

bool startup_open_log(const struct config *config, struct error *error)
{
    log_set_level((enum log_level)config->loglevel);
    if (!log_open(config->logfile, error))
        return false;
    if (config->syslog_enabled)
        log_open_syslog(config->syslog_ident, config->syslog_facility);
    return true;
}

/* Tools wait for these lines, or read them. */
void startup_greet(const char *program, bool is_configured)
{
    log_notice("oO0OoO0OoO0Oo sessiond is starting oO0OoO0OoO0Oo");
    log_notice("sessiond version=%s, redis=%s, bits=%zu, commit=%s, modified=0, pid=%d, just started",
               SESSIOND_VERSION, REDIS_VERSION, sizeof(void *) * CHAR_BIT, version_commit, (int)getpid());
    if (is_configured)
        log_notice("Configuration loaded");
    else
        log_warning("Warning: no config file specified, using the default config. In order to specify a "
                    "config file use %s "
                    "/path/to/sessiond.conf",
                    program);
}

void startup_introduce(const struct config *config)
{
    log_notice("Running mode=standalone, port=%d.", config->port);
    log_notice("PID: %d", (int)getpid());
}

/* ---- warnings ---- */

/* The most that the kernel lets wait; 0 when it doesn't say. */
static int64_t backlog_max(void)
{
    struct buf text = {0};
    int64_t most = 0;
    if (file_read_all("/proc/sys/net/core/somaxconn", &text, 64, NULL)) {
        size_t len = bytes_index_of(buf_bytes(&text), '\n');
        if (!parse_i64(bytes_make(text.data, len), &most))
            most = 0;
    }
    buf_clear(&text);
    return most;
}

static void warn_of_backlog(const struct config *config)
{
    int64_t most = backlog_max();
    if ((config->port != 0 || config->tls_port != 0) && most > 0 && most < config->tcp_backlog)
        log_warning(
            "WARNING: The TCP backlog setting of %d cannot be enforced because /proc/sys/net/core/somaxconn "
            "is set "
            "to the lower value of %lld. Raise it (sysctl net.core.somaxconn=%d), or lower tcp-backlog.",
            config->tcp_backlog, (long long)most, config->tcp_backlog);
}

bool startup_is_local_only(const struct config_words *addresses)
{
    for (size_t i = 0; i < addresses->count; i++) {
        const char *address = addresses->items[i] + (addresses->items[i][0] == '-');
        if (strncmp(address, "127.", 4) != 0 && strcmp(address, "::1") != 0 &&
            strcmp(address, "localhost") != 0)
            return false;
    }
    return true;
}

/* Whether a port lets in everybody who reaches it: that of TLS not those without a certificate. */
static bool is_door_open(const struct config *config)
{
    return config->port != 0 || (config->tls_port != 0 && config->tls_auth_clients != TLS_CLIENTS_YES);
}

static void warn_of_open_door(const struct config *config)
{
    if (is_door_open(config) && !config->requirepass.data && !config->protected_mode &&
        !startup_is_local_only(&config->bind))
        log_warning("WARNING: Without a password, and with protected-mode off, everybody who reaches this "
                    "machine can read "
                    "and change all sessions. Set requirepass, or bind to addresses that only your "
                    "applications reach.");
}

bool startup_breaks_url(struct bytes password)
{
    for (size_t i = 0; i < password.len; i++)
        if (password.data[i] != '\0' && strchr("@#/%:?", password.data[i]))
            return true;
    return false;
}

void startup_print_url(struct bytes password, int port, struct buf *out)
{
    ASSERT(password.len == 0 || password.data);
    buf_append_text(out, "redis://:");
    for (size_t i = 0; i < password.len; i++) {
        char c = password.data[i];
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                        (c != '\0' && strchr("-._~", c));
        if (is_plain)
            buf_append_char(out, c);
        else
            buf_printf(out, "%%%02X", (unsigned)(unsigned char)c);
    }
    buf_printf(out, "@127.0.0.1:%d/0", port);
}

/* Whoever starts a server by hand, in a terminal, may see the password; no log ever does. */
static void show_url(struct bytes password, int port)
{
    struct buf url = {0};
    if (!isatty(STDOUT_FILENO))
        return;
    startup_print_url(password, port, &url);
    (void)printf("  On this terminal alone, not in the log: REDIS_URL=%s\n", buf_cstring(&url));
    (void)fflush(stdout);
    buf_clear(&url);
}

/* Applications are given the password as part of a URL, and then say that it is wrong, or the host
 * unknown. */
static void warn_of_url(const struct config *config)
{
    struct bytes password = bytes_make(config->requirepass.data, config->requirepass.len);
    if (!startup_breaks_url(password))
        return;
    bool is_tls_only = config->port == 0 && config->tls_port != 0;
    log_warning("Hint: requirepass has characters that mean something else in a URL. Where an "
                "application takes a "
                "REDIS_URL, write %s://:PASSWORD@HOST:%d/0 with these percent-encoded in PASSWORD: "
                "@ %%40, # %%23, / %%2F, %% %%25, : %%3A, ? %%3F.",
                is_tls_only ? "rediss" : "redis", is_tls_only ? config->tls_port : config->port);
    if (!is_tls_only)
        show_url(password, config->port);
}

static void warn_of_small_memory(const struct config *config)
{
    if (config->maxmemory > 0 && config->maxmemory < 1024 * 1024)
        log_warning("WARNING: You specified a maxmemory value that is less than 1MB (current value is %lld "
                    "bytes). Are you "
                    "sure this is what you really want? Sizes take units, such as maxmemory 100mb.",
                    (long long)config->maxmemory);
}

static bool is_ignored(const struct config *config, const char *name)
{
    struct split words;
    bool is_found = false;
    if (split_arguments(bytes_of(config->ignore_warnings), &words))
        for (size_t i = 0; i < words.count; i++)
            is_found |= bytes_is(words.arguments[i], name);
    split_clear(&words);
    return is_found;
}

void startup_warn(const struct config *config)
{
    static const struct {
        const char *name;
        void (*warn)(const struct config *config);
    } warnings[] = {
        {"tcp-backlog", warn_of_backlog},
        {"no-password", warn_of_open_door},
        {"url-password", warn_of_url},
        {"small-maxmemory", warn_of_small_memory},
    };

    for (size_t i = 0; i < sizeof warnings / sizeof warnings[0]; i++)
        if (!is_ignored(config, warnings[i].name))
            warnings[i].warn(config);
}
