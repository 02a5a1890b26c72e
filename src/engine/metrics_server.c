/* SPDX-License-Identifier: BSD-3-Clause */
/* What the server is, who its clients are, what processor time it took. */
#include "base/buf.h"
#include "engine/client_care.h"
#include "engine/metric_tables.h"
#include "engine/metrics.h"
#include "engine/tracking.h"
#include "metrics/prometheus.h"
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#define DAY_MS 86400000

static void print_system(const struct server *server, struct buf *out)
{
    struct utsname name;
    (void)server;
    if (uname(&name) == 0)
        buf_printf(out, "%s %s %s", name.sysname, name.release, name.machine);
}

static void print_compiler(const struct server *server, struct buf *out)
{
    (void)server;
    buf_printf(out, "%d.%d.%d", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
}

static void print_supervisor(const struct server *server, struct buf *out)
{
    const char *word = config_choice_word(server->config, "supervised");
    buf_append_text(out, strcmp(word, "auto") == 0 ? "unknown" : word);
}

static void print_run_id(const struct server *server, struct buf *out)
{
    buf_append_text(out, server->run_id);
}

static void print_executable(const struct server *server, struct buf *out)
{
    char path[1024];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path);
    (void)server;
    if (len > 0)
        buf_append(out, path, (size_t)len);
}

static void print_config_file(const struct server *server, struct buf *out)
{
    if (server->config->path)
        buf_append_text(out, server->config->path);
}

