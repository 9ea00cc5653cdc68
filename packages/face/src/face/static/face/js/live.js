// Live hints over a WebSocket, and running jobs in the top bar. A hint says "look again"; the rows are the truth.
(() => {
  "use strict";
  const face = window.face;
  const LONGEST_WAIT = 16_000;
  const REFUSED = 4400;

  face.connectHints = (path, onMessage, onReconnect) => {
    let wait = 1000;
    let lost = false;
    const mark = (off) => document.querySelectorAll("[data-offline]").forEach((element) => { element.hidden = !off; });
    const open = () => {
      const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${path}`);
      socket.addEventListener("open", () => {
        wait = 1000;
        mark(false);
        if (lost) onReconnect?.();
        lost = false;
      });
      socket.addEventListener("message", (event) => {
        let hint;
        try { hint = JSON.parse(event.data); } catch { return; }
        onMessage(hint);
      });
      socket.addEventListener("close", (event) => {
        if (event.code >= REFUSED) return mark(true);
        if (lost) mark(true);
        lost = true;
        setTimeout(open, wait);
        wait = Math.min(wait * 2, LONGEST_WAIT);
      });
    };
    open();
  };

  // A progress element: <div class="job" data-job="URL"> fed by {state, done, total, text, reason}.
  const ended = new Set(["done", "failed", "stopped", "lost"]);
  const look = { queued: "waiting", running: "running", done: "ok", failed: "failed", stopped: "waiting", lost: "lost" };
  const signs = { queued: "hourglass", running: "arrow-repeat", done: "check-circle-fill", failed: "x-circle-fill", stopped: "stop-circle", lost: "question-circle" };
  face.stateBadge = (state) => {
    const badge = face.element("span", `state s-${look[state] || "waiting"}`, face.say(state));
    badge.prepend(face.element("i", `bi bi-${signs[state] || "circle"}`));
    return badge;
  };
  face.showJob = (element, job) => {
    const bar = element.querySelector("progress");
    if (job.state === "queued" || !job.total) bar.removeAttribute("value");
    else Object.assign(bar, { max: job.total, value: job.done });
    bar.className = `s-${look[job.state]}`;
    const figures = element.querySelector(".job-figures");
    if (figures) figures.textContent = job.text;
    const badge = element.querySelector("[data-job-state]");
    if (badge) badge.replaceChildren(face.stateBadge(job.state));
    const text = element.querySelector(".job-text");
    if (text) text.textContent = job.reason || "";
    element.dataset.state = job.state;
    const stop = element.querySelector("[data-job-stop]");
    if (stop) stop.hidden = ended.has(job.state);
  };
  face.followJob = async (element) => {
    const url = element.dataset.job;
    for (let wait = 1000; element.isConnected && element.dataset.job === url;) {
      try {
        const job = await face.send(url);
        face.showJob(element, job);
        if (ended.has(job.state)) return element.dispatchEvent(new CustomEvent("face:ended", { bubbles: true, detail: job }));
        wait = 1000;
      } catch (error) {
        if (error.status && error.status < 500) return face.complain(error);
        wait = Math.min(wait * 2, LONGEST_WAIT);
      }
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  };
  document.querySelectorAll("[data-job]").forEach(face.followJob);

  // What waits in a section, {url, number}: the figure beside its word in the rail stays true while the page is open.
  face.showWaiting = ({ url, number }) => {
    const link = [...document.querySelectorAll(".rail-item")].find((one) => one.getAttribute("href") === url);
    let badge = link?.querySelector(".rail-badge");
    if (!number) { badge?.remove(); return; }
    if (!badge && link) {
      badge = document.createElement("span");
      badge.className = "rail-badge";
      link.append(badge);
    }
    if (badge) badge.textContent = number.toLocaleString(document.documentElement.lang || undefined);
  };

  const top = document.querySelector("[data-jobs]");
  if (top?.dataset.jobs) {
    let timer = null;
    face.lookAtJobs = async () => {
      clearTimeout(timer);
      let found = null;
      try { found = await face.send(top.dataset.jobs); } catch { return; }
      const { jobs, waiting } = found;
      if (waiting) face.showWaiting(waiting);
      const [job] = jobs;
      top.hidden = !job;
      if (job) {
        Object.assign(top.querySelector("progress"), { max: job.total || 1, value: job.done });
        top.querySelector("span").textContent = `${job.name} · ${job.text}`;
      }
      timer = setTimeout(face.lookAtJobs, job ? 1000 : 15_000);
    };
    face.lookAtJobs();
  }
})();
