// Calls whose outputs other calls read: each is made when the first of its readers needs it, and let go after the last.
import { bug } from '../../compiler/base/bug.js';
import type { Digest } from '../../compiler/base/digest.js';
import type { Call } from '../../compiler/plan/cutter.js';
import type { Captured } from '../../compiler/plan/partition.js';
import { type CallOutputs, groupKey } from './call-cache.js';
import type { Compiled, ExecuteEnv } from './execute-stage.js';
import type { Feed } from './feed.js';
import { feedsOf } from './feeds.js';

type Run = (shared: Compiled, call: Call, feeds: readonly Feed[]) => Promise<CallOutputs>;

export class CapturedCalls {
  readonly shared: Compiled;
  readonly #captured: Captured;
  readonly #env: ExecuteEnv;
  readonly #run: Run;
  /** By call that is read: what it gave, what identifies that, and how many readers are left. */
  readonly #outputs = new Map<number, Promise<CallOutputs>>();
  readonly #values = new Map<number, CallOutputs>();
  readonly #keys = new Map<number, Digest>();
  readonly #readers = new Map<number, number>();
  readonly #places: ReadonlyMap<Call, number>;

  constructor(shared: Compiled, captured: Captured, env: ExecuteEnv, run: Run, readers: readonly Call[]) {
    this.shared = shared;
    this.#captured = captured;
    this.#env = env;
    this.#run = run;
    for (const at of captured.of) this.#readers.set(at, (this.#readers.get(at) ?? 0) + 1);
    this.#places = new Map(
      readers.map((call, i) => [call, captured.of[i] ?? bug('a call that reads nothing')] as const),
    );
  }

  /** A feed for a reader. Its content is there once `ready` has been waited for. */
  feed(reader: Call, output: string): Feed {
    const at = this.#placeOf(reader);
    const make = () => this.#values.get(at)?.get(output) ?? bug(`${output} was read before it was computed`);
    return { key: `captured ${output} of ${this.#keyOf(at)}`, make };
  }

  async ready(readers: readonly Call[]): Promise<void> {
    const places = new Set(readers.map((one) => this.#placeOf(one)));
    await Promise.all([...places].map((at) => this.#compute(at)));
  }

  /** These readers are done. Returns how many calls nobody will need any more that were never made. */
  release(readers: readonly Call[]): number {
    let unmade = 0;
    for (const reader of readers) {
      const at = this.#placeOf(reader);
      const left = (this.#readers.get(at) ?? bug('more readers than there are')) - 1;
      this.#readers.set(at, left);
      if (left > 0) continue;
      if (!this.#outputs.has(at)) unmade += 1;
      this.#outputs.delete(at);
      this.#values.delete(at);
    }
    return unmade;
  }

  #placeOf(reader: Call): number {
    return this.#places.get(reader) ?? bug('a call of another part');
  }

  #callAt(at: number): Call {
    return this.#captured.calls[at] ?? bug(`no call ${at}`);
  }

  #feeds(at: number): readonly Feed[] {
    return feedsOf(this.shared.part, this.#callAt(at), this.#env);
  }

  #keyOf(at: number): Digest {
    const known = this.#keys.get(at);
    if (known !== undefined) return known;
    const { backend, store } = this.#env;
    const key = groupKey({
      graph: this.shared.digest,
      backend: `${backend.name} ${backend.version}`,
      namespace: store?.namespace,
      calls: [{ call: this.#callAt(at), feeds: this.#feeds(at) }],
    });
    this.#keys.set(at, key);
    return key;
  }

  #compute(at: number): Promise<void> {
    const known = this.#outputs.get(at) ?? this.#run(this.shared, this.#callAt(at), this.#feeds(at));
    this.#outputs.set(at, known);
    return known.then((values) => {
      this.#values.set(at, values);
    });
  }
}
