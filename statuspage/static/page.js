// page.js keeps an open page up to date. The page is whole without it.
//
// The server sends fragments, each the newest HTML of one element. They are
// grown into the page in place: what is the same stays the same node, so that
// focus, selection, half-typed text and open details survive.

const page = document.body.dataset;
const at = (id) => document.getElementById(id);
const policy = window.trustedTypes?.createPolicy("hub", { createHTML: (s) => s }) ?? { createHTML: (s) => s };

// Times: the server writes UTC, the reader reads in the zone of the device.

const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
const clockParts = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const dayParts = { weekday: "short", day: "numeric", month: "numeric", year: "numeric" };
const clock = new Intl.DateTimeFormat("en-GB", clockParts);
const zoned = new Intl.DateTimeFormat("en-GB", { ...clockParts, timeZoneName: "short" });
const day = new Intl.DateTimeFormat("en-US", dayParts);

// What is said, with its gaps filled; the words are the page's.
const fill = (words, gaps) => words.replace(/{(\w+)}/g, (_, name) => gaps[name]);
const english = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]; // as the formatter names them
const [weekdays, months] = [page.weekdays, page.months].map((names) => names.split("|"));

function dayOf(date) {
  const part = Object.fromEntries(day.formatToParts(date).map((p) => [p.type, p.value]));
  return fill(page.date, { ...part, weekday: weekdays[english.indexOf(part.weekday)], month: months[part.month - 1] });
}

const forms = {
  bare: (d) => clock.format(d),
  clock: (d) => zoned.format(d),
  day: dayOf,
  full: (d) => fill(page.moment, { date: dayOf(d), clock: zoned.format(d) }),
};

const zoneAt = (date) => zoned.formatToParts(date).find((p) => p.type === "timeZoneName")?.value;

// The first moment of a range has no zone of its own, unless the clocks
// change in between: 02:30 to 02:30 would read as no time at all.
function formOf(el, date, next) {
  const until = new Date(next?.dateTime ?? NaN);
  if (el.dataset.form !== "bare" || isNaN(until) || zoneAt(date) === zoneAt(until)) return forms[el.dataset.form];
  return forms.clock;
}

function localise(root) {
  const times = [...root.querySelectorAll("time[data-form]")];
  for (const [i, el] of times.entries()) {
    const date = new Date(el.dateTime);
    if (isNaN(date) || !forms[el.dataset.form]) continue;
    el.textContent = formOf(el, date, times[i + 1])(date);
    el.title = el.dateTime.replace("T", " ").replace(/:\d\d(\.\d+)?Z$/, " UTC");
  }
  for (const el of root.querySelectorAll("[data-until]")) el.textContent = distance(el.dataset.until);
}

const relative = new Intl.RelativeTimeFormat(`${page.lang}-u-nu-latn`, { numeric: "always" });

function distance(moment) {
  const minutes = Math.round((new Date(moment) - Date.now()) / 60000);
  if (!(minutes >= 0)) return ""; // a moment that passed is the server's to judge
  if (minutes < 90) return relative.format(minutes, "minute");
  if (minutes < 48 * 60) return relative.format(Math.round(minutes / 60), "hour");
  return relative.format(Math.round(minutes / 1440), "day");
}

function countDown() {
  for (const el of document.querySelectorAll("[data-until]")) {
    const text = distance(el.dataset.until);
    if (el.textContent !== text) el.textContent = text;
  }
}

// Growing a new rendering into the page.

const slot = (node) => node.nodeType === 1 && node.hasAttribute("data-part");

