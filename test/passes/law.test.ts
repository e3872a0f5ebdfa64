// The same-results law over random experiments: a site is written for each row by its own head, position or strength, and a metric
// compares the run with the clean one. Every pass alone, the whole pipeline, and the pipeline without each pass must agree.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Graph, GraphBuilder, type ValueId } from '../../src/compiler/ir/graph.js';
import {
  elementwise,
  hasAxis,
  reduceNamed,
  scalar,
  softmaxNamed,
  unary,
  whereNamed,
} from '../../src/compiler/ir/named.js';
import { dotNamed } from '../../src/compiler/ir/named-dot.js';
import {
  crossEntropy,
  lift,
  maskFromIndex,
  selectByValue,
  selectStatic,
  shiftAxis,
} from '../../src/compiler/ir/named-select.js';
import type { Dim, DType, TensorType } from '../../src/compiler/ir/tensor-type.js';
import { runPasses } from '../../src/compiler/pass/pass.js';
import { PIPELINE } from '../../src/compiler/pass/pipeline.js';
import { randomNumbers } from '../support/ir-run.js';
import { assertSameResults } from '../support/pass-law.js';
import { TINY, tinyTransformer } from '../support/tiny-transformer.js';

const test = suite('passes/law');
const SIZES = new Map<string, number>([
  ['example', 2],
  ['pos', 4],
  ['row:0', 5],
]);

function type(dtype: DType, ...axes: readonly (readonly [string, Dim])[]): TensorType {
  return { dtype, axes: axes.map(([name, size]) => ({ name, size })) };
}
const EXAMPLE = ['example', 'example'] as const;
const ROW = ['example', 'row:0'] as const;
const POS = ['pos', 'pos'] as const;

type Choice = <T>(options: readonly T[]) => T;

function experiment(seed: number): Graph {
  const random = randomNumbers(seed);
  const choose: Choice = (options) => {
    const chosen = options[Math.floor(random() * options.length)];
    if (chosen === undefined) throw new Error('nothing to choose from');
    return chosen;
  };
  const b = new GraphBuilder();
  const tokens = b.input('tokens', type('i64', EXAMPLE, POS));
  const rows = b.input('rows', type('i64', ROW));
  const path = `${choose([0, 1, 2])}.${choose(['z', 'attn_out', 'mlp', 'resid'])}`;
  const donor = valueAt(b, b.input('donor_tokens', type('i64', EXAMPLE, POS)), path);
  const clean = tinyTransformer(b, tokens);
  const write = choose([zero, meanOverExamples, patched, scaled]);
  const mask = choose([byHead, byPosition, everywhere]);
  const world = tinyTransformer(b, lift(b, tokens, rows), (here, value) => {
    if (here !== path) return value;
    const where = mask(b, value);
    const written = write(b, value, lift(b, donor, rows));
    return whereNamed(b, where ?? everywhere(b), written, value);
  });
  const metric = choose([logitDifference, answerLogits, loss, divergence, meanLogit, previousToken]);
  const liftedClean = lift(b, clean, rows);
  const y = metric(b, world, liftedClean, choose);
  const outputs = [{ name: 'y', value: y }];
  if (random() < 0.3) outputs.push({ name: 'clean', value: selectStatic(b, clean, 'pos', choose([0, -1])) });
  // Every input stays an output, so that all symbols are bound whatever the program uses.
  return b.build([...outputs, { name: 'rows', value: rows }, { name: 'tokens', value: tokens }]);
}

function valueAt(b: GraphBuilder, tokens: ValueId, path: string): ValueId {
  let found: ValueId | undefined;
  tinyTransformer(b, tokens, (here, value) => {
    if (here === path) found = value;
    return value;
  });
  if (found === undefined) throw new Error(`no site ${path}`);
  return found;
}

function zero(b: GraphBuilder): ValueId {
  return scalar(b, 'f32', 0);
}

function patched(_: GraphBuilder, __: ValueId, donor: ValueId): ValueId {
  return donor;
}

function meanOverExamples(b: GraphBuilder, _: ValueId, donor: ValueId): ValueId {
  const source = b.nodeOf(donor).inputs[0];
  if (source === undefined) throw new Error('a donor is lifted');
  return reduceNamed(b, 'ReduceMean', source, ['example', 'pos']);
}

function scaled(b: GraphBuilder, value: ValueId): ValueId {
  return elementwise(b, 'Mul', value, b.input('dose', type('f32', ROW)));
}

function byHead(b: GraphBuilder, value: ValueId): ValueId | null {
  if (!hasAxis(b, value, 'head')) return null;
  return maskFromIndex(b, { name: 'head', size: TINY.heads }, b.input('head', type('i64', ROW)));
}

