# SPDX-License-Identifier: BSD-3-Clause
"""Certificates of clients over TLS and of the server, and their replacement."""

import concurrent.futures
import contextlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time

import pytest
import requests

from support import certificates, ports, wait
from support.resp import Closed, Error, encode
from support.tls import PATIENCE, certificate_name, connect_tls, context_for, issued, secure, tls_port


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
    assert isinstance(reply, Error) and "Unable to update TLS configuration" in reply, reply
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