function grow(old, now) {
  if (slot(now) || old.isEqualNode(now)) return; // a slot: its own fragment fills it
  if (old.nodeType !== 1) {
    old.nodeValue = now.nodeValue;
    return;
  }
  for (const { name } of [...old.attributes]) {
    if (!now.hasAttribute(name) && !(name === "open" && old.localName === "details")) old.removeAttribute(name);
  }
  for (const { name, value } of now.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  children(old, now);
}

function children(old, now) {
  const wanted = new Set([...now.children].map((n) => n.id).filter(Boolean));
  for (const child of [...old.children]) if (child.id && !wanted.has(child.id)) child.remove();
  let here = old.firstChild;
  for (const want of [...now.childNodes]) {
    const have = want.id ? [...old.children].find((c) => c.id === want.id) : alike(here, want);
    if (!have) {
      old.insertBefore(want, here);
      continue;
    }
    while (here !== have && here && !here.id) here = drop(here);
    if (here === have) here = have.nextSibling;
    else old.insertBefore(have, here); // a real change of order
    if (have.localName === want.localName) grow(have, want);
    else have.replaceWith(want);
  }
  while (here) here = drop(here);
}

const alike = (have, want) => (have && !have.id && have.nodeName === want.nodeName ? have : null);

function drop(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}

function apply(fragments) {
  for (const [id, html] of Object.entries(fragments)) {
    const old = at(id);
    if (!html) {
      old?.remove();
      continue;
    }
    const doc = new DOMParser().parseFromString(policy.createHTML(html), "text/html");
    const now = doc.body.firstElementChild;
    if (!old || !now) continue; // its parent has not made a place for it
    localise(doc);
    if (slot(old) || old.localName !== now.localName) old.replaceWith(now);
    else grow(old, now);
  }
}

// The connection.

let seq = Number(page.seq) || 0;
let log = page.log;
let socket = null;
let failed = 0; // sockets in a row that never spoke
let tries = 0;
let timer = 0;
let silence = 0;
let waiting = null; // what came while the tab was hidden
let last = new Date();

function state(tone, text) {
  const el = at("link");
  if (!el || (el.dataset.tone === tone && el.textContent === text)) return;
  el.dataset.tone = tone;
  el.dataset.state = "";
  el.textContent = text;
}

const lost = () => state("warn", fill(page.lost, { time: zoned.format(last) }));

function query() {
  const { page: path, lang, build } = page;
  return new URLSearchParams({ since: seq, page: path, lang, build, log });
}

function receive(frame) {
  last = new Date();
  if (frame.reload) reloadOnce();
  if (frame.behind) return state("warn", page.behind);
  state("good", page.live);
  if (!frame.f) return;
  ({ seq, log } = frame);
  if (frame.title && frame.title !== document.title) document.title = frame.title;
  waiting = { say: frame.say || waiting?.say, f: { ...waiting?.f, ...frame.f } };
  if (!document.hidden) show();
}

function show() {
  if (!waiting) return;
  const { say, f } = waiting;
  waiting = null;
  apply(f);
  if (say) at("say").textContent = say;
}

// Once per build, and not everybody at once.
function reloadOnce() {
  try {
    if (sessionStorage.getItem("reloaded") === page.build) return;
    sessionStorage.setItem("reloaded", page.build);
  } catch {
    return; // without a memory it could go on for ever
  }
  setTimeout(() => location.reload(), Math.random() * 30000);
}

function connect() {
  clearTimeout(timer);
  if (socket) return;
  const mine = (socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/ws?${query()}`));
  let spoke = false;
  mine.onopen = () => {
    spoke = true; // but a server that falls over at once must not be run against: tries stay
    failed = 0;
    state("good", page.live);
    listen();
  };
  mine.onmessage = (m) => {
    tries = 0;
    listen();
    receive(JSON.parse(m.data));
  };
  mine.onclose = () => {
    if (socket !== mine) return;
    socket = null;
    clearTimeout(silence);
    if (!spoke) failed++;
    lost();
    again();
  };
}

// A half-open socket says nothing: the server beats every 25 s.
function listen() {
  clearTimeout(silence);
  silence = setTimeout(hangUp, 60000);
}

function hangUp() {
  clearTimeout(silence);
  const old = socket;
  socket = null;
  old?.close();
  lost();
  again();
}

function again() {
  clearTimeout(timer);
  const most = failed >= 3 ? 8000 : Math.min(30000, 1000 * 2 ** tries++);
  timer = setTimeout(failed >= 3 ? poll : connect, 250 + Math.random() * most);
}

// Where sockets do not pass, ask; and try a socket again now and then.
let polls = 0;
async function poll() {
  try {
    const answer = await fetch(`/live?${query()}`, { cache: "no-store" });
    if (!answer.ok) throw new Error(answer.status);
    receive(await answer.json());
    if (++polls % 12 === 0) failed = 2;
  } catch {
    lost();
  }
  again();
}

function stop() {
  clearTimeout(timer);
  clearTimeout(silence);
  const old = socket;
  socket = null;
  old?.close();
}

localise(document);
for (const el of document.querySelectorAll("[data-zone-field]")) el.value ||= zone;
for (const el of document.querySelectorAll("[data-zone]")) el.textContent = zone;
setInterval(countDown, 15000);
if (page.page) {
  addEventListener("pagehide", stop);
  addEventListener("pageshow", (e) => e.persisted && connect());
  addEventListener("online", connect);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    show();
    if (!socket && failed < 3) connect();
  });
  connect();
}
