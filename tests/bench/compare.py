#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Compares two servers: starts each in turn (A B, B A, ...), drives it with load.c and prints the medians, and the median
of each round's ratio. The server has one CPU, the generator another.

    compare.py [--rounds N] [--seconds N] [--keys N] [--list] [SCENARIO...]

The environment chooses: SESSIOND (build/release/sessiond), REDIS_SERVER (redis-server), BENCH_LOAD (the generator).
With fewer than two CPUs, or on a busy machine, CPU time per operation is the figure to trust."""

import argparse
import itertools
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

import session_trace  # noqa: E402
from support import ports, wait  # noqa: E402
from support.resp import Connection  # noqa: E402

LOAD = os.environ.get("BENCH_LOAD", str(ROOT / "build/release/tests/bench/load"))
TICK = os.sysconf("SC_CLK_TCK")
CPUS = sorted(os.sched_getaffinity(0))
SERVER_CPU, LOAD_CPU = CPUS[0], CPUS[-1]

# What is better: more or less of it.
MORE = {"ops_per_s", "quiet_ops_per_s", "saving_ops_per_s", "throughput_kept", "saves", "keys_held"}


class Server:
    """One of the two, in a directory of its own, pinned when `cpus` says so."""

    def __init__(self, command, cpus=None):
        self.directory = tempfile.mkdtemp(prefix="bench-")
        self.port = ports.reserve()
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", self.directory]
        with open(os.path.join(self.directory, "log"), "wb") as log:
            self.process = subprocess.Popen(
                [*command, *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=lambda: os.sched_setaffinity(0, cpus or set(CPUS)),
            )
        wait.until(self.answers, seconds=60.0, what=f"{command[-1]} to answer")

    def answers(self):
        assert self.process.poll() is None, f"ended: {pathlib.Path(self.directory, 'log').read_text()}"
        try:
            with self.connect() as connection:
                return connection("PING") == "PONG"
        except OSError:
            return False

    def connect(self):
        return Connection(self.port, timeout=120.0)

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def resident_bytes(self):
        pages = int(pathlib.Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def used_bytes(self):
        with self.connect() as connection:
            for line in str(connection("INFO", "memory"), "latin-1").splitlines():
                if line.startswith("used_memory:"):
                    return int(line.partition(":")[2])
        raise RuntimeError("INFO tells no used_memory")

    def finish(self):
        self.process.kill()
        self.process.wait()
        ports.release(self.port)
        shutil.rmtree(self.directory, ignore_errors=True)


def start_load(server, *arguments, **options):
    return subprocess.Popen(
        [LOAD, str(server.port), *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, {LOAD_CPU}),
        **options,
    )


def results_of(process):
    """What a generator printed, as numbers; it must have ended well, and without error replies."""
    printed, _ = process.communicate(timeout=600)
    if process.returncode != 0:
        raise RuntimeError(f"the generator ended with {process.returncode}")
    results = {name: float(value) for name, value in (pair.split("=") for pair in printed.split())}
    if results.get("errors"):
        raise RuntimeError(f"{results['errors']:.0f} error replies")
    return results


def run_load(server, *arguments):
    return results_of(start_load(server, *arguments))


# ---- scenarios: each takes a fresh server and returns its figures ----


def steady(server, *arguments):
    """A load over a window; CPU time and operations of the warm-up count for the first figure only."""
    before = server.cpu_seconds()
    results = run_load(server, *arguments)
    return {
        "cpu_us_per_op": (server.cpu_seconds() - before) * 1e6 / max(results["total"], 1),
        "ops_per_s": results["operations"] / results["seconds"],
        "p50_us": results["p50_us"],
        "p99_us": results["p99_us"],
        "max_us": results["max_us"],
    }


def mix(pipeline):
    def scenario(server, options):
        run_load(server, "fill", options.keys, 512)
        return steady(server, "mix", options.seconds, 50, pipeline, options.keys, 512)

    return scenario


def fanout(server, options):
    return steady(server, "fanout", options.seconds, 200, 128)


def idle(server, options):
    """Memory and CPU time of connections that do nothing."""
    count = 5000
    before = server.resident_bytes()
    process = start_load(server, "idle", count, stdin=subprocess.PIPE)
    process.stdout.readline()
    with server.connect() as connection:
        wait.until(lambda: b"connected_clients:%d" % (count + 1) in bytes(connection("INFO", "clients")), 60)
    per_connection = (server.resident_bytes() - before) / count
    cpu = server.cpu_seconds()
    with start_load(server, "probe", options.seconds) as probe:
        results_of(probe)
    cpu = (server.cpu_seconds() - cpu) / options.seconds
    process.communicate()
    return {"bytes_per_connection": per_connection, "probed_cpu_share": cpu}


def memory(server, options):
    """Bytes a session of 512 bytes takes."""
    used, resident = server.used_bytes(), server.resident_bytes()
    run_load(server, "fill", options.keys, 512)
    return {
        "used_per_session": (server.used_bytes() - used) / options.keys,
        "resident_per_session": (server.resident_bytes() - resident) / options.keys,
    }


def stall(*command):
    """What another client feels while a command goes through all keys."""

    def scenario(server, options):
        run_load(server, "fill", options.keys, 512)
        probe = start_load(server, "probe", options.seconds)
        if command:
            with server.connect() as connection:
                connection(*command)
        results = results_of(probe)
        return {"p99_us": results["p99_us"], "max_us": results["max_us"]}

    return scenario


def stall_expire(server, options):
    """What a client feels while all keys fall due in the same second."""
    run_load(server, "fill", options.keys, 512, 2)
    results = run_load(server, "probe", max(options.seconds, 5))
    return {"p99_us": results["p99_us"], "max_us": results["max_us"]}


class Saving(threading.Thread):
    """One background save after the other, until it is left."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server, self.count, self.is_over = server, 0, False

    def run(self):
        with self.server.connect() as connection:
            while not self.is_over:
                connection("BGSAVE")
                wait.until(lambda: b"rdb_bgsave_in_progress:0" in bytes(connection("INFO", "persistence")), 120)
                assert b"rdb_last_bgsave_status:ok" in bytes(connection("INFO", "persistence"))
                self.count += 1

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.is_over = True
        self.join()


