# SPDX-License-Identifier: BSD-3-Clause
"""The same commands to the server under test and to redis-server: the replies must be the same bytes.

Commands come from support/commands.py. DIFFERENTIAL_SEED chooses others than the default, DIFFERENTIAL_COUNT how
many a family; a failure names the seed and shows each differing command with the ones before it that named the
same keys.

The reference is redis-server 7.0, what is promised is 7.2. Replies that may differ are named here:

  compared in another way (NORMAL below)
    KEYS, SCAN, PUBSUB CHANNELS       any order; of SCAN whole iterations only
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

import os

import pytest

from support import commands
from support.resp import Connection, Map, Push, encode
from support.server import REFERENCE, Server

SEED = os.environ.get("DIFFERENTIAL_SEED", "1")
COUNT = int(os.environ.get("DIFFERENTIAL_COUNT", "4000"))
BATCH = 200
SHOWN = 12


@pytest.fixture(scope="module")
def shared_reference(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("reference"), program=REFERENCE).start()
    yield server
    server.finish()


@pytest.fixture
def reference(shared_reference):
    with shared_reference.connect() as connection:
        assert connection("FLUSHALL") == "OK"
    return shared_reference


class Masked:
    """Stands in a normal form for a part that may differ, as long as its type does not."""

    def __init__(self, value):
        self.type = type(value)

    def __eq__(self, other):
        return isinstance(other, Masked) and self.type is other.type

    def __repr__(self):
        return f"<any {self.type.__name__}>"


class Near:
    """A number that may be a little more or less; negative ones are answers of their own."""

    def __init__(self, value, tolerance):
        self.value, self.tolerance = value, tolerance

    def __eq__(self, other):
        if min(self.value, other.value) < 0:
            return self.value == other.value
        return abs(self.value - other.value) <= self.tolerance

    def __repr__(self):
        return f"{self.value} +- {self.tolerance}"


def unordered(value):
    return sorted(value) if isinstance(value, list) else value


def scan_reply(value):
    return [value[0], sorted(value[1])] if isinstance(value, list) else value


def is_whole_scan(command, reply):
    """Not one that starts somewhere or goes on; an error counts as whole."""
    return not isinstance(reply.value, list) or (str(command[1]) == "0" and reply.value[0] == b"0")


def near(tolerance):
    return lambda value: Near(value, tolerance) if isinstance(value, int) else value


def hello_reply(value):
    if not isinstance(value, list):
        return value
    pairs = list(value) if isinstance(value, Map) else list(zip(value[0::2], value[1::2]))
    return type(value), [(name, Masked(content) if name in (b"version", b"id") else content) for name, content in pairs]


def masked(value):
    return value if isinstance(value, str) else Masked(value)


def masked_list(value):
    return [Masked(each) for each in value] if isinstance(value, list) else value


NORMAL = {
    ("KEYS",): unordered,
    ("SCAN",): scan_reply,
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
RELATIVE = NORMAL | {("EXPIRETIME",): near(1), ("PEXPIRETIME",): near(2000)}


def words(command):
    return [part.upper() if isinstance(part, str) else part for part in command[:2]]


def same(command, expected, got, normal=NORMAL):
    """Whether two replies to a command may both be right."""
    if expected.raw == got.raw:
        return True
    name = words(command)
    if name[0] == "SCAN" and not (is_whole_scan(command, expected) and is_whole_scan(command, got)):
        return expected.raw[:1] == got.raw[:1]
    normalise = normal.get(tuple(name)) or normal.get(tuple(name[:1]))
    if not normalise or expected.raw[:1] != got.raw[:1]:
        return False
    return normalise(expected.value) == normalise(got.value)


class Differences:
    """Collects what differed and fails with it at the end."""

    def __init__(self, family):
        self.family, self.shown, self.count = family, [], 0

    def add(self, command, expected, got, before=()):
        self.count += 1
        if len(self.shown) < SHOWN:
            related = [earlier for earlier in before if set(map(str, earlier[1:])) & set(map(str, command[1:]))]
            lines = [f"    after {shorten(earlier)}" for earlier in related[-6:]]
            lines += [f"    sent  {shorten(command)}", f"    redis {shorten(expected)}", f"    here  {shorten(got)}"]
            self.shown.append("\n".join(lines))

    def check(self):
        text = "\n\n".join(self.shown)
        assert not self.count, f"{self.count} differences in {self.family}, DIFFERENTIAL_SEED={SEED}:\n\n{text}"


def shorten(thing, most=300):
    text = repr(getattr(thing, "raw", thing))
    return text if len(text) <= most else f"{text[:most]}... ({len(text)} characters)"


def generate(family, protocol, spoiled):
    generator = commands.Generator(f"{SEED}:{getattr(family, '__name__', 'restore')}:{protocol}")
    while True:
        command = family(generator)
        if generator.chance(spoiled):
            command = generator.spoil(command)
        yield [generator.case(command[0]), *command[1:]]


def compare_batches(reference, server, family, protocol, normal=NORMAL, spoiled=0.08, count=COUNT):
    """Sends batches that each begin with an empty server, so that one difference does not lead to others for long."""
    differences = Differences(f"{getattr(family, '__name__', 'restore')} over RESP{protocol}")
    stream = generate(family, protocol, spoiled)
    for _ in range(count // BATCH):
        batch = [next(stream) for _ in range(BATCH)]
        request = b"".join(encode(*command) for command in batch)
        with Connection(reference.port) as left, Connection(server.port) as right:
            for each in (left, right):
                each("FLUSHALL")
                each("HELLO", protocol)
                each.send(request)
            for index, command in enumerate(batch):
                expected, got = left.read(), right.read()
                if not same(command, expected, got, normal):
                    differences.add(command, expected, got, batch[:index])
                    break
    differences.check()


PROTOCOLS = pytest.mark.parametrize("protocol", [2, 3], ids=["RESP2", "RESP3"])
FAMILIES = [
    (commands.strings, NORMAL | RELATIVE, 0.08),
    (commands.numbers, NORMAL, 0.05),
    (commands.bitmaps, NORMAL, 0.08),
    (commands.bitfields, NORMAL, 0.05),
    (commands.keys, NORMAL | RELATIVE, 0.08),
    (commands.expire, NORMAL, 0.08),
    (commands.expire_relative, RELATIVE, 0.08),
    (commands.connection, NORMAL, 0.0),
]


@PROTOCOLS
@pytest.mark.parametrize("family, normal, spoiled", FAMILIES, ids=lambda value: getattr(value, "__name__", ""))
def test_family(reference, server, family, normal, spoiled, protocol):
    compare_batches(reference, server, family, protocol, normal, spoiled)


@PROTOCOLS
@pytest.mark.parametrize("family", [case[0] for case in FAMILIES[:-1]], ids=lambda family: family.__name__)
def test_family_mostly_malformed(reference, server, family, protocol):
    compare_batches(reference, server, family, protocol, RELATIVE, spoiled=0.6, count=COUNT // 2)


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
            if not same(command, expected, got):
                differences.add([f"connection {who}", *command], expected, got, history[-20:])
                break
            history.append([f"connection {who}", *command])
        for pair in pairs:
            for each in pair:
                each.close()
    differences.check()


class Listener:
    """A connection whose messages and replies up to now can be collected."""

    def __init__(self, server, protocol):
        self.connection = Connection(server.port)
        self.connection("HELLO", protocol)
        self.asked = 0

    def collect(self, command=None):
        """Sends a command, and returns all that has arrived when the server answers a PING behind it."""
        self.asked += 1
        mark = b"mark %d" % self.asked
        self.connection.send((encode(*command) if command else b"") + encode("PING", mark))
        arrived = []
        while True:
            reply = self.connection.read()
            if reply.value == mark or reply.value == [b"pong", mark]:
                return arrived
            arrived.append(reply)


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
