// The real file system and real processes: killed at random moments, and two at once.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Host, realHost, writeAtomic } from '../../../src/runtime/host.js';
import { getBytes, listObjects, openStore } from '../../../src/runtime/store/cas.js';
import { withLock } from '../../../src/runtime/store/file-lock.js';
import { appendEntry, ledgerPath, requireLedger } from '../../../src/runtime/store/ledger.js';
import { RunFailure } from '../../../src/runtime/store/problem.js';
import { checkResult } from '../../../src/runtime/store/read-result.js';
import { layOutResult, readResult, writeResult } from '../../../src/runtime/store/result.js';
import { resultOf, stamp } from '../../support/confirmed-study.js';

const test = suite('processes');
const KILLS = 30;
const AT_ONCE = 3;

// Memory-backed where there is one: a kill does not depend on the disk, and more writes happen before it.
const BASE = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
const ROOT = join(import.meta.dirname, '../../..');
/** Inside node_modules, so that the compiled worker finds its packages. */
const BUILD = join(ROOT, 'node_modules/.cache/eis-store-worker');
const WORKER = join(BUILD, 'test/support/store-worker.js');

/** Compiled once: thirty starts through tsx would take most of a minute. */
test.before(() => {
  rmSync(BUILD, { recursive: true, force: true });
  mkdirSync(BUILD, { recursive: true });
  const compilerOptions = { noEmit: false, noEmitOnError: false, outDir: '.', rootDir: ROOT };
  const files = [join(ROOT, 'test/support/store-worker.ts')];
  const config = { extends: join(ROOT, 'tsconfig.json'), compilerOptions, files, include: [] };
  writeFileSync(join(BUILD, 'tsconfig.json'), JSON.stringify(config));
  writeFileSync(join(BUILD, 'package.json'), JSON.stringify({ type: 'module' }));
  spawnSync(join(ROOT, 'node_modules/.bin/tsc'), ['-p', BUILD]);
  // The compiled validators are no TypeScript: they go along as they are.
  cpSync(join(ROOT, 'grammar/schema'), join(BUILD, 'grammar/schema'), { recursive: true });
  assert.ok(existsSync(WORKER), 'the worker was compiled');
});

