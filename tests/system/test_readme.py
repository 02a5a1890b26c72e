# SPDX-License-Identifier: BSD-3-Clause
"""What README.md and conf/ show is run: the commands in README.md's blocks, and each metric on the Grafana board.

The commands for an installed service are run by test_machine.py, the other applications' lines by test_libraries.py."""

import asyncio
import json
import os
import re
import shutil
import subprocess

import flask
import flask_session
import pytest
import redis
import requests
import socketio

from support import certificates, ports, readme
from support.processes import TESTS
from support.server import ROOT, SESSIOND

pytestmark = pytest.mark.beyond_redis

def _lines(text):
    """The lines with this text, from the blocks of all headings."""
    found = [line for block in readme.blocks().values() for line in block if text in line]
    assert found, f"README.md shows no {text!r} any more"
    return found


def _run(command, directory, **environment):
    return subprocess.run(
        ["bash", "-c", command], cwd=directory, env={"PATH": "/usr/bin:/bin", **environment}, capture_output=True, text=True,
        timeout=50, check=False,
    )


@pytest.fixture
def place(tmp_path):
    """A directory in which the paths of README.md mean something."""
    (tmp_path / "build/release").mkdir(parents=True)
    (tmp_path / "build/release/sessiond").symlink_to(SESSIOND)
    (tmp_path / "scripts").symlink_to(ROOT / "scripts")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/sessiond").symlink_to(SESSIOND)
    return tmp_path


def test_snapshots(place, launch):
    server = launch({"dir": place})
    with server.connect() as client:
        client("SET", "session:1", "x")
        client("SAVE")
    for command in _lines("cp dump.rdb") + _lines("--check-rdb"):
        result = _run(command, place)
        assert result.returncode == 0, f"{command}\n{result.stdout}{result.stderr}"


def test_security(place):
    (command,) = _lines("--gen-password")
    assert "requirepass" in _run(f"PATH={place}/bin:$PATH; {command}", place).stdout


def test_running_it(place):
    (place / "redis.conf").write_text("maxmemory 100mb\n")
    start, check = (_lines(text)[0].replace("/etc/redis/", "") for text in ("redis.conf --port", "--check /"))
    assert _run(check, place).stdout == "redis.conf: 0 errors, 0 warnings\n"
    port = ports.reserve()
    try:
        start = start.replace("6379", str(port))
        script = f"{start} & until redis-cli -p {port} ping >/dev/null 2>&1; do sleep 0.1; done; redis-cli -p {port} INFO; kill $!; wait $!"
        assert "maxmemory:104857600" in _run(script, place).stdout
    finally:
        ports.release(port)


def test_monitoring(place, launch):
    page = ports.reserve()
    try:
        server = launch({"http-port": page})
        for command in _lines("scripts/redis_") + _lines("curl "):
            command = command.replace("8379", str(page)).replace("curl", "curl -sS")
            endless = "--watch" in command
            result = _run(f"timeout 3 {command}" if endless else command, place, REDIS_URL=server.url())
            assert result.returncode == (124 if endless else 0), f"{command}\n{result.stdout}{result.stderr}"
    finally:
        ports.release(page)


def _client_commands():
    """Every redis-cli of README.md that says what to do with it, whatever it stands under; test_tls has those for elsewhere."""
    lines = [line.removeprefix("$ ") for block in readme.blocks().values() for line in block]
    return [line for line in lines if line.startswith("redis-cli ") and "-h " not in line]


def test_all_that_is_asked_by_redis_cli(place, launch):
    server = launch()
    with server.connect() as client:
        client("SET", "chatmrpt:1f0c5b7e9a3d4c21", "x", "EX", 100)
    commands = _client_commands()
    assert len(commands) > 3
    for command in commands:
        result = _run(command.replace("redis-cli", f"redis-cli -p {server.port}", 1), place)
        assert result.returncode == 0 and result.stdout, f"{command}\n{result.stdout}{result.stderr}"
        assert not re.match(r"\(error\)|ERR |WRONGTYPE", result.stdout), f"{command}\n{result.stdout}"


def _directives(heading, directory):
    """Those shown under a heading, with their files in this directory."""
    lines = [line for line in readme.blocks()[heading] if re.match(r"(http-|tls-|port )", line)]
    return dict(line.replace("/etc/sessiond", str(directory)).split(" ", 1) for line in lines)


@pytest.fixture
def issued(place):
    """Certificates by the names that README.md gives them; returns whose they are."""
    authority = certificates.Authority(place)
    server = authority.issue("sessions.example.org", names="DNS:sessions.example.org,DNS:localhost,IP:127.0.0.1")
    authority.issue("client")
    for source, name in ((server.cert, "fullchain.pem"), (server.key, "privkey.pem"), (authority.cert, "clients.pem")):
        shutil.copy(source, place / name)
    return server


