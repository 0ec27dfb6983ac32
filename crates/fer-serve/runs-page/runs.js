// The page: which part of it the address asks for, and what changes meanwhile.

import { byId, el, say } from "../page/html.js";
import { askFor } from "../page/token.js";
import { service } from "./ask.js";
import * as diff from "./diff.js";
import * as list from "./list.js";
import * as run from "./run.js";
import * as sweep from "./sweep.js";

const PAUSE = 2000;

const main = byId("main");
// What is drawn, until something is nothing: its address, its view and title, and all that it says.
let shown = {};
let timer = null;
let turn = 0;

function asked() {
  const found = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  if (found.run !== undefined) return [run, found];
  if (found.from !== undefined && found.to !== undefined) return [diff, found];
  if (found.sweep !== undefined) return [sweep, found];
  return [list, {}];
}

// Whoever chooses among values would lose them.
const isChoosing = () => main.contains(document.activeElement) && document.activeElement.tagName === "SELECT";

// What is open, where the focus is and how far texts are scrolled stays as things change.
function replace(parts) {
  const open = [...main.querySelectorAll("details[open]")].map(({ id }) => id);
  const focus = main.contains(document.activeElement) ? document.activeElement.id : "";
  const aside = [...main.querySelectorAll(".scroll[id]")].map(({ id, scrollLeft }) => ({ id, scrollLeft }));
  const log = byId("log");
  const scrolled = log && { top: log.scrollTop, isAtEnd: log.scrollTop + log.clientHeight >= log.scrollHeight - 4 };
  main.replaceChildren(...el("div", {}, parts).childNodes);
  for (const details of main.querySelectorAll("details")) details.open = open.includes(details.id);
  for (const { id, scrollLeft } of aside) if (byId(id)) byId(id).scrollLeft = scrollLeft;
  const again = byId("log");
  if (again) again.scrollTop = !scrolled || scrolled.isAtEnd ? again.scrollHeight : scrolled.top;
  if (focus) byId(focus)?.focus();
}

// What is to be said, as a text, and its parts; these are left out where they would be the same again.
async function found(view, parameters, isNew) {
  try {
    const told = await view.load(parameters, isNew);
    const text = JSON.stringify(told);
    return { text, parts: text === shown.text && !isNew ? [] : view.draw(told) };
  } catch (error) {
    return { text: error.message, parts: broken(error) };
  }
}

const broken = ({ message }) => [
  el("h1", {}, "This cannot be shown"),
  el("p", { class: "message" }, message),
  el("p", {}, el("a", { href: "#", id: "all-runs" }, "All runs")),
];

async function show() {
  clearTimeout(timer);
  const own = ++turn;
  const address = location.hash;
  const [view, parameters] = asked();
  // Until it is drawn, however often it is asked for.
  const isNew = shown.address !== address;
  const { text, parts } = await found(view, parameters, isNew);
  if (own !== turn) return;
  if (isNew || (text !== shown.text && !isChoosing())) {
    replace(parts);
    const title = view.title(parameters);
    enter(view, title);
    shown = { address, view, title, text };
  }
  timer = setTimeout(show, document.hidden ? 10 * PAUSE : PAUSE);
}

// Another page than the one before: its title is told, and it is read from its beginning.
function enter(view, title) {
  if (shown.view === view && shown.title === title) return;
  document.title = `${title} – fer`;
  if (shown.view) main.focus();
}

// The address after # says what is shown, so that this link must not change it.
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
service.addEventListener("lost", () => say(byId("status"), "No connection; trying again."));
service.addEventListener("back", () => say(byId("status"), ""));
askFor(service);
window.addEventListener("hashchange", show);
document.addEventListener("visibilitychange", () => { if (!document.hidden) show(); });
show();
