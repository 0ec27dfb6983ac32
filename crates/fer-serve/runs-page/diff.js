// Two runs side by side, as `fer diff` has them.

import { el } from "../page/html.js";
import { ask, toRun } from "./ask.js";
import { idOf, table } from "./element.js";
import { lines } from "./plot.js";
import { areCurrent, percent, points, roundPercent, scoreChange, scoreName, scoreValue, state, value } from "./words.js";

export const title = ({ from, to }) => `${from} and ${to}`;

export async function load({ from, to }) {
  const [diff, ...curves] = await Promise.all([
    ask("v1/runs/diff", { from, to }), ...[from, to].map((run) => ask("v1/runs/curves", { run })),
  ]);
  return { diff, curves };
}

export function draw({ diff, curves }) {
  const { from, to } = diff;
  const names = [from.name, to.name];
  const changed = (title, changes) => [
    el("h2", {}, title),
    changes.length === 0 ? el("p", { class: "muted" }, "No difference.") : table({
      columns: [{ title: "name" }, { title: from.name, kind: "wide" }, { title: to.name, kind: "wide" }],
      rows: changes.map((change) => [change.name, value(change.from), value(change.to)]),
    }),
  ];
  const both = table({
    columns: [{ title: "run" }, { title: "state" }],
    rows: [from, to].map((run, place) => [el("a", { href: toRun(run.name), id: idOf(["from", "to"][place], run.name) }, run.name), state(run)]),
  });
  return [
    el("h1", {}, "Two runs"),
    both,
    [from, to].every(areCurrent) ? null : el("p", { class: "muted" }, "Some scores are of an earlier model; ", el("code", {}, "fer run"), " renews them."),
    plot(names, curves),
    diff.versions.length > 0 ? changed("Versions of stages", diff.versions) : null,
    changed("Parameters", diff.parameters),
    changed("Data", diff.data),
    el("h2", {}, "Scores"),
    scores(diff),
    diff.paired.length > 0 ? [el("h2", {}, "Images that one run alone got right"), paired(diff)] : null,
  ];
}

function plot(names, curves) {
  const last = ({ trainings }) => points(trainings.at(-1)?.epochs ?? [], "validation_accuracy");
  const series = curves.map((found, place) => ({ name: names[place], points: last(found) }));
  const drawn = lines({ label: "Validation accuracy", x: "epoch", format: percent, mark: roundPercent, series });
  return drawn ? el("div", { class: "plots alone" }, el("figure", {}, el("figcaption", {}, "Validation accuracy by epoch"), drawn)) : null;
}

function scores({ from, to, scores: found }) {
  if (found.length === 0) return el("p", { class: "muted" }, "None yet.");
  const isAlone = found.every(({ stage }) => stage === found[0].stage);
  const columns = [{ title: "score" }, ...[from.name, to.name, "change"].map((title) => ({ title, kind: "number" }))];
  const rows = found.map(({ stage, split, score, from: one, to: other, change }) => [
    `${isAlone ? "" : `${stage} `}${split} ${scoreName(score)}`, scoreValue(score, one), scoreValue(score, other), scoreChange(score, change),
  ]);
  return table({ columns, rows });
}

function paired({ from, to, paired: found }) {
  const columns = [{ title: "split" }, ...[from.name, to.name, "of images in both", "p"].map((title) => ({ title, kind: "number" }))];
  const rows = found.map((pair) => [pair.split, `${pair.only_first}`, `${pair.only_second}`, `${pair.images}`, pair.p_value.toFixed(3)]);
  return [
    table({ columns, rows }),
    el("p", { class: "muted" }, "p: how likely chance alone is to part these images at least so unevenly. A large p is no evidence of a difference."),
  ];
}
