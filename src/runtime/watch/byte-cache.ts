// A cache bounded by what its values take in memory: the value that was used longest ago goes first.

type Entry<T> = { readonly value: T; readonly bytes: number; users: number };

export class ByteCache<T> {
  readonly #entries = new Map<string, Entry<T>>(); // in order of use
  readonly #most: number;
  readonly #discard: (value: T) => void;
  #bytes = 0;

  constructor(mostBytes: number, discard: (value: T) => void = () => {}) {
    this.#most = mostBytes;
    this.#discard = discard;
  }

  /** The value, which is now the one used last. */
  get(key: string): T | undefined {
    const found = this.#entries.get(key);
    if (found === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, found);
    return found.value;
  }

  /** Keeps a value. With `users`, it stays at least until each of them has said `release`. */
  put(key: string, value: T, bytes: number, users = 0): void {
    this.remove(key);
    this.#entries.set(key, { value, bytes, users });
    this.#bytes += bytes;
    this.#shrink();
  }

  use(key: string): void {
    const found = this.#entries.get(key);
    if (found !== undefined) found.users += 1;
  }

  release(key: string): void {
    const found = this.#entries.get(key);
    if (found === undefined) return;
    found.users -= 1;
    this.#shrink();
  }

  remove(key: string): void {
    const found = this.#entries.get(key);
    if (found === undefined) return;
    this.#entries.delete(key);
    this.#bytes -= found.bytes;
    this.#discard(found.value);
  }

  clear(): void {
    for (const key of [...this.#entries.keys()]) this.remove(key);
  }

  #shrink(): void {
    for (const [key, { users }] of [...this.#entries]) {
      if (this.#bytes <= this.#most) return;
      if (users === 0) this.remove(key);
    }
  }
}
