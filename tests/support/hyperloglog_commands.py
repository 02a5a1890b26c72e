# SPDX-License-Identifier: BSD-3-Clause
"""Generates commands on HyperLogLogs, strings among them that others made: see commands.py."""

HEAD = b"HYLL\x01\0\0\0"


def element(g):
    if g.chance(0.1):
        return g.one(["", "a", "ab", "abcdefg", "abcdefgh", "abcdefghi", b"\0" * 20, "long" * 100])
    return g.random.randrange(10 ** g.random.randint(1, 7))


def elements(g):
    return [element(g) for _ in range(g.one([0, 1, 1, 2, 5, 50]))]


def _run(g, left):
    """One run, of no more than what is left of the registers, and how many it takes."""
    kind = g.random.randrange(3)
    if kind == 0:
        count = min(left, g.random.randint(1, 64))
        return bytes([count - 1]), count
    if kind == 1:
        count = min(left, g.one([1, 2, 64, 65, 100, 1000, 5000]))
        return bytes([0x40 | (count - 1) >> 8, (count - 1) & 255]), count
    count = min(left, g.random.randint(1, 4))
    return bytes([0x80 | g.random.randrange(32) << 2 | (count - 1)]), count


def foreign(g):
    """A right one in any of its many forms."""
    count = bytes(g.random.randrange(256) for _ in range(7)) + g.one([b"\0", b"\x80"])
    text, left = HEAD + count, 1 << 14
    while left:
        run, taken = _run(g, left)
        text, left = text + run, left - taken
    return text


def wrong(g):
    """What nobody takes for one."""
    return g.one(["x", 12, "HYLL", HEAD[:4] + b"\0" + b"\0" * 20, HEAD[:4] + b"\2" + b"\0" * 20, b"hyll" + foreign(g)[4:]])


def hyperloglogs(g):
    return g.one(
        [
            lambda: ["PFADD", g.key(), *elements(g)],
            lambda: ["PFADD", g.key(), *elements(g)],
            lambda: ["PFADD", g.key(), *elements(g)],
            lambda: ["PFCOUNT", g.key()],
            lambda: ["PFCOUNT", *g.keys()],
            lambda: ["PFMERGE", *g.keys()],
            lambda: ["PFMERGE", *g.keys()],
            lambda: ["GET", g.key()],
            lambda: ["GET", g.key()],
            lambda: ["PFDEBUG", g.one(["DECODE", "ENCODING", "decode", "Encoding"]), g.key()],
            lambda: ["PFDEBUG", g.one(["GETREG", "TODENSE", "FOO"]), g.key()] if g.chance(0.2) else ["STRLEN", g.key()],
            lambda: ["SET", g.key(), foreign(g)],
            lambda: ["SET", g.key(), wrong(g)] if g.chance(0.2) else ["EXISTS", g.key()],
            lambda: ["SADD", g.key(), "x"] if g.chance(0.2) else ["TYPE", g.key()],
            lambda: ["DEL", g.key()],
            lambda: ["COPY", g.key(), g.key(), "REPLACE"],
            lambda: ["EXPIREAT", g.key(), 4 * 10**9],
            lambda: ["PEXPIRETIME", g.key()],
        ]
    )()
