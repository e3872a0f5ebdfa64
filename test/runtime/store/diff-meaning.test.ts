// What changed is said in the words of the language: no digest, no place in a file, no cut-off quotation.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { diffMeaning, isAboutProgram } from '../../../src/runtime/store/diff-meaning.js';
import type { Meaning } from '../../../src/runtime/store/lock.js';

const test = suite('differences of meaning');
const digest = (letter: string): string => letter.repeat(64);
const claim = {
  name: 'harm',
  quantity: 'each',
  on: 'd.confirm',
  members: 8,
  margins: ['mean > 0.1 logit'],
  because: null,
  nil: null,
  evidence: 'intervened',
};
const family = { name: 'family', method: 'max_t', rate: '0.05', flips: 9999, claims: ['harm'] };
const control = { name: 'untrained', claim: 'harm', kind: 'reinitialised', inserted: false, waived: null };
const data = {
  name: 'd',
  digest: digest('d'),
  splits: [{ name: 'confirm', rows: 100, clusters: 100 }],
};
const base = {
  semantics: 1,
  program: digest('a'),
  libraries: [{ path: 'std/metrics', digest: digest('e') }],
  models: [{ name: 'm', digest: digest('b') }],
  data: [data],
  parameters: { margin: '0.1 logit' },
  families: [family],
  claims: [claim],
  controls: [control],
  predictions: [{ claim: 'harm', verdict: 'supported' }],
} as const satisfies Meaning;

/** What is said beside that the program's digest differs, which it does whenever anything in the file does. */
function changes(change: Partial<Record<keyof typeof base, Meaning[string]>>): readonly string[] {
  const lines = diffMeaning(base, { ...base, program: digest('c'), ...change } as Meaning);
  for (const line of lines) {
    assert.not.match(line, /[0-9a-f]{16}|program`|claims\.|\{|\}/, line);
    assert.is((line.match(/"/g) ?? []).length % 2, 0, line);
  }
  return lines.filter((line) => !isAboutProgram(line));
}

test('a margin is said as it is written', () => {
  assert.equal(changes({ claims: [{ ...claim, margins: ['mean > 0.2 logit'] }] }), [
    'claim harm: margin 0.1 logit → 0.2 logit',
  ]);
  assert.equal(changes({ claims: [{ ...claim, margins: ['mean < 0.1 logit'] }] }), [
    'claim harm: asserts mean > 0.1 logit → mean < 0.1 logit',
  ]);
});

test('every part of a lock has words', () => {
  assert.equal(
    [
      changes({ claims: [{ ...claim, quantity: 'all', members: 9, power: '80% at 0.2 logit' }] }),
      changes({ families: [{ ...family, rate: '0.01', flips: 999 }] }),
      changes({ controls: [{ ...control, waived: 'no time' }] }),
      changes({ models: [{ name: 'm', digest: digest('f') }] }),
      changes({ data: [{ ...data, splits: [{ name: 'confirm', rows: 120, clusters: 100 }] }] }),
      changes({ libraries: [{ path: 'std/metrics', digest: digest('f') }] }),
      changes({ parameters: { margin: '0.2 logit' } }),
      changes({ parameters: {} }),
      changes({ predictions: [] }),
      changes({ predictions: [{ claim: 'harm', verdict: 'refuted' }] }),
      changes({ semantics: 2 }),
    ].flat(),
    [
      'claim harm: quantifier each → all',
      'claim harm: members 8 → 9',
      'claim harm: power none → 80% at 0.2 logit',
      'correction family: error rate 0.05 → 0.01',
      'correction family: flips 9999 → 999',
      'control untrained: now waived',
      'model m: another model: other weights or another graph',
      'data d: split confirm: rows 100 → 120',
      'import "std/metrics": the file says something else',
      'param margin: 0.1 logit → 0.2 logit',
      'param margin: 0.1 logit → as in the file',
      'predict harm is gone',
      'predict harm: verdict supported → refuted',
      'the rules of eisc: version 1 → 2',
    ],
  );
});

test('declarations that are new, gone or renamed are told apart', () => {
  const other = { ...claim, name: 'other' };
  assert.equal(changes({ claims: [claim, other] }), ['claim other is new']);
  assert.equal(changes({ controls: [] }), ['control untrained is gone']);
  // A name is no meaning: what is said is what changed of the claim that now bears another one.
  assert.equal(changes({ claims: [{ ...other, margins: ['mean > 0.2 logit'] }] }), [
    'claim other: margin 0.1 logit → 0.2 logit',
  ]);
});

test('where the lock knows a digest only, that is said', () => {
  const [only, ...others] = diffMeaning(base, { ...base, program: digest('c') });
  assert.equal(others, []);
  assert.match(only ?? '', /^the program: a formula, a site or an option/);
  const both = diffMeaning(base, {
    ...base,
    program: digest('c'),
    predictions: [],
  });
  assert.equal(both.length, 2);
  assert.match(both[1] ?? '', /^perhaps more/);
});

test.run();
