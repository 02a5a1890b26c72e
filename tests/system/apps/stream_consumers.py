# SPDX-License-Identifier: BSD-3-Clause
"""redis-py and streams: consumers of a group that share the work, one that dies with work undone, who takes that over; a log that
is read and trimmed; both protocols."""

import os
import threading

import redis

URL = os.environ["REDIS_URL"]
JOBS = 500


def consume(connection, name, done, is_over):
    while not is_over():
        for _, entries in items(connection.xreadgroup("workers", name, {"jobs": ">"}, count=10, block=100)):
            for entry, fields in entries:
                done.append(int(fields[b"number"]))
                assert connection.xack("jobs", "workers", entry) == 1


def items(reply):
    """RESP3 has a map of lists of lists."""
    if isinstance(reply, dict):
        return [(key, parts[0]) for key, parts in reply.items()]
    return reply


def shared_work(connection):
    connection.xgroup_create("jobs", "workers", "$", mkstream=True)
    parts = [[], [], []]

    def is_over():
        return sum(map(len, parts)) >= JOBS

    threads = [threading.Thread(target=consume, args=(connection, f"consumer {i}", parts[i], is_over)) for i in range(3)]
    for thread in threads:
        thread.start()
    for number in range(JOBS):
        connection.xadd("jobs", {"number": number, "text": "Zoë"})
    for thread in threads:
        thread.join()
    assert sorted(sum(parts, [])) == list(range(JOBS))
    assert connection.xpending("jobs", "workers")["pending"] == 0


def taken_over(connection):
    for number in range(5):
        connection.xadd("jobs", {"number": number})
    [(_, entries)] = items(connection.xreadgroup("workers", "mortal", {"jobs": ">"}))
    ids = [entry for entry, _ in entries]
    pending = connection.xpending_range("jobs", "workers", "-", "+", 10, consumername="mortal")
    assert [(each["message_id"], each["consumer"], each["times_delivered"]) for each in pending] == [(each, b"mortal", 1) for each in ids]
    [(_, again)] = items(connection.xreadgroup("workers", "mortal", {"jobs": "0"}))
    assert again == entries
    upcoming, claimed, gone = connection.xautoclaim("jobs", "workers", "heir", 0, count=3)
    assert (upcoming, claimed, gone) == (ids[3], entries[:3], [])
    assert connection.xclaim("jobs", "workers", "heir", 0, ids[3:], justid=True) == ids[3:]
    consumers = {each["name"]: each["pending"] for each in connection.xinfo_consumers("jobs", "workers")}
    assert consumers[b"mortal"] == 0 and consumers[b"heir"] == 5
    assert connection.xack("jobs", "workers", *ids) == 5


def a_log(connection):
    for number in range(300):
        connection.xadd("log", {"line": number}, maxlen=100, approximate=True)
    length = connection.xlen("log")
    assert 100 <= length < 300
    assert connection.xtrim("log", maxlen=10, approximate=False) == length - 10
    assert [fields[b"line"] for _, fields in connection.xrevrange("log", count=2)] == [b"299", b"298"]
    assert connection.xinfo_stream("log")["length"] == 10
    [group] = connection.xinfo_groups("jobs")
    assert (group["name"], group["lag"], group["pending"]) == (b"workers", 0, 0)


for protocol in (2, 3):
    client = redis.Redis.from_url(URL, protocol=protocol)
    client.flushall()
    shared_work(client)
    taken_over(client)
    a_log(client)
