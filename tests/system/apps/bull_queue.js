// SPDX-License-Identifier: BSD-3-Clause
// Bull, whose queue is scripts: jobs in bulk, results, failures, retries, delays, priorities, progress, pauses.
const assert = require("node:assert");
const Bull = require("bull");

async function main() {
  const queue = new Bull("mail", process.env.REDIS_URL, { settings: { drainDelay: 1 } });
  queue.setMaxListeners(200);
  const attempts = {};
  queue.process(4, async (job) => {
    attempts[job.id] = (attempts[job.id] ?? 0) + 1;
    if (job.data.failures >= attempts[job.id]) throw new Error(`failure ${attempts[job.id]}`);
    await job.progress(50);
    return { double: 2 * job.data.number };
  });
  const jobs = await queue.addBulk(Array.from({ length: 50 }, (_, number) => ({ data: { number } })));
  const results = await Promise.all(jobs.map((job) => job.finished()));
  assert.deepEqual(results, jobs.map((job) => ({ double: 2 * job.data.number })));
  assert.equal((await queue.getJob(jobs[0].id)).progress(), 50);
  const flaky = await queue.add({ number: 1, failures: 2 }, { attempts: 3, backoff: 50 });
  assert.deepEqual(await flaky.finished(), { double: 2 });
  assert.equal(attempts[flaky.id], 3);
  const failing = await queue.add({ failures: 9 });
  await assert.rejects(failing.finished(), /failure 1/);
  const begun = Date.now();
  await (await queue.add({ number: 1 }, { delay: 300 })).finished();
  assert.ok(Date.now() - begun >= 290, "before its time");
  assert.deepEqual(await queue.getJobCounts(), { waiting: 0, active: 0, completed: 52, failed: 1, delayed: 0, paused: 0 });
  await queue.pause();
  await queue.add({ number: 1 }, { jobId: "once", priority: 3 });
  await queue.add({ number: 1 }, { jobId: "once", priority: 3 });
  const first = await queue.add({ number: 2 }, { priority: 1 });
  assert.equal(await queue.getPausedCount(), 2);
  await queue.resume();
  await (await queue.getJob("once")).finished();
  await first.finished();
  assert.equal((await queue.getRepeatableJobs()).length, 0);
  assert.equal((await queue.clean(0, "completed")).length, 54);
  await queue.obliterate({ force: true });
  await queue.close();
}

main().then(() => process.exit(0));
