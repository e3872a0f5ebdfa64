// The oracle is a walk over named indices.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  crossEntropy,
  gatherAxis,
  gatherVocab,
  lift,
  maskFromIndex,
  selectByValue,
  selectStatic,
  shiftAxis,
  sliceAxis,
} from '../../../src/compiler/ir/named-select.js';
import type { Dim, DType, TensorType } from '../../../src/compiler/ir/tensor-type.js';
import { assertClose } from '../../support/close.js';
import { type NamedArray, need, places, runNamed } from '../../support/ir-run.js';

const test = suite('ir/named-select');
const SIZES = new Map([
  ['example', 3],
  ['pos', 4],
  ['row:0', 5],
]);

function type(dtype: DType, axes: readonly (readonly [string, Dim])[]): TensorType {
  return { dtype, axes: axes.map(([name, size]) => ({ name, size })) };
}
const EXAMPLE = ['example', 'example'] as const;
const POS = ['pos', 'pos'] as const;
const x3 = type('f32', [EXAMPLE, POS, ['d', 2]]);

function expectAt(
  result: NamedArray,
  axes: readonly string[],
  expected: (p: Record<string, number>) => number,
): void {
  assert.equal(result.axes, axes);
  const all = [...places(axes.map((a, i) => [a, result.dims[i] ?? 0] as const))];
  assert.ok(all.length > 0);
  assertClose(all.map(result.at), all.map(expected), { rtol: 1e-5, atol: 1e-6 });
}

test('a static index drops the axis, also counted from the end', () => {
  for (const [index, place] of [
    [1, 1],
    [-1, 3],
  ] as const) {
    const { result, given } = runNamed({ x: x3 }, SIZES, (b, v) =>
      selectStatic(b, need(v, 'x'), 'pos', index),
    );
    expectAt(result, ['example', 'd'], (p) => need(given, 'x').at({ ...p, pos: place }));
  }
});

test('an index per example picks a different place in each row', () => {
  const { result, given } = runNamed(
    { x: type('f32', [EXAMPLE, ['d', 2], POS]), i: type('i64', [EXAMPLE]) },
    SIZES,
    (b, v) => selectByValue(b, need(v, 'x'), 'pos', need(v, 'i')),
    4,
  );
  expectAt(result, ['example', 'd'], (p) => need(given, 'x').at({ ...p, pos: need(given, 'i').at(p) }));
});

test('an index per example into a value without examples gives one row each', () => {
  const { result, given } = runNamed(
    {
      x: type('f32', [
        ['d', 2],
        ['vocab', 4],
      ]),
      i: type('i64', [EXAMPLE, POS]),
    },
    SIZES,
    (b, v) => selectByValue(b, need(v, 'x'), 'vocab', need(v, 'i')),
    4,
  );
  expectAt(result, ['example', 'd', 'pos'], (p) =>
    need(given, 'x').at({ ...p, vocab: need(given, 'i').at(p) }),
  );
});

test('an index that has the selected axis itself replaces it', () => {
  const { result, given } = runNamed(
    { x: x3, i: type('i64', [EXAMPLE, POS]) },
    SIZES,
    (b, v) => selectByValue(b, need(v, 'x'), 'pos', need(v, 'i')),
    4,
  );
  expectAt(result, ['example', 'pos', 'd'], (p) =>
    need(given, 'x').at({ ...p, pos: need(given, 'i').at(p) }),
  );
});

test('lists, slices and lifting keep the name of the axis', () => {
  const list = runNamed({ x: x3 }, SIZES, (b, v) => gatherAxis(b, need(v, 'x'), 'pos', [2, 0]));
  expectAt(list.result, ['example', 'pos', 'd'], (p) =>
    need(list.given, 'x').at({ ...p, pos: [2, 0][p.pos ?? 0] ?? 9 }),
  );

  const slice = runNamed({ x: x3 }, SIZES, (b, v) =>
    sliceAxis(b, need(v, 'x'), 'pos', { start: 1, end: -1, step: 1 }),
  );
  assert.is(slice.result.dims[1], 2);
  expectAt(slice.result, ['example', 'pos', 'd'], (p) =>
    need(slice.given, 'x').at({ ...p, pos: (p.pos ?? 0) + 1 }),
  );

  const rows = type('i64', [['example', 'row:0']]);
  const lifted = runNamed({ x: x3, r: rows }, SIZES, (b, v) => lift(b, need(v, 'x'), need(v, 'r')), 3);
  assert.is(lifted.result.dims[0], 5);
  expectAt(lifted.result, ['example', 'pos', 'd'], (p) =>
    need(lifted.given, 'x').at({ ...p, example: need(lifted.given, 'r').at(p) }),
  );
});

test('lifting a value without examples changes nothing', () => {
  const inputs = { x: type('f32', [['d', 2]]), r: type('i64', [['example', 'row:0']]) };
  const { graph } = runNamed(inputs, SIZES, (b, v) => lift(b, need(v, 'x'), need(v, 'r')));
  assert.is(graph.nodes.length, 2);
});

test('a mask is true where the position is the index', () => {
  const { result, given } = runNamed(
    { i: type('i64', [EXAMPLE]) },
    new Map([['example', 3]]),
    (b, v) => maskFromIndex(b, { name: 'pos', size: 4 }, need(v, 'i')),
    4,
  );
  expectAt(result, ['example', 'pos'], (p) => (need(given, 'i').at(p) === p.pos ? 1 : 0));
});

test('a shift reads the neighbour, and says where there is none', () => {
  for (const by of [-1, 1, -2]) {
    const moved = runNamed({ x: x3 }, SIZES, (b, v) => shiftAxis(b, need(v, 'x'), 'pos', by).value);
    const valid = runNamed({ x: x3 }, SIZES, (b, v) => shiftAxis(b, need(v, 'x'), 'pos', by).valid);
    const inside = (pos: number) => pos + by >= 0 && pos + by < 4;
    expectAt(valid.result, ['pos'], (p) => (inside(p.pos ?? 0) ? 1 : 0));
    expectAt(moved.result, ['example', 'pos', 'd'], (p) => {
      const pos = p.pos ?? 0;
      return inside(pos) ? need(moved.given, 'x').at({ ...p, pos: pos + by }) : moved.result.at(p);
    });
  }
});

test('cross-entropy is the negative log probability of the target', () => {
  const inputs = { l: type('f32', [EXAMPLE, POS, ['vocab', 3]]), t: type('i64', [EXAMPLE, POS]) };
  const loss = runNamed(inputs, SIZES, (b, v) => crossEntropy(b, need(v, 'l'), need(v, 't')), 3);
  expectAt(loss.result, ['example', 'pos'], (p) => {
    const at = (vocab: number) => Math.exp(need(loss.given, 'l').at({ ...p, vocab }));
    return -Math.log(at(need(loss.given, 't').at(p)) / (at(0) + at(1) + at(2)));
  });
  const picked = runNamed(inputs, SIZES, (b, v) => gatherVocab(b, need(v, 'l'), need(v, 't')), 3);
  expectAt(picked.result, ['example', 'pos'], (p) =>
    need(picked.given, 'l').at({ ...p, vocab: need(picked.given, 't').at(p) }),
  );
});

test.run();
