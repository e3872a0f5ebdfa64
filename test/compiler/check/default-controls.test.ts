// Controls that a claim gets without asking: whatever way its interventions are written down, and with what numbers.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CheckedFile, CheckRequest } from '../../../src/compiler/check/experiment.js';
import { check, checkedFile } from './checking.js';
import { assertHeads, E, H, headAt, P, run, site, tokens, valuesOf } from './patching-oracle.js';
import { change, copying, naming } from './small-programs.js';

const test = suite('default controls');

/** The small program without controls of its own, its intervention written another way. */
const bare = copying
  .split('\n')
  .filter((line) => !line.startsWith('control '))
  .join('\n');
const knock = bare.split('\n').find((line) => line.startsWith('intervention knock')) ?? '';
const written = (body: string): string => change(bare, knock, body);

const shown = (file: CheckedFile): readonly string[] =>
  file.controls.map((one) => `${one.name}: ${one.what.kind}${one.waived === null ? '' : ', waived'}`);

test('an intervention is compared with random directions however it is written', () => {
  for (const body of [
    'intervention knock[l, h] = z[l, h] <- 0',
    'intervention knock[l, h] = z[l, h] <- self * 0',
    'intervention knock[l, h] = z[l, h] <- z[l, h] * 0',
    'intervention knock[l, h] = z[l, h] <- 0 + 0',
    'let mu[l, h] = mean(z[l, h], over: [example, pos]) @ (m on d.reference)\nintervention knock[l, h] = z[l, h] <- mu[l, h]',
    'fn zeroed(x) = x <- 0\nintervention knock[l, h] = zeroed(z[l, h])',
    'intervention knock[l, h] = [z[l, h] <- 0, frozen(m.norms.scale)]',
    'intervention knock[l, h] = z[l, h] <- self * 0.5',
  ]) {
    const said = check(written(body));
    assert.equal(said.errors, [], `${body}\n${said.text}`);
    assert.equal(said.checked === null ? [] : shown(said.checked), ['direction_needed: paired'], body);
    // It is a comparison with something else: the control's numbers are not those of the claim.
    const control = said.checked?.controls[0]?.what;
    const claim = said.checked?.claims[0];
    if (control?.kind !== 'paired' || claim === undefined) throw new Error('no control');
    const value = (one: typeof claim): unknown =>
      claim.stage.outputs.find((output) => output.name === one.classes[0]?.parts[0]?.x)?.value;
    assert.is.not(value(claim), value(control.variant), body);
  }
});

test('the lengths of random directions are those of the changes, one head or several at once', () => {
  const squares = (world: string): string => {
    const moved = `(z[l, h] @ (m with ${world}) - z[l, h])`;
    return `intervention knock[l, h] = z[l, h] <- self * 0.5\nmetric x[l, h] = sum(${moved} * ${moved}, over: [pos, d_head])`;
  };
  const normal = { normal: (i: number): number => Math.sin(i * 12.9898) * 2 };
  assertHeads(valuesOf(squares('random_directions(like: knock[l, h])'), 'x', normal), (l, h) =>
    tokens('base').map((row) => {
      const z = site(run(row), `blocks.${l}.attn.z`);
      let sum = 0;
      for (let p = 0; p < P; p++) for (let e = 0; e < E; e++) sum += (0.5 * headAt(z, h, p, e)) ** 2;
      return sum;
    }),
  );
  // Both heads of a layer in one write: one direction over both, and nothing outside of them.
  const body = `circuit both = [z[0, 0], z[0, 1]]
intervention silence = z[both] <- 0
metric x = sum((m.blocks[0].attn.z @ (m with random_directions(like: silence)) - m.blocks[0].attn.z) * (m.blocks[0].attn.z @ (m with random_directions(like: silence)) - m.blocks[0].attn.z), over: [pos, head, d_head])`;
  const found = valuesOf(body, 'x', normal).get('') ?? [];
  const wanted = tokens('base').map((row) =>
    site(run(row), 'blocks.0.attn.z').reduce(
      (sum, value, i) => (Math.floor(i / E) % H < 2 ? sum + value * value : sum),
      0,
    ),
  );
  assert.is(found.length, wanted.length);
  for (const [i, value] of wanted.entries()) assert.ok(Math.abs((found[i] ?? 0) - value) < 1e-6 * value);
});

test('a claim with nothing to compare with is a warning in a draft and an error at a lock', () => {
  const inline = written('').replace('m with knock[l, h]', 'm with z[l, h] <- 0');
  assert.equal(check(inline).warnings, ['EIS3021']);
  assert.equal(check(inline, undefined, { asLock: true }).errors, ['EIS3021']);
  const waived = `${inline}waive direction_needed { because: "A test." }\n`;
  const said = check(waived, undefined, { asLock: true });
  assert.equal(said.errors, [], said.text);
  assert.equal(said.checked === null ? [] : shown(said.checked), ['direction_needed: paired, waived']);
});

