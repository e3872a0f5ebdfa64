import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Graph, GraphBuilder, type ValueId } from '../../../src/compiler/ir/graph.js';
import { axis } from '../../../src/compiler/ir/tensor-type.js';
import { type Backend, BackendFailure, type BackendProblem } from '../../../src/runtime/backend/backend.js';
import {
  bytesOf,
  type HostTensor,
  hostTensor,
  numbersOf,
  tensorOf,
} from '../../../src/runtime/backend/host-tensor.js';
import { backendDiagnostic } from '../../../src/runtime/backend/messages.js';
import { openOrt } from '../../../src/runtime/backend/ort.js';
import { backendNames, openBackend } from '../../../src/runtime/backend/registry.js';
import { assertClose } from '../../support/close.js';
import { randomNumbers } from '../../support/ir-run.js';
import { rejects } from '../../support/rejects.js';

const test = suite('backend');
let ort: Backend;

test.before(async () => {
  ort = await openOrt({ workers: 2 });
});

test.after(() => ort.dispose());

const D = 16;
const VOCAB = 11;
const TOKENS = { dtype: 'i64', axes: [axis('example', 'example'), axis('pos', 'pos')] } as const;

/** Embedding, one causal attention head, an MLP with LayerNorm, unembedding; weight digests begin with `model`. */
function transformer(model: string): Graph {
  const b = new GraphBuilder();
  const weight = (name: string, ...axes: readonly (readonly [string, number])[]) =>
    b.weight({
      name,
      digest: `${model} ${name}`,
      type: { dtype: 'f32', axes: axes.map(([n, s]) => axis(n, s)) },
    });
  const mul = (x: ValueId, y: ValueId) => b.add({ name: 'MatMul', attrs: {} }, x, y);
  const add = (x: ValueId, y: ValueId) => b.add({ name: 'Add', attrs: {} }, x, y);
  const rename = (x: ValueId, names: readonly string[]) => b.add({ name: 'Rename', attrs: { names } }, x);
  const tokens = b.input('tokens', TOKENS);
  const embed = b.add(
    { name: 'Gather', attrs: { axis: 0 } },
    weight('W_E', ['vocab', VOCAB], ['d_model', D]),
    tokens,
  );
  const project = (name: string) => mul(embed, weight(name, ['d_model', D], ['d_head', D]));
  const query = rename(project('W_Q'), ['example', 'query', 'd_head']);
  const key = rename(project('W_K'), ['example', 'key', 'd_head']);
  const scores = mul(query, b.add({ name: 'Transpose', attrs: { perm: [0, 2, 1] } }, key));
  const places = b.add({ name: 'Iota', attrs: { axis: axis('key', 'pos') } });
  const rows = b.add({ name: 'Iota', attrs: { axis: axis('query', 'pos') } });
  const column = b.add({ name: 'Unsqueeze', attrs: { at: [1], names: ['key'] } }, rows);
  const seen = b.add({ name: 'LessOrEqual', attrs: {} }, places, column);
  const low = b.constant({ dtype: 'f32', axes: [] }, ['-Infinity']);
  const masked = b.add({ name: 'Where', attrs: {} }, seen, scores, low);
  const pattern = b.add({ name: 'Softmax', attrs: { axis: 2 } }, masked);
  const mixed = mul(pattern, rename(project('W_V'), ['example', 'key', 'd_head']));
  const attended = rename(mul(mixed, weight('W_O', ['d_head', D], ['d_model', D])), [
    'example',
    'pos',
    'd_model',
  ]);
  const middle = add(embed, attended);
  const norm = { name: 'LayerNormalization', attrs: { axis: 2, epsilon: 1e-5 } } as const;
  const normed = b.add(norm, middle, weight('ln.w', ['d_model', D]), weight('ln.b', ['d_model', D]));
  const hidden = add(
    mul(normed, weight('W_in', ['d_model', D], ['d_mlp', 40])),
    weight('b_in', ['d_mlp', 40]),
  );
  const act = b.add({ name: 'Gelu', attrs: { approximate: 'tanh' } }, hidden);
  const final = add(middle, mul(act, weight('W_out', ['d_mlp', 40], ['d_model', D])));
  const logits = mul(final, weight('W_U', ['d_model', D], ['vocab', VOCAB]));
  return b.build([
    { name: 'logits', value: logits },
    { name: 'pattern', value: pattern },
  ]);
}

