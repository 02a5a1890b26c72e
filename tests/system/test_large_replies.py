# SPDX-License-Identifier: BSD-3-Clause
"""Replies of any size take little memory: they are made as their client reads them."""

import time

import pytest

from support import wait

FIELDS = 100_000
FILLS = {
    "hash": ("HSET", lambda i: (b"f%d" % i, b"v" * 100)),
    "set": ("SADD", lambda i: (b"m%d" % i + b"v" * 100,)),
    "zset": ("ZADD", lambda i: (b"%d" % i, b"m%d" % i + b"v" * 100)),
    "list": ("RPUSH", lambda i: (b"e%d" % i + b"v" * 100,)),
}


def fill(client, kind):
    command, element = FILLS[kind]
    for start in range(0, FIELDS, 2000):
        client(command, "large", *[part for i in range(start, start + 2000) for part in element(i)])


def memory(client):
    return int(client("INFO", "memory").split(b"used_memory:")[1].split(b"\r\n")[0])


@pytest.mark.parametrize(
    "kind, asked, count",
    [
        ("hash", ["HGETALL", "large"], 2 * FIELDS),
        ("hash", ["HRANDFIELD", "large", str(-3 * FIELDS)], 3 * FIELDS),
        ("set", ["SMEMBERS", "large"], FIELDS),
        ("zset", ["ZRANGE", "large", "0", "-1"], FIELDS),
        ("list", ["LRANGE", "large", "0", "-1"], FIELDS),
        ("list", ["LPOP", "large", str(FIELDS)], FIELDS),
    ],
)
def test_who_reads_slowly_is_waited_for(server, client, connect, kind, asked, count):
    fill(client, kind)
    slow = connect(server, receive_buffer=4096)
    before = memory(client)
    slow.send_command(*asked)
    longest, end = 0, time.monotonic() + 0.5
    while time.monotonic() < end:
        assert client("PING") == "PONG"
        longest = max(longest, memory(client) - before)
    assert longest < 4 << 20
    slow.send_command("PING")
    assert len(slow.read_value()) == count
    assert slow.read_value() == "PONG"


def test_who_leaves_in_the_midst_lets_go(server, client, connect):
    fill(client, "hash")
    slow = connect(server, receive_buffer=4096)
    slow.send_command("HGETALL", "large")
    wait.until(lambda: memory(client) > 1 << 20, what="a part of the reply")
    slow.close()
    assert client("DEL", "large") == 1
    wait.until(lambda: memory(client) < 4 << 20, what="the hash to be freed")


@pytest.mark.parametrize("kind, command", [("hash", "HRANDFIELD"), ("set", "SRANDMEMBER"), ("zset", "ZRANDMEMBER")])
def test_who_is_gone_is_told_no_more(client, connect, server, kind, command):
    """However much was asked for."""
    name, element = FILLS[kind]
    client(name, "key", *element(1))
    gone = connect(server)
    gone.send_command(command, "key", "-1000000000000")
    wait.until(lambda: b"cmd=" + command.lower().encode() in client("CLIENT", "LIST"), what="the reply to be under way")
    gone.close()
    wait.until(lambda: client("CLIENT", "LIST").count(b"\n") == 1, what="the connection to be ended")
