# SPDX-License-Identifier: BSD-3-Clause
"""Generates commands on sorted sets, with every option and at every edge: see commands.py."""

from .commands import FLOATS, INT64_MAX, INT64_MIN, NO_INTEGERS

MEMBERS = ["a", "b", "c", "d", "e", "aa", "ab", "10", "2", "", b"\x00", b"\xff\x00", "m" * 63, "m" * 64, "m" * 65, "long" * 300]


def score(g):
    drawn = g.random.random()
    if drawn < 0.5:
        return g.random.randint(-5, 5)
    if drawn < 0.7:
        return g.random.randint(-20, 20) / 4
    if drawn < 0.9:
        return g.one(FLOATS)
    return g.one([2**53, -(2**53) - 2, 2**31, INT64_MIN, INT64_MAX, 1e-7, 123456.789, "-inf", "inf", *NO_INTEGERS])


def member(g):
    return g.one(MEMBERS[:7]) if g.chance(0.7) else g.one(MEMBERS) if g.chance(0.8) else f"m{g.random.randint(0, 40)}"


def members(g, most=4):
    return [member(g) for _ in range(g.random.randint(1, most))]


def pairs(g, most=4):
    return [part for _ in range(g.random.randint(1, most)) for part in (str(score(g)), member(g))]


def limit(g):
    return ["LIMIT", g.integer() if g.chance(0.3) else g.random.randint(-1, 4), g.integer() if g.chance(0.3) else g.random.randint(-2, 5)]


def score_limit(g):
    text = str(score(g)) if g.chance(0.8) else g.one(["-inf", "+inf", "inf", "(inf", "(-inf", "", "(", " 1", "( 1", "((1", "1e999", "nan"])
    return "(" + text if g.chance(0.3) else text


def score_range(g):
    return [score_limit(g), score_limit(g)] if g.chance(0.7) else ["-inf", "+inf"]


def rank_range(g):
    return [g.integer(), g.integer()] if g.chance(0.7) else [0, -1]


def wrong_lex_range(g):
    return [g.one(["a", "", "-x", "+x", "1"]), g.one(["[a", "+", "-"])]


def weights(g):
    def make():
        return ["WEIGHTS", *(str(score(g)) for _ in range(g.random.randint(1, 3)))]

    return make


def algebra(g):
    sources = g.keys(3)
    count = len(sources) if g.chance(0.9) else g.integer()
    options = g.options(weights(g), lambda: ["WEIGHTS", *(g.one([1, 2, -1, "0.5", "inf", 0]) for _ in sources)], lambda: ["AGGREGATE", g.one(["SUM", "MIN", "MAX", "min", "AVG"])], most=2)
    return [count, *sources, *options]


