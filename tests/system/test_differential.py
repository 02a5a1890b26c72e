# SPDX-License-Identifier: BSD-3-Clause
"""The same commands to the server under test and to redis-server: the replies must be the same bytes.

Commands come from support/commands.py. DIFFERENTIAL_SEED chooses others than the default, DIFFERENTIAL_COUNT how
many a family; a failure names the seed and shows each differing command with the ones before it that named the
same keys.

The reference is redis-server 7.0, what is promised is 7.2. Replies that may differ are named here:

  compared in another way (NORMAL below)
    KEYS, SCAN, PUBSUB CHANNELS       any order; of SCAN whole iterations only
    HGETALL, HKEYS, HVALS, HSCAN      any order, as large hashes have none
    SMEMBERS, SINTER, SUNION, SDIFF   any order, as large sets have none, and 7.0 orders small ones otherwise
    SSCAN                             the same
    HRANDFIELD, SRANDMEMBER, SPOP     as many
    OBJECT ENCODING of sets           7.0 has no "listpack"
    RANDOMKEY                         null or a key
    TTL, PTTL, (P)EXPIRETIME          where the deadline was relative: with a tolerance
    TIME, OBJECT IDLETIME, CLIENT ID  of the same type
    OBJECT REFCOUNT                   of the same type: whether small numbers are shared is an implementation's choice
    DUMP                              of the same type: 7.2 writes RDB version 11, 7.0 version 10
    HELLO                             version and id left out
    UNSUBSCRIBE and the like          without arguments: any order

  never sent
    what is new in 7.2: CLIENT SETINFO, CLIENT NO-TOUCH
    what changed in 7.2: PUBLISH to oneself in RESP3 (the answer now precedes the message), all HELP texts,
        HELLO without AUTH before authentication, COMMAND GETKEYS of a single word, WAIT with a huge timeout
    AUTH with an empty user name, which means the default user here
    RESTORE with the largest number for a lifetime: what redis-server adds to it overflows
    DBSIZE where deadlines pass: when what is past is removed is an implementation's choice
    what describes the server: INFO, COMMAND, CLIENT LIST (tested in files of their own)"""

import pytest

from support import bit_commands, commands
from support.differential import (
    BATCH,
    COUNT,
    SEED,
    Differences,
    Listener,
    Masked,
    compare_batches,
    masked,
    masked_list,
    near,
    pairs,
    pairs_scan_reply,
    same,
    scan_reply,
    small_set_encoding,
    unordered,
    words,
)
from support.resp import Connection, Map, Push
from support.server import REFERENCE, Server


OPEN = {"enable-debug-command": "yes"}


@pytest.fixture(scope="module")
def shared_reference(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("reference"), OPEN, program=REFERENCE).start()
    yield server
    server.finish()


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("server"), OPEN).start()
    yield server
    server.finish()


@pytest.fixture
def reference(shared_reference):
    with shared_reference.connect() as connection:
        assert connection("FLUSHALL") == "OK"
    return shared_reference


def hello_reply(value):
    if not isinstance(value, list):
        return value
    pairs = list(value) if isinstance(value, Map) else list(zip(value[0::2], value[1::2]))
    return type(value), [(name, Masked(content) if name in (b"version", b"id") else content) for name, content in pairs]


def drawn(value):
    """As many, or any one."""
    return [Masked(each) for each in value] if isinstance(value, list) else masked(value)


NORMAL = {
    ("KEYS",): unordered,
    ("SCAN",): scan_reply,
    ("HSCAN",): pairs_scan_reply,
    ("HGETALL",): pairs,
    ("HKEYS",): unordered,
    ("HVALS",): unordered,
    ("HRANDFIELD",): drawn,
    ("SMEMBERS",): unordered,
    ("SINTER",): unordered,
    ("SUNION",): unordered,
    ("SDIFF",): unordered,
    ("SSCAN",): scan_reply,
    ("SRANDMEMBER",): drawn,
    ("SPOP",): drawn,
    ("RANDOMKEY",): masked,
    ("TIME",): masked_list,
    ("TTL",): near(1),
    ("PTTL",): near(2000),
    ("HELLO",): hello_reply,
    ("DUMP",): masked,
    ("CLIENT", "ID"): masked,
    ("OBJECT", "IDLETIME"): masked,
    ("OBJECT", "REFCOUNT"): masked,
    ("PUBSUB", "CHANNELS"): unordered,
    ("PUBSUB", "SHARDCHANNELS"): unordered,
}
OF_SETS = NORMAL | {("OBJECT", "ENCODING"): small_set_encoding, ("TTL",): near(1)}
# 7.0 has no small lists that are "listpack".
OF_SORTS = NORMAL | {("OBJECT", "ENCODING"): masked, ("TTL",): near(1)}
RELATIVE = NORMAL | {("EXPIRETIME",): near(1), ("PEXPIRETIME",): near(2000)}


