// Elements out of names, attributes and texts; a text is never read as HTML.

const SVG = "http://www.w3.org/2000/svg";

const made = (element, attributes, children) => {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== undefined && value !== null) element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
};

export const el = (name, attributes = {}, ...children) => made(document.createElement(name), attributes, children);
export const svg = (name, attributes = {}, ...children) => made(document.createElementNS(SVG, name), attributes, children);

// A table: `columns` are `{ title, kind }`, a row is a list of cells, its first the head of the row.
export function table({ caption, columns, rows, cards = true }) {
  const head = columns.map(({ title, kind }) => el("th", { scope: "col", class: kind }, title));
  const cell = (content, place) => {
    const { title, kind } = columns[place];
    const isHead = columns[place].head ?? place === 0;
    return isHead
      ? el("th", { scope: "row", class: kind, "data-label": title || undefined }, content)
      : el("td", { class: kind, "data-label": title || undefined }, content);
  };
  const body = rows.map((row) => el("tr", {}, row.map(cell)));
  const whole = el("table", { class: cards ? "cards" : undefined },
    caption ? el("caption", {}, caption) : null, el("thead", {}, el("tr", {}, head)), el("tbody", {}, body));
  return el("div", { class: "scroll", tabindex: cards ? undefined : "0", role: cards ? undefined : "region", "aria-label": cards ? undefined : caption }, whole);
}
