# SPDX-License-Identifier: BSD-3-Clause
"""Monitoring by HTTP: what is answered, and what doesn't get through."""

import contextlib
import json
import os
import re
import socket
import stat
import subprocess
import time

import pytest
import requests

from support import ports, wait
from support.resp import Error
from support.server import ROOT

pytestmark = pytest.mark.beyond_redis


@pytest.fixture
def http_port():
    port = ports.reserve()
    yield port
    ports.release(port)


@pytest.fixture
def monitored(launch, http_port):
    """A server with the listener on; `url` is where it is."""
    server = launch({"http-port": http_port})
    server.url_of_page = f"http://127.0.0.1:{http_port}"
    server.http_port = http_port
    return server


def get(server, path, **options):
    return requests.get(server.url_of_page + path, timeout=20, **options)


def raw(port, request, seconds=20.0):
    """Sends bytes, and returns all that comes back until the other side ends, or falls silent after an answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds * wait.FACTOR) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        try:
            while piece := connection.recv(65536):
                answer += piece
        except ConnectionResetError:
            pass
        return answer


# What is answered.


def test_it_is_off_unless_configured(launch, connect):
    server = launch()
    assert connect(server)("CONFIG", "GET", "http-port") == [b"http-port", b"0"]
    listening = subprocess.run(["ss", "-Hltnp"], capture_output=True, text=True, check=True).stdout
    assert len(re.findall(rf"pid={server.process.pid},", listening)) == 1


def test_our_configuration_has_it_on():
    text = (ROOT / "conf/sessiond.conf").read_text()
    assert "\nhttp-port 8379\n" in text


def test_health_and_readiness(monitored):
    health = get(monitored, "/health")
    assert (health.status_code, health.json()["status"]) == (200, "alive")
    for path in ("/ready", "/health/primary"):
        ready = get(monitored, path)
        assert ready.status_code == 200
        shown = ready.json()
        assert shown["status"] == "ready" and shown["multi_worker_support"] is True
        assert shown["checks"] and all(value is True for value in shown["checks"].values())
        assert shown["reasons"] == []
    assert get(monitored, "/health/replica").status_code == 503


def test_a_failed_snapshot_is_seen_and_its_recovery_too(monitored, connect):
    client = connect(monitored)
    client("SET", "k", "v")
    (monitored.directory / "dump.rdb").mkdir()
    (monitored.directory / "dump.rdb" / "in-the-way").touch()
    client("BGSAVE")
    wait.until(lambda: get(monitored, "/ready").status_code == 503, what="readiness to see the failure")
    shown = get(monitored, "/ready").json()
    assert shown["status"] == "not ready" and shown["checks"]["storage"] is False
    assert "snapshot" in shown["reasons"][0]
    assert get(monitored, "/health").status_code == 200
    (monitored.directory / "dump.rdb" / "in-the-way").unlink()
    (monitored.directory / "dump.rdb").rmdir()
    client("BGSAVE")
    wait.until(lambda: get(monitored, "/ready").status_code == 200, what="readiness to come back")


def test_exhausted_memory_is_seen(monitored, connect):
    client = connect(monitored)
    client("SET", "k", b"x" * 4000000)
    client("CONFIG", "SET", "maxmemory", "3mb")
    wait.until(lambda: get(monitored, "/ready").status_code == 503, what="readiness to see it")
    assert get(monitored, "/ready").json()["checks"]["memory"] is False
    client("DEL", "k")
    wait.until(lambda: get(monitored, "/ready").status_code == 200, what="readiness to come back")


def test_the_applications_status(monitored, connect):
    client = connect(monitored)
    for i in range(10):
        client("SETEX", f"chatmrpt:{i:032x}", "100", "v")
    shown = get(monitored, "/api/session/redis-status").json()
    assert shown["connected"] is True
    assert shown["version"] == "7.2.6"
    assert re.fullmatch(r"[0-9.]+[KMG]", shown["used_memory"])
    assert shown["connected_clients"] == 1
    assert shown["db_keys"] == 10
    assert shown["session_type"] == "redis"
    assert shown["session_prefix"] == "chatmrpt:"


def test_live_figures_move(monitored, connect):
    client = connect(monitored)
    client("SETEX", "chatmrpt:" + "0123456789abcdef" * 2, "100", "v")
    client("GET", "nosuch")

    def answer():
        shown = get(monitored, "/api/live").json()
        return shown if any(row[shown["columns"].index("misses")] > 0 for row in shown["samples"]) else None

    shown = wait.until(answer, what="a sample with the miss")
    assert shown["sessions"][0]["prefix"] == "chatmrpt:"
    assert shown["sessions"][0]["keys"] == 1
    assert shown["health"]["is_ready"] is True
    later = get(monitored, f"/api/live?since={shown['next']}").json()
    assert len(later["samples"]) <= 2


def test_head_has_the_header_alone(monitored):
    for path in ("/", "/health", "/ready", "/metrics", "/api/live", "/nosuch"):
        whole = get(monitored, path)
        head = requests.head(monitored.url_of_page + path, timeout=20)
        assert head.status_code == whole.status_code
        assert head.content == b""
        assert int(head.headers["Content-Length"]) > 0
        assert head.headers["Content-Type"] == whole.headers["Content-Type"]


def test_curl_understands_it(monitored):
    shown = subprocess.run(
        ["curl", "-sS", "-f", "--max-time", "20", monitored.url_of_page + "/ready"], capture_output=True, text=True, check=True
    )
    assert json.loads(shown.stdout)["status"] == "ready"
    assert shown.stdout.endswith("\n")


def test_every_answer_keeps_others_out(monitored):
    for path in ("/", "/page.js", "/chart.js", "/licences", "/health", "/metrics", "/api/live", "/nosuch"):
        headers = get(monitored, path, headers={"Origin": "https://evil.example"}).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert not [name for name in headers if name.lower().startswith("access-control")]


def test_the_page_names_nobody_else(monitored):
    for path in ("/", "/page.css", "/page.js"):
        assert not re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]+/", get(monitored, path).text), path


# Who may ask.


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "NOSUCH"])
def test_only_get_and_head(monitored, method):
    answer = requests.request(method, monitored.url_of_page + "/health", data="x", timeout=20)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD"


def test_a_request_names_its_host_once(monitored):
    for headers in (b"", b"Host: localhost\r\nHost: localhost\r\n"):
        answer = raw(monitored.http_port, b"GET /health HTTP/1.1\r\n" + headers + b"Connection: close\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 400 ")
    # Before 1.1 there was no such header: probes of load balancers still do without.
    assert raw(monitored.http_port, b"GET /health HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.0 200 ")


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil.example", "", "x"])
def test_a_name_that_is_not_ours_is_refused(monitored, host):
    for path in ("/", "/metrics", "/api/live", "/health"):
        answer = raw(monitored.http_port, f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        assert answer.startswith((b"HTTP/1.1 421 ", b"HTTP/1.1 400 ")), answer[:100]


def test_a_whole_address_in_the_request_line_does_not_help(monitored):
    answer = raw(
        monitored.http_port, b"GET http://127.0.0.1/health HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 421 ")


def test_names_may_be_configured(monitored, connect):
    answer = get(monitored, "/health", headers={"Host": "sessions.example:8379"})
    assert answer.status_code == 421
    connect(monitored)("CONFIG", "SET", "http-hosts", "sessions.example other.example")
    assert get(monitored, "/health", headers={"Host": "sessions.example:8379"}).status_code == 200


def test_a_token_is_asked_for(launch, http_port):
    server = launch({"http-port": http_port, "http-token": "correct-horse"})
    url = f"http://127.0.0.1:{http_port}"
    for path in ("/metrics", "/api/live", "/api/session/redis-status"):
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic correct-horse"}):
            answer = requests.get(url + path, headers=headers, timeout=20)
            assert answer.status_code == 401
            assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert requests.get(url + path, headers={"Authorization": "Bearer correct-horse"}, timeout=20).status_code == 200
    for path in ("/", "/health", "/ready"):
        assert requests.get(url + path, timeout=20).status_code == 200
    assert "correct-horse" not in server.log()


def test_tokens_are_not_guessed_fast(launch, http_port):
    """Wrong ones are answered as often as anything else: a hundred times a second over all connections."""
    launch({"http-port": http_port, "http-token": "correct-horse"})
    stop = time.monotonic() + 2
    refused = 0
    with socket.create_connection(("127.0.0.1", http_port), timeout=0.5) as guesser:
        while time.monotonic() < stop:
            guesser.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer guess\r\n\r\n" * 10)
            with contextlib.suppress(TimeoutError):
                refused += guesser.recv(1 << 16).count(b"HTTP/1.1 401")
    assert 0 < refused < 1000


# Where it listens.


def test_it_listens_where_it_is_told_to_now(monitored, connect):
    client = connect(monitored)
    other = ports.reserve()
    try:
        assert client("CONFIG", "SET", "http-port", str(other)) == "OK"
        assert requests.get(f"http://127.0.0.1:{other}/health", timeout=20).status_code == 200
        with pytest.raises(requests.ConnectionError):
            get(monitored, "/health")
        assert client("CONFIG", "SET", "http-port", "0") == "OK"
        with pytest.raises(requests.ConnectionError):
            requests.get(f"http://127.0.0.1:{other}/health", timeout=20)
    finally:
        ports.release(other)


def test_a_port_that_is_taken_is_refused_and_the_old_one_stays(monitored, connect):
    client = connect(monitored)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        reply = client("CONFIG", "SET", "http-port", str(taken.getsockname()[1]))
        assert isinstance(reply, Error) and "Unable to listen" in reply
    assert get(monitored, "/health").status_code == 200
    assert client("CONFIG", "GET", "http-port") == [b"http-port", str(monitored.http_port).encode()]


def test_a_port_that_is_taken_ends_the_start(launch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        server = launch({"http-port": taken.getsockname()[1]}, started=False).spawn()
        assert server.wait_exit() == 1
        assert "(http), aborting" in server.log()


def test_a_unix_socket(launch, tmp_path):
    path = tmp_path / "http.sock"
    server = launch({"http-unixsocket": path, "http-unixsocketperm": "700"})
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o700
    shown = subprocess.run(
        ["curl", "-sS", "-f", "--max-time", "20", "--unix-socket", path, "http://localhost/ready"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(shown.stdout)["status"] == "ready"
    server.stop()
    assert not path.exists()


# What doesn't get through.

GARBAGE = [
    b"\r\n\r\n",
    b"\0" * 100 + b"\r\n\r\n",
    b"*1\r\n$4\r\nPING\r\n",
    b"GET\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET  HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost\r\n\r\n",
    b"GET / HTTP/1.1\r\n: x\r\n\r\n",
    b"GET /%zz%00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzzzz\r\n",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xaa" * 200,
]


@pytest.mark.parametrize("request_bytes", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_gets_nothing(monitored, request_bytes):
    answer = raw(monitored.http_port, request_bytes)
    assert b" 200 " not in answer.split(b"\r\n")[0]
    assert get(monitored, "/health").status_code == 200


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /" + b"x" * 100000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 100000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: x\r\n" * 20000 + b"\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100000,
    ],
    ids=["path", "header", "headers", "body"],
)
def test_oversized_requests_are_cut_off(monitored, request_bytes):
    try:
        answer = raw(monitored.http_port, request_bytes)
        assert b" 200 " not in answer.split(b"\r\n")[0]
    except (BrokenPipeError, ConnectionResetError):
        pass
    assert get(monitored, "/health").status_code == 200


def test_requests_may_be_sent_ahead(monitored):
    one = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    last = b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", monitored.http_port), timeout=20) as connection:
        connection.sendall(one * 19 + last)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    assert answer.count(b"HTTP/1.1 200 OK") == 20
    assert answer.count(b'"status":"alive"') == 20


def test_a_slow_sender_is_cut_off(monitored):
    """Whatever trickles in: the time for a whole request is ten seconds."""
    with socket.create_connection(("127.0.0.1", monitored.http_port), timeout=1) as connection:
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


def test_no_two_prefixes_have_one_name(monitored, connect):
    """Neither in /metrics, where that would be one series twice, nor elsewhere."""
    client = connect(monitored)
    prefixes = [b"\xff:", b"\\xff:", b"\\\\xff:", b"\\\xff:", b"a=:", b"a,:", b"a_:", b"a\\x2c:", b"\xc3\xbf:", b'a":', b"a\n:"]
    for prefix in prefixes:
        client("SETEX", prefix + b"0123456789abcdef" * 2, "100", "v")
    lines = get(monitored, "/metrics").text.split("\n")
    series = [line.rsplit(" ", 1)[0] for line in lines if line.startswith("sessiond_session_keys{")]
    assert len(set(series)) == len(series) >= len(prefixes)
    names = [each["prefix"] for each in get(monitored, "/api/live").json()["sessions"]]
    assert len(set(names)) == len(names) >= 8
    assert "\\xff:" in names and "\\\\xff:" in names
    shown = [line.split(b",keys=")[0].split(b"=", 1)[1] for line in client("INFO", "sessions").split(b"\r\n") if b":prefix=" in line]
    assert len(set(shown)) == len(shown) >= len(prefixes)


# Whoever only stopped sending gets all of every answer.


def answer_parts(answer):
    """(header, body) of each answer, whole by its announced length."""
    while answer:
        header, rest = answer.split(b"\r\n\r\n", 1)
        length = int(re.search(rb"Content-Length: (\d+)", header)[1])
        assert len(rest) >= length, f"{len(rest)} bytes of the {length} announced"
        yield header, rest[:length]
        answer = rest[length:]


def fill_with_prefixes(client):
    """An answer of /metrics that goes out in several pieces."""
    for i in range(250):
        client("SETEX", f"application{i}:" + "0123456789abcdef" * 2, "100", "v")


@pytest.mark.parametrize("last", [b"Connection: close\r\n", b""])
def test_a_half_closed_client_gets_all_of_its_answer(monitored, connect, last):
    fill_with_prefixes(connect(monitored))
    for _ in range(10):
        answer = raw(monitored.http_port, b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n" + last + b"\r\n")
        ((header, body),) = answer_parts(answer)
        assert header.startswith(b"HTTP/1.1 200 ") and len(body) > 40000


def test_a_half_closed_client_gets_all_answers_it_asked_for(monitored, connect):
    fill_with_prefixes(connect(monitored))
    paths = ["metrics", "chart.js", "health", "metrics", "api/live", "nosuch", "metrics"]
    answer = raw(monitored.http_port, b"".join(b"GET /%s HTTP/1.1\r\nHost: localhost\r\n\r\n" % path.encode() for path in paths))
    assert len(list(answer_parts(answer))) == len(paths)


def test_a_half_closed_client_that_reads_slowly_gets_all(monitored, connect):
    fill_with_prefixes(connect(monitored))
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        connection.settimeout(20 * wait.FACTOR)
        connection.connect(("127.0.0.1", monitored.http_port))
        connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := connection.recv(4096):
            answer += piece
            time.sleep(0.001)
    assert len(list(answer_parts(answer))) == 1


# Places.


def is_open(connection):
    connection.settimeout(0.01)
    try:
        return connection.recv(1) != b""
    except TimeoutError:
        return True
    except OSError:
        return False


@pytest.mark.parametrize("words", [b"", b"GET /hea", b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: "], ids=["silent", "line", "header"])
def test_strangers_keep_no_places(monitored, connect, words):
    """However many there are; and who speaks Redis notices nothing."""
    strangers = []
    try:
        for _ in range(100):
            strangers.append(socket.create_connection(("127.0.0.1", monitored.http_port), timeout=20 * wait.FACTOR))
            strangers[-1].sendall(words)
        begin = time.monotonic()
        for _ in range(5):
            assert get(monitored, "/health").status_code == 200
        assert time.monotonic() - begin < 3 * wait.FACTOR
        assert connect(monitored)("PING") == "PONG"
        assert monitored.descriptor_count() < 80
    finally:
        for connection in strangers:
            connection.close()


def test_who_is_idle_for_longest_gives_way(monitored):
    others = []
    ask = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    try:
        for _ in range(28):
            others.append(socket.create_connection(("127.0.0.1", monitored.http_port), timeout=20))
            others[-1].sendall(ask)
            assert b"alive" in others[-1].recv(65536)
        others[0].sendall(ask)
        assert b"alive" in others[0].recv(65536)
        for _ in range(8):
            others.append(socket.create_connection(("127.0.0.1", monitored.http_port), timeout=20))
            others[-1].sendall(ask)
            assert b"alive" in others[-1].recv(65536)
        assert is_open(others[0]) and not is_open(others[1])
        assert all(is_open(each) for each in others[8:])
    finally:
        for connection in others:
            connection.close()


def test_who_goes_without_reading_leaves_nothing(monitored):
    before = monitored.descriptor_count()
    for _ in range(200):
        with socket.create_connection(("127.0.0.1", monitored.http_port), timeout=20) as connection:
            connection.sendall(b"GET /chart.js HTTP/1.1\r\nHost: localhost\r\n\r\n")
    wait.until(lambda: monitored.descriptor_count() <= before, what="the connections to be forgotten")


def test_a_flood_is_held_back(monitored):
    """No more than a hundred answers a second in the long run, however many ask."""
    one = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    count = 400
    begin = time.monotonic()
    with socket.create_connection(("127.0.0.1", monitored.http_port), timeout=30 * wait.FACTOR) as connection:
        connection.sendall(one * count)
        answer = b""
        while answer.count(b'"status":"alive"') < count:
            piece = connection.recv(65536)
            assert piece, "the connection ended"
            answer += piece
    assert time.monotonic() - begin > 3


def test_the_server_ends_while_somebody_is_connected(monitored):
    with socket.create_connection(("127.0.0.1", monitored.http_port), timeout=20) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n")
        get(monitored, "/health")
        monitored.stop()
        assert connection.recv(1) == b""
