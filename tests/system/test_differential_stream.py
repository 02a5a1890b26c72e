# SPDX-License-Identifier: BSD-3-Clause
"""Streams beside redis-server, as test_differential.py does it: the replies must be the same bytes, but for

    times             any number
    XINFO             without what 7.2 tells besides of consumers
    XREAD, XREADGROUP errors of any text: 7.2 says the command in one of them
and dumps, which either server restores."""

import random

import pytest

from support import commands, stream_commands
from support.differential import COUNT, SEED, compare_batches
from support.resp import Error, Map
from support.server import Server

NEWER = (b"active-time", b"inactive")
TIMES = (b"seen-time", b"idle")
MOMENT = 10**11


@pytest.fixture(scope="module")
def older_format(tmp_path_factory):
    """A server that writes what 7.0 reads."""
    server = Server(tmp_path_factory.mktemp("older"), {"rdb-version": "10"}).start()
    yield server
    server.finish()


def any_error(value):
    return Error("any") if isinstance(value, Error) else value


def pending(value):
    if isinstance(value, list):
        return [[*each[:2], "idle", *each[3:]] if isinstance(each, list) and len(each) == 4 else each for each in value]
    return value


def facts(value):
    """A map and its like in another protocol are lists of names and values."""
    if isinstance(value, (Map, dict)):
        value = [part for pair in (value.items() if isinstance(value, dict) else value) for part in pair]
    if not isinstance(value, list):
        return "moment" if isinstance(value, int) and value > MOMENT else value
    kept, at = [], 0
    while at < len(value):
        name = value[at] if isinstance(value[at], bytes) else None
        if name not in NEWER:
            kept += [name, "time"] if name in TIMES else [facts(value[at])]
        at += 2 if name in NEWER or name in TIMES else 1
    return kept


NORMAL = {("XREAD",): any_error, ("XREADGROUP",): any_error, ("XPENDING",): pending, ("XINFO",): facts}


@pytest.mark.parametrize("protocol", [2, 3], ids=["RESP2", "RESP3"])
@pytest.mark.parametrize("entries, size", [(100, 4096), (3, 4096), (10, 200), (0, 300)])
@pytest.mark.parametrize("family", [stream_commands.entries, stream_commands.groups], ids=["entries", "groups"])
def test_family(reference, server, family, entries, size, protocol):
    limits = [["CONFIG", "SET", "stream-node-max-entries", entries], ["CONFIG", "SET", "stream-node-max-bytes", size]]
    compare_batches(reference, server, family, protocol, NORMAL, spoiled=0, count=COUNT // 2, before=limits)


def fill(seed, *servers):
    generator = commands.Generator(f"{SEED}:dump:{seed}")
    for each in servers:
        each("FLUSHALL")
    for _ in range(600):
        command = stream_commands.groups(generator)
        for each in servers:
            each(*command)


def whole(client, key):
    return facts(client("XINFO", "STREAM", key, "FULL", "COUNT", 0))


@pytest.mark.parametrize("seed", range(max(3, COUNT // 2000)))
def test_either_restores_what_the_other_dumps(reference, older_format, seed):
    with reference.connect() as theirs, older_format.connect() as ours:
        fill(seed, theirs, ours)
        for key in commands.KEYS[:5]:
            for one, other in ((theirs, ours), (ours, theirs)):
                payload = one("DUMP", key)
                if payload is None:
                    continue
                assert other("RESTORE", "copy", 0, payload, "REPLACE") == "OK"
                assert whole(other, "copy") == whole(one, key)
                assert other("DEBUG", "DIGEST-VALUE", "copy") == one("DEBUG", "DIGEST-VALUE", key)


def test_payloads_with_something_wrong_are_refused_or_harmless(older_format):
    """Its own dumps with some bytes changed and the checksum left out."""
    drawn = random.Random(f"{SEED}:payloads")
    with older_format.connect() as client:
        client("DEBUG", "SET-SKIP-CHECKSUM-VALIDATION", 1)
        fill(0, client)
        payloads = [payload for key in commands.KEYS[:5] if (payload := client("DUMP", key))]
        for _ in range(COUNT // 4):
            broken = bytearray(drawn.choice(payloads))
            for _ in range(drawn.randint(1, 3)):
                broken[drawn.randrange(len(broken) - 10)] = drawn.randrange(256)
            if client("RESTORE", "copy", 0, bytes(broken), "REPLACE") == "OK" and client("TYPE", "copy") == "stream":
                assert client("RESTORE", "again", 0, client("DUMP", "copy"), "REPLACE") == "OK"
                assert whole(client, "again") == whole(client, "copy")
                client("XADD", "copy", "MAXLEN", 2, "*", "a", "b")
                client("XINFO", "STREAM", "copy", "FULL")
