// What can be saved: JSON and CSV as `fer predict` and `fer watch` write them, and the picture with its boxes.

import { el } from './html.js';
import { percent, ranked, verdict } from './words.js';

const LANDMARKS = ['left_eye', 'right_eye', 'nose', 'left_mouth', 'right_mouth'];

/** Lets the browser save this under a name. */
export function save(blob, name) {
  const link = el('a', { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

export const text = (content, type) => new Blob([content], { type });

/** A table of rows of cells; quotes stand around what would break it. */
export function csv(rows) {
  const cell = value => {
    const letters = String(value);
    return /[",\r\n]/.test(letters) ? `"${letters.replaceAll('"', '""')}"` : letters;
  };
  return rows.map(row => `${row.map(cell).join(',')}\n`).join('');
}

const place = ({ x, y, width, height }) => [x, y, width, height];

/** Faces of pictures, with the columns of `fer predict --csv`. */
export function predictedCsv(pictures, classes) {
  const head = ['file', 'row', 'x', 'y', 'width', 'height', 'score', 'class', ...classes.map(name => `p_${name}`), 'problem'];
  const nothing = ({ name, problem }) => [name, ...Array(head.length - 2).fill(''), problem || 'no face'];
  const rows = pictures.flatMap(picture => {
    if (picture.faces.length === 0) return [nothing(picture)];
    return picture.faces.map(face => [
      picture.name, '', ...place(face.box), face.score, face.class, ...classes.map(name => face.probabilities[name]), '',
    ]);
  });
  return csv([head, ...rows]);
}

/** Faces of pictures, as `/v1/faces` answers several pictures. */
export function predictedJson(pictures, model) {
  const faces = pictures.flatMap(({ name, faces }) => faces.map(face => ({ file: name, ...face })));
  const without = pictures.filter(({ faces }) => faces.length === 0);
  const problems = without.map(({ name, problem }) => ({ file: name, problem: problem || 'no face' }));
  return JSON.stringify({ model, faces, problems }, null, 2);
}

/** Rows of frames and faces as in `fer watch`: `time`, `frame` and a face, or a problem. */
function watched(moments) {
  return moments.flatMap(({ time, frame, faces = [], problem }) => {
    const settled = faces.filter(({ track }) => track !== null);
    if (settled.length === 0) return [{ time, frame, problem: problem ?? 'no face' }];
    return settled.map(face => ({ time, frame, ...face }));
  });
}

/** Frames of a camera, with the columns of `fer watch --csv`. */
export function watchedCsv(moments, classes) {
  const points = LANDMARKS.flatMap(name => [`${name}_x`, `${name}_y`]);
  const shares = ['p', 's'].flatMap(letter => classes.map(name => `${letter}_${name}`));
  const head = ['time', 'frame', 'track', 'x', 'y', 'width', 'height', 'score', ...points, 'class', ...shares, 'problem'];
  const rows = watched(moments).map(row => {
    const { time, frame, problem } = row;
    if (problem !== undefined) return [time, frame, ...Array(head.length - 3).fill(''), problem];
    const both = [row.probabilities, row.smoothed].flatMap(of => classes.map(name => of[name].toFixed(6)));
    return [time, frame, row.track, ...place(row.box), row.score, ...row.landmarks.flat(), row.class, ...both, ''];
  });
  return csv([head, ...rows]);
}

/** Frames of a camera, a line each face, as `fer watch --json` has them. */
export const watchedJson = moments => watched(moments).map(row => `${JSON.stringify(row)}\n`).join('');

/** A copy of a picture with a box and a label at each face, as PNG. */
export async function annotated(source, faces, scale = 1) {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [source.width, source.height];
  const context = canvas.getContext('2d');
  context.drawImage(source, 0, 0);
  const line = Math.max(2, Math.round(Math.max(canvas.width, canvas.height) / 400));
  const letters = 7 * line;
  context.font = `600 ${letters}px system-ui, sans-serif`;
  context.textBaseline = 'middle';
  for (const { title, face } of faces) {
    const [x, y, width, height] = place(face.box).map(side => scale * side);
    const [[, share]] = ranked(face.probabilities);
    const label = `${title} ${verdict(face.probabilities)} ${percent(share)}`.trim();
    const [wide, high] = [context.measureText(label).width + letters, 1.6 * letters];
    const left = Math.max(0, Math.min(x, canvas.width - wide));
    const top = y >= high ? y - high : y;
    context.strokeStyle = context.fillStyle = '#1f5f99';
    context.lineWidth = line;
    context.strokeRect(x, y, width, height);
    context.fillRect(left - line / 2, top, wide, high);
    context.fillStyle = '#fff';
    context.fillText(label, left + letters / 2 - line / 2, top + high / 2);
  }
  const made = await new Promise(done => canvas.toBlob(done, 'image/png'));
  if (!made) throw new Error('the browser cannot make a picture of this size');
  return made;
}
