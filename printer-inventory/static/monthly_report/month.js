// The month as a spreadsheet: rows come as one scrolls, a cell is saved when it is left, and what others or polls change
// arrives by itself. Nothing typed is lost: what could not be saved is said, with what stands there now.
(() => {
  "use strict";
  const face = window.face;
  const data = JSON.parse(document.getElementById("month-data").textContent);
  const words = data.words;
  const host = document.getElementById("month-grid");
  const COUNTERS = Object.keys(data.counters);
  const HOURS = "actual_downtime";
  const TYPED = [...COUNTERS, HOURS];
  const PAGE = 500;
  const at = (url, id) => url.replace(/\/0\//, `/${id}/`);
  const shown = (value) => (value === null || value === undefined || value === "" ? "" : face.number(value));

  // What a cell wants to say on hover: why it is closed, what the device told, that a person wrote it.
  const hint = (row, name) => {
    const said = [];
    const told = row[`${name}_auto`];
    if (row[`${name}_manual`]) said.push(words.manual);
    if (told !== undefined && told !== null && told !== row[name]) said.push(`${words.told} ${face.number(told)}`);
    if (row.refused[name]) said.push(data.refusals[row.refused[name]]);
    return said.join(" ");
  };

  const counter = (name) => ({
    title: data.counters[name],
    field: name,
    hozAlign: "right",
    headerHozAlign: "right",
    headerSort: false,
    width: 86,
    editor: "input",
    editable: (cell) => cell.getData()[`ui_allow_${name}`],
    accessorClipboard: (value) => value ?? "",
    formatter: (cell) => {
      const row = cell.getData();
      const element = cell.getElement();
      element.classList.toggle("is-manual", Boolean(row[`${name}_manual`]));
      element.classList.toggle("is-closed", !row[`ui_allow_${name}`]);
      element.title = hint(row, name);
      return shown(cell.getValue());
    },
  });

  const total = (cell) => {
    const row = cell.getData();
    const element = cell.getElement();
    const info = row.anomaly_info || {};
    const kind = info.anomaly_type || (row.is_high ? "high" : "");
    element.classList.toggle("is-negative", kind.includes("negative"));
    element.classList.toggle("is-anomaly", kind === "excess" || kind === "high");
    const said = kind.split("+").filter(Boolean).map((one) => words[one]);
    if (info.average !== null && info.average !== undefined) said.push(`${words.usual} ${face.number(info.average)}`);
    element.title = said.join(" ");
    return `${kind ? "▲ " : ""}${shown(cell.getValue())}`;
  };

  // Where the downtime comes from: the counted days, or a person who knew better.
  const downtime = (cell) => {
    const row = cell.getData();
    const element = cell.getElement();
    const counted = row.actual_downtime_auto;
    element.classList.toggle("is-manual", row.actual_downtime_manual);
    element.classList.toggle("is-closed", !row.ui_allow_actual_downtime);
    element.title = [
      row.actual_downtime_manual ? words.manual : "",
      row.refused.actual_downtime ? data.refusals[row.refused.actual_downtime] : "",
      counted === null ? words.uncounted : `${words.counted} ${face.number(counted)}`,
    ].filter(Boolean).join(" ");
    return shown(cell.getValue());
  };

  const serial = (cell) => {
    const row = cell.getData();
    const all = document.createElement("span");
    const piece = (kind, words) => {
      const box = document.createElement("span");
      box.className = kind;
      box.textContent = words;
      all.append(box, " ");
    };
    piece("month-order", row.order_number);
    piece("mono", row.serial_number || row.inventory_number || "–");
    if (row.part !== "ALL") piece("badge-part", row.part);
    return all;
  };

  // By the clock of the site, as the month's days are.
  const exact = new Intl.DateTimeFormat(document.documentElement.lang || "en", { dateStyle: "medium", timeStyle: "long", timeZone: data.zone });
  const read = (cell) => {
    if (!cell.getValue()) return "–";
    const time = document.createElement("time");
    time.dateTime = cell.getValue();
    time.dataset.ago = "";
    time.title = exact.format(new Date(cell.getValue()));
    const box = document.createElement("span");
    box.append(time);
    face.freshen(box);
    return box;
  };

  const text = (title, field, width, extra = {}) => ({ title, field, width, headerSort: false, tooltip: true, ...extra });
  const columns = [
    text(words.organization, "organization", 118),
    text(words.branch, "branch", 110, { visible: false }),
    text(words.city, "city", 110, { visible: false }),
    text(words.address, "address", 170, { visible: false }),
    text(words.model, "equipment_model", 140),
    text(words.inventory, "inventory_number", 110, { visible: false }),
    ...COUNTERS.map(counter),
    text(words.pages, "total_prints", 112, { hozAlign: "right", headerHozAlign: "right", formatter: total, tooltip: false }),
    text(words.agreed, "normative_availability", 96, { hozAlign: "right", visible: false, formatter: (cell) => shown(cell.getValue()) }),
    text(words.down, "actual_downtime", 96, { hozAlign: "right", visible: false, formatter: downtime, tooltip: false, editor: "input", editable: (cell) => cell.getData().ui_allow_actual_downtime, accessorClipboard: (value) => value ?? "" }),
    text("K1, %", "k1", 70, { hozAlign: "right", visible: false, headerTooltip: words.k1 }),
    text("K2, %", "k2", 70, { hozAlign: "right", visible: false, headerTooltip: words.k2 }),
    text(words.read, "inventory_last_ok", 128, { formatter: read, tooltip: false }),
  ];

  // Which columns are shown is kept in the browser, as on every list.
  const KEY = "columns:month";
  let chosen = null;
  try { chosen = JSON.parse(localStorage.getItem(KEY)); } catch { chosen = null; }
  if (Array.isArray(chosen)) columns.forEach((column) => { column.visible = chosen.includes(column.field); });

  const query = new URLSearchParams(location.search);
  const ask = async (extra) => {
    const asked = new URLSearchParams(query);
    Object.entries(extra).forEach(([key, value]) => asked.set(key, value));
    return face.send(`${data.rows}?${asked}`);
  };

  const table = new window.Tabulator(host, {
    index: "id",
    height: "100%",
    layout: "fitDataFill",
    placeholder: words.empty,
    columns,
    rowHeader: text(words.serial, "serial_number", 180, { formatter: serial, tooltip: false, frozen: true, resizable: false }),
    editTriggerEvent: "dblclick",
    selectableRange: 1,
    selectableRangeColumns: true,
    selectableRangeRows: true,
    selectableRangeClearCells: false,
    clipboard: data.editable,
    clipboardCopyStyled: false,
    clipboardCopyConfig: { columnHeaders: false, rowHeaders: false },
    clipboardCopyRowRange: "range",
    clipboardPasteParser: "range",
    clipboardPasteAction: (rows) => paste(rows),
    dataLoaderLoading: words.loading,
    ajaxURL: data.rows,
    ajaxRequestFunc: async (_url, _config, params) => {
      const answer = await ask({ page: params.page || 1, per_page: PAGE });
      document.getElementById("month-count").textContent = face.number(answer.pagination.total_count);
      return { data: answer.reports, last_page: answer.pagination.total_pages };
    },
    progressiveLoad: "scroll",
    progressiveLoadScrollMargin: 600,
    paginationSize: PAGE,
    rowContextMenu: () => menu,
  });

  // Saving. Cells of one row that change within a moment (a paste) go together; what somebody else wrote is never written over.
  const waiting = new Map();
  const save = (id, name, value, before, batch = null) => {
    const entry = waiting.get(id) || { fields: {}, seen: {} };
    entry.batch = batch || entry.batch;
    entry.fields[name] = value;
    if (!(name in entry.seen)) entry.seen[name] = before ?? null;
    waiting.set(id, entry);
    clearTimeout(entry.timer);
    entry.timer = setTimeout(() => flush(id), 60);
  };

  // One load at a time, and none under a person's hands: a second one waits for the first, for a cell that is being edited,
  // and for what is being saved. Single rows change by themselves: the table's own `updateData` would throw a running load away.
  let missed = false;
  let loading = new Promise((done) => ["dataProcessed", "dataLoadError"].forEach((name) => table.on(name, done))).then(() => { loading = null; catchUp(); });
  const quiet = async () => { while (loading) await loading; };
  const everything = async () => {
    if (loading || waiting.size || host.querySelector(".tabulator-editing")) { missed = true; return; }
    missed = false;
    loading = table.setData().catch(() => {}).then(() => { loading = null; });
    await loading;
    catchUp();
  };
  const catchUp = () => { if (missed) everything(); };
  table.on("cellEditCancelled", () => setTimeout(catchUp));
  const put = async (row) => {
    await quiet();
    const known = table.getRow(row.id);
    if (!known) return;
    await known.update(row);
    known.reformat();
  };
  const flush = async (id) => {
    const entry = waiting.get(id);
    waiting.delete(id);
    try {
      const answer = await face.post(at(data.update, id), { fields: entry.fields, seen: entry.seen });
      await put(answer.report);
      const refused = Object.values(answer.ignored_fields)[0];
      if (entry.batch) { entry.batch.saved.push([id, entry]); entry.batch.left(Object.keys(answer.ignored_fields).length, data.refusals[refused]); }
      else if (refused) face.toast(data.refusals[refused], "warning");
      else if (answer.change_ids.length) face.toast(words.saved, "ok", { label: words.undo, run: () => undo(id, entry) });
    } catch (error) {
      await refresh([id]);
      const why = error.status === 409 ? words.conflict : error.message;
      if (entry.batch) entry.batch.left(Object.keys(entry.fields).length, why);
      else if (error.status === 409) face.toast(`${why} ${words.typed} ${Object.values(entry.fields).join(", ")}`, "warning");
      else face.complain(error);
    }
    if (entry.batch) entry.batch.over(id);
    catchUp();
  };
  // What was pasted, or emptied, is one deed: one word about it, with what was left out and why, and one way back.
  const batchOf = (word) => {
    const batch = { rows: new Set(), saved: [], cells: 0, out: 0, why: "" };
    batch.left = (count, why) => { batch.out += count; batch.cells -= count; if (count) batch.why = batch.why || why; };
    batch.over = (id) => { batch.rows.delete(id); if (!batch.rows.size) batch.say(); };
    batch.say = () => {
      const left = batch.out ? ` ${words.leftout} ${face.number(batch.out)}. ${batch.why}` : "";
      if (batch.cells) face.toast(`${word} ${face.number(batch.cells)}.${left}`, batch.out ? "warning" : "ok", { label: words.undo, run: () => batch.saved.forEach(([id, entry]) => undo(id, entry)) });
      else if (batch.out) face.toast(left.trim(), "warning");
    };
    return batch;
  };
  const undo = async (id, entry) => {
    try { put((await face.post(at(data.update, id), { fields: entry.seen, seen: entry.fields })).report); } catch (error) { face.complain(error); await refresh([id]); }
  };
  // As Excel copies it: 1 234, 1,234 and 1.234 are the counter 1234; of hours, 12,5 is 12.5.
  const digits = (value, name = "") => {
    const bare = String(value ?? "").replace(/[\s\u00a0\u202f]/g, "");
    if (name === HOURS) return bare.replace(",", ".");
    return /^\d{1,3}([.,]\d{3})+$/.test(bare) ? bare.replace(/[.,]/g, "") : bare;
  };
  const isFigure = (text, name) => text === "" || (name === HOURS ? /^\d+(\.\d+)?$/ : /^\d+$/).test(text);

  table.on("cellEdited", (cell) => {
    const before = cell.getOldValue();
    const value = digits(cell.getValue(), cell.getField());
    if (value === digits(before, cell.getField())) { cell.getRow().update({ [cell.getField()]: before ?? null }); setTimeout(catchUp); return; }
    save(cell.getData().id, cell.getField(), value === "" ? null : value, before);
  });

  // A block from Excel: counters that may be edited are written, the others are left as they are.
  const paste = (pasted) => {
    // Excel ends every block with a line break: what follows it is no row, and must not empty the cell below.
    const isEnd = (row) => Object.values(row).every((value) => !String(value ?? "").trim());
    const rows = pasted.length > 1 && isEnd(pasted[pasted.length - 1]) ? pasted.slice(0, -1) : pasted;
    const range = table.getRanges()[0];
    if (!range) return [];
    const targets = range.getRows().length >= rows.length ? range.getRows() : after(range.getRows()[0], rows.length);
    const batch = batchOf(words.pasted);
    rows.forEach((values, place) => {
      const row = targets[place];
      const current = row?.getData();
      Object.entries(values).forEach(([name, value]) => {
        const figure = digits(value, name);
        if (!row) { batch.out += 1; batch.why = batch.why || words.nomore; return; }
        if (!TYPED.includes(name) || figure === digits(current[name], name)) return;
        if (!current[`ui_allow_${name}`]) { batch.out += 1; batch.why = batch.why || data.refusals[current.refused[name]]; return; }
        if (!isFigure(figure, name)) { batch.out += 1; batch.why = batch.why || `${words.nofigure} ${String(value).slice(0, 30)}`; return; }
        batch.rows.add(current.id);
        batch.cells += 1;
        save(current.id, name, figure === "" ? null : figure, current[name], batch);
      });
    });
    if (!batch.rows.size) batch.say();
    return targets;
  };
  const after = (first, count) => {
    const all = table.getRows("active");
    const start = all.indexOf(first);
    return all.slice(start, start + count);
  };

  // Delete empties what is marked; more than one cell is one deed with one way back.
  const empty = (cells) => {
    const batch = batchOf(words.emptied);
    cells.forEach((cell) => {
      const row = cell.getData();
      const name = cell.getField();
      if (!TYPED.includes(name) || cell.getValue() === null) return;
      if (!row[`ui_allow_${name}`]) { batch.out += 1; batch.why = batch.why || data.refusals[row.refused[name]]; return; }
      batch.rows.add(row.id);
      batch.cells += 1;
      save(row.id, name, null, cell.getValue(), batch);
    });
    if (!batch.rows.size) batch.say();
  };

  // Typing on a cell starts to edit it and Enter goes to the next one below, as in a spreadsheet.
  host.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("input")) {
      if (event.key === "Enter") setTimeout(() => table.modules.selectRange.navigate(false, false, event.shiftKey ? "up" : "down"));
      return;
    }
    const cells = table.getRanges()[0]?.getCells().flat() || [];
    if (event.key === "Delete") { empty(cells); return; }
    const [cell] = cells;
    if (!cell || !/^\d$/.test(event.key) || !TYPED.includes(cell.getField())) return;
    const closed = cell.getData().refused[cell.getField()];
    if (closed) { face.toast(data.refusals[closed], "warning"); return; }
    event.preventDefault();
    cell.edit();
    const input = cell.getElement().querySelector("input");
    if (input) input.value = event.key;
  });

  const deed = async (url, body) => {
    try { return await face.post(url, body); } catch (error) { face.complain(error); return null; }
  };
  document.getElementById("mail")?.addEventListener("click", () => document.getElementById("mail-month").showModal());
  document.querySelector("[data-close-dialog]")?.addEventListener("click", (event) => event.target.closest("dialog").close());

  // The dialog's text is the server's own page, escaped there.
  const about = async (id) => {
    const body = document.getElementById("device-body");
    body.replaceChildren(Object.assign(document.createElement("div"), { className: "skeleton" }));
    document.getElementById("device-info").showModal();
    const answer = await fetch(at(data.device, id), { headers: { Accept: "text/html" } });
    if (!answer.ok) { document.getElementById("device-info").close(); face.toast(words.gone, "failed"); return; }
    const read = new DOMParser().parseFromString(await answer.text(), "text/html");
    body.replaceChildren(...read.body.childNodes);
    face.freshen(body);
  };
  host.addEventListener("dblclick", (event) => {
    const header = event.target.closest(".tabulator-row-header");
    const row = header && table.getRows().find((one) => one.getElement().contains(header));
    if (row) about(row.getData().id);
  });
  const menu = [
    { label: words.device, action: (_e, row) => about(row.getData().id) },
    { label: words.history, action: (_e, row) => { location.href = `${data.changes}?row=${row.getData().id}`; }, disabled: !data.permissions.view_change_history },
    { label: words.printer, action: (_e, row) => { if (row.getData().printer_id) location.href = at(data.printer, row.getData().printer_id); } },
    { label: words.giveback, disabled: !data.editable || !data.permissions.can_reset_auto_polling, action: async (_e, row) => { const answer = await deed(at(data.reset, row.getData().id), {}); if (answer) put(answer.report); } },
    { label: words.unlock, disabled: !data.permissions.override_auto_lock, action: async (_e, row) => { if (await deed(data.override, { serial_number: row.getData().serial_number, allow: true, mode: "this_month" })) refresh([row.getData().id]); } },
    { label: words.relock, disabled: !data.permissions.override_auto_lock, action: async (_e, row) => { if (await deed(data.override, { serial_number: row.getData().serial_number, mode: "clear" })) refresh([row.getData().id]); } },
  ];

  // Hints say which rows to fetch again; a row that is being edited is left until it has been saved.
  const refresh = async (ids) => {
    await quiet();
    const mine = ids.filter((id) => table.getRow(id) && !waiting.has(id) && !table.getRow(id).getElement().querySelector("input"));
    if (!mine.length) return;
    try { (await face.send(`${data.rows}?ids=${mine.join(",")}&per_page=2000`)).reports.forEach(put); } catch (error) { face.complain(error); }
  };
  face.connectHints(data.hints, (message) => (message.ids.length ? refresh(message.ids) : everything()), everything);
  document.addEventListener("face:sent", (event) => {
    if (event.target.id !== "sync-form") return;
    face.toast(`${words.taken} ${face.number(event.detail.updated_rows)}`, "ok");
    everything();
  });

  const picker = document.getElementById("month-columns");
  columns.forEach((column) => {
    const label = document.createElement("label");
    label.className = "check-row";
    const box = document.createElement("input");
    box.type = "checkbox";
    box.className = "form-check-input";
    box.checked = column.visible !== false;
    box.addEventListener("change", () => {
      table.toggleColumn(column.field);
      face.write(KEY, JSON.stringify(table.getColumns().filter((one) => one.isVisible()).map((one) => one.getField())));
    });
    label.append(box, column.title);
    picker.append(label);
  });
  face.month = table;
})();
