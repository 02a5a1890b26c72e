/* SPDX-License-Identifier: BSD-3-Clause */
/* The live page: asks /api/live every second for what is new, and shows it. Texts go into the page as text, never as markup:
 * a prefix may hold anything. */
"use strict";

const WINDOW_MS = 300000; /* what the small charts show */
const POLL_MS = 1000;
const RETRY_MS = 3000;
const DESCRIBE_MS = 10000; /* how often the charts' descriptions change: whoever listens to them needs time */

const element = (id) => document.getElementById(id);

/* What may be missing (a private window) and isn't needed. */
const stored = {
  get(store, name) { try { return store.getItem(name); } catch { return null; } },
  set(store, name, value) { try { store.setItem(name, value); } catch { /* not kept, then */ } },
};

/* ---- how things are written ---- */

const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });
const clockTime = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const clockSeconds = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const dayTime = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

const many = (number, one, more) => `${count(number)} ${number === 1 ? one : more}`;
const count = (value) => (Math.abs(value) < 100000 ? whole : short).format(value);

function scaled(value, step, units) {
  let unit = 0;
  while (Math.abs(value) >= step && unit < units.length - 1) {
    value /= step;
    unit++;
  }
  return [value.toLocaleString(undefined, { maximumFractionDigits: value < 10 && unit > 0 ? 1 : 0 }), units[unit]];
}
const bytes = (value) => scaled(value, 1024, ["B", "KB", "MB", "GB", "TB"]);
const micros = (value) => {
  if (value < 1) return [value.toLocaleString(undefined, { maximumFractionDigits: 2 }), "µs"];
  if (value < 10) return [value.toLocaleString(undefined, { maximumFractionDigits: 1 }), "µs"];
  return scaled(value, 1000, ["µs", "ms", "s"]);
};
const joined = (pair) => pair.join(" ");

