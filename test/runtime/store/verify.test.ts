// What `eisc verify` finds: every changed byte, and every broken order of events.
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { requireLedger } from '../../../src/runtime/store/ledger.js';
import {
  entryLine,
  type LedgerBody,
  type LedgerEntry,
  nextEntry,
} from '../../../src/runtime/store/ledger-entry.js';
import { lockText, makeLock } from '../../../src/runtime/store/lock.js';
import { layOutResult, writeResult } from '../../../src/runtime/store/result.js';
import { hasFailed, verifyProject } from '../../../src/runtime/store/verify.js';
import type { CheckName, VerifyInput } from '../../../src/runtime/store/verify-case.js';
import {
  confirmedStudy,
  LEDGER,
  meaning,
  openedStudy,
  outcomes,
  resultOf,
  STUDY,
  stamp,
  verifyInput,
} from '../../support/confirmed-study.js';

const test = suite('verify');
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const states = (input: VerifyInput): Record<string, string> =>
  Object.fromEntries(verifyProject(input).map(({ name, state }) => [name, state]));
const failures = (input: VerifyInput): CheckName[] =>
  verifyProject(input).flatMap(({ name, state }) => (state === 'failed' ? [name] : []));
const textOf = (input: VerifyInput, name: CheckName): string =>
  verifyProject(input).find((check) => check.name === name)?.text ?? '';

/** The ledger again with every body changed by `change`, as someone would forge it with fresh hashes. */
function forged(
  entries: readonly LedgerEntry[],
  change: (body: LedgerBody) => LedgerBody | undefined,
): Uint8Array {
  const out: LedgerEntry[] = [];
  for (const { body } of entries) {
    const changed = change(body);
    if (changed !== undefined) out.push(nextEntry(out.at(-1), changed));
  }
  return encode(out.map(entryLine).join(''));
}

test('a whole study passes, and what cannot be shown is said', () => {
  const found = states(verifyInput(confirmedStudy().host));
  assert.equal(found, {
    chain: 'ok',
    lock: 'ok',
    source: 'ok',
    registered: 'ok',
    opened: 'ok',
    fresh: 'ok',
    predictions: 'ok',
    heads: 'ok',
    files: 'ok',
    outcomes: 'ok',
    decision: 'ok',
    anchor: 'not-checked',
    'file-drawer': 'not-checked',
  });
});

test('every one of 60 random single-byte changes in lock, ledger and result files is found', () => {
  const input = verifyInput(confirmedStudy().host);
  const result = input.result ?? new Map<string, Uint8Array>();
  const places = ['lock', 'ledger', ...result.keys()];
  assert.is(places.length, 8);
  let tried = 0;
  const property = fc.property(
    fc.constantFrom(...places),
    fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    fc.integer({ min: 1, max: 255 }),
    (place, at, mask) => {
      const old = place === 'lock' ? input.lock : place === 'ledger' ? input.ledger : result.get(place);
      const bytes = (old ?? new Uint8Array()).slice();
      const index = Math.floor(at * bytes.length);
      bytes[index] = (bytes[index] ?? 0) ^ mask;
      tried += 1;
      const changed =
        place === 'lock' || place === 'ledger'
          ? { ...input, [place]: bytes }
          : { ...input, result: new Map([...result, [place, bytes]]) };
      assert.ok(hasFailed(verifyProject(changed)), `${place} byte ${index} xor ${mask}`);
    },
  );
  fc.assert(property, { numRuns: 60, seed: 11 });
  assert.is(tried, 60);
});

test('a missing, added or emptied file is found', () => {
  const input = verifyInput(confirmedStudy().host);
  const result = input.result ?? new Map<string, Uint8Array>();
  for (const path of result.keys()) {
    const without = new Map([...result].filter(([one]) => one !== path));
    assert.equal(failures({ ...input, result: without }), ['files'], path);
  }
  assert.equal(failures({ ...input, result: new Map([...result, ['tables/more.csv', encode('a')]]) }), [
    'files',
  ]);
  assert.equal(failures({ ...input, result: new Map([...result, ['.DS_Store', encode('a')]]) }), []);
  assert.ok(failures({ ...input, result: null }).includes('files'));
  assert.ok(failures({ ...input, lock: null }).includes('lock'));
  assert.equal(failures({ ...input, ledger: null }), ['chain']);
});

test('outcomes that are forged together with their manifest do not fit the ledger', () => {
  const { host, lock, open } = confirmedStudy();
  const [first, second] = outcomes.parts;
  if (first === undefined || second === undefined) throw new Error('two parts');
  const better = {
    ...outcomes,
    parts: [first, { ...second, values: second.values.map((value) => value + 1) }],
  };
  writeResult(host, STUDY, layOutResult(resultOf(open, lock, better)).files);
  assert.equal(failures(verifyInput(host)), ['outcomes', 'decision']);
});

