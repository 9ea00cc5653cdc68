// Templates of rules for a device model: list, keep, apply, delete.
(() => {
  "use strict";
  const face = window.face;
  const editor = face.webEditor;
  if (!editor) return;
  const { data, words, say, busy } = editor;
  const list = document.getElementById("templates");

  const show = async () => {
    const { templates } = await face.send(data.urls.templates);
    list.replaceChildren(...templates.map((one) => {
      const item = face.element("li");
      item.append(face.element("span", "name", one.name), face.element("span", "text-2", say("rules", { count: one.rules })));
      if (!data.may) return item;
      const apply = face.element("button", "btn btn-plain btn-sm", words.apply);
      apply.type = "button";
      apply.addEventListener("click", () => busy(apply, async () => {
        const wide = document.getElementById("template-scope")?.checked;
        const answer = await face.post(data.urls.apply_template, { printer_id: data.printer, template_id: one.id, overwrite: true, ...(wide ? { scope: "model" } : {}) });
        await editor.reload();
        editor.undoable(words.applied, answer.before);
      }));
      item.append(apply);
      if (one.is_mine) {
        const remove = face.element("button", "btn btn-quiet btn-icon btn-sm");
        remove.type = "button";
        remove.setAttribute("aria-label", `${words.delete} ${one.name}`);
        remove.append(face.element("i", "bi bi-trash"));
        remove.addEventListener("click", async () => {
          if (!(await face.confirm({ title: words.deleteTemplate, text: one.name, yes: words.delete }))) return;
          await busy(remove, () => face.post(data.urls.delete_template.replace("/0/", `/${one.id}/`), {}));
          await show();
        });
        item.append(remove);
      }
      return item;
    }));
    if (!templates.length) list.append(face.element("li", "text-2", words.noTemplates));
  };
  document.getElementById("template-form")?.addEventListener("submit", (event) => {
    event.preventDefault();
    busy(document.getElementById("template-save"), async () => {
      const name = document.getElementById("template-name");
      await face.post(data.urls.save_template, { printer_id: data.printer, name: name.value, is_public: Boolean(document.getElementById("template-public")?.checked) });
      name.value = "";
      face.toast(words.templateSaved);
      await show();
    });
  });
  busy(null, show);
})();
