# SPDX-License-Identifier: BSD-3-Clause
"""Dramatiq, whose queue is one large script: actors, their results, delays, retries and what becomes of who never succeeds."""

import os
import time

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from dramatiq.rate_limits import ConcurrentRateLimiter
from dramatiq.rate_limits.backends import RedisBackend as LimiterBackend
from dramatiq.results import ResultFailure, Results
from dramatiq.results.backends import RedisBackend

URL = os.environ["REDIS_URL"]
broker = RedisBroker(url=URL)
broker.add_middleware(Results(backend=RedisBackend(url=URL)))
dramatiq.set_broker(broker)
SECONDS = 20_000
attempts = []


@dramatiq.actor(store_results=True)
def double(number):
    return 2 * number


@dramatiq.actor(store_results=True, max_retries=3, min_backoff=20, max_backoff=20)
def flaky():
    attempts.append(time.time())
    if len(attempts) < 3:
        raise RuntimeError("not yet")
    return len(attempts)


@dramatiq.actor(store_results=True, max_retries=0, throws=ValueError)
def fail():
    raise ValueError("of the test")


def results():
    messages = [double.send(number) for number in range(50)]
    assert [message.get_result(block=True, timeout=SECONDS) for message in messages] == [2 * number for number in range(50)]
    assert flaky.send().get_result(block=True, timeout=SECONDS) == 3
    begun = time.time()
    assert double.send_with_options(args=(4,), delay=300).get_result(block=True, timeout=SECONDS) == 8
    assert time.time() - begun > 0.25, "before its time"
    try:
        fail.send().get_result(block=True, timeout=SECONDS)
    except ResultFailure as problem:
        assert "of the test" in str(problem)
    else:
        raise AssertionError("the actor didn't fail")
    broker.join("default", timeout=SECONDS)


def pipelines():
    pipe = dramatiq.pipeline([double.message(1), double.message(), double.message()]).run()
    assert pipe.get_result(block=True, timeout=SECONDS) == 8
    group = dramatiq.group(double.message(number) for number in range(5)).run()
    assert list(group.get_results(block=True, timeout=SECONDS)) == [0, 2, 4, 6, 8]


def one_at_a_time():
    mutex = ConcurrentRateLimiter(LimiterBackend(url=URL), "mutex", limit=1)
    with mutex.acquire() as acquired:
        assert acquired
        with mutex.acquire(raise_on_failure=False) as again:
            assert not again
    with mutex.acquire() as acquired:
        assert acquired


if __name__ == "__main__":
    worker = dramatiq.Worker(broker, worker_threads=4, worker_timeout=100)
    worker.start()
    try:
        results()
        pipelines()
        one_at_a_time()
    finally:
        worker.stop()
        broker.close()
