// The order form: what it makes and costs, live; the fields of the machine that is chosen; lookups by a click.
(() => {
  "use strict";
  const form = document.getElementById("order-form");
  if (!form) return;
  const preview = document.getElementById("preview");
  const fields = document.getElementById("machine-fields");
  const prompt = document.getElementById("prompt");
  let timer = 0;
  let asked = 0;

  const swap = (host, html) => {
    const parsed = new DOMParser().parseFromString(html, "text/html");
    host.replaceChildren(...parsed.body.childNodes);
    face.freshen(host);
  };

  const look = async () => {
    const mine = ++asked;
    try {
      const answer = await fetch(form.dataset.preview, { method: "POST", body: new FormData(form), headers: { Accept: "text/html" } });
      const html = await answer.text();
      if (mine === asked && answer.ok) swap(preview, html);
    } catch {
      if (mine === asked) face.toast(face.say("unreachable"), "failed");
    }
  };
  const hint = preview.cloneNode(true);
  // A machine that takes a picture needs no prompt: whatever is typed is looked at, and an empty form says what it is for.
  const typed = () => prompt.value.trim() || [...fields.querySelectorAll("input")].some((input) => input.value.trim());
  const see = () => {
    if (typed()) { look(); return; }
    asked += 1;
    preview.replaceChildren(...hint.cloneNode(true).childNodes);
  };
  const later = () => { clearTimeout(timer); timer = setTimeout(see, 250); };

  const change = async () => {
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (name === "machine" || name.startsWith("p-")) query.append(name, value);
    const answer = await fetch(`${form.dataset.fields}?${query}`, { headers: { Accept: "text/html" } });
    if (answer.ok) swap(fields, await answer.text());
    later();
  };

  form.addEventListener("input", (event) => { if (event.target.id !== "machine") later(); });
  document.getElementById("machine").addEventListener("change", change);
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-insert]");
    if (!button) return;
    prompt.setRangeText(button.dataset.insert, prompt.selectionStart, prompt.selectionEnd, "end");
    prompt.focus();
    later();
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  form.addEventListener("submit", () => { document.getElementById("place").disabled = true; });
  if (typed()) look();

  // A picture that is dropped anywhere tells how it was made.
  const recover = document.getElementById("recover");
  const file = document.getElementById("recover-file");
  const brings = (event) => [...(event.dataTransfer?.types || [])].includes("Files");
  const mark = (on) => document.body.classList.toggle("dropping", on);
  file.addEventListener("change", () => { if (file.files.length) recover.submit(); });
  document.addEventListener("dragover", (event) => { if (brings(event)) { event.preventDefault(); mark(true); } });
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) mark(false); });
  document.addEventListener("drop", (event) => {
    if (!brings(event)) return;
    event.preventDefault();
    mark(false);
    file.files = event.dataTransfer.files;
    if (file.files.length) recover.submit();
  });
})();
