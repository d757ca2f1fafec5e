// Handing in: asking once more, sending what is unsent, and not giving up before the server knows.

import * as api from "./api.js";
import { ask, counted, make, say } from "./dom.js";

const AGAIN_MS = 1_500; // and up to as much more: no two browsers at the same moment

/**
 * The button at the end of an exam. That the student wants to hand in is kept in the outbox, so a
 * reload goes on with it. `events`: `changed()`, `ended()`, `gone(error)`, `signedOut()`.
 */
export class Ending {
  #busy = false;

  constructor({ attemptId, outbox, questions, expired, over, events }) {
    Object.assign(this, { attemptId, outbox, questions, expired, over, events });
    this.button = make("button", { type: "button", class: "main", onclick: () => this.#ask() }, "Hand in");
    this.cancel = make(
      "button",
      { type: "button", hidden: true, onclick: () => this.#keepWorking() },
      "Do not hand in yet",
    );
    this.element = make("div", { class: "end", id: "hand-in" }, this.button, this.cancel);
  }

  async #ask() {
    await this.outbox.flush();
    if (this.over() || this.#undecided()) return;
    const open = [...this.questions.values()].filter((question) => !question.answered);
    const all = this.questions.size;
    const content = make(
      "div",
      {},
      make("p", {}, `You have answered ${all - open.length} of ${counted(all, "question")}.`),
      open.length ? make("p", {}, `Without an answer: ${open.map((one) => one.number).join(", ")}.`) : null,
      make("p", {}, "You cannot change anything afterwards."),
    );
    if (await ask("Hand in?", content, "Hand in", "Keep working")) await this.begin();
    else this.button.focus();
  }

  /** Send everything, then hand in; again and again until the server has answered. */
  async begin() {
    this.outbox.handIn = true;
    this.#lock(true);
    if (this.#busy) return;
    this.#busy = true;
    try {
      while (this.outbox.handIn && !this.over()) {
        await this.outbox.flush();
        if (this.over() || (!this.expired() && this.#undecided())) return;
        if (!this.outbox.waiting.length && (await this.#submitted())) return;
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS * (1 + Math.random())));
      }
    } finally {
      this.#busy = false;
    }
  }

  async #submitted() {
    try {
      await api.submit(this.attemptId);
    } catch (error) {
      if (error instanceof api.Unreachable) {
        this.outbox.problem = error.message;
        this.events.changed();
        return false;
      }
      if (error.code === "UNAUTHENTICATED") {
        this.events.signedOut();
        return false;
      }
      this.outbox.handIn = false;
      this.events.gone(error);
      return true;
    }
    this.events.ended();
    return true;
  }

  /** Two answers to one question, or one that cannot be stored: the student must look first. */
  #undecided() {
    const first = [...this.outbox.conflicts, ...this.outbox.refused][0];
    if (!first) return false;
    this.outbox.handIn = false;
    this.#lock(false);
    const { conflict, element } = this.questions.get(first);
    (conflict.querySelector("button") ?? element.querySelector("input, textarea")).focus();
    return true;
  }

  #keepWorking() {
    this.outbox.handIn = false;
    this.#lock(false);
    this.button.focus();
  }

  #lock(locked) {
    for (const { element } of this.questions.values()) element.disabled = locked;
    this.button.disabled = locked;
    this.button.textContent = locked ? "Handing in …" : "Hand in";
    this.cancel.hidden = !locked || this.expired();
    if (locked) say("Handing in.");
  }
}
