# SPDX-License-Identifier: BSD-3-Clause
"""What operators and monitors ask, of the server under test and of redis-server: the same answers.

As test_differential.py, with commands of support/admin_commands.py. Compared in another way:

    CONFIG GET                         any order, and without directives that only one knows
    CLIENT INFO, LIST                  fields and their order; of the values those that don't depend on the moment
    CLIENT ID, MEMORY USAGE            of the same type: memory is counted by what each server takes
    SLOWLOG GET                        the commands
    INFO                               sections, and every field with its type
    HELP                               texts are each server's own
    LATENCY HISTOGRAM                  the names of commands
    ACL                                without sanitize-payload, which 7.2 shows and 7.0 does not
    LASTSAVE, COMMAND COUNT            of the same type

Never sent: empty sizes and sizes beyond 64 bits, which CONFIG SET refuses here as what they are; LOLWUT; transactions of
CLIENT LIST; RESET, which ends CLIENT NO-EVICT since 7.2; what ends connections or the server."""

import re

import pytest

from support import admin_commands, commands
from support.differential import BATCH, COUNT, SEED, Differences, Listener, compare_batches, masked
from support.resp import Map
from support.server import REFERENCE, SESSIOND, Server

OPEN = {"enable-debug-command": "yes", "enable-protected-configs": "yes"}
PROTOCOLS = pytest.mark.parametrize("protocol", [2, 3], ids=["RESP2", "RESP3"])

# Of CLIENT LIST: what is the same whenever it is asked for.
STEADY = "name flags db sub psub ssub multi resp cmd user redir".split()
# What 7.2 adds.
NEW_CLIENT_FIELDS = ["lib-name", "lib-ver"]


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """The reference and the server under test."""
    servers = [Server(tmp_path_factory.mktemp("pair"), OPEN, program=program).start() for program in (REFERENCE, SESSIOND)]
    names = []
    for server in servers:
        with server.connect() as connection:
            names.append(set(connection("CONFIG", "GET", "*")[0::2]))
    KNOWN_TO_ONE.update(names[0] ^ names[1])
    yield servers
    for server in servers:
        server.finish()


# ---- normal forms ----

KNOWN_TO_ONE = set()  # names of directives


def settings(value):
    listed = pairs(value)
    return [each for each in listed if each[0] not in KNOWN_TO_ONE] if isinstance(value, list) else listed


def pairs(value):
    if not isinstance(value, list):
        return value
    return sorted(value) if isinstance(value, Map) else sorted(zip(value[0::2], value[1::2]))


def client_lines(value):
    if not isinstance(value, bytes):
        return value
    lines = []
    for line in value.decode().splitlines():
        fields = [field.partition("=")[::2] for field in line.split(" ")]
        names = [name for name, _ in fields if name not in NEW_CLIENT_FIELDS]
        lines.append((names, [(name, content) for name, content in fields if name in STEADY]))
    return lines


def slow_commands(value):
    return [entry[3] for entry in value] if isinstance(value, list) else value


def whole_table(value):
    """What both list depends on what they have."""
    return "all" if isinstance(value, list) and len(value) > 90 else value


def measured_commands(value):
    return sorted(name for name, _ in pairs(value)) if isinstance(value, list) else value


def first_text(value):
    """An error's text up to a zero byte, which ends it here."""
    return value.split("\0")[0]


def access_rules(value):
    """sanitize-payload is shown since 7.2."""
    if isinstance(value, (list, tuple)):
        return type(value)(access_rules(each) for each in value if each != b"sanitize-payload")
    return value.replace(b" sanitize-payload", b"") if isinstance(value, bytes) else value


def help_texts(value):
    return "help" if isinstance(value, list) and value and "subcommand" in str(value[0]) else value


NORMAL = {
    ("CONFIG", "GET"): settings,
    ("CONFIG", "HELP"): help_texts,
    ("CLIENT", "ID"): masked,
    ("CLIENT", "INFO"): client_lines,
    ("CLIENT", "LIST"): client_lines,
    ("MEMORY", "USAGE"): masked,
    ("SLOWLOG", "GET"): slow_commands,
    ("OBJECT", "IDLETIME"): masked,
    ("OBJECT", "REFCOUNT"): masked,
    ("LASTSAVE",): masked,
    ("COMMAND", "COUNT"): masked,
    ("COMMAND",): whole_table,
    ("LATENCY", "HISTOGRAM"): measured_commands,
    ("DEBUG", "ERROR"): first_text,
    ("ACL",): access_rules,
}


