// SPDX-License-Identifier: BSD-3-Clause
// ioredis and node-redis themselves: values, pipelines, transactions, scripts, blocking, publishing, tracking.
const assert = require("node:assert");
const Redis = require("ioredis");
const { createClient, defineScript, BasicClientSideCache } = require("redis");

const url = process.env.REDIS_URL;

async function ioredisValues(client) {
  assert.equal(await client.set("key", "Zoë", "EX", 100), "OK");
  assert.equal(await client.get("key"), "Zoë");
  assert.deepEqual(await client.getBuffer("key"), Buffer.from("Zoë"));
  assert.equal(await client.hset("hash", { name: "ada", visits: 1 }), 2);
  assert.equal(await client.hincrby("hash", "visits", 41), 42);
  assert.deepEqual(await client.hgetall("hash"), { name: "ada", visits: "42" });
  assert.equal(await client.zadd("scores", 1, "one", 2.5, "two"), 2);
  assert.deepEqual(await client.zrangebyscore("scores", "-inf", "+inf", "WITHSCORES"), ["one", "1", "two", "2.5"]);
  assert.equal(await client.sadd("set", ["a", "b", "c"]), 3);
  const members = [];
  for await (const page of client.sscanStream("set")) members.push(...page);
  assert.deepEqual(members.sort(), ["a", "b", "c"]);
  await assert.rejects(client.lpush("set", "x"), /^ReplyError: WRONGTYPE/);
}

async function ioredisTogether(client) {
  const results = await client.multi().incr("counter").expire("counter", 100).get("counter").exec();
  assert.deepEqual(results, [[null, 1], [null, 1], [null, "1"]]);
  const pipeline = client.pipeline();
  for (let number = 0; number < 1000; number++) pipeline.set(`many:${number}`, number);
  assert.ok((await pipeline.exec()).every(([error, reply]) => error === null && reply === "OK"));
  const found = new Set();
  for await (const page of client.scanStream({ match: "many:*", count: 100 })) page.forEach((key) => found.add(key));
  assert.equal(found.size, 1000);
  client.defineCommand("take", { numberOfKeys: 1, lua: "return {redis.call('getdel', KEYS[1]), ARGV[1]}" });
  assert.deepEqual(await client.take("key", "argument"), ["Zoë", "argument"]);
  assert.deepEqual(await client.take("key", "argument"), [null, "argument"]);
  await client.script("FLUSH");
  assert.deepEqual(await client.take("key", "again"), [null, "again"]);
}

async function ioredisWaits(client) {
  const worker = client.duplicate();
  const waiting = worker.blpop("queue", 20);
  await client.rpush("queue", "job");
  assert.deepEqual(await waiting, ["queue", "job"]);
  const waitingForLeast = worker.bzpopmin("delayed", 20);
  await client.zadd("delayed", 7, "job");
  assert.deepEqual(await waitingForLeast, ["delayed", "job", "7"]);
  const received = new Promise((resolve) => worker.on("pmessage", (...message) => resolve(message)));
  await worker.psubscribe("news:*");
  assert.equal(await client.publish("news:today", "hello"), 1);
  assert.deepEqual(await received, ["news:*", "news:today", "hello"]);
  worker.disconnect();
}

async function ioredis() {
  const client = new Redis(url);
  await ioredisValues(client);
  await ioredisTogether(client);
  await ioredisWaits(client);
  await client.flushall();
  await client.quit();
}

async function nodeRedisValues(client) {
  assert.equal(await client.set("key", "Zoë", { expiration: { type: "EX", value: 100 }, condition: "NX" }), "OK");
  assert.equal(await client.set("key", "x", { condition: "NX" }), null);
  assert.equal(await client.get("key"), "Zoë");
  await client.hSet("hash", { name: "ada", visits: 1 });
  assert.deepEqual({ ...(await client.hGetAll("hash")) }, { name: "ada", visits: "1" });
  await client.zAdd("scores", [{ score: 1, value: "one" }, { score: 2.5, value: "two" }]);
  assert.deepEqual(await client.zRangeWithScores("scores", 0, -1, { REV: true }), [{ value: "two", score: 2.5 }, { value: "one", score: 1 }]);
  await client.geoAdd("places", [{ longitude: 13.4, latitude: 52.5, member: "Berlin" }]);
  assert.deepEqual(await client.geoSearch("places", { longitude: 13, latitude: 52 }, { radius: 100, unit: "km" }), ["Berlin"]);
  assert.equal(await client.lockIsMine("key", "Zoë"), 1);
  await assert.rejects(client.lPush("hash", "x"), /WRONGTYPE/);
}

async function nodeRedisTogether(client) {
  assert.deepEqual(await client.multi().incr("counter").incrBy("counter", 41).get("counter").exec(), [1, 42, "42"]);
  const numbers = await Promise.all(Array.from({ length: 500 }, () => client.incr("counter")));
  assert.deepEqual(numbers, Array.from({ length: 500 }, (_, index) => 43 + index));
  const keys = [];
  for await (const page of client.scanIterator({ COUNT: 10 })) keys.push(...page);
  assert.deepEqual([...new Set(keys)].sort(), ["counter", "hash", "key", "places", "scores"]);
  const watcher = await client.duplicate().connect();
  await watcher.watch("counter");
  await client.incr("counter");
  await assert.rejects(watcher.multi().set("counter", 0).exec(), /watched key/i);
  const waiting = watcher.blPop("queue", 20);
  await client.rPush("queue", "job");
  assert.deepEqual({ ...(await waiting) }, { key: "queue", element: "job" });
  const received = new Promise((resolve) => watcher.subscribe("news", resolve).then(() => client.publish("news", "hello")));
  assert.equal(await received, "hello");
  watcher.destroy();
}

async function nodeRedisCaches(other) {
  const clientSideCache = new BasicClientSideCache({ ttl: 0, maxEntries: 100 });
  const client = await createClient({ url, RESP: 3, clientSideCache }).connect();
  await other.set("cached", "old");
  assert.equal(await client.get("cached"), "old");
  const invalidated = new Promise((resolve) => clientSideCache.once("invalidate", resolve));
  await other.set("cached", "new");
  await invalidated;
  assert.equal(await client.get("cached"), "new");
  client.destroy();
}

async function nodeRedis(RESP) {
  const lockIsMine = defineScript({
    SCRIPT: "return redis.call('get', KEYS[1]) == ARGV[1]",
    NUMBER_OF_KEYS: 1,
    parseCommand: (parser, key, token) => { parser.pushKey(key); parser.push(token); },
    transformReply: (reply) => reply,
  });
  const client = await createClient({ url, RESP, scripts: { lockIsMine } }).connect();
  await nodeRedisValues(client);
  await nodeRedisTogether(client);
  await nodeRedisCaches(client);
  await client.flushAll();
  await client.close();
}

ioredis().then(() => nodeRedis(2)).then(() => nodeRedis(3));
