// Pictures as the page shows them: a strip of all, one of them on the bench.

import { annotated, predictedCsv, predictedJson, save, text } from './export.js';
import { byId, el, say, show } from './html.js';
import { Pictures } from './pictures.js';
import { counted, sentence, told } from './words.js';

export class Album {
  #service;
  #bench;
  #pictures;
  #current = null;
  #tiles = new Map();
  #model = null;
  #isOpen = true;

  constructor(service, bench) {
    [this.#service, this.#bench] = [service, bench];
    this.#pictures = new Pictures(service);
    this.#pictures.addEventListener('change', ({ detail }) => this.#changed(detail));
    byId('choose').addEventListener('click', () => byId('files').click());
    byId('files').addEventListener('change', ({ target }) => {
      this.add(target.files);
      target.value = '';
    });
  }

  get isEmpty() {
    return this.#pictures.all.length === 0;
  }

  /** Takes files; the first of them is shown. */
  add(files) {
    const [first] = this.#pictures.add(files);
    if (first) this.#select(first);
  }

  /** Asks this model from now on. */
  use(model) {
    this.#model = model;
    this.#pictures.use(model.name);
    if (this.#isOpen) this.#render(true);
  }

  /** Shows the album or leaves the bench to others. */
  open(isOpen) {
    this.#isOpen = isOpen;
    if (isOpen) this.#render(true);
  }

  #select(picture) {
    this.#current = picture;
    if (this.#isOpen) this.#render(true);
  }

  #changed(picture) {
    this.#strip();
    if (picture === this.#current && this.#isOpen) this.#render(picture.state !== 'waiting');
    if (picture.state === 'done') say(byId('said'), `${picture.name}: ${summary(picture)}`);
    if (picture.state === 'failed') say(byId('said'), `${picture.name}: ${picture.problem}`);
  }

  #remove(picture) {
    const at = this.#pictures.all.indexOf(picture);
    this.#pictures.remove(picture);
    if (picture === this.#current) this.#current = this.#pictures.all[Math.max(0, at - 1)] ?? null;
    this.#render(true);
    (this.#tiles.get(this.#current)?.button ?? byId('choose')).focus();
  }

  /** Shows the current picture; `isNew` if the faces before were others. */
  #render(isNew) {
    this.#strip();
    show(byId('empty'), this.isEmpty);
    // Before the models are known, there is nothing to show or to save.
    const isShown = this.#current !== null && this.#model !== null;
    show(byId('bench'), isShown);
    if (!isShown) return;
    const { name, faces, canvas, width, height } = this.#current;
    if (isNew) this.#bench.clear(this.#model.classes);
    const scale = canvas ? canvas.width / width : 1;
    const crop = canvas && { source: canvas, scale };
    show(byId('frame'), Boolean(canvas));
    show(byId('blank'), !canvas);
    say(byId('blank'), blank(this.#current));
    show(byId('found'), this.#current.state !== 'failed');
    if (canvas) {
      const shown = byId('canvas');
      [shown.width, shown.height] = [canvas.width, canvas.height];
      shown.getContext('2d').drawImage(canvas, 0, 0);
      shown.setAttribute('role', 'img');
      shown.setAttribute('aria-label', `${name}: ${summary(this.#current)}`);
    }
    this.#bench.show({
      faces: faces.map((face, at) => ({ key: at, title: String(at + 1), face, crop })),
      size: canvas && { width, height },
      caption: name,
      words: said(this.#current),
      why: (at, name) => this.#why(this.#current, at, name),
    });
    show(byId('save-picture'), Boolean(canvas));
  }

  async #why(picture, at, name) {
    const parameters = { model: this.#model.name, face: at, ...(name ? { class: name } : {}) };
    const { faces } = await this.#service.ask('v1/explain', { parameters, method: 'POST', body: picture.blob });
    return faces[0];
  }

  /** A tile for each picture, and one to add more. */
  #strip() {
    const strip = byId('strip');
    show(strip, !this.isEmpty);
    for (const [picture, { node }] of this.#tiles) {
      if (this.#pictures.all.includes(picture)) continue;
      node.remove();
      this.#tiles.delete(picture);
    }
    for (const picture of this.#pictures.all) {
      if (!this.#tiles.has(picture)) this.#tiles.set(picture, this.#tile(picture));
      const { node, button, remove, words } = this.#tiles.get(picture);
      if (!node.isConnected) strip.append(node);
      if (picture.small && !picture.small.isConnected) button.prepend(picture.small);
      button.setAttribute('aria-pressed', String(picture === this.#current));
      button.setAttribute('aria-label', `${picture.name}: ${summary(picture)}`);
      remove.setAttribute('aria-label', `Remove ${picture.name}`);
      say(words, short(picture));
    }
    this.more ??= el('li', { class: 'more' }, el('button', { type: 'button', onclick: () => byId('files').click(), 'aria-label': 'Add pictures' }, '+'));
    strip.append(this.more);
  }

  #tile(picture) {
    const words = el('span');
    const button = el('button', { type: 'button', title: picture.name, onclick: () => this.#select(picture) }, words);
    const remove = el('button', { type: 'button', class: 'remove', onclick: () => this.#remove(picture) }, '×');
    return { node: el('li', {}, button, remove), button, remove, words };
  }

  async save(kind) {
    const pictures = this.#pictures.all.filter(({ state }) => state === 'done' || state === 'failed');
    const { name, classes } = this.#model;
    if (kind === 'json') return save(text(predictedJson(pictures, name), 'application/json'), 'faces.json');
    if (kind === 'csv') return save(text(predictedCsv(pictures, classes), 'text/csv'), 'faces.csv');
    const { blob, faces, name: file } = this.#current;
    const bitmap = await createImageBitmap(blob);
    const titled = faces.map((face, at) => ({ title: faces.length > 1 ? String(at + 1) : '', face }));
    return save(await annotated(bitmap, titled), `${file.replace(/\.[^.]*$/, '')}.faces.png`);
  }
}

/** What a tile says. */
function short({ state, faces }) {
  if (state === 'failed') return 'problem';
  return state === 'done' ? counted(faces.length, 'face') : '…';
}

function summary({ state, faces, problem }) {
  if (state === 'failed') return `problem: ${problem}`;
  if (state !== 'done') return 'is looked at';
  return [counted(faces.length, 'face'), ...faces.map(({ probabilities }) => told(probabilities))].join('; ');
}

/** What stands above the list of faces. */
function said({ state, faces }) {
  if (state !== 'done') return 'One moment …';
  if (faces.length === 0) return 'No face was found. Those that are very small, turned away or covered in part are missed.';
  return '';
}

/** What stands in the place of a picture that cannot be shown. */
function blank({ state, problem }) {
  if (state === 'failed') return `${sentence(problem)}.`;
  return state === 'done' ? 'The service has read this picture; this browser cannot show it.' : '';
}
