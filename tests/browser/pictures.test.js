// Pictures: given in every way, with faces, without and broken; heat maps, models, what is saved.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { file, keep, launch, open, saved } from './browser.js';
import { drawnFaces, png, scene } from './scene.js';
import { FER, Service } from './service.js';

let [browser, service] = [];
const faces = drawnFaces(FER);
const three = png(scene(760, 420, [
  { face: faces[47], x: 40, y: 110, side: 192 },
  { face: faces[45], x: 290, y: 60, side: 192 },
  { face: faces[48], x: 530, y: 150, side: 192 },
]));
const one = png(scene(400, 300, [{ face: faces[16], x: 120, y: 60, side: 168 }]));
const none = png(scene(400, 300, []));

before(async () => {
  service = await Service.start(['--model', 'fer48', '--model', 'other=fer48']);
  browser = await launch();
});
after(async () => {
  await browser.close();
  await service.kill();
});

/** What `fer predict --json` says of a picture. */
function predicted(name, bytes) {
  const folder = mkdtempSync(join(tmpdir(), 'fer-browser-'));
  writeFileSync(join(folder, name), bytes);
  const rows = execFileSync(FER, ['predict', '--json', name], { cwd: folder, encoding: 'utf8' });
  return rows.trim().split('\n').map(row => JSON.parse(row));
}

const boxes = page => page.locator('#boxes button');
const tile = (page, name) => page.getByRole('list', { name: 'All pictures' }).getByRole('button', { name: new RegExp(`^${name}: `) });

test('a picture shows its faces with the boxes and the bars that predict has', async () => {
  const { page, close } = await open(browser, service);
  await page.setInputFiles('#files', [file('three.png', three)]);
  await boxes(page).nth(2).waitFor();
  const expected = predicted('three.png', three);
  assert.equal(await boxes(page).count(), expected.length);
  const frame = await page.locator('#frame').boundingBox();
  const scale = frame.width / 760;
  for (const [at, { box, class: name }] of expected.entries()) {
    const shown = await boxes(page).nth(at).boundingBox();
    assert.ok(Math.abs(shown.x - frame.x - scale * box.x) < 2, `${at}: ${shown.x}`);
    assert.ok(Math.abs(shown.y - frame.y - scale * box.y) < 2, `${at}: ${shown.y}`);
    assert.ok(Math.abs(shown.width - scale * box.width) < 2 && Math.abs(shown.height - scale * box.height) < 2);
    assert.match(await boxes(page).nth(at).getAttribute('aria-label'), new RegExp(name));
  }
  const bars = page.locator('#faces .chosen .bars li');
  const [first] = expected;
  const shares = await bars.locator('.value').allTextContents();
  const told = Object.values(first.probabilities).map(share => (share < 0.005 ? '< 1 %' : `${Math.round(100 * share)} %`));
  assert.deepEqual(shares, told);
  const rail = await bars.locator('.rail').nth(3).boundingBox();
  // It grows into its place.
  await page.waitForTimeout(300);
  const bar = await bars.locator('.rail i').nth(3).boundingBox();
  assert.ok(Math.abs(bar.width / rail.width - first.probabilities.happy) < 0.02, 'happy is as long as it is probable');
  await keep(page, 'pictures');
  await close();
});

test('a picture without a face and a broken file are told, and hold up no other', async () => {
  const { page, close } = await open(browser, service);
  await page.setInputFiles('#files', [file('none.png', none), file('broken.jpg', Buffer.from('no picture'), 'image/jpeg'), file('one.png', one)]);
  await page.getByText('No face was found.').waitFor();
  assert.equal(await boxes(page).count(), 0);
  await tile(page, 'broken.jpg').click();
  await page.getByText('Not a picture: found text; expected png, jpg, webp, bmp, gif, tiff or pnm.').waitFor();
  await keep(page, 'broken');
  await tile(page, 'one.png').click();
  await boxes(page).first().waitFor();
  const [{ class: name }] = predicted('one.png', one);
  assert.match(await tile(page, 'one.png').getAttribute('aria-label'), new RegExp(`^one.png: 1 face; ${name}, \\d+ %$`));
  await page.getByRole('button', { name: 'Remove none.png' }).click();
  assert.equal(await tile(page, 'none.png').count(), 0);
  await close();
});

