// A small study that was explored, locked, opened and confirmed on a memory host, with verdicts that follow from its
// outcomes by a rule simple enough to be checked by eye: a member is supported when its mean exceeds its margin.
import { appendEntry, headOf, requireLedger } from '../../src/runtime/store/ledger.js';
import type { LedgerEntry, Stamp } from '../../src/runtime/store/ledger-entry.js';
import { type Lock, makeLock, writeLock } from '../../src/runtime/store/lock.js';
import { type LookRequest, recordLook } from '../../src/runtime/store/looks.js';
import { openConfirm } from '../../src/runtime/store/open-confirm.js';
import type { OutcomeTable } from '../../src/runtime/store/outcome-table.js';
import {
  type DecisionFacts,
  layOutResult,
  type Result,
  readResult,
  writeResult,
} from '../../src/runtime/store/result.js';
import type { VerifyInput } from '../../src/runtime/store/verify-case.js';
import { MemoryHost } from './memory-host.js';

export const STUDY = '/p/x.eis';
export const LEDGER = '/p/eis.ledger.jsonl';
export const stamp: Stamp = { time: '2026-01-31T12:00:00.000Z', tool: 'eisc 0.1.0', file: 'x.eis' };
const rows: LookRequest = {
  data: 'd'.repeat(64),
  split: 'confirm',
  source: 'templates',
  clusters: ['a', 'b', 'c'],
};
export const meaning = { margin: 0.1, predictions: [{ claim: 'heads', verdict: 'supported' }] };

export const outcomes: OutcomeTable = {
  name: 'main',
  parts: [
    part('heads/0.0', Float64Array.of(0.5, 0.25, 0.75)),
    part('heads/0.1', Float64Array.of(0.01, -0.02, 0.03)),
  ],
  items: ['a', 'b', 'c'].map((name, cluster) => ({ hash: name.repeat(64), cluster })),
  clusters: ['a', 'b', 'c'],
};

function part(id: string, values: Float64Array): OutcomeTable['parts'][number] {
  return {
    id,
    memberId: id.slice(6),
    direction: 'above',
    margin: 0.1,
    unit: 'nat',
    facts: { claim: 'heads' },
    values,
  };
}

/** The stand-in for the statistics: means against margins. */
export function decide(tables: readonly OutcomeTable[]): DecisionFacts {
  const members = tables.flatMap(({ parts }) =>
    parts.map(({ id, margin, values }) => {
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      return { id, verdict: mean > margin ? 'supported' : 'inconclusive' };
    }),
  );
  return { flips: 8, verdicts: [{ id: 'heads', verdict: 'inconclusive' }, ...members] };
}

export function resultOf(open: LedgerEntry | undefined, lock: Lock | undefined, table = outcomes): Result {
  const decision = decide([table]);
  const [claim, ...members] = decision.verdicts;
  const report = {
    version: 1,
    file: 'x.eis',
    state: lock === undefined ? 'exploratory' : 'confirmed',
    lock: lock?.lock ?? null,
    head: open?.hash ?? '0'.repeat(64),
    claims: [{ ...claim, id: 'heads', members: members.map((one) => ({ ...one, id: one.id.slice(6) })) }],
  };
  const cells = members.map(({ id, verdict }) => [id, verdict]);
  const tables = [{ name: 'members', table: { columns: ['id', 'verdict'], rows: cells } }];
  return {
    report,
    outcomes: [table],
    decision,
    tables,
    parquet: [],
    views: [{ path: 'report.md', content: '# x\n' }],
    keys: [],
  };
}

export type Study = { readonly host: MemoryHost; readonly lock: Lock; readonly open: LedgerEntry };

/** Explored, locked and opened; nothing confirmed yet. */
export function openedStudy(): Study {
  const host = new MemoryHost();
  const looks = [recordLook([], { ...rows, split: 'discover', clusters: ['e', 'f'] })];
  const plan = 'e'.repeat(64);
  appendEntry(host, LEDGER, { kind: 'explore', plan, looks, evaluations: 6, bits: 'full', ...stamp });
  const lock = makeLock({
    meaning,
    environment: { backend: 'reference' },
    head: headOf(requireLedger(host, LEDGER)),
  });
  writeLock(host, STUDY, lock);
  const facts = { lock: lock.lock, seal: lock.seal, claims: 1, predictions: 1 };
  appendEntry(host, LEDGER, { kind: 'lock', ...facts, ...stamp });
  const { entry } = openConfirm(host, LEDGER, { lock: lock.lock, looks: [rows], stamp });
  return { host, lock, open: entry };
}

export function confirmedStudy(): Study {
  const study = openedStudy();
  const { files, manifest } = layOutResult(resultOf(study.open, study.lock));
  writeResult(study.host, STUDY, files);
  const { outcome, decision, evidence } = manifest;
  const digests = { outcome, decision, evidence };
  const { lock } = study.lock;
  appendEntry(study.host, LEDGER, {
    kind: 'confirm',
    lock,
    evaluations: 6,
    ...digests,
    bits: 'full',
    ...stamp,
  });
  return study;
}

/** What `eisc verify` would read from the disk. */
export function verifyInput(host: MemoryHost): VerifyInput {
  const read = (path: string): Uint8Array | null =>
    host.stat(path) === undefined ? null : host.readBytes(path);
  return {
    file: 'x.eis',
    lock: read(`${STUDY}.lock`),
    ledger: read(LEDGER),
    result: readResult(host, STUDY) ?? null,
    meaning,
    anchor: null,
    recomputeVerdicts: (stored) => decide(stored.outcomes),
  };
}
