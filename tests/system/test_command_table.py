# SPDX-License-Identifier: BSD-3-Clause
"""What COMMAND says about each command is what redis-server says, as far as 7.0 and 7.2 agree."""

import pytest

from support.server import REFERENCE, Server

PROMISED = {
    "strings": "set get setnx setex psetex getset getdel getex append strlen getrange substr setrange incr decr incrby decrby"
    " incrbyfloat mget mset msetnx lcs",
    "hashes": "hset hsetnx hmset hget hmget hgetall hkeys hvals hlen hstrlen hexists hdel hincrby hincrbyfloat hrandfield hscan",
    "sets": "sadd srem sismember smismember scard smembers spop srandmember smove sinter sintercard sinterstore sunion"
    " sunionstore sdiff sdiffstore sscan",
    "lists": "lpush rpush lpushx rpushx lpop rpop llen lindex lset linsert lrange lrem ltrim lpos lmove rpoplpush lmpop"
    " blpop brpop blmove brpoplpush blmpop",
    "sorting": "sort sort_ro",
    "bitmaps": "setbit getbit bitcount bitpos bitop bitfield bitfield_ro",
    "hyperloglogs": "pfadd pfcount pfmerge pfdebug pfselftest",
    "sorted sets": "zadd zincrby zrem zscore zmscore zcard zrank zrevrank zrange zrevrange zrangebyscore zrevrangebyscore"
    " zrangebylex zrevrangebylex zrangestore zcount zlexcount zremrangebyrank zremrangebyscore zremrangebylex zpopmin zpopmax"
    " zmpop bzpopmin bzpopmax bzmpop zunion zinter zdiff zunionstore zinterstore zdiffstore zintercard zscan"
    " zrandmember",
    "points": "geoadd geodist geohash geopos georadius georadius_ro georadiusbymember georadiusbymember_ro geosearch geosearchstore",
    "streams": "xadd xlen xrange xrevrange xdel xtrim xsetid xread xgroup xreadgroup xack xclaim xautoclaim xpending xinfo",
    "keys": "del unlink exists type touch rename renamenx copy move randomkey keys scan expire pexpire expireat pexpireat ttl"
    " pttl expiretime pexpiretime persist object dump restore dbsize flushdb flushall swapdb select wait",
    "pubsub": "subscribe psubscribe publish ssubscribe spublish unsubscribe punsubscribe sunsubscribe pubsub",
    "transactions": "multi exec discard watch unwatch",
    "clusters": "asking readonly readwrite",
    "connection": "auth hello ping echo quit reset client info command shutdown time config",
}

# What 7.2 says differently from 7.0, by command and field of COMMAND INFO.
CHANGED = {
    ("wait", "flags"),
    ("zrank", "arity"),
    ("zrevrank", "arity"),
    ("command|getkeys", "arity"),
    ("command|getkeysandflags", "arity"),
    *((name, "flags") for name in "bzpopmin bzpopmax blpop brpop blmove brpoplpush cluster|shards cluster|slots".split()),
    *((name, "tips") for name in "scan msetnx randomkey client|setname config|rewrite config|resetstat".split()),
    *((name, "tips") for name in "acl|save acl|setuser acl|deluser latency|reset".split()),
}
FIELDS = ["name", "arity", "flags", "first", "last", "step", "acl", "tips", "specs", "subcommands"]


@pytest.fixture(scope="module")
def reference_client(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("reference"), program=REFERENCE).start()
    with server.connect() as connection:
        yield connection
    server.finish()


def by_name(listed):
    return {entry[0].decode(): dict(zip(FIELDS, entry)) for entry in listed}


def plain(value):
    """Order does not count in flags, categories and tips."""
    return sorted(value, key=str) if isinstance(value, list) else value


