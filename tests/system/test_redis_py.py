# SPDX-License-Identifier: BSD-3-Clause
"""redis-py 5.0.1, which both applications stand on, itself."""

import asyncio
import threading

import pytest
import redis
import redis.asyncio

from support import wait


@pytest.fixture(params=[2, 3], ids=["RESP2", "RESP3"])
def py(request, server):
    with redis.Redis(port=server.port, protocol=request.param) as client:
        yield client


def test_values_come_back_as_they_went(py):
    assert py.set("key", "välue", ex=100) is True
    assert py.get("key") == "välue".encode()
    assert 98 <= py.ttl("key") <= 100
    assert py.get("missing") is None
    assert py.set("key", "x", nx=True) is None
    assert py.set("key", "x", get=True) == "välue".encode()
    assert py.mset({"a": 1, "b": 2}) is True
    assert py.mget("a", "b", "c") == [b"1", b"2", None]
    assert py.incr("a", 41) == 42
    assert py.incrbyfloat("a", 0.5) == 42.5
    assert py.getex("a", px=5000) == b"42.5"
    assert py.expiretime("a") > 0
    assert py.delete("a", "b", "c") == 2
    assert py.exists("key") == 1
    assert py.type("key") == b"string"
    assert py.setbit("bits", 7, 1) == 0
    assert py.bitfield("bits").get("u8", 0).incrby("u8", 0, 255).execute() == [1, 0]


def test_the_connection_introduces_itself(py, server):
    assert py.ping() is True
    assert py.client_setname("worker") is True
    assert py.client_getname() in (b"worker", "worker")
    assert "worker" in [entry["name"] for entry in py.client_list()]
    assert py.client_id() > 0
    assert py.info("server")["redis_mode"] == "standalone"
    assert py.info()["tcp_port"] == server.port
    assert py.config_get("maxclients") == {"maxclients": "10000"}
    assert py.dbsize() == 0
    assert "get" in py.command()


def test_pipelines_and_optimistic_locks(py):
    with py.pipeline(transaction=False) as pipe:
        for number in range(1000):
            pipe.set(f"key{number}", number)
        assert pipe.execute() == [True] * 1000
    with py.pipeline() as pipe:
        pipe.incr("counter").expire("counter", 100).get("counter")
        assert pipe.execute() == [1, True, b"1"]

    def increment(pipe):
        value = int(pipe.get("counter"))
        pipe.multi()
        pipe.set("counter", value + 1)

    workers = [threading.Thread(target=lambda: [py.transaction(increment, "counter") for _ in range(20)]) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert py.get("counter") == b"81"
    with py.pipeline() as pipe:
        pipe.watch("counter")
        py.set("counter", 0)
        pipe.multi()
        pipe.get("counter")
        with pytest.raises(redis.WatchError):
            pipe.execute()


def test_errors_are_exceptions_of_their_kind(py, launch):
    py.set("word", "abc")
    with pytest.raises(redis.ResponseError, match="value is not an integer or out of range"):
        py.incr("word")
    guarded = launch({"requirepass": "secret"})
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=guarded.port, password="wrong").ping()
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=guarded.port).ping()
    assert redis.from_url(f"redis://:secret@127.0.0.1:{guarded.port}").ping() is True
    full = launch({"maxclients": 2})
    with redis.Redis(port=full.port) as first, redis.Redis(port=full.port) as second:
        wait.until(lambda: first.info("clients")["connected_clients"] == 1)
        second.ping()
        with pytest.raises(redis.ConnectionError, match="max number of clients reached"):
            redis.Redis(port=full.port).ping()


def test_iterating_over_keys(py):
    with py.pipeline(transaction=False) as pipe:
        for number in range(2000):
            pipe.set(f"session:{number}", "x")
        pipe.execute()
    assert len(set(py.scan_iter("session:*", count=100))) == 2000
    assert len(py.keys("session:1?")) == 10


