// The key to confirm rows. Only the ledger issues one, after its `open` entry is on disk; a test of the repository
// checks that nothing outside `runtime/store` imports `issueConfirmToken`.
import { bug } from '../../compiler/base/bug.js';

const ISSUE = Symbol('issue');

/** Proof that a split was opened in the ledger, and the root from which its generated rows are drawn. */
export class ConfirmToken {
  readonly #root: string;
  readonly #entry: string;

  constructor(pass: symbol, root: string, entry: string) {
    if (pass !== ISSUE) bug('a confirm token is issued by the ledger only');
    this.#root = root;
    this.#entry = entry;
  }

  /** The root of confirm draws, H(meaning); throws for an object that only looks like a token. */
  static rootOf(token: ConfirmToken): string {
    if (!(#root in token)) bug('not a confirm token');
    return token.#root;
  }

  /** The hash of the ledger entry that opened the split. */
  get entry(): string {
    return this.#entry;
  }
}

/** `rootHex`: the digest of the locked meaning. `entry`: the hash of the `open` entry in the ledger. */
export function issueConfirmToken(opened: {
  readonly rootHex: string;
  readonly entry: string;
}): ConfirmToken {
  return new ConfirmToken(ISSUE, opened.rootHex, opened.entry);
}
