// Random experiments with several families of rows that write into a transformer of toy size, and what their inputs are fed with:
// rows member by member, positions listed from where a family begins to differ.
import { type Graph, GraphBuilder, type ValueId } from '../../src/compiler/ir/graph.js';
import { elementwise, hasAxis, reduceNamed, scalar, whereNamed } from '../../src/compiler/ir/named.js';
import { lift, maskFromIndex, selectByValue, selectStatic } from '../../src/compiler/ir/named-select.js';
import { dimsOf, inputsOf } from '../../src/compiler/ir/symbols.js';
import { type Tensor, tensor } from '../../src/compiler/ir/tensor.js';
import type { Dim, DType, TensorType } from '../../src/compiler/ir/tensor-type.js';
import { type PositionsInput, runPasses } from '../../src/compiler/pass/pass.js';
import { PIPELINE } from '../../src/compiler/pass/pipeline.js';
import { randomNumbers } from './ir-run.js';
import { type Site, TINY, tinyTransformer } from './tiny-transformer.js';

export const SITES = ['z', 'attn_out', 'mlp', 'resid'] as const;
export type WrittenValue = 'zero' | 'patched' | 'scaled';
export type WrittenWhere = 'end' | 'fixed' | 'input' | 'everywhere';
export type FamilyWrite = {
  readonly layer: number;
  readonly site: (typeof SITES)[number];
  readonly value: WrittenValue;
  readonly where: WrittenWhere;
  readonly byHead: boolean;
};
export type FamilyPlan = {
  readonly members: number;
  /** Each is a run of its own, with all writes of the list. */
  readonly worlds: readonly (readonly FamilyWrite[])[];
  readonly metric: 'two logits' | 'an answer' | 'a mean';
};
export type ExperimentPlan = {
  readonly examples: number;
  readonly positions: number;
  readonly families: readonly FamilyPlan[];
};

export function randomPlan(seed: number): ExperimentPlan {
  const random = randomNumbers(seed);
  const choose = <T>(options: readonly T[]): T => {
    const chosen = options[Math.floor(random() * options.length)];
    if (chosen === undefined) throw new Error('nothing to choose from');
    return chosen;
  };
  const list = <T>(length: number, make: () => T): readonly T[] => Array.from({ length }, make);
  const write = (): FamilyWrite => ({
    layer: choose([0, 1, 2]),
    site: choose(SITES),
    value: choose(['zero', 'patched', 'scaled'] as const),
    where: choose(['end', 'end', 'fixed', 'input', 'input', 'everywhere'] as const),
    byHead: choose([true, false]),
  });
  const family = (): FamilyPlan => ({
    members: choose([1, 2, 3]),
    worlds: list(choose([1, 1, 2]), () => list(choose([1, 1, 2]), write)),
    metric: choose(['two logits', 'two logits', 'an answer', 'a mean'] as const),
  });
  return { examples: choose([1, 2, 3]), positions: 5, families: list(choose([2, 3, 4]), family) };
}

function type(dtype: DType, ...axes: readonly (readonly [string, Dim])[]): TensorType {
  return { dtype, axes: axes.map(([name, size]) => ({ name, size })) };
}
const transformer = (b: GraphBuilder, tokens: ValueId, site?: Site) =>
  tinyTransformer(b, tokens, site, 'triangle');
const TOKENS = type('i64', ['example', 'example'], ['pos', 'pos']);

/** The experiment written down naively: every world whole, from lifted tokens. */
export function familyExperiment({ families }: ExperimentPlan): Graph {
  const b = new GraphBuilder();
  const tokens = b.input('data:base:tokens', TOKENS);
  const clean = transformer(b, tokens);
  const outputs = families.map((family, id) => {
    const read = metricOf(b, family, id);
    const rows = b.input(`example_of_row:${id}`, type('i64', ['example', `row:${id}`]));
    const effects = family.worlds.map((writes) =>
      elementwise(b, 'Sub', read(worldOf(b, tokens, rows, writes, id)), read(lift(b, clean, rows))),
    );
    const value = effects.reduce((x, y) =>
      elementwise(b, 'Sub', elementwise(b, 'Mul', x, scalar(b, 'f32', 2)), y),
    );
    return { name: `effect:${id}`, value };
  });
  return b.build([...outputs, { name: 'clean', value: selectStatic(b, clean, 'pos', -1) }]);
}

