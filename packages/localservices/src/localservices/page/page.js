// Keeps the start page's states fresh. It changes texts and marks only, so that nothing moves under the pointer.

const EVERY_MS = 2000;
const live = document.getElementById("live");

function mark(element, state) {
  element.dataset.state = state;
  element.textContent = state;
}

function showProcesses(list, processes) {
  for (const [name, state] of Object.entries(processes)) {
    let item = [...list.children].find((child) => child.dataset.name === name);
    if (!item) {
      item = document.createElement("li");
      item.dataset.name = name;
      const label = document.createElement("span");
      label.textContent = name;
      const badge = document.createElement("span");
      badge.className = "state";
      item.append(label, badge);
      list.append(item);
    }
    mark(item.lastElementChild, state);
  }
}

function show(content) {
  for (const card of document.querySelectorAll("[data-system]")) {
    const system = content.systems[card.dataset.system];
    mark(card.querySelector(".head .state"), system.state);
    const note = card.querySelector(".note");
    note.textContent = system.text;
    note.hidden = !system.text;
    showProcesses(card.querySelector(".processes"), system.processes);
  }
  for (const row of document.querySelectorAll("[data-service]")) {
    mark(row.querySelector(".state"), content.services[row.dataset.service]);
  }
}

async function look() {
  if (document.hidden) return;
  try {
    const answer = await fetch("/state.json", { signal: AbortSignal.timeout(10000) });
    show(await answer.json());
    live.dataset.state = "ok";
    live.textContent = "live";
  } catch {
    live.dataset.state = "failed";
    live.textContent = "stopped: start it again with make run";
  }
}

async function loop() {
  await look();
  setTimeout(loop, EVERY_MS);
}

document.addEventListener("visibilitychange", look);
loop();
