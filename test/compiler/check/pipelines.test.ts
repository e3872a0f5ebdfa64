// The two target programs on the bundled models: what the checker makes of them, counted by hand from their text.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CheckedFile } from '../../../src/compiler/check/experiment.js';
import { openCompileHost } from '../../../src/runtime/compile-host.js';
import { realHost } from '../../../src/runtime/host.js';
import { checkedFile, claimOf } from './checking.js';
import { root } from './fake-host.js';
import { change } from './small-programs.js';

const test = suite('target programs');

const host = openCompileHost({
  host: realHost(),
  folder: join(root, 'pipelines'),
  controlRoot: () => '00'.repeat(32),
});
const read = (name: string): string => readFileSync(join(root, 'pipelines', name), 'utf8');
const induction = read('induction.eis');
const ioi = read('ioi.eis');
const controls = (file: CheckedFile): readonly string[] =>
  file.controls.map(
    (one) => `${one.claim}: ${one.name}, ${one.what.kind}${one.inserted ? ', inserted' : ''}`,
  );

test('induction: one claim over 2 layers of 4 heads, one graph for each layer', () => {
  const file = checkedFile(induction, host);
  assert.is(file.claims.length, 1);
  const needed = claimOf(file, 'needed');
  assert.is(needed.quantity, 'each');
  assert.equal(
    needed.family.members,
    [0, 1].flatMap((l) => [0, 1, 2, 3].map((h) => [l, h])),
  );
  assert.equal(
    needed.classes.map((one) => one.members.length),
    [4, 4],
  );
  assert.equal(
    needed.parts.map(({ name, kind, direction, margin, unit }) => ({ name, kind, direction, margin, unit })),
    [{ name: 'mean > 0.05 nat', kind: 'mean', direction: 'above', margin: 0.05, unit: 'nat' }],
  );
  assert.is(needed.evidence, 'intervened');
  assert.equal([...needed.label], ['repeats.reference']);
  assert.equal(needed.interventions, ['knock']);
  assert.is(needed.split, 'confirm');
  assert.is(needed.readSplit, 'discover');
  assert.equal(controls(file), ['needed: direction, paired', 'needed: untrained, reinitialised']);
  assert.equal(
    file.families.map(({ name, method, rate, flips, claims }) => ({ name, method, rate, flips, claims })),
    [{ name: 'family', method: 'max_t', rate: '0.05', flips: 9_999, claims: ['needed'] }],
  );
  assert.equal(
    file.views.map((one) => one.kind),
    ['heatmap', 'heatmap', 'scatter'],
  );
  assert.is(file.views[1]?.mark, 'needed');
});

test('induction: a write that reaches the loss is live in every member', () => {
  const needed = claimOf(checkedFile(induction, host), 'needed');
  assert.ok(needed.classes.every((one) => one.parts.every((part) => !part.structural)));
  assert.equal(
    needed.classes.map((one) => one.changes.map((change) => change.owner)),
    [['knock'], ['knock']],
  );
});

test('induction: without its own controls it gets the random direction by default, and can waive it', () => {
  const bare = change(
    induction,
    'control direction = needed given knock[l, h] = z[l, h] <- self + random_direction(norm: change(knock[l, h]))\n',
    '',
  );
  assert.equal(controls(checkedFile(bare, host)), [
    'needed: untrained, reinitialised',
    'needed: direction_needed, paired, inserted',
  ]);
  const waived = checkedFile(`${bare}\nwaive direction_needed { because: "a test" }\n`, host);
  assert.is(waived.controls.find((one) => one.name === 'direction_needed')?.waived, 'a test');
});

test('ioi: a claim over a searched circuit, and two equivalences of three parts', () => {
  const file = checkedFile(ioi, host);
  assert.equal(
    file.claims.map((one) => [one.name, one.quantity, one.family.members.length]),
    [
      ['movers_matter', 'each', 3],
      ['enough', 'single', 1],
      ['general', 'single', 1],
    ],
  );
  const matter = claimOf(file, 'movers_matter');
  assert.equal([...matter.label], ['ioi.discover']);
  assert.equal(
    matter.parts.map((one) => [one.kind, one.direction, one.margin, one.unit]),
    [['abs-mean', 'above', 0.1, 'logit']],
  );
  assert.equal(
    matter.circuits.map((one) => [one.name, one.members.length, one.settled]),
    [['movers', 3, false]],
  );
  for (const name of ['enough', 'general']) {
    const claim = claimOf(file, name);
    assert.is(claim.evidence, 'intervened');
    assert.equal(
      claim.parts.map((one) => [one.kind, one.direction, one.marginText, one.unit, one.folded]),
      [
        ['share', 'above', '0.9', null, false],
        ['share', 'below', '1.1', null, false],
        ['mean', 'below', '0.5', 'logit', true],
      ],
    );
    // The mean of each template is computed from the row's own cluster: the only label is the search's.
    assert.equal([...claim.label], ['ioi.discover']);
    assert.equal(
      claim.assay?.parts.map((one) => [one.kind, one.direction, one.marginText]),
      [['share', 'above', '0.5']],
    );
    assert.ok(claim.because?.startsWith('A tenth'));
  }
  assert.equal(claimOf(file, 'general').shift, ['charlie']);
  assert.is(claimOf(file, 'general').base, 'enough');
  assert.equal(
    file.predictions.map((one) => [one.claim, one.verdict]),
    [
      ['enough', 'refuted'],
      ['general', 'refuted'],
    ],
  );
  assert.is(file.searches.length, 1 + 1); // on the model, and on the replicate that stands for all of them
});

test('ioi: a claim made by `given` inherits the controls of its base', () => {
  const file = checkedFile(ioi, host);
  assert.equal(controls(file), [
    'movers_matter: searched, reinitialised',
    'movers_matter: direction_movers_matter, paired, inserted',
    'enough: random_circuits, circuits',
    'general: random_circuits (general), circuits',
  ]);
});

test('ioi: the search runs over every head, and what it found is what the claim is about', () => {
  const file = checkedFile(ioi, host);
  const [search] = file.searches;
  assert.is(search?.run.k, 3);
  assert.is(search?.run.absolute, true);
  assert.is(search?.run.split, 'discover');
  const heads = search?.run.members.length ?? 0;
  const found = new Map([[search?.key ?? '', (search?.run.members ?? []).slice(heads - 3)]]);
  const after = checkedFile(ioi, host, { found });
  assert.equal(claimOf(after, 'movers_matter').family.members, (search?.run.members ?? []).slice(heads - 3));
  assert.is(claimOf(after, 'movers_matter').circuits[0]?.settled, true);
});

test('a claim that is read on confirm is read there and labelled the same', () => {
  const file = checkedFile(induction, host, { mode: 'confirm' });
  const needed = claimOf(file, 'needed');
  assert.is(needed.readSplit, 'confirm');
  assert.is(needed.stage.split, 'confirm');
  assert.equal([...needed.label], ['repeats.reference']);
});

test.run();
