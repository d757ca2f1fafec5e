// Which page: the address after `#` says, and nobody sees one without signing in.

import * as api from "./api.js";
import { make, show } from "./dom.js";
import { openExam } from "./exam.js";
import { donePage, listPage, signInForm } from "./pages.js";
import { clientId } from "./tab.js";

const SIGNED_IN = "markbook/signed-in";

let user = null;
let page = null;
let login = "password";
let turn = 0;

async function route() {
  const mine = ++turn;
  page?.close();
  page = null;
  const [, where = "", id = ""] = location.hash.split("/").map(decodeURIComponent);
  try {
    user ??= await whoever();
    if (mine !== turn) return;
    if (where === "attempt") {
      page = await openExam({ user, tab: await clientId(), leave, signIn: signInAgain }, id);
      if (!page) leave(`#/done/${encodeURIComponent(id)}`);
    } else if (where === "done") {
      await donePage(user, id, await clientId());
    } else {
      await listPage(begin, finished);
    }
  } catch (error) {
    if (mine === turn) failed(error);
  }
  whoLine();
}

function leave(hash) {
  if (location.hash === hash) route();
  else location.hash = hash;
}

/** Who is signed in in this browser; somebody new is not asked for, only invited. */
async function whoever() {
  try {
    if (localStorage.getItem(SIGNED_IN)) return (await api.whoAmI()).body;
  } catch (error) {
    if (error.code !== "UNAUTHENTICATED") throw error;
  }
  const found = await signInForm(login);
  localStorage.setItem(SIGNED_IN, found.userId);
  return found;
}

/** The session ended in the middle: the page behind stays as it is, with everything written. */
function signInAgain() {
  again ??= new Promise((resolve) => {
    const frame = make("dialog", { "aria-label": "Sign in again" });
    const name = user.userId;
    const password = make("input", { id: "again", type: "password", autocomplete: "current-password" });
    const problem = make("p", { role: "alert" });
    const submit = async (event) => {
      event.preventDefault();
      try {
        const body = login === "open" ? { userId: name } : { username: user.username, password: password.value };
        await api.signIn(body);
        frame.remove();
        again = null;
        resolve();
      } catch (error) {
        problem.textContent = `${error.message}.`;
      }
    };
    frame.append(
      make(
        "form",
        { onsubmit: submit },
        make("h2", {}, "You are signed out"),
        make("p", {}, `Sign in again as ${user.username}. What you have written is still here.`),
        problem,
        login === "open" ? [] : [make("label", { for: "again" }, "Password"), password],
        make("div", { class: "buttons" }, make("button", { class: "main" }, "Sign in")),
      ),
    );
    frame.addEventListener("cancel", (event) => event.preventDefault());
    document.body.append(frame);
    frame.showModal();
  });
  return again;
}
let again = null;

async function begin(exam) {
  try {
    const { body } = await api.start(exam.examId);
    leave(`#/attempt/${encodeURIComponent(body.attemptId)}`);
  } catch (error) {
    failed(error);
  }
}

async function finished(exam) {
  const { body: progress } = await api.progress();
  const one = progress.exams.find((entry) => entry.examId === exam.examId);
  leave(`#/done/${encodeURIComponent(one.attemptId)}`);
}

function failed(error) {
  if (error.code === "UNAUTHENTICATED") {
    localStorage.removeItem(SIGNED_IN);
    user = null;
    route();
    return;
  }
  if (!(error instanceof api.Refused || error instanceof api.Unreachable)) console.error(error);
  show(
    "That did not work",
    make("p", { class: "notice bad" }, `${error.message}.`),
    make(
      "div",
      { class: "buttons" },
      make("button", { type: "button", class: "main", onclick: route }, "Try again"),
      make("a", { href: "#/" }, "Back to the exams"),
    ),
  );
}

function whoLine() {
  const line = document.getElementById("who");
  if (!user) return line.replaceChildren();
  const out = async () => {
    await page?.close();
    page = null;
    await api.signOut().catch(() => {});
    localStorage.removeItem(SIGNED_IN);
    user = null;
    leave("#/");
  };
  const button = make("button", { type: "button", class: "quiet", onclick: out }, "Sign out");
  line.replaceChildren(make("span", {}, user.username), button);
}

login = await fetch("settings.json", { cache: "no-store" })
  .then((answer) => answer.json())
  .then((settings) => settings.login)
  .catch(() => "password");
window.addEventListener("hashchange", route);
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault(); // the address after # is the page's
  document.getElementById("main").focus();
});
await route();
