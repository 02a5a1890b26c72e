# SPDX-License-Identifier: BSD-3-Clause
"""python-socketio with AsyncRedisManager on four Uvicorn workers, and real Socket.IO clients."""

import asyncio
import contextlib
import pathlib

import pytest
import requests
import socketio
from engineio.payload import Payload

from support import certificates, ports
from support.processes import Process, environment_program
from support.server import Server

# One process runs them all: starting the workers is most of the work.
pytestmark = pytest.mark.xdist_group("socketio")
APPS = pathlib.Path(__file__).parent / "apps"
WORKERS = 4
TRANSPORTS = ["websocket", "polling"]
PATIENCE = 30.0
# What python-socketio logs when its connection to Redis is lost.
LOST = "Cannot receive from redis"


class Worker:
    """One Uvicorn process on a port of its own (or one with `workers` behind one port)."""

    def __init__(self, url, directory, name, workers=1):
        self.port = ports.reserve()
        self.process = Process(
            [environment_program("main", "uvicorn"), "chat:app", "--port", self.port, "--workers", workers, "--ws", "websockets"],
            directory / f"{name}.log",
            APPS,
            {"REDIS_URL": url, "PYTHONDONTWRITEBYTECODE": "1"},
        )

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def wait(self):
        def answers():
            try:
                return requests.get(f"{self.url}/worker", timeout=5).ok
            except requests.ConnectionError:
                return False

        self.process.wait_until(answers, what="Uvicorn to answer")

    def stop(self):
        self.process.stop()
        ports.release(self.port)


@pytest.fixture(scope="module", params=["plain", "tls"])
def store(request, tmp_path_factory):
    tls_port = ports.reserve()
    options = certificates.tls_options(tmp_path_factory.mktemp("certificates"), tls_port) if request.param == "tls" else {}
    server = Server(tmp_path_factory.mktemp("store"), options).start()
    yield server
    server.finish()
    ports.release(tls_port)


@contextlib.contextmanager
def running(url, directory, count=WORKERS, **options):
    workers = [Worker(url, directory, f"uvicorn{number}", **options) for number in range(count)]
    try:
        for worker in workers:
            worker.wait()
        yield workers
    finally:
        for worker in workers:
            worker.stop()


@pytest.fixture(scope="module")
def workers(store, tmp_path_factory):
    with running(store.url(), tmp_path_factory.mktemp("workers")) as started:
        yield started
        for worker in started:
            assert LOST not in worker.process.log()
            assert "Cannot publish to redis" not in worker.process.log()


# A client that polls is given all that has come since, and by default hangs up on more than 16 messages at once: on a busy
# machine the others' fifty may well be.
Payload.max_decode_packets = 1000


class User:
    """A Socket.IO client that keeps what it is told."""

    def __init__(self, name):
        self.name = name
        self.client = socketio.AsyncClient(reconnection=False)
        self.heard = []
        self.worker = None
        self._news = asyncio.Condition()
        self.client.on("said", self._said)
        self.client.on("welcome", self._welcome)

    async def _said(self, message):
        async with self._news:
            self.heard.append(message["text"])
            self._news.notify_all()

    async def _welcome(self, message):
        async with self._news:
            self.worker = message["worker"]
            self._news.notify_all()

    async def connect(self, url, transport):
        await self.client.connect(url, transports=[transport], auth={"user": self.name}, wait_timeout=PATIENCE)
        await self._until(lambda: self.worker, "a welcome")
        assert self.client.transport() == transport

    async def _until(self, condition, what):
        async with self._news:
            try:
                await asyncio.wait_for(self._news.wait_for(condition), PATIENCE)
            except asyncio.TimeoutError:
                raise AssertionError(f"{self.name} waited in vain for {what}; heard {self.heard}") from None

    async def hears(self, *texts):
        """Waits until all the texts were heard."""
        await self._until(lambda: set(texts) <= set(self.heard), texts)

    async def call(self, event, argument):
        return await self.client.call(event, argument, timeout=PATIENCE)


@contextlib.asynccontextmanager
async def users(urls, transports=TRANSPORTS):
    """One user of each transport at each address."""
    connected = []
    try:
        for number, url in enumerate(urls):
            for transport in transports:
                user = User(f"{transport} at worker {number}")
                connected.append(user)
                await user.connect(url, transport)
        yield connected
    finally:
        await asyncio.gather(*(user.client.disconnect() for user in connected), return_exceptions=True)


def addresses(workers):
    return [worker.url for worker in workers]


def test_a_broadcast_from_any_worker_reaches_every_client_once(workers):
    async def scenario():
        async with users(addresses(workers)) as everybody:
            assert len({user.worker for user in everybody}) == WORKERS
            texts = [f"from {user.name}" for user in everybody]
            for user, text in zip(everybody, texts):
                await user.call("say", {"text": text})
            for user in everybody:
                await user.hears(*texts)
            # Whatever came twice had come by now: a last message is behind all of them.
            await everybody[0].call("say", {"text": "last"})
            for user in everybody:
                await user.hears("last")
                assert sorted(user.heard) == sorted([*texts, "last"])

    asyncio.run(scenario())


