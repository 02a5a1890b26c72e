# SPDX-License-Identifier: BSD-3-Clause
"""Publish and subscribe, as clients use it."""

import pytest

from support import wait
from support.resp import Push


@pytest.fixture(params=["2", "3"], ids=["RESP2", "RESP3"])
def subscriber(request, server, connect):
    """A connection in either protocol whose `message` builds what it should receive."""
    connection = connect(server)
    connection("HELLO", request.param)
    connection.message = (lambda *parts: list(parts)) if request.param == "2" else (lambda *parts: Push(parts))
    connection.null = connection("GET", "missing")
    return connection


def read(connection, count):
    return [connection.read_value() for _ in range(count)]


def test_messages_reach_channels_and_patterns_in_order(subscriber, client):
    message = subscriber.message
    subscriber.send_command("SUBSCRIBE", "news", "news")
    assert read(subscriber, 2) == [message(b"subscribe", b"news", 1)] * 2
    subscriber.send_command("PSUBSCRIBE", "n?ws", "n[a-f]ws", "other*")
    assert read(subscriber, 3) == [
        message(b"psubscribe", b"n?ws", 2),
        message(b"psubscribe", b"n[a-f]ws", 3),
        message(b"psubscribe", b"other*", 4),
    ]
    assert client("PUBLISH", "news", "a\r\nb") == 3
    received = read(subscriber, 3)
    assert received[0] == message(b"message", b"news", b"a\r\nb")
    assert sorted(received[1:]) == [
        message(b"pmessage", b"n?ws", b"news", b"a\r\nb"),
        message(b"pmessage", b"n[a-f]ws", b"news", b"a\r\nb"),
    ]
    assert client("PUBLISH", "none", "x") == 0


def test_unsubscribing_without_a_subscription_answers_null_and_0(subscriber):
    message, null = subscriber.message, subscriber.null
    assert subscriber("UNSUBSCRIBE") == message(b"unsubscribe", null, 0)
    assert subscriber("PUNSUBSCRIBE") == message(b"punsubscribe", null, 0)
    assert subscriber("SUNSUBSCRIBE") == message(b"sunsubscribe", null, 0)
    assert subscriber("UNSUBSCRIBE", "never") == message(b"unsubscribe", b"never", 0)


def test_counts_are_of_channels_and_patterns_together(subscriber):
    message = subscriber.message
    subscriber.send_command("SUBSCRIBE", "a", "b")
    subscriber.send_command("PSUBSCRIBE", "p*")
    assert [reply[2] for reply in read(subscriber, 3)] == [1, 2, 3]
    assert subscriber("UNSUBSCRIBE", "a") == message(b"unsubscribe", b"a", 2)
    assert subscriber("PUNSUBSCRIBE") == message(b"punsubscribe", b"p*", 1)
    assert subscriber("UNSUBSCRIBE") == message(b"unsubscribe", b"b", 0)
    assert subscriber("SSUBSCRIBE", "shard") == message(b"ssubscribe", b"shard", 1)
    assert subscriber("SUBSCRIBE", "a") == message(b"subscribe", b"a", 1)


def test_unsubscribing_from_all_answers_for_each(subscriber):
    subscriber.send_command("SUBSCRIBE", *(f"channel{number}" for number in range(5)))
    read(subscriber, 5)
    subscriber.send_command("UNSUBSCRIBE")
    replies = read(subscriber, 5)
    assert [reply[2] for reply in replies] == [4, 3, 2, 1, 0]
    assert {reply[1] for reply in replies} == {b"channel%d" % number for number in range(5)}
    assert subscriber("PING") == "PONG"