def sorted_sets(g):
    """Everything that goes by scores and ranks."""
    with_scores = lambda: g.options("WITHSCORES", most=1)
    return g.one(
        [
            lambda: ["ZADD", g.key(), *pairs(g)],
            lambda: ["ZADD", g.key(), *pairs(g)],
            lambda: ["ZADD", g.key(), *pairs(g, 20)],
            lambda: ["ZADD", g.key(), *g.options("NX", "XX", "GT", "LT", "CH", "INCR", "nx", "ch"), *pairs(g, 2)],
            lambda: ["ZADD", g.key(), *g.options("XX", "GT", "LT", "CH", most=2), "INCR", str(score(g)), member(g)],
            lambda: ["ZINCRBY", g.key(), str(score(g)), member(g)],
            lambda: ["ZREM", g.key(), *members(g)],
            lambda: ["ZSCORE", g.key(), member(g)],
            lambda: ["ZMSCORE", g.key(), *members(g)],
            lambda: ["ZCARD", g.key()],
            lambda: ["ZCOUNT", g.key(), *score_range(g)],
            lambda: [g.one(["ZRANK", "ZREVRANK"]), g.key(), member(g)],
            lambda: ["ZRANGE", g.key(), *rank_range(g), *g.options("WITHSCORES", "REV", lambda: limit(g), most=2)],
            lambda: ["ZRANGE", g.key(), *score_range(g), "BYSCORE", *g.options("WITHSCORES", "REV", "BYLEX", lambda: limit(g))],
            lambda: ["ZREVRANGE", g.key(), *rank_range(g), *with_scores()],
            lambda: [g.one(["ZRANGEBYSCORE", "ZREVRANGEBYSCORE"]), g.key(), *score_range(g), *g.options("WITHSCORES", "REV", lambda: limit(g))],
            lambda: [g.one(["ZRANGEBYLEX", "ZREVRANGEBYLEX", "ZLEXCOUNT", "ZREMRANGEBYLEX"]), g.key(), *wrong_lex_range(g)],
            lambda: ["ZRANGESTORE", g.key(), g.key(), *rank_range(g), *g.options("REV", "WITHSCORES", lambda: limit(g), most=1)],
            lambda: ["ZRANGESTORE", g.key(), g.key(), *score_range(g), "BYSCORE", *g.options("REV", lambda: limit(g), most=2)],
            lambda: ["ZREMRANGEBYRANK", g.key(), g.integer(), g.integer()],
            lambda: ["ZREMRANGEBYSCORE", g.key(), score_limit(g), score_limit(g)],
            lambda: [g.one(["ZPOPMIN", "ZPOPMAX"]), g.key(), *g.options(g.integer, most=1)],
            lambda: ["ZMPOP", *g.one([lambda: [1, g.key()], lambda: [2, g.key(), g.key()], lambda: [g.integer(), g.key()]])(), g.one(["MIN", "MAX", "max", "MID"]), *g.options(lambda: ["COUNT", g.integer()], most=1)],
            lambda: [g.one(["ZUNION", "ZINTER"]), *algebra(g), *with_scores()],
            lambda: ["ZDIFF", *algebra(g)[:3], *with_scores()],
            lambda: [g.one(["ZUNIONSTORE", "ZINTERSTORE"]), g.key(), *algebra(g)],
            lambda: ["ZDIFFSTORE", g.key(), 2, g.key(), g.key()],
            lambda: ["ZINTERCARD", 2, g.key(), g.key(), *g.options(lambda: ["LIMIT", g.integer()], most=1)],
            lambda: ["ZRANGE", g.key(), 0, -1, "WITHSCORES"],
            lambda: ["ZRANDMEMBER", g.key(), *g.options(lambda: [g.random.randint(-20, 20), *with_scores()], lambda: g.one(["x", INT64_MIN, INT64_MAX, "", "1 "]), most=1)],
            lambda: ["ZRANDMEMBER", g.key(), 1000],
            lambda: ["SADD", g.key(), *members(g)],
            lambda: ["TYPE", g.key()],
            lambda: ["DEL", g.key()],
            lambda: ["COPY", g.key(), g.key(), "REPLACE"],
            lambda: ["RENAME", g.key(), g.key()],
            lambda: ["SET", g.key(), "x"] if g.chance(0.2) else ["EXISTS", g.key()],
            lambda: ["EXPIREAT", g.key(), 4 * 10**9],
            lambda: ["PEXPIRETIME", g.key()],
        ]
    )()


def members_in_order(g):
    """What goes by members, all of one score; and what may wait, which no spoiled timeout should prolong."""

    def lex():
        return g.one(["-", "+", *(kind + each for kind in "[(" for each in ("a", "b", "c", "ab", "aab", "m", ""))])

    def spoiled(command):
        return g.spoil(command) if g.chance(0.1) else command

    return g.one(
        [
            lambda: ["ZADD", g.key(), *(part for each in members(g, 8) for part in ("0", each))],
            lambda: ["ZADD", g.key(), *(part for each in members(g, 8) for part in ("0", each))],
            lambda: ["ZREM", g.key(), *members(g)],
            lambda: spoiled([g.one(["ZRANGEBYLEX", "ZREVRANGEBYLEX"]), g.key(), lex(), lex(), *g.options(lambda: limit(g), "WITHSCORES", most=1)]),
            lambda: spoiled([g.one(["ZRANGEBYLEX", "ZREVRANGEBYLEX"]), g.key(), lex(), lex()]),
            lambda: spoiled(["ZRANGE", g.key(), lex(), lex(), "BYLEX", *g.options("REV", "WITHSCORES", lambda: limit(g), most=2)]),
            lambda: ["ZRANGESTORE", g.key(), g.key(), lex(), lex(), "BYLEX", *g.options("REV", lambda: limit(g), most=2)],
            lambda: spoiled(["ZLEXCOUNT", g.key(), lex(), lex()]),
            lambda: ["ZREMRANGEBYLEX", g.key(), lex(), lex()],
            lambda: ["ZRANGE", g.key(), 0, -1],
            lambda: ["ZRANK", g.key(), member(g)],
            lambda: ["ZSCAN", g.key(), 0, "COUNT", 1000, *g.options(lambda: ["MATCH", g.one(["*", "a*", "?", ""])], ["COUNT", 2000], ["COUNT", 0], ["COUNT"], most=2)],
            # An empty key costs redis-server a tenth of a second.
            lambda: [g.one(["BZPOPMIN", "BZPOPMAX"]), *g.keys(2), "0.001"] if g.chance(0.1) else ["ZCARD", g.key()],
            lambda: ["BZMPOP", "0.001", 2, g.key(), g.key(), g.one(["MIN", "MAX"]), *g.options(["COUNT", 3], most=1)] if g.chance(0.1) else ["ZCARD", g.key()],
        ]
    )()