def test_subscribing_and_publishing(py):
    with py.pubsub(ignore_subscribe_messages=True) as listener:
        listener.subscribe("channel")
        listener.psubscribe("chan*")
        wait.until(lambda: py.publish("channel", "first") == 2)
        received = []

        def both():
            message = listener.get_message(timeout=0.1)
            received.extend([message] if message else [])
            return len(received) == 2

        wait.until(both, what=lambda: f"two messages, of {received}")
        assert {message["type"] for message in received} == {"message", "pmessage"}
        assert {message["data"] for message in received} == {b"first"}
        assert py.pubsub_numsub("channel") == [(b"channel", 1)]
        assert py.pubsub_numpat() == 1
        listener.unsubscribe()
        listener.punsubscribe()
        wait.until(lambda: listener.get_message(timeout=0.1) is None and not listener.subscribed)


# ---- locks: releasing, extending and reacquiring are scripts


def is_not_ours(lock):
    for action in (lambda: lock.extend(10), lock.reacquire, lock.release):
        with pytest.raises(redis.exceptions.LockNotOwnedError):
            action()


def test_a_lock_is_its_owners(py):
    mine, others = py.lock("lock", timeout=10), py.lock("lock", timeout=10)
    assert mine.acquire(blocking=False) and mine.locked() and mine.owned()
    assert not others.acquire(blocking=False) and others.locked() and not others.owned()
    assert mine.extend(20)
    assert 10_000 < py.pttl("lock") <= 30_000
    assert mine.extend(5, replace_ttl=True)
    assert py.pttl("lock") <= 5_000
    assert mine.reacquire()
    assert 5_000 < py.pttl("lock") <= 10_000
    others.local.token = b"another"
    is_not_ours(others)
    assert mine.owned()
    mine.release()
    assert others.acquire(blocking=False)


def test_a_lock_whose_time_is_over_is_lost(py):
    mine, others = py.lock("lock", timeout=0.1), py.lock("lock", timeout=10, blocking_timeout=20, sleep=0.01)
    assert mine.acquire()
    assert others.acquire()
    is_not_ours(mine)
    assert others.owned()


def test_workers_hold_a_lock_one_at_a_time(py):
    def work():
        with py.lock("lock", timeout=20, sleep=0.001):
            py.set("held", int(py.get("held") or 0) + 1)

    workers = [threading.Thread(target=lambda: [work() for _ in range(10)]) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert py.get("held") == b"40"
    assert py.exists("lock") == 0


def test_scripts_are_sent_once_and_again_when_they_are_gone(py):
    double = py.register_script("return {KEYS[1], ARGV[1] * 2, redis.call('incr', KEYS[1])}")
    assert double(keys=["counter"], args=[21]) == [b"counter", 42, 1]
    py.script_flush()
    assert double(keys=["counter"], args=[21]) == [b"counter", 42, 2]
    with py.pipeline() as pipe:
        py.script_flush()
        double(keys=["counter"], args=[1], client=pipe)
        pipe.get("counter")
        assert pipe.execute() == [[b"counter", 2, 3], b"3"]


def test_asyncio_clients_and_pools(server):
    async def scenario():
        pool = redis.asyncio.from_url(server.url(), max_connections=20)
        await asyncio.gather(*(pool.setex(f"socketio:session:{number}", 60, "x") for number in range(20)))
        assert len(await pool.keys("socketio:session:*")) == 20
        listener = pool.pubsub()
        await listener.subscribe("socketio")
        while await listener.get_message(timeout=0.1):
            pass
        assert await pool.publish("socketio", b"payload") == 1
        async for message in listener.listen():
            if message["type"] == "message":
                assert message["data"] == b"payload"
                break
        await listener.unsubscribe("socketio")
        await listener.aclose()
        async with pool.lock("lock", timeout=10) as lock:
            assert await lock.extend(10) and not await pool.lock("lock").acquire(blocking=False)
        assert not await lock.locked()
        await pool.delete("socketio:session:1")
        assert await pool.get("socketio:session:1") is None
        await pool.aclose()

    asyncio.run(asyncio.wait_for(scenario(), 30))


def test_a_connection_lost_is_made_anew(launch):
    server = launch()
    with redis.Redis(port=server.port, health_check_interval=1) as client:
        client.set("key", "value")
        server.kill()
        with pytest.raises(redis.ConnectionError):
            client.get("key")
        server.start()
        assert client.get("key") is None