function lookupIn(graph: Graph): (digest: string) => HostTensor {
  const made = new Map<string, HostTensor>();
  for (const { op } of graph.nodes) {
    if (op.name !== 'Weight') continue;
    const { digest, type } = op.attrs;
    const seed = [...digest].reduce((sum, c) => sum * 31 + (c.codePointAt(0) ?? 0), 7) % 1_000_003;
    const random = randomNumbers(seed);
    const dims = type.axes.map((a) => Number(a.size));
    const count = dims.reduce((n, d) => n * d, 1);
    made.set(
      digest,
      tensorOf(
        'f32',
        dims,
        Array.from({ length: count }, () => random() - 0.5),
      ),
    );
  }
  return (digest) => {
    const found = made.get(digest);
    if (found === undefined) throw new Error(`no weight ${digest}`);
    return found;
  };
}

function tokensOf(examples: number, length: number, seed = 1): ReadonlyMap<string, HostTensor> {
  const random = randomNumbers(seed);
  const values = Array.from({ length: examples * length }, () => Math.floor(random() * VOCAB));
  return new Map([['tokens', tensorOf('i64', [examples, length], values)]]);
}

function need(outputs: ReadonlyMap<string, HostTensor>, name = 'logits'): HostTensor {
  const found = outputs.get(name);
  if (found === undefined) throw new Error(`no output ${name}`);
  return found;
}

async function problemOf(work: Promise<unknown>): Promise<BackendProblem> {
  try {
    await work;
  } catch (error) {
    if (error instanceof BackendFailure) return error.problem;
    throw error;
  }
  throw new Error('expected a BackendFailure');
}

test('one session runs any batch size and length, and equals the reference', async () => {
  const graph = transformer('a');
  const options = { weights: 'inputs', lookupWeight: lookupIn(graph) } as const;
  const reference = await (await openBackend('reference')).compile(graph, options);
  const executable = await ort.compile(graph, options);
  for (const [examples, length] of [
    [1, 1],
    [1, 7],
    [5, 3],
    [2, 12],
  ] as const) {
    const feeds = tokensOf(examples, length);
    const [found, wanted] = [await executable.run(feeds), await reference.run(feeds)];
    assert.equal(need(found.outputs).dims, [examples, length, VOCAB]);
    assertClose(need(found.outputs).data as Float32Array, need(wanted.outputs).data as Float32Array, {
      rtol: 1e-5,
      atol: 1e-6,
    });
    assert.is(found.flops, wanted.flops);
    assert.ok(found.flops > 0);
    assert.is(found.bytes, examples * length * 8 + examples * length * (VOCAB + length) * 4);
  }
  executable.dispose();
});

test('weights as inputs and weights as constants give the same bits', async () => {
  const graph = transformer('b');
  const lookupWeight = lookupIn(graph);
  const asInputs = await ort.compile(graph, { weights: 'inputs', lookupWeight });
  const asConstants = await ort.compile(graph, { weights: 'constants', lookupWeight });
  for (const [examples, length] of [
    [1, 5],
    [8, 9],
  ] as const) {
    const feeds = tokensOf(examples, length);
    const [left, right] = [await asInputs.run(feeds), await asConstants.run(feeds)];
    assert.equal(bytesOf(need(left.outputs)), bytesOf(need(right.outputs)));
  }
  asInputs.dispose();
  asConstants.dispose();
});

