#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Reports how a session server does, sessiond or Redis: once, or again and again with --watch.

The server is that of --url, of REDIS_URL, or of REDIS_HOST, REDIS_PORT, REDIS_PASSWORD and REDIS_DB. Ends with 0 when it is
healthy, with 1 when not, with 2 when it can't be reached."""

import argparse
import datetime
import os
import sys
import time

from redis_client import Connection, Error, default_url

LINE = "=" * 80
SECTIONS = (
    ("📊 Basic Information", ("redis_version", "sessiond_version", "uptime_in_seconds")),
    ("🔌 Connection Statistics", ("connected_clients", "total_connections_received", "rejected_connections")),
    ("💾 Memory Statistics", ("used_memory_human", "used_memory_peak_human", "maxmemory_human", "evicted_keys")),
)
PERFORMANCE = ("instantaneous_ops_per_sec", "keyspace_hits", "keyspace_misses")
TIMED_COUNT = 20
SLOW_MS = 10.0


def print_section(title, rows):
    print(f"\n{title}:")
    for name, value in rows:
        print(f"   {name}: {value}")


def chosen(info, names):
    return [(name, info[name]) for name in names if name in info]


def timed_ms(connection, *words):
    """The mean of some calls, or the server's refusal."""
    begin = time.perf_counter()
    for _ in range(TIMED_COUNT):
        reply = connection(*words)
        if isinstance(reply, Error):
            return reply
    return (time.perf_counter() - begin) * 1000 / TIMED_COUNT


def measure(connection):
    key = f"redis_health:{os.getpid()}"
    latencies = {
        "ping_ms": timed_ms(connection, "PING"),
        "set_ms": timed_ms(connection, "SET", key, "x" * 100, "EX", 60),
        "get_ms": timed_ms(connection, "GET", key),
    }
    connection("DEL", key)
    return {name: latencies[name] for name in ("ping_ms", "get_ms", "set_ms")}


def problems_of(info, latencies):
    """What is wrong, in words; nothing when the server is healthy."""
    if info.get("loading") == "1":
        yield "the server is still loading its data"
    if info.get("rdb_last_bgsave_status", "ok") != "ok":
        yield "the last snapshot failed: see the log, the disk and its free space"
    if info.get("aof_last_write_status", "ok") != "ok":
        yield "the append-only file can't be written"
    limit, used = int(info.get("maxmemory", 0)), int(info.get("used_memory", 0))
    if limit and used >= limit and info.get("maxmemory_policy") == "noeviction":
        yield "maxmemory is reached and nothing may be evicted: writes are refused"
    for name, value in latencies.items():
        if isinstance(value, Error):
            yield f"{name[:3].upper()} is refused: {value}"
        elif value >= SLOW_MS:
            yield f"{name} is {value:.2f}, over {SLOW_MS:.0f}"


def report(connection, pattern):
    """Prints the report; returns whether all is well."""
    info = connection.info()
    session_count = sum(len(keys) for keys in connection.scan(pattern))
    latencies = measure(connection)
    print(LINE)
    print("🏥 Redis Health Report")
    print(f"📅 Timestamp: {datetime.datetime.now():%Y-%m-%d %H:%M:%S}")
    print(LINE)
    for title, names in SECTIONS:
        print_section(title, chosen(info, names))
    print_section("👥 Socket.IO Session Statistics", [("Total Sessions", session_count)])
    print_section("⚡ Performance Statistics", chosen(info, PERFORMANCE))
    shown = [(name, value if isinstance(value, Error) else f"{value:.2f}") for name, value in latencies.items()]
    print_section("⏱️  Latency Measurements", shown)
    problems = list(problems_of(info, latencies))
    print(f"\n{LINE}")
    print("✅ Redis Status: HEALTHY" if not problems else "❌ Redis Status: UNHEALTHY")
    for problem in problems:
        print(f"   - {problem}")
    print(LINE, flush=True)
    return not problems


def check(url, pattern):
    """The exit code."""
    try:
        connection = Connection(url)
        try:
            return 0 if report(connection, pattern) else 1
        finally:
            connection.close()
    except OSError as error:
        print(f"{LINE}\n❌ Redis Status: UNREACHABLE\n   - {error}\n{LINE}", flush=True)
        return 2


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default=default_url(), help="redis://:password@host:port/database")
    parser.add_argument("--pattern", default="socketio:session:*", help="keys that are counted as sessions (%(default)s)")
    parser.add_argument("--watch", action="store_true", help="report again and again")
    parser.add_argument("--interval", type=float, default=5, help="seconds between reports (%(default)s)")
    options = parser.parse_args()
    code = check(options.url, options.pattern)
    try:
        while options.watch:
            time.sleep(options.interval)
            code = check(options.url, options.pattern)
    except KeyboardInterrupt:
        pass
    return code


if __name__ == "__main__":
    sys.exit(main())
