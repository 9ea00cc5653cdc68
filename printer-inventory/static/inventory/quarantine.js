// "a" takes the suggestion of the row the keyboard stands on.
(() => {
  "use strict";
  document.addEventListener("keydown", (event) => {
    if (event.key !== "a" || event.ctrlKey || event.metaKey || event.altKey || window.face.typing(event.target)) return;
    document.querySelector("tr.at form[data-suggest]")?.requestSubmit();
  });
})();
