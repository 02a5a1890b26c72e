# SPDX-License-Identifier: BSD-3-Clause
"""Monitoring by HTTPS: certificates and their replacement, and what doesn't get through."""

import contextlib
import json
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import time
import types

import pytest
import requests

from support import certificates, ports, wait
from support.resp import Error
from support.server import SESSIOND

pytestmark = pytest.mark.beyond_redis


@pytest.fixture
def https_port():
    port = ports.reserve()
    yield port
    ports.release(port)


@pytest.fixture(scope="module")
def issued(tmp_path_factory):
    """Identities of an authority that clients trust, and one of a stranger."""

    authority = certificates.Authority(tmp_path_factory.mktemp("certificates"))
    return types.SimpleNamespace(
        authority=authority,
        server=authority.issue("server"),
        renewed=authority.issue("renewed"),
        rsa=authority.issue("rsa", kind="rsa"),
        large=authority.issue("large", kind="large"),
        guest=authority.issue("guest"),
        stranger=certificates.Authority(tmp_path_factory.mktemp("others")).issue("stranger"),
    )


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


# What is answered.


def test_it_is_off_unless_configured(launch, connect):
    assert connect(launch())("CONFIG", "GET", "http-tls-*") == [b"http-tls-port", b"0", b"http-tls-auth-clients", b"no"]


def test_all_is_as_without_tls(secure):
    server = secure()
    for path, code in (("/", 200), ("/health", 200), ("/ready", 200), ("/metrics", 200), ("/api/live", 200), ("/nosuch", 404)):
        answer = get(server, path)
        assert answer.status_code == code
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Strict-Transport-Security" not in answer.headers
    assert "sessiond_" in get(server, "/metrics").text
    assert get(server, "/chart.js").content
    assert get(server, "/health", headers={"Host": "evil.example"}).status_code == 421


def test_curl_understands_it(secure_with_any_key):
    server = secure_with_any_key()
    command = ["curl", "-sS", "-f", "--max-time", "20", "--cacert", server.trusted]
    shown = subprocess.run([*command, server.page + "/ready"], capture_output=True, text=True, check=True)
    assert json.loads(shown.stdout)["status"] == "ready"
    refused = subprocess.run(["curl", "-sS", "--max-time", "20", server.page + "/ready"], capture_output=True, check=False)
    assert refused.returncode == 60  # its own authorities don't know it


def test_the_name_is_verified(secure, issued):
    server = secure()
    elsewhere = issued.authority.issue("elsewhere", names="DNS:elsewhere.example")
    certificates.install(elsewhere, server.cert, server.key)
    server.process.send_signal(signal.SIGHUP)
    server.wait_for_log("were read again")
    with pytest.raises(requests.exceptions.SSLError, match="elsewhere|match|valid for"):
        get(server, "/health")


def test_both_ports_may_be_on(secure):
    port = ports.reserve()
    try:
        server = secure({"http-port": port})
        assert requests.get(f"http://127.0.0.1:{port}/health", timeout=20).status_code == 200
        assert get(server, "/health").status_code == 200
    finally:
        ports.release(port)


def test_a_token_is_asked_for(secure):
    server = secure({"http-token": "correct-horse"})
    assert get(server, "/metrics").status_code == 401
    assert get(server, "/metrics", headers={"Authorization": "Bearer correct-horse"}).status_code == 200


def test_a_connection_is_kept(secure_with_any_key):
    server = secure_with_any_key()
    with connected(server) as connection:
        for _ in range(5):
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert read_answer(connection).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("request_bytes", [LAST, b"GET /health HTTP/1.0\r\n\r\n"], ids=["1.1", "1.0"])
def test_the_end_is_announced(secure_with_any_key, request_bytes):
    """Without a farewell nobody could tell an end from a cut."""
    server = secure_with_any_key()
    with connected(server, suppress_ragged_eofs=False) as connection:
        assert b" 200 OK" in ask(connection, request_bytes)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_protocols_before_1_2_are_refused(secure_with_any_key):
    server = secure_with_any_key()
    versions = ssl.TLSVersion
    for version in (versions.TLSv1, versions.TLSv1_1):
        context = context_for(server)
        context.set_ciphers("DEFAULT@SECLEVEL=0")
        context.minimum_version = context.maximum_version = version
        with pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"):
            with connected(server, context):
                pass
    for version in (versions.TLSv1_2, versions.TLSv1_3):
        with connected(server, context_for(server, minimum_version=version, maximum_version=version)) as connection:
            assert connection.version() in ("TLSv1.2", "TLSv1.3")
            assert connection.compression() is None


