// A sweep: a table of its combinations, a plot of a parameter against a score with every seed, and its cells.

import { el } from "../page/html.js";
import { ask, toRun, toSweep } from "./ask.js";
import { idOf, table } from "./element.js";
import { problemTable } from "./list.js";
import { dots } from "./plot.js";
import { accuracy, areCurrent, isCurrent, percent, roundPercent, scoresOf, splitsOf, starNote, state, value } from "./words.js";

export const title = ({ sweep }) => sweep;

export async function load({ sweep, by, score }) {
  return { sweep: await ask("v1/runs/sweep", { sweep }), by, score };
}

const SCORES = {
  accuracy: { name: "accuracy", format: percent, mark: roundPercent },
  macro_f1: { name: "macro F1", format: (found) => found.toFixed(3) },
};

export function draw({ sweep, by, score }) {
  return [
    el("h1", {}, sweep.name),
    el("p", { class: "muted" }, `${sweep.cells.length} cells in all. Only finished ones count: mean ± sample standard deviation over seeds.`),
    combinations(sweep),
    plot(sweep, by, score),
    el("h2", {}, "Cells"),
    cells(sweep),
    sweep.problems.length > 0 ? [el("h2", {}, "Cannot be read"), problemTable(sweep.problems)] : null,
  ];
}

const spread = ({ mean, deviation }, shown, times, digits) =>
  deviation === null || deviation === undefined ? shown(mean) : `${shown(mean)} ± ${(times * deviation).toFixed(digits)}`;

function combinations(sweep) {
  const splits = splitsOf(sweep.cells);
  const names = sweep.parameters.filter((name) => sweep.combinations.some((found) => name in found.values));
  const columns = [
    { title: names[0] ?? "cells" },
    ...names.slice(1).map((title) => ({ title })),
    { title: "seeds", kind: "number" },
    ...splits.flatMap((split) => [`${split} accuracy`, `${split} macro F1`].map((title) => ({ title, kind: "number" }))),
  ];
  const rows = sweep.combinations.map(({ values, n, cells: all, splits: found }) => [
    names.length > 0 ? value(values[names[0]]) : "all",
    ...names.slice(1).map((name) => value(values[name])),
    n === all ? `${n}` : `${n} of ${all}`,
    ...splits.flatMap((split) => found[split]
      ? [spread(found[split].accuracy, percent, 100, 1), spread(found[split].macro_f1, SCORES.macro_f1.format, 1, 3)]
      : ["–", "–"]),
  ]);
  return table({ columns, rows });
}

function plot(sweep, by, score) {
  const splits = splitsOf(sweep.cells);
  if (splits.length === 0) return null;
  const parameters = [...sweep.parameters, "seed"];
  // Where nobody chose, the parameter with most values.
  const values = (name) => new Set(sweep.cells.map((cell) => JSON.stringify(cell.differs[name]))).size;
  const most = sweep.parameters.slice().sort((one, other) => values(other) - values(one))[0] ?? "seed";
  const parameter = parameters.includes(by) ? by : most;
  const choices = splits.flatMap((split) => Object.keys(SCORES).map((name) => `${split}.${name}`));
  const chosen = choices.includes(score) ? score : choices[0];
  const [split, name] = chosen.split(".");
  const { name: said, format, mark } = SCORES[name];
  const of = (cell) => (parameter === "seed" ? cell.seed : cell.differs[parameter]);
  const counted = sweep.cells.filter((cell) => cell.state === "finished" && areCurrent(cell) && of(cell) !== undefined && of(cell) !== null);
  const all = counted.flatMap((cell) => {
    const scores = scoresOf(cell, split);
    return scores ? [{ at: of(cell), y: scores[name], text: `${cell.name}: ${format(scores[name])}` }] : [];
  });
  const groups = Map.groupBy(all, ({ at }) => JSON.stringify(at));
  const means = [...groups].map(([at, group]) => ({ at: JSON.parse(at), y: group.reduce((sum, { y }) => sum + y, 0) / group.length }));
  const label = `${split} ${said} by ${parameter}`;
  const drawn = dots({ label, dots: all, means, format, mark });
  const go = (more) => { location.replace(toSweep(sweep.name, { by: parameter, score: chosen, ...more })); };
  const select = (id, label, options, selected, change) => {
    const made = el("select", { id, onchange: () => change(made.value) }, options.map(([found, text]) => el("option", { value: found, selected: found === selected }, text)));
    return el("span", {}, el("label", { for: id }, `${label} `), made);
  };
  return [
    el("h2", {}, "A parameter against a score"),
    el("p", { class: "actions" },
      select("by", "Parameter", parameters.map((found) => [found, found]), parameter, (found) => go({ by: found })),
      select("score", "Score", choices.map((found) => [found, `${found.split(".")[0]} ${SCORES[found.split(".")[1]].name}`]), chosen, (found) => go({ score: found }))),
    drawn
      ? el("div", { class: "plots alone" }, el("figure", {}, drawn, el("figcaption", {}, `A dot a cell, a line their mean: ${label}. Choose by validation: a test score that served for a choice is no longer an honest one.`)))
      : el("p", { class: "muted" }, "No finished cell yet."),
  ];
}

function cells(sweep) {
  const splits = splitsOf(sweep.cells);
  const columns = [{ title: "cell" }, { title: "seed", kind: "number" }, { title: "state" }, ...splits.map((split) => ({ title: `${split} accuracy`, kind: "number" }))];
  const rows = sweep.cells.map((cell) => [
    el("a", { href: toRun(cell.name), id: idOf("cell", cell.name) }, cell.name.split("/cells/").at(-1)),
    `${cell.seed ?? "–"}`,
    state(cell),
    ...splits.map((split) => accuracy(scoresOf(cell, split), isCurrent(cell))),
  ]);
  return [table({ columns, rows }), starNote(sweep.cells.every(isCurrent))];
}
