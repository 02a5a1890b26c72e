#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What it costs to be observed while nobody looks: 50 connections with pipelines of 16, with latency tracking and the slow log
at their defaults, and with both off. (Calls are counted for each command in either case; nothing turns that off.)

    observing.py [--rounds N] [--seconds N] [--keys N] [--instructions] [--limit PERCENT]

One server is switched to and fro by CONFIG SET, a window each, so that memory lies the same; of CPU time per operation the
median of the ratios of neighbouring windows is what counts. --instructions counts instructions instead, under valgrind's callgrind: slow, and free of noise.
Ends with 1 when the difference is above the limit. The environment chooses: SESSIOND, BENCH_LOAD, as for compare.py."""

import argparse
import os
import pathlib
import re
import statistics
import subprocess
import sys

import compare

DEFAULTS = {"latency-tracking": "yes", "slowlog-log-slower-than": "10000"}
OFF = {"latency-tracking": "no", "slowlog-log-slower-than": "-1"}
CLIENTS, PIPELINE, SIZE = 50, 16, 256


def cpu_ns(server):
    """CPU time of the server's threads, to the nanosecond."""
    tasks = pathlib.Path(f"/proc/{server.process.pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks)


def settle(server, settings):
    with server.connect() as connection:
        assert connection("CONFIG", "SET", *(part for pair in settings.items() for part in pair)) == "OK"
        assert connection("CONFIG", "RESETSTAT") == "OK"


def window(server, settings, options):
    """CPU microseconds an operation with these settings."""
    settle(server, settings)
    before = cpu_ns(server)
    results = compare.run_load(server, "mix", options.seconds, CLIENTS, PIPELINE, options.keys, SIZE)
    return (cpu_ns(server) - before) / 1e3 / results["total"]


def measure_time(program, options):
    """The median with each setting, and the median of their ratios."""
    server = compare.Server([program])
    try:
        compare.run_load(server, "fill", options.keys, SIZE)
        window(server, DEFAULTS, options)
        figures = {"defaults": [], "off": []}
        for index in range(options.rounds):
            order = [("defaults", DEFAULTS), ("off", OFF)]
            for name, settings in order if index % 2 == 0 else reversed(order):
                figures[name].append(window(server, settings, options))
    finally:
        server.finish()
    ratios = [on / off for on, off in zip(figures["defaults"], figures["off"])]
    return {name: statistics.median(values) for name, values in figures.items()}, statistics.median(ratios)


def count_instructions(program, settings, options, seconds):
    """Instructions of a server's whole life, and the operations of its window."""
    server = compare.Server(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program])
    try:
        settle(server, settings)
        compare.run_load(server, "fill", options.keys, SIZE)
        operations = 0
        if seconds:
            operations = compare.run_load(server, "mix", seconds, CLIENTS, PIPELINE, options.keys, SIZE)["total"]
        server.process.terminate()
        server.process.wait(120)
        log = pathlib.Path(server.directory, "log").read_text(errors="replace")
    finally:
        server.finish()
    return int(re.search(r"Collected : (\d+)", log)[1]), operations


def measure_instructions(program, options):
    figures = {}
    for name, settings in (("defaults", DEFAULTS), ("off", OFF)):
        without, _ = count_instructions(program, settings, options, 0)
        whole, operations = count_instructions(program, settings, options, options.seconds)
        figures[name] = (whole - without) / operations
    return figures, figures["defaults"] / figures["off"]


def main():
    parser = argparse.ArgumentParser(description="Measures what latency tracking and the slow log cost.")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=2.0, help="of a window")
    parser.add_argument("--keys", type=int, default=100000)
    parser.add_argument("--instructions", action="store_true", help="count instructions under callgrind")
    parser.add_argument("--limit", type=float, default=2.0, help="percent that they may cost")
    options = parser.parse_args()
    program = os.environ.get("SESSIOND", str(compare.ROOT / "build/release/sessiond"))
    if options.instructions:
        options.keys = min(options.keys, 10000)
        (figures, ratio), unit = measure_instructions(program, options), "instructions an operation"
    else:
        (figures, ratio), unit = measure_time(program, options), "CPU microseconds an operation"
    cost = (ratio - 1) * 100
    print(f"{unit}: {figures['defaults']:.3f} with the defaults, {figures['off']:.3f} with all off: {cost:+.2f}%")
    if cost > options.limit:
        sys.exit(f"more than {options.limit:g}%")


if __name__ == "__main__":
    main()
