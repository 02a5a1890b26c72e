# SPDX-License-Identifier: BSD-3-Clause
"""Flask-Caching: views and functions whose results are kept, in two applications that share them."""

import os
import time

from flask import Flask
from flask_caching import Cache

CONFIG = {"CACHE_TYPE": "RedisCache", "CACHE_REDIS_URL": os.environ["REDIS_URL"], "CACHE_KEY_PREFIX": "pages:", "CACHE_DEFAULT_TIMEOUT": 100}
calls = []


def make_worker(name):
    app = Flask(name)
    cache = Cache(app, config=CONFIG)

    @app.get("/page/<int:number>")
    @cache.cached(query_string=True)
    def page(number):
        calls.append(name)
        return f"page {number} of {name}"

    @cache.memoize(timeout=100)
    def square(number):
        calls.append(name)
        return {"square": number * number}

    return app, cache, square


def views():
    one, other = make_worker("one")[0].test_client(), make_worker("other")[0].test_client()
    assert one.get("/page/1?a=1&b=2").text == "page 1 of one"
    assert other.get("/page/1?b=2&a=1").text == "page 1 of one"
    assert other.get("/page/1?a=2").text == "page 1 of other"
    assert calls == ["one", "other"]


def functions():
    app, cache, square = make_worker("third")
    with app.app_context():
        calls.clear()
        assert square(7) == square(7) == {"square": 49} and calls == ["third"]
        cache.delete_memoized(square, 7)
        assert square(7) == {"square": 49} and calls == ["third", "third"]


def values():
    app, cache, _ = make_worker("fourth")
    with app.app_context():
        assert cache.set("short", b"\x00\xff", timeout=1)
        assert cache.set_many({"a": 1, "b": [2]}) == ["a", "b"]
        assert cache.get_many("a", "b", "c") == [1, [2], None]
        assert cache.add("a", 5) is False and cache.has("a") and cache.get("a") == 1
        assert cache.delete_many("a", "b") == ["a", "b"] and cache.get("b") is None
        assert cache.cache.inc("counter", 5) == 5 and cache.cache.dec("counter", 2) == 3
        deadline = time.monotonic() + 10
        while cache.get("short") is not None:
            assert time.monotonic() < deadline, "it never expires"
            time.sleep(0.02)
        assert cache.clear() and cache.get("counter") is None


if __name__ == "__main__":
    views()
    functions()
    values()
