import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { RowContext } from '../../../src/compiler/check/stage.js';
import { flopsOf } from '../../../src/compiler/ir/flops.js';
import { GraphBuilder } from '../../../src/compiler/ir/graph.js';
import { memoryOf } from '../../../src/compiler/ir/memory.js';
import { elementwise, reduceNamed } from '../../../src/compiler/ir/named.js';
import { lift } from '../../../src/compiler/ir/named-select.js';
import { membersOfSet, ONE_RUN, sizeOfSet } from '../../../src/compiler/plan/members.js';
import { type PartitionedPart, partition } from '../../../src/compiler/plan/partition.js';
import { describePart, type ProgramPart } from '../../../src/compiler/plan/stage-program.js';

const test = suite('partition');

function contextOf(id: number, count: number): RowContext {
  const members = Array.from({ length: count }, (_, i) => [i]);
  return {
    id,
    symbol: `row:${id}`,
    members: { key: `class ${id}`, binders: [], fixed: new Map(), members, circuits: new Map() },
  };
}

/** One sum over positions per example, and one per row of each context that reads lifted positions and a member's number. */
function partWith(counts: readonly number[]): ProgramPart {
  const b = new GraphBuilder();
  const tokens = {
    dtype: 'f32',
    axes: [
      { name: 'example', size: 'example' },
      { name: 'pos', size: 'pos' },
    ],
  } as const;
  const x = b.input('x', tokens);
  const contexts = counts.map((count, id) => contextOf(id, count));
  const inputs = new Map([
    [
      'x',
      {
        name: 'x',
        type: tokens,
        spec: { kind: 'column', rows: { variant: '', draw: null }, column: 'x' },
      } as const,
    ],
  ]);
  const outputs = [
    { name: 'clean', value: reduceNamed(b, 'ReduceSum', x, ['pos']), context: null as number | null },
  ];
  const all = new Map<string, NonNullable<ReturnType<typeof inputs.get>> | ProgramPart['inputs'][number]>(
    inputs,
  );
  for (const { id, symbol } of contexts) {
    const rows = { dtype: 'i64', axes: [{ name: 'example', size: symbol }] } as const;
    const number = { dtype: 'f32', axes: [{ name: 'example', size: symbol }] } as const;
    all.set(`of:${id}`, { name: `of:${id}`, type: rows, spec: { kind: 'example-of-row', context: id } });
    all.set(`by:${id}`, {
      name: `by:${id}`,
      type: number,
      spec: { kind: 'binder', context: id, binder: 's' },
    });
    const lifted = lift(b, x, b.input(`of:${id}`, rows));
    const scaled = elementwise(b, 'Mul', lifted, b.input(`by:${id}`, number));
    outputs.push({ name: `rows:${id}`, value: reduceNamed(b, 'ReduceSum', scaled, ['pos']), context: id });
  }
  const graph = b.build(outputs.map(({ name, value }) => ({ name, value })));
  return describePart({
    graph,
    outputs: graph.outputs.map(({ name, value }, i) => ({
      name,
      context: outputs[i]?.context ?? null,
      purpose: { kind: 'outcome' },
      type: graph.nodes[value]?.type ?? tokens,
    })),
    records: [],
    inputs: all,
    contexts,
    tails: [],
  });
}

const cases = fc.record({
  counts: fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 3 }),
  lengths: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 20 }),
  memoryBytes: fc.integer({ min: 1, max: 5000 }),
  batch: fc.option(fc.integer({ min: 1, max: 6 })),
  skip: fc.subarray(['batch-family', 'bucket-rows']),
});

function cut(
  counts: readonly number[],
  given: { lengths: readonly number[]; memoryBytes: number; batch: number | null; skip: readonly string[] },
) {
  const { lengths, ...rest } = given;
  const rows = { rows: lengths.length, lengths: new Map([['pos', Int32Array.from(lengths)]]) };
  return partition(partWith(counts), { lengths: rows, ...rest });
}

