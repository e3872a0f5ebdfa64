// A contestant's process: started, asked for runs one at a time, and ended.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Ask, Ran, Ready } from './protocol.js';

export class Contestant<R extends { readonly kind: 'ready' } = Ready> {
  readonly ready: R;
  readonly #process: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  private constructor(child: ChildProcess, answers: AsyncIterator<string>, ready: R) {
    this.#process = child;
    this.#answers = answers;
    this.ready = ready;
  }

  /** Resolves when it is ready. Throws where it ends before, with what it wrote to standard error. */
  static async start<R extends { readonly kind: 'ready' } = Ready>(
    command: string,
    args: readonly string[],
    environment: { readonly [name: string]: string } = {},
  ): Promise<Contestant<R>> {
    const child = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
    });
    const said: string[] = [];
    child.stderr.on('data', (text) => said.push(String(text)));
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const first = await nextAnswer(lines);
    if (first === null)
      throw new Error(`${[command, ...args].join(' ')} ended: ${said.join('').slice(-2000)}`);
    return new Contestant<R>(child, lines, first as R); // what it says first: see protocol.ts
  }

  async run(ask: Ask): Promise<Ran> {
    this.#process.stdin?.write(`${JSON.stringify(ask)}\n`);
    const answer = await nextAnswer(this.#answers);
    if (answer === null) throw new Error('a contestant ended in the middle of a run');
    return answer as Ran; // what it says after each run: see protocol.ts
  }

  async end(): Promise<void> {
    const closed = new Promise((resolve) => this.#process.once('close', resolve));
    this.#process.stdin?.end();
    await closed;
  }
}

/** Libraries print on standard output too: what is no JSON object is left out. */
async function nextAnswer(lines: AsyncIterator<string>): Promise<object | null> {
  for (;;) {
    const line = await lines.next();
    if (line.done === true) return null;
    if (line.value.startsWith('{"kind"')) return JSON.parse(line.value) as object; // written by JSON of either side
  }
}
