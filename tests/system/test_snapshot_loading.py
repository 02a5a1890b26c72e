# SPDX-License-Identifier: BSD-3-Clause
"""While a large file is loaded at the start, clients get answers: most of them that they have to wait."""

import re
import signal

import pytest
import requests

from support import ports, wait
from support.resp import Connection, Error
from support.server import Server

GUESSES_AT_ONCE = 100  # include/access/guess_budget.h
LOADING = Error("LOADING Redis is loading the dataset in memory")


@pytest.fixture(scope="module")
def large_file(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("large"), {"enable-debug-command": "yes"}).start()
    with server.connect() as connection:
        assert connection("DEBUG", "POPULATE", 1_000_000, "session", 100) == "OK"
        assert connection("SAVE") == "OK"
    server.finish()
    return server.directory / "dump.rdb"


@pytest.fixture
def loading(launch, large_file):
    """A server that has begun to load, and a connection that was told so."""
    server = launch({"dir": large_file.parent}, started=False)
    server.spawn()

    def connected():
        try:
            return server.connect()
        except OSError:
            return None

    connection = wait.until(connected, 20, "a connection")
    yield server, connection
    connection.close()


def test_clients_are_told_to_wait_and_how_long(loading):
    server, connection = loading
    assert connection("GET", "session:1") == LOADING
    assert connection("PING") == LOADING
    text = connection("INFO", "persistence").decode()
    assert "loading:1\r\n" in text
    fields = dict(re.findall(r"^(loading_\w+):(.*)\r$", text, re.M))
    assert set(fields) == {
        "loading_start_time",
        "loading_total_bytes",
        "loading_rdb_used_mem",
        "loading_loaded_bytes",
        "loading_loaded_perc",
        "loading_eta_seconds",
    }
    assert 0 < int(fields["loading_loaded_bytes"]) < int(fields["loading_total_bytes"])
    assert 0 < float(fields["loading_loaded_perc"]) < 100
    assert int(fields["loading_rdb_used_mem"]) > 100_000_000
    server.wait_for_log("Ready to accept connections")
    assert connection("PING") == "PONG"
    assert connection("DBSIZE") == 1_000_000
    text = connection("INFO", "persistence").decode()
    assert "loading:0\r\n" in text and "loading_start_time" not in text


def test_a_shutdown_is_obeyed_and_saves_nothing(loading, large_file):
    server, connection = loading
    before = large_file.stat()
    assert connection("DEBUG", "RELOAD").startswith("ERR")
    connection.send_command("SHUTDOWN", "SAVE")
    assert server.wait_exit() == 0
    assert large_file.stat().st_ino == before.st_ino
    assert "Ready to accept" not in server.log()


def test_a_signal_ends_it_at_once(loading, large_file):
    server, _ = loading
    before = large_file.stat()
    server.process.send_signal(signal.SIGTERM)
    assert server.wait_exit() == 0
    assert large_file.stat().st_ino == before.st_ino


@pytest.mark.beyond_redis
def test_metrics_are_told(launch, large_file):
    port = ports.reserve()
    server = launch({"dir": large_file.parent, "http-port": port}, started=False)
    server.spawn()

    def answered():
        try:
            return requests.get(f"http://127.0.0.1:{port}/metrics", timeout=20)
        except requests.ConnectionError:
            return None

    text = wait.until(answered, 20, "metrics").text
    ports.release(port)
    assert "\nsessiond_loading 1\n" in text


def test_passwords_are_tried_though_many_were_wrong(launch, large_file):
    server = launch({"dir": large_file.parent, "requirepass": "secret"}, started=False)
    server.spawn()

    def connected():
        try:
            return Connection(server.port)
        except OSError:
            return None

    with wait.until(connected, 20, "a connection") as connection:
        guesses = [("AUTH", "wrong")] * (GUESSES_AT_ONCE + 20)
        assert all(reply.startswith("WRONGPASS") for reply in connection.pipeline(guesses))
        assert connection("AUTH", "secret") == "OK"
        assert "loading:1\r\n" in connection("INFO", "persistence").decode()
