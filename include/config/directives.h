/* SPDX-License-Identifier: BSD-3-Clause */
/* Every directive, in the order of the manual; the one place where a directive is declared. This file is
 * included several times, each time with other meanings for these rows:
 *
 *   SECTION(title, missing)                                   a heading; what LATER directives wait for
 *   DIRECTIVE(kind, field, name, default, flags, help)        kinds: see CONFIG_KINDS in config.h
 *   NUMBER(kind, field, name, default, min, max, flags, help)
 *   CHOICE(kind, choices, field, name, default, flags, help)  one (or several: SIGNAL_ACTIONS) of some words
 *   ALIAS(field, name)                                        an older name of the same directive
 *   KEYWORD(kind, name, flags, help)                          a word of the file that holds no value
 *
 * The field in `struct config` is the name with underscores. Defaults are written as a user would write them;
 * names, defaults and ranges are those of Redis 7.2. A row that the includer gave no meaning has none. No
 * include guard. */

#ifndef SECTION
#define SECTION(title, missing)
#endif
#ifndef DIRECTIVE
#define DIRECTIVE(kind, field, name, default_text, flags, help)
#endif
#ifndef NUMBER
#define NUMBER(kind, field, name, default_text, min, max, flags, help)
#endif
#ifndef CHOICE
#define CHOICE(kind, choices, field, name, default_text, flags, help)
#endif
#ifndef ALIAS
#define ALIAS(field, name)
#endif
#ifndef KEYWORD
#define KEYWORD(kind, name, flags, help)
#endif

SECTION("Network", "")

DIRECTIVE(ADDRESSES, bind, "bind", "* -::*", CONFIG_WORDS,
          "Addresses to listen on. * is every IPv4 address and ::* every IPv6 one; one with a - before it "
          "may be missing on this machine.")
NUMBER(INT, port, "port", "6379", 0, 65535, 0, "TCP port to listen on; 0 listens on none.")
DIRECTIVE(BOOL, protected_mode, "protected-mode", "yes", 0,
          "While there is no password, refuse clients from other machines.")
NUMBER(INT, tcp_backlog, "tcp-backlog", "511", 0, INT_MAX, CONFIG_IMMUTABLE,
       "Connections that may wait to be accepted; the kernel caps it at net.core.somaxconn.")
NUMBER(INT, tcp_keepalive, "tcp-keepalive", "300", 0, INT_MAX, 0,
       "Seconds of silence after which the kernel checks that a client is still there; 0 never checks.")
NUMBER(INT, timeout, "timeout", "0", 0, INT_MAX, 0,
       "Seconds after which an idle client is disconnected; 0 keeps it. Subscribers are never idle.")
DIRECTIVE(OPTIONAL, unixsocket, "unixsocket", "", CONFIG_IMMUTABLE,
          "Path of a unix socket to listen on as well.")
NUMBER(OCTAL, unixsocketperm, "unixsocketperm", "0", 0, 0777, CONFIG_IMMUTABLE,
       "Permissions of the unix socket, in octal; 0 leaves them to the umask.")
NUMBER(LONG, maxclients, "maxclients", "10000", 1, UINT_MAX, 0, "Most clients connected at the same time.")
DIRECTIVE(OPTIONAL, bind_source_addr, "bind-source-addr", "", 0,
          "Address from which connections to other servers are made.")
NUMBER(LONG, socket_mark_id, "socket-mark-id", "0", 0, UINT_MAX, CONFIG_IMMUTABLE | CONFIG_KEPT,
       "Mark (SO_MARK) on listening sockets, for routing and filtering; 0 sets none.")

SECTION("TLS", "")

NUMBER(INT, tls_port, "tls-port", "0", 0, 65535, 0,
       "Port for TLS, beside `port` or, with port 0, instead of it; 0 listens on none.")
DIRECTIVE(OPTIONAL, tls_cert_file, "tls-cert-file", "", 0,
          "The server's certificate in PEM, for tls-port and http-tls-port, and behind it those that lead to "
          "its authority. "
          "When this file or another that is named here was replaced, the new one is used within seconds.")
DIRECTIVE(OPTIONAL, tls_key_file, "tls-key-file", "", 0, "The certificate's private key, in PEM.")
DIRECTIVE(OPTIONAL, tls_key_file_pass, "tls-key-file-pass", "", CONFIG_SENSITIVE,
          "Passphrase of the private key.")
DIRECTIVE(OPTIONAL, tls_client_cert_file, "tls-client-cert-file", "", CONFIG_KEPT,
          "Certificate to show when connecting to other servers, if not the server's own.")
DIRECTIVE(OPTIONAL, tls_client_key_file, "tls-client-key-file", "", CONFIG_KEPT,
          "Private key of that certificate.")
DIRECTIVE(OPTIONAL, tls_client_key_file_pass, "tls-client-key-file-pass", "", CONFIG_SENSITIVE | CONFIG_KEPT,
          "Passphrase of that key.")
DIRECTIVE(OPTIONAL, tls_dh_params_file, "tls-dh-params-file", "", 0,
          "Diffie-Hellman parameters in PEM, for old clients of TLS 1.2.")
DIRECTIVE(OPTIONAL, tls_ca_cert_file, "tls-ca-cert-file", "", 0,
          "Certificates of the authorities that clients are checked against.")
DIRECTIVE(OPTIONAL, tls_ca_cert_dir, "tls-ca-cert-dir", "", 0, "The same as a directory of hashed names.")
CHOICE(CHOICE, tls_client_choices, tls_auth_clients, "tls-auth-clients", "yes", 0,
       "Whether clients of tls-port must show a certificate that tls-ca-cert-file or tls-ca-cert-dir vouches "
       "for; "
       "with optional, one that is shown must be good. For http-tls-port, http-tls-auth-clients says it.")
