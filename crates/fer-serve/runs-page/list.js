// All runs and sweeps.

import { el } from "../page/html.js";
import { ask, toDiff, toRun, toSweep } from "./ask.js";
import { idOf, table } from "./element.js";
import { accuracy, isCurrent, scoresOf, splitsOf, starNote, state, value } from "./words.js";

const chosen = new Set();

export const load = () => ask("v1/runs");

export const title = () => "Runs";

export function draw({ runs, sweeps, problems }) {
  const names = new Set(runs.map((run) => run.name));
  for (const name of chosen) if (!names.has(name)) chosen.delete(name);
  const parts = [el("h1", {}, "Runs")];
  if (runs.length + sweeps.length + problems.length === 0) {
    parts.push(el("p", {}, "No run here yet. ", el("code", {}, "fer run --run-dir"), " with a folder below the one that is shown starts one; it appears by itself."));
  }
  if (runs.length > 0) parts.push(runTable(runs));
  if (sweeps.length > 0) parts.push(el("h2", {}, "Sweeps"), sweepTable(sweeps));
  if (problems.length > 0) parts.push(el("h2", {}, "Cannot be read"), problemTable(problems));
  return parts;
}

function runTable(runs) {
  const splits = splitsOf(runs);
  const compare = el("button", { type: "button", id: "compare", onclick: () => { location.hash = toDiff(...chosen); } }, "Compare the two");
  const update = () => { compare.disabled = chosen.size !== 2; };
  const choice = (run) => {
    const box = el("input", { type: "checkbox", id: idOf("choose", run.name), "aria-label": `Compare ${run.name}`, onchange: () => {
      if (box.checked) chosen.add(run.name); else chosen.delete(run.name);
      update();
    } });
    box.checked = chosen.has(run.name);
    return box;
  };
  const columns = [
    { title: "compare", head: false, kind: "choice" },
    { title: "run", head: true },
    { title: "state" },
    ...splits.map((split) => ({ title: `${split} accuracy`, kind: "number" })),
    { title: "differs in", kind: "wide" },
  ];
  const differs = (run) => Object.entries(run.differs).map(([name, found]) => el("div", {}, el("small", {}, name), value(found)));
  const rows = runs.map((run) => [
    choice(run),
    [el("a", { href: toRun(run.name), id: idOf("run", run.name) }, run.name), run.note ? el("div", {}, el("small", {}, run.note)) : null],
    [state(run), run.message ? el("div", {}, el("small", {}, run.message.split("\n")[0].slice(0, 120))) : null],
    ...splits.map((split) => accuracy(scoresOf(run, split), isCurrent(run))),
    differs(run),
  ]);
  update();
  return [
    table({ columns, rows }),
    el("p", { class: "actions" }, compare, el("span", { class: "muted" }, "Choose two runs.")),
    starNote(runs.every(isCurrent)),
  ];
}

function sweepTable(sweeps) {
  const columns = [{ title: "sweep" }, { title: "cells", kind: "number" }, { title: "states", kind: "wide" }];
  const rows = sweeps.map(({ name, states }) => [
    el("a", { href: toSweep(name), id: idOf("sweep", name) }, name),
    `${Object.values(states).reduce((sum, count) => sum + count, 0)}`,
    Object.entries(states).map(([word, count]) => `${count} ${word}`).join(", "),
  ]);
  return table({ columns, rows });
}

export const problemTable = (problems) =>
  table({ columns: [{ title: "folder" }, { title: "why", kind: "wide" }], rows: problems.map(({ name, problem }) => [name, problem]) });
