# SPDX-License-Identifier: BSD-3-Clause
"""What uses a key, and what stays of its use: OBJECT FREQ and OBJECT IDLETIME after each command, as redis-server has them."""

import statistics

import pytest

from support.server import REFERENCE, SESSIOND, Server

# What is done to `k` (and `other`, which is there too), and the key that is looked at.
COMMANDS = [
    ("k", ["GET", "k"]),
    ("k", ["MGET", "k", "other", "k"]),
    ("k", ["SET", "k", "new"]),
    ("k", ["SET", "k", "x" * 5000]),
    ("k", ["SET", "k", "77777"]),
    ("k", ["SET", "k", "new", "KEEPTTL"]),
    ("k", ["SET", "k", "new", "XX"]),
    ("k", ["SET", "k", "new", "NX"]),
    ("k", ["SET", "k", "new", "GET"]),
    ("k", ["SET", "k", "new", "EX", "100"]),
    ("k", ["SETEX", "k", "100", "new"]),
    ("k", ["PSETEX", "k", "100000", "new"]),
    ("k", ["SETNX", "k", "new"]),
    ("k", ["GETSET", "k", "new"]),
    ("k", ["GETEX", "k", "EX", "100"]),
    ("k", ["GETEX", "k", "PERSIST"]),
    ("k", ["MSET", "k", "a", "other", "b"]),
    ("k", ["MSETNX", "k", "a", "other", "b"]),
    ("k", ["APPEND", "k", "more"]),
    ("k", ["APPEND", "k", "x" * 5000]),
    ("k", ["SETRANGE", "k", "1", "y"]),
    ("k", ["GETRANGE", "k", "0", "1"]),
    ("k", ["STRLEN", "k"]),
    ("number", ["INCR", "number"]),
    ("number", ["DECRBY", "number", "5"]),
    ("number", ["INCRBYFLOAT", "number", "1.5"]),
    ("k", ["SETBIT", "k", "3", "1"]),
    ("k", ["GETBIT", "k", "3"]),
    ("k", ["BITCOUNT", "k"]),
    ("k", ["BITPOS", "k", "1"]),
    ("k", ["BITFIELD", "k", "GET", "u8", "0"]),
    ("k", ["BITFIELD", "k", "SET", "u8", "0", "255"]),
    ("k", ["BITOP", "NOT", "k", "other"]),
    ("other", ["BITOP", "NOT", "k", "other"]),
    ("k", ["LCS", "k", "other"]),
    ("k", ["EXPIRE", "k", "100"]),
    ("k", ["PEXPIREAT", "k", "9999999999999"]),
    ("k", ["EXPIRE", "k", "100", "GT"]),
    ("k", ["PERSIST", "k"]),
    ("k", ["TTL", "k"]),
    ("k", ["PEXPIRETIME", "k"]),
    ("k", ["TYPE", "k"]),
    ("k", ["EXISTS", "k"]),
    ("k", ["TOUCH", "k"]),
    ("k", ["DUMP", "k"]),
    ("k", ["OBJECT", "ENCODING", "k"]),
    ("k", ["MEMORY", "USAGE", "k"]),
    ("k", ["WATCH", "k"]),
    ("fresh", ["RENAME", "k", "fresh"]),
    ("other", ["RENAME", "k", "other"]),
    ("k", ["RENAME", "k", "k"]),
    ("k", ["RENAMENX", "k", "other"]),
    ("other", ["RENAMENX", "k", "other"]),
    ("fresh", ["RENAMENX", "k", "fresh"]),
    ("fresh", ["COPY", "k", "fresh"]),
    ("k", ["COPY", "k", "fresh"]),
    ("other", ["COPY", "k", "other", "REPLACE"]),
    ("other", ["COPY", "k", "other"]),
    ("k", ["MOVE", "k", "1"]),
]
NAMES = [f"{' '.join(word[:12] for word in command)}, then {key}" for key, command in COMMANDS]


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """The reference and the server under test."""
    servers = [Server(tmp_path_factory.mktemp("pair"), program=program).start() for program in (REFERENCE, SESSIOND)]
    yield servers
    for server in servers:
        server.finish()


def payload(client, value):
    client("SET", "payload", value)
    dumped = client("DUMP", "payload")
    client("DEL", "payload")
    return dumped


def prepare(client, policy, option, figure):
    client("FLUSHALL")
    # Each use counts, and a minute that begins meanwhile takes none away.
    client("CONFIG", "SET", "maxmemory-policy", policy, "lfu-log-factor", "0", "lfu-decay-time", "0")
    text, number = payload(client, "a text"), payload(client, "1234567")
    for key in ("k", "other"):
        assert client("RESTORE", key, "50000", text, option, figure) == "OK"
    assert client("RESTORE", "number", "0", number, option, figure) == "OK"


@pytest.mark.parametrize("key, command", COMMANDS, ids=NAMES)
def test_each_command_counts_as_many_uses_as_in_redis(pair, key, command):
    frequencies = []
    for server in pair:
        with server.connect() as client:
            prepare(client, "allkeys-lfu", "FREQ", 40)
            client(*command)
            if command[0] == "MOVE":
                client("SELECT", 1)
            frequencies.append(client("OBJECT", "FREQ", key))
    assert frequencies[1] == frequencies[0]


@pytest.mark.parametrize("key, command", COMMANDS, ids=NAMES)
def test_each_command_ends_idleness_as_in_redis(pair, key, command):
    were_used = []
    for server in pair:
        with server.connect() as client:
            prepare(client, "allkeys-lru", "IDLETIME", 1000)
            client(*command)
            if command[0] == "MOVE":
                client("SELECT", 1)
            were_used.append(client("OBJECT", "IDLETIME", key) < 900)
    assert were_used[1] == were_used[0]


@pytest.mark.parametrize("policy, option, figure", [("allkeys-lfu", "FREQ", 77), ("allkeys-lru", "IDLETIME", 1000),
                                                    ("allkeys-lfu", "IDLETIME", 1000), ("allkeys-lru", "FREQ", 77),
                                                    ("allkeys-lfu", None, None), ("allkeys-lru", None, None)])
def test_what_restore_says_or_does_not_say_replaces_what_was_known(pair, policy, option, figure):
    question = "FREQ" if policy.endswith("lfu") else "IDLETIME"
    answers = []
    for server in pair:
        with server.connect() as client:
            prepare(client, policy, question, 200)
            options = [option, figure] if option else []
            assert client("RESTORE", "k", "0", payload(client, "b"), "REPLACE", *options) == "OK"
            answers.append(client("OBJECT", question, "k"))
    assert abs(answers[1] - answers[0]) <= 1


def test_a_key_often_used_is_known_as_that_when_it_was_rewritten(pair):
    keys = [f"session:{i}" for i in range(100)]
    means = []
    for server in pair:
        with server.connect() as client:
            client("FLUSHALL")
            client.pipeline([("CONFIG", "SET", "maxmemory-policy", "allkeys-lfu"), ("CONFIG", "SET", "lfu-log-factor", "10")])
            found = []
            client.pipeline([("SET", key, "v") for key in keys])
            for _ in range(300):
                client.pipeline([("GET", key) for key in keys])
            for rewrite in (None, lambda key: ("SET", key, "new"), lambda key: ("SETEX", key, 100, "newer")):
                if rewrite:
                    client.pipeline([rewrite(key) for key in keys])
                found.append(statistics.mean(client.pipeline([("OBJECT", "FREQ", key) for key in keys])))
            means.append(found)
    for ours, theirs in zip(means[1], means[0]):
        assert 12 < ours < 15
        assert abs(ours - theirs) < 0.7
