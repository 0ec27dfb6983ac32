// What the page looks like: narrow and wide, light and dark, for eyes and for screen readers.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { file, keep, launch, open } from './browser.js';
import { makeRuns } from './runs.js';
import { drawnFaces, png, scene, writeVideo } from './scene.js';
import { FER, Service } from './service.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const faces = drawnFaces(FER);
const drawn = scene(640, 480, [{ face: faces[47], x: 60, y: 140, side: 216 }, { face: faces[48], x: 360, y: 100, side: 216 }]);
let [browser, service] = [];

before(async () => {
  const video = join(mkdtempSync(join(tmpdir(), 'fer-browser-')), 'camera.y4m');
  writeVideo(video, Array(20).fill(drawn), 20);
  service = await Service.start(['--runs', join(makeRuns(FER), 'runs')]);
  browser = await launch({ video });
});
after(async () => {
  await browser.close();
  await service.kill();
});

/** What the page of faces shows: its name, and how it gets there. */
const FACES = {
  empty: async () => {},
  pictures: async page => {
    const files = [file('two.png', png(drawn)), file('none.png', png(scene(400, 300, []))), file('broken.jpg', Buffer.from('none'), 'image/jpeg')];
    await page.setInputFiles('#files', files);
    await page.getByRole('button', { name: /^broken.jpg: problem: not a picture/ }).waitFor();
    await page.locator('#boxes button').nth(1).waitFor();
    await page.getByRole('button', { name: 'Show why' }).first().click();
    await page.getByText('Yellow speaks the most').waitFor();
  },
  problem: async page => {
    await page.setInputFiles('#files', [file('broken.jpg', Buffer.from('none'), 'image/jpeg')]);
    await page.locator('#blank').getByText('Not a picture:').waitFor();
  },
  camera: async page => {
    await page.getByRole('button', { name: 'Camera', exact: true }).click();
    await page.getByText(/^Face \d was taken for/).waitFor();
  },
};

/** What the page of runs shows: its address, and its heading. */
const RUNS = {
  list: ['', 'Runs'],
  run: ['#run=alone', 'alone'],
  sweep: ['#sweep=seeds', 'seeds'],
  diff: ['#from=alone&to=seeds%2Fcells%2Fseed%3D1', 'Two runs'],
};

/** A view narrow and wide, light and dark. */
function look(view, go) {
  for (const width of [390, 1280]) {
    for (const scheme of ['light', 'dark']) {
      test(`${view}, ${width} pixels wide, ${scheme}`, async () => {
        const { page, close } = await open(browser, service, { width, height: width === 390 ? 844 : 860, scheme });
        await go(page);
        await keep(page, `${view}-${width}-${scheme}`);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.equal(overflow, 0, 'nothing is wider than the window');
        const dark = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
        assert.equal(dark, scheme === 'dark' ? 'rgb(20, 23, 26)' : 'rgb(255, 255, 255)');
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() => globalThis.axe.run());
        assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map(({ html, failureSummary }) => `${html}: ${failureSummary}`)]), []);
        await close();
      });
    }
  }
}

for (const [view, go] of Object.entries(FACES)) {
  look(view, async page => {
    await page.getByText('It does not know what anybody feels.').waitFor();
    await page.getByText('Pictures go to the program that serves this page').waitFor();
    await go(page);
  });
}

for (const [view, [address, heading]] of Object.entries(RUNS)) {
  look(`runs-${view}`, async page => {
    await page.goto(`${service.origin}/runs${address}`);
    await page.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor();
    for (const summary of await page.locator('summary').all()) await summary.click();
  });
}
