// Rules about claims, families, data and models that once let something pass, or said one thing several times.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { DataFacts } from '../../../src/compiler/data/data-facts.js';
import type { CompileHost } from '../../../src/compiler/host.js';
import { check, checkedFile, claimOf } from './checking.js';
import { fakeHost } from './fake-host.js';
import { change, copying, naming } from './small-programs.js';

const test = suite('claims, families, data and models');

const claim = 'mean(harm[l, h]) > 0.05 nat';

test('`abs(mean(x)) < d` is an equivalence: it needs an assay and a reason', () => {
  const text = change(copying, claim, 'abs(mean(harm[l, h])) < 0.05 nat');
  assert.equal(check(text).errors, []);
  assert.equal(check(text).warnings, ['EIS3011', 'EIS3010'].toSorted(), check(text).text);
  assert.equal(check(text, fakeHost(), { asLock: true }).errors.toSorted(), ['EIS3010', 'EIS3011']);
  assert.equal(check(change(copying, claim, 'abs(mean(harm[l, h])) > 0.05 nat')).warnings, []);
});

/** The usual host, with rows of other lengths. */
function rowsOf(length: DataFacts['length']): CompileHost {
  const host = fakeHost();
  return {
    ...host,
    dataFacts: (spec, model, paths) => {
      const answer = host.dataFacts(spec, model, paths);
      return answer.kind === 'ok' ? { kind: 'ok', value: { ...answer.value, length } } : answer;
    },
  };
}

test('rows longer than the context of the model are refused where they are declared', () => {
  for (const program of [copying, naming]) {
    assert.equal(check(program, rowsOf({ low: 2, high: 9 })).errors, []);
    const said = check(program, rowsOf({ low: 2, high: 10 }));
    assert.equal(said.errors, ['EIS4015'], said.text);
    const [first] = said.diagnostics;
    assert.is(program.slice(first?.primary?.span.start, first?.primary?.span.end), 'd');
    assert.match(said.text, /10 tokens/);
    assert.match(said.text, /at most 9/);
    assert.ok(first?.help !== undefined);
  }
});

test('the rows of a variant count too', () => {
  const host = fakeHost();
  const longer: CompileHost = {
    ...host,
    dataFacts: (spec, model, paths) => {
      const answer = host.dataFacts(spec, model, paths);
      if (answer.kind !== 'ok') return answer;
      const variants = answer.value.variants.map((one) => ({
        ...one,
        length: { low: 5, high: one.path === 'charlie' ? 12 : 9 },
      }));
      return { kind: 'ok', value: { ...answer.value, variants } };
    },
  };
  const said = check(naming, longer);
  assert.equal(said.errors, ['EIS4015'], said.text);
  assert.match(said.text, /12 tokens/);
});

test('a period that fits the context is proposed', () => {
  const said = check(copying.replace('3..=4', '3..=5'), rowsOf({ low: 6, high: 10 }));
  assert.match(said.text, /period of at most 4/);
});

test('a failed data declaration is said once', () => {
  for (const program of [copying, naming]) {
    const said = check(program.replace(/discover: 40%/, 'discover: 45%'));
    assert.equal(said.errors, ['EIS2005'], said.text);
  }
  const file = change(naming, 'lines("templates.txt")', 'lines("templates.text")');
  assert.equal(check(file).errors, ['EIS2024'], check(file).text);
});

test('a failed model declaration is said once', () => {
  for (const program of [copying, naming]) {
    const said = check(program.replace('bundled("tiny")', 'bundled("tyni")'));
    assert.equal(said.errors, ['EIS4004'], said.text);
  }
  const unembedded = `${copying.replace('bundled("tiny")', 'bundled("tyni")')}let column = unembed(d.next_token)\n`;
  assert.equal(check(unembedded).errors, ['EIS4004'], check(unembedded).text);
});

test('a failed data set beside another one is said once', () => {
  const more = `data e = repeated_tokens(m.vocab, period: 3..=4) { size: 60, split: shares(discover: 50%, reference: 10%, confirm: 50%) }
metric other unit nat = mean(cross_entropy(m.logits, e.next_token), over: pos where e.second_copy)
metric ends = mean(m.final.resid_pre, over: d_model)[pos: e.end]
claim different = mean(other) > 1 nat { on: e.confirm }
report { table(other), table(ends) }
`;
  const said = check(`${copying}${more}`);
  assert.equal(said.errors, ['EIS2005'], said.text);
});

