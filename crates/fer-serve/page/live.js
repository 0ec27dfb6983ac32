// The WebSocket to the service: frames out, answers in. One that is lost is opened again.

import { address } from './service.js';

const PATH = 'v1/live';
/** Milliseconds before a try to connect again: at first, and at most. */
const FIRST = 500;
const MOST = 4000;
/** Frames that may be without an answer, and bytes that may be unsent, before the next one waits. */
const AHEAD = 3;
const UNSENT = 1 << 19;

/** Letters that may stand in the name of a WebSocket's protocol, for any token: base64url. */
function encoded(token) {
  const letters = btoa(String.fromCharCode(...new TextEncoder().encode(token)));
  return letters.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** Events: `open`, `answer` with what the service says of a frame, `away` with a reason. */
export class Live extends EventTarget {
  #service;
  #model;
  #socket = null;
  #isWanted = true;
  #wait = FIRST;
  #sent = 0;
  #answered = 0;

  constructor(service, model) {
    super();
    this.#service = service;
    this.#model = model;
    this.#open();
  }

  /** Whether a frame would be sent on now, rather than wait behind others. */
  get isReady() {
    const isOpen = this.#socket?.readyState === WebSocket.OPEN;
    return isOpen && this.#sent - this.#answered < AHEAD && this.#socket.bufferedAmount < UNSENT;
  }

  /** Sends a frame. */
  send(blob) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#sent += 1;
    this.#socket.send(blob);
  }

  close() {
    this.#isWanted = false;
    this.#socket?.close(1000);
  }

  #open() {
    const url = address(PATH, { model: this.#model });
    url.protocol = url.protocol.replace('http', 'ws');
    const { token } = this.#service;
    const protocols = token ? ['fer.live', `fer.token.${encoded(token)}`] : ['fer.live'];
    const socket = (this.#socket = new WebSocket(url, protocols));
    socket.addEventListener('open', () => {
      [this.#sent, this.#answered, this.#wait] = [0, 0, FIRST];
      this.dispatchEvent(new Event('open'));
    });
    socket.addEventListener('message', ({ data }) => {
      const answer = JSON.parse(data);
      this.#answered = answer.frame + 1;
      this.dispatchEvent(new CustomEvent('answer', { detail: answer }));
    });
    socket.addEventListener('close', ({ reason }) => this.#isWanted && this.#again(reason));
  }

  /** A browser does not say why a WebSocket was refused; the same address says so to an ordinary request. */
  async #again(reason) {
    this.dispatchEvent(new CustomEvent('away', { detail: reason || 'the connection was lost' }));
    await new Promise(done => setTimeout(done, this.#wait));
    this.#wait = Math.min(MOST, 2 * this.#wait);
    const refusal = await this.#service.refusal(PATH, { model: this.#model }).catch(error => error);
    if (!this.#isWanted) return;
    if (refusal && refusal.status !== 426) await this.#again(refusal.message);
    else this.#open();
  }
}
