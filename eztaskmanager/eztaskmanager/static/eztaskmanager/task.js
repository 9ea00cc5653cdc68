// The task's form: another command brings its own fields; the preview follows every change.

const fields = document.getElementById("ez-arguments");
const preview = document.getElementById("ez-preview");
const form = fields?.closest("form");
let waiting = 0;
let asked = 0;

async function refresh() {
  const turn = ++asked;
  const answer = await fetch(preview.dataset.url, {
    method: "POST",
    body: new FormData(form),
    headers: { "X-Requested-With": "fetch" },
  });
  if (answer.ok && turn === asked) preview.innerHTML = await answer.text();
}

async function load(command) {
  const answer = command && (await fetch(`${fields.dataset.url}?command=${encodeURIComponent(command)}`));
  fields.innerHTML = answer && answer.ok ? await answer.text() : "";
  subcommands();
  refresh();
}

// Fields of a subcommand show only while it is chosen: their names start with its name.
function subcommands() {
  for (const select of fields.querySelectorAll("select")) {
    const names = [...select.options].map((option) => option.value).filter(Boolean);
    for (const row of fields.querySelectorAll(".form-row")) {
      const name = row.querySelector("[name]")?.name ?? "";
      const owner = names.find((one) => name.startsWith(`arg__${one.replaceAll("-", "_")}__`));
      if (owner) row.hidden = owner !== select.value;
    }
  }
}

if (form) {
  form.addEventListener("change", (event) => {
    if (event.target.name === "command") load(event.target.value);
    else subcommands();
  });
  form.addEventListener("input", (event) => {
    if (event.target.name === "command") return;
    clearTimeout(waiting);
    waiting = setTimeout(refresh, 300);
  });
  subcommands();
}
