// SPDX-License-Identifier: BSD-3-Clause
// redlock, rate-limiter-flexible and express-rate-limit with rate-limit-redis: locks and limits that are scripts.
const assert = require("node:assert");
const express = require("express");
const Redis = require("ioredis");
const Redlock = require("redlock");
const { rateLimit } = require("express-rate-limit");
const { RateLimiterRedis, RateLimiterQueue, BurstyRateLimiter } = require("rate-limiter-flexible");
const { RedisStore } = require("rate-limit-redis");

async function locks(clients) {
  const redlock = new Redlock([clients[0]], { retryCount: 0 });
  const patient = new Redlock([clients[1]], { retryCount: 200, retryDelay: 20, retryJitter: 5 });
  const lock = await redlock.lock("locks:account", 10000);
  await assert.rejects(redlock.lock("locks:account", 10000), { name: "LockError" });
  const waiting = patient.lock("locks:account", 10000);
  await lock.extend(20000);
  assert.ok(await clients[0].pttl("locks:account") > 10000);
  await lock.unlock();
  const second = await waiting;
  await assert.rejects(lock.unlock(), { name: "LockError" });
  await second.unlock();
  const several = await redlock.lock(["locks:a", "locks:b"], 10000);
  await assert.rejects(redlock.lock("locks:b", 10000), { name: "LockError" });
  await several.unlock();
  await redlock.lock("locks:short", 50);
  await (await patient.lock("locks:short", 1000)).unlock();
}

async function flexible(clients) {
  const [one, other] = clients.map((storeClient) => new RateLimiterRedis({ storeClient, points: 5, duration: 60, blockDuration: 100 }));
  const outcomes = await Promise.allSettled(Array.from({ length: 12 }, (_, index) => (index % 2 ? one : other).consume("ada")));
  assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 5);
  const refused = await one.consume("ada").catch((refusal) => refusal);
  assert.ok(refused.msBeforeNext > 60000 && refused.remainingPoints === 0, JSON.stringify(refused));
  assert.equal((await other.get("ada")).consumedPoints > 5, true);
  assert.equal((await other.consume("grace", 2)).remainingPoints, 3);
  assert.equal((await other.reward("grace", 1)).consumedPoints, 1);
  assert.equal(await one.delete("ada"), true);
  assert.equal((await other.consume("ada")).remainingPoints, 4);

  const brief = { storeClient: clients[0], points: 2, duration: 1 };
  const begun = Date.now();
  const queue = new RateLimiterQueue(new RateLimiterRedis({ ...brief, keyPrefix: "queue" }));
  await Promise.all(Array.from({ length: 3 }, () => queue.removeTokens(1)));
  assert.ok(Date.now() - begun > 500, "the third had to wait for the next window");
  const bursty = new BurstyRateLimiter(
    new RateLimiterRedis({ ...brief, keyPrefix: "bursty", duration: 60 }),
    new RateLimiterRedis({ storeClient: clients[1], keyPrefix: "burst", points: 3, duration: 60 }),
  );
  const bursts = await Promise.allSettled(Array.from({ length: 7 }, () => bursty.consume("ada")));
  assert.equal(bursts.filter(({ status }) => status === "fulfilled").length, 5);
}

async function site(client) {
  const app = express();
  const store = () => new RedisStore({ sendCommand: (command, ...args) => client.call(command, ...args) });
  app.use(rateLimit({ windowMs: 60000, limit: 4, standardHeaders: "draft-7", legacyHeaders: false, keyGenerator: (request) => request.query.user, store: store() }));
  app.get("/", (request, response) => response.send("welcome"));
  const listener = app.listen(0, "127.0.0.1");
  await new Promise((resolve) => listener.once("listening", resolve));
  return { listener, base: `http://127.0.0.1:${listener.address().port}` };
}

async function middleware(clients) {
  const sites = await Promise.all(clients.map(site));
  const statuses = [];
  for (let index = 0; index < 7; index++) {
    const response = await fetch(`${sites[index % 2].base}/?user=ada`, { headers: { connection: "close" } });
    statuses.push(response.status);
    assert.match(response.headers.get("ratelimit"), new RegExp(`limit=4, remaining=${Math.max(3 - index, 0)}, reset=\\d+`));
  }
  assert.deepEqual(statuses, [200, 200, 200, 200, 429, 429, 429]);
  assert.equal((await fetch(`${sites[0].base}/?user=grace`)).status, 200);
  sites.forEach(({ listener }) => listener.close());
}

async function main() {
  const clients = [new Redis(process.env.REDIS_URL), new Redis(process.env.REDIS_URL)];
  await locks(clients);
  await flexible(clients);
  await middleware(clients);
  process.exit(0);
}

main();
