// How rows are cut into calls: every row once, nearly equal, and as many calls as keep all workers busy where there is enough to do.
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { GraphBuilder } from '../../../src/compiler/ir/graph.js';
import { Cutter } from '../../../src/compiler/plan/cutter.js';
import { describePart, type ProgramPart } from '../../../src/compiler/plan/stage-program.js';

const test = suite('plan/chunks');
const CALL_SHARE = 4;

/** [example, pos, width] times a weight of width by width. */
function partOf(width: number): ProgramPart {
  const b = new GraphBuilder();
  const type = {
    dtype: 'f32',
    axes: [
      { name: 'example', size: 'example' },
      { name: 'pos', size: 'pos' },
      { name: 'x', size: width },
    ],
  } as const;
  const weight = b.weight({
    name: 'W',
    digest: 'W',
    type: {
      dtype: 'f32',
      axes: [
        { name: 'x', size: width },
        { name: 'y', size: width },
      ],
    },
  });
  const y = b.add({ name: 'MatMul', attrs: {} }, b.input('x', type), weight);
  const graph = b.build([{ name: 'y', value: y }]);
  return describePart({
    graph,
    outputs: [{ name: 'y', context: null, purpose: { kind: 'outcome' }, type: b.typeOf(y) }],
    records: [],
    inputs: new Map([
      [
        'x',
        {
          name: 'x',
          type,
          spec: { kind: 'column', rows: { variant: '', draw: null }, column: 'x' },
        } as const,
      ],
    ]),
    contexts: [],
    tails: [],
  });
}

const cases = fc.record({
  width: fc.constantFrom(4, 100, 1000, 3000),
  rows: fc.integer({ min: 1, max: 60 }),
  pos: fc.constantFrom(1, 20, 400),
  parallelRuns: fc.integer({ min: 1, max: 9 }),
  batch: fc.option(fc.integer({ min: 1, max: 20 })),
  memoryBytes: fc.constantFrom(1e5, 1e7, 1e9),
});

function chunksOf(given: typeof cases extends fc.Arbitrary<infer T> ? T : never) {
  const { width, rows: count, pos, parallelRuns, batch, memoryBytes } = given;
  const rows = Int32Array.from({ length: count }, (_, i) => i);
  const bucket = { rows, sizes: new Map([['pos', pos]]) };
  const cutter = new Cutter(partOf(width), {
    lengths: { rows: count, lengths: new Map([['pos', new Int32Array(count).fill(pos)]]) },
    memoryBytes,
    batch,
    skip: [],
    parallelRuns,
  });
  const none = new Map();
  const most = cutter.examplesIn(bucket, rows, none, none);
  const work = 2 * count * pos * width * width;
  return { cutter, most, work, chunks: cutter.chunksOfRows(bucket, rows, none, none) };
}

test('every row is in one call, no call has more than fit, and calls are nearly equal', () => {
  fc.assert(
    fc.property(cases, (given) => {
      const { chunks, most } = chunksOf(given);
      let next = 0;
      for (const { from, to } of chunks) {
        assert.is(from, next);
        assert.ok(to > from && to - from <= most, `${from} to ${to}, at most ${most}`);
        next = to;
      }
      assert.is(next, given.rows);
      const lengths = chunks.map(({ from, to }) => to - from);
      assert.ok(Math.max(...lengths) - Math.min(...lengths) <= 1);
    }),
    { numRuns: 300, seed: 21 },
  );
});

test('where work is large there are as many calls as workers, or a multiple; else as few as fit', () => {
  let even = 0;
  let few = 0;
  fc.assert(
    fc.property(cases, (given) => {
      const { cutter, chunks, most, work } = chunksOf(given);
      const fewest = Math.ceil(given.rows / most);
      const multiple = given.parallelRuns * Math.ceil(fewest / given.parallelRuns);
      const isLarge = work > CALL_SHARE * multiple * cutter.callFlops && multiple <= given.rows;
      if (isLarge) assert.is(chunks.length % given.parallelRuns, 0);
      assert.is(chunks.length, isLarge ? multiple : fewest);
      if (isLarge && multiple > fewest) even++;
      if (!isLarge && multiple > fewest) few++;
    }),
    { numRuns: 300, seed: 22 },
  );
  assert.ok(even > 15 && few > 15, `${even} of the one kind and ${few} of the other`);
});

test('one worker changes nothing', () => {
  fc.assert(
    fc.property(cases, (given) => {
      const { chunks, most } = chunksOf({ ...given, parallelRuns: 1 });
      assert.is(chunks.length, Math.ceil(given.rows / most));
    }),
    { numRuns: 100, seed: 23 },
  );
});

test.run();
