// An export that has ended has another page: the file, or why there is none.
(() => {
  "use strict";
  document.getElementById("export-job")?.addEventListener("face:ended", () => window.location.reload());
})();
