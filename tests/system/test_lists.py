# SPDX-License-Identifier: BSD-3-Clause
"""Lists go from one server to the other and back: as payloads of DUMP, and as snapshots."""

import shutil

import pytest

from support.server import REFERENCE

LISTS = {
    "one": ["x"],
    "numbers": [0, 1, -1, 127, 128, -4096, 4095, 2**15, -(2**23), 2**31, -(2**63), 2**63 - 1, "007", "-0", "1.5"],
    "texts": ["", b"\x00\xff\r\n", "a" * 63, "b" * 64, "c" * 4095, "d" * 4096, "e" * 70000, ""],
    "repeated": ["word"] * 500,
    "long": [f"element {i}" for i in range(20000)],
    "large elements": [f"{i:05}" * 1000 for i in range(100)],
}


def fill(client):
    for name, elements in LISTS.items():
        assert client("RPUSH", name, *elements) == len(elements)


def contents(client):
    return {name: (client("LRANGE", name, 0, -1), client("DEBUG", "DIGEST-VALUE", name)) for name in LISTS}


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
    for name in LISTS:
        assert taker("RESTORE", name, 0, giver("DUMP", name)) == "OK", name
    assert contents(taker) == contents(giver)


def test_snapshots_are_loaded(launch):
    options = {"enable-debug-command": "yes"}
    ours = launch(options)
    with ours.connect() as client:
        client("CONFIG", "SET", "rdb-version", 10)
        fill(client)
        expected = contents(client)
        assert client("DEBUG", "RELOAD") == "OK"
        assert contents(client) == expected
        assert client("OBJECT", "ENCODING", "numbers") == b"listpack"
        assert client("OBJECT", "ENCODING", "long") == b"quicklist"
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
