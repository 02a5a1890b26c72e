# SPDX-License-Identifier: BSD-3-Clause
"""Generates the commands of operators to compare servers with: CONFIG, CLIENT, COMMAND, and those that look inside.

Nothing here ends the server or its connections, and settings that would make others fail are left alone."""

from . import bit_commands, commands

BOOLEANS = """activerehashing dynamic-hz lazyfree-lazy-eviction lazyfree-lazy-expire lazyfree-lazy-server-del lazyfree-lazy-user-del
    lazyfree-lazy-user-flush rdbcompression rdb-del-sync-files latency-tracking crash-log-enabled stop-writes-on-bgsave-error
    no-appendfsync-on-rewrite aof-load-truncated aof-timestamp-enabled replica-lazy-flush repl-disable-tcp-nodelay
    jemalloc-bg-thread cluster-allow-reads-when-down dynamic-hz""".split()
NUMBERS = """hz tcp-keepalive slowlog-log-slower-than slowlog-max-len latency-monitor-threshold maxmemory-samples lfu-log-factor
    lfu-decay-time maxmemory-eviction-tenacity active-expire-effort list-max-listpack-size list-compress-depth hash-max-listpack-entries
    set-max-intset-entries stream-node-max-entries repl-timeout repl-ping-replica-period
    replica-priority slave-priority auto-aof-rewrite-percentage acllog-max-len tracking-table-max-keys lua-time-limit
    busy-reply-threshold cluster-node-timeout shutdown-timeout""".split()
SIZES = """repl-backlog-size auto-aof-rewrite-min-size stream-node-max-bytes active-defrag-ignore-bytes proto-max-bulk-len
    zset-max-listpack-value hll-sparse-max-bytes""".split()
CHOICES = {
    "maxmemory-policy": "noeviction allkeys-lru volatile-ttl allkeys-lfu VOLATILE-RANDOM lru".split(),
    "loglevel": "debug verbose notice warning NOTICE".split(),
    "appendfsync": "always everysec no never".split(),
    "acl-pubsub-default": "allchannels resetchannels ALLCHANNELS none".split(),
    "sanitize-dump-payload": "no yes clients maybe".split(),
    "repl-diskless-load": "disabled on-empty-db swapdb other".split(),
    "shutdown-on-sigint": ["default", "save", "nosave now", "force NOW", "save nosave", "later", ""],
    "oom-score-adj": ["no", "maybe"],
    "notify-keyspace-events": ["", "KEA", "Kx", "El$", "m", "n", "AKE", "KEq", "gg"],
    "save": ["", "900 1", "900 1 300 10", "900", "x 1", "0 1", "1 -1", "900 1 900 1"],
    "client-output-buffer-limit": ["pubsub 32mb 8mb 60", "normal 0 0 0", "slave 1gb 1gb 5 replica 2gb 1gb 6", "pubsub 1", "nobody 1 2 3", ""],
    "latency-tracking-info-percentiles": ["", "50 99 99.9", "100", "0 1.5", "101", "-1", "x", "50 50"],
    "proc-title-template": ["{title} {port}", "{nosuch}", "{title", "", "plain"],
    "immutable": ["daemonize", "databases", "unixsocket", "appendfilename", "syslog-enabled", "rename-command", "include"],
}
# Directives that both know, so that a pattern selects the same names.
PATTERNS = ["maxmemory*", "slowlog-*", "MAXMEMORY", "[ab]ind", "l?glevel", "*-keepalive", "hz", "save", "no-such-*", "", "re[op]l-*", "appendfsync"]
SECTIONS = "server clients memory persistence stats replication cpu modules commandstats errorstats latencystats cluster keyspace".split()


def value_of(g, name):
    if name in BOOLEANS:
        return g.one(["yes", "no", "YES", "No", "maybe", "", "1"])
    if name in NUMBERS:
        return g.one([0, 1, 2, 10, 100, 512, -1, -2, 10**6, 2**31, 2**63 - 1, 2**63, "", "x", "1.5", "5%", " 7", "+1", "100mb", "1k"])
    if name in SIZES:
        return g.one(["1mb", "10mb", "64kb", "1gb", "100k", "0", "-1", "1x", "1 mb", "50%", "16384", "4MB"])
    return g.one(CHOICES[name])


