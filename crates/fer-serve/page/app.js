// The page: which model, pictures or camera, and what is said while the service is away or wants a token.

import { Album } from './album.js';
import { Bench } from './bench.js';
import { Booth } from './booth.js';
import { byId, el, say, show } from './html.js';
import { Service } from './service.js';
import { askFor } from './token.js';
import { privacy, unknown } from './words.js';

/** Milliseconds for which good news stands. */
const NEWS = 4000;

const service = new Service();
const bench = new Bench();
const album = new Album(service, bench);
const booth = new Booth(service, bench, keep);
let models = [];
let model = null;
let mode = 'pictures';
let news = 0;

/** Tells something above all else; for a while, or until there is something else to tell. */
function notice(sentence, milliseconds) {
  clearTimeout(news);
  say(byId('notice'), sentence);
  show(byId('notice'), sentence !== '');
  if (milliseconds) news = setTimeout(() => notice(''), milliseconds);
}

function open(chosen) {
  mode = chosen;
  const isCamera = mode === 'camera';
  byId('mode-pictures').setAttribute('aria-pressed', String(!isCamera));
  byId('mode-camera').setAttribute('aria-pressed', String(isCamera));
  show(byId('pictures'), !isCamera);
  show(byId('camera'), isCamera);
  show(byId('canvas'), !isCamera);
  show(byId('video'), isCamera);
  for (const id of ['bench', 'timeline']) show(byId(id), false);
  // The one that leaves goes first: both use the bench.
  if (isCamera) {
    album.open(false);
    booth.open(true);
  } else {
    booth.open(false);
    album.open(true);
  }
}

/** Keeps a frame of the camera among the pictures. */
function keep(file) {
  album.add([file]);
  notice('The frame was kept: see Pictures.', NEWS);
}

async function save(kind) {
  try {
    await (mode === 'camera' ? booth : album).save(kind);
  } catch (problem) {
    notice(`Nothing was saved: ${problem.message}`);
  }
}

function takeFiles(files) {
  if (files.length === 0) return;
  if (mode !== 'pictures') open('pictures');
  album.add(files);
}

function listen() {
  byId('mode-pictures').addEventListener('click', () => mode === 'pictures' || open('pictures'));
  byId('mode-camera').addEventListener('click', () => mode === 'camera' || open('camera'));
  for (const kind of ['json', 'csv', 'picture']) {
    byId(`save-${kind}`).addEventListener('click', () => save(kind));
  }
  document.addEventListener('paste', ({ clipboardData }) => takeFiles(clipboardData.files));
  document.addEventListener('dragover', event => {
    event.preventDefault();
    document.body.classList.add('dragged');
  });
  document.addEventListener('dragleave', event => event.relatedTarget ?? document.body.classList.remove('dragged'));
  document.addEventListener('drop', event => {
    event.preventDefault();
    document.body.classList.remove('dragged');
    takeFiles(event.dataTransfer.files);
  });
}

function talk() {
  service.addEventListener('lost', () => notice('The service does not answer. This page tries again until it does.'));
  service.addEventListener('back', () => {
    notice('The service answers again.', NEWS);
    // It may be another one, with other models.
    offer();
  });
  askFor(service);
  byId('model').addEventListener('change', use);
}

/** Asks the model that is chosen from now on, unless it is the same. */
function use() {
  const chosen = models.find(({ name }) => name === byId('model').value);
  if (JSON.stringify(chosen) === JSON.stringify(model)) return;
  model = chosen;
  say(byId('unknown'), unknown(model.classes.length));
  album.use(model);
  booth.use(model);
}

/** Offers the models; the first choice is the service's. */
async function offer() {
  try {
    const answer = await service.ask('v1/models');
    ({ models } = answer);
    show(byId('to-runs'), answer.has_runs);
  } catch (problem) {
    return notice(`No models: ${problem.message}`);
  }
  const select = byId('model');
  const kept = models.find(({ name }) => name === select.value) ?? models.find(model => model.default);
  select.replaceChildren(...models.map(({ name }) => el('option', { value: name }, name)));
  select.value = kept.name;
  use();
}

say(byId('privacy'), privacy(location.hostname));
listen();
talk();
offer();
