# SPDX-License-Identifier: BSD-3-Clause
"""Transactions with scripts and functions that take long, beside redis-server: others are told, the script can be killed,
and the rest of the transaction goes on."""

import pytest
import redis

from support import wait
from support.server import REFERENCE, Server

ENDLESS = "while true do pcall(function() while true do end end) end"
LIBRARY = f"""#!lua name=lib
redis.register_function('endless', function() {ENDLESS} end)
redis.register_function('writes', function(keys) redis.call('incr', keys[1]) for i = 1, 2e7 do end return redis.call('incr', keys[1]) end)"""
BUSY = "BUSY Redis is busy running a script. You can only call {} KILL or SHUTDOWN NOSAVE."


@pytest.fixture(params=["sessiond", "redis-server"])
def either(request, tmp_path):
    options = {"busy-reply-threshold": "50"}
    server = Server(tmp_path, options, **({} if request.param == "sessiond" else {"program": REFERENCE})).start()
    yield server
    server.finish()


def begin(server, *queued):
    """A client whose EXEC stands still, and another one."""
    caller, other = server.connect(), server.connect()
    assert other("FUNCTION", "LOAD", LIBRARY) == b"lib"
    assert caller("MULTI") == "OK"
    for words in queued:
        assert caller(*words) == "QUEUED"
    caller.send_command("EXEC")
    wait.until(lambda: str(other("GET", "k")).startswith("BUSY"))
    return caller, other


KINDS = {
    "SCRIPT": (["EVAL", ENDLESS, "0"], ["EVAL", "redis.call('incr', KEYS[1]) for i = 1, 2e7 do end return redis.call('incr', KEYS[1])", "1", "k"]),
    "FUNCTION": (["FCALL", "endless", "0"], ["FCALL", "writes", "1", "k"]),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_script_in_a_transaction_can_be_killed(either, kind):
    """What the transaction wrote before doesn't matter."""
    caller, other = begin(either, ["SET", "k", "1"], KINDS[kind][0], ["INCR", "k"])
    assert other("GET", "k") == BUSY.format(kind)
    assert other("SCRIPT" if kind == "FUNCTION" else "FUNCTION", "KILL") == BUSY.format(kind)
    assert other(kind, "KILL") == "OK"
    first, error, last = caller.read().value
    assert (first, last) == ("OK", 2)
    assert "Script killed by user with" in str(error)
    assert other("GET", "k") == b"2"


@pytest.mark.parametrize("kind", KINDS)
def test_what_wrote_comes_to_its_end(either, kind):
    caller, other = begin(either, ["SET", "k", "1", "PX", "60000"], KINDS[kind][1], ["INCR", "k"], KINDS[kind][1])
    assert str(other(kind, "KILL")).startswith("UNKILLABLE")
    assert caller.read().value == ["OK", 3, 4, 6]


def test_it_goes_on_without_its_client(either):
    caller, other = begin(either, KINDS["SCRIPT"][1], ["SUBSCRIBE", "news"], ["INCR", "k"])
    caller.close()
    wait.until(lambda: other("GET", "k") == b"3")
    wait.until(lambda: other("PUBLISH", "news", "x") == 0)


def test_nobody_is_killed_meanwhile(either):
    caller, other = begin(either, ["CLIENT", "ID"], KINDS["SCRIPT"][0], ["INCR", "k"])
    assert other("CLIENT", "KILL", "TYPE", "normal") == BUSY.format("SCRIPT")
    assert other("SCRIPT", "KILL") == "OK"
    caller_id, _, last = caller.read().value
    assert last == 1
    assert other("CLIENT", "KILL", "ID", caller_id) == 1


def test_who_kills_itself_in_it_does_the_rest(either):
    caller, other = either.connect(), either.connect()
    caller_id = caller("CLIENT", "ID")
    caller("MULTI")
    for words in (["CLIENT", "KILL", "ID", caller_id, "SKIPME", "no"], KINDS["SCRIPT"][1], ["INCR", "k"]):
        assert caller(*words) == "QUEUED"
    caller.send_command("EXEC")
    wait.until(lambda: other("GET", "k") == b"3")
    wait.until(lambda: f"id={caller_id} " not in other("CLIENT", "LIST").decode())


def test_a_busy_server_ends_without_saving(either):
    _, other = begin(either, ["SET", "k", "1"], KINDS["SCRIPT"][0])
    other.send_command("SHUTDOWN", "NOSAVE")
    assert either.wait_exit() == 0


def test_redis_py_sees_all_of_it(either):
    client, other = redis.Redis(port=either.port), redis.Redis(port=either.port)
    client.config_set("busy-reply-threshold", 1)
    with client.pipeline() as pipeline:
        pipeline.watch("k")
        pipeline.multi()
        pipeline.set("k", 1)
        pipeline.eval(KINDS["SCRIPT"][1][1], 1, "k")
        pipeline.get("k")
        assert pipeline.execute() == [True, 3, b"3"]
    assert other.get("k") == b"3"
