#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Counts the server's instructions of ten operations, pipelined, under valgrind's callgrind, and compares them with guard.txt:
free of the machine's noise, so that what costs more is seen at once.

    guard.py [--record] [--limit PERCENT]

Ends with 1 when an operation takes over 3 % more than is written there. --record writes anew what was counted, for a change
that is meant. The figures are of one compiler and one kind of machine; on others nothing is compared."""

import argparse
import os
import pathlib
import platform
import re
import socket
import ssl
import subprocess
import sys
import tempfile

import compare
from support import certificates, ports

FIGURES = pathlib.Path(__file__).with_name("guard.txt")
PIPELINE, ROUNDS, KEYS = 64, 150, 1000
SESSION = "x" * 256
SCRIPT = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('expire', KEYS[1], 10) end return 0"


def key(number):
    return f"session:{number * 7919 % KEYS:08x}"


# What fills the server, and one request number i of each operation.
FILL = [
    *(["SET", key(i), SESSION] for i in range(KEYS)),
    *(["HSET", f"hash:{i % 100}", f"field{i // 100}", "a value of a field"] for i in range(KEYS)),
    *(["SET", f"lock:{i}", "token"] for i in range(100)),
    ["SCRIPT", "LOAD", SCRIPT],
]
OPERATIONS = {
    "GET": lambda i: ["GET", key(i)],
    "SETEX": lambda i: ["SETEX", key(i), "1800", SESSION],
    "mix": lambda i: ["SETEX", key(i), "1800", SESSION] if i % 5 == 0 else ["GET", key(i)],
    "PUBLISH": lambda i: ["PUBLISH", "socketio", SESSION],
    "HGET": lambda i: ["HGET", f"hash:{i % 100}", f"field{i // 100 % 10}"],
    "ZADD": lambda i: ["ZADD", f"limit:{i % 50}", str(i % 997), f"member{i % 40}"],
    "EVALSHA": lambda i: ["EVALSHA", "{sha}", "1", f"lock:{i % 100}", "token"],
    "GET by TLS": lambda i: ["GET", key(i)],
    "EXPIRE": lambda i: ["EXPIRE", key(i), "1800"],
    "SCAN": lambda i: ["SCAN", str(i % 512)],
}


def encode(words):
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in map(str.encode, words))


def pipeline(connection, requests):
    """Sends them at once, and reads until all are answered."""
    connection.sendall(b"".join(map(encode, requests)) + encode(["PING"]))
    end = b""
    while not end.endswith(b"+PONG\r\n"):
        part = connection.recv(1 << 20)
        assert part, "the server has gone"
        end = (end + part)[-7:]


class Window:
    """callgrind is told to write down its counts by the function that DEBUG SLEEP ends up in."""

    def __init__(self, connection):
        self.connection = connection

    def __enter__(self):
        pipeline(self.connection, [["DEBUG", "SLEEP", "0"]])

    def __exit__(self, *_):
        pipeline(self.connection, [["DEBUG", "SLEEP", "0"]])


def run(server, tls_port, authority):
    plain = socket.create_connection(("127.0.0.1", server.port), timeout=120)
    context = ssl.create_default_context(cafile=authority.cert)
    tls = context.wrap_socket(socket.create_connection(("127.0.0.1", tls_port), timeout=120), server_hostname="localhost")
    subscribers = [server.connect() for _ in range(10)]
    for subscriber in subscribers:
        subscriber("SUBSCRIBE", "socketio")
    with server.connect() as connection:
        sha = [connection(*request) for request in FILL][-1].decode()
    for name, request in OPERATIONS.items():
        connection = tls if name == "GET by TLS" else plain
        requests = [[word.replace("{sha}", sha) for word in request(i)] for i in range(PIPELINE * ROUNDS)]
        pipeline(connection, requests[:PIPELINE])
        with Window(plain):
            for start in range(0, len(requests), PIPELINE):
                pipeline(connection, requests[start : start + PIPELINE])
                drain(subscribers)
    for connection in (plain, tls):
        connection.close()


def drain(subscribers):
    for subscriber in subscribers:
        subscriber.socket.setblocking(False)
        try:
            while subscriber.socket.recv(1 << 20):
                pass
        except BlockingIOError:
            pass


def totals(directory):
    """Instructions between each odd writing down and the next."""
    dumps = sorted(directory.glob("counts.*"), key=lambda path: int(path.suffix[1:]))
    counts = [int(re.search(r"^(?:totals|summary): (\d+)", path.read_text(), re.M)[1]) for path in dumps]
    return counts[1::2]


def measure(program):
    with tempfile.TemporaryDirectory(prefix="guard-") as place:
        place = pathlib.Path(place)
        authority = certificates.Authority(place / "ca")
        identity, tls_port = authority.issue("server"), ports.reserve()
        options = ["--tool=callgrind", f"--callgrind-out-file={place}/counts", "--dump-before=nanosleep"]
        tls = ["--tls-port", str(tls_port), "--tls-cert-file", str(identity.cert), "--tls-key-file", str(identity.key)]
        server = compare.Server(["valgrind", *options, program, *tls, "--tls-auth-clients", "no", "--enable-debug-command", "yes"])
        try:
            run(server, tls_port, authority)
            server.process.terminate()
            server.process.wait(120)
        finally:
            server.finish()
            ports.release(tls_port)
        requests = PIPELINE * ROUNDS
        return {name: round(count / requests) for name, count in zip(OPERATIONS, totals(place), strict=False)}


def machine():
    compiler = os.environ.get("CC", "gcc")
    version = subprocess.run([compiler, "-dumpfullversion"], capture_output=True, text=True, check=True).stdout.strip()
    return f"{compiler} {version}, {platform.machine()}"


def read_figures():
    head, *lines = FIGURES.read_text().splitlines()
    return head.removeprefix("# "), {name: int(count) for name, count in (line.rsplit(" ", 1) for line in lines)}


def main():
    parser = argparse.ArgumentParser(description="Counts instructions of ten operations.")
    parser.add_argument("--record", action="store_true", help="write guard.txt")
    parser.add_argument("--limit", type=float, default=3.0, help="percent more that are let pass")
    options = parser.parse_args()
    figures = measure(os.environ.get("SESSIOND", str(compare.ROOT / "build/release/sessiond")))
    if options.record:
        FIGURES.write_text("\n".join([f"# {machine()}", *(f"{name} {count}" for name, count in figures.items())]) + "\n")
        return
    of, known = read_figures()
    growth = {name: (count / known[name] - 1) * 100 for name, count in figures.items()}
    for name, count in figures.items():
        print(f"{name:12} {count:7} instructions, {known[name]:7} known: {growth[name]:+.1f}%")
    if of != machine():
        print(f"The figures known are of {of}, not of {machine()}: not compared")
    elif max(growth.values()) > options.limit:
        sys.exit(f"more than {options.limit:g}% more")


if __name__ == "__main__":
    main()