def test_in_resp2_a_subscriber_may_only_do_what_subscribers_do(server, client, connect):
    subscriber = connect(server)
    subscriber("SUBSCRIBE", "channel")
    for command in (["GET", "key"], ["MULTI"], ["PUBLISH", "channel", "x"], ["CLIENT", "ID"]):
        name = "|".join(command[:2]).lower() if command[0] == "CLIENT" else command[0].lower()
        assert subscriber(*command) == (
            f"ERR Can't execute '{name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context"
        )
    assert subscriber("PING") == [b"pong", b""]
    assert subscriber("PING", "text") == [b"pong", b"text"]
    assert subscriber("RESET") == "RESET"
    assert subscriber("GET", "key") is None
    assert client("PUBLISH", "channel", "x") == 0
    subscriber("SUBSCRIBE", "channel")
    subscriber.send_command("QUIT")
    assert subscriber.read_to_end() == b"+OK\r\n"


def test_shard_channels_are_a_world_of_their_own(subscriber, client):
    message = subscriber.message
    assert subscriber("SSUBSCRIBE", "room") == message(b"ssubscribe", b"room", 1)
    assert client("PUBLISH", "room", "x") == 0
    assert client("SPUBLISH", "room", "x") == 1
    assert subscriber.read_value() == message(b"smessage", b"room", b"x")
    assert client("PUBSUB", "CHANNELS") == []
    assert client("PUBSUB", "SHARDCHANNELS") == [b"room"]
    assert client("PUBSUB", "SHARDNUMSUB", "room", "none") == [b"room", 1, b"none", 0]
    assert subscriber("SUNSUBSCRIBE", "room") == message(b"sunsubscribe", b"room", 0)
    assert client("PUBSUB", "SHARDCHANNELS") == []


def test_pubsub_tells_who_listens(subscriber, client):
    subscriber.send_command("SUBSCRIBE", "a1", "a2", "b1")
    subscriber.send_command("PSUBSCRIBE", "x*", "y*")
    read(subscriber, 5)
    assert sorted(client("PUBSUB", "CHANNELS")) == [b"a1", b"a2", b"b1"]
    assert sorted(client("PUBSUB", "CHANNELS", "a*")) == [b"a1", b"a2"]
    assert client("PUBSUB", "NUMSUB") == []
    assert client("PUBSUB", "NUMSUB", "a1", "none") == [b"a1", 1, b"none", 0]
    assert client("PUBSUB", "NUMPAT") == 2
    subscriber.close()
    wait.until(lambda: client("PUBSUB", "CHANNELS") == [] and client("PUBSUB", "NUMPAT") == 0, what="its subscriptions to end")


def test_a_transaction_publishes_at_its_end(subscriber, client):
    message = subscriber.message
    subscriber("SUBSCRIBE", "channel")
    assert client.pipeline([["MULTI"], ["PUBLISH", "channel", "1"], ["PUBLISH", "channel", "2"]]) == ["OK", "QUEUED", "QUEUED"]
    assert subscriber.is_silent()
    assert client("EXEC") == [1, 1]
    assert read(subscriber, 2) == [message(b"message", b"channel", b"1"), message(b"message", b"channel", b"2")]


def test_a_thousand_messages_to_fifty_subscribers_arrive_complete_and_in_order(server, client, connect):
    subscribers = [connect(server) for _ in range(50)]
    for number, subscriber in enumerate(subscribers):
        subscriber("HELLO", "3" if number % 2 else "2")
        subscriber("SUBSCRIBE", "stream")
    payloads = [b"%d:" % number + b"x" * (number % 700) for number in range(1000)]
    assert client.pipeline(["PUBLISH", "stream", payload] for payload in payloads) == [50] * 1000
    for subscriber in subscribers:
        assert [read(subscriber, 1)[0][2] for _ in payloads] == payloads


def test_channels_are_global_to_all_databases(server, client, connect):
    subscriber = connect(server)
    subscriber("SELECT", "3")
    subscriber("SUBSCRIBE", "channel")
    client("SELECT", "5")
    assert client("PUBLISH", "channel", "x") == 1
    assert subscriber.read_value() == [b"message", b"channel", b"x"]