CHOICE(CHOICE, tls_client_user_choices, tls_auth_clients_user, "tls-auth-clients-user", "off", 0,
       "Whether a client whose certificate is good is the user of its common name (CN) without a password.")
DIRECTIVE(BOOL, tls_replication, "tls-replication", "no", CONFIG_KEPT, "Use TLS towards the primary.")
DIRECTIVE(BOOL, tls_cluster, "tls-cluster", "no", CONFIG_KEPT, "Use TLS between cluster nodes.")
DIRECTIVE(OPTIONAL, tls_protocols, "tls-protocols", "", 0,
          "Protocol versions to offer; not set, they are \"TLSv1.2 TLSv1.3\".")
DIRECTIVE(OPTIONAL, tls_ciphers, "tls-ciphers", "", 0, "Ciphers of TLS 1.2, in OpenSSL's notation.")
DIRECTIVE(OPTIONAL, tls_ciphersuites, "tls-ciphersuites", "", 0, "Cipher suites of TLS 1.3.")
DIRECTIVE(BOOL, tls_prefer_server_ciphers, "tls-prefer-server-ciphers", "no", 0,
          "Choose the cipher by the server's order instead of the client's.")
DIRECTIVE(BOOL, tls_session_caching, "tls-session-caching", "yes", 0, "Let clients resume TLS sessions.")
NUMBER(INT, tls_session_cache_size, "tls-session-cache-size", "20480", 0, INT_MAX, 0,
       "TLS sessions to remember; 0 sets no limit.")
NUMBER(INT, tls_session_cache_timeout, "tls-session-cache-timeout", "300", 0, INT_MAX, 0,
       "Seconds for which a TLS session may be resumed.")

SECTION("Monitoring by HTTP", "")

NUMBER(INT, http_port, "http-port", "0", 0, 65535, 0,
       "Port of the live page, /health, /ready and /metrics; 0 listens on none.")
NUMBER(INT, http_tls_port, "http-tls-port", "0", 0, 65535, 0,
       "The same by HTTPS, with the certificate of tls-cert-file and the key of tls-key-file; 0 listens on "
       "none.")
CHOICE(CHOICE, tls_client_choices, http_tls_auth_clients, "http-tls-auth-clients", "no", 0,
       "Whether browsers and tools must show http-tls-port a certificate that tls-ca-cert-file or "
       "tls-ca-cert-dir vouches for; with optional, one that is shown must be good.")
DIRECTIVE(
    ADDRESSES, http_bind, "http-bind", "127.0.0.1 -::1", CONFIG_WORDS,
    "Addresses for both ports. Everybody who reaches them sees how the server does and the names of key "
    "prefixes, but no keys and no values.")
DIRECTIVE(OPTIONAL, http_unixsocket, "http-unixsocket", "", 0, "Path of a unix socket for it.")
NUMBER(OCTAL, http_unixsocketperm, "http-unixsocketperm", "0", 0, 0777, 0,
       "Permissions of that socket, in octal; 0 leaves them to the umask.")
DIRECTIVE(
    STRING, http_hosts, "http-hosts", "", 0,
    "Names, with blanks between them, by which browsers and tools may call it; addresses and localhost "
    "always "
    "may. Requests for other names are refused, so that no web page can lead a browser here by a name of its "
    "own.")
DIRECTIVE(
    SECRET, http_token, "http-token", "", CONFIG_SENSITIVE,
    "What /metrics and the figures of the live page ask for (Authorization: Bearer ...); without one nobody "
    "has to show any. /health and /ready never ask.")

SECTION("General", "")

KEYWORD(INCLUDE, "include", CONFIG_FILE_ONLY,
        "Read other files here, by name or pattern. Of a directive given twice, the later one counts.")
DIRECTIVE(BOOL, daemonize, "daemonize", "no", CONFIG_IMMUTABLE, "Run in the background.")
CHOICE(CHOICE, supervised_choices, supervised, "supervised", "no", CONFIG_IMMUTABLE,
       "Tell the service manager when the server is ready.")
DIRECTIVE(OPTIONAL, pidfile, "pidfile", "", CONFIG_IMMUTABLE,
          "File to write the process id to; a server in the background without one takes /var/run/redis.pid.")
CHOICE(CHOICE, loglevel_choices, loglevel, "loglevel", "notice", 0, "How much is logged.")
DIRECTIVE(STRING, logfile, "logfile", "", CONFIG_IMMUTABLE,
          "File to log to, reopened when it was rotated away; empty logs to the standard output.")
DIRECTIVE(BOOL, syslog_enabled, "syslog-enabled", "no", CONFIG_IMMUTABLE, "Log to syslog as well.")
DIRECTIVE(STRING, syslog_ident, "syslog-ident", "redis", CONFIG_IMMUTABLE, "Name in the lines of syslog.")
CHOICE(CHOICE, syslog_facility_choices, syslog_facility, "syslog-facility", "local0", CONFIG_IMMUTABLE,
       "Facility of the lines of syslog.")
DIRECTIVE(BOOL, hide_user_data_from_log, "hide-user-data-from-log", "no", 0,
          "Keep names of clients, users and key prefixes out of the log; other parts of keys, values and "
          "arguments never are in it. What scripts and DEBUG LOG write there is theirs to choose.")
DIRECTIVE(BOOL, crash_log_enabled, "crash-log-enabled", "yes", 0, "Log a report when the server crashes.")
DIRECTIVE(BOOL, crash_memcheck_enabled, "crash-memcheck-enabled", "yes", CONFIG_KEPT,
          "Test the memory when the server crashes.")