test('models that differ only in their weights share one session', async () => {
  const backend = await openOrt({ workers: 1 });
  const graphs = [transformer('m1'), transformer('m2'), transformer('m3')];
  const executables = await Promise.all(
    graphs.map((g) => backend.compile(g, { weights: 'inputs', lookupWeight: lookupIn(g) })),
  );
  assert.is(backend.counts().sessions, 1);
  const feeds = tokensOf(2, 4);
  const results = await Promise.all(executables.map((e) => e.run(feeds)));
  const texts = new Set(results.map((r) => numbersOf(need(r.outputs)).join()));
  assert.is(texts.size, 3, 'each model keeps its own weights');
  assert.is(backend.counts().runs, 3);
  // The same weights, given to another model's executable by name, give that model's result.
  const [first, second] = [graphs[0], graphs[1]];
  if (first === undefined || second === undefined) throw new Error('no graphs');
  const lookup = lookupIn(second);
  const others = new Map(
    second.nodes.flatMap(({ op }) =>
      op.name === 'Weight' ? [[op.attrs.name, lookup(op.attrs.digest)] as const] : [],
    ),
  );
  const replaced = await executables[0]?.run(feeds, others);
  assert.equal(
    replaced && numbersOf(need(replaced.outputs)),
    results[1] && numbersOf(need(results[1].outputs)),
  );
  await backend.dispose();
});

test('parallel runs give what one run after another gives, whichever worker takes them', async () => {
  const graph = transformer('p');
  const executable = await ort.compile(graph, { weights: 'inputs', lookupWeight: lookupIn(graph) });
  const seeds = Array.from({ length: 24 }, (_, i) => i + 1);
  const together = await Promise.all(seeds.map((s) => executable.run(tokensOf(3, 6, s))));
  for (const [i, seed] of seeds.entries()) {
    const alone = await executable.run(tokensOf(3, 6, seed));
    assert.equal(numbersOf(need(alone.outputs)), numbersOf(need(together[i]?.outputs ?? new Map())));
  }
  executable.dispose();
});

test('a long run leaves the main thread free', async () => {
  const b = new GraphBuilder();
  const x = b.input('x', { dtype: 'f32', axes: [axis('_a', 700), axis('_b', 700)] });
  let y = x;
  for (let i = 0; i < 20; i++) y = b.add({ name: 'MatMul', attrs: {} }, y, x);
  const sum = b.add({ name: 'ReduceMean', attrs: { axes: [0, 1], keepdims: false } }, y);
  const executable = await ort.compile(b.build([{ name: 'y', value: sum }]), noWeights());
  let ticks = 0;
  const timer = setInterval(() => ticks++, 5);
  await executable.run(new Map([['x', hostTensor('f32', [700, 700])]]));
  clearInterval(timer);
  assert.ok(ticks >= 5, `${ticks} ticks of 5 ms during the run`);
});

test('an aborted signal stops a run that has not begun', async () => {
  const graph = transformer('s');
  const executable = await ort.compile(graph, { weights: 'inputs', lookupWeight: lookupIn(graph) });
  const stop = new AbortController();
  const runs = Array.from({ length: 30 }, () =>
    executable.run(tokensOf(2, 5), undefined, { signal: stop.signal }),
  );
  stop.abort();
  const settled = await Promise.allSettled(runs);
  const stopped = settled.filter((s) => s.status === 'rejected');
  assert.ok(stopped.length >= 20, `${stopped.length} of 30 stopped`);
  for (const { reason } of stopped)
    assert.is(reason instanceof BackendFailure && reason.problem.kind, 'aborted');
  const late = await problemOf(executable.run(tokensOf(1, 1), undefined, { signal: stop.signal }));
  assert.is(late.kind, 'aborted');
  executable.dispose();
});

test('a graph that the runtime has no kernel for is a compile problem', async () => {
  const b = new GraphBuilder();
  const x = b.input('x', { dtype: 'f64', axes: [axis('_a', 2)] });
  const graph = b.build([{ name: 'y', value: b.add({ name: 'Erf', attrs: {} }, x) }]);
  const problem = await problemOf(ort.compile(graph, noWeights()));
  assert.is(problem.kind, 'compile');
  assert.match(problem.text, /Erf/);
});

test('a failing run is a run problem, and the next run succeeds', async () => {
  const graph = transformer('f');
  const executable = await ort.compile(graph, { weights: 'inputs', lookupWeight: lookupIn(graph) });
  const wrong = new Map([['tokens', tensorOf('i64', [1, 2], [1, 999])]]);
  assert.is((await problemOf(executable.run(wrong))).kind, 'run');
  const right = await executable.run(tokensOf(1, 2));
  assert.equal(need(right.outputs).dims, [1, 2, VOCAB]);
  executable.dispose();
});

