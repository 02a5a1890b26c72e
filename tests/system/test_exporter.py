# SPDX-License-Identifier: BSD-3-Clause
"""Debian's prometheus-redis-exporter scrapes the server as it does redis-server: without an error, with every metric."""

import re
import shutil

import pytest
import requests

from support import ports
from support.processes import TESTS, Process
from support.server import REFERENCE, Server

EXPORTER = shutil.which("prometheus-redis-exporter") or TESTS / ".venv/exporter/usr/bin/prometheus-redis-exporter"

# What dashboards and alerts are built on.
PROMISED = """
    connected_clients blocked_clients tracking_clients clients_in_timeout_table client_recent_max_input_buffer_bytes
    client_recent_max_output_buffer_bytes memory_used_bytes memory_used_rss_bytes memory_used_peak_bytes memory_used_lua_bytes
    memory_used_overhead_bytes memory_used_startup_bytes memory_used_dataset_bytes memory_used_scripts_bytes memory_max_bytes
    mem_fragmentation_ratio mem_clients_normal mem_clients_slaves lazyfree_pending_objects loading_dump_file
    rdb_changes_since_last_save rdb_bgsave_in_progress rdb_last_save_timestamp_seconds rdb_last_bgsave_status
    rdb_last_bgsave_duration_sec rdb_last_cow_size_bytes aof_enabled aof_rewrite_in_progress aof_last_write_status
    connections_received_total commands_processed_total rejected_connections_total
    net_input_bytes_total net_output_bytes_total replica_resyncs_full replica_partial_resync_accepted
    replica_partial_resync_denied expired_keys_total evicted_keys_total expired_stale_percentage keyspace_hits_total
    keyspace_misses_total pubsub_channels pubsub_patterns latest_fork_seconds total_error_replies unexpected_error_replies
    instance_info connected_slaves master_repl_offset repl_backlog_is_active
    replication_backlog_bytes repl_backlog_history_bytes cpu_sys_seconds_total cpu_user_seconds_total
    cpu_sys_children_seconds_total cpu_user_children_seconds_total cluster_enabled uptime_in_seconds process_id config_maxclients
    config_maxmemory db_keys db_keys_expiring db_avg_ttl_seconds commands_total commands_duration_seconds_total
    commands_failed_calls_total commands_rejected_calls_total errors_total latency_percentiles_usec slowlog_length
    slowlog_last_id last_slow_execution_duration_seconds latency_spike_last latency_spike_duration_seconds
    connected_clients_details key_size key_value keys_count config_key_value total_system_memory_bytes up
""".split()


def scrape(server, directory):
    """The exporter's metrics of a server in use, as {name: [line, ...]}, and its log."""
    with server.connect() as client:
        for command in (
            ["CONFIG", "SET", "slowlog-log-slower-than", "0", "latency-monitor-threshold", "1"],
            ["CLIENT", "SETNAME", "worker"],
            ["SET", "session:1", "data", "EX", "1000"],
            ["SET", "counter", "7"],
            ["GET", "session:1"],
            ["DEBUG", "SLEEP", "0.01"],
        ):
            assert not isinstance(client(*command), Exception), command
        client("GET")
        port = ports.reserve()
        options = "-export-client-list -include-config-metrics -include-system-metrics -debug -check-keys=* -count-keys=db0=session:*"
        exporter = Process(
            [EXPORTER, f"-redis.addr=redis://127.0.0.1:{server.port}", f"-web.listen-address=127.0.0.1:{port}", *options.split()],
            directory / "exporter.log",
            directory,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            exporter.wait_until(lambda: _answers(f"{url}/health"))
            text = requests.get(f"{url}/metrics", timeout=20).text
            log = exporter.log()
        finally:
            exporter.stop()
            ports.release(port)
    metrics = {}
    for line in text.splitlines():
        if line.startswith("redis_"):
            metrics.setdefault(re.match(r"redis_(\w+)", line)[1], []).append(line)
    return metrics, log


def _answers(url):
    try:
        return requests.get(url, timeout=5).ok
    except requests.RequestException:
        return False


@pytest.fixture(scope="module")
def scraped(tmp_path_factory):
    directory = tmp_path_factory.mktemp("exporter")
    server = Server(directory / "server", {"enable-debug-command": "yes"}).start()
    yield scrape(server, directory)
    server.finish()


def test_it_is_scraped_without_an_error(scraped):
    metrics, log = scraped
    assert metrics["up"] == ["redis_up 1"]
    assert metrics["exporter_last_scrape_error"] == ['redis_exporter_last_scrape_error{err=""} 0']
    assert metrics["target_scrape_request_errors_total"] == ["redis_target_scrape_request_errors_total 0"]
    assert not re.findall(r".*level=(?:error|warning|fatal).*", log)


def test_every_promised_metric_is_there(scraped):
    metrics, _ = scraped
    assert [name for name in PROMISED if name not in metrics] == []
    assert metrics["db_keys"][0] == 'redis_db_keys{db="db0"} 2'
    assert metrics["commands_total"].count('redis_commands_total{cmd="set"} 2') == 1
    assert metrics["errors_total"] == ['redis_errors_total{err="ERR"} 1']
    assert 'name="worker"' in "".join(metrics["connected_clients_details"])


def test_it_yields_the_metrics_that_redis_server_yields(scraped, tmp_path):
    metrics, _ = scraped
    reference = Server(tmp_path / "reference", {"enable-debug-command": "yes"}, program=REFERENCE).start()
    try:
        expected, _ = scrape(reference, tmp_path)
    finally:
        reference.finish()
    assert expected.keys() - metrics.keys() == set()
    # Those that have one value a server, and labels that say what: the same ones.
    for name in ("config_key_value", "instance_info"):
        labels = [sorted(re.findall(r'(\w+)="|key="([^"]*)"', line) for line in each[name]) for each in (expected, metrics)]
        assert [label for label in labels[0] if label not in labels[1]] == []
