// The exam page: questions, autosave, countdown, handing in.

import * as api from "./api.js";
import { Countdown } from "./clock.js";
import { make, say, show, warn } from "./dom.js";
import { Ending } from "./ending.js";
import { blocks } from "./markdown.js";
import { Outbox, adopt } from "./outbox.js";
import { Question } from "./question.js";
import { capital, conflictPanel, problemText, savedText, stateText } from "./wording.js";

const AUTOSAVE_MS = 10_000;
const LOOK_MS = 30_000;
const LAST_SAVE_MS = 3_000; // before the end: what is being written then still arrives in time

/** An attempt that is under way. `leave(where)` goes to another page. */
export class ExamPage {
  #timers = [];
  #over = false;

  constructor({ user, tab, opened, exam, leave, signIn }) {
    Object.assign(this, { user, exam, leave, signIn });
    this.attempt = opened.body;
    this.theirs = new Map();
    this.outbox = new Outbox({
      userId: user.userId,
      attemptId: this.attempt.attemptId,
      clientId: tab,
      events: {
        changed: () => this.#status(),
        saved: (answer) => this.#told(answer),
        conflict: (answer) => this.#told(answer),
        late: () => this.#end(),
        gone: (error) => this.#gone(error),
        signedOut: () => this.#signedOut(),
      },
    });
    this.#build();
    this.#told(opened);
    for (const [id, { response }] of Object.entries(this.outbox.answers)) {
      const question = this.questions.get(id);
      if (question) question.response = response;
    }
    this.#every(AUTOSAVE_MS, () => this.#autosave());
    this.#every(LOOK_MS, () => this.#look());
    this.#every(1000, () => this.#lastSave());
    this.hidden = () => this.#hidden();
    document.addEventListener("visibilitychange", this.hidden);
    this.#autosave();
    if (this.outbox.handIn) this.ending.begin();
  }

  /** Leave the page; resolves once what is unsent is sent, or is kept for when they come back. */
  async close() {
    this.#over = true;
    this.#timers.forEach(clearInterval);
    document.removeEventListener("visibilitychange", this.hidden);
    this.countdown.stop();
    await this.outbox.flush();
    this.outbox.close();
  }

  #build() {
    const { exam } = this;
    this.questions = new Map();
    const sections = (exam.sections ?? []).map((section, place) => {
      const questions = (section.questions ?? []).map((question) => {
        const made = new Question(question, this.questions.size + 1, (id, response, seconds) => {
          this.outbox.put(id, response, seconds);
          if (made.element.querySelector("textarea") === null) this.outbox.flush();
        });
        made.source = question;
        made.element.addEventListener("focusout", () => this.outbox.flush());
        this.questions.set(question.id, made);
        return made.element;
      });
      return make(
        "section",
        { "aria-labelledby": `section-${place}` },
        make("h2", { id: `section-${place}` }, section.title ?? `Part ${place + 1}`),
        section.description ? blocks(section.description) : [],
        questions,
      );
    });
    const time = make("span", { class: "time", role: "timer" }, "–");
    this.countdown = new Countdown(time, () => this.#timeIsUp());
    this.saved = make("span", { class: "saved", id: "save-status" });
    this.problem = make("p", { class: "notice warn", id: "save-problem", hidden: true });
    this.map = make("ol", { class: "map" }, [...this.questions.values()].map((one) => this.#link(one)));
    this.form = make(
      "form",
      { lang: exam.metadata?.language, autocomplete: "off", onsubmit: (event) => event.preventDefault() },
      sections,
    );
    this.ending = new Ending({
      attemptId: this.attempt.attemptId,
      outbox: this.outbox,
      questions: this.questions,
      expired: () => this.countdown.left <= 0,
      over: () => this.#over,
      events: {
        changed: () => this.#status(),
        ended: () => this.#end(),
        gone: (error) => this.#gone(error),
        signedOut: () => this.#signedOut(),
      },
    });
    const toTheEnd = (event) => this.#jump(event, this.ending.button);
    show(
      exam.title ?? this.attempt.examId,
      this.#drift(),
      make(
        "div",
        { class: "bar" },
        make("p", {}, make("span", { class: "unseen" }, "Time left: "), time),
        make("p", {}, this.saved),
        make("a", { class: "jump", href: "#hand-in", onclick: toTheEnd }, "To the end"),
      ),
      this.problem,
      make("nav", { "aria-label": "Questions" }, this.map),
      this.form,
      this.ending.element,
    );
  }

  /** The exam has been changed since the start; the attempt keeps the questions it began with. */
  #drift() {
    const [mine, now] = [this.attempt.examVersion, this.exam.metadata?.version];
    if (mine === undefined || now === undefined || mine === now) return null;
    const changed = `This exam has been changed (version ${mine} → ${now}) since you began. `;
    return make("p", { class: "notice" }, changed, "Go on; tell your teacher if something looks wrong.");
  }

  #link(question) {
    const go = (event) => this.#jump(event, question.element.querySelector("input, textarea"));
    question.link = make("a", { href: `#question-${question.number}`, onclick: go }, String(question.number));
    question.linkState = make("span", { class: "unseen" });
    question.link.append(question.linkState);
    return make("li", {}, question.link);
  }

