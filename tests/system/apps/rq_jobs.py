# SPDX-License-Identifier: BSD-3-Clause
"""RQ: a worker of its own, and who gives it jobs; their results, failures, retries, dependencies and schedule."""

import datetime
import os
import signal
import subprocess
import sys
import time

import redis
import rq
from rq.command import send_stop_job_command
from rq.registry import FailedJobRegistry, FinishedJobRegistry, ScheduledJobRegistry, StartedJobRegistry

URL = os.environ["REDIS_URL"]
connection = redis.Redis.from_url(URL)
SECONDS = 20


def add(left, right):
    return left + right


def fail(reason):
    raise ValueError(reason)


def flaky(counter):
    if redis.Redis.from_url(URL).incr(counter) < 3:
        raise RuntimeError("not yet")
    return "at last"


def sleep():
    time.sleep(60)


def until(probe):
    deadline = time.monotonic() + SECONDS
    while not probe():
        assert time.monotonic() < deadline, "it doesn't happen"
        time.sleep(0.02)


def wait_for(job, status):
    until(lambda: job.get_status(refresh=True) == status)
    return job


def results(queue):
    jobs = [queue.enqueue(add, number, 1, result_ttl=500) for number in range(5)]
    assert [wait_for(job, "finished").return_value() for job in jobs] == [1, 2, 3, 4, 5]
    assert jobs[0].id in FinishedJobRegistry(queue=queue) and 400 < connection.ttl(f"rq:job:{jobs[0].id}") <= 500
    assert jobs[0].latest_result(timeout=SECONDS).return_value == 1
    after = queue.enqueue(add, 1, 2, depends_on=jobs)
    assert wait_for(after, "finished").return_value() == 3


def failures(queue):
    failed = wait_for(queue.enqueue(fail, "of the test"), "failed")
    assert "ValueError: of the test" in failed.latest_result().exc_string and failed.id in FailedJobRegistry(queue=queue)
    retried = queue.enqueue(flaky, "attempts", retry=rq.Retry(max=3))
    assert wait_for(retried, "finished").return_value() == "at last"


def schedule(queue):
    # It counts in whole seconds.
    job = queue.enqueue_in(datetime.timedelta(seconds=2), add, 20, 22)
    assert job.id in ScheduledJobRegistry(queue=queue)
    assert wait_for(job, "finished").return_value() == 42
    job.refresh()
    assert job.started_at - job.created_at >= datetime.timedelta(seconds=0.9)


def commands(queue):
    job = wait_for(queue.enqueue(sleep), "started")
    until(lambda: job.id in StartedJobRegistry(queue=queue))
    send_stop_job_command(connection, job.id)
    wait_for(job, "stopped")
    cancelled = queue.enqueue_in(datetime.timedelta(hours=1), add, 1, 1)
    cancelled.cancel()
    assert cancelled.get_status(refresh=True) == "canceled" and cancelled.id not in ScheduledJobRegistry(queue=queue)


def main():
    program = os.path.join(os.path.dirname(sys.executable), "rq")
    worker = subprocess.Popen([program, "worker", "--url", URL, "--with-scheduler", "default"], start_new_session=True)
    try:
        queue = rq.Queue(connection=connection)
        results(queue)
        failures(queue)
        schedule(queue)
        commands(queue)
    finally:
        worker.send_signal(signal.SIGINT)
        code = worker.wait(SECONDS)
    assert code == 0, code


if __name__ == "__main__":
    # By the name that the worker knows it by, too.
    import rq_jobs

    rq_jobs.main()
