# SPDX-License-Identifier: BSD-3-Clause
"""Clients that wait for lists, on the server under test and on redis-server: the same ones are served, in the same order,
with the same bytes.

Left out is what 7.2 does otherwise than 7.0: a client whose earlier key has become ready, or holds another type, at the
moment when it is served by a later one. So nobody waits for several keys that those who wait may move something to."""

import os
import random

import pytest

from support.waiting import WAITING, Side

SEED = os.environ.get("DIFFERENTIAL_SEED", "1")
COUNT = int(os.environ.get("DIFFERENTIAL_COUNT", "4000")) // 10
SEQUENCE = 40


def waiting_command(draw):
    key, end = lambda: draw.choice("abcdef"), lambda: draw.choice(["LEFT", "RIGHT"])
    keys = [key()] if draw.random() < 0.5 else [draw.choice("abcd") for _ in range(draw.randint(1, 3))]
    target = draw.choice("efs")
    return draw.choice(
        [
            [draw.choice(["BLPOP", "BRPOP"]), *keys, 0],
            ["BLMOVE", key(), target, end(), end(), 0],
            ["BRPOPLPUSH", key(), target, 0],
            ["BLMPOP", 0, len(keys), *keys, end(), "COUNT", draw.randint(1, 3)],
        ]
    )


def acting_command(draw):
    key, end = lambda: draw.choice("abcd"), lambda: draw.choice(["LEFT", "RIGHT"])
    elements = [draw.choice(["x", "y", "z", "7"]) for _ in range(draw.randint(1, 4))]
    push = [draw.choice(["LPUSH", "RPUSH"]), key(), *elements]
    return draw.choice(
        [
            push,
            push,
            ["LPOP", key()],
            ["LMOVE", key(), key(), end(), end()],
            ["RENAME", key(), key()],
            ["COPY", key(), key(), "REPLACE"],
            ["DEL", key()],
            ["LRANGE", key(), 0, -1],
            ["LTRIM", key(), 1, 2],
        ]
    )


def next_step(draw, idle):
    """What to do on either side: (method, arguments)."""
    drawn = draw.random()
    if drawn < 0.45 and idle:
        return "begin", (draw.choice(idle), waiting_command(draw))
    if drawn < 0.5:
        return "unblock", (draw.randrange(WAITING), draw.choice(["TIMEOUT", "ERROR"]))
    return "act", (acting_command(draw),)


@pytest.mark.parametrize("protocol", [2, 3], ids=["RESP2", "RESP3"])
def test_the_same_clients_are_served(reference, server, protocol):
    draw = random.Random(f"{SEED}:{protocol}")
    for _ in range(COUNT // SEQUENCE):
        sides = [Side(each, protocol) for each in (reference, server)]
        steps = []
        for _ in range(SEQUENCE):
            idle = [number for number in range(WAITING) if number not in sides[0].waiting]
            method, arguments = next_step(draw, idle)
            steps.append((method, arguments))
            expected, got = (getattr(side, method)(*arguments) for side in sides)
            assert got == expected, f"DIFFERENTIAL_SEED={SEED}, steps:\n" + "\n".join(map(str, steps))
        for side in sides:
            side.close()
