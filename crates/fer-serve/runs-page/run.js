// One run: how it stands, its curves as they grow, scores, parameters, log.

import { el } from "../page/html.js";
import { ask, reportOf, service, toDiff, toSweep } from "./ask.js";
import { table, wideTable } from "./element.js";
import { lines } from "./plot.js";
import { accuracy, areCurrent, percent, points, roundPercent, scoreValue, starNote, state, value } from "./words.js";

export const title = ({ run }) => run;

// Names of the runs that this one can be compared with, asked for once.
let known = null;

export async function load({ run }, isNew) {
  const [whole, curves] = await Promise.all([ask("v1/runs/run", { run }), ask("v1/runs/curves", { run })]);
  const log = whole.has_log ? await ask("v1/runs/log", { run }) : null;
  if (isNew || known?.run !== run) known = { run, others: await othersOf(whole) };
  return { whole, curves, log, others: known.others };
}

// The cells of its sweep come first.
async function othersOf({ name: own, sweep }) {
  const [siblings, all] = await Promise.all([sweep ? ask("v1/runs/sweep", { sweep }) : { cells: [] }, ask("v1/runs")]);
  return [...siblings.cells, ...all.runs].map(({ name }) => name).filter((name) => name !== own);
}

export function draw({ whole, curves, log, others }) {
  return [
    el("h1", {}, whole.name),
    el("p", {}, state(whole)),
    whole.note ? el("p", {}, whole.note) : null,
    whole.message ? el("p", { class: "message" }, whole.message) : null,
    actions(whole, others),
    curves.trainings.map((training) => [
      el("h2", {}, curves.trainings.length > 1 ? `Curves of ${training.stage}` : "Curves"), curvesOf(training),
    ]),
    whole.evaluations.length > 0 ? [el("h2", {}, "Scores"), scores(whole)] : null,
    el("h2", {}, "Parameters"),
    pairs("parameters", whole.parameters),
    el("h2", {}, "Data"),
    pairs("data", whole.data),
    log ? [el("h2", {}, "Log"), logOf(log)] : null,
  ];
}

function actions(whole, others) {
  const reports = whole.reports.map((stage) => report(whole.name, stage, whole.reports.length > 1 ? `Report of ${stage}` : "Report"));
  const sweep = whole.sweep ? el("a", { href: toSweep(whole.sweep), id: "sweep" }, "Sweep") : null;
  const select = el("select", { id: "with", onchange: () => { if (select.value) location.hash = toDiff(whole.name, select.value); } },
    el("option", { value: "" }, "another run"), others.map((name) => el("option", { value: name }, name)));
  const compare = others.length > 0 ? el("span", {}, el("label", { for: "with" }, "Compare with "), select) : null;
  return el("p", { class: "actions" }, reports, sweep, compare);
}

// A link has no token; a form can bring one.
function report(run, stage, words) {
  const id = `report-${stage}`;
  const { token } = service;
  if (!token) return el("a", { href: reportOf(run, stage), target: "_blank", rel: "noopener", id }, words);
  const fields = Object.entries({ run, stage, token }).map(([name, found]) => el("input", { type: "hidden", name, value: found }));
  return el("form", { method: "post", action: "runs/report", target: "_blank", rel: "noopener" }, fields, el("button", { id }, words));
}

function curvesOf({ stage, is_live: isLive, epochs }) {
  if (epochs.length === 0) return el("p", { class: "muted" }, "No epoch yet.");
  const loss = lines({
    label: "Loss", x: "epoch", format: (found) => found.toFixed(3),
    series: [{ name: "validation", points: points(epochs, "validation_loss") }, { name: "train", points: points(epochs, "loss") }],
  });
  const right = lines({
    label: "Accuracy", x: "epoch", format: percent, mark: roundPercent,
    series: [{ name: "validation", points: points(epochs, "validation_accuracy") }, { name: "train", points: points(epochs, "train_accuracy") }],
  });
  const figure = (name, plot) => (plot ? el("figure", {}, el("figcaption", {}, name), plot) : null);
  const columns = ["epoch", "loss", "validation loss", "train accuracy", "validation accuracy", "learning rate"]
    .map((title) => ({ title, kind: "number" }));
  const share = (found) => (found === undefined ? "–" : percent(found));
  const rows = epochs.map((epoch) => [
    `${epoch.epoch}`, epoch.loss.toFixed(4), epoch.validation_loss?.toFixed(4) ?? "–",
    share(epoch.train_accuracy), share(epoch.validation_accuracy), epoch.learning_rate.toPrecision(3),
  ]);
  return [
    isLive ? el("p", { class: "muted" }, "So far; they grow as the training goes on.") : null,
    el("div", { class: "plots" }, figure("Loss by epoch", loss), figure("Accuracy by epoch", right)),
    folded(`epochs-${stage}`, `The ${epochs.length} epochs as a table`, { caption: `Epochs of ${stage}`, columns, rows }),
  ];
}

function scores(whole) {
  const hasSeveral = whole.evaluations.length > 1;
  const columns = [
    { title: hasSeveral ? "evaluation" : "split" },
    ...["accuracy (95 % interval)", "balanced accuracy", "macro F1", "loss", "calibration error", "images"].map((title) => ({ title, kind: "number" })),
  ];
  const rows = whole.evaluations.flatMap((evaluation) => evaluation.splits.map((scores) => [
    hasSeveral ? `${evaluation.stage} ${scores.split}` : scores.split,
    accuracy(scores, evaluation.is_current),
    ...["balanced_accuracy", "macro_f1", "loss", "ece", "n"].map((score) => scoreValue(score, scores[score])),
  ]));
  return [table({ columns, rows }), starNote(areCurrent(whole))];
}

function pairs(name, found) {
  const columns = [{ title: "name" }, { title: "value", kind: "wide" }];
  const rows = Object.entries(found).map(([key, one]) => [key, value(one)]);
  return folded(`all-${name}`, `All ${rows.length}`, { caption: name, columns, rows });
}

// A table that is opened by what sums it up.
const folded = (id, summary, shown) =>
  el("details", { id }, el("summary", { id: `${id}-summary` }, summary), wideTable({ id: `${id}-table`, ...shown }));

const logOf = ({ text, bytes, is_whole: isWhole }) => [
  isWhole ? null : el("p", { class: "muted" }, `The end of ${bytes} bytes.`),
  el("pre", { tabindex: "0", role: "region", "aria-label": "Log", id: "log" }, text),
];
