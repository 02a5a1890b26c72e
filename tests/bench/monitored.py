#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What watching costs: one server, driven by load.c in turns; in every other turn it is scraped once a second, and asked for the
live page's figures once a second, as by a Prometheus with that interval and an open page. Prints the operations and the CPU time
of the watched turns, in terms of the others; and, since differences between turns are mostly noise, the CPU time that one such
look takes when the server has nothing else to do.

    monitored.py [--rounds N] [--seconds N] [--keys N] [--pipeline N] [--looks N]

The environment chooses: SESSIOND (build/release/sessiond), BENCH_LOAD (the generator). On a busy machine CPU time per operation is the
figure to trust."""

import argparse
import json
import os
import pathlib
import statistics
import threading
import time
import urllib.request

from compare import ROOT, SERVER_CPU, Server, ports, run_load, steady


class Watcher:
    """Scrapes and asks, once a second each, while it is entered."""

    def __init__(self, port):
        self.base = f"http://127.0.0.1:{port}"
        self.next = self.minute = self.asked = 0

    def get(self, path):
        with urllib.request.urlopen(self.base + path, timeout=20) as reply:
            return reply.read()

    def look(self):
        self.get("/metrics")
        shown = json.loads(self.get(f"/api/live?since={self.next}&minute={self.minute}"))
        self.next, self.minute = shown["next"], shown["next_minute"]
        self.asked += 1

    def __enter__(self):
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.ended.is_set():
            self.look()
            self.ended.wait(1)

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()


def measure(server, arguments):
    """Operations a second, and microseconds of the server's CPU for each."""
    figures = steady(server, "mix", arguments.seconds, 50, arguments.pipeline, arguments.keys, 256)
    return figures["ops_per_s"], figures["cpu_us_per_op"]


# A scrape's text is given again for half a second; each look is to cost a new one.
LOOK_PERIOD_S = 0.55


def cpu_ns(server):
    """CPU time of all its threads, finer than clock ticks."""
    tasks = pathlib.Path(f"/proc/{server.process.pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks)


def cost_of_looks(server, watcher, count):
    """Microseconds of CPU time a look, less what passes in the same time without any."""

    def spent(look):
        before = cpu_ns(server)
        for _ in range(count):
            look()
            time.sleep(LOOK_PERIOD_S)
        return cpu_ns(server) - before

    return (spent(watcher.look) - spent(lambda: None)) / 1000 / count


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--keys", type=int, default=100000)
    parser.add_argument("--pipeline", type=int, default=16)
    parser.add_argument("--looks", type=int, default=20)
    arguments = parser.parse_args()
    http_port = ports.reserve()
    sessiond = os.environ.get("SESSIOND", str(ROOT / "build/release/sessiond"))
    server = Server([sessiond, "--http-port", str(http_port)], {SERVER_CPU})
    watcher = Watcher(http_port)
    throughput, cpu = [], []
    try:
        run_load(server, "fill", arguments.keys, 256)
        measure(server, arguments)
        for i in range(arguments.rounds):
            figures = {}
            for is_watched in (i % 2 == 0, i % 2 == 1):
                if is_watched:
                    with watcher:
                        figures[True] = measure(server, arguments)
                else:
                    figures[False] = measure(server, arguments)
            throughput.append(figures[True][0] / figures[False][0])
            cpu.append(figures[True][1] / figures[False][1])
            print(f"{figures[False][0]:.0f} -> {figures[True][0]:.0f} ops/s, {figures[False][1]:.3f} -> {figures[True][1]:.3f} us", flush=True)
        look_us = cost_of_looks(server, watcher, arguments.looks)
    finally:
        server.finish()
        ports.release(http_port)
    assert watcher.asked >= arguments.rounds, "nothing was asked"
    print(f"watched, of unwatched (medians of {arguments.rounds} rounds): {statistics.median(throughput):.3f} of the operations a second, "
          f"{statistics.median(cpu):.3f} of the CPU time each")
    print(f"a look takes {look_us:.0f} us of CPU time: once a second, {look_us / 1e4:.3f} % of a CPU")


if __name__ == "__main__":
    main()
