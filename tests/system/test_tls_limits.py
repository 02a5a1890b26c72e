# SPDX-License-Identifier: BSD-3-Clause
"""What clients over TLS may take: memory, time, places; and mistakes that are found before the start."""

import concurrent.futures
import contextlib
import pathlib
import re
import socket
import time

import pytest

from support import ports, wait
from support.resp import Closed, encode
from support.tls import PATIENCE, check, connect_tls, context_for, issued, secure, tls_port


# Handshakes.


@pytest.mark.beyond_redis
def test_the_memory_of_clients_is_counted(secure, connect, connect_tls):
    """With what the library takes for each of them: by used_memory, and as the client's own."""
    server = secure()
    admin = connect(server)

    def used():
        return int(re.search(rb"used_memory:(\d+)", admin("INFO", "memory"))[1])

    first = [connect_tls(server) for _ in range(20)]
    assert all(client("PING") == "PONG" for client in first)
    before = used()
    clients = [connect_tls(server) for _ in range(100)]
    assert all(client("PING") == "PONG" for client in clients)
    wait.until(lambda: 10_000 < (used() - before) / 100 < 30_000, what="idle clients to take between 10 and 30 KB each")
    sizes = [int(size) for size in re.findall(rb"tot-mem=(\d+)", admin("CLIENT", "LIST"))]
    assert sum(size > 15_000 for size in sizes) == 120
    for client in [*first, *clients]:
        client.close()
    wait.until(lambda: used() < before, what="the memory to be given back")


@pytest.mark.beyond_redis
def test_guesses_over_tls_are_slowed_as_well(secure, connect_tls):
    """As many as in clear, on however many connections."""
    server = secure({"requirepass": "pass-word"})
    attackers = [connect_tls(server) for _ in range(3)]
    stop = time.monotonic() + 2
    answered = []

    def guess(attacker):
        count = 0
        attacker.send(encode("AUTH", "guess") * 3000)
        attacker.socket.settimeout(0.5)
        with contextlib.suppress(TimeoutError):
            while time.monotonic() < stop:
                assert attacker.read_value().code == "WRONGPASS"
                count += 1
        answered.append(count)

    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        list(pool.map(guess, attackers))
    # One second's allowance may have been saved up before the first guess.
    assert 0 < sum(answered) <= 1000 * 3


@pytest.mark.beyond_redis
def test_stuck_handshakes_are_dropped(secure, connect, connect_tls):
    server = secure()
    begin = time.monotonic()
    with contextlib.ExitStack() as stack:
        stuck = [stack.enter_context(socket.create_connection(("127.0.0.1", server.tls_port), timeout=PATIENCE)) for _ in range(20)]
        for connection in stuck[10:]:
            connection.sendall(b"\x16\x03\x01\x02\x00\x01\x00")
        client = connect_tls(server)
        for connection in stuck:
            assert connection.recv(100) == b""
        assert 3 < time.monotonic() - begin < 8 * wait.FACTOR
        assert client("PING") == "PONG"
    assert b"tls_handshakes_failed:20\r\n" in connect(server)("INFO", "stats")


@pytest.mark.beyond_redis
def test_a_handshake_that_trickles_in_is_dropped(secure, connect):
    server = secure()
    hello = iter(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xaa" * 500)
    begin = time.monotonic()
    with socket.create_connection(("127.0.0.1", server.tls_port), timeout=0.2) as stuck:

        def is_cut_off():
            try:
                stuck.sendall(bytes([next(hello)]))
                return stuck.recv(1) == b""
            except TimeoutError:
                return False
            except OSError:
                return True

        wait.until(is_cut_off, 20)
    assert 4 < time.monotonic() - begin < 8 * wait.FACTOR
    assert b"tls_handshakes_failed:1\r\n" in connect(server)("INFO", "stats")


@pytest.mark.beyond_redis
def test_silent_ones_keep_nobody_out_for_long(secure, connect_tls):
    server = secure()
    with contextlib.ExitStack() as stack:
        for _ in range(1005):
            stack.enter_context(socket.create_connection(("127.0.0.1", server.tls_port), timeout=PATIENCE))
        begin = time.monotonic()
        assert connect_tls(server)("PING") == "PONG"
        assert time.monotonic() - begin < 3 * wait.FACTOR


@pytest.mark.beyond_redis
def test_many_who_come_at_once_all_get_in(secure, connect, connect_tls, issued):
    server = secure()
    admin = connect(server)
    assert admin("CONFIG", "SET", "tls-cert-file", str(issued.rsa.cert), "tls-key-file", str(issued.rsa.key)) == "OK"
    context = context_for(server)
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        clients = list(pool.map(lambda _: connect_tls(server, context=context), range(200)))
    assert all(client("PING") == "PONG" for client in clients)
    assert b"tls_handshakes:200\r\n" in admin("INFO", "stats")
    assert b"tls_handshakes_failed:0\r\n" in admin("INFO", "stats")


def test_maxclients_holds(secure, connect, connect_tls):
    server = secure({"maxclients": 3})
    clients = [connect_tls(server) for _ in range(2)]
    admin = connect(server)
    assert admin("PING") == "PONG"
    with pytest.raises((Closed, OSError)):
        connect_tls(server)("PING")
    clients[0].close()
    wait.until(lambda: b"connected_clients:2" in admin("INFO", "clients"), what="the place to become free")
    assert connect_tls(server)("PING") == "PONG"


@pytest.mark.beyond_redis
@pytest.mark.parametrize(
    "options, line, reason",
    [
        ({"tls-cert-file": None}, "tls-port", "there is no certificate (set tls-cert-file and tls-key-file)"),
        ({"tls-key-file": "{renewed.key}"}, "tls-key-file", "this isn't the key of the certificate"),
        ({"tls-auth-clients": "yes", "tls-ca-cert-file": None}, "tls-auth-clients", "no authority to check certificates"),
        ({"tls-auth-clients": None, "tls-ca-cert-file": None}, "tls-port", "no authority to check certificates"),
        ({"tls-port": "{port}"}, "bind", "would be listened on twice"),
    ],
)
def test_check_names_line_and_remedy(secure, issued, options, line, reason):
    plain_port = ports.reserve()
    try:
        names = {"port": plain_port} | vars(issued)
        settings = {name: value and value.format(**names) for name, value in options.items()}
        server = secure({"port": plain_port} | settings, started=False)
        code, shown = check(server)
        number = 1 + [row.split()[0] for row in pathlib.Path(server.directory / "server.conf").read_text().splitlines()].index(line)
        assert (code, f"server.conf:{number}:" in shown, reason in shown) == (1, True, True), shown
        server.spawn()
        assert server.wait_exit() == 1
    finally:
        ports.release(plain_port)


@pytest.mark.beyond_redis
def test_check_is_content_with_tls_alone(secure):
    assert check(secure({"port": 0, "tls-replication": "yes", "tls-cluster": "yes"}, started=False))[0] == 0
