// Plots as SVG: lines over epochs, and dots over a parameter. The colours are those of the style sheet.

import { svg } from "./element.js";

const WIDTH = 560, HEIGHT = 260, LEFT = 52, RIGHT = 14, TOP = 24, BOTTOM = 34;
// Height of a line of the legend, and most letters of a name in it and below an axis.
const LINE = 19, NAME = 40, VALUE = 22;

// Round numbers from `low` to `high`, about `count` of them.
function ticks(low, high, count = 5) {
  const span = high - low || Math.abs(high) || 1;
  const rough = span / count, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((times) => times * power).find((found) => found >= rough);
  const found = [];
  for (let at = Math.ceil(low / step) * step; at <= high + step * 1e-9; at += step) found.push(Number(at.toPrecision(12)));
  return found;
}

const range = (numbers) => {
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  return low === high ? [low - (Math.abs(low) * 0.05 || 0.5), high + (Math.abs(high) * 0.05 || 0.5)] : [low, high];
};

const scale = ([low, high], start, end) => (at) => start + ((at - low) / (high - low)) * (end - start);

const frame = (label, children) =>
  svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label }, children);

const rows = (found, y, mark) =>
  found.map((at) => [
    svg("path", { class: "axis", d: `M${LEFT} ${y(at)}H${WIDTH - RIGHT}` }),
    svg("text", { x: LEFT - 8, y: y(at) + 4, "text-anchor": "end" }, mark(at)),
  ]);

const columns = (marks) =>
  marks.map(({ x, text }) => svg("text", { x, y: HEIGHT - BOTTOM + 18, "text-anchor": "middle" }, text));

// `series`: `{ name, points: [[x, y], …] }`, two at most; the first is the one that counts. `format` says a value, `mark` one of
// the axis.
export function lines({ label, series, format, mark = String, x: xName }) {
  const drawn = series.filter(({ points }) => points.length > 0);
  if (drawn.length === 0) return null;
  const all = drawn.flatMap(({ points }) => points);
  const [xs, ys] = [range(all.map(([x]) => x)), range(all.map(([, y]) => y))];
  const x = scale(xs, LEFT, WIDTH - RIGHT), y = scale(ys, HEIGHT - BOTTOM, drawn.length * LINE + 9);
  const marks = ticks(...xs, 6).filter(Number.isInteger).map((at) => ({ x: x(at), text: `${at}` }));
  const line = ({ points, place }) => {
    const kind = place === 0 ? "first" : "second";
    if (points.length === 1) {
      return svg("circle", { class: `dot ${kind}`, cx: x(points[0][0]), cy: y(points[0][1]), r: 3.5 });
    }
    const path = points.map(([px, py]) => `${x(px).toFixed(1)} ${y(py).toFixed(1)}`).join("L");
    return svg("path", { class: `line ${kind}`, d: `M${path}` });
  };
  const placed = drawn.map((one) => ({ ...one, place: series.indexOf(one) }));
  const legend = placed.map(({ name, place, points }, at) => {
    const text = `${shortened(name, NAME)} ${format(points.at(-1)[1])}`;
    return svg("text", { class: place === 0 ? "first" : "second", x: LEFT, y: 14 + at * LINE }, `${place === 0 ? "—" : "- -"} ${text}`);
  });
  const told = placed.map(({ name, points }) => `${name} ${format(points.at(-1)[1])} at ${xName} ${points.at(-1)[0]}`);
  return frame(`${label}: ${told.join(", ")}`, [rows(ticks(...ys), y, mark), columns(marks), placed.map(line), legend]);
}

// `dots`: `{ at, y, text }`, and `means`: `{ at, y }`, over values of a parameter: numbers, or words side by side.
export function dots({ label, dots: all, means, format, mark = String }) {
  if (all.length === 0) return null;
  const values = [...new Set(all.map(({ at }) => JSON.stringify(at)))].map((text) => JSON.parse(text));
  const areNumbers = values.every((found) => typeof found === "number");
  if (areNumbers) values.sort((one, other) => one - other);
  const isLog = areNumbers && values[0] > 0 && values.at(-1) / values[0] >= 20;
  const place = (at) => (areNumbers ? (isLog ? Math.log10(at) : at) : values.findIndex((found) => JSON.stringify(found) === JSON.stringify(at)));
  const [low, high] = range(values.map(place));
  const x = scale([low, high], LEFT + 40, WIDTH - RIGHT - 40);
  const [least, most] = range(all.map(({ y }) => y)), room = 0.06 * (most - least);
  const ys = [least - room, most + room], y = scale(ys, HEIGHT - BOTTOM, TOP);
  const marks = [];
  for (const found of values) {
    const next = { x: x(place(found)), text: shortened(found, VALUE) };
    if (marks.every((other) => next.x - other.x > 6 * (next.text.length + other.text.length) / 2 + 8)) marks.push(next);
  }
  const dot = ({ at, y: score, text }) =>
    svg("circle", { class: "dot", cx: x(place(at)), cy: y(score), r: 4.5 }, svg("title", {}, text));
  const mean = ({ at, y: score }) => svg("path", { class: "mean", d: `M${x(place(at)) - 12} ${y(score)}h24` });
  const told = means.map(({ at, y: score }) => `${shortened(at, VALUE)}: ${format(score)}`).join(", ");
  return frame(`${label}; means ${told}`, [rows(ticks(...ys), y, mark), columns(marks), all.map(dot), means.map(mean)]);
}

// Of a long text beginning and end: what differs often stands last.
const shortened = (found, most) => {
  const text = typeof found === "string" ? found : JSON.stringify(found);
  const half = Math.floor((most - 1) / 2);
  return text.length > most ? `${text.slice(0, half)}…${text.slice(-half)}` : text;
};
