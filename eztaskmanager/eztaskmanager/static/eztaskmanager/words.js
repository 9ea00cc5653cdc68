// The page's words in the reader's language: the template hands them over.

const words = JSON.parse(document.getElementById("ez-live-data").textContent).words;

export function word(name, values = {}) {
  return (words[name] ?? name).replace(/%\((\w+)\)s/g, (_, key) => values[key] ?? "");
}
