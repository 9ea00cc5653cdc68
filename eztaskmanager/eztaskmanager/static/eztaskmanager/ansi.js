// Terminal colours as spans. Text goes in as text nodes only: a log line is no HTML.

const CODE = /\x1b\[([0-9;]*)m/g;
const OTHER = /\x1b(?:\[[0-9;?]*[A-Za-ln-z]|\][^\x07]*(?:\x07|$))/g;

function classes(state) {
  const names = [];
  if (state.bold) names.push("ez-b");
  if (state.italic) names.push("ez-i");
  if (state.underline) names.push("ez-u");
  if (state.colour !== null) names.push(`ez-c${state.colour}`);
  return names.join(" ");
}

function apply(state, codes) {
  for (const code of (codes || "0").split(";").map(Number)) {
    if (code === 0) Object.assign(state, { bold: false, italic: false, underline: false, colour: null });
    else if (code === 1) state.bold = true;
    else if (code === 3) state.italic = true;
    else if (code === 4) state.underline = true;
    else if (code === 22) state.bold = false;
    else if (code === 39) state.colour = null;
    else if (code >= 30 && code <= 37) state.colour = code - 30;
    else if (code >= 90 && code <= 97) state.colour = code - 82;
  }
}

export function write(target, text) {
  if (!text.includes("\x1b")) {
    target.textContent = text;
    return;
  }
  const clean = text.replace(OTHER, "");
  const state = { bold: false, italic: false, underline: false, colour: null };
  let from = 0;
  const put = (piece) => {
    if (!piece) return;
    const span = document.createElement("b");
    span.className = `ez-ansi ${classes(state)}`;
    span.textContent = piece;
    target.append(span);
  };
  for (const match of clean.matchAll(CODE)) {
    put(clean.slice(from, match.index));
    apply(state, match[1]);
    from = match.index + match[0].length;
  }
  put(clean.slice(from));
}
