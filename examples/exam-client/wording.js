// What the student is told about their answers: saved, waiting, refused, changed in two places.

import { counted, make } from "./dom.js";
import { spelledOut } from "./question.js";

/** The short line beside the clock. */
export function savedText(outbox) {
  const unsent = outbox.waiting.length;
  if (outbox.problem && unsent) return `Not saved yet: ${counted(unsent, "answer")}`;
  if (outbox.conflicts.length || outbox.refused.length) return "Not everything is saved";
  if (unsent) return "Changes not saved yet";
  return outbox.savedAt ? `Saved at ${outbox.savedAt.toLocaleTimeString()}` : "All saved";
}

/** What is wrong and what the student can do; nothing while all is well. */
export function problemText(outbox, numberOf) {
  const numbers = (ids) => `question ${ids.map(numberOf).join(", ")}`;
  if (outbox.conflicts.length) {
    return `Changed in two places: ${numbers(outbox.conflicts)}. Choose there which answer counts.`;
  }
  if (outbox.refused.length) {
    const { reason } = outbox.answers[outbox.refused[0]];
    return `The server cannot take the answer to ${numbers(outbox.refused)} as it is: ${reason}.`;
  }
  if (!outbox.kept) {
    return "This browser stores nothing. Do not close this tab before everything is saved.";
  }
  if (!outbox.problem) return "";
  const unsent = outbox.waiting.length;
  const what = unsent ? "Your answers are kept on this device and sent" : "It is tried again";
  return `${capital(outbox.problem)}. ${what} as soon as that works. You can go on.`;
}

/** One question's state, `state` being what its answer waits for in the outbox. */
export function stateText(state, answered) {
  switch (state) {
    case "waiting":
      return "not saved yet";
    case "conflict":
      return "changed in two places";
    case "refused":
      return "cannot be saved as it is";
    default:
      return answered ? "answered" : "no answer";
  }
}

/** Two answers to one question: both are shown, the student chooses. */
export function conflictPanel(question, theirs, keep, take) {
  const title = `conflict-${question.number}`;
  const heading = "This answer was also changed in another tab or on another device.";
  return make(
    "div",
    { class: "notice warn", role: "group", "aria-labelledby": title },
    make("p", { id: title }, make("strong", {}, heading)),
    make("p", {}, "Above is what you wrote here. The other one is:"),
    make("pre", { class: "answer", tabindex: "0" }, spelledOut(question.source, theirs)),
    make(
      "div",
      { class: "buttons" },
      make("button", { type: "button", onclick: keep }, "Keep mine"),
      make("button", { type: "button", onclick: take }, "Take the other one"),
    ),
  );
}

export function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
