# SPDX-License-Identifier: BSD-3-Clause
"""Requests around functions that redis-server 7.0 and this server answer with the same bytes."""


def load(body, head="#!lua name=lib"):
    return ["FUNCTION", "LOAD", "REPLACE", f"{head}\n{body}"]


def register(arguments):
    return load(f"redis.register_function{{{arguments}}}")


FUNCTION = "function() return 1 end"

# The first lines, what a library sees while it is loaded, what it may register.
LOADS = [
    *(["FUNCTION", "LOAD", code] for code in ("x", "", "#!", "#!lua", "#!lua name=x", "#!lua name=x\n", "#!\nx")),
    *(load("x", head) for head in ("#!lua", "#!lua name=a name=b", "#!lua foo=b", "#!ruby name=a", "#!lua name=a-b", "#!lua name=",
                                   '#!lua name="a b', '#!lua "name=a"', "#!LUA NAME=ab", "#! lua name=a", "#!lua name=a,b")),  # fmt: skip
    *(load(f"local x = {name}\nredis.register_function('f', {FUNCTION})") for name in (
        "_G", "string", "pcall", "redis", "redis.call", "redis.pcall", "redis.log", "redis.setresp", "redis.sha1hex", "redis.REPL_ALL",
        "redis.REDIS_VERSION", "redis.LOG_NOTICE.x", "redis.register_function.x", "_VERSION", "KEYS", "math.random(1)", "('x').upper",
        "('x'):upper()", "setmetatable({}, {})", "redis.log()", "redis.log(1)", "redis.log(9, 'x')", "redis.log(redis.LOG_DEBUG, 'x')")),
    *(load(body) for body in ("foo bar", "return 1", "x = 1", "local a\na.b = 1", "redis.foo = 1", "", "return", "while", "\n\nx()")),
    *(load(f"redis.register_function({arguments})") for arguments in (
        "", "1", "1, 2", "1, 2, 3", "{}, 2", "'f', 2", "'f', nil", "nil", "'f-x', " + FUNCTION, "'', " + FUNCTION, "12, " + FUNCTION,
        "'f', redis.log", "'f', " + FUNCTION)),
    load(f"redis.register_function('f', {FUNCTION}) redis.register_function('f', {FUNCTION})"),
    *(register(arguments) for arguments in (
        "", "function_name='f'", "callback=" + FUNCTION, "function_name={}, callback=" + FUNCTION, "function_name='f', callback=1",
        *(f"function_name='f', callback={FUNCTION}, {more}" for more in (
            "flags=1", "flags={'x'}", "flags={1}", "flags={{}}", "flags={}", "flags={'no-writes'}", "flags={'NO-WRITES', 'allow-oom'}",
            "flags={'allow-stale', 'no-cluster', 'allow-cross-slot-keys', nil, 'x'}", "flags={[2]='x'}", "description={}",
            "description='some text'", "description=12", "foo=1", "[{}]=1", "[1]=1")),
        f"FUNCTION_NAME='f', Callback={FUNCTION}")),
]  # fmt: skip

CALLED = load("""
local count = 0
local held = redis
redis.register_function('echo', function(keys, args) return {keys, args} end)
redis.register_function('count', function() count = count + 1 return count end)
redis.register_function('fails', function() error('boom') end)
redis.register_function('fails_with_a_code', function() error({err = 'CODE boom'}) end)
redis.register_function('reads_keys', function() return KEYS end)
redis.register_function('writes_a_global', function() x = 1 end)
redis.register_function('registers', function() held.register_function('x', function() end) end)
redis.register_function('calls_what_it_held', function() return held.call('get', 'x') end)
redis.register_function('has_no_register', function() redis.register_function('x', function() end) end)
redis.register_function('calls_none', function() return redis.call('nosuch') end)
redis.register_function('calls', function(keys) redis.call('set', keys[1], 'v') return redis.call('get', keys[1]) end)
redis.register_function('pcalls', function(keys) return redis.pcall('incr', keys[1]) end)
redis.register_function('maps', function() redis.setresp(3) return {map = {a = 1}} end)
redis.register_function('jsons', function() return cjson.encode({1, 2, cmsgpack.unpack(cmsgpack.pack(3))}) end)
redis.register_function('calls_a_function', function() return redis.call('fcall', 'echo', 0) end)
redis.register_function('breakpoint', function() return redis.breakpoint() end)
redis.register_function{function_name = 'reads', callback = function() return redis.call('set', 'k', 'v') end, flags = {'no-writes'}}
""")

NAMES = ["echo", "count", "COUNT", "fails", "fails_with_a_code", "reads_keys", "writes_a_global", "registers", "calls_what_it_held",
         "has_no_register", "calls_none", "calls", "pcalls", "maps", "jsons", "calls_a_function", "breakpoint", "reads", "none"]  # fmt: skip

CALLS = [
    CALLED,
    *([command, name, "1", "k", "a", "b"] for command in ("FCALL", "FCALL_RO") for name in NAMES),
    *(["FCALL", "echo", *rest] for rest in ("0", "x", "-1", "3", ["0", "a"], ["1", "k"], ["2", "k"], "1.5")),
    ["FCALL"],
    ["FCALL", "echo"],
    ["EVAL", "return redis.call('fcall', 'echo', 0)", "0"],
    ["EVAL", "return redis.call('function', 'list')", "0"],
    ["EVAL", "return redis.register_function", "0"],
    ["COMMAND", "GETKEYS", "FCALL", "f", "2", "a", "b", "c"],
]

ONE = load("redis.register_function('f', function(keys, args) return {keys, args} end)", "#!lua name=one")

MANAGEMENT = [
    ["FUNCTION", "FLUSH"],
    ["FUNCTION", "LIST"],
    ["FUNCTION", "STATS"],
    ONE,
    *(["FUNCTION", "LIST", *rest] for rest in ([], ["WITHCODE"], ["LIBRARYNAME", "o*"], ["LIBRARYNAME", "O?e"], ["LIBRARYNAME", "x*"],
        ["LIBRARYNAME"], ["WITHCODE", "LIBRARYNAME", "*"], ["foo"], ["WITHCODE", "WITHCODE"], ["LIBRARYNAME", "a", "LIBRARYNAME", "b"])),
    ["FUNCTION", "STATS"],
    *(["FUNCTION", "LOAD", *rest] for rest in ([], ["x"], ["x", "y"], ["REPLACE"], ["REPLACE", "REPLACE"], ["REPLACE", "x", "y"],
        ["#!lua name=one\nx"], ["#!lua name=two\nredis.register_function('F', function() end)"])),
    ["FUNCTION", "DUMP"],
    ["FUNCTION", "DELETE", "two"],
    ["FUNCTION", "DELETE"],
    ["FUNCTION", "KILL"],
    ["FUNCTION", "HELP", "x"],
    ["FUNCTION"],
    ["FUNCTION", "foo"],
    *(["FUNCTION", "FLUSH", *rest] for rest in (["x"], ["SYNC", "ASYNC"])),
    ["FUNCTION", "RESTORE", "x"],
    ["FUNCTION", "RESTORE"],
    ["FUNCTION", "RESTORE", "x", "x"],
    ["FUNCTION", "RESTORE", "x", "FLUSH", "x"],
    ["FLUSHALL"],
    ["FCALL", "f", "0"],
    ["FUNCTION", "DELETE", "one"],
    ["FUNCTION", "DUMP"],
    ONE,
    ["FUNCTION", "FLUSH", "ASYNC"],
    ["FCALL", "f", "0"],
]  # fmt: skip

REQUESTS = [*LOADS, *MANAGEMENT, *CALLS]
