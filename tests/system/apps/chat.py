# SPDX-License-Identifier: BSD-3-Clause
"""A FastAPI application with Socket.IO as its users write it: rooms and broadcasts over Redis, sessions in Redis."""

import json
import logging
import os

import redis.asyncio
import socketio
from fastapi import FastAPI

logging.basicConfig(level=logging.INFO)
REDIS_URL = os.environ["REDIS_URL"]
SESSION_SECONDS = 600

store = redis.asyncio.from_url(REDIS_URL)
server = socketio.AsyncServer(
    async_mode="asgi", client_manager=socketio.AsyncRedisManager(REDIS_URL), logger=True, ping_interval=3, ping_timeout=5
)
api = FastAPI()
app = socketio.ASGIApp(server, api)


def session_key(sid):
    return f"socketio:session:{sid}"


@server.event
async def connect(sid, environ, auth):
    session = {"user": (auth or {}).get("user"), "worker": os.getpid()}
    await store.setex(session_key(sid), SESSION_SECONDS, json.dumps(session))
    await server.emit("welcome", {"worker": os.getpid()}, to=sid)


@server.event
async def disconnect(sid):
    await store.delete(session_key(sid))


@server.event
async def join(sid, room):
    await server.enter_room(sid, room)
    return os.getpid()


@server.event
async def leave(sid, room):
    await server.leave_room(sid, room)
    return os.getpid()


@server.event
async def say(sid, message):
    """To a room, or without one to everybody; the speaker included or not."""
    await server.emit(
        "said", message, room=message.get("room"), skip_sid=sid if message.get("skip_me") else None
    )
    return os.getpid()


@server.event
async def whisper(sid, message):
    """To one other client, whatever worker it is connected to."""
    await server.emit("said", message, to=message["to"])


@api.get("/worker")
async def worker():
    return {"worker": os.getpid()}


@api.get("/sessions")
async def sessions():
    keys = await store.keys("socketio:session:*")
    found = {key.decode(): json.loads(await store.get(key) or "null") for key in keys}
    return {"sessions": found}


@api.post("/announce")
async def announce(text: str):
    await server.emit("said", {"text": text})
    return {"worker": os.getpid()}
