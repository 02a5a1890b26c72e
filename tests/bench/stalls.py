#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""How long others are held up by commands that go through a million elements: runs each, and prints what it took, the server's
longest turn of its loop meanwhile, and the longest that a client waited which asks something small a thousand times a second.

    stalls.py [--elements N] [--above MS] [COMMAND...]

COMMAND chooses those whose text begins so; --above prints only what held up the loop for longer. The environment chooses: SESSIOND
(build/release/sessiond). As root the server and the client that asks have a high priority, so that a busy machine counts for less."""

import argparse
import multiprocessing
import os
import pathlib
import re
import sys
import time

from compare import ROOT, Server
from support.resp import encode

SERVER = os.environ.get("SESSIOND", str(ROOT / "build/release/sessiond"))
PIECE = 1000


def stream_id(number):
    return b"%d-1" % (number + 1)


# What the elements of a collection are told by.
FILLS = {
    "list": ("RPUSH", lambda i: (b"%d" % (i * 7919 % 1000003),)),
    "set": ("SADD", lambda i: (b"member:%d" % i,)),
    "hash": ("HSET", lambda i: (b"field:%d" % i, b"value:%d" % i)),
    "zset": ("ZADD", lambda i: (b"%d" % (i * 7919 % 1000003), b"member:%d" % i)),
    "geo": ("GEOADD", lambda i: (b"%f" % (i % 1000 / 10), b"%f" % (i // 1000 % 1000 / 20), b"place:%d" % i)),
}


class Data:
    """What a command finds: collections of `count` elements, made anew for each."""

    def __init__(self, client, count):
        self.client, self.count = client, count

    def pipeline(self, commands):
        commands = list(commands)
        for start in range(0, len(commands), PIECE):
            self.client.pipeline(commands[start : start + PIECE])

    def fill(self, kind, key=None, count=None):
        command, element = FILLS[kind]
        count = count or self.count
        for start in range(0, count, PIECE):
            parts = [part for i in range(start, min(start + PIECE, count)) for part in element(i)]
            self.client(command, key or kind, *parts)

    def fill_stream(self, key="stream"):
        self.client("XGROUP", "CREATE", key, "group", "0", "MKSTREAM")
        self.pipeline(("XADD", key, stream_id(i), "field", "value:%d" % i) for i in range(self.count))

    def make(self, names):
        for name in names.split():
            getattr(self, "make_" + name, lambda name=name: self.fill(name))()

    def make_stream(self):
        self.fill_stream()

    def make_pending(self):
        self.fill_stream()
        for _ in range(0, self.count, PIECE):
            self.client("XREADGROUP", "GROUP", "group", "consumer", "COUNT", PIECE, "STREAMS", "stream", ">")

    def make_gone(self):
        """Pending, but deleted."""
        self.make_pending()
        self.client("XTRIM", "stream", "MAXLEN", "0")

    def make_due(self):
        """A hash whose fields but one are due at once."""
        self.client("DEBUG", "SET-ACTIVE-EXPIRE", "0")
        self.fill("hash")
        due_ms = int(time.time() * 1000) + 15000
        for start in range(0, self.count, PIECE):
            fields = [FILLS["hash"][1](i)[0] for i in range(start + (start == 0), start + PIECE)]
            self.client("HPEXPIREAT", "hash", due_ms, "FIELDS", len(fields), *fields)
        time.sleep(max(0, due_ms / 1000 + 0.1 - time.time()))

    def make_other(self):
        self.fill("set", "other", self.count // 2)

    def make_zother(self):
        self.fill("zset", "zother", self.count // 2)

    def make_weights(self):
        self.pipeline(("SET", "weight:%d" % (i * 7919 % 1000003), i) for i in range(self.count))

    def make_hll(self):
        for key in range(200):
            self.client("PFADD", "hll:%d" % key, *[b"%d:%d" % (key, i) for i in range(5000)])

    # Arguments, by what stands for them.

    def words(self, text):
        return [part for word in text.split() for part in self.word(word)]

    def word(self, word):
        if word == "N":
            return [self.count]
        if word == "-N":
            return [-self.count]
        if word == "IDS":
            return map(stream_id, range(self.count))
        if word == "FEW":
            return map(stream_id, range(self.count // 10))
        if word == "HALF":
            return [self.count // 2]
        if word == "HLLS":
            return ["hll:%d" % key for key in range(200)]
        if match := re.fullmatch("ELEMENTS-([a-z]+)", word):
            return [part for i in range(self.count) for part in FILLS[match[1]][1](i)]
        if match := re.fullmatch("NAMES-([a-z]+)", word):
            return [FILLS[match[1]][1](i)[0 if match[1] != "zset" else 1] for i in range(self.count)]
        if match := re.fullmatch("DUMP-([a-z]+)", word):
            return [self.client("DUMP", match[1])]
        return [word]


# What is made before, and the command.
CASES = [
    ("stream", "XREADGROUP GROUP group consumer STREAMS stream >"),
    ("stream", "XREADGROUP GROUP group consumer NOACK STREAMS stream >"),
    ("pending", "XREADGROUP GROUP group consumer STREAMS stream 0"),
    ("stream", "XREAD STREAMS stream 0"),
    ("stream", "XRANGE stream - +"),
    ("pending", "XPENDING stream group"),
    ("pending", "XPENDING stream group - + N"),
    ("pending", "XPENDING stream group IDLE 99999999 - + N"),
    ("pending", "XPENDING stream group - + N consumer"),
    ("pending", "XAUTOCLAIM stream group other 0 0 COUNT N"),
    ("pending", "XAUTOCLAIM stream group other 0 0 COUNT N JUSTID"),
    ("pending", "XAUTOCLAIM stream group other 99999999 0 COUNT N"),
    ("gone", "XAUTOCLAIM stream group other 0 0 COUNT N"),
    ("pending", "XCLAIM stream group other 0 IDS"),
    ("pending", "XACK stream group IDS"),
    ("pending", "XDEL stream IDS"),
    ("pending", "XINFO STREAM stream FULL COUNT 0"),
    ("pending", "XGROUP DESTROY stream group"),
    ("pending", "XGROUP DELCONSUMER stream group consumer"),
    ("stream", "XGROUP SETID stream group HALF-0"),
    ("stream", "XTRIM stream MAXLEN = 3"),
    ("stream", "XTRIM stream MAXLEN ~ 3 LIMIT 0"),
    ("stream", "XTRIM stream MINID = HALF"),
    ("stream", "XADD stream MAXLEN = 10 * a b"),
    ("pending", "COPY stream copy"),
    ("pending", "DUMP stream"),
    ("pending", "RESTORE copy 0 DUMP-stream"),
    ("pending", "DEL stream"),
    ("list", "SORT list"),
    ("list", "SORT list ALPHA"),
    ("list weights", "SORT list BY weight:* GET # GET weight:*"),
    ("list", "SORT list BY nosort GET #"),
    ("list", "SORT list STORE to"),
    ("zset", "SORT zset BY nosort"),
    ("list", "DUMP list"),
    ("set", "DUMP set"),
    ("hash", "DUMP hash"),
    ("zset", "DUMP zset"),
    ("list", "RESTORE copy 0 DUMP-list"),
    ("set", "RESTORE copy 0 DUMP-set"),
    ("hash", "RESTORE copy 0 DUMP-hash"),
    ("zset", "RESTORE copy 0 DUMP-zset"),
    ("list", "COPY list copy"),
    ("zset", "COPY zset copy"),
    ("hash", "COPY hash copy"),
    ("list", "LPOP list N"),
    ("list", "RPOP list HALF"),
    ("list", "LMPOP 1 list LEFT COUNT N"),
    ("list", "BLMPOP 0 1 list LEFT COUNT HALF"),
    ("list", "LRANGE list 0 -1"),
    ("list", "LTRIM list 0 10"),
    ("list", "LREM list 0 5"),
    ("list", "LINSERT list BEFORE nothing a"),
    ("list", "LPOS list nothing COUNT 0"),
    ("list", "LPOS list 7919 COUNT 0"),
    ("set", "SPOP set N"),
    ("set", "SPOP set HALF"),
    ("set", "SRANDMEMBER set HALF"),
    ("set", "SRANDMEMBER set -N"),
    ("set", "SMEMBERS set"),
    ("set", "SSCAN set 0 COUNT N"),
    ("set other", "SUNION set other"),
    ("set other", "SINTERSTORE to set other"),
    ("set other", "SDIFFSTORE to set other"),
    ("set other", "SINTERCARD 2 set other"),
    ("hash", "HRANDFIELD hash HALF WITHVALUES"),
    ("hash", "HRANDFIELD hash -N"),
    ("hash", "HGETALL hash"),
    ("hash", "HKEYS hash"),
    ("hash", "HSCAN hash 0 COUNT N"),
    ("zset", "ZRANDMEMBER zset HALF"),
    ("zset", "ZRANDMEMBER zset -N"),
    ("zset", "ZPOPMIN zset N"),
    ("zset", "ZPOPMAX zset HALF"),
    ("zset", "ZMPOP 1 zset MIN COUNT N"),
    ("zset", "BZMPOP 0 1 zset MAX COUNT HALF"),
    ("zset", "ZRANGE zset 0 -1 WITHSCORES"),
    ("zset", "ZRANGEBYSCORE zset -inf +inf LIMIT 0 N"),
    ("zset", "ZRANGEBYLEX zset - +"),
    ("zset", "ZRANGESTORE to zset 0 -1"),
    ("zset", "ZREMRANGEBYRANK zset 0 -2"),
    ("zset", "ZREMRANGEBYSCORE zset -inf HALF"),
    ("zset", "ZSCAN zset 0 COUNT N"),
    ("zset zother", "ZUNION 2 zset zother"),
    ("zset zother", "ZINTERSTORE to 2 zset zother"),
    ("zset zother", "ZDIFFSTORE to 2 zset zother"),
    ("geo", "GEOSEARCH geo FROMLONLAT 50 25 BYRADIUS 20000 km"),
    ("geo", "GEOSEARCH geo FROMLONLAT 50 25 BYBOX 20000 20000 km ASC WITHDIST"),
    ("geo", "GEOSEARCHSTORE to geo FROMLONLAT 50 25 BYRADIUS 20000 km"),
    ("geo", "GEOSEARCH geo FROMLONLAT 50 25 BYRADIUS 20000 km COUNT 10"),
    ("due", "HGETALL hash"),
    ("due", "HLEN hash"),
    ("due", "HGET hash field:5"),
    ("due", "HSET hash field:5 a"),
    ("due", "DEBUG SET-ACTIVE-EXPIRE 1"),
    ("list", "DEL list"),
    ("hash", "UNLINK hash"),
    ("hash", "SET hash a"),
    ("hash", "EXPIREAT hash 1"),
    ("hash", "FLUSHALL"),
    ("hash", "FLUSHALL SYNC"),
    ("", "RPUSH list ELEMENTS-list"),
    ("", "SADD set NAMES-set"),
    ("", "HSET hash ELEMENTS-hash"),
    ("", "ZADD zset ELEMENTS-zset"),
    ("list", "LPUSH list NAMES-set"),
    ("", "GEOADD geo ELEMENTS-geo"),
    ("", "HSETEX hash EX 100 FIELDS N ELEMENTS-hash"),
    ("set", "SREM set NAMES-set"),
    ("hash", "HDEL hash NAMES-hash"),
    ("hash", "HMGET hash NAMES-hash"),
    ("hash", "HGETDEL hash FIELDS N NAMES-hash"),
    ("hash", "HGETEX hash EX 100 FIELDS N NAMES-hash"),
    ("hash", "HEXPIRE hash 100 FIELDS N NAMES-hash"),
    ("hash", "HTTL hash FIELDS N NAMES-hash"),
    ("hash", "HPERSIST hash FIELDS N NAMES-hash"),
    ("geo", "GEOHASH geo NAMES-zset"),
    ("set", "SMISMEMBER set NAMES-set"),
    ("zset", "ZREM zset NAMES-zset"),
    ("zset", "ZMSCORE zset NAMES-zset"),
    ("", "PFADD hll NAMES-set"),
    ("hll", "PFCOUNT HLLS"),
    ("hll", "PFMERGE to HLLS"),
    ("hash", "DEBUG DIGEST"),
    ("hash", "DEBUG DIGEST-VALUE hash"),
    ("zset", "MEMORY USAGE zset SAMPLES 0"),
    ("hash", "DEBUG OBJECT hash"),
    ("weights", "KEYS *"),
    ("weights", "SCAN 0 COUNT N"),
    ("weights", "SORT list BY nosort"),
]


def raise_priority():
    """Of this process, its session's group, and all that it starts."""
    if os.geteuid() != 0:
        return
    if os.getpid() != os.getsid(0):
        os.setsid()
    os.setpriority(os.PRIO_PROCESS, 0, -15)
    group = pathlib.Path("/proc/self/autogroup")
    if group.exists():
        group.write_text("-15")