# ---- commands and their replies ----


@PROTOCOLS
def test_config(pair, protocol):
    # Values that later ones depend on start anew with each batch.
    before = [["CONFIG", "SET", "hz", "10", "slave-priority", "100", "client-output-buffer-limit", "pubsub 32mb 8mb 60 normal 0 0 0 slave 256mb 64mb 60"]]
    compare_batches(*pair, admin_commands.config, protocol, NORMAL, spoiled=0.0, before=before)


@PROTOCOLS
@pytest.mark.parametrize("family", [admin_commands.client, admin_commands.command, admin_commands.inspect], ids=lambda family: family.__name__)
def test_family(pair, family, protocol):
    before = [["CONFIG", "SET", "maxmemory-policy", "noeviction", "slowlog-log-slower-than", "-1", "latency-monitor-threshold", "0"]]
    before += [["SLOWLOG", "RESET"], ["LATENCY", "RESET"]]
    # COMMAND spoils what it asks about; itself takes fewer arguments since 7.2.
    spoiled = 0.0 if family is admin_commands.command else 0.08
    compare_batches(*pair, family, protocol, NORMAL, spoiled=spoiled, before=before)


# ---- INFO ----


def info(connection, *arguments):
    """{section: {field: value}} of one answer."""
    sections, current = {}, None
    for line in connection("INFO", *arguments).decode().splitlines():
        if line.startswith("# "):
            current = sections.setdefault(line[2:], {})
        elif line:
            name, _, value = line.partition(":")
            current[name] = value
    return sections


def kind(value):
    for name, pattern in (("integer", r"-?\d+"), ("real", r"-?\d+\.\d+"), ("percentage", r"[\d.]+%"), ("size", r"[\d.]+[BKMGT]")):
        if re.fullmatch(pattern, value):
            return name
    if re.fullmatch(r"[\w.|-]+=[^,]*(,[\w.|-]+=[^,]*)*", value):
        return [part.partition("=")[0] for part in value.split(",")]
    return "text"


# Words that may look like numbers.
LITERAL = ["redis_build_id", "redis_git_sha1", "run_id", "master_replid", "config_file"]

# What 7.2 shows and 7.0 does not.
NEW_INFO_FIELDS = {
    "Server": ["listener0"],
    "Clients": ["total_blocking_keys", "total_blocking_keys_on_nokey"],
    "Stats": """acl_access_denied_auth acl_access_denied_cmd acl_access_denied_key acl_access_denied_channel
        client_query_buffer_limit_disconnections client_output_buffer_limit_disconnections eventloop_cycles
        eventloop_duration_sum eventloop_duration_cmd_sum instantaneous_eventloop_cycles_per_sec
        instantaneous_eventloop_duration_usec evicted_clients""".split(),
    "Debug": """eventloop_duration_aof_sum eventloop_duration_cron_sum eventloop_duration_max
        eventloop_cmd_per_cycle_max""".split(),
}


@pytest.fixture
def informed(pair):
    """Connections to both after the same history."""
    connections = [server.connect() for server in pair]
    for connection in connections:
        for line in (
            "FLUSHALL",
            "CONFIG RESETSTAT",
            "CONFIG SET latency-tracking yes latency-tracking-info-percentiles 50 maxmemory-policy noeviction",
            "SET key value EX 1000",
            "GET key",
            "GET key x",
            "INCR key",
            "NOSUCH",
            "CLIENT NO-EVICT x",
        ):
            words = line.split()
            connection(*words)
    yield connections
    for connection in connections:
        connection.close()


