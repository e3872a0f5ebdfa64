// The ledger of looks: published vectors first, then the laws of a chain.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Plain } from '../../../src/compiler/base/canonical.js';
import { ConfirmToken } from '../../../src/runtime/data/confirm-token.js';
import {
  appendEntry,
  headOf,
  holdsHead,
  joinLedger,
  mergeLedgers,
  projectRoot,
  readLedger,
  requireLedger,
} from '../../../src/runtime/store/ledger.js';
import {
  entryHash,
  entryLine,
  type LedgerEntry,
  lockSeed,
  NO_ENTRY,
  type Stamp,
} from '../../../src/runtime/store/ledger-entry.js';
import {
  type LookRequest,
  recordLook,
  seenSplits,
  spentBy,
  tallyLooks,
} from '../../../src/runtime/store/looks.js';
import { openConfirm } from '../../../src/runtime/store/open-confirm.js';
import { checkChain } from '../../../src/runtime/store/parse-ledger.js';
import { RunFailure, type RunProblemKind } from '../../../src/runtime/store/problem.js';
import { Death, MemoryHost } from '../../support/memory-host.js';

const test = suite('ledger');
const path = '/p/eis.ledger.jsonl';
const stamp: Stamp = { time: '2026-01-31T12:00:00.000Z', tool: 'eisc 0.1.0', file: 'a.eis' };
const lockA = 'a'.repeat(64);
const lockB = 'b'.repeat(64);
const generated: LookRequest = { data: 'g', split: 'confirm', source: 'generated', clusters: [] };
const templates = (...clusters: string[]): LookRequest => ({
  data: 't',
  split: 'confirm',
  source: 'templates',
  clusters,
});

const failsWith = (kind: RunProblemKind) => (error: unknown) =>
  error instanceof RunFailure && error.problem.kind === kind;
const lockBody = (lock: string) =>
  ({ kind: 'lock', lock, seal: lock, claims: 1, predictions: 0, ...stamp }) as const;
const explore = (host: MemoryHost, request: LookRequest, evaluations = 1): LedgerEntry => {
  const looks = [recordLook(requireLedger(host, path), request)];
  return appendEntry(host, path, {
    kind: 'explore',
    plan: lockA,
    looks,
    evaluations,
    bits: 'full',
    ...stamp,
  });
};

test('gives the hashes and the seed of the reference vectors', () => {
  const file = join(import.meta.dirname, '../../stats/rigor-vectors.json');
  const { ledger } = JSON.parse(readFileSync(file, 'utf8')) as {
    ledger: { bodies: Plain[]; heads: string[]; lock_seed: { lock: string; seed: string } };
  };
  let prev = NO_ENTRY;
  const heads = ledger.bodies.map((body, seq) => {
    prev = entryHash({ seq, prev, body });
    return prev;
  });
  assert.equal(heads, ledger.heads);
  assert.is(heads.length, 3);
  assert.is(lockSeed(ledger.lock_seed.lock, 'confirm/generate'), ledger.lock_seed.seed);
});

test('entries are added one line each and form a chain', () => {
  const host = new MemoryHost();
  assert.equal(readLedger(host, path), { kind: 'ok', entries: [], head: NO_ENTRY });
  const first = explore(host, generated);
  const second = appendEntry(host, path, lockBody(lockA));
  assert.is(second.prev, first.hash);
  const entries = requireLedger(host, path);
  assert.equal(entries, [first, second]);
  assert.is(headOf(entries), second.hash);
  assert.ok(holdsHead(entries, first.hash));
  assert.not.ok(holdsHead(entries, lockB));
  assert.equal(host.files(), [path]);
});