DIRECTIVE(
    BOOL, crash_core_data, "crash-core-data", "no", 0,
    "Have the kernel put all data, and with them passwords and keys, into its core dump when the server "
    "crashes.")
DIRECTIVE(BOOL, use_exit_on_panic, "use-exit-on-panic", "no", CONFIG_HIDDEN | CONFIG_KEPT,
          "Exit instead of aborting after a crash.")
NUMBER(INT, watchdog_period, "watchdog-period", "0", 0, INT_MAX, CONFIG_HIDDEN | CONFIG_KEPT,
       "Milliseconds after which a stuck server logs where it is; 0 never.")
NUMBER(INT, databases, "databases", "16", 1, INT_MAX, CONFIG_IMMUTABLE,
       "Number of databases, 0 to one less than this.")
DIRECTIVE(BOOL, always_show_logo, "always-show-logo", "no", CONFIG_IMMUTABLE,
          "Greet in the log even if it is not a terminal.")
DIRECTIVE(BOOL, set_proc_title, "set-proc-title", "yes", CONFIG_IMMUTABLE,
          "Show addresses and mode in the list of processes.")
DIRECTIVE(PROCESS_TITLE, proc_title_template, "proc-title-template", "{title} {listen-addr} {server-mode}", 0,
          "How: {title}, {listen-addr}, {server-mode}, {port}, {tls-port}, {unixsocket} and {config-file} "
          "are filled in.")
DIRECTIVE(STRING, locale_collate, "locale-collate", "", CONFIG_KEPT,
          "Locale for comparing texts when sorting; empty takes the environment's.")
DIRECTIVE(STRING, ignore_warnings, "ignore-warnings", "", 0,
          "Names of start-up warnings that are to be passed over: tcp-backlog, no-password, url-password, "
          "small-maxmemory.")
CHOICE(SIGNAL_ACTIONS, shutdown_choices, shutdown_on_sigint, "shutdown-on-sigint", "default", CONFIG_WORDS,
       "What SIGINT does: default saves if there are save points.")
CHOICE(SIGNAL_ACTIONS, shutdown_choices, shutdown_on_sigterm, "shutdown-on-sigterm", "default", CONFIG_WORDS,
       "The same for SIGTERM.")
NUMBER(INT, shutdown_timeout, "shutdown-timeout", "10", 0, INT_MAX, 0,
       "Seconds to wait at a shutdown for replicas that lag behind.")
CHOICE(CHOICE, oom_score_adj_choices, oom_score_adj, "oom-score-adj", "no", 0,
       "Set the kernel's out-of-memory score of the process: relative to its start value, or absolute.")
DIRECTIVE(SCORES, oom_score_adj_values, "oom-score-adj-values", "0 200 800", CONFIG_WORDS,
          "The scores as primary, as replica and of background processes, each from -2000 to 2000.")
DIRECTIVE(BOOL, disable_thp, "disable-thp", "yes", CONFIG_IMMUTABLE | CONFIG_KEPT,
          "Keep transparent huge pages away from the process. They harm servers that fork to save; this one "
          "doesn't fork and asks for them.")

SECTION("Security", "")

DIRECTIVE(SECRET, requirepass, "requirepass", "", CONFIG_SENSITIVE,
          "Password of the default user; without one nobody has to authenticate.")
NUMBER(INT, unauthenticated_timeout, "unauthenticated-timeout", "60", 0, INT_MAX, 0,
       "Seconds after which a client that hasn't authenticated is disconnected; 0 sets no limit.")
DIRECTIVE(RENAMES, rename_command, "rename-command", "", CONFIG_FILE_ONLY | CONFIG_MULTI,
          "Give a command another name, or with \"\" take it away.")
CHOICE(CHOICE, protection_choices, enable_protected_configs, "enable-protected-configs", "no",
       CONFIG_IMMUTABLE,
       "Whether CONFIG SET may change dir and dbfilename; local means from this machine only.")
CHOICE(CHOICE, protection_choices, enable_debug_command, "enable-debug-command", "no", CONFIG_IMMUTABLE,
       "Whether DEBUG may be used.")
CHOICE(CHOICE, protection_choices, enable_module_command, "enable-module-command", "no", CONFIG_IMMUTABLE,
       "Whether MODULE may be used.")

SECTION("Users", "")

DIRECTIVE(LINES, user, "user", "",
          CONFIG_FILE_ONLY | CONFIG_MULTI | CONFIG_VERBATIM | CONFIG_SENSITIVE | CONFIG_LIVE,
          "A user and the rules for it, as ACL SETUSER takes them.")
DIRECTIVE(
    STRING, aclfile, "aclfile", "", CONFIG_IMMUTABLE,
    "File of users, a line for each, instead of `user` lines; ACL LOAD reads it again, ACL SAVE writes it.")
CHOICE(CHOICE, pubsub_default_choices, acl_pubsub_default, "acl-pubsub-default", "resetchannels", 0,
       "Channels that a new user may use.")
NUMBER(LONG, acllog_max_len, "acllog-max-len", "128", 0, LONG_MAX, 0,
       "Refused commands and logins that ACL LOG remembers.")

SECTION("Modules", "modules")

DIRECTIVE(LINES, loadmodule, "loadmodule", "", CONFIG_FILE_ONLY | CONFIG_MULTI | CONFIG_LATER,
          "A module to load.")

SECTION("Clients", "")

NUMBER(BYTES, proto_max_bulk_len, "proto-max-bulk-len", "512mb", 1024 * 1024, LONG_MAX, 0,
       "Longest value of one argument.")