def test_a_key_with_a_passphrase(secure, issued, tmp_path):
    encrypted = certificates.encrypt_key(issued.server, tmp_path / "encrypted.key", "hush-hush")
    server = secure({"tls-key-file": encrypted, "tls-key-file-pass": "hush-hush"})
    assert get(server, "/health").status_code == 200
    assert "hush-hush" not in server.log()


# Certificates are replaced.


def test_a_certificate_is_replaced_by_config_set(secure, connect, issued):
    server = secure()
    client = connect(server)
    with connected(server) as old:
        reply = client("CONFIG", "SET", "tls-cert-file", str(issued.renewed.cert), "tls-key-file", str(issued.renewed.key))
        assert reply == "OK"
        assert certificate_name(server) == "renewed"
        # Who was there stays.
        assert b" 200 OK" in ask(old, LAST)
    assert client("CONFIG", "SET", "tls-key-file", str(issued.rsa.key), "tls-cert-file", str(issued.rsa.cert)) == "OK"
    assert certificate_name(server) == "rsa"


@pytest.mark.parametrize(
    "changes, reason",
    [
        (["tls-cert-file", "/nosuch/cert.pem"], "/nosuch/cert.pem: No such file"),
        (["tls-cert-file", "{renewed.cert}"], "isn't the key of the certificate"),
        (["tls-key-file", "{renewed.key}"], "isn't the key of the certificate"),
        (["tls-key-file", "{renewed.cert}"], "no private key in PEM"),
        (["tls-key-file", ""], "no private key"),
        (["tls-protocols", "SSLv3"], "protocols are"),
        (["tls-ciphers", "NOSUCH"], "no cipher match"),
        (["tls-ciphersuites", "NOSUCH"], "NOSUCH"),
        (["http-tls-auth-clients", "yes"], "no authority"),
        (["http-tls-auth-clients", "yes", "tls-ca-cert-file", "{server.key}"], "no certificate in PEM"),
        (["tls-cert-file", "{renewed.cert}", "tls-key-file", "{rsa.key}", "http-token", "x"], "isn't the key"),
    ],
)
def test_what_is_wrong_is_refused_and_all_stays(secure, connect, issued, changes, reason):
    server = secure()
    client = connect(server)
    names = vars(issued)
    before = client("CONFIG", "GET", "*tls*", "http-token")
    reply = client("CONFIG", "SET", *[each.format(**names) for each in changes])
    assert isinstance(reply, Error) and reason in reply, reply
    assert client("CONFIG", "GET", "*tls*", "http-token") == before
    assert certificate_name(server) == "server"


def test_it_is_switched_on_and_off(secure, connect, launch, issued, https_port):
    server = launch()
    client = connect(server)
    reply = client("CONFIG", "SET", "http-tls-port", str(https_port))
    assert isinstance(reply, Error) and "there is no certificate" in reply
    names = ["tls-key-file", str(issued.server.key), "tls-cert-file", str(issued.server.cert)]
    # In any order.
    assert client("CONFIG", "SET", "http-tls-port", str(https_port), *names) == "OK"
    server.https_port, server.trusted = https_port, str(issued.authority.cert)
    server.page = f"https://localhost:{https_port}"
    assert get(server, "/health").status_code == 200
    assert client("CONFIG", "SET", "http-tls-port", "0") == "OK"
    with pytest.raises(requests.ConnectionError):
        get(server, "/health")
    assert client("CONFIG", "SET", "http-bind", "127.0.0.1", "http-tls-port", str(https_port), *names) == "OK"
    assert get(server, "/health").status_code == 200
    assert client("CONFIG", "SET", "http-bind", "127.0.0.1 -::1", "http-tls-port", "0") == "OK"
    # Nobody looks at files that nobody needs.
    assert client("CONFIG", "SET", "tls-cert-file", "/nosuch") == "OK"
    reply = client("CONFIG", "SET", "http-tls-port", str(https_port))
    assert isinstance(reply, Error) and "/nosuch" in reply


