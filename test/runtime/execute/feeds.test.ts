// Each kind of input on a stage made by hand, against values written down or computed here.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { digest } from '../../../src/compiler/base/digest.js';
import type { FamilyClass } from '../../../src/compiler/check/family.js';
import type { InputSpec, StageInput } from '../../../src/compiler/check/stage.js';
import type { Axis, DType } from '../../../src/compiler/ir/tensor-type.js';
import type { Call } from '../../../src/compiler/plan/cutter.js';
import type { ProgramPart } from '../../../src/compiler/plan/stage-program.js';
import { type HostTensor, numbersOf, tensorOf } from '../../../src/runtime/backend/host-tensor.js';
import type { RowColumns, RowSet } from '../../../src/runtime/data/row-set.js';
import type { FeedWorld } from '../../../src/runtime/execute/feed.js';
import { feedsOf } from '../../../src/runtime/execute/feeds.js';
import { ExecuteFailure } from '../../../src/runtime/execute/problem.js';
import { normal } from '../../../src/runtime/stats/normal.js';
import { streamKey } from '../../../src/runtime/stats/rng.js';

const test = suite('feeds');
const row = { variant: '', draw: null } as const;

const base: RowColumns = {
  lengths: Int32Array.of(2, 2, 3),
  columns: new Map([
    [
      'tokens',
      { kind: 'tokens', offsets: Int32Array.of(0, 2, 4, 7), values: Int32Array.of(1, 2, 3, 4, 5, 6, 7) },
    ],
    [
      'next_token',
      {
        kind: 'positions',
        type: 'token',
        offsets: Int32Array.of(0, 2, 4, 7),
        values: Int32Array.of(2, 0, 4, 0, 6, 7, 0),
        valid: Uint8Array.of(1, 0, 1, 0, 1, 1, 0),
      },
    ],
    ['score', { kind: 'scalars', type: 'float', values: Float64Array.of(0.5, 1.5, 2.5) }],
  ]),
  roles: new Map([
    ['S', Int32Array.of(0, 1, -1)],
    ['end', Int32Array.of(1, 1, 2)],
  ]),
  roleStarts: new Map(),
};
const other: RowColumns = {
  ...base,
  columns: new Map([
    [
      'tokens',
      { kind: 'tokens', offsets: Int32Array.of(0, 2, 4, 7), values: Int32Array.of(8, 8, 9, 9, 7, 7, 7) },
    ],
  ]),
};
const hashes = ['a1', 'b2', 'c3'];
const rows: RowSet = {
  ...base,
  spec: digest('test', 'rows'),
  split: 'discover',
  rows: 3,
  clusters: { ids: ['x', 'y'], of: Int32Array.of(0, 1, 1) },
  itemHashes: hashes,
  variants: new Map([['abc', other]]),
};

const members: FamilyClass = {
  key: 'members',
  binders: [
    { name: 'h', domain: { kind: 'axis', axis: 'head' } },
    { name: 's', domain: { kind: 'numbers', unit: null } },
    { name: 'r', domain: { kind: 'integers' } },
  ],
  fixed: new Map(),
  members: [
    [0, 0.5, 'S'],
    [3, 2, 'end'],
    [1, -1, 'S'],
  ],
  circuits: new Map([
    [
      'pair',
      [
        [
          [0, 1],
          [2, 0],
        ],
        [
          [0, 3],
          [2, 2],
        ],
        [
          [0, 0],
          [2, 1],
        ],
      ],
    ],
  ]),
};

const call: Call = {
  rows: Int32Array.of(0, 1),
  members: new Map([[0, { from: 1, to: 3 }]]),
  isFirst: true,
  sizes: new Map([
    ['example', 2],
    ['row:0', 4],
    ['member:0', 2],
    ['pos', 2],
  ]),
  flops: 0,
};
const world: FeedWorld = {
  rows,
  drawn: new Map([['donor', { donors: Int32Array.of(1, 0, 0), source: rows }]]),
  pools: new Map([
    [
      7,
      {
        kind: 'all',
        digest: digest('test', 7),
        byMember: true,
        tensor: tensorOf('f32', [3, 2], [1, 2, 3, 4, 5, 6]),
      },
    ],
    [
      8,
      {
        kind: 'cluster',
        digest: digest('test', 8),
        tables: new Map([
          ['x', tensorOf('f32', [2], [10, 11])],
          ['y', tensorOf('f32', [2], [20, 21])],
        ]),
      },
    ],
  ]),
  root: 'cd'.repeat(32),
};

