# SPDX-License-Identifier: BSD-3-Clause
"""Flask-Limiter, and the limits library below it, by each strategy: two workers that share their counts."""

import asyncio
import os
import time

import limits
import limits.aio
from flask import Flask, request
from flask_limiter import Limiter
from limits.strategies import STRATEGIES

URL = os.environ["REDIS_URL"]


def make_worker(strategy):
    app = Flask(strategy)
    limiter = Limiter(
        lambda: request.args["user"], app=app, storage_uri=URL, strategy=strategy, headers_enabled=True, default_limits=["100 per hour"]
    )

    @app.post("/login")
    @limiter.limit("5 per minute; 1000 per day")
    def login():
        return "welcome"

    return app.test_client()


def flask_application(strategy):
    workers = [make_worker(strategy), make_worker(strategy)]

    def login(number, user):
        return workers[number % 2].post(f"/login?user={user}")

    answers = [login(number, f"ada-{strategy}") for number in range(8)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 3, answers
    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers[:5]] == ["4", "3", "2", "1", "0"]
    assert 0 < int(answers[5].headers["Retry-After"]) <= 61
    assert login(0, f"grace-{strategy}").status_code == 200


def library(strategy):
    storage = limits.storage.storage_from_string(URL)
    assert storage.check()
    limiter, limit = STRATEGIES[strategy](storage), limits.RateLimitItemPerMinute(3, 1, namespace=strategy)
    assert limiter.hit(limit, "ada", cost=2) and limiter.get_window_stats(limit, "ada").remaining == 1
    assert limiter.test(limit, "ada") and not limiter.test(limit, "ada", cost=2)
    assert limiter.hit(limit, "ada") and not limiter.hit(limit, "ada") and not limiter.test(limit, "ada")
    limiter.clear(limit, "ada")
    assert limiter.hit(limit, "ada", cost=3) and not limiter.hit(limit, "ada")
    assert storage.reset() > 0 and limiter.get_window_stats(limit, "ada").remaining == 3


def a_window_ends(strategy):
    limiter = STRATEGIES[strategy](limits.storage.storage_from_string(URL))
    limit = limits.RateLimitItemPerSecond(3, 1, namespace=strategy)
    begun = time.monotonic()
    assert limiter.hit(limit, "grace", cost=3)
    while not limiter.hit(limit, "grace"):
        assert time.monotonic() < begun + 20, "the window never ends"
        time.sleep(0.02)
    assert time.monotonic() > begun + 0.3, "the window ended too early"


async def library_with_asyncio(strategy):
    storage = limits.storage.storage_from_string(URL.replace("redis:", "async+redis:"), implementation="redispy")
    limiter, limit = limits.aio.strategies.STRATEGIES[strategy](storage), limits.RateLimitItemPerMinute(10, 1)
    allowed = await asyncio.gather(*(limiter.hit(limit, "async", strategy) for _ in range(30)))
    assert sum(allowed) == 10, allowed


if __name__ == "__main__":
    for strategy in sorted(STRATEGIES):
        flask_application(strategy)
        library(strategy)
        a_window_ends(strategy)
        asyncio.run(library_with_asyncio(strategy))
