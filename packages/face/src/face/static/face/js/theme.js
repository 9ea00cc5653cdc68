// Runs before the first paint: the theme a person chose, and their time zone for the server.
(() => {
  "use strict";
  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const read = (key) => {
    try { return localStorage.getItem(key); } catch { return null; }
  };
  const apply = () => {
    const chosen = read("face.theme") || "system";
    root.dataset.bsTheme = chosen === "system" ? (system.matches ? "dark" : "light") : chosen;
    root.dispatchEvent(new CustomEvent("face:theme", { detail: chosen }));
  };
  apply();
  system.addEventListener("change", apply);
  window.face = { applyTheme: apply, read };

  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && !document.cookie.includes(`tz=${zone}`)) document.cookie = `tz=${zone};path=/;max-age=31536000;samesite=lax`;
})();
