// SPDX-License-Identifier: BSD-3-Clause
// bee-queue, whose queue is scripts: jobs, results, failures, retries, delays, progress.
const assert = require("node:assert");
const BeeQueue = require("bee-queue");

async function main() {
  const settings = { redis: process.env.REDIS_URL, activateDelayedJobs: true, delayedDebounce: 20 };
  const queue = new BeeQueue("sums", settings);
  let failures = 2;
  queue.process(4, async (job) => {
    job.reportProgress({ half: true });
    if (job.data.fails) throw new Error("of the test");
    if (job.data.isFlaky && failures-- > 0) throw new Error("not yet");
    return job.data.left + job.data.right;
  });
  const finish = (job) => new Promise((resolve, reject) => job.on("succeeded", resolve).on("failed", reject));
  const run = async (job) => { const end = finish(job); await job.save(); return end; };
  const sums = await Promise.all(Array.from({ length: 50 }, (_, number) => run(queue.createJob({ left: number, right: 1 }))));
  assert.deepEqual(sums, Array.from({ length: 50 }, (_, number) => number + 1));
  const failing = queue.createJob({ fails: true });
  const progress = new Promise((resolve) => failing.on("progress", resolve));
  await assert.rejects(run(failing), /of the test/);
  assert.deepEqual(await progress, { half: true });
  const flaky = queue.createJob({ isFlaky: true, left: 1, right: 1 }).retries(3).backoff("fixed", 30);
  const retried = new Promise((resolve) => flaky.once("retrying", resolve));
  await flaky.save();
  await retried;
  const begun = Date.now();
  assert.equal(await run(queue.createJob({ left: 1, right: 2 }).delayUntil(begun + 300)), 3);
  assert.ok(Date.now() - begun >= 290, "before its time");
  for (;;) {
    const health = await queue.checkHealth();
    if (health.succeeded === 52) {
      assert.deepEqual([health.waiting, health.active, health.delayed, health.failed], [0, 0, 0, 1]);
      break;
    }
  }
  await queue.destroy();
  await queue.close();
}

main().then(() => process.exit(0));