NUMBER(BYTES, client_query_buffer_limit, "client-query-buffer-limit", "1gb", 1024 * 1024, LONG_MAX, 0,
       "Most that a client may send without completing a command.")
NUMBER(INT, request_timeout, "request-timeout", "60", 0, INT_MAX, 0,
       "Seconds within which a request must have come whole, or 64 KB more of it; who is slower is "
       "disconnected. 0 sets no limit.")
DIRECTIVE(BUFFER_LIMITS, client_output_buffer_limit, "client-output-buffer-limit",
          "normal 0 0 0 replica 256mb 64mb 60 pubsub 32mb 8mb 60", CONFIG_WORDS | CONFIG_PARTIAL,
          "A client that doesn't read is dropped when it is behind by the first size, or by the second for "
          "so many seconds; 0 sets no limit. One message alone never drops a subscriber.")
NUMBER(SHARE, maxmemory_clients, "maxmemory-clients", "0", -100, LONG_MAX, 0,
       "Memory of all clients together, or a percentage of maxmemory; beyond it the largest are dropped. 0 "
       "sets no limit.")
NUMBER(LONG, tracking_table_max_keys, "tracking-table-max-keys", "1000000", 0, LONG_MAX, 0,
       "Keys that are remembered for clients with caches of their own; 0 sets no limit.")

SECTION("Memory", "")

NUMBER(MEMORY, maxmemory, "maxmemory", "0", 0, LONG_MAX, 0,
       "Most memory to use, or 0 for all there is. A percentage, such as 60%, is taken of what the machine "
       "has, or the "
       "control group may use.")
CHOICE(CHOICE, maxmemory_policy_choices, maxmemory_policy, "maxmemory-policy", "noeviction", 0,
       "What goes when maxmemory is reached: the least recently (lru) or least frequently (lfu) used, random "
       "keys, those that expire first (ttl); of all keys or of those with an expiry (volatile). noeviction "
       "evicts none and refuses writes.")
NUMBER(BYTES, maxmemory_reserve, "maxmemory-reserve", "0", 0, LONG_MAX, 0,
       "With noeviction, the part of maxmemory that only keys which are there may use: sessions go on being "
       "refreshed "
       "when there is no room for new ones.")
DIRECTIVE(
    PREFIXES, eviction_order, "eviction-order", "", CONFIG_WORDS,
    "Beginnings of prefixes of keys that go before all others when memory runs short, those of the first "
    "before those of the second: \"bot: cache:\" spares the sessions of people. A few keys among very many "
    "may be "
    "passed over.")
NUMBER(INT, maxmemory_samples, "maxmemory-samples", "5", 1, INT_MAX, 0,
       "Keys that are compared for each one that lru or lfu evicts.")
NUMBER(
    INT, maxmemory_eviction_tenacity, "maxmemory-eviction-tenacity", "10", 0, 100, 0,
    "How much longer eviction may take than the commands that made it necessary: 0.3 milliseconds with 10, "
    "as long as it needs with 100.")
NUMBER(INT, lfu_log_factor, "lfu-log-factor", "10", 0, INT_MAX, 0,
       "How slowly the use counter of lfu grows; with 10 a million uses fill it.")
NUMBER(INT, lfu_decay_time, "lfu-decay-time", "1", 0, INT_MAX, 0,
       "Minutes after which the use counter is lowered by one; 0 never.")
DIRECTIVE(BOOL, lazyfree_lazy_eviction, "lazyfree-lazy-eviction", "no", CONFIG_KEPT,
          "Free evicted values in the background. Large values always are, whatever is set.")
DIRECTIVE(BOOL, lazyfree_lazy_expire, "lazyfree-lazy-expire", "no", CONFIG_KEPT,
          "The same for expired values.")
DIRECTIVE(BOOL, lazyfree_lazy_server_del, "lazyfree-lazy-server-del", "no", CONFIG_KEPT,
          "The same for overwritten values.")
DIRECTIVE(BOOL, lazyfree_lazy_user_del, "lazyfree-lazy-user-del", "no", CONFIG_KEPT, "The same for DEL.")
DIRECTIVE(
    BOOL, lazyfree_lazy_user_flush, "lazyfree-lazy-user-flush", "no", 0,
    "Answer FLUSHDB and FLUSHALL without SYNC or ASYNC before the memory is given back. Others are served "
    "meanwhile in any case.")
NUMBER(INT, active_expire_effort, "active-expire-effort", "1", 1, 10, CONFIG_KEPT,
       "Effort for expired keys. They are always removed when they are due.")
DIRECTIVE(BOOL, activedefrag, "activedefrag", "no", CONFIG_IGNORED, "Defragment memory.")
NUMBER(BYTES, active_defrag_ignore_bytes, "active-defrag-ignore-bytes", "100mb", 1, LONG_MAX, CONFIG_KEPT,
       "Waste that defragmentation accepts.")
NUMBER(INT, active_defrag_threshold_lower, "active-defrag-threshold-lower", "10", 0, 1000, CONFIG_KEPT,
       "Percentage of waste at which defragmentation starts.")
NUMBER(INT, active_defrag_threshold_upper, "active-defrag-threshold-upper", "100", 0, 1000, CONFIG_KEPT,
       "Percentage of waste at which it works its hardest.")
NUMBER(INT, active_defrag_cycle_min, "active-defrag-cycle-min", "1", 1, 99, CONFIG_KEPT,
       "Least percentage of time for it.")
NUMBER(INT, active_defrag_cycle_max, "active-defrag-cycle-max", "25", 1, 99, CONFIG_KEPT,
       "Most percentage of time for it.")