test('any single changed byte, dropped line or swapped pair is reported with its line', () => {
  const host = new MemoryHost();
  for (const n of [1, 2, 3]) explore(host, templates(`t${n}`));
  const bytes = host.readBytes(path);
  for (let at = 0; at < bytes.length; at += 3) {
    const changed = bytes.slice();
    changed[at] = (changed[at] ?? 0) ^ 4;
    host.writePlain(path, changed);
    let kind = 'ok';
    try {
      kind = readLedger(host, path).kind;
    } catch (error) {
      if (!failsWith('file')(error)) throw error;
      kind = 'bad';
    }
    assert.is(kind, 'bad', `byte ${at}`);
  }
  const lines = new TextDecoder().decode(bytes).split(/(?<=\n)/);
  const bad = (text: string): string => {
    host.writePlain(path, new TextEncoder().encode(text));
    const read = readLedger(host, path);
    return read.kind === 'ok'
      ? 'ok'
      : `${read.problem.kind} ${'line' in read.problem ? read.problem.line : ''}`;
  };
  const [a = '', b = '', c = ''] = lines;
  assert.is(bad(b + c), 'ledger-chain 1');
  assert.is(bad(a + c), 'ledger-chain 2');
  assert.is(bad(a + c + b), 'ledger-chain 2');
  assert.is(bad(a + b + b), 'ledger-chain 3');
  assert.is(bad(`${a}\n${b}`), 'ledger-line 2');
  assert.is(bad(a + b + c.slice(0, -10)), 'ledger-line 3');
  assert.is(bad(a.replace('\n', '\r\n')), 'ledger-line 1');
});

test('a bad ledger is never written to', () => {
  const host = new MemoryHost();
  explore(host, generated);
  const broken = new TextDecoder()
    .decode(host.readBytes(path))
    .replace('discover', 'x')
    .replace('confirm', 'CONFIRM');
  host.writePlain(path, new TextEncoder().encode(broken));
  assert.throws(() => appendEntry(host, path, lockBody(lockA)), failsWith('ledger-chain'));
  assert.is(new TextDecoder().decode(host.readBytes(path)), broken);
  assert.equal(host.files(), [path], 'the lock is released');
});

test('killed at any step, the ledger holds the old entries or the new ones', () => {
  for (let step = 0; ; step++) {
    const host = new MemoryHost();
    explore(host, generated);
    const dying = host.reopened({ diesAt: step });
    let died = false;
    try {
      explore(dying, generated);
    } catch (error) {
      if (!(error instanceof Death)) throw error;
      died = true;
    }
    const after = host.reopened({ pid: 99 });
    after.waitMs(10_000);
    const count = requireLedger(after, path).length;
    assert.ok(count === 1 || count === 2);
    explore(after, generated);
    assert.is(requireLedger(after, path).length, count + 1, 'the next process takes the lock over');
    assert.equal(host.files(), [path]);
    if (!died) break;
    assert.ok(step < 50);
  }
});

test('a full disk leaves the old ledger and releases the lock', () => {
  const host = new MemoryHost();
  explore(host, generated);
  const old = host.readBytes(path);
  const full = host.reopened({ capacity: old.length + 100 });
  assert.throws(() => explore(full, generated), failsWith('file'));
  assert.equal(host.files(), [path]);
  assert.equal(host.readBytes(path), old);
});

test('a live process keeps others out, and they say who it is', () => {
  const host = new MemoryHost({ pid: 5 });
  host.makeFolder('/p');
  host.createExclusive(`${path}.lock`, new TextEncoder().encode('5 memory\n'));
  const other = host.reopened({ pid: 6, alive: [5] });
  assert.throws(
    () => explore(other, generated),
    (error: unknown) =>
      error instanceof RunFailure &&
      error.problem.kind === 'in-use' &&
      error.problem.holder === 'process 5 on memory',
  );
});

