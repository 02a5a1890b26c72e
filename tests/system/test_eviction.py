# SPDX-License-Identifier: BSD-3-Clause
"""maxmemory: the limit holds, eviction is fair and gradual, memory goes back, refusals are redis-server's."""

import contextlib
import os
import random
import threading
import time

import pytest

from support import wait
from support.server import REFERENCE

MEGABYTE = 1 << 20

POLICIES = ["allkeys-lru", "allkeys-lfu", "allkeys-random", "volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl"]


def info(client, section, field):
    for line in bytes(client("INFO", section)).split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name == field.encode():
            return value.decode()
    raise KeyError(field)


def used(client):
    return int(info(client, "memory", "used_memory"))


def fill(client, prefix, count, size, *rest, start=0):
    """Replies to that many SETs, `size` bytes each."""
    replies = []
    for begin in range(start, start + count, 500):
        numbers = range(begin, min(begin + 500, start + count))
        replies += client.pipeline([("SET", f"{prefix}{i:08x}", random.randbytes(size), *rest) for i in numbers])
    return replies


# A sanitizer brings its own allocator, which keeps what was freed.
needs_own_allocator = pytest.mark.skipif("asan" in os.environ.get("SESSIOND", ""), reason="the sanitizer's allocator keeps memory")


@pytest.mark.parametrize("policy", POLICIES)
def test_the_limit_holds_under_every_policy(launch, connect, policy):
    server = launch({"maxmemory-policy": policy, "maxmemory": "12mb"})
    writer, watcher = connect(server), connect(server)
    over = []
    is_over = threading.Event()

    def watch():
        while not is_over.is_set():
            over.append(used(watcher) - 12 * MEGABYTE)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        assert set(fill(writer, "session:", 60_000, 300, "EX", "1000")) == {"OK"}
    finally:
        is_over.set()
        thread.join()
    assert int(info(writer, "stats", "evicted_keys")) > 10_000
    assert len(over) > 10
    # These are looks into the middle of ticks. Where one added more than those before, the limit is kept at its end.
    assert max(over) < 0.02 * 12 * MEGABYTE
    assert sum(o > 0 for o in over) <= 0.05 * len(over)


@pytest.mark.parametrize("policy", ["volatile-lru", "volatile-ttl", "volatile-random", "volatile-lfu"])
def test_keys_that_never_expire_stay_and_then_writes_are_refused(launch, connect, policy):
    server = launch({"maxmemory-policy": policy, "maxmemory": "10mb"})
    client = connect(server)
    fill(client, "forever:", 1000, 300)
    fill(client, "session:", 50_000, 300, "EX", "1000")
    assert client("EXISTS", *[f"forever:{i:08x}" for i in range(1000)]) == 1000
    replies = fill(client, "more:", 40_000, 300)
    assert "OOM" in repr(replies[-1])
    assert client("DBSIZE") < 41_000
    # While the last that expire are looked for, writes go on.
    assert used(client) < 10.1 * MEGABYTE
    assert not any("session:" in key.decode() for key in client("KEYS", "session:*"))


def test_least_recently_used_go_and_most_used_stay(launch, connect):
    server = launch({"maxmemory-policy": "allkeys-lru", "maxmemory": "10mb"})
    client = connect(server)
    fill(client, "hot:", 2000, 200)
    for begin in range(0, 100_000, 2000):
        fill(client, "cold:", 2000, 200, start=begin)
        client.pipeline([("GET", f"hot:{i:08x}") for i in range(2000)])
    assert client("EXISTS", *[f"hot:{i:08x}" for i in range(2000)]) >= 1990
    assert client("EXISTS", *[f"cold:{i:08x}" for i in range(99_000, 100_000)]) >= 990


def test_most_often_used_stay_when_many_come_once(launch, connect):
    server = launch({"maxmemory-policy": "allkeys-lfu", "maxmemory": "10mb"})
    client = connect(server)
    fill(client, "hot:", 2000, 200)
    for _ in range(20):
        client.pipeline([("GET", f"hot:{i:08x}") for i in range(2000)])
    assert client("OBJECT", "FREQ", "hot:00000000") > 5
    fill(client, "cold:", 200_000, 200)
    assert client("EXISTS", *[f"hot:{i:08x}" for i in range(2000)]) >= 1990


