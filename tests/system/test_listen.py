# SPDX-License-Identifier: BSD-3-Clause
"""Where the server listens: addresses, IPv6, the unix socket and its permissions."""

import os
import socket
import stat
import subprocess
import sys
import threading

import pytest

from support import wait
from support.server import SESSIOND, Server

# A documentation address, which no machine has.
ELSEWHERE = "192.0.2.77"


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="no IPv6 here")


def refuses(server, host):
    try:
        server.connect(host=host).close()
    except ConnectionRefusedError:
        return True
    return False


def test_it_listens_on_every_address_bound_and_no_other(launch, connect):
    server = launch({"bind": "127.0.0.1 127.0.0.3"})
    for host in ("127.0.0.1", "127.0.0.3"):
        assert connect(server, host=host)("PING") == "PONG"
    assert refuses(server, "127.0.0.2")


@needs_ipv6
def test_it_listens_on_ipv6(launch, connect):
    server = launch({"bind": "127.0.0.1 ::1"})
    for host in ("127.0.0.1", "::1"):
        assert connect(server, host=host)("PING") == "PONG"
    assert b"addr=[::1]:" in connect(server, host="::1")("CLIENT", "INFO")


def test_an_optional_address_may_be_missing(launch, connect):
    server = launch({"bind": f"127.0.0.1 -{ELSEWHERE} -::1"})
    assert connect(server)("PING") == "PONG"


def test_a_required_address_must_be_there(launch):
    server = launch({"bind": f"127.0.0.1 {ELSEWHERE}"}, started=False).spawn()
    assert server.wait_exit() == 1
    assert "Failed listening on port" in server.log()
    assert ELSEWHERE in server.log()


@pytest.mark.parametrize("permissions", ["700", "770", "777", "600"])
def test_the_unix_socket_has_the_permissions_asked_for(launch, tmp_path, connect, permissions):
    path = tmp_path / "s"
    server = launch({"unixsocket": path, "unixsocketperm": permissions})
    assert stat.S_IMODE(os.stat(path).st_mode) == int(permissions, 8)
    client = connect(server, path=path)
    assert client("PING") == "PONG"
    assert f"addr={path}:0".encode() in client("CLIENT", "INFO")
    assert connect(server)("PING") == "PONG"
    server.stop()
    assert not path.exists()


@pytest.mark.beyond_redis
def test_the_unix_socket_is_never_wider_than_asked_for(tmp_path):
    path = tmp_path / "s"
    server = Server(tmp_path / "server", {"unixsocket": path, "unixsocketperm": "700"})
    seen = set()
    done = threading.Event()

    def watch():
        while not done.is_set():
            try:
                seen.add(stat.S_IMODE(os.stat(path).st_mode))
            except FileNotFoundError:
                pass

    watcher = threading.Thread(target=watch)
    watcher.start()
    mask = os.umask(0)
    try:
        server.start()
        wait.until(lambda: 0o700 in seen, what="the watcher to see the socket")
    finally:
        os.umask(mask)
        done.set()
        watcher.join()
        server.finish()
    assert not [oct(mode) for mode in seen if mode & 0o077]


def test_a_stale_unix_socket_is_replaced(launch, tmp_path, connect):
    path = tmp_path / "s"
    server = launch({"unixsocket": path})
    server.kill()
    assert path.exists()
    server.start()
    assert connect(server, path=path)("PING") == "PONG"


def test_port_0_listens_on_the_unix_socket_alone(launch, tmp_path, connect):
    path = tmp_path / "s"
    server = launch({"unixsocket": path, "port": 0}, started=False).spawn()
    wait.until(path.exists, what="the socket")
    server.wait_for_log("eady to accept connections")
    assert connect(server, path=path)("CONFIG", "GET", "port") == [b"port", b"0"]


# Runs in a network namespace of its own, where the loopback interface also has an address that is not a loopback one.
PROTECTED_MODE = """
import pathlib, subprocess, sys
sys.path.insert(0, sys.argv[1])
import ssl
from support import certificates
from support.resp import Connection
from support.server import Server
subprocess.run("ip link set lo up && ip address add 192.0.2.1/32 dev lo", shell=True, check=True)
tls = certificates.tls_options(sys.argv[2] + "/certificates", 7001)
server = Server(sys.argv[2], {"bind": "0.0.0.0", "port": 7000} | tls).start()
try:
    outside = server.connect(host="192.0.2.1", source="192.0.2.1")
    refusal = outside.read_to_end()
    print("outside:", refusal.decode())
    context = ssl.create_default_context(cafile=tls["tls-ca-cert-file"])
    outside = Connection(7001, host="192.0.2.1", source="192.0.2.1", tls=context)
    assert outside.read_to_end() == refusal
    assert Connection(7001, tls=context)("PING") == "PONG"
    inside = server.connect(host="127.0.0.1")
    print("inside:", inside("PING"))
    print("no:", inside("CONFIG", "SET", "protected-mode", "no"))
    print("then:", server.connect(host="192.0.2.1", source="192.0.2.1")("PING"))
    print("yes:", inside("CONFIG", "SET", "protected-mode", "yes"), inside("CONFIG", "SET", "requirepass", "secret"))
    print("password:", server.connect(host="192.0.2.1", source="192.0.2.1")("AUTH", "secret"))
finally:
    server.finish()
"""


def namespace_command():
    command = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--net", "--map-root-user"]
    try:
        works = subprocess.run([*command, "ip", "link", "set", "lo", "up"], capture_output=True, timeout=20, check=False)
    except FileNotFoundError:
        return None
    return command if works.returncode == 0 else None


def test_protected_mode_refuses_others_than_local_clients_with_an_explanation(tmp_path, request):
    namespace = namespace_command()
    if not namespace:
        pytest.skip("network namespaces are not allowed here")
    tests = request.config.rootpath.parent
    shown = subprocess.run(
        [*namespace, sys.executable, "-c", PROTECTED_MODE, str(tests), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"SESSIOND": SESSIOND},
        check=False,
    )
    assert shown.returncode == 0, shown.stdout + shown.stderr
    refusal, _, rest = shown.stdout.partition("inside:")
    assert refusal.startswith("outside: -DENIED Redis is running in protected mode because protected mode is enabled")
    assert "no password is set for the default user" in refusal
    assert rest.split() == ["PONG", "no:", "OK", "then:", "PONG", "yes:", "OK", "OK", "password:", "OK"]


def test_many_servers_do_not_disturb_each_other(launch, connect):
    servers = [launch() for _ in range(3)]
    for number, server in enumerate(servers):
        connect(server)("SET", "who", number)
    assert [connect(server)("GET", "who") for server in servers] == [b"0", b"1", b"2"]
    assert len({server.port for server in servers}) == 3
