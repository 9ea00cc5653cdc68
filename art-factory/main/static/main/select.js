// Gallery: choose cards by mouse, shift for a range, or keys (arrows or h j k l move, x chooses, 0 to 5 rate, f is favourite,
// Escape lets go), and act on them.
(() => {
  "use strict";
  const form = document.querySelector("[data-select]");
  if (!form) return;
  const bar = form.querySelector("[data-select-bar]");
  const boxes = () => [...form.querySelectorAll("input[name=ids]")];
  let last = -1;

  const paint = () => {
    const chosen = boxes().filter((box) => box.checked);
    boxes().forEach((box) => box.closest("li").classList.toggle("selected", box.checked));
    bar.hidden = chosen.length === 0;
    bar.querySelector("[data-select-count]").textContent = String(chosen.length);
    form.querySelectorAll("[data-needs]").forEach((button) => {
      button.disabled = chosen.length < Number(button.dataset.needs);
    });
  };
  form.addEventListener("click", (event) => {
    if (!event.target.matches("input[name=ids]")) return;
    const all = boxes();
    const at = all.indexOf(event.target);
    if (event.shiftKey && last >= 0) all.slice(Math.min(at, last), Math.max(at, last) + 1).forEach((box) => { box.checked = event.target.checked; });
    last = at;
    paint();
  });
  // Rates the card under the keys, or makes it a favourite: what stands on it changes when it is stored.
  const mark = async (card, change) => {
    try {
      await face.post(form.dataset.mark.replace("/0/", `/${card.dataset.id}/`), new URLSearchParams(change));
    } catch (error) {
      face.complain(error);
      return;
    }
    const [stars, heart] = [card.querySelector("[data-card-stars]"), card.querySelector("[data-card-heart]")];
    if ("favorite" in change) heart.hidden = change.favorite !== "yes";
    else {
      stars.hidden = change.rating === "0";
      stars.querySelector("span").textContent = change.rating;
    }
  };
  const columns = () => {
    const links = [...form.querySelectorAll(".card-picture")];
    const top = links[0]?.getBoundingClientRect().top;
    return Math.max(1, links.filter((link) => link.getBoundingClientRect().top === top).length);
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input:not([name=ids]), textarea, select, dialog")) return;
    const links = [...form.querySelectorAll(".card-picture")];
    const at = links.indexOf(document.activeElement);
    const steps = { ArrowRight: 1, l: 1, ArrowLeft: -1, h: -1, ArrowDown: columns(), j: columns(), ArrowUp: -columns(), k: -columns() };
    if (event.key in steps && links.length) {
      event.preventDefault();
      links[at < 0 ? 0 : Math.max(0, Math.min(links.length - 1, at + steps[event.key]))].focus();
    } else if (event.key === "x" && at >= 0) {
      const box = boxes()[at];
      box.checked = !box.checked;
      last = at;
      paint();
    } else if (at >= 0 && form.dataset.mark && /^[0-5f]$/.test(event.key)) {
      const card = links[at].closest("li");
      mark(card, event.key === "f" ? { favorite: card.querySelector("[data-card-heart]").hidden ? "yes" : "no" } : { rating: event.key });
    } else if (event.key === "Escape") {
      boxes().forEach((box) => { box.checked = false; });
      paint();
    }
  });
  paint();
})();
