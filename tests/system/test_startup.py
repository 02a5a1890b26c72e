# SPDX-License-Identifier: BSD-3-Clause
"""How the server starts, what it says meanwhile, and how it ends."""

import re
import signal
import subprocess

import pytest

from support import wait
from support.resp import Closed, encode
from support.server import SESSIOND

LOG_LINE = re.compile(r"^\d+:[A-Z] \d\d [A-Z][a-z][a-z] \d{4} \d\d:\d\d:\d\d\.\d{3} [.\-*#] ")


def test_log_lines_have_redis_format_and_tell_when_it_is_ready(launch):
    server = launch()
    log = server.log()
    assert "Server initialized" in log
    assert log.index("Server initialized") < log.index("Ready to accept connections")
    lines = [line for line in log.splitlines() if "Ready to accept" in line or "Server initialized" in line]
    for line in lines:
        assert LOG_LINE.match(line), line
        assert line.startswith(f"{server.process.pid}:"), line


@pytest.mark.beyond_redis
def test_process_id_is_logged_before_server_initialized(launch):
    server = launch()
    log = server.log()
    assert log.index(f"PID: {server.process.pid}") < log.index("Server initialized")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT], ids=lambda how: how.name)
def test_a_signal_ends_it_gracefully_with_clients_connected(launch, connect, how):
    server = launch()
    clients = [connect(server) for _ in range(20)]
    clients[0].send_command("SUBSCRIBE", "channel")
    clients[0].read()
    clients[1].send(b"*2\r\n$4\r\nECHO\r\n$10\r\nhalf")  # a request under way
    assert clients[2]("SET", "key", "value") == "OK"
    server.stop(how)
    for client in clients:
        assert client.is_closed()


@pytest.mark.parametrize("arguments", [(), ("NOSAVE",), ("NOSAVE", "NOW", "FORCE")], ids="-".join)
def test_shutdown_closes_the_connection_and_exits_0(launch, connect, arguments):
    server = launch()
    client = connect(server)
    client.send_command("SHUTDOWN", *arguments)
    with pytest.raises((Closed, ConnectionResetError)):
        client.read()
    assert server.wait_exit() == 0


def test_wrong_shutdown_arguments_do_not_end_it(client):
    assert client("SHUTDOWN", "PERHAPS") == "ERR syntax error"
    assert client("SHUTDOWN", "SAVE", "NOSAVE") == "ERR syntax error"
    assert client("SHUTDOWN", "ABORT") == "ERR No shutdown in progress."
    assert client("PING") == "PONG"


def test_an_occupied_port_is_reported_and_ends_it(server, launch):
    second = launch({"port": server.port}, started=False).spawn()
    assert second.wait_exit() == 1
    assert "Failed listening on port" in second.log()


def test_command_line_options_override_the_file(launch, connect):
    server = launch({"maxclients": 100, "requirepass": "of-the-file"}, ["--requirepass", "of-the-line", "--maxclients", "50"])
    client = connect(server)
    assert client("AUTH", "of-the-file").startswith("WRONGPASS")
    assert client("AUTH", "of-the-line") == "OK"
    assert client("CONFIG", "GET", "maxclients") == [b"maxclients", b"50"]


def test_a_broken_configuration_is_refused_with_its_line(launch):
    server = launch({"maxclients": "many"}, started=False).spawn()
    assert server.wait_exit() == 1
    assert "maxclients" in server.log()
    unknown = launch({"no-such-directive": "1"}, started=False).spawn()
    assert unknown.wait_exit() == 1
    assert "no-such-directive" in unknown.log()


def test_a_missing_configuration_file_is_refused(tmp_path):
    gone = tmp_path / "gone.conf"
    result = subprocess.run([SESSIOND, str(gone)], capture_output=True, text=True, timeout=20, check=False)
    assert result.returncode == 1
    assert str(gone) in result.stdout + result.stderr


def test_version_and_help_are_shown():
    for option in ("--version", "-v"):
        shown = subprocess.run([SESSIOND, option], capture_output=True, text=True, timeout=20, check=True)
        assert re.search(r"v=\d+\.\d+", shown.stdout)
    shown = subprocess.run([SESSIOND, "--help"], capture_output=True, text=True, timeout=20, check=False)
    assert "Usage" in shown.stdout + shown.stderr


def test_log_goes_to_the_configured_file(launch, tmp_path):
    path = tmp_path / "server.log"
    server = launch({"logfile": path}, started=False).spawn()
    wait.until(lambda: path.exists() and "Ready to accept connections" in path.read_text(), what="the line in the log file")
    server.stop()
    assert "Ready to accept connections" not in server.log()


def test_a_relative_log_file_lies_in_the_directory(launch, tmp_path):
    (tmp_path / "data").mkdir()
    launch({"dir": tmp_path / "data", "logfile": "own.log"}, started=False).spawn()
    path = tmp_path / "data/own.log"
    wait.until(lambda: path.exists() and "Ready to accept connections" in path.read_text(), what="the line in the log file")


@pytest.mark.parametrize("directive", ["dir", "logfile"])
def test_a_place_that_is_not_there_is_refused(launch, tmp_path, directive):
    server = launch({directive: tmp_path / "missing/log"}, started=False).spawn()
    assert server.wait_exit() == 1
    assert "No such file or directory" in server.log()


def test_log_level_silences_notices(launch):
    server = launch({"loglevel": "warning"}, started=False).spawn()
    with wait.until(lambda: _connected(server), what="a connection") as client:
        assert client("PING") == "PONG"
    server.stop()
    assert "Ready to accept connections" not in server.log()


def _connected(server):
    try:
        return server.connect()
    except ConnectionRefusedError:
        return None


def test_it_starts_again_at_once_on_the_same_port_after_kill_9(launch, connect):
    server = launch()
    clients = [connect(server) for _ in range(20)]
    for client in clients:
        client.send(encode("PING"))
    server.kill()
    server.start()
    assert connect(server)("DBSIZE") == 0
