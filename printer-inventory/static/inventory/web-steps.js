// The list of steps that are done on a page before it is read: face.webSteps.get() and .set(list).
(() => {
  "use strict";
  const face = window.face;
  const list = document.getElementById("steps");
  if (!list) return;
  const words = JSON.parse(document.getElementById("web-words").textContent);

  const input = (className, placeholder, value) => {
    const made = face.element("input", `form-control form-control-sm mono ${className}`);
    made.placeholder = placeholder;
    made.setAttribute("aria-label", placeholder);
    made.value = value || "";
    return made;
  };
  const add = (step = {}) => {
    const row = face.element("li");
    const kind = face.element("select", "form-select form-select-sm");
    kind.setAttribute("aria-label", "step");
    for (const word of ["click", "type", "wait", "read"]) {
      const option = face.element("option", "", word);
      option.selected = step.do === word;
      kind.append(option);
    }
    const value = input("value", words.value, step.do === "read" ? step.name : step.value);
    const show = () => {
      value.hidden = !["type", "read"].includes(kind.value);
      value.placeholder = kind.value === "read" ? words.field : words.value;
    };
    kind.addEventListener("change", show);
    const remove = face.element("button", "btn btn-quiet btn-icon btn-sm");
    remove.type = "button";
    remove.setAttribute("aria-label", words.remove);
    remove.append(face.element("i", "bi bi-x-lg"));
    remove.addEventListener("click", () => row.remove());
    row.append(kind, input("selector", words.selector, step.selector), value, input("seconds", words.seconds, step.seconds ? String(step.seconds) : ""), remove);
    list.append(row);
    show();
  };
  document.getElementById("step-add").addEventListener("click", () => add({ do: "click" }));

  face.webSteps = {
    get: () => [...list.children].map((row) => {
      const kind = row.querySelector("select").value;
      const of = (name) => row.querySelector(`.${name}`).value;
      const step = { do: kind, selector: of("selector").trim(), seconds: Number(of("seconds").replace(",", ".")) || 0 };
      if (kind === "type") step.value = of("value");
      if (kind === "read") step.name = of("value").trim();
      return step;
    }),
    set: (steps) => {
      list.replaceChildren();
      steps.forEach(add);
      if (steps.length) list.closest("details").open = true;
    },
  };
})();
