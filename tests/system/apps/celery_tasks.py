# SPDX-License-Identifier: BSD-3-Clause
"""Celery with its broker and its results in one server: a worker of its own, and who gives it work."""

import os
import signal
import subprocess
import sys
import time

import celery
import celery.exceptions
import redis

URL = os.environ["REDIS_URL"]
app = celery.Celery("celery_tasks", broker=URL, backend=URL)
app.conf.update(result_expires=100, broker_connection_retry_on_startup=True, broker_transport_options={"polling_interval": 0.1})
SECONDS = 20


@app.task
def add(left, right):
    return left + right


@app.task
def total(numbers):
    return sum(numbers)


@app.task(bind=True, max_retries=3)
def flaky(self, failures):
    if self.request.retries < failures:
        raise self.retry(countdown=0.05)
    return self.request.retries


@app.task
def fail(reason):
    raise ValueError(reason)


@app.task
def now():
    return time.time()


def results():
    assert add.delay(2, 3).get(timeout=SECONDS) == 5
    texts = add.delay("naïve ", "x" * 100_000)
    assert texts.get(timeout=SECONDS) == "naïve " + "x" * 100_000 and texts.state == "SUCCESS"
    assert flaky.delay(2).get(timeout=SECONDS) == 2
    failed = fail.delay("of the test")
    try:
        failed.get(timeout=SECONDS)
    except ValueError as problem:
        assert str(problem) == "of the test"
    else:
        raise AssertionError("the task didn't fail")
    assert failed.state == "FAILURE"
    forgotten = add.delay(1, 1)
    assert forgotten.get(timeout=SECONDS) == 2
    forgotten.forget()
    assert app.AsyncResult(forgotten.id).state == "PENDING"


def composed():
    assert celery.group(add.s(number, number) for number in range(20))().get(timeout=SECONDS) == [2 * number for number in range(20)]
    assert celery.chain(add.s(1, 2), add.s(10), add.s(100))().get(timeout=SECONDS) == 113
    assert celery.chord((add.s(number, 1) for number in range(30)), total.s())().get(timeout=SECONDS) == sum(range(1, 31))


def times():
    due = time.time() + 0.7
    result = now.apply_async(countdown=0.7)
    assert result.get(timeout=SECONDS) > due - 0.05, "before its time"
    late = add.apply_async((1, 1), countdown=0.3, expires=0.1)
    try:
        late.get(timeout=SECONDS)
    except celery.exceptions.TaskRevokedError:
        pass
    else:
        raise AssertionError("a task that had expired was done")


def remote_control():
    (pong,) = app.control.ping(timeout=SECONDS, limit=1)
    assert list(pong.values()) == [{"ok": "pong"}]
    revoked = add.apply_async((1, 1), countdown=0.3)
    (answer,) = app.control.revoke(revoked.id, reply=True, limit=1, timeout=SECONDS)
    assert "ok" in next(iter(answer.values())), answer
    try:
        revoked.get(timeout=SECONDS)
    except celery.exceptions.TaskRevokedError:
        return
    raise AssertionError("a task that was revoked was done")


def is_given_back(unfinished):
    """What a worker has taken and not done when it ends goes back into the queue."""
    with redis.Redis.from_url(URL) as client:
        return any(unfinished.id.encode() in message for message in client.lrange("celery", 0, -1))


if __name__ == "__main__":
    command = [sys.executable, "-m", "celery", "-A", "celery_tasks", "worker", "--pool=threads", "--concurrency=2", "--loglevel=INFO"]
    worker = subprocess.Popen(command, start_new_session=True)
    try:
        results()
        composed()
        times()
        unfinished = add.apply_async((1, 1), countdown=600)
        remote_control()
    finally:
        worker.send_signal(signal.SIGTERM)
        code = worker.wait(SECONDS)
    assert code == 0, code
    assert is_given_back(unfinished)