def test_a_port_that_is_taken_is_refused_and_the_old_one_stays(secure, connect):
    server = secure()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        reply = connect(server)("CONFIG", "SET", "http-tls-port", str(taken.getsockname()[1]))
        assert isinstance(reply, Error) and "Unable to listen" in reply
    assert get(server, "/health").status_code == 200


def test_a_hang_up_reads_the_same_files_again(secure, issued):
    server = secure()
    with connected(server) as old:
        certificates.install(issued.renewed, server.cert, server.key)
        server.process.send_signal(signal.SIGHUP)
        server.wait_for_log("The files of the certificate were read again: the certificate in use is valid until 2")
        assert certificate_name(server) == "renewed"
        assert b" 200 OK" in ask(old, LAST)


def test_a_hang_up_that_finds_a_mistake_changes_nothing(secure, issued, connect):
    server = secure()
    shutil.copy(issued.renewed.key, server.key)
    server.options["http-token"] = "new"
    server.write_config()
    server.process.send_signal(signal.SIGHUP)
    server.wait_for_log("The configuration stays as it was")
    assert "this isn't the key of the certificate" in server.log()
    assert certificate_name(server) == "server"
    assert connect(server)("CONFIG", "GET", "http-token") == [b"http-token", b""]


def test_a_renewed_certificate_is_found_by_itself(secure, issued):
    server = secure()
    certificates.install(issued.renewed, server.cert, server.key)
    server.wait_for_log("have changed: the certificate in use is valid until 2")
    assert certificate_name(server) == "renewed"


def test_a_bad_new_file_is_said_once_and_the_old_stays(secure, issued):
    server = secure()
    server.cert.write_text("nothing of use\n")
    server.wait_for_log("The certificate from before stays in use")
    assert certificate_name(server) == "server"
    # A change takes two looks to be believed: who said it again at each of them would have said it three times by now.
    server.cert.write_text("nothing of use either\n")
    wait.until(lambda: server.log().count("stays in use") > 1, what="the second mistake to be found")
    assert server.log().count("stays in use") == 2
    certificates.install(issued.renewed, server.cert, server.key)
    server.wait_for_log("have changed: the certificate in use")
    assert certificate_name(server) == "renewed"


