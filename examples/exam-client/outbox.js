// The outbox: answers that the server has not acknowledged, kept in localStorage until it has.
//
// An answer is written here before it is sent and leaves only when the server's 200 (or its
// verdict that it came too late) covers exactly what is here. Everything else may be repeated:
// saving the same answers twice changes nothing on the server.

import * as api from "./api.js";
import { bare, keyOf, keysOf, late, lateKey, read } from "./storage.js";
import { isOpen } from "./tab.js";

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15_000;

/** What an answer in the outbox waits for. */
const WAITING = "waiting"; // to be sent
const CONFLICT = "conflict"; // for the student to choose
const REFUSED = "refused"; // to be changed: the server does not take it as it is

/** Answers to one attempt from one tab. `events` hears of everything that happens. */
export class Outbox {
  #record;
  #key;
  #running = null;
  #timer = 0;
  #wait = FIRST_WAIT_MS;
  #most = Infinity; // answers in one request; fewer once they were too long together

  /**
   * `events`: `changed()` after anything, `saved(answer)` with the server's attempt,
   * `conflict(theirs)`, `late()`, `gone(error)`, `signedOut()`.
   */
  constructor({ userId, attemptId, clientId, events }) {
    this.userId = userId;
    this.attemptId = attemptId;
    this.clientId = clientId;
    this.events = events;
    this.problem = ""; // why nothing gets through at the moment
    this.kept = true; // false: this browser stores nothing, a closed tab loses what is unsent
    this.savedAt = null;
    this.closed = false;
    this.#key = keyOf(userId, attemptId, clientId);
    this.#record = read(this.#key) ?? { clientId, seen: null, answers: bare({}), handIn: false };
    this.online = () => this.flush();
    window.addEventListener("online", this.online);
  }

