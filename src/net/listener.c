/* SPDX-License-Identifier: BSD-3-Clause */
/* Listening sockets. Like a connection a listener is only collected; whoever handles the list accepts.
 *
 * A unix socket's file is made with its final permissions (or narrower) and listens only then, so that there
 * is no moment in which somebody gets in who shouldn't. A file that is in the way is removed only when it is
 * a socket that nobody listens on any more. */
#include "net/listener.h"
#include "address.h"
#include "base/alloc.h"
#include "base/file.h"
#include "loop_events.h"
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Connections that died while they waited, taken in one go. */
enum { DEAD_MAX = 64 };

static void collect_acceptable(void *context)
{
    struct listener *listener = context;
    if (list_is_unlinked(&listener->ready))
        list_append(loop_acceptable(listener->loop), &listener->ready);
}

/* Takes over `fd`, bound. NULL with `error` filled; it is closed then. */
static struct listener *listener_start(struct loop *loop, int fd, int backlog, struct error *error)
{
    struct listener *listener;
    if (listen(fd, backlog) != 0) {
        error_set(error, "listen: %s", strerror(errno));
        (void)close(fd);
        return NULL;
    }
    listener = mem_zalloc(sizeof *listener);
    listener->loop = loop;
    listener->fd = fd;
    list_init(&listener->ready);
    list_init(&listener->siblings);
    listener->watch = loop_watch(loop, fd, collect_acceptable, listener);
    if (!listener->watch) {
        error_set(error, "listen: the event loop can't take it");
        listener_close(listener);
        return NULL;
    }
    return listener;
}

/* ---- TCP ---- */

/* Errors that say that the machine doesn't have this address, or this protocol. */
static bool is_missing(int error)
{
    return error == EADDRNOTAVAIL || error == EAFNOSUPPORT || error == EPFNOSUPPORT ||
           error == EPROTONOSUPPORT || error == ESOCKTNOSUPPORT || error == ENOPROTOOPT;
}

/* A bound socket, or -1 with `error` filled and errno's cause in `*is_unavailable`. */
static int bind_tcp(const struct addrinfo *info, bool *is_unavailable, struct error *error)
{
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    const char *step = "bind";
    int on = 1;
    if (fd < 0) {
        *is_unavailable = is_missing(errno);
        error_set(error, "creating socket: %s", strerror(errno));
        return -1;
    }
    /* IPv6 alone, so that IPv4 on the same port can be listened on besides. */
    if (info->ai_family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0)
        step = "setsockopt";
    else if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0)
        step = "setsockopt SO_REUSEADDR";
    else if (bind(fd, info->ai_addr, info->ai_addrlen) == 0)
        return fd;
    int failure = errno;
    *is_unavailable = is_missing(failure);
    error_set(error, "%s: %s", step, strerror(failure));
    (void)close(fd);
    errno = failure;
    return -1;
}

/* Resolves "*", "::*", a number or a name; NULL with `error` filled. */
static struct addrinfo *resolve(const char *address, int port, struct error *error)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    bool is_any = strcmp(address, "*") == 0 || strcmp(address, "::*") == 0;
    struct addrinfo *list = NULL;
    char service[16];
    int failure;
    hints.ai_family = strchr(address, ':') ? AF_INET6 : AF_INET;
    (void)snprintf(service, sizeof service, "%d", port);
    failure = getaddrinfo(is_any ? NULL : address, service, &hints, &list);
    if (failure == 0)
        return list;
    error_set(error, "%s", failure == EAI_SYSTEM ? strerror(errno) : gai_strerror(failure));
    return NULL;
}

/* The first that can be bound; otherwise -1, with the last one's error in `error` and errno. */
static int bind_address(const char *address, int port, bool *is_unavailable, struct error *error)
{
    struct addrinfo *list = resolve(address, port, error);
    int fd = -1;
    *is_unavailable = false;
    errno = 0;
    for (const struct addrinfo *info = list; info && fd < 0; info = info->ai_next)
        fd = bind_tcp(info, is_unavailable, error);
    if (list) {
        int failure = errno;
        freeaddrinfo(list);
        errno = failure;
    }
    return fd;
}