class Asker(multiprocessing.Process):
    """A client of its own process, that says how long it ever waited."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server = server
        self.longest_s = multiprocessing.Value("d", 0.0)

    def run(self):
        with self.server.connect() as client:
            while True:
                begin = time.monotonic()
                client("PING")
                took = time.monotonic() - begin
                self.longest_s.value = max(self.longest_s.value, took)
                time.sleep(max(0, 0.001 - took))


class Drain:
    """Reads one reply of any size without making anything of it: until the PING behind it is answered."""

    END = b"\r\n$9\r\nthe-end\r\n\r\n"

    def __init__(self, client):
        self.client = client

    def run(self, request):
        sock = self.client.socket
        sock.sendall(request)
        sock.sendall(b"*2\r\n$4\r\nECHO\r\n$9\r\nthe-end\r\n\r\n")
        head, tail = b"", b""
        while not tail.endswith(self.END[2:]):
            data = sock.recv(1 << 20)
            head = head or data[:60]
            tail = (tail + data)[-64:]
        return head.split(b"\r\n")[0]


def figure(client, name):
    return int(re.search(name.encode() + rb":(\d+)", client("INFO", "debug"))[1])


def measure(server, asker, count, kinds, text):
    with server.connect() as client, server.connect() as busy:
        data = Data(client, count)
        client("FLUSHALL")
        data.make(kinds)
        request = encode(*data.words(text))
        time.sleep(0.3)
        client("CONFIG", "RESETSTAT")
        asker.longest_s.value = 0
        begin = time.monotonic()
        head = Drain(busy).run(request)
        took = time.monotonic() - begin
        time.sleep(0.3)
        waited, turn = asker.longest_s.value, figure(client, "eventloop_duration_max")
        client("DEBUG", "SET-ACTIVE-EXPIRE", "1")
        return head.decode(errors="replace")[:40], took, turn / 1e3, waited * 1e3


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--elements", type=int, default=1_000_000)
    parser.add_argument("--above", type=float, default=0.0)
    parser.add_argument("commands", nargs="*", metavar="COMMAND")
    arguments = parser.parse_args()
    raise_priority()
    server = Server([SERVER, "--enable-debug-command", "yes", "--proto-max-bulk-len", "1gb"])
    asker = Asker(server)
    asker.start()
    print(f"{'turn ms':>8} {'wait ms':>8} {'took ms':>8}  command (of) -> reply")
    for kinds, text in CASES:
        if arguments.commands and not any(text.startswith(each) for each in arguments.commands):
            continue
        head, took, turn, waited = measure(server, asker, arguments.elements, kinds, text)
        if turn >= arguments.above:
            print(f"{turn:8.1f} {waited:8.1f} {took * 1e3:8.0f}  {text} ({kinds}) -> {head}", flush=True)
    asker.kill()
    server.finish()


if __name__ == "__main__":
    main()
