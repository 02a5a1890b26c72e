# SPDX-License-Identifier: BSD-3-Clause
"""Scripts for cmsgpack and struct that redis-server 7.0 and this server answer with the same bytes."""

import random

HEX = "local function hex(s) return (s:gsub('.', function(c) return string.format('%02x', c:byte()) end)) end "

# A value with all that is in it as one text, keys in order.
SHOW = """
local function show(v)
  if type(v) == 'number' then return string.format('%.17g', v) end
  if type(v) == 'string' then return '"' .. (v:gsub('[^%w]', function(c) return string.format('<%02x>', c:byte()) end)) .. '"' end
  if type(v) ~= 'table' then return tostring(v) end
  local rows = {}
  for key, value in pairs(v) do rows[#rows + 1] = show(key) .. '=' .. show(value) end
  table.sort(rows)
  return '{' .. table.concat(rows, ',') .. '}'
end
local function shown(...) local rows = {} for i = 1, select('#', ...) do rows[i] = show((select(i, ...))) end return rows end
"""

NUMBERS = ["0", "1", "127", "128", "255", "256", "32767", "32768", "65535", "65536", "2^31-1", "2^31", "2^32-1", "2^32", "2^53",
           "2^62", "2^63", "2^64", "1e300", "-1", "-31", "-32", "-33", "-127", "-128", "-129", "-32768", "-32769", "-2^31", "-2^31-1",
           "-2^63", "-2^64", "-1e300", "0.5", "0.1", "-0.1", "1.5e20", "1/0", "-1/0", "-0", "3.4e38", "3.5e38", "1e-45"]  # fmt: skip
VALUES = NUMBERS + [
    "'x'",
    "''",
    *(f"string.rep('x', {n})" for n in (31, 32, 255, 256, 65535, 65536)),
    "true",
    "false",
    "nil",
    "{}",
    "{1,2,3}",
    "{1,nil,3}",
    "{[1]=1,[3]=3}",
    "{[0]=1}",
    "{[1.5]=1}",
    "{[-1]=1}",
    "{['1']=1}",
    "{a={b={c=1}}}",
    "{{{}}}",
    "{a=print}",
    "{[true]=false}",
    "function() end",
    "cjson.null",
    "setmetatable({}, {__index={1,2,3}})",
]


def _packed():
    for value in VALUES:
        yield HEX + f"return hex(cmsgpack.pack({value}))"
        yield SHOW + f"return shown(cmsgpack.unpack(cmsgpack.pack({value})))"
    for count in (0, 1, 15, 16, 17, 65535, 65536):
        yield HEX + f"local t = {{}} for i = 1, {count} do t[i] = 1 end return redis.sha1hex(cmsgpack.pack(t))"
        yield SHOW + f"local t = {{}} for i = 1, {count} do t[i] = i end return #cmsgpack.unpack(cmsgpack.pack(t))"
    for depth in (15, 16, 17, 40):
        yield HEX + f"local t = {{}} for i = 1, {depth} do t = {{t}} end return hex(cmsgpack.pack(t))"
        yield HEX + f"local t = {{}} for i = 1, {depth} do t = {{a = t}} end return hex(cmsgpack.pack(t))"
    yield HEX + "local t = {} t[1] = t return hex(cmsgpack.pack(t))"
    yield HEX + "return hex(cmsgpack.pack(1, 'a', nil, {1}))"
    yield "return cmsgpack.pack()"
    yield "cmsgpack.pack = 1"
    yield "cmsgpack.foo = 1"
    yield "return cmsgpack._NAME"
    yield "return pcall(cmsgpack.unpack)"


def _unpacked():
    pieces = ["", "a", "\\193", "\\217", "\\217\\5abc", "\\220\\255\\255", "\\221\\255\\255\\255\\255", "\\223\\255\\255\\255\\255",
              "\\219\\255\\255\\255\\255", "\\198\\0\\0\\0\\2ab", "\\196\\2ab", "\\197\\0\\2ab", "\\129\\192\\1", "\\145\\192", "\\129\\161a",
              "\\199\\1\\1\\1", "\\212\\1\\1", "\\1\\2\\3", "\\147\\1\\192\\3", "\\129\\203\\127\\248\\0\\0\\0\\0\\0\\0\\1",
              "\\202\\127\\128\\0\\0", "\\207\\255\\255\\255\\255\\255\\255\\255\\255", "\\211\\128\\0\\0\\0\\0\\0\\0\\0", "\\1\\193"]  # fmt: skip
    for piece in pieces:
        yield SHOW + f"return shown(cmsgpack.unpack('{piece}'))"
        yield SHOW + f"return shown(cmsgpack.unpack_one('{piece}'))"
        yield SHOW + f"return shown(cmsgpack.unpack_limit('{piece}', 2))"
    for arguments in ["", "1", "{}", "'\\1\\2\\3', 1", "'\\1\\2\\3', 3", "'\\1\\2\\3', 4", "'\\1\\2\\3', -1", "'\\1\\2\\3', 'x'"]:
        yield SHOW + f"return shown(cmsgpack.unpack_one({arguments}))"
        yield SHOW + f"return shown(cmsgpack.unpack_limit({arguments}))"
        yield SHOW + f"return shown(cmsgpack.unpack({arguments}))"
    for arguments in ["2, 1", "0, 0", "0, 1", "-1, 0", "9, 9", "1, 2", "2, -3"]:
        yield SHOW + f"return shown(cmsgpack.unpack_limit('\\1\\2\\3', {arguments}))"
    yield "return select('#', cmsgpack.unpack(string.rep('\\1', 9000)))"
    yield "return select('#', cmsgpack.unpack_limit(string.rep('\\1', 9000), 7000))"
    yield "return #cmsgpack.unpack(string.rep('\\145', 500) .. '\\1')"


