// SPDX-License-Identifier: BSD-3-Clause
// Socket.IO's streams adapter: two servers that tell each other's clients, and a client that, when its server was restarted,
// goes on where it was, with what it missed.
const assert = require("node:assert");
const http = require("node:http");
const { createClient } = require("redis");
const { Server } = require("socket.io");
const { io: connect } = require("socket.io-client");
const { createAdapter } = require("@socket.io/redis-streams-adapter");

const url = process.env.REDIS_URL;

async function startServer(port = 0) {
  const redis = createClient({ url });
  await redis.connect();
  const web = http.createServer();
  const io = new Server(web, { adapter: createAdapter(redis, { maxLen: 1000 }), connectionStateRecovery: { maxDisconnectionDuration: 60000 } });
  io.on("connection", (socket) => {
    if (!socket.recovered) socket.join("room");
    socket.data.visits = (socket.data.visits || 0) + 1;
    socket.emit("welcome", { recovered: socket.recovered, visits: socket.data.visits });
  });
  await new Promise((resolve) => web.listen(port, "127.0.0.1", resolve));
  const stop = async () => {
    await io.close();
    await redis.close(); // what it says last is still on its way
  };
  return { io, port: web.address().port, stop };
}

// A client that keeps what it hears, and can be asked to wait for it.
function newClient(port) {
  const socket = connect(`http://127.0.0.1:${port}`, { transports: ["websocket"], reconnectionDelay: 50, reconnectionDelayMax: 100 });
  const heard = [];
  const waiting = [];
  socket.onAny((event, argument) => {
    heard.push([event, argument]);
    for (const look of [...waiting]) look();
  });
  const hears = (wanted) =>
    new Promise((resolve) => {
      const look = () => {
        const found = heard.find(([event, argument]) => wanted(event, argument));
        if (!found) return;
        waiting.splice(waiting.indexOf(look), 1);
        resolve(found[1]);
      };
      waiting.push(look);
      look();
    });
  return { socket, heard, hears };
}

const says = (text) => (event, argument) => event === "said" && argument === text;
const isWelcome = (visits) => (event, argument) => event === "welcome" && argument.visits === visits;

async function eachOthersClients(first, second, client, other) {
  second.io.to("room").emit("said", "from the second");
  await Promise.all([client.hears(says("from the second")), other.hears(says("from the second"))]);
  first.io.except(client.socket.id).emit("said", "but for one");
  first.io.emit("said", "to all");
  await Promise.all([client.hears(says("to all")), other.hears(says("to all"))]);
  assert.ok(!client.heard.some(([, argument]) => argument === "but for one"));
  assert.ok(other.heard.some(([, argument]) => argument === "but for one"));
  const sockets = await first.io.fetchSockets();
  assert.deepEqual(new Set(sockets.map((socket) => socket.id)), new Set([client.socket.id, other.socket.id]));
}

async function serversAnswerEachOther(first, second) {
  second.io.on("question", (argument, answer) => answer(argument * 2));
  const answers = await new Promise((resolve, reject) =>
    first.io.serverSideEmit("question", 21, (error, replies) => (error ? reject(error) : resolve(replies))),
  );
  assert.deepEqual(answers, [42]);
}

async function goesOnBehindARestart(first, second, client) {
  const id = client.socket.id;
  await first.stop();
  second.io.to("room").emit("said", "missed");
  const again = await startServer(first.port);
  const welcome = await client.hears(isWelcome(2));
  assert.equal(welcome.recovered, true);
  assert.equal(client.socket.id, id);
  await client.hears(says("missed"));
  second.io.to("room").emit("said", "still in the room");
  await client.hears(says("still in the room"));
  return again;
}

async function main() {
  const [first, second] = await Promise.all([startServer(), startServer()]);
  const client = newClient(first.port);
  const other = newClient(second.port);
  await Promise.all([client.hears(isWelcome(1)), other.hears(isWelcome(1))]);
  await eachOthersClients(first, second, client, other);
  await serversAnswerEachOther(first, second);
  const again = await goesOnBehindARestart(first, second, client);
  client.socket.disconnect();
  other.socket.disconnect();
  await again.stop();
  await second.stop();
}

main().then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
