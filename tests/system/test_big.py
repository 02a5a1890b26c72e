# SPDX-License-Identifier: BSD-3-Clause
"""Large values, long pipelines, many arguments."""

import random
import re
import select
import threading

import pytest

from support import wait
from support.resp import encode

MEGABYTE = 1 << 20


def test_a_value_of_20_mb_comes_back_whole(client):
    value = random.Random(1).randbytes(20 * MEGABYTE)
    assert client("SET", "big", value) == "OK"
    assert client("STRLEN", "big") == len(value)
    assert client("GET", "big") == value
    assert client("GETRANGE", "big", 10 * MEGABYTE, 10 * MEGABYTE + 99) == value[10 * MEGABYTE : 10 * MEGABYTE + 100]
    assert client("APPEND", "big", value) == 2 * len(value)
    assert client("GET", "big") == value * 2
    assert client("DEL", "big") == 1


def test_a_value_trickling_in_is_the_same_value(server, client, connect):
    value = random.Random(2).randbytes(MEGABYTE)
    request = encode("SET", "slow", value)
    slow = connect(server)
    for start in range(0, len(request), 30011):
        slow.send(request[start : start + 30011])
        assert client("PING") == "PONG"
    assert slow.read_value() == "OK"
    assert client("GET", "slow") == value


def test_a_value_changed_while_it_is_being_sent_arrives_as_it_was(server, client, connect):
    """The reply of a large value outlives overwriting, appending and deleting it."""
    value = random.Random(3).randbytes(8 * MEGABYTE)
    for change in (["SET", "v", "other"], ["APPEND", "v", "tail"], ["SETRANGE", "v", "0", "XXXX"], ["DEL", "v"], ["FLUSHALL"]):
        assert client("SET", "v", value) == "OK"
        reader = connect(server, receive_buffer=65536)
        reader.send_command("GET", "v")
        assert reader.socket.recv(1, 2) == b"$"  # peeked (MSG_PEEK): it is on its way
        client(*change)
        assert reader.read_value() == value, change
        reader.close()


def test_100000_commands_are_sent_before_a_reply_is_read(server, connect):
    client = connect(server, timeout=60.0)
    count = 100000
    sender = threading.Thread(target=client.send, args=(b"".join(encode("INCR", "counter") for _ in range(count)),))
    sender.start()
    sender.join(60)
    assert not sender.is_alive(), "the server stopped reading a client that does not read yet"
    assert [client.read_value() for _ in range(count)] == list(range(1, count + 1))


def test_a_pipeline_of_mixed_sizes_keeps_its_order(client):
    chooser = random.Random(4)
    values = [chooser.randbytes(chooser.choice([0, 1, 10, 100, 5000, 16383, 16384, 16385, 40000, 70000, 300000])) for _ in range(300)]
    sent = []
    for number, value in enumerate(values):
        sent += [["SET", f"key{number % 50}", value], ["GET", f"key{number % 50}"], ["ECHO", number]]
    replies = []
    sender = threading.Thread(target=client.send, args=(b"".join(encode(*command) for command in sent),))
    sender.start()
    for _ in sent:
        replies.append(client.read_value())
    sender.join()
    for number, value in enumerate(values):
        assert replies[3 * number : 3 * number + 3] == ["OK", value, str(number).encode()]


def test_very_many_arguments(client):
    count = 20000
    pairs = [part for number in range(count) for part in (f"key{number}", f"value{number}")]
    assert client("MSET", *pairs) == "OK"
    assert client("MGET", *pairs[0::2]) == [value.encode() for value in pairs[1::2]]
    assert client("EXISTS", *pairs[0::2]) == count
    assert client("DEL", *pairs[0::2]) == count


def test_a_half_sent_request_of_a_closed_client_has_no_effect(server, client):
    for cut in (10, 30, 100000):
        with server.connect() as half:
            half.send(encode("SET", "half", "x" * 200000)[:cut])
    assert client("EXISTS", "half") == 0


