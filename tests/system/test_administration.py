# SPDX-License-Identifier: BSD-3-Clause
"""What operators close, rename and open: beside redis-server, answer by answer."""

import re

import pytest

from support import wait
from support.server import REFERENCE, SESSIOND, Server


@pytest.fixture
def launch_pair(tmp_path, connect):
    """launch_pair(options, arguments) starts the reference and the server under test; returns connections to both."""
    servers = []

    def start(options, **more):
        pair = [Server(tmp_path / f"{len(servers)}-{number}", options, **more, program=program) for number, program in enumerate((REFERENCE, SESSIOND))]
        servers.extend(pair)
        return [connect(server.start()) for server in pair]

    yield start
    for server in servers:
        server.finish()


def answers(pair, *command):
    """What both answer; the same, or the test has failed."""
    expected, got = (connection(*command) for connection in pair)
    assert got == expected, command
    return got


# ---- rename-command ----


@pytest.fixture
def renamed(launch_pair):
    return launch_pair({"rename-command": ['FLUSHALL ""', "GET fetch", "CONFIG guarded-CONFIG", 'SHUTDOWN ""'], "enable-debug-command": "yes"})


def test_a_command_without_a_name_is_gone(renamed):
    assert answers(renamed, "FLUSHALL").startswith("ERR unknown command 'FLUSHALL'")
    assert answers(renamed, "COMMAND", "INFO", "flushall") == [None]
    assert answers(renamed, "COMMAND", "DOCS", "flushall") == []
    assert answers(renamed, "COMMAND", "GETKEYS", "get", "k").startswith("ERR Invalid command")


def test_a_renamed_command_answers_to_the_new_name_alone(renamed):
    answers(renamed, "SET", "k", "v")
    assert answers(renamed, "GET", "k").startswith("ERR unknown command 'GET'")
    assert answers(renamed, "FETCH", "k") == b"v"
    assert answers(renamed, "fetch") == "ERR wrong number of arguments for 'get' command"
    assert answers(renamed, "Guarded-Config", "GET", "timeout") == [b"timeout", b"0"]
    assert answers(renamed, "guarded-config", "nosuch").startswith("ERR unknown subcommand 'nosuch'")


def test_names_hold_in_transactions(renamed):
    for command in (["MULTI"], ["FLUSHALL"], ["SET", "k", "v"], ["EXEC"], ["MULTI"], ["fetch", "k"], ["EXEC"], ["MULTI"], ["GET", "k"], ["EXEC"]):
        answers(renamed, *command)


def test_names_hold_where_commands_are_described(renamed):
    for command in (
        ["COMMAND", "INFO", "get", "GUARDED-CONFIG"],
        ["COMMAND", "GETKEYS", "fetch", "k"],
        ["COMMAND", "GETKEYSANDFLAGS", "fetch", "k"],
    ):
        expected, got = (connection(*command) for connection in renamed)
        # Flags and categories come in any order, subcommands are compared elsewhere.
        assert [each and each[:2] for each in got] == [each and each[:2] for each in expected] if isinstance(got, list) else got == expected
    theirs, ours = ({name for name in connection("COMMAND", "LIST") if _is_about(name)} for connection in renamed)
    assert ours == theirs


def _is_about(name):
    return name in (b"get", b"fetch", b"flushall", b"shutdown") or name.startswith((b"config", b"guarded"))


def test_figures_are_kept_under_one_name(renamed):
    for connection in renamed:
        connection("guarded-config", "RESETSTAT")
        connection("fetch", "k")
    names = [sorted(re.findall(r"cmdstat_([^:]*):", str(connection("INFO", "commandstats")))) for connection in renamed]
    assert names[0] == names[1]


@pytest.mark.parametrize("line", ["GET set", "NOSUCH x", "GET", 'GET ""\nrename-command GET y'], ids=str)
def test_impossible_names_end_the_start(launch, line):
    server = launch({"rename-command": line}, started=False).spawn()
    assert server.wait_exit() == 1


# ---- what is closed unless it is opened ----


@pytest.mark.parametrize("value", ["no", "local", "yes"])
def test_protected_settings(launch_pair, value):
    pair = launch_pair({"enable-protected-configs": value})
    for directive, wanted in (("dbfilename", "other.rdb"), ("dir", ".")):
        answers(pair, "CONFIG", "SET", directive, wanted)
    assert answers(pair, "CONFIG", "GET", "dbfilename") == [b"dbfilename", b"dump.rdb" if value == "no" else b"other.rdb"]


@pytest.mark.parametrize("value", ["no", "local", "yes"])
@pytest.mark.parametrize("directive", ["enable-debug-command", "enable-module-command"])
def test_closed_commands(launch_pair, directive, value):
    pair = launch_pair({directive: value})
    answers(pair, "DEBUG", "SLEEP", 0)
    answers(pair, "MODULE", "LOAD", "/no/such/module.so")
    answers(pair, "MODULE", "UNLOAD", "nosuch")
    assert answers(pair, "MODULE", "LIST") == []
    answers(pair, "MULTI")
    answers(pair, "DEBUG", "SLEEP", 0)
    answers(pair, "EXEC")


# ---- the log's level ----


@pytest.mark.parametrize("level, shown", [("verbose", True), ("debug", True), ("notice", False), ("warning", False)])
def test_levels_choose_what_is_logged(launch, connect, level, shown):
    server = launch({"loglevel": level}, started=False).spawn()
    client = connect_when_ready(server, connect)
    first = client("CLIENT", "INFO").split()[1].decode().replace("addr=", "Accepted ")
    client("CONFIG", "SET", "loglevel", "verbose")
    second = connect(server)("CLIENT", "INFO").split()[1].decode().replace("addr=", "Accepted ")
    server.wait_for_log(second)
    assert (first in server.log()) == shown
    assert ("Server initialized" in server.log()) == (level != "warning")


def connect_when_ready(server, connect):
    def attempt():
        try:
            return connect(server)
        except OSError:
            return None

    return wait.until(attempt, what="the server to accept connections")
