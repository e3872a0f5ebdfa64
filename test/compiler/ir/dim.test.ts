// The oracle: the same arithmetic on numbers, after the symbols have values.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  addDims,
  ceilDivideDim,
  evaluateDim,
  multiplyDims,
  sameDim,
  subtractDims,
  symbolsOfDim,
} from '../../../src/compiler/ir/dim.js';
import type { Dim } from '../../../src/compiler/ir/tensor-type.js';
import { randomNumbers } from '../../support/ir-run.js';

const test = suite('ir/dim');
const SIZES = new Map([
  ['example', 5],
  ['pos', 7],
  ['row:0', 11],
]);

test('random expressions have the value of their parts', () => {
  const random = randomNumbers(3);
  const pick = <T>(options: readonly T[]) =>
    options[Math.floor(random() * options.length)] ?? assert.unreachable();
  const make = (depth: number): { dim: Dim; value: number } => {
    if (depth === 0) {
      const dim: Dim = pick<Dim>(['example', 'pos', 'row:0', 1, 2, 3]) ?? 1;
      return { dim, value: typeof dim === 'number' ? dim : (SIZES.get(dim) ?? 0) };
    }
    const [a, b] = [make(depth - 1), make(depth - 1)];
    const rule = pick(['add', 'subtract', 'multiply', 'divide']);
    if (rule === 'add') return { dim: addDims(a.dim, b.dim), value: a.value + b.value };
    if (rule === 'subtract') return { dim: subtractDims(a.dim, b.dim), value: a.value - b.value };
    if (rule === 'multiply') return { dim: multiplyDims(a.dim, b.dim), value: a.value * b.value };
    return { dim: ceilDivideDim(a.dim, 3), value: Math.max(0, Math.ceil(a.value / 3)) };
  };
  for (let i = 0; i < 400; i++) {
    const { dim, value } = make(i % 4);
    assert.is(evaluateDim(dim, SIZES), value, String(dim));
    assert.is(sameDim(dim, addDims(dim, 0)), true, String(dim));
  }
});

test('equal sizes have one canonical text', () => {
  assert.is(multiplyDims('pos', 'example'), 'example*pos');
  assert.is(multiplyDims(addDims('pos', -1), 2), '2*pos-2');
  assert.is(addDims(subtractDims('pos', 1), 1), 'pos');
  assert.is(subtractDims('pos', 'pos'), 0);
  assert.ok(sameDim('pos*example', 'example*pos'));
  assert.not.ok(sameDim('pos', 'pos:charlie'));
  assert.not.ok(sameDim('pos', 7));
});

test('symbols are found inside sums, products and quotients', () => {
  const dim = addDims(ceilDivideDim(subtractDims('pos', 3), 2), multiplyDims('example', 4));
  assert.equal([...symbolsOfDim(dim)].sort(), ['example', 'pos']);
  assert.equal(symbolsOfDim(12), []);
});

test('a symbol without a value is a bug that names it', () => {
  assert.throws(() => evaluateDim('pos-1', new Map()), /needs the symbol `pos`/);
});

test.run();