def snapshot_mix(server, options):
    """The share of its throughput that a server keeps while it saves all the time, and how often it does."""
    run_load(server, "fill", options.keys, 512)
    load = ("mix", options.seconds, 50, 16, options.keys, 512)
    before = run_load(server, *load)
    cpu = server.cpu_seconds()
    with Saving(server) as saving:
        busy = run_load(server, *load)
    cpu = (server.cpu_seconds() - cpu) * 1e6 / max(busy["total"], 1)
    after = run_load(server, *load)
    quiet = statistics.mean(each["operations"] / each["seconds"] for each in (before, after))
    return {
        "quiet_ops_per_s": quiet,
        "saving_ops_per_s": busy["operations"] / busy["seconds"],
        "throughput_kept": busy["operations"] / busy["seconds"] / quiet,
        "saving_p99_us": busy["p99_us"],
        "cpu_us_per_op": cpu,
        "saves": saving.count,
    }


def evict_sessions(policy, rewritten=0.0):
    """A cache of sessions that is too small: how many people find theirs gone, by itself and in terms of an exact LRU that holds
    as many keys. Both compare ten keys for each that they evict. Days of requests pass in seconds here, and Redis' LRU tells only
    seconds apart: in earnest it chooses better than this shows. Of those found so many are written again, as web applications
    do: what is known of a session must outlast that, so there may be hardly more misses than without (at most 1.05 times)."""

    def scenario(server, options):
        count, seed, at_once = options.keys * 5, 1, 100
        value = os.urandom(150).hex().encode()[:200]
        counter = session_trace.Counter(count)
        chance = random.Random(seed)
        with server.connect() as connection:
            for directive, setting in (("maxmemory-samples", 10), ("maxmemory-policy", policy), ("maxmemory", server.used_bytes() + (6 << 20))):
                assert connection("CONFIG", "SET", directive, setting) == "OK"
            trace = session_trace.requests(count, seed)
            cpu = server.cpu_seconds()
            while keys := list(itertools.islice(trace, at_once)):
                found = connection.pipeline([["GET", key] for key in keys])
                for key, session in zip(keys, found):
                    counter.saw(key, session is not None)
                wanted = [key for key, session in zip(keys, found) if session is None or chance.random() < rewritten]
                if wanted:
                    connection.pipeline([["SETEX", key, 86400, value] for key in wanted])
            cpu = server.cpu_seconds() - cpu
            held = connection("DBSIZE")
        return {
            "people_miss_rate": counter.miss_rate(),
            "misses_of_exact_lru": counter.miss_rate() / session_trace.exact_lru(count, seed, held),
            "keys_held": held,
            "cpu_us_per_op": cpu * 1e6 / count,
        }

    return scenario


