// The camera: faces that are followed, the last minute, what is kept and saved; and how it goes on when something is away.

import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { keep, launch, open, saved } from './browser.js';
import { drawnFaces, scene, writeVideo } from './scene.js';
import { FER, Service } from './service.js';

const folder = mkdtempSync(join(tmpdir(), 'fer-browser-'));
const video = join(folder, 'camera.y4m');
let [browser, service] = [];

before(async () => {
  const faces = drawnFaces(FER);
  // Two people who sway a little; Chromium shows the video over and over.
  const frame = number => {
    const sway = Math.round(12 * Math.sin((2 * Math.PI * number) / 40));
    return scene(640, 480, [{ face: faces[47], x: 60 + sway, y: 140, side: 216 }, { face: faces[45], x: 360 - sway, y: 100, side: 216 }]);
  };
  writeVideo(video, Array.from({ length: 40 }, (_, number) => frame(number)), 20);
  service = await Service.start();
  browser = await launch({ video });
});
after(async () => {
  await browser.close();
  await service.kill();
});

const boxes = page => page.locator('#boxes .spot:not(.unsettled) button');
const camera = page => page.getByRole('button', { name: 'Camera', exact: true }).click();

test('two people before the camera are followed, and the last minute is drawn', async () => {
  const { page, close } = await open(browser, service);
  await camera(page);
  await boxes(page).nth(1).waitFor();
  const entries = page.locator('#faces strong');
  assert.deepEqual((await entries.allTextContents()).sort(), ['Happy', 'Surprise']);
  // The picture is mirrored, and so are its boxes: who stands on the left is seen on the right.
  const frame = await page.locator('#frame').boundingBox();
  const middle = async face => {
    const box = await page.locator('#boxes').getByRole('button', { name: face }).boundingBox();
    return (box.x + box.width / 2 - frame.x) / frame.width;
  };
  assert.ok((await middle(/happy/)) > 0.6 && (await middle(/surprise/)) < 0.4);
  await page.getByLabel('Mirror').uncheck();
  await page.waitForFunction(() => {
    const box = [...document.querySelectorAll('#boxes button')].find(box => /happy/.test(box.getAttribute('aria-label')));
    return box && parseFloat(box.parentElement.style.left) < 40;
  });
  await page.getByText(/\d+ frames a second/).waitFor();
  await page.getByText(/^Face \d was taken for (happy|surprise) for [2-9] s/).waitFor();
  const inked = await page.locator('#timeline-canvas').evaluate(canvas => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const accent = (at, [red, green, blue]) => Math.abs(data[at] - red) + Math.abs(data[at + 1] - green) + Math.abs(data[at + 2] - blue) < 12;
    let count = 0;
    for (let at = 0; at < data.length; at += 4) if (data[at + 3] > 200 && accent(at, [0x1f, 0x5f, 0x99])) count += 1;
    return count;
  });
  assert.ok(inked > 100, `${inked} pixels of the timeline are inked`);
  await keep(page, 'camera');
  await close();
});

test('a frame is kept among the pictures, and the minute is saved as watch writes it', async () => {
  const { page, close } = await open(browser, service);
  await camera(page);
  await boxes(page).nth(1).waitFor();
  await page.waitForTimeout(1000);
  const button = name => () => page.getByRole('group', { name: 'Save' }).getByRole('button', { name }).click();
  const rows = String((await saved(page, button('JSON'))).bytes).trim().split('\n').map(row => JSON.parse(row));
  const seen = rows.filter(({ problem }) => problem === undefined);
  assert.ok(seen.length > 4, `${seen.length} of ${rows.length} rows have a face`);
  const fields = ['time', 'frame', 'track', 'box', 'score', 'landmarks', 'class', 'probabilities', 'smoothed'];
  assert.deepEqual(Object.keys(seen[0]).sort(), fields.sort());
  assert.deepEqual([...new Set(seen.map(({ track }) => track))].sort(), [1, 2]);
  const [head, ...table] = String((await saved(page, button('CSV'))).bytes).trim().split('\n');
  assert.match(head, /^time,frame,track,x,y,width,height,score,left_eye_x,left_eye_y,.*,class,p_angry,.*,s_angry,.*,problem$/);
  assert.ok(table.length >= rows.length, `${table.length} rows, ${rows.length} a moment ago`);
  assert.ok(table.every(row => row.split(',').length === head.split(',').length));
  const picture = await saved(page, button('Picture'));
  assert.deepEqual([picture.bytes.readUInt32BE(16), picture.bytes.readUInt32BE(20)], [640, 480]);
  await page.getByRole('button', { name: 'Keep this frame' }).click();
  await page.getByText('The frame was kept').waitFor();
  await page.getByRole('button', { name: 'Pictures', exact: true }).click();
  await page.getByRole('button', { name: /^camera .*: 2 faces/ }).waitFor();
  await page.getByRole('button', { name: 'Show why' }).first().waitFor();
  await close();
});

test('a service that is away is told, and all goes on when it is back', async () => {
  let own = await Service.start();
  const { page, close } = await open(browser, own);
  await camera(page);
  await boxes(page).nth(1).waitFor();
  await own.kill();
  await page.getByText('The service does not answer. This page tries again until it does.').waitFor();
  await page.getByText('Trying again').waitFor();
  assert.equal(await boxes(page).count(), 0, 'boxes of what is past');
  await keep(page, 'away');
  // A picture that is given meanwhile waits.
  await page.getByRole('button', { name: 'Keep this frame' }).click();
  own = await own.again();
  await page.getByText('The service answers again.').waitFor();
  await boxes(page).nth(1).waitFor();
  await page.getByText(/^Face \d was taken for/).waitFor();
  const numbers = await page.locator('#faces .who').allTextContents();
  assert.ok(numbers.some(name => /Face [3-9] /.test(name)), `${numbers}: a new connection counts on`);
  await page.getByRole('button', { name: 'Pictures', exact: true }).click();
  await page.getByRole('button', { name: /^camera .*: 2 faces/ }).waitFor();
  await close();
  await own.kill();
});

