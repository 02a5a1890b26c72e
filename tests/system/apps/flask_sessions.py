# SPDX-License-Identifier: BSD-3-Clause
"""A Flask application as its users write it: sessions in Redis, found by REDIS_URL; says which worker answered."""

import os
import time
from datetime import timedelta

import redis
from flask import Flask, jsonify, request, session
from flask_session import Session

app = Flask(__name__)
app.config.update(
    SECRET_KEY="of the test",
    SESSION_TYPE="redis",
    SESSION_REDIS=redis.from_url(os.environ["REDIS_URL"]),
    SESSION_KEY_PREFIX="chatmrpt:",
    SESSION_PERMANENT=True,
    SESSION_USE_SIGNER=True,
    PERMANENT_SESSION_LIFETIME=timedelta(seconds=int(os.environ["SESSION_SECONDS"])),
)
Session(app)


@app.post("/login")
def login():
    session["user"] = request.args["user"]
    session["visits"] = 0
    session["notes"] = {"language": "français", "list": list(range(100))}
    return answer()


@app.post("/visit")
def visit():
    session["visits"] += 1
    return answer()


@app.get("/me")
def me():
    # Held for a moment when asked, so that requests sent together are spread over the workers.
    time.sleep(float(request.args.get("hold", "0")))
    return answer()


@app.post("/logout")
def logout():
    session.clear()
    return answer()


def answer():
    return jsonify(worker=os.getpid(), user=session.get("user"), visits=session.get("visits"), notes=session.get("notes"))
