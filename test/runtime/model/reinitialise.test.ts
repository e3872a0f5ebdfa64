import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { digest } from '../../../src/compiler/base/digest.js';
import { structureDigest } from '../../../src/compiler/ir/digest.js';
import type { TensorType } from '../../../src/compiler/ir/tensor-type.js';
import type { ModelGraph } from '../../../src/compiler/model/model-graph.js';
import { weightsOf } from '../../../src/compiler/model/with-weights.js';
import { type HostTensor, numbersOf, tensorOf } from '../../../src/runtime/backend/host-tensor.js';
import { openCompileHost } from '../../../src/runtime/compile-host.js';
import { realHost } from '../../../src/runtime/host.js';
import { drawTensor, normalFromUniform, permuteTensor } from '../../../src/runtime/model/draw-tensor.js';
import { type LoadedModel, loadBundled } from '../../../src/runtime/model/load-model.js';
import { type Redraw, reinitialise } from '../../../src/runtime/model/reinitialise.js';
import { normalQuantile } from '../../../src/runtime/stats/distributions.js';
import { normal } from '../../../src/runtime/stats/normal.js';
import { streamKey } from '../../../src/runtime/stats/rng.js';
import { assertClose } from '../../support/close.js';

const test = suite('model/reinitialise');
const REDRAW: Redraw = { rootHex: '00'.repeat(32), stream: 'control/untrained', replicate: 3 };

function attn2(): LoadedModel {
  const result = loadBundled('attn2');
  if (result.kind === 'problem') throw new Error(result.problem.kind);
  return result.value;
}

function lookup(model: LoadedModel): (digest: string) => HostTensor {
  return (digest) => model.weights.get(digest) ?? (assert.unreachable(digest) as never);
}

test('the quantile agrees with the statistics library, in both tails', () => {
  const uniforms = [2 ** -53, 1e-12, 1e-5, 0.01, 0.075, 0.3, 0.5, 0.6, 0.925, 0.999, 1 - 2 ** -53];
  assertClose(uniforms.map(normalFromUniform), uniforms.map(normalQuantile), { rtol: 1e-13, atol: 1e-15 });
});

test('a drawn tensor holds the keyed normal draws one by one', () => {
  const key = streamKey(REDRAW.rootHex, 'test');
  const drawn = drawTensor({ distribution: 'normal', mean: 2, std: 0.5 }, [3, 5], { key, replicate: 4 });
  const expected = Array.from({ length: 15 }, (_, i) => Math.fround(2 + 0.5 * normal(key, i, 4)));
  assertClose(numbersOf(drawn), expected, { rtol: 1e-6 });
});

test('uniform and constant rules keep to their bounds', () => {
  const draw = { key: streamKey(REDRAW.rootHex, 'test'), replicate: 0 };
  const uniform = numbersOf(drawTensor({ distribution: 'uniform', low: -1, high: 3 }, [10_000], draw));
  assert.ok(uniform.every((v) => v >= -1 && v <= 3));
  assertClose(uniform.reduce((a, b) => a + b, 0) / 10_000, 1, { atol: 0.06 }); // 5 standard errors
  assert.equal(numbersOf(drawTensor({ distribution: 'constant', value: 1 }, [2], draw)), [1, 1]);
});

test('a replicate is drawn from the manifest’s initialiser, tensor by tensor', () => {
  const model = attn2();
  const fresh = reinitialise(model.graph, REDRAW, lookup(model));
  assert.is(fresh.how, 'initialiser');
  for (const { name, digest } of weightsOf(fresh.graph)) {
    const rule = model.graph.initialiser?.[name];
    const values = numbersOf(fresh.lookupWeight(digest));
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const std = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length);
    if (rule?.distribution === 'constant') assert.is(std, 0, name);
    else if (rule?.distribution === 'normal') {
      assertClose(std, rule.std, { rtol: 5 / Math.sqrt(2 * values.length) });
      assertClose(mean, rule.mean, { atol: (5 * rule.std) / Math.sqrt(values.length) });
    } else assert.unreachable(`no rule for ${name}`);
  }
});

test('replicates, streams and tensors differ; the same recipe gives the same numbers', () => {
  const model = attn2();
  const first = (redraw: Redraw, at: number): readonly number[] => {
    const fresh = reinitialise(model.graph, redraw, lookup(model));
    return numbersOf(fresh.lookupWeight(weightsOf(fresh.graph)[at]?.digest ?? '')).slice(0, 4);
  };
  assert.equal(first(REDRAW, 0), first(REDRAW, 0));
  assert.not.equal(first(REDRAW, 0), first({ ...REDRAW, replicate: 4 }, 0));
  assert.not.equal(first(REDRAW, 0), first({ ...REDRAW, stream: 'control/searched' }, 0));
  assert.not.equal(first(REDRAW, 1), first(REDRAW, 2));
});

