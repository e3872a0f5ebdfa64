// Where rows begin to differ, for families that share the symbol of their positions: random beginnings against a loop.
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { PositionsSpec, RowContext } from '../../../src/compiler/check/stage.js';
import { GraphBuilder } from '../../../src/compiler/ir/graph.js';
import { type MemberSet, membersOfSet } from '../../../src/compiler/plan/members.js';
import type { LengthBucket, RowLengths } from '../../../src/compiler/plan/row-lengths.js';
import { describePart, type ProgramPart } from '../../../src/compiler/plan/stage-program.js';
import { mergeTails, TailTable } from '../../../src/compiler/plan/tails.js';

const test = suite('plan/tails');
const LENGTH = 6;

type Given = {
  /** By context: which symbol it has, and where each member of each row begins. */
  readonly families: readonly { readonly shares: number; readonly firsts: readonly (readonly number[])[] }[];
  readonly rows: number;
};

const given: fc.Arbitrary<Given> = fc
  .record({ rows: fc.integer({ min: 1, max: 7 }), count: fc.integer({ min: 1, max: 4 }) })
  .chain(({ rows, count }) =>
    fc.record({
      rows: fc.constant(rows),
      families: fc.array(
        fc.record({
          shares: fc.integer({ min: 0, max: 1 }),
          firsts: fc.integer({ min: 1, max: 3 }).chain((members) =>
            fc.array(
              fc.array(fc.integer({ min: -1, max: LENGTH }), { minLength: members, maxLength: members }),
              {
                minLength: rows,
                maxLength: rows,
              },
            ),
          ),
        }),
        { minLength: count, maxLength: count },
      ),
    }),
  );

function tableOf({ families, rows }: Given) {
  const specs = families.map(
    ({ shares }, context): PositionsSpec => ({
      kind: 'positions',
      which: 'dirty',
      context,
      positions: 'pos',
      dirty: `dirty:${shares}`,
      bounds: [],
      alike: false,
    }),
  );
  const contexts = families.map(
    ({ firsts }, id): RowContext => ({
      id,
      symbol: `row:${id}`,
      members: {
        key: String(id),
        binders: [],
        fixed: new Map(),
        members: (firsts[0] ?? []).map((_, member) => [member]),
        circuits: new Map(),
      },
    }),
  );
  const b = new GraphBuilder();
  const empty = describePart({
    graph: b.build([{ name: 'none', value: b.constant({ dtype: 'f32', axes: [] }, [0]) }]),
    outputs: [],
    records: [],
    inputs: new Map(),
    contexts: [],
    tails: [],
  });
  const part: ProgramPart = { ...empty, contexts, tails: specs };
  const lengths: RowLengths = {
    rows,
    lengths: new Map([['pos', new Int32Array(rows).fill(LENGTH)]]),
    firstDirty: ({ context }, row, member) => families[context ?? -1]?.firsts[row]?.[member] ?? 0,
  };
  const bucket: LengthBucket = {
    rows: Int32Array.from({ length: rows }, (_, i) => i),
    sizes: new Map([['pos', LENGTH]]),
  };
  const first = new Map<number, MemberSet>(
    families.map(({ firsts }, id) => [id, { from: 0, to: Math.max(1, (firsts[0]?.length ?? 1) - 1) }]),
  );
  return { table: new TailTable(part, lengths), bucket, members: first, specs };
}

/** By a loop: at least one position, and no more than there are. */
function tailOf(
  { families }: Given,
  id: number,
  row: number,
  members: ReadonlyMap<number, MemberSet>,
): number {
  let most = 1;
  for (const member of membersOfSet(members.get(id) ?? { from: 0, to: 0 }))
    most = Math.max(most, Math.min(LENGTH, LENGTH - (families[id]?.firsts[row]?.[member] ?? 0)));
  return most;
}

function tailsOf(one: Given, rows: Iterable<number>, members: ReadonlyMap<number, MemberSet>) {
  const found = new Map<string, number>();
  for (const row of rows)
    for (const [id, { shares }] of one.families.entries()) {
      const symbol = `dirty:${shares}`;
      found.set(symbol, Math.max(found.get(symbol) ?? 0, tailOf(one, id, row, members)));
    }
  return found;
}
const sorted = (tails: ReadonlyMap<string, number>) => [...tails].toSorted(([a], [b]) => (a < b ? -1 : 1));

test('a symbol that families share begins where the first of them does, and every row is in one group', () => {
  fc.assert(
    fc.property(given, fc.boolean(), (one, apart) => {
      const { table, bucket, members } = tableOf(one);
      const groups = table.groups(bucket, members, apart);
      assert.equal(
        groups.flatMap(({ rows }) => [...rows]).toSorted((a, b) => a - b),
        [...bucket.rows],
      );
      if (apart) assert.is(groups.length, one.rows);
      for (const { rows, tails } of groups) {
        assert.equal(sorted(tails), sorted(tailsOf(one, rows, members)));
        assert.equal(sorted(table.of(bucket, rows, members)), sorted(tails));
        for (const row of rows)
          assert.equal(sorted(tailsOf(one, [row], members)), sorted(tails), 'rows are alike');
      }
      assert.equal(
        sorted(table.of(bucket, bucket.rows, members)),
        sorted(tailsOf(one, bucket.rows, members)),
      );
    }),
    { numRuns: 200, seed: 11 },
  );
});

test('groups that are merged begin where the earlier does, for each symbol', () => {
  fc.assert(
    fc.property(given, (one) => {
      const { table, bucket, members } = tableOf(one);
      const groups = table.groups(bucket, members, false);
      const [first, ...others] = groups;
      if (first === undefined) throw new Error('no group');
      const whole = others.reduce(mergeTails, first);
      assert.equal([...whole.rows], [...bucket.rows]);
      assert.equal(sorted(whole.tails), sorted(tailsOf(one, bucket.rows, members)));
    }),
    { numRuns: 100, seed: 12 },
  );
});

test('every symbol has all positions as its largest tail, and each family keeps beginnings of its own', () => {
  fc.assert(
    fc.property(given, (one) => {
      const { table, bucket, specs } = tableOf(one);
      assert.equal(
        sorted(table.all(bucket)),
        [...new Set(specs.map(({ dirty }) => dirty))].toSorted().map((dirty) => [dirty, LENGTH]),
      );
      const groups = table.rowsByStarts(bucket, false);
      assert.equal(
        groups.flatMap(({ rows }) => [...rows]).toSorted((a, b) => a - b),
        [...bucket.rows],
      );
      for (const { rows, starts } of groups)
        for (const row of rows)
          assert.equal(
            starts.map(({ tails }) => tails),
            one.families.map(({ firsts }) =>
              (firsts[row] ?? []).map((start) => Math.max(0, LENGTH - Math.max(0, start))),
            ),
          );
    }),
    { numRuns: 100, seed: 13 },
  );
});

test.run();
