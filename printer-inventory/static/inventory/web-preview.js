// Runs inside the sandboxed preview, at an opaque origin: tells the editor the number of the clicked element, and nothing else.
(() => {
  "use strict";
  const at = (event) => event.target.closest && event.target.closest("[data-pick]");
  let over = null;
  document.addEventListener("mouseover", (event) => {
    if (over) over.classList.remove("q-over");
    over = at(event);
    if (over) over.classList.add("q-over");
  });
  document.addEventListener("click", (event) => {
    const chosen = at(event);
    event.preventDefault();
    if (!chosen) return;
    document.querySelectorAll(".q-chosen").forEach((one) => one.classList.remove("q-chosen"));
    chosen.classList.add("q-chosen");
    const link = chosen.closest("[data-href]");
    parent.postMessage({ picked: Number(chosen.dataset.pick), href: link ? link.dataset.href : "" }, "*");
  });
})();
