# SPDX-License-Identifier: BSD-3-Clause
"""How connections end: what arrived before is done, what was answered arrives, and nothing comes behind the end."""

import fcntl
import socket
import struct
import termios
import time

import pytest

from support import wait
from support.resp import Closed, encode
from support.server import Server

BIG = 1 << 20


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory):
    """The file's server, which may be filled by DEBUG."""
    server = Server(tmp_path_factory.mktemp("server"), {"enable-debug-command": "local"}).start()
    yield server
    server.finish()


def fill(client, count):
    assert client("DEBUG", "POPULATE", str(count)) == "OK"


def reset(connection):
    """Breaks off without a farewell, as a process does that is killed with replies unread; what it sent has arrived."""

    def unsent():
        return struct.unpack("i", fcntl.ioctl(connection.socket, termios.TIOCOUTQ, bytes(4)))[0]

    wait.until(lambda: unsent() == 0, what="the server's kernel to have it all")
    connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def comes_to_pass(client, key="after"):
    wait.until(lambda: client("EXISTS", key) == 1, what=f"{key} to be set")


def connected(client):
    return int(client("INFO", "clients").split(b"connected_clients:")[1].split(b"\r\n")[0])


@pytest.fixture
def leaves_nobody(client):
    """Whoever came in the test is gone afterwards, by itself."""
    before = connected(client)
    yield
    wait.until(lambda: connected(client) <= before, what="the others to be gone")


# What arrived before the end is done.


@pytest.mark.parametrize("long", [b"FLUSHALL", b"KEYS zz*", b"SCAN 0 MATCH zz* COUNT 1000000", b"FLUSHALL ASYNC", b"DBSIZE"])
@pytest.mark.parametrize("end", ["close", "reset"])
def test_what_stands_behind_long_work_is_done_for_who_left(server, client, connect, leaves_nobody, long, end):
    fill(client, 200000)
    other = connect(server)
    other.send(long + b"\r\nSET after 1\r\n")
    if end == "reset":
        reset(other)
    else:
        other.close()
    comes_to_pass(client)


def test_large_edits_are_finished_for_who_left(server, client, connect, leaves_nobody):
    client("SETBIT", "a", str(8 * 60_000_000), "1")
    client("SETRANGE", "b", "30000000", "x")
    other = connect(server)
    other.send(b"BITOP OR c a b\r\nBITOP NOT d c\r\nSET after 1\r\n")
    other.close()
    comes_to_pass(client)
    assert client("STRLEN", "c") == client("STRLEN", "d") == 60_000_001


def test_a_long_pipeline_is_done_for_who_left(server, client, connect, leaves_nobody):
    """Thousands of requests, and none of their replies is read."""
    client("SET", "big", b"x" * BIG)
    other = connect(server, receive_buffer=4096)
    other.send(b"".join(b"GET big\r\nINCR count\r\n" for _ in range(3000)) + b"SET after 1\r\n")
    reset(other)
    comes_to_pass(client)
    assert client("GET", "count") == b"3000"


def test_a_big_argument_of_who_left_is_set(server, client, connect, leaves_nobody):
    other = connect(server)
    other.send(encode("SET", "big", b"x" * BIG) + encode("SET", "after", "1"))
    other.close()
    comes_to_pass(client)
    assert client("STRLEN", "big") == BIG


def test_a_transaction_of_who_left_is_executed(server, client, connect, leaves_nobody):
    other = connect(server)
    other.send(b"MULTI\r\nSET a 1\r\nFLUSHALL\r\nSET after 1\r\nEXEC\r\nMULTI\r\nSET never 1\r\n")
    other.close()
    comes_to_pass(client)
    assert client("EXISTS", "a", "never") == 0