test('every row of every member is in exactly one call, among rows of its length', () => {
  fc.assert(
    fc.property(cases, ({ counts, ...given }) => {
      const pieces = cut(counts, given);
      for (const [id, count] of [...counts.entries(), [null, 1] as const]) {
        const own = pieces.filter(({ part }) => part.outputs.some((one) => one.context === id));
        assert.is(own.length, 1, 'an output is in one piece');
        const seen = new Map<string, number>();
        for (const { rows, members, sizes, isFirst } of own[0]?.calls ?? []) {
          const set = id === null ? ONE_RUN : (members.get(id) ?? { from: 0, to: 0 });
          if (id === null && !isFirst) continue;
          for (const row of rows) {
            assert.is(given.lengths[row], sizes.get('pos'));
            for (const member of membersOfSet(set)) {
              const key = `${row} ${member}`;
              seen.set(key, (seen.get(key) ?? 0) + 1);
            }
          }
        }
        assert.is(seen.size, given.lengths.length * count);
        assert.ok([...seen.values()].every((times) => times === 1));
      }
    }),
    { numRuns: 150, seed: 11 },
  );
});

test('calls keep to the memory unless they cannot be smaller, and to the batch always', () => {
  fc.assert(
    fc.property(cases, ({ counts, ...given }) => {
      for (const { part, calls, peakBytes } of cut(counts, given)) {
        let largest = 0;
        for (const { rows, members, sizes, flops } of calls) {
          const bytes = memoryOf(part.graph, sizes).peakBytes;
          largest = Math.max(largest, bytes);
          assert.is(flops, flopsOf(part.graph, sizes));
          assert.ok(rows.length <= (given.batch ?? rows.length));
          const isSmallest = rows.length === 1 && [...members.values()].some((set) => sizeOfSet(set) === 1);
          assert.ok(bytes <= given.memoryBytes || isSmallest || (rows.length === 1 && members.size === 0));
          if (given.skip.includes('bucket-rows')) assert.is(rows.length, 1);
          if (given.skip.includes('batch-family'))
            assert.ok([...members.values()].every((set) => sizeOfSet(set) === 1));
        }
        assert.is(peakBytes, largest);
      }
    }),
    { numRuns: 150, seed: 12 },
  );
});

const plenty = { memoryBytes: 1e9, batch: null, skip: [] } as const;

test('with room for everything there is one call per length', () => {
  const pieces = cut([3, 5], { lengths: [2, 3, 2, 3, 3], ...plenty });
  assert.equal(
    pieces.map(({ calls }) => calls.map((call) => [...call.rows])),
    [
      [
        [0, 2],
        [1, 3, 4],
      ],
    ],
  );
});

test('where memory is short examples are cut first, then members, then contexts', () => {
  const bytesOf = (pieces: readonly PartitionedPart[]) => Math.max(...pieces.map((one) => one.peakBytes));
  const lengths = [4, 4, 4, 4];
  const whole = bytesOf(cut([8, 2], { lengths, ...plenty }));
  const half = cut([8, 2], { lengths, ...plenty, memoryBytes: whole / 2 });
  assert.equal(
    half[0]?.calls.map((call) => [call.rows.length, call.members.get(0)]),
    [
      [2, { from: 0, to: 8 }],
      [2, { from: 0, to: 8 }],
    ],
  );
  const single = bytesOf(cut([8, 2], { lengths, ...plenty, batch: 1 }));
  const cutMembers = cut([8, 2], { lengths: [4], ...plenty, memoryBytes: single - 1 });
  assert.is(cutMembers.length, 1);
  assert.equal(
    cutMembers[0]?.calls.map((call) => [call.members.get(0), call.members.get(1)]),
    [
      [
        { from: 0, to: 4 },
        { from: 0, to: 1 },
      ],
      [
        { from: 4, to: 8 },
        { from: 1, to: 2 },
      ],
    ],
  );
  const apart = cut([8, 2], { lengths: [4], ...plenty, memoryBytes: bytesOf(cutMembers) - 1 });
  assert.equal(
    apart.map(({ part }) => part.outputs.map((one) => one.name)),
    [['clean', 'rows:0'], ['rows:1']],
  );
});

test('the same request gives the same partition', () => {
  const given = { lengths: [2, 1, 2, 3, 1], memoryBytes: 300, batch: null, skip: [] };
  const shown = () =>
    JSON.stringify(
      cut([4, 3], given).map(({ calls }) => calls.map((call) => [[...call.rows], [...call.members]])),
    );
  assert.is(shown(), shown());
});

test.run();
