// A part of a page that follows what happens: an event is a reason to look again, never data. Without server-sent events it asks.
(() => {
  "use strict";
  const host = document.querySelector("[data-live]");
  if (!host) return;
  const order = host.dataset.liveOrder;
  const offline = document.querySelector("[data-offline]");
  let since = -1;
  let waiting = 0;
  let looking = false;
  let again = false;

  const typing = () => host.contains(document.activeElement) && document.activeElement.matches("button, input, select, textarea");
  const busy = () => document.querySelector("dialog[open]") !== null || typing();
  const look = async () => {
    if (looking) { again = true; return; }
    looking = true;
    try {
      const answer = await fetch(host.dataset.live, { headers: { Accept: "text/html" } });
      if (busy()) { setTimeout(soon, 1000); return; }
      if (answer.ok) {
        const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
        host.replaceChildren(...parsed.body.childNodes);
        face.freshen(host);
      }
    } catch {
      // The stream says when the server is back.
    } finally {
      looking = false;
      if (again) { again = false; soon(); }
    }
  };
  const soon = () => { if (!waiting) waiting = setTimeout(() => { waiting = 0; look(); }, 200); };
  const hear = (event) => {
    since = event.id;
    if (!order || String(event.order) === order) soon();
  };

  let asking = 0;
  const ask = async () => {
    try {
      const answer = await fetch(`${host.dataset.eventsApi}?since=${since}`, { headers: { Accept: "application/json" } });
      const found = await answer.json();
      if (since < 0) soon();
      since = found.last;
      found.events.forEach(hear);
      if (offline) offline.hidden = true;
    } catch {
      if (offline) offline.hidden = false;
    }
  };
  const startAsking = () => { if (!asking) { asking = setInterval(ask, 2000); ask(); } };
  const stopAsking = () => { clearInterval(asking); asking = 0; };

  if (!("EventSource" in window)) { startAsking(); return; }
  const source = new EventSource(host.dataset.events);
  source.addEventListener("hello", () => { stopAsking(); if (offline) offline.hidden = true; soon(); });
  source.addEventListener("message", (message) => hear(JSON.parse(message.data)));
  source.addEventListener("error", startAsking);
  window.addEventListener("pagehide", () => source.close());
})();
