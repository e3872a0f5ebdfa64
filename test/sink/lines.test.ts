// Plain lines and the event log: complete, short, and free of anything a terminal would obey.
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { RunEvent } from '../../src/runtime/event.js';
import { lineSink } from '../../src/runtime/sink/lines.js';
import { eventLine } from '../../src/runtime/sink/ndjson.js';
import { assertGolden, goldenNames } from '../support/golden.js';
import { LOGS, readLog } from '../tui/event-log.js';

const test = suite('sinks');
const names = goldenNames(LOGS, '.ndjson', '.frame');

function linesOf(events: readonly RunEvent[]): readonly string[] {
  const lines: string[] = [];
  events.forEach(lineSink((line) => lines.push(line)));
  return lines;
}

test('each log has the lines that were reviewed', () => {
  const expectations = join(import.meta.dirname, 'expected');
  assert.equal(goldenNames(expectations, '.lines', '.lines'), names);
  for (const name of names) {
    assertGolden(join(expectations, `${name}.lines`), `${linesOf(readLog(name)).join('\n')}\n`);
  }
});

test('a check that compared nothing is called neither passed nor failed', () => {
  const check = { kind: 'check', name: 'self-swap m', text: 'nothing is written', at: 1 } as const;
  assert.equal(
    linesOf([
      { ...check, passed: false, state: 'not-checked' },
      { ...check, passed: false, state: 'failed' },
      { ...check, passed: false },
      { ...check, passed: true },
    ]),
    ['not checked', 'FAILED', 'FAILED', 'passed'].map(
      (word) => `check self-swap m: ${word}, nothing is written`,
    ),
  );
});

const started = {
  kind: 'run-started',
  at: 0,
  file: 'x.eis',
  title: null,
  question: 'why?',
  waivers: [{ what: 'direction_needed', because: 'one dimension\u001b[2J only' }],
  claims: [{ name: 'needed', quantifier: 'each', members: 2, family: 'f', method: 'max_t', rate: '0.05' }],
  controls: [],
  steps: [],
  dataRows: [],
} as const;
const concluded = {
  kind: 'claim',
  name: 'needed',
  member: '[0]',
  verdict: 'supported',
  reason: '',
  estimate: 0.5,
  unit: 'nat',
  interval: { low: 0.25, high: 0.75, level: 0.95 },
  adjusted: null,
  at: 1,
} as const;
const finished = {
  kind: 'run-finished',
  supported: 2,
  refuted: 0,
  inconclusive: 0,
  invalid: 0,
  files: [],
  timeMs: 1000,
  flops: 1,
  executions: 1,
  at: 2,
} as const;

test('what is waived is said first, with its reason', () => {
  const [, second] = linesOf([{ ...started, mode: 'explore' }]);
  assert.is(second, 'waived direction_needed: one dimension\\u{1b}[2J only');
});

test('every line of a draft about a claim says EXPLORATORY, those of a confirmed run do not', () => {
  for (const [mode, stamp] of [
    ['explore', 'EXPLORATORY'],
    ['confirm', 'CONFIRM'],
    ['replay', 'REPLAY'],
  ] as const) {
    const claims = linesOf([
      { ...started, mode },
      { ...concluded, stamp },
      { ...concluded, member: '[1]' },
      { kind: 'prediction', claim: 'needed', predicted: 'supported', got: 'supported', hit: true, at: 1 },
      finished,
    ]).filter((line) => /^claim|^prediction|supported;/.test(line));
    assert.is(claims.length, 5, mode);
    for (const line of claims) assert.is(line.includes('EXPLORATORY, '), mode === 'explore', line);
  }
});

test('an interval stands beside its estimate', () => {
  const [, , , line] = linesOf([{ ...started, mode: 'confirm' }, concluded]);
  assert.is(line, 'claim needed, [0]: supported, 0.500 nat [0.250, 0.750]');
});

test('no event puts a control character or a line break into a line', () => {
  for (const name of names) {
    for (const line of linesOf(readLog(name))) assert.not.match(line, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  }
});

test('a family of a thousand makes a few dozen lines and one tally of all', () => {
  const lines = linesOf(readLog('confirm-interrupted')).filter((line) => line.startsWith('claim every_head'));
  assert.is(lines.length, 21);
  assert.is(
    lines.at(-1),
    'claim every_head: 143 supported, 428 refuted, 427 inconclusive, 1 invalid, 1 not run',
  );
});

test('an event log line reads back as its event and holds no character that a terminal obeys', () => {
  const text = 'a\u001b[2J\u009b31m\u202e\u2028\u{e0041}b\nc';
  for (const event of [...readLog('confirm-interrupted'), { kind: 'warning', text, at: 1 } as const]) {
    const line = eventLine(event);
    assert.equal(JSON.parse(line), event);
    assert.match(line, /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*\n$/u);
  }
});

test.run();