NUMBER(LONG, active_defrag_max_scan_fields, "active-defrag-max-scan-fields", "1000", 1, LONG_MAX, CONFIG_KEPT,
       "Elements of a value that it handles in one go.")
DIRECTIVE(BOOL, jemalloc_bg_thread, "jemalloc-bg-thread", "yes", CONFIG_IGNORED,
          "Let jemalloc purge in a thread of its own.")

SECTION("Snapshots", "")

DIRECTIVE(SAVE_POINTS, save, "save", "3600 1 300 100 60 10000", CONFIG_WORDS | CONFIG_MULTI,
          "Save after so many seconds if so many changes were made; \"\" never saves by itself.")
DIRECTIVE(FILE_NAME, dbfilename, "dbfilename", "dump.rdb", CONFIG_PROTECTED, "Name of the snapshot file.")
DIRECTIVE(DIRECTORY, dir, "dir", ".", CONFIG_PROTECTED | CONFIG_NOT_LOADING | CONFIG_PINNED,
          "Directory of the data files, and the server's working directory.")
DIRECTIVE(BOOL, stop_writes_on_bgsave_error, "stop-writes-on-bgsave-error", "yes", 0,
          "Refuse writes while the last snapshot has failed.")
DIRECTIVE(BOOL, rdbcompression, "rdbcompression", "yes", 0,
          "Compress texts in snapshots. Of sizes of text that hardly shrink only one in sixteen is tried.")
DIRECTIVE(BOOL, rdbchecksum, "rdbchecksum", "yes", CONFIG_IMMUTABLE,
          "Write and verify a checksum of the snapshot.")
NUMBER(
    INT, rdb_version, "rdb-version", "10", 10, 11, 0,
    "Version of the format that snapshots and DUMP are written in. 10 is read by redis-server 7.0 and later, "
    "11 by 7.2 and later; for strings they are the same.")
DIRECTIVE(BOOL, rdb_del_sync_files, "rdb-del-sync-files", "no", CONFIG_KEPT,
          "Delete snapshots that only replication needed.")
DIRECTIVE(BOOL, rdb_save_incremental_fsync, "rdb-save-incremental-fsync", "yes", CONFIG_KEPT,
          "Write snapshots to the disk bit by bit.")
CHOICE(CHOICE, sanitize_choices, sanitize_dump_payload, "sanitize-dump-payload", "no", CONFIG_KEPT,
       "Whether RESTORE and snapshots are checked in depth. They always are.")
NUMBER(INT, rdb_key_save_delay, "rdb-key-save-delay", "0", INT_MIN, INT_MAX, CONFIG_HIDDEN | CONFIG_KEPT,
       "Microseconds to wait after each saved key, for tests.")
NUMBER(INT, key_load_delay, "key-load-delay", "0", INT_MIN, INT_MAX, CONFIG_HIDDEN | CONFIG_KEPT,
       "Microseconds to wait after each loaded key, for tests.")
NUMBER(LONG, loading_process_events_interval_bytes, "loading-process-events-interval-bytes", "2097152", 1024,
       INT_MAX, CONFIG_HIDDEN | CONFIG_KEPT, "Bytes to load before clients are answered again.")

SECTION("Append-only file", "append-only file")

DIRECTIVE(BOOL, appendonly, "appendonly", "no", CONFIG_NOT_LOADING | CONFIG_LATER,
          "Log every write to a file.")
DIRECTIVE(REQUIRED_FILE_NAME, appendfilename, "appendfilename", "appendonly.aof",
          CONFIG_IMMUTABLE | CONFIG_KEPT, "Start of the names of its files.")
DIRECTIVE(REQUIRED_DIR_NAME, appenddirname, "appenddirname", "appendonlydir", CONFIG_IMMUTABLE | CONFIG_KEPT,
          "Directory of its files, below dir.")
CHOICE(CHOICE, fsync_choices, appendfsync, "appendfsync", "everysec", CONFIG_KEPT,
       "When writes are forced to the disk.")
DIRECTIVE(BOOL, no_appendfsync_on_rewrite, "no-appendfsync-on-rewrite", "no", CONFIG_KEPT,
          "Don't force them while a rewrite runs.")
NUMBER(INT, auto_aof_rewrite_percentage, "auto-aof-rewrite-percentage", "100", 0, INT_MAX, CONFIG_KEPT,
       "Growth in percent after which the file is rewritten; 0 never.")
NUMBER(BYTES, auto_aof_rewrite_min_size, "auto-aof-rewrite-min-size", "64mb", 0, LONG_MAX, CONFIG_KEPT,
       "Size below which it is not.")
DIRECTIVE(BOOL, aof_load_truncated, "aof-load-truncated", "yes", CONFIG_KEPT,
          "Load a file whose end is missing.")
DIRECTIVE(BOOL, aof_use_rdb_preamble, "aof-use-rdb-preamble", "yes", CONFIG_KEPT,
          "Begin rewritten files with a snapshot.")
DIRECTIVE(BOOL, aof_timestamp_enabled, "aof-timestamp-enabled", "no", CONFIG_KEPT, "Note times in the file.")
DIRECTIVE(BOOL, aof_rewrite_incremental_fsync, "aof-rewrite-incremental-fsync", "yes", CONFIG_KEPT,
          "Write rewritten files to the disk bit by bit.")
DIRECTIVE(BOOL, aof_disable_auto_gc, "aof-disable-auto-gc", "no", CONFIG_HIDDEN | CONFIG_KEPT,
          "Keep files that are no longer needed.")

SECTION("Replication", "replication")

DIRECTIVE(PRIMARY, replicaof, "replicaof", "", CONFIG_IMMUTABLE | CONFIG_WORDS | CONFIG_LATER,
          "Host and port of the primary.")
