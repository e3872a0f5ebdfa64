// The reducer and what is read off its state: pure, complete, and honest about what came from the store.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { RunEvent } from '../../src/runtime/event.js';
import { doneShare, overallShare, remainingMs, rowsPerSecond } from '../../src/runtime/tui/rate.js';
import { initialState, reduce } from '../../src/runtime/tui/state.js';
import { SUPPORTED_KEPT } from '../../src/runtime/tui/tui-state.js';
import { assertClose } from '../support/close.js';
import { readLog, stateAfter } from './event-log.js';

const test = suite('tui state');

const step = (id: string, flops: number) =>
  ({ id, title: id, kind: 'claims', calls: 10, rows: 100, flops }) as const;
const start: RunEvent = {
  kind: 'run-started',
  at: 0,
  file: 'x.eis',
  mode: 'explore',
  title: null,
  question: null,
  claims: [{ name: 'c', quantifier: 'each', members: 100, family: 'f', method: 'max_t', rate: '0.05' }],
  controls: [{ name: 'known', claim: 'c' }],
  steps: [step('a', 300), step('b', 100)],
  dataRows: [],
};
const progress = (id: string, at: number, doneCalls: number, cachedCalls = 0): RunEvent => ({
  kind: 'step-progress',
  step: id,
  at,
  doneCalls,
  totalCalls: 10,
  rows: (doneCalls - cachedCalls) * 10,
  flops: 0,
  cachedCalls,
});

test('progress is weighted by predicted work', () => {
  const state = stateAfter([start, progress('a', 1000, 5)]);
  assertClose(overallShare(state), (0.5 * 300) / 400);
});

test('the rate and the time left come from the clock of the events alone', () => {
  const state = stateAfter([start, progress('a', 1000, 2), progress('a', 3000, 6)]);
  assertClose(rowsPerSecond(state) ?? 0, 20); // 40 rows in 2 s
  assertClose(remainingMs(state) ?? 0, (2000 * (0.4 * 300 + 100)) / (0.4 * 300));
});

test('what came from the store counts as done but not as speed', () => {
  const state = stateAfter([start, progress('a', 1000, 8, 8), progress('a', 3000, 9, 8)]);
  assert.equal(state.steps.map(doneShare), [0.9, 0]);
  assertClose(rowsPerSecond(state) ?? 0, 5);
  assertClose(remainingMs(state) ?? 0, (2000 * (0.1 * 300 + 100)) / (0.1 * 300));
});

test('nothing is said about speed before there is anything to measure', () => {
  const state = stateAfter([start, { kind: 'step-started', step: 'a', at: 10 }]);
  assert.is(rowsPerSecond(state), null);
  assert.is(remainingMs(state), null);
});

test('a control that was never announced is shown', () => {
  const control = { kind: 'control', claim: 'c', state: 'failed', text: '', at: 1 } as const;
  const state = stateAfter([start, { ...control, name: 'known' }, { ...control, name: 'late' }]);
  assert.equal(
    state.controls.map(({ name, state: known }) => [name, known]),
    [
      ['known', 'failed'],
      ['late', 'failed'],
    ],
  );
});

test('members are counted without limit and named within one', () => {
  const claims = Array.from(
    { length: 100 },
    (_, index): RunEvent => ({
      kind: 'claim',
      name: 'c',
      member: `m${index}`,
      verdict: 'supported',
      reason: '',
      estimate: 1,
      unit: null,
      interval: null,
      adjusted: null,
      at: 5,
    }),
  );
  const [claim] = stateAfter([start, ...claims]).claims;
  assert.is(claim?.counts.supported, 100);
  assert.is(claim?.supported.length, SUPPORTED_KEPT);
});

test('the reducer changes no state that it was given', () => {
  const freeze = <T>(value: T): T => {
    if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
      Object.freeze(value);
      for (const inner of Object.values(value)) freeze(inner);
    }
    return value;
  };
  for (const name of ['explore-running', 'confirm-finished']) {
    let state = freeze(initialState);
    for (const event of readLog(name)) state = freeze(reduce(state, freeze(event)));
    assert.ok(state.finished.length > 0);
  }
});

test('a control that is waived is never said to be unknown', () => {
  const [first] = readLog('confirm-finished');
  if (first?.kind !== 'run-started') throw new Error('a log begins with its run');
  const state = stateAfter([{ ...first, waivers: [{ what: 'untrained', because: 'too slow' }] }]);
  assert.equal(
    state.controls.map(({ name, state: known, text }) => [name, known, text]),
    first.controls.map(({ name }) =>
      name === 'untrained' ? [name, 'waived', 'too slow'] : [name, null, ''],
    ),
  );
  assert.ok(first.controls.some(({ name }) => name === 'untrained'));
});

test.run();