struct listener *listener_open_tcp(struct loop *loop, const char *address, int port, int backlog,
                                   bool *is_unavailable, struct error *error)
{
    int fd = bind_address(address, port, is_unavailable, error);
    return fd < 0 ? NULL : listener_start(loop, fd, backlog, error);
}

bool listener_may_open_tcp(const char *address, int port, bool *is_unavailable, struct error *error)
{
    int fd = bind_address(address, port, is_unavailable, error);
    if (fd < 0)
        return errno == EADDRINUSE;
    (void)close(fd);
    return true;
}

/* ---- Unix sockets ---- */

/* True when somebody listens there, or that can't be known. */
static bool is_answered(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool is_refused;
    if (fd < 0)
        return true;
    is_refused = connect(fd, (const struct sockaddr *)address, sizeof *address) != 0 && errno == ECONNREFUSED;
    (void)close(fd);
    return !is_refused;
}

static bool make_address(const char *path, struct sockaddr_un *address, struct error *error)
{
    if (address_of_path(path, address))
        return true;
    error_set(error, "unix socket path too long (%zu), must be under %zu", strlen(path),
              sizeof address->sun_path);
    return false;
}

/* A file that is no socket stays. */
static bool is_free(const char *path, struct error *error)
{
    struct stat status;
    if (lstat(path, &status) != 0 || S_ISSOCK(status.st_mode))
        return true;
    error_set(error, "bind: %s exists and is not a socket", path);
    return false;
}

bool listener_may_open_unix(const char *path, const char *directory, struct error *error)
{
    struct sockaddr_un address;
    struct error reason;
    char *full_path = file_path_in(directory, bytes_of(path));
    bool may_open = make_address(path, &address, error) && is_free(full_path, error);
    if (may_open && !file_may_make(full_path, &reason)) {
        error_set(error, "Failed opening Unix socket: bind: %s", reason.text);
        may_open = false;
    }
    mem_free(full_path);
    return may_open;
}

/* Makes way for a socket file. False with `error` filled when what is there must stay. */
static bool remove_stale(const struct sockaddr_un *address, struct error *error)
{
    struct stat status;
    if (lstat(address->sun_path, &status) != 0)
        return true;
    if (is_answered(address)) {
        error_set(error, "bind: %s", strerror(EADDRINUSE));
        return false;
    }
    if (unlink(address->sun_path) != 0) {
        error_set(error, "unlink: %s", strerror(errno));
        return false;
    }
    return true;
}

/* bind makes the file, with whatever the umask leaves: it must leave nothing too much. */
static int bind_within(int fd, const struct sockaddr_un *address, unsigned mode)
{
    mode_t saved;
    int result, saved_errno;
    if (mode == 0)
        return bind(fd, (const struct sockaddr *)address, sizeof *address);
    saved = umask(~mode & 0777);
    result = bind(fd, (const struct sockaddr *)address, sizeof *address);
    saved_errno = errno;
    (void)umask(saved);
    errno = saved_errno;
    return result;
}

/* A bound socket, its file with its permissions; -1 with `error` filled. */
static int bind_unix(const struct sockaddr_un *address, unsigned mode, struct error *error)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        error_set(error, "creating socket: %s", strerror(errno));
        return -1;
    }
    if (bind_within(fd, address, mode) != 0) {
        error_set(error, "bind: %s", strerror(errno));
        (void)close(fd);
        return -1;
    }
    if (mode != 0 && chmod(address->sun_path, (mode_t)mode) != 0) {
        error_set(error, "chmod: %s", strerror(errno));
        (void)unlink(address->sun_path);
        (void)close(fd);
        return -1;
    }
    return fd;
}

/* Tells the file from another of the same name; 0 when there is none. */
static ino_t inode_of(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0 ? status.st_ino : 0;
}