function feed(
  spec: InputSpec,
  dtype: DType,
  axes: readonly Axis[],
  at: Call = call,
  given = world,
): HostTensor {
  const input: StageInput = { name: 'x', type: { dtype, axes }, spec };
  const part: ProgramPart = {
    graph: { nodes: [], outputs: [] },
    inputs: [input],
    contexts: [{ id: 0, symbol: 'row:0', members }],
    outputs: [],
    structure: digest('test', 'part'),
    records: [],
    tails: [],
  };
  const [made] = feedsOf(part, at, given);
  if (made === undefined) throw new Error('no feed');
  return made.make();
}

const example: Axis = { name: 'example', size: 'example' };
const context: Axis = { name: 'example', size: 'row:0' };
const pos: Axis = { name: 'pos', size: 'pos' };

test('columns, their validity, variants and donors', () => {
  const column = (name: string, rowsKey: { variant: string; draw: string | null } = row): InputSpec => ({
    kind: 'column',
    rows: rowsKey,
    column: name,
  });
  assert.equal(numbersOf(feed(column('tokens'), 'i64', [example, pos])), [1, 2, 3, 4]);
  assert.equal(numbersOf(feed(column('next_token#valid'), 'bool', [example, pos])), [1, 0, 1, 0]);
  assert.equal(numbersOf(feed(column('tokens#valid'), 'bool', [example, pos])), [1, 1, 1, 1]);
  assert.equal(numbersOf(feed(column('score'), 'f32', [example])), [0.5, 1.5]);
  assert.equal(
    numbersOf(feed(column('tokens', { variant: 'abc', draw: null }), 'i64', [example, pos])),
    [8, 8, 9, 9],
  );
  assert.equal(
    numbersOf(feed(column('tokens', { variant: '', draw: 'donor' }), 'i64', [example, pos])),
    [3, 4, 1, 2],
  );
});

test('a row of another length than its call is a bug', () => {
  const long = { ...call, rows: Int32Array.of(0, 2) };
  assert.throws(
    () => feed({ kind: 'column', rows: row, column: 'tokens' }, 'i64', [example, pos], long),
    /3 values/,
  );
});

test('roles by example and by the member that names one', () => {
  assert.equal(numbersOf(feed({ kind: 'role', rows: row, role: 'S' }, 'i64', [example])), [0, 1]);
  const spec: InputSpec = { kind: 'binder-role', context: 0, binder: 'r', rows: row };
  assert.equal(numbersOf(feed(spec, 'i64', [context])), [1, 1, 0, 1]);
});

test('members from the range of the call, member by member', () => {
  assert.equal(numbersOf(feed({ kind: 'example-of-row', context: 0 }, 'i64', [context])), [0, 1, 0, 1]);
  assert.equal(numbersOf(feed({ kind: 'member-of-row', context: 0 }, 'i64', [context])), [0, 0, 1, 1]);
  assert.equal(numbersOf(feed({ kind: 'binder', context: 0, binder: 'h' }, 'i64', [context])), [3, 3, 1, 1]);
  assert.equal(
    numbersOf(feed({ kind: 'binder', context: 0, binder: 's' }, 'f32', [context])),
    [2, 2, -1, -1],
  );
});

test('the mask of a circuit holds its elements of one layer', () => {
  const head: Axis = { name: 'head', size: 4 };
  const mask = (fixed: readonly number[]) =>
    numbersOf(feed({ kind: 'circuit-mask', context: 0, circuit: 'pair', fixed }, 'bool', [context, head]));
  assert.equal(mask([0]), [0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0]);
  assert.equal(mask([2]), [0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0]);
});

