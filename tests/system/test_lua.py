# SPDX-License-Identifier: BSD-3-Clause
"""Scripts beside redis-server, byte for byte; and one that runs for long while others look on."""

import time

import pytest

from support import lua_json, lua_libraries, lua_long_calls, lua_patterns, lua_scripts, lua_texts, wait
from support.server import Server


def answers(connection, scripts):
    """What each script is answered; some are under way at a time."""
    texts = []
    for first in range(0, len(scripts), 50):
        some = scripts[first : first + 50]
        for script in some:
            connection.send_command("EVAL", script, 2, "k1", "k2", "a1", "a2")
        texts += [repr(connection.read()) for _ in some]
    return texts


def differing(connections, scripts):
    """Scripts that are answered differently, with the answers."""
    ours, theirs = (answers(connection, scripts) for connection in connections)
    return [answer for answer in zip(scripts, ours, theirs) if answer[1] != answer[2]]


@pytest.mark.parametrize("protocol", [2, 3], ids=["RESP2", "RESP3"])
def test_scripts_answer_as_in_redis(server, reference, connect, protocol):
    connections = connect(server), connect(reference)
    for connection in connections:
        connection("HELLO", protocol)
        connection("FLUSHALL")
    assert differing(connections, lua_scripts.SCRIPTS) == []


LIBRARIES = {
    "cmsgpack and struct": lua_libraries.SCRIPTS,
    "patterns": lua_patterns.SCRIPTS,
    "cjson": lua_json.SCRIPTS,
    "string, table, coroutine": lua_texts.SCRIPTS,
}


@pytest.mark.parametrize("scripts", LIBRARIES.values(), ids=LIBRARIES.keys())
def test_libraries_of_scripts_are_those_of_redis(server, reference, connect, scripts):
    assert differing((connect(server), connect(reference)), scripts) == []


ENDLESS = "while true do pcall(function() while true do end end) end"


def begin_endless(server, connect, script=ENDLESS):
    """Returns the connection whose script runs, and another one, when the server says that it is busy."""
    caller, other = connect(server), connect(server)
    caller.send_command("EVAL", script, 0)
    wait.until(lambda: str(other("GET", "k")).startswith("BUSY Redis is busy running a script"))
    return caller, other


# Single calls that would take days: patterns that match in very many ways, a table in the worst order for sorting.
ENDLESS_CALLS = [
    "return string.find(string.rep('a', 50000), '.-.-.-.-b')",
    "return string.match(string.rep('a', 50000), '(.*)(.*)(.*)(.*)b')",
    "return string.gsub(string.rep('a', 50000), 'a-a-a-a-b', '')",
    "for word in string.gmatch(string.rep('a', 50000), 'a*a*a*a*b') do end",
    "return string.find(string.rep('(', 5000000), '%b()')",
    "return string.find(string.rep('ab', 100000), '(.-)%1%1%1%1%1x')",
    "while true do pcall(string.find, string.rep('a', 50000), '.-.-.-.-b') end",
    "while true do string.find(string.rep('a', 5000000), 'b', 1, true) end",
    """local n = 2000000 local t = {} for i = 1, n do t[i] = i end
    local function swap(i, j) t[i], t[j] = t[j], t[i] end
    for low = n - 2, 1, -1 do swap(low + 1, math.floor((low + n) / 2)) end
    while true do table.sort(t) end""",
]


@pytest.mark.parametrize("script", [ENDLESS, *ENDLESS_CALLS])
def test_an_endless_script_can_be_killed(launch, connect, script):
    server = launch({"busy-reply-threshold": "100"})
    caller, other = begin_endless(server, connect, script)
    assert other("SCRIPT", "KILL") == "OK"
    assert "Script killed by user with SCRIPT KILL" in str(caller.read())
    assert other("SET", "k", "v") == "OK"
    assert str(other("SCRIPT", "KILL")).startswith("NOTBUSY")
    assert caller("EVAL", "return redis.call('get', KEYS[1])", 1, "k") == b"v"


@pytest.fixture(scope="module")
def strict(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("strict"), {"busy-reply-threshold": "100"}).start()
    yield server
    server.finish()


@pytest.mark.parametrize("script", lua_long_calls.SCRIPTS.values(), ids=lua_long_calls.SCRIPTS.keys())
def test_calls_over_megabytes_let_others_in(strict, connect, script):
    """Each loop would hold everybody for many seconds if only its instructions were counted."""
    caller, other = connect(strict), connect(strict)
    begin = time.monotonic()
    caller.send_command("EVAL", script, 0)
    wait.until(lambda: str(other("GET", "k")).startswith("BUSY"))
    assert other("SCRIPT", "KILL") == "OK"
    assert "Script killed by user" in str(caller.read())
    # On a machine that is busy otherwise, too.
    assert time.monotonic() - begin < 5


def test_time_stands_still_for_a_script_that_does(strict, connect):
    script = """redis.call('set', 'a', 1, 'px', 100000) local before = redis.call('time')
    for i = 1, 3e7 do end
    redis.call('set', 'b', 1, 'px', 100000) local after = redis.call('time')
    return {redis.call('pexpiretime', 'a') - redis.call('pexpiretime', 'b'), before[1] == after[1] and before[2] == after[2]}"""
    caller, other = begin_endless(strict, connect, script)
    assert str(other("SCRIPT", "KILL")).startswith("UNKILLABLE")
    assert caller.read().value == [0, 1]


def test_a_script_goes_on_without_its_client(launch, connect):
    server = launch({"busy-reply-threshold": "50"})
    script = "redis.call('set', 'a', 1) for i = 1, 3e7 do end redis.call('set', 'b', 1)"
    caller, other = begin_endless(server, connect, script)
    assert str(other("SCRIPT", "KILL")).startswith("UNKILLABLE")
    caller.close()
    wait.until(lambda: other("GET", "b") == b"1")


def test_a_busy_server_ends_without_saving_only(launch, connect):
    server = launch({"busy-reply-threshold": "50"})
    _, other = begin_endless(server, connect)
    assert str(other("SHUTDOWN", "SAVE")).startswith("BUSY")
    other.send_command("SHUTDOWN", "NOSAVE")
    assert server.wait_exit() == 0
