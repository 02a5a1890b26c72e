# SPDX-License-Identifier: BSD-3-Clause
"""Functions beside redis-server, byte for byte; in files and payloads, either way; and one that runs for long."""

import pytest

from support import lua_functions, wait
from support.server import REFERENCE

LIBRARY = "#!lua name=lib\n" + "\n".join(f"redis.register_function('f{n}', function() return {n} end)" for n in range(50))


@pytest.mark.parametrize("protocol", [2, 3], ids=["RESP2", "RESP3"])
def test_functions_answer_as_in_redis(server, reference, connect, protocol):
    connections = connect(server), connect(reference)
    for connection in connections:
        connection("HELLO", protocol)
        connection("FUNCTION", "FLUSH")
    for request in lua_functions.REQUESTS:
        words = [word for part in request for word in (part if isinstance(part, list) else [part])]
        ours, theirs = (repr(connection(*words)) for connection in connections)
        assert ours == theirs, words


def load(server):
    with server.connect() as connection:
        assert connection("FUNCTION", "LOAD", LIBRARY) == b"lib"


def assert_loaded(server):
    with server.connect() as connection:
        assert connection("FCALL", "f49", 0) == 49
        assert connection("FUNCTION", "LIST", "WITHCODE")[0][-1] == LIBRARY.encode()


@pytest.mark.parametrize("directions", [("ours", "ours"), ("ours", "theirs"), ("theirs", "ours")])
def test_snapshots_hold_functions(launch, directions):
    programs = {"ours": {}, "theirs": {"program": REFERENCE}}
    options = {"rdb-version": "10"} if directions == ("ours", "theirs") else {}
    writer = launch(options, **programs[directions[0]])
    load(writer)
    with writer.connect() as connection:
        connection("SET", "k", "v")
        assert connection("SAVE") == "OK"
    reader = launch(started=False, **programs[directions[1]])
    (reader.directory / "dump.rdb").write_bytes((writer.directory / "dump.rdb").read_bytes())
    reader.start()
    assert_loaded(reader)


def test_reloading_brings_them_back(launch):
    server = launch({"enable-debug-command": "yes"})
    load(server)
    with server.connect() as connection:
        for how in ([], ["NOSAVE"], ["NOFLUSH", "MERGE"]):
            assert connection("DEBUG", "RELOAD", *how) == "OK"
    assert_loaded(server)


def test_a_library_that_fails_refuses_the_file(launch, reference, connect):
    writer = connect(reference)
    writer("FUNCTION", "FLUSH")
    writer("FUNCTION", "LOAD", "#!lua name=x\nredis.register_function('f', function() return 1 end)")
    writer("CONFIG", "SET", "rdbcompression", "no")
    assert writer("SAVE") == "OK"
    writer("CONFIG", "SET", "rdbcompression", "yes")
    server = launch(started=False)
    content = (reference.directory / "dump.rdb").read_bytes().replace(b"return 1 end)", b"return 1 end]")[:-8] + bytes(8)
    (server.directory / "dump.rdb").write_bytes(content)
    server.spawn()
    assert server.wait_exit() == 1
    assert "a library of functions is refused: ERR Error compiling function: user_function:2: ')' expected near ']'" in server.log()


def test_payloads_go_either_way(server, reference, connect):
    ours, theirs = connect(server), connect(reference)
    for one, other in ((ours, theirs), (theirs, ours)):
        for connection in (one, other):
            connection("FUNCTION", "FLUSH")
        one("FUNCTION", "LOAD", LIBRARY)
        if one is ours:
            ours("CONFIG", "SET", "rdb-version", 10)
        payload = one("FUNCTION", "DUMP")
        assert other("FUNCTION", "RESTORE", payload) == "OK"
        assert other("FUNCTION", "DUMP") == payload
    ours("CONFIG", "SET", "rdb-version", 11)


ENDLESS = "#!lua name=lib\nredis.register_function('endless', function() while true do pcall(function() while true do end end) end end)"


def test_an_endless_function_can_be_killed(launch, connect):
    server = launch({"busy-reply-threshold": "50"})
    caller, other = connect(server), connect(server)
    assert other("FUNCTION", "LOAD", ENDLESS) == b"lib"
    caller.send_command("FCALL", "endless", 1, "k", "a")
    busy = "BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE."
    wait.until(lambda: other("GET", "k") == busy)
    running = other("FUNCTION", "STATS")[1]
    assert running[:4] == [b"name", b"endless", b"command", [b"FCALL", b"endless", b"1", b"k", b"a"]]
    assert running[5] >= 50
    assert other("SCRIPT", "KILL") == busy
    assert other("FUNCTION", "KILL") == "OK"
    assert "Script killed by user with FUNCTION KILL" in str(caller.read())
    assert other("FUNCTION", "STATS")[1] is None
    caller.send_command("EVAL", "while true do end", 0)
    busy = "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE."
    wait.until(lambda: other("GET", "k") == busy)
    assert other("FUNCTION", "KILL") == busy
    assert other("FUNCTION", "STATS") == busy
    assert other("SCRIPT", "KILL") == "OK"