ALIAS(replicaof, "slaveof")
DIRECTIVE(SECRET, masterauth, "masterauth", "", CONFIG_SENSITIVE | CONFIG_KEPT, "Password for the primary.")
DIRECTIVE(OPTIONAL, masteruser, "masteruser", "", CONFIG_SENSITIVE | CONFIG_KEPT, "User for the primary.")
DIRECTIVE(BOOL, replica_serve_stale_data, "replica-serve-stale-data", "yes", CONFIG_KEPT,
          "Answer while the link to the primary is down.")
ALIAS(replica_serve_stale_data, "slave-serve-stale-data")
DIRECTIVE(BOOL, replica_read_only, "replica-read-only", "yes", CONFIG_KEPT, "Refuse writes on a replica.")
ALIAS(replica_read_only, "slave-read-only")
DIRECTIVE(BOOL, replica_ignore_maxmemory, "replica-ignore-maxmemory", "yes", CONFIG_KEPT,
          "Leave eviction to the primary.")
ALIAS(replica_ignore_maxmemory, "slave-ignore-maxmemory")
DIRECTIVE(BOOL, replica_lazy_flush, "replica-lazy-flush", "no", CONFIG_KEPT,
          "Empty a replica in the background before a full copy.")
ALIAS(replica_lazy_flush, "slave-lazy-flush")
DIRECTIVE(BOOL, replica_announced, "replica-announced", "yes", CONFIG_KEPT,
          "Let Sentinel report this replica.")
NUMBER(INT, replica_priority, "replica-priority", "100", 0, INT_MAX, CONFIG_KEPT,
       "Rank for becoming primary, lowest first; 0 never becomes it.")
ALIAS(replica_priority, "slave-priority")
DIRECTIVE(OPTIONAL, replica_announce_ip, "replica-announce-ip", "", CONFIG_KEPT,
          "Address to announce to the primary.")
ALIAS(replica_announce_ip, "slave-announce-ip")
NUMBER(INT, replica_announce_port, "replica-announce-port", "0", 0, 65535, CONFIG_KEPT,
       "Port to announce to the primary.")
ALIAS(replica_announce_port, "slave-announce-port")
DIRECTIVE(BOOL, replica_ignore_disk_write_errors, "replica-ignore-disk-write-errors", "no", CONFIG_KEPT,
          "Go on as a replica when the disk fails.")
NUMBER(INT, repl_timeout, "repl-timeout", "60", 1, INT_MAX, CONFIG_KEPT,
       "Seconds of silence after which a link is given up.")
NUMBER(INT, repl_ping_replica_period, "repl-ping-replica-period", "10", 1, INT_MAX, CONFIG_KEPT,
       "Seconds between pings to replicas.")
ALIAS(repl_ping_replica_period, "repl-ping-slave-period")
NUMBER(BYTES, repl_backlog_size, "repl-backlog-size", "1mb", 1, LONG_MAX, CONFIG_KEPT,
       "Latest writes that are kept for replicas that return.")
NUMBER(LONG, repl_backlog_ttl, "repl-backlog-ttl", "3600", 0, LONG_MAX, CONFIG_KEPT,
       "Seconds without replicas after which they are no longer kept; 0 keeps them.")
DIRECTIVE(BOOL, repl_disable_tcp_nodelay, "repl-disable-tcp-nodelay", "no", CONFIG_KEPT,
          "Save packets at the price of delay.")
DIRECTIVE(BOOL, repl_diskless_sync, "repl-diskless-sync", "yes", CONFIG_KEPT,
          "Send full copies without a file in between.")
NUMBER(INT, repl_diskless_sync_delay, "repl-diskless-sync-delay", "5", 0, INT_MAX, CONFIG_KEPT,
       "Seconds to wait for more replicas before a full copy.")
NUMBER(INT, repl_diskless_sync_max_replicas, "repl-diskless-sync-max-replicas", "0", 0, INT_MAX, CONFIG_KEPT,
       "Replicas that end this wait; 0 waits to the end.")
CHOICE(CHOICE, diskless_load_choices, repl_diskless_load, "repl-diskless-load", "disabled",
       CONFIG_NOT_LOADING | CONFIG_KEPT, "Whether a replica loads a full copy straight from the link.")
NUMBER(INT, min_replicas_to_write, "min-replicas-to-write", "0", 0, INT_MAX, CONFIG_LATER,
       "Replicas that must be there for writes to be accepted.")
ALIAS(min_replicas_to_write, "min-slaves-to-write")
NUMBER(INT, min_replicas_max_lag, "min-replicas-max-lag", "10", 0, INT_MAX, CONFIG_KEPT,
       "Seconds of lag at which a replica no longer counts.")
ALIAS(min_replicas_max_lag, "min-slaves-max-lag")
CHOICE(CHOICE, propagation_error_choices, propagation_error_behavior, "propagation-error-behavior", "ignore",
       CONFIG_KEPT, "What to do when a command of the primary fails.")

SECTION("Cluster", "cluster mode")

DIRECTIVE(BOOL, cluster_enabled, "cluster-enabled", "no", CONFIG_IMMUTABLE | CONFIG_LATER,
          "Be a node of a cluster.")
DIRECTIVE(STRING, cluster_config_file, "cluster-config-file", "nodes.conf", CONFIG_IMMUTABLE | CONFIG_KEPT,
          "File of the cluster's state.")
NUMBER(LONG, cluster_node_timeout, "cluster-node-timeout", "15000", 0, LONG_MAX, CONFIG_KEPT,
       "Milliseconds of silence after which a node is taken for dead.")
