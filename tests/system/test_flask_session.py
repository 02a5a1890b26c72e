# SPDX-License-Identifier: BSD-3-Clause
"""Flask + Flask-Session under Gunicorn with four workers: the 0.8 line (SET EX) and the older one (SETEX)."""

import concurrent.futures
import os
import pathlib
import signal

import pytest
import requests

from support import certificates, ports, wait
from support.processes import Process, environment_program
from support.server import Server

# One process runs them all: starting the sites is most of the work.
pytestmark = pytest.mark.xdist_group("flask")
PASSWORD = "a-session-password"
WORKERS = 4
APPS = pathlib.Path(__file__).parent / "apps"


class Site:
    """The application on its own port; keeps no session itself, cookies are handed in."""

    def __init__(self, server, directory, environment, lifetime):
        self.port = ports.reserve()
        gunicorn = environment_program(environment, "gunicorn")
        self.process = Process(
            [gunicorn, "--workers", WORKERS, "--bind", f"127.0.0.1:{self.port}", "--worker-tmp-dir", "/dev/shm", "flask_sessions:app"],
            directory / "gunicorn.log",
            APPS,
            {"REDIS_URL": server.url(), "SESSION_SECONDS": str(lifetime), "PYTHONDONTWRITEBYTECODE": "1"},
        )
        self.process.wait_until(self.answers, what="Gunicorn to answer")

    def answers(self):
        try:
            return requests.get(f"http://127.0.0.1:{self.port}/me", timeout=5).ok
        except requests.ConnectionError:
            return False

    def request(self, method, path, cookies=None):
        response = requests.request(method, f"http://127.0.0.1:{self.port}{path}", cookies=cookies, timeout=30)
        assert response.ok, f"{response.status_code}\n{self.process.log()[-4000:]}"
        return response

    def login(self, user):
        """Returns the cookies of a new session."""
        response = self.request("POST", f"/login?user={user}")
        assert response.json()["user"] == user
        return response.cookies

    def me(self, cookies, hold=0):
        return self.request("GET", f"/me?hold={hold}", cookies).json()

    def from_every_worker(self, cookies):
        """Asks /me until every worker has answered; returns all answers."""
        answers = {}
        with concurrent.futures.ThreadPoolExecutor(2 * WORKERS) as pool:

            def all_seen():
                for answer in pool.map(lambda _: self.me(cookies, hold=0.05), range(2 * WORKERS)):
                    answers.setdefault(answer["worker"], []).append(answer)
                return len(answers) >= WORKERS

            wait.until(all_seen, 30, lambda: f"answers of {WORKERS} workers, got {list(answers)}")
        return answers

    def stop(self):
        self.process.stop()
        ports.release(self.port)


@pytest.fixture(scope="module", params=["main", "flask-session-setex", "main-tls"])
def deployment(request):
    return request.param


@pytest.fixture(scope="module")
def environment(deployment):
    return deployment.removesuffix("-tls")


@pytest.fixture(scope="module")
def store(deployment, tmp_path_factory):
    tls_port = ports.reserve()
    is_tls = deployment.endswith("-tls")
    options = certificates.tls_options(tmp_path_factory.mktemp("certificates"), tls_port) if is_tls else {}
    server = Server(tmp_path_factory.mktemp("store"), {"requirepass": PASSWORD} | options).start()
    yield server
    server.finish()
    ports.release(tls_port)


@pytest.fixture(scope="module")
def site(environment, store, tmp_path_factory):
    site = Site(store, tmp_path_factory.mktemp("site"), environment, lifetime=1000)
    yield site
    site.stop()


@pytest.fixture
def redis(store, connect):
    client = connect(store)
    assert client("AUTH", PASSWORD) == "OK"
    client("FLUSHALL")
    return client


def session_key(redis):
    (key,) = redis("KEYS", "chatmrpt:*")
    return key


def test_a_session_begun_with_one_worker_is_read_by_all(site, redis):
    cookies = site.login("ada")
    answers = site.from_every_worker(cookies)
    assert len(answers) == WORKERS
    for answer in (answer for of_worker in answers.values() for answer in of_worker):
        assert answer["user"] == "ada"
        assert answer["notes"] == {"language": "français", "list": list(range(100))}
    assert 990 < redis("TTL", session_key(redis)) <= 1000


def test_changes_made_by_any_worker_are_seen_by_the_next(site, redis):
    cookies = site.login("ada")
    workers = {site.request("POST", "/visit", cookies).json()["worker"] for _ in range(40)}
    assert site.me(cookies)["visits"] == 40
    assert workers


def test_sessions_are_apart(site, redis):
    cookies = {user: site.login(user) for user in ("ada", "grace", "edsger")}
    assert len(redis("KEYS", "chatmrpt:*")) == 3
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        asked = ["ada", "grace", "edsger"] * 20
        assert [answer["user"] for answer in pool.map(lambda user: site.me(cookies[user]), asked)] == asked
    assert site.me(None)["user"] is None


def test_every_request_renews_the_time_to_live(site, redis):
    cookies = site.login("ada")
    key = session_key(redis)
    assert redis("EXPIRE", key, 50) == 1
    assert site.me(cookies)["user"] == "ada"
    assert redis("TTL", key) > 990


def test_a_logout_with_one_worker_is_a_logout_with_all(site, redis):
    cookies = site.login("ada")
    site.request("POST", "/logout", cookies)
    for answer in (answer for of_worker in site.from_every_worker(cookies).values() for answer in of_worker):
        assert answer["user"] is None


def test_a_session_deleted_by_the_administrator_is_gone_for_all(site, redis):
    cookies = site.login("ada")
    redis("DEL", session_key(redis))
    assert site.me(cookies)["user"] is None


def test_a_killed_worker_takes_no_session_along(site, redis):
    cookies = site.login("ada")
    before = set(site.from_every_worker(cookies))
    victim = before.pop()
    os.kill(victim, signal.SIGKILL)

    def replaced():
        try:
            answer = site.me(cookies, hold=0.02)
        except requests.ConnectionError:
            return False  # a request that the victim had already taken
        assert answer["user"] == "ada"
        return answer["worker"] not in before | {victim}

    wait.until(replaced, 30, "a new worker in the place of the killed one")
    answers = site.from_every_worker(cookies)
    assert victim not in answers
    assert all(answer["user"] == "ada" for of_worker in answers.values() for answer in of_worker)


def test_a_session_ends_when_its_time_is_over(environment, store, redis, tmp_path):
    site = Site(store, tmp_path, environment, lifetime=1)
    try:
        redis("FLUSHALL")
        cookies = site.login("ada")
        key = session_key(redis)
        assert redis("PTTL", key) <= 1000
        wait.until(lambda: redis("EXISTS", key) == 0, 10, "the key to expire")
        for answer in (answer for of_worker in site.from_every_worker(cookies).values() for answer in of_worker):
            assert answer["user"] is None
    finally:
        site.stop()


def test_a_store_that_died_and_came_back_is_used_again(environment, tmp_path):
    """The store is killed and starts empty: users are logged out, and can log in again at once."""
    store = Server(tmp_path / "store", {"requirepass": PASSWORD}).start()
    site = Site(store, tmp_path, environment, lifetime=100)
    try:
        cookies = site.login("ada")
        store.kill()
        store.start()
        assert site.me(cookies)["user"] is None
        assert site.me(site.login("grace"))["user"] == "grace"
    finally:
        site.stop()
        store.finish()
