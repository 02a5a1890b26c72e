# SPDX-License-Identifier: BSD-3-Clause
"""Requests as a web application's sessions see them, and the caches that they would find exactly.

People come for a visit of some requests and come again another day, some often and most seldom; bots come once, each with a
session that nobody ever asks for again. What a cache is worth shows in how many of the people's sessions are still there."""

import collections
import random

VISITS_AT_A_TIME = 2000
REQUESTS_OF_A_VISIT = 20
PEOPLE = 60000
BOTS_OF_REQUESTS = 0.25
# The larger, the more of the visits are those of few people.
SKEW = 2.0


def requests(count, seed):
    """Keys in the order in which they are asked for; those of people begin with `p`, those of bots with `b`."""
    chance = random.Random(seed)

    def person():
        return int(PEOPLE * chance.random() ** SKEW)

    visits = [person() for _ in range(VISITS_AT_A_TIME)]
    for number in range(count):
        if chance.random() < BOTS_OF_REQUESTS:
            yield b"b:session:%08x%024x" % (number, seed)
            continue
        which = chance.randrange(VISITS_AT_A_TIME)
        yield b"p:session:%08x%024x" % (visits[which], seed)
        if chance.random() < 1 / REQUESTS_OF_A_VISIT:
            visits[which] = person()


class Counter:
    """Counts misses of people who were there before, in the second half of the trace: the first fills the cache."""

    def __init__(self, count):
        self.from_number, self.number, self.asked, self.missed = count // 2, 0, 0, 0
        self.known = set()

    def saw(self, key, is_hit):
        if key[:1] == b"p":
            if self.number >= self.from_number and key in self.known:
                self.asked += 1
                self.missed += not is_hit
            self.known.add(key)
        self.number += 1

    def miss_rate(self):
        return self.missed / self.asked


def exact_lru(count, seed, capacity):
    """The miss rate of a cache of so many sessions that always drops the one unused for longest."""
    held, counter = collections.OrderedDict(), Counter(count)
    for key in requests(count, seed):
        counter.saw(key, key in held)
        held[key] = True
        held.move_to_end(key)
        if len(held) > capacity:
            held.popitem(last=False)
    return counter.miss_rate()
