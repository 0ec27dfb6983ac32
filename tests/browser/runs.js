// A folder with runs: `alone`, and the sweep `seeds` of two.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PIPELINE = readFileSync(new URL('../program/pipeline.yaml', import.meta.url), 'utf8');

/** Makes the runs below a folder of its own, `runs`; gives the folder around it. */
export function makeRuns(program) {
  const folder = mkdtempSync(join(tmpdir(), 'fer-browser-'));
  const fer = (...options) => execFileSync(program, options, { cwd: folder, stdio: 'ignore' });
  fer('synth', 'faces.csv', '--rows', '70', '--seed', '3');
  writeFileSync(join(folder, 'pipeline.yaml'), PIPELINE);
  writeFileSync(join(folder, 'sweep.yaml'), `${PIPELINE}matrix:\n  seeds: [1, 2]\n`);
  fer('run', '--run-dir', 'runs/alone');
  fer('sweep', 'run', 'sweep.yaml', '--run-dir', 'runs/seeds', '--jobs', '2');
  return folder;
}
