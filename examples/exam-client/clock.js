// The server's time, and the countdown to the end of an attempt.

import { counted, say, warn } from "./dom.js";

let serverTime = null; // what the server's clock showed …
let observedAt = 0; // … when this page's steady clock showed this (it does not step back)

/** Remember the server's time from an answer that took `tripMs`; half of that is the way back. */
export function observe(iso, tripMs) {
  const time = Date.parse(iso ?? "");
  if (Number.isNaN(time)) return;
  serverTime = time + tripMs / 2;
  observedAt = performance.now();
}

/** The server's time now in milliseconds; this machine's while no answer has told. */
export function serverNow() {
  return serverTime === null ? Date.now() : serverTime + performance.now() - observedAt;
}

/** "1:02:03" or "2:03", and the same to be spoken. */
export function spelled(milliseconds) {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (number) => String(number).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

const MINUTE = 60_000;
const SPOKEN = [30, 10, 5, 1]; // minutes before the end that are announced

/** Counts down in `element` to `endsAt` (server milliseconds, may be moved), then calls `onEnd`. */
export class Countdown {
  #timer = 0;
  #last = Infinity;
  #ended = false;

  constructor(element, onEnd) {
    this.element = element;
    this.onEnd = onEnd;
    this.endsAt = -Infinity; // not known yet
  }

  /** The end is at `endsAt` now: staff may have given more time. */
  until(endsAt) {
    if (endsAt === this.endsAt) return;
    if (Number.isFinite(this.endsAt) && endsAt > this.endsAt) {
      const more = Math.round((endsAt - this.endsAt) / MINUTE);
      if (more) say(`You have ${counted(more, "minute")} more.`);
    }
    this.endsAt = endsAt;
    this.#ended = false;
    this.#last = Infinity;
    this.#tick();
  }

  stop() {
    clearTimeout(this.#timer);
  }

  get left() {
    return this.endsAt - serverNow();
  }

  #tick() {
    clearTimeout(this.#timer);
    const left = this.left;
    this.element.textContent = spelled(left);
    this.element.classList.toggle("late", left < 5 * MINUTE);
    for (const minutes of SPOKEN) {
      if (left <= minutes * MINUTE && this.#last > minutes * MINUTE && Number.isFinite(this.#last)) {
        (minutes > 5 ? say : warn)(`${counted(minutes, "minute")} left.`);
      }
    }
    this.#last = left;
    if (left <= 0 && !this.#ended) {
      this.#ended = true;
      this.onEnd();
    }
    if (!this.#ended) this.#timer = setTimeout(() => this.#tick(), Math.min(left, left % 1000 || 1000));
  }
}
