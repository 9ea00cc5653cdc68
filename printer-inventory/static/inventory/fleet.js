// The fleet list stays true by itself: hints say which rows to fetch again, jobs show how far they are.
(() => {
  "use strict";
  const face = window.face;
  const dock = document.getElementById("job-dock");
  const stop = dock.querySelector("[data-job-stop]");

  face.connectHints("/ws/inventory/", (hint) => {
    face.refreshRows?.(hint.printer_ids || [hint.printer_id]);
    if (hint.type === "inventory_update" && hint.triggered_by === "manual" && hint.message) face.toast(hint.message, "failed");
  }, () => face.refreshAll?.());

  const follow = (job) => {
    const element = dock.querySelector(".job");
    if (!dock.hidden && element.dataset.job === job.url) return; // pressed twice: the job is being followed already
    dock.hidden = false;
    element.dataset.job = job.url;
    element.querySelector(".job-head").textContent = job.name;
    stop.dataset.url = job.stop_url;
    face.showJob(element, job);
    stop.hidden = !["queued", "running"].includes(job.state);
    face.followJob(element);
    face.lookAtJobs?.();
  };
  dock.addEventListener("face:ended", (event) => {
    const job = event.detail;
    stop.hidden = true;
    if (job.download_url) window.location.assign(job.download_url); // a file: the page stays
    else face.refreshAll?.();
    setTimeout(() => { dock.hidden = true; }, 6000);
    face.toast([job.name, job.text, job.reason].filter(Boolean).join(" · "), job.state === "done" ? "ok" : "warning");
  });
  stop.addEventListener("click", async () => {
    try { face.showJob(dock.querySelector(".job"), await face.post(stop.dataset.url)); } catch (error) { face.toast(error.message, "failed"); }
  });
  document.addEventListener("face:sent", (event) => {
    const answer = event.detail;
    if (event.target.matches("[data-job-start]")) follow(answer);
    else if (answer.printer_id) face.refreshRows([answer.printer_id]);
  });
})();