NUMBER(LONG, cluster_ping_interval, "cluster-ping-interval", "0", 0, LONG_MAX, CONFIG_HIDDEN | CONFIG_KEPT,
       "Milliseconds between pings, for tests.")
NUMBER(INT, cluster_port, "cluster-port", "0", 0, 65535, CONFIG_IMMUTABLE | CONFIG_KEPT,
       "Port between nodes; 0 is port plus 10000.")
NUMBER(INT, cluster_replica_validity_factor, "cluster-replica-validity-factor", "10", 0, INT_MAX, CONFIG_KEPT,
       "How old a replica's data may be for a failover.")
ALIAS(cluster_replica_validity_factor, "cluster-slave-validity-factor")
DIRECTIVE(BOOL, cluster_replica_no_failover, "cluster-replica-no-failover", "no", CONFIG_KEPT,
          "Never become primary by itself.")
ALIAS(cluster_replica_no_failover, "cluster-slave-no-failover")
NUMBER(INT, cluster_migration_barrier, "cluster-migration-barrier", "1", 0, INT_MAX, CONFIG_KEPT,
       "Replicas that a primary keeps before one may move to another.")
DIRECTIVE(BOOL, cluster_allow_replica_migration, "cluster-allow-replica-migration", "yes", CONFIG_KEPT,
          "Let replicas move to primaries without one.")
DIRECTIVE(BOOL, cluster_require_full_coverage, "cluster-require-full-coverage", "yes", CONFIG_KEPT,
          "Refuse queries while a slot has no node.")
DIRECTIVE(BOOL, cluster_allow_reads_when_down, "cluster-allow-reads-when-down", "no", CONFIG_KEPT,
          "Answer reads even then.")
DIRECTIVE(BOOL, cluster_allow_pubsubshard_when_down, "cluster-allow-pubsubshard-when-down", "yes",
          CONFIG_KEPT, "Pass messages of shard channels on even then.")
NUMBER(BYTES, cluster_link_sendbuf_limit, "cluster-link-sendbuf-limit", "0", 0, LONG_MAX, CONFIG_KEPT,
       "Memory of a link between nodes at which it is dropped; 0 sets no limit.")
DIRECTIVE(OPTIONAL, cluster_announce_ip, "cluster-announce-ip", "", CONFIG_KEPT, "Address to announce.")
NUMBER(INT, cluster_announce_port, "cluster-announce-port", "0", 0, 65535, CONFIG_KEPT, "Port to announce.")
NUMBER(INT, cluster_announce_tls_port, "cluster-announce-tls-port", "0", 0, 65535, CONFIG_KEPT,
       "TLS port to announce.")
NUMBER(INT, cluster_announce_bus_port, "cluster-announce-bus-port", "0", 0, 65535, CONFIG_KEPT,
       "Port between nodes to announce.")
DIRECTIVE(HOST_NAME, cluster_announce_hostname, "cluster-announce-hostname", "", CONFIG_KEPT,
          "Host name to announce.")
DIRECTIVE(NODE_NAME, cluster_announce_human_nodename, "cluster-announce-human-nodename", "", CONFIG_KEPT,
          "Name of the node in logs.")
CHOICE(CHOICE, endpoint_choices, cluster_preferred_endpoint_type, "cluster-preferred-endpoint-type", "ip",
       CONFIG_KEPT, "What clients are told to connect to.")

SECTION("Scripts", "")

NUMBER(LONG, busy_reply_threshold, "busy-reply-threshold", "5000", 0, LONG_MAX, 0,
       "Milliseconds of a script after which other clients are told that the server is busy; 0: never.")
ALIAS(busy_reply_threshold, "lua-time-limit")
DIRECTIVE(BOOL, lua_enable_deprecated_api, "lua-enable-deprecated-api", "no",
          CONFIG_IMMUTABLE | CONFIG_HIDDEN | CONFIG_KEPT,
          "Offer scripts what was taken from them for safety. Debian's Redis has this one.")
NUMBER(BYTES, lua_memory_limit, "lua-memory-limit", "67108864", 1 << 20, 256 << 20, 0,
       "Memory of all scripts together, with what they have loaded; one that needs more fails.")

SECTION("Slow log and latency", "")

NUMBER(LONG, slowlog_log_slower_than, "slowlog-log-slower-than", "10000", -1, LONG_MAX, 0,
       "Microseconds from which a command enters the slow log; 0 logs all, -1 none.")
NUMBER(LONG, slowlog_max_len, "slowlog-max-len", "128", 0, LONG_MAX, 0, "Entries of the slow log.")
NUMBER(LONG, latency_monitor_threshold, "latency-monitor-threshold", "0", 0, LONG_MAX, 0,
       "Milliseconds from which an event is kept for the LATENCY command; 0 keeps none.")
DIRECTIVE(BOOL, latency_tracking, "latency-tracking", "yes", 0,
          "Keep the distribution of the times of each command.")
DIRECTIVE(PERCENTILES, latency_tracking_info_percentiles, "latency-tracking-info-percentiles", "50 99 99.9",
          CONFIG_WORDS, "Percentiles of it that INFO shows.")

SECTION("Notifications", "")

DIRECTIVE(
    EVENTS, notify_keyspace_events, "notify-keyspace-events", "", 0,
    "Events to publish: K as keyspace, E as keyevent channels; g generic, $ string, l list, s set, "
    "h hash, z sorted set, t stream, d module, x expired, e evicted, A all of these, n new, m missed keys.")

SECTION("Sessions", "")

DIRECTIVE(
    PREFIXES, session_prefixes, "session-prefixes", "", CONFIG_WORDS,
    "Beginnings of keys by which sessions are told apart in INFO, SESSION.STATS and the metrics, for those "
    "where the part up to the last : before the id isn't it. A change holds for keys created from then on.")

