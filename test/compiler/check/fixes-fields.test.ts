// What a declaration does not know is refused, never ignored: fields of every block and arguments of every call, with the
// nearest name.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { check } from './checking.js';
import { change, copying, naming } from './small-programs.js';

const test = suite('unknown fields and arguments');

type Case = readonly [what: string, code: string, program: string, from: string, to: string, near?: string];

const confirm = '{ on: d.confirm }';
const shown = `${copying}report { heatmap(harm, x: head, y: layer, mark: needed) }\n`;

const cases: readonly Case[] = [
  ['a field of a claim', 'EIS2008', copying, confirm, '{ on: d.confirm, becuase: "x" }', 'because'],
  ['a misspelt `on`', 'EIS2008', copying, confirm, '{ onn: d.confirm }', 'on'],
  ['a declaration inside a claim', 'EIS2008', copying, confirm, '{ on: d.confirm, param n = 1 }'],
  [
    'a field of a correction',
    'EIS2008',
    copying,
    '{ over: [needed] }',
    '{ over: [needed], ovre: [needed] }',
    'over',
  ],
  ['a field of a control', 'EIS2008', copying, 'seeds: 19)', 'seeds: 19) { becuase: "x" }'],
  [
    'a field of an ablation',
    'EIS2008',
    naming,
    'on: d.abc, by: [template, role] }',
    'on: d.abc, by: [template, role], bye: 1 }',
    'by',
  ],
  [
    'positions of an ablation, which nothing reads yet',
    'EIS2009',
    naming,
    'on: d.abc, by: [template, role] }',
    'on: d.abc, by: [template, role], positions: end }',
  ],
  ['a field of a metric', 'EIS2008', copying, '- loss\nclaim', '- loss { unit: nat }\nclaim'],
  ['a field of a hook', 'EIS2008', copying, 'attn.z[head: h]', 'attn.z[head: h] { bakc: 1 }', 'back'],
  [
    'a field of a waiver',
    'EIS2008',
    copying,
    'control untrained',
    'waive untrained { becuase: "x", because: "y" }\ncontrol untrained',
    'because',
  ],
  [
    'a field of a prediction',
    'EIS2008',
    naming,
    'predict enough = refuted',
    'predict enough = refuted { effekt: 1 }',
  ],
  ['a field of a report', 'EIS2008', shown, 'report {', 'report { size: 3\n'],
  [
    'a field of a variant',
    'EIS2008',
    naming,
    'hole C = distinct(column("names.txt")), answer',
    'hole C = distinct(column("names.txt")), anwser: "x", answer',
    'answer',
  ],
  ['an argument of max_t', 'EIS2006', copying, 'flips: 9_999)', 'flip: 9_999)', 'flips'],
  ['an unnamed argument of max_t', 'EIS2006', copying, 'max_t(fwer: 0.05,', 'max_t(0.05,'],
  ['the rate of another kind of method', 'EIS2006', copying, 'max_t(fwer: 0.05,', 'max_t(fdr: 0.05,', 'fwer'],
  ['flips that are no number', 'EIS2005', copying, 'flips: 9_999)', 'flips: many)'],
  ['an argument of holm', 'EIS2006', naming, 'holm(fwer: 0.05)', 'holm(fwer: 0.05, k: 3)'],
  [
    'an argument of top',
    'EIS2006',
    naming,
    'abs(mean(effect)), on: d.discover',
    'abs(mean(effect)), onn: d.discover',
    'on',
  ],
  ['an axis of a view', 'EIS2019', shown, 'x: head', 'x: hed', 'head'],
  ['an axis that the metric lacks', 'EIS2019', shown, 'x: head', 'x: banana'],
  ['an argument of a view', 'EIS2006', shown, 'mark: needed', 'marks: needed', 'mark'],
  [
    'an argument of repeated_tokens',
    'EIS2006',
    copying,
    'period: 3..=4)',
    'period: 3..=4, perod: 2)',
    'period',
  ],
  ['an argument of a model', 'EIS2006', copying, 'bundled("tiny")', 'bundled("tiny", revision: "x")'],
  ['a positional argument of shares', 'EIS2006', copying, 'shares(discover: 40%', 'shares(1, discover: 40%'],
  ['an argument of reinitialised', 'EIS2006', copying, 'seeds: 19)', 'seeds: 19, sedes: 2)', 'seeds'],
  ['an argument of circuits', 'EIS2006', naming, 'n: 999)', 'n: 999, mach: size)', 'match'],
];

for (const [what, code, program, from, to, near] of cases) {
  test(`${what} is refused with ${code}`, () => {
    const said = check(change(program, from, to));
    assert.equal([...new Set(said.errors)], [code], said.text);
    assert.is(said.errors.length, 1, said.text);
    if (near !== undefined) assert.match(said.text, new RegExp(`\`${near}\``));
  });
}

test('what is known is not refused', () => {
  for (const program of [copying, naming, shown])
    assert.equal(check(program).errors, [], check(program).text);
});

test.run();