def test_a_limit_lowered_to_half_holds_up_nobody(launch, connect):
    server = launch({"maxmemory-policy": "allkeys-lru"})
    client, other = connect(server), connect(server)
    fill(client, "session:", 100_000, 200)
    half = used(client) // 2
    assert client("CONFIG", "SET", "maxmemory", half) == "OK"
    longest, started = 0.0, time.monotonic()
    while used(other) > half and time.monotonic() - started < 20:
        before = time.monotonic()
        assert other("PING") == "PONG"
        longest = max(longest, time.monotonic() - before)
    assert used(client) <= half
    assert 40_000 < client("DBSIZE") < 60_000
    # All at once it takes some 50 ms of a free processor; others' shares of it come on top here.
    assert longest < 0.5
    server.wait_for_log("the new maxmemory value set via CONFIG SET")


def test_a_large_value_makes_room_for_itself_little_by_little(launch, connect):
    server = launch({"maxmemory-policy": "allkeys-lru", "maxmemory": "100mb"})
    client, watcher = connect(server), connect(server)
    fill(client, "session:", 400_000, 200)
    assert used(watcher) <= 100 * MEGABYTE
    client.send_command("SET", "large", random.randbytes(8 * MEGABYTE))
    most = 0
    while watcher("EXISTS", "large") == 0:
        most = max(most, used(watcher))
    for _ in range(50):
        most = max(most, used(watcher))
    assert client.read_value() == "OK"
    assert most < 110 * MEGABYTE
    wait.until(lambda: used(watcher) <= 100 * MEGABYTE, what="room to be made")


