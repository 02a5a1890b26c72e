# SPDX-License-Identifier: BSD-3-Clause
"""A server that speaks TLS, and its clients: fixtures, connections and what comes of them."""

import ssl
import subprocess

import pytest

from support import certificates, ports, wait
from support.server import SESSIOND

PATIENCE = 20 * wait.FACTOR


@pytest.fixture(scope="module")
def issued(tmp_path_factory):
    return certificates.identities(tmp_path_factory, elsewhere={"names": "DNS:elsewhere.example"})


@pytest.fixture
def tls_port():
    port = ports.reserve()
    yield port
    ports.release(port)


def context_for(server, identity=None, **options):
    """What a client knows; `options` are attributes."""
    context = ssl.create_default_context(cafile=server.trusted)
    if identity:
        context.load_cert_chain(identity.cert, identity.key)
    for name, value in options.items():
        setattr(context, name, value)
    return context


@pytest.fixture
def secure(launch, tls_port, issued, tmp_path):
    """secure(...) starts a server that speaks TLS, beside its plain port, with files that tests may replace."""

    def start(options=None, **more):
        cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
        certificates.install(issued.server, cert, key)
        settings = {"tls-port": tls_port, "tls-auth-clients": "no", "tls-cert-file": cert, "tls-key-file": key}
        server = launch(settings | {"tls-ca-cert-file": issued.authority.cert} | (options or {}), **more)
        server.tls_port = tls_port
        server.cert, server.key = cert, key
        server.trusted = str(issued.authority.cert)
        return server

    return start


@pytest.fixture
def connect_tls(connect):
    def open_connection(server, identity=None, context=None, **options):
        return _Tls(connect, server, context or context_for(server, identity), options).connection

    return open_connection


class _Tls:
    def __init__(self, connect, server, context, options):
        plain_port, server.port = server.port, server.tls_port
        try:
            self.connection = connect(server, tls=context, **options)
        finally:
            server.port = plain_port


def certificate_name(connection):
    """The name in the certificate that a connection met."""
    return dict(field[0] for field in connection.socket.getpeercert()["subject"])["commonName"]


def is_ended_with_farewell(connection):
    """Reads to the end; without a farewell the library would fail."""
    while connection.socket.recv(65536):
        pass
    return True


def check(server):
    shown = subprocess.run([SESSIOND, "--check", str(server.write_config())], capture_output=True, text=True, timeout=PATIENCE, check=False)
    return shown.returncode, shown.stdout
