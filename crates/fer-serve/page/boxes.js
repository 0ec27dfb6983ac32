// Boxes over a picture or a video, each with its name and its highest bars.

import { el, say } from './html.js';
import { percent, ranked, verdict } from './words.js';

/** Bars beside a box, how much room they take, and the narrowest picture that has them, in pixels of the screen. */
const BARS = 3;
const ROOM = { width: 176, height: 74, gap: 6 };
const NARROW = 560;

/** A box; it stays while its face is followed, so that it keeps the focus. */
class Box {
  constructor(onclick) {
    this.label = el('span', { class: 'label' });
    this.bars = el('div', { class: 'mini', 'aria-hidden': 'true' });
    this.rows = Array.from({ length: BARS }, () => {
      const [name, bar, value] = [el('span'), el('i'), el('span', { class: 'value' })];
      this.bars.append(el('span', { class: 'row' }, name, el('span', { class: 'rail' }, bar), value));
      return { name, bar, value };
    });
    this.button = el('button', { type: 'button', class: 'box', onclick }, this.label);
    this.node = el('div', { class: 'spot' }, this.button, this.bars);
  }

  update({ face, title, isChosen, isShort, sides, left, size }) {
    const { node } = this;
    const { box, probabilities } = face;
    node.style.left = percentage(left, size.width);
    node.style.top = percentage(box.y, size.height);
    node.style.width = percentage(box.width, size.width);
    node.style.height = percentage(box.height, size.height);
    node.classList.toggle('chosen', isChosen);
    node.classList.toggle('unsettled', face.track === null);
    this.button.setAttribute('aria-pressed', String(isChosen));
    const [[, share]] = ranked(probabilities);
    const label = `${title} ${verdict(probabilities)} ${percent(share)}`.trim();
    say(this.label, isShort ? title : label);
    this.button.setAttribute('aria-label', `Face ${label}`);
    ranked(probabilities).slice(0, BARS).forEach(([name, part], at) => {
      const row = this.rows[at];
      say(row.name, name);
      say(row.value, percent(part));
      row.bar.style.width = percentage(part, 1);
    });
    for (const [name, isOn] of Object.entries(sides)) node.classList.toggle(name, isOn);
  }
}

/** Where a box's label and bars stand: the bars where they hide no other face, if there is such a place. */
function sides(own, others, overlay) {
  const isFree = rect => {
    const isInside = rect.x >= 0 && rect.y >= 0 && rect.x + ROOM.width <= overlay.width && rect.y + ROOM.height <= overlay.height;
    return isInside && !others.some(other => overlaps(rect, other));
  };
  const at = (x, y) => ({ x, y, width: ROOM.width, height: ROOM.height });
  const places = {
    'bars-right': at(own.x + own.width + ROOM.gap, own.y),
    'bars-left': at(own.x - ROOM.gap - ROOM.width, own.y),
    'bars-below': at(own.x, own.y + own.height + ROOM.gap),
  };
  const free = overlay.width >= NARROW && Object.keys(places).find(name => isFree(places[name]));
  return {
    low: own.y < 30,
    'from-right': overlay.width - own.x < 150 && own.x + own.width > 150,
    ...Object.fromEntries(Object.keys(places).map(name => [name, name === free])),
  };
}

const overlaps = (a, b) => a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

const percentage = (part, whole) => `${((100 * part) / whole).toFixed(3)}%`;

/** All boxes of a picture. */
export class Boxes {
  #overlay;
  #choose;
  #boxes = new Map();
  #last = null;

  /** `choose` is called with the key of the face whose box is pressed. */
  constructor(overlay, choose) {
    this.#overlay = overlay;
    this.#choose = choose;
    new ResizeObserver(() => this.#last && this.show(...this.#last)).observe(overlay);
  }

  /** Shows these faces, of keys and titles, over a picture of this size. */
  show(faces, size, chosen, isMirrored = false) {
    this.#last = [faces, size, chosen, isMirrored];
    const overlay = { width: this.#overlay.clientWidth, height: this.#overlay.clientHeight };
    const keys = new Set(faces.map(({ key }) => key));
    for (const [key, box] of this.#boxes) {
      if (keys.has(key)) continue;
      box.node.remove();
      this.#boxes.delete(key);
    }
    const scale = overlay.width / size.width;
    const left = ({ box }) => (isMirrored ? size.width - box.x - box.width : box.x);
    const rects = faces.map(({ face }) => ({
      x: scale * left(face), y: scale * face.box.y, width: scale * face.box.width, height: scale * face.box.height,
    }));
    faces.forEach(({ key, title, face }, at) => {
      if (!this.#boxes.has(key)) {
        this.#boxes.set(key, new Box(() => this.#choose(key)));
        this.#overlay.append(this.#boxes.get(key).node);
      }
      const isChosen = key === chosen;
      const isShort = !isChosen && faces.length > 1 && overlay.width < NARROW;
      const others = rects.filter((_, other) => other !== at);
      this.#boxes.get(key).update({ face, title, isChosen, isShort, sides: sides(rects[at], others, overlay), left: left(face), size });
    });
  }
}