def change(g):
    name = g.one([lambda: g.one(BOOLEANS), lambda: g.one(NUMBERS), lambda: g.one(SIZES), lambda: g.one(list(CHOICES))])()
    if name == "immutable":
        return [g.one(CHOICES[name]), "1"]
    return [g.case(name), value_of(g, name)]


def config(g):
    """CONFIG: changes one by one and together, and what they led to."""
    return g.one(
        [
            lambda: ["CONFIG", "SET", *change(g)],
            lambda: ["CONFIG", "SET", *change(g)],
            lambda: ["CONFIG", "SET", *(part for _ in range(g.random.randint(2, 4)) for part in change(g))],
            lambda: ["CONFIG", "SET", "nosuch", "1", *change(g)],
            lambda: ["CONFIG", "GET", g.one(BOOLEANS + NUMBERS + SIZES + list(CHOICES))],
            lambda: ["CONFIG", "GET", *(g.one(PATTERNS) for _ in range(g.random.randint(1, 3)))],
            lambda: ["CONFIG", "GET", *(g.one(NUMBERS) for _ in range(g.random.randint(1, 5)))],
            lambda: ["CONFIG", "RESETSTAT", *g.options("x", most=1)],
            lambda: ["CONFIG", "REWRITE"],
            lambda: ["CONFIG", g.one(["SET", "GET", "NOSUCH", "HELP", "REWRITE"]), *g.options("x", "y", "z")][: g.random.randint(1, 3)],
        ]
    )()


def client(g):
    """CLIENT, without what ends connections or holds them up: filters find nobody, pauses are over at once."""
    name = lambda: g.one(["worker", "a:b", "", "two words", "x" * 100, "new\nline", b"\xc3\xa4", "tab\t"])
    identifier = lambda: g.one([0, -1, 99999999, "x", "", 2**63 - 1, 2**63])
    address = lambda: g.one(["1.2.3.4:5", "127.0.0.1:1", "nowhere", ""])
    kind = lambda: g.one(["pubsub", "master", "replica", "SLAVE", "nosuch", ""])
    yes_no = lambda: g.one(["yes", "no", "YES", "x"])
    # A filter by what nobody has is always among them: without, somebody would be found.
    nobody = lambda: g.one([["ID", 99999999], ["ADDR", "1.2.3.4:5"], ["LADDR", "1.2.3.4:5"], ["TYPE", "master"]])
    also = lambda: g.one([["SKIPME", yes_no()], ["TYPE", kind()], ["ID", identifier()], ["ADDR", address()], ["USER", g.one(["default", "nobody"])], ["LADDR", address()]])
    tracking = lambda: g.options("BCAST", "OPTIN", "OPTOUT", "NOLOOP", lambda: ["PREFIX", g.one(["a", "ab", "b", ""])], lambda: ["REDIRECT", identifier()], "x", most=3)
    return g.one(
        [
            lambda: ["CLIENT", "SETNAME", name()],
            lambda: ["CLIENT", "GETNAME"],
            lambda: ["CLIENT", "ID"],
            lambda: ["CLIENT", "INFO"],
            lambda: ["CLIENT", "LIST"],
            lambda: ["CLIENT", "LIST", "TYPE", kind()],
            lambda: ["CLIENT", "LIST", "ID", *(identifier() for _ in range(g.random.randint(1, 3)))],
            lambda: ["CLIENT", "LIST", g.one(["ID", "TYPE", "NOSUCH"]), *g.options("normal", "x", most=2)],
            lambda: ["CLIENT", "KILL", address()],
            lambda: ["CLIENT", "KILL", *nobody(), *g.options(also, also)],
            lambda: ["CLIENT", "KILL", *g.options(also, also), *nobody()],
            lambda: ["CLIENT", "KILL", g.one(["ID", "NOSUCH", "TYPE", "USER"]), g.one(["", "x", "-1", "nosuch"])],
            lambda: ["CLIENT", "PAUSE", g.one([0, -1, "x", "", 2**63]), *g.options("WRITE", "ALL", "x", most=1)],
            lambda: ["CLIENT", "UNPAUSE"],
            lambda: ["CLIENT", "UNBLOCK", identifier(), *g.options("TIMEOUT", "ERROR", "x", most=1)],
            lambda: ["CLIENT", "NO-EVICT", g.one(["on", "off", "x"])],
            lambda: ["CLIENT", "REPLY", g.one(["ON", "x"])],
            lambda: ["CLIENT", "TRACKING", g.one(["on", "on", "off", "x"]), *tracking()],
            lambda: ["CLIENT", "TRACKINGINFO"],
            lambda: ["CLIENT", "CACHING", g.one(["yes", "no", "x"])],
            lambda: ["CLIENT", "GETREDIR"],
            lambda: ["CLIENT", g.one(["SETNAME", "ID", "NOSUCH", "KILL", "PAUSE", "TRACKING", "CACHING", "UNBLOCK"])],
            lambda: ["SELECT", g.one([0, 1, 15])],
            lambda: ["GET", g.key()],
            lambda: ["PING"],
        ]
    )()