PROTOCOLS = pytest.mark.parametrize("protocol", [2, 3], ids=["RESP2", "RESP3"])
FAMILIES = [
    (commands.strings, NORMAL | RELATIVE, 0.08),
    (commands.numbers, NORMAL, 0.05),
    (commands.hashes, NORMAL, 0.05),
    (commands.sets, OF_SETS, 0.05),
    (commands.sorts, OF_SORTS, 0.0),
    (commands.lists, NORMAL, 0.05),
    (bit_commands.bitmaps, NORMAL, 0.08),
    (bit_commands.bitfields, NORMAL, 0.05),
    (commands.keys, NORMAL | RELATIVE, 0.08),
    (commands.expire, NORMAL, 0.08),
    (commands.expire_relative, RELATIVE, 0.08),
    (commands.connection, NORMAL, 0.0),
]


@PROTOCOLS
@pytest.mark.parametrize("family, normal, spoiled", FAMILIES, ids=lambda value: getattr(value, "__name__", ""))
def test_family(reference, server, family, normal, spoiled, protocol):
    compare_batches(reference, server, family, protocol, normal, spoiled=spoiled)


@PROTOCOLS
@pytest.mark.parametrize("family, normal", [case[:2] for case in FAMILIES[:-1]], ids=lambda value: getattr(value, "__name__", ""))
def test_family_mostly_malformed(reference, server, family, normal, protocol):
    compare_batches(reference, server, family, protocol, RELATIVE | normal, spoiled=0.6, count=COUNT // 2)


@PROTOCOLS
def test_restore(reference, server, protocol):
    with reference.connect() as client:
        payloads = []
        for value in ["", "hello", 12345, -1, 127, 40000, 2**31, 2**40, commands.INT64_MIN, "x" * 44, "x" * 45, "ab" * 5000, b"\x00\xff" * 30]:
            client("SET", "key", value)
            payloads.append(client("DUMP", "key"))
    compare_batches(reference, server, commands.restore(payloads), protocol, RELATIVE, spoiled=0.0)


@PROTOCOLS
def test_transactions(reference, server, protocol):
    differences = Differences(f"transactions over RESP{protocol}")
    generator = commands.Generator(f"{SEED}:transactions:{protocol}")
    for _ in range(COUNT // BATCH):
        pairs = [(Connection(reference.port), Connection(server.port)) for _ in range(2)]
        for pair in pairs:
            for each in pair:
                each("FLUSHALL")
                each("HELLO", protocol)
        history = []
        for _ in range(BATCH):
            who, command = commands.transactions(generator)
            left, right = pairs[who]
            left.send_command(*command)
            right.send_command(*command)
            expected, got = left.read(), right.read()
            if not same(command, expected, got, NORMAL):
                differences.add([f"connection {who}", *command], expected, got, history[-20:])
                break
            history.append([f"connection {who}", *command])
        for pair in pairs:
            for each in pair:
                each.close()
    differences.check()


def publications(command, replies):
    """The comparable form of what one step brought to one connection."""
    bare = len(command) == 1 and command[0].endswith("UNSUBSCRIBE")
    if bare and all(isinstance(reply.value, (list, Push)) for reply in replies):
        # Which is left first is open, how many remain is not.
        return [
            (reply.raw[:1], reply.value[0], reply.value[2]) for reply in replies
        ], sorted(str(reply.value[1]) for reply in replies)
    if words(command) in (["PUBSUB", "CHANNELS"], ["PUBSUB", "SHARDCHANNELS"]):
        return [unordered(reply.value) for reply in replies]
    raws = [reply.raw for reply in replies]
    # Patterns that match one message are served in no particular order.
    return sorted(raws) if command[0] == "PUBLISH" else raws


@PROTOCOLS
def test_pubsub(reference, server, protocol):
    differences = Differences(f"pubsub over RESP{protocol}")
    generator = commands.Generator(f"{SEED}:pubsub:{protocol}")
    for _ in range(COUNT // BATCH):
        trios = [[Listener(each, protocol) for _ in range(3)] for each in (reference, server)]
        history = []
        for _ in range(BATCH):
            who, command = commands.pubsub(generator)
            # First the one that acts, then all: what it caused has been queued to the others by its answer.
            results = [[trio[who].collect(command)] + [other.collect() for other in trio] for trio in trios]
            expected, got = ([publications(command, replies) for replies in result] for result in results)
            if expected != got:
                differences.add([f"connection {who}", *command], expected, got, history[-20:])
                break
            history.append([f"connection {who}", *command])
        for trio in trios:
            for listener in trio:
                listener.connection.close()
    differences.check()


def test_a_dump_can_be_restored_where_it_came_from(server, client):
    for number, value in enumerate(commands.WORDS + commands.BORDER_INTEGERS):
        client("SET", "from", value)
        payload = client("DUMP", "from")
        assert client("RESTORE", f"to{number}", 0, payload) == "OK"
        assert client("GET", f"to{number}") == client("GET", "from")
        assert client("OBJECT", "ENCODING", f"to{number}") == client("OBJECT", "ENCODING", "from")
    assert client("DUMP", "missing") is None
