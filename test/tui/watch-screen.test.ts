// The screen of a watched file after events that are written down here.
import { renderToString } from 'ink';
import { createElement } from 'react';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { widthOf } from '../../src/compiler/base/visible.js';
import { watchLines } from '../../src/runtime/sink/watch-lines.js';
import { WatchScreen } from '../../src/runtime/tui/watch-screen.js';
import { initialWatch, reduceWatch } from '../../src/runtime/tui/watch-state.js';
import { changesBetween } from '../../src/runtime/watch/answer.js';
import type { WatchAnswer, WatchEvent } from '../../src/runtime/watch/watch-event.js';

const test = suite('watch screen');

const answerWith = (loss: number, heads: number): WatchAnswer => ({
  title: null,
  waivers: [],
  failedChecks: [],
  found: [],
  claims: [
    {
      name: 'learnt',
      on: 'd.discover',
      conclusions: [
        {
          ...{ member: null, verdict: 'supported', reason: '', estimate: loss, unit: 'nat' },
          ...{ interval: null, adjusted: null },
        },
      ],
    },
  ],
  views: [
    {
      ...{ kind: 'heatmap', title: 'harm', evidence: 'intervened' },
      stamp: { kind: 'exploratory', on: 'd.discover', claim: null },
      value: { name: 'harm', unit: 'nat' },
      x: { title: 'head', labels: Array.from({ length: heads }, (_, i) => String(i)) },
      y: { title: 'layer', labels: ['0'] },
      cells: Array.from({ length: heads }, (_, i) => ({
        ...{ x: String(i), y: '0', value: i === 1 ? loss : 0.5, verdict: null },
      })),
    },
  ],
  leftOut: [{ control: 'untrained', claim: 'learnt' }],
});

const cost = { timeMs: 412, calls: 8, computed: 2, flops: 3e6, compiled: 1 };
const before = answerWith(1.5, 4);
const after = answerWith(1.25, 4);
const answered = (look: number, answer: WatchAnswer, old: WatchAnswer | null): WatchEvent => ({
  ...{ kind: 'watch-answer', look, answer, warnings: [], cost, at: look },
  changes: changesBetween(old, answer),
});
const started: WatchEvent = { kind: 'watch-started', file: 'x.eis', backend: 'ort:cpu', at: 0 };
const refused: WatchEvent = {
  ...{ kind: 'watch-refused', look: 3, why: 'errors', diagnostics: [], at: 3 },
  texts: ['error[EIS1010]: expected a value\n  --> x.eis:3:1'],
};
const ends = [started, answered(1, before, null), answered(2, after, before)];

function frame(events: readonly WatchEvent[], columns = 80, rows = 40): string {
  const state = events.reduce(reduceWatch, initialWatch);
  return renderToString(createElement(WatchScreen, { state, columns, rows }), { columns });
}

test('an answer says that it is exploratory and which controls it is without', () => {
  const text = frame(ends.slice(0, 2));
  assert.match(text, /EXPLORATORY/);
  assert.match(text, /without the controls untrained/);
  assert.not.match(text, /\*/, 'a first answer has nothing that changed');
});

test('what changed is marked in words and signs, with what stood there before', () => {
  const text = frame(ends);
  assert.match(text, /^\* claim learnt on d\.discover: supported, 1\.25 nat {2}\(was supported, 1\.50\)$/m);
  assert.match(text, /0\.500 +\*1\.25 +0\.500/);
});

test('errors stand above the answer before, which stays', () => {
  const text = frame([...ends, refused]);
  assert.match(text, /EIS1010[\s\S]*x\.eis:3:1[\s\S]*the answer before \(look 2\)[\s\S]*1\.25 nat/);
});

test('the screen stays within the terminal and keeps its last line', () => {
  const wide = answerWith(1, 40);
  for (const rows of [8, 12, 24]) {
    const text = frame([started, answered(1, wide, null)], 60, rows);
    const lines = text.split('\n');
    assert.ok(lines.length < rows, `${lines.length} lines of ${rows}`);
    assert.ok(lines.every((one) => widthOf(one) <= 60));
    assert.match(lines.at(-1) ?? '', /^look 1, 412 ms/);
  }
});

test('plain lines say the same without escape codes', () => {
  const lines: string[] = [];
  const read = watchLines((line) => lines.push(line));
  for (const event of [...ends, refused]) read(event);
  const text = lines.join('\n');
  assert.not.ok(text.includes('\u001b'));
  assert.match(text, /412 ms: 2 of 8 calls computed, 3\.0 MFLOP, 1 graph compiled/);
  assert.is(lines.at(-1), 'the answer of look 2 stays');
});

test.run();
