// SPDX-License-Identifier: BSD-3-Clause
// BullMQ, whose queues are scripts and whose events are a stream: jobs, flows, failures, retries, delays, priorities, limits.
const assert = require("node:assert");
const { FlowProducer, Queue, QueueEvents, Worker } = require("bullmq");
const Redis = require("ioredis");

const connection = new Redis(process.env.REDIS_URL, { maxRetriesPerRequest: null });

async function work(job) {
  if (job.name === "fail" || (job.name === "flaky" && job.attemptsMade < 2)) throw new Error(`failure ${job.attemptsMade + 1}`);
  await job.updateProgress({ half: true });
  if (job.name === "sum") return Object.values(await job.getChildrenValues()).reduce((sum, value) => sum + value, 0);
  return 2 * job.data.number;
}

async function results(queue, events) {
  const progress = new Promise((resolve) => events.once("progress", resolve));
  const jobs = await queue.addBulk(Array.from({ length: 50 }, (_, number) => ({ name: "double", data: { number } })));
  const doubles = await Promise.all(jobs.map((job) => job.waitUntilFinished(events)));
  assert.deepEqual(doubles, Array.from({ length: 50 }, (_, number) => 2 * number));
  assert.deepEqual((await progress).data, { half: true });
  const flaky = await queue.add("flaky", { number: 4 }, { attempts: 3, backoff: { type: "fixed", delay: 30 } });
  assert.equal(await flaky.waitUntilFinished(events), 8);
  const failing = await queue.add("fail", {});
  await assert.rejects(failing.waitUntilFinished(events), /failure 1/);
  assert.equal(await failing.getState(), "failed");
  assert.equal((await queue.getFailed())[0].failedReason, "failure 1");
}

async function times(queue, events) {
  const begun = Date.now();
  const delayed = await queue.add("double", { number: 1 }, { delay: 300 });
  assert.equal(await delayed.getState(), "delayed");
  assert.equal(await delayed.waitUntilFinished(events), 2);
  assert.ok(Date.now() - begun >= 290, "before its time");
  await queue.upsertJobScheduler("ticks", { every: 100, limit: 2 }, { name: "double", data: { number: 3 } });
  await new Promise((resolve) => events.on("completed", ({ returnvalue }) => returnvalue === 6 && resolve()));
  await queue.removeJobScheduler("ticks");
}

async function order(queue, events) {
  await queue.pause();
  const seen = [];
  const done = new Promise((resolve) => events.on("completed", ({ jobId }) => {
    if (["low", "high", "once"].includes(jobId) && seen.push(jobId) === 3) resolve();
  }));
  await queue.add("double", { number: 1 }, { jobId: "low", priority: 10 });
  await queue.add("double", { number: 1 }, { jobId: "high", priority: 1 });
  await queue.add("double", { number: 1 }, { jobId: "once" });
  await queue.add("double", { number: 1 }, { jobId: "once" });
  assert.equal((await queue.getJobCounts("prioritized", "paused", "waiting")).prioritized, 2);
  await queue.resume();
  await done;
  assert.deepEqual(seen, ["once", "high", "low"]);
}

async function flows(events) {
  const flow = new FlowProducer({ connection });
  const children = [1, 2, 3].map((number) => ({ name: "double", queueName: "mail", data: { number } }));
  const { job } = await flow.add({ name: "sum", queueName: "mail", children });
  assert.equal(await job.waitUntilFinished(events), 12);
  await flow.close();
}

async function main() {
  const queue = new Queue("mail", { connection });
  queue.setMaxListeners(200);
  const events = new QueueEvents("mail", { connection: connection.duplicate() });
  await events.waitUntilReady();
  const worker = new Worker("mail", work, { connection: connection.duplicate(), concurrency: 1, drainDelay: 1 });
  await results(queue, events);
  await times(queue, events);
  await flows(events);
  await order(queue, events);
  assert.ok((await queue.clean(0, 1000, "completed")).length >= 50);
  await worker.close();
  await events.close();
  await queue.obliterate({ force: true });
  process.exit(0);
}

main();
