#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Copies all keys of all databases from one server to another, with their times to live, while both are in use, and compares
afterwards. Either of them may be sessiond or Redis. The source is only read.

A key that changes while it is copied may arrive in its older state: for an exact copy stop the applications first. Ends with 0
when everything arrived, with 1 when something didn't."""

import argparse
import collections
import random
import sys

from redis_client import Connection, Error

BATCH = 500
TTL_SLACK_MS = 2000
COMPARED_AT_ONCE = 50
# How a whole value is read.
READERS = {
    b"string": ("GET",),
    b"list": ("LRANGE", 0, -1),
    b"hash": ("HGETALL",),
    b"set": ("SMEMBERS",),
    b"zset": ("ZRANGE", 0, -1, "WITHSCORES"),
}


def database_counts(connection):
    """How many keys each database that has any holds."""
    counts = {}
    for name, value in connection.info("keyspace").items():
        if name.startswith("db") and name[2:].isdigit():
            fields = dict(field.split("=", 1) for field in value.split(","))
            counts[int(name[2:])] = int(fields["keys"])
    return counts


def must(reply):
    if isinstance(reply, Error):
        raise ConnectionError(reply)
    return reply


def copy_batch(source, target, keys, replace, failures):
    """Returns how many arrived. `failures` counts the others by the target's words."""
    replies = source.pipeline([words for key in keys for words in (("DUMP", key), ("PEXPIRETIME", key))])
    if isinstance(replies[1], Error):  # before Redis 7.0
        remaining = source.pipeline([("PTTL", key) for key in keys])
        replies[1::2], absolute = remaining, []
    else:
        absolute = ["ABSTTL"]
    requests, sent = [], []
    for key, payload, expiry in zip(keys, replies[0::2], replies[1::2]):
        if payload is None or expiry == -2:
            continue  # gone in the meantime
        must(payload)
        if expiry < 0:
            requests.append(("RESTORE", key, 0, payload, *replace))
        else:
            requests.append(("RESTORE", key, max(expiry, 1), payload, *replace, *absolute))
        sent.append(key)
    arrived = 0
    for key, reply in zip(sent, target.pipeline(requests)):
        if isinstance(reply, Error):
            failures[(source("TYPE", key).decode(), str(reply))] += 1
        else:
            arrived += 1
    return arrived


def comparable(kind, reply):
    """In hashes and sets the order says nothing, and servers write the same score with more or fewer digits."""
    if not isinstance(reply, list):
        return reply
    if kind == b"hash":
        return dict(zip(reply[0::2], reply[1::2]))
    if kind == b"zset":
        return [(member, float(score)) for member, score in zip(reply[0::2], reply[1::2])]
    return set(reply) if kind == b"set" else reply


def is_same(here, there):
    """Compares (type, time to live, value) of both sides."""
    if here[0] == b"none":
        return True  # it expired, or was deleted since
    if here[0] != there[0] or (here[1] < 0) != (there[1] < 0) or abs(here[1] - there[1]) > TTL_SLACK_MS:
        return False
    return comparable(here[0], here[2]) == comparable(here[0], there[2])


def count_different(source, target, keys):
    """How many of the keys are not the same on both sides, in type, time to live and value."""
    count = 0
    for start in range(0, len(keys), COMPARED_AT_ONCE):
        group = keys[start : start + COMPARED_AT_ONCE]
        kinds = source.pipeline([("TYPE", key) for key in group])
        requests = []
        for key, kind in zip(group, kinds):
            command, *arguments = READERS.get(kind, ("EXISTS",))
            requests += [("TYPE", key), ("PTTL", key), (command, key, *arguments)]
        here, there = source.pipeline(requests), target.pipeline(requests)
        count += sum(not is_same(here[i : i + 3], there[i : i + 3]) for i in range(0, len(here), 3))
    return count


def copy(source, target, options):
    """True when everything arrived and is the same."""
    replace = ["REPLACE"] if options.replace else []
    counts = database_counts(source)
    failures, different = collections.Counter(), 0
    for database in sorted(counts):
        must(source("SELECT", database))
        must(target("SELECT", database))
        arrived, sample = 0, []
        for keys in source.scan(batch=BATCH):
            arrived += copy_batch(source, target, keys, replace, failures)
            sample += random.sample(keys, min(len(keys), 1 + options.samples * len(keys) // counts[database]))
        here, there = must(source("DBSIZE")), must(target("DBSIZE"))
        wrong = count_different(source, target, sample)
        different += wrong
        print(f"database {database}: {arrived} keys copied; {here} here, {there} there; {len(sample)} compared, {wrong} differ")
    for (kind, error), count in failures.items():
        print(f"not copied: {count} keys of type {kind}: {error}", file=sys.stderr)
    return not failures and not different


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="source", required=True, metavar="URL", help="redis://:password@host:port")
    parser.add_argument("--to", dest="target", required=True, metavar="URL", help="the same of the server to be filled")
    parser.add_argument("--replace", action="store_true", help="the target may hold keys; those of the same name are replaced")
    parser.add_argument("--samples", type=int, default=1000, help="keys of each database to compare (%(default)s)")
    options = parser.parse_args()
    try:
        source, target = Connection(options.source, timeout=60), Connection(options.target, timeout=60)
        if database_counts(target) and not options.replace:
            print("The target holds keys already: empty it, or say --replace", file=sys.stderr)
            return 1
        return 0 if copy(source, target, options) else 1
    except OSError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
