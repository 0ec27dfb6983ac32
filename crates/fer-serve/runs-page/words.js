// How states, scores and values are said; scores as `fer diff` says them.

import { el } from "../page/html.js";

export const value = (found) => {
  if (found === undefined || found === null) return "–";
  return typeof found === "string" ? found : JSON.stringify(found);
};

// As a mark of an axis, where a round number needs few digits.
export const roundPercent = (share) => `${Number((100 * share).toFixed(6))} %`;

export const percent = (share) => `${(100 * share).toFixed(1)} %`;

const minute = (time) => time.replace("T", " ").slice(0, 16);

const duration = (seconds) => {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
};

function activity(found) {
  if (!found) return "";
  const at = found.epoch !== undefined ? `epoch ${found.epoch} of ${found.epochs}` : found.stage;
  return found.seconds_left === undefined ? at : `${at}, ${duration(found.seconds_left)} left`;
}

// The state as a word with what the run is at.
export function state(run) {
  const more = run.state === "finished" && run.finished ? minute(run.finished) : activity(run.activity);
  return [el("span", { class: `state ${run.state}` }, run.state), more ? el("small", {}, ` ${more}`) : null];
}

// A run is told by its last evaluation.
const last = (run) => run.evaluations.at(-1);

export const scoresOf = (run, split) => last(run)?.splits.find((found) => found.split === split);

// The splits of which some run has scores; models are chosen by the first.
export const splitsOf = (runs) => ["validation", "test", "train"].filter((split) => runs.some((run) => scoresOf(run, split)));

// Whether its last scores, and whether all of them, are of the model that stands in its folder.
export const areCurrent = (run) => run.evaluations.every((evaluation) => evaluation.is_current);
export const isCurrent = (run) => last(run)?.is_current ?? true;

// `62.3 % (58.1 to 66.2)`; a star for scores of an earlier model.
export function accuracy(scores, isCurrent) {
  if (!scores) return "–";
  const [low, high] = scores.accuracy_ci95.map((end) => (100 * end).toFixed(1));
  return [`${percent(scores.accuracy)}${isCurrent ? "" : " *"} `, el("small", {}, `(${low} to ${high})`)];
}

// What the star means, if there is one.
export const starNote = (areCurrent) =>
  areCurrent ? null : el("p", { class: "muted" }, "* scores of an earlier model; ", el("code", {}, "fer run"), " renews them.");

// A value of each epoch that has one, as points of a curve.
export const points = (epochs, name) => epochs.filter((epoch) => epoch[name] !== undefined).map((epoch) => [epoch.epoch, epoch[name]]);

const NAMES = { n: "images", ece: "calibration error", macro_f1: "macro F1" };
export const scoreName = (score) =>
  NAMES[score] ?? (score.startsWith("recall.") ? `recall of ${score.slice(7)}` : score.replaceAll("_", " "));

const UNITS = { n: (found) => `${found}`, loss: (found) => found.toFixed(4), macro_f1: (found) => found.toFixed(3), ece: (found) => found.toFixed(3) };
export const scoreValue = (score, found) => (found === undefined || found === null ? "–" : (UNITS[score] ?? percent)(found));

export function scoreChange(score, change) {
  if (change === undefined || change === null || change === 0) return "";
  const text = UNITS[score] ? UNITS[score](Math.abs(change)) : (100 * Math.abs(change)).toFixed(1);
  return `${change > 0 ? "+" : "−"}${text}`;
}