test('verdicts that do not follow from the outcomes are found even where every digest fits', () => {
  const { host, lock, open } = openedStudy();
  const honest = resultOf(open, lock);
  const verdicts = honest.decision.verdicts.map((one) => ({ ...one, verdict: 'supported' }));
  const claims = [{ id: 'heads', verdict: 'supported', members: [] }];
  const { files, manifest } = layOutResult({
    ...honest,
    report: { ...honest.report, claims },
    decision: { flips: 8, verdicts },
  });
  writeResult(host, STUDY, files);
  const { outcome, decision, evidence } = manifest;
  const body: LedgerBody = {
    kind: 'confirm',
    lock: lock.lock,
    evaluations: 6,
    ...{ outcome, decision, evidence },
    bits: 'full',
    ...stamp,
  };
  const entries = requireLedger(host, LEDGER);
  const ledger = encode([...entries, nextEntry(entries.at(-1), body)].map(entryLine).join(''));
  assert.equal(failures({ ...verifyInput(host), ledger }), ['decision']);
  const misreported = layOutResult({ ...honest, report: { ...honest.report, claims } });
  const result = misreported.files;
  const honestBody = {
    ...body,
    decision: misreported.manifest.decision,
    evidence: misreported.manifest.evidence,
  };
  const second = encode([...entries, nextEntry(entries.at(-1), honestBody)].map(entryLine).join(''));
  const input = { ...verifyInput(host), ledger: second, result };
  assert.equal(failures(input), ['decision']);
  assert.match(textOf(input, 'decision'), /the report calls `heads` supported/);
});

test('a ledger cut short, begun anew or rewritten contradicts the lock and the report', () => {
  const { host } = confirmedStudy();
  const input = verifyInput(host);
  const entries = requireLedger(host, LEDGER);
  const cut = (count: number): Uint8Array => encode(entries.slice(0, count).map(entryLine).join(''));
  assert.equal(failures({ ...input, ledger: cut(3) }), ['opened', 'outcomes']);
  assert.ok(failures({ ...input, ledger: cut(2) }).includes('heads'));
  assert.ok(failures({ ...input, ledger: cut(0) }).includes('heads'));
  const fewer = forged(entries, (body) => (body.kind === 'explore' ? { ...body, evaluations: 1 } : body));
  assert.ok(failures({ ...input, ledger: fewer }).includes('heads'), 'effort rewritten with fresh hashes');
  const without = forged(entries, (body) => (body.kind === 'explore' ? undefined : body));
  assert.ok(failures({ ...input, ledger: without }).includes('heads'), 'an exploration left out');
});

test('an open that is missing or stands before its lock is found', () => {
  const { host } = confirmedStudy();
  const input = verifyInput(host);
  const entries = requireLedger(host, LEDGER);
  const noOpen = forged(entries, (body) => (body.kind === 'open' ? undefined : body));
  assert.match(textOf({ ...input, ledger: noOpen }, 'opened'), /never opened/);
  const [explore, lock, open, confirm] = entries;
  if (explore === undefined || lock === undefined || open === undefined || confirm === undefined)
    throw new Error('four');
  const late = forged([explore, open, lock, confirm], (body) => body);
  assert.match(textOf({ ...input, ledger: late }, 'opened'), /before the lock/);
  assert.ok(failures({ ...input, ledger: late }).includes('predictions'));
  const early = forged([explore, lock, confirm, open], (body) => body);
  assert.match(textOf({ ...input, ledger: early }, 'opened'), /stands before/);
});

test('rows that another lock opened before are not fresh', () => {
  const { host } = confirmedStudy();
  const entries = requireLedger(host, LEDGER);
  const [explore, ...rest] = entries;
  const open = rest.find(({ body }) => body.kind === 'open');
  if (explore === undefined || open === undefined) throw new Error('an open entry');
  const other = { ...open, body: { ...open.body, lock: 'f'.repeat(64) } as LedgerBody };
  const ledger = forged([explore, other, ...rest], (body) => body);
  const input = { ...verifyInput(host), ledger };
  assert.match(textOf(input, 'fresh'), /spent: 3 of its clusters were seen before/);
});

test('an edited pipeline and a swapped lock are found', () => {
  const { host } = confirmedStudy();
  const input = verifyInput(host);
  assert.equal(failures({ ...input, meaning: { ...meaning, margin: 0.2 } }), ['source']);
  assert.match(
    textOf({ ...input, meaning: { ...meaning, margin: 0.2 } }, 'source'),
    /no longer means what was locked: margin 0\.1 → 0\.2$/,
  );
  assert.is(states({ ...input, meaning: null }).source, 'not-checked');
  const other = makeLock({ meaning: { ...meaning, margin: 0 }, environment: {}, head: '0'.repeat(64) });
  const swapped = { ...input, lock: encode(lockText(other)), meaning: other.meaning };
  assert.ok(failures(swapped).includes('registered'));
  assert.ok(failures(swapped).includes('outcomes'));
  const moved = makeLock({ meaning, environment: { backend: 'other' }, head: '0'.repeat(64) });
  assert.ok(
    failures({ ...input, lock: encode(lockText(moved)) }).includes('registered'),
    'environment edited and sealed anew',
  );
});

test('an anchor is found in the ledger or not, and its place is said', () => {
  const { host } = confirmedStudy();
  const input = verifyInput(host);
  const [, lock, open] = requireLedger(host, LEDGER);
  assert.match(textOf({ ...input, anchor: lock?.hash ?? '' }, 'anchor'), /precedes/);
  assert.match(textOf({ ...input, anchor: open?.hash ?? '' }, 'anchor'), /later than/);
  assert.equal(failures({ ...input, anchor: 'f'.repeat(64) }), ['anchor']);
});

test('drafts, opened and exploratory states are not called failures', () => {
  const { host } = openedStudy();
  assert.equal(failures(verifyInput(host)), []);
  const { files } = layOutResult(resultOf(undefined, undefined));
  const draft = { ...verifyInput(host), lock: null, ledger: encode(''), result: files };
  assert.equal(failures(draft), []);
  assert.is(states(draft).decision, 'ok');
});

test.run();