test('branches that grew apart are joined by an entry with two parents, and both histories count', () => {
  const host = new MemoryHost();
  const base = explore(host, templates('t0'));
  const ours = new MemoryHost();
  const theirs = new MemoryHost();
  for (const side of [ours, theirs]) {
    side.makeFolder('/p');
    side.writePlain(path, new TextEncoder().encode(entryLine(base)));
  }
  explore(ours, templates('t1'));
  explore(theirs, templates('t2'));
  explore(theirs, templates('t3'));
  const merged = mergeLedgers(requireLedger(ours, path), requireLedger(theirs, path), stamp);
  assert.is(checkChain(merged, path).kind, 'ok');
  assert.equal(
    merged.map(({ seq }) => seq),
    [0, 1, 1, 2, 3],
  );
  assert.is(seenSplits(merged).length, 4);
  for (const head of [ours, theirs]) assert.ok(holdsHead(merged, headOf(requireLedger(head, path))));
  assert.is(mergeLedgers(merged, requireLedger(ours, path), stamp), merged);
  assert.equal(mergeLedgers(requireLedger(ours, path), merged, stamp), merged);
  const [first] = merged;
  assert.is(checkChain(merged.slice(0, -1), path).kind, 'bad', 'without the merge entry there are two heads');
  assert.is(mergeLedgers([], first === undefined ? [] : [first], stamp).length, 1);
});

test('a merge conflict has its own problem, is not overwritten, and is joined on request', () => {
  const host = new MemoryHost();
  const base = explore(host, templates('t0'));
  const [ours, theirs] = ['t1', 't2'].map((name) => {
    const side = new MemoryHost();
    side.makeFolder('/p');
    side.writePlain(path, new TextEncoder().encode(entryLine(base)));
    return entryLine(explore(side, templates(name)));
  });
  for (const middle of ['', `||||||| base\n${ours}`]) {
    const conflict = `${entryLine(base)}<<<<<<< HEAD\n${ours}${middle}=======\n${theirs}>>>>>>> other\n`;
    host.writePlain(path, new TextEncoder().encode(conflict));
    const read = readLedger(host, path);
    assert.equal(read.kind === 'bad' && read.problem, { kind: 'ledger-conflict', path, line: 2 });
    assert.throws(() => appendEntry(host, path, lockBody(lockA)), failsWith('ledger-conflict'));
    assert.is(new TextDecoder().decode(host.readBytes(path)), conflict);
    const joined = joinLedger(host, path, stamp);
    assert.is(joined.length, 4);
    assert.equal(requireLedger(host, path), joined);
    assert.is(new TextDecoder().decode(host.readBytes(`${path}.before-merge`)), conflict);
  }
});

test('branches that git put one below the other are joined on request', () => {
  const host = new MemoryHost();
  const base = explore(host, templates('t0'));
  const tails = ['t1', 't2', 't3'].map((name) => {
    const side = new MemoryHost();
    side.makeFolder('/p');
    side.writePlain(path, new TextEncoder().encode(entryLine(base)));
    return entryLine(explore(side, templates(name)));
  });
  host.writePlain(path, new TextEncoder().encode(entryLine(base) + tails.join('')));
  const read = readLedger(host, path);
  assert.is(read.kind === 'bad' && read.problem.kind, 'ledger-fork');
  assert.is(joinLedger(host, path, stamp).length, 6);
  assert.is(readLedger(host, path).kind, 'ok');
});

test('a confirm token exists only after the look is on disk, and holds the root of the lock', () => {
  const host = new MemoryHost();
  assert.throws(
    () => openConfirm(host, path, { lock: lockA, looks: [generated], stamp }),
    failsWith('unlocked'),
  );
  appendEntry(host, path, lockBody(lockA));
  assert.throws(
    () => openConfirm(host.reopened({ readOnly: true }), path, { lock: lockA, looks: [generated], stamp }),
    failsWith('file'),
  );
  assert.is(requireLedger(host, path).length, 1);
  const opened = openConfirm(host, path, { lock: lockA, looks: [generated], stamp });
  assert.is(opened.how, 'first');
  assert.is(requireLedger(host, path).at(-1)?.hash, opened.entry.hash);
  assert.is(ConfirmToken.rootOf(opened.token), lockSeed(lockA, 'confirm/generate'));
  assert.is(opened.token.entry, opened.entry.hash);
});

