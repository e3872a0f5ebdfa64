// Runs flips over the columns of a book: raw p of a column, or joint max-T over some of them. Columns with the same
// cluster list share their flips (stream `path/clusters`). Where a joint test spans several lists, each gets its own random
// flips, equally many, so that one flip of the family acts on all clusters at once.
import { bug } from '../../compiler/base/bug.js';
import { type Fraction, fractionOf } from '../../compiler/correction/fraction.js';
import type { ColumnBook } from './evidence.js';
import { drawFlips, type FlipSet, randomFlips } from './flips.js';
import { maxT, type TestColumn } from './max-t.js';
import { centred, singleFlip } from './single.js';
import type { Column, FlipPlan } from './types.js';

export class ColumnTests {
  private readonly raw = new Map<number, Fraction>();
  private readonly centredValues = new Map<ArrayLike<number>, Map<number, Float64Array>>();
  private readonly flipSets = new Map<string, FlipSet>();
  private readonly book: ColumnBook;
  private readonly plan: FlipPlan;
  private readonly outcomeTolerance: number;
  private borderline = 0;

  constructor(book: ColumnBook, plan: FlipPlan, outcomeTolerance = 0) {
    this.book = book;
    this.plan = plan;
    this.outcomeTolerance = outcomeTolerance;
  }

  /** Uncorrected p of one column. */
  rawP(index: number): Fraction {
    const known = this.raw.get(index);
    if (known !== undefined) return known;
    const { x, flips, side } = this.testColumn(index, 'drawn');
    const { above, below, near } = singleFlip(flips, x, this.outcomeTolerance);
    this.borderline = Math.max(this.borderline, near);
    const p = fractionOf(side === 'plus' ? above : below);
    this.raw.set(index, p);
    return p;
  }

  /** Uncorrected p of a column that is in no claim, such as "the mean has the opposite sign". */
  rawOf(column: Column): Fraction {
    const formula = this.book.add(column);
    return formula.kind === 'column' ? this.rawP(formula.index) : bug('a column is a column');
  }

  /** Step-down max-T over the columns; the result gives the adjusted p of each of them. */
  jointP(indices: readonly number[]): (index: number) => Fraction {
    const unique = [...new Set(indices)].sort((a, b) => a - b);
    if (unique.length === 0) return (index) => bug(`column ${index} is not in the family`);
    const lists = new Set(unique.map((index) => this.column(index).clusters));
    const kind = lists.size === 1 ? 'drawn' : 'random';
    const counts = maxT(
      unique.map((index) => this.testColumn(index, kind)),
      this.outcomeTolerance,
    );
    for (const near of counts.near) this.borderline = Math.max(this.borderline, near);
    const adjusted = new Map<number, Fraction>();
    for (const [position, index] of unique.entries()) {
      adjusted.set(index, fractionOf({ c: counts.stepDown[position] ?? 0, n: counts.flips }));
      if (kind === 'drawn')
        this.raw.set(index, fractionOf({ c: counts.raw[position] ?? 0, n: counts.flips }));
    }
    return (index) => adjusted.get(index) ?? bug(`column ${index} is not in the family`);
  }

  /** The largest set of flips used so far and the most borderline ones of a column, for the report. */
  used(): { readonly flips: number; readonly enumerated: boolean; readonly borderline: number } {
    const sets = [...this.flipSets.values()];
    return {
      flips: Math.max(0, ...sets.map(({ count }) => count)),
      enumerated: sets.length > 0 && sets.every(({ enumerated }) => enumerated),
      borderline: this.borderline,
    };
  }

  private column(index: number): Column {
    return this.book.columns[index] ?? bug(`no column ${index}`);
  }

  private testColumn(index: number, kind: 'drawn' | 'random'): TestColumn {
    const { clusters, values, direction, margin } = this.column(index);
    const ofValues = this.centredValues.get(values) ?? new Map<number, Float64Array>();
    this.centredValues.set(values, ofValues);
    const x = ofValues.get(margin) ?? centred(values, margin);
    ofValues.set(margin, x);
    return {
      x,
      flips: this.flipsOf(clusters, x.length, kind),
      side: direction === 'above' ? 'plus' : 'minus',
    };
  }

  private flipsOf(clusters: string, size: number, kind: 'drawn' | 'random'): FlipSet {
    const key = `${kind} ${clusters}`;
    const request = {
      clusters: size,
      random: this.plan.flips,
      root: this.plan.root,
      path: `${this.plan.path}/${clusters}`,
    };
    const known = this.flipSets.get(key) ?? (kind === 'drawn' ? drawFlips(request) : randomFlips(request));
    if (known.clusters !== size) bug(`cluster list ${clusters} has ${known.clusters} and ${size} clusters`);
    this.flipSets.set(key, known);
    return known;
  }
}
