/* SPDX-License-Identifier: BSD-3-Clause */
/* systemd is spoken to by libsystemd where it was there at the build; upstart only wants to see us
 * stopped. */
#include "service_manager.h"
#include "base/log.h"
#include "engine/cron.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef HAVE_LIBSYSTEMD
#include <systemd/sd-daemon.h>
#endif

/* ---- systemd ---- */

#define BUSY_PERIOD_US 1000000

#ifdef HAVE_LIBSYSTEMD

/* Without it the manager waits for a word of us that never comes, and ends us at last. */
static void warn_of_socket(int failure)
{
    const char *path = getenv("NOTIFY_SOCKET");
    if (!path)
        log_warning("systemd supervision requested, but NOTIFY_SOCKET not found!");
    else
        log_warning("systemd can't be told anything: NOTIFY_SOCKET %s can't be used: %s", path,
                    strerror(failure));
}

static bool find_systemd(void)
{
    int result = sd_notify(0, "STATUS=sessiond is loading...\n");
    if (result <= 0) {
        warn_of_socket(-result);
        return false;
    }
    log_notice("Supervised by systemd. Please make sure you set appropriate values for TimeoutStartSec and "
               "TimeoutStopSec in your service unit.");
    return true;
}

/* A socket that fails is warned of once, until it works again. */
static void tell(const struct server *server, const char *state)
{
    static bool has_failed;
    if (server->config->supervised != SUPERVISED_SYSTEMD)
        return;
    int result = sd_notify(0, state);
    if (result < 0 && !has_failed)
        warn_of_socket(-result);
    has_failed = result < 0;
}

static void say_alive(struct server *server)
{
    tell(server, "WATCHDOG=1");
}

/* While a snapshot holds up the loop, at the end above all, it takes as long as it takes. */
static void say_busy(const struct server *server)
{
    static int64_t said_us;
    int64_t now_us = clock_mono_us();
    if (now_us - said_us < BUSY_PERIOD_US)
        return;
    said_us = now_us;
    tell(server, "WATCHDOG=1\nEXTEND_TIMEOUT_USEC=30000000");
}

static bool finds_sockets(void)
{
    return sd_listen_fds(0) > 0;
}

int service_manager_socket_count(void)
{
    _Static_assert(SERVICE_MANAGER_FIRST_SOCKET == SD_LISTEN_FDS_START, "as libsystemd has it");
    int count = sd_listen_fds(1);

    return count > 0 ? count : 0;
}

static struct cron_task watchdog_task = {.name = "service-manager", .run = say_alive};

/* Twice in the time in which systemd wants to hear from us. */
static void start_watchdog(struct server *server)
{
    uint64_t period_us = 0;
    if (server->config->supervised != SUPERVISED_SYSTEMD)
        return;
    server->alive = say_busy;
    if (sd_watchdog_enabled(0, &period_us) <= 0)
        return;
    watchdog_task.period_ms = period_us < 2000 ? 1 : (int64_t)(period_us / 2000);
    cron_add(server, &watchdog_task);
    say_alive(server);
}

#else

static bool find_systemd(void)
{
    log_warning("systemd supervision requested or auto-detected, but sessiond is compiled without libsystemd "
                "support!");
    return false;
}

static void tell(const struct server *server, const char *state)
{
    (void)server;
    (void)state;
}

static void start_watchdog(struct server *server)
{
    (void)server;
}

static bool finds_sockets(void)
{
    return false;
}

int service_manager_socket_count(void)
{
    return 0;
}

#endif

/* ---- upstart ---- */

static bool find_upstart(void)
{
    if (!getenv("UPSTART_JOB")) {
        log_warning("upstart supervision requested, but UPSTART_JOB not found!");
        return false;
    }
    log_notice("supervised by upstart, will stop to signal readiness.");
    (void)raise(SIGSTOP);
    (void)unsetenv("UPSTART_JOB");
    return true;
}

/* ---- both ---- */

bool service_manager_passes_sockets(void)
{
    static enum { UNKNOWN, NO, YES } answer; /* taking them over clears the environment */
    if (answer == UNKNOWN)
        answer = finds_sockets() ? YES : NO;
    return answer == YES;
}

bool service_manager_find(struct config *config)
{
    if (config->supervised == SUPERVISED_AUTO)
        config->supervised = getenv("UPSTART_JOB")     ? SUPERVISED_UPSTART
                             : getenv("NOTIFY_SOCKET") ? SUPERVISED_SYSTEMD
                                                       : SUPERVISED_NO;
    if ((config->supervised == SUPERVISED_SYSTEMD && find_systemd()) ||
        (config->supervised == SUPERVISED_UPSTART && find_upstart()))
        return true;
    config->supervised = SUPERVISED_NO;
    return false;
}

void service_manager_ready(struct server *server)
{
    tell(server, "STATUS=Ready to accept connections\nREADY=1");
    start_watchdog(server);
}

void service_manager_reloading(const struct server *server)
{
    char reloading[64];
    (void)snprintf(reloading, sizeof reloading, "RELOADING=1\nMONOTONIC_USEC=%lld",
                   (long long)clock_mono_us());
    tell(server, reloading);
}

void service_manager_reloaded(const struct server *server, const char *status)
{
    char ready[256];
    (void)snprintf(ready, sizeof ready, "READY=1\nSTATUS=%s", status);
    tell(server, ready);
}

void service_manager_stopping(const struct server *server)
{
    tell(server, "STATUS=Shutting down\nSTOPPING=1");
}
