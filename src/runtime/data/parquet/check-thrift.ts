// The headers of a Parquet file are structures in Thrift's compact protocol. They are walked once before the library
// reads them, so that no length in them can make it take memory or time that the bytes do not account for.
// https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
import { fault } from './parquet-fault.js';

const DEEPEST = 16;
const LONGEST_VARINT = 10;

const STOP = 0;
const BYTE = 3;
const I16 = 4;
const I64 = 6;
const DOUBLE = 7;
const BINARY = 8;
const LIST = 9;
const STRUCT = 12;

/** Where the structure that begins at `start` ends. Throws when it does not end, nests too deep or lists more than it holds. */
export function checkThrift(bytes: Uint8Array, start: number): number {
  const walk = new Walk(bytes, start);
  walk.struct(0);
  return walk.at;
}

class Walk {
  at: number;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array, start: number) {
    this.#bytes = bytes;
    this.at = start;
  }

  struct(depth: number): void {
    if (depth > DEEPEST) fault('a header is nested too deep');
    for (;;) {
      const head = this.#byte();
      const type = head & 0x0f;
      if (type === STOP) return;
      if (head >> 4 === 0) this.#varint();
      this.#value(type, depth, false);
    }
  }

  #value(type: number, depth: number, listed: boolean): void {
    // True and false are in the type itself, but a byte each where they are listed.
    if (type === 1 || type === 2) this.#skip(listed ? 1 : 0);
    else if (type === BYTE) this.#skip(1);
    else if (type >= I16 && type <= I64) this.#varint();
    else if (type === DOUBLE) this.#skip(8);
    else if (type === BINARY) this.#skip(this.#varint());
    else if (type === LIST) this.#list(depth + 1);
    else if (type === STRUCT) this.struct(depth + 1);
    else fault(`a header has a field of the unknown type ${type}`);
  }

  #list(depth: number): void {
    if (depth > DEEPEST) fault('a header is nested too deep');
    const head = this.#byte();
    const size = head >> 4 === 15 ? this.#varint() : head >> 4;
    // An element takes a byte at least.
    if (size > this.#bytes.length - this.at) fault('a header lists more than it holds');
    for (let i = 0; i < size; i++) this.#value(head & 0x0f, depth, true);
  }

  #byte(): number {
    return this.#bytes[this.at++] ?? fault('a header does not end');
  }

  #skip(count: number): void {
    this.at += count;
    if (this.at > this.#bytes.length) fault('a header does not end');
  }

  #varint(): number {
    let value = 0;
    for (let i = 0; i < LONGEST_VARINT; i++) {
      const byte = this.#byte();
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return value;
    }
    return fault('a header has a number of more than 64 bits');
  }
}