SCENARIOS = {
    "mix_p1": mix(1),
    "mix_p16": mix(16),
    "mix_p64": mix(64),
    "fanout": fanout,
    "idle": idle,
    "memory": memory,
    "stall_none": stall(),
    "stall_keys": stall("KEYS", "*"),
    "stall_flushall": stall("FLUSHALL"),
    "stall_expire": stall_expire,
    "snapshot_mix": snapshot_mix,
    "evict_sessions_lru": evict_sessions("allkeys-lru"),
    "evict_sessions_lfu": evict_sessions("allkeys-lfu"),
    "evict_rewritten_lru": evict_sessions("allkeys-lru", rewritten=0.5),
    "evict_rewritten_lfu": evict_sessions("allkeys-lfu", rewritten=0.5),
}

# Those in which the server has threads or processes beside the one that serves.
ON_ALL_CPUS = {"snapshot_mix"}


def measure(program, scenario, options):
    server = Server([program], set(CPUS) if scenario in ON_ALL_CPUS else {SERVER_CPU})
    try:
        return SCENARIOS[scenario](server, options)
    finally:
        server.finish()


def compare(scenario, programs, options):
    """Measures both in turn, the order reversed every other round, and prints a line for each figure."""
    rounds = []
    for index in range(options.rounds):
        order = list(programs) if index % 2 == 0 else list(reversed(programs))
        rounds.append({name: measure(programs[name], scenario, options) for name in order})
    ours, theirs = programs
    for figure in rounds[0][ours]:
        medians = [statistics.median(each[name][figure] for each in rounds) for name in (ours, theirs)]
        ratios = [each[ours][figure] / each[theirs][figure] for each in rounds if each[theirs][figure]]
        ratio = f"{statistics.median(ratios):8.2f}" if ratios else "       -"
        wanted = "more" if figure in MORE else "less"
        print(f"{scenario:15} {figure:22} {medians[0]:14.2f} {medians[1]:14.2f} {ratio}  {wanted} is better", flush=True)


def main():
    parser = argparse.ArgumentParser(description="Compares sessiond with redis-server.")
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help="all unless named")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--keys", type=int, default=200000)
    parser.add_argument("--list", action="store_true", help="the names of the scenarios")
    options = parser.parse_args()
    if options.list:
        print("\n".join(SCENARIOS))
        return
    unknown = set(options.scenarios) - set(SCENARIOS)
    if unknown:
        parser.error(f"no such scenario: {', '.join(sorted(unknown))}")
    programs = {
        "sessiond": os.environ.get("SESSIOND", str(ROOT / "build/release/sessiond")),
        "redis": os.environ.get("REDIS_SERVER", "redis-server"),
    }
    print(f"{'scenario':15} {'figure':22} {'sessiond':>14} {'redis':>14}    ratio")
    for scenario in options.scenarios or SCENARIOS:
        compare(scenario, programs, options)


if __name__ == "__main__":
    main()
