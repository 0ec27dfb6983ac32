// What this page has beside plain elements: tables, parts of plots, and names that stay as things change.

import { el, filled } from "../page/html.js";

const SVG = "http://www.w3.org/2000/svg";

export const svg = (name, attributes = {}, ...children) => filled(document.createElementNS(SVG, name), attributes, children);

// By its id an element has the focus again after it was drawn anew, so that the id follows what it is about, not its place.
export const idOf = (kind, name) => `${kind}-${encodeURIComponent(name)}`;

// A table: `columns` are `{ title, kind }`, a row is a list of cells, its first the head of the row.
export function table({ columns, rows }) {
  return el("div", { class: "scroll" }, el("table", { class: "cards" }, content(columns, rows)));
}

// One that stays a table on narrow screens, where it is scrolled.
export function wideTable({ id, caption, columns, rows }) {
  return el("div", { class: "scroll", id, tabindex: "0", role: "region", "aria-label": caption },
    el("table", {}, el("caption", {}, caption), content(columns, rows)));
}

function content(columns, rows) {
  const head = columns.map(({ title, kind }) => el("th", { scope: "col", class: kind }, title));
  const cell = (content, place) => {
    const { title, kind, head = place === 0 } = columns[place];
    const label = { class: kind, "data-label": title || undefined };
    return head ? el("th", { scope: "row", ...label }, content) : el("td", label, content);
  };
  return [el("thead", {}, el("tr", {}, head)), el("tbody", {}, rows.map((row) => el("tr", {}, row.map(cell))))];
}
