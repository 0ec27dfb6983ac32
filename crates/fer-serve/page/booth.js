// The camera as the page shows it: the live picture on the bench, and the last minute below.

import { Camera } from './camera.js';
import { annotated, save, text, watchedCsv, watchedJson } from './export.js';
import { byId, el, say, show } from './html.js';
import { Live } from './live.js';
import { Moments } from './moments.js';
import { draw, words } from './timeline.js';
import { counted, verdict } from './words.js';

/** Milliseconds between two drawings of the timeline, two counts of frames, and two sentences for a screen reader. */
const REDRAWN = 200;
const COUNTED = 1000;
const SAID = 3000;

export class Booth {
  #service;
  #bench;
  #live = null;
  #moments = new Moments();
  #camera = new Camera(byId('video'), () => this.#live?.isReady ?? false);
  #model = null;
  #isOpen = false;
  #start = 0;
  #shown = null;
  #counts = { answered: 0, dropped: 0 };
  #pace = '';
  #keep;

  /** `keep` is called with a picture of the camera that shall be kept. */
  constructor(service, bench, keep) {
    [this.#service, this.#bench, this.#keep] = [service, bench, keep];
    const camera = this.#camera;
    camera.addEventListener('start', () => this.#started());
    camera.addEventListener('stop', () => this.#stopped());
    camera.addEventListener('problem', ({ detail }) => this.#problem(detail));
    camera.addEventListener('frame', ({ detail }) => this.#live?.send(detail));
    byId('try-camera').addEventListener('click', () => this.start());
    byId('stop').addEventListener('click', () => camera.stop());
    byId('keep').addEventListener('click', () => this.#still());
    byId('device').addEventListener('change', ({ target }) => camera.start(target.value));
    byId('mirror').addEventListener('change', () => this.#render());
    byId('timeline-face').addEventListener('change', ({ target }) => this.#bench.choose(Number(target.value)));
    setInterval(() => this.#isOpen && this.#timeline(), REDRAWN);
    setInterval(() => this.#isOpen && this.#count(), COUNTED);
    setInterval(() => this.#isOpen && camera.isOn && this.#say(), SAID);
  }

  open(isOpen) {
    this.#isOpen = isOpen;
    for (const id of ['camera-start', 'camera-problem']) show(byId(id), false);
    if (isOpen) this.start();
    else this.#camera.stop();
  }

  use(model) {
    this.#model = model;
    if (this.#camera.isOn) this.#connect();
  }

  start() {
    say(byId('camera-problem'), 'The camera starts. The browser may ask whether this page may use it.');
    show(byId('camera-problem'), true);
    show(byId('camera-start'), false);
    this.#camera.start();
  }

  get #now() {
    return performance.now() / 1000 - this.#start;
  }

  async #started() {
    show(byId('camera-problem'), false);
    show(byId('camera-start'), false);
    show(byId('blank'), false);
    for (const id of ['frame', 'found', 'timeline', 'stop', 'keep', 'mirror-label', 'save-picture']) show(byId(id), true);
    this.#start = performance.now() / 1000;
    this.#connect();
    const { devices, current } = await this.#camera.devices();
    byId('device').replaceChildren(...devices.map(({ deviceId, label }) => el('option', { value: deviceId }, label || 'camera')));
    byId('device').value = current;
    show(byId('device-label'), devices.length > 1);
  }

  #stopped() {
    this.#live?.close();
    this.#live = null;
    for (const id of ['stop', 'keep', 'mirror-label', 'device-label', 'save-picture']) show(byId(id), false);
    if (this.#isOpen) {
      show(byId('bench'), this.#moments.all.length > 0);
      show(byId('frame'), false);
      show(byId('camera-start'), true);
      say(byId('caption'), 'The camera is off.');
    }
  }

  #problem(sentence) {
    if (!this.#isOpen) return;
    say(byId('camera-problem'), sentence);
    show(byId('camera-problem'), true);
    show(byId('camera-start'), true);
    show(byId('bench'), false);
  }

  /** Begins anew: another camera or another model. Before there is one, nothing is shown or saved. */
  #connect() {
    if (!this.#model) return;
    show(byId('bench'), true);
    this.#live?.close();
    this.#moments.clear();
    this.#shown = null;
    this.#bench.clear(this.#model.classes);
    const live = (this.#live = new Live(this.#service, this.#model.name));
    live.addEventListener('open', () => {
      this.#moments.begin(this.#now);
      this.#pace = 'looking …';
      this.#render();
    });
    live.addEventListener('answer', ({ detail }) => live === this.#live && this.#answer(detail));
    live.addEventListener('away', ({ detail }) => {
      this.#counts = { answered: 0, dropped: 0 };
      this.#pace = `Not connected: ${detail}. Trying again …`;
      this.#shown = null;
      this.#render();
    });
    this.#pace = 'connecting …';
    this.#render();
  }

  #answer(answer) {
    this.#counts.answered += 1;
    this.#counts.dropped += answer.dropped;
    this.#shown = this.#moments.add(answer);
    this.#render();
  }

  #render() {
    if (!this.#isOpen || !this.#camera.isOn) return;
    const video = byId('video');
    const isMirrored = byId('mirror').checked;
    const size = this.#shown?.width ? this.#shown : { width: video.videoWidth || 4, height: video.videoHeight || 3 };
    const crop = { source: video, scale: video.videoWidth / size.width, isMirrored };
    const entry = face => ({ key: face.track ?? `new-${face.box.x}`, title: String(face.track ?? ''), face: smoothed(face), crop });
    video.classList.toggle('mirrored', isMirrored);
    const faces = this.#moments.present(this.#shown?.time ?? Infinity).map(entry);
    this.#bench.show({
      faces,
      boxes: (this.#shown?.faces ?? []).map(entry),
      size,
      isMirrored,
      caption: this.#pace,
      words: this.#shown ? (this.#shown.problem ?? (faces.length === 0 ? 'No face is seen.' : '')) : 'Nothing is known of them now.',
    });
  }

  /** Says how fast it goes. */
  #count() {
    const { answered, dropped } = this.#counts;
    this.#counts = { answered: 0, dropped: 0 };
    if (answered === 0) return;
    const passed = dropped > 0 ? `, ${dropped} passed over as newer ones had come` : '';
    this.#pace = `${counted(answered, 'frame')} a second${passed}`;
    if (this.#camera.isOn) say(byId('caption'), this.#pace);
  }

  #timeline() {
    const tracks = this.#moments.tracks();
    const select = byId('timeline-face');
    show(byId('timeline'), tracks.length > 0);
    show(byId('timeline-label'), tracks.length > 1);
    if (tracks.length === 0) return;
    const track = tracks.includes(this.#bench.chosen) ? this.#bench.chosen : tracks.at(-1);
    if (select.options.length !== tracks.length || !tracks.every((track, at) => select.options[at].value === String(track))) {
      select.replaceChildren(...tracks.map(track => el('option', { value: String(track) }, `Face ${track}`)));
    }
    if (document.activeElement !== select) select.value = String(track);
    const now = this.#camera.isOn ? this.#now : this.#moments.all.at(-1).time;
    const canvas = byId('timeline-canvas');
    draw(canvas, this.#moments, track, this.#model.classes, now);
    const said = words(this.#moments, track);
    canvas.setAttribute('aria-label', `Expressions over the last minute. ${said}`);
    say(byId('timeline-words'), said);
  }

  #say() {
    const faces = this.#moments.present(this.#now);
    const said = faces.map(face => `Face ${face.track}: ${verdict(face.smoothed)}`);
    say(byId('said'), said.join('; ') || 'No face is seen.');
  }

  #still() {
    this.#camera.still().toBlob(blob => this.#keep(new File([blob], `camera ${new Date().toLocaleTimeString()}.jpg`)), 'image/jpeg', 0.92);
  }

  async save(kind) {
    const { all } = this.#moments;
    if (kind === 'json') return save(text(watchedJson(all), 'application/jsonl'), 'last-minute.jsonl');
    if (kind === 'csv') return save(text(watchedCsv(all, this.#model.classes), 'text/csv'), 'last-minute.csv');
    if (!this.#camera.isOn || !this.#shown?.width) return null;
    const still = this.#camera.still();
    const titled = this.#shown.faces.map(face => ({ title: String(face.track ?? ''), face: smoothed(face) }));
    return save(await annotated(still, titled, still.width / this.#shown.width), 'camera.faces.png');
  }
}

/** A face whose probabilities are those smoothed over its track. */
const smoothed = face => ({ ...face, probabilities: face.smoothed });
