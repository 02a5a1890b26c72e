# SPDX-License-Identifier: BSD-3-Clause
"""Monitoring by HTTPS: what is answered, certificates and their replacement."""

import json
import shutil
import signal
import socket
import ssl
import subprocess

import pytest
import requests

from support import certificates, ports, wait
from support.https import (
    LAST,
    ask,
    certificate_name,
    check,
    connected,
    context_for,
    get,
    https_port,
    issued,
    read_answer,
    secure,
    secure_with_any_key,
)
from support.resp import Error

pytestmark = pytest.mark.beyond_redis


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
