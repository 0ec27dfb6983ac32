// The page of runs: it and the page of faces know each other and the token, and a report opens with it.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { keep, launch, open } from './browser.js';
import { FER, Service } from './service.js';

const TOKEN = 'pass/word+1=';
const PIPELINE = `version: 1
run_dir: run
seed: 7
stages:
  - stage: ingest
    params:
      source: {kind: csv, path: faces.csv}
      split: {kind: usage}
  - stage: preprocess
    params: {normalization: {kind: unit}}
  - stage: train
    params: {model: {name: linear}, epochs: 2, batch_size: 16, evaluate_every: 1, optimizer: {name: sgd, learning_rate: 0.05}}
  - stage: evaluate
    params: {}
`;

const folder = mkdtempSync(join(tmpdir(), 'fer-browser-'));
let [browser, service] = [];

before(async () => {
  const fer = (...options) => execFileSync(FER, options, { cwd: folder, stdio: 'ignore' });
  fer('synth', 'faces.csv', '--rows', '70', '--seed', '3');
  writeFileSync(join(folder, 'pipeline.yaml'), PIPELINE);
  writeFileSync(join(folder, 'sweep.yaml'), `${PIPELINE}matrix:\n  seeds: [1, 2]\n`);
  writeFileSync(join(folder, 'token'), TOKEN);
  fer('run', '--run-dir', 'runs/alone');
  fer('sweep', 'run', 'sweep.yaml', '--run-dir', 'runs/seeds', '--jobs', '2');
  service = await Service.start(['--runs', join(folder, 'runs'), '--token-file', join(folder, 'token')]);
  browser = await launch();
});
after(async () => {
  await browser.close();
  await service.kill();
});

test('both pages know each other, the token and what is no token', async () => {
  const { page, close } = await open(browser, service, { token: 'pässword' });
  await page.getByText('A token has letters of ASCII').waitFor();
  await page.getByLabel('This service wants a token').fill(TOKEN);
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: 'Runs' }).click();
  await page.getByRole('link', { name: 'alone' }).waitFor();
  assert.equal(await page.locator('#token').isVisible(), false, 'the token is asked for once');
  await page.getByRole('link', { name: 'Faces' }).click();
  await page.getByLabel('Model').and(page.locator(':has(option)')).waitFor();
  await close();
});

test('a report opens with the token and without a script of its own', async () => {
  const { page, context, close } = await open(browser, service);
  await page.goto(`${service.origin}/runs`);
  await page.getByLabel('This service wants a token').fill(TOKEN);
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: 'alone' }).click();
  const opened = context.waitForEvent('page');
  await page.getByRole('button', { name: 'Report' }).click();
  const report = await opened;
  await report.getByText('accuracy').first().waitFor();
  assert.ok(!report.url().includes(TOKEN), 'the token stands in no address');
  await close();
});

for (const width of [390, 1280]) {
  test(`a cell is compared with its siblings, ${width} pixels wide`, async () => {
    const { page, close } = await open(browser, service, { width, token: TOKEN });
    await page.getByRole('link', { name: 'Runs' }).click();
    await page.getByRole('link', { name: 'seeds' }).waitFor();
    await keep(page, `runs-${width}`);
    let lists = 0;
    await page.getByRole('link', { name: 'seeds' }).click();
    await page.getByRole('link', { name: 'seed=1' }).click();
    const select = page.getByLabel('Compare with');
    await select.waitFor();
    page.on('request', request => (lists += new URL(request.url()).pathname === '/v1/runs' ? 1 : 0));
    await page.waitForResponse(response => response.url().includes('/v1/runs/curves'));
    assert.deepEqual(await select.locator('option').allTextContents(), ['another run', 'seeds/cells/seed=2', 'alone']);
    await keep(page, `run-${width}`);
    assert.equal(lists, 0, 'the list is asked for once');
    await select.selectOption('seeds/cells/seed=2');
    await page.getByRole('heading', { name: 'Two runs' }).waitFor();
    await keep(page, `diff-${width}`);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.equal(overflow, 0, 'nothing is wider than the window');
    await close();
  });
}

test('a connection that is lost is told, and what is wrong with a request is another thing', async () => {
  let own = await Service.start(['--runs', join(folder, 'runs')]);
  const { page, close } = await open(browser, own);
  await page.goto(`${own.origin}/runs#run=none`);
  await page.getByText('expected the name of a run that /v1/runs lists, found `none`').waitFor();
  await own.kill();
  await page.getByText('No connection; trying again.').waitFor();
  own = await own.again();
  await page.getByText('No connection; trying again.').waitFor({ state: 'detached' });
  await page.getByRole('link', { name: 'All runs' }).click();
  await page.getByRole('link', { name: 'alone' }).waitFor();
  await close();
  await own.kill();
});
