# SPDX-License-Identifier: BSD-3-Clause
"""Users and what they may do, of the server under test and of redis-server: the same.

Users are made of generated rules; for each it is asked what it may do (ACL DRYRUN), and some of it is tried. A run has 20,000
pairs of rules and commands, or DIFFERENTIAL_COUNT. Compared in another way, as 7.2 differs from the reference, which is 7.0:

    what is denied            by what it is denied for; 7.2 has other words
    commands of ACL GETUSER   not: 7.0 shows other rules that have the same effect
    flags                     without sanitize-payload, which 7.0 does not show
    ACL LOG                   without client-info, times and the fields of 7.2

Never sent: numbers of keys that only 7.0's older finders of keys take for numbers; commands that take more or fewer arguments in 7.2."""

import os
import re

import pytest

from support import acl_commands, commands
from support.differential import SEED, Differences
from support.resp import Connection, Error
from support.server import REFERENCE, SESSIOND, Server

PAIRS = int(os.environ.get("DIFFERENTIAL_COUNT", "20000"))
COMMANDS_A_USER = 25
COUNT_KEYS = "ZUNION ZINTER ZDIFF ZUNIONSTORE ZINTERSTORE ZDIFFSTORE ZINTERCARD SINTERCARD ZMPOP BZMPOP LMPOP BLMPOP EVAL EVAL_RO EVALSHA EVALSHA_RO".split()
OTHER_ARITY = ["ZRANK", "ZREVRANK", "COMMAND"]
# What ends the connection or makes it another's, blocks, or answers with more or less than one reply.
NOT_TRIED = """QUIT RESET AUTH HELLO CLIENT MULTI EXEC DISCARD WATCH SUBSCRIBE PSUBSCRIBE SSUBSCRIBE UNSUBSCRIBE PUNSUBSCRIBE SUNSUBSCRIBE
    MONITOR DEBUG CONFIG BLPOP BRPOP BLMOVE BRPOPLPUSH BLMPOP BZPOPMIN BZPOPMAX BZMPOP WAIT SHUTDOWN FLUSHALL FLUSHDB""".split()


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    options = {"enable-debug-command": "yes"}
    servers = [Server(tmp_path_factory.mktemp("pair"), options, program=program).start() for program in (REFERENCE, SESSIOND)]
    yield servers
    for server in servers:
        server.finish()


def known_to_both(pair):
    names = []
    for server in pair:
        with Connection(server.port) as connection:
            listed = [connection("ACL", "CAT", category) for category in acl_commands.CATEGORIES if category != "all"]
            names.append({name.decode() for each in listed for name in each})
    return sorted(names[0] & names[1])


def verdict(value):
    """Of ACL DRYRUN, whatever the words."""
    text = value.decode("latin1") if isinstance(value, bytes) else str(value)
    found = re.fullmatch(r"(?:User \S*|This user) has no permissions to (run|access) the '(.*)' (command|key|channel)", text, re.S)
    # 7.0 ends at a NUL.
    return (found[1], found[2].split("\0")[0], found[3]) if found else value


def refusal(value):
    """Why a command wasn't run, if it is for lack of a right."""
    if not isinstance(value, Error):
        return None
    if value.code == "NOPERM":
        return re.search("command|key|channel", value).group()
    return value if "ACL permissions" in value else None


def user_of(reply):
    """ACL GETUSER without the commands."""
    fields = dict(zip(reply[0::2], reply[1::2]))
    fields[b"flags"] = sorted(set(fields[b"flags"]) - {b"sanitize-payload"})
    fields[b"selectors"] = [each[2:] for each in fields[b"selectors"]]
    del fields[b"commands"]
    return fields


def denials(reply):
    return [dict(zip(each[0:10:2], each[1:10:2])) for each in reply]


class Pair:
    """A connection to each, which are given the same."""

    def __init__(self, pair, differences):
        self.sides = [Connection(server.port) for server in pair]
        self.differences = differences
        self.before = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for side in self.sides:
            side.close()

    def same(self, *command, normal=lambda value: value):
        replies = [side(*command) for side in self.sides]
        if normal(replies[0]) != normal(replies[1]):
            self.differences.add(command, *replies, before=[["ACL", "SETUSER", *command[2:3]], *self.before])


def is_odd_number(word):
    """atoi() makes a number of it, we do not."""
    return isinstance(word, (str, bytes)) and re.match(r"\s*[-+]?\d", word if isinstance(word, str) else word.decode("latin1")) and not re.fullmatch(r"-?[1-9]\d*|0", str(word))


def is_comparable(command, known):
    word = str(command[0]).upper()
    is_known = any(each.split("|")[0] == word.lower() for each in known)
    is_odd = word in COUNT_KEYS and any(is_odd_number(each) for each in command[1:4])
    return is_known and not is_odd and word not in OTHER_ARITY


def make_user(admin, rules, g, name):
    admin.same("ACL", "SETUSER", name, "reset")
    admin.before.clear()
    for _ in range(g.random.randint(1, 4)):
        command = ["ACL", "SETUSER", name, *rules.several(g)]
        admin.same(*command)
        admin.before.append(command)
    admin.same("ACL", "GETUSER", name, normal=user_of)


def ask(admin, g, name, known):
    for _ in range(COMMANDS_A_USER):
        command = acl_commands.command(g)
        if g.chance(0.1):
            command = g.spoil(command)
        if is_comparable(command, known):
            admin.same("ACL", "DRYRUN", name, *command, normal=verdict)


def try_out(pair, admin, g, name, known):
    """As that user, in fact."""
    admin.same("ACL", "SETUSER", name, "on", "nopass")
    with Pair(pair, admin.differences) as user:
        user.before = admin.before
        user.same("AUTH", name, "any")
        for _ in range(10):
            command = acl_commands.command(g)
            if str(command[0]).upper() not in NOT_TRIED and is_comparable(command, known):
                user.same(*command, normal=refusal)


def test_users_may_do_the_same(pair):
    known = known_to_both(pair)
    rules = acl_commands.Rules(known)
    g = commands.Generator(f"{SEED}:acl")
    differences = Differences("ACL")
    with Pair(pair, differences) as admin:
        for index in range(PAIRS // COMMANDS_A_USER):
            name = f"user{index % 7}"
            make_user(admin, rules, g, name)
            ask(admin, g, name, known)
            if index % 3 == 0:
                try_out(pair, admin, g, name, known)
                admin.same("ACL", "LOG", 3, normal=denials)
        admin.same("ACL", "USERS")
        admin.same("ACL", "DELUSER", "user1", "nobody", "user2")
        admin.same("ACL", "USERS")
    differences.check()


def test_each_category_has_the_same_commands(pair):
    known = set(known_to_both(pair))
    for category in acl_commands.CATEGORIES[:-1]:
        listed = []
        for server in pair:
            with Connection(server.port) as connection:
                listed.append({name.decode() for name in connection("ACL", "CAT", category)} & known)
        assert listed[0] == listed[1], category