function worldOf(
  b: GraphBuilder,
  tokens: ValueId,
  rows: ValueId,
  writes: readonly FamilyWrite[],
  id: number,
): ValueId {
  const donors = b.input('data:abc:tokens', TOKENS);
  return transformer(b, lift(b, tokens, rows), (path, before) =>
    writes
      .filter(({ layer, site }) => path === `${layer}.${site}`)
      .reduce((value, write) => {
        const mask = maskOf(b, value, write, id);
        return whereNamed(b, mask, writtenValue(b, value, write, { path, donors, rows, id }), value);
      }, before),
  );
}

function writtenValue(
  b: GraphBuilder,
  value: ValueId,
  write: FamilyWrite,
  at: { readonly path: string; readonly donors: ValueId; readonly rows: ValueId; readonly id: number },
): ValueId {
  switch (write.value) {
    case 'zero':
      return scalar(b, 'f32', 0);
    case 'scaled':
      return elementwise(
        b,
        'Mul',
        value,
        b.input(`binder:${at.id}:dose`, type('f32', ['example', `row:${at.id}`])),
      );
    case 'patched': {
      let found: ValueId | undefined;
      transformer(b, at.donors, (path, one) => {
        if (path === at.path) found = one;
        return one;
      });
      if (found === undefined) throw new Error(`no site ${at.path}`);
      return lift(b, found, at.rows);
    }
  }
}

function maskOf(b: GraphBuilder, value: ValueId, { where, byHead }: FamilyWrite, id: number): ValueId {
  const index = (name: string) => b.input(`binder:${id}:${name}`, type('i64', ['example', `row:${id}`]));
  const pos = { name: 'pos', size: 'pos' } as const;
  const end = () =>
    b.add(
      { name: 'ReduceMax', attrs: { axes: [0], keepdims: false } },
      b.add({ name: 'Iota', attrs: { axis: pos } }),
    );
  const masks: { readonly [W in WrittenWhere]: () => ValueId | null } = {
    end: () => maskFromIndex(b, pos, end()),
    fixed: () => maskFromIndex(b, pos, b.constant(type('i64'), [2])),
    input: () => maskFromIndex(b, pos, index('p')),
    everywhere: () => null,
  };
  const here = masks[where]();
  const head =
    byHead && hasAxis(b, value, 'head')
      ? maskFromIndex(b, { name: 'head', size: TINY.heads }, index('h'))
      : null;
  if (here !== null && head !== null) return elementwise(b, 'And', head, here);
  return here ?? head ?? b.constant(type('bool'), [1]);
}

function metricOf(b: GraphBuilder, { metric }: FamilyPlan, id: number): (logits: ValueId) => ValueId {
  switch (metric) {
    case 'two logits':
      return (logits) => {
        const last = selectStatic(b, logits, 'pos', -1);
        return elementwise(b, 'Sub', selectStatic(b, last, 'vocab', 1), selectStatic(b, last, 'vocab', 4));
      };
    case 'an answer': {
      const answer = b.input(`answer:${id}`, type('i64', ['example', `row:${id}`]));
      return (logits) => selectByValue(b, selectStatic(b, logits, 'pos', -1), 'vocab', answer);
    }
    case 'a mean':
      return (logits) => reduceNamed(b, 'ReduceMean', selectStatic(b, logits, 'vocab', 2), ['pos']);
  }
}

export type Ready = {
  readonly graph: Graph;
  readonly positions: readonly PositionsInput[];
};

/** After the usual passes. */
export function afterPasses(graph: Graph): Ready {
  const { graph: after, inputs } = runPasses(graph, PIPELINE);
  return { graph: after, positions: inputs };
}

/** Feeds of the naive graph: rows go member by member, and within a member example by example. */
export function feedsFor(graph: Graph, plan: ExperimentPlan, seed: number): ReadonlyMap<string, Tensor> {
  const random = randomNumbers(seed);
  const { examples, positions, families } = plan;
  const sizes = new Map<string, number>([
    ['example', examples],
    ['pos', positions],
    ...families.map(({ members }, id) => [`row:${id}`, members * examples] as const),
  ]);
  const below = (limit: number) => Math.floor(random() * limit);
  const base = Array.from({ length: examples * positions }, () => below(TINY.vocab));
  const firstOther = 1 + below(positions - 1);
  const draw = (name: string, i: number): number => {
    if (name === 'data:base:tokens') return base[i] ?? 0;
    if (name === 'data:abc:tokens')
      return i % positions < firstOther ? (base[i] ?? 0) : ((base[i] ?? 0) + 1) % TINY.vocab;
    if (name.startsWith('example_of_row:')) return i % examples;
    if (name.endsWith(':p')) return below(positions);
    if (name.endsWith(':h')) return below(TINY.heads);
    return name.startsWith('answer:') ? below(TINY.vocab) : random() * 3 - 1;
  };
  return new Map(
    inputsOf(graph).map(({ name, type: own }) => {
      const dims = dimsOf(own, sizes);
      const count = dims.reduce((x, y) => x * y, 1);
      return [
        name,
        tensor(
          own.dtype,
          dims,
          Array.from({ length: count }, (_, i) => draw(name, i)),
        ),
      ];
    }),
  );
}

