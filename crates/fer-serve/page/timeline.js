// The last minute of one face: a lane for each class, its height the smoothed probability, now on the right.

import { MINUTE } from './moments.js';

/** Height of a lane and of the line of times, width of the names, in pixels of the screen. */
const LANE = 26;
const TIMES = 20;
const NAMES = 72;
/** Between the marks, in seconds. */
const MARK = 15;

/** Draws a track's lanes on a canvas, as wide as it is shown. */
export function draw(canvas, moments, track, classes, now) {
  const [width, height] = [canvas.clientWidth, classes.length * LANE + TIMES];
  const density = window.devicePixelRatio || 1;
  canvas.style.height = `${height}px`;
  [canvas.width, canvas.height] = [Math.round(density * width), Math.round(density * height)];
  const context = canvas.getContext('2d');
  context.scale(density, density);
  const style = getComputedStyle(canvas);
  const ink = Object.fromEntries(['ink', 'muted', 'grid', 'accent'].map(name => [name, style.getPropertyValue(`--${name}`)]));
  context.font = `12px ${style.fontFamily}`;
  context.textBaseline = 'middle';
  const x = at => NAMES + (width - NAMES) * (1 - (now - at) / MINUTE);
  grid(context, { width, height, classes, ink });
  const stretches = moments.stretches(track);
  classes.forEach((name, lane) => {
    const bottom = (lane + 1) * LANE - 3;
    for (const stretch of stretches) area(context, stretch, name, x, bottom, ink.accent);
    context.fillStyle = ink.ink;
    context.textAlign = 'left';
    context.fillText(name, 0, bottom - LANE / 2 + 3, NAMES - 8);
  });
}

function grid(context, { width, height, classes, ink }) {
  context.strokeStyle = ink.grid;
  context.lineWidth = 1;
  context.beginPath();
  classes.forEach((_, lane) => {
    const y = (lane + 1) * LANE - 2.5;
    context.moveTo(NAMES, y);
    context.lineTo(width, y);
  });
  context.stroke();
  context.fillStyle = ink.muted;
  for (let ago = MINUTE; ago >= 0; ago -= MARK) {
    context.textAlign = ago === 0 ? 'right' : ago === MINUTE ? 'left' : 'center';
    const at = NAMES + (width - NAMES) * (1 - ago / MINUTE);
    context.fillText(ago === 0 ? 'now' : `−${ago} s`, at, height - TIMES / 2);
  }
}

/** The area below a class's probabilities in one stretch; a single frame is a thin line. */
function area(context, stretch, name, x, bottom, colour) {
  const points = stretch.map(({ time, face }) => [x(time), bottom - (LANE - 6) * face.smoothed[name]]);
  const [first, last] = [points[0][0], Math.max(points.at(-1)[0], points[0][0] + 1)];
  context.beginPath();
  context.moveTo(first, bottom);
  for (const point of points) context.lineTo(...point);
  context.lineTo(last, bottom);
  context.closePath();
  context.fillStyle = colour;
  context.fill();
}

/** The same in words. */
export function words(moments, track) {
  const shares = moments.shares(track).filter(([, seconds]) => seconds >= 0.5);
  if (shares.length === 0) return `Face ${track} has just come.`;
  const parts = shares.slice(0, 3).map(([name, seconds]) => `${name} for ${Math.round(seconds)} s`);
  const rest = shares.length > 3 ? ', and others' : '';
  return `Face ${track} was taken for ${parts.join(', ')}${rest}.`;
}