test('pooled tables: the members of the call, the clusters of the rows', () => {
  const table: readonly Axis[] = [
    { name: '_member', size: 'member:0' },
    { name: 'd', size: 2 },
  ];
  assert.equal(numbersOf(feed({ kind: 'pooled', pool: 7, byMember: true }, 'f32', table)), [3, 4, 5, 6]);
  const local = feed({ kind: 'cluster-pooled', pool: 8 }, 'f32', [example, pos]);
  assert.equal(numbersOf(local), [10, 11, 20, 21]);
  const pools = new Map([
    ...world.pools,
    [8, { kind: 'cluster', digest: digest('test', 9), tables: new Map() }] as const,
  ]);
  const problem = (error: unknown) =>
    error instanceof ExecuteFailure && error.problem.kind === 'empty-cluster';
  assert.throws(
    () => feed({ kind: 'cluster-pooled', pool: 8 }, 'f32', [example, pos], call, { ...world, pools }),
    problem,
  );
});

test('a pooled value with other positions than the rows is a problem of the data', () => {
  const wrong: readonly Axis[] = [
    { name: '_member', size: 'member:0' },
    { name: 'd', size: 3 },
  ];
  const problem = (error: unknown) => error instanceof ExecuteFailure && error.problem.kind === 'pool-length';
  assert.throws(() => feed({ kind: 'pooled', pool: 7, byMember: true }, 'f32', wrong), problem);
});

test('normal numbers belong to item, member and element, not to the call', () => {
  const spec: InputSpec = { kind: 'normal', stream: 'direction/z', context: 0 };
  const axes: readonly Axis[] = [context, { name: 'd', size: 3 }];
  const all = numbersOf(feed(spec, 'f32', axes));
  const expected = ['3,2,end', '1,-1,S'].flatMap((member) =>
    ['a1', 'b2'].flatMap((item) => {
      const key = streamKey(world.root, `direction/z/${item}/${member}`);
      return [0, 1, 2].map((i) => Math.fround(normal(key, i)));
    }),
  );
  assert.equal(all, expected);
  const single: Call = {
    ...call,
    rows: Int32Array.of(1),
    members: new Map([[0, { from: 2, to: 3 }]]),
    isFirst: true,
    sizes: new Map([...call.sizes, ['example', 1], ['row:0', 1]]),
  };
  assert.equal(numbersOf(feed(spec, 'f32', axes, single)), all.slice(9));
});

test('keys differ exactly when content does', () => {
  const input = (spec: InputSpec, dtype: DType, axes: readonly Axis[], at: Call): string => {
    const part: ProgramPart = {
      graph: { nodes: [], outputs: [] },
      inputs: [{ name: 'x', type: { dtype, axes }, spec }],
      contexts: [{ id: 0, symbol: 'row:0', members }],
      outputs: [],
      structure: digest('test', 'part'),
      records: [],
      tails: [],
    };
    return feedsOf(part, at, world)[0]?.key ?? '';
  };
  const moved: Call = { ...call, rows: Int32Array.of(1, 0) };
  const later: Call = { ...call, members: new Map([[0, { from: 0, to: 2 }]]) };
  const normalSpec: InputSpec = { kind: 'normal', stream: 'direction/z', context: 0 };
  const cases: readonly [InputSpec, DType, readonly Axis[]][] = [
    [{ kind: 'column', rows: row, column: 'tokens' }, 'i64', [example, pos]],
    [normalSpec, 'f32', [context, { name: 'd', size: 3 }]],
    [{ kind: 'cluster-pooled', pool: 8 }, 'f32', [example, pos]],
  ];
  for (const [spec, dtype, axes] of cases) {
    assert.is(input(spec, dtype, axes, call), input(spec, dtype, axes, { ...call }));
    assert.is.not(input(spec, dtype, axes, call), input(spec, dtype, axes, moved), spec.kind);
  }
  for (const spec of [normalSpec, { kind: 'binder', context: 0, binder: 'h' } as const]) {
    const axes = spec.kind === 'normal' ? [context, { name: 'd', size: 3 }] : [context];
    const dtype = spec.kind === 'normal' ? 'f32' : 'i64';
    assert.is.not(input(spec, dtype, axes, call), input(spec, dtype, axes, later), spec.kind);
  }
});

test.run();
