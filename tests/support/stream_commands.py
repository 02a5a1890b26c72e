# SPDX-License-Identifier: BSD-3-Clause
"""Generates commands on streams and their groups, with every option and at every edge: see commands.py.

Nothing depends on when it is run: IDs are given, nobody has been idle for a day. Groups get their consumers before something is read or
claimed for these, since 7.2 makes consumers in more cases than 7.0."""

from .commands import INT64_MAX, NO_INTEGERS

GROUPS = ["g", "g", "g", "h", "none"]
CONSUMERS = ["one", "one", "two", "STREAMS", ""]
GREATEST = "18446744073709551615-18446744073709551615"
ODD_IDS = ["0", "-", "+", ">", "(1", "1-", "007-01", "+5-+3", GREATEST, "18446744073709551616", "0-0", "(0-0", f"({GREATEST}", "1-2-3", "x", "", "(", "5- -1", b"5-1\x00x"]
LAYOUTS = [["a", "b", "c"], ["a", "b", "c"], ["a", "b", "c"], ["x", "y", "z"], ["1", "-5", "70000"]]
VALUES = ["", "1", "-1", "127", "128", "-4097", "32768", "8388608", "2147483648", "12345678901", "abc", "01"]


def plain_id(g):
    return f"{g.random.randint(0, 60)}-{g.random.randint(0, 3)}"


def any_id(g):
    drawn = g.random.random()
    return plain_id(g) if drawn < 0.6 else str(g.random.randint(0, 60)) if drawn < 0.7 else f"({plain_id(g)}" if drawn < 0.8 else g.one(ODD_IDS)


def ids(g, most=4):
    return [any_id(g) for _ in range(g.random.randint(1, most))]


def next_id(g):
    g.time = getattr(g, "time", 0) + g.chance(0.2)
    if g.time > 60:
        g.time = 0
    return f"{g.time}-*" if g.chance(0.9) else any_id(g)


def value(g):
    return g.one(VALUES) if g.chance(0.7) else "v" * g.random.randint(0, 300)


def fields(g):
    names = g.one(LAYOUTS)
    return [part for name in names[: g.one([1, 1, 1, 2, 3])] for part in (name, value(g))]


def maybe(g, probability, *option):
    return list(option) if g.chance(probability) else []


def count(g):
    return maybe(g, 0.4, "COUNT", g.one([0, 1, 2, 5, 100, -1, INT64_MAX, *NO_INTEGERS[:3]]))


def trim(g):
    by_length = g.chance(0.7)
    threshold = g.one([0, 3, 5, 10, 20, 50, -1, "x"]) if by_length else any_id(g)
    return ["MAXLEN" if by_length else "MINID", *g.one([[], ["="], ["~"]]), threshold, *maybe(g, 0.2, "LIMIT", g.one([0, 1, 5, 20, -1, "x"]))]


def add(g):
    return ["XADD", g.key(), *maybe(g, 0.05, "NOMKSTREAM"), *(trim(g) if g.chance(0.15) else []), next_id(g), *fields(g)]


def entries(g):
    """Everything that needs no group."""
    return spoiled(
        g,
        g.one(
            [
                *[lambda: add(g)] * 7,
                lambda: ["XDEL", g.key(), *ids(g)],
                lambda: ["XTRIM", g.key(), *trim(g)],
                lambda: ["XLEN", g.key()],
                lambda: [g.one(["XRANGE", "XREVRANGE"]), g.key(), any_id(g), any_id(g), *count(g)],
                lambda: ["XRANGE", g.key(), "-", "+"],
                lambda: ["XREVRANGE", g.key(), "+", "-", *count(g)],
                lambda: read(g),
                # What is below an ID that was deleted is refused since 7.2.
                lambda: ["XSETID", g.key(), g.one(["61-0", GREATEST, "x", "$"]), *maybe(g, 0.3, "ENTRIESADDED", g.integer()), *maybe(g, 0.3, "MAXDELETEDID", any_id(g))],
                lambda: ["XINFO", "STREAM", g.key(), *maybe(g, 0.5, "FULL", *count(g))],
                lambda: ["DEBUG", "DIGEST-VALUE", *g.keys()],
                lambda: g.one([["DEL", g.key()], ["SET", g.key(), "x"], ["COPY", g.key(), g.key(), "REPLACE"], ["RENAME", g.key(), g.key()], ["TYPE", g.key()]]),
            ]
        )(),
    )


