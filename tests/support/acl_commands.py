# SPDX-License-Identifier: BSD-3-Clause
"""Generates users to compare servers with: rules of ACL SETUSER, mostly right, that permit some of the commands others generate."""

from . import admin_commands, bit_commands, commands, geo_commands, zset_commands

CATEGORIES = "keyspace read write set sortedset list hash string bitmap geo pubsub admin fast slow blocking dangerous connection transaction scripting all".split()
PATTERNS = ["a", "b", "[ab]", "a*", "key", "k*", "*", "?", "{tag}*", "ot?er", "x", "", "[^a]", "\\a", "news", "news.*"]
DIGEST = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"
WORDS = "on off nopass resetpass sanitize-payload skip-sanitize-payload clearselectors reset resetkeys allkeys resetchannels allchannels allcommands nocommands".split()
WRONG = ["", "+", "-", "~", "%", "&", "@", "+@", "-@nosuch", "+nosuch", "-nosuch", "+config|", "+config|nosuch", "+config|get|x", "-get|x", "%~a", "%X~a", "%RR~a"]
WRONG += ["%R", "~a b", "&a b", "#abc", "!abc", "<nosuch", "(", ")", "(+get", "(on)", "(+nosuch)", "((+get))", "+get|", "+|x", "word", "~a\tb", "#" + DIGEST.upper()]

FAMILIES = [commands.strings, commands.numbers, commands.hashes, commands.sets, commands.lists, bit_commands.bitmaps, bit_commands.bitfields, commands.keys]
FAMILIES += [commands.expire, commands.connection, commands.transactions, commands.pubsub, zset_commands.sorted_sets, geo_commands.geo]
FAMILIES += [admin_commands.config, admin_commands.client]


def scripts(g):
    keys = g.keys()
    return [g.one(["EVAL", "EVAL_RO", "EVALSHA"]), "return 1", g.one([len(keys), 0, 1, 9, "x", -1]), *keys]


def sort(g):
    """Commands that find keys by the values of others, and others whose keys are not where they usually are."""
    key = g.key
    return g.one(
        [
            lambda: [g.one(["SORT", "SORT_RO"]), key(), *g.options("ALPHA", lambda: ["BY", g.one(["w*", "nosort"])], lambda: ["GET", g.one(["#", "v*"])], lambda: ["STORE", key()])],
            lambda: ["GEORADIUS", key(), 1, 2, 3, "m", *g.options(lambda: ["STORE", key()], lambda: ["STOREDIST", key()])],
            lambda: ["ZUNIONSTORE", key(), g.one([1, 2, 5]), key(), key()],
            lambda: ["LMPOP", g.one([1, 2]), key(), key(), "LEFT"],
            lambda: ["SINTERCARD", 2, key(), key(), *g.options(lambda: ["LIMIT", 1], most=1)],
            lambda: ["BITFIELD", key(), *g.options("GET u8 0".split(), "SET u8 0 1".split(), "INCRBY u8 0 1".split())],
            lambda: ["SET", key(), "v", *g.options("GET", "NX", "KEEPTTL")],
            lambda: ["COPY", key(), key()],
            lambda: ["OBJECT", g.one(["ENCODING", "FREQ", "HELP"]), key()],
            lambda: ["MEMORY", "USAGE", key()],
            lambda: ["DEBUG", "OBJECT", key()],
            lambda: ["SUBSCRIBE", g.one(PATTERNS), g.one(PATTERNS)],
            lambda: ["PSUBSCRIBE", g.one(PATTERNS)],
            lambda: ["SSUBSCRIBE", g.one(PATTERNS)],
            lambda: [g.one(["PUBLISH", "SPUBLISH"]), g.one(PATTERNS), "m"],
            lambda: ["UNSUBSCRIBE", "x"],
            lambda: ["SELECT", g.one([0, 1])],
            lambda: [g.one(["FLUSHALL", "DBSIZE", "KEYS", "SCAN", "RANDOMKEY"]), *g.options("*", 0, most=1)],
        ]
    )()


def command(g):
    """A command of any family."""
    return g.one([*FAMILIES, scripts, sort, sort, sort])(g)


class Rules:
    """Draws rules about the commands with these names ("get", "config|get")."""

    def __init__(self, names):
        self.names = names

    def about_commands(self, g):
        sign = g.one("++-")
        return g.one(
            [
                lambda: sign + g.case(g.one(self.names).upper()),
                lambda: sign + g.one(self.names),
                lambda: sign + "@" + g.one(CATEGORIES),
                lambda: sign + "@" + g.one(CATEGORIES),
                lambda: "+" + g.one(["select|0", "select|1", "get|a", "set|key", "DEBUG|object", "publish|x", "keys|*"]),
            ]
        )()

    def about_keys(self, g):
        return g.one(["~", "~", "%R~", "%W~", "%RW~", "%wr~"]) + g.one(PATTERNS)

    def about_channels(self, g):
        return "&" + g.one(PATTERNS)

    def selector(self, g):
        parts = [g.one([self.about_commands, self.about_keys, self.about_channels])(g) for _ in range(g.random.randint(0, 5))]
        return "(" + " ".join(parts) + ")"

    def password(self, g):
        return g.one([">", "<", ">"]) + g.one(["p", "secret"]) if g.chance(0.7) else g.one("#!") + DIGEST

    def one(self, g):
        if g.chance(0.04):
            return [g.one(WRONG)]
        drawn = g.random.random()
        if drawn < 0.5:
            return [self.about_commands(g)]
        if drawn < 0.75:
            return [self.about_keys(g)]
        if drawn < 0.85:
            return [self.about_channels(g)]
        if drawn < 0.9:
            return [self.password(g)]
        if drawn < 0.94:
            return [g.case(g.one(WORDS).upper())]
        selector = self.selector(g)
        return selector.split(" ") if g.chance(0.5) else [selector]

    def several(self, g):
        rules = [rule for _ in range(g.random.randint(1, 8)) for rule in self.one(g)]
        opened = [rule for rule in rules if rule[:1] == "(" and rule[-1:] != ")"]
        # 7.0 forgets what stands before a second one.
        return rules if len(opened) < 2 else self.several(g)
