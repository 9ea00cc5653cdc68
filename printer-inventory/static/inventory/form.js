// Asks the device who it is and offers its answers to the empty fields.
(() => {
  "use strict";
  const face = window.face;
  const probe = document.getElementById("probe");
  if (!probe) return;
  const button = document.getElementById("probe-button");
  const result = document.getElementById("probe-result");
  const field = (name) => document.getElementById(`id_${name}`);
  const words = result.dataset;

  const show = (answer) => {
    const list = face.element("dl", "kv");
    const line = (label, value) => value != null && value !== "" && list.append(face.element("dt", "", label), face.element("dd", "mono", String(value)));
    line(words.wordModel, [answer.manufacturer, answer.model].filter(Boolean).join(" "));
    line(words.wordSerial, answer.serial);
    line(words.wordMac, answer.mac);
    line(words.wordHost, answer.hostname);
    line(words.wordTotal, answer.total == null ? null : face.number(answer.total));
    result.replaceChildren(list);
    if (answer.known_as) result.append(face.element("p", "text-2", words.wordKnown));
    if (probe.dataset.fields !== "1") return;
    const fill = (name, value) => { if (field(name) && !field(name).value && value) field(name).value = value; };
    fill("serial_number", answer.serial);
    fill("mac_address", answer.mac);
    fill("hostname", answer.hostname);
    fill("location", answer.location);
  };

  button.addEventListener("click", async () => {
    button.disabled = true;
    result.replaceChildren(face.element("p", "text-2", words.wordWait));
    try {
      show(await face.post(probe.dataset.url, {
        ip: field("ip_address").value, port: Number(field("snmp_port").value) || 161,
        community: field("snmp_community").value || "public", version: field("snmp_version").value,
        ...Object.fromEntries(["user", "auth_protocol", "auth_password", "priv_protocol", "priv_password"]
          .map((part) => [`snmp_v3_${part}`, field(`snmp_v3_${part}`)?.value ?? ""])),
      }));
    } catch (error) {
      result.replaceChildren(face.element("p", "text-failed", error.message));
    } finally {
      button.disabled = false;
    }
  });
})();
