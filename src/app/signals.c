/* SPDX-License-Identifier: BSD-3-Clause */
/* The handlers only note what came and wake the loop. */
#include "signals.h"
#include "base/log.h"
#include "engine/cron.h"
#include "engine/server.h"
#include "net/loop.h"
#include <signal.h>
#include <unistd.h>

static volatile sig_atomic_t received;
static struct loop *loop_to_wake;

static void on_end(int signal)
{
    if (received)
        _exit(1);
    received = signal;
    loop_wake(loop_to_wake);
}

static void check(struct server *server)
{
    if (!received || server->is_shutting_down)
        return;
    log_notice(received == SIGINT ? "Received SIGINT scheduling shutdown..." : "Received SIGTERM scheduling shutdown...");
    log_notice("User requested shutdown...");
    server->is_shutting_down = true;
}

static struct cron_task task = {.name = "signals", .period_ms = 50, .run = check};

void signals_install(struct server *server)
{
    struct sigaction action = {.sa_handler = on_end};
    sigemptyset(&action.sa_mask);
    loop_to_wake = server->loop;
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
    cron_add(server, &task);
}
