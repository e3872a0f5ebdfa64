// The oracle is a walk over named indices that knows nothing of order, transposes or reshapes.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { GraphBuilder } from '../../../src/compiler/ir/graph.js';
import {
  AxisClash,
  AxisMissing,
  alignPair,
  elementwise,
  expandNamed,
  reduceNamed,
  renameAxis,
  softmaxNamed,
  whereNamed,
} from '../../../src/compiler/ir/named.js';
import { dotNamed } from '../../../src/compiler/ir/named-dot.js';
import type { TensorType } from '../../../src/compiler/ir/tensor-type.js';
import { verifyGraph } from '../../../src/compiler/ir/verify.js';
import { assertClose } from '../../support/close.js';
import { type NamedArray, need, places, randomNumbers, runNamed } from '../../support/ir-run.js';

const test = suite('ir/named');
const SIZES = new Map([
  ['example', 2],
  ['pos', 3],
]);
const POOL: Readonly<Record<string, number | string>> = {
  example: 'example',
  pos: 'pos',
  key: 'pos',
  head: 2,
  d_head: 4,
  layer: 2,
};

function type(...names: readonly string[]): TensorType {
  return { dtype: 'f32', axes: names.map((name) => ({ name, size: POOL[name] ?? 1 })) };
}

function sizeOfAxis(name: string): number {
  const size = POOL[name] ?? 1;
  return typeof size === 'number' ? size : (SIZES.get(size) ?? 1);
}

function expectAt(result: NamedArray, expected: (place: Record<string, number>) => number): void {
  const all = [...places(result.axes.map((a) => [a, sizeOfAxis(a)] as const))];
  assertClose(all.map(result.at), all.map(expected), { rtol: 1e-5, atol: 1e-5 });
}

/** A random order of a random part of the pool. */
function someAxes(random: () => number, always: readonly string[] = []): readonly string[] {
  const chosen = Object.keys(POOL).filter((n) => always.includes(n) || random() < 0.5);
  const mixed = chosen.map((n) => ({ n, key: random() })).sort((a, b) => a.key - b.key);
  const names = mixed.map((m) => m.n);
  return [...names.filter((n) => n === 'example'), ...names.filter((n) => n !== 'example')];
}

test('elementwise operators broadcast by name whatever the order of the axes', () => {
  const random = randomNumbers(1);
  for (let round = 0; round < 60; round++) {
    const [left, right] = [someAxes(random), someAxes(random)];
    const { result, given, graph } = runNamed({ a: type(...left), b: type(...right) }, SIZES, (b, v) =>
      elementwise(b, 'Sub', need(v, 'a'), need(v, 'b')),
    );
    verifyGraph(graph);
    assert.equal(new Set(result.axes), new Set([...left, ...right]));
    if (result.axes.includes('example')) assert.is(result.axes[0], 'example');
    expectAt(result, (p) => need(given, 'a').at(p) - need(given, 'b').at(p));
  }
});

test('a contraction sums over the named axes and keeps every other', () => {
  const random = randomNumbers(2);
  const dims = (over: readonly string[]) => over.map((n) => [n, sizeOfAxis(n)] as const);
  for (let round = 0; round < 200; round++) {
    const over = Object.keys(POOL).filter(() => random() < 0.3);
    if (over.length === 0) over.push('d_head');
    const [left, right] = [someAxes(random, over), someAxes(random, over)];
    const { result, given, graph } = runNamed({ a: type(...left), b: type(...right) }, SIZES, (b, v) =>
      dotNamed(b, need(v, 'a'), need(v, 'b'), over),
    );
    verifyGraph(graph);
    const kept = new Set([...left, ...right].filter((n) => !over.includes(n)));
    assert.equal(new Set(result.axes), kept, `${left} . ${right} over ${over}`);
    if (result.axes.includes('example')) assert.is(result.axes[0], 'example');
    expectAt(result, (p) => {
      let sum = 0;
      for (const q of places(dims(over)))
        sum += need(given, 'a').at({ ...p, ...q }) * need(given, 'b').at({ ...p, ...q });
      return sum;
    });
  }
});

test('x W without shared axes is one product without a transpose', () => {
  const b = new GraphBuilder();
  const x = b.input('x', type('example', 'pos', 'd_head'));
  const w = b.input('w', type('d_head', 'layer'));
  const y = dotNamed(b, x, w, 'd_head');
  assert.equal(
    b.build([{ name: 'y', value: y }]).nodes.map((n) => n.op.name),
    ['Input', 'Input', 'MatMul'],
  );
});

test('whereNamed, reductions, softmax and expand follow names', () => {
  const mask: TensorType = { dtype: 'bool', axes: type('pos', 'example').axes };
  const where = runNamed({ c: mask, a: type('d_head', 'pos'), b: type() }, SIZES, (b, v) =>
    whereNamed(b, need(v, 'c'), need(v, 'a'), need(v, 'b')),
  );
  assert.equal(where.result.axes, ['example', 'pos', 'd_head']);
  expectAt(where.result, (p) => need(where.given, need(where.given, 'c').at(p) === 1 ? 'a' : 'b').at(p));

  const sum = runNamed({ a: type('example', 'head', 'pos', 'd_head') }, SIZES, (b, v) =>
    reduceNamed(b, 'ReduceSum', need(v, 'a'), ['d_head', 'head']),
  );
  assert.equal(sum.result.axes, ['example', 'pos']);
  expectAt(sum.result, (p) => {
    let total = 0;
    for (const q of places([
      ['head', 2],
      ['d_head', 4],
    ]))
      total += need(sum.given, 'a').at({ ...p, ...q });
    return total;
  });

  const soft = runNamed({ a: type('pos', 'head') }, SIZES, (b, v) => softmaxNamed(b, need(v, 'a'), 'pos'));
  expectAt(soft.result, (p) => {
    const at = (pos: number) => Math.exp(need(soft.given, 'a').at({ ...p, pos }));
    return at(p.pos ?? 0) / (at(0) + at(1) + at(2));
  });

  const wide = runNamed({ a: type('head') }, SIZES, (b, v) =>
    expandNamed(b, need(v, 'a'), { name: 'pos', size: 3 }),
  );
  assert.equal(wide.result.axes, ['head', 'pos']);
  expectAt(wide.result, (p) => need(wide.given, 'a').at(p));
});

test('one name with two sizes is an axis clash that names both sides in order', () => {
  const b = new GraphBuilder();
  const rows: TensorType = { dtype: 'f32', axes: [{ name: 'example', size: 'row:0' }] };
  const [x, y] = [b.input('x', type('example', 'pos')), b.input('y', rows)];
  for (const build of [() => alignPair(b, x, y), () => dotNamed(b, x, y, 'example')]) {
    assert.throws(
      build,
      (e: unknown) => e instanceof AxisClash && e.name === 'example' && e.right.size === 'row:0',
    );
  }
  assert.throws(
    () => alignPair(b, y, x),
    (e: unknown) => e instanceof AxisClash && e.left.size === 'row:0',
  );
});

test('an axis that is not there is reported by name', () => {
  const b = new GraphBuilder();
  const x = b.input('x', type('example', 'pos'));
  for (const build of [
    () => reduceNamed(b, 'ReduceSum', x, ['head']),
    () => renameAxis(b, x, 'head', 'key'),
    () => dotNamed(b, x, x, 'head'),
  ]) {
    assert.throws(build, (e: unknown) => e instanceof AxisMissing && e.axis === 'head');
  }
});

test.run();
