// What stands after a run is written down: the ledger's confirm entry decides whether a replay agrees, not the folder.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { commitRun } from '../../../src/runtime/application/commit-run.js';
import { requireLedger } from '../../../src/runtime/store/ledger.js';
import type { OutcomeTable } from '../../../src/runtime/store/outcome-table.js';
import {
  layOutResult,
  MANIFEST,
  type Manifest,
  readResult,
  resultFolder,
} from '../../../src/runtime/store/result.js';
import {
  LEDGER,
  openedStudy,
  outcomes,
  resultOf,
  STUDY,
  type Study,
  stamp,
} from '../../support/confirmed-study.js';

const test = suite('commit-run');

function commit(study: Study, table: OutcomeTable = outcomes): Manifest {
  const { host, lock, open } = study;
  return commitRun({
    host,
    pipeline: STUDY,
    ledger: LEDGER,
    lock: lock.lock,
    evaluations: 2,
    predictions: [],
    laidOut: layOutResult(resultOf(open, lock, table)),
    stamp,
  });
}

function lastOf({ host }: Study): string {
  const body = requireLedger(host, LEDGER).at(-1)?.body;
  return body?.kind === 'replay' ? `replay ${body.agrees}` : (body?.kind ?? '');
}

/** The outcomes with every value of the first part moved. */
function moved(by: number): OutcomeTable {
  const [first, ...others] = outcomes.parts;
  if (first === undefined) throw new Error('no parts');
  return { ...outcomes, parts: [{ ...first, values: first.values.map((value) => value + by) }, ...others] };
}

test('the first run confirms, the second replays and leaves the result as it is', () => {
  const study = openedStudy();
  const first = commit(study);
  assert.is(lastOf(study), 'confirm');
  const again = commit(study);
  assert.is(lastOf(study), 'replay outcomes');
  assert.equal(again, first);
});

test('a replay with other outcomes, or other verdicts, leaves the confirmed result as it is and is noted', () => {
  const study = openedStudy();
  const first = commit(study);
  const bytes = readResult(study.host, STUDY);
  assert.equal(commit(study, moved(1e-6)), first);
  assert.is(lastOf(study), 'replay decision');
  assert.equal(commit(study, moved(-5)), first);
  assert.is(lastOf(study), 'replay neither');
  assert.equal(readResult(study.host, STUDY), bytes);
});

test('a result that is gone or damaged is restored by a replay, which still agrees', () => {
  const study = openedStudy();
  const first = commit(study);
  study.host.remove(resultFolder(STUDY));
  assert.equal(commit(study), first);
  assert.is(lastOf(study), 'replay outcomes');
  study.host.writePlain(`${resultFolder(STUDY)}/${MANIFEST}`, new TextEncoder().encode('{}'));
  assert.equal(commit(study), first);
  assert.is(lastOf(study), 'replay outcomes');
});

test('the result of an exploration in the folder does not count as the confirmed one', () => {
  const study = openedStudy();
  const first = commit(study);
  const laidOut = layOutResult(resultOf(undefined, undefined));
  const explored = commitRun({
    host: study.host,
    pipeline: STUDY,
    ledger: LEDGER,
    lock: null,
    evaluations: 2,
    predictions: [],
    laidOut,
    stamp,
  });
  assert.is.not(explored.evidence, first.evidence);
  assert.equal(commit(study), first);
  assert.is(lastOf(study), 'replay outcomes');
});

test.run();
