// TensorFlow.js: nothing leaks, whole numbers never wrap, what it cannot run is refused with the operator's name.
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Graph, GraphBuilder, type ValueId } from '../../../src/compiler/ir/graph.js';
import type { Op } from '../../../src/compiler/ir/op.js';
import { axis, type DType } from '../../../src/compiler/ir/tensor-type.js';
import { type Backend, BackendFailure, type BackendProblem } from '../../../src/runtime/backend/backend.js';
import { type HostTensor, numbersOf, tensorOf } from '../../../src/runtime/backend/host-tensor.js';
import { openTfjs } from '../../../src/runtime/backend/tfjs.js';
import { executeTfjs, TfjsWeight } from '../../../src/runtime/backend/tfjs-execute.js';
import { loadOpCases } from '../../support/op-cases.js';
import { opNames } from '../../support/op-names.js';

const test = suite('tfjs');
let backend: Backend;

test.before(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
  backend = await openTfjs('cpu');
});
test.after(() => backend.dispose());

test('a run of any operator leaves exactly the weights on the engine, also when it fails', () => {
  const before = tf.memory().numTensors;
  let runs = 0;
  for (const op of opNames()) {
    for (const one of loadOpCases(op)) {
      const host = ({ dtype, dims, data }: (typeof one)['expected']) =>
        tensorOf(dtype, dims, Array.from(data));
      if (op === 'Opaque' || one.graph.nodes.some(({ type }) => type.dtype === 'f64')) continue;
      const feeds = new Map([...one.feeds].map(([name, t]) => [name, host(t)]));
      const weights = new Map(one.weight === undefined ? [] : [['w', new TfjsWeight(host(one.weight))]]);
      executeTfjs({ tf, backend: 'tfjs:cpu', graph: one.graph, feeds, weights });
      assert.is(tf.memory().numTensors, before + weights.size, `${op}: ${one.name}`);
      for (const weight of weights.values()) weight.dispose();
      runs++;
    }
  }
  assert.ok(runs > 200, `${runs}`);
  const gather = oneOp({ name: 'Gather', attrs: { axis: 0 } }, ['f32', 'i64'], [3]);
  const feeds = new Map([
    ['x0', tensorOf('f32', [3], [1, 2, 3])],
    ['x1', tensorOf('i64', [3], [0, 9, 1])],
  ]);
  assert.throws(
    () => executeTfjs({ tf, backend: 'tfjs:cpu', graph: gather, feeds, weights: new Map() }),
    /the index 9 lies outside an axis of size 3/,
  );
  assert.is(tf.memory().numTensors, before);
});

test('a weight is uploaded once, however many runs read it', () => {
  const b = new GraphBuilder();
  const type = { dtype: 'f32', axes: [axis('_a', 2)] } as const;
  const sum = b.add(
    { name: 'Add', attrs: {} },
    b.input('x', type),
    b.weight({ name: 'w', digest: 'w', type }),
  );
  const graph = b.build([{ name: 'y', value: sum }]);
  const weight = new TfjsWeight(tensorOf('f32', [2], [10, 20]));
  const before = tf.memory().numTensors;
  for (const value of [1, 2, 3]) {
    const feeds = new Map([['x', tensorOf('f32', [2], [value, value])]]);
    const run = { tf, backend: 'tfjs:cpu', graph, feeds, weights: new Map([['w', weight]]) };
    const y = executeTfjs(run).get('y');
    assert.equal(y === undefined ? [] : numbersOf(y), [10 + value, 20 + value]);
    assert.is(tf.memory().numTensors, before + 1);
  }
  weight.dispose();
  assert.is(tf.memory().numTensors, before);
});

test('an int64 that int32 cannot hold is refused, fed or stored', async () => {
  const identity = oneOp({ name: 'Identity', attrs: {} }, ['i64'], [1]);
  const problem = await runProblem(identity, [tensorOf('i64', [1], [2 ** 31])]);
  assert.is(problem.kind, 'run');
  assert.match(problem.text, /`x0` holds 2147483648/);
  assert.match(problem.help ?? '', /ort:cpu/);
  const b = new GraphBuilder();
  const stored = b.constant({ dtype: 'i64', axes: [axis('_a', 1)] }, [-(2 ** 40)]);
  assert.match((await runProblem(b.build([{ name: 'y', value: stored }]), [])).text, /-1099511627776/);
});

