# SPDX-License-Identifier: BSD-3-Clause
"""A Flask application with a cache, a limiter, a lock and tasks, as the lines in the file it is given make them."""

import pathlib
import sys

from celery.contrib.testing.worker import start_worker
from flask import Flask

app = Flask("shop")
shown = {"app": app}
exec(pathlib.Path(sys.argv[1]).read_text(), shown)
cache, limiter, tasks, invoice = (shown[name] for name in ("cache", "limiter", "tasks", "invoice"))
calls = []


@tasks.task
def add(left, right):
    return left + right


@app.get("/price")
@limiter.limit("3 per minute")
@cache.cached(timeout=60)
def price():
    calls.append(1)
    return "42"


def main():
    answers = [app.test_client().get("/price") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200] * 3 + [429] * 2 and len(calls) == 1
    assert invoice.acquire() and invoice.owned() and not shown["redis"].from_url(shown["URL"]).lock(invoice.name).acquire(blocking=False)
    invoice.release()
    assert not invoice.locked()
    with start_worker(tasks, perform_ping_check=False, pool="threads"):
        assert add.delay(2, 3).get(timeout=20) == 5


if __name__ == "__main__":
    main()