async function inFolder(work: (folder: string) => Promise<void> | void): Promise<void> {
  const folder = mkdtempSync(join(BASE, 'eis-store-'));
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function startWorker(folder: string, name: string, count: number): ChildProcess {
  return spawn(process.execPath, [WORKER, folder, name, String(count)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** Everything in the folder reads as something whole. Returns the number of ledger entries. */
function readAll(host: Host, folder: string): number {
  const store = openStore(host, folder);
  for (const object of listObjects(store)) assert.is(getBytes(store, object.key).kind, 'hit', object.path);
  const result = readResult(host, join(folder, 'x.eis'));
  if (result !== undefined) assert.is(checkResult(result).kind, 'ok');
  return requireLedger(host, ledgerPath(folder)).length;
}

test(`${KILLS} processes killed in the middle of their writes leave everything readable`, async () => {
  await inFolder(async (folder) => {
    const host = realHost();
    let entries = 0;
    let seed = 1;
    for (let wave = 0; wave < KILLS / AT_ONCE; wave++) {
      const workers = Array.from({ length: AT_ONCE }, (_, n) => startWorker(folder, `${wave}.${n}`, 1000));
      await Promise.all(
        workers.map(async (worker) => {
          const ended = once(worker, 'exit');
          await once(worker.stdout ?? worker, 'data');
          seed = (seed * 48271) % 2147483647;
          await delay(5 + (seed % 120));
          worker.kill('SIGKILL');
          const [, signal] = await ended;
          assert.is(signal, 'SIGKILL');
        }),
      );
      const now = readAll(host, folder);
      assert.ok(now >= entries, 'entries that were on disk stay');
      entries = now;
    }
    appendEntry(host, ledgerPath(folder), { kind: 'abort', because: 'the end', ...stamp });
    writeResult(host, join(folder, 'x.eis'), layOutResult(resultOf(undefined, undefined)).files);
    assert.is(readAll(host, folder), entries + 1);
    assert.ok(entries > KILLS, `${entries} entries were written before the kills`);
    const names = host.list(folder).filter((name) => name !== '.eis');
    assert.equal(
      names,
      ['eis.ledger.jsonl', 'x.eis.result'],
      'the next writer removes what the killed ones left',
    );
  });
});

test('two processes that write at once lose nothing', async () => {
  await inFolder(async (folder) => {
    const workers = ['a', 'b'].map((name) => startWorker(folder, name, 12));
    const codes = await Promise.all(workers.map(async (worker) => (await once(worker, 'exit'))[0]));
    assert.equal(codes, [0, 0]);
    const host = realHost();
    assert.is(readAll(host, folder), 24);
    const said = requireLedger(host, ledgerPath(folder)).flatMap(({ body }) =>
      body.kind === 'abort' ? body.because : [],
    );
    const expected = ['a', 'b'].flatMap((name) => Array.from({ length: 12 }, (_, n) => `${name} ${n}`));
    assert.equal(said.toSorted(), expected.toSorted());
    assert.is(listObjects(openStore(host, folder)).length, 12, 'both wrote the same objects');
  });
});

test('failures of the real file system have their kinds', async () => {
  await inFolder((folder) => {
    const host = realHost();
    const whyOf = (work: () => unknown): string => {
      try {
        work();
      } catch (error) {
        if (error instanceof RunFailure && error.problem.kind === 'file') return error.problem.why;
        throw error;
      }
      return 'no failure';
    };
    writeFileSync(join(folder, 'file'), 'x');
    assert.is(
      whyOf(() => host.readBytes(join(folder, 'none'))),
      'missing',
    );
    assert.is(
      whyOf(() => host.readBytes(folder)),
      'not-a-file',
    );
    assert.is(
      whyOf(() => writeAtomic(host, join(folder, 'file', 'inner'), 'x')),
      'not-a-folder',
    );
    assert.is(host.stat(join(folder, 'none')), undefined);
    assert.equal(host.list(join(folder, 'none')), []);
    if (existsSync('/dev/full')) {
      assert.is(
        whyOf(() => host.writePlain('/dev/full', new Uint8Array(10))),
        'no-space',
      );
    }
  });
});

test('an append is at the end and on disk; what stands there before stays', async () => {
  await inFolder((folder) => {
    const host = realHost();
    const path = join(folder, 'log');
    for (const text of ['one\n', 'two\n']) host.append(path, new TextEncoder().encode(text));
    assert.is(readFileSync(path, 'utf8'), 'one\ntwo\n');
  });
});

test('the lock of a dead process, or one that died while taking it, is taken over', async () => {
  await inFolder((folder) => {
    const host = realHost();
    const path = join(folder, 'x.lock');
    const deadPid = 2 ** 22 + 1; // above the largest process number of Linux
    writeFileSync(path, `${deadPid} ${host.process.machine}\n`);
    assert.is(
      withLock(host, path, () => 'done', 1000),
      'done',
    );
    assert.not.ok(existsSync(path));
    writeFileSync(path, '');
    const later: Host = { ...host, nowMs: () => statSync(folder).mtimeMs + 60_000 };
    assert.is(
      withLock(later, path, () => 'done', 1000),
      'done',
    );
    writeFileSync(path, `${process.pid} elsewhere\n`);
    assert.throws(
      () => withLock(host, path, () => 'done', 20),
      (error: unknown) => error instanceof RunFailure,
    );
    truncateSync(path);
    assert.throws(
      () => withLock(host, path, () => 'done', 20),
      (error: unknown) => error instanceof RunFailure,
    );
  });
});

test.run();
