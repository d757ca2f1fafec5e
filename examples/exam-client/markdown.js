// The Markdown of prompts, as elements: paragraphs, lists, tables, code, emphasis, simple formulas.
// What it does not know stays visible as text. No HTML is ever parsed, nothing is ever fetched.

import { make } from "./dom.js";

/** The blocks of a text. */
export function blocks(text) {
  const lines = String(text ?? "").replace(/\r\n?/g, "\n").split("\n");
  const found = [];
  while (lines.length) {
    if (!lines[0].trim()) lines.shift();
    else found.push(block(lines));
  }
  return found;
}

function block(lines) {
  const fence = /^\s*(```+|~~~+)/.exec(lines[0]);
  if (fence) {
    lines.shift();
    const end = lines.findIndex((line) => line.trim().startsWith(fence[1]));
    const code = lines.splice(0, end < 0 ? lines.length : end);
    lines.shift();
    return make("pre", { tabindex: "0" }, make("code", {}, code.join("\n")));
  }
  if (/^\s*\|.*\|\s*$/.test(lines[0]) && /^\s*\|[\s:|-]+\|\s*$/.test(lines[1] ?? "")) {
    return table(lines);
  }
  const item = /^\s*([-*+]|\d+[.)])\s+/;
  if (item.test(lines[0])) {
    const tag = /^\s*\d/.test(lines[0]) ? "ol" : "ul";
    const items = take(lines, (line) => item.test(line));
    return make(tag, {}, items.map((line) => make("li", {}, inline(line.replace(item, "")))));
  }
  const heading = /^#{1,6}\s+(.*)$/.exec(lines[0]);
  if (heading) {
    lines.shift();
    return make("p", {}, make("strong", {}, inline(heading[1])));
  }
  const first = lines.shift();
  const rest = take(lines, (line) => line.trim() && !/^\s*(```|~~~|\|)/.test(line) && !item.test(line));
  return make("p", {}, inline([first, ...rest].join("\n")));
}

function table(lines) {
  const cells = (line) => line.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());
  const head = cells(lines.shift());
  lines.shift();
  const rows = take(lines, (line) => /^\s*\|/.test(line)).map(cells);
  return make(
    "div",
    { class: "wide", tabindex: "0", role: "group", "aria-label": "Table" },
    make(
      "table",
      {},
      make("thead", {}, make("tr", {}, head.map((cell) => make("th", { scope: "col" }, inline(cell))))),
      make("tbody", {}, rows.map((row) => make("tr", {}, row.map((cell) => make("td", {}, inline(cell)))))),
    ),
  );
}

function take(lines, fits) {
  const end = lines.findIndex((line) => !fits(line));
  return lines.splice(0, end < 0 ? lines.length : end);
}

const SPAN = /(`+)(.+?)\1|\$\$?([^$\n]+?)\$\$?|\*\*(.+?)\*\*|\*([^*\s](?:[^*]*[^*\s])?)\*/s;

/** The text of a line, a choice or a cell. */
export function inline(text) {
  const found = [];
  for (let rest = String(text ?? ""); rest; ) {
    const span = SPAN.exec(rest);
    if (!span) return [...found, rest];
    const [whole, , code, formula, strong, emphasis] = span;
    if (span.index) found.push(rest.slice(0, span.index));
    if (code !== undefined) found.push(make("code", {}, code));
    else if (formula !== undefined) found.push(make("span", { class: "formula" }, math(formula)));
    else if (strong !== undefined) found.push(make("strong", {}, inline(strong)));
    else found.push(make("em", {}, inline(emphasis)));
    rest = rest.slice(span.index + whole.length);
  }
  return found;
}

const SIGNS = {
  cdot: "·", times: "×", div: "÷", pm: "±", le: "≤", leq: "≤", ge: "≥", geq: "≥", ne: "≠", neq: "≠",
  approx: "≈", infty: "∞", pi: "π", alpha: "α", beta: "β", gamma: "γ", delta: "δ", Delta: "Δ",
  lambda: "λ", mu: "μ", rho: "ρ", sigma: "σ", varphi: "φ", phi: "φ", omega: "ω", Omega: "Ω",
  circ: "°", to: "→", quad: " ", sqrt: "√", ",": " ", " ": " ", "%": "%", "{": "{", "}": "}",
};

/** A short formula: signs, superscripts and subscripts; fractions with a slash. */
function math(tex) {
  const plain = tex
    .replace(/\{,\}/g, ",")
    .replace(/\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}/g, "($1)/($2)")
    .replace(/\\(?:text|mathrm|operatorname)\s*\{([^{}]*)\}/g, "$1")
    .replace(/\\([A-Za-z]+|[,%{} ])/g, (whole, name) => SIGNS[name] ?? (name.length > 1 ? name : whole))
    .replace(/-/g, "−");
  const parts = plain.split(/([\^_])(\{[^{}]*\}|.)/);
  const found = [parts[0]];
  for (let i = 1; i < parts.length; i += 3) {
    const tag = parts[i] === "^" ? "sup" : "sub";
    found.push(make(tag, {}, parts[i + 1].replace(/^\{|\}$/g, "")), parts[i + 2]);
  }
  return found.map((part) => (typeof part === "string" ? part.replace(/[{}]/g, "") : part));
}
