// One question: its prompt, its fields, and the answer in them. Every type of the contract.

import { make } from "./dom.js";
import { blocks, inline } from "./markdown.js";

/** What "I don't know" is as a response. It scores as wrong, but it is an answer. */
export const I_DONT_KNOW = "IDK";

const NOTHING = null;

/**
 * A question on the page. `onWrite(id, response, seconds)` is called with every change.
 * `element`, `response` (get and set) and `answered` are what the page needs of it.
 */
export class Question {
  constructor(question, number, onWrite) {
    this.id = question.id;
    this.number = number;
    this.seconds = 0; // spent with the focus in this question
    const fields = FIELDS[question.type] ?? text;
    const { body, read, write } = fields(question, `q${number}`, () => onWrite(this.id, this.response, this.timeSec));
    Object.assign(this, { read, write });
    const points = question.points === undefined ? null : make("span", { class: "points" }, pointsOf(question.points));
    const prompt = make("div", { class: "prompt", id: `q${number}-prompt` }, blocks(question.prompt));
    this.state = make("p", { class: "state", id: `q${number}-state` });
    this.conflict = make("div");
    this.element = make(
      "fieldset",
      { id: `question-${number}`, class: "question", "aria-describedby": `q${number}-prompt` },
      make("legend", {}, `Question ${number}`, " ", points),
      prompt,
      body,
      this.state,
      this.conflict,
    );
    this.element.addEventListener("focusin", () => (this.since ??= performance.now()));
    this.element.addEventListener("focusout", () => this.#pause());
  }

  /** Any JSON value; null while nothing is chosen or written. */
  get response() {
    return this.read();
  }

  set response(value) {
    this.write(value ?? NOTHING);
  }

  get answered() {
    const value = this.response;
    return value !== null && value !== "" && !(Array.isArray(value) && !value.length);
  }

  get timeSec() {
    return Math.round(this.seconds + (this.since ? (performance.now() - this.since) / 1000 : 0));
  }

  get focused() {
    return this.element.contains(document.activeElement);
  }

  #pause() {
    if (this.since) this.seconds += (performance.now() - this.since) / 1000;
    this.since = undefined;
  }
}

const FIELDS = {
  single_choice: (question, name, changed) =>
    choices("radio", question.choices ?? [], question.allowIDK, name, changed),
  multiple_choices: (question, name, changed) =>
    choices("checkbox", question.choices ?? [], question.allowIDK, name, changed),
  true_false: (question, name, changed) =>
    choices(
      "radio",
      [
        { key: true, text: "True" },
        { key: false, text: "False" },
      ],
      question.allowIDK,
      name,
      changed,
    ),
  essay: (question, name, changed) => text(question, name, changed, { label: "Your answer", rows: 8 }),
  code_simple: (question, name, changed) => code(question, name, changed, 8),
  code_exercise: (question, name, changed) => code(question, name, changed, 14),
};

/** One of several, or any of several. "I don't know" and the others exclude each other. */
function choices(kind, options, allowIDK, name, changed) {
  const all = allowIDK ? [...options, { key: I_DONT_KNOW, text: "I don’t know" }] : options;
  const inputs = all.map((option, index) =>
    make("input", { type: kind, name, id: `${name}-${index}`, value: String(index) }),
  );
  const lines = all.map(({ key, text: label }, index) =>
    make(
      "label",
      { class: "choice", for: `${name}-${index}` },
      inputs[index],
      make("span", {}, inline(label)),
    ),
  );
  const clear = make(
    "button",
    { type: "button", class: "quiet", onclick: () => { write(NOTHING); changed(); } },
    "Clear the answer",
  );
  const chosen = () => all.filter((_, index) => inputs[index].checked).map(({ key }) => key);
  const show = () => (clear.hidden = !chosen().length);
  const read = () => {
    const keys = chosen();
    if (keys.includes(I_DONT_KNOW)) return I_DONT_KNOW;
    return kind === "radio" ? (keys[0] ?? NOTHING) : keys.length ? keys : NOTHING;
  };
  const write = (value) => {
    const keys = Array.isArray(value) ? value : [value];
    all.forEach(({ key }, index) => (inputs[index].checked = keys.includes(key)));
    show();
  };
  inputs.forEach((input, index) =>
    input.addEventListener("change", () => {
      const unknown = all[index].key === I_DONT_KNOW;
      inputs.forEach((other, place) => {
        if (input.checked && other !== input && (unknown || all[place].key === I_DONT_KNOW)) other.checked = false;
      });
      show();
      changed();
    }),
  );
  show();
  return { body: make("div", { class: "choices" }, lines, clear), read, write };
}

function text(question, name, changed, { label = "Your answer", rows = 4, ...more } = {}) {
  const area = make("textarea", { id: name, rows: String(rows), ...more });
  area.addEventListener("input", changed);
  return {
    body: make("div", { class: "text" }, make("label", { for: name }, label), area),
    read: () => area.value,
    write: (value) => (area.value = typeof value === "string" ? value : value === null ? "" : JSON.stringify(value)),
  };
}

/** A program. The starter code stands in the field until the student writes; it is no answer. */
function code(question, name, changed, rows) {
  const starter = question.starterCode ?? "";
  const plain = text(question, name, changed, {
    label: question.language ? `Your program (${question.language})` : "Your program",
    rows: Math.max(rows, starter.split("\n").length + 1),
    class: "code",
    spellcheck: "false",
    autocapitalize: "off",
    autocomplete: "off",
    wrap: "off",
  });
  plain.write(starter);
  return {
    ...plain,
    read: () => (plain.read() === starter ? NOTHING : plain.read()),
    write: (value) => plain.write(value ?? starter),
  };
}

function pointsOf(points) {
  return `(${points} ${points === 1 ? "point" : "points"})`;
}

/** A response in words, as elements: what was chosen rather than its key. */
export function spelledOut(question, response) {
  if (response === null || response === undefined || response === "") return ["no answer"];
  if (response === I_DONT_KNOW && question?.allowIDK) return ["I don’t know"];
  if (typeof response === "boolean") return [response ? "True" : "False"];
  const chosen = Array.isArray(response) ? response : [response];
  const lines = chosen.map((key) => {
    const choice = question?.choices?.find((one) => one.key === key);
    return choice ? inline(choice.text) : typeof key === "string" ? key : JSON.stringify(key);
  });
  return lines.flatMap((line, place) => [place ? "\n" : "", line].flat());
}
