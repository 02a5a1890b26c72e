# SPDX-License-Identifier: BSD-3-Clause
"""redis-cli and redis-benchmark, as operators use them."""

import json
import re
import subprocess

import pytest

from support import wait
from support.resp import encode


def run(server, *arguments, program="redis-cli", input=None, expect=0, timeout=60):
    """Runs a tool against a server; returns what it printed to stdout."""
    done = subprocess.run(
        [program, "-p", str(server.port), *map(str, arguments)],
        input=input,
        capture_output=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == expect, (done.returncode, done.stdout[-2000:], done.stderr[-2000:])
    return done.stdout.decode(errors="replace")


def cli(server, *arguments, **options):
    return run(server, *arguments, **options).rstrip("\n")


def test_the_daily_commands(server):
    assert cli(server, "PING") == "PONG"
    assert cli(server, "SET", "session:1", "data", "EX", "100") == "OK"
    assert cli(server, "GET", "session:1") == "data"
    assert 99 <= int(cli(server, "TTL", "session:1")) <= 100
    cli(server, "SET", "session:2", "x")
    assert sorted(cli(server, "KEYS", "session:*").split()) == ["session:1", "session:2"]
    assert cli(server, "DBSIZE") == "2"
    assert cli(server, "DEL", "session:1") == "1"
    assert cli(server, "-n", "3", "DBSIZE") == "0"
    assert cli(server, "GET", "missing") == ""
    assert cli(server, "--no-raw", "GET", "missing") == "(nil)"
    assert cli(server, "--no-raw", "DBSIZE") == "(integer) 1"
    assert "ERR wrong number of arguments" in cli(server, "GET")
    assert cli(server, "FLUSHALL") == "OK"


def test_info_has_what_is_read_at_connect(server):
    info = cli(server, "INFO").replace("\r", "")
    values = dict(line.split(":", 1) for line in info.splitlines() if ":" in line)
    assert values["redis_version"].startswith("7.")
    assert values["redis_mode"] == "standalone"
    assert values["loading"] == "0"
    assert values["maxmemory_policy"] == "noeviction"
    assert values["tcp_port"] == str(server.port)
    assert values["process_id"] == str(server.process.pid)
    assert int(values["connected_clients"]) >= 1
    assert int(values["used_memory"]) > 0
    assert re.fullmatch(r"[0-9.]+[BKMG]", values["used_memory_human"])
    assert values["role"] == "master"
    headings = [line for line in info.splitlines() if line.startswith("# ")]
    assert headings[:4] == ["# Server", "# Clients", "# Memory", "# Persistence"]


def test_resp3_and_json(server):
    cli(server, "SET", "key", "value")
    assert cli(server, "-3", "GET", "key") == "value"
    assert json.loads(cli(server, "--json", "GET", "key")) == "value"
    assert json.loads(cli(server, "--json", "CONFIG", "GET", "timeout")) == {"timeout": "0"}
    assert json.loads(cli(server, "--json", "GET", "missing")) is None


def test_scan(server, client):
    client.pipeline(["SET", f"key{number}", "x"] for number in range(500))
    found = cli(server, "--scan").split()
    assert sorted(found) == sorted(f"key{number}" for number in range(500))
    assert sorted(cli(server, "--scan", "--pattern", "key49?").split()) == [f"key49{digit}" for digit in range(10)]


def test_bigkeys(server, client):
    client.pipeline(["SET", f"key{number}", "x" * number] for number in range(1, 200))
    shown = cli(server, "--bigkeys")
    assert 'Biggest string found \'"key199"\' has 199 bytes' in shown
    assert "199 strings with 19900 bytes" in shown


def test_memkeys(server, client):
    if isinstance(client("MEMORY", "USAGE", "key"), str):
        pytest.skip("no MEMORY USAGE")
    client.pipeline(["SET", f"key{number}", "x" * 1000 * 2**number] for number in range(8))
    assert "Biggest string found '\"key7\"'" in cli(server, "--memkeys")


def test_pipe(server, client):
    commands = b"".join(encode("SET", f"key{number}", number) for number in range(20_000))
    shown = cli(server, "--pipe", input=commands)
    assert "errors: 0, replies: 20000" in shown
    assert client("DBSIZE") == 20_000
    shown = cli(server, "--pipe", input=encode("SET", "a", "1") + encode("INCR", "a", "too", "many"), expect=1)
    assert "errors: 1, replies: 2" in shown


def test_commands_from_standard_input(server):
    shown = cli(server, input=b"SET key value\nGET key\nINCR counter\nINCR counter\nMULTI\nGET key\nEXEC\n")
    assert shown.split("\n") == ["OK", "value", "1", "2", "OK", "QUEUED", "value"]
    assert cli(server, "-x", "SET", "stdin", input=b"from a pipe") == "OK"
    assert cli(server, "GET", "stdin") == "from a pipe"


def test_repeated_commands(server):
    assert cli(server, "-r", "5", "INCR", "counter").split() == ["1", "2", "3", "4", "5"]


def test_latency(server):
    # Without a terminal it measures for a second and prints minimum, maximum, average and number of samples.
    shown = cli(server, "--latency").split()
    assert len(shown) == 4
    assert int(shown[3]) > 5


def test_stat(server):
    watching = subprocess.Popen(
        ["stdbuf", "-oL", "redis-cli", "-p", str(server.port), "-i", "0.1", "--stat"], stdout=subprocess.PIPE
    )
    try:
        lines = [watching.stdout.readline().decode() for _ in range(4)]
    finally:
        watching.kill()
        watching.wait()
        watching.stdout.close()
    assert "keys" in lines[1]
    assert re.match(r"\d+ +[0-9.]+[BKMG] +\d+ +\d+ +\d+ ", lines[3])


def test_a_password_in_every_way_redis_cli_knows(launch):
    server = launch({"requirepass": "secret"})
    assert "NOAUTH" in cli(server, "PING")
    assert cli(server, "-a", "secret", "--no-auth-warning", "PING") == "PONG"
    assert cli(server, "--user", "default", "--pass", "secret", "--no-auth-warning", "PING") == "PONG"
    done = subprocess.run(
        ["redis-cli", "-u", f"redis://default:secret@127.0.0.1:{server.port}/2", "--no-auth-warning", "CLIENT", "INFO"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert " db=2 " in done.stdout
    assert "NOAUTH" in cli(server, "-a", "wrong", "--no-auth-warning", "PING")


@pytest.mark.beyond_redis
def test_a_url_without_a_user_name(launch):
    server = launch({"requirepass": "secret"})
    done = subprocess.run(
        ["redis-cli", "-u", f"redis://:secret@127.0.0.1:{server.port}", "--no-auth-warning", "PING"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.strip() == "PONG"
    assert "AUTH failed" not in done.stderr


def test_the_unix_socket(launch, tmp_path):
    path = tmp_path / "s"
    launch({"unixsocket": path})
    done = subprocess.run(["redis-cli", "-s", str(path), "PING"], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "PONG"


def test_subscribing(server, client):
    listening = subprocess.Popen(["redis-cli", "-p", str(server.port), "SUBSCRIBE", "channel"], stdout=subprocess.PIPE)
    try:
        assert [listening.stdout.readline().strip() for _ in range(3)] == [b"subscribe", b"channel", b"1"]
        wait.until(lambda: client("PUBLISH", "channel", "hello") == 1)
        assert [listening.stdout.readline().strip() for _ in range(3)] == [b"message", b"channel", b"hello"]
    finally:
        listening.kill()
        listening.wait()
        listening.stdout.close()


def test_shutdown(launch):
    server = launch()
    cli(server, "SHUTDOWN", "NOSAVE")
    assert server.wait_exit() == 0


@pytest.mark.parametrize("more", [[], ["-P", "16"], ["-3"], ["-d", "4096", "-r", "1000"]], ids=" ".join)
def test_benchmark(server, more):
    tests = "ping,set,get,incr,mset"
    shown = run(server, "-q", "-n", "10000", "-t", tests, *more, program="redis-benchmark").replace("\r", "\n")
    results = re.findall(r"^([A-Z_]+)(?: \([^)]*\))?: ([0-9.]+) requests per second", shown, re.M)
    assert [name for name, _ in results] == ["PING_INLINE", "PING_MBULK", "SET", "GET", "INCR", "MSET"]
    assert all(float(rate) > 0 for _, rate in results)
    assert "rror" not in shown
