// One line of the ledger. Its hash covers everything that a line says, the time and the tool included, and the hash of
// the entry before it, so that no entry can change without all later ones.
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Plain } from '../../compiler/base/canonical.js';
import { jcs } from './json.js';

/** `prev` of a first entry, and the head of an empty ledger. */
export const NO_ENTRY = '0'.repeat(64);

/** When, by which version, by whom and about which file (relative to the ledger's folder). */
export type Stamp = {
  /** UTC, `2026-01-31T12:00:00.000Z`. */
  readonly time: string;
  readonly tool: string;
  readonly actor?: string;
  readonly file?: string;
};

/** Rows that were looked at. See looks.ts. */
export type Look = {
  readonly data: string;
  readonly split: string;
  readonly source: DataSource;
  /** Digest of `marks`, which are written out by the first entry about this set only. */
  readonly set: string;
  readonly marks?: readonly string[];
};

/** `generated`: confirm rows are drawn after the lock, fresh for each. The two others are spent by one `open`. */
export type DataSource = 'generated' | 'templates' | 'corpus';

/** How much a look told: one of `bits` bits, or everything. */
export type Bits = number | 'full';

export type Fact =
  | {
      readonly kind: 'explore';
      readonly plan: string;
      readonly looks: readonly Look[];
      readonly evaluations: number;
      readonly outcome?: string;
      readonly bits: Bits;
    }
  | {
      readonly kind: 'search';
      readonly plan: string;
      readonly name: string;
      /** Set where a control searched again, on models with new weights: an entry for all `configurations` of them. */
      readonly control?: 'reinitialised';
      readonly looks: readonly Look[];
      readonly evaluations: number;
      readonly configurations: number;
      readonly bits: Bits;
    }
  | {
      readonly kind: 'lock';
      readonly lock: string;
      /** Digest of the whole lock file, its environment included. */
      readonly seal: string;
      readonly claims: number;
      readonly predictions: number;
      /** The git commit and whether the tree had changes; absent outside git. */
      readonly commit?: string;
      readonly dirty?: boolean;
    }
  | { readonly kind: 'open'; readonly lock: string; readonly looks: readonly Look[] }
  | ({
      readonly kind: 'confirm';
      readonly bits: Bits;
      /** How many verdicts were predicted, and how many came out so. Absent in entries of older versions. */
      readonly predictions?: number;
      readonly hits?: number;
    } & RunFact)
  | ({ readonly kind: 'replay'; readonly agrees: 'outcomes' | 'decision' | 'neither' } & RunFact)
  | { readonly kind: 'abort'; readonly lock?: string; readonly because: string }
  | { readonly kind: 'merge'; readonly parents: readonly [string, string] }
  | { readonly kind: 'anchor'; readonly head: string; readonly where: string }
  /** A correction of what an earlier entry says; the entry itself stays. */
  | { readonly kind: 'amend'; readonly entry: string; readonly text: string };

/** What a run of a locked file produced. */
export type RunFact = {
  readonly lock: string;
  readonly evaluations: number;
  readonly outcome: string;
  readonly decision: string;
  /** Digest of the list of result files; see result.ts. */
  readonly evidence: string;
};

export type LedgerBody = Fact & Stamp;
export type BodyOf<K extends Fact['kind']> = Extract<Fact, { readonly kind: K }> & Stamp;
export type LedgerEntry = {
  readonly seq: number;
  readonly prev: string;
  readonly body: LedgerBody;
  readonly hash: string;
};

/** h_k = SHA256("eisc-ledger-v1\n" + JCS({seq, prev, body})). */
export function entryHash(entry: {
  readonly seq: number;
  readonly prev: string;
  readonly body: Plain;
}): string {
  const { seq, prev, body } = entry;
  return bytesToHex(sha256(utf8ToBytes(`eisc-ledger-v1\n${jcs({ seq, prev, body })}`)));
}

/** The entry that follows `parent` (absent for a first one). */
export function nextEntry(
  parent: LedgerEntry | undefined,
  body: LedgerBody,
  seq = (parent?.seq ?? -1) + 1,
): LedgerEntry {
  const prev = parent?.hash ?? NO_ENTRY;
  return { seq, prev, body, hash: entryHash({ seq, prev, body }) };
}

/** The line of a ledger file, with its newline. */
export function entryLine(entry: LedgerEntry): string {
  return `${jcs(entry)}\n`;
}

/** The root of what is drawn after a lock: SHA256("eisc-seed-v1\n" + lock + path). */
export function lockSeed(lock: string, path: string): string {
  return bytesToHex(sha256(utf8ToBytes(`eisc-seed-v1\n${lock}${path}`)));
}
