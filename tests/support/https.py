# SPDX-License-Identifier: BSD-3-Clause
"""A server that speaks HTTPS, and its clients: fixtures, connections and what comes of them."""

import contextlib
import socket
import ssl
import subprocess

import pytest
import requests

from support import certificates, ports, wait
from support.server import SESSIOND


@pytest.fixture
def https_port():
    port = ports.reserve()
    yield port
    ports.release(port)


@pytest.fixture(scope="module")
def issued(tmp_path_factory):
    return certificates.identities(tmp_path_factory, large={"kind": "large"})


@pytest.fixture
def secure(launch, https_port, issued, tmp_path):
    """secure(...) starts a server that speaks HTTPS, with files of its own that tests may replace."""

    def start(options=None, **more):
        cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
        certificates.install(issued.server, cert, key)
        settings = {"http-tls-port": https_port, "tls-cert-file": cert, "tls-key-file": key} | (options or {})
        server = launch(settings, **more)
        server.https_port = https_port
        server.cert, server.key = cert, key
        server.trusted = str(issued.authority.cert)
        server.page = f"https://localhost:{https_port}"
        return server

    return start


@pytest.fixture(params=["server", "large"])
def secure_with_any_key(request, secure, issued):
    """The same with a key that signs fast, and with one that a helper signs with."""
    identity = getattr(issued, request.param)
    return lambda: secure({"tls-cert-file": identity.cert, "tls-key-file": identity.key})


def get(server, path, **options):
    options.setdefault("verify", server.trusted)
    return requests.get(server.page + path, timeout=20 * wait.FACTOR, **options)


def context_for(server, **options):
    """What a client knows; `options` are attributes."""
    context = ssl.create_default_context(cafile=server.trusted)
    for name, value in options.items():
        setattr(context, name, value)
    return context


@contextlib.contextmanager
def connected(server, context=None, **options):
    """A TLS connection after its handshake."""
    context = context or context_for(server)
    with socket.create_connection(("127.0.0.1", server.https_port), timeout=20 * wait.FACTOR) as plain:
        with context.wrap_socket(plain, server_hostname="localhost", **options) as connection:
            yield connection


def certificate_name(server):
    """The name in the certificate that a new connection meets."""
    with connected(server) as connection:
        return dict(field[0] for field in connection.getpeercert()["subject"])["commonName"]


def ask(connection, request):
    """Sends bytes, and returns all that comes back until the other side ends."""
    connection.sendall(request)
    answer = b""
    while piece := connection.recv(65536):
        answer += piece
    return answer


LAST = b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def read_answer(connection):
    """One answer whose connection stays."""
    answer = b""
    while b"\r\n\r\n" not in answer or not answer.rstrip().endswith(b"}"):
        piece = connection.recv(65536)
        assert piece, answer
        answer += piece
    return answer


def check(server):
    shown = subprocess.run(
        [SESSIOND, "--check", str(server.write_config())], capture_output=True, text=True, timeout=20 * wait.FACTOR, check=False
    )
    return shown.returncode, shown.stdout


def plain(server):
    return socket.create_connection(("127.0.0.1", server.https_port), timeout=20 * wait.FACTOR)


def read_to_the_end(connection):
    answer = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(65536):
            answer += piece
    return answer