@pytest.mark.parametrize("end", ["close", "reset"])
def test_who_leaves_right_after_asking_for_what_is_not_there_is_gone(server, client, connect, leaves_nobody, end):
    """The end arrives with the request, while the server is busy: no event tells of it afterwards."""
    others = [connect(server) for _ in range(20)]
    client.send(b"DEBUG SLEEP 0.3\r\n")
    for other in others:
        other.send(b"BLPOP nothing 0\r\n")
        if end == "reset":
            reset(other)
        else:
            other.close()
    assert client.read_value() == "OK"


def test_who_leaves_in_a_pause_is_served_after_it(server, client, connect, leaves_nobody):
    client("CLIENT", "PAUSE", "300", "WRITE")
    other = connect(server)
    other.send(b"GET a\r\nSET a 1\r\nSET after 1\r\n")
    other.close()
    comes_to_pass(client)
    assert client("GET", "a") == b"1"


@pytest.mark.parametrize("waiting", [b"WAIT 1 0", b"WAIT 1 1000000", b"WAITAOF 0 1 0"])
def test_a_wait_of_who_left_is_over(server, client, connect, leaves_nobody, waiting):
    other = connect(server)
    other.send(waiting + b"\r\n" + waiting + b"\r\nSET after 1\r\n")
    other.close()
    comes_to_pass(client)


def test_who_left_half_of_a_request_is_gone(server, client, connect, leaves_nobody):
    other = connect(server)
    other.send(b"SET after 1\r\n*3\r\n$3\r\nSET\r\n$5\r\nnever\r\n$1\r\n")
    other.close()
    comes_to_pass(client)
    assert client("EXISTS", "never") == 0


# Whoever only stopped sending gets every byte of every reply.


def test_a_half_closed_client_gets_all_replies(server, client, connect, leaves_nobody):
    client("SET", "big", b"x" * BIG)
    other = connect(server, receive_buffer=4096)
    other.send(b"GET big\r\n" * 40 + b"SET after 1\r\n")
    other.socket.shutdown(socket.SHUT_WR)
    comes_to_pass(client)
    for _ in range(40):
        assert other.read_value() == b"x" * BIG
    assert other.read_value() == "OK"
    assert other.read_to_end() == b""


def test_a_half_closed_client_gets_what_long_work_answers(server, client, connect, leaves_nobody):
    fill(client, 200000)
    other = connect(server)
    other.send(b"KEYS *\r\nFLUSHALL\r\nDBSIZE\r\nWAIT 1 0\r\nPING\r\n")
    other.socket.shutdown(socket.SHUT_WR)
    assert len(other.read_value()) == 200000
    assert [other.read_value() for _ in range(4)] == ["OK", 0, 0, "PONG"]
    assert other.read_to_end() == b""


def test_a_half_closed_client_in_a_pause_is_answered(server, client, connect, leaves_nobody):
    client("CLIENT", "PAUSE", "300", "WRITE")
    other = connect(server)
    other.send(b"SET after 1\r\nGET after\r\n")
    other.socket.shutdown(socket.SHUT_WR)
    assert [other.read_value(), other.read_value()] == ["OK", b"1"]
    assert other.read_to_end() == b""


def test_a_half_closed_client_over_a_unix_socket(launch):
    server = launch({"unixsocket": "socket"})
    with server.connect() as client, server.connect(path=server.directory / "socket") as other:
        client("SET", "big", b"x" * BIG)
        other.send(b"GET big\r\n" * 10)
        other.socket.shutdown(socket.SHUT_WR)
        for _ in range(10):
            assert other.read_value() == b"x" * BIG
        assert other.read_to_end() == b""
        before = connected(client)
        # Nobody reads, and nobody ever will; what is sent is done.
        with server.connect(path=server.directory / "socket") as deaf:
            deaf.socket.shutdown(socket.SHUT_RD)
            deaf.send(b"GET big\r\nSET after 1\r\n")
            comes_to_pass(client)
            wait.until(lambda: connected(client) == before, what="it to be gone")


