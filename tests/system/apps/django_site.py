# SPDX-License-Identifier: BSD-3-Clause
"""Django's cache, and sessions in it, by the settings that stand in the file it is given: what its users do with both."""

import pathlib
import sys
import time

import django
from django.conf import settings
from django.core.cache import cache
from django.http import JsonResponse
from django.test import Client
from django.urls import path


def visit(request):
    request.session["visits"] = request.session.get("visits", 0) + 1
    request.session["basket"] = {"apples": 3, "name": "Zoë"}
    return JsonResponse({"visits": request.session["visits"], "basket": request.session["basket"]})


def leave(request):
    request.session.flush()
    return JsonResponse({})


urlpatterns = [path("visit", visit), path("leave", leave)]


def use_cache():
    cache.set("a", {"list": [1, 2, 3]}, timeout=100)
    assert cache.get("a") == {"list": [1, 2, 3]}
    assert cache.add("a", 1) is False and cache.add("b", 1) is True
    assert cache.incr("b", 41) == 42 and cache.decr("b") == 41
    assert cache.get("b") == 41
    assert cache.get("missing", "default") == "default"
    cache.set_many({f"many:{number}": number for number in range(100)}, timeout=100)
    assert cache.get_many([f"many:{number}" for number in range(0, 200, 50)]) == {"many:0": 0, "many:50": 50}
    cache.delete_many(["many:0", "many:50"])
    assert not cache.has_key("many:0") and cache.has_key("many:1")
    assert cache.touch("a", 0.2) is True and cache.touch("missing", 10) is False
    assert cache.get_or_set("computed", lambda: "once") == "once"
    assert cache.get_or_set("computed", lambda: "twice") == "once"
    assert cache.incr_version("computed") == 2 and cache.get("computed", version=2) == "once"
    assert cache.delete("b") is True and cache.delete("b") is False
    deadline = time.monotonic() + 10
    cache.set("short", 1, timeout=1)
    while cache.get("short") is not None:
        assert time.monotonic() < deadline, "it never expires"
        time.sleep(0.02)
    cache.clear()
    assert cache.get("computed", version=2) is None


def use_sessions():
    ada, grace = Client(), Client()
    for visits in range(1, 6):
        assert ada.get("/visit").json() == {"visits": visits, "basket": {"apples": 3, "name": "Zoë"}}
    assert grace.get("/visit").json()["visits"] == 1
    key = ada.cookies["sessionid"].value
    assert ada.session["visits"] == 5
    ada.get("/leave")
    ada.cookies["sessionid"] = key
    assert ada.get("/visit").json()["visits"] == 1, "a session that was flushed is still there"
    assert grace.get("/visit").json()["visits"] == 2


if __name__ == "__main__":
    shown = {}
    exec(pathlib.Path(sys.argv[1]).read_text(), shown)
    settings.configure(
        SECRET_KEY="of the test",
        ROOT_URLCONF=__name__,
        ALLOWED_HOSTS=["testserver"],
        MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware"],
        CACHES=shown["CACHES"],
        SESSION_ENGINE=shown["SESSION_ENGINE"],
        USE_TZ=True,
    )
    django.setup()
    use_cache()
    use_sessions()