# Integers of more than eight bytes whose size isn't a power of two have signs of their own in Redis: none here.
FORMATS = ["b", "B", "h", "H", "l", "L", "T", "i", "I", "f", "d", "I9",
           *(f"{option}{size}" for option in "iI" for size in (0, 1, 2, 3, 7, 8, 16, 32))]  # fmt: skip


def _structures():
    for order in ("", ">", "<"):
        for option in FORMATS:
            for number in ("0", "1", "-1", "127", "128", "-129", "2^31", "-2^40", "2^63", "1e30", "-1e30", "0.5", "1/0"):
                yield HEX + SHOW + (
                    f"local s = struct.pack('{order}{option}', {number}) "
                    f"return {{hex(s), shown(struct.unpack('{order}{option}', s))}}"
                )
    for form in ["!bi", "!4bd", "!2bd", "!16bd", "!8bi3", "!bhild", "xxb", "! b b", "!3b", "!0b", "i33", "I99999999999", "c99999999999",
                 "q", "%", "?", "s", "c", "c3", "c0", "c5", "bc0", "sbs", "b s", "cbs", "!8 bs d", "", " ", "b\\0q"]:  # fmt: skip
        yield f"return struct.size('{form}')"
        for arguments in ["", "1", "'abc'", "1, 'abc'", "'abc', 2, 'de'", "1, 2, 3, 4, 5", "{}", "'x', {}", "nil"]:
            comma = ", " if arguments else ""
            yield HEX + f"return hex(struct.pack('{form}'{comma}{arguments}))"
        for data in ["''", "'a'", "'\\3abcdefg'", "'\\3ab'", "string.rep('\\2x\\0', 20)", "nil", "12"]:
            yield SHOW + f"return shown(struct.unpack('{form}', {data}))"
            yield SHOW + f"return shown(struct.unpack('{form}', {data}, 2))"
    for position in ("0", "-1", "1", "3", "4", "5", "2^31", "-2^31", "2^53", "'x'", "nil"):
        yield SHOW + f"return shown(struct.unpack('b', 'abc', {position}))"
        yield SHOW + f"return shown(struct.unpack('', 'abc', {position}))"
    yield "return struct.unpack()"
    yield "return struct.pack()"
    yield "return struct.size()"
    yield "return struct.size({})"
    yield "return struct.unpack('dc0', struct.pack('d', -1) .. 'abc')"
    yield "return struct.unpack('dc0', struct.pack('d', 1.9) .. 'abc')"
    yield "return struct.unpack('sc0', '2\\0abc')"
    yield "struct.pack = 1"
    yield "return select('#', struct.unpack(string.rep('b', 7000), string.rep('x', 7000)))"
    yield "return select('#', struct.unpack(string.rep('b', 9000), string.rep('x', 9000)))"
    yield "return #struct.pack(string.rep('x', 100000))"


def _random(seed, count):
    """Bytes that are almost MessagePack, and formats that are almost right."""
    chance = random.Random(seed)
    for _ in range(count):
        numbers = (chance.choice((chance.randrange(256), chance.randrange(4), chance.randrange(128, 256))) for _ in range(11))
        packed = "".join(f"\\{number:03}" for number in numbers)[: 4 * chance.randrange(1, 12)]
        yield SHOW + f"return shown(cmsgpack.unpack('{packed}'))"
        yield SHOW + f"return shown(cmsgpack.unpack_one('{packed}', {chance.randrange(4)}))"
        form = "".join(chance.choice("bBhHlLTiIfdcsx ><!01248") for _ in range(chance.randrange(1, 8)))
        yield SHOW + f"return shown(struct.unpack('{form}', '{packed}'))"
        yield HEX + f"return hex(struct.pack('{form}', 1, -2, 3.5, 'abc', 'd', 6, 7, 8))"
        yield f"return struct.size('{form}')"


SCRIPTS = [*_packed(), *_unpacked(), *_structures(), *_random(1, 400)]