def test_a_room_spans_workers_and_keeps_to_itself(workers):
    async def scenario():
        async with users(addresses(workers)) as everybody:
            inside, outside = everybody[0::2], everybody[1::2]
            for user in inside:
                assert await user.call("join", "conversation 16") == user.worker
            await inside[0].call("say", {"room": "conversation 16", "text": "for the room"})
            for user in inside:
                await user.hears("for the room")
            await inside[1].call("say", {"room": "conversation 16", "text": "for the others", "skip_me": True})
            for user in [inside[0], *inside[2:]]:
                await user.hears("for the others")
            await inside[2].call("leave", "conversation 16")
            await inside[0].call("say", {"room": "conversation 16", "text": "after one left"})
            await inside[3].hears("after one left")
            await outside[0].call("say", {"text": "for all"})
            for user in everybody:
                await user.hears("for all")
            for user in outside:
                assert user.heard == ["for all"]
            assert inside[1].heard == ["for the room", "after one left", "for all"]
            assert inside[2].heard == ["for the room", "for the others", "for all"]

    asyncio.run(scenario())


def test_a_message_finds_one_client_at_another_worker(workers):
    async def scenario():
        async with users(addresses(workers)) as everybody:
            receiver = everybody[-1]
            await everybody[0].client.emit("whisper", {"to": receiver.client.get_sid(), "text": "psst"})
            await receiver.hears("psst")
            await everybody[1].call("say", {"text": "loud"})
            for user in everybody:
                await user.hears("loud")
            assert [user.heard for user in everybody if "psst" in user.heard] == [["psst", "loud"]]

    asyncio.run(scenario())


def test_many_messages_arrive_in_the_order_of_each_speaker(workers):
    async def scenario():
        async with users(addresses(workers)) as everybody:
            count = 50

            async def speak(user):
                for number in range(count):
                    await user.call("say", {"text": f"{user.name}: {number:03}"})

            speakers = everybody[:3]
            await asyncio.gather(*map(speak, speakers))
            for listener in everybody:
                await listener.hears(*(f"{user.name}: {number:03}" for user in speakers for number in range(count)))
                for user in speakers:
                    own = [text for text in listener.heard if text.startswith(user.name + ":")]
                    assert own == [f"{user.name}: {number:03}" for number in range(count)]

    asyncio.run(scenario())


def test_a_large_message_passes(workers):
    async def scenario():
        async with users(addresses(workers)[:2], ["websocket"]) as (speaker, listener):
            text = "x" * 900_000
            await speaker.call("say", {"text": text})
            await listener.hears(text)

    asyncio.run(scenario())


def test_sessions_are_kept_while_connected_and_seen_by_all_workers(workers, store, connect):
    redis = connect(store)

    async def sessions(worker):
        response = await asyncio.to_thread(requests.get, f"{worker.url}/sessions", timeout=PATIENCE)
        return response.json()["sessions"]

    async def scenario():
        async with users(addresses(workers)) as everybody:
            expected = {f"socketio:session:{user.client.get_sid()}": {"user": user.name, "worker": user.worker} for user in everybody}
            for worker in workers:
                found = await sessions(worker)
                assert {key: found.get(key) for key in expected} == expected
            for key in expected:
                assert 590 < redis("TTL", key) <= 600

        async def all_gone():
            # Of a client that polled the server learns only by its silence.
            while await sessions(workers[0]):
                await asyncio.sleep(0.05)

        await asyncio.wait_for(all_gone(), PATIENCE)

    asyncio.run(scenario())


def test_http_requests_can_speak_to_all_clients(workers):
    async def scenario():
        async with users(addresses(workers)) as everybody:
            for worker in workers:
                await asyncio.to_thread(requests.post, f"{worker.url}/announce", params={"text": worker.url}, timeout=PATIENCE)
            for user in everybody:
                await user.hears(*addresses(workers))

    asyncio.run(scenario())


async def reach_everybody(everybody, attempt_seconds=1.0):
    """Speaks again and again until every client hears every speaker: the managers have subscribed again."""
    deadline = asyncio.get_running_loop().time() + 2 * PATIENCE
    number = 0
    missing = {(speaker.name, listener.name) for speaker in everybody for listener in everybody}
    while missing:
        assert asyncio.get_running_loop().time() < deadline, f"never heard: {sorted(missing)}"
        number += 1
        for speaker in everybody:
            await speaker.call("say", {"text": f"{speaker.name}#{number}"})
        await asyncio.sleep(attempt_seconds / 4)
        for listener in everybody:
            heard_from = {text.rpartition("#")[0] for text in listener.heard}
            missing -= {(name, listener.name) for name in heard_from}


def test_the_workers_come_back_after_the_store_was_killed(tmp_path):
    store = Server(tmp_path / "store").start()
    try:
        with running(store.url(), tmp_path) as workers:

            async def scenario():
                async with users(addresses(workers)) as everybody:
                    await everybody[0].call("say", {"text": "before"})
                    for user in everybody:
                        await user.hears("before")
                    for _ in range(2):
                        store.kill()
                        await asyncio.to_thread(store.start)
                        for user in everybody:
                            user.heard.clear()
                        await reach_everybody(everybody)

            asyncio.run(scenario())
            assert any(LOST in worker.process.log() for worker in workers)
    finally:
        store.finish()


def test_four_workers_behind_one_port(store, tmp_path):
    """`uvicorn --workers 4`: websockets alone, as polling needs a load balancer that is sticky."""
    with running(store.url(), tmp_path, count=1, workers=WORKERS) as (site,):

        async def scenario():
            async with contextlib.AsyncExitStack() as stack:
                everybody = []
                # The kernel spreads connections as it likes; connect until two workers at least have clients.
                while len({user.worker for user in everybody}) < 2 or len(everybody) < 8:
                    assert len(everybody) < 100, "one worker got all connections"
                    everybody += await stack.enter_async_context(users([site.url], ["websocket"]))
                for number, user in enumerate(everybody):
                    await user.call("say", {"text": f"hello {number}"})
                for user in everybody:
                    await user.hears(*(f"hello {number}" for number in range(len(everybody))))

        asyncio.run(scenario())
        assert LOST not in site.process.log()
