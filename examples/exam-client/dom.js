// Making elements, and telling people (those who listen, too) what has happened.

/** An element: `make("p", {class: "x", onclick: f}, "text", child)`. Never parses HTML. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

/** Replace the page; the focus goes to its heading, so that a screen reader begins there. */
export function show(title, ...children) {
  const heading = make("h1", { tabindex: "-1" }, title);
  document.title = `${title} – Markbook`;
  document.getElementById("main").replaceChildren(heading, ...children.filter(Boolean));
  window.scrollTo(0, 0);
  heading.focus({ preventScroll: true });
}

/** Tell a screen reader, without interrupting it. */
export function say(text) {
  document.getElementById("said").textContent = text;
}

/** Tell a screen reader at once: time is running out, or answers are not being saved. */
export function warn(text) {
  document.getElementById("warned").textContent = text;
}

/** Ask; resolves to whether the first button was chosen. Escape means no. */
export function ask(title, content, yes, no) {
  return new Promise((resolve) => {
    const finish = (answer) => {
      dialog.close();
      dialog.remove();
      resolve(answer);
    };
    const dialog = make(
      "dialog",
      { "aria-labelledby": "ask-title" },
      make("h2", { id: "ask-title" }, title),
      content,
      make(
        "div",
        { class: "buttons" },
        make("button", { type: "button", class: "main", onclick: () => finish(true) }, yes),
        make("button", { type: "button", onclick: () => finish(false) }, no),
      ),
    );
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      finish(false);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** "1 answer", "2 answers". */
export function counted(number, word) {
  return `${number} ${word}${number === 1 ? "" : "s"}`;
}
