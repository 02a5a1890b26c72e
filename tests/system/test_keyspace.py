# SPDX-License-Identifier: BSD-3-Clause
"""The keyspace as a whole: iterating, emptying, swapping, while it lives."""

from support import wait


def scan(client, *options, between=lambda: None):
    """One whole iteration; returns every key reported, repetitions included."""
    found, cursor = [], b"0"
    while True:
        cursor, keys = client("SCAN", cursor, *options)
        found += keys
        if cursor == b"0":
            return found
        between()


def fill(client, count, prefix="key"):
    client.pipeline(["SET", f"{prefix}{number}", number] for number in range(count))
    return {f"{prefix}{number}".encode() for number in range(count)}


def test_scan_reports_every_key(client):
    keys = fill(client, 5000)
    assert set(scan(client)) == keys
    assert set(scan(client, "COUNT", "1000")) == keys
    assert set(scan(client, "MATCH", "key12*")) == {key for key in keys if key.startswith(b"key12")}
    assert set(scan(client, "TYPE", "string", "COUNT", "100")) == keys
    assert scan(client, "TYPE", "list", "COUNT", "100") == []


def test_scan_reports_what_was_there_throughout_though_the_table_grows_and_shrinks(client):
    keys = fill(client, 1000, "stays")
    batches = iter(range(30))

    def grow():
        # An end to growth, or the iteration would never catch up.
        for number in batches:
            client.pipeline(["SET", f"new{number}:{each}", "x"] for each in range(500))
            break

    assert keys <= set(scan(client, "COUNT", "20", between=grow))
    assert client("DBSIZE") == 1000 + 30 * 500

    news = iter(sorted(client("KEYS", "new*")))

    def shrink():
        batch = [key for key, _ in zip(news, range(2000))]
        if batch:
            client("DEL", *batch)

    assert keys <= set(scan(client, "COUNT", "20", between=shrink))


def test_scan_in_resp2_and_3_and_with_odd_cursors(client):
    fill(client, 100)
    assert client("SCAN", "abc") == "ERR invalid cursor"
    assert client("SCAN", "0", "COUNT", "0") == "ERR syntax error"
    assert client("SCAN", "0", "COUNT", "x") == "ERR value is not an integer or out of range"
    assert client("SCAN", "0", "NOSUCH") == "ERR syntax error"
    for cursor in ("18446744073709551615", "12345678901234567"):
        reply = client("SCAN", cursor)
        assert len(reply) == 2 and isinstance(reply[1], list)


def test_keys_of_many_is_complete_while_others_write(server, client, connect):
    keys = fill(client, 50_000)
    writer = connect(server)
    client.send_command("KEYS", "key*")
    writes = writer.pipeline(["SET", f"key{number}", "again"] for number in range(1000))
    assert writes == ["OK"] * 1000
    found = client.read_value()
    assert len(found) == len(set(found))
    assert set(found) == keys
    assert client("KEYS", "key4999?") == [] or set(client("KEYS", "key4999?")) == {b"key4999%d" % digit for digit in range(10)}


def test_keys_patterns(client):
    client("MSET", "hello", "1", "hallo", "1", "hxllo", "1", "hllo", "1", "heello", "1", "h[llo", "1", "h\\llo", "1", "h*llo", "1")
    expected = {
        "h?llo": {b"hello", b"hallo", b"hxllo", b"h[llo", b"h\\llo", b"h*llo"},
        "h*llo": {b"hello", b"hallo", b"hxllo", b"hllo", b"heello", b"h[llo", b"h\\llo", b"h*llo"},
        "h[ae]llo": {b"hello", b"hallo"},
        "h[^e]llo": {b"hallo", b"hxllo", b"h[llo", b"h\\llo", b"h*llo"},
        "h[a-e]llo": {b"hello", b"hallo"},
        "h[e-a]llo": {b"hello", b"hallo"},
        r"h\*llo": {b"h*llo"},
        r"h\[llo": {b"h[llo"},
        "HELLO": set(),
        "hello": {b"hello"},
        "hell": set(),
    }
    for pattern, keys in expected.items():
        assert set(client("KEYS", pattern)) == keys, pattern