struct listener *listener_open_unix(struct loop *loop, const char *path, unsigned mode, int backlog,
                                    struct error *error)
{
    struct sockaddr_un address;
    struct listener *listener;
    int fd;
    if (!make_address(path, &address, error) || !is_free(path, error) || !remove_stale(&address, error))
        return NULL;
    fd = bind_unix(&address, mode, error);
    if (fd < 0)
        return NULL;
    listener = listener_start(loop, fd, backlog, error);
    if (!listener) {
        (void)unlink(path);
        return NULL;
    }
    listener->is_unix = true;
    listener->path = mem_strdup(path);
    listener->path_inode = inode_of(path);
    return listener;
}

/* ---- Sockets from elsewhere ---- */

/* The family of a bound stream socket, or AF_UNSPEC. */
static sa_family_t family_of(int fd)
{
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    socklen_t address_len = sizeof address;
    int type = 0;
    socklen_t type_len = sizeof type;
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_len) != 0 || type != SOCK_STREAM ||
        getsockname(fd, (struct sockaddr *)&address, &address_len) != 0)
        return AF_UNSPEC;
    return address.ss_family;
}

struct listener *listener_adopt(struct loop *loop, int fd, int backlog, struct error *error)
{
    sa_family_t family = family_of(fd);
    struct listener *listener;
    if (family != AF_INET && family != AF_INET6 && family != AF_UNIX) {
        error_set(error, "descriptor %d is no bound stream socket", fd);
        (void)close(fd);
        return NULL;
    }
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) != 0) {
        error_set(error, "fcntl: %s", strerror(errno));
        (void)close(fd);
        return NULL;
    }
    listener = listener_start(loop, fd, backlog, error);
    if (listener) {
        listener->is_unix = family == AF_UNIX;
        listener->is_adopted = true;
    }
    return listener;
}

int listener_port(const struct listener *listener)
{
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    socklen_t len = sizeof address;
    if (getsockname(listener->fd, (struct sockaddr *)&address, &len) != 0)
        return 0;
    if (address.ss_family == AF_INET6)
        return ntohs(((const struct sockaddr_in6 *)&address)->sin6_port);
    return address.ss_family == AF_INET ? ntohs(((const struct sockaddr_in *)&address)->sin_port) : 0;
}

void listener_close(struct listener *listener)
{
    if (!listener)
        return;
    list_remove(&listener->ready);
    list_remove(&listener->siblings);
    loop_unwatch(listener->watch);
    /* The file goes first: whoever finds none won't try a socket that is about to close. One that another
     * server put in its place is not ours to remove. */
    if (listener->path && inode_of(listener->path) == listener->path_inode)
        (void)unlink(listener->path);
    (void)close(listener->fd);
    mem_free(listener->path);
    mem_free(listener);
}

/* ---- Accepting ---- */

/* Errors of the connection that was to be accepted, which is gone; the next one is none the worse. */
static bool is_of_connection(int error)
{
    switch (error) {
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case EPERM:
    case ENOPROTOOPT:
    case EOPNOTSUPP:
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENONET:
    case ETIMEDOUT:
        return true;
    default:
        return false;
    }
}

void listener_rest(struct listener *listener)
{
    loop_watch_pause(listener->watch);
    list_remove(&listener->ready);
}

enum accept_result listener_accept(struct listener *listener, int *fd)
{
    for (int dead = 0; dead < DEAD_MAX; dead++) {
        *fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (*fd >= 0)
            return ACCEPT_OK;
        if (errno == EAGAIN)
            return ACCEPT_NONE;
        if (!is_of_connection(errno)) {
            listener_rest(listener);
            return ACCEPT_FULL;
        }
    }
    return ACCEPT_NONE;
}

void listener_resume(struct listener *listener)
{
    loop_watch_resume(listener->watch);
}

int listener_hand_over(struct listener *listener)
{
    listener_rest(listener);
    return fcntl(listener->fd, F_DUPFD_CLOEXEC, 0);
}
