// Conditional donors: for each row another row whose values are put in its place. One name is one shared draw.
import { integerBelow, streamKey } from '../stats/rng.js';
import { type DataProblem, failed, type Made, made, noDonor } from './problem.js';
import { rowLabel } from './row-label.js';
import type { RowSet } from './row-set.js';

export type DonorDraw = {
  /** The name of the `draw` declaration. */
  readonly name: string;
  readonly root: string;
  /** The rows that need a donor, and the rows donors come from. */
  readonly target: RowSet;
  readonly source: RowSet;
  readonly where: (donor: number, row: number) => boolean;
  readonly replicate?: number;
};

/**
 * Index into `source` per row of `target`. Keyed by the draw's name and the row's item hash: neither the other rows nor
 * their order matter. A row is never its own donor.
 */
export function drawDonors(draw: DonorDraw): Made<Int32Array> {
  const { name, root, target, source, where, replicate = 0 } = draw;
  const donors = new Int32Array(target.rows);
  const problems: DataProblem[] = [];
  const same = target.spec === source.spec && target.split === source.split;
  for (let row = 0; row < target.rows; row++) {
    const hash = target.itemHashes[row] ?? '';
    const allowed: number[] = [];
    for (let donor = 0; donor < source.rows; donor++) {
      const isSelf = same && source.itemHashes[donor] === hash;
      if (!isSelf && where(donor, row)) allowed.push(donor);
    }
    if (allowed.length === 0) {
      problems.push(noDonor(name, rowLabel(target, row)));
      if (problems.length >= 5) break;
      continue;
    }
    const key = streamKey(root, `draw/${name}/${hash}`);
    donors[row] = allowed[integerBelow(key, allowed.length, 0, replicate)] ?? 0;
  }
  return problems.length > 0 ? failed(problems) : made(donors);
}
