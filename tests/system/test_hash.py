# SPDX-License-Identifier: BSD-3-Clause
"""Hashes in files: from and to redis-server in every encoding, and fields that expire over a restart."""

import time

import pytest

from support import wait
from support.server import REFERENCE

OPEN = {"enable-debug-command": "yes"}


def fill(connection):
    connection("HSET", "small", "b", "1", "a", "", "", "-7", b"\x00\xff", "x" * 64)
    connection("HSET", "long", "field", "y" * 5000)
    for start in range(0, 20000, 1000):
        connection("HSET", "large", *(part for i in range(start, start + 1000) for part in (f"field{i}", i)))
    connection("HSET", "many bytes", *(part for i in range(500) for part in (f"field{i}", "z" * 60)))
    connection("PEXPIRE", "small", 10**9)


@pytest.mark.parametrize("compression", ["yes", "no"])
def test_files_are_exchanged_with_redis(launch, compression):
    options = OPEN | {"rdbcompression": compression}
    first = launch(options)
    with first.connect() as client:
        fill(client)
        digest = client("DEBUG", "DIGEST")
        assert client("SAVE") == "OK"
    first.stop()
    file = (first.directory / "dump.rdb").read_bytes()
    assert file[:9] == b"REDIS0010"
    redis = launch(options, program=REFERENCE, started=False)
    (redis.directory / "dump.rdb").write_bytes(file)
    redis.start()
    with redis.connect() as client:
        assert client("DEBUG", "DIGEST") == digest
        assert client("HKEYS", "small") == [b"b", b"a", b"", b"\x00\xff"]
        client("CONFIG", "SET", "hash-max-listpack-value", 10000)
        client("HSET", "another", "f", "v" * 300, "g", "-123456")
        digest = client("DEBUG", "DIGEST")
        assert client("SAVE") == "OK"
    second = launch(options, started=False)
    (second.directory / "dump.rdb").write_bytes((redis.directory / "dump.rdb").read_bytes())
    second.start()
    with second.connect() as client:
        assert client("DEBUG", "DIGEST") == digest
        assert client("HKEYS", "small") == [b"b", b"a", b"", b"\x00\xff"]
        encodings = [client("OBJECT", "ENCODING", key) for key in ("small", "long", "large", "many bytes")]
        assert encodings == [b"listpack", b"hashtable", b"hashtable", b"listpack"]


def test_payloads_are_exchanged_with_redis(launch):
    servers = [launch(OPEN), launch(OPEN, program=REFERENCE)]
    with servers[0].connect() as ours, servers[1].connect() as theirs:
        fill(ours)
        for key in ("small", "long", "large", "many bytes"):
            assert theirs("RESTORE", key, 0, ours("DUMP", key)) == "OK"
            assert theirs("DEBUG", "DIGEST-VALUE", key) == ours("DEBUG", "DIGEST-VALUE", key) or key == "small"
            assert ours("RESTORE", "back", 0, theirs("DUMP", key), "REPLACE") == "OK"
            assert ours("DEBUG", "DIGEST-VALUE", "back") == theirs("DEBUG", "DIGEST-VALUE", key)


@pytest.mark.beyond_redis
def test_fields_end_when_they_should_over_a_restart(launch):
    server = launch(OPEN)
    with server.connect() as client:
        client("HSET", "small", "stays", 1, "ends", 2, "ended", 3)
        fill(client)
        soon = int(time.time() * 1000) + 2000
        client("HPEXPIREAT", "small", 4 * 10**12, "FIELDS", 1, "stays")
        client("HPEXPIREAT", "large", 4 * 10**12 + 7, "FIELDS", 1, "field3")
        client("HPEXPIREAT", "small", soon, "FIELDS", 1, "ends")
        client("HPEXPIREAT", "small", soon - 1900, "FIELDS", 1, "ended")
        assert client("SAVE") == "OK"
    server.stop()
    assert (server.directory / "dump.rdb").read_bytes()[:9] == b"REDIS0012"
    wait.until(lambda: time.time() * 1000 > soon - 1900, 10, "the first field's end")
    server.start()
    with server.connect() as client:
        assert client("HPEXPIRETIME", "small", "FIELDS", 4, "stays", "ends", "ended", "a") == [4 * 10**12, soon, -2, -1]
        assert client("HPEXPIRETIME", "large", "FIELDS", 2, "field3", "field4") == [4 * 10**12 + 7, -1]
        wait.until(lambda: client("HEXISTS", "small", "ends") == 0, 10, "the end of a field")
        assert time.time() * 1000 >= soon
        client("HPERSIST", "small", "FIELDS", 1, "stays")
        client("HDEL", "large", "field3")
        assert client("SAVE") == "OK"
    assert (server.directory / "dump.rdb").read_bytes()[:9] == b"REDIS0010"
