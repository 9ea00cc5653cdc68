// The live page of a run: server-sent events where the server can, polling where not.

import { write } from "./ansi.js";
import { facts } from "./facts.js";
import { word } from "./words.js";

const data = JSON.parse(document.getElementById("ez-live-data").textContent);
const byId = (id) => document.getElementById(`ez-${id}`);
const log = byId("log");
const list = byId("lines");
const BLOCK = 200;
const POLL_MS = 1000;

const view = { level: "", search: "", first: null, last: 0, key: data.key, turn: 0, ended: false, source: null };

function lineElement(line) {
  const row = document.createElement("div");
  row.className = `ez-line ez-l-${line.level === "CRITICAL" ? "error" : line.level.toLowerCase()}`;
  row.id = `L${line.id}`;
  const time = document.createElement("a");
  time.href = `#L${line.id}`;
  const moment = new Date(line.time);
  time.textContent = moment.toLocaleTimeString();
  time.title = moment.toLocaleString();
  const label = document.createElement("span");
  label.className = "ez-label";
  label.textContent = line.stream === "log" ? line.level : line.stream;
  label.title = line.logger;
  const text = document.createElement("span");
  write(text, line.text);
  row.append(time, label, text);
  return row;
}

function append(lines) {
  for (const line of lines) {
    if (line.id <= view.last) continue;
    let block = list.lastElementChild;
    if (!block || block.childElementCount >= BLOCK) {
      block = document.createElement("div");
      block.className = "ez-block";
      list.append(block);
    }
    block.append(lineElement(line));
    view.last = line.id;
    view.first ??= line.id;
  }
  byId("empty").hidden = view.last > 0;
  byId("empty").textContent = word(view.search || view.level ? "no match" : "empty");
  if (lines.length && byId("follow").checked) log.scrollTop = log.scrollHeight;
}

function prepend(lines) {
  const block = document.createElement("div");
  block.className = "ez-block";
  block.append(...lines.map(lineElement));
  const before = log.scrollHeight;
  list.prepend(block);
  log.scrollTop += log.scrollHeight - before;
  if (lines.length) view.first = lines[0].id;
}

function show(piece) {
  facts(piece.run);
  view.ended = piece.run.finished_at !== null && !piece.more;
  append(piece.lines);
}

function query(extra) {
  return new URLSearchParams({ key: view.key, level: view.level, q: view.search, ...extra });
}

async function ask(extra) {
  let answer = await fetch(`${data.lines}?${query(extra)}`);
  if (answer.status === 403) {
    const renewed = await fetch(data.renew);
    if (!renewed.ok || renewed.redirected) throw new Error("signed out");
    view.key = (await renewed.json()).key;
    answer = await fetch(`${data.lines}?${query(extra)}`);
  }
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

function say(text) {
  byId("live").textContent = text;
}

async function poll(turn) {
  if (turn !== view.turn) return;
  try {
    const piece = await ask({ after: view.last });
    if (turn !== view.turn) return;
    show(piece);
    say(word(view.ended ? "ended" : "live"));
    if (view.ended && !piece.lines.length) return;
    setTimeout(poll, piece.more ? 0 : POLL_MS, turn);
  } catch (error) {
    if (error.message === "signed out") return say(word("signed out"));
    say(word("not connected"));
    setTimeout(poll, 3 * POLL_MS, turn);
  }
}

function listen(turn) {
  if (!("EventSource" in window)) return poll(turn);
  const source = new EventSource(`${data.events}?${query({ after: view.last })}`);
  view.source = source;
  source.onopen = () => say(word("live"));
  source.onmessage = (event) => {
    if (turn !== view.turn) return source.close();
    show(JSON.parse(event.data));
    if (view.ended) {
      source.close();
      say(word("ended"));
    }
  };
  source.onerror = () => {
    source.close();
    if (turn === view.turn && !view.ended) poll(turn);
  };
}

async function start() {
  const turn = ++view.turn;
  view.source?.close();
  Object.assign(view, { first: null, last: 0, ended: false });
  list.replaceChildren();
  const piece = await ask({});
  if (turn !== view.turn) return;
  show(piece);
  view.ended = piece.run.finished_at !== null;
  byId("older").hidden = !piece.more;
  mark();
  if (view.ended) say(word("ended"));
  else listen(turn);
}

function mark() {
  document.querySelector(".ez-marked")?.classList.remove("ez-marked");
  const line = /^#L\d+$/.test(location.hash) && document.getElementById(location.hash.slice(1));
  if (line) {
    byId("follow").checked = false;
    line.classList.add("ez-marked");
    line.scrollIntoView({ block: "center" });
  }
}

byId("older").addEventListener("click", async () => {
  const piece = await ask({ before: view.first });
  prepend(piece.lines);
  byId("older").hidden = !piece.more;
});
byId("levels").addEventListener("click", (event) => {
  const chip = event.target.closest("button");
  if (!chip) return;
  for (const other of byId("levels").children) other.setAttribute("aria-pressed", String(other === chip));
  view.level = chip.dataset.level;
  start();
});
let typing = 0;
byId("search").addEventListener("input", (event) => {
  clearTimeout(typing);
  typing = setTimeout(() => {
    view.search = event.target.value;
    start();
  }, 250);
});
byId("wrap").addEventListener("change", (event) => log.classList.toggle("ez-nowrap", !event.target.checked));
byId("follow").addEventListener("change", (event) => {
  if (event.target.checked) log.scrollTop = log.scrollHeight;
});
log.addEventListener("wheel", (event) => {
  if (event.deltaY < 0) byId("follow").checked = false;
}, { passive: true });
window.addEventListener("hashchange", mark);
window.addEventListener("pagehide", () => view.source?.close());
start().catch(() => say(word("unreadable")));
