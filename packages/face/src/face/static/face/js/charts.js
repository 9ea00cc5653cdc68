// Long histories with uPlot: thin lines in the house's colours, gaps as gaps, exact values under the pointer, the table one click away.
(() => {
  "use strict";
  const face = window.face;
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const lang = document.documentElement.lang || "en";
  const exact = new Intl.DateTimeFormat(lang, { dateStyle: "medium", timeStyle: "short" });

  const axis = (extra) => ({
    stroke: token("--text-2"),
    grid: { stroke: token("--line"), width: 1 },
    ticks: { stroke: token("--line"), width: 1, size: 4 },
    font: `12px ${getComputedStyle(document.body).fontFamily}`,
    ...extra,
  });

  const tip = (plot, host, series, unit) => {
    const box = face.element("div", "chart-tip");
    box.hidden = true;
    host.append(box);
    return () => {
      const { idx, left } = plot().cursor;
      if (idx == null || left < 0) { box.hidden = true; return; }
      const lines = series.map((one, place) => {
        const value = plot().data[place + 1][idx];
        if (value == null) return null;
        const line = face.element("div");
        const key = face.element("span", "key");
        key.style.background = one.color;
        const figure = face.element("b", "", `${face.number(value)}${unit}`);
        line.append(key, `${one.label} `, figure);
        return line;
      }).filter(Boolean);
      box.replaceChildren(face.element("div", "tip-time", exact.format(new Date(plot().data[0][idx] * 1000))), ...lines);
      box.hidden = false;
      const room = host.clientWidth - box.offsetWidth - 8;
      box.style.transform = `translate(${Math.min(Math.max(left + 64, 0), Math.max(room, 0))}px, 8px)`;
    };
  };

  // data: {times: [s], series: [{label, color, values}], unit, min, max}
  face.lineChart = (host, data) => {
    const draw = () => {
      host.replaceChildren();
      if (!data.times.length || !data.series.length) {
        host.append(face.element("div", "chart-empty", face.say("noChart")));
        return null;
      }
      const series = data.series.map((one) => ({ ...one, color: one.color.startsWith("--") ? token(one.color) : one.color }));
      let plot;
      const move = tip(() => plot, host, series, data.unit || "");
      plot = new uPlot({
        width: host.clientWidth,
        height: host.clientHeight,
        legend: { show: false },
        cursor: { y: false, points: { size: 6 }, drag: { x: true, y: false } },
        scales: { x: { time: true }, y: { range: (_, low, high) => [data.min ?? low, data.max ?? (high === low ? high + 1 : high)] } },
        series: [{}, ...series.map((one) => ({ label: one.label, stroke: one.color, width: 1.5, spanGaps: false, points: { show: data.times.length < 40, size: 4 } }))],
        axes: [axis({}), axis({ size: 64, values: (_, ticks) => ticks.map((tick) => face.number(tick)) })],
        hooks: { setCursor: [() => move()] },
      }, [data.times, ...series.map((one) => one.values)], host);
      label(host, plot, series);
      return plot;
    };
    let plot = draw();
    document.documentElement.addEventListener("face:theme", () => { plot = draw(); });
    new ResizeObserver(() => plot?.setSize({ width: host.clientWidth, height: host.clientHeight })).observe(host);
  };

  // Names stand at the end of their line where there is room, so most charts need no legend.
  const label = (host, plot, series) => {
    const taken = [];
    series.forEach((one, place) => {
      const values = plot.data[place + 1];
      let last = values.length - 1;
      while (last >= 0 && values[last] == null) last -= 1;
      if (last < 0) return;
      let y = plot.valToPos(values[last], "y") + 4;
      while (taken.some((other) => Math.abs(other - y) < 14)) y += 14;
      taken.push(y);
      const name = face.element("span", "chart-label", one.label);
      name.style.color = one.color;
      name.style.right = "10px";
      name.style.top = `${y}px`;
      host.append(name);
    });
  };

  face.chartTable = (host, data) => {
    const table = face.element("table", "table-dense compact");
    const head = table.createTHead().insertRow();
    [face.say("time"), ...data.series.map((one) => one.label)].forEach((text, place) => {
      const cell = face.element("th", place ? "num" : "", text);
      cell.scope = "col";
      head.append(cell);
    });
    const body = table.createTBody();
    for (let row = data.times.length - 1; row >= 0; row -= 1) {
      const line = body.insertRow();
      line.insertCell().textContent = exact.format(new Date(data.times[row] * 1000));
      data.series.forEach((one) => {
        const cell = line.insertCell();
        cell.className = "num";
        cell.textContent = one.values[row] == null ? "" : `${face.number(one.values[row])}${data.unit || ""}`;
      });
    }
    host.replaceChildren(table);
  };
})();