test('arithmetic of int64 that might leave int32 is refused, and what fits is exact', async () => {
  const large = tensorOf('i64', [2], [2 ** 30, -5]);
  for (const name of ['Add', 'Mul', 'Sub'] as const) {
    const problem = await runProblem(oneOp({ name, attrs: {} }, ['i64', 'i64'], [2]), [large, large]);
    assert.match(problem.text, new RegExp(`^${name} of int64 may leave the range`));
  }
  const sum = oneOp({ name: 'ReduceSum', attrs: { axes: [0], keepdims: false } }, ['i64'], [2]);
  assert.match((await runProblem(sum, [large])).text, /^ReduceSum of int64/);
  const near = tensorOf('i64', [2], [2 ** 30 - 1, -(2 ** 30)]);
  const found = await run(oneOp({ name: 'Sub', attrs: {} }, ['i64', 'i64'], [2]), [
    near,
    tensorOf('i64', [2], [-5, 3]),
  ]);
  assert.equal(numbersOf(found), [2 ** 30 + 4, -(2 ** 30) - 3]);
});

test('element types and operators that it lacks are refused before the run, by name', async () => {
  const cases: readonly (readonly [Graph, RegExp])[] = [
    [oneOp({ name: 'Neg', attrs: {} }, ['f64'], [1]), /`Input` makes f64/],
    [oneOp({ name: 'Cast', attrs: { to: 'f16' } }, ['f32'], [1]), /`Cast` makes f16/],
    [oneOp({ name: 'Add', attrs: {} }, ['u8', 'u8'], [1]), /`Add` computes in u8/],
    [opaque(), /the operator `Mish`/],
  ];
  for (const [graph, text] of cases) {
    const problem = await problemOf(backend.compile(graph, options));
    assert.is(problem.kind, 'compile');
    assert.match(problem.text, text);
    assert.match(problem.help ?? '', /ort:cpu/);
  }
});

test('eight-bit integers are converted as they wrap', async () => {
  const wide = tensorOf('i32', [4], [-1, 128, 256, 300]);
  assert.equal(
    numbersOf(await run(oneOp({ name: 'Cast', attrs: { to: 'u8' } }, ['i32'], [4]), [wide])),
    [255, 128, 0, 44],
  );
  assert.equal(
    numbersOf(await run(oneOp({ name: 'Cast', attrs: { to: 'i8' } }, ['i32'], [4]), [wide])),
    [-1, -128, 0, 44],
  );
});

const options = { weights: 'inputs', lookupWeight: () => tensorOf('f32', [], [0]) } as const;

function oneOp(op: Op, dtypes: readonly DType[], dims: readonly number[]): Graph {
  const b = new GraphBuilder();
  const axes = dims.map((size, i) => axis(`_${i}`, size));
  const inputs: readonly ValueId[] = dtypes.map((dtype, i) => b.input(`x${i}`, { dtype, axes }));
  return b.build([{ name: 'y', value: b.add(op, ...inputs) }]);
}

function opaque(): Graph {
  const b = new GraphBuilder();
  const type = { dtype: 'f32', axes: [axis('_a', 2)] } as const;
  const attrs = { opType: 'Mish', domain: '', attributes: '', output: 0, outputs: 1, type };
  return b.build([{ name: 'y', value: b.add({ name: 'Opaque', attrs }, b.input('x', type)) }]);
}

async function run(graph: Graph, feeds: readonly HostTensor[]): Promise<HostTensor> {
  const executable = await backend.compile(graph, options);
  const { outputs } = await executable.run(new Map(feeds.map((t, i) => [`x${i}`, t])));
  const y = outputs.get('y');
  if (y === undefined) throw new Error('no output');
  return y;
}

function runProblem(graph: Graph, feeds: readonly HostTensor[]): Promise<BackendProblem> {
  return problemOf(run(graph, feeds));
}

async function problemOf(work: Promise<unknown>): Promise<BackendProblem> {
  const found = await work.catch((error: unknown) => error);
  if (found instanceof BackendFailure) return found.problem;
  throw found instanceof Error ? found : new Error('expected a BackendFailure');
}

test.run();
