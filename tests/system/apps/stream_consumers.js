// SPDX-License-Identifier: BSD-3-Clause
// ioredis and streams: consumers of a group that share the work, one that dies with work undone, who takes that over; a log that
// is read and trimmed.
const assert = require("node:assert");
const Redis = require("ioredis");

const url = process.env.REDIS_URL;
const JOBS = 500;

const fieldsOf = (list) => Object.fromEntries(Array.from({ length: list.length / 2 }, (_, i) => [list[2 * i], list[2 * i + 1]]));

// Reads and acknowledges until it is told to stop; what it did is in `done`.
async function consume(name, done, isOver) {
  const client = new Redis(url);
  while (!isOver()) {
    const reply = await client.xreadgroup("GROUP", "workers", name, "COUNT", 10, "BLOCK", 100, "STREAMS", "jobs", ">");
    for (const [id, fields] of reply ? reply[0][1] : []) {
      done.push(Number(fieldsOf(fields).number));
      assert.equal(await client.xack("jobs", "workers", id), 1);
    }
  }
  client.disconnect();
}

async function sharedWork(client) {
  assert.equal(await client.xgroup("CREATE", "jobs", "workers", "$", "MKSTREAM"), "OK");
  await assert.rejects(client.xgroup("CREATE", "jobs", "workers", "$"), /^ReplyError: BUSYGROUP/);
  const parts = [[], [], []];
  const all = () => parts.flat();
  const consumers = parts.map((part, i) => consume(`consumer ${i}`, part, () => all().length >= JOBS));
  for (let number = 0; number < JOBS; number++) await client.xadd("jobs", "*", "number", number, "text", "Zoë");
  await Promise.all(consumers);
  assert.deepEqual(all().sort((a, b) => a - b), [...Array(JOBS).keys()]);
  assert.deepEqual(await client.xpending("jobs", "workers"), [0, null, null, null]);
}

async function takenOver(client) {
  for (let number = 0; number < 5; number++) await client.xadd("jobs", "*", "number", number);
  const [[, entries]] = await client.xreadgroup("GROUP", "workers", "mortal", "STREAMS", "jobs", ">");
  assert.equal(entries.length, 5);
  const pending = await client.xpending("jobs", "workers", "-", "+", 10, "mortal");
  assert.deepEqual(pending.map(([id, consumer, , deliveries]) => [id, consumer, deliveries]), entries.map(([id]) => [id, "mortal", 1]));
  const [next, claimed, gone] = await client.xautoclaim("jobs", "workers", "heir", 0, "0", "COUNT", 3);
  assert.deepEqual(claimed, entries.slice(0, 3));
  assert.equal(next, entries[3][0]);
  assert.deepEqual(gone, []);
  assert.deepEqual(await client.xclaim("jobs", "workers", "heir", 0, entries[3][0], "JUSTID"), [entries[3][0]]);
  assert.equal(await client.xack("jobs", "workers", ...entries.map(([id]) => id)), 5);
}

async function aLog(client) {
  const reader = client.duplicate();
  const waiting = reader.xread("BLOCK", 20000, "STREAMS", "log", "$");
  const ids = [];
  do {
    ids.push(await client.xadd("log", "*", "line", ids.length));
    await new Promise((resolve) => setTimeout(resolve, 10));
  } while (!(await Promise.race([waiting, false])));
  const [[key, [[id]]]] = await waiting;
  assert.equal(key, "log");
  assert.ok(ids.includes(id));
  for (let i = 0; i < 300; i++) await client.xadd("log", "MAXLEN", "~", 100, "*", "line", i);
  const length = await client.xlen("log");
  assert.ok(length >= 100 && length < 300);
  assert.equal(await client.xtrim("log", "MAXLEN", 10), length - 10);
  assert.equal((await client.xrevrange("log", "+", "-", "COUNT", 2)).length, 2);
  assert.equal(fieldsOf(await client.xinfo("STREAM", "log")).length, 10);
  reader.disconnect();
}

async function main() {
  const client = new Redis(url);
  await sharedWork(client);
  await takenOver(client);
  await aLog(client);
  client.disconnect();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
