// Where a browser keeps what is not saved yet, and what came too late.

/** Answers that came too late for this attempt: `{questionId: response}`. */
export function late(userId, attemptId) {
  return read(lateKey(userId, attemptId)) ?? bare({});
}

export function forgetLate(userId, attemptId) {
  localStorage.removeItem(lateKey(userId, attemptId));
}

/** The record at a key, or null. */
export function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key), (_, value) => bare(value));
  } catch {
    return null;
  }
}

/** An object without inherited names: a question may be called `constructor`. */
export function bare(value) {
  const plain = value !== null && typeof value === "object" && !Array.isArray(value);
  return plain ? Object.assign(Object.create(null), value) : value;
}

export function keyOf(...ids) {
  return ["markbook/outbox", ...ids.map(encodeURIComponent)].join("/");
}

export function lateKey(...ids) {
  return ["markbook/late", ...ids.map(encodeURIComponent)].join("/");
}

export function keysOf(userId, attemptId) {
  const prefix = `${keyOf(userId, attemptId)}/`;
  return Object.keys(localStorage).filter((key) => key.startsWith(prefix));
}
