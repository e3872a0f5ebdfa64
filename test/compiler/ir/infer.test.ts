// What fits is covered by test/ops, which compares inferred with computed shapes. Here: names, symbols, and what must not fit.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inferType } from '../../../src/compiler/ir/infer.js';
import type { Op } from '../../../src/compiler/ir/op.js';
import { type Dim, type DType, type TensorType, typeText } from '../../../src/compiler/ir/tensor-type.js';

const test = suite('ir/infer');

function type(dtype: DType, ...axes: readonly (readonly [string, Dim])[]): TensorType {
  return { dtype, axes: axes.map(([name, size]) => ({ name, size })) };
}
const EXAMPLE = ['example', 'example'] as const;
const POS = ['pos', 'pos'] as const;
const add: Op = { name: 'Add', attrs: {} };
const matmul: Op = { name: 'MatMul', attrs: {} };

function infer(op: Op, ...inputs: readonly TensorType[]): string {
  return typeText(inferType(op, inputs));
}

test('a unit axis and an anonymous axis take the name of the other', () => {
  assert.is(infer(add, type('f32', EXAMPLE, ['head', 1]), type('f32', POS)), 'f32[example, pos]');
  assert.is(infer(add, type('f32', EXAMPLE, ['_1', 'pos']), type('f32', POS)), 'f32[example, pos]');
  assert.is(infer(add, type('f32', POS), type('f32', ['_0', 'pos'])), 'f32[pos]');
});

test('symbols survive matrix products, reshapes, slices and concatenation', () => {
  const x = type('f32', EXAMPLE, POS, ['head', 2], ['d_head', 3]);
  const merged: Op = {
    name: 'Reshape',
    attrs: { axes: [EXAMPLE, POS, ['_hd', 6] as const].map(([name, size]) => ({ name, size })) },
  };
  assert.is(infer(merged, x), 'f32[example, pos, _hd=6]');
  assert.is(
    infer(matmul, type('f32', EXAMPLE, POS, ['d', 4]), type('f32', ['d', 4], ['vocab', 9])),
    'f32[example, pos, vocab=9]',
  );
  const slice = (start: number, end: number | null): Op => ({
    name: 'Slice',
    attrs: { axis: 1, start, end, step: 1 },
  });
  assert.is(infer(slice(1, null), x), 'f32[example, pos=pos-1, head=2, d_head=3]');
  assert.is(infer(slice(-1, null), x), 'f32[example, pos=1, head=2, d_head=3]');
  const concat: Op = { name: 'Concat', attrs: { axis: 0, name: 'pos', size: 'pos' } };
  assert.is(infer(concat, type('f32', ['pos', 'pos-1']), type('f32', ['pos', 1])), 'f32[pos]');
});

test('lifting examples to rows replaces the first axis', () => {
  const gather: Op = { name: 'Gather', attrs: { axis: 0 } };
  const rows = type('i64', ['example', 'row:0']);
  assert.is(infer(gather, type('f32', EXAMPLE, POS), rows), 'f32[example=row:0, pos]');
});

test('an inconsistency names both axes', () => {
  const cases: readonly (readonly [Op, readonly TensorType[], RegExp])[] = [
    [
      add,
      [type('f32', POS), type('f32', ['key', 'pos'])],
      /Add: the axes pos and key=pos have different names/,
    ],
    [add, [type('f32', ['pos', 4]), type('f32', ['pos', 5])], /the axes pos=4 and pos=5 differ in size/],
    [
      add,
      [type('f32', EXAMPLE), type('f32', ['example', 'row:0'])],
      /the axes example and example=row:0 differ in size/,
    ],
    [add, [type('f32', POS), type('i64', POS)], /f32\[pos\] and i64\[pos\] differ in element type/],
    [
      matmul,
      [type('f32', POS, ['d', 4]), type('f32', ['e', 4], ['v', 5])],
      /the axes d=4 and e=4 have different names/,
    ],
    [
      { name: 'Reshape', attrs: { axes: [{ name: 'a', size: 7 }] } },
      [type('f32', ['a', 2], ['b', 3])],
      /changes the element count/,
    ],
    [
      { name: 'Reshape', attrs: { axes: [{ name: 'a', size: 'row:0' }] } },
      [type('f32', EXAMPLE)],
      /changes the element count/,
    ],
    [{ name: 'Squeeze', attrs: { axes: [0] } }, [type('f32', POS)], /Squeeze of the axis pos/],
    [{ name: 'Transpose', attrs: { perm: [0, 0] } }, [type('f32', POS, EXAMPLE)], /Transpose by \[0,0\]/],
    [
      { name: 'Concat', attrs: { axis: 0, name: 'a', size: 4 } },
      [type('f32', ['a', 2]), type('f32', ['a', 3])],
      /has inputs of size 5/,
    ],
    [{ name: 'Softmax', attrs: { axis: 2 } }, [type('f32', POS)], /Softmax names axis 2 of f32\[pos\]/],
    [{ name: 'Gather', attrs: { axis: 0 } }, [type('f32', POS), type('f32', POS)], /Gather takes i64 or i32/],
    [{ name: 'Exp', attrs: {} }, [type('i64', POS)], /Exp takes f32 or f64 or f16, not i64\[pos\]/],
    [{ name: 'Where', attrs: {} }, [type('f32'), type('f32'), type('f32')], /Where takes bool/],
    [add, [type('f32', POS)], /Add takes 2 inputs, not 1/],
    [
      { name: 'ReduceSum', attrs: { axes: [1, 0], keepdims: false } },
      [type('f32', POS, EXAMPLE)],
      /not increasing/,
    ],
    [{ name: 'Constant', attrs: { type: type('f32', ['a', 2]), data: [1] } }, [], /has 1 elements/],
  ];
  for (const [op, inputs, pattern] of cases)
    assert.throws(() => inferType(op, inputs), pattern, pattern.source);
});

test.run();
