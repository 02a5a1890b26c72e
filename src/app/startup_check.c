/* SPDX-License-Identifier: BSD-3-Clause */
/* Run by the start, by --check and by a reload, so that none of them accepts what another refuses. Relative
 * paths mean the directory `dir`, where the server will be. */
#include "startup_check.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/log.h"
#include "descriptors.h"
#include "net/listener.h"
#include "service_manager.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

/* ---- files ---- */

/* The directives' paths from where we are now. */
static char *path_of(const struct config *config, const char *path)
{
    return file_path_in(config->dir, bytes_of(path));
}

static void check_log(const struct config *config, struct config_load *load)
{
    struct error error;
    char *path = path_of(config, config->logfile);
    if (config->logfile[0] != '\0' && !log_may_open(path, &error))
        config_load_refuse(load, "logfile", error.text,
                           "name a file in a directory that exists and that the server's user may write to");
    mem_free(path);
}

/* A start goes on without. */
static void check_pidfile(const struct config *config, struct config_load *load)
{
    struct error error;
    char *path = path_of(config, config->pidfile ? config->pidfile : "");
    if (config->pidfile && !file_may_write(path, &error))
        (void)config_load_blame(load, "pidfile", true, error.text,
                                "name a file in a directory that the server's user may write to");
    mem_free(path);
}

/* Whether it is whole, --check-rdb says. */
static void check_snapshot(const struct config *config, struct config_load *load)
{
    struct error error;
    char *path = path_of(config, config->dbfilename);
    if (access(path, F_OK) == 0 && access(path, R_OK) != 0) {
        error_set(&error, "the snapshot %s can't be read: %s", path, strerror(errno));
        config_load_refuse(load, "dbfilename", error.text, "let the server's user read it");
    }
    mem_free(path);
}

static void check_socket(const struct config *config, struct config_load *load, const char *name,
                         const char *path)
{
    struct error error;
    if (path && !listener_may_open_unix(path, config->dir, &error))
        config_load_refuse(load, name, error.text,
                           "name a file that isn't there yet, in a directory that the server's user may "
                           "write to, with a path of less than 108 bytes");
}

static void check_sockets(const struct config *config, struct config_load *load)
{
    if (!service_manager_passes_sockets())
        check_socket(config, load, "unixsocket", config->unixsocket);
    check_socket(config, load, "http-unixsocket", config->http_unixsocket);
    if (config->unixsocket && config->http_unixsocket &&
        strcmp(config->unixsocket, config->http_unixsocket) == 0)
        config_load_refuse(load, "http-unixsocket", "unixsocket has this path", "name another file");
}

/* ---- addresses ---- */

/* A port and the addresses for it. */
struct endpoints {
    const char *bind_name, *port_name; /* of the directives */
    const struct config_words *addresses;
    int port;
};

static const char *remedy_of(const char *address, int failure)
{
    if (address[0] == '#')
        return "write the addresses before the comment";
    if (failure == EACCES)
        return "choose a port from 1024 on, or give the program CAP_NET_BIND_SERVICE";
    return "write addresses of this machine; one that may be missing has a - before it";
}

/* Blames the addresses; they may be the default ones, and then the port that a line sets. */
static void refuse_address(const struct endpoints *endpoints, struct config_load *load, const char *reason,
                           const char *remedy)
{
    if (!config_load_blame(load, endpoints->bind_name, false, reason, remedy))
        config_load_refuse(load, endpoints->port_name, reason, remedy);
}

/* Whether there is or could be a listener on it. */
static bool check_address(const struct endpoints *endpoints, const char *address, struct config_load *load)
{
    bool is_optional = *address == '-', is_unavailable;
    struct error error, reason;
    if (listener_may_open_tcp(address + is_optional, endpoints->port, &is_unavailable, &error))
        return true;
    int failure = errno;
    if (is_optional && is_unavailable)
        return false;
    error_set(&reason, "Failed listening on port %d (tcp): %s: %s", endpoints->port, address + is_optional,
              error.text);
    refuse_address(endpoints, load, reason.text, remedy_of(address + is_optional, failure));
    return true;
}

static bool is_any(const char *address)
{
    static const char *const any[] = {"*", "0.0.0.0", "::*", "::"};
    for (size_t i = 0; i < sizeof any / sizeof any[0]; i++)
        if (strcmp(address, any[i]) == 0)
            return true;
    return false;
}

/* Whether who listens on one of them keeps the other from doing so on the same port. */
static bool is_overlapping(const char *a, const char *b)
{
    a += *a == '-';
    b += *b == '-';
    bool is_same_protocol = !strchr(a, ':') == !strchr(b, ':');
    return strcmp(a, b) == 0 || (is_same_protocol && (is_any(a) || is_any(b)));
}

/* Whether the address at `index` is in the way of an earlier one of the same port. */
static bool is_taken_before(const struct endpoints *list, size_t own, size_t index)
{
    for (size_t i = 0; i <= own; i++) {
        size_t count = i == own ? index : list[i].addresses->count;
        for (size_t j = 0; j < count && list[i].port == list[own].port; j++)
            if (is_overlapping(list[i].addresses->items[j], list[own].addresses->items[index]))
                return true;
    }
    return false;
}

/* Notes what is wrong with the addresses of list[own]. The number of those that can be listened on. */
static size_t check_endpoints(const struct endpoints *list, size_t own, struct config_load *load)
{
    const struct endpoints *endpoints = &list[own];
    size_t count = 0;
    if (endpoints->port == 0)
        return 0;
    for (size_t i = 0; i < endpoints->addresses->count; i++) {
        const char *address = endpoints->addresses->items[i];
        struct error reason;
        count += check_address(endpoints, address, load);
        if (!is_taken_before(list, own, i))
            continue;
        error_set(&reason, "Failed listening on port %d (tcp): %s would be listened on twice",
                  endpoints->port, address);
        refuse_address(endpoints, load, reason.text, "leave one of them out, or choose another port");
    }
    return count;
}

static void check_addresses(const struct config *config, struct config_load *load)
{
    bool is_passed = service_manager_passes_sockets();
    const struct endpoints list[] = {
        {"bind", "port", &config->bind, is_passed ? 0 : config->port},
        {"bind", "tls-port", &config->bind, is_passed ? 0 : config->tls_port},
        {"http-bind", "http-port", &config->http_bind, config->http_port},
        {"http-bind", "http-tls-port", &config->http_bind, config->http_tls_port},
    };
    bool has_port = config->port != 0 || config->tls_port != 0;
    size_t count = check_endpoints(list, 0, load) + check_endpoints(list, 1, load);
    (void)check_endpoints(list, 2, load);
    (void)check_endpoints(list, 3, load);
    if (count == 0 && !config->unixsocket && !is_passed && (!has_port || config->bind.count == 0))
        config_load_refuse(load, has_port ? "bind" : "port", "Configured to not listen anywhere, exiting.",
                           "set a port and an address to listen on, or unixsocket");
    else if (count == 0 && !config->unixsocket && !is_passed)
        config_load_refuse(load, "bind", "Configured to not listen anywhere, exiting.",
                           "write an address that this machine has");
}

/* ---- all ---- */

void startup_check(const struct config *config, struct config_load *load)
{
    struct error error;
    check_log(config, load);
    check_pidfile(config, load);
    check_snapshot(config, load);
    check_sockets(config, load);
    check_addresses(config, load);
    if (!descriptors_suffice(&error))
        config_load_refuse(load, "maxclients", error.text, "raise the limit: ulimit -n, LimitNOFILE=");
}
