# SPDX-License-Identifier: BSD-3-Clause
"""How connections of the monitoring by HTTPS end, and that many of them hold up nobody."""

import contextlib
import pathlib
import socket
import ssl
import time

import pytest

from support import wait
from support.https import (
    LAST,
    ask,
    connected,
    context_for,
    get,
    https_port,
    issued,
    plain,
    read_answer,
    read_to_the_end,
    secure,
    secure_with_any_key,
)

pytestmark = pytest.mark.beyond_redis


# Endings: without a farewell nobody could tell an end from a cut.


class Talk:
    """One side of TLS by hand, so that a farewell can be sent before the answer has come."""

    def __init__(self, server):
        self.received, self.to_send = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context_for(server).wrap_bio(self.received, self.to_send, server_hostname="localhost")
        self.socket = plain(server)
        self.step(self.tls.do_handshake)

    def step(self, action, *arguments):
        while True:
            try:
                return action(*arguments)
            except ssl.SSLWantReadError:
                self.flush()
                piece = self.socket.recv(65536)
                if piece:
                    self.received.write(piece)
                else:
                    self.received.write_eof()
            finally:
                self.flush()

    def flush(self):
        if data := self.to_send.read():
            self.socket.sendall(data)

    def send_last(self, data):
        """Sends bytes, says farewell, and sends nothing more."""
        self.tls.write(data)
        with contextlib.suppress(ssl.SSLWantReadError):
            self.tls.unwrap()
        self.flush()
        self.socket.shutdown(socket.SHUT_WR)

    def read_to_farewell(self):
        answer = b""
        try:
            while piece := self.step(self.tls.read, 65536):
                answer += piece
        except ssl.SSLZeroReturnError:
            return answer
        raise AssertionError("the connection was cut")


@pytest.mark.parametrize("last", [b"Connection: close\r\n", b""])
def test_a_half_closed_client_gets_all_of_its_answer(secure_with_any_key, connect, last):
    server = secure_with_any_key()
    client = connect(server)
    for i in range(250):
        client("SETEX", f"application{i}:" + "0123456789abcdef" * 2, "100", "v")
    for _ in range(5):
        talk = Talk(server)
        talk.send_last(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n" + last + b"\r\n")
        header, body = talk.read_to_farewell().split(b"\r\n\r\n", 1)
        assert b"Content-Length: %d\r\n" % len(body) in header and len(body) > 40000
        talk.socket.close()


def test_a_farewell_is_answered(secure_with_any_key):
    server = secure_with_any_key()
    with connected(server) as connection:  # at once after the handshake
        connection.unwrap()
    with connected(server) as connection:
        connection.sendall(LAST.replace(b"Connection: close\r\n", b""))
        read_answer(connection)
        connection.unwrap()
    with connected(server) as connection:  # with half of a request sent
        connection.sendall(LAST[:20])
        connection.unwrap()


@pytest.mark.parametrize(
    ("request_bytes", "code"),
    [
        (b"nonsense\r\n\r\n", b" 400 "),
        (b"GET /health HTTP/1.1\r\nHost\r\n\r\n", b" 400 "),
        (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n" + b"x" * 5000, b" 413 "),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 3000, b""),
    ],
)
def test_what_is_refused_ends_with_a_farewell(secure, request_bytes, code):
    server = secure()
    with connected(server, suppress_ragged_eofs=False) as connection:
        assert code in ask(connection, request_bytes)


def test_a_slow_sender_is_told_that_it_is_over(secure):
    server = secure()
    with connected(server, suppress_ragged_eofs=False) as connection:
        assert ask(connection, LAST[:-2]) == b""


def test_the_end_of_the_server_is_told(secure_with_any_key):
    server = secure_with_any_key()
    with contextlib.ExitStack() as stack:
        idle, half = [stack.enter_context(connected(server, suppress_ragged_eofs=False)) for _ in range(2)]
        half.sendall(LAST[:20])
        get(server, "/health")
        server.stop()
        assert idle.recv(1) == b"" and half.recv(1) == b""


def test_who_goes_before_the_end_leaves_nothing(secure_with_any_key):
    server = secure_with_any_key()
    get(server, "/health")
    wait.until(lambda: server.descriptor_count() < 100, what="a quiet server")
    before = server.descriptor_count()
    hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xaa" * 300
    for i in range(60):
        with plain(server) as connection:
            connection.sendall(hello[: 1 + i * 5])
    for _ in range(20):
        with connected(server) as connection:
            connection.sendall(b"GET /chart.js HTTP/1.1\r\nHost: localhost\r\n\r\n")
    wait.until(lambda: server.descriptor_count() <= before, what="the connections to be forgotten")
    assert get(server, "/health").status_code == 200


def test_handshakes_are_held_back(secure, connect):
    """No more than ten a second in the long run; who speaks Redis notices nothing of it."""
    server = secure()
    context = context_for(server)
    client = connect(server)
    begin = time.monotonic()
    for _ in range(40):
        with connected(server, context):
            pass
        assert client("PING") == "PONG"
    assert time.monotonic() - begin > 2.5


def test_nobody_waits_for_a_long_signature(secure, issued):
    """It takes 4 ms and more, of another thread than the one that serves."""
    server = secure({"tls-cert-file": issued.large.cert, "tls-key-file": issued.large.key})
    threads = pathlib.Path(f"/proc/{server.process.pid}/task")

    def worked():
        """Of the thread that serves, and of the others; in ns."""
        times = {thread.name: int((thread / "schedstat").read_text().split()[0]) for thread in threads.iterdir()}
        serving = times.pop(str(server.process.pid))
        return serving, sum(times.values())

    before = worked()
    for _ in range(12):
        with connected(server):
            pass
    serving, others = (now - then for now, then in zip(worked(), before))
    assert others > 2 * serving, (serving, others)


def test_a_flood_is_held_back_and_answered(secure):
    """More is sent ahead than the server reads at once, in records that it reads in part."""
    server = secure()
    one = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    count = 500
    begin = time.monotonic()
    with connected(server) as connection:
        connection.settimeout(30 * wait.FACTOR)
        connection.sendall(one * count)
        answer = b""
        while answer.count(b'"status":"alive"') < count:
            piece = connection.recv(65536)
            assert piece, "the connection ended"
            answer += piece
    assert time.monotonic() - begin > 4


def test_the_server_ends_while_somebody_is_connected(secure):
    server = secure()
    with plain(server) as shaking, connected(server) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n")
        get(server, "/health")
        server.stop()
        assert connection.recv(1) == b""
        assert read_to_the_end(shaking) == b""
