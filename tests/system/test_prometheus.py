# SPDX-License-Identifier: BSD-3-Clause
"""/metrics read by those it is made for: Prometheus itself and its linter; and compared with what the exporter shows."""

import re
import shutil
import subprocess

import pytest
import requests

from support import certificates, ports
from support.processes import Process, environment_program

pytestmark = pytest.mark.beyond_redis

PROMETHEUS = environment_program("prometheus/usr", "prometheus")
PROMTOOL = environment_program("prometheus/usr", "promtool")
EXPORTER = shutil.which("prometheus-redis-exporter") or environment_program("exporter/usr", "prometheus-redis-exporter")


@pytest.fixture
def reserved():
    """reserved() is a port that nobody else takes."""
    taken = []

    def reserve():
        taken.append(ports.reserve())
        return taken[-1]

    yield reserve
    for port in taken:
        ports.release(port)


@pytest.fixture
def run(tmp_path):
    """run(name, command, ...) starts a program that ends with the test."""
    running = []

    def start(name, command):
        running.append(Process(command, tmp_path / f"{name}.log", tmp_path))
        return running[-1]

    yield start
    for process in running:
        process.stop()


@pytest.fixture
def used(launch, connect, reserved):
    """A server on which something of everything has happened."""
    server = launch({"http-port": reserved(), "slowlog-log-slower-than": "0", "maxmemory": "100mb"})
    client = connect(server)
    for i in range(50):
        client("SETEX", f"chatmrpt:{i:032x}", "1000", "v" * 100)
        client("GET", f"chatmrpt:{i:032x}")
    client("SET", 'odd"\\\xff:' + "0123456789abcdef", "v")
    client("NOSUCH")
    client("GET")
    client("PUBLISH", "channel", "message")
    client("CONFIG", "GET", "port")
    return server


def metrics_of(server):
    return requests.get(f"http://127.0.0.1:{server.options['http-port']}/metrics", timeout=20).text


def test_the_linter_reads_it_and_finds_no_fault_with_our_names(used):
    shown = subprocess.run(
        [PROMTOOL, "check", "metrics"], input=metrics_of(used), capture_output=True, text=True, timeout=60, check=False
    )
    complaints = shown.stderr.splitlines()
    # 1 is what it can't read; 3 what could be better. The exporter's names are what they are.
    assert shown.returncode in (0, 3), shown.stderr
    assert [line for line in complaints if not line.startswith("redis_")] == []


@pytest.fixture
def prometheus(run, reserved, tmp_path):
    """prometheus(target, more="") scrapes it every second; returns a function that asks for a query's result."""

    def start(target, more=""):
        port = reserved()
        config = tmp_path / "prometheus.yml"
        config.write_text(
            "scrape_configs:\n"
            "  - job_name: sessiond\n"
            "    scrape_interval: 1s\n"
            f"{more}"
            "    static_configs:\n"
            f"      - targets: ['{target}']\n"
        )
        process = run(
            "prometheus",
            [
                PROMETHEUS,
                f"--config.file={config}",
                f"--storage.tsdb.path={tmp_path / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
        )

        def ask(query):
            try:
                reply = requests.get(f"http://127.0.0.1:{port}/api/v1/query", params={"query": query}, timeout=20)
            except requests.ConnectionError:
                return []
            return reply.json()["data"]["result"] if reply.status_code == 200 else []

        def is_up():
            return [result["value"][1] for result in ask('up{job="sessiond"}')] == ["1"]

        process.wait_until(is_up, 90, "Prometheus to have scraped")
        return ask

    return start


def test_prometheus_scrapes_it(used, prometheus):
    ask = prometheus(f"127.0.0.1:{used.options['http-port']}")

    def value(query):
        result = ask(query)
        return float(result[0]["value"][1]) if result else None

    # What the boards made for the exporter ask for.
    assert value("redis_up") == 1
    assert value('redis_db_keys{db="db0"}') == 51
    assert value("redis_connected_clients") == 1
    assert value("redis_memory_max_bytes") == 100 * 1024 * 1024
    assert value('redis_commands_total{cmd="setex"}') == 50
    assert value("redis_memory_used_bytes / redis_memory_max_bytes") > 0
    assert value("sum(redis_keyspace_hits_total)") == 50
    assert ask("redis_instance_info")[0]["metric"]["redis_version"] == "7.2.6"
    # And ours.
    assert value('sessiond_session_keys{prefix="chatmrpt:"}') == 50
    assert value('sessiond_session_created_total{prefix="chatmrpt:"}') == 50
    assert value('histogram_quantile(0.99, sessiond_command_duration_seconds_bucket{cmd="get"})') > 0
    assert ask('count({__name__=~"sessiond_.+"})')


def test_prometheus_scrapes_it_by_https(launch, prometheus, reserved, tmp_path):
    authority = certificates.Authority(tmp_path / "certificates")
    identity = authority.issue("server")
    port = reserved()
    launch({"http-tls-port": port, "tls-cert-file": identity.cert, "tls-key-file": identity.key, "http-token": "horse"})
    ask = prometheus(
        f"127.0.0.1:{port}",
        "    scheme: https\n"
        "    tls_config:\n"
        f"      ca_file: {authority.cert}\n"
        "    authorization:\n"
        "      credentials: horse\n",
    )
    assert ask("redis_up")[0]["value"][1] == "1"


def series(text):
    """The names of the metrics, with the labels' names."""
    return {re.sub(r'="[^"]*"', "", line.rpartition(" ")[0]) for line in text.splitlines() if line and line[0] != "#"}


@pytest.fixture
def exporter(used, run, reserved):
    """The exporter, looking at the RESP port; a function that returns what it shows."""
    port = reserved()
    process = run(
        "exporter",
        [
            EXPORTER,
            f"--redis.addr=redis://127.0.0.1:{used.port}",
            f"--web.listen-address=127.0.0.1:{port}",
        ],
    )

    def shown():
        try:
            return requests.get(f"http://127.0.0.1:{port}/metrics", timeout=20).text
        except requests.ConnectionError:
            return ""

    process.wait_until(lambda: "redis_up " in shown(), what="the exporter to answer")
    return shown


# About the exporter itself, or settings and clients one by one.
OF_THE_EXPORTER = re.compile(r"redis_(exporter_|config_|target_scrape|connected_clients_details|last_key_groups_)")


def test_all_that_the_exporter_shows_is_here_by_the_same_name(used, exporter):
    theirs = {name for name in series(exporter()) if name.startswith("redis_") and not OF_THE_EXPORTER.match(name)}
    ours = series(metrics_of(used))
    assert len(theirs) > 80
    # The summary of latencies has labels in another order.
    names = {name.partition("{")[0] for name in ours}
    missing = sorted(name for name in theirs if name.partition("{")[0] not in names)
    assert not missing, missing