@pytest.mark.parametrize(
    "arguments",
    [[], ["all"], ["everything"], ["default"], *([section] for section in admin_commands.SECTIONS), ["SERVER", "nosuch"], ["memory", "cpu", "memory"], ["nosuch"], ["default", "commandstats"], ["all", "x"]],
    ids=" ".join,
)
def test_info_has_the_sections_and_fields_of_redis_with_their_types(informed, arguments):
    theirs, ours = (info(connection, *arguments) for connection in informed)
    assert list(theirs) == [section for section in ours if section in theirs]
    # Sections of our own come only with others.
    assert theirs or not ours
    for section, fields in theirs.items():
        for name, value in fields.items():
            assert name in ours[section], f"{name} is missing in {section}"
            if name not in LITERAL:
                assert kind(ours[section][name]) == kind(value), (name, value, ours[section][name])
        if section in ("Commandstats", "Errorstats", "Latencystats", "Keyspace"):
            assert ours[section].keys() - fields.keys() == set(), section


@pytest.mark.beyond_redis
def test_info_has_what_is_new_in_7_2(informed):
    everything = info(informed[1], "everything", "debug")
    assert [(section, name) for section, names in NEW_INFO_FIELDS.items() for name in names if name not in everything[section]] == []


# ---- notifications ----


@pytest.mark.parametrize("classes", admin_commands.CLASSES, ids=lambda classes: classes or "none")
def test_notifications(pair, classes):
    differences = Differences(f"notifications of {classes}")
    generator = commands.Generator(f"{SEED}:notifications:{classes}")
    for _ in range(max(1, COUNT // BATCH // 4)):
        duos = []
        for server in pair:
            duo = [Listener(server, 2) for _ in range(2)]
            duo[0].connection("FLUSHALL")
            duo[0].connection("CONFIG", "SET", "notify-keyspace-events", classes)
            duo[1].connection("PSUBSCRIBE", "__key*")
            duos.append(duo)
        history = []
        for _ in range(BATCH):
            command = admin_commands.notified(generator)
            results = []
            for actor, listener in duos:
                actor.collect(command)
                results.append([reply.raw for reply in listener.collect()])
            if results[0] != results[1]:
                differences.add(command, *results, history[-20:])
                break
            history.append(command)
        for duo in duos:
            duo[0].connection("CONFIG", "SET", "notify-keyspace-events", "")
            for listener in duo:
                listener.connection.close()
    differences.check()


# ---- tracking ----


@PROTOCOLS
def test_tracking(pair, protocol):
    differences = Differences(f"tracking over RESP{protocol}")
    generator = commands.Generator(f"{SEED}:tracking:{protocol}")
    for _ in range(COUNT // BATCH):
        trios, ids = [], []
        for server in pair:
            trio = [Listener(server, protocol) for _ in range(3)]
            trio[0].connection("FLUSHALL")
            # Other tests may have left a table so small that keys are dropped from it at random.
            trio[0].connection("CONFIG", "SET", "tracking-table-max-keys", "1000000")
            ids.append([trio[who].connection("CLIENT", "ID") for who in range(3)])
            if protocol == 2:
                # Who redirects in RESP2 has somebody listen.
                trio[2].connection("SUBSCRIBE", "__redis__:invalidate")
            trios.append(trio)
        history = []
        for _ in range(BATCH):
            who, command = admin_commands.tracked(generator)
            results = []
            for trio, numbers in zip(trios, ids):
                actual = [str(part).format(*numbers) if isinstance(part, str) else part for part in command]
                replies = [trio[who].collect(actual)] + [other.collect() for other in trio]
                raws = [[_without_ids(command, reply.raw, numbers) for reply in each] for each in replies]
                # What it caused for itself follows the reply since 7.2.
                results.append([sorted(raws[0]), *raws[1:]])
            if results[0] != results[1]:
                differences.add([f"connection {who}", *command], *results, history[-20:])
                break
            history.append([f"connection {who}", *command])
        for trio in trios:
            for listener in trio:
                listener.connection.close()
    differences.check()


def _without_ids(command, raw, numbers):
    """A length or a time to live may be the same number."""
    if command[0].upper() != "CLIENT" and b"tracking-redir-broken" not in raw:
        return raw
    for index, number in enumerate(numbers):
        raw = re.sub(rb":%d\r\n" % number, b":client %d\r\n" % index, raw)
    return raw
