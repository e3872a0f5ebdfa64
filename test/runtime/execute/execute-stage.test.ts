import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PIPELINE } from '../../../src/compiler/pass/pipeline.js';
import { PARTITION_CHOICES } from '../../../src/compiler/plan/partition.js';
import { programOf } from '../../../src/compiler/plan/stage-program.js';
import type { Backend } from '../../../src/runtime/backend/backend.js';
import { openOrt } from '../../../src/runtime/backend/ort.js';
import { openReference } from '../../../src/runtime/backend/reference.js';
import type { RowSet } from '../../../src/runtime/data/row-set.js';
import { openStore } from '../../../src/runtime/store/cas.js';
import { runSites } from '../../compiler/model/tiny-model.js';
import { assertClose } from '../../support/close.js';
import { MemoryHost } from '../../support/memory-host.js';
import { rejects } from '../../support/rejects.js';
import { ids, induction, numbersOf, objects, runTiny, type TinyEnv, tinyStudy } from './tiny-study.js';

const test = suite('execute-stage');
const studies = { induction: tinyStudy(induction), objects: tinyStudy(objects) } as const;
type Name = keyof typeof studies;

async function numbers(name: Name, env: Partial<TinyEnv> = {}) {
  const backend = env.backend ?? openReference();
  const run = await runTiny(studies[name], { ...env, backend });
  return { run, backend, all: numbersOf(studies[name], run) };
}

function assertSame(
  got: ReadonlyMap<string, ArrayLike<number>>,
  want: ReadonlyMap<string, ArrayLike<number>>,
  atol: number,
): void {
  assert.equal([...got.keys()].sort(), [...want.keys()].sort());
  for (const [name, expected] of want) assertClose(got.get(name) ?? [], expected, { rtol: atol, atol });
}

function outputOf(all: ReadonlyMap<string, ArrayLike<number>>, ending: string): ArrayLike<number> {
  const found = [...all].find(([name]) => name.endsWith(ending));
  if (found === undefined) throw new Error(`no output ${ending}`);
  return found[1];
}

/** Tokens of a row, and at which positions the loss is taken: the second copy, where there is a next token. */
function sequences(rows: RowSet): readonly { readonly tokens: number[]; readonly scored: number[] }[] {
  const tokens = rows.columns.get('tokens');
  const copy = rows.columns.get('second_copy');
  if (tokens?.kind !== 'tokens' || copy?.kind !== 'positions') throw new Error('not repeated tokens');
  return Array.from({ length: rows.rows }, (_, row) => {
    const [from, to] = [tokens.offsets[row] ?? 0, tokens.offsets[row + 1] ?? 0];
    const scored = Array.from({ length: to - from - 1 }, (_, i) => i).filter(
      (i) => copy.values[from + i] === 1,
    );
    return { tokens: [...tokens.values.subarray(from, to)], scored };
  });
}

function lossOf(
  logits: ArrayLike<number>,
  { tokens, scored }: { tokens: number[]; scored: number[] },
): number {
  const vocab = logits.length / tokens.length;
  const losses = scored.map((position) => {
    const row = Array.from({ length: vocab }, (_, i) => logits[position * vocab + i] ?? 0);
    const most = Math.max(...row);
    const total = row.reduce((sum, one) => sum + Math.exp(one - most), 0);
    return Math.log(total) + most - (row[tokens[position + 1] ?? 0] ?? 0);
  });
  return losses.reduce((sum, one) => sum + one, 0) / losses.length;
}

test('harm of each head equals what a loop over members and rows computes', async () => {
  const { all } = await numbers('induction');
  const { book, checked } = studies.induction;
  const [claim] = checked.claims;
  if (claim === undefined) throw new Error('no claim');
  const [heads, width] = [2, 3];
  for (const layer of [0, 1]) {
    const path = `blocks.${layer}.attn.z`;
    const got = outputOf(all, `discover/main claim:needed:${layer}:0`);
    for (let head = 0; head < heads; head++) {
      const mean: number[] = Array.from({ length: width }, () => 0);
      let count = 0;
      for (const { tokens } of sequences(book.rows(claim.data, 'reference'))) {
        const z = runSites(ids, [tokens], [path]).get(path)?.data ?? [];
        for (let position = 0; position < tokens.length; position++) {
          for (let e = 0; e < width; e++)
            mean[e] = (mean[e] ?? 0) + (z[(position * heads + head) * width + e] ?? 0);
          count++;
        }
      }
      const rows = sequences(book.rows(claim.data, 'discover'));
      const expected = rows.map((row) => {
        const clean = runSites(ids, [row.tokens], ['logits']).get('logits')?.data ?? [];
        const written = runSites(ids, [row.tokens], ['logits'], {
          [path]: (_, inflight, b) => {
            const place = (axes: readonly (readonly [string, number])[], data: readonly number[]) =>
              b.constant({ dtype: 'f32', axes: axes.map(([name, size]) => ({ name, size })) }, data);
            const value = place(
              [['d_head', width]],
              mean.map((one) => one / count),
            );
            const mask = b.constant(
              {
                dtype: 'bool',
                axes: [
                  { name: 'head', size: heads },
                  { name: 'd_head', size: 1 },
                ],
              },
              Array.from({ length: heads }, (_, h) => (h === head ? 1 : 0)),
            );
            return b.add({ name: 'Where', attrs: {} }, mask, value, inflight);
          },
        }).get('logits')?.data;
        return lossOf(written ?? [], row) - lossOf(clean, row);
      });
      const mine = Array.from(
        { length: rows.length },
        (_, row) => got[head * rows.length + row] ?? Number.NaN,
      );
      assertClose(mine, expected, { rtol: 0, atol: 2e-5 });
    }
  }
});