def test_relative_names_are_in_the_servers_directory(launch, issued, https_port, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    certificates.install(issued.server, data / "cert.pem", data / "key.pem")
    options = {"dir": data, "http-tls-port": https_port, "tls-cert-file": "cert.pem", "tls-key-file": "key.pem"}
    server = launch(options)
    server.https_port, server.trusted = https_port, str(issued.authority.cert)
    assert certificate_name(server) == "server"


def test_an_expired_certificate_is_warned_of(secure, issued):
    server = secure()
    certificates.install(certificates.expire(issued.authority.issue("expired")), server.cert, server.key)
    server.wait_for_log("has expired: clients, browsers and tools will refuse it")
    server.wait_for_log("have changed")


# Mistakes are found before the start.


def check(server):
    shown = subprocess.run(
        [SESSIOND, "--check", str(server.write_config())], capture_output=True, text=True, timeout=20 * wait.FACTOR, check=False
    )
    return shown.returncode, shown.stdout


@pytest.mark.parametrize(
    "options, line, reason",
    [
        ({"tls-cert-file": None}, "http-tls-port", "there is no certificate (set tls-cert-file and tls-key-file)"),
        ({"tls-key-file": None}, "http-tls-port", "there is no private key for the certificate (set"),
        ({"tls-cert-file": "/nosuch.pem"}, "tls-cert-file", "'/nosuch.pem': /nosuch.pem: No such file or directory (name"),
        ({"tls-key-file": "{renewed.key}"}, "tls-key-file", "this isn't the key of the certificate"),
        ({"tls-key-file": "{encrypted}"}, "tls-key-file", "it is encrypted, and there is no passphrase (write"),
        ({"tls-key-file": "{encrypted}", "tls-key-file-pass": "hush"}, "tls-key-file-pass", "the passphrase doesn't open it"),
        ({"tls-protocols": "SSLv3"}, "tls-protocols", "'SSLv3': SSLv3: protocols are"),
        ({"http-tls-auth-clients": "yes"}, "http-tls-auth-clients", "no authority to check certificates of clients by (set"),
    ],
)
def test_check_names_line_and_remedy(secure, issued, tmp_path, options, line, reason):
    encrypted = certificates.encrypt_key(issued.server, tmp_path / "encrypted.key", "correct-horse")
    names = {"encrypted": encrypted} | vars(issued)
    server = secure({name: value and value.format(**names) for name, value in options.items()}, started=False)
    code, shown = check(server)
    number = 1 + [row.split()[0] for row in (server.directory / "server.conf").read_text().splitlines()].index(line)
    assert (code, f"server.conf:{number}:{len(line) + 2}: error: " in shown, reason in shown) == (1, True, True), shown
    assert "1 error, 0 warnings" in shown
    assert "hush" not in shown
    # The start says the same.
    server.spawn()
    assert server.wait_exit() == 1
    assert f"at line {number}" in server.log() and "Remedy: " in server.log()


def test_check_is_content_with_what_is_good_and_warns_of_what_is_over(secure, issued):
    server = secure(started=False)
    assert check(server)[0] == 0
    certificates.install(certificates.expire(issued.authority.issue("expired")), server.cert, server.key)
    code, shown = check(server)
    assert code == 0
    assert "warning: " in shown and "the certificate has expired (renew it)" in shown


# Certificates of clients.


def test_clients_are_asked_for_certificates_if_wished(secure, connect, issued):
    server = secure({"tls-ca-cert-file": issued.authority.cert})
    client = connect(server)
    guest = (str(issued.guest.cert), str(issued.guest.key))
    stranger = (str(issued.stranger.cert), str(issued.stranger.key))
    # Redis' own directive, whose default is yes, is about its own port.
    assert client("CONFIG", "GET", "tls-auth-clients") == [b"tls-auth-clients", b"yes"]
    assert get(server, "/health").status_code == 200
    assert client("CONFIG", "SET", "http-tls-auth-clients", "yes") == "OK"
    assert get(server, "/health", cert=guest).status_code == 200
    for shown in (None, stranger):
        with pytest.raises(requests.ConnectionError):
            get(server, "/health", cert=shown)
    assert client("CONFIG", "SET", "http-tls-auth-clients", "optional") == "OK"
    assert get(server, "/health", cert=guest).status_code == 200
    assert get(server, "/health").status_code == 200
    with pytest.raises(requests.ConnectionError):
        get(server, "/health", cert=stranger)


def test_authorities_may_be_a_directory(secure, issued, tmp_path):
    hashed = tmp_path / "hashed"
    hashed.mkdir()
    shutil.copy(issued.authority.cert, hashed)
    subprocess.run(["openssl", "rehash", hashed], capture_output=True, check=True)
    server = secure({"tls-ca-cert-dir": hashed, "http-tls-auth-clients": "yes"})
    assert get(server, "/health", cert=(str(issued.guest.cert), str(issued.guest.key))).status_code == 200
    with pytest.raises(requests.ConnectionError):
        get(server, "/health")


def test_sessions_are_resumed_if_wished(secure, connect):
    server = secure()

    def is_resumed():
        context = context_for(server)
        with connected(server, context) as connection:
            ask(connection, LAST)
            session = connection.session
        with connected(server, context, session=session) as connection:
            return connection.session_reused

    assert is_resumed()
    assert connect(server)("CONFIG", "SET", "tls-session-caching", "no") == "OK"
    assert not is_resumed()


# What doesn't get through.


def plain(server):
    return socket.create_connection(("127.0.0.1", server.https_port), timeout=20 * wait.FACTOR)


def read_to_the_end(connection):
    answer = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(65536):
            answer += piece
    return answer


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