/** And those of the lists of positions, as many as the writes can have changed and `more`. */
export function withPositions(
  feeds: ReadonlyMap<string, Tensor>,
  { graph, positions }: Ready,
  more = 0,
): ReadonlyMap<string, Tensor> {
  const length = feeds.get('data:base:tokens')?.dims[1] ?? 0;
  const starts = new Map<string, number>();
  for (const { dirty, bounds } of positions)
    for (const { at, differ } of bounds) {
      const pairs = differ ?? [];
      const differs = differ === null ? 0 : Math.min(...pairs.map(([x, y]) => firstDifference(feeds, x, y)));
      const start = Math.max(startOf(feeds, at, length), differs);
      starts.set(dirty, Math.min(starts.get(dirty) ?? length - 1, start));
    }
  const all = new Map(feeds);
  for (const { name, which, dirty } of positions) {
    const from = Math.max(0, (starts.get(dirty) ?? 0) - more);
    const listed = Array.from({ length }, (_, i) => i).filter((i) => i >= from === (which === 'dirty'));
    all.set(name, tensor('i64', [listed.length], listed));
  }
  const read = new Set(inputsOf(graph).map(({ name }) => name));
  return new Map([...all].filter(([name]) => read.has(name)));
}

function startOf(
  feeds: ReadonlyMap<string, Tensor>,
  at: PositionsInput['bounds'][number]['at'],
  length: number,
): number {
  switch (at.kind) {
    case 'end':
      return length - 1 - at.back;
    case 'fixed':
      return at.index;
    case 'input':
      return Math.min(...(feeds.get(at.name)?.data ?? [0]));
    case 'anywhere':
      return 0;
  }
}

function firstDifference(feeds: ReadonlyMap<string, Tensor>, left: string, right: string): number {
  const [a, b] = [feeds.get(left), feeds.get(right)];
  if (a === undefined || b === undefined) throw new Error(`no feeds ${left} and ${right}`);
  const length = a.dims[1] ?? 0;
  const places = Array.from(a.data, (_, i) => (a.data[i] === b.data[i] ? length : i % length));
  return Math.min(...places);
}

/** Nodes of products that read a weight and have rows of a family, by the name of the weight. */
export function productsOfRows(graph: Graph): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const { op, inputs, type: own } of graph.nodes) {
    if (op.name !== 'MatMul' || !own.axes.some(({ size }) => /\brow:/.test(String(size)))) continue;
    for (const name of new Set(inputs.flatMap((input) => weightsAbove(graph, input))))
      found.set(name, (found.get(name) ?? 0) + 1);
  }
  return found;
}

/** The weights of which a value is only another view. */
function weightsAbove(graph: Graph, id: ValueId): readonly string[] {
  const node = graph.nodes[id];
  if (node === undefined) return [];
  if (node.op.name === 'Weight') return [node.op.attrs.name];
  const views = ['Gather', 'Transpose', 'Rename', 'Reshape', 'Unsqueeze', 'Squeeze', 'Flatten'];
  const [only] = node.inputs;
  return only !== undefined && views.includes(node.op.name) ? weightsAbove(graph, only) : [];
}

/** Values of the clean run at clean positions, copied to the rows: what `attend-in-place` is there to avoid. */
export function copiedToRows(graph: Graph): number {
  return graph.nodes.filter(({ op, inputs }) => {
    const [data] = inputs;
    if (op.name !== 'Gather' || op.attrs.axis !== 0 || data === undefined) return false;
    const picked = graph.nodes[data];
    const sizes = picked?.type.axes.map(({ size }) => String(size)) ?? [];
    return sizes[0] === 'example' && sizes.some((size) => size.includes('-dirty:'));
  }).length;
}