const everything = [...PIPELINE.map((one) => one.name), ...Object.keys(PARTITION_CHOICES)];
for (const name of ['induction', 'objects'] as const) {
  test(`${name}: the same numbers without any pass or choice of the partition, together and one at a time`, async () => {
    const want = (await numbers(name, { skip: everything })).all;
    assertSame((await numbers(name)).all, want, 1e-5);
    const alone =
      name === 'induction'
        ? everything
        : ['share-prefix', 'slice-positions', ...Object.keys(PARTITION_CHOICES)];
    for (const one of alone) assertSame((await numbers(name, { skip: [one] })).all, want, 1e-5);
  });

  test(`${name}: the same numbers whatever fits into a call`, async () => {
    const want = (await numbers(name)).all;
    for (const env of [{ batch: 1 }, { batch: 2 }, { memoryBytes: 20_000 }, { memoryBytes: 1 }]) {
      assertSame((await numbers(name, env)).all, want, 1e-6);
    }
  });

  test(`${name}: onnxruntime agrees with the reference, and counts the FLOPs that were planned`, async () => {
    const want = (await numbers(name)).all;
    const backend: Backend = await openOrt({ workers: 2 });
    try {
      const { run, all } = await numbers(name, { backend });
      assertSame(all, want, 1e-4);
      assert.is(backend.counts().flops, run.plannedFlops);
      const calls = [...run.results.values()].reduce((sum, one) => sum + one.counts.calls, 0);
      assert.is(backend.counts().runs, calls);
    } finally {
      await backend.dispose();
    }
  });
}

test('replicates share sessions, and weights as inputs give the numbers that constants give', async () => {
  const programs = studies.induction.stages.map((stage) => programOf(stage, { skip: [] }));
  const parts = programs.flatMap((one) => one.parts);
  const backend = await openOrt({ workers: 1 });
  try {
    const constants = await numbers('induction', { backend });
    // Each of the two replicates has a part that pools and one that tests.
    assert.is(backend.counts().sessions, parts.length - 2);
    const feedingWeights: Backend = {
      name: backend.name,
      version: backend.version,
      capabilities: backend.capabilities,
      compile: (graph, options) => backend.compile(graph, { ...options, weights: 'inputs' }),
      counts: () => backend.counts(),
      dispose: () => backend.dispose(),
    };
    const inputs = await numbers('induction', { backend: feedingWeights });
    assertSame(inputs.all, constants.all, 1e-5);
  } finally {
    await backend.dispose();
  }
});

test('members and examples are in their order, and changes are seen', async () => {
  const { all } = await numbers('objects');
  assert.is(outputOf(all, 'main claim:how_much:0:0').length, 14);
  assert.equal(new Set(Array.from(outputOf(all, 'main claim:how_much:0:changed:scale'))), new Set([1]));
  // In front of the first layer the two texts differ at S2 alone.
  const { checked } = studies.objects;
  const claim = checked.claims.find((one) => one.name === 'where_it_is');
  const roles = claim?.classes[0]?.members.map(([, role]) => role) ?? [];
  const changed = outputOf(all, 'main claim:where_it_is:0:changed:patch');
  const rows = changed.length / roles.length;
  for (const [member, role] of roles.entries()) {
    const any = Array.from({ length: rows }, (_, row) => changed[member * rows + row]).some(
      (one) => one === 1,
    );
    assert.is(any, role === 'S2', String(role));
  }
});

