// What lies over the page: toasts, confirmation, the command palette, the help of keys.
(() => {
  "use strict";
  const face = window.face;
  const signs = { ok: "check-circle-fill", failed: "x-octagon-fill", warning: "exclamation-triangle-fill" };
  const LIFETIME = 10_000;

  const element = (tag, className, text) => {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  };
  face.element = element;

  const expire = (note) => {
    if ("stay" in note.dataset) return;
    let timer = setTimeout(() => note.remove(), LIFETIME);
    note.addEventListener("pointerenter", () => clearTimeout(timer));
    note.addEventListener("pointerleave", () => { timer = setTimeout(() => note.remove(), 3000); });
  };
  document.querySelectorAll("[data-toast]").forEach(expire);
  document.addEventListener("click", (event) => event.target.closest("[data-close]")?.closest("[data-toast]")?.remove());

  // A notice for ten seconds; `undo` is {run, label}. A failure stays until it is closed. Focus is never moved.
  face.toast = (text, state = "ok", undo) => {
    const note = element("div", `toast-note s-${state}`);
    note.dataset.toast = "";
    note.append(element("i", `bi bi-${signs[state] || "info-circle"}`), element("p", "", text));
    if (undo) {
      const button = element("button", "toast-undo", undo.label || face.say("undo"));
      button.type = "button";
      button.addEventListener("click", () => { note.remove(); undo.run(); });
      note.append(button);
    }
    const close = element("button", "toast-close");
    close.type = "button";
    close.dataset.close = "";
    close.setAttribute("aria-label", face.say("close"));
    close.append(element("i", "bi bi-x-lg"));
    note.append(close);
    document.querySelector("[data-toasts]")?.append(note);
    if (state === "failed") note.dataset.stay = "";
    expire(note);
  };

  // Forms marked data-ask are confirmed first; with data-ask-typed only after the word was typed.
  const sheet = document.querySelector("dialog[data-confirm]");
  face.confirm = ({ title, text, yes, typed }) =>
    new Promise((resolve) => {
      const button = sheet.querySelector("[data-confirm-yes]");
      const field = sheet.querySelector("[data-confirm-typed]");
      const input = field.querySelector("input");
      sheet.querySelector("[data-confirm-title]").textContent = title || face.say("confirm");
      sheet.querySelector("[data-confirm-text]").textContent = text || "";
      button.textContent = yes || face.say("yes");
      field.hidden = !typed;
      field.querySelector("span").textContent = typed ? face.say("typeToConfirm", { word: typed }) : "";
      input.value = "";
      button.disabled = Boolean(typed);
      input.oninput = () => { button.disabled = Boolean(typed) && input.value.trim() !== typed; };
      sheet.onclose = () => resolve(sheet.returnValue === "yes");
      sheet.returnValue = "no";
      sheet.showModal();
      if (typed) input.focus();
    });
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("form[data-ask]") || form.dataset.confirmed) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const { submitter } = event;
    const data = form.dataset;
    if (await face.confirm({ title: data.ask, text: data.askText, yes: data.askYes, typed: data.askTyped })) {
      data.confirmed = "1";
      // A page that follows what happens may have replaced the form meanwhile: what was confirmed is sent all the same.
      if (!form.isConnected) {
        form.hidden = true;
        document.body.append(form);
      }
      form.requestSubmit(submitter);
      delete data.confirmed;
    }
  }, true);

  // Palette: what the page offers (script#palette) plus the rail's sections.
  const palette = document.querySelector("dialog[data-palette]");
  const entries = () => {
    const given = document.getElementById("palette");
    const rail = [...document.querySelectorAll(".rail-item")].map((link) => ({
      label: link.textContent.trim(), url: link.href, icon: link.querySelector(".bi")?.className.match(/bi-(\S+)/)?.[1],
    }));
    const page = [...document.querySelectorAll("[data-command]")].filter((one) => !one.disabled).map((one) => ({
      label: one.dataset.command || one.textContent.trim(), icon: one.querySelector(".bi")?.className.match(/bi-(\S+)/)?.[1], run: () => one.click(),
    }));
    return [...page, ...(given ? JSON.parse(given.textContent) : []), ...rail];
  };
  // What <dialog data-palette data-url="..."> finds for the typed text: [{label, url, icon, hint}], asked 150 ms after the last key.
  let found = [];
  let asking = null;
  const ask = (text) => {
    clearTimeout(asking);
    found = [];
    if (!palette.dataset.url || text.length < 2) return;
    asking = setTimeout(async () => {
      try {
        const answer = await face.send(`${palette.dataset.url}?q=${encodeURIComponent(text)}`);
        if (input.value.trim() !== text) return;
        found = answer.entries.map((one) => ({ ...one, found: true }));
        draw();
      } catch { /* the entries of the page still work */ }
    }, 150);
  };
  const input = palette?.querySelector("input");
  const list = palette?.querySelector("ul");
  let shown = [];
  let chosen = 0;
  const matches = (label, text) => text.toLowerCase().split(/\s+/).every((word) => label.toLowerCase().includes(word));
  const draw = () => {
    shown = [...entries().filter((entry) => matches(entry.label, input.value.trim())), ...found].slice(0, 30);
    chosen = Math.max(0, Math.min(chosen, shown.length - 1));
    list.replaceChildren(...shown.map((entry, place) => {
      const item = element("li");
      item.id = `palette-${place}`;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", place === chosen);
      item.append(element("i", `bi bi-${entry.icon || "arrow-right"}`), element("span", "", entry.label));
      if (entry.hint) item.append(element("span", "hint", entry.hint));
      item.addEventListener("click", () => go(entry));
      return item;
    }));
    palette.querySelector(".palette-none").hidden = shown.length > 0;
    list.children[chosen]?.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", shown.length ? `palette-${chosen}` : "");
  };
  const go = (entry) => {
    palette.close();
    if (entry.run) entry.run();
    else if (entry.press) document.querySelector(entry.press)?.click();
    else location.href = entry.url;
  };
  face.openPalette = () => {
    if (!palette || palette.open) return;
    input.value = "";
    found = [];
    chosen = 0;
    palette.showModal();
    draw();
  };
  input?.addEventListener("input", () => { chosen = 0; ask(input.value.trim()); draw(); });
  input?.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      chosen = (chosen + (event.key === "ArrowDown" ? 1 : -1) + shown.length) % Math.max(shown.length, 1);
      draw();
    } else if (event.key === "Enter" && shown[chosen]) go(shown[chosen]);
    else return;
    event.preventDefault();
  });
  document.querySelectorAll("[data-open-palette]").forEach((button) => button.addEventListener("click", face.openPalette));
  document.querySelectorAll("dialog").forEach((dialog) =>
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); }));

  // A dialog that nothing focused had opened keeps the focus after it is closed until the next frame is drawn (a slow
  // machine takes its time): a key pressed meanwhile is meant for the page, not for a button or a field nobody sees.
  window.addEventListener("keydown", (event) => {
    if (!event.target.closest?.("dialog:not([open])")) return;
    event.stopImmediatePropagation();
    event.target.blur();
    if (!document.body.dispatchEvent(new KeyboardEvent(event.type, event))) event.preventDefault();
  }, true);

  face.typing = (target) => target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      face.openPalette();
    }
    if (event.ctrlKey || event.metaKey || event.altKey || face.typing(event.target) || document.querySelector("dialog[open]")) return;
    if (event.key === "/") {
      const search = document.querySelector("[data-list-search]") || document.querySelector("[data-search]");
      if (!search || search.offsetParent === null) return;
      event.preventDefault();
      search.focus();
      search.select();
    } else if (event.key === "?") document.querySelector("dialog[data-keys]")?.showModal();
  });
})();