@pytest.mark.beyond_redis
def test_an_announced_length_evicts_nothing(launch, connect):
    server = launch({"maxmemory-policy": "allkeys-lru", "maxmemory": "20mb"})
    client, stranger = connect(server), connect(server)
    fill(client, "session:", 100_000, 200)
    wait.until(lambda: used(client) <= 20 * MEGABYTE and not has_grown(client), what="eviction to end")
    # Room for what a client really takes: the limit itself is not what is tested here.
    assert client("DEL", *[f"session:{i:08x}" for i in range(99_000, 100_000)]) == 1000
    before, evicted = used(client), info(client, "stats", "evicted_keys")
    stranger.send(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$536870912\r\nabc")
    wait.until(lambda: b"qbuf=0 " not in client("CLIENT", "LIST", "ID", stranger_id(client, stranger)), what="the request to come")
    assert used(client) - before <= 64 * 1024
    assert info(client, "stats", "evicted_keys") == evicted


def has_grown(client):
    before = info(client, "stats", "evicted_keys")
    time.sleep(0.05)
    return info(client, "stats", "evicted_keys") != before


def stranger_id(client, stranger):
    port = stranger.socket.getsockname()[1]
    for line in bytes(client("CLIENT", "LIST")).decode().splitlines():
        fields = dict(field.split("=", 1) for field in line.split(" ") if "=" in field)
        if fields["addr"].endswith(f":{port}"):
            return fields["id"]
    raise AssertionError("it is not connected")


def test_telling_caches_of_evicted_keys_evicts_no_more(launch, connect):
    """Ten caches are told of each key that goes, in messages larger than the key."""
    server = launch({"maxmemory-policy": "allkeys-lru", "maxmemory-eviction-tenacity": "100", "latency-tracking": "no"})
    client = connect(server)
    caches = [connect(server) for _ in range(10)]
    keys = [f"{i}{'x' * 1000}" for i in range(300)]
    for cache in caches:
        cache("HELLO", "3")
        assert cache("CLIENT", "TRACKING", "on") == "OK"
    client.pipeline([("SET", key, "x") for key in keys])
    for cache in caches:
        cache.pipeline([("GET", key) for key in keys])
    client("CONFIG", "SET", "maxmemory", used(client) - 40_000)
    evicted = int(info(client, "stats", "evicted_keys"))
    assert 10 <= evicted <= 60
    for cache in caches:
        told = [cache.read_value() for _ in range(evicted)]
        assert [kind.decode() for kind, _ in told] == ["invalidate"] * evicted
    # Clients that have read all are no reason to go on.
    assert int(info(client, "stats", "evicted_keys")) == evicted
    assert client("DBSIZE") == 300 - evicted


@pytest.mark.beyond_redis
@needs_own_allocator
def test_resident_memory_follows_sessions_that_change_their_sizes(launch, connect):
    server = launch({"maxmemory-policy": "allkeys-lru", "maxmemory": "60mb"})
    client = connect(server)
    empty = server.resident_bytes()
    generator = random.Random(7)
    for low, high in [(200, 200), (100, 300), (20, 600), (1000, 3000), (100, 300)]:
        for begin in range(0, 150_000 if high < 1000 else 40_000, 500):
            commands = []
            for i in range(begin, begin + 500):
                commands.append(("SET", f"session:{generator.randrange(150_000):08x}", generator.randbytes(generator.randint(low, high))))
            client.pipeline(commands)
    assert int(info(client, "stats", "evicted_keys")) > 1000

    def is_dense():
        return server.resident_bytes() - empty <= 1.15 * 60 * MEGABYTE

    wait.until(is_dense, what="pages to go back")
    assert int(info(client, "stats", "active_defrag_hits")) > 1000


@pytest.mark.beyond_redis
@needs_own_allocator
@pytest.mark.parametrize("size_max", [1000, 7000])
def test_resident_memory_keeps_near_the_limit_whatever_the_sizes(launch, connect, size_max):
    """Each of some hundred sizes may keep a page that is hardly used."""
    limit = 32 * MEGABYTE
    server = launch({"maxmemory-policy": "allkeys-lru", "maxmemory": limit})
    client = connect(server)
    chance = random.Random(19)
    while int(info(client, "stats", "evicted_keys")) < 100 * MEGABYTE // size_max:
        numbers = [chance.randrange(160 * MEGABYTE // size_max) for _ in range(500)]
        client.pipeline([("SETEX", f"session:{i:08x}", 1000, chance.randbytes(chance.randint(100, size_max))) for i in numbers])
    assert used(client) > 0.97 * limit
    wait.until(lambda: server.resident_bytes() <= 1.05 * limit + 16 * MEGABYTE, what=lambda: bytes(client("INFO", "memory")).decode())


@pytest.mark.beyond_redis
@needs_own_allocator
def test_purge_and_a_flush_give_memory_back(launch, connect):
    server = launch()
    client = connect(server)
    empty = server.resident_bytes()
    fill(client, "session:", 150_000, 300)
    assert server.resident_bytes() - empty > 40 * MEGABYTE
    client("FLUSHALL")
    assert client("MEMORY", "PURGE") == "OK"
    wait.until(lambda: server.resident_bytes() - empty < 10 * MEGABYTE, what="memory to go back")


@pytest.mark.beyond_redis
def test_a_snapshot_that_waits_for_its_disk_evicts_nothing(launch, connect):
    """What it holds of sessions that were refreshed meanwhile may be as much as all of them."""
    server = launch({"maxmemory-policy": "allkeys-lru", "save": ""})
    client = connect(server)
    fill(client, "session:", 30_000, 300)
    # A file that takes nothing until somebody reads it.
    temporary = server.directory / f"temp-{server.process.pid}-dump.rdb"
    os.mkfifo(temporary)
    try:
        client("CONFIG", "SET", "maxmemory", used(client) + 2 * MEGABYTE)
        assert client("BGSAVE") == "Background saving started"
        assert set(fill(client, "session:", 30_000, 300)) == {"OK"}
        held = int(info(client, "memory", "mem_not_counted_for_evict"))
        assert held > 5 * MEGABYTE
        assert used(client) - held <= int(info(client, "memory", "maxmemory"))
        assert int(info(client, "stats", "evicted_keys")) == 0
    finally:
        with temporary.open("rb") as reader:
            while reader.read(1 << 20):
                pass
    wait.until(lambda: info(client, "persistence", "rdb_bgsave_in_progress") == "0", what="the snapshot to end")
    assert info(client, "memory", "mem_not_counted_for_evict") == "0"
    assert client("DBSIZE") == 30_000


@pytest.mark.beyond_redis
def test_bots_go_before_people(launch, connect):
    server = launch({"maxmemory-policy": "volatile-ttl", "maxmemory": "10mb", "eviction-order": "bot: cache:"})
    client = connect(server)
    assert info(client, "memory", "eviction_order") == '"bot:" "cache:"'
    fill(client, "session:", 10_000, 200, "EX", "100")
    fill(client, "bot:", 60_000, 200, "EX", "100000")
    assert client("EXISTS", *[f"session:{i:08x}" for i in range(10_000)]) == 10_000
    fill(client, "cache:", 60_000, 200, "EX", "100000")
    assert client("EXISTS", *[f"session:{i:08x}" for i in range(10_000)]) >= 9_900


@pytest.mark.beyond_redis
def test_warnings_come_before_refusals(launch, connect):
    server = launch({"maxmemory": "12mb"})
    client = connect(server)
    replies = []
    while not replies or replies[-1] == "OK":
        # Slowly enough that each level is seen at one of ten looks a second.
        replies += fill(client, "cart:", 100, 300, start=len(replies))
        time.sleep(0.01)
    for percent in (80, 90, 95):
        server.wait_for_log(f"over {percent}% of maxmemory is in use")
    wait.until(lambda: info(client, "memory", "maxmemory_warning") == "95", what="the level in INFO")
    refusal = replies[-1]
    assert "OOM command not allowed when used memory > 'maxmemory'. maxmemory-policy is noeviction" in refusal
    assert 'keys of "cart:" take' in refusal
    assert server.whole_log().count("over 80% of maxmemory") == 1


def test_sessions_are_refreshed_from_the_reserve(launch, connect, under_test_is_redis):
    if under_test_is_redis:
        pytest.skip("beyond what redis-server does")
    server = launch({"maxmemory": "12mb", "maxmemory-reserve": "2mb"})
    client = connect(server)
    replies = fill(client, "session:", 60_000, 300)
    stored = replies.index(next(reply for reply in replies if reply != "OK"))
    assert used(client) <= 10.1 * MEGABYTE
    assert client("SETEX", "session:00000001", "100", "x" * 300) == "OK"
    assert client("EXPIRE", "session:00000002", "100") == 1
    assert "OOM" in repr(client("SETEX", f"session:{stored:08x}", "100", "x"))
    assert client("DEL", "session:00000003") == 1


# What is refused, command by command, as redis-server does it. All of them are well formed.
COMMANDS = [
    ["GET", "there"], ["SET", "there", "v"], ["SET", "new", "v"], ["SETEX", "there", "100", "v"], ["PSETEX", "new", "100", "v"],
    ["SETNX", "there", "v"], ["MSET", "there", "v"], ["MSETNX", "a", "v"], ["APPEND", "there", "x"], ["INCR", "number"],
    ["INCRBY", "number", "2"], ["DECR", "number"], ["INCRBYFLOAT", "number", "1.5"], ["GETSET", "there", "v"], ["GETDEL", "none"],
    ["GETEX", "there", "EX", "100"], ["SETRANGE", "there", "0", "x"], ["GETRANGE", "there", "0", "1"], ["STRLEN", "there"],
    ["SETBIT", "there", "1", "1"], ["GETBIT", "there", "1"], ["BITCOUNT", "there"], ["BITOP", "NOT", "new", "there"],
    ["BITFIELD", "there", "SET", "u8", "0", "1"], ["BITFIELD_RO", "there", "GET", "u8", "0"], ["BITPOS", "there", "1"],
    ["COPY", "there", "copied"], ["RENAME", "number", "number"], ["RENAMENX", "there", "there"], ["EXPIRE", "there", "100"],
    ["PEXPIRE", "there", "100000"], ["EXPIREAT", "there", "99999999999"], ["PERSIST", "there"], ["TTL", "there"], ["TYPE", "there"],
    ["EXISTS", "there"], ["TOUCH", "there"], ["UNLINK", "none"], ["DEL", "none"], ["MOVE", "none", "1"], ["OBJECT", "ENCODING", "number"],
    ["KEYS", "none*"], ["DBSIZE"], ["PUBLISH", "channel", "message"], ["SUBSTR", "there", "0", "0"], ["LCS", "there", "there"],
    ["MGET", "there", "none"], ["PING"], ["ECHO", "x"], ["SELECT", "0"], ["WATCH", "there"], ["UNWATCH"], ["SWAPDB", "1", "2"],
    ["RESTORE", "restored", "0", "x"], ["FLUSHDB", "x"],
]  # fmt: skip


def refusals(connection):
    """Which commands are refused for want of memory; whatever else comes of them is tested elsewhere."""
    return {" ".join(command): "OOM" in repr(connection(*command)) for command in COMMANDS}


@pytest.mark.parametrize("policy", ["noeviction", "volatile-lru"])
def test_refusals_are_those_of_redis(launch, connect, policy):
    seen = []
    for program in (None, REFERENCE):
        server = launch(program=program) if program else launch()
        client = connect(server)
        client("SET", "there", "value")
        client("SET", "number", "1")
        client("CONFIG", "SET", "maxmemory-policy", policy)
        client("CONFIG", "SET", "maxmemory", "1000")
        wait.until(lambda: "OOM" in repr(client("SET", "k", "v")), what="memory to run out")
        seen.append(refusals(client))
        client("MULTI")
        seen[-1]["in MULTI"] = "OOM" in repr(client("GET", "there"))
        seen[-1]["EXEC"] = client("EXEC").code
    assert seen[0] == seen[1]


def test_a_shared_value_on_its_way_counts_for_each_client(launch, connect):
    """maxmemory-clients looks at what a client keeps from being freed: a large value in its replies, shared or not."""
    server = launch({"maxmemory-clients": "40mb"})
    client = connect(server)
    client("SET", "large", random.randbytes(8 * MEGABYTE))
    greedy = connect(server, receive_buffer=4096)
    with contextlib.suppress(ConnectionError):  # it may be dropped before it has asked for all
        for _ in range(20):
            greedy.send_command("GET", "large")
    wait.until(lambda: int(info(client, "stats", "evicted_clients")) == 1, what="the client to be dropped")
    assert client("PING") == "PONG"


def test_a_pause_of_writes_keeps_every_key(launch, connect):
    server = launch({"maxmemory-policy": "allkeys-lru"})
    client = connect(server)
    fill(client, "session:", 20_000, 200)
    assert client("CLIENT", "PAUSE", 1500, "WRITE") == "OK"
    begin = time.monotonic()
    assert client("CONFIG", "SET", "maxmemory", "3mb") == "OK"
    while time.monotonic() - begin < 1.2:
        assert client("DBSIZE") == 20_000
    wait.until(lambda: used(client) <= 3 * MEGABYTE, what="the limit to be kept")
    assert int(info(client, "stats", "evicted_keys")) > 5000


def reads_nothing(connect, server, *requests):
    """A client that asks and then doesn't read what it is pushed."""
    reader = connect(server, receive_buffer=4096)
    for request in requests:
        reader(*request)
    return reader


READERS = {
    "a tracker": (1, [("HELLO", "3"), ("CLIENT", "TRACKING", "ON", "BCAST")]),
    "ten monitors": (10, [("MONITOR",)]),
    "ten subscribers": (10, [("SUBSCRIBE", "__keyevent@0__:evicted", "__keyevent@0__:set")]),
}


@pytest.mark.beyond_redis
@pytest.mark.parametrize("count, requests", READERS.values(), ids=list(READERS))
def test_keys_stay_though_somebody_does_not_read(launch, connect, count, requests):
    server = launch({"maxmemory": "24mb", "maxmemory-policy": "allkeys-lru", "notify-keyspace-events": "Ee$"})
    client = connect(server)
    readers = [reads_nothing(connect, server, *requests) for _ in range(count)]
    name = "session:" + "of-somebody-with-a-long-name:" * 8
    replies = [client("SET", f"{name}{i:08x}", random.randbytes(200)) for i in range(40_000)]
    assert replies == ["OK"] * 40_000
    assert client("DBSIZE") > 38_000
    # At most an eighth of the limit comes on top.
    assert used(client) < 27.5 * MEGABYTE
    # Some of it lies in the system's buffers.
    dropped = int(info(client, "stats", "client_output_buffer_limit_disconnections"))
    assert dropped > count / 2
    assert server.log().count("doesn't read what is pushed to it") == dropped
    del readers