test('pictures can be dropped and pasted', async () => {
  const { page, close } = await open(browser, service);
  const hand = (kind, field, name) =>
    page.evaluate(([kind, field, name, base64]) => {
      const bytes = Uint8Array.from(atob(base64), letter => letter.charCodeAt(0));
      const transfer = new DataTransfer();
      transfer.items.add(new File([bytes], name, { type: 'image/png' }));
      const type = kind === 'drop' ? DragEvent : ClipboardEvent;
      document.body.dispatchEvent(new type(kind, { [field]: transfer, bubbles: true, cancelable: true }));
    }, [kind, field, name, one.toString('base64')]);
  await hand('drop', 'dataTransfer', 'dropped.png');
  await boxes(page).first().waitFor();
  await hand('paste', 'clipboardData', 'pasted.png');
  await page.getByRole('button', { name: /^pasted.png: 1 face/ }).waitFor();
  await close();
});

test('a heat map is shown when it is asked for, of another class too', async () => {
  const { page, close } = await open(browser, service);
  await page.setInputFiles('#files', [file('one.png', one)]);
  await page.getByRole('button', { name: 'Show why' }).click();
  await page.getByText('Yellow speaks the most for happy').waitFor();
  const heat = page.locator('canvas.heat');
  const yellow = () => heat.evaluate(canvas => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    // Gray has as much red as blue; what is coloured has more.
    const colours = Array.from({ length: data.length / 4 }, (_, at) => data[4 * at] - data[4 * at + 2]);
    const most = Math.max(...colours);
    return { most, place: colours.indexOf(most), size: [canvas.width, canvas.height] };
  });
  const happy = await yellow();
  assert.ok(happy.most > 100 && happy.size.join() === '48,48', JSON.stringify(happy));
  await keep(page, 'why');
  await page.getByLabel('speaks for').selectOption('sad');
  await page.getByText('Yellow speaks the most for sad').waitFor();
  assert.notEqual((await yellow()).place, happy.place);
  await close();
});

test('another model is asked about the same pictures', async () => {
  const { page, close } = await open(browser, service);
  await page.setInputFiles('#files', [file('one.png', one)]);
  await boxes(page).first().waitFor();
  const asked = page.waitForRequest(request => request.url().endsWith('/v1/faces?model=other'));
  await page.getByLabel('Model').selectOption('other');
  await asked;
  // It is looked at once more.
  await page.getByRole('button', { name: /^one.png: 1 face/ }).waitFor();
  await boxes(page).first().waitFor();
  await close();
});

test('what is saved is what predict says, and a picture with boxes', async () => {
  const { page, close } = await open(browser, service);
  await page.setInputFiles('#files', [file('three.png', three), file('none, really.png', none)]);
  await page.getByRole('button', { name: /^none, really.png: no face/ }).waitFor();
  await page.getByRole('button', { name: /^three.png: 3 faces/ }).waitFor();
  const button = name => () => page.getByRole('group', { name: 'Save' }).getByRole('button', { name }).click();
  const json = JSON.parse((await saved(page, button('JSON'))).bytes);
  assert.equal(json.model, 'fer48');
  assert.deepEqual(json.problems, [{ file: 'none, really.png', problem: 'no face' }]);
  const expected = predicted('three.png', three);
  assert.deepEqual(json.faces.map(({ box, landmarks, class: name }) => [box, landmarks, name]), expected.map(({ box, landmarks, class: name }) => [box, landmarks, name]));
  const csv = String((await saved(page, button('CSV'))).bytes).trim().split('\n');
  const folder = mkdtempSync(join(tmpdir(), 'fer-browser-'));
  writeFileSync(join(folder, 'three.png'), three);
  writeFileSync(join(folder, 'none, really.png'), none);
  const rows = execFileSync(FER, ['predict', '--csv', 'three.png', 'none, really.png'], { cwd: folder, encoding: 'utf8' }).trim().split('\n');
  assert.equal(csv[0], rows[0], 'the columns');
  // Up to the first probability, of which the two have a different number of digits.
  const start = row => row.split(',').slice(0, 8).join();
  assert.deepEqual(csv.slice(1).map(start), rows.slice(1).map(start));
  const picture = await saved(page, button('Picture'));
  assert.equal(picture.name, 'three.faces.png');
  assert.deepEqual([picture.bytes.readUInt32BE(16), picture.bytes.readUInt32BE(20)], [760, 420]);
  assert.notDeepEqual(picture.bytes, three);
  await close();
});

