/* SPDX-License-Identifier: BSD-3-Clause */
/* Counters, one row each: the field, INFO's section and name, a sentence, and what else there is to say of it
 * (see struct metric). `server->counters.keyspace_hits++` counts; INFO and the metrics endpoint walk the
 * rows. Each only grows, until CONFIG RESETSTAT. */
#ifndef METRICS_COUNTERS_H
#define METRICS_COUNTERS_H

#include <stdint.h>

#define COUNTERS(X)                                                                                         \
    X(total_connections_received, "Stats", "Connections accepted.",                                         \
      .exporter_name = "connections_received_total")                                                        \
    X(total_commands_processed, "Stats", "Commands run.", .exporter_name = "commands_processed_total")      \
    X(total_net_input_bytes, "Stats", "Bytes read from clients.", .exporter_name = "net_input_bytes_total") \
    X(total_net_output_bytes, "Stats", "Bytes written to clients.",                                         \
      .exporter_name = "net_output_bytes_total")                                                            \
    X(rejected_connections, "Stats", "Connections refused because of maxclients.",                          \
      .exporter_name = "rejected_connections_total")                                                        \
    X(tls_handshakes, "Stats", "TLS handshakes with clients that succeeded.")                               \
    X(tls_handshakes_failed, "Stats", "TLS handshakes with clients that failed or took too long.")          \
    X(tls_sessions_resumed, "Stats", "TLS handshakes that resumed a session.")                              \
    X(keyspace_hits, "Stats", "Lookups that found their key.", .exporter_name = "keyspace_hits_total")      \
    X(keyspace_misses, "Stats", "Lookups that did not.", .exporter_name = "keyspace_misses_total")          \
    X(evicted_keys, "Stats", "Keys removed because of maxmemory.", .exporter_name = "evicted_keys_total")   \
    X(evicted_clients, "Stats", "Clients closed because of maxmemory-clients.")                             \
    X(total_error_replies, "Stats", "Error replies sent.", .exporter_name = "total_error_replies")          \
    X(unexpected_error_replies, "Stats", "Errors of commands that came from a file or a primary.",          \
      .exporter_name = "unexpected_error_replies")                                                          \
    X(acl_access_denied_auth, "Stats", "Failed authentications.")                                           \
    X(acl_access_denied_cmd, "Stats", "Commands refused for lack of permission.")                           \
    X(acl_access_denied_key, "Stats", "Keys refused for lack of permission.")                               \
    X(acl_access_denied_channel, "Stats", "Channels refused for lack of permission.")                       \
    X(total_reads_processed, "Stats", "Reads from connections.", .exporter_name = "total_reads_processed")  \
    X(total_writes_processed, "Stats", "Writes to connections.", .exporter_name = "total_writes_processed") \
    X(client_query_buffer_limit_disconnections, "Stats", "Clients closed because of their input.")          \
    X(client_output_buffer_limit_disconnections, "Stats", "Clients closed because of their output.")        \
    X(request_timeout_disconnections, "Stats", "Clients closed because a request of theirs did not end.")   \
    X(pubsub_messages, "Stats", "Messages published.")                                                      \
    X(pubsub_deliveries, "Stats", "Messages handed to subscribers.")                                        \
    X(ticks, "Stats", "Turns of the event loop.")                                                           \
    X(tick_us, "Stats", "Microseconds spent in ticks, without waiting.")

struct counters {
#define X(name, ...) uint64_t name;
    COUNTERS(X)
#undef X
};

#endif
