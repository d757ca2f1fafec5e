// Which tab is this? Its id survives a reload, and no two living tabs have the same one.

const KEY = "markbook/client";
const RELOAD_MS = 500; // how long the page before this one may take to go

/** This tab's `clientId`. A duplicated tab copies the stored id, finds it held, makes its own. */
export async function clientId() {
  const kept = sessionStorage.getItem(KEY);
  if (kept && (await hold(kept))) return kept;
  const fresh = Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(36)).join("");
  sessionStorage.setItem(KEY, fresh);
  await hold(fresh);
  return fresh;
}

/** Whether the tab with this id is open. Without locks (plain http) nobody knows: say no. */
export async function isOpen(id) {
  if (!navigator.locks) return false;
  const { held } = await navigator.locks.query();
  return held.some((lock) => lock.name === name(id));
}

/** Hold the id for as long as this page lives; false if another page keeps holding it. */
function hold(id) {
  if (!navigator.locks) return Promise.resolve(true);
  return new Promise((resolve) => {
    const waiting = { signal: AbortSignal.timeout(RELOAD_MS) };
    const forever = () => {
      resolve(true);
      return new Promise(() => {});
    };
    navigator.locks.request(name(id), waiting, forever).catch(() => resolve(false));
  });
}

const name = (id) => `markbook-tab-${id}`;