test('a metric on failed data does not move to the data beside it', () => {
  const beside = `eis 1
import [logit_difference] from "std/metrics"
model m = bundled("tiny")
data e = repeated_tokens(m.vocab, period: 3..=4) { size: 60, split: shares(discover: 50%, reference: 10%, confirm: 40%) }
data d = template(lines("templates.text")) {
  hole [IO, S1] = distinct(column("names.txt"))
  answer: " {IO}"
  size: 400
  split: by(template, discover: 40%, reference: 10%, confirm: 50%)
}
metric ld unit logit = m.logits[pos: IO][vocab: 0] - accuracy(m.logits[pos: IO], d.answer)
`;
  assert.equal(check(beside).errors, ['EIS2024'], check(beside).text);
});

test('hooks need no rows: a file with a model and hooks checks', () => {
  const file = `eis 1
model m = bundled("tiny")
hook z[l in m.layers, h in m.heads] = m.blocks[l].attn.z[head: h]
hook last = m.final.resid_pre[pos: end]
hook first = m.final.resid_pre[pos: 0]
hook scales = m.norms.scale
`;
  assert.equal(check(file).errors, [], check(file).text);
  const wrong = file.replace('attn.z[', 'attn.zz[');
  assert.equal(check(wrong).errors, ['EIS4001'], check(wrong).text);
  assert.equal(check(`${file}metric x = mean(m.final.resid_pre, over: [pos, d_model])\n`).errors, [
    'EIS2016',
  ]);
});

test('default controls are for the circuits a claim names, not for those they are made of', () => {
  const made = change(
    naming,
    'ablation abc_mean',
    'circuit both = union(movers, [z[0, 0], z[0, 1]])\nablation abc_mean',
  )
    .replaceAll('faithful(movers,', 'faithful(both,')
    .replace('necessary(movers,', 'necessary(both,')
    .replace(
      'control others = enough given movers = circuits(like: movers,',
      'control others = enough given both = circuits(like: both,',
    );
  const file = checkedFile(made);
  assert.equal(
    claimOf(file, 'enough').circuits.map((one) => one.name),
    ['both'],
  );
  assert.not.ok(file.controls.some((one) => one.name.includes('random_movers_enough')));
});

test('a family is multiplied out before its members are built', () => {
  const program = (binders: string) =>
    copying.replace('claim needed', `metric wide[${binders}] unit nat = loss * a\nclaim needed`);
  const start = performance.now();
  const said = check(program('a in 0..4_000, b in 0..4_000, c in 0..4_000'));
  assert.equal(said.errors, ['EIS2021'], said.text);
  const growing = check(program('a in 0..20_000, b in 0..a'));
  assert.equal(growing.errors, ['EIS2021'], growing.text);
  assert.ok(performance.now() - start < 4_000, `${performance.now() - start} ms`);
});

const points = naming
  .replace(
    'claim matter',
    'metric right unit point = accuracy(m.logits[pos: end], d.answer)\nclaim often = mean(right) > 50% { on: d.confirm }\nclaim matter',
  )
  .replace('over: [matter,', 'over: [often, matter,');

test('a share such as 50% is a margin in points and probabilities', () => {
  const file = checkedFile(points);
  const [part] = claimOf(file, 'often').parts;
  assert.is(part?.margin, 0.5);
  assert.is(part?.unit, 'point');
  const matching = change(
    copying,
    `claim needed`,
    'claim matches = each l in m.layers, h in m.heads: mean(matching[l, h]) > 40% { on: d.confirm }\nclaim needed',
  );
  assert.is(claimOf(checkedFile(matching), 'matches').parts[0]?.margin, 0.4);
});

test('a share is no margin in nats, and the message names both units', () => {
  const said = check(change(copying, claim, 'mean(harm[l, h]) > 50%'));
  assert.equal(said.errors, ['EIS3004'], said.text);
  assert.match(said.text, /`%`/);
  assert.match(said.text, /`nat`/);
});

test('a problem of the data keeps its help', () => {
  const host: CompileHost = {
    ...fakeHost(),
    dataFacts: () => ({
      kind: 'problem',
      code: 'EIS4014',
      text: '`Marry` is not in the vocabulary of `tiny`',
      notes: ['a note'],
      help: 'did you mean `Mary`?',
    }),
  };
  const said = check(naming, host);
  assert.equal(said.errors, ['EIS4014'], said.text);
  assert.match(said.text, /did you mean `Mary`/);
});

test.run();
