// Plots in the house's colours. Lines (uPlot) for histories, bars (Chart.js, from zero) for comparisons; gaps stay gaps, the exact
// value and time stand under the pointer, and the table is one click away. Load uplot.js or chart.js before this file.
(() => {
  "use strict";
  const face = window.face;
  const lang = document.documentElement.lang || "en";
  const exact = new Intl.DateTimeFormat(lang, { dateStyle: "medium", timeStyle: "short" });
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const palette = ["--plot-1", "--plot-2", "--plot-3", "--plot-4", "--plot-5", "--plot-6"];
  const color = (one, place) => {
    const asked = one.color || palette[place % palette.length];
    return asked.startsWith("--") ? token(asked) : asked;
  };
  const figure = (value, unit) => `${face.number(value)}${unit ? `\u00a0${unit.trim()}` : ""}`;
  const font = () => `12px ${token("--f-font") || "system-ui, sans-serif"}`;

  // One drawing per host: drawn again when the theme changes or the host's width does, and cleared away before the next one.
  const mount = (host, draw) => {
    host.faceChart?.stop();
    let clear = null;
    const paint = () => {
      clear?.();
      host.replaceChildren();
      clear = host.clientWidth ? draw() : null;
    };
    let width = host.clientWidth;
    const sizes = new ResizeObserver(() => {
      if (host.clientWidth !== width) { width = host.clientWidth; paint(); }
    });
    document.documentElement.addEventListener("face:theme", paint);
    sizes.observe(host);
    host.faceChart = {
      stop: () => {
        document.documentElement.removeEventListener("face:theme", paint);
        sizes.disconnect();
        clear?.();
      },
    };
    paint();
  };

  const empty = (host) => { host.append(face.element("div", "chart-empty", face.say("noChart"))); };

  // The box under the pointer: a heading, then a line per series that has a value there.
  const tip = (host) => {
    const box = face.element("div", "chart-tip");
    box.hidden = true;
    host.append(box);
    return {
      hide: () => { box.hidden = true; },
      show: (left, heading, lines) => {
        box.replaceChildren(face.element("div", "tip-time", heading), ...lines.map(([stroke, name, text]) => {
          const line = face.element("div");
          const key = face.element("span", "key");
          key.style.background = stroke;
          line.append(key, `${name} `, face.element("b", "", text));
          return line;
        }));
        box.hidden = false;
        const right = left + 12 + box.offsetWidth > host.clientWidth;
        box.style.transform = `translate(${Math.max(0, right ? left - box.offsetWidth - 12 : left + 12)}px, 8px)`;
      },
    };
  };

  // Ticks of a time axis as the locale writes them: hours within a day, else days, else months.
  const clock = new Intl.DateTimeFormat(lang, { hour: "2-digit", minute: "2-digit" });
  const day = new Intl.DateTimeFormat(lang, { day: "numeric", month: "short" });
  const month = new Intl.DateTimeFormat(lang, { month: "short", year: "numeric" });
  const timeTick = (step) => (tick) => {
    const moment = new Date(tick * 1000);
    if (step >= 28 * 86_400) return month.format(moment);
    return step >= 86_400 || moment.getHours() + moment.getMinutes() === 0 ? day.format(moment) : clock.format(moment);
  };

  const axis = (extra) => ({
    stroke: token("--text-2"),
    grid: { stroke: token("--plot-grid"), width: 1 },
    ticks: { stroke: token("--plot-grid"), width: 1, size: 4 },
    font: font(),
    ...extra,
  });

  // Names stand at the end of their lines, so no legend is needed; the plot leaves them room.
  const roomFor = (series) => {
    const pen = document.createElement("canvas").getContext("2d");
    pen.font = `500 ${font()}`;
    return Math.ceil(Math.max(...series.map((one) => pen.measureText(one.label).width))) + 12;
  };
  const label = (host, plot, series) => {
    const ends = series.map((one, place) => {
      const values = plot.data[place + 1];
      const last = values.findLastIndex((value) => value != null);
      return last < 0 ? null : { one, y: plot.valToPos(values[last], "y") };
    }).filter(Boolean).sort((a, b) => a.y - b.y);
    let lowest = -Infinity;
    ends.forEach(({ one, y }) => {
      lowest = Math.max(y, lowest + 14);
      const name = face.element("span", "chart-label", one.label);
      name.style.color = one.stroke;
      name.style.left = `${plot.over.offsetLeft + plot.over.clientWidth + 6}px`;
      name.style.top = `${plot.over.offsetTop + lowest - 8}px`;
      host.append(name);
    });
  };

  const lines = (host, data) => {
    const series = data.series.map((one, place) => ({ ...one, stroke: color(one, place) }));
    const hover = tip(host);
    const plot = new uPlot({
      width: host.clientWidth,
      height: host.clientHeight,
      padding: [8, roomFor(series), 0, 0],
      legend: { show: false },
      cursor: { y: false, points: { size: 6 }, drag: { x: true, y: false } },
      scales: { y: { range: (_, low, high) => {
        const [bottom, top] = uPlot.rangeNum(low ?? 0, high ?? 1, 0.1, true);
        return [data.min ?? bottom, data.max ?? top];
      } } },
      series: [{}, ...series.map((one) => ({ label: one.label, stroke: one.stroke, width: 1.5, spanGaps: false, points: { show: data.times.length < 40, size: 4 } }))],
      axes: [axis({ values: (_, ticks, __, ___, step) => ticks.map(timeTick(step)) }), axis({ size: 62, values: (_, ticks) => ticks.map((tick) => figure(tick, data.unit === "%" ? "%" : "")) })],
      bands: (data.bands || []).map(([upper, lower]) => ({ series: [upper + 1, lower + 1], fill: `${series[upper].stroke}22` })),
      hooks: { ready: [(self) => label(host, self, series)], setCursor: [(self) => {
        const { idx, left } = self.cursor;
        if (idx == null || left < 0) return hover.hide();
        const at = series.map((one, place) => [one.stroke, one.label, self.data[place + 1][idx]]);
        hover.show(left + self.over.offsetLeft, exact.format(new Date(self.data[0][idx] * 1000)),
          at.map(([stroke, name, value]) => [stroke, name, value == null ? face.say("gap") : figure(value, data.unit)]));
      }] },
    }, [data.times, ...series.map((one) => one.values)], host);
    return () => plot.destroy();
  };

  const bars = (host, data) => {
    const hover = tip(host);
    const canvas = face.element("canvas");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", data.title || data.series.map((one) => one.label).join(", "));
    host.prepend(canvas);
    const many = data.series.length > 1;
    const scale = (extra) => ({ border: { display: false }, ticks: { color: token("--text-2"), font: { size: 12 } }, ...extra });
    const chart = new Chart(canvas, {
      type: "bar",
      data: { labels: data.labels, datasets: data.series.map((one, place) => ({ label: one.label, data: one.values, backgroundColor: color(one, place), maxBarThickness: 28, borderRadius: 2 })) },
      options: {
        animation: false, responsive: true, maintainAspectRatio: false, interaction: { mode: "index", intersect: false },
        plugins: { legend: { display: many, align: "start", labels: { color: token("--text-2"), boxWidth: 10, boxHeight: 10 } }, tooltip: { enabled: false, external: ({ tooltip }) => {
          if (!tooltip.opacity || !tooltip.dataPoints?.length) return hover.hide();
          const points = tooltip.dataPoints.map((point) => [point.dataset.backgroundColor, point.dataset.label, point.raw == null ? face.say("gap") : figure(point.raw, data.unit)]);
          hover.show(tooltip.caretX, tooltip.dataPoints[0].label, points);
        } } },
        scales: {
          x: scale({ stacked: Boolean(data.stacked), grid: { display: false } }),
          y: scale({ stacked: Boolean(data.stacked), beginAtZero: true, grid: { color: token("--plot-grid") }, ticks: { color: token("--text-2"), maxTicksLimit: 6, callback: (value) => face.number(value) } }),
        },
      },
    });
    return () => chart.destroy();
  };

  // data: {times: [seconds], series: [{label, values, color?}], unit?, min?, max?, bands?}; null is a gap. A color may be a
  // token's name. bands: [[upper, lower]] are places of series with a range between them.
  face.lineChart = (host, data) => mount(host, () => (data.times.length && data.series.length ? lines(host, data) : empty(host)));

  // data: {labels: [text], series: [{label, values, color?}], unit?, title?, stacked?}; stacked series are parts of one whole.
  face.barChart = (host, data) => mount(host, () => (data.labels.length && data.series.length ? bars(host, data) : empty(host)));

  // The same figures as a table, newest first for times.
  face.chartTable = (host, data) => {
    const table = face.element("table", "table-dense compact");
    const head = table.createTHead().insertRow();
    [data.times ? face.say("time") : "", ...data.series.map((one) => one.label)].forEach((text, place) => {
      const cell = face.element("th", place ? "num" : "", text);
      cell.scope = "col";
      head.append(cell);
    });
    const body = table.createTBody();
    const rows = (data.times || data.labels).map((_, row) => row);
    (data.times ? rows.reverse() : rows).forEach((row) => {
      const line = body.insertRow();
      line.insertCell().textContent = data.times ? exact.format(new Date(data.times[row] * 1000)) : data.labels[row];
      data.series.forEach((one) => {
        const cell = line.insertCell();
        cell.className = "num";
        cell.textContent = one.values[row] == null ? "\u2013" : figure(one.values[row], data.unit);
      });
    });
    host.replaceChildren(table);
  };

  // <div class="chart" data-chart="line|bar" data-source="#id-of-json | URL">: drawn when it comes into sight.
  const show = (chart, data) => {
    const plot = chart.querySelector(".chart-plot");
    const table = chart.querySelector(".chart-table");
    const draw = () => {
      if (table && !table.hidden) face.chartTable(table, data);
      else (chart.dataset.chart === "bar" ? face.barChart : face.lineChart)(plot, data);
    };
    chart.querySelector("[data-as-table]")?.addEventListener("click", (event) => {
      plot.hidden = !plot.hidden;
      table.hidden = !plot.hidden;
      event.currentTarget.setAttribute("aria-pressed", plot.hidden);
      draw();
    });
    draw();
  };
  const load = async (chart) => {
    const { source } = chart.dataset;
    try {
      show(chart, source.startsWith("#") ? JSON.parse(document.querySelector(source).textContent) : await face.send(source));
    } catch (error) { face.complain(error); }
  };
  const sight = new IntersectionObserver((entries) => entries.filter((entry) => entry.isIntersecting).forEach((entry) => {
    sight.unobserve(entry.target);
    load(entry.target);
  }));
  document.querySelectorAll("[data-chart]").forEach((chart) => sight.observe(chart));
})();