def read(g):
    keys = g.keys(3)
    # "+" is the last entry since 7.4.
    after = [g.one(["0", "$", plain_id(g), any_id(g)]) for _ in keys]
    return ["XREAD", *count(g), *maybe(g, 0.05, "NOACK"), *maybe(g, 0.03, "GROUP", "g", "one"), "STREAMS", *keys, *("$" if each == "+" else each for each in after)]


def read_group(g):
    keys, group, consumer = g.keys(2), g.one(GROUPS), g.one(CONSUMERS)
    g.waiting = [["XGROUP", "CREATECONSUMER", key, group, consumer] for key in keys[1:]]
    g.waiting.append(["XREADGROUP", "GROUP", group, consumer, *count(g), *maybe(g, 0.15, "NOACK"), "STREAMS", *keys, *(g.one([">", ">", ">", "0", plain_id(g), "$"]) for _ in keys)])
    return ["XGROUP", "CREATECONSUMER", keys[0], group, consumer]


def claim(g):
    key, group, consumer = g.key(), g.one(GROUPS), g.one(CONSUMERS)
    idle = g.one([0, 0, 0, -3, 10**9, "x"])
    options = g.options("FORCE", "JUSTID", lambda: ["IDLE", g.one([0, 5, "x"])], lambda: ["TIME", g.one([0, 5, 10**15, "x"])], lambda: ["RETRYCOUNT", g.one([0, 1, 7, -1, "x"])], lambda: ["LASTID", any_id(g)])
    if g.chance(0.6):
        g.waiting = [["XCLAIM", key, group, consumer, idle, *ids(g), *options]]
    else:
        g.waiting = [["XAUTOCLAIM", key, group, consumer, idle, any_id(g), *g.options("JUSTID", lambda: ["COUNT", g.one([0, 1, 2, 5, -1, INT64_MAX, "x"])], most=2)]]
    return ["XGROUP", "CREATECONSUMER", key, group, consumer]


def pending(g):
    rest = [[], [any_id(g), any_id(g), g.integer()], ["-", "+", 10, g.one(CONSUMERS)], ["IDLE", g.one([0, 10**9, "x"]), "-", "+", g.integer()], ["-", "+"], ["-", "+", 10]]
    return ["XPENDING", g.key(), g.one(GROUPS), *g.one(rest)]


def group(g):
    key, name = g.key(), g.one(GROUPS)
    return ["XGROUP"] + g.one(
        [
            ["CREATE", key, name, g.one(["0", "$", any_id(g)]), *maybe(g, 0.4, "MKSTREAM"), *maybe(g, 0.1, "ENTRIESREAD", g.integer())],
            ["CREATE", key, name, "0"],
            ["SETID", key, name, g.one(["0", "$", any_id(g)]), *maybe(g, 0.2, "ENTRIESREAD", g.integer())],
            ["DESTROY", key, name],
            ["CREATECONSUMER", key, name, g.one(CONSUMERS)],
            ["DELCONSUMER", key, name, g.one(CONSUMERS)],
            ["NONE"],
        ]
    )


def groups(g):
    """Groups of the streams, too."""
    if getattr(g, "waiting", None):
        return g.waiting.pop(0)
    return g.one(
        [
            *[lambda: add(g)] * 6,
            *[lambda: read_group(g)] * 4,
            lambda: claim(g),
            lambda: claim(g),
            lambda: spoiled(g, pending(g)),
            lambda: spoiled(g, pending(g)),
            lambda: spoiled(g, ["XACK", g.key(), g.one(GROUPS), *ids(g)]),
            lambda: spoiled(g, group(g)),
            lambda: spoiled(g, group(g)),
            lambda: ["XDEL", g.key(), *ids(g)],
            lambda: ["XTRIM", g.key(), *trim(g)],
            lambda: ["XINFO", "STREAM", g.key(), *maybe(g, 0.7, "FULL", *count(g))],
            lambda: ["XINFO", "GROUPS", g.key()],
            lambda: ["XINFO", "CONSUMERS", g.key(), g.one(GROUPS)],
        ]
    )()


def spoiled(g, command):
    """Something wrong about it now and then, but no ID that is made from the time."""
    other = g.spoil(command) if g.chance(getattr(g, "spoiling", 0.08)) else command
    return command if "*" in other else other
