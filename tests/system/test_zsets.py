# SPDX-License-Identifier: BSD-3-Clause
"""Sorted sets go to redis-server and come from it, in payloads and in files."""

import shutil

import pytest

from support.server import REFERENCE

SCORES = ["inf", "-inf", "0", "0.1", "1e300", "-5", "1700000000000.5", "9007199254740993", "-1e-7", "127", "-129", "5e-324"]


def pairs(count, length=1):
    return [part for n in range(count) for part in (SCORES[n % len(SCORES)], f"{n}" * length)]


ZSETS = {
    "one": ["1", "x"],
    "empty member": ["1", ""],
    "small": pairs(128),
    "large": pairs(129),
    "very large": pairs(20000),
    "long member": pairs(3, 60),
    "all equal": [part for n in range(1000) for part in ("0", f"member{n}")],
}


def fill(client):
    for name, arguments in ZSETS.items():
        assert client("ZADD", name, *arguments) == len(arguments) // 2


def contents(client):
    return {name: (client("ZCARD", name), client("OBJECT", "ENCODING", name), client("DEBUG", "DIGEST-VALUE", name)) for name in ZSETS}


@pytest.fixture(params=["to the reference", "from the reference"])
def pair(request, launch):
    """Two clients, of the server that gives and of the one that takes."""
    options = {"enable-debug-command": "yes"}
    servers = [launch(options), launch(options, program=REFERENCE)]
    if request.param == "from the reference":
        servers.reverse()
    with servers[0].connect() as giver, servers[1].connect() as taker:
        yield giver, taker


def test_payloads_are_restored(pair):
    giver, taker = pair
    # The reference refuses what is newer than itself.
    if b"rdb-version" in giver("CONFIG", "GET", "rdb-version"):
        giver("CONFIG", "SET", "rdb-version", 10)
    fill(giver)
    for name in ZSETS:
        assert taker("RESTORE", name, 0, giver("DUMP", name)) == "OK", name
    assert contents(taker) == contents(giver)


def test_snapshots_are_loaded(launch):
    options = {"enable-debug-command": "yes"}
    ours = launch(options)
    with ours.connect() as client:
        client("CONFIG", "SET", "rdb-version", 10)
        fill(client)
        expected = contents(client)
        client("SAVE")
    theirs = launch(options, program=REFERENCE, started=False)
    shutil.copy(ours.directory / "dump.rdb", theirs.directory / "dump.rdb")
    theirs.start()
    with theirs.connect() as client:
        assert contents(client) == expected
        client("SAVE")
    again = launch(options, started=False)
    shutil.copy(theirs.directory / "dump.rdb", again.directory / "dump.rdb")
    again.start()
    with again.connect() as client:
        assert contents(client) == expected


def test_a_scan_meets_what_stays_whatever_happens_to_scores(client):
    client("ZADD", "key", *(part for n in range(2000) for part in (str(n % 7), f"stays{n}")))
    cursor, seen, turn = b"0", set(), 0
    while True:
        cursor, found = client("ZSCAN", "key", cursor, "COUNT", 20)
        seen.update(found[0::2])
        if cursor == b"0":
            break
        turn += 1
        for n in range(100):
            client("ZADD", "key", str(turn * 31 % 1000), f"stays{(turn * 131 + n * 17) % 2000}", "5", f"new{turn}:{n}")
            client("ZREM", "key", f"new{turn - 1}:{n}")
    assert {f"stays{n}".encode() for n in range(2000)} <= seen