test('a second run finds everything in the store', async () => {
  const store = openStore(new MemoryHost(), '/project');
  const first = await numbers('induction', { store });
  const second = await numbers('induction', { store });
  assertSame(second.all, first.all, 0);
  assert.is(second.backend.counts().runs, 0);
  for (const { counts } of second.run.results.values()) {
    assert.is(counts.cachedCalls, counts.calls);
    assert.ok(counts.keys.length > 0);
    assert.equal(
      [counts.rows, counts.executions, counts.flops],
      [0, 0, 0],
      'what was not computed was counted',
    );
  }
  const other = await numbers('induction', { store, root: '00'.repeat(32) });
  assert.ok(other.backend.counts().runs > 0, 'another root draws other directions');
  assert.is(
    [...other.run.results.values()].filter((one) => one.counts.cachedCalls < one.counts.calls).length,
    1,
    'only the stage that draws runs again',
  );
});

test('a run that was stopped goes on where it was', async () => {
  const study = studies.objects;
  const store = openStore(new MemoryHost(), '/project');
  const whole = await numbers('objects', { batch: 1 });
  const stop = new AbortController();
  const backend = openReference();
  let done = 0;
  const stopped = runTiny(study, {
    backend,
    store,
    batch: 1,
    signal: stop.signal,
    onProgress: () => {
      done++;
      if (done === 12) stop.abort();
    },
  });
  await rejects(stopped, /stopped/);
  const resumed = await numbers('objects', { store, batch: 1 });
  assertSame(resumed.all, whole.all, 0);
  const cached = [...resumed.run.results.values()].reduce((sum, one) => sum + one.counts.cachedCalls, 0);
  assert.ok(cached > 0, 'finished groups were kept');
  assert.is(resumed.backend.counts().runs + cached, whole.backend.counts().runs);
  for (const [stage, { counts }] of resumed.run.results) {
    const all = whole.run.results.get(stage)?.counts ?? counts;
    const share = (kind: 'executions' | 'flops') => counts[kind] / Math.max(1, all[kind]);
    assert.is(share('executions') === 1, counts.cachedCalls === 0, 'executions are those of computed calls');
    assert.is(share('flops') === 1, counts.cachedCalls === 0);
  }
});

test('a store with a namespace finds only what was stored under it', async () => {
  const store = openStore(new MemoryHost(), '/project');
  const first = await numbers('induction', { store });
  const apart = { ...store, namespace: 'replay 1' };
  const again = await numbers('induction', { store: apart });
  assert.is(again.backend.counts().runs, first.backend.counts().runs);
  assertSame(again.all, first.all, 0);
  assert.is((await numbers('induction', { store: apart })).backend.counts().runs, 0);
});

test('a damaged object is computed again', async () => {
  const host = new MemoryHost();
  const store = openStore(host, '/project');
  await numbers('induction', { store });
  const [victim] = host.files().filter((one) => one.endsWith('.bin'));
  assert.ok(victim !== undefined);
  const bytes = host.readBytes(victim ?? '');
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  host.writePlain(victim ?? '', bytes);
  const again = await numbers('induction', { store });
  assert.ok(again.backend.counts().runs > 0);
  assertSame(again.all, (await numbers('induction')).all, 0);
});

test('progress counts every call once and ends at the total', async () => {
  const seen: { readonly doneCalls: number; readonly totalCalls: number }[] = [];
  await numbers('induction', { batch: 2, onProgress: (progress) => seen.push(progress) });
  const ends = seen.filter((one) => one.doneCalls === one.totalCalls);
  assert.is(ends.length, studies.induction.stages.length);
});

test('rows that are not finite are counted, not thrown', async () => {
  const study = studies.induction;
  const broken = {
    ...study,
    lookupWeight: (digest: string) => {
      const weight = study.lookupWeight(digest);
      if (weight.dims.length !== 2 || !(weight.data instanceof Float32Array)) return weight;
      const data = weight.data.slice();
      data[0] = Number.NaN;
      return { ...weight, data };
    },
  };
  const run = await runTiny(broken, { backend: openReference() });
  const [main] = study.stages;
  const result = main === undefined ? undefined : run.results.get(main);
  assert.ok((result?.notFinite.get('claim:needed:0:0') ?? 0) > 0);
  const clean = await numbers('induction');
  for (const { notFinite } of clean.run.results.values()) assert.is(notFinite.size, 0);
});

test('only the outputs that are wanted are computed', async () => {
  const { run } = await numbers('induction', { wanted: (output) => output.purpose.kind !== 'changed' });
  const names = [...run.results.values()].flatMap((one) => [...one.outputs.keys()]);
  assert.ok(names.includes('claim:needed:0:0'));
  assert.not(names.some((name) => name.includes('changed')));
});

test.run();