def test_an_announced_size_costs_nothing_until_it_arrives(launch, connect):
    server = launch()
    client = connect(server)
    client("PING")
    before = server.resident_bytes()
    halves = [connect(server) for _ in range(50)]
    for half in halves:
        half.send(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$536870912\r\nbeginning")
    many = [connect(server) for _ in range(50)]
    for half in many:
        half.send(b"*1048576\r\n$3\r\nDEL\r\n")
    assert client("PING") == "PONG"
    assert server.resident_bytes() - before < 64 * MEGABYTE


def replies_until_done(busy, other, last):
    """The reply to the request whose last bytes are sent, and how often `other` was answered before it came."""
    busy.send(last)
    count = 0
    while not select.select([busy.socket], [], [], 0)[0]:
        assert other("PING") == "PONG"
        count += 1
    return busy.read_value(), count


def was_served_meanwhile(busy, other, expected, request, last=None):
    """Whether `other` was, at one of some times. A server that is held up answers it at most before the command comes and after it
    was run, at any time; one that isn't may be quick on a machine that leaves the test no time to ask. The last bytes of a long
    request are sent when the others have arrived."""
    for _ in range(20):
        if last is not None:
            before = received_bytes(other)
            busy.send(request)
            wait.until(lambda: received_bytes(other) - before >= len(request))
        reply, count = replies_until_done(busy, other, request if last is None else last)
        assert reply == expected
        if count > 3:
            return True
    return False


def received_bytes(connection):
    return int(re.search(rb"total_net_input_bytes:(\d+)", connection("INFO", "stats"))[1])


@pytest.mark.beyond_redis
def test_others_are_served_while_somebody_works_on_large_strings(server, connect):
    busy, other = connect(server), connect(server)
    last = 256 * 1024 * 1024 - 1
    assert busy("SETRANGE", "long", last, "\x01") == last + 1
    for command, expected in [
        (("BITCOUNT", "long"), 1),
        (("BITPOS", "long", 1), last * 8 + 7),
        (("BITOP", "NOT", "ones", "long"), last + 1),
        (("BITPOS", "ones", 0), last * 8 + 7),
        (("BITOP", "XOR", "both", "long", "ones"), last + 1),
    ]:
        assert was_served_meanwhile(busy, other, expected, encode(*command)), command
    assert busy("BITCOUNT", "both") == (last + 1) * 8
    assert busy("DEL", "long", "ones", "both") == 3


def test_a_large_request_that_has_to_wait_runs_as_it_came(server, connect):
    """It is kept while clients are paused, with what follows it."""
    client, other = connect(server), connect(server)
    number = client("CLIENT", "ID")
    values = [random.Random(seed).randbytes(3 * MEGABYTE) for seed in (6, 7)]
    assert other("CLIENT", "PAUSE", 60000, "WRITE") == "OK"
    client.send(b"".join([encode("SET", "first", values[0], "EX", 100), encode("SET", "second", values[1]), encode("ECHO", "x")]))
    wait.until(lambda: b" flags=b " in other("CLIENT", "LIST", "ID", number))
    assert other("EXISTS", "first", "second") == 0
    assert other("CLIENT", "UNPAUSE") == "OK"
    assert [client.read_value() for _ in range(3)] == ["OK", "OK", b"x"]
    assert [other("GET", name) for name in ("first", "second")] == values
    assert 0 < other("TTL", "first") <= 100


@pytest.mark.beyond_redis
@pytest.mark.parametrize("kind", ["text", "noise"])
def test_others_are_served_while_somebody_restores_a_large_string(server, connect, kind):
    busy, other = connect(server), connect(server)
    piece = b'{"user": 12345, "roles": [1, 2, 3]}' * 29960 if kind == "text" else random.Random(5).randbytes(MEGABYTE)
    busy("SET", "long", piece * 128)
    request = encode("RESTORE", "copy", 0, busy("DUMP", "long"), "REPLACE")
    assert was_served_meanwhile(busy, other, "OK", request[:-1], request[-1:])
    assert busy("BITCOUNT", "copy") == busy("BITCOUNT", "long")
    assert busy("DEL", "long", "copy") == 2
