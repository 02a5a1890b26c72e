/* SPDX-License-Identifier: BSD-3-Clause */
/* A listener is opened by net, which knows about addresses and socket files, and handed over to the library,
 * which accepts. */
#include "entrance.h"
#include "base/alloc.h"
#include "base/log.h"
#include "engine/server.h"
#include "net/listener.h"
#include <event2/http.h>
#include <event2/listener.h>
#include <unistd.h>

enum {
    HEADERS_MAX = 8192, /* bytes of the request line and headers */
    BODY_MAX = 1024,    /* nobody needs to send one */
    SILENCE_MAX_S = 60,
    BACKLOG = 64,
};

/* Names of methods that the library doesn't know count as one of these, too. */
#define ALL_METHODS 0xffff

struct door {
    struct list link;
    struct listener *listener;
    struct evhttp_bound_socket *bound;
};

/* ---- doors ---- */

/* Out of descriptors: trying again at once would be all that the loop does. */
static void accept_failed(struct evconnlistener *listener, void *context)
{
    (void)context;
    (void)evconnlistener_disable(listener);
}

static void close_door(struct entrance *entrance, struct door *door)
{
    if (door->bound)
        evhttp_del_accept_socket(entrance->library, door->bound);
    list_remove(&door->link);
    listener_close(door->listener);
    mem_free(door);
}

/* Takes over the descriptor; it is closed when the library can't have it. */
static struct evhttp_bound_socket *hand_over(const struct entrance *entrance, int fd)
{
    struct evconnlistener *accepting = evconnlistener_new(
        loop_event_base(entrance->loop), NULL, NULL, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
    if (!accepting) {
        (void)close(fd);
        return NULL;
    }
    struct evhttp_bound_socket *bound = evhttp_bind_listener(entrance->library, accepting);
    if (!bound)
        evconnlistener_free(accepting);
    return bound;
}

/* Takes over the listener, which is NULL when it couldn't be opened. */
static bool open_door(struct entrance *entrance, struct listener *listener, struct error *error)
{
    if (!listener)
        return false;
    struct door *door = mem_zalloc(sizeof *door);
    door->listener = listener;
    list_append(&entrance->doors, &door->link);
    int fd = listener_hand_over(listener);
    if (fd >= 0)
        door->bound = hand_over(entrance, fd);
    if (!door->bound) {
        error_set(error, "the event loop can't take it");
        close_door(entrance, door);
        return false;
    }
    evconnlistener_set_error_cb(evhttp_bound_socket_get_listener(door->bound), accept_failed);
    return true;
}

bool entrance_open_tcp(struct entrance *entrance, const struct config_words *addresses, int port,
                       struct error *error)
{
    for (size_t i = 0; port != 0 && i < addresses->count; i++) {
        const char *address = addresses->items[i];
        bool is_optional = *address == '-', is_unavailable = false;
        struct listener *listener =
            listener_open_tcp(entrance->loop, address + is_optional, port, BACKLOG, &is_unavailable, error);
        if ((listener || !is_optional || !is_unavailable) && !open_door(entrance, listener, error)) {
            log_warning("Warning: Could not create HTTP listening socket %s:%d: %s", address + is_optional,
                        port, error->text);
            return false;
        }
    }
    return true;
}

bool entrance_open_unix(struct entrance *entrance, const char *path, unsigned mode, struct error *error)
{
    struct listener *listener = listener_open_unix(entrance->loop, path, mode, BACKLOG, error);
    if (open_door(entrance, listener, error))
        return true;
    log_warning("Failed opening HTTP unix socket: %s", error->text);
    return false;
}

void entrance_close(struct entrance *entrance)
{
    while (!list_is_empty(&entrance->doors))
        close_door(entrance, LIST_ENTRY(entrance->doors.next, struct door, link));
}

void entrance_rest(struct entrance *entrance)
{
    LIST_EACH(link, &entrance->doors) {
        (void)evconnlistener_disable(
            evhttp_bound_socket_get_listener(LIST_ENTRY(link, struct door, link)->bound));
    }
}

void entrance_resume(struct entrance *entrance)
{
    LIST_EACH(link, &entrance->doors) {
        (void)evconnlistener_enable(
            evhttp_bound_socket_get_listener(LIST_ENTRY(link, struct door, link)->bound));
    }
}

/* ---- life ---- */

bool entrance_init(struct entrance *entrance, struct loop *loop, const struct entrance_calls *calls)
{
    struct evhttp *library = evhttp_new(loop_event_base(loop));
    if (!library)
        return false;
    entrance->loop = loop;
    entrance->library = library;
    list_init(&entrance->doors);
    evhttp_set_max_headers_size(library, HEADERS_MAX);
    evhttp_set_max_body_size(library, BODY_MAX);
    evhttp_set_timeout(library, SILENCE_MAX_S);
    evhttp_set_allowed_methods(library, ALL_METHODS);
    evhttp_set_default_content_type(library, NULL);
    evhttp_set_bevcb(library, calls->came, calls->context);
    evhttp_set_gencb(library, calls->asked, calls->context);
    return true;
}

void entrance_clear(struct entrance *entrance)
{
    if (!entrance->library)
        return;
    entrance_close(entrance);
    evhttp_free(entrance->library);
    entrance->library = NULL;
}
