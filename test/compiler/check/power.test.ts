// The declared power of a claim, and what can be supported at all: per method of correction, level and number of controls.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { replicatesNeeded } from '../../../src/compiler/correction/resolution.js';
import { check, checkedFile, claimOf, withHelp } from './checking.js';
import { fakeHost } from './fake-host.js';
import { change, copying, naming } from './small-programs.js';

const test = suite('power and resolution');
const confirm = '{ on: d.confirm }';
const withPower = (power: string): string => change(copying, confirm, `{ on: d.confirm, power: ${power} }`);
const because = '  because: "fewer than 1% of answers flip"\n';
const lock = { asLock: true } as const;
const powerCodes = (text: string): readonly string[] =>
  check(text, fakeHost(), lock).diagnostics.flatMap((one) =>
    one.code === 'EIS3022' ? [`${one.code} ${one.severity} ${one.message}`] : [],
  );

test('a power is a share, a chance at a size, or the reason for having none', () => {
  const powerOf = (text: string) => claimOf(checkedFile(withPower(text)), 'needed').power;
  assert.equal(powerOf('80%'), { kind: 'chance', target: 0.8, at: null });
  assert.equal(powerOf('0.9'), { kind: 'chance', target: 0.9, at: null });
  assert.equal(powerOf('chance(80%, at: 0.2 nat)'), { kind: 'chance', target: 0.8, at: 0.2 });
  assert.equal(powerOf('chance(80%, at: -0.2 nat)'), { kind: 'chance', target: 0.8, at: -0.2 });
  assert.equal(powerOf('"There are no more rows."'), { kind: 'none', because: 'There are no more rows.' });
  assert.is(claimOf(checkedFile(copying), 'needed').power, null);
});

test('anything else is refused where it stands', () => {
  for (const [text, code] of [
    ['120%', 'EIS2005'],
    ['0', 'EIS2005'],
    ['80 nat', 'EIS2005'],
    ['high', 'EIS2005'],
    ['chance(80%)', 'EIS2006'],
    ['chance(80%, to: 0.2 nat)', 'EIS2006'],
    ['chance(80%, at: 0.2 logit)', 'EIS2013'],
    ['chance(0.2 nat, at: 80%)', 'EIS2005'],
    ['?', 'EIS3013'],
  ] as const)
    assert.equal(check(withPower(text)).errors, [code], text);
  // Three parts have no one size.
  const three = change(naming, because, `${because}  power: chance(80%, at: 0.2 logit)\n`);
  assert.ok(check(three).errors.includes('EIS2005'));
});

test('a lock warns of an equivalence and of a prediction of `refuted` without power, once, and a draft does not', () => {
  const missing = 'EIS3022 warning how surely `enough` would show that there is nothing is not said';
  assert.equal(powerCodes(naming), [missing]);
  assert.equal(
    check(naming).warnings.filter((one) => one === 'EIS3022'),
    [],
  );
  for (const power of ['80%', '"Twelve templates exist."'])
    assert.equal(powerCodes(change(naming, because, `${because}  power: ${power}\n`)), []);
  assert.equal(powerCodes(copying), []);
  assert.equal(powerCodes(`${copying}predict needed = supported\n`), []);
  assert.is(powerCodes(`${copying}predict needed = refuted\n`).length, 1);
  const { diagnostics } = check(naming, fakeHost(), lock);
  const [first] = diagnostics.filter((one) => one.code === 'EIS3022');
  assert.ok(first !== undefined);
  if (first !== undefined) assert.equal(powerCodes(withHelp(naming, first)), []);
});

test('a claim made by `given` has the power of its base', () => {
  const stated = checkedFile(change(naming, because, `${because}  power: 80%\n`));
  assert.equal(claimOf(stated, 'general').power, claimOf(stated, 'enough').power);
});

test('what step-up methods can support together is not refused', () => {
  // Twelve rows leave six clusters: the smallest p of one column is 1/64, which Holm multiplies with the number of members.
  const at = (size: number, method: string) =>
    check(
      change(
        change(copying, 'param size = 600', `param size = ${size}`),
        'max_t(fwer: 0.05, flips: 9_999)',
        method,
      ),
    ).errors;
  assert.equal(at(12, 'max_t(fwer: 0.05)'), []);
  assert.equal(at(12, 'holm(fwer: 0.05)'), ['EIS3006']);
  assert.equal(at(12, 'bonferroni(fwer: 0.05)'), ['EIS3006']);
  assert.equal(at(12, 'hochberg(fwer: 0.05)'), []);
  assert.equal(at(12, 'hommel(fwer: 0.05)'), []);
  assert.equal(at(12, 'bh(fdr: 0.05)'), []);
  assert.equal(at(10, 'max_t(fwer: 0.05)'), ['EIS3006']);
  assert.equal(at(10, 'bh(fdr: 0.05)'), ['EIS3006']);
});

test('controls that are inserted reach the rate of their own family', () => {
  const searching = (rate: string) =>
    checkedFile(
      change(
        change(naming, 'control searched = matter given m = reinitialised(m, seeds: 59)\n', ''),
        'holm(fwer: 0.05)',
        `holm(fwer: ${rate})`,
      ),
    );
  for (const [rate, seeds] of [
    ['0.05', 19],
    ['0.01', 99],
    ['0.1', 19],
  ] as const) {
    const { controls, families } = searching(rate);
    const what = controls.find((one) => one.inserted && one.what.kind === 'reinitialised')?.what;
    assert.is(what?.kind === 'reinitialised' ? what.seeds : 0, seeds, rate);
    assert.ok(seeds >= replicatesNeeded(families[0]?.rate ?? ''));
  }
});

test.run();
