// The service under test.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export const FER = process.env.FER;

/** A service that runs at `address`. */
export class Service {
  static async start(options = [], listen = '127.0.0.1:0') {
    const child = spawn(FER, ['serve', '--listen', listen, ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await Promise.race([
      once(createInterface({ input: child.stdout }), 'line'),
      once(child, 'exit').then(([code]) => Promise.reject(new Error(`fer serve ended with ${code}`))),
    ]);
    const service = new Service();
    return Object.assign(service, { child, options, address: line, origin: new URL(line).origin });
  }

  /** Ends it as a crash would. */
  async kill() {
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }

  /** The same once more, at the same address. */
  again() {
    return Service.start(this.options, new URL(this.address).host);
  }
}
