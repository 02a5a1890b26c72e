# SPDX-License-Identifier: BSD-3-Clause
"""Data that moves in from redis-server and back: all types in all their forms, as a file and key by key, by redis-py and
by the script; compared by digest, times to live and all."""

import random
import shutil
import subprocess
import time

import pytest
import redis

from support.server import REFERENCE, ROOT

pytestmark = pytest.mark.beyond_redis

DEBUG = {"enable-debug-command": "yes", "dbfilename": "dump.rdb"}


def fill(server):
    """Values of each type, from the smallest form to the largest, some with a time to live, in two databases."""
    chance = random.Random(4711)
    with redis.Redis(port=server.port) as client:
        fill_strings(client, chance)
        fill_collections(client, chance)
        fill_streams(client)
        expire_some(client)
    with redis.Redis(port=server.port, db=9) as client:
        client.set(b"odd \x00\r\n key", b"odd \x00\r\n value", px=1_000_000)
        client.hset("session", mapping={"user": "ada", "visits": 1})


def fill_strings(client, chance):
    client.mset({"integer": 12345, "least": -(2**63), "empty": "", "short": "abc", "raw": chance.randbytes(5000), "text": "abc" * 5000})
    client.setbit("bits", 100_000, 1)
    client.bitfield("fields").set("i16", 16, -300).execute()
    client.pfadd("visitors", *range(10))
    client.pfadd("many-visitors", *range(5000))


def fill_collections(client, chance):
    for name, count in (("one", 1), ("some", 100), ("many", 3000)):
        words = [f"element:{number}" for number in range(count)]
        client.rpush(f"list:{name}", *words, *range(-count, count))
        client.sadd(f"set:{name}", *words)
        client.sadd(f"integers:{name}", *(chance.randrange(-(2**40), 2**40) for _ in range(count)))
        client.hset(f"hash:{name}", mapping={word: chance.randbytes(20) for word in words})
        client.zadd(f"zset:{name}", {word: chance.uniform(-1e9, 1e9) for word in words})
        client.geoadd(f"geo:{name}", [part for word in words for part in (chance.uniform(-180, 180), chance.uniform(-85, 85), word)])
    client.rpush("list:large", "x" * 100_000, "", b"\x00\xff" * 50)
    client.sadd("set:large", "x" * 1000, "", b"\x00\xff")
    client.hset("hash:large", mapping={"x" * 1000: "", b"\x00\xff": "y" * 100_000})
    client.zadd("zset:large", {"x" * 1000: 1, "least": "-inf", "most": "+inf", "zero": 0, "third": 1 / 3, "large": 2**60})


def fill_streams(client):
    for number in range(500):
        client.xadd("stream:many", {"number": number, f"field:{number % 7}": "x" * number})
    client.xadd("stream:one", {"a": "b", "c": ""}, id="5-1")
    client.xadd("stream:empty", {"a": "b"}, id="7-0")
    client.xdel("stream:empty", "7-0")
    client.xdel("stream:many", *[entry for entry, _ in client.xrange("stream:many", count=20)])
    client.xgroup_create("stream:many", "group", id="0")
    client.xgroup_create("stream:empty", "idle", id="$")
    for consumer in ("ada", "grace"):
        entries = client.xreadgroup("group", consumer, {"stream:many": ">"}, count=30)[0][1]
        client.xack("stream:many", "group", *[entry for entry, _ in entries[::2]])


def groups(client, key):
    """What a stream knows of itself and its readers, but for what is so many milliseconds ago."""
    stream = client.xinfo_stream(key)
    known = [stream[name] for name in ("length", "last-generated-id", "max-deleted-entry-id", "entries-added")]
    for group in client.xinfo_groups(key):
        pending = [(entry["message_id"], entry["consumer"]) for entry in client.xpending_range(key, group["name"], "-", "+", 1000)]
        consumers = sorted(consumer["name"] for consumer in client.xinfo_consumers(key, group["name"]))
        known.append((group["name"], group["last-delivered-id"], group["entries-read"], consumers, pending))
    return known


def expire_some(client):
    for number, key in enumerate(sorted(client.keys())):
        if number % 3 == 0:
            client.pexpireat(key, int(time.time() * 1000) + 1_000_000 + number)


def contents(server):
    """The digest, what is known of streams' readers, and each key's database, type and deadline."""
    with redis.Redis(port=server.port) as client:
        digest = client.execute_command("DEBUG", "DIGEST"), [groups(client, key) for key in sorted(client.keys("stream:*"))]
    keys = {}
    for database in (0, 9):
        with redis.Redis(port=server.port, db=database) as client:
            keys |= {(database, key): (client.type(key), client.pexpiretime(key)) for key in client.keys()}
    assert len(keys) > 30
    return digest, keys


def change(server):
    """One edit of each type, so that what goes back is not what came."""
    with redis.Redis(port=server.port) as client:
        client.append("raw", "more")
        client.rpush("list:many", "new")
        client.lpop("list:some")
        client.srem("set:many", "element:1")
        client.sadd("integers:many", "no integer")
        client.hset("hash:one", "new", "value")
        client.hdel("hash:many", "element:5")
        client.zincrby("zset:many", 1.5, "element:7")
        client.xadd("stream:many", {"new": "entry"})
        client.xack("stream:many", "group", client.xpending("stream:many", "group")["min"])
        client.expire("set:large", 5000)
        client.persist("bits")
        client.delete("short")


