import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { digest } from '../../../src/compiler/base/digest.js';
import type { Pool, Stage } from '../../../src/compiler/check/stage.js';
import { numbersOf } from '../../../src/runtime/backend/host-tensor.js';
import type { RowSet } from '../../../src/runtime/data/row-set.js';
import { pooledOf } from '../../../src/runtime/execute/pooled.js';
import { ExecuteFailure } from '../../../src/runtime/execute/problem.js';
import type { RaggedValues, StageOutputs, StageValues } from '../../../src/runtime/execute/stage-values.js';

const test = suite('pooled');
const rows: RowSet = {
  lengths: Int32Array.of(2, 2, 1),
  columns: new Map(),
  roles: new Map(),
  roleStarts: new Map(),
  spec: digest('test', 'rows'),
  split: 'reference',
  rows: 3,
  clusters: { ids: ['x', 'y'], of: Int32Array.of(0, 0, 1) },
  itemHashes: ['a', 'b', 'c'],
  variants: new Map(),
};
// Only the name of its data is read, and only in a message.
const stage = { data: { declared: 'd' } } as Stage;
const pool: Pool = { id: 4, stage, reduce: 'mean', over: 'all', context: null, axes: [] };

function dense(
  dims: readonly number[],
  values: readonly number[],
  axes: readonly string[],
  byMember = false,
): StageValues {
  return { kind: 'dense', axes, byMember, dims, values: Float32Array.from(values) };
}

function outputs(sum: StageValues | RaggedValues, count?: StageValues): StageOutputs {
  const both = [
    ['pool:4:sum', sum] as const,
    ...(count === undefined ? [] : [['pool:4:count', count] as const]),
  ];
  return {
    outputs: new Map(both.flatMap(([name, one]) => (one.kind === 'dense' ? [[name, one] as const] : []))),
    ragged: new Map(both.flatMap(([name, one]) => (one.kind === 'ragged' ? [[name, one] as const] : []))),
  };
}

function tensorOf(found: ReturnType<typeof pooledOf>) {
  if (found.kind !== 'all') throw new Error('by cluster');
  return { dims: found.tensor.dims, numbers: numbersOf(found.tensor) };
}

const failsAs = (kind: string) => (error: unknown) =>
  error instanceof ExecuteFailure && error.problem.kind === kind;

test('a mean weighs rows by their counts, in double precision', () => {
  const sum = dense([3, 2], [1e8, 2, 1, 4, -1e8, 6], ['d']);
  const count = dense([3], [1, 2, 1], []);
  assert.equal(tensorOf(pooledOf(pool, outputs(sum, count), rows)), { dims: [2], numbers: [0.25, 3] });
});

test('a count that has some of the axes holds along the others', () => {
  const sum = dense([3, 2, 2], [1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4], ['head', 'd']);
  const byHead = dense([3, 2], [1, 3, 1, 3, 1, 3], ['head']);
  const byInner = dense([3, 2], [1, 3, 1, 3, 1, 3], ['d']);
  assert.equal(tensorOf(pooledOf(pool, outputs(sum, byHead), rows)).numbers, [1, 2, 1, Math.fround(4 / 3)]);
  assert.equal(tensorOf(pooledOf(pool, outputs(sum, byInner), rows)).numbers, [
    1,
    Math.fround(2 / 3),
    3,
    Math.fround(4 / 3),
  ]);
});

test('a sum is not divided', () => {
  const sum = dense([3, 1], [1, 2, 4], ['d']);
  assert.equal(
    tensorOf(pooledOf({ ...pool, reduce: 'sum' }, outputs(sum, dense([3], [9, 9, 9], [])), rows)).numbers,
    [7],
  );
});

test('each member has its own mean', () => {
  const members = { key: '', binders: [], fixed: new Map(), members: [[0], [1]], circuits: new Map() };
  const own: Pool = { ...pool, context: { id: 0, symbol: 'row:0', members } };
  const sum = dense([2, 3, 1], [1, 2, 3, 10, 20, 30], ['d'], true);
  const count = dense([2, 3], [1, 1, 1, 1, 1, 2], [], true);
  const found = pooledOf(own, outputs(sum, count), rows);
  assert.equal(tensorOf(found), { dims: [2, 1], numbers: [2, 15] });
  assert.ok(found.kind === 'all' && found.byMember);
});

function ragged(...values: readonly (readonly number[])[]): RaggedValues {
  const cells = values.map((one) => ({ dims: [one.length], cells: Float32Array.from(one) }));
  return { kind: 'ragged', axes: ['pos'], byMember: false, members: 1, rows: cells };
}

test('a cluster has its own mean at each position', () => {
  const found = pooledOf({ ...pool, over: 'cluster' }, outputs(ragged([1, 2], [3, 6], [9])), rows);
  if (found.kind !== 'cluster') throw new Error('not by cluster');
  assert.equal(
    [...found.tables].map(([id, table]) => [id, numbersOf(table)]),
    [
      ['x', [2, 4]],
      ['y', [9]],
    ],
  );
});

test('rows of unequal length have no mean by position', () => {
  const local: Pool = { ...pool, over: 'cluster' };
  assert.throws(() => pooledOf(local, outputs(ragged([1, 2], [3], [9])), rows), failsAs('ragged-pool'));
  const counts = dense([3], [1, 1, 1], []);
  assert.throws(
    () => pooledOf(pool, outputs(ragged([1, 2], [3, 4], [9]), counts), rows),
    failsAs('ragged-pool'),
  );
});

test('no rows, no mean', () => {
  assert.throws(
    () => pooledOf(pool, outputs(dense([0, 1], [], ['d'])), { ...rows, rows: 0 }),
    failsAs('empty-pool'),
  );
});

test('equal contents have equal digests, others do not', () => {
  const count = dense([3], [1, 1, 1], []);
  const of = (...values: readonly number[]) =>
    pooledOf(pool, outputs(dense([3, 1], values, ['d']), count), rows).digest;
  assert.is(of(1, 2, 3), of(3, 2, 1));
  assert.is.not(of(1, 2, 3), of(1, 2, 4));
});

test.run();
