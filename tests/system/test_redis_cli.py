# SPDX-License-Identifier: BSD-3-Clause
"""redis-cli in a terminal: hints, HELP, its modes that go on and on, and the command lines that set-up guides teach."""

import re
import subprocess

import pytest

from support.terminal import Terminal


def terminal(server, *arguments, home):
    """redis-cli in a terminal; its history goes to `home`."""
    return Terminal(["redis-cli", "-p", server.port, *arguments], {"HOME": str(home)})


def run(server, *arguments, input=None):
    """What redis-cli prints, of a run that ends by itself."""
    done = subprocess.run(["redis-cli", "-p", str(server.port), *map(str, arguments)], input=input, capture_output=True, text=True, timeout=60, check=True)
    assert not done.stderr, done.stderr
    return done.stdout.rstrip("\n")


# ---- a dialogue ----


@pytest.fixture
def dialogue(server, tmp_path):
    with terminal(server, home=tmp_path) as shown:
        shown.until(f"127.0.0.1:{server.port}> ")
        yield shown


def test_commands_and_answers(dialogue):
    dialogue.enter("SET key value")
    dialogue.until(r"\r?\nOK\r\n")
    dialogue.enter("INCR counter")
    dialogue.until(r"\(integer\) 1\r\n")
    dialogue.enter("MULTI")
    dialogue.until(r"\(TX\)> ")
    dialogue.enter("GET key")
    dialogue.until("QUEUED")
    dialogue.enter("EXEC")
    dialogue.until('1\\) "value"')


@pytest.mark.parametrize(
    "typed, hint",
    [
        ("set ", r"set key value \[NX\|XX\|IFEQ ifeq-value\|IFNE ifne-value\|IFDEQ ifdeq-digest\|IFDNE ifdne-digest\] \[GET\] "),
        ("getrange k ", "getrange k start end"),
        ("client kill ", r"client kill old-format\|\[ID client-id\]"),
        ("config set ", "parameter value"),
    ],
    ids=str,
)
def test_hints_show_the_arguments(dialogue, typed, hint):
    dialogue.forget()
    dialogue.type(typed)
    dialogue.until(hint)


def test_a_tab_completes(dialogue):
    dialogue.type("getra\t")
    dialogue.until("GETRANGE")


def test_help_of_a_command_and_of_a_group(dialogue):
    dialogue.enter("HELP getrange")
    dialogue.until(r"GETRANGE key start end\s+summary: \S.*\s+since: 2\.4\.0\s+group: string")
    dialogue.enter("HELP @pubsub")
    dialogue.until(r"PSUBSCRIBE pattern \[pattern \.\.\.\]\s+summary: ")
    dialogue.enter("HELP client list")
    dialogue.until(r"CLIENT LIST \[TYPE NORMAL\|MASTER\|REPLICA\|PUBSUB\] \[ID client-id \[client-id \.\.\.\]\]")


def test_messages_arrive_in_the_dialogue(dialogue, client):
    dialogue.enter("SUBSCRIBE channel")
    dialogue.until('"subscribe"')
    assert client("PUBLISH", "channel", "hello") == 1
    dialogue.until('"hello"')


# ---- modes that go on until they are interrupted ----


def test_latency_history(server, tmp_path):
    with terminal(server, "--latency-history", "-i", "0.2", home=tmp_path) as shown:
        shown.until(r"(?s)(avg: [0-9.]+ \(\d+ samples\) -- [0-9.]+ seconds range.*){2}")


def test_latency_in_a_terminal(server, tmp_path):
    with terminal(server, "--latency", home=tmp_path) as shown:
        shown.until(r"min: \d+, max: \d+, avg: [0-9.]+ \((\d\d+) samples\)")


def test_latency_distribution(server, tmp_path):
    with terminal(server, "--latency-dist", "-i", "0.2", home=tmp_path) as shown:
        shown.until(r"---------------------------------------------\r?\n")
        shown.until(r"\.01 ")


def test_intrinsic_latency(server):
    assert re.search(r"\d+ total runs \(avg latency: ", run(server, "--intrinsic-latency", 1))


def test_stat(server, tmp_path):
    with terminal(server, "--stat", "-i", "0.1", home=tmp_path) as shown:
        shown.until(r"keys +mem +clients +blocked +requests +connections")
        shown.until(r"(\n\d+ +[0-9.]+[BKMG] +\d+ +\d+ +\d+ \(\+\d+\) +\d+ +\r?){3}")