def command(g):
    """COMMAND: keys of all kinds of commands, right and wrong; lists of names are compared elsewhere."""
    family = g.one([commands.strings, bit_commands.bitmaps, bit_commands.bitfields, commands.keys, commands.expire])
    return g.one(
        [
            lambda: ["COMMAND", "GETKEYS", *several(g, family)],
            lambda: ["COMMAND", "GETKEYS", *several(g, family)],
            lambda: ["COMMAND", "GETKEYSANDFLAGS", *several(g, family)],
            lambda: ["COMMAND", "INFO", *g.options("nosuch", "get|x", "", most=2)] if g.chance(0.2) else ["COMMAND", "INFO", "nosuch"],
            lambda: ["COMMAND", "COUNT"],
            lambda: ["COMMAND", "LIST", "FILTERBY", g.one(["MODULE", "NOSUCH"]), "x"],
            lambda: ["COMMAND", "LIST", *g.options("FILTERBY", "ACLCAT", "x", most=2)] if g.chance(0.5) else ["COMMAND", "LIST", "x"],
            lambda: ["COMMAND", g.one(["COUNT", "NOSUCH"]), *g.options("x", "y")],
        ]
    )()


def several(g, family):
    """A command of more than one word: 7.2 refuses fewer in other words."""
    while True:
        drawn = family(g)
        if g.chance(0.3):
            drawn = g.spoil(drawn)
        if len(drawn) > 1:
            return drawn


