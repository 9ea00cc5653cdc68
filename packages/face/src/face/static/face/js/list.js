// Lists: keyboard rows, selection and its bar, columns and density, and rows put in place of their older selves.
(() => {
  "use strict";
  const face = window.face;

  document.querySelectorAll("[data-list]").forEach((list) => {
    const name = list.dataset.list;
    const table = list.querySelector("table");
    const body = table?.tBodies[0];
    if (!body) return;
    const bar = document.querySelector(`[data-bulk="${name}"]`);
    const all = list.querySelector("[data-check-all]");
    const selected = new Set();
    let everything = false;
    let at = -1;

    const rows = () => [...body.rows];
    const box = (row) => row.querySelector("[data-check]");
    const paint = () => {
      rows().forEach((row) => {
        const on = everything || selected.has(row.dataset.id);
        row.classList.toggle("selected", on);
        if (box(row)) box(row).checked = on;
      });
      const count = everything ? Number(list.dataset.total) : selected.size;
      if (all) {
        const here = rows().filter((row) => selected.has(row.dataset.id)).length;
        all.checked = here > 0 && here === rows().length;
        all.indeterminate = here > 0 && here < rows().length;
      }
      if (!bar) return;
      bar.hidden = count === 0;
      document.body.classList.toggle("has-bulk", count > 0);
      bar.querySelector("[data-bulk-count]").textContent = face.say(everything ? "selectedAll" : "selected", { count: face.number(count) });
      const offer = bar.querySelector("[data-bulk-everything]");
      if (offer) offer.hidden = everything || selected.size < rows().length || Number(list.dataset.total) <= rows().length;
      bar.querySelectorAll("form").forEach((form) => {
        form.querySelectorAll("[data-made]").forEach((field) => field.remove());
        const add = (key, value) => {
          const field = Object.assign(document.createElement("input"), { type: "hidden", name: key, value });
          field.dataset.made = "";
          form.append(field);
        };
        if (everything) add("scope", "filter");
        else selected.forEach((id) => add("ids", id));
      });
    };
    const toggle = (row, on) => {
      everything = false;
      if (on) selected.add(row.dataset.id);
      else selected.delete(row.dataset.id);
      paint();
    };
    const clear = () => { selected.clear(); everything = false; paint(); };

    body.addEventListener("change", (event) => {
      if (event.target.matches("[data-check]")) toggle(event.target.closest("tr"), event.target.checked);
    });
    all?.addEventListener("change", () => {
      everything = false;
      rows().forEach((row) => (all.checked ? selected.add(row.dataset.id) : selected.delete(row.dataset.id)));
      paint();
    });
    bar?.querySelector("[data-bulk-everything]")?.addEventListener("click", () => { everything = true; paint(); });
    bar?.querySelector("[data-bulk-clear]")?.addEventListener("click", clear);
    bar?.addEventListener("face:sent", clear);

    const move = (step) => {
      const lines = rows();
      if (!lines.length) return;
      lines[at]?.classList.remove("at");
      at = Math.max(0, Math.min(lines.length - 1, at + step));
      lines[at].classList.add("at");
      lines[at].scrollIntoView({ block: "nearest" });
    };
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || face.typing(event.target) || document.querySelector("dialog[open]")) return;
      const row = rows()[at];
      if (event.key === "j") move(1);
      else if (event.key === "k") move(-1);
      else if (event.key === "x" && row) toggle(row, !selected.has(row.dataset.id));
      else if (event.key === "Enter" && row && !event.target.closest("a, button, summary, [role=tab]")) location.href = row.dataset.href;
      else if (event.key === "Escape") clear();
      else return;
      event.preventDefault();
    });
    body.addEventListener("dblclick", (event) => {
      const row = event.target.closest("tr[data-href]");
      if (row && !event.target.closest("a, button, input")) location.href = row.dataset.href;
    });

    // Columns: hidden ones are remembered per list; every cell names its column.
    const key = `face.columns.${name}`;
    const boxes = [...document.querySelectorAll(`[data-columns="${name}"] input`)];
    const stored = face.read(key);
    if (stored !== null) {
      const hidden = new Set(stored.split(","));
      boxes.forEach((input) => { input.checked = !hidden.has(input.value); });
    }
    const columns = () => {
      boxes.forEach((input) => {
        table.querySelectorAll(`[data-column="${CSS.escape(input.value)}"]`).forEach((cell) => { cell.hidden = !input.checked; });
      });
      const shown = boxes.filter((input) => input.checked).map((input) => input.value).join(",");
      document.querySelectorAll(`[data-columns-value="${name}"]`).forEach((field) => { field.value = shown; });
    };
    boxes.forEach((input) => input.addEventListener("change", () => {
      face.write(key, boxes.filter((other) => !other.checked).map((other) => other.value).join(","));
      columns();
    }));
    columns();

    const densities = ["", "compact", "roomy"];
    const density = (value) => { table.classList.remove("compact", "roomy"); if (value) table.classList.add(value); };
    density(face.read(`face.density.${name}`) || "");
    document.querySelector(`[data-density="${name}"]`)?.addEventListener("click", () => {
      const next = densities[(densities.indexOf(face.read(`face.density.${name}`) || "") + 1) % densities.length];
      face.write(`face.density.${name}`, next);
      density(next);
    });

    // Refresh: changed rows are fetched again together and swapped cell by cell, so nothing moves under the pointer.
    const wanted = new Set();
    let timer = null;
    const refresh = async () => {
      timer = null;
      const ids = [...wanted].filter((id) => body.querySelector(`tr[data-id="${CSS.escape(id)}"]`)).slice(0, 500);
      wanted.clear();
      if (!ids.length) return;
      const answer = await fetch(`${list.dataset.rows}?ids=${ids.join(",")}`, { credentials: "same-origin" });
      if (!answer.ok) return;
      const made = document.createElement("tbody");
      made.innerHTML = await answer.text();
      [...made.rows].forEach(swap);
      columns();
      paint();
      face.freshen(body);
    };
    const swap = (fresh) => {
      const old = body.querySelector(`tr[data-id="${CSS.escape(fresh.dataset.id)}"]`);
      if (!old || old.cells.length !== fresh.cells.length) return;
      old.className = [fresh.className, ...["at", "selected"].filter((one) => old.classList.contains(one))].join(" ").trim();
      [...fresh.cells].forEach((cell, place) => {
        const before = old.cells[place];
        if (before.matches(".cell-check") || before.dataset.value === cell.dataset.value) return;
        before.dataset.value = cell.dataset.value;
        before.replaceChildren(...cell.childNodes);
        before.className = cell.className;
        requestAnimationFrame(() => before.classList.add("flash"));
      });
    };
    face.refreshRows = (ids) => {
      ids.forEach((id) => wanted.add(String(id)));
      timer ??= setTimeout(refresh, 120);
    };
    face.refreshAll = () => face.refreshRows(rows().map((row) => row.dataset.id));
    paint();
  });

  // Saved views: a name for this page's query, kept in this browser per list.
  document.querySelectorAll("[data-views]").forEach((menu) => {
    const key = `face.views.${menu.dataset.views}`;
    const stored = () => { try { return JSON.parse(face.read(key)) || []; } catch { return []; } };
    const host = menu.querySelector("[data-views-list]");
    const form = menu.querySelector("form");
    const here = () => { const query = new URLSearchParams(location.search); query.delete("page"); return query.toString(); };
    const keep = (views) => { face.write(key, JSON.stringify(views)); draw(); };
    const draw = () => {
      host.replaceChildren(...stored().map((view) => {
        const line = face.element("div", "view-row");
        const link = face.element("a", `dropdown-item${view.query === here() ? " active" : ""}`, view.name);
        link.href = `?${view.query}`;
        const remove = face.element("button", "btn btn-quiet btn-icon btn-sm");
        remove.type = "button";
        remove.setAttribute("aria-label", face.say("delete", { name: view.name }));
        remove.append(face.element("i", "bi bi-x"));
        remove.addEventListener("click", () => {
          const before = stored();
          keep(before.filter((other) => other.name !== view.name));
          face.toast(face.say("viewDeleted", { name: view.name }), "ok", { run: () => keep(before) });
        });
        line.append(link, remove);
        return line;
      }));
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const name = form.elements.name.value.trim().slice(0, 60);
      if (!name) return;
      keep([...stored().filter((view) => view.name !== name), { name, query: here() }]);
      form.reset();
      face.toast(face.say("viewSaved", { name }));
    });
    draw();
  });
})();
