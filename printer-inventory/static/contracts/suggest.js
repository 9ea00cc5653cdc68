// Fields whose values have names: what is typed is looked up, and the names that hold it are offered.
(() => {
  "use strict";
  const face = window.face;
  let count = 0;

  face.suggest = (input, url) => {
    const list = document.createElement("datalist");
    list.id = `suggest-${(count += 1)}`;
    input.after(list);
    input.setAttribute("list", list.id);
    let timer = null;
    let asked = null;
    const ask = async () => {
      const text = input.value.trim();
      if (text === asked) return;
      asked = text;
      try {
        const answer = await face.send(`${url}?field=${input.dataset.suggest}&q=${encodeURIComponent(text)}`);
        list.replaceChildren(...answer.choices.map((one) => Object.assign(document.createElement("option"), { value: one.label })));
      } catch { /* the field can be typed without help */ }
    };
    input.addEventListener("focus", ask);
    input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 150); });
  };
  document.querySelectorAll("form[data-choices] [data-suggest]").forEach((input) => face.suggest(input, input.closest("form").dataset.choices));
})();