def inspect(g):
    """SLOWLOG, LATENCY, MEMORY, OBJECT, ACL, DEBUG and the like: their answers as far as they don't describe the server."""
    event = lambda: g.one(["command", "expire-cycle", "nosuch", ""])
    return g.one(
        [
            lambda: ["SLOWLOG", "LEN"],
            lambda: ["SLOWLOG", "GET", *g.options(lambda: str(g.integer()), most=1)],
            lambda: ["SLOWLOG", "RESET"],
            lambda: ["SLOWLOG", g.one(["NOSUCH", "GET", "LEN", "RESET"]), *g.options("x", "1", most=2)],
            lambda: ["LATENCY", "LATEST"],
            lambda: ["LATENCY", "HISTORY", event()],
            lambda: ["LATENCY", "GRAPH", event()],
            lambda: ["LATENCY", "RESET", *g.options(event)],
            lambda: ["LATENCY", "HISTOGRAM", g.one(["nosuch", "get|x", "zrange"])],
            lambda: ["LATENCY", g.one(["NOSUCH", "HISTORY", "GRAPH", "LATEST"]), *g.options("x", most=2)],
            lambda: ["MEMORY", "USAGE", g.key(), *g.options(lambda: ["SAMPLES", g.integer()], "x", most=1)],
            lambda: ["MEMORY", g.one(["NOSUCH", "USAGE", "PURGE"]), *g.options("x", most=2)],
            lambda: ["OBJECT", g.one(["ENCODING", "FREQ", "IDLETIME", "REFCOUNT", "NOSUCH"]), g.key()],
            lambda: ["OBJECT", g.one(["ENCODING", "FREQ"]), *g.options("x", "y", most=2)],
            lambda: ["ACL", g.one(["WHOAMI", "USERS", "LIST", "NOSUCH"])],
            lambda: ["ACL", "GETUSER", g.one(["default", "nobody", ""])],
            lambda: ["ACL", "CAT", g.one(["nosuch", "", "x"])],
            lambda: ["ROLE", *g.options("x", most=1)],
            lambda: ["LASTSAVE", *g.options("x", most=1)],
            lambda: ["MODULE", g.one(["LIST", "NOSUCH", "LOAD", "UNLOAD"]), *g.options("x", most=2)],
            lambda: ["DEBUG", "OBJECT", "no such key"],
            lambda: ["DEBUG", "PROTOCOL", g.one(["string", "integer", "double", "bignum", "null", "array", "set", "map", "verbatim", "true", "false", "x"])],
            lambda: ["DEBUG", "DIGEST"],
            lambda: ["DEBUG", "DIGEST-VALUE", *g.keys()],
            lambda: ["DEBUG", "ERROR", g.one(["ERR text", "CODE", "", "two\r\nlines"])],
            lambda: ["DEBUG", g.one(["NOSUCH", "OBJECT", "PROTOCOL"]), *g.options("x", most=2)],
            lambda: ["SWAPDB", g.one([0, 1, 16, -1, "x"]), g.one([0, 1, "y"])],
            lambda: ["SET", g.key(), g.value()],
            lambda: ["GET", g.key()],
            lambda: ["PING", "x", "y"],
        ]
    )()


def notified(g):
    """Commands whose events are compared: of strings and keys."""
    while True:
        drawn = g.one([commands.strings, commands.numbers, bit_commands.bitmaps, commands.keys, commands.expire])(g)
        # A value that is born past its end goes when the server notices.
        if not {"EXAT", "PXAT", "exat", "pxat"} & {str(part) for part in drawn}:
            return drawn


CLASSES = ["KEA", "KEn", "KEAnm", "Kg$", "Ex", "KEgxe", "KE$m", "KEmx", "E$", "KEAm", "", "Kg", "KEx"]


def tracked(g):
    """Steps of two clients with caches (0, 1), one without that writes (2). {0}, {1}, {2} stand for their ids."""
    options = g.options("BCAST", "OPTIN", "OPTOUT", "NOLOOP", lambda: ["PREFIX", g.one(["a", "b", "k"])], lambda: ["REDIRECT", g.one(["{0}", "{1}", "{2}"])], most=3)
    key = lambda: g.one(["a", "b", "key", "a1", "other"])
    reading = lambda: g.one([["GET", key()], ["MGET", key(), key()], ["STRLEN", key()], ["EXISTS", key()], ["TTL", key()], ["GETRANGE", key(), 0, 1]])
    writing = lambda: g.one(
        [
            ["SET", key(), g.value()],
            ["DEL", key(), key()],
            ["MSET", key(), "1", key(), "2"],
            ["APPEND", key(), "x"],
            ["PEXPIREAT", key(), 1],
            ["EXPIRE", key(), 1000],
            ["RENAME", key(), key()],
            ["COPY", key(), key(), "REPLACE"],
            ["SETBIT", key(), 7, 1],
            ["GETDEL", key()],
            ["PERSIST", key()],
        ]
    )
    if g.chance(0.45):
        return 2, g.one([writing, writing, writing, writing, lambda: ["FLUSHALL"] if g.chance(0.3) else ["FLUSHDB"], lambda: ["SWAPDB", 0, 1] if g.chance(0.1) else ["PING"]])()
    return g.random.randrange(2), g.one(
        [
            reading,
            reading,
            reading,
            writing,
            lambda: ["CLIENT", "TRACKING", "on", *options],
            lambda: ["CLIENT", "TRACKING", g.one(["on", "off"])],
            lambda: ["CLIENT", "CACHING", g.one(["yes", "no"])],
            lambda: ["CLIENT", "TRACKINGINFO"],
            lambda: ["CLIENT", "GETREDIR"],
        ]
    )()