def test_a_hostile_pattern_takes_bounded_time(client):
    client("SET", "a" * 100, "v")
    assert client("KEYS", "a*" * 50 + "b") == []
    assert client("KEYS", "*" * 100_000 + "b") == []


def test_keys_inside_a_transaction_is_atomic(client):
    keys = fill(client, 20_000)
    replies = client.pipeline([["MULTI"], ["SET", "before", "1"], ["KEYS", "*"], ["DEL", "before"], ["DBSIZE"], ["EXEC"]])
    before, found, deleted, size = replies[-1]
    assert before == "OK" and deleted == 1 and size == len(keys)
    assert set(found) == keys | {b"before"}


def test_a_flush_is_complete_for_whoever_comes_after(server, client, connect):
    for command in (["FLUSHALL"], ["FLUSHALL", "ASYNC"], ["FLUSHALL", "SYNC"], ["FLUSHDB"], ["FLUSHDB", "ASYNC"]):
        fill(client, 20_000)
        other = connect(server)
        client.send_command(*command)
        client.send_command("SET", "key1", "after")
        assert client.read_value() == "OK"
        assert client.read_value() == "OK"
        assert other("DBSIZE") == 1
        assert other("GET", "key1") == b"after"
        assert other("EXISTS", "key2") == 0
        assert scan(other) == [b"key1"]
        client("DEL", "key1")


def test_databases_are_apart(client):
    for number in range(16):
        client("SELECT", number)
        client("SET", "key", number)
        fill(client, number)
    for number in range(16):
        client("SELECT", number)
        assert client("GET", "key") == b"%d" % number
        assert client("DBSIZE") == number + 1
    assert client("SELECT", "16") == "ERR DB index is out of range"
    assert client("SELECT", "-1") == "ERR DB index is out of range"
    assert client("SELECT", "x") in ("ERR invalid DB index", "ERR value is not an integer or out of range")
    client("SELECT", "3")
    client("FLUSHDB")
    assert client("DBSIZE") == 0
    assert client("SWAPDB", "3", "15") == "OK"
    assert client("GET", "key") == b"15"
    assert client("MOVE", "key", "15") == 1
    assert client("EXISTS", "key") == 0
    client("SELECT", "15")
    assert client("GET", "key") == b"15"
    client("FLUSHALL")
    assert b"db" not in client("INFO", "keyspace")


def test_info_counts_keys_and_deadlines(client):
    fill(client, 10)
    client("EXPIRE", "key1", "100")
    client("EXPIRE", "key2", "100")
    assert b"\r\ndb0:keys=10,expires=2,avg_ttl=" in client("INFO", "keyspace")
    client("PERSIST", "key2")
    assert b"\r\ndb0:keys=10,expires=1,avg_ttl=" in client("INFO", "keyspace")


def test_a_hundred_thousand_keys_come_and_go(server, client):
    before = server.resident_bytes()
    for _ in range(3):
        fill(client, 100_000, "session:0123456789abcdef:")
        assert client("DBSIZE") == 100_000
        assert client("FLUSHALL") == "OK"
    wait.until(lambda: server.resident_bytes() - before < 100 << 20, what="memory to be given back or reused")
    assert client("DBSIZE") == 0


def test_the_same_key_in_a_transaction_watched_by_others(server, client, connect):
    """Of many that increment by WATCH, GET, MULTI, SET, EXEC, none loses an update."""
    clients = [connect(server) for _ in range(5)]
    succeeded = 0
    for _ in range(20):
        for each in clients:
            each("WATCH", "counter")
        values = [int(each("GET", "counter") or 0) for each in clients]
        for each, value in zip(clients, values):
            each.pipeline([["MULTI"], ["SET", "counter", value + 1]])
            succeeded += each("EXEC") is not None
    assert succeeded == 20
    assert client("GET", "counter") == b"20"
