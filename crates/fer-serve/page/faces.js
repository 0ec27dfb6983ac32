// The list of faces: a small picture, what it expresses, a bar for each class.

import { Heat } from './heat.js';
import { el, say } from './html.js';
import { percent, ranked, sentence, verdict } from './words.js';

/** Side of the small picture, in pixels of the screen. */
const SIDE = 64;
/** Of more faces, only the chosen one shows its bars. */
const OPEN = 2;

/** One face's entry; it stays while the face is there. */
class Entry {
  constructor(classes, { choose, why }) {
    this.picture = el('canvas', { class: 'crop', width: 2 * SIDE, height: 2 * SIDE, 'aria-hidden': 'true' });
    this.title = el('strong');
    this.detail = el('span', { class: 'muted' });
    this.button = el('button', { type: 'button', class: 'who', onclick: choose }, this.picture, el('span', {}, this.title, ' ', this.detail));
    this.rows = new Map(classes.map(name => [name, { bar: el('i'), value: el('span', { class: 'value' }) }]));
    const row = ([name, { bar, value }]) =>
      el('li', {}, el('span', { class: 'name' }, name), el('span', { class: 'rail', 'aria-hidden': 'true' }, bar), value);
    this.bars = el('ul', { class: 'bars' }, ...[...this.rows].map(row));
    this.node = el('li', { class: 'face' }, this.button, this.bars);
    if (why) {
      this.heat = new Heat(classes, why);
      this.node.append(this.heat.node);
    }
  }

  update({ title, face, crop, isChosen, isFolded }) {
    const { probabilities } = face;
    const [[top, share]] = ranked(probabilities);
    say(this.title, sentence(verdict(probabilities)));
    say(this.detail, `Face ${title} · ${percent(share)}`);
    this.button.setAttribute('aria-pressed', String(isChosen));
    this.node.classList.toggle('chosen', isChosen);
    this.node.classList.toggle('folded', isFolded);
    for (const [name, { bar, value }] of this.rows) {
      const part = probabilities[name] ?? 0;
      bar.style.width = `${(100 * part).toFixed(1)}%`;
      bar.classList.toggle('top', name === top);
      say(value, percent(part));
    }
    if (crop) this.#draw(crop, face.box);
    else this.picture.hidden = true;
  }

  /** The face with some of what is around it. */
  #draw({ source, scale, isMirrored }, { x, y, width, height }) {
    const side = 1.15 * scale * Math.max(width, height);
    const [left, top] = [scale * (x + width / 2) - side / 2, scale * (y + height / 2) - side / 2];
    const context = this.picture.getContext('2d');
    context.setTransform(isMirrored ? -1 : 1, 0, 0, 1, isMirrored ? 2 * SIDE : 0, 0);
    context.clearRect(0, 0, 2 * SIDE, 2 * SIDE);
    context.drawImage(source, left, top, side, side, 0, 0, 2 * SIDE, 2 * SIDE);
  }
}

/** The entries of the faces that are there. */
export class Faces {
  #list;
  #classes = [];
  #entries = new Map();

  constructor(list) {
    this.#list = list;
  }

  /** Forgets all entries: other faces, or other classes. */
  clear(classes) {
    this.#classes = classes;
    this.#entries.clear();
    this.#list.replaceChildren();
  }

  /** Shows these faces; `choose` and `why` are called with a face's key. */
  show(faces, chosen, { choose, why }) {
    const keys = new Set(faces.map(({ key }) => key));
    for (const [key, entry] of this.#entries) {
      if (keys.has(key)) continue;
      entry.node.remove();
      this.#entries.delete(key);
    }
    for (const { key, ...face } of faces) {
      if (!this.#entries.has(key)) {
        const calls = { choose: () => choose(key), why: why && (name => why(key, name)) };
        this.#entries.set(key, new Entry(this.#classes, calls));
        this.#list.append(this.#entries.get(key).node);
      }
      const isChosen = key === chosen;
      this.#entries.get(key).update({ ...face, isChosen, isFolded: !isChosen && faces.length > OPEN });
    }
  }

  /** Brings a face's entry into view. */
  reveal(key) {
    this.#entries.get(key)?.node.scrollIntoView({ block: 'nearest' });
  }
}