def test_monitor(server, client, tmp_path):
    with terminal(server, "MONITOR", home=tmp_path) as shown:
        shown.until("OK")
        client("SET", "session:1", 'with "quotes"\n')
        client("SELECT", "2")
        client("AUTH", "default", "secret")
        client("GET", "session:1")
        shown.until(r'\d+\.\d{6} \[0 127\.0\.0\.1:\d+\] "SET" "session:1" "with \\"quotes\\"\\n"\r?\n')
        shown.until(r'\[2 127\.0\.0\.1:\d+\] "GET" "session:1"')
        assert "secret" not in shown.text()


def test_hotkeys(launch, connect):
    server = launch({"maxmemory-policy": "allkeys-lfu", "lfu-log-factor": "0"})
    client = connect(server)
    client.pipeline(["SET", f"key{number}", "x"] for number in range(100))
    client.pipeline(["GET", "key7"] for _ in range(200))
    assert re.search(r'hot key found with counter: \d+\tkeyname: "key7"', run(server, "--hotkeys"))


def test_hotkeys_need_the_policy(server, client):
    client("SET", "key", "x")
    done = subprocess.run(["redis-cli", "-p", str(server.port), "--hotkeys"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "An LFU maxmemory policy is not selected" in done.stdout + done.stderr


def test_lru_test(launch, tmp_path):
    server = launch({"maxmemory": "20mb", "maxmemory-policy": "allkeys-lru"})
    with terminal(server, "--lru-test", "100000", home=tmp_path) as shown:
        shown.until(r"(\d+ Gets/sec \| Hits: \d+ \([0-9.]+%\) \| Misses: \d+ \([0-9.]+%\)\s+){2}")
        assert "rror" not in shown.text()


# ---- what set-up guides teach ----


def test_the_command_lines_of_set_up_guides(launch):
    server = launch()
    assert run(server, "ping") == "PONG"
    for number in range(3):
        assert run(server, "SETEX", f"socketio:session:{number}", 3600, "data") == "OK"
    assert len(run(server, "KEYS", "socketio:session:*").splitlines()) == 3
    assert run(server, "DBSIZE") == "3"
    assert 3590 < int(run(server, "TTL", "socketio:session:1")) <= 3600
    assert run(server, "GET", "socketio:session:1") == "data"
    assert run(server, "DEL", "socketio:session:1") == "1"
    info = run(server, "INFO")
    for name in ("redis_version", "uptime_in_seconds", "connected_clients", "total_connections_received", "used_memory_human", "used_memory_peak_human", "instantaneous_ops_per_sec"):
        assert f"\n{name}:" in info, name
    assert run(server, "CONFIG", "SET", "maxmemory", "256mb") == "OK"
    assert run(server, "CONFIG", "SET", "maxmemory-policy", "allkeys-lru") == "OK"
    memory = run(server, "INFO", "memory").splitlines()
    assert {"maxmemory:268435456", "maxmemory_human:256.00M", "maxmemory_policy:allkeys-lru"} <= set(memory)
    assert run(server, "CONFIG", "GET", "bind") == "bind\n127.0.0.1"
    assert "tcp-backlog\n511\n" in run(server, "CONFIG", "GET", "*")
    assert run(server, "CONFIG", "REWRITE") == "OK"
    assert "maxmemory 256mb\n" in (server.directory / "server.conf").read_text()
    assert run(server, "SAVE") == "OK"
    assert (server.directory / "dump.rdb").exists()
    assert run(server, input="FLUSHDB\n") == "OK"
    assert run(server, "DBSIZE") == "0"


def test_the_command_lines_of_set_up_guides_with_a_password(launch):
    server = launch({"requirepass": "your_password"})
    login = ["-a", "your_password", "--no-auth-warning"]
    assert run(server, *login, "ping") == "PONG"
    assert "used_memory:" in run(server, *login, "INFO", "memory")
    shown = run(server, *login, input="SET chatmrpt:1 data EX 100\nKEYS chatmrpt:*\nTTL chatmrpt:1\nFLUSHDB\nDBSIZE\n")
    assert re.fullmatch(r"OK\nchatmrpt:1\n(99|100)\nOK\n0", shown)
