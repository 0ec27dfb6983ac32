// Chromium, and a page in it that is watched: nothing may go elsewhere, and no script may fail.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { chromium } from 'playwright-core';

const SCREENSHOTS = process.env.SCREENSHOTS;

/** Chromium; with a Y4M file as its camera, if there is one. */
export function launch({ video, isAllowed = true } = {}) {
  const fake = ['--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${video}`];
  const args = ['--no-sandbox', ...(video ? fake : []), ...(video && isAllowed ? ['--use-fake-ui-for-media-stream'] : [])];
  return chromium.launch({ executablePath: process.env.CHROMIUM, args });
}

/** The page of a service in a window of its own; `before` is done with it before it is opened. */
export async function open(browser, service, { width = 1280, height = 860, scheme = 'light', token, before = () => {} } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, acceptDownloads: true });
  const page = await context.newPage();
  const [elsewhere, failures] = [[], []];
  context.on('request', request => {
    const url = new URL(request.url());
    const isOwn = url.origin === service.origin || url.protocol === 'blob:';
    if (!isOwn) elsewhere.push(request.url());
  });
  page.on('websocket', socket => {
    if (new URL(socket.url()).host !== new URL(service.origin).host) elsewhere.push(socket.url());
  });
  page.on('pageerror', error => failures.push(error.message));
  page.on('console', message => /Content Security Policy/i.test(message.text()) && failures.push(message.text()));
  await before(page);
  await page.goto(service.address);
  if (token) {
    await page.getByLabel('This service wants a token').fill(token);
    await page.getByRole('button', { name: 'Go on' }).click();
  }
  /** Ends it; fails if anything went elsewhere or wrong. */
  const close = async () => {
    await context.close();
    assert.deepEqual({ elsewhere, failures }, { elsewhere: [], failures: [] });
  };
  return { page, context, close };
}

/** Keeps a picture of the page, where SCREENSHOTS says so. */
export async function keep(page, name) {
  if (!SCREENSHOTS) return;
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
}

/** A file that an input or a drop takes. */
export const file = (name, buffer, mimeType = 'image/png') => ({ name, mimeType, buffer });

/** What the page saves when this is done. */
export async function saved(page, act) {
  const [download] = await Promise.all([page.waitForEvent('download'), act()]);
  const chunks = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk);
  return { name: download.suggestedFilename(), bytes: Buffer.concat(chunks) };
}
