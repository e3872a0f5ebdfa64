// The result folder is the old one or the new one, whole.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOutcomes, writeOutcomes } from '../../../src/runtime/store/outcome-table.js';
import { RunFailure } from '../../../src/runtime/store/problem.js';
import { checkResult } from '../../../src/runtime/store/read-result.js';
import {
  decisionDigest,
  layOutResult,
  readResult,
  replaceViews,
  writeResult,
} from '../../../src/runtime/store/result.js';
import { outcomes, resultOf } from '../../support/confirmed-study.js';
import { Death, MemoryHost } from '../../support/memory-host.js';

const test = suite('result folder');
const pipeline = '/p/x.eis';
const older = layOutResult(resultOf(undefined, undefined));
const newer = layOutResult({
  ...resultOf(undefined, undefined),
  views: [{ path: 'report.html', content: '<p>new</p>' }],
});

function host(): MemoryHost {
  const made = new MemoryHost();
  made.makeFolder('/p');
  return made;
}

test('outcomes come back with their values, ids, clusters and item hashes', () => {
  const [first, second] = outcomes.parts;
  if (first === undefined || second === undefined) throw new Error('two parts');
  const table = {
    ...outcomes,
    parts: [{ ...first, values: Float64Array.of(Number.NaN, -0, 1e-300) }, second],
  };
  const read = readOutcomes(writeOutcomes(table));
  assert.is(read.kind, 'ok');
  if (read.kind !== 'ok') return;
  const plain = (one: typeof table): unknown => ({
    ...one,
    parts: one.parts.map((part) => ({ ...part, values: [...part.values] })),
  });
  assert.equal(plain({ ...table, ...read.table, parts: [...read.table.parts] }), plain(table));
});

test('the decision digest ignores order and counts flips and verdicts', () => {
  const verdicts = [
    { id: 'a', verdict: 'supported' },
    { id: 'b', verdict: 'refuted' },
  ];
  const one = decisionDigest({ flips: 8, verdicts });
  assert.is(decisionDigest({ flips: 8, verdicts: verdicts.toReversed() }), one);
  assert.is.not(decisionDigest({ flips: 9, verdicts }), one);
  assert.is.not(decisionDigest({ flips: 8, verdicts: [{ id: 'a', verdict: 'refuted' }] }), one);
});

test('views and keys are no evidence: making them again keeps the evidence digest', () => {
  assert.is(newer.manifest.evidence, older.manifest.evidence);
  assert.is.not(newer.manifest.seal, older.manifest.seal);
});

test('views are drawn anew without touching the evidence', () => {
  const files = replaceViews(older.files, older.manifest, [{ path: 'report.html', content: '<p>new</p>' }]);
  assert.equal([...files], [...newer.files]);
  assert.is(checkResult(files).kind, 'ok');
});

test('a report that does not fit its schema is never written', () => {
  const bad = { ...resultOf(undefined, undefined), report: { version: 1 } };
  assert.throws(
    () => layOutResult(bad),
    (error: unknown) => error instanceof RunFailure && error.problem.kind === 'result-file',
  );
});

test('a new result replaces the old one, with nothing left beside it', () => {
  const disk = host();
  assert.is(readResult(disk, pipeline), undefined);
  for (const { files } of [older, newer]) {
    writeResult(disk, pipeline, files);
    assert.equal([...(readResult(disk, pipeline)?.keys() ?? [])], [...files.keys()].sort());
    assert.equal(disk.list('/p'), ['x.eis.result']);
  }
});

test('killed at any step, a reader finds the old result or the new one, and the next run cleans up', () => {
  const seen = new Set<string>();
  for (let step = 0; ; step++) {
    const disk = host();
    writeResult(disk, pipeline, older.files);
    let died = false;
    try {
      writeResult(disk.reopened({ diesAt: step }), pipeline, newer.files);
    } catch (error) {
      if (!(error instanceof Death)) throw error;
      died = true;
    }
    const after = disk.reopened({ pid: 99 });
    after.waitMs(10_000);
    const found = readResult(after, pipeline);
    const checked = found === undefined ? undefined : checkResult(found);
    assert.is(checked?.kind, 'ok', `killed at step ${step}`);
    seen.add(found?.has('report.html') ? 'new' : 'old');
    writeResult(after, pipeline, newer.files);
    assert.equal(after.list('/p'), ['x.eis.result']);
    if (!died) break;
    assert.ok(step < 100);
  }
  assert.equal([...seen], ['old', 'new']);
});

test('a full disk keeps the old result', () => {
  const disk = host();
  writeResult(disk, pipeline, older.files);
  const used = [...older.files.values()].reduce((sum, bytes) => sum + bytes.length, 0);
  for (let room = 0; room < used; room += 97) {
    const full = disk.reopened({ capacity: used + 20 + room });
    assert.throws(
      () => writeResult(full, pipeline, newer.files),
      (error: unknown) => error instanceof RunFailure,
    );
    assert.equal(disk.list('/p'), ['x.eis.result']);
    assert.ok(readResult(disk, pipeline)?.has('report.md'));
  }
});

test.run();