def compare(name, expected, got):
    found = []
    for field in FIELDS[1:-1]:
        if (name, field) in CHANGED:
            continue
        one, other = (plain(each[field]) if field in ("flags", "acl", "tips") else each[field] for each in (expected, got))
        if one != other:
            found.append(f"{name}: {field} is {other}, should be {one}")
    theirs, ours = by_name(expected["subcommands"]), by_name(got["subcommands"])
    for subcommand in theirs.keys() & ours.keys():
        found += compare(subcommand, theirs[subcommand], ours[subcommand])
    return found


@pytest.mark.parametrize("family", PROMISED)
def test_the_promised_commands_are_there(client, family):
    names = PROMISED[family].split()
    assert [name for name, found in zip(names, client("COMMAND", "INFO", *names)) if found is None] == []


def test_the_table_agrees_with_the_reference(client, reference_client):
    expected, got = by_name(reference_client("COMMAND")), by_name(client("COMMAND"))
    common = expected.keys() & got.keys()
    assert len(common) >= sum(len(names.split()) for names in PROMISED.values())
    found = [line for name in sorted(common) for line in compare(name, expected[name], got[name])]
    assert not found, "\n".join(found)


def test_the_table_can_be_counted_and_listed(client):
    names = {entry[0] for entry in client("COMMAND")}
    assert client("COMMAND", "COUNT") == len(names)
    assert {name for name in client("COMMAND", "LIST") if b"|" not in name} == names
    assert set(client("COMMAND", "LIST", "FILTERBY", "PATTERN", "get*")) >= {b"get", b"getset", b"getdel", b"getex", b"getrange", b"getbit"}
    assert b"set" in client("COMMAND", "LIST", "FILTERBY", "ACLCAT", "string")
    assert b"ping" not in client("COMMAND", "LIST", "FILTERBY", "ACLCAT", "string")


def described(reply):
    return {name.decode(): dict(zip(fields[0::2], fields[1::2])) for name, fields in zip(reply[0::2], reply[1::2])}


def tokens(arguments):
    """The keywords of a command's arguments, in order."""
    found = []
    for argument in (dict(zip(flat[0::2], flat[1::2])) for flat in arguments):
        found += [argument[b"token"]] if b"token" in argument else []
        found += tokens(argument.get(b"arguments", []))
    return found


def test_the_documentation_agrees_with_the_reference_in_group_origin_and_keywords(client, reference_client):
    names = " ".join(PROMISED.values()).split()
    expected, got = (described(each("COMMAND", "DOCS", *names)) for each in (reference_client, client))
    assert got.keys() == expected.keys()
    for name in names:
        for field in (b"since", b"group"):
            assert got[name][field] == expected[name][field], (name, field)
        assert got[name][b"summary"]
        # BITOP's operations are keywords since 7.2, which also made ranks come with scores; SET compares since 8.4.
        if name not in ("bitop", "zrank", "zrevrank", "set"):
            assert tokens(got[name].get(b"arguments", [])) == tokens(expected[name].get(b"arguments", [])), name


def test_getkeys_finds_the_keys_of_any_command(client, reference_client):
    for command in (
        ["SET", "a", "1", "EX", "10", "NX"],
        ["MSET", "a", "1", "b", "2", "c", "3"],
        ["MGET", "a", "b"],
        ["BITOP", "AND", "d", "s1", "s2"],
        ["COPY", "a", "b"],
        ["OBJECT", "ENCODING", "a"],
        ["DEL", "a", "b", "c"],
        ["MSETNX", "a", "1"],
        ["PING", "x"],
        ["SORT", "a", "BY", "store", "GET", "store", "STORE", "b", "LIMIT", "store", "store", "STORE", "c"],
        ["SORT", "a", "STORE"],
        ["SORT_RO", "a", "STORE", "b"],
        ["SET", "a"],
        ["NOSUCH", "a"],
    ):
        for subcommand in ("GETKEYS", "GETKEYSANDFLAGS"):
            assert client("COMMAND", subcommand, *command) == reference_client("COMMAND", subcommand, *command), command