SECTION("Encodings", "")

NUMBER(LONG, hash_max_listpack_entries, "hash-max-listpack-entries", "512", 0, LONG_MAX, 0,
       "Fields of a hash that is packed.")
ALIAS(hash_max_listpack_entries, "hash-max-ziplist-entries")
NUMBER(BYTES, hash_max_listpack_value, "hash-max-listpack-value", "64", 0, LONG_MAX, 0,
       "Longest field or value of a hash that is packed.")
ALIAS(hash_max_listpack_value, "hash-max-ziplist-value")
NUMBER(INT, list_max_listpack_size, "list-max-listpack-size", "-2", INT_MIN, INT_MAX, 0,
       "Elements of a list that are packed together; -1 to -5 are sizes, from 4 kb to 64 kb.")
ALIAS(list_max_listpack_size, "list-max-ziplist-size")
NUMBER(INT, list_compress_depth, "list-compress-depth", "0", 0, INT_MAX, 0,
       "Nodes at both ends of a list that aren't compressed; 0 compresses none.")
NUMBER(LONG, set_max_intset_entries, "set-max-intset-entries", "512", 0, LONG_MAX, 0,
       "Members of a set of integers that is packed.")
NUMBER(LONG, set_max_listpack_entries, "set-max-listpack-entries", "128", 0, LONG_MAX, 0,
       "Members of a set that is packed.")
NUMBER(LONG, set_max_listpack_value, "set-max-listpack-value", "64", 0, LONG_MAX, 0,
       "Longest member of a set that is packed.")
NUMBER(LONG, zset_max_listpack_entries, "zset-max-listpack-entries", "128", 0, LONG_MAX, 0,
       "Members of a sorted set that is packed.")
ALIAS(zset_max_listpack_entries, "zset-max-ziplist-entries")
NUMBER(BYTES, zset_max_listpack_value, "zset-max-listpack-value", "64", 0, LONG_MAX, 0,
       "Longest member of a sorted set that is packed.")
ALIAS(zset_max_listpack_value, "zset-max-ziplist-value")
NUMBER(BYTES, hll_sparse_max_bytes, "hll-sparse-max-bytes", "3000", 0, LONG_MAX, 0,
       "Size of a HyperLogLog in the sparse form.")
NUMBER(BYTES, stream_node_max_bytes, "stream-node-max-bytes", "4096", 0, LONG_MAX, 0,
       "Size of a node of a stream; 0 sets no limit.")
NUMBER(LONG, stream_node_max_entries, "stream-node-max-entries", "100", 0, LONG_MAX, 0,
       "Entries of a node of a stream; 0 sets no limit.")

SECTION("Housekeeping", "")

NUMBER(INT, hz, "hz", "10", 1, 500, CONFIG_CLAMPED,
       "Rounds of housekeeping a second; values out of range are moved into it.")
NUMBER(LONG, busy_poll_us, "busy-poll-us", "0", 0, 1000000, 0,
       "Microseconds after a command during which the server looks for the next instead of sleeping: it "
       "answers sooner, "
       "and takes all of a processor as long as commands come; 0: it sleeps.")
DIRECTIVE(BOOL, dynamic_hz, "dynamic-hz", "yes", 0, "More rounds with more clients.")
DIRECTIVE(BOOL, activerehashing, "activerehashing", "yes", CONFIG_IGNORED,
          "Resize tables also when there is nothing to do.")
NUMBER(INT, io_threads, "io-threads", "1", 1, 128, CONFIG_IMMUTABLE | CONFIG_IGNORED,
       "Threads for reading and writing.")
DIRECTIVE(BOOL, io_threads_do_reads, "io-threads-do-reads", "no", CONFIG_IMMUTABLE | CONFIG_IGNORED,
          "Use them for reading too.")
DIRECTIVE(OPTIONAL, server_cpulist, "server_cpulist", "", CONFIG_IMMUTABLE | CONFIG_IGNORED,
          "Processors for the main thread.")
DIRECTIVE(OPTIONAL, bio_cpulist, "bio_cpulist", "", CONFIG_IMMUTABLE | CONFIG_IGNORED,
          "Processors for helper threads.")
DIRECTIVE(OPTIONAL, aof_rewrite_cpulist, "aof_rewrite_cpulist", "", CONFIG_IMMUTABLE | CONFIG_IGNORED,
          "Processors for rewriting the append-only file.")
DIRECTIVE(OPTIONAL, bgsave_cpulist, "bgsave_cpulist", "", CONFIG_IMMUTABLE | CONFIG_IGNORED,
          "Processors for saving.")

KEYWORD(SENTINEL, "sentinel", CONFIG_FILE_ONLY | CONFIG_HIDDEN, "Belongs to the files of redis-sentinel.")
KEYWORD(OBSOLETE, "gopher-enabled", CONFIG_FILE_ONLY | CONFIG_HIDDEN, "Gopher was removed in Redis 7.0.")
KEYWORD(OBSOLETE, "lua-replicate-commands", CONFIG_FILE_ONLY | CONFIG_HIDDEN,
        "Scripts always replicate their effects.")
KEYWORD(OBSOLETE, "list-max-ziplist-entries", CONFIG_FILE_ONLY | CONFIG_HIDDEN,
        "Replaced by list-max-listpack-size.")
KEYWORD(OBSOLETE, "list-max-ziplist-value", CONFIG_FILE_ONLY | CONFIG_HIDDEN,
        "Replaced by list-max-listpack-size.")

#undef SECTION
#undef DIRECTIVE
#undef NUMBER
#undef CHOICE
#undef ALIAS
#undef KEYWORD