@pytest.fixture
def ours(launch):
    return launch(DEBUG)


@pytest.fixture
def theirs(launch):
    return launch(DEBUG, program=REFERENCE)


def by_file(source, target):
    """As an operator does: SAVE here, the file there, start."""
    with source.connect() as client:
        assert client("SAVE") == "OK"
    target.options["save"] = '""'
    with target.connect() as client:
        client.send_command("SHUTDOWN", "NOSAVE")
    assert target.wait_exit() == 0
    shutil.copy(source.directory / "dump.rdb", target.directory / "dump.rdb")
    target.start()


def by_redis_py(source, target):
    for database in (0, 9):
        with redis.Redis(port=source.port, db=database) as here, redis.Redis(port=target.port, db=database) as there:
            there.flushdb()
            for key in here.scan_iter(count=100):
                deadline = here.pexpiretime(key)
                there.restore(key, max(deadline, 0), here.dump(key), absttl=deadline > 0)


def by_the_script(source, target):
    with target.connect() as client:
        client("FLUSHALL")
    command = [str(ROOT / "scripts/migrate_from_redis.sh"), "--from", source.url().removesuffix("/0"), "--to", target.url().removesuffix("/0")]
    result = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("move", [by_file, by_redis_py, by_the_script])
def test_there_and_back(ours, theirs, move):
    fill(theirs)
    before = contents(theirs)
    move(theirs, ours)
    assert contents(ours) == before
    change(ours)
    changed = contents(ours)
    assert changed != before
    move(ours, theirs)
    assert contents(theirs) == changed


def test_redis_migrates_keys_to_it(ours, theirs):
    fill(theirs)
    digest, keys = contents(theirs)
    for database in (0, 9):
        with redis.Redis(port=theirs.port, db=database) as client:
            assert client.migrate("127.0.0.1", ours.port, client.keys(), database, 10_000, copy=True) == b"OK"
    moved_digest, moved_keys = contents(ours)
    assert moved_digest == digest
    # MIGRATE tells how long is left, not until when.
    assert {key: kind for key, (kind, _) in moved_keys.items()} == {key: kind for key, (kind, _) in keys.items()}
    assert all(abs(deadline - keys[key][1]) < 10_000 for key, (_, deadline) in moved_keys.items())


LIBRARY = "#!lua name=shop\nredis.register_function('price', function(keys, args) return redis.call('incrby', keys[1], args[1]) end)"


def functions_by_redis_py(source, target):
    with redis.Redis(port=source.port) as here, redis.Redis(port=target.port) as there:
        there.function_restore(here.function_dump(), "REPLACE")


@pytest.mark.parametrize("move", [by_file, functions_by_redis_py])
def test_functions_there_and_back(ours, theirs, move):
    with redis.Redis(port=theirs.port) as client:
        assert client.function_load(LIBRARY) == b"shop"
    for source, target in ((theirs, ours), (ours, theirs)):
        move(source, target)
        with redis.Redis(port=source.port) as here, redis.Redis(port=target.port) as there:
            assert there.function_list(withcode=True) == here.function_list(withcode=True)
            assert there.fcall("price", 1, "total", 42) > 0


def with_field_deadlines(server):
    with redis.Redis(port=server.port) as client:
        client.hset("session", mapping={"user": "ada", "token": "secret"})
        client.hset("plain", "user", "grace")
        client.execute_command("HEXPIRE", "session", 1000, "FIELDS", 1, "token")
        return client.dump("session")


def test_redis_7_refuses_a_hash_whose_fields_expire_and_nothing_else(ours, theirs):
    payload = with_field_deadlines(ours)
    with redis.Redis(port=theirs.port) as there:
        with pytest.raises(redis.ResponseError, match="DUMP payload version or checksum are wrong"):
            there.restore("session", 0, payload)
    command = [str(ROOT / "scripts/migrate_from_redis.sh"), "--from", ours.url().removesuffix("/0"), "--to", theirs.url().removesuffix("/0")]
    result = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
    assert result.returncode == 1
    assert "not copied: 1 keys of type hash: ERR DUMP payload version or checksum are wrong" in result.stderr
    with redis.Redis(port=theirs.port) as there:
        assert there.keys() == [b"plain"] and there.hgetall("plain") == {b"user": b"grace"}


def test_redis_7_says_that_it_does_not_know_the_version_of_such_a_file(ours, theirs):
    with_field_deadlines(ours)
    with pytest.raises(AssertionError, match="Can't handle RDB format version"):
        by_file(ours, theirs)
    with redis.Redis(port=ours.port) as client:
        assert client.execute_command("HPERSIST", "session", "FIELDS", 1, "token") == [1]
        digest = client.execute_command("DEBUG", "DIGEST")
        client.save()
    shutil.copy(ours.directory / "dump.rdb", theirs.directory / "dump.rdb")
    theirs.start()
    with redis.Redis(port=theirs.port) as client:
        assert client.execute_command("DEBUG", "DIGEST") == digest
