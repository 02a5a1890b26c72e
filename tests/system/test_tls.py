# SPDX-License-Identifier: BSD-3-Clause
"""Clients over TLS: who gets in, certificates and their replacement, and that nothing is lost, late or cut."""

import concurrent.futures
import contextlib
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
import types

import pytest
import redis
import requests

from support import certificates, ports, wait
from support.resp import Closed, Error, Push, encode
from support.server import SESSIOND

PATIENCE = 20 * wait.FACTOR


@pytest.fixture(scope="module")
def issued(tmp_path_factory):
    """Identities of an authority that clients trust, and one of a stranger."""
    authority = certificates.Authority(tmp_path_factory.mktemp("certificates"))
    return types.SimpleNamespace(
        authority=authority,
        server=authority.issue("server"),
        renewed=authority.issue("renewed"),
        rsa=authority.issue("rsa", kind="rsa"),
        elsewhere=authority.issue("elsewhere", names="DNS:elsewhere.example"),
        guest=authority.issue("guest"),
        stranger=certificates.Authority(tmp_path_factory.mktemp("others")).issue("stranger"),
    )


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


# Who clients are.


def test_certificates_are_asked_of_clients(secure, connect, connect_tls, issued):
    server = secure({"tls-auth-clients": None})
    admin = connect(server)
    assert admin("CONFIG", "GET", "tls-auth-clients") == [b"tls-auth-clients", b"yes"]

    def gets_in(identity):
        try:
            return connect_tls(server, identity)("PING") == "PONG"
        except (Closed, OSError):
            return False

    expired = certificates.expire(issued.authority.issue("former"))
    everybody = (issued.guest, None, issued.stranger, expired)
    assert [gets_in(identity) for identity in everybody] == [True, False, False, False]
    assert admin("CONFIG", "SET", "tls-auth-clients", "optional") == "OK"
    assert [gets_in(identity) for identity in everybody] == [True, True, False, False]
    assert admin("CONFIG", "SET", "tls-auth-clients", "no") == "OK"
    assert [gets_in(identity) for identity in everybody] == [True, True, True, True]
    assert connect_tls(server)("PING") == "PONG"


def test_authorities_may_lie_in_a_directory(secure, connect_tls, issued, tmp_path):
    directory = tmp_path / "authorities"
    directory.mkdir()
    shutil.copy(issued.authority.cert, directory / "authority.pem")
    subprocess.run(["openssl", "rehash", str(directory)], check=True, timeout=PATIENCE)
    server = secure({"tls-auth-clients": "yes", "tls-ca-cert-file": None, "tls-ca-cert-dir": directory})
    assert connect_tls(server, issued.guest)("PING") == "PONG"
    with pytest.raises((Closed, OSError)):
        connect_tls(server)("PING")


@pytest.mark.beyond_redis
def test_a_refused_client_is_said_why(secure, connect, connect_tls, issued):
    server = secure({"tls-auth-clients": "yes", "loglevel": "verbose"})
    for identity, reason in ((None, "peer did not return a certificate"), (issued.stranger, "unable to get local issuer certificate")):
        with pytest.raises((Closed, OSError)):
            connect_tls(server, identity)("PING")
        server.wait_for_log(reason)
    with socket.create_connection(("127.0.0.1", server.tls_port), timeout=PATIENCE) as plain:
        plain.sendall(encode("PING"))
        assert b"PONG" not in plain.recv(100)
    server.wait_for_log("wrong version number")
    assert b"tls_handshakes_failed:3\r\n" in connect(server)("INFO", "stats")


@pytest.mark.beyond_redis
@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_a_certificate_says_who_one_is(secure, connect, connect_tls, issued, version):
    users = ["client on >secret ~a* +@all -@dangerous", "disabled off", "default off"]
    server = secure({"tls-auth-clients": "optional", "tls-auth-clients-user": "CN", "user": users}, started=False)
    server.spawn().wait_for_log("Ready to accept connections")
    context = context_for(server, issued.authority.issue("client"), maximum_version=ssl.TLSVersion[version])
    client = connect_tls(server, context=context)
    assert client("ACL", "WHOAMI") == b"client"
    assert client("SET", "a1", "x") == "OK"
    assert client("SET", "b1", "x") == "NOPERM No permissions to access a key"
    resumed = connect_tls(server, context=context)
    assert resumed("GET", "a1") == b"x"
    for name in ("disabled", "nobody", "CLIENT"):
        assert connect_tls(server, issued.authority.issue(name))("PING") == "NOAUTH Authentication required."
    assert connect_tls(server)("PING") == connect(server)("PING") == "NOAUTH Authentication required."
    assert connect_tls(server)("AUTH", "client", "secret") == "OK"


# Certificates are replaced.


def replace(server, how, admin, identity):
    if how == "CONFIG SET":
        assert admin("CONFIG", "SET", "tls-cert-file", str(identity.cert), "tls-key-file", str(identity.key)) == "OK"
        return
    certificates.install(identity, server.cert, server.key)
    if how == "SIGHUP":
        server.process.send_signal(signal.SIGHUP)


