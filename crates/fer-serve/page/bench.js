// What pictures and camera share: the stage with its boxes, and the list of faces beside it.

import { Boxes } from './boxes.js';
import { Faces } from './faces.js';
import { byId, say, show } from './html.js';

/** Most of the window's height that a picture takes, in percent; how much it is enlarged, and the width that it may have
    anyway, in pixels of the screen. */
const HEIGHT = 68;
const ENLARGED = 1.5;
const SMALLEST = 480;

export class Bench {
  chosen = null;
  #boxes = new Boxes(byId('boxes'), key => this.choose(key));
  #faces = new Faces(byId('faces'));
  #shown = null;

  /** Forgets what was shown. */
  clear(classes) {
    this.chosen = null;
    this.#shown = null;
    this.#faces.clear(classes);
    this.#boxes.show([], { width: 1, height: 1 }, null);
  }

  /**
   * Shows faces over what has this size: `faces` in the list and `boxes` on the stage, each with `key`, `title`, `face`
   * and `crop`; `caption` below the stage and `words` above the list; `why` tells of a face.
   */
  show(shown) {
    this.#shown = shown;
    const { faces, boxes = faces, size, isMirrored, caption, words, why } = shown;
    const isThere = faces.some(({ key }) => key === this.chosen);
    if (!isThere) this.chosen = faces[0]?.key ?? null;
    if (size) {
      const frame = byId('frame');
      frame.style.aspectRatio = `${size.width} / ${size.height}`;
      frame.style.width = `min(100%, ${(HEIGHT * size.width) / size.height}vh, ${Math.max(SMALLEST, ENLARGED * size.width)}px)`;
      this.#boxes.show(boxes, size, this.chosen, isMirrored);
    }
    this.#faces.show(faces, this.chosen, { choose: key => this.choose(key), why });
    say(byId('caption'), caption);
    say(byId('faces-words'), words);
    show(byId('faces-words'), words !== '');
  }

  /** Makes a face the chosen one. */
  choose(key) {
    this.chosen = key;
    if (this.#shown) this.show(this.#shown);
    this.#faces.reveal(key);
  }
}