  #jump(event, target) {
    event.preventDefault(); // the address names the attempt
    target?.focus();
    target?.closest("fieldset, .end")?.scrollIntoView({ block: "start" });
  }

  /** What the server holds now: show it wherever the student has nothing unsent. */
  #told({ body, revision, expiresAt }) {
    if (revision !== null && revision < this.revision) return; // overtaken on the way
    this.revision = revision ?? 0;
    this.attempt = body;
    if (body.status !== "in_progress") return this.#end();
    this.theirs = new Map(body.answers.map((answer) => [answer.questionId, answer]));
    for (const [id, question] of this.questions) {
      const unsent = this.outbox.answers[id];
      if (unsent?.state === "conflict") this.#askWhich(question);
      if (unsent) continue;
      const { response = null, timeSec } = this.theirs.get(id) ?? {};
      if (JSON.stringify(question.response) !== JSON.stringify(response)) question.response = response;
      question.seconds = Math.max(question.seconds, timeSec ?? 0);
    }
    this.outbox.seen(revision);
    this.enforced = expiresAt !== null;
    this.countdown.until(expiresAt ?? Date.parse(body.startedAt) + this.exam.durationMinutes * 60_000);
    this.#status();
  }

  async #autosave() {
    if (this.#over) return;
    await this.outbox.flush();
    if (!this.outbox.problem) await adopt(this.outbox);
  }

  /** Ask what the server holds: more time, another tab's answers, an end that somebody else set. */
  async #look() {
    if (this.#over || this.outbox.problem || this.outbox.waiting.length) return;
    try {
      this.#told(await api.attempt(this.attempt.attemptId));
    } catch (error) {
      if (error.code === "UNAUTHENTICATED") this.#signedOut();
      else if (error instanceof api.Refused) this.#gone(error);
    }
  }

  #lastSave() {
    if (this.outbox.waiting.length && this.countdown.left < LAST_SAVE_MS) this.outbox.flush();
  }

  #hidden() {
    if (document.visibilityState === "hidden") this.outbox.flush({ keepalive: true });
    else this.#autosave().then(() => this.#look());
  }

  // --- what the student is told ---------------------------------------------------------------

  #status() {
    const { outbox } = this;
    if (this.#over || !this.questions) return;
    const text = savedText(outbox);
    if (this.saved.textContent !== text) this.saved.textContent = text;
    this.saved.classList.toggle("bad", Boolean(outbox.problem));
    this.#tellProblem(this.stopped ?? problemText(outbox, (id) => this.questions.get(id)?.number ?? id));
    for (const question of this.questions.values()) this.#mark(question);
  }

  #tellProblem(text) {
    if (this.problem.textContent === text) return;
    const before = this.problem.textContent;
    this.problem.textContent = text;
    this.problem.hidden = !text;
    if (text) warn(text);
    else if (before) {
      warn("");
      say("Everything is saved again.");
    }
  }

  #mark(question) {
    const state = this.outbox.answers[question.id]?.state;
    const words = stateText(state, question.answered);
    if (question.said === words) return;
    question.said = words;
    question.state.textContent = state ? capital(words) : "";
    question.linkState.textContent = ` (${words})`;
    question.link.className = state ?? (question.answered ? "done" : "");
  }

  // --- two places -----------------------------------------------------------------------------

  #askWhich(question) {
    const theirs = this.theirs.get(question.id)?.response ?? null;
    const shown = JSON.stringify(theirs);
    if (question.conflict.childElementCount && question.other === shown) return;
    question.other = shown;
    const done = (text) => {
      question.conflict.replaceChildren();
      question.element.querySelector("input, textarea").focus();
      this.#status();
      say(text);
    };
    const keep = () => {
      this.outbox.keepMine(question.id);
      done("Your answer is kept.");
    };
    const take = () => {
      this.outbox.drop(question.id);
      question.response = theirs;
      done("The other answer is taken.");
    };
    question.conflict.replaceChildren(conflictPanel(question, theirs, keep, take));
  }

  // --- the end --------------------------------------------------------------------------------

  /** With a deadline the server ends the attempt by itself; without one the page hands in. */
  #timeIsUp() {
    if (this.#over) return;
    warn("Time is up. Your answers are being handed in.");
    this.ending.begin();
  }

  #end() {
    if (this.#over) return;
    this.#over = true;
    this.outbox.handIn = false;
    this.leave(`#/done/${encodeURIComponent(this.attempt.attemptId)}`);
  }

  #signedOut() {
    this.signIn().then(() => {
      this.outbox.problem = "";
      this.#autosave();
    });
  }

  #gone(error) {
    this.stopped = `This attempt cannot go on: ${error.message}. What you wrote stays on this page; tell your teacher.`;
    this.#timers.forEach(clearInterval);
    this.#status();
  }

  #every(milliseconds, action) {
    this.#timers.push(setInterval(action, milliseconds));
  }
}

/** The page of one attempt, or null if it has ended already. */
export async function openExam(context, attemptId) {
  const opened = await api.attempt(attemptId);
  if (opened.body.status !== "in_progress") return null;
  const { body: exam } = await api.exam(opened.body.examId);
  return new ExamPage({ ...context, opened, exam });
}
