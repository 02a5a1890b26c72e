# SPDX-License-Identifier: BSD-3-Clause
"""Clients over TLS: what they agree upon, and that nothing is lost, late or cut."""

import concurrent.futures
import contextlib
import socket
import ssl
import subprocess
import threading
import time

import pytest
import redis

from support import certificates
from support.resp import Closed, Error, Push, encode
from support.tls import PATIENCE, certificate_name, connect_tls, context_for, is_ended_with_farewell, issued, secure, tls_port


# What is served.


def test_it_is_off_unless_configured(launch, connect):
    server = launch()
    assert connect(server)("CONFIG", "GET", "tls-port") == [b"tls-port", b"0"]
    assert b"tls_certificate" not in connect(server)("INFO", "server")


def test_all_is_as_without_tls(secure, connect, connect_tls, under_test_is_redis):
    server = secure()
    plain, client = connect(server), connect_tls(server)
    assert client("SET", "key", "value") == "OK"
    assert plain("GET", "key") == b"value"
    lines = client("CLIENT", "LIST").decode().splitlines()
    assert len(lines) == 2
    assert [field.partition("=")[0] for field in lines[0].split()] == [field.partition("=")[0] for field in lines[1].split()]
    assert f"laddr=127.0.0.1:{server.tls_port}" in lines[1]
    info = client("INFO", "server").decode()
    assert f"name=tls,bind=127.0.0.1,port={server.tls_port}" in info or under_test_is_redis
    assert "Ready to accept connections tls" in server.log() or under_test_is_redis


def test_it_may_be_the_only_port(secure, connect_tls):
    server = secure({"port": 0})
    client = connect_tls(server)
    assert client("PING") == "PONG"
    assert f"tcp_port:{server.tls_port}\r\n" in client("INFO", "server").decode()


def test_redis_cli_and_redis_py(secure, issued):
    server = secure()
    command = ["redis-cli", "-h", "127.0.0.1", "-p", str(server.tls_port), "--tls", "--cacert", server.trusted]
    shown = subprocess.run([*command, "PING"], capture_output=True, text=True, timeout=PATIENCE, check=True)
    assert shown.stdout == "PONG\n"
    client = redis.Redis.from_url(server.url() if "tls-port" in server.options else "", decode_responses=True)
    assert client.set("key", "value", ex=100)
    assert client.get("key") == "value"
    with client.pipeline() as pipeline:
        for number in range(1000):
            pipeline.incr("counter")
        assert pipeline.execute() == list(range(1, 1001))
    client.close()


def test_big_values_pass_unharmed(secure, connect_tls):
    client = connect_tls(secure())
    value = bytes(range(256)) * 4 * 40000 + b"end"
    assert client("SET", "big", value) == "OK"
    assert client("GET", "big") == value
    client.send(encode("GET", "big") * 5)
    assert all(client.read().value == value for _ in range(5))


def test_long_pipelines_are_answered_in_order(secure, connect_tls):
    client = connect_tls(secure())
    count = 50000
    sender = threading.Thread(target=client.send, args=(b"".join(encode("ECHO", number) for number in range(count)),))
    sender.start()
    assert all(client.read().value == b"%d" % number for number in range(count))
    sender.join()


def test_messages_are_pushed(secure, connect, connect_tls):
    server = secure()
    subscriber, publisher = connect_tls(server), connect(server)
    assert subscriber("HELLO", "3")
    assert isinstance(subscriber("SUBSCRIBE", "news"), Push)
    messages = [b"small", b"x" * 3000000, b"last"]
    for message in messages:
        assert publisher("PUBLISH", "news", message) == 1
    for message in messages:
        assert subscriber.read().value == [b"message", b"news", message]


def test_a_request_may_come_in_any_pieces(secure, connect_tls):
    client = connect_tls(secure())
    request = encode("SET", "key", "x" * 100) + encode("GET", "key")
    for at in range(len(request)):
        client.send(request[at : at + 1])
    assert client.read().value == "OK"
    assert client.read().value == b"x" * 100


# Ends.


def test_quit_ends_with_a_farewell(secure, connect_tls):
    client = connect_tls(secure())
    assert client("QUIT") == "OK"
    assert is_ended_with_farewell(client)


def test_whoever_is_killed_gets_a_farewell(secure, connect, connect_tls):
    server = secure()
    victim = connect_tls(server)
    number = victim("CLIENT", "ID")
    assert connect(server)("CLIENT", "KILL", "ID", number) == 1
    assert is_ended_with_farewell(victim)


def test_a_protocol_error_is_told_and_ends_with_a_farewell(secure, connect_tls):
    client = connect_tls(secure())
    client.send(b"*1\r\n$x\r\n")
    assert isinstance(client.read().value, Error)
    assert is_ended_with_farewell(client)


def test_an_idle_client_gets_a_farewell(secure, connect_tls):
    client = connect_tls(secure({"timeout": 1}))
    assert client("PING") == "PONG"
    assert is_ended_with_farewell(client)


def test_a_shutdown_says_farewell(secure, connect_tls):
    server = secure()
    client = connect_tls(server)
    assert client("PING") == "PONG"
    server.stop()
    assert is_ended_with_farewell(client)


@pytest.mark.beyond_redis
def test_what_came_before_the_end_is_answered(secure, connect_tls):
    client = connect_tls(secure())
    client.send(encode("SET", "key", "value") + encode("GET", "key"))
    # Half of the connection ends; the library's own shutdown would drop the other half, too.
    socket.socket.shutdown(client.socket, socket.SHUT_WR)
    assert client.read().value == "OK"
    assert client.read().value == b"value"
    assert is_ended_with_farewell(client)


