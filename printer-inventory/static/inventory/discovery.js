// A search that has ended is drawn anew with what can be done about its result; stopping it is shown at once.
(() => {
  "use strict";
  const face = window.face;
  document.addEventListener("face:ended", () => location.reload());
  document.getElementById("stop-form")?.addEventListener("face:sent", (event) => {
    const job = document.querySelector(".job");
    if (job) face.showJob(job, event.detail);
    document.getElementById("stop").disabled = true;
  });
})();
