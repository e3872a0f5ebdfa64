// Corrections of p-vectors: R's p.adjust first, then closure by brute force, then laws.
import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { benjaminiHochberg } from '../../src/compiler/correction/benjamini-hochberg.js';
import { benjaminiYekutieli } from '../../src/compiler/correction/benjamini-yekutieli.js';
import { bonferroni } from '../../src/compiler/correction/bonferroni.js';
import {
  atMost,
  decimalFraction,
  type Fraction,
  fractionOf,
  scale,
  toNumber,
  toPValue,
} from '../../src/compiler/correction/fraction.js';
import { hochberg } from '../../src/compiler/correction/hochberg.js';
import { holm } from '../../src/compiler/correction/holm.js';
import { hommel } from '../../src/compiler/correction/hommel.js';
import { procedures } from '../../src/compiler/correction/procedures.js';
import { assertClose } from '../support/close.js';
import { fractionOfNumber, vectors } from './vectors.js';

const test = suite('adjust');
const families = ['p15', 'tied', 'five', 'doc'] as const;
const exact = (p: readonly number[]) => p.map(fractionOfNumber);
const numbers = (p: readonly Fraction[]) => p.map(toNumber);

for (const name of families) {
  test(`equals R on ${name}`, () => {
    const vector = vectors.from_R.p_adjust[name];
    const p = exact(vector.p);
    assertClose(numbers(bonferroni(p)), vector.bonferroni, { rtol: 1e-13 });
    assertClose(numbers(holm(p)), vector.holm, { rtol: 1e-13 });
    assertClose(numbers(hochberg(p)), vector.hochberg, { rtol: 1e-13 });
    assertClose(numbers(hommel(p)), vector.hommel, { rtol: 1e-13 });
    assertClose(numbers(benjaminiHochberg(p)), vector.bh, { rtol: 1e-13 });
    assertClose(numbers(benjaminiYekutieli(p)), vector.by, { rtol: 1e-13 });
  });

  test(`counts declared missing tests as R does on ${name}`, () => {
    const vector = vectors.from_R.p_adjust[name];
    assertClose(numbers(benjaminiHochberg(exact(vector.p), 20)), vector.bh_n20, { rtol: 1e-13 });
    assertClose(numbers(holm(exact(vector.p), 20)), vector.holm_n20, { rtol: 1e-13 });
  });
}

/** Adjusted p by closed testing with the given local test: the largest p over all sets that contain the hypothesis. */
function closure(p: readonly number[], local: (sorted: readonly number[]) => number): number[] {
  return p.map((_, target) => {
    let worst = 0;
    for (let set = 0; set < 2 ** p.length; set++) {
      if (((set >> target) & 1) === 0) continue;
      const members = p.filter((_value, index) => (set >> index) & 1).sort((a, b) => a - b);
      worst = Math.max(worst, local(members));
    }
    return Math.min(1, worst);
  });
}

const simes = (sorted: readonly number[]) =>
  Math.min(...sorted.map((value, index) => (value * sorted.length) / (index + 1)));
const smallest = (sorted: readonly number[]) => (sorted[0] ?? 1) * sorted.length;

const counts = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 8 });

test('hommel is the closure of Simes, holm the closure of Bonferroni (300 random vectors with ties)', () => {
  void fc.assert(
    fc.property(counts, (list) => {
      const p = list.map((c) => ({ c, n: 200 }));
      const decimals = list.map((c) => c / 200);
      assertClose(numbers(hommel(p.map(fractionOf))), closure(decimals, simes), { rtol: 1e-12 });
      assertClose(numbers(holm(p.map(fractionOf))), closure(decimals, smallest), { rtol: 1e-12 });
    }),
    { numRuns: 300, seed: 20 },
  );
});

test('no method goes below the raw p, above Bonferroni (or its harmonic multiple), or depends on order', () => {
  void fc.assert(
    fc.property(counts, fc.integer({ min: 0, max: 1_000 }), (list, turn) => {
      const p = list.map((c) => fractionOf({ c, n: 200 }));
      const shift = turn % p.length;
      const turned = [...p.slice(shift), ...p.slice(0, shift)];
      for (const [name, procedure] of Object.entries(procedures)) {
        if (procedure.kind === 'joint') continue;
        const adjusted = procedure.adjust(p);
        const most = bonferroni(p);
        for (const [index, value] of adjusted.entries()) {
          assert.ok(atMost(p[index] ?? value, value), `${name} below the raw p`);
          if (name !== 'by') assert.ok(atMost(value, most[index] ?? value), `${name} above Bonferroni`);
        }
        const back = procedure.adjust(turned);
        assert.equal(
          [...back.slice(p.length - shift), ...back.slice(0, p.length - shift)].map(toNumber),
          adjusted.map(toNumber),
        );
      }
    }),
    { numRuns: 200, seed: 21 },
  );
});

test('decisions at the boundary are exact where floats are not', () => {
  // 3 * 0.1 / 10 is above 0.03 in floats, although 3/100 = 0.03.
  assert.ok((0.1 * 3) / 10 > 0.03);
  assert.ok(atMost(scale(fractionOf({ c: 1, n: 10 }), 3, 10), decimalFraction('0.03')));
  assert.not(atMost(fractionOf({ c: 501, n: 10_000 }), decimalFraction('0.05')));
  assert.ok(atMost(fractionOf({ c: 500, n: 10_000 }), decimalFraction('0.05')));
  assert.equal(decimalFraction('5e-2'), { num: 5n, den: 100n });
  assert.is(toNumber(decimalFraction('1e-12')), 1e-12);
});

test('a p beyond safe integers is kept as a decimal', () => {
  assert.equal(toPValue(fractionOf({ c: 3, n: 256 })), { kind: 'count', c: 3, n: 256 });
  const tiny = scale(fractionOf({ c: 1, n: 3 }), 1, 2 ** 53);
  const p = toPValue(tiny);
  assert.is(p.kind, 'decimal');
  if (p.kind === 'decimal') assertClose(p.value, 1 / 3 / 2 ** 53);
  const huge = { num: 10n ** 400n, den: 3n * 10n ** 400n };
  assertClose(toNumber(huge), 1 / 3);
});

test.run();
