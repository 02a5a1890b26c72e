/* SPDX-License-Identifier: BSD-3-Clause */
/* Opening listeners as configured. An address with a `-` in front may be missing on this machine. */
#include "listeners.h"
#include "base/buf.h"
#include "base/log.h"
#include "engine/metric_tables.h"
#include "metrics/prometheus.h"
#include "net/listener.h"
#include "service_manager.h"

/* Appends a listener for each address of `bind`. False with `error` filled when one that must be there
 * fails. */
static bool open_port(struct server *server, int port, bool is_tls, struct list *opened, struct error *error)
{
    const struct config *config = server->config;
    for (size_t i = 0; port != 0 && i < config->bind.count; i++) {
        const char *address = config->bind.items[i];
        bool is_optional = *address == '-', is_unavailable = false;
        struct listener *listener = listener_open_tcp(server->loop, address + is_optional, port,
                                                      config->tcp_backlog, &is_unavailable, error);
        if (listener) {
            listener->is_tls = is_tls;
            list_append(opened, &listener->siblings);
            continue;
        }
        if (is_optional && is_unavailable)
            continue;
        log_warning("Warning: Could not create server TCP listening socket %s:%d: %s", address + is_optional,
                    port, error->text);
        return false;
    }
    return true;
}

static bool open_tcp(struct server *server, struct list *opened, struct error *error)
{
    const struct config *config = server->config;
    return open_port(server, config->port, false, opened, error) &&
           open_port(server, config->tls_port, true, opened, error);
}

static void close_all(struct list *listeners)
{
    while (!list_is_empty(listeners)) {
        struct listener *listener = LIST_ENTRY(listeners->next, struct listener, siblings);
        list_remove(&listener->siblings);
        listener_close(listener);
    }
}

static void take_over(struct server *server, struct list *opened)
{
    while (!list_is_empty(opened)) {
        struct list *link = opened->next;
        list_remove(link);
        list_append(&server->listeners, link);
    }
}

/* The service manager's sockets take the place of all that are configured: it holds them open over our
 * restarts, so that nobody who connects in between is refused. TLS is spoken on that of tls-port. False,
 * having logged why, when one of them is of no use. */
static bool adopt(struct server *server, int count)
{
    const struct config *config = server->config;
    struct error error;
    for (int i = 0; i < count; i++) {
        struct listener *listener =
            listener_adopt(server->loop, SERVICE_MANAGER_FIRST_SOCKET + i, config->tcp_backlog, &error);
        if (!listener) {
            log_warning("The service manager's listening sockets are of no use: %s", error.text);
            return false;
        }
        listener->is_tls = config->tls_port != 0 && listener_port(listener) == config->tls_port;
        list_append(&server->listeners, &listener->siblings);
    }
    return true;
}

bool listeners_open(struct server *server)
{
    const struct config *config = server->config;
    struct error error;
    struct list opened;
    int passed_count = service_manager_socket_count();
    if (passed_count > 0)
        return adopt(server, passed_count);
    list_init(&opened);
    if (!open_tcp(server, &opened, &error)) {
        close_all(&opened);
        log_warning("Failed listening on port %d (tcp), aborting.",
                    config->port != 0 ? config->port : config->tls_port);
        return false;
    }
    take_over(server, &opened);
    if (config->unixsocket) {
        struct listener *listener = listener_open_unix(
            server->loop, config->unixsocket, (unsigned)config->unixsocketperm, config->tcp_backlog, &error);
        if (!listener) {
            log_warning("Failed opening Unix socket: %s", error.text);
            log_warning("Failed listening on port %s (unix), aborting.", config->unixsocket);
            return false;
        }
        list_append(&server->listeners, &listener->siblings);
    }
    if (list_is_empty(&server->listeners)) {
        log_warning("Configured to not listen anywhere, exiting.");
        return false;
    }
    return true;
}

static bool is_adopted(const struct server *server)
{
    return !list_is_empty(&server->listeners) &&
           LIST_ENTRY(server->listeners.next, struct listener, siblings)->is_adopted;
}

void listeners_announce(const struct server *server)
{
    if (server->is_shutting_down)
        return;
    if (is_adopted(server)) {
        LIST_EACH(link, &server->listeners) {
            const struct listener *listener = LIST_ENTRY(link, struct listener, siblings);
            log_notice("Ready to accept connections %s on a socket of the service manager",
                       listener->is_unix  ? "unix"
                       : listener->is_tls ? "tls"
                                          : "tcp");
        }
        return;
    }
    if (server->config->port)
        log_notice("Ready to accept connections tcp");
    if (server->config->tls_port)
        log_notice("Ready to accept connections tls");
    if (server->config->unixsocket)
        log_notice("Ready to accept connections unix");
}

bool listeners_changed(void *context, struct error *error)
{
    struct server *server = context;
    struct list old, opened;
    if (is_adopted(server)) {
        error_set(error, "the listening sockets are the service manager's");
        log_warning("bind, port and tls-port can't be changed: %s. Change its socket unit.", error->text);
        return false;
    }
    list_init(&old);
    list_init(&opened);
    /* The old ones hold the port while they are open, so they must go first; a failure opens them anew by the
     * rollback. */
    LIST_EACH_SAFE(link, &server->listeners) {
        struct listener *listener = LIST_ENTRY(link, struct listener, siblings);
        if (!listener->is_unix) {
            list_remove(link);
            list_append(&old, link);
        }
    }
    close_all(&old);
    if (!open_tcp(server, &opened, error)) {
        close_all(&opened);
        return false;
    }
    take_over(server, &opened);
    return true;
}

/* ---- figures ---- */

/* "listener0:name=tcp,bind=127.0.0.1,bind=-::1,port=6379" */
static void print_port(const struct config *config, const char *name, int port, int *number, struct buf *out)
{
    if (port == 0)
        return;
    buf_printf(out, "listener%d:name=%s", (*number)++, name);
    for (size_t i = 0; i < config->bind.count; i++)
        buf_printf(out, ",bind=%s", config->bind.items[i]);
    buf_printf(out, ",port=%d\r\n", port);
}

/* In the order of Redis. */
static void print_listeners(const struct server *server, struct buf *out)
{
    const struct config *config = server->config;
    int number = 0;
    print_port(config, "tcp", config->port, &number, out);
    if (config->unixsocket)
        buf_printf(out, "listener%d:name=unix,bind=%s\r\n", number++, config->unixsocket);
    print_port(config, "tls", config->tls_port, &number, out);
}

static void print_listening(const char *kind, const char *address, struct buf *out)
{
    struct prometheus_label labels[] = {{"name", bytes_of(kind)}, {"bind", bytes_of(address)}};
    prometheus_sample(out, "sessiond_listening", "", labels, 2, 1);
}

static void series_of_listeners(const void *context, struct buf *out)
{
    const struct server *server = context;
    const struct config *config = server->config;
    prometheus_family(out, "sessiond_listening", "gauge", "What is listened on.");
    for (size_t i = 0; config->port != 0 && i < config->bind.count; i++)
        print_listening("tcp", config->bind.items[i], out);
    for (size_t i = 0; config->tls_port != 0 && i < config->bind.count; i++)
        print_listening("tls", config->bind.items[i], out);
    if (config->unixsocket)
        print_listening("unix", config->unixsocket, out);
}

#define LISTENER_METRICS(ROW)                                                      \
    ROW(TEXT, "Server", listeners, LINES, print_listeners, "What is listened on.", \
        .series = series_of_listeners)

METRIC_TABLE(listeners_add_metrics, LISTENER_METRICS)
