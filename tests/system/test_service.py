# SPDX-License-Identifier: BSD-3-Clause
"""The server under a service manager: sockets that are passed to it, and signs of life."""

import contextlib
import os
import pathlib
import signal
import socket
import ssl
import subprocess
import threading
import time

import pytest

from support import certificates, wait
from support.resp import Connection, encode
from support.server import SESSIOND

pytestmark = pytest.mark.beyond_redis


class Manager:
    """Does what systemd does for a service with a socket unit: holds the listening sockets, and starts the server with them."""

    def __init__(self, directory):
        self.directory = directory
        self.sockets = []
        self.process = None

    def listen(self, family, address):
        listener = socket.socket(family)
        listener.bind(address)
        listener.listen(511)
        self.sockets.append(listener)
        return listener.getsockname()

    def start(self, *arguments):
        # The descriptors are moved to 3 and up, and LISTEN_PID is that of the server, by the shell that becomes it.
        moves = " ".join(f"{3 + i}<&{listener.fileno()}" for i, listener in enumerate(self.sockets))
        script = f'exec env LISTEN_PID=$$ LISTEN_FDS={len(self.sockets)} "$0" "$@" {moves}'
        for listener in self.sockets:
            assert listener.fileno() > 9, "would be overwritten by the moves"
            listener.set_inheritable(True)
        self.log = open(self.directory / "log", "ab")
        position = self.log.tell()
        self.process = subprocess.Popen(
            ["bash", "-c", script, SESSIOND, "--save", "", "--dir", str(self.directory), *arguments],
            stdout=self.log,
            stderr=subprocess.STDOUT,
            close_fds=False,
        )
        wait.until(lambda: self.lines(position).count("Ready to accept") >= len(self.sockets), what=lambda: self.lines(position))

    def lines(self, position=0):
        return (self.directory / "log").read_text()[position:]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(20 * wait.FACTOR) == 0

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for listener in self.sockets:
            listener.close()


@pytest.fixture
def manager(tmp_path):
    # Low descriptors are taken, so that those of the sockets are out of the way of the moves.
    with contextlib.ExitStack() as stack:
        for _ in range(10):
            stack.callback(os.close, os.open("/dev/null", os.O_RDONLY))
        made = Manager(tmp_path)
        stack.callback(made.close)
        yield made


def _ask(family, address, *words):
    with socket.socket(family) as client:
        client.settimeout(20)
        client.connect(address)
        client.sendall(encode(*words))
        return client.recv(65536)


def test_sockets_of_the_manager_are_used_instead_of_the_configured_ones(manager, tmp_path):
    tcp = manager.listen(socket.AF_INET, ("127.0.0.1", 0))
    unix = manager.listen(socket.AF_UNIX, str(tmp_path / "socket"))
    manager.start("--port", "1", "--bind", "192.0.2.1")  # which nobody could listen on
    assert _ask(socket.AF_INET, tcp, "PING") == b"+PONG\r\n"
    assert _ask(socket.AF_UNIX, unix, "PING") == b"+PONG\r\n"
    manager.stop()
    assert pathlib.Path(unix).exists()  # the manager's, who goes on listening


def test_the_address_is_not_the_servers_to_change(manager):
    tcp = manager.listen(socket.AF_INET, ("127.0.0.1", 0))
    manager.start()
    assert _ask(socket.AF_INET, tcp, "CONFIG", "SET", "port", "1").startswith(b"-ERR CONFIG SET failed")
    assert _ask(socket.AF_INET, tcp, "PING") == b"+PONG\r\n"
    assert "Change its socket unit" in manager.lines()


def test_tls_is_spoken_on_the_socket_of_its_port(manager, tmp_path):
    _, port = manager.listen(socket.AF_INET, ("127.0.0.1", 0))
    _, tls_port = manager.listen(socket.AF_INET, ("127.0.0.1", 0))
    options = certificates.tls_options(tmp_path / "certificates", tls_port)
    manager.start("--port", str(port), *[word for name, value in options.items() for word in (f"--{name}", str(value))])
    context = ssl.create_default_context(cafile=options["tls-ca-cert-file"])
    with Connection(port) as plain, Connection(tls_port, tls=context) as secure:
        assert plain("PING") == secure("PING") == "PONG"
    assert "Ready to accept connections tls on a socket of the service manager" in manager.lines()
    manager.stop()


def test_what_is_no_socket_ends_it(tmp_path):
    script = 'exec env LISTEN_PID=$$ LISTEN_FDS=1 "$0" 3</dev/null'
    result = subprocess.run(["bash", "-c", script, SESSIOND], cwd=tmp_path, capture_output=True, text=True, timeout=20, check=False)
    assert result.returncode == 1
    assert "descriptor 3 is no bound stream socket" in result.stdout


def test_nobody_is_refused_over_a_restart(manager):
    address = manager.listen(socket.AF_INET, ("127.0.0.1", 0))
    manager.start()
    failures, answered, over = [], [], threading.Event()

    def keep_connecting():
        while not over.is_set():
            try:
                # Who was let in by the old server just before its end may be closed, but nobody is refused.
                answered.append(_ask(socket.AF_INET, address, "PING"))
            except ConnectionRefusedError as error:
                failures.append(error)
            except ConnectionResetError:
                answered.append(b"")

    threads = [threading.Thread(target=keep_connecting) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        before = len(answered)
        wait.until(lambda: len(answered) > before + 20)
        manager.stop()
        time.sleep(0.2)  # a slow restart: connections pile up at the manager's socket
        manager.start()
    over.set()
    for thread in threads:
        thread.join(20)
    assert not failures
    assert answered.count(b"+PONG\r\n") > len(answered) * 0.9


# ---- signs of life ----


def test_a_long_save_shows_signs_of_life_and_asks_for_time(launch, connect, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(tmp_path / "notify"))
        receiver.settimeout(20)
        server = launch({"supervised": "systemd"}, environment={"NOTIFY_SOCKET": str(tmp_path / "notify")})
        client = connect(server)
        for i in range(100):
            client("SET", f"key:{i}", "x" * 1000)
        assert client("SAVE") == "OK"
        seen = ""
        while "EXTEND_TIMEOUT_USEC" not in seen:
            seen = receiver.recv(4096).decode()
        assert "WATCHDOG=1" in seen


def test_a_notify_socket_that_cannot_be_used_is_warned_of(launch, tmp_path):
    missing = tmp_path / "missing"
    server = launch({"supervised": "systemd"}, environment={"NOTIFY_SOCKET": str(missing)})
    assert f"NOTIFY_SOCKET {missing} can't be used: No such file or directory" in server.log()


def test_a_missing_notify_socket_is_warned_of(launch):
    assert "systemd supervision requested, but NOTIFY_SOCKET not found!" in launch({"supervised": "systemd"}).log()


def test_a_notify_socket_that_goes_away_is_warned_of_once(launch, tmp_path):
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(path))
        server = launch({"supervised": "systemd"}, environment={"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "100000"})
    path.unlink()
    server.wait_for_log(f"NOTIFY_SOCKET {path} can't be used: ")
    time.sleep(0.3)  # more signs of life, which fail as well
    server.stop()
    assert server.log().count("can't be used") == 1
