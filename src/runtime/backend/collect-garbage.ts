// Memory of large buffers, given back when they are let go. Buffers live outside the heap of JavaScript, which does not grow with
// them: replicates of a model of half a gigabyte filled 20 GB before a collection was due.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes that may be let go before they are collected. */
const LARGE = 2 ** 28;

/** Counts what a thread lets go, and collects once it is much. */
export class LetGo {
  #bytes = 0;

  add(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes < LARGE) return;
    this.#bytes = 0;
    setFlagsFromString('--expose-gc');
    const collect: unknown = runInNewContext('gc');
    if (typeof collect === 'function') collect();
  }
}