test('before the models have come nothing can be saved, and a picture that cannot be saved is told', async () => {
  let go;
  const held = new Promise(done => (go = done));
  const { page, close } = await open(browser, service, { before: page => page.route('**/v1/models', async route => {
    await held;
    await route.continue();
  }) });
  await page.setInputFiles('#files', [file('one.png', one)]);
  await page.getByRole('list', { name: 'All pictures' }).getByRole('button', { name: 'Add pictures' }).waitFor();
  assert.equal(await page.getByRole('group', { name: 'Save' }).isVisible(), false);
  go();
  await boxes(page).first().waitFor();
  await page.evaluate(() => {
    window.createImageBitmap = () => Promise.reject(new Error('no memory'));
  });
  await page.getByRole('group', { name: 'Save' }).getByRole('button', { name: 'Picture' }).click();
  await page.getByText('Nothing was saved: no memory').waitFor();
  await close();
});

test('everything can be reached and done by the keyboard', async () => {
  const { page, close } = await open(browser, service);
  await page.setInputFiles('#files', [file('three.png', three)]);
  await boxes(page).nth(2).waitFor();
  const reached = [];
  await page.locator('body').press('Tab');
  for (let step = 0; step < 30; step += 1) {
    const name = await page.evaluate(() => {
      const { activeElement: at } = document;
      const style = getComputedStyle(at);
      return [at.getAttribute('aria-label') ?? at.textContent.trim() ?? at.id, at === document.body || style.outlineStyle !== 'none'];
    });
    assert.ok(name[1], `${name[0]} does not show that it has the focus`);
    reached.push(name[0]);
    if (/^Face 2 /.test(name[0]) && !reached.includes('pressed')) {
      await page.keyboard.press('Enter');
      assert.equal(await page.locator('#faces .chosen strong').textContent(), 'Surprise');
      reached.push('pressed');
    }
    await page.keyboard.press('Tab');
  }
  for (const name of ['Pictures', 'Camera', 'three.png', 'Add pictures', 'Face 1', 'Face 3', 'Show why', 'JSON', 'Picture', 'pressed']) {
    assert.ok(reached.some(reached => reached.startsWith(name)), `${name} is not among ${reached.join('; ')}`);
  }
  await close();
});

test('what the browser cannot do is told, and is no service that is away', async () => {
  const { page, close } = await open(browser, service);
  const told = await page.evaluate(async () => {
    const { Service } = await import('/page/service.js');
    const service = new Service();
    let away = 0;
    service.addEventListener('lost', () => (away += 1));
    const gone = new Blob(['a picture']);
    gone.arrayBuffer = async () => {
      throw new Error('it is gone');
    };
    const words = request => request.then(() => 'an answer', error => error.message);
    const file = await words(service.ask('v1/faces', { method: 'POST', body: gone }));
    // What no browser sends.
    const request = await words(service.ask('v1/faces', { method: 'TRACE' }));
    return { file, request, away };
  });
  assert.equal(told.file, 'the browser cannot read the file: it is gone');
  assert.match(told.request, /^the service answers, but not to this: /);
  assert.equal(told.away, 1);
  await close();
});

test('why a camera is refused is asked again once the token is there', async () => {
  const { page, close } = await open(browser, service);
  const told = await page.evaluate(async () => {
    const { Service } = await import('/page/service.js');
    const service = new Service();
    service.addEventListener('token', () => setTimeout(() => (service.token = 'given')));
    window.fetch = async (url, { headers }) => {
      const status = headers.authorization ? 503 : 401;
      return new Response(JSON.stringify({ detail: `${url.pathname}${url.search}: ${status}` }), { status });
    };
    const { status, message } = await service.refusal('v1/live', { model: 'a b' });
    return [status, message];
  });
  assert.deepEqual(told, [503, '/v1/live?model=a+b: 503']);
  await close();
});