@pytest.mark.beyond_redis
@pytest.mark.parametrize("how", ["CONFIG SET", "SIGHUP", "by itself"])
def test_a_certificate_is_replaced_under_load(secure, connect, connect_tls, issued, how):
    """Nobody is dropped, and nobody is refused, while it is."""
    server = secure()
    admin = connect(server)
    stop = threading.Event()
    begun = threading.Barrier(3)
    done = []

    def stays():
        client = connect_tls(server)
        begun.wait()
        count = 0
        while not stop.is_set():
            assert client("INCR", "counter") > 0
            count += 1
        assert certificate_name(client) == "server"
        done.append(count)

    def comes_and_goes():
        context = context_for(server)
        count = 0
        while not stop.is_set():
            with contextlib.closing(connect_tls(server, context=context)) as client:
                assert client("PING") == "PONG"
            count += 1
        done.append(count)

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        workers = [pool.submit(work) for work in (stays, stays, comes_and_goes, comes_and_goes)]
        begun.wait()
        try:
            for identity in (issued.rsa, issued.server, issued.renewed):
                replace(server, how, admin, identity)
                wait.until(
                    lambda: certificate_name(connect_tls(server)) == identity.name, what=f"{identity.name} to be shown", interval=0.1
                )
        finally:
            stop.set()
        for worker in workers:
            worker.result()
    assert all(count > 0 for count in done) and len(done) == 4


@pytest.mark.parametrize(
    "changes",
    [
        ["tls-cert-file", "/nosuch/cert.pem"],
        ["tls-cert-file", "{renewed.cert}"],
        ["tls-key-file", "{renewed.key}"],
        ["tls-key-file", "{renewed.cert}"],
        ["tls-protocols", "SSLv3"],
        ["tls-ciphers", "NOSUCH"],
        ["tls-auth-clients", "yes", "tls-ca-cert-file", ""],
        ["tls-auth-clients", "yes", "tls-ca-cert-file", "{server.key}"],
        ["tls-cert-file", "{renewed.cert}", "tls-key-file", "{rsa.key}", "timeout", "77"],
    ],
)
def test_what_is_wrong_is_refused_and_all_stays(secure, connect, connect_tls, issued, changes):
    server = secure()
    admin = connect(server)
    before = admin("CONFIG", "GET", "tls*", "timeout")
    reply = admin("CONFIG", "SET", *[each.format(**vars(issued)) for each in changes])
    assert isinstance(reply, Error), reply
    assert admin("CONFIG", "GET", "tls*", "timeout") == before
    client = connect_tls(server)
    assert certificate_name(client) == "server"
    assert client("PING") == "PONG"


@pytest.mark.beyond_redis
def test_a_bad_new_file_leaves_the_old_in_use(secure, connect_tls, issued):
    server = secure()
    server.cert.write_text("nothing of use\n")
    server.wait_for_log("The certificate from before stays in use")
    assert certificate_name(connect_tls(server)) == "server"
    certificates.install(issued.renewed, server.cert, server.key)
    server.wait_for_log("have changed: the certificate in use")
    assert certificate_name(connect_tls(server)) == "renewed"


def test_it_is_switched_on_and_off(launch, connect, connect_tls, issued, tls_port):
    server = launch()
    server.tls_port, server.trusted = tls_port, str(issued.authority.cert)
    admin = connect(server)
    assert isinstance(admin("CONFIG", "SET", "tls-port", tls_port), Error)
    assert admin("CONFIG", "GET", "tls-port") == [b"tls-port", b"0"]
    files = ["tls-key-file", str(issued.server.key), "tls-cert-file", str(issued.server.cert)]
    # In any order.
    assert admin("CONFIG", "SET", "tls-port", tls_port, *files, "tls-auth-clients", "no") == "OK"
    client = connect_tls(server)
    assert client("PING") == "PONG"
    assert admin("CONFIG", "SET", "tls-port", "0") == "OK"
    with pytest.raises(ConnectionRefusedError):
        connect_tls(server)
    # Who is there stays.
    assert client("PING") == "PONG"
    assert admin("CONFIG", "SET", "tls-port", tls_port) == "OK"
    assert connect_tls(server)("PING") == "PONG"


# What is said of its end.


@pytest.mark.beyond_redis
def test_everybody_is_told_before_it_expires(secure, connect, issued):
    http_port = ports.reserve()
    try:
        server = secure({"http-port": http_port})
        page = f"http://127.0.0.1:{http_port}"
        admin = connect(server)

        def warnings():
            return requests.get(f"{page}/api/live", timeout=PATIENCE).json()["health"]["warnings"]


        def days_left():
            return int(re.search(rb"tls_certificate_days_left:(-?\d+)\r", admin("INFO", "server")).group(1))

        # A second after it was made it isn't good for as many days any more.
        wait.until(lambda: days_left() == 29, what="a day less")
        end_s = next(
            float(line.split()[1])
            for line in requests.get(f"{page}/metrics", timeout=PATIENCE).text.splitlines()
            if line.startswith("sessiond_tls_certificate_end_time_seconds ")
        )
        assert abs(end_s - time.time() - 30 * 86400) < 3600
        assert requests.get(f"{page}/api/live", timeout=PATIENCE).json()["server"]["certificate_days"] == 29
        assert warnings() == []
        assert "renew it" not in server.log()
        soon = certificates.expire(issued.authority.issue("soon"), days=3)
        assert admin("CONFIG", "SET", "tls-cert-file", str(soon.cert), "tls-key-file", str(soon.key)) == "OK"
        wait.until(lambda: warnings() == ["the TLS certificate expires in 2 days"], what="a warning")
        assert re.search(r"expires in [23] days: renew it", server.log())
        over = certificates.expire(issued.authority.issue("over"))
        assert admin("CONFIG", "SET", "tls-cert-file", str(over.cert), "tls-key-file", str(over.key)) == "OK"
        server.wait_for_log("has expired")
        assert days_left() < 0
        assert warnings() == ["the TLS certificate has expired"]
    finally:
        ports.release(http_port)


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


# Mistakes are found before the start.


def check(server):
    shown = subprocess.run([SESSIOND, "--check", str(server.write_config())], capture_output=True, text=True, timeout=PATIENCE, check=False)
    return shown.returncode, shown.stdout


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
