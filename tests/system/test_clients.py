# SPDX-License-Identifier: BSD-3-Clause
"""CLIENT: who is connected, under what name, and how to be rid of them."""

import socket
import struct
import time

import pytest

from support import wait
from support.resp import Closed, Null, Push

# CLIENT LIST's fields in 7.2, in order; monitors and job queues find workers by them.
FIELDS = "id addr laddr fd name age idle flags db sub psub ssub multi qbuf qbuf-free argv-mem multi-mem rbs rbp obl oll omem"
FIELDS = [*FIELDS.split(), "tot-mem", "events", "cmd", "user", "redir", "resp", "lib-name", "lib-ver"]


@pytest.fixture
def is_7_2(client):
    """Skips what 7.0 does not know, where that stands in for the server under test."""
    if b"redis_version:7.0" in client("INFO", "server"):
        pytest.skip("new in 7.2")


def listed(client, *arguments):
    lines = client("CLIENT", "LIST", *arguments).decode().splitlines()
    return [dict(field.split("=", 1) for field in line.split(" ")) for line in lines]


def test_list_and_info_have_the_fields_of_7_2_in_order(client, is_7_2):
    line = client("CLIENT", "INFO").decode()
    assert [field.split("=", 1)[0] for field in line.rstrip("\n").split(" ")] == FIELDS
    assert line.endswith("\n")
    (listing,) = [each for each in client("CLIENT", "LIST").decode().splitlines() if each.startswith(line.split(" ")[0] + " ")]
    assert [field.split("=", 1)[0] for field in listing.split(" ")] == FIELDS


def test_list_describes_each_client(server, client, connect):
    subscriber, watcher = connect(server), connect(server)
    subscriber("CLIENT", "SETNAME", "subscriber")
    watcher("HELLO", "3", "SETNAME", "watcher")
    watcher("SELECT", "5")
    watcher("MULTI")
    watcher("PING")
    subscriber_id = subscriber("CLIENT", "ID")
    subscriber("SUBSCRIBE", "channel")
    subscriber("PSUBSCRIBE", "pattern*")
    found = {each["name"]: each for each in listed(client)}
    one, other = found["subscriber"], found["watcher"]
    assert (one["id"], one["sub"], one["psub"], one["ssub"], one["flags"], one["resp"]) == (str(subscriber_id), "1", "1", "0", "P", "2")
    assert one["cmd"] == "psubscribe"
    host, port = subscriber.socket.getsockname()
    assert one["addr"] == f"{host}:{port}"
    assert one["laddr"] == f"127.0.0.1:{server.port}"
    assert (other["db"], other["multi"], other["flags"], other["resp"], other["user"]) == ("5", "1", "x", "3", "default")
    assert [each["name"] for each in listed(client, "TYPE", "pubsub")] == ["subscriber"]
    assert [each["name"] for each in listed(client, "ID", subscriber_id)] == ["subscriber"]
    mine = client("CLIENT", "INFO").decode()
    assert f"id={client('CLIENT', 'ID')} " in mine
    assert " cmd=client|info " in mine


def test_ids_grow(server, connect):
    ids = [connect(server)("CLIENT", "ID") for _ in range(5)]
    assert ids == sorted(set(ids))


def test_setinfo_names_the_library(client, is_7_2):
    assert client("CLIENT", "SETINFO", "LIB-NAME", "redis-py") == "OK"
    assert client("CLIENT", "SETINFO", "lib-ver", "5.0.1") == "OK"
    assert b" lib-name=redis-py lib-ver=5.0.1\n" in client("CLIENT", "INFO")
    assert client("CLIENT", "SETINFO", "LIB-NAME", "with space") == (
        "ERR LIB-NAME cannot contain spaces, newlines or special characters."
    )
    assert client("CLIENT", "SETINFO", "LIB-COLOUR", "red") == "ERR Unrecognized option 'LIB-COLOUR'"
    assert client("CLIENT", "SETINFO", "LIB-NAME", "") == "OK"
    assert b" lib-name= lib-ver=5.0.1\n" in client("CLIENT", "INFO")
    assert client("RESET") == "RESET"
    assert b" lib-name= lib-ver=5.0.1\n" in client("CLIENT", "INFO")


def test_no_touch_leaves_access_times_alone(client, is_7_2):
    assert client("CLIENT", "NO-TOUCH", "on") == "OK"
    assert "T" in dict(field.split("=", 1) for field in client("CLIENT", "INFO").decode().split(" "))["flags"]
    assert client("CLIENT", "NO-TOUCH", "off") == "OK"
    assert client("CLIENT", "NO-TOUCH", "perhaps") == "ERR syntax error"


def test_subcommands_of_the_future_are_an_error_and_nothing_else(client):
    reply = client("CLIENT", "MAINT_NOTIFICATIONS", "ON", "moving-endpoint-type", "none")
    assert reply == "ERR unknown subcommand 'MAINT_NOTIFICATIONS'. Try CLIENT HELP."
    assert client("PING") == "PONG"


@pytest.fixture
def victim(server, connect):
    """A connection that the server knows of already."""
    connection = connect(server)
    assert connection("PING") == "PONG"
    return connection


def is_gone(connection):
    try:
        connection("PING")
    except (Closed, ConnectionError):
        return True
    return False