test('what is only observed, or an equivalence, needs no direction', () => {
  const observed = change(bare, 'mean(harm[l, h]) > 0.05 nat', 'mean(matching[l, h]) > 0.05 probability');
  assert.equal(shown(checkedFile(observed)), []);
  assert.equal(check(observed).warnings.includes('EIS3021'), false);
});

test('replicates are as many as the rate of the family asks for, nineteen at least', () => {
  const searching = (rate: string): string =>
    change(
      change(
        bare,
        'claim needed = each l in m.layers, h in m.heads: mean(harm[l, h])',
        'circuit best = top(2, abs(mean(harm)), on: d.discover)\nclaim needed = each c in best: mean(harm[c])',
      ),
      'fwer: 0.05',
      `fwer: ${rate}`,
    );
  for (const [rate, seeds] of [
    ['0.05', 19],
    ['0.2', 19],
    ['0.01', 99],
    ['0.03', 33],
  ] as const) {
    const { what } =
      checkedFile(searching(rate)).controls.find((one) => one.what.kind === 'reinitialised') ?? {};
    assert.is(what?.kind === 'reinitialised' ? what.seeds : 0, seeds, rate);
  }
});

test('a search is repeated on the models that it reads, not on the first of the file', () => {
  const two = change(
    change(bare, 'model m = bundled("tiny")', 'model other = bundled("plain")\nmodel m = bundled("tiny")'),
    'claim needed = each l in m.layers, h in m.heads: mean(harm[l, h])',
    'circuit best = top(2, abs(mean(harm)), on: d.discover)\nclaim needed = each c in best: mean(harm[c])',
  );
  const { what } = checkedFile(two).controls.find((one) => one.what.kind === 'reinitialised') ?? {};
  assert.is(what?.kind === 'reinitialised' ? what.model.declared : '', 'm');
});

test('a write into the second model of a file is checked in that model', () => {
  const second = (target: string): readonly string[] =>
    check(
      change(
        `${bare}intervention silence = ${target} <- 0\n`,
        'model m = bundled("tiny")',
        'model other = bundled("plain")\nmodel m = bundled("tiny")',
      ),
    ).errors;
  assert.equal(second('m.blocks[2].attn.z[head: 1]'), []); // `plain` has two layers
  assert.equal(second('m.blocks[3].attn.z[head: 1]').length, 1);
});

test('a paired control keeps the members that the search of its claim found', () => {
  const text = change(
    bare,
    'claim needed = each l in m.layers, h in m.heads: mean(harm[l, h])',
    'circuit best = top(2, abs(mean(harm)), on: d.discover)\ncircuit rest_of_it = minus(best, [z[9, 9]])\nclaim needed = each c in best: mean(harm[c])'.replace(
      '\ncircuit rest_of_it = minus(best, [z[9, 9]])',
      '',
    ),
  );
  const first = checkedFile(text, undefined, { replicates: 'all' });
  // One search of the claim's own, and one for each model with new weights; none for the control with random directions.
  const main = first.searches.filter((one) => one.run.stage !== undefined && !/replicate/.test(one.key));
  const seeds = first.controls.flatMap((one) => (one.what.kind === 'reinitialised' ? [one.what.seeds] : []));
  assert.is(main.length, 1 + (seeds[0] ?? Number.NaN));
  const found: CheckRequest['found'] = new Map(
    first.searches.map(
      (one, i) =>
        [
          one.key,
          i === 0
            ? [
                [1, 1],
                [2, 0],
              ]
            : [
                [0, 0],
                [0, 1],
              ],
        ] as const,
    ),
  );
  const second = checkedFile(text, undefined, { replicates: 'all', found });
  assert.equal(second.searches, []);
  const [claim] = second.claims;
  const control = second.controls.find((one) => one.name === 'direction_needed')?.what;
  if (control?.kind !== 'paired' || claim === undefined) throw new Error('no control');
  assert.equal(claim.family.members.length, 2);
  assert.equal(
    control.variant.classes.flatMap((one) => one.members),
    claim.classes.flatMap((one) => one.members),
  );
  assert.equal(control.variant.circuits[0]?.members, claim.circuits[0]?.members);
});

test('a control that replaces the circuit whose members are claimed is no pair', () => {
  const text = `${naming}control wrong = matter given movers = top(2, mean(effect), on: d.discover)\n`;
  assert.equal(check(text).errors, ['EIS3019']);
});

test.run();