@pytest.mark.parametrize("command", [b"SUBSCRIBE c", b"PSUBSCRIBE c*", b"MONITOR"])
def test_a_half_closed_listener_is_gone(server, client, connect, leaves_nobody, command):
    other = connect(server)
    other.send(command + b"\r\n")
    other.read_value()
    other.socket.shutdown(socket.SHUT_WR)
    other.read_to_end()


# Hard ends: nothing more is done, nothing more is read.


def test_nothing_is_done_for_who_was_killed(server, client, connect):
    client("CLIENT", "PAUSE", "300", "WRITE")
    other = connect(server)
    number = other("CLIENT", "ID")
    other.send(b"SET after 1\r\n")
    other.socket.shutdown(socket.SHUT_WR)
    assert client("CLIENT", "KILL", "ID", str(number)) == 1
    client("CLIENT", "UNPAUSE")
    with pytest.raises((Closed, ConnectionResetError)):
        other.read_value()
    assert client("EXISTS", "after") == 0


@pytest.mark.parametrize("last", [b"QUIT\r\n", b"*1\r\n$x\r\n"], ids=["quit", "mistake"])
def test_nothing_is_read_behind_the_last_request(server, client, connect, last):
    """The replies before it aren't read; what is sent behind it stays with the sender."""
    client("SET", "big", b"x" * (32 * BIG))
    other = connect(server, receive_buffer=4096)
    other.send(b"GET big\r\n" + last)
    wait.until(lambda: b"flags=c" in client("CLIENT", "LIST"), what="the end to be seen")
    other.socket.setblocking(False)
    sent, patience = 0, time.monotonic() + 0.5
    while time.monotonic() < patience and sent < 64 * BIG:
        try:
            sent += other.socket.send(b"x" * 65536)
        except BlockingIOError:
            time.sleep(0.01)
    assert sent < 16 * BIG  # the kernel's buffers
    other.socket.settimeout(20 * wait.FACTOR)
    assert other.read_value() == b"x" * (32 * BIG)


def test_replies_before_quit_arrive_whatever_follows(server, connect):
    for _ in range(20):
        other = connect(server)
        other.send(b"ECHO a\r\nQUIT\r\n" + b"SET after 1\r\n" * 1000)
        assert other.read_to_end() == b"$1\r\na\r\n+OK\r\n"


@pytest.mark.parametrize("shutdown", [b"SHUTDOWN NOSAVE", b"SHUTDOWN SAVE"])
def test_the_replies_before_a_shutdown_arrive(launch, connect, shutdown):
    server = launch()
    client = connect(server)
    client.send(b"SET a 1\r\nGET a\r\n" + shutdown + b"\r\nSET b 2\r\n")
    assert client.read_to_end() == b"+OK\r\n$1\r\n1\r\n"
    server.wait_exit()
    server.start()
    assert connect(server)("EXISTS", "a", "b") == (1 if shutdown.endswith(b" SAVE") else 0)


def test_nobody_is_told_ok_behind_a_snapshot_that_ends_the_server(launch, connect):
    """Requests of others that arrived in the same turn as SHUTDOWN."""
    server = launch()
    clients = [connect(server) for _ in range(30)]
    first = clients[0]
    first("SET", "seed", "x")
    # All that is sent while the server sleeps is found in one turn.
    first.send(b"DEBUG SLEEP 0.3\r\n")
    for i, each in enumerate(clients[1:]):
        each.send(b"SHUTDOWN SAVE\r\n" if i == 10 else b"SET k%d 1\r\n" % i)
    told = {i for i, each in enumerate(clients[1:]) if read_all(each) == b"+OK\r\n"}
    server.wait_exit()
    server.start()
    kept = {i for i in range(29) if connect(server)("EXISTS", f"k{i}") == 1}
    assert told == kept and 10 not in told


def read_all(connection):
    try:
        return connection.read_to_end()
    except ConnectionResetError:
        return b""
