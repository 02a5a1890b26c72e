/* SPDX-License-Identifier: BSD-3-Clause */
/* Opening listeners as configured. An address with a `-` in front may be missing on this machine. */
#include "listeners.h"
#include "base/log.h"
#include "net/listener.h"

/* Appends a listener for each address of `bind`. False with `error` filled when one that must be there fails. */
static bool open_tcp(struct server *server, struct list *opened, struct error *error)
{
    const struct config *config = server->config;
    if (config->port == 0)
        return true;
    for (size_t i = 0; i < config->bind.count; i++) {
        const char *address = config->bind.items[i];
        bool is_optional = *address == '-', is_unavailable = false;
        struct listener *listener = listener_open_tcp(server->loop, address + is_optional, config->port,
                                                      config->tcp_backlog, &is_unavailable, error);
        if (listener) {
            list_append(opened, &listener->siblings);
            continue;
        }
        if (is_optional && is_unavailable)
            continue;
        log_warning("Warning: Could not create server TCP listening socket %s:%d: %s", address + is_optional,
                    config->port, error->text);
        return false;
    }
    return true;
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

bool listeners_open(struct server *server)
{
    const struct config *config = server->config;
    struct error error;
    struct list opened;
    list_init(&opened);
    if (!open_tcp(server, &opened, &error)) {
        close_all(&opened);
        log_warning("Failed listening on port %d (tcp), aborting.", config->port);
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
    if (config->port)
        log_notice("Ready to accept connections tcp");
    if (config->unixsocket)
        log_notice("Ready to accept connections unix");
    return true;
}

bool listeners_changed(void *context, struct error *error)
{
    struct server *server = context;
    struct list old, opened;
    list_init(&old);
    list_init(&opened);
    /* The old ones hold the port while they are open, so they must go first; a failure opens them anew by the rollback. */
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
