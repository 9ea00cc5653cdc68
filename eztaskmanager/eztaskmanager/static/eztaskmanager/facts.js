// What stands above the log: state, time, exit code, progress, counts.

import { word } from "./words.js";

const SIGNS = { queued: "○", running: "●", done: "✓", failed: "✕", stopped: "■", lost: "?", warnings: "!", errors: "!" };
const byId = (id) => document.getElementById(`ez-${id}`);
let clock = 0;

function duration(seconds) {
  if (seconds === null) return "–";
  if (seconds < 10) return word("seconds", { seconds: seconds.toFixed(1) });
  if (seconds < 60) return word("seconds", { seconds: Math.round(seconds) });
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return word("minutes", { minutes, seconds: Math.floor(seconds % 60) });
  return word("hours", { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
}

function state(run) {
  let kind = run.state;
  let text = word(run.stopping ? "stopping" : run.state);
  if (run.state === "done" && (run.result === "warnings" || run.result === "errors")) {
    kind = run.result;
    text = word(run.result);
  }
  const badge = document.createElement("span");
  badge.className = `ez-state ez-${kind}`;
  const sign = document.createElement("span");
  sign.ariaHidden = "true";
  sign.textContent = SIGNS[kind] ?? "–";
  badge.append(sign, ` ${text}`);
  if (byId("state").textContent.trim() !== badge.textContent.trim()) byId("state").replaceChildren(badge);
}

function progress(run) {
  const box = byId("progress");
  const { done, total, text } = run.progress;
  box.hidden = done === null;
  if (done === null) return;
  const bar = box.querySelector("progress");
  if (total) {
    bar.max = total;
    bar.value = Math.min(done, total);
  } else {
    bar.removeAttribute("value");
  }
  const shown = total ? word("part", { done: done.toLocaleString(), total: total.toLocaleString(), text }) : `${done.toLocaleString()} ${text}`;
  box.querySelector("span").textContent = shown.trim();
}

function tick(run) {
  clearInterval(clock);
  byId("seconds").textContent = duration(run.seconds);
  if (run.seconds === null || run.finished_at) return;
  const began = performance.now();
  clock = setInterval(() => {
    byId("seconds").textContent = duration(run.seconds + (performance.now() - began) / 1000);
  }, 1000);
}

export function facts(run) {
  state(run);
  tick(run);
  progress(run);
  byId("exit").textContent = run.exit_code ?? (run.signal ? word("signal", { number: run.signal }) : "–");
  byId("memory").textContent = run.peak_memory ? word("megabytes", { size: (run.peak_memory / 1048576).toFixed(1) }) : "–";
  byId("pid").textContent = run.pid ?? "–";
  byId("reason").textContent = run.reason;
  byId("reason").hidden = !run.reason;
  const stop = byId("stop");
  if (stop) stop.hidden = run.finished_at !== null || run.stopping;
  const counts = { error: (run.counts.ERROR ?? 0) + (run.counts.CRITICAL ?? 0), warning: run.counts.WARNING ?? 0 };
  for (const [level, count] of Object.entries(counts)) {
    document.querySelector(`[data-level="${level}"] b`).textContent = count ? count.toLocaleString() : "";
  }
}