@pytest.fixture
def tls_port():
    port = ports.reserve()
    yield str(port)
    ports.release(port)


def test_seeing_it_by_https(place, launch, issued, tls_port):
    (hook,) = _lines("RENEWED_LINEAGE")
    (place / "live").mkdir()
    for name in ("fullchain.pem", "privkey.pem"):
        (place / name).rename(place / "live" / name)
    hook = hook.replace("-g sessiond", f"-g {os.getgid()}").replace("/etc/sessiond", str(place))
    assert _run(hook, place, RENEWED_LINEAGE=str(place / "live")).returncode == 0
    launch(_directives("Seeing it", place) | {"http-tls-port": tls_port})
    address = f"https://localhost:{tls_port}/health"
    answer = requests.get(address, headers={"Host": "sessions.example.org"}, verify=place / "authority.pem", timeout=10)
    assert answer.status_code == 200


def test_tls(place, launch, issued, tls_port):
    options = _directives("TLS", place)
    server = launch(options | {"port": int(options["port"]), "tls-port": tls_port})
    (command,) = _lines("--tls")
    command = command.replace("sessions.example.org", "localhost").replace("6380", tls_port)
    assert _run(f"{command} ping", place).stdout == "PONG\n"
    (url,) = [line.removeprefix("REDIS_URL=") for line in _lines("rediss://")]
    url = url.replace(":PASSWORD@sessions.example.org:6380", f"localhost:{tls_port}").replace("/etc/ssl", str(place))
    with pytest.raises(redis.ConnectionError):
        redis.from_url(url).ping()
    server.stop()
    (everybody,) = _lines("tls-auth-clients")
    server.options["tls-auth-clients"] = everybody.split()[1]
    server.start()
    assert redis.from_url(url).ping()


def _python(heading, server, **names):
    """Runs the lines under a heading; the versions they name are those that are tested."""
    lines = readme.program(heading, server).splitlines()
    wanted = [word for line in lines if line.startswith("pip install ") for word in line.split()[2:]]
    assert wanted and set(wanted) <= set((TESTS / "requirements.txt").read_text().splitlines())
    exec("\n".join(line for line in lines if not line.startswith("pip install ")), names)
    return names


def test_flask(launch):
    server = launch()
    app = flask.Flask("site")
    _python("Flask", server, app=app, redis=redis)
    flask_session.Session(app)
    app.add_url_rule("/", view_func=lambda: str(flask.session.setdefault("number", 42)))
    assert app.test_client().get("/").text == "42"
    with server.connect() as client:
        (key,) = client("KEYS", "*")
        assert key.startswith(b"chatmrpt:")


def test_socketio(launch):
    server = launch()
    sio = _python("Socket.IO", server, socketio=socketio)["sio"]
    listener = redis.from_url(server.url()).pubsub()
    listener.subscribe("socketio")
    assert listener.get_message(timeout=10)["type"] == "subscribe"
    asyncio.run(sio.emit("news", {"text": "hello"}))
    assert b"hello" in listener.get_message(timeout=10)["data"]


def test_moving(place, launch):
    source, target = launch(), launch()
    with source.connect() as client:
        client("SET", "session:1", "x")
    (live,) = _lines("migrate_from_redis.sh --from")
    command = live.replace("6379", str(source.port)).replace("6380", str(target.port))
    assert _run(command, place).returncode == 0
    with target.connect() as client:
        assert client("GET", "session:1") == b"x"


def test_backup(place, launch):
    server = launch({"dir": place})
    command = _lines("scripts/backup.sh")[0].replace("/var/backups/sessiond", "copies")
    result = _run(command, place, REDIS_URL=server.url())
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert len(list((place / "copies").glob("dump-*.rdb"))) == 1


def test_the_board_shows_metrics_that_are_there(launch):
    board = json.loads((ROOT / "conf/grafana.json").read_text())
    page = ports.reserve()
    try:
        server = launch({"http-port": page})
        with server.connect() as client:
            client("SET", "session:1", "x")
        text = requests.get(f"http://127.0.0.1:{page}/metrics", timeout=10).text
    finally:
        ports.release(page)
    there = set(re.findall(r"^(\w+)[ {]", text, re.MULTILINE))
    shown = {name for panel in board["panels"] for target in panel["targets"] for name in re.findall(r"\b(?:redis|sessiond)_\w+", target["expr"])}
    assert shown and shown <= there, shown - there