  /** Stop trying. What is stored stays stored. */
  close() {
    this.closed = true;
    clearTimeout(this.#timer);
    window.removeEventListener("online", this.online);
  }

  /**
   * The answers in here: `{questionId: {response, timeSec, state, base}}`; `base` is the revision
   * of the attempt that the student saw when they began to write this one.
   */
  get answers() {
    return this.#record.answers;
  }

  get conflicts() {
    return this.#in(CONFLICT);
  }

  get refused() {
    return this.#in(REFUSED);
  }

  get waiting() {
    return this.#in(WAITING);
  }

  /** Whether the student wants to hand in; survives a reload. */
  get handIn() {
    return this.#record.handIn;
  }

  set handIn(wanted) {
    this.#record.handIn = wanted;
    this.#keep();
  }

  /**
   * The student has been shown what the server holds: beside their own answer where there is a
   * conflict, nowhere else where something is in here.
   */
  seen(revision) {
    if (revision === null) return;
    this.#record.seen = revision;
    for (const id of this.conflicts) this.answers[id].base = revision;
  }

  /** The student has written: keep it now, send it soon. */
  put(questionId, response, timeSec) {
    const before = this.answers[questionId];
    const state = before?.state === CONFLICT ? CONFLICT : WAITING;
    const base = before ? before.base : this.#record.seen;
    this.answers[questionId] = { response, timeSec, state, base };
    this.#keep();
  }

  /** The student's choice in a conflict: send mine over theirs … */
  keepMine(questionId) {
    this.answers[questionId].state = WAITING;
    this.#keep();
    return this.flush();
  }

  /** … or drop mine; the server keeps a copy of it beside the attempt. */
  drop(questionId) {
    delete this.answers[questionId];
    this.#keep();
  }

  /** Send all that waits; resolves when it is saved or cannot be for now. One at a time. */
  flush(how) {
    this.#running ??= this.#send(how).finally(() => {
      this.#running = null;
      this.events.changed();
    });
    return this.#running;
  }

  async #send(how) {
    clearTimeout(this.#timer);
    while (!this.closed && this.waiting.length) {
      const batch = this.waiting.slice(0, this.#most).map((id) => [id, this.answers[id]]);
      try {
        const answers = batch.map(([questionId, { response, timeSec }]) => ({
          questionId,
          response,
          ...(timeSec === undefined ? {} : { timeSec }),
        }));
        const bases = batch.map(([, { base }]) => base).filter((base) => base !== null);
        const baseRevision = bases.length ? Math.min(...bases) : undefined;
        const body = { answers, clientId: this.clientId, baseRevision };
        this.#acknowledged(batch, await api.save(this.attemptId, body, how));
      } catch (error) {
        if (!(await this.#failed(error, batch))) return;
      }
    }
  }

  /** The server has these: what has been changed meanwhile stays here. */
  #acknowledged(batch, saved) {
    for (const [id, sent] of batch) {
      if (this.answers[id] === sent) delete this.answers[id];
      else if (this.answers[id]) this.answers[id].base = saved.revision;
    }
    this.seen(saved.revision);
    this.problem = "";
    this.#wait = FIRST_WAIT_MS;
    this.savedAt = new Date();
    this.#keep();
    this.events.saved(saved);
  }

  /** Whether to go on sending at once. */
  async #failed(error, batch) {
    if (error instanceof api.Unreachable) {
      this.#later(error);
      return false;
    }
    switch (error.code) {
      case "UNAUTHENTICATED":
        this.problem = "you are signed out";
        this.events.signedOut();
        return false;
      case "STALE_REVISION":
        return this.#stale(error, batch);
      case "ATTEMPT_NOT_ACTIVE":
        // The server has put them beside the attempt: nothing is lost, but they do not count.
        this.#late(batch);
        return false;
      case "INVALID_PAYLOAD":
        this.#refuse(error, batch);
        return true;
      case "PAYLOAD_TOO_LARGE":
        if (batch.length === 1) this.#refuse(error, batch);
        else this.#most = Math.ceil(batch.length / 2);
        return true;
      default:
        this.problem = error.message;
        this.close();
        this.events.gone(error);
        return false;
    }
  }

  /** Nobody answered: again in a while, and at once when the browser is back online. */
  #later(error) {
    this.problem = error.message;
    const wait = Math.max(this.#wait, error.retryAfterMs) * (0.75 + Math.random() / 2);
    this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT_MS);
    this.#timer = setTimeout(() => this.flush(), wait);
  }

  /** Somebody else changed the same questions: ask about those, send the others again. */
  async #stale(error, batch) {
    let current;
    try {
      current = await api.attempt(this.attemptId);
    } catch (failure) {
      return this.#failed(failure, batch);
    }
    const theirs = new Map(current.body.answers.map((a) => [a.questionId, a.response]));
    const named = new Set(error.details.questionIds ?? batch.map(([id]) => id));
    for (const [id] of batch) {
      const mine = this.answers[id];
      if (!mine) continue;
      if (!named.has(id)) mine.base = error.details.revision ?? current.revision;
      else if (same(mine.response, theirs.get(id))) delete this.answers[id];
      else this.answers[id] = { ...mine, state: CONFLICT };
    }
    this.seen(current.revision);
    this.#keep();
    this.events.conflict(current);
    return true;
  }

  /** One answer cannot be stored as it is (far too long, say): the others must not wait for it. */
  #refuse(error, batch) {
    const place = /^answers\[(\d+)\]/.exec(error.details.path ?? "");
    const named = place && batch[Number(place[1])];
    const bad = named ? [named] : batch;
    for (const [id, sent] of bad) {
      if (this.answers[id] !== sent) continue;
      this.answers[id] = { ...sent, state: REFUSED, reason: error.message };
    }
    this.#keep();
  }

  /** Too late to count; the student may still want the words, so they are kept here as well. */
  #late(batch) {
    this.#setAside(batch.filter(([id, sent]) => this.answers[id] === sent));
    this.events.late();
  }

  #setAside(batch) {
    const kept = late(this.userId, this.attemptId);
    for (const [id, { response }] of batch) {
      kept[id] = response;
      delete this.answers[id];
    }
    try {
      localStorage.setItem(lateKey(this.userId, this.attemptId), JSON.stringify(kept));
    } catch {
      this.kept = false;
    }
    this.#keep();
  }

  /** The attempt is over: what is still in here does not count, and is kept as too late. */
  abandon() {
    const left = Object.entries(this.answers);
    if (left.length) this.#setAside(left);
  }

  /** Take in an answer that another outbox could not get through. */
  take(questionId, answer) {
    this.answers[questionId] ??= answer;
    this.#keep();
  }

  #in(state) {
    return Object.keys(this.answers).filter((id) => this.answers[id].state === state);
  }

  #keep() {
    const empty = !Object.keys(this.answers).length && !this.handIn;
    try {
      if (empty) localStorage.removeItem(this.#key);
      else localStorage.setItem(this.#key, JSON.stringify(this.#record));
      this.kept = true;
    } catch {
      this.kept = false;
    }
    this.events.changed();
  }
}

/**
 * Send what closed tabs of this student left behind, each as the client it was. Where somebody
 * has to choose, the answer moves into `outbox`; what nobody answers for stays for the next time.
 */
export async function adopt(outbox) {
  for (const orphan of await orphans(outbox, outbox.events)) {
    await orphan.flush();
    orphan.close();
    for (const id of [...orphan.conflicts, ...orphan.refused]) {
      outbox.take(id, orphan.answers[id]);
      orphan.drop(id);
    }
    if (!orphan.waiting.length) orphan.handIn = false;
  }
}

/** The attempt has ended: send what is left of it, so that the server can put it aside. */
export async function drain({ userId, attemptId, clientId }) {
  const events = { changed() {}, saved() {}, conflict() {}, late() {}, gone() {}, signedOut() {} };
  const mine = new Outbox({ userId, attemptId, clientId, events });
  for (const box of [mine, ...(await orphans(mine, events))]) {
    await box.flush();
    box.close();
    box.handIn = false;
    if (!box.waiting.length) box.abandon();
  }
}

/** The outboxes of this attempt whose tabs are not open any more. */
async function orphans({ userId, attemptId, clientId: mine }, events) {
  const found = [];
  for (const key of keysOf(userId, attemptId)) {
    const clientId = read(key)?.clientId;
    if (!clientId || clientId === mine || (await isOpen(clientId))) continue;
    found.push(new Outbox({ userId, attemptId, clientId, events }));
  }
  return found;
}

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