test('a replicate has the structure of the model and a digest of its own', () => {
  const model = attn2();
  const fresh = reinitialise(model.graph, REDRAW, lookup(model)).graph;
  assert.is(structureDigest(fresh.graph), structureDigest(model.graph.graph));
  assert.is.not(fresh.digest, model.graph.digest);
  assert.is.not(
    fresh.digest,
    reinitialise(model.graph, { ...REDRAW, replicate: 4 }, lookup(model)).graph.digest,
  );
});

test('without an initialiser each tensor keeps its own elements in another order', () => {
  const model = attn2();
  const fresh = reinitialise({ ...model.graph, initialiser: null }, REDRAW, lookup(model));
  assert.is(fresh.how, 'permutation');
  const [before, after] = [weightsOf(model.graph)[1], weightsOf(fresh.graph)[1]];
  const old = numbersOf(lookup(model)(before?.digest ?? ''));
  const now = numbersOf(fresh.lookupWeight(after?.digest ?? ''));
  assert.not.equal(now, old);
  assert.equal(
    now.toSorted((a, b) => a - b),
    old.toSorted((a, b) => a - b),
  );
});

test('permutations are uniform: each element comes to each place equally often', () => {
  const key = streamKey(REDRAW.rootHex, 'test');
  const counts = new Float64Array(16);
  const n = 8000;
  for (let replicate = 0; replicate < n; replicate++) {
    const order = numbersOf(permuteTensor(tensorOf('i32', [4], [0, 1, 2, 3]), { key, replicate }));
    for (const [place, element] of order.entries())
      counts[4 * place + element] = (counts[4 * place + element] ?? 0) + 1;
  }
  const expected = n / 4;
  const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  assert.ok(chiSquare < 27.9, `chi-square ${chiSquare} with 9 degrees of freedom`); // upper 0.1 %
});

test('a tensor too large for the cache is permuted too: every element once, places uniform and unrelated', () => {
  const n = 200_000; // some buckets
  const key = streamKey(REDRAW.rootHex, 'large');
  const numbers = Array.from({ length: n }, (_, i) => i);
  const order = numbersOf(permuteTensor(tensorOf('i32', [n], numbers), { key, replicate: 3 }));
  assert.equal(
    [...order].toSorted((a, b) => a - b),
    numbers,
  );
  // Rank correlation of a random permutation: mean 0, variance 1 / (n - 1).
  const mean = (n - 1) / 2;
  const product = order.reduce((sum, element, place) => sum + (element - mean) * (place - mean), 0);
  const correlation = product / (((n - 1) * n * (n + 1)) / 12);
  assert.ok(Math.abs(correlation) < 4 / Math.sqrt(n - 1), `correlation ${correlation}`);
  // Elements of one tenth end in each tenth: 100 cells of n / 100.
  const cells = new Float64Array(100);
  for (const [place, element] of order.entries()) {
    const cell = 10 * Math.floor((10 * place) / n) + Math.floor((10 * element) / n);
    cells[cell] = (cells[cell] ?? 0) + 1;
  }
  const expected = n / 100;
  const chiSquare = cells.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  assert.ok(chiSquare < 126.1, `chi-square ${chiSquare} with 81 degrees of freedom`); // upper 0.1 %
});

test('weights of small replicates are drawn once, those of large ones let go', () => {
  const host = openCompileHost({ host: realHost(), folder: '.', controlRoot: () => REDRAW.rootHex });
  const { graph } = attn2();
  const [first] = weightsOf(graph);
  if (first === undefined) throw new Error('no weights');
  /** The bundled model with one more weight, which is never drawn here. */
  const wide: ModelGraph = {
    ...graph,
    digest: digest('model', 'wide'),
    initialiser: { ...graph.initialiser, more: { distribution: 'constant', value: 0 } },
    graph: {
      ...graph.graph,
      nodes: [...graph.graph.nodes, weightNode('more', [3000, 3000])],
    },
  };
  for (const [model, stream, isKept] of [
    [graph, 'small', true],
    [wide, 'large', false],
  ] as const) {
    const fresh = host.reinitialised(model, stream, 0);
    if (fresh.kind !== 'ok') throw new Error(fresh.text);
    const drawn = weightsOf(fresh.value).find(({ name }) => name === first.name)?.digest ?? '';
    const [one, two] = [host.lookupWeight(drawn), host.lookupWeight(drawn)];
    assert.is(one === two, isKept);
    assert.equal(numbersOf(one), numbersOf(two), 'the same numbers either way');
  }
});

function weightNode(name: string, dims: readonly number[]) {
  const type: TensorType = { dtype: 'f32', axes: dims.map((size, i) => ({ name: `_${i}`, size })) };
  return { op: { name: 'Weight', attrs: { name, digest: name, type } }, inputs: [], type } as const;
}

test.run();
