// The page: which part of it the address asks for, and what changes meanwhile.

import { askFor } from "../page/token.js";
import { service } from "./ask.js";
import { el } from "./element.js";
import * as diff from "./diff.js";
import * as list from "./list.js";
import * as run from "./run.js";
import * as sweep from "./sweep.js";

const PAUSE = 2000;

const main = document.getElementById("main");
const status = document.getElementById("status");
let shown = null;
let timer = null;
let turn = 0;
let isFirst = true;

function asked() {
  const found = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  if (found.run !== undefined) return [run, found];
  if (found.from !== undefined && found.to !== undefined) return [diff, found];
  if (found.sweep !== undefined) return [sweep, found];
  return [list, {}];
}

const say = (text) => { if (status.textContent !== text) status.textContent = text; };

// Whoever chooses among values would lose them.
const isChoosing = () => main.contains(document.activeElement) && document.activeElement.tagName === "SELECT";

// What is open, where the focus is and how far texts are scrolled stays as things change.
function replace(parts) {
  const open = [...main.querySelectorAll("details[open]")].map(({ id }) => id);
  const focus = main.contains(document.activeElement) ? document.activeElement.id : "";
  const log = document.getElementById("log");
  const scrolled = log && { top: log.scrollTop, isAtEnd: log.scrollTop + log.clientHeight >= log.scrollHeight - 4 };
  main.replaceChildren(...el("div", {}, parts).childNodes);
  for (const details of main.querySelectorAll("details")) details.open = open.includes(details.id);
  const again = document.getElementById("log");
  if (again) again.scrollTop = !scrolled || scrolled.isAtEnd ? again.scrollHeight : scrolled.top;
  if (focus) document.getElementById(focus)?.focus();
}

async function show(isNew) {
  clearTimeout(timer);
  const own = ++turn;
  const [view, parameters] = asked();
  try {
    const found = await view.load(parameters, isNew);
    if (own !== turn) return;
    const text = JSON.stringify(found);
    if (isNew || (text !== shown && !isChoosing())) {
      replace(view.draw(found));
      shown = text;
    }
  } catch (error) {
    if (own !== turn) return;
    shown = null;
    replace([el("h1", {}, "This cannot be shown"), el("p", { class: "message" }, error.message), el("p", {}, el("a", { href: "#" }, "All runs"))]);
  }
  if (isNew) {
    document.title = `${view.title(parameters)} – fer`;
    if (!isFirst) main.focus();
    isFirst = false;
  }
  timer = setTimeout(() => show(false), document.hidden ? 10 * PAUSE : PAUSE);
}

// The address after # says what is shown, so that this link must not change it.
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
service.addEventListener("lost", () => say("No connection; trying again."));
service.addEventListener("back", () => say(""));
askFor(service);
window.addEventListener("hashchange", () => show(true));
document.addEventListener("visibilitychange", () => { if (!document.hidden) show(false); });
show(true);
