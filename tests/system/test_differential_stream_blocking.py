# SPDX-License-Identifier: BSD-3-Clause
"""Clients that wait for streams while somebody sets groups back, removes them, or replaces the stream: on the server under
test and on redis-server the same ones are answered, at the same step, with the same entries.

Set aside are the words of errors: 7.2 runs a command that waited anew when its stream is gone, and says what it would say
had it come then; 7.0 has texts of its own. Nor are consumers counted: 7.2 makes one that only waits. Who waits for several
streams waits for such as nobody puts other types in the place of: of these 7.2 tells when another one is ready."""

import os
import random
import re

import pytest

from support.waiting import WAITING, Side

SEED = os.environ.get("DIFFERENTIAL_SEED", "1")
COUNT = int(os.environ.get("DIFFERENTIAL_COUNT", "4000")) // 10
SEQUENCE = 40


def without_texts(reply):
    """Errors without their words, groups without the number of their consumers."""
    if isinstance(reply, list):
        return [without_texts(each) for each in reply]
    if isinstance(reply, tuple):
        return tuple(without_texts(each) for each in reply)
    if not isinstance(reply, bytes):
        return reply
    return re.sub(rb"consumers\r\n:\d+", b"", re.sub(rb"^-.*", b"-", reply))


def identifier(draw):
    return draw.choice(["0", "0-1", "1-0", "3", "5-1", "9", "$"])


def waiting_command(draw):
    group, consumer = draw.choice("gh"), draw.choice("xy")
    keys = [draw.choice("abcd")] if draw.random() < 0.7 else ["c", "d"]
    count = ["COUNT", draw.randint(1, 3)] if draw.random() < 0.5 else []
    no_ack = ["NOACK"] if draw.random() < 0.2 else []
    if draw.random() < 0.25:
        return ["XREAD", *count, "BLOCK", 0, "STREAMS", *keys, *[draw.choice(["$", "3", "0"]) for _ in keys]]
    return ["XREADGROUP", "GROUP", group, consumer, *count, "BLOCK", 0, *no_ack, "STREAMS", *keys, *(">" for _ in keys)]


class Script:
    """Draws commands; IDs go up, so that they are good for both sides."""

    def __init__(self, draw):
        self.draw, self.ms = draw, 1

    def acting_command(self):
        draw = self.draw
        key, replaced, other, group = draw.choice("abcd"), draw.choice("ab"), draw.choice("abes"), draw.choice("gh")
        self.ms += 1
        add = ["XADD", key, f"{self.ms}-1", "f", str(self.ms)]
        create = ["XGROUP", "CREATE", key, group, identifier(draw), "MKSTREAM"]
        set_back = ["XGROUP", "SETID", key, group, identifier(draw)]
        return draw.choice(
            [
                *[add] * 4,
                *[create] * 3,
                *[set_back] * 4,
                ["XGROUP", "DESTROY", key, group],
                ["XGROUP", "DELCONSUMER", key, group, draw.choice("xy")],
                ["XSETID", key, f"{self.ms}-1"],
                ["XDEL", key, f"{self.ms - 1}-1"],
                ["XTRIM", key, "MAXLEN", draw.randint(0, 3)],
                ["XPENDING", key, group],
                ["XINFO", "GROUPS", key],
                ["DEL", key],
                ["SET", replaced, "text"],
                ["RENAME", replaced, other],
                ["RENAME", other, replaced],
                ["COPY", other, replaced, "REPLACE"],
                ["EXPIRE", key, -1],
                ["EVAL", f"redis.call('DEL', '{key}') redis.call('XADD', '{key}', '{self.ms}-1', 'f', 'v') return 1", 0],
                ["FLUSHALL"],
            ]
        )


def next_step(script, idle):
    draw = script.draw
    drawn = draw.random()
    if drawn < 0.35 and idle:
        return "begin", (draw.choice(idle), waiting_command(draw))
    if drawn < 0.4:
        return "unblock", (draw.randrange(WAITING), draw.choice(["TIMEOUT", "ERROR"]))
    return "act", (script.acting_command(),)


@pytest.mark.parametrize("protocol", [2, 3], ids=["RESP2", "RESP3"])
def test_the_same_clients_are_answered(reference, server, protocol):
    draw = random.Random(f"{SEED}:{protocol}")
    for _ in range(COUNT // SEQUENCE):
        sides = [Side(each, protocol) for each in (reference, server)]
        script = Script(draw)
        steps = []
        for _ in range(SEQUENCE):
            idle = [number for number in range(WAITING) if number not in sides[0].waiting]
            method, arguments = next_step(script, idle)
            steps.append((method, arguments))
            expected, got = (without_texts(getattr(side, method)(*arguments)) for side in sides)
            assert got == expected, f"DIFFERENTIAL_SEED={SEED}, steps:\n" + "\n".join(map(str, steps))
        for side in sides:
            side.close()
