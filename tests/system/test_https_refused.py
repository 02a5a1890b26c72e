# SPDX-License-Identifier: BSD-3-Clause
"""What doesn't get through to the monitoring by HTTPS, and whom it keeps waiting: nobody."""

import contextlib
import socket
import ssl
import time

import pytest
import requests

from support import ports, wait
from support.https import LAST, ask, connected, context_for, get, https_port, issued, plain, read_to_the_end, secure, secure_with_any_key

pytestmark = pytest.mark.beyond_redis


GARBAGE = [
    b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"PING\r\n",
    b"*1\r\n$4\r\nPING\r\n",
    b"\0" * 1000,
    b"\xff" * 20000,
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xaa" * 600,
    b"\x16\x03\x01\xff\xff" + b"\xaa" * 70000,
    b"\x15\x03\x01\x00\x02\x02\x28",
    b"\x17\x03\x03\x00\x10" + b"\xaa" * 16,
]


@pytest.mark.parametrize("data", GARBAGE, ids=range(len(GARBAGE)))
def test_what_is_no_tls_is_closed_at_once(secure_with_any_key, data):
    server = secure_with_any_key()
    begin = time.monotonic()
    with plain(server) as connection:
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            connection.sendall(data)
        assert len(read_to_the_end(connection)) < 100  # an alert
    assert time.monotonic() - begin < 4 * wait.FACTOR
    assert get(server, "/health").status_code == 200


def test_tls_at_the_plain_port_is_closed(secure):
    port = ports.reserve()
    try:
        server = secure({"http-port": port})
        with socket.create_connection(("127.0.0.1", port), timeout=20 * wait.FACTOR) as connection:
            with pytest.raises((ssl.SSLError, ConnectionResetError)):
                context_for(server).wrap_socket(connection, server_hostname="localhost")
    finally:
        ports.release(port)


@pytest.mark.parametrize("trickle", [False, True], ids=["silent", "trickling"])
def test_a_handshake_that_does_not_end_is_cut_off(secure_with_any_key, trickle):
    server = secure_with_any_key()
    hello = iter(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xaa" * 500)
    begin = time.monotonic()
    with plain(server) as connection:
        connection.settimeout(0.2)

        def is_cut_off():
            try:
                if trickle:
                    connection.sendall(bytes([next(hello)]))
                return connection.recv(1) == b""
            except TimeoutError:
                return False
            except OSError:
                return True

        wait.until(is_cut_off, 20)
    assert 4 < time.monotonic() - begin


def test_a_slow_sender_is_cut_off(secure):
    """After the handshake the time for a whole request is ten seconds, whatever trickles in."""
    server = secure()
    with connected(server) as connection:
        connection.settimeout(1)
        begin = time.monotonic()
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n")

        def is_cut_off():
            try:
                connection.sendall(b"X: x\r\n")
                return connection.recv(1) == b""
            except TimeoutError:
                return False
            except OSError:
                return True

        wait.until(is_cut_off, 30)
        assert time.monotonic() - begin > 8


def test_a_quiet_connection_is_not_cut_off(secure):
    """A browser opens connections ahead of need; the time for a handshake and for a request doesn't run for it."""
    server = secure()
    with connected(server) as connection:
        connection.settimeout(12)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        connection.settimeout(20 * wait.FACTOR)
        assert b" 200 OK" in ask(connection, LAST)


def test_silent_connections_keep_nobody_waiting_for_long(secure, connect):
    server = secure()
    silent = [plain(server) for _ in range(4)]
    try:
        assert connect(server)("PING") == "PONG"
        begin = time.monotonic()
        assert get(server, "/health").status_code == 200
        assert time.monotonic() - begin < 15 * wait.FACTOR
    finally:
        for connection in silent:
            connection.close()


def test_silent_connections_keep_no_places(secure, connect):
    """Neither before the handshake nor after it, and together with plain ones."""
    port = ports.reserve()
    server = secure({"http-port": port})
    try:
        with contextlib.ExitStack() as stack:
            for _ in range(40):
                stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20))
            for _ in range(40):
                stack.enter_context(plain(server))
            begin = time.monotonic()
            assert get(server, "/health").status_code == 200
            assert requests.get(f"http://127.0.0.1:{port}/health", timeout=20).status_code == 200
            assert time.monotonic() - begin < 8 * wait.FACTOR
            assert connect(server)("PING") == "PONG"
        idle = [stack.enter_context(connected(server, suppress_ragged_eofs=False)) for _ in range(34)]
        assert get(server, "/health").status_code == 200
        assert idle[0].recv(1) == b""  # it gave way, and was told so
        stack.close()
    finally:
        ports.release(port)
