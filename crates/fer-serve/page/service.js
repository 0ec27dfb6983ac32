// The service's addresses: the token, problems told in words, and what to do while nobody answers.

const TOKEN = 'fer-token';
/** Milliseconds between two looks whether the service is back. */
const PAUSE = 1000;
/** Longest wait, in seconds, that the service may ask for. */
const LONGEST_WAIT = 10;

/** Below the page's own address, without the name and the password that may stand in it: `fetch` takes none. */
export function address(path, parameters = {}) {
  const url = new URL(path, location.origin + location.pathname);
  url.search = new URLSearchParams(parameters);
  return url;
}

const pause = milliseconds => new Promise(done => setTimeout(done, milliseconds));

/** A problem that the service has told. */
class Problem extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

/** The bytes of a file. */
async function bytes(file) {
  try {
    return await file.arrayBuffer();
  } catch (error) {
    throw new Error(`the browser cannot read the file: ${error.message}`);
  }
}

async function problem(response) {
  try {
    return new Problem(response.status, (await response.json()).detail);
  } catch {
    return new Problem(response.status, `the service answered with status ${response.status}`);
  }
}

/** Events: `lost` and `back`, and `token` when one is wanted, which says whether another one was given. */
export class Service extends EventTarget {
  #back = null;
  #token = null;

  get token() {
    return sessionStorage.getItem(TOKEN) ?? '';
  }

  /** The token that somebody has typed; requests that wait for one go on. */
  set token(token) {
    sessionStorage.setItem(TOKEN, token);
    this.#token?.resolve();
    this.#token = null;
  }

  /** The answer to a request, as JSON, however long it takes: a service that is away or busy is waited for. */
  async ask(path, { parameters, method, body } = {}) {
    const url = address(path, parameters);
    // Read first: a file that is gone would look like a service that is.
    const options = { method, body: body instanceof Blob ? await bytes(body) : body };
    for (;;) {
      const response = await this.#fetch(url, options);
      if (response.ok) return response.json();
      if (response.status === 401) await this.#wanted();
      else if (response.status === 503) await pause(1000 * this.#wait(response));
      else if (response.status === 502 || response.status === 504) await this.#away();
      else throw await problem(response);
    }
  }

  /** Why a request is refused, or null. */
  async refusal(path, parameters) {
    for (;;) {
      const response = await this.#fetch(address(path, parameters), {});
      if (response.ok) return null;
      if (response.status !== 401) return problem(response);
      await this.#wanted();
    }
  }

  async #fetch(url, options) {
    try {
      return await this.#send(url, options);
    } catch {
      await this.#away();
    }
    // The service answers, so that what fails once more is the request.
    try {
      return await this.#send(url, options);
    } catch (error) {
      throw new Error(`the service answers, but not to this: ${error.message}`);
    }
  }

  #send(url, options) {
    const headers = this.token ? { authorization: `Bearer ${this.token}` } : {};
    return fetch(url, { ...options, headers });
  }

  /** Waits until the service answers again. */
  #away() {
    this.#back ??= this.#knock();
    return this.#back;
  }

  async #knock() {
    this.dispatchEvent(new Event('lost'));
    for (;;) {
      await pause(PAUSE);
      try {
        if ((await fetch(address('readyz'))).ok) break;
      } catch {
        // Still away.
      }
    }
    this.#back = null;
    this.dispatchEvent(new Event('back'));
  }

  /** Waits for a token. */
  async #wanted() {
    this.#token ??= resolvers();
    this.dispatchEvent(new CustomEvent('token', { detail: this.token !== '' }));
    await this.#token.promise;
  }

  #wait(response) {
    const seconds = Number(response.headers.get('retry-after'));
    return Math.min(Math.max(seconds || 1, 0.2), LONGEST_WAIT);
  }
}

function resolvers() {
  let resolve;
  const promise = new Promise(done => (resolve = done));
  return { promise, resolve };
}
