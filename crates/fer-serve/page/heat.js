// Where a face speaks for a class: the crop that the network sees, and over it what led to the answer.

import { el, say } from './html.js';

/** Share of the colour where the heat is 1. */
const COVER = 0.75;
let count = 0;

/** Asks for a heat map when it is wanted, and draws it. */
export class Heat {
  #why;
  #turn = 0;

  /** `why` gives, for the name of a class or for none, what the service says of this face. */
  constructor(classes, why) {
    this.#why = why;
    const id = `heat-${(count += 1)}`;
    const ask = () => this.#ask(this.select.value);
    this.select = el('select', { onchange: ask }, ...classes.map(name => el('option', { value: name }, name)));
    this.canvas = el('canvas', { class: 'heat', role: 'img' });
    this.words = el('p', { class: 'muted' });
    this.body = el('div', { id, class: 'why', hidden: true }, this.canvas, el('div', {}, el('label', {}, 'speaks for ', this.select), this.words));
    this.button = el('button', { type: 'button', class: 'quiet', 'aria-expanded': 'false', 'aria-controls': id, onclick: () => this.#toggle() }, 'Show why');
    this.node = el('div', { class: 'show' }, this.button, this.body);
  }

  #toggle() {
    const isOpen = this.body.hidden;
    this.body.hidden = !isOpen;
    this.button.setAttribute('aria-expanded', String(isOpen));
    say(this.button, isOpen ? 'Hide why' : 'Show why');
    if (isOpen && !this.canvas.dataset.class) this.#ask('');
  }

  async #ask(name) {
    const turn = (this.#turn += 1);
    say(this.words, 'One moment …');
    try {
      const { crop, heat_map: heat } = await this.#why(name);
      if (turn !== this.#turn) return;
      this.select.value = heat.class;
      draw(this.canvas, crop, heat.values);
      this.canvas.dataset.class = heat.class;
      this.canvas.setAttribute('aria-label', `The face as the network sees it: ${where(crop, heat.values)} speaks the most for ${heat.class}.`);
      say(this.words, `What the network sees. Yellow speaks the most for ${heat.class}, uncoloured parts not at all.`);
    } catch (problem) {
      if (turn === this.#turn) say(this.words, `No heat map: ${problem.message}`);
    }
  }
}

/** Gray pixels, covered with red to yellow. */
function draw(canvas, { width, height, pixels }, values) {
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext('2d');
  const image = context.createImageData(width, height);
  pixels.forEach((gray, at) => {
    const heat = values[at];
    const cover = COVER * heat;
    [255, 255 * heat * 0.93, 0].forEach((colour, channel) => {
      image.data[4 * at + channel] = (1 - cover) * gray + cover * colour;
    });
    image.data[4 * at + 3] = 255;
  });
  context.putImageData(image, 0, 0);
}

/** In words, where most of the heat lies. */
function where({ width, height }, values) {
  let [sum, x, y] = [0, 0, 0];
  values.forEach((heat, at) => {
    sum += heat;
    x += heat * ((at % width) + 0.5);
    y += heat * (Math.floor(at / width) + 0.5);
  });
  if (sum === 0) return 'nothing';
  const third = (at, whole, names) => names[Math.min(2, Math.floor((3 * at) / (sum * whole)))];
  const [down, across] = [third(y, height, ['the upper', 'the middle', 'the lower']), third(x, width, ['left', '', 'right'])];
  return `${down} ${across} part`.replace('  ', ' ');
}
