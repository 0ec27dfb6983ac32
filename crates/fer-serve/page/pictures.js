// The pictures that somebody has given, and what the service says of them.

/** Longest side of a picture that is drawn, and of its small copy, in pixels. */
const DRAWN = 1600;
const SMALL = 160;
/** Pictures that are asked about at a time. */
const AT_ONCE = 2;

/** A copy of a picture, no side longer than this. */
function copy(bitmap, most) {
  const scale = Math.min(1, most / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(scale * bitmap.width));
  canvas.height = Math.max(1, Math.round(scale * bitmap.height));
  const context = canvas.getContext('2d');
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas;
}

/**
 * A picture: `name`, `blob`, `state` (`waiting`, `done`, `failed`), `faces` or `problem`; and if the browser can show it,
 * `canvas`, `small`, `width` and `height`.
 */
class Picture {
  state = 'waiting';
  faces = [];
  problem = '';

  constructor(name, blob) {
    this.name = name;
    this.blob = blob;
  }

  async draw() {
    try {
      const bitmap = await createImageBitmap(this.blob);
      ({ width: this.width, height: this.height } = bitmap);
      this.canvas = copy(bitmap, DRAWN);
      this.small = copy(bitmap, SMALL);
      bitmap.close();
    } catch {
      // The service reads formats that browsers do not.
    }
  }
}

/** Events: `change`, with the picture that has changed. */
export class Pictures extends EventTarget {
  all = [];
  #service;
  #model = '';
  #running = 0;
  /** A picture asked about before is not answered by a model that was chosen since. */
  #turn = 0;

  constructor(service) {
    super();
    this.#service = service;
  }

  /** Takes files for pictures, whatever they are: the service says what it thinks of them. */
  add(files) {
    const added = [...files].map(file => new Picture(file.name || 'pasted picture', file));
    this.all.push(...added);
    for (const picture of added) picture.draw().then(() => this.#changed(picture));
    this.#go();
    return added;
  }

  remove(picture) {
    this.all = this.all.filter(other => other !== picture);
  }

  /** Asks this model about all pictures. */
  use(model) {
    this.#model = model;
    this.#turn += 1;
    for (const picture of this.all) {
      picture.state = 'waiting';
      this.#changed(picture);
    }
    this.#go();
  }

  #go() {
    while (this.#model && this.#running < AT_ONCE) {
      const picture = this.all.find(({ state }) => state === 'waiting');
      if (!picture) return;
      picture.state = 'asking';
      this.#running += 1;
      this.#ask(picture, this.#turn).finally(() => {
        this.#running -= 1;
        this.#go();
      });
    }
  }

  async #ask(picture, turn) {
    let answer;
    try {
      const asked = { parameters: { model: this.#model }, method: 'POST', body: picture.blob };
      const { faces } = await this.#service.ask('v1/faces', asked);
      answer = { state: 'done', faces, problem: '' };
    } catch (problem) {
      answer = { state: 'failed', faces: [], problem: problem.message };
    }
    if (turn !== this.#turn) return;
    Object.assign(picture, answer);
    this.#changed(picture);
  }

  #changed(picture) {
    this.dispatchEvent(new CustomEvent('change', { detail: picture }));
  }
}
