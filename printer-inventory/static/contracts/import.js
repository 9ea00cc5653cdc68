// A preview or an import that has ended is shown at once.
document.getElementById("import-job")?.addEventListener("face:ended", () => location.reload());
