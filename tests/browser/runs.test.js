// The page of runs: it and the page of faces know each other and the token, and a report opens with it.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, request as ask } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { keep, launch, open } from './browser.js';
import { makeRuns } from './runs.js';
import { FER, Service } from './service.js';

const TOKEN = 'pass/word+1=';
const folder = makeRuns(FER);
let [browser, service] = [];

before(async () => {
  writeFileSync(join(folder, 'token'), TOKEN);
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
    const drawn = await page.locator('svg').boundingBox();
    const [first, second] = [await page.locator('svg text.first').boundingBox(), await page.locator('svg text.second').boundingBox()];
    assert.ok(first.y + first.height <= second.y + 2, `one name is below the other: ${JSON.stringify([first, second])}`);
    for (const { x, width: long } of [first, second]) assert.ok(x + long <= drawn.x + drawn.width, 'no name is cut off');
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

test('what has the focus keeps it as things change', async () => {
  const own = await Service.start(['--runs', join(folder, 'runs')]);
  const { page, close } = await open(browser, own);
  await page.goto(`${own.origin}/runs#run=alone`);
  const summary = page.locator('#all-parameters > summary');
  await summary.click();
  writeFileSync(join(folder, 'runs/alone/.note.txt'), 'a note');
  await page.getByText('a note').waitFor();
  assert.deepEqual(await page.evaluate(() => [document.activeElement.id, document.activeElement.parentElement.open]), ['all-parameters-summary', true]);
  await page.getByRole('region', { name: 'parameters' }).focus();
  writeFileSync(join(folder, 'runs/alone/.note.txt'), 'another one');
  await page.getByText('another one').waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.id), 'all-parameters-table');
  await page.goto(`${own.origin}/runs#run=none`);
  await page.getByRole('link', { name: 'All runs' }).focus();
  await page.evaluate(() => (document.activeElement.isTheSame = true));
  const again = () => page.waitForResponse(response => response.url().includes('/v1/runs/run'));
  for (let turn = 0; turn < 3; turn += 1) await again();
  assert.equal(await page.evaluate(() => document.activeElement.isTheSame), true, 'the same problem is not drawn again');
  await close();
  await own.kill();
});

test('a run whose tab is looked at while it loads is a new page all the same', async () => {
  const own = await Service.start(['--runs', join(folder, 'runs')]);
  const { page, close } = await open(browser, own);
  await page.goto(`${own.origin}/runs`);
  await page.getByRole('link', { name: 'alone' }).waitFor();
  let [go, asked] = [];
  const held = new Promise(done => (go = done));
  const first = new Promise(done => (asked = done));
  await page.route('**/v1/runs/run?*', async route => {
    asked();
    await held;
    await route.continue();
  });
  await page.getByRole('link', { name: 'alone' }).click();
  await first;
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  go();
  await page.getByRole('heading', { name: 'alone' }).waitFor();
  await page.waitForFunction(() => document.title === 'alone – fer');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main', 'it is read from its beginning');
  await close();
  await own.kill();
});

test('a plot says of each curve how far it goes', async () => {
  const { page, close } = await open(browser, service);
  const label = await page.evaluate(async () => {
    const { lines } = await import('/runs/plot.js');
    const series = [{ name: 'one', points: [[1, 0.25], [2, 0.5]] }, { name: 'other', points: [[1, 0.25], [2, 0.5], [3, 0.75]] }];
    return lines({ label: 'Loss', x: 'epoch', format: found => found.toFixed(1), series }).getAttribute('aria-label');
  });
  assert.equal(label, 'Loss: one 0.5 at epoch 2, other 0.8 at epoch 3');
  await close();
});

test('behind a proxy the pages may stand below a path', async () => {
  const proxy = createServer((request, response) => {
    const [, path] = request.url.match(/^\/fer(\/.*)$/) ?? [];
    if (!path) return response.writeHead(404).end();
    const { method, headers } = request;
    const inner = ask(`${service.origin}${path}`, { method, headers }, answer => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    return request.pipe(inner);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const origin = `http://127.0.0.1:${proxy.address().port}`;
  const { page, context, close } = await open(browser, { origin, address: `${origin}/fer/` }, { token: TOKEN });
  await page.getByLabel('Model').and(page.locator(':has(option)')).waitFor();
  await page.getByRole('link', { name: 'Runs' }).click();
  await page.getByRole('link', { name: 'alone' }).click();
  const opened = context.waitForEvent('page');
  await page.getByRole('button', { name: 'Report' }).click();
  await (await opened).getByText('accuracy').first().waitFor();
  await page.getByRole('link', { name: 'Runs' }).click();
  await page.getByRole('link', { name: 'seeds' }).waitFor();
  await page.getByRole('link', { name: 'Faces' }).click();
  await page.getByLabel('Model').and(page.locator(':has(option)')).waitFor();
  await close();
  proxy.closeAllConnections();
  proxy.close();
});