def test_busy_clients_are_killed_at_any_moment(secure, connect, connect_tls):
    """Pipelines in, large replies on their way out, subscribers: none of it may be touched again."""
    server = secure()
    admin = connect(server)
    admin("SET", "big", b"x" * 500000)
    stop = threading.Event()
    killed = []

    def work(number):
        while not stop.is_set():
            with contextlib.suppress(Closed, OSError, ssl.SSLError):
                client = connect_tls(server)
                if number == 0:
                    client("SUBSCRIBE", "news")
                while True:
                    client.send((encode("GET", "big") * 3 + encode("SET", f"k{number}", "y" * 20000)) if number else b"")
                    for _ in range(4 if number else 1):
                        client.read()

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        workers = [pool.submit(work, number) for number in range(6)]
        deadline = time.monotonic() + 4
        while time.monotonic() < deadline:
            for line in admin("CLIENT", "LIST").decode().splitlines():
                fields = dict(field.split("=", 1) for field in line.split())
                if fields["laddr"].endswith(f":{server.tls_port}"):
                    killed.append(admin("CLIENT", "KILL", "ID", fields["id"]))
            admin("PUBLISH", "news", "z" * 100000)
        stop.set()
        admin("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        admin("CLIENT", "KILL", "TYPE", "pubsub")
        while not all(worker.done() for worker in workers):
            admin("CLIENT", "KILL", "TYPE", "pubsub")
            admin("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
            time.sleep(0.01)
    assert all(worker.exception() is None for worker in workers), [worker.exception() for worker in workers]
    assert sum(killed) > 10
    assert admin("PING") == "PONG"


# Who the server is.


def test_clients_find_out_who_it_is_not(secure, connect_tls, issued, connect):
    server = secure()
    admin = connect(server)

    def shows(identity):
        assert admin("CONFIG", "SET", "tls-cert-file", str(identity.cert), "tls-key-file", str(identity.key)) == "OK"

    assert certificate_name(connect_tls(server)) == "server"
    shows(issued.elsewhere)
    with pytest.raises(ssl.SSLCertVerificationError, match="elsewhere|match|valid for"):
        connect_tls(server)
    shows(issued.stranger)
    with pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer|self-signed|signature"):
        connect_tls(server)
    shows(certificates.expire(issued.authority.issue("expired")))
    with pytest.raises(ssl.SSLCertVerificationError):
        connect_tls(server)
    shows(issued.rsa)
    assert connect_tls(server)("PING") == "PONG"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_protocols_and_ciphers(secure, connect, connect_tls):
    server = secure()
    versions = ssl.TLSVersion
    old = context_for(server)
    old.set_ciphers("DEFAULT@SECLEVEL=0")
    old.minimum_version = old.maximum_version = versions.TLSv1_1
    with pytest.raises(ssl.SSLError):
        connect_tls(server, context=old)
    of_1_2 = context_for(server, maximum_version=versions.TLSv1_2)
    client = connect_tls(server, context=of_1_2)
    assert client("PING") == "PONG"
    assert client.socket.version() == "TLSv1.2"
    assert connect(server)("CONFIG", "SET", "tls-protocols", "TLSv1.3", "tls-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256") == "OK"
    with pytest.raises(ssl.SSLError):
        connect_tls(server, context=of_1_2)
    assert connect_tls(server).socket.cipher()[0] == "TLS_CHACHA20_POLY1305_SHA256"
    # Who was there stays on what it has.
    assert client("PING") == "PONG"


@pytest.mark.parametrize(
    "offer", [["-tls1"], ["-tls1_1"], ["-tls1_2", "-cipher", "3DES:RC4:NULL:EXPORT:aNULL:DES:MD5@SECLEVEL=0"]]
)
def test_what_is_weak_is_refused(secure, offer):
    server = secure()
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{server.tls_port}", "-cipher", "ALL@SECLEVEL=0", *offer]
    shown = subprocess.run(command, input="", capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert shown.returncode != 0
    assert "BEGIN CERTIFICATE" not in shown.stdout


def test_nobody_begins_anew_within_a_connection(secure):
    """Renegotiation is work for nothing; openssl asks for it by R."""
    server = secure()
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{server.tls_port}", "-tls1_2"]
    shown = subprocess.run(command, input="R\n", capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert "RENEGOTIATING" in shown.stdout + shown.stderr
    assert "no renegotiation" in shown.stderr or "handshake failure" in shown.stderr, shown.stderr
    assert "Compression: NONE" in shown.stdout


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_sessions_are_resumed_unless_switched_off(secure, connect, connect_tls, version):
    server = secure()
    context = context_for(server, minimum_version=version, maximum_version=version)

    def is_resumed():
        first = connect_tls(server, context=context)
        assert first("PING") == "PONG"
        with socket.create_connection(("127.0.0.1", server.tls_port), timeout=PATIENCE) as plain:
            with context.wrap_socket(plain, server_hostname="localhost", session=first.socket.session) as second:
                second.sendall(encode("PING"))
                assert second.recv(100) == b"+PONG\r\n"
                return second.session_reused

    assert is_resumed()
    assert connect(server)("CONFIG", "SET", "tls-session-caching", "no") == "OK"
    assert not is_resumed()
