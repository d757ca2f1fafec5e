// The pages round an exam: signing in, what is on offer, and what was handed in.

import * as api from "./api.js";
import { counted, make, show } from "./dom.js";
import { inline } from "./markdown.js";
import { drain } from "./outbox.js";
import { spelledOut } from "./question.js";
import { forgetLate, late } from "./storage.js";

/** Resolves to the user once somebody has signed in. `login` is what the server is set to. */
export function signInForm(login, userId = "") {
  return new Promise((resolve) => {
    const open = login === "open";
    const problem = make("p", { class: "notice bad", role: "alert", hidden: true });
    const name = make("input", {
      id: "name",
      autocomplete: "username",
      autocapitalize: "off",
      spellcheck: "false",
      required: true,
      value: userId,
    });
    const password = make("input", {
      id: "password",
      type: "password",
      autocomplete: "current-password",
      required: true,
    });
    const button = make("button", { class: "main" }, "Sign in");
    const submit = async (event) => {
      event.preventDefault();
      button.disabled = true;
      try {
        const who = name.value.trim();
        const body = open ? { userId: who } : { username: who, password: password.value };
        resolve((await api.signIn(body)).body);
      } catch (error) {
        problem.textContent = `${error.message}.`;
        problem.hidden = false;
        (open ? name : password).focus();
      } finally {
        button.disabled = false;
      }
    };
    const form = make(
      "form",
      { class: "sign-in", onsubmit: submit },
      problem,
      make("label", { for: "name" }, open ? "Your name (letters, digits, no spaces)" : "User name"),
      name,
      open ? [] : [make("label", { for: "password" }, "Password"), password],
      open ? make("p", { class: "hint" }, "This is a demo: any name will do, nobody asks for a password.") : null,
      make("div", { class: "buttons" }, button),
    );
    show("Sign in", form);
  });
}

const STATES = { available: "not begun", in_progress: "under way", finished: "handed in" };

/** What is on offer. `begin(exam)` starts or goes on. */
export async function listPage(begin, finished) {
  const { body: exams } = await api.exams();
  const cards = exams.map((exam, place) => {
    const label = { in_progress: "Continue", finished: "See what you handed in" }[exam.status] ?? "Start";
    const open = () => (exam.status === "finished" ? finished(exam) : begin(exam));
    const begun = exam.status === "available";
    return make(
      "li",
      { class: "card" },
      make("h2", { id: `exam-${place}` }, inline(exam.title)),
      make("p", {}, facts(exam)),
      begun ? make("p", { class: "hint" }, "The clock runs from the start on.") : null,
      make(
        "button",
        { type: "button", class: begun && "main", "aria-describedby": `exam-${place}`, onclick: open },
        label,
      ),
    );
  });
  const none = make("p", {}, "There is no exam to take at the moment.");
  show("Exams", cards.length ? make("ul", { class: "cards" }, cards) : none);
}

function facts({ subject, difficulty, questionCount, durationMinutes, status }) {
  const size = [counted(questionCount, "question"), counted(durationMinutes, "minute")];
  return [subject, difficulty, ...size, STATES[status]].join(" · ");
}

/** What was handed in, and the result once it is released. */
export async function donePage(user, attemptId, clientId) {
  await drain({ userId: user.userId, attemptId, clientId });
  const { body: attempt } = await api.attempt(attemptId);
  const exam = await orNull(api.exam(attempt.examId));
  const result = await orNull(api.result(attemptId));
  const given = new Map(attempt.answers.map((answer) => [answer.questionId, answer.response]));
  const questions =
    exam?.sections.flatMap((section) => section.questions) ??
    attempt.answers.map(({ questionId }) => ({ id: questionId }));
  const when = new Date(attempt.submittedAt ?? attempt.updatedAt);
  const rows = questions.map((question, place) => [
    make("dt", {}, `Question ${place + 1}`, scored(result, question.id)),
    make("dd", {}, make("pre", { class: "answer" }, spelledOut(question, given.get(question.id)))),
  ]);
  const title = exam?.title ?? attempt.examId;
  if (attempt.status === "void") {
    const text = `${title}: your teacher has taken this attempt out of the count. You may be able to start again.`;
    return show("Not counted", make("p", { class: "notice warn" }, text), tooLate(user, attemptId, questions), back());
  }
  show(
    "Handed in",
    make(
      "p",
      { class: "notice good" },
      `${title}: handed in on ${when.toLocaleDateString()} at ${when.toLocaleTimeString()}.`,
    ),
    result ? summary(result) : make("p", {}, "Your result is not released yet. Look here again later."),
    tooLate(user, attemptId, questions, given),
    make("h2", {}, "Your answers"),
    make("dl", { class: "answers" }, rows),
    make("p", { class: "hint" }, `The server keeps them as output/${attempt.examId}_${attempt.attemptId}.json.`),
    back(),
  );
}

const back = () => make("p", {}, make("a", { href: "#/" }, "Back to the exams"));

function summary(result) {
  const total = `Your result: ${result.score} of ${counted(result.markedMaxScore, "point")}.`;
  const open = result.notMarked && ` ${counted(result.notMarked, "answer")} not marked yet.`;
  return make("p", { class: "notice" }, make("strong", {}, total), open || "");
}

function scored(result, questionId) {
  const one = result?.questions?.find((question) => question.questionId === questionId);
  if (!one) return "";
  return one.score === undefined ? ": not marked yet" : `: ${one.score} of ${counted(one.maxScore, "point")}`;
}

const LATE = " Your teacher can see what reached the server; here is a copy.";

/** Answers that reached the server after the end: they are not thrown away. */
function tooLate(user, attemptId, questions, given = new Map()) {
  const same = (id, response) => JSON.stringify(given.get(id) ?? null) === JSON.stringify(response);
  const kept = Object.entries(late(user.userId, attemptId)).filter((one) => !same(...one));
  if (!kept.length) {
    forgetLate(user.userId, attemptId);
    return null;
  }
  const copies = kept.map(([id, response]) => {
    const place = questions.findIndex((question) => question.id === id);
    return [
      make("p", {}, place < 0 ? id : `Question ${place + 1}`),
      make("pre", { class: "answer", tabindex: "0" }, spelledOut(questions[place], response)),
    ];
  });
  const remove = () => {
    forgetLate(user.userId, attemptId);
    box.remove();
  };
  const box = make(
    "div",
    { class: "notice warn", role: "group", "aria-label": "Too late" },
    make("p", {}, make("strong", {}, "These came after the end and do not count."), LATE),
    copies,
    make("div", { class: "buttons" }, make("button", { type: "button", onclick: remove }, "Remove this copy")),
  );
  return box;
}

async function orNull(call) {
  try {
    return (await call).body;
  } catch (error) {
    if (error instanceof api.Refused && error.code !== "UNAUTHENTICATED") return null;
    throw error;
  }
}
