// One printer: the history chart, and the page as soon as a poll has changed it.
(() => {
  "use strict";
  const face = window.face;
  const now = document.getElementById("now");
  const id = Number(now.dataset.printer);
  const chart = document.querySelector("[data-history]");
  const plot = chart.querySelector(".chart-plot");
  const table = chart.querySelector(".chart-table");
  const names = JSON.parse(chart.dataset.words);
  const colors = { total: "--accent", bw_a4: "--ink-black", color_a4: "--ink-cyan", bw_a3: "--ink-other", color_a3: "--ink-magenta" };
  let what = "counters";
  let period = "week";
  let loaded = null;

  const draw = () => {
    const data = what === "counters"
      ? { times: loaded.times, series: Object.entries(loaded.counters).map(([name, values]) => ({ label: names[name], color: colors[name], values })) }
      : { times: loaded.times, unit: " %", min: 0, max: 100, series: loaded.supplies.map((one) => ({ label: one.label, color: `--ink-${one.color || "other"}`, values: one.percents })) };
    if (!plot.hidden) face.lineChart(plot, data);
    if (!table.hidden) face.chartTable(table, data);
  };
  const load = async () => {
    try {
      loaded = await face.send(`${chart.dataset.history}?period=${period}`);
      draw();
    } catch (error) { face.toast(error.message, "failed"); }
  };
  chart.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.matches("[data-as-table]")) {
      plot.hidden = !plot.hidden;
      table.hidden = !table.hidden;
      draw();
      return;
    }
    button.parentElement.querySelectorAll("button").forEach((other) => other.classList.toggle("active", other === button));
    if (button.dataset.what) { what = button.dataset.what; draw(); } else { period = button.dataset.period; load(); }
  });
  const section = document.getElementById("history");
  const come = () => (loaded ? draw() : load());
  section.addEventListener("face:shown", come);
  if (!section.hidden) come(); // opened by its address: the tab was shown before this script ran

  const refresh = async () => {
    const answer = await fetch(location.pathname, { credentials: "same-origin" });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.querySelectorAll("[data-live]").forEach((element) => {
      const next = fresh.querySelector(`[data-live="${element.dataset.live}"]`);
      if (next && next.textContent !== element.textContent) {
        element.replaceChildren(...next.childNodes);
        element.classList.add("flash");
        setTimeout(() => element.classList.remove("flash"), 1600);
      }
    });
    ["now", "polls"].forEach((section) => {
      const shown = document.getElementById(section);
      shown.replaceChildren(...fresh.getElementById(section).childNodes);
    });
    face.freshen();
  };
  face.connectHints("/ws/inventory/", (hint) => {
    if ((hint.printer_ids || [hint.printer_id]).includes(id)) refresh();
    if (hint.type === "inventory_update" && hint.printer_id === id && hint.message) face.toast(hint.message, "failed");
  }, refresh);
  document.addEventListener("face:sent", refresh);
})();