test('a result that cannot be allocated is an out-of-memory problem', async () => {
  const b = new GraphBuilder();
  const huge = axis('_h', 2 ** 40);
  const x = b.input('x', { dtype: 'f32', axes: [axis('_a', 1)] });
  const graph = b.build([{ name: 'y', value: b.add({ name: 'Expand', attrs: { axes: [huge] } }, x) }]);
  const executable = await ort.compile(graph, noWeights());
  const problem = await problemOf(executable.run(new Map([['x', tensorOf('f32', [1], [1])]])));
  assert.is(problem.kind, 'out-of-memory');
  assert.match(problem.help ?? '', /memory budget/);
});

test('a missing, ill-typed or inconsistent feed is our own mistake', async () => {
  const graph = transformer('g');
  const executable = await ort.compile(graph, { weights: 'inputs', lookupWeight: lookupIn(graph) });
  await rejects(executable.run(new Map()), /internal error: no feed for the input `tokens`/);
  await rejects(
    executable.run(new Map([['tokens', tensorOf('i32', [1, 1], [1])]])),
    /internal error: `tokens` is i64/,
  );
  await rejects(executable.run(new Map([['tokens', tensorOf('i64', [1], [1])]])), /internal error/);
  executable.dispose();
});

test('a small view of a large buffer is sent without the rest', async () => {
  const b = new GraphBuilder();
  const x = b.input('x', { dtype: 'f32', axes: [axis('_a', 3)] });
  const graph = b.build([{ name: 'y', value: b.add({ name: 'Neg', attrs: {} }, x) }]);
  const executable = await ort.compile(graph, noWeights());
  const large = Float32Array.from({ length: 1000 }, (_, i) => i);
  const found = await executable.run(
    new Map([['x', { dtype: 'f32', dims: [3], data: large.subarray(500, 503) }]]),
  );
  assert.equal(numbersOf(need(found.outputs, 'y')), [-500, -501, -502]);
});

test('the largest of nothing is -Infinity, and a NaN among numbers stays', async () => {
  const reduced = async (values: readonly number[]) => {
    const b = new GraphBuilder();
    const x = b.input('x', { dtype: 'f32', axes: [axis('_a', 2), axis('_b', values.length / 2)] });
    const y = b.add({ name: 'ReduceMax', attrs: { axes: [1], keepdims: false } }, x);
    const executable = await ort.compile(b.build([{ name: 'y', value: y }]), noWeights());
    const feeds = new Map([['x', tensorOf('f32', [2, values.length / 2], values)]]);
    return numbersOf(need((await executable.run(feeds)).outputs, 'y'));
  };
  assert.equal(await reduced([]), [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]);
  assert.equal(await reduced([1, Number.NaN, 3, 2]), [Number.NaN, 3]);
});

test('an output may be an input or a weight, and the weight survives', async () => {
  const b = new GraphBuilder();
  const x = b.input('x', { dtype: 'f32', axes: [axis('_a', 2)] });
  const w = b.weight({ name: 'w', digest: 'w', type: { dtype: 'f32', axes: [axis('_a', 2)] } });
  const graph = b.build([
    { name: 'x', value: x },
    { name: 'again', value: x },
    { name: 'w', value: w },
  ]);
  const executable = await ort.compile(graph, {
    weights: 'inputs',
    lookupWeight: () => tensorOf('f32', [2], [5, 6]),
  });
  for (const value of [1, 2]) {
    const { outputs } = await executable.run(new Map([['x', tensorOf('f32', [2], [value, value])]]));
    assert.equal(numbersOf(need(outputs, 'x')), [value, value]);
    assert.equal(numbersOf(need(outputs, 'again')), [value, value]);
    assert.equal(numbersOf(need(outputs, 'w')), [5, 6]);
  }
});