test('an orphan open counts as a look; the same lock resumes, and after its confirm run it replays', () => {
  const host = new MemoryHost();
  appendEntry(host, path, lockBody(lockA));
  const looks = [templates('t1', 't2')];
  const first = openConfirm(host, path, { lock: lockA, looks, stamp });
  assert.is(tallyLooks(requireLedger(host, path)).orphans, 1);
  const again = openConfirm(host, path, { lock: lockA, looks, stamp });
  assert.is(again.how, 'resumed');
  assert.is(again.entry.hash, first.entry.hash);
  const digests = { outcome: lockA, decision: lockA, evidence: lockA };
  appendEntry(host, path, {
    kind: 'confirm',
    lock: lockA,
    evaluations: 7,
    ...digests,
    bits: 'full',
    ...stamp,
  });
  assert.is(openConfirm(host, path, { lock: lockA, looks, stamp }).how, 'replay');
  const tally = {
    explorations: 0,
    searches: 0,
    evaluations: 7,
    locks: 1,
    opened: 1,
    confirmed: 1,
    replays: 0,
    orphans: 0,
    predictions: 0,
    hits: 0,
  };
  assert.equal(tallyLooks(requireLedger(host, path)), tally);
});

test('another meaning cannot open templates that were opened, whatever they are called; fresh ones it can', () => {
  const host = new MemoryHost();
  for (const lock of [lockA, lockB]) appendEntry(host, path, lockBody(lock));
  openConfirm(host, path, { lock: lockA, looks: [templates('t1', 't2')], stamp });
  const open = (look: LookRequest) => () => openConfirm(host, path, { lock: lockB, looks: [look], stamp });
  assert.throws(open(templates('t1', 't2')), failsWith('spent'));
  assert.throws(open({ ...templates('t2', 't9'), data: 'renamed', split: 'other' }), failsWith('spent'));
  assert.throws(
    open({ ...templates(), source: 'corpus' }),
    failsWith('spent'),
    'the same split without clusters',
  );
  assert.is(requireLedger(host, path).length, 3);
  assert.is(open({ ...templates('t8', 't9'), data: 'fresh' })().how, 'first');
});

test('generated rows are fresh for every lock', () => {
  const host = new MemoryHost();
  for (const lock of [lockA, lockB]) {
    appendEntry(host, path, lockBody(lock));
    assert.is(openConfirm(host, path, { lock, looks: [generated], stamp }).how, 'first');
  }
});

test('clusters that were explored under another split cannot confirm', () => {
  const host = new MemoryHost();
  explore(host, { ...templates('t1', 't2'), split: 'discover' });
  appendEntry(host, path, lockBody(lockA));
  const entries = requireLedger(host, path);
  assert.is(spentBy(entries, templates('t3', 't4'), lockA), undefined);
  const spent = spentBy(entries, templates('t2', 't3'), lockA);
  assert.is(spent?.shared, 1);
  assert.is(spent?.by.kind, 'explore');
});

test('the marks of a set of clusters are written once', () => {
  const host = new MemoryHost();
  const [one, two] = [explore(host, templates('t1', 't2')), explore(host, templates('t2', 't1'))];
  const marks = [one, two].map(({ body }) => (body.kind === 'explore' ? body.looks[0]?.marks?.length : -1));
  assert.equal(marks, [2, undefined]);
  assert.equal(
    seenSplits(requireLedger(host, path)).map((seen) => seen.marks.size),
    [2, 2],
  );
});

test('the project is the nearest folder with eis.project.json, else the git root, else the folder itself', () => {
  const host = new MemoryHost();
  host.makeFolder('/a/b/c');
  assert.is(projectRoot(host, '/a/b/c/x.eis'), '/a/b/c');
  host.makeFolder('/a/.git');
  assert.is(projectRoot(host, '/a/b/c/x.eis'), '/a');
  host.writePlain('/a/b/eis.project.json', new Uint8Array());
  assert.is(projectRoot(host, '/a/b/c/x.eis'), '/a/b');
});

test.run();