KILLS = {
    "by id": lambda victim: ["ID", victim("CLIENT", "ID")],
    "by address": lambda victim: ["ADDR", "%s:%d" % victim.socket.getsockname()],
    "by address and id": lambda victim: ["ADDR", "%s:%d" % victim.socket.getsockname(), "ID", victim("CLIENT", "ID")],
    "by own address": lambda victim: ["LADDR", "%s:%d" % victim.socket.getpeername()],
    "by type": lambda victim: ["TYPE", "normal", "SKIPME", "yes"],
    "by user": lambda victim: ["USER", "default"],
}


@pytest.mark.parametrize("how", KILLS)
def test_kill_by_filter(client, victim, how):
    assert client("CLIENT", "KILL", *KILLS[how](victim)) == 1
    assert is_gone(victim)
    assert client("PING") == "PONG"


def test_kill_in_the_old_form(client, victim):
    assert client("CLIENT", "KILL", "%s:%d" % victim.socket.getsockname()) == "OK"
    assert is_gone(victim)
    assert client("CLIENT", "KILL", "1.2.3.4:5") == "ERR No such client"


def test_kill_spares_whom_no_filter_fits(client, victim):
    assert client("CLIENT", "KILL", "TYPE", "pubsub") == 0
    assert client("CLIENT", "KILL", "ID", 10**9) == 0
    assert client("CLIENT", "KILL", "ADDR", "%s:%d" % victim.socket.getsockname(), "TYPE", "pubsub") == 0
    assert victim("PING") == "PONG"


def test_kill_of_subscribers_and_of_oneself(server, client, connect):
    subscribers = [connect(server) for _ in range(3)]
    for subscriber in subscribers:
        subscriber("SUBSCRIBE", "channel")
    assert client("CLIENT", "KILL", "TYPE", "pubsub") == 3
    assert all(subscriber.is_closed() for subscriber in subscribers)
    assert client("PUBLISH", "channel", "x") == 0
    assert client("CLIENT", "KILL", "ID", client("CLIENT", "ID"), "SKIPME", "no") == 1
    assert client.is_closed()


def test_a_client_killed_in_the_middle_of_a_pipeline_of_its_own(client, victim):
    number = victim("CLIENT", "ID")
    victim.send(b"SET before 1\r\nCLIENT KILL ID %d SKIPME no\r\nSET after 1\r\n" % number)
    assert victim.read_to_end().startswith(b"+OK\r\n:1\r\n")
    assert client("EXISTS", "before", "after") == 1


def test_the_number_of_clients_is_right(server, client, connect):
    def connected():
        return int(client("INFO", "clients").split(b"connected_clients:")[1].split(b"\r\n")[0])

    before = connected()
    more = [connect(server) for _ in range(10)]
    for each in more:
        assert each("PING") == "PONG"
    assert connected() == before + 10
    for each in more:
        each.close()
    wait.until(lambda: connected() == before, what="the count to fall again")


@pytest.mark.parametrize("last_words", [b"SET k v\r\n", b"*2\r\n$3\r\nGET\r\n$5\r\nhal", b"\r\n"])
@pytest.mark.parametrize("is_silent", [False, True])
def test_who_breaks_off_right_behind_its_last_bytes_is_seen_to_be_gone(server, client, connect, last_words, is_silent):
    for _ in range(20):
        other = connect(server)
        other("CLIENT", "SETNAME", "hasty")
        if is_silent:
            other.socket.sendall(b"CLIENT REPLY OFF\r\n")
        other.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        other.socket.sendall(last_words)
        other.socket.close()
    wait.until(lambda: not any(each["name"] == "hasty" for each in listed(client)), what="the client to be gone")


# ---- waiting for the server is not idling


def test_who_waits_for_the_end_of_a_pause_is_not_idle(launch, connect):
    server = launch({"timeout": "1"})
    writer = connect(server)
    assert connect(server)("CLIENT", "PAUSE", "2500", "WRITE") == "OK"
    assert writer("SET", "paused", "1") == "OK"
    assert writer("GET", "paused") == b"1"


def test_who_waits_for_replicas_is_not_idle_until_the_wait_ends(launch, connect):
    waiter = connect(launch({"timeout": "1"}))
    assert waiter("WAIT", "1", "2500") == 0
    ended = time.monotonic()
    with pytest.raises(Closed):
        waiter.read()
    assert time.monotonic() - ended > 0.8


# ---- calls that take long


def test_who_flushes_and_tracks_is_told_and_nobody_else(launch, connect):
    server = launch({"enable-debug-command": "yes"})
    flusher, other = connect(server), connect(server)
    flusher("HELLO", "3")
    flusher("CLIENT", "TRACKING", "ON")
    other("DEBUG", "POPULATE", "200000")
    flusher.send_command("FLUSHDB")
    for _ in range(20):
        assert other("PING") == "PONG"
    assert flusher.read_value() == "OK"
    assert flusher.read_value() == Push([b"invalidate", Null])


def test_a_large_edit_of_a_client_that_is_killed_is_carried_through(client, victim):
    client("SETRANGE", "large", str((64 << 20) - 1), "x")
    client("COPY", "large", "copy")
    number = victim("CLIENT", "ID")
    victim.send_command("APPEND", "copy", "end")
    wait.until(lambda: b"cmd=append" in client("CLIENT", "LIST", "ID", number))
    client("CLIENT", "KILL", "ID", number)
    with pytest.raises((Closed, ConnectionError)):
        while True:
            victim.read()
    wait.until(lambda: client("STRLEN", "copy") == (64 << 20) + 3)
