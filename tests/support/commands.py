# SPDX-License-Identifier: BSD-3-Clause
"""Generates commands to compare servers with: mostly right, often at a border, sometimes wrong.

A generator draws from few keys, so that commands meet each other's results. Everything follows from the seed.
Offsets are small or beyond every limit, never such that a server would have to allocate hundreds of megabytes."""

import random

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1

# Numbers that break parsers, and strings that almost are numbers.
BORDER_INTEGERS = [0, 1, -1, 9, 10, 127, 128, 255, 256, 9999, 10000, 2**31 - 1, 2**31, -(2**31), -(2**31) - 1, 2**32 - 1, 2**32]
BORDER_INTEGERS += [INT64_MAX, INT64_MAX - 1, INT64_MIN, INT64_MIN + 1, INT64_MAX // 1000, INT64_MAX // 1000 + 1]
NO_INTEGERS = ["", " ", " 1", "1 ", "+1", "01", "-0", "--1", "-", "1.0", "1e3", "0x10", "abc", "nan", "inf", b"1\x00", b"\x00"]
NO_INTEGERS += [str(INT64_MAX + 1), str(INT64_MIN - 1), str(2**64), "9" * 25]
FLOATS = ["0", "-0", "0.1", "-0.1", "3.0e3", "1e-5", "5.0e-324", "1e17", "1.7976931348623157e308", "123456789.123456789", "1e400", "-1e400"]
FLOATS += ["inf", "-inf", "+inf", "infinity", "nan", "3.14159265358979323846", "1e19", "0.000001", "17179869184.5", ".5", "5.", "1e", "0x1p3"]
KEYS = ["key", "other", "a", "b", "c", "{tag}x", b"\x00binary\r\n\xff", ""]
WORDS = ["", "x", "hello", "foobar", "ohmytext", "mynewtext", b"\x00", b"\xff\xf0\x00", b"\r\n", "x" * 43, "x" * 44, "x" * 45, "y" * 1000]
WORDS += ["z" * 20000, "12345", "-7", "3.5", "1e2", "00", str(INT64_MAX), str(INT64_MIN)]


class Generator:
    """Draws arguments and commands from a seeded source."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def one(self, choices):
        return self.random.choice(choices)

    def chance(self, probability):
        return self.random.random() < probability

    def key(self):
        return self.one(KEYS[:5]) if self.chance(0.9) else self.one(KEYS)

    def keys(self, most=4):
        return [self.key() for _ in range(self.random.randint(1, most))]

    def integer(self):
        drawn = self.random.random()
        if drawn < 0.6:
            return self.random.randint(-20, 20)
        if drawn < 0.7:
            return self.random.randint(INT64_MIN, INT64_MAX)
        if drawn < 0.9:
            return self.one(BORDER_INTEGERS)
        return self.one(NO_INTEGERS)

    def value(self):
        return self.one(WORDS) if self.chance(0.6) else self.integer() if self.chance(0.7) else self.one(FLOATS)

    def byte_offset(self):
        drawn = self.random.random()
        if drawn < 0.8:
            return self.random.randint(-60, 60)
        if drawn < 0.9:
            return self.random.randint(0, 30000)
        return self.one([2**29, 2**29 + 1, 2**31, 2**32, 2**40, INT64_MAX, INT64_MIN, -(2**31), *NO_INTEGERS])

    def bit_offset(self):
        drawn = self.random.random()
        if drawn < 0.8:
            return self.random.randint(0, 100)
        if drawn < 0.9:
            return self.random.randint(-3, 100_000)
        return self.one([2**32, 2**32 + 1, 2**40, INT64_MAX, INT64_MIN, -1, *NO_INTEGERS])

    def options(self, *choices, most=3):
        """A few of the choices, flattened, in any order, repetitions and contradictions included."""
        if self.chance(0.3):
            return []
        return [part for _ in range(self.random.randint(1, most)) for part in self._flat(self.one(choices))]

    def _flat(self, choice):
        choice = choice() if callable(choice) else choice
        return choice if isinstance(choice, list) else [choice]

    def case(self, word):
        """The word in lower case now and then."""
        return word.lower() if isinstance(word, str) and self.chance(0.2) else word

    def spoil(self, command):
        """The command with something wrong about it."""
        command = list(command)
        what = self.random.randrange(4)
        if what == 0 and len(command) > 1:
            del command[self.random.randrange(1, len(command))]
        elif what == 1:
            command.insert(self.random.randint(1, len(command)), self.value())
        elif what == 2 and len(command) > 1:
            # No number here that some command would take for an offset worth half a gigabyte.
            command[self.random.randrange(1, len(command))] = self.one([*NO_INTEGERS, INT64_MAX, INT64_MIN, 0, -1, "NX", "GET", "*"])
        else:
            command += [self.one(["NX", "XX", "GET", "EX", "KEEPTTL", "COUNT", "REPLACE", "nonsense", ""])]
        return command

    # Deadlines: relative ones far enough away that both servers live to see them, absolute ones on either side of now.

    def relative_seconds(self):
        # Drawn from many, lest GT and LT compare two that are the same but for the moment of asking.
        return self.random.randint(100, 10**9) if self.chance(0.75) else self.one([0, -1, -1000, INT64_MAX, INT64_MIN, INT64_MAX // 1000, *NO_INTEGERS])

    def relative_ms(self):
        return self.random.randint(10**5, 10**12) if self.chance(0.75) else self.one([0, -1, -1000, INT64_MAX, INT64_MIN, *NO_INTEGERS])

    def absolute_seconds(self):
        return self.one([4 * 10**9, 5 * 10**9, 4102444800, 10**11]) if self.chance(0.75) else self.one([0, 1, -1, 10**9, INT64_MAX, INT64_MIN, INT64_MAX // 1000, *NO_INTEGERS])

    def absolute_ms(self):
        return self.one([4 * 10**12, 4 * 10**12 + 499, 4 * 10**12 + 500, 5 * 10**12 + 999, 10**15]) if self.chance(0.75) else self.one([0, 1, -1, 10**12, INT64_MAX, INT64_MIN, *NO_INTEGERS])


def strings(g):
    """All string commands, with the lifetimes that some of them take."""
    lifetimes = [lambda: ["EX", g.relative_seconds()], lambda: ["PX", g.relative_ms()], lambda: ["EXAT", g.absolute_seconds()], lambda: ["PXAT", g.absolute_ms()]]
    return g.one(
        [
            lambda: ["SET", g.key(), g.value()],
            lambda: ["SET", g.key(), g.value(), *g.options("NX", "XX", "GET", "KEEPTTL", *lifetimes)],
            lambda: ["SET", g.key(), g.value(), *g.options("nx", "xx", "get", "keepttl", *lifetimes, most=1)],
            lambda: ["GET", g.key()],
            lambda: ["GET", g.key()],
            lambda: ["SETNX", g.key(), g.value()],
            lambda: ["SETEX", g.key(), g.relative_seconds(), g.value()],
            lambda: ["PSETEX", g.key(), g.relative_ms(), g.value()],
            lambda: ["GETSET", g.key(), g.value()],
            lambda: ["GETDEL", g.key()],
            lambda: ["GETEX", g.key(), *g.options("PERSIST", *lifetimes, most=2)],
            lambda: ["APPEND", g.key(), g.value()],
            lambda: ["STRLEN", g.key()],
            lambda: [g.one(["GETRANGE", "SUBSTR"]), g.key(), g.byte_offset(), g.byte_offset()],
            lambda: ["SETRANGE", g.key(), g.byte_offset(), g.value()],
            lambda: ["MGET", *g.keys()],
            lambda: ["MSET", *(part for _ in range(g.random.randint(1, 4)) for part in (g.key(), g.value()))],
            lambda: ["MSETNX", *(part for _ in range(g.random.randint(1, 3)) for part in (g.key(), g.value()))],
            lambda: ["LCS", g.key(), g.key(), *g.options("LEN", "IDX", "WITHMATCHLEN", lambda: ["MINMATCHLEN", g.integer()])],
            lambda: ["OBJECT", "ENCODING", g.key()],
            lambda: ["TYPE", g.key()],
            lambda: ["TTL", g.key()],
            lambda: ["DEL", g.key()],
        ]
    )()


def numbers(g):
    """Counters: what counts as a number, where it overflows, how a float is written."""
    number = lambda: g.integer() if g.chance(0.7) else g.one(NO_INTEGERS)
    real = lambda: g.one(FLOATS) if g.chance(0.5) else f"{g.random.uniform(-1000, 1000):.{g.random.randint(0, 17)}f}" if g.chance(0.6) else g.integer()
    return g.one(
        [
            lambda: ["SET", g.key(), number()],
            lambda: ["SET", g.key(), real()],
            lambda: ["SET", g.key(), g.one(BORDER_INTEGERS)],
            lambda: ["INCR", g.key()],
            lambda: ["DECR", g.key()],
            lambda: ["INCRBY", g.key(), number()],
            lambda: ["DECRBY", g.key(), number()],
            lambda: ["INCRBYFLOAT", g.key(), real()],
            lambda: ["INCRBYFLOAT", g.key(), real()],
            lambda: ["GET", g.key()],
            lambda: ["APPEND", g.key(), g.one(["0", "1", ".5", " "])],
            lambda: ["OBJECT", "ENCODING", g.key()],
            lambda: ["STRLEN", g.key()],
        ]
    )()


def hashes(g):
    """Hashes small and large; of what is random only what can't come out in two ways."""
    field = lambda: g.one(["f", "g", "h", "i", "1", "2"]) if g.chance(0.8) else g.value()
    fields = lambda: [field() for _ in range(g.random.randint(1, 5))]
    some = lambda most: [part for _ in range(g.random.randint(1, most)) for part in (field(), g.value())]
    number = lambda: g.integer() if g.chance(0.7) else g.one(FLOATS + NO_INTEGERS)
    many = lambda: [part for i in range(g.one([127, 128, 129, 511, 512, 513])) for part in (i, g.one(["", "x", 7]))]
    counts = [0, 1, 2, 5, 513, -1, -5, -600, INT64_MAX, INT64_MAX // 2, INT64_MAX // 2 + 1, INT64_MIN]
    short = lambda: [part for i in range(g.one([6, 7, 8, 9])) for part in (f"field{i}", g.one(["", "x", 7, "y" * 64]))]
    return g.one(
        [
            lambda: ["HSET", g.key(), *some(4)],
            lambda: ["HSET", g.key(), *short()],
            lambda: ["HSET", g.key(), field(), number()],
            lambda: ["HSET", g.key(), *(many() if g.chance(0.2) else some(2))],
            lambda: ["HSET", g.key(), g.one(["x" * 64, "x" * 65, "f"]), g.one(["y" * 64, "y" * 65, "z"])],
            lambda: ["HMSET", g.key(), *some(3)],
            lambda: ["HSETNX", g.key(), field(), g.value()],
            lambda: ["HGET", g.key(), field()],
            lambda: ["HMGET", g.key(), *fields()],
            lambda: ["HDEL", g.key(), *fields()],
            lambda: ["HDEL", g.key(), *(f"field{i}" for i in range(10)), "f", "g", "h", "i", "1", "2"],
            lambda: [g.one(["HLEN", "HGETALL", "HKEYS", "HVALS"]), g.key()],
            lambda: [g.one(["HEXISTS", "HSTRLEN"]), g.key(), field()],
            lambda: ["HINCRBY", g.key(), field(), number()],
            lambda: ["HINCRBYFLOAT", g.key(), field(), number()],
            lambda: ["HRANDFIELD", g.key(), *g.options(lambda: g.one([*counts, *NO_INTEGERS]), "WITHVALUES", most=2)],
            lambda: ["HRANDFIELD", g.key(), g.one(counts), "withvalues"],
            lambda: ["HSCAN", g.key(), g.one([0, 0, 0, 5, "", *NO_INTEGERS]), "COUNT", 1000, *g.options(lambda: ["MATCH", g.one(["*", "f*", "[a-g]", "nothing"])], most=1)],
            lambda: ["HSCAN", g.key(), 0, *g.options("TYPE", lambda: ["COUNT", g.integer()], lambda: ["MATCH", g.value()], "hash")],
            lambda: ["DEBUG", "DIGEST-VALUE", *g.keys()],
            lambda: ["OBJECT", "ENCODING", g.key()],
            lambda: [g.one(["TYPE", "EXISTS", "DEL", "GET", "STRLEN", "TTL"]), g.key()],
            lambda: ["SET", g.key(), g.value()],
            lambda: [g.one(["COPY", "RENAME", "RENAMENX"]), g.key(), g.key()],
            lambda: ["COPY", g.key(), g.key(), "REPLACE"],
            lambda: ["SCAN", 0, "COUNT", 100, "TYPE", g.one(["hash", "string", "HASH"])],
        ]
    )()


def sets(g):
    """Sets of integers and others, small and large; of what is random only what can't come out in two ways."""
    member = lambda: g.one([*"abcdef", *range(-3, 8), 300, 70000, 2**40, INT64_MIN, INT64_MAX]) if g.chance(0.8) else g.value()
    members = lambda most=5: [member() for _ in range(g.random.randint(1, most))]
    many = lambda: list(range(g.one([127, 128, 129, 511, 512, 513]))) + ([g.one(["x", "y" * 64, "y" * 65])] if g.chance(0.3) else [])
    few = lambda: [f"member{i}" for i in range(g.one([6, 7, 127, 128, 129]))]
    counts = [0, 1, 2, 5, 600, -1, -5, -600, INT64_MAX, INT64_MIN]
    limit = lambda: ["LIMIT", g.one([0, 1, 2, 100, INT64_MAX, -1, *NO_INTEGERS])]

    def key_count(keys):
        return len(keys) if g.chance(0.9) else g.one([0, -1, len(keys) + 1, *NO_INTEGERS])

    def cardinality():
        keys = g.keys()
        return ["SINTERCARD", key_count(keys), *keys, *g.options(limit, most=2)]

    return g.one(
        [
            lambda: ["SADD", g.key(), *members()],
            lambda: ["SADD", g.key(), *(g.random.randint(-5, 20) for _ in range(4))],
            lambda: ["SADD", g.key(), *(many() if g.chance(0.3) else few() if g.chance(0.3) else members())],
            lambda: ["SADD", g.key(), g.one(["x" * 64, "x" * 65, "x"])],
            lambda: ["SREM", g.key(), *members(10)],
            lambda: ["SREM", g.key(), *few(), *range(60), *"abcdef"],
            lambda: ["SMOVE", g.key(), g.key(), member()],
            lambda: ["SISMEMBER", g.key(), member()],
            lambda: ["SMISMEMBER", g.key(), *members()],
            lambda: [g.one(["SCARD", "SMEMBERS"]), g.key()],
            lambda: ["SPOP", g.key(), g.one([0, 0, 1000, -1, INT64_MAX, INT64_MIN, *NO_INTEGERS])],
            lambda: ["SRANDMEMBER", g.key(), *g.options(lambda: g.one([*counts[:-2], *NO_INTEGERS]), most=2)],
            lambda: ["SRANDMEMBER", g.key(), g.one([1000, INT64_MAX, INT64_MIN, 0])],
            lambda: [g.one(["SINTER", "SUNION", "SDIFF"]), *g.keys()],
            lambda: [g.one(["SINTERSTORE", "SUNIONSTORE", "SDIFFSTORE"]), g.key(), *g.keys()],
            cardinality,
            lambda: ["SSCAN", g.key(), g.one([0, 0, 0, 5, "", *NO_INTEGERS]), "COUNT", 1000, *g.options(lambda: ["MATCH", g.one(["*", "member1*", "[a-c1-3]", "nothing"])], most=1)],
            lambda: ["SSCAN", g.key(), 0, *g.options("TYPE", lambda: ["COUNT", g.integer()], lambda: ["MATCH", g.value()], "set")],
            lambda: ["DEBUG", "DIGEST-VALUE", *g.keys()],
            lambda: ["OBJECT", "ENCODING", g.key()],
            lambda: [g.one(["TYPE", "EXISTS", "DEL", "GET", "HLEN", "TTL"]), g.key()],
            lambda: ["SET", g.key(), g.value()],
            lambda: ["EXPIRE", g.key(), 1000000],
            lambda: [g.one(["COPY", "RENAME", "RENAMENX"]), g.key(), g.key()],
            lambda: ["COPY", g.key(), g.key(), "REPLACE"],
            lambda: ["SCAN", 0, "COUNT", 100, "TYPE", g.one(["set", "string", "SET"])],
        ]
    )()


def lists(g):
    """Lists, short ones and some of thousands: at both ends, by index, by element, from list to list."""
    element = lambda: g.one(["a", "b", "c", "1", "2"]) if g.chance(0.8) else g.value()
    elements = lambda most=4: [element() for _ in range(g.random.randint(1, most))]
    end = lambda: g.case(g.one(["LEFT", "RIGHT"])) if g.chance(0.97) else g.one(["", "UP", "left "])
    index = lambda: g.random.randint(-8, 8) if g.chance(0.7) else g.integer()
    many = lambda: [g.one(["a", "b", i, "word" * g.random.randint(0, 3)]) for i in range(g.one([50, 300, 1000, 3000]))]
    rank = lambda: g.one([*range(-9, 9), *range(-9, 9), INT64_MAX, INT64_MIN + 1, *NO_INTEGERS[:5]])
    options = lambda: g.options(*(lambda name=name: [name, rank()] for name in ["RANK", "COUNT", "MAXLEN", "rank", "count"]))
    mpop_keys = lambda: (lambda keys: [len(keys), *keys] if g.chance(0.9) else [index(), *keys])(g.keys())
    return g.one(
        [
            lambda: [g.one(["LPUSH", "RPUSH", "LPUSH", "RPUSH", "LPUSHX", "RPUSHX"]), g.key(), *elements()],
            lambda: [g.one(["LPUSH", "RPUSH"]), g.key(), *(many() if g.chance(0.1) else elements(10))],
            lambda: [g.one(["LPOP", "RPOP"]), g.key()],
            lambda: [g.one(["LPOP", "RPOP"]), g.key(), index()],
            lambda: ["LLEN", g.key()],
            lambda: ["LINDEX", g.key(), index()],
            lambda: ["LSET", g.key(), index(), element()],
            lambda: ["LINSERT", g.key(), g.case(g.one(["BEFORE", "AFTER"])) if g.chance(0.97) else "AT", element(), element()],
            lambda: ["LRANGE", g.key(), index(), index()],
            lambda: ["LRANGE", g.key(), 0, -1],
            lambda: ["LREM", g.key(), index(), element()],
            lambda: ["LTRIM", g.key(), index(), index()],
            lambda: ["LPOS", g.key(), element(), *options()],
            lambda: ["LMOVE", g.key(), g.key(), end(), end()],
            lambda: ["RPOPLPUSH", g.key(), g.key()],
            lambda: ["LMPOP", *mpop_keys(), end(), *g.options(lambda: ["COUNT", index()], most=1)],
            lambda: ["DEBUG", "DIGEST-VALUE", *g.keys()],
            lambda: [g.one(["TYPE", "EXISTS", "GET", "STRLEN", "TTL", "DEL"]), g.key()],
            lambda: ["SET", g.key(), g.value()] if g.chance(0.3) else ["LLEN", g.key()],
            lambda: [g.one(["COPY", "RENAME", "RENAMENX"]), g.key(), g.key()],
            lambda: ["SCAN", 0, "COUNT", 100, "TYPE", g.one(["list", "string", "LIST"])],
        ]
    )()


def sorts(g):
    """SORT over lists, sets and sorted sets whose elements, weights and objects are numbers, texts, or not there.

    Texts as weights only where what weighs the same has an order: in lists, all of which is wanted."""
    lists, others = ["list", "list2", "stored"], ["set", "zset", "string", "missing", "hash"]
    number = lambda: g.one([*range(-3, 12), "1.5", "-0", "1e3", " 7", "0x10", "inf", ""])
    element = lambda: g.one([*range(-3, 8), *"abc", "7 ", "nan", "x1", b"\xff", "x" * 100])
    elements = lambda: [(number if numbers else element)() for numbers in [g.chance(0.8)] for _ in range(g.random.randint(1, 8))]
    source = lambda: g.one(lists + others)
    weight = lambda: g.one(["weight:*", "object:*->weight", "object:*->", "weight:*->", "none:*", "*", "w*t:*", "object:*->none"])
    got = lambda: ["GET", g.one(["#", "weight:*", "object:*->name", "none", "object:*->none", "*", "##"])]
    limit = lambda: ["LIMIT", g.one([0, 0, 1, 2, 5, -1, g.integer()]), g.one([0, 1, 2, 3, 10, -1, g.integer()])]
    store = lambda: ["STORE", g.one(["stored", "list", "list2"])] if g.chance(0.3) else []
    more = [got, limit, "ASC", "DESC"]
    return g.one(
        [
            lambda: ["RPUSH", g.one(lists), *elements()],
            lambda: ["DEL", g.one(lists)],
            lambda: ["SADD", "set", *elements()],
            lambda: ["SREM", "set", *elements(), "nan", "7 ", "x1", "a", "b", "c", b"\xff", "x" * 100],
            lambda: ["ZADD", "zset", *(part for each in elements() for part in (g.random.randint(-5, 5), each))],
            lambda: ["DEL", g.one(["zset", "set"])],
            lambda: ["SET", f"weight:{number()}", g.one([number, number, element])()],
            lambda: ["DEL", *(f"weight:{each}" for each in (*elements(), *range(3)))],
            lambda: ["HSET", f"object:{number()}", g.one(["weight", "name"]), g.one([number, number, element])()],
            lambda: ["SET", "string", element()],
            lambda: ["SORT", source(), *g.options(*more, most=4), *store()],
            lambda: ["SORT", source(), "BY", weight(), *g.options(*more, most=4), *store()],
            lambda: ["SORT", source(), *g.options(*more, "ALPHA", most=4), "alpha", *store()],
            lambda: ["SORT", g.one(lists), "ALPHA", "BY", weight(), *g.options(got, "ASC", "DESC", most=4), *store()],
            lambda: ["SORT", g.one(lists + ["zset"]), *g.options(*more, "ALPHA", most=3), "BY", "nosort", *store()],
            lambda: ["SORT", source(), "BY", "nosort", "STORE", "stored"],
            lambda: ["SORT_RO", source(), *g.options(*more, store, "nonsense", most=4)],
            lambda: ["LRANGE", g.one(lists), 0, -1],
            lambda: ["OBJECT", "ENCODING", "stored"],
            lambda: ["EXPIRE", "stored", 100000],
            lambda: ["TTL", "stored"],
            lambda: ["DEBUG", "DIGEST-VALUE", *lists],
        ]
    )()


def keys(g):
    """The keyspace: what exists where, moved, copied, counted. Two databases."""
    return g.one(
        [
            lambda: ["SET", g.key(), g.value()],
            lambda: ["MSET", g.key(), g.value(), g.key(), g.value()],
            lambda: [g.one(["DEL", "UNLINK", "EXISTS", "TOUCH"]), *g.keys()],
            lambda: ["TYPE", g.key()],
            lambda: ["RENAME", g.key(), g.key()],
            lambda: ["RENAMENX", g.key(), g.key()],
            lambda: ["COPY", g.key(), g.key(), *g.options("REPLACE", lambda: ["DB", g.one([0, 1, 15, 16, -1, "x"])], most=2)],
            lambda: ["MOVE", g.key(), g.one([0, 1, 1, 1, 16, -1, "x"])],
            lambda: ["SELECT", g.one([0, 1, 0, 1, 15, 16, -1, "x", ""])],
            lambda: ["SWAPDB", g.one([0, 1, 16, "x"]), g.one([0, 1, -1, "x"])],
            lambda: ["DBSIZE"],
            lambda: ["RANDOMKEY"],
            lambda: ["KEYS", g.one(["*", "?", "[abc]", "k*", "*e*", "", "\\*", "[^k]*", "nope", "{*"])],
            lambda: ["SCAN", 0, *g.options(lambda: ["MATCH", g.one(["*", "k*", "?", ""])], lambda: ["COUNT", g.one([1000, 5000, 0, -1, "x"])], lambda: ["TYPE", g.one(["string", "STRING", "list"])])],
            lambda: ["OBJECT", g.one(["ENCODING", "REFCOUNT", "IDLETIME", "FREQ", "encoding", "NOSUCH"]), g.key()],
            lambda: ["EXPIRE", g.key(), 1000],
            lambda: ["TTL", g.key()],
            lambda: [g.one(["FLUSHDB", "FLUSHALL"]), *g.options("ASYNC", "SYNC", "NOW", most=1)] if g.chance(0.2) else ["GET", g.key()],
            lambda: ["GET", g.key()],
        ]
    )()


def expire(g):
    """Absolute deadlines, which both servers must agree upon to the millisecond."""
    condition = lambda: g.options("NX", "XX", "GT", "LT", "nx", "gt", most=2)
    return g.one(
        [
            lambda: ["SET", g.key(), g.value(), *g.options("KEEPTTL", lambda: ["EXAT", g.absolute_seconds()], lambda: ["PXAT", g.absolute_ms()], most=1)],
            lambda: ["EXPIREAT", g.key(), g.absolute_seconds(), *condition()],
            lambda: ["PEXPIREAT", g.key(), g.absolute_ms(), *condition()],
            lambda: ["GETEX", g.key(), *g.options("PERSIST", lambda: ["EXAT", g.absolute_seconds()], lambda: ["PXAT", g.absolute_ms()], most=1)],
            lambda: ["PERSIST", g.key()],
            lambda: ["EXPIRETIME", g.key()],
            lambda: ["PEXPIRETIME", g.key()],
            lambda: ["EXISTS", g.key()],
            lambda: ["GETSET", g.key(), g.value()],
            lambda: ["APPEND", g.key(), "x"],
            lambda: ["INCR", g.key()],
            lambda: ["RENAME", g.key(), g.key()],
            lambda: ["COPY", g.key(), g.key(), "REPLACE"],
            lambda: ["SETRANGE", g.key(), 0, ""],
        ]
    )()


def expire_relative(g):
    """Relative deadlines; what is left of them is compared with a tolerance."""
    condition = lambda: g.options("NX", "XX", "GT", "LT", "lt", "nonsense", most=2)
    return g.one(
        [
            lambda: ["SET", g.key(), g.value()],
            lambda: ["SET", g.key(), g.value(), "EX", g.relative_seconds()],
            lambda: ["SETEX", g.key(), g.relative_seconds(), g.value()],
            lambda: ["PSETEX", g.key(), g.relative_ms(), g.value()],
            lambda: ["EXPIRE", g.key(), g.relative_seconds(), *condition()],
            lambda: ["PEXPIRE", g.key(), g.relative_ms(), *condition()],
            lambda: ["GETEX", g.key(), *g.options("PERSIST", lambda: ["EX", g.relative_seconds()], lambda: ["PX", g.relative_ms()], most=1)],
            lambda: ["PERSIST", g.key()],
            lambda: [g.one(["TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME"]), g.key()],
            lambda: ["EXISTS", g.key()],
        ]
    )()


def restore(payloads):
    """A family around payloads of DUMP: restored with every option, and damaged."""

    def family(g):
        def payload():
            whole = g.one(payloads)
            drawn = g.random.random()
            if drawn < 0.8:
                return whole
            if drawn < 0.9:
                at = g.random.randrange(len(whole))
                return whole[:at] + bytes([whole[at] ^ (1 << g.random.randrange(8))]) + whole[at + 1 :]
            return g.one([b"", whole[:-1], whole[:10], b"x" * 20])

        options = lambda: g.options("REPLACE", "REPLACE", "ABSTTL", lambda: ["IDLETIME", g.integer()], lambda: ["FREQ", g.one([0, 255, 256, -1, "x"])], most=2)
        return g.one(
            [
                lambda: ["RESTORE", g.key(), 0, payload(), *options()],
                lambda: ["RESTORE", g.key(), g.one([g.random.randint(10**5, 10**12), 0, -1, INT64_MIN, *NO_INTEGERS]), payload(), *g.options("REPLACE", most=1)],
                lambda: ["RESTORE", g.key(), 0, payload(), g.one(["nonsense", "", "NX", "FREQ", "IDLETIME"])],
                lambda: ["RESTORE", *g.one([[], [g.key()], [g.key(), 0]])],
                lambda: ["RESTORE", g.key(), g.absolute_ms(), payload(), "ABSTTL", *g.options("REPLACE", most=1)],
                lambda: ["GET", g.key()],
                lambda: ["OBJECT", "ENCODING", g.key()],
                lambda: ["PEXPIRETIME", g.key()],
                lambda: ["DUMP", g.key()],
                lambda: ["DEL", g.key()],
            ]
        )()

    return family


def connection(g):
    """The connection's own commands, on a server without a password."""
    return g.one(
        [
            lambda: ["PING", *g.options(g.value, most=1)],
            lambda: ["ECHO", g.value()],
            lambda: ["SELECT", g.one([0, 1, 15, 16, -1, "x"])],
            lambda: ["SET", "key", g.value()],
            lambda: ["GET", "key"],
            lambda: ["AUTH", *g.options("password", "default", "nobody", most=2)],
            lambda: ["HELLO", *g.options(2, 3, 2, 3, 4, "x", most=1), *g.options(["SETNAME", "name"], ["SETNAME", "a b"], ["AUTH", "default", "x"], ["AUTH", "nobody", "x"], "SETNAME", "AUTH", "X", most=1)],
            lambda: ["CLIENT", "SETNAME", g.one(["name", "", "with space", b"\xff", "x" * 100, "new\nline", "!~"])],
            lambda: ["CLIENT", "GETNAME"],
            lambda: ["CLIENT", "ID"],
            lambda: ["CLIENT", g.one(["NO-EVICT", "REPLY", "CACHING", "TRACKING"]), g.one(["MAYBE", "", "nonsense"])],
            lambda: ["CLIENT", "NO-EVICT", g.one(["ON", "off"])],
            lambda: ["CLIENT", "KILL", *g.one([["ID", "x"], ["ID", 0], ["ID", 99999999], ["TYPE", "x"], ["ADDR", "1.2.3.4:5"], ["1.2.3.4:5"], ["USER", "nobody"], ["SKIPME", "x"], ["LADDR", "x"], ["ID"], []])],
            lambda: ["CLIENT", "LIST", *g.one([["TYPE", "nonsense"], ["ID"], ["ID", "x"], ["ID", 99999999], ["NONSENSE"], ["TYPE", "pubsub"]])],
            lambda: ["CLIENT", "UNBLOCK", *g.one([["x"], [99999999], [99999999, "ERROR"], [99999999, "NONSENSE"]])],
            lambda: ["CLIENT", "NOSUCH"],
            lambda: ["CLIENT"],
            lambda: ["CLIENT", "GETREDIR"],
            lambda: ["CONFIG", "GET", g.one(["port-nonsense", "maxmemory-policy", "timeout", "databases", "appendonly", "proto-max-bulk-len"])],
            lambda: ["CONFIG", "SET", *g.one([["timeout", "x"], ["timeout", 0], ["nonsense", 1], ["timeout"], ["timeout", -1], ["databases", 3], ["timeout", 0, "timeout", 0]])],
            lambda: ["CONFIG", *g.one([["NOSUCH"], [], ["GET"], ["RESETSTAT"], ["RESETSTAT", "x"]])],
            lambda: ["RESET"],
            lambda: ["TIME"],
            lambda: ["DBSIZE"],
            lambda: ["COMMAND", "GETKEYS", *g.one([["GET", "a"], ["MSET", "a", "1", "b", "2"], ["PING", "x"], ["NOSUCH", "a"], ["GET", "a", "b"], ["SET", "a", "b"], ["BITOP", "AND", "d", "a", "b"], ["LCS", "a", "b"]])],
            lambda: ["COMMAND", "INFO", "nosuch"],
            lambda: ["COMMAND", "NOSUCH"],
            lambda: ["OBJECT", "NOSUCH", "x"],
            lambda: ["WAIT", *g.one([[0, 0], [0, "x"], ["x", 0], [0, -1], [0]])],
            lambda: ["nosuchcommand", g.value(), g.value()],
            lambda: [g.value() or "x", g.key()] if g.chance(0.3) else ["PING"],
        ]
    )()


def transactions(g):
    """Steps of two connections that watch what the other changes: (which connection, command)."""
    simple = g.one(
        [
            lambda: ["SET", g.key(), g.value()],
            lambda: ["GET", g.key()],
            lambda: ["INCR", g.key()],
            lambda: ["APPEND", g.key(), "x"],
            lambda: ["DEL", g.key()],
            lambda: ["MGET", *g.keys()],
            lambda: ["RENAME", g.key(), g.key()],
            lambda: ["EXPIREAT", g.key(), g.one([1, 4 * 10**9])],
            lambda: ["PERSIST", g.key()],
            lambda: ["SETBIT", g.key(), 7, 1],
            lambda: ["PING"],
            lambda: ["DBSIZE"],
            lambda: ["EXISTS", g.key()],
            lambda: ["PUBLISH", "channel", "x"],
            lambda: ["CLIENT", "GETNAME"],
        ]
    )
    rare = g.one(
        [
            lambda: ["SELECT", g.one([0, 1])],
            lambda: ["SWAPDB", 0, 1],
            lambda: ["MOVE", g.key(), 1],
            lambda: ["FLUSHDB"],
            lambda: ["FLUSHALL"],
            lambda: ["GET"],
            lambda: ["NOSUCH", "x"],
            lambda: ["RESET"],
            lambda: ["COPY", g.key(), g.key()],
        ]
    )
    control = g.one(
        [
            lambda: ["MULTI"],
            lambda: ["MULTI"],
            lambda: ["EXEC"],
            lambda: ["EXEC"],
            lambda: ["EXEC"],
            lambda: ["DISCARD"],
            lambda: ["WATCH", *g.keys(2)],
            lambda: ["WATCH", *g.keys(2)],
            lambda: ["UNWATCH"],
            lambda: [g.one(["MULTI", "EXEC", "DISCARD", "UNWATCH"]), "x"],
            lambda: ["WATCH"],
        ]
    )
    drawn = g.random.random()
    return g.random.randrange(2), (control if drawn < 0.4 else rare if drawn < 0.45 else simple)()


def pubsub(g):
    """Steps of two subscribers (0, 1) and a publisher (2)."""
    channel = lambda: g.one(["a", "b", "news.art", "news.music", "", b"\xff\x00"])
    pattern = lambda: g.one(["*", "a", "news.*", "n?ws.art", "[ab]", ""])
    several = lambda draw: [draw() for _ in range(g.random.randint(1, 3))]
    if g.chance(0.4):
        return 2, g.one(
            [
                lambda: ["PUBLISH", channel(), g.value()],
                lambda: ["PUBLISH", channel(), g.value()],
                lambda: ["PUBLISH", channel(), g.value()],
                lambda: ["SPUBLISH", channel(), g.value()],
                lambda: ["PUBSUB", "CHANNELS", *g.options(pattern, most=1)],
                lambda: ["PUBSUB", "NUMSUB", *several(channel)],
                lambda: ["PUBSUB", "NUMPAT"],
                lambda: ["PUBSUB", "SHARDCHANNELS", *g.options(pattern, most=1)],
                lambda: ["PUBSUB", "SHARDNUMSUB", *several(channel)],
                lambda: ["PUBSUB", "NOSUCH"],
                lambda: ["PUBSUB"],
                lambda: ["PUBLISH", channel()],
            ]
        )()
    return g.random.randrange(2), g.one(
        [
            lambda: ["SUBSCRIBE", *several(channel)],
            lambda: ["SUBSCRIBE", *several(channel)],
            lambda: ["PSUBSCRIBE", *several(pattern)],
            lambda: ["SSUBSCRIBE", channel()],
            lambda: ["UNSUBSCRIBE", *several(channel)],
            lambda: ["UNSUBSCRIBE"],
            lambda: ["PUNSUBSCRIBE", *several(pattern)],
            lambda: ["PUNSUBSCRIBE"],
            lambda: ["SUNSUBSCRIBE", *g.options(channel, most=2)],
            lambda: ["PING", "text"],
            lambda: ["GET", "key"],
            lambda: ["SET", "key"],
            lambda: ["SUBSCRIBE"],
            lambda: ["RESET"] if g.chance(0.3) else ["PING"],
            lambda: ["CLIENT", "GETNAME"],
            lambda: ["NOSUCH"],
        ]
    )()
