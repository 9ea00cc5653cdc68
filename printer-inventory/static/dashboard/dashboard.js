// A chosen filter shows at once; without this script there is a button.
document.documentElement.classList.add("js");
document.querySelectorAll("[data-submit]").forEach((field) => field.addEventListener("change", () => field.form.requestSubmit()));
