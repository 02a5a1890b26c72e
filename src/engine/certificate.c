/* SPDX-License-Identifier: BSD-3-Clause */
#include "engine/certificate.h"
#include "base/buf.h"
#include "engine/metric_tables.h"
#include "metrics/prometheus.h"

#define DAY_S 86400

bool certificate_is_used(const struct server *server)
{
    return server->certificate_end_s != 0;
}

int64_t certificate_days_left(const struct server *server)
{
    int64_t left_s = server->certificate_end_s - server->clock.wall_ms / 1000;
    return left_s >= 0 ? left_s / DAY_S : (left_s + 1) / DAY_S - 1;
}

static void print_certificate(const struct server *server, struct buf *out)
{
    if (certificate_is_used(server))
        buf_printf(out, "tls_certificate_days_left:%lld\r\n", (long long)certificate_days_left(server));
}

static void series_of_certificate(const void *context, struct buf *out)
{
    static const char name[] = "sessiond_tls_certificate_end_time_seconds";
    const struct server *server = context;
    prometheus_family(out, name, "gauge", "When the certificate that is shown expires.");
    if (certificate_is_used(server))
        prometheus_sample(out, name, "", NULL, 0, (double)server->certificate_end_s);
}

#define CERTIFICATE_METRICS(ROW)                                                                     \
    ROW(TEXT, "Server", tls_certificate, LINES, print_certificate, "The certificate that is shown.", \
        .series = series_of_certificate)

METRIC_TABLE(certificate_add_metrics, CERTIFICATE_METRICS)
