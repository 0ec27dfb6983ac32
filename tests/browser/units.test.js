// What needs no browser: numbers in words, tables, the last minute.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { csv, watchedJson } from '../../crates/fer-serve/page/export.js';
import { Moments } from '../../crates/fer-serve/page/moments.js';
import { words } from '../../crates/fer-serve/page/timeline.js';
import { areCurrent, isCurrent, roundPercent, scoresOf, splitsOf } from '../../crates/fer-serve/runs-page/words.js';
import { counted, percent, privacy, told, verdict } from '../../crates/fer-serve/page/words.js';

test('a share is not rounded to nothing or to all', () => {
  assert.deepEqual([0, 0.0004, 0.004, 0.006, 0.5, 0.994, 0.996, 0.9999, 1].map(percent), ['0 %', '0 %', '< 1 %', '1 %', '50 %', '99 %', '99 %', '100 %', '100 %']);
});

test('a face in doubt is called by its two highest classes', () => {
  assert.equal(verdict({ sad: 0.3, happy: 0.6, fear: 0.1 }), 'happy');
  const doubtful = { sad: 0.3, happy: 0.2, fear: 0.45, angry: 0.05 };
  assert.deepEqual([verdict(doubtful), told(doubtful)], ['fear or sad?', 'fear 45 % or sad 30 %']);
  assert.equal(verdict({ only: 0.4 }), 'only');
  assert.deepEqual([0, 1, 2].map(count => counted(count, 'face')), ['no face', '1 face', '2 faces']);
});

test('where pictures go is said, and no more than the page can know', () => {
  assert.match(privacy('127.0.0.1'), /on this machine, or at the end of your tunnel, and nowhere else/);
  assert.match(privacy('faces.example'), /at faces.example, and nowhere else/);
});

test('cells that would break a table are quoted', () => {
  assert.equal(csv([['a,b', 'say "x"', 'two\nlines', 1.5, '']]), '"a,b","say ""x""","two\nlines",1.5,\n');
});

/** An answer to a frame with one face. */
const answer = (frame, time, track, name = 'happy') => ({ frame, time, dropped: 0, faces: track === undefined ? [] : [{ track, class: name, smoothed: { happy: 1 } }] });

test('the last minute is kept, with numbers that go on over a new connection', () => {
  const moments = new Moments();
  moments.begin(0);
  for (let second = 0; second <= 90; second += 1) moments.add(answer(second, second, 1));
  assert.deepEqual([moments.all.length, moments.all[0].time], [60, 31]);
  moments.begin(100);
  const again = moments.add(answer(0, 0.5, 1));
  assert.deepEqual([again.frame, again.time, again.faces[0].track], [91, 100.5, 2]);
  assert.deepEqual(moments.tracks(), [1, 2]);
  assert.deepEqual(moments.present(101).map(({ track }) => track), [2]);
  assert.deepEqual(moments.present(103), []);
});

test('a face that was away has two stretches, and seconds by what it was taken for', () => {
  const moments = new Moments();
  moments.begin(0);
  [[0, 'happy'], [0.5, 'happy'], [1, 'sad'], [4, 'sad'], [5, 'happy']].forEach(([time, name], frame) => moments.add(answer(frame, time, 1, name)));
  moments.add(answer(5, 5.1, null));
  assert.deepEqual(moments.stretches(1).map(stretch => stretch.map(({ time }) => time)), [[0, 0.5, 1], [4, 5]]);
  assert.deepEqual(moments.shares(1), [['happy', 1.5], ['sad', 0.5]]);
  assert.equal(words(moments, 1), 'Face 1 was taken for happy for 2 s, sad for 1 s.');
  const rows = watchedJson(moments.all).trim().split('\n').map(row => JSON.parse(row));
  assert.deepEqual(rows.at(-1), { time: 5.1, frame: 5, problem: 'no face' }, 'as fer watch leaves out what may be false');
});

test('a run is told by its last evaluation, and is outdated by any', () => {
  const split = accuracy => ({ split: 'validation', accuracy });
  const run = { evaluations: [{ is_current: false, splits: [split(0.25)] }, { is_current: true, splits: [split(0.5)] }] };
  assert.deepEqual([scoresOf(run, 'validation').accuracy, scoresOf(run, 'test'), isCurrent(run), areCurrent(run)], [0.5, undefined, true, false]);
  assert.deepEqual([splitsOf([run]), splitsOf([{ evaluations: [] }])], [['validation'], []]);
  assert.deepEqual([0.5, 0.125, 0.07 * 3].map(roundPercent), ['50 %', '12.5 %', '21 %']);
});
