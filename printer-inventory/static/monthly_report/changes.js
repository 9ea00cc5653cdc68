// A reverted change is shown by the page itself: it is fetched anew.
document.addEventListener("face:sent", (event) => {
  if (event.target.matches("[data-reload]")) location.reload();
});