test('the reference refuses an opaque operator and names a backend that runs it', async () => {
  const b = new GraphBuilder();
  const type = { dtype: 'f32', axes: [axis('_a', 2)] } as const;
  const attrs = { opType: 'Mish', domain: '', attributes: '', output: 0, outputs: 1, type };
  const value = b.add({ name: 'Opaque', attrs }, b.input('x', type));
  const reference = await openBackend('reference');
  const problem = await problemOf(reference.compile(b.build([{ name: 'y', value }]), noWeights()));
  assert.is(problem.kind, 'compile');
  assert.match(problem.help ?? '', /ort:cpu/);
});

test('every backend opens, or says what to install or to use instead', async () => {
  for (const name of [...backendNames(), 'ort:cpx', 'nonsense']) {
    const opened = await openBackend(name, { workers: 1 }).catch((error: unknown) => error);
    if (!(opened instanceof BackendFailure)) {
      assert.ok(backendNames().some((known) => known === name));
      await (opened as Backend).dispose(); // what is not a failure is the backend
      continue;
    }
    const diagnostic = backendDiagnostic(opened.problem);
    assert.is(diagnostic.code, 'EIS5501');
    assert.match(diagnostic.message, /`/);
    assert.match(diagnostic.help?.text ?? '', /install|use (one of )?`|did you mean|name a driver/);
  }
});

test('an idle backend does not keep the process alive', async () => {
  const url = new URL('../../../src/runtime/backend/ort.ts', import.meta.url);
  const script = `import(${JSON.stringify(url.href)}).then((m) => m.openOrt()).then((b) => console.log(b.name))`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', '-e', script], {
    timeout: 20_000,
  });
  assert.is(stdout.trim(), 'ort:cpu');
});

test('the process can end while a run goes on', async () => {
  const source = (path: string) => JSON.stringify(new URL(`../../../src/${path}`, import.meta.url).href);
  const script = `
    const { GraphBuilder } = await import(${source('compiler/ir/graph.ts')});
    const { hostTensor } = await import(${source('runtime/backend/host-tensor.ts')});
    const { openOrt } = await import(${source('runtime/backend/ort.ts')});
    const b = new GraphBuilder();
    const axes = ['_a', '_b'].map((name) => ({ name, size: 600 }));
    const x = b.input('x', { dtype: 'f32', axes });
    let y = x;
    for (let i = 0; i < 60; i++) y = b.add({ name: 'MatMul', attrs: {} }, y, x);
    const graph = b.build([{ name: 'y', value: y }]);
    const backend = await openOrt({ workers: 1 });
    const executable = await backend.compile(graph, { weights: 'inputs', lookupWeight: () => undefined });
    executable.run(new Map([['x', hostTensor('f32', [600, 600])]])).then(() => console.log('finished'));
    setTimeout(() => process.exit(7), 60);`;
  const child = promisify(execFile)(process.execPath, [
    '--import',
    'tsx',
    '--input-type=module',
    '-e',
    script,
  ]);
  const ended: { code?: number; stdout?: string; stderr?: string } = await child.catch((error) => error);
  assert.is(ended.code, 7, ended.stderr ?? '');
  assert.is(ended.stdout, '', 'the run was still going on');
});

test('closing lets the run that goes on end, and stops those that wait', async () => {
  const backend = await openOrt({ workers: 1 });
  const graph = transformer('c');
  const executable = await backend.compile(graph, { weights: 'inputs', lookupWeight: lookupIn(graph) });
  const runs = Array.from({ length: 10 }, () => executable.run(tokensOf(4, 8)));
  const settled = Promise.allSettled(runs);
  await backend.dispose();
  for (const one of await settled) {
    if (one.status === 'fulfilled') assert.equal(need(one.value.outputs).dims, [4, 8, VOCAB]);
    else assert.is(one.reason instanceof BackendFailure && one.reason.problem.kind, 'aborted');
  }
  await rejects(executable.run(tokensOf(1, 1)), /internal error: run on a closed backend/);
});

function noWeights() {
  return { weights: 'inputs', lookupWeight: () => tensorOf('f32', [], [0]) } as const;
}

test.run();
