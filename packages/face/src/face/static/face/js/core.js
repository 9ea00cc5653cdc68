// Words, requests, relative times, theme switch, copy buttons: what every other script builds on.
(() => {
  "use strict";
  const face = window.face;
  const source = document.getElementById("face-words");
  face.words = source ? JSON.parse(source.textContent) : {};
  face.say = (name, values = {}) =>
    (face.words[name] || name).replace(/\{(\w+)\}/g, (whole, key) => (key in values ? values[key] : whole));
  face.number = (value) => new Intl.NumberFormat(document.documentElement.lang).format(value);
  face.write = (key, value) => {
    try { localStorage.setItem(key, value); } catch { /* a private window keeps nothing */ }
  };

  // The token's cookie and header carry Django's names unless <html data-csrf-cookie data-csrf-header> says otherwise.
  const { csrfCookie = "csrftoken", csrfHeader = "X-CSRFToken" } = document.documentElement.dataset;
  face.csrfHeader = csrfHeader;
  face.csrf = () => {
    const found = document.cookie.split("; ").find((one) => one.startsWith(`${csrfCookie}=`));
    return found?.slice(csrfCookie.length + 1) || document.querySelector("[name=csrfmiddlewaretoken]")?.value || "";
  };

  // Sends a request as a program: JSON comes back, an error is thrown with the words the server gave and its problem id.
  face.send = async (url, options = {}) => {
    const headers = { Accept: "application/json", ...options.headers };
    if (options.method && options.method !== "GET") headers[csrfHeader] = face.csrf();
    let answer;
    try { answer = await fetch(url, { credentials: "same-origin", ...options, headers }); } catch { throw new Error(face.say("unreachable")); }
    const body = await answer.json().catch(() => ({}));
    if (answer.ok) return body;
    const error = new Error([body.title, body.detail].filter(Boolean).join(". ") || face.say("failed"));
    throw Object.assign(error, { status: answer.status, problem: answer.headers.get("X-Request-ID") });
  };
  face.post = (url, data) =>
    face.send(url, data instanceof FormData || data instanceof URLSearchParams || data === undefined ? { method: "POST", body: data } : { method: "POST", body: JSON.stringify(data), headers: { "Content-Type": "application/json" } });
  // A form's fields as the browser would send them; multipart only with a file, since servers refuse a multipart body without a part.
  const fieldsOf = (form, button) => {
    const fields = new FormData(form, button);
    return form.querySelector("input[type=file]") ? fields : new URLSearchParams(fields);
  };
  // Shows an error that face.send threw; a fault of ours (5xx) also tells the id that is in the log.
  face.complain = (error) =>
    face.toast(error.status >= 500 && error.problem ? `${error.message} ${face.say("problem", { id: error.problem })}` : error.message, "failed");

  // Times: "3 min ago" stays true while the page is open.
  const steps = [["second", 60], ["minute", 60], ["hour", 24], ["day", 30], ["month", 12], ["year", Infinity]];
  const relative = new Intl.RelativeTimeFormat(document.documentElement.lang || "en", { numeric: "auto", style: "short" });
  const exact = new Intl.DateTimeFormat(document.documentElement.lang || "en", { dateStyle: "medium", timeStyle: "long" });
  const words = (moment) => {
    let amount = (moment - Date.now()) / 1000;
    if (amount > -5 && amount < 1) return relative.format(0, "second");
    for (const [unit, size] of steps) {
      if (Math.abs(amount) < size) return relative.format(Math.round(amount), unit);
      amount /= size;
    }
    return "";
  };
  face.freshen = (root = document) => {
    root.querySelectorAll("time[data-ago]").forEach((element) => {
      const moment = Date.parse(element.dateTime);
      const text = Number.isNaN(moment) ? "" : words(moment);
      if (text && element.textContent !== text) element.textContent = text;
      if (text && !element.title) element.title = exact.format(new Date(moment));
    });
    root.querySelectorAll("[data-number]").forEach((element) => { element.textContent = face.number(Number(element.dataset.number)); });
  };
  face.freshen();
  setInterval(() => face.freshen(), 10_000);

  const order = ["light", "dark", "system"];
  document.querySelectorAll("[data-theme-switch]").forEach((button) => {
    const icon = button.querySelector(".bi");
    const show = () => {
      const now = face.read("face.theme") || "system";
      icon.className = `bi bi-${{ light: "sun", dark: "moon", system: "circle-half" }[now]}`;
      icon.setAttribute("aria-label", face.say(now));
    };
    show();
    button.addEventListener("click", () => {
      const now = face.read("face.theme") || "system";
      face.write("face.theme", order[(order.indexOf(now) + 1) % order.length]);
      face.applyTheme();
      show();
    });
  });

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    try { await navigator.clipboard.writeText(button.dataset.copy); } catch { return face.toast(face.say("copyFailed"), "warning"); }
    button.classList.add("done");
    face.toast(face.say("copied"));
    setTimeout(() => button.classList.remove("done"), 1500);
  });

  // A form marked data-send goes out as a program's request; its answer is handed to whoever listens.
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("form[data-send]") || event.defaultPrevented) return;
    event.preventDefault();
    const button = event.submitter;
    if (button) button.disabled = true;
    try {
      const answer = await face.post(form.action, fieldsOf(form, button));
      form.dispatchEvent(new CustomEvent("face:sent", { bubbles: true, detail: answer }));
    } catch (error) {
      face.complain(error);
    } finally {
      if (button) button.disabled = false;
    }
  });

  document.querySelectorAll("[data-bs-tab]").forEach((link) => {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      show(link);
      history.replaceState(null, "", link.hash);
    });
    link.addEventListener("keydown", (event) => {
      const links = [...link.closest(".tabs").querySelectorAll("[data-bs-tab]")];
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = links[(links.indexOf(link) + step + links.length) % links.length];
      next.focus();
      next.click();
    });
  });
  const show = (link) => {
    link.closest(".tabs").querySelectorAll("a").forEach((other) => {
      const chosen = other === link;
      other.setAttribute("aria-selected", chosen);
      other.tabIndex = chosen ? 0 : -1;
      document.querySelector(other.hash).hidden = !chosen;
    });
    document.querySelector(link.hash).dispatchEvent(new CustomEvent("face:shown", { bubbles: true }));
  };
  document.querySelectorAll("[data-tabs]").forEach((tabs) => {
    const named = [...tabs.querySelectorAll("a")].find((link) => link.hash && link.hash === location.hash);
    show(named || tabs.querySelector("a"));
  });

  // htmx: the token on every changing request, and a word when an answer is an error or does not come.
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.verb !== "get") event.detail.headers[csrfHeader] = face.csrf();
  });
  document.addEventListener("htmx:responseError", (event) => {
    const { xhr } = event.detail;
    const id = xhr.getResponseHeader("X-Request-ID");
    face.toast(id ? `${face.say("failed")} ${face.say("problem", { id })}` : face.say("failed"), "failed");
  });
  document.addEventListener("htmx:sendError", () => face.toast(face.say("unreachable"), "failed"));
  document.addEventListener("htmx:afterSettle", (event) => face.freshen(event.target));
})();