function byPosition(b: GraphBuilder): ValueId {
  return maskFromIndex(b, { name: 'pos', size: 'pos' }, b.input('position', type('i64', ROW)));
}

/** Also where the written value has fewer axes than the site, which it is then repeated along. */
function everywhere(b: GraphBuilder): ValueId {
  return b.constant(type('bool'), [1]);
}

function logitDifference(b: GraphBuilder, world: ValueId, clean: ValueId, choose: Choice): ValueId {
  const difference = (x: ValueId, at: number) => {
    const last = selectStatic(b, x, 'pos', at);
    return elementwise(b, 'Sub', selectStatic(b, last, 'vocab', 1), selectStatic(b, last, 'vocab', 4));
  };
  const at = choose([-1, 2]);
  return elementwise(b, 'Sub', difference(world, at), difference(clean, at));
}

function answerLogits(b: GraphBuilder, world: ValueId, clean: ValueId): ValueId {
  const [end, answer] = [b.input('end', type('i64', ROW)), b.input('answer', type('i64', ROW))];
  const read = (x: ValueId) => selectByValue(b, selectByValue(b, x, 'pos', end), 'vocab', answer);
  return elementwise(b, 'Sub', read(world), read(clean));
}

function loss(b: GraphBuilder, world: ValueId): ValueId {
  const targets = b.input('targets', type('i64', ROW, POS));
  return reduceNamed(b, 'ReduceMean', crossEntropy(b, world, targets), ['pos']);
}

function divergence(b: GraphBuilder, world: ValueId, clean: ValueId): ValueId {
  const [p, q] = [softmaxNamed(b, clean, 'vocab'), softmaxNamed(b, world, 'vocab')];
  const logs = elementwise(b, 'Sub', unary(b, 'Log', p), unary(b, 'Log', q));
  return selectStatic(b, dotNamed(b, p, logs, 'vocab'), 'pos', -1);
}

function meanLogit(b: GraphBuilder, world: ValueId, _: ValueId, choose: Choice): ValueId {
  return reduceNamed(b, 'ReduceMean', selectStatic(b, world, 'vocab', choose([0, 3])), ['pos']);
}

function previousToken(b: GraphBuilder, world: ValueId): ValueId {
  const { value, valid } = shiftAxis(b, selectStatic(b, world, 'vocab', 2), 'pos', -1);
  return whereNamed(b, valid, value, scalar(b, 'f32', 0));
}

test('200 random experiments keep their results under the pipeline, and cost no more', () => {
  let saved = 0;
  for (let seed = 0; seed < 200; seed++) {
    const { flopsBefore, flopsAfter } = assertSameResults(experiment(seed), PIPELINE, SIZES, seed);
    assert.ok(flopsAfter <= flopsBefore, `seed ${seed}: ${flopsBefore} to ${flopsAfter}`);
    saved += 1 - flopsAfter / flopsBefore;
  }
  assert.ok(saved / 200 > 0.3, `on average ${saved / 200} of the work is saved`);
});

for (const pass of PIPELINE) {
  test(`12 random experiments keep their results under ${pass.name} alone and under the pipeline without it`, () => {
    const others = PIPELINE.filter((p) => p !== pass);
    for (let seed = 1000; seed < 1012; seed++) {
      const { flopsBefore, flopsAfter } = assertSameResults(experiment(seed), [pass], SIZES, seed);
      assert.ok(flopsAfter <= flopsBefore, `${flopsBefore} to ${flopsAfter}`);
      assertSameResults(experiment(seed), others, SIZES, seed);
    }
  });
}

test('the runner skips by name, records what each pass saved, and dumps what ran', () => {
  const graph = experiment(7);
  const dumped: string[] = [];
  const without = new Set(['share-prefix']);
  const { records } = runPasses(graph, PIPELINE, { without, dump: (name) => dumped.push(name) });
  assert.equal(
    records.map((r) => r.name),
    PIPELINE.map((p) => p.name),
  );
  assert.equal(
    dumped,
    PIPELINE.map((p) => p.name).filter((n) => n !== 'share-prefix'),
  );
  const skipped = records.find((r) => r.skipped);
  assert.is(skipped?.name, 'share-prefix');
  assert.is(skipped?.flopsAfter, skipped?.flopsBefore);
});

test('a pass that breaks the graph is stopped by the verifier', () => {
  const broken = {
    name: 'broken',
    about: 'reads a value before it is there',
    run: (g: Graph): Graph => ({ nodes: g.nodes.toReversed(), outputs: g.outputs }),
  };
  assert.throws(() => runPasses(experiment(1), [broken]), /which is not before it/);
});

test.run();
