// What a page lacks, as a list of lines; accessibility.py runs it inside the page.
() => {
  const wrong = [];
  const path = (e) => `${e.tagName.toLowerCase()}${e.id ? "#" + e.id : ""} "${(e.textContent || "").trim().slice(0, 40)}"`;
  const seen = (e) => e.checkVisibility({ checkOpacity: false, checkVisibilityCSS: true });
  const all = (selector) => [...document.querySelectorAll(selector)].filter(seen);

  if (!document.documentElement.lang) wrong.push("no language");
  if (!document.title) wrong.push("no title");
  if (all("main").length !== 1) wrong.push("not exactly one main landmark");
  if (all("h1").length !== 1) wrong.push("not exactly one h1");
  let level = 0;
  for (const heading of all("main h1, main h2, main h3, main h4")) {
    const own = Number(heading.tagName[1]);
    if (own > level + 1) wrong.push(`heading skips a level: ${path(heading)}`);
    level = own;
  }

  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) wrong.push(`id twice: ${id}`);
  for (const name of ["aria-labelledby", "aria-describedby", "for"]) {
    for (const e of document.querySelectorAll(`[${name}]`)) {
      for (const id of e.getAttribute(name).split(/\s+/)) {
        if (!document.getElementById(id)) wrong.push(`${name} leads nowhere: ${path(e)}`);
      }
    }
  }

  const named = (e) =>
    (e.getAttribute("aria-label") || "").trim() ||
    (e.getAttribute("aria-labelledby") || "").split(/\s+/).some((id) => document.getElementById(id)?.textContent.trim()) ||
    [...(e.labels || [])].some((label) => label.textContent.trim()) ||
    (["BUTTON", "A", "SUMMARY"].includes(e.tagName) && e.textContent.trim()) ||
    (e.tagName === "FIELDSET" && e.querySelector("legend")?.textContent.trim());
  for (const e of all("button, a[href], input, textarea, select, summary, fieldset, dialog, nav")) {
    if (!named(e)) wrong.push(`no name: ${path(e)}`);
  }
  for (const e of all("[tabindex]")) if (e.tabIndex > 0) wrong.push(`own tab order: ${path(e)}`);
  for (const e of all("button, a.jump, .map a, input[type=radio], input[type=checkbox]")) {
    const box = (e.closest("label") || e).getBoundingClientRect();
    if (box.width < 24 || box.height < 24) wrong.push(`too small to touch: ${path(e)}`);
  }

  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const colour = (text) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = text;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => {
    const part = (v) => ((v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const paper = (e) => {
    for (let at = e; at; at = at.parentElement) {
      const found = colour(getComputedStyle(at).backgroundColor);
      if (found[3] === 255) return found;
    }
    return [255, 255, 255, 255];
  };
  const modal = document.querySelector("dialog[open]");
  const walk = document.createTreeWalker(modal || document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement;
    if (!walk.currentNode.textContent.trim() || !seen(e) || e.closest(":disabled, .unseen, .skip, script, style")) continue;
    const [one, other] = [light(colour(getComputedStyle(e).color)), light(paper(e))];
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (ratio < 4.5) wrong.push(`contrast ${ratio.toFixed(2)}: ${path(e)}`);
  }
  return [...new Set(wrong)];
}
