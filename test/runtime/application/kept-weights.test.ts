// Weights that stay on disk from run to run: where, and what `eisc gc` does with them.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { gc } from '../../../src/runtime/application/gc.js';
import { keptWeightsFolder } from '../../../src/runtime/application/kept-weights.js';
import { run } from '../../../src/runtime/application/run.js';
import { watch } from '../../../src/runtime/application/watch.js';
import type { World } from '../../../src/runtime/application/world.js';
import { BackendFailure } from '../../../src/runtime/backend/backend.js';
import type { openBackend } from '../../../src/runtime/backend/registry.js';
import { realHost } from '../../../src/runtime/host.js';

const test = suite('application/kept weights');
const HOUR_MS = 3600 * 1000;
let folder = '';

test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), 'eis-kept-'));
  writeFileSync(join(folder, 'eis.project.json'), '{}\n');
});
test.after.each(() => rmSync(folder, { recursive: true, force: true }));

const world = (): World => ({ cwd: folder, host: realHost() });

/** A file of `bytes` in the folder of weights that was last used `hours` ago. */
function weight(name: string, bytes: number, hours: number): string {
  const kept = keptWeightsFolder(folder);
  mkdirSync(kept, { recursive: true });
  const path = join(kept, name);
  writeFileSync(path, new Uint8Array(bytes));
  const seconds = (Date.now() - hours * HOUR_MS) / 1000;
  utimesSync(path, seconds, seconds);
  return path;
}

test('gc removes weights that no run has used for an hour, drafts that were left, and nothing else', async () => {
  const old = weight('aa.weight', 3_000_000, 2);
  const used = weight('bb.weight', 1_000_000, 0.5);
  const draft = weight('aa.weight.tmp-12-34', 10, 2);
  const foreign = weight('notes.txt', 10, 2);
  const first = await gc(world(), { dryRun: true });
  assert.is(
    first.lines[1],
    'weights of models: would free 3.0 MB in 1 files; 1 that were used lately (1.0 MB) stay',
  );
  assert.ok([old, used, draft, foreign].every((path) => existsSync(path)));
  const second = await gc(world(), { dryRun: false });
  assert.is(
    second.lines[1],
    'weights of models: freed 3.0 MB in 1 files; 1 that were used lately (1.0 MB) stay',
  );
  assert.equal(readdirSync(keptWeightsFolder(folder)), ['bb.weight', 'notes.txt']);
});

test('gc goes by the days that it is given', async () => {
  weight('aa.weight', 10, 30);
  weight('bb.weight', 10, 60);
  await gc(world(), { dryRun: false, olderThanDays: 2 });
  assert.equal(readdirSync(keptWeightsFolder(folder)), ['aa.weight']);
});

test('gc says nothing of weights where none are kept', async () => {
  assert.is((await gc(world(), { dryRun: false })).lines.length, 1);
});

test('run and watch open their backend with a folder inside the project', async () => {
  mkdirSync(join(folder, 'inner'));
  writeFileSync(join(folder, 'inner', 'p.eis'), 'eis 1\nmodel m = bundled("attn2")\n');
  const given: unknown[] = [];
  const open: typeof openBackend = async (name, options) => {
    given.push([name, options]);
    throw new BackendFailure({ kind: 'not-available', backend: name, text: 'not here', help: 'none' });
  };
  const execution = {
    ...{ backend: 'ort:cpu', memoryBytes: 256e6, withoutPasses: [], settings: new Map<string, string>() },
    signal: new AbortController().signal,
    emit: () => undefined,
  };
  await run(world(), 'inner/p.eis', { ...execution, resume: '' }, open);
  await watch(world(), 'inner/p.eis', execution, {
    open,
    files: () => ({ watch: () => undefined, close: () => undefined }),
    settle: () => Promise.resolve(),
  });
  const wanted = ['ort:cpu', { weightsFolder: join(folder, '.eis', 'weights') }];
  assert.equal(given, [wanted, wanted]);
});

test.run();