static int first_port(const struct config *config)
{
    return config->port != 0 ? config->port : config->tls_port;
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static double system_seconds(int who)
{
    struct rusage usage;
    return getrusage(who, &usage) == 0 ? seconds(usage.ru_stime) : 0;
}

static double user_seconds(int who)
{
    struct rusage usage;
    return getrusage(who, &usage) == 0 ? seconds(usage.ru_utime) : 0;
}

static int64_t uptime_ms(const struct server *server)
{
    return server->clock.mono_ms - server->start_mono_ms;
}

static void series_of_instance(const void *context, struct buf *out)
{
    const struct server *server = context;
    double start_s = (double)server->start_wall_ms / 1000;
    prometheus_single(out, "redis_up", "gauge", "The server answers.", 1);
    prometheus_single(out, "sessiond_start_time_seconds", "gauge", "When the server started.", start_s);
    prometheus_single(out, "redis_start_time_seconds", "gauge", "When the server started.", start_s);
}

#define SERVER_METRICS(ROW)                                                                                  \
    ROW(CONSTANT, "Server", redis_version, FACT, REDIS_VERSION, "The Redis whose behaviour this is.",        \
        .exporter_name = "instance_info")                                                                    \
    ROW(CONSTANT, "Server", redis_git_sha1, FACT, "00000000", "Of no meaning here.")                         \
    ROW(CONSTANT, "Server", redis_git_dirty, FACT, "0", "Of no meaning here.")                               \
    ROW(CONSTANT, "Server", redis_build_id, FACT, "0", "Of no meaning here.",                                \
        .exporter_name = "instance_info")                                                                    \
    ROW(CONSTANT, "Server", redis_mode, FACT, "standalone", "Neither a cluster node nor a sentinel.",        \
        .exporter_name = "instance_info")                                                                    \
    ROW(CONSTANT, "Server", server_name, FACT, "sessiond", "This program.")                                  \
    ROW(CONSTANT, "Server", sessiond_version, FACT, SESSIOND_VERSION, "Its version.")                        \
    ROW(TEXT, "Server", os, FACT, print_system, "Operating system, release and machine.",                    \
        .exporter_name = "instance_info")                                                                    \
    ROW(INTEGER, "Server", arch_bits, FACT, sizeof(void *) * 8, "Bits of an address.")                       \
    ROW(CONSTANT, "Server", monotonic_clock, FACT, "POSIX clock_gettime", "The clock of deadlines.")         \
    ROW(CONSTANT, "Server", multiplexing_api, FACT, "epoll", "How connections are waited for.")              \
    ROW(CONSTANT, "Server", atomicvar_api, FACT, "c11-builtin", "How threads share variables.")              \
    ROW(TEXT, "Server", gcc_version, FACT, print_compiler, "The compiler.")                                  \
    ROW(INTEGER, "Server", process_id, FACT, getpid(), "Process id.", .exporter_name = "process_id")         \
    ROW(TEXT, "Server", process_supervised, FACT, print_supervisor, "The service manager.")                  \
    ROW(TEXT, "Server", run_id, FACT, print_run_id, "Random, new with each start.",                          \
        .exporter_name = "instance_info")                                                                    \
    ROW(INTEGER, "Server", tcp_port, FACT, first_port(server->config), "Port; without one, that for TLS.",   \
        .exporter_name = "instance_info")                                                                    \
    ROW(INTEGER, "Server", server_time_usec, GAUGE, clock_wall_us(), "Wall clock, in microseconds.")         \
    ROW(INTEGER, "Server", uptime_in_seconds, GAUGE, uptime_ms(server) / 1000, "Since the start.",           \
        .exporter_name = "uptime_in_seconds")                                                                \
    ROW(INTEGER, "Server", uptime_in_days, GAUGE, uptime_ms(server) / DAY_MS, "The same in days.")           \
    ROW(INTEGER, "Server", hz, FACT, server->config->hz, "The directive hz.")                                \
    ROW(INTEGER, "Server", configured_hz, FACT, server->config->hz, "The same.")                             \
    ROW(INTEGER, "Server", lru_clock, GAUGE, server->clock.wall_ms / 1000 & 0xffffff, "24 bits of seconds.") \
    ROW(TEXT, "Server", executable, FACT, print_executable, "Path of the program.")                          \
    ROW(TEXT, "Server", config_file, FACT, print_config_file, "Path of the configuration file.")             \
    ROW(CONSTANT, "Server", io_threads_active, FACT, "0", "One thread serves all clients.",                  \
        .exporter_name = "io_threads_active")                                                                \
    ROW(SERIES, "Server", instance, SERIES, series_of_instance, "The server is up, and since when.")         \
    ROW(CONSTANT, "Clients", cluster_connections, FACT, "0", "There is no cluster bus.",                     \
        .exporter_name = "cluster_connections")                                                              \
    ROW(REAL, "CPU", used_cpu_sys, COUNTER, system_seconds(RUSAGE_SELF),                                     \
        "System time of the process, in seconds.", .decimals = 6, .exporter_name = "cpu_sys_seconds_total")  \
    ROW(REAL, "CPU", used_cpu_user, COUNTER, user_seconds(RUSAGE_SELF),                                      \
        "User time of the process, in seconds.", .decimals = 6, .exporter_name = "cpu_user_seconds_total")   \
    ROW(REAL, "CPU", used_cpu_sys_children, COUNTER, system_seconds(RUSAGE_CHILDREN),                        \
        "System time of its children, in seconds.", .decimals = 6,                                           \
        .exporter_name = "cpu_sys_children_seconds_total")                                                   \
    ROW(REAL, "CPU", used_cpu_user_children, COUNTER, user_seconds(RUSAGE_CHILDREN),                         \
        "User time of its children, in seconds.", .decimals = 6,                                             \
        .exporter_name = "cpu_user_children_seconds_total")                                                  \
    ROW(REAL, "CPU", used_cpu_sys_main_thread, COUNTER, system_seconds(RUSAGE_THREAD),                       \
        "System time of the main thread, in seconds.", .decimals = 6,                                        \
        .exporter_name = "cpu_sys_main_thread_seconds_total")                                                \
    ROW(REAL, "CPU", used_cpu_user_main_thread, COUNTER, user_seconds(RUSAGE_THREAD),                        \
        "User time of the main thread, in seconds.", .decimals = 6,                                          \
        .exporter_name = "cpu_user_main_thread_seconds_total")                                               \
    ROW(CONSTANT, "Cluster", cluster_enabled, FACT, "0", "Not a cluster node.",                              \
        .exporter_name = "cluster_enabled")

METRIC_TABLE(add_server_metrics, SERVER_METRICS)