test('a token is asked for, and the camera has it too', async () => {
  writeFileSync(join(folder, 'token'), 'pass/word+1=\n');
  const own = await Service.start(['--token-file', join(folder, 'token')]);
  const { page, close } = await open(browser, own, { token: 'wrong' });
  await page.getByText('That is not the token').waitFor();
  await keep(page, 'token');
  await page.getByLabel('This service wants a token').fill('pass/word+1=');
  await page.keyboard.press('Enter');
  await page.getByLabel('Model').and(page.locator(':has(option)')).waitFor();
  await camera(page);
  await boxes(page).nth(1).waitFor();
  await close();
  await own.kill();
});

test('more cameras than are followed are told so, and wait', async () => {
  const own = await Service.start(['--live', '1']);
  const [first, second] = [await open(browser, own), await open(browser, own)];
  await camera(first.page);
  await boxes(first.page).nth(1).waitFor();
  await camera(second.page);
  await second.page.getByText('expected at most 1 camera at once').waitFor();
  await first.page.getByRole('button', { name: 'Stop the camera' }).click();
  await first.page.getByText('The camera is off.').waitFor();
  const kinds = await first.page.getByRole('group', { name: 'Save' }).getByRole('button').allTextContents();
  assert.deepEqual(kinds, ['JSON', 'CSV'], 'there is no picture to save');
  await boxes(second.page).nth(1).waitFor();
  await first.close();
  await second.close();
  await own.kill();
});

test('a camera that is refused starts when it is allowed; one that is not there is told', async () => {
  const strict = await launch({ video, isAllowed: false });
  const refused = await open(strict, service);
  await camera(refused.page);
  await refused.page.getByText('The browser was not allowed to use the camera.').waitFor();
  await keep(refused.page, 'refused');
  await refused.context.grantPermissions(['camera'], { origin: service.origin });
  await boxes(refused.page).nth(1).waitFor();
  await refused.close();
  await strict.close();
  const bare = await launch();
  const absent = await open(bare, service);
  await absent.context.grantPermissions(['camera'], { origin: service.origin });
  await camera(absent.page);
  await absent.page.getByText('No camera was found. Once there is one, it starts.').waitFor();
  await absent.close();
  await bare.close();
});

test('a camera that is started twice is on once', async () => {
  const { page, close } = await open(browser, service);
  const left = await page.evaluate(async () => {
    const { Camera } = await import('/page/camera.js');
    const streams = [];
    const given = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async wanted => {
      const stream = await given(wanted);
      streams.push(stream);
      return stream;
    };
    const camera = new Camera(document.createElement('video'), () => false);
    await Promise.all([camera.start(), camera.start()]);
    const live = () => streams.filter(stream => stream.getTracks().some(track => track.readyState === 'live')).length;
    const counts = [streams.length, live()];
    camera.stop();
    return [...counts, live()];
  });
  assert.deepEqual(left, [2, 1, 0]);
  await close();
});

test('a camera whose picture cannot be shown is given back', async () => {
  const { page, close } = await open(browser, service);
  const [problem, states] = await page.evaluate(async () => {
    const { Camera } = await import('/page/camera.js');
    const video = document.createElement('video');
    let tracks = [];
    video.play = async () => {
      tracks = video.srcObject.getTracks();
      throw new Error('no picture');
    };
    const camera = new Camera(video, () => false);
    let told = '';
    camera.addEventListener('problem', ({ detail }) => (told = detail));
    await camera.start();
    return [told, tracks.map(({ readyState }) => readyState)];
  });
  assert.deepEqual([problem, states], ['The camera gave nothing: no picture', ['ended']]);
  await close();
});

test('a chosen camera that goes is waited for, and one that never was is told', async () => {
  const { page, close } = await open(browser, service);
  const told = await page.evaluate(async () => {
    const { Camera } = await import('/page/camera.js');
    const { mediaDevices } = navigator;
    const given = mediaDevices.getUserMedia.bind(mediaDevices);
    let [track, isThere] = [null, true];
    mediaDevices.getUserMedia = async wanted => {
      if (!isThere) throw new OverconstrainedError('deviceId');
      const stream = await given(wanted);
      [track] = stream.getVideoTracks();
      return stream;
    };
    const video = document.createElement('video');
    video.muted = true;
    const camera = new Camera(video, () => false);
    const told = [];
    camera.addEventListener('start', () => told.push('start'));
    camera.addEventListener('problem', ({ detail }) => told.push(detail));
    const [{ deviceId }] = (await mediaDevices.enumerateDevices()).filter(({ kind }) => kind === 'videoinput');
    const until = async count => {
      while (told.length < count) await new Promise(done => setTimeout(done, 20));
    };
    await camera.start(deviceId);
    isThere = false;
    track.dispatchEvent(new Event('ended'));
    mediaDevices.dispatchEvent(new Event('devicechange'));
    await until(3);
    isThere = true;
    mediaDevices.dispatchEvent(new Event('devicechange'));
    await until(4);
    isThere = false;
    await camera.start('another');
    camera.stop();
    return told;
  });
  const gone = 'The camera is gone. Once it is back, it starts.';
  assert.deepEqual(told, ['start', gone, gone, 'start', 'No camera was found. Once there is one, it starts.']);
  await close();
});
