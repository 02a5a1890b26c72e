/* SPDX-License-Identifier: BSD-3-Clause */
/* The families of commands, one line each: what a server is put together from. */
#ifndef COMMANDS_FAMILIES_H
#define COMMANDS_FAMILIES_H

#include "engine/command.h"

#define COMMAND_FAMILIES(X)    \
    X(string_family)           \
    X(string_many_family)      \
    X(string_match_family)     \
    X(string_window_family)    \
    X(string_range_family)     \
    X(string_number_family)    \
    X(lcs_family)              \
    X(bitmap_family)           \
    X(bitop_family)            \
    X(bitfield_family)         \
    X(hyperloglog_family)      \
    X(hll_debug_family)        \
    X(hash_family)             \
    X(hash_number_family)      \
    X(hash_walk_family)        \
    X(hash_random_family)      \
    X(hash_expire_family)      \
    X(hash_timed_family)       \
    X(set_family)              \
    X(set_walk_family)         \
    X(set_pop_family)          \
    X(set_random_family)       \
    X(set_algebra_family)      \
    X(sort_family)             \
    X(zset_family)             \
    X(zset_range_family)       \
    X(zset_count_family)       \
    X(zset_pop_family)         \
    X(zset_walk_family)        \
    X(zset_random_family)      \
    X(zset_algebra_family)     \
    X(geo_family)              \
    X(geo_search_family)       \
    X(list_family)             \
    X(list_index_family)       \
    X(list_search_family)      \
    X(list_move_family)        \
    X(list_block_family)       \
    X(stream_family)           \
    X(stream_range_family)     \
    X(stream_read_family)      \
    X(stream_group_family)     \
    X(stream_pending_family)   \
    X(stream_xclaim_family)    \
    X(stream_autoclaim_family) \
    X(stream_info_family)      \
    X(pubsub_family)           \
    X(transaction_family)      \
    X(script_family)           \
    X(function_family)         \
    X(monitor_family)          \
    X(key_family)              \
    X(object_family)           \
    X(scan_family)             \
    X(expire_family)           \
    X(dump_family)             \
    X(database_family)         \
    X(wait_family)             \
    X(info_family)             \
    X(connection_family)       \
    X(cluster_family)          \
    X(client_family)           \
    X(command_family)          \
    X(config_family)           \
    X(persistence_family)      \
    X(shutdown_family)         \
    X(slowlog_family)          \
    X(latency_family)          \
    X(memory_family)           \
    X(session_family)          \
    X(debug_family)            \
    X(server_family)           \
    X(acl_family)

#define X(family) extern const struct command_family family;
COMMAND_FAMILIES(X)
#undef X

/* All of them, for registry_new. */
extern const struct command_family *const command_families[];
extern const int command_family_count;

#endif
