// The Exams API. A call ends in one of three ways: an answer, `Refused` or `Unreachable`.

import { observe } from "./clock.js";

const BASE = document.querySelector('meta[name="markbook-api"]').content;
const TIMEOUT_MS = 15_000;
const KEEPALIVE_BYTES = 60_000; // browsers let a page that goes away send 64 KiB

/** The server said no, and would say no again: a status, a code, words for people, details. */
export class Refused extends Error {
  constructor(status, { code = "UNKNOWN", message = "the server refused", details = {} } = {}) {
    super(message);
    Object.assign(this, { status, code, details });
  }
}

/** Nobody answered, or not now. The request may have been carried out: send it again, later. */
export class Unreachable extends Error {
  constructor(message, retryAfterMs = 0) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

let token = "";

/** `{status, body, revision, expiresAt}`: the revision is the attempt's, from its ETag. */
async function call(method, path, body, { keepalive = false } = {}) {
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET") headers["X-CSRFToken"] = token || (await freshToken());
  const request = {
    method,
    headers,
    keepalive: keepalive && new Blob([JSON.stringify(body)]).size < KEEPALIVE_BYTES,
    credentials: "same-origin",
    cache: "no-store",
    body: body === undefined ? undefined : JSON.stringify(body),
  };
  let answer = await send(path, request);
  if (answer.status === 403 && answer.body?.error?.code === "CSRF_FAILED") {
    request.headers["X-CSRFToken"] = await freshToken(); // another tab signed in meanwhile
    answer = await send(path, request);
  }
  if (answer.status < 300) return answer;
  if (answer.status >= 500 || answer.status === 429) {
    throw new Unreachable(answer.body?.error?.message ?? "the server is busy", answer.retryAfterMs);
  }
  throw new Refused(answer.status, answer.body?.error);
}

async function send(path, request) {
  const began = performance.now();
  let response;
  let text;
  try {
    response = await fetch(BASE + path, { ...request, signal: AbortSignal.timeout(TIMEOUT_MS) });
    text = await response.text();
  } catch {
    throw new Unreachable("there is no connection to the server");
  }
  observe(response.headers.get("X-Server-Time"), performance.now() - began);
  const etag = /"(\d+)"/.exec(response.headers.get("ETag") ?? "");
  let body = null;
  try {
    body = text ? JSON.parse(text) : null;
  } catch {
    // Not from Markbook: a proxy's page, or a hotel's. Nothing is known about the request.
    throw new Unreachable("something between here and the server answered instead of it");
  }
  return {
    status: response.status,
    body,
    revision: etag ? Number(etag[1]) : null,
    expiresAt: Date.parse(response.headers.get("X-Expires-At") ?? "") || null,
    retryAfterMs: 1000 * (Number(response.headers.get("Retry-After")) || 0),
  };
}

async function freshToken() {
  const answer = await send("/auth/csrf", { method: "GET", credentials: "same-origin" });
  token = answer.body?.csrfToken ?? "";
  return token;
}

const at = encodeURIComponent;

export const whoAmI = () => call("GET", "/auth/me");
export const exams = () => call("GET", "/exams");
export const exam = (id) => call("GET", `/exams/${at(id)}`);
export const start = (id) => call("POST", `/exams/${at(id)}/attempt`, {});
export const attempt = (id) => call("GET", `/attempts/${at(id)}`);
export const save = (id, body, how) => call("PUT", `/attempts/${at(id)}`, body, how);
export const submit = (id) => call("POST", `/attempts/${at(id)}/submit`, {});
export const result = (id) => call("GET", `/attempts/${at(id)}/result`);
export const progress = () => call("GET", "/progress/me");

/** Sign in; the session is new, and so is its token. */
export async function signIn(body) {
  token = ""; // the old one belongs to the session before
  const answer = await call("POST", "/auth/login", body);
  token = "";
  return answer;
}

export async function signOut() {
  await call("POST", "/auth/logout");
  token = "";
}
