/* SPDX-License-Identifier: BSD-3-Clause */
/* The handlers only note what came, and wake the loop by a descriptor that it watches. */
#include "signals.h"
#include "base/log.h"
#include "base/panic.h"
#include "daemon.h"
#include "engine/cron.h"
#include "engine/server.h"
#include "net/loop.h"
#include "persist/snapshot.h"
#include "reload.h"
#include "service_manager.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

static volatile sig_atomic_t end_signal; /* the one that asked for the end, or 0 */
static volatile sig_atomic_t has_hung_up;
static volatile sig_atomic_t is_serving; /* somebody looks at these */
static int wake_fd = -1;
static struct loop_watch *watch;

static void wake(void)
{
    int saved = errno;
    uint64_t one = 1;
    /* It fails only when the counter is full, which wakes as well. */
    if (write(wake_fd, &one, sizeof one) < 0)
        errno = saved;
    errno = saved;
}

static void end_at_once(const char *reason, int code)
{
    log_raw_from_handler(bytes_of(reason));
    pidfile_remove();
    _exit(code);
}

/* While data is loaded there is nothing to finish, and who presses Ctrl-C again won't wait any longer. */
static void on_end(int signal)
{
    if (!is_serving)
        end_at_once("Received shutdown signal during loading, exiting now.\n", EXIT_SUCCESS);
    if (end_signal != 0 && signal == SIGINT)
        end_at_once("You insist... exiting now.\n", EXIT_FAILURE);
    if (end_signal == 0)
        end_signal = signal;
    wake();
}

static void on_hang_up(int signal)
{
    (void)signal;
    has_hung_up = 1;
    wake();
}

/* The server ends, unless what should be saved can't be. */
static void end(struct server *server)
{
    const struct config *config = server->config;
    bool is_interrupt = end_signal == SIGINT;
    int actions = is_interrupt ? config->shutdown_on_sigint : config->shutdown_on_sigterm;
    enum snapshot_at_exit snapshot = actions & SIGNAL_SAVE     ? SNAPSHOT_ALWAYS
                                     : actions & SIGNAL_NOSAVE ? SNAPSHOT_NEVER
                                                               : SNAPSHOT_IF_CONFIGURED;
    log_warning(is_interrupt ? "Received SIGINT scheduling shutdown..."
                             : "Received SIGTERM scheduling shutdown...");
    log_notice("User requested shutdown...");
    if (snapshot_before_exit(server, snapshot) || (actions & SIGNAL_FORCE)) {
        server->is_shutting_down = true;
        return;
    }
    log_warning("Errors trying to shut down the server. Check the logs for more information.");
    end_signal = 0;
}

/* Not while a script stands still: its user may be one that goes. */
static void reload_if_asked(struct server *server)
{
    if (!has_hung_up || server->status.is_script_busy)
        return;
    has_hung_up = 0;
    log_notice("Received SIGHUP: reading the configuration again.");
    service_manager_reloading(server);
    service_manager_reloaded(server, reload_run(server)
                                         ? "Ready to accept connections"
                                         : "Running with the configuration from before: see the log");
}

static struct cron_task reload_task = {.name = "reload", .period_ms = 100, .run = reload_if_asked};

static void look(void *context)
{
    struct server *server = context;
    uint64_t count;
    if (read(wake_fd, &count, sizeof count) < 0)
        return;
    reload_if_asked(server);
    if (end_signal != 0 && !server->is_shutting_down)
        end(server);
}

static void handle(int signal, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(signal, &action, NULL);
}

void signals_install(void)
{
    wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    ASSERT(wake_fd >= 0);
    handle(SIGTERM, on_end);
    handle(SIGINT, on_end);
    handle(SIGHUP, on_hang_up);
    handle(SIGPIPE, SIG_IGN);
    handle(SIGXFSZ, SIG_IGN); /* what is written beyond the limit fails */
}

void signals_watch(struct server *server)
{
    watch = loop_watch(server->loop, wake_fd, look, server);
    ASSERT(watch);
    cron_add(server, &reload_task);
    is_serving = 1;
}

/* The descriptor stays: signals may still come. */
void signals_forget(void)
{
    loop_unwatch(watch);
}
