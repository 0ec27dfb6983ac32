// The camera: frames of it as JPEG, and in words why there are none.

/** Longest side of a frame that is sent, its quality, and the pause between two, in milliseconds. */
const SIDE = 640;
const QUALITY = 0.85;
const PAUSE = 66;
/** Milliseconds before a camera that another program has is tried again. */
const BUSY = 3000;

const NONE = 'No camera was found. Once there is one, it starts.';
const GONE = 'The camera is gone. Once it is back, it starts.';
const REASONS = {
  NotAllowedError: 'The browser was not allowed to use the camera. Allow it, beside the address of this page, and it starts.',
  NotFoundError: NONE,
  // The camera that was chosen is not there.
  OverconstrainedError: NONE,
  NotReadableError: 'Another program has the camera. Once it is free, it starts.',
  AbortError: 'The camera did not start. It is tried again.',
};

/** Events: `start`, `stop`, `problem` with a sentence, `frame` with a JPEG file. */
export class Camera extends EventTarget {
  #video;
  #stream = null;
  #isWanted = false;
  /** Whether it was there and went. */
  #isGone = false;
  #device = '';
  #timer = 0;
  /** Counts starts and stops: what an earlier one waited for is no longer wanted. */
  #turn = 0;
  #canvas = document.createElement('canvas');
  /** Says whether somebody takes a frame now. */
  #isTaken;

  constructor(video, isTaken) {
    super();
    this.#video = video;
    this.#isTaken = isTaken;
    const retry = () => this.#isWanted && !this.#stream && this.#try(this.#device);
    navigator.mediaDevices?.addEventListener('devicechange', retry);
    this.#permission(retry);
  }

  async #permission(retry) {
    try {
      const permission = await navigator.permissions.query({ name: 'camera' });
      permission.addEventListener('change', () => permission.state === 'granted' && retry());
    } catch {
      // Not every browser tells of it; the button is there.
    }
  }

  get isOn() {
    return this.#stream !== null;
  }

  /** Starts this camera, or any. */
  start(device = '') {
    this.#isGone = false;
    return this.#try(device);
  }

  async #try(device) {
    this.stop();
    this.#isWanted = true;
    this.#device = device;
    const turn = this.#turn;
    if (!navigator.mediaDevices) {
      this.#problem('The browser gives the camera only to pages of this machine, or over https.');
      return;
    }
    const wanted = device ? { deviceId: { exact: device } } : { facingMode: 'user' };
    try {
      const video = { ...wanted, width: { ideal: 1280 }, height: { ideal: 720 } };
      const stream = await navigator.mediaDevices.getUserMedia({ video, audio: false });
      if (turn !== this.#turn) return stream.getTracks().forEach(track => track.stop());
      await this.#begin(stream, turn);
    } catch (error) {
      // What was stopped, or started once more, meanwhile is no problem.
      if (turn !== this.#turn) return;
      this.#end();
      this.#problem(this.#reason(error));
      if (['NotReadableError', 'AbortError'].includes(error.name)) {
        this.#timer = setTimeout(() => this.#isWanted && this.#try(device), BUSY);
      }
    }
  }

  async #begin(stream, turn) {
    this.#stream = stream;
    this.#video.srcObject = stream;
    stream.getVideoTracks()[0].addEventListener('ended', () => {
      if (turn !== this.#turn) return;
      this.#end();
      this.#isGone = true;
      this.#problem(GONE);
    });
    await this.#video.play();
    if (turn !== this.#turn) return;
    this.#isGone = false;
    this.dispatchEvent(new Event('start'));
    this.#tick();
  }

  #reason({ name, message }) {
    const reason = REASONS[name] ?? `The camera gave nothing: ${message || name}`;
    return reason === NONE && this.#isGone ? GONE : reason;
  }

  /** Stops the camera, for good. */
  stop() {
    this.#isWanted = false;
    this.#turn += 1;
    this.#end();
  }

  #end() {
    clearTimeout(this.#timer);
    this.#stream?.getTracks().forEach(track => track.stop());
    this.#video.srcObject = null;
    if (this.#stream) this.dispatchEvent(new Event('stop'));
    this.#stream = null;
  }

  #problem(sentence) {
    this.dispatchEvent(new CustomEvent('problem', { detail: sentence }));
  }

  /** Which cameras there are, and the one that is on. */
  async devices() {
    const devices = (await navigator.mediaDevices.enumerateDevices()).filter(({ kind }) => kind === 'videoinput');
    return { devices, current: this.#stream?.getVideoTracks()[0]?.getSettings().deviceId ?? '' };
  }

  /** What the camera shows now, in full. */
  still() {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [this.#video.videoWidth, this.#video.videoHeight];
    canvas.getContext('2d').drawImage(this.#video, 0, 0);
    return canvas;
  }

  async #tick() {
    const stream = this.#stream;
    if (!stream) return;
    const start = performance.now();
    if (this.#video.videoWidth && this.#isTaken()) {
      const blob = await this.#frame();
      if (this.#stream !== stream) return;
      if (blob) this.dispatchEvent(new CustomEvent('frame', { detail: blob }));
    }
    this.#timer = setTimeout(() => this.#tick(), Math.max(5, PAUSE - (performance.now() - start)));
  }

  #frame() {
    const { videoWidth: width, videoHeight: height } = this.#video;
    const scale = Math.min(1, SIDE / Math.max(width, height));
    const canvas = this.#canvas;
    [canvas.width, canvas.height] = [Math.round(scale * width), Math.round(scale * height)];
    canvas.getContext('2d').drawImage(this.#video, 0, 0, canvas.width, canvas.height);
    return new Promise(done => canvas.toBlob(done, 'image/jpeg', QUALITY));
  }
}
