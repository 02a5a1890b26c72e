// SPDX-License-Identifier: BSD-3-Clause
// An Express site whose sessions are kept as the lines in the file it is given say; two of it, as of two processes.
const assert = require("node:assert");
const fs = require("node:fs");
const express = require("express");
const session = require("express-session");

// What README.md shows, with this test's server; returns the client that it makes.
const configure = new Function("require", "app", "session", `${fs.readFileSync(process.argv[2], "utf8")}\nreturn client;`);

async function start() {
  const app = express();
  const client = configure(require, app, session);
  app.post("/login/:user", (request, response) => {
    Object.assign(request.session, { user: request.params.user, visits: 0, notes: { language: "français" } });
    response.json({});
  });
  app.get("/me", (request, response) => {
    if (request.session.user) request.session.visits++;
    response.json(request.session.user ? { user: request.session.user, visits: request.session.visits, notes: request.session.notes } : {});
  });
  app.post("/logout", (request, response) => request.session.destroy(() => response.json({})));
  const listener = app.listen(0, "127.0.0.1");
  await new Promise((resolve) => listener.once("listening", resolve));
  return { client, listener, base: `http://127.0.0.1:${listener.address().port}` };
}

async function ask(site, method, path, cookie) {
  const response = await fetch(site.base + path, { method, headers: { cookie: cookie ?? "", connection: "close" } });
  assert.equal(response.status, 200);
  return { body: await response.json(), cookie: response.headers.get("set-cookie")?.split(";")[0] };
}

async function main() {
  const sites = await Promise.all([start(), start()]);
  const { client } = sites[0];
  const { cookie } = await ask(sites[0], "POST", "/login/ada");
  for (let visits = 1; visits <= 10; visits++) {
    const { body } = await ask(sites[visits % 2], "GET", "/me", cookie);
    assert.deepEqual(body, { user: "ada", visits, notes: { language: "français" } });
  }
  assert.deepEqual((await ask(sites[1], "GET", "/me")).body, {});
  const keys = await client.keys("sess:*");
  assert.equal(keys.length, 1);
  const nearlyADay = 86400 - 3600;
  assert.ok(await client.ttl(keys[0]) > nearlyADay);
  await client.expire(keys[0], 50);
  await ask(sites[1], "GET", "/me", cookie);
  assert.ok(await client.ttl(keys[0]) > nearlyADay, "a request renews the time to live");
  await ask(sites[1], "POST", "/logout", cookie);
  assert.deepEqual((await ask(sites[0], "GET", "/me", cookie)).body, {});
  assert.equal(await client.exists(keys[0]), 0);
  for (const site of sites) {
    site.listener.close();
    await site.client.close();
  }
}

main();
