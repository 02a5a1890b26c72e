# SPDX-License-Identifier: BSD-3-Clause
"""The figures of prefix classes, seen from outside: by clients, over restarts, under configuration."""

import pytest
import redis

from support.resp import Error

pytestmark = pytest.mark.beyond_redis


def classes_of(server):
    """INFO's lines of classes, by prefix, as redis-py takes them apart."""
    with redis.Redis(port=server.port) as client:
        fields = client.info("sessions").values()
    return {line["prefix"]: line for line in fields if isinstance(line, dict)}


def test_info_is_taken_apart_by_clients(server, client):
    client.pipeline(["SETEX", f"chatmrpt:{number:032x}", 3600, "x" * 100] for number in range(10))
    client.pipeline(["GET", f"chatmrpt:{number:032x}"] for number in range(4))
    client("DEL", f"chatmrpt:{0:032x}")
    with redis.Redis(port=server.port) as py:
        assert py.info("sessions")["session_live"] == 9
        assert "session_live" in py.info()
    line = classes_of(server)["chatmrpt:"]
    assert (line["keys"], line["created"], line["read"], line["deleted"]) == (9, 10, 4, 1)
    assert 9 * 100 < line["bytes"] < 9 * 160


def test_stats_are_a_dictionary(server):
    with redis.Redis(port=server.port, protocol=3, decode_responses=True) as py:
        py.setex("stats:abc1", 1800, "x" * 50)
        stats = py.execute_command("SESSION.STATS", "stats:", "MINUTES", 1440)
        assert (stats["keys"], stats["sizes"], stats["ttls"]) == (1, {"128": 1}, {"2048": 1})
        assert stats["this_minute"]["live"] == 1
        assert len(stats["minutes"]) <= 1440
        assert py.execute_command("SESSION.STATS")["classes"]["stats:"]["keys"] == 1
        assert py.execute_command("SESSION.STATS", "nosuch:") is None


def test_loaded_keys_are_there(launch):
    server = launch()
    with server.connect() as client:
        client.pipeline(["SETEX", f"session:{number}", 3600, "x"] for number in range(100))
        client("SET", "cart:1", "x")
        client("SELECT", 3)
        client("SET", "session:a1", "x")
        before = classes_of(server)
        assert client("SAVE") == "OK"
    server.stop()
    server.start()
    after = classes_of(server)
    for prefix, keys in (("session:", 101), ("cart:", 1)):
        assert after[prefix]["keys"] == after[prefix]["created"] == keys
        assert after[prefix]["bytes"] == before[prefix]["bytes"]


def test_configured_prefixes_go_before_what_is_found(launch):
    server = launch({"session-prefixes": "sess_ app:2:session:"})
    with server.connect() as client:
        client.pipeline(["SET", key, "x"] for key in ("sess_abc", "app:2:session:abc", "app:2:other", "user:1"))
        assert set(classes_of(server)) == {"sess_", "app:2:session:", "app:", "user:"}
        assert client("CONFIG", "GET", "session-prefixes") == [b"session-prefixes", b"sess_ app:2:session:"]

        # Keys that are there stay where they are; new ones find the new class.
        assert client("CONFIG", "SET", "session-prefixes", "user:1") == "OK"
        client.pipeline(["SET", key, "y"] for key in ("user:1", "user:17", "sess_new"))
        classes = classes_of(server)
        assert classes["user:"]["refreshed"] == 1
        assert classes["user:1"]["created"] == 1
        assert classes["sess_"]["keys"] == 1
        assert [client("GET", key) for key in ("sess_abc", "sess_new", "user:17")] == [b"x", b"y", b"y"]
        assert "A prefix is 1 to 64 bytes long." in client("CONFIG", "SET", "session-prefixes", "x" * 65)


def test_prefixes_that_keys_leave_no_room_for_are_refused(launch):
    server = launch()
    letters = "abcdefghijklmnopqrstuvwxyz"
    with server.connect() as client:
        client.pipeline(["SET", f"{a}{b}:1", "x"] for a in letters[:10] for b in letters)
        refused = client("CONFIG", "SET", "session-prefixes", "sess_")
        assert isinstance(refused, Error) and "too many other prefixes" in refused
        assert client("CONFIG", "GET", "session-prefixes") == [b"session-prefixes", b""]
        client("FLUSHALL")
        assert client("CONFIG", "SET", "session-prefixes", "sess_") == "OK"
        client("SET", "sess_a", "x")
        assert classes_of(server)["sess_"]["keys"] == 1


def test_the_largest_keys_are_named_unless_that_is_taken_away(launch):
    server = launch({"rename-command": 'session.top ""'})
    with server.connect() as client:
        assert "unknown command" in client("SESSION.TOP")
        assert "session.top" not in str(client("COMMAND", "LIST"))

    server = launch()
    with redis.Redis(port=server.port, protocol=3, decode_responses=True) as py:
        py.mset({f"session:{number}": "x" * 10 for number in range(50000)})
        py.set("session:largest", "x" * 5000)
        py.set("cart:1", "x" * 100000)
        top = py.execute_command("SESSION.TOP", "session:", "BY", "SIZE", "COUNT", 1)
        assert list(top) == ["session:largest"] and 5000 < top["session:largest"] < 5100
        assert list(py.execute_command("SESSION.TOP", "COUNT", 2)) == ["cart:1", "session:largest"]
    with server.connect() as client:
        documented = str(client("COMMAND", "DOCS", "session.top"))
        assert all(word in documented for word in ("prefix", "REFRESHES", "COUNT"))
