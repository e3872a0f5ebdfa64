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