function duration(seconds) {
  if (seconds < 60) return `${Math.max(0, Math.floor(seconds))} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
}

/* ---- small helpers for the document ---- */

function setText(id, text) {
  const node = element(id);
  if (node.textContent !== text) node.textContent = text;
}

function setFigure(id, [number, unit]) {
  const node = element(id);
  const value = document.createTextNode(number);
  if (!unit) return node.replaceChildren(value);
  const small = document.createElement("span");
  small.className = "unit";
  small.textContent = unit;
  node.replaceChildren(value, small);
}

function make(tag, text, properties) {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  return Object.assign(node, properties);
}

function emptyRow(columns, text) {
  const row = make("tr");
  row.append(make("td", text, { colSpan: columns, className: "quiet" }));
  return row;
}

/* ---- theme ---- */

const THEMES = ["automatic", "light", "dark"];
const prefersDark = matchMedia("(prefers-color-scheme: dark)");
let theme = stored.get(localStorage, "theme");
if (!THEMES.includes(theme)) theme = "automatic";

function applyTheme() {
  const isDark = theme === "dark" || (theme === "automatic" && prefersDark.matches);
  document.documentElement.dataset.theme = isDark ? "dark" : "light";
  setText("theme", `Theme: ${theme}`);
  for (const chart of allCharts) colourChart(chart);
}

/* ---- charts ---- */

const hasCharts = typeof Chart !== "undefined"; /* not every system has the library when the server is built */
const allCharts = [];
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const translucent = (name, share) => `${colour(name)}${Math.round(share * 255).toString(16).padStart(2, "0")}`;

function colourChart(chart) {
  for (const set of chart.data.datasets) {
    const isBar = (set.type || chart.config.type) === "bar";
    set.borderColor = colour(set.colour);
    set.backgroundColor = isBar ? colour(set.colour) : translucent(set.colour, set.fill ? 0.16 : 1);
    set.pointBackgroundColor = colour(set.colour);
  }
  for (const scale of Object.values(chart.options.scales)) {
    scale.ticks.color = colour("quiet");
    scale.grid.color = colour("grid");
  }
  chart.options.plugins.legend.labels.color = colour("text");
  Object.assign(chart.options.plugins.tooltip, {
    backgroundColor: colour("card"), titleColor: colour("text"), bodyColor: colour("text"), borderColor: colour("line"),
  });
  chart.update("none");
}

/* Marks at full minutes and hours of the reader's clock, as many as there is room for. */
function timeMarks(scale) {
  const steps = [60000, 120000, 300000, 600000, 1200000, 1800000, 3600000, 7200000, 10800000, 21600000];
  const room = Math.max(2, Math.floor(scale.width / 64));
  const step = steps.find((each) => (scale.max - scale.min) / each <= room) || steps[steps.length - 1];
  const zone = new Date(scale.max).getTimezoneOffset() * 60000;
  scale.ticks = [];
  for (let at = Math.ceil((scale.min - zone) / step) * step + zone; at <= scale.max; at += step) scale.ticks.push({ value: at });
}

/* Marks at 1, 2 or 4 of the largest binary unit and so on: 16 MB, not 19. */
function byteMarks(scale) {
  let step = 1;
  while (scale.max / step > 5) step *= 2;
  scale.ticks = [];
  for (let at = 0; at <= scale.max; at += step) scale.ticks.push({ value: at });
}

function axis(format, more) {
  return {
    beginAtZero: true, border: { display: false }, grid: { drawBorder: false, drawTicks: false },
    ticks: { callback: (value) => format(value), ...(format === count && { precision: 0 }), maxTicksLimit: 5, padding: 6, font: { size: 11 } }, ...more,
  };
}

function timeAxis() {
  return {
    type: "linear", grid: { display: false, drawBorder: false }, offset: false, afterBuildTicks: timeMarks,
    ticks: { callback: (value) => clockTime.format(value), maxRotation: 0, autoSkip: false, font: { size: 11 } },
  };
}

/* `sets` are {label, colour, fill, type, ...}; `format` writes a value of the vertical axis. */
function makeChart(id, type, sets, format, options) {
  const chart = new Chart(element(id), {
    type,
    data: { datasets: sets.map((set) => ({ data: [], borderWidth: type === "bar" && !set.type ? 0 : 1.8, pointRadius: 0, pointHitRadius: 8, tension: 0.25, ...set })) },
    options: {
      animation: false, maintainAspectRatio: false, parsing: false, normalized: true,
      interaction: { mode: "index", intersect: false },
      scales: { x: timeAxis(), y: axis(format, options.y), ...options.scales },
      plugins: {
        legend: { display: sets.length > 1, position: "bottom", align: "start", labels: { boxWidth: 9, boxHeight: 9, usePointStyle: true, pointStyle: "circle", padding: 12, font: { size: 11.5 } } },
        tooltip: {
          borderWidth: 1, padding: 9, cornerRadius: 8, usePointStyle: true, boxPadding: 4,
          callbacks: {
            title: (items) => (items.length ? (options.title || clockSeconds).format(items[0].parsed.x) : ""),
            label: (item) => ` ${item.dataset.label}: ${(item.dataset.format || format)(item.parsed.y)}`,
          },
        },
      },
    },
  });
  allCharts.push(chart);
  return chart;
}

const perSecond = (format) => (value) => `${format(value)}/s`;

/* The small charts: which columns of the samples they draw. */
const small = [
  { id: "operations", sets: [{ label: "Operations", column: "operations", colour: "blue", fill: true }], format: count },
  { id: "latency", format: (value) => joined(micros(value)), sets: [
    { label: "half within", column: "p50", colour: "teal" }, { label: "99% within", column: "p99", colour: "orange" },
    { label: "99.9% within", column: "p999", colour: "red" }] },
  { id: "lookups", format: count, y: { stacked: true }, sets: [
    { label: "Hits", column: "hits", colour: "green", fill: true }, { label: "Misses", column: "misses", colour: "orange", fill: true }] },
  { id: "memory", format: (value) => joined(bytes(value)), y: { afterBuildTicks: byteMarks }, sets: [
    { label: "Used", column: "memory", colour: "violet", fill: true },
    { label: "maxmemory", column: null, colour: "red", borderDash: [5, 4] }] },
  { id: "pubsub", format: count, sets: [
    { label: "Published", column: "published", colour: "blue" }, { label: "Delivered", column: "delivered", colour: "teal", fill: true }] },
  { id: "network", format: perSecond((value) => joined(bytes(value))), y: { afterBuildTicks: byteMarks }, sets: [
    { label: "In", column: "input", colour: "blue" }, { label: "Out", column: "output", colour: "violet", fill: true }] },
];

function makeCharts() {
  for (const plot of small) plot.chart = makeChart(plot.id, "line", plot.sets, plot.format, { y: plot.y });
  const bars = [["Created", "created", "green"], ["Expired", "expired", "orange"], ["Logged out", "deleted", "blue"], ["Evicted", "evicted", "red"]];
  /* What came stands above the line, what went below. */
  const sets = bars.map(([label, column, tint]) => ({ label, column, colour: tint, stack: "flow", sign: column === "created" ? 1 : -1, format: (value) => `${count(Math.abs(value))} a minute`, order: 1 }));
  sets.push({ label: "Live", column: "live", colour: "violet", type: "line", yAxisID: "live", sign: 1, order: 0, borderWidth: 2 });
  flow = makeChart("flow", "bar", sets, (value) => count(Math.abs(value)), {
    title: dayTime, y: { stacked: true },
    scales: { live: { ...axis(count), position: "right", grid: { display: false, drawBorder: false } } },
  });
}

/* ---- what was heard so far ---- */

let flow = null;
let last = null;               /* the latest answer */
let samples = [], minutes = []; /* objects by column; minutes with the time of their end */
let next = 0, nextMinute = 0;
let hours = 1;
let isHoursChosen = false; /* by a person; until then the shortest time that shows all there is */
let describedAt = 0;

function rows(columns, values) {
  return values.map((value) => Object.fromEntries(columns.map((column, i) => [column, value[i]])));
}

function forgetAll() {
  samples = [];
  minutes = [];
  next = nextMinute = 0;
}

/* False when the server was started anew in between: what is known is then of another one. */
function remember(answer) {
  if (last && last.server.run_id !== answer.server.run_id) return false;
  samples = samples.concat(rows(answer.columns, answer.samples)).filter((sample) => sample.time_ms > answer.now_ms - WINDOW_MS);
  const added = rows(answer.minute_columns, answer.minutes);
  added.forEach((minute, i) => { minute.time_ms = answer.minute_ms - (added.length - 1 - i) * 60000; });
  minutes = minutes.concat(added).slice(-1440);
  next = answer.next;
  nextMinute = answer.next_minute;
  last = answer;
  return true;
}

/* ---- showing it ---- */

function showState(answer) {
  const { health, server } = answer;
  const state = element("state");
  state.dataset.state = !health.is_ready ? "bad" : health.warnings.length ? "warn" : "good";
  setText("state", !health.is_ready ? "Not ready" : health.warnings.length ? "Ready, with a warning" : "Ready");
  const certificate = "certificate_days" in server ? ` · certificate good for ${server.certificate_days} days` : "";
  setText("about", `port ${server.port}${certificate} · up ${duration(server.uptime_s)} · version ${server.version}, as Redis ${server.redis_version}`);
}

function mean(column, over) {
  const recent = samples.slice(-over);
  return recent.length ? recent.reduce((sum, sample) => sum + sample[column], 0) / recent.length : 0;
}

function showTiles(answer) {
  const { server, sessions } = answer;
  const now = samples[samples.length - 1];
  const minute = minutes[minutes.length - 1];
  if (!now) return;
  setFigure("now-sessions", [count(now.sessions)]);
  setText("now-sessions-note", minute ? `last minute +${short.format(minute.created)} −${short.format(minute.expired + minute.deleted + minute.evicted)}`
    : many(sessions.length, "prefix", "prefixes"));
  setFigure("now-operations", [count(Math.round(now.operations))]);
  setText("now-operations-note", `mean of a minute ${short.format(mean("operations", 60))}`);
  const lookups = mean("hits", 60) + mean("misses", 60);
  setFigure("now-hits", lookups ? [(100 * mean("hits", 60) / lookups).toLocaleString(undefined, { maximumFractionDigits: 1 }), "%"] : ["–"]);
  setText("now-hits-note", lookups ? `${count(lookups)} lookups a second` : "no lookups in a minute");
  setFigure("now-latency", now.operations ? micros(now.p99) : ["–"]);
  setText("now-latency-note", now.operations ? `half within ${joined(micros(now.p50))}` : "nothing ran this second");
  setFigure("now-memory", bytes(server.memory));
  element("memory-meter").hidden = !server.maxmemory;
  if (server.maxmemory) element("memory-meter").value = server.memory / server.maxmemory;
  setText("now-memory-note", server.maxmemory ? `of ${joined(bytes(server.maxmemory))}, ${server.maxmemory_policy}` : `at most so far ${joined(bytes(server.memory_peak))}`);
  setFigure("now-clients", [count(server.clients)]);
  setText("now-clients-note", `of ${count(server.maxclients)} · ${many(server.channels + server.patterns, "channel", "channels")}`);
}

function showCharts(answer) {
  if (!hasCharts) return;
  for (const plot of small) {
    plot.chart.data.datasets.forEach((set) => {
      if (set.column) set.data = samples.map((sample) => ({ x: sample.time_ms, y: sample[set.column] }));
      else set.data = answer.server.maxmemory ? samples.map((sample) => ({ x: sample.time_ms, y: answer.server.maxmemory })) : [];
    });
    Object.assign(plot.chart.options.scales.x, { min: answer.now_ms - WINDOW_MS, max: answer.now_ms });
    plot.chart.update("none");
  }
}

/* Minutes put together, so that a day's bars can be told apart: means a minute. */
function gather(width) {
  const groups = new Map();
  for (const minute of minutes) {
    const group = Math.floor(minute.time_ms / 60000 / width);
    if (!groups.has(group)) groups.set(group, []);
    groups.get(group).push(minute);
  }
  return [...groups].map(([group, members]) => ({ time_ms: (group + 0.5) * width * 60000, members }));
}

function chooseHours(chosen) {
  hours = chosen;
  for (const button of document.querySelectorAll("[data-hours]")) button.setAttribute("aria-pressed", String(Number(button.dataset.hours) === hours));
}

function showFlow(answer) {
  if (!isHoursChosen) chooseHours([1, 6].find((each) => minutes.length <= each * 60) || 24);
  if (!hasCharts) return;
  const width = { 1: 1, 6: 5, 24: 15 }[hours];
  const begin = answer.now_ms - hours * 3600000;
  const groups = gather(width).filter((group) => group.time_ms > begin);
  for (const set of flow.data.datasets) {
    set.data = groups.map(({ time_ms, members }) => ({
      x: time_ms,
      y: set.sign * (set.column === "live" ? members[members.length - 1].live
        : members.reduce((sum, minute) => sum + minute[set.column], 0) / members.length),
    }));
  }
  Object.assign(flow.options.scales.x, { min: begin, max: answer.now_ms + width * 30000 });
  /* So wide that neighbours touch, whatever is missing between them. */
  const pixels = flow.chartArea ? (flow.chartArea.right - flow.chartArea.left) * width / (hours * 60) : 6;
  for (const set of flow.data.datasets) if (!set.type) set.barThickness = Math.max(1, pixels * 0.8);
  element("flow-empty").hidden = minutes.length > 0;
  flow.update("none");
}

function showPrefixes(answer) {
  const most = Math.max(1, ...answer.sessions.map((each) => each.keys));
  const lines = answer.sessions.map((each) => {
    const line = make("tr");
    const name = make("th", each.prefix === "" ? "(no prefix)" : each.prefix, { scope: "row" });
    const bar = make("i");
    bar.style.width = `${Math.round(100 * each.keys / most)}%`;
    name.append(bar);
    line.append(name);
    const mean_size = each.keys ? joined(bytes(each.bytes / each.keys)) : "–";
    for (const text of [count(each.keys), joined(bytes(each.bytes)), mean_size, count(each.created), count(each.refreshed),
      count(each.deleted), count(each.expired), count(each.evicted)]) line.append(make("td", text, { className: "number" }));
    return line;
  });
  element("prefixes").tBodies[0].replaceChildren(...(lines.length ? lines : [emptyRow(9, "No keys yet.")]));
}

const CHECK_NAMES = { redis: "Takes commands", data: "Data is loaded", storage: "Snapshots succeed", memory: "Memory is left", writes: "Not paused" };

function showHealth({ health }) {
  element("checks").replaceChildren(...Object.entries(health.checks).map(([name, isGood]) => {
    const line = make("li", CHECK_NAMES[name] || name);
    const mark = make("b", isGood ? "yes" : "no");
    if (!isGood) mark.dataset.bad = "";
    line.append(mark);
    return line;
  }));
  const remarks = health.reasons.map((text) => [text, true]).concat(health.warnings.map((text) => [text, false]));
  element("remarks").replaceChildren(...remarks.map(([text, isBad]) => {
    const line = make("li", `${text[0].toUpperCase()}${text.slice(1)}.`);
    if (isBad) line.dataset.bad = "";
    return line;
  }));
}

function showSnapshot({ snapshot, now_ms }) {
  const share = snapshot.keys_total ? snapshot.keys_done / snapshot.keys_total : 0;
  const progress = element("snapshot-progress");
  progress.hidden = !snapshot.is_running;
  progress.value = share;
  setText("snapshot-state", snapshot.is_running ? `Being written, ${Math.round(100 * share)}%`
    : !snapshot.is_ok ? "The last one failed" : snapshot.last_duration_s < 0 ? "None written yet" : "Written");
  const facts = [[snapshot.last_duration_s < 0 ? "Started" : "Last success", `${duration((now_ms - snapshot.last_ms) / 1000)} ago`],
    ["Changes since", count(snapshot.changes)], ["Written", many(snapshot.saves, "time", "times")]];
  if (snapshot.last_duration_s >= 0) facts.push(["The last took", `${snapshot.last_duration_s} s`]);
  element("snapshot-facts").replaceChildren(...facts.flatMap(([term, text]) => [make("dt", term), make("dd", text)]));
}

function showSlow({ slow, now_ms }) {
  const lines = slow.map((each) => {
    const line = make("tr");
    line.append(make("th", each.command.toUpperCase().replace("|", " "), { scope: "row" }),
      make("td", joined(micros(each.duration_us)), { className: "number" }),
      make("td", `${duration(now_ms / 1000 - each.time_s)} ago`, { className: "number", title: dayTime.format(each.time_s * 1000) }));
    return line;
  });
  element("slow").tBodies[0].replaceChildren(...(lines.length ? lines : [emptyRow(3, "None.")]));
}

/* What the charts show, in words. */
function describe(answer) {
  const now = Date.now();
  const sample = samples[samples.length - 1];
  if (!sample || now - describedAt < DESCRIBE_MS) return;
  describedAt = now;
  const top = (column) => Math.max(0, ...samples.map((each) => each[column]));
  setText("operations-text", `now ${count(sample.operations)}, at most ${count(top("operations"))} in five minutes`);
  setText("latency-text", `${sample.operations ? `99% within ${joined(micros(sample.p99))}` : "nothing runs now"}, at worst ${joined(micros(top("p99")))}`);
  setText("lookups-text", `now ${count(sample.hits)} hits and ${count(sample.misses)} misses a second`);
  setText("memory-text", `now ${joined(bytes(sample.memory))}${answer.server.maxmemory ? ` of ${joined(bytes(answer.server.maxmemory))}` : ""}`);
  setText("pubsub-text", `now ${count(sample.published)} published, ${count(sample.delivered)} delivered a second`);
  setText("network-text", `now ${joined(bytes(sample.input))}/s in, ${joined(bytes(sample.output))}/s out`);
  const sum = (column) => minutes.slice(-hours * 60).reduce((total, minute) => total + minute[column], 0);
  setText("flow-text", minutes.length ? `In ${hours === 1 ? "an hour" : `${hours} hours`}: ${count(sum("created"))} created, ${count(sum("expired"))} expired, ${count(sum("deleted"))} logged out.`
    : "Created, expired and logged out, and how many there are.");
}

function show(answer) {
  showState(answer);
  showTiles(answer);
  showCharts(answer);
  showFlow(answer);
  showPrefixes(answer);
  showHealth(answer);
  showSnapshot(answer);
  showSlow(answer);
  describe(answer);
}

/* ---- asking ---- */

let token = stored.get(sessionStorage, "token");
let isPaused = false;
let timer = 0;

function trouble(text) {
  const banner = element("trouble");
  banner.hidden = !text;
  setText("trouble", text || "");
  if (text) {
    element("state").dataset.state = "unknown";
    setText("state", "Not connected");
  }
}

function askForToken(isWrong) {
  element("login").hidden = false;
  setText("state", "Token needed");
  if (isWrong) setText("login-note", "That was not the token.");
  if (document.activeElement !== element("token")) element("token").focus();
}

async function ask() {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const reply = await fetch(`/api/live?since=${next}&minute=${nextMinute}`, { headers, cache: "no-store", signal: AbortSignal.timeout(10000) });
  if (reply.status === 401) {
    askForToken(token !== null);
    return false;
  }
  if (!reply.ok) throw new Error(`the server answers ${reply.status}`);
  const answer = await reply.json();
  element("login").hidden = true;
  trouble(null);
  if (!remember(answer)) {
    forgetAll();
    last = null;
    return true;
  }
  show(answer);
  return true;
}

async function poll() {
  clearTimeout(timer);
  if (isPaused || document.hidden) return;
  let wait = POLL_MS;
  try {
    if (!await ask()) return;
  } catch (error) {
    trouble(`No answer from the server; trying again. (${error.message})`);
    wait = RETRY_MS;
  }
  timer = setTimeout(poll, wait);
}

/* ---- begin ---- */

element("pause").addEventListener("click", () => {
  isPaused = !isPaused;
  element("pause").setAttribute("aria-pressed", String(isPaused));
  setText("pause", isPaused ? "Go on" : "Pause");
  poll();
});
element("theme").addEventListener("click", () => {
  theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
  stored.set(localStorage, "theme", theme);
  applyTheme();
});
element("login").addEventListener("submit", (event) => {
  event.preventDefault();
  token = element("token").value;
  stored.set(sessionStorage, "token", token);
  poll();
});
for (const button of document.querySelectorAll("[data-hours]")) {
  button.addEventListener("click", () => {
    isHoursChosen = true;
    chooseHours(Number(button.dataset.hours));
    describedAt = 0;
    if (last) {
      showFlow(last);
      describe(last);
    }
  });
}
prefersDark.addEventListener("change", applyTheme);
document.addEventListener("visibilitychange", poll);

if (hasCharts) {
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  makeCharts();
}
for (const plot of document.querySelectorAll(".plot")) plot.hidden = !hasCharts;
applyTheme();
poll();
