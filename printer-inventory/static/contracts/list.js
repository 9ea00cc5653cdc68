// A row is edited where it stands: pencil, E, or a double click on a cell; Enter saves, Esc leaves. An edit carries the row's version.
(() => {
  "use strict";
  const face = window.face;
  const list = document.querySelector('[data-list="contracts"]');
  const body = list?.querySelector("tbody");
  if (!body) return;
  const words = document.getElementById("edit-words").dataset;
  const named = new Set(["organization", "city", "model"]);
  const chosen = { status_id: "edit-statuses", service_provider_id: "edit-providers" };

  const control = (cell) => {
    const field = cell.dataset.field;
    let input;
    if (chosen[field]) {
      input = face.element("select", "form-select");
      input.append(document.getElementById(chosen[field]).content.cloneNode(true));
      if (![...input.options].some((option) => option.value === cell.dataset.value)) input.add(new Option(cell.textContent.trim(), cell.dataset.value));
    } else {
      input = face.element("input", "form-control");
      input.type = field === "service_start_month" ? "month" : "text";
      input.autocomplete = "off";
      if (named.has(field)) input.dataset.suggest = field;
    }
    input.name = field;
    input.value = cell.dataset.value || "";
    input.setAttribute("aria-label", cell.dataset.label);
    return input;
  };

  const open = (row, focusOn) => {
    if (row.classList.contains("editing") || !row.querySelector("[data-edit]")) return;
    row.kept = [...row.cells].map((cell) => [...cell.childNodes]);
    row.classList.add("editing");
    row.querySelectorAll("td[data-field]").forEach((cell) => {
      const input = control(cell);
      cell.replaceChildren(input);
      if (input.dataset.suggest) face.suggest(input, list.dataset.choices);
    });
    const actions = face.element("span", "edit-actions");
    const save = face.element("button", "btn btn-primary btn-sm", words.save);
    const cancel = face.element("button", "btn btn-quiet btn-sm", words.cancel);
    save.type = cancel.type = "button";
    save.dataset.saveRow = cancel.dataset.cancelRow = "";
    actions.append(save, cancel);
    row.cells[row.cells.length - 1].replaceChildren(actions);
    const first = focusOn?.querySelector("input, select") || row.querySelector("td[data-field]:not([hidden]) input");
    first?.focus();
    first?.select?.();
  };

  const close = (row) => {
    row.classList.remove("editing");
    row.nextElementSibling?.matches(".edit-conflict") && row.nextElementSibling.remove();
    [...row.cells].forEach((cell, place) => cell.replaceChildren(...row.kept[place]));
    row.kept = null;
  };

  const fresh = async (row) => {
    const answer = await fetch(`${list.dataset.rows}?ids=${row.dataset.id}`, { credentials: "same-origin" });
    if (!answer.ok) return;
    const made = document.createElement("tbody");
    made.innerHTML = await answer.text();
    const next = made.rows[0];
    [...next.cells].forEach((cell, place) => { cell.hidden = row.cells[place].hidden; });
    row.replaceWith(next);
    face.freshen(body);
    next.querySelectorAll("td[data-field]").forEach((cell) => cell.classList.add("flash"));
  };

  const changes = (row) => {
    const found = {};
    row.querySelectorAll("td[data-field]").forEach((cell) => {
      const value = cell.querySelector("input, select").value.trim();
      if (value !== (cell.dataset.value || "").trim()) found[cell.dataset.field] = value;
    });
    return found;
  };

  const save = async (row, version) => {
    const changed = changes(row);
    row.querySelectorAll(".edit-error").forEach((note) => note.remove());
    if (!Object.keys(changed).length) { close(row); return; }
    const button = row.querySelector("[data-save-row]");
    button.disabled = true;
    const answer = await fetch(list.dataset.update.replace("/0/", `/${row.dataset.id}/`), {
      method: "POST", credentials: "same-origin", body: JSON.stringify({ ...changed, version }),
      headers: { "Content-Type": "application/json", Accept: "application/json", [face.csrfHeader]: face.csrf() },
    }).catch(() => null);
    button.disabled = false;
    if (!answer) { face.toast(face.say("unreachable"), "failed"); return; }
    const said = await answer.json().catch(() => ({}));
    if (answer.ok) {
      row.nextElementSibling?.matches(".edit-conflict") && row.nextElementSibling.remove();
      await fresh(row);
      face.toast(words.saved);
    } else if (answer.status === 409) conflict(row, said.device);
    else if (said.errors) complain(row, said.errors);
    else face.toast([said.title, said.detail].filter(Boolean).join(". ") || face.say("failed"), "failed");
  };

  const complain = (row, errors) => {
    Object.entries(errors).forEach(([field, text]) => {
      const cell = row.querySelector(`td[data-field="${field}"], td[data-field="${field}_id"]`);
      if (!cell) { face.toast(text, "failed"); return; }
      cell.append(face.element("span", "edit-error", text));
      cell.querySelector("input, select").focus();
    });
  };

  // Both are kept in sight: what I typed stays in its field, what the other wrote stands below it.
  const shown = (device, field) => {
    if (field === "status_id") return device.status;
    if (field === "service_provider_id") return device.service_provider || "";
    if (field === "model") return `${device.manufacturer} ${device.model}`;
    if (field === "service_start_month") return (device.service_start_month_iso || "").slice(0, 7);
    return device[field] || "";
  };
  const conflict = (row, device) => {
    row.querySelectorAll(".edit-theirs").forEach((note) => note.remove());
    row.querySelectorAll("td[data-field]").forEach((cell) => {
      const theirs = shown(device, cell.dataset.field);
      const input = cell.querySelector("input, select");
      const mine = input.matches("select") ? input.selectedOptions[0]?.textContent || "" : input.value;
      if (theirs !== mine) cell.append(face.element("span", "edit-theirs", `${words.now}: ${theirs || "–"}`));
    });
    const line = row.nextElementSibling?.matches(".edit-conflict") ? row.nextElementSibling : face.element("tr", "edit-conflict");
    const cell = face.element("td");
    cell.colSpan = row.cells.length;
    const note = face.element("div", "notice s-warning");
    const mine = face.element("button", "btn btn-plain btn-sm", words.mine);
    const theirs = face.element("button", "btn btn-primary btn-sm", words.theirs);
    mine.type = theirs.type = "button";
    mine.dataset.keepMine = theirs.dataset.takeTheirs = "";
    mine.addEventListener("click", () => save(row, device.version));
    theirs.addEventListener("click", () => { line.remove(); fresh(row); });
    note.append(face.element("i", "bi bi-exclamation-triangle-fill"), face.element("p", "", words.conflict), theirs, mine);
    cell.append(note);
    line.replaceChildren(cell);
    row.after(line);
    theirs.focus();
  };

  body.addEventListener("click", (event) => {
    const row = event.target.closest("tr");
    if (event.target.closest("[data-edit]")) open(row);
    else if (event.target.closest("[data-save-row]")) save(row, Number(row.dataset.version));
    else if (event.target.closest("[data-cancel-row]")) close(row);
  });
  body.addEventListener("dblclick", (event) => {
    const cell = event.target.closest("td[data-field]");
    const row = event.target.closest("tr");
    if (!row || event.target.closest("a, button, input, select")) return;
    if (row.classList.contains("editing") || (cell && row.querySelector("[data-edit]"))) {
      event.stopImmediatePropagation();
      open(row, cell);
    }
  }, true);
  body.addEventListener("keydown", (event) => {
    const row = event.target.closest("tr.editing");
    if (!row) return;
    if (event.key === "Enter" && !event.target.matches("button")) { event.preventDefault(); save(row, Number(row.dataset.version)); }
    if (event.key === "Escape") { event.stopPropagation(); close(row); }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "e" || event.ctrlKey || event.metaKey || event.altKey || face.typing(event.target) || document.querySelector("dialog[open]")) return;
    const row = body.querySelector("tr.at");
    if (row) { event.preventDefault(); open(row); }
  });
})();
