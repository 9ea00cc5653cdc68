// Load a printer's page, click on a value, test, save: the rules of one printer.
(() => {
  "use strict";
  const face = window.face;
  const source = document.getElementById("web-data");
  if (!source) return;
  const data = JSON.parse(source.textContent);
  const words = JSON.parse(document.getElementById("web-words").textContent);
  const $ = (id) => document.getElementById(id);
  const say = (name, values = {}) => words[name].replace(/\{(\w+)\}/g, (whole, key) => (key in values ? values[key] : whole));
  const editor = { data, words, say, rules: data.rules, values: {} };
  face.webEditor = editor;
  let snapshot = "";
  let edited = null;

  const busy = async (button, work) => {
    if (button) button.disabled = true;
    try { return await work(); } catch (error) { face.complain(error); return null; } finally { if (button) button.disabled = false; }
  };

  // The page
  const pageOf = () => ({
    printer_id: data.printer, protocol: $("page-protocol").value, path: $("page-path").value.trim() || "/",
    browser: $("page-browser").checked, steps: face.webSteps.get(),
  });
  const load = async () => {
    const frame = $("page-frame");
    const trouble = $("page-error");
    trouble.hidden = true;
    frame.classList.add("busy");
    $("page-load").disabled = true;
    try {
      const answer = await face.post(data.urls.fetch, pageOf());
      snapshot = answer.snapshot;
      const view = face.element("iframe");
      view.setAttribute("sandbox", "allow-scripts");
      view.setAttribute("referrerpolicy", "no-referrer");
      view.title = answer.path;
      view.src = answer.preview;
      frame.replaceChildren(view);
    } catch (error) {
      trouble.querySelector("p").textContent = error.message;
      trouble.hidden = false;
    } finally {
      frame.classList.remove("busy");
      $("page-load").disabled = false;
    }
  };
  $("page-form").addEventListener("submit", (event) => { event.preventDefault(); load(); });

  // A click in the sandbox is a number; where that element stands is the server's to say.
  window.addEventListener("message", (event) => {
    const view = $("page-frame").querySelector("iframe");
    if (!view || event.source !== view.contentWindow || typeof event.data !== "object" || !event.data) return;
    if (Number.isInteger(event.data.picked)) choose(event.data.picked, String(event.data.href || ""));
  });
  const choose = async (number, href) => {
    const answer = await busy(null, () => face.post(data.urls.pick, { snapshot, element: number }));
    if (!answer) return;
    const list = $("candidates");
    list.replaceChildren(...answer.candidates.map((one) => {
      const item = face.element("li");
      const button = face.element("button", "btn btn-quiet btn-sm", one.xpath);
      button.type = "button";
      button.append(face.element("span", "text-2", ` ${words[one.why]}, ${say("matches", { count: one.matches })}`));
      button.addEventListener("click", () => { $("rule-xpath").value = one.xpath; test(); });
      item.append(button);
      return item;
    }));
    if (href) {
      const item = face.element("li");
      const button = face.element("button", "btn btn-plain btn-sm", say("follow", { path: href }));
      button.type = "button";
      button.addEventListener("click", () => { $("page-path").value = href; load(); });
      item.append(button);
      list.append(item);
    }
    if (!answer.candidates.length) return;
    $("rule-calculated").checked = false;
    modes();
    $("rule-xpath").value = answer.candidates[0].xpath;
    test();
  };

  // The rule
  const modes = () => {
    const calculated = $("rule-calculated").checked;
    $("rule-formula-box").hidden = !calculated;
    $("rule-page-box").hidden = calculated;
    $("rule-variable-box").hidden = $("rule-field").value !== "";
  };
  $("rule-calculated").addEventListener("change", modes);
  $("rule-field").addEventListener("change", modes);
  const fieldOf = () => $("rule-field").value || $("rule-variable").value.trim();
  const ruleOf = () => {
    if ($("rule-calculated").checked) return { field: fieldOf(), formula: $("rule-formula").value.trim() };
    const { protocol, path, browser, steps } = pageOf();
    return { field: fieldOf(), protocol, path, browser, steps, xpath: $("rule-xpath").value.trim(), regex: $("rule-regex").value, replacement: $("rule-replacement").value };
  };
  const showResult = (answer) => {
    const result = $("result");
    result.replaceChildren();
    if (answer.value !== null && answer.value !== undefined) {
      const shown = typeof answer.value === "number" ? face.number(answer.value) : answer.value;
      result.append(face.element("strong", "num", shown));
      if (String(answer.value) !== answer.raw_result) result.append(face.element("span", "text-2", ` ← ${answer.raw_result}`));
    } else result.append(face.element("span", "text-failed", answer.error || words.nothing));
  };
  const test = () => busy($("rule-test"), async () => {
    const rule = ruleOf();
    if (rule.formula !== undefined) return tryAll([...editor.rules.filter((one) => one.field !== rule.field), rule]);
    return showResult(await face.post(data.urls.test, { snapshot, ...rule }));
  });
  $("rule-test")?.addEventListener("click", test);

  const blank = () => {
    edited = null;
    for (const name of ["rule-xpath", "rule-regex", "rule-replacement", "rule-formula"]) $(name).value = "";
    $("candidates").replaceChildren();
    $("result").replaceChildren();
    $("rule-calculated").checked = false;
    $("rule-new").hidden = true;
    modes();
  };
  $("rule-new")?.addEventListener("click", blank);
  const edit = (rule) => {
    edited = rule;
    const known = [...$("rule-field").options].some((one) => one.value === rule.field);
    $("rule-field").value = known ? rule.field : "";
    if (!known) $("rule-variable").value = rule.field;
    $("rule-calculated").checked = Boolean(rule.formula);
    $("rule-formula").value = rule.formula || "";
    $("rule-xpath").value = rule.xpath || "";
    $("rule-regex").value = rule.regex || "";
    $("rule-replacement").value = rule.replacement || "";
    if (!rule.formula) {
      $("page-protocol").value = rule.protocol;
      $("page-path").value = rule.path;
      $("page-browser").checked = Boolean(rule.browser);
      face.webSteps.set(rule.steps || []);
    }
    $("rule-new").hidden = false;
    modes();
    $("rule-field").focus();
  };
  $("rule-form").addEventListener("submit", (event) => {
    event.preventDefault();
    busy($("rule-save"), async () => {
      const told = edited ? { edit_id: edited.id, version: edited.version } : {};
      await face.post(data.urls.save, { printer_id: data.printer, ...ruleOf(), ...told });
      face.toast(words.saved);
      blank();
      await reload();
    });
  });
  const remove = (rule) => busy(null, async () => {
    const answer = await face.post(data.urls.save, { printer_id: data.printer, edit_id: rule.id, delete: true });
    face.toast(words.deleted, "ok", { label: words.undo, run: () => busy(null, async () => { await face.post(data.urls.save, { printer_id: data.printer, ...answer.rule }); await reload(); }) });
    if (edited && edited.id === rule.id) blank();
    await reload();
  });

  // All of them
  const draw = () => {
    const body = $("rules").tBodies[0];
    body.replaceChildren(...editor.rules.map((rule) => {
      const row = face.element("tr");
      row.dataset.field = rule.field;
      const where = face.element("td", "wide");
      where.append(face.element("div", "web-where", rule.formula ? `= ${rule.formula}` : `${rule.path} ${rule.xpath || ""} ${rule.regex || ""}`));
      const result = editor.values[rule.field];
      const value = face.element("td", result && result.error ? "text-failed" : "num");
      value.textContent = result ? (result.error || (typeof result.value === "number" ? face.number(result.value) : result.value)) : "";
      const actions = face.element("td", "doubt-actions");
      if (data.may) {
        for (const [icon, label, run] of [["pencil", words.edit, () => edit(rule)], ["trash", words.delete, () => remove(rule)]]) {
          const button = face.element("button", "btn btn-quiet btn-icon btn-sm");
          button.type = "button";
          button.setAttribute("aria-label", `${label} ${rule.field}`);
          button.append(face.element("i", `bi bi-${icon}`));
          button.addEventListener("click", run);
          actions.append(button);
        }
      }
      row.append(face.element("td", "cell-title mono", rule.field), where, value, actions);
      return row;
    }));
    $("rule-count").textContent = editor.rules.length || "";
    $("no-rules").hidden = editor.rules.length > 0;
    $("rules").hidden = !editor.rules.length;
    $("unidentified").hidden = !editor.rules.length || editor.rules.some((one) => one.field === "serial_number" || one.field === "mac_address");
  };
  const reload = async () => {
    editor.rules = (await face.send(data.urls.rules)).rules;
    draw();
  };
  const tryAll = async (rules) => {
    const bare = rules.map(({ id, version, ...rule }) => rule);
    const answer = await face.post(data.urls.try, { printer_id: data.printer, rules: bare });
    editor.values = Object.fromEntries(answer.results.map((one) => [one.field, one]));
    draw();
    const one = answer.results.find((result) => result.field === fieldOf());
    if (one) showResult({ value: one.value, raw_result: one.text, error: one.error });
    return answer;
  };
  $("try-all").addEventListener("click", () => busy($("try-all"), () => tryAll(editor.rules)));
  $("polling-method")?.addEventListener("change", (event) => busy(null, async () => {
    await face.post(data.urls.method, { polling_method: event.target.value });
    face.toast(words.method);
  }));
  $("poll-form")?.addEventListener("face:sent", () => location.assign(data.urls.printer));

  $("import-file")?.addEventListener("change", (event) => busy(null, async () => {
    const file = event.target.files[0];
    event.target.value = "";
    if (!file) return;
    let rules;
    try { rules = JSON.parse(await file.text()); } catch { throw new Error(words.notJson); }
    await editor.take(rules, words.imported);
  }));
  // Puts rules in the place of those there are; what was there before comes back by undo.
  editor.take = async (rules, text) => {
    const answer = await face.post(data.urls.import, rules);
    await reload();
    editor.undoable(text, answer.before);
  };
  editor.undoable = (text, before) => face.toast(text, "ok", before && { label: words.undo, run: () => busy(null, async () => { await face.post(data.urls.import, before); await reload(); }) });
  editor.reload = reload;
  editor.busy = busy;
  modes();
  draw();
})();
