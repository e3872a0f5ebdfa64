// Rules of expressions: axes, units, validity, ranges of families, substitutions, worlds. Numbers come from the reference
// evaluator on rows written in the test.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Architecture } from '../../../src/compiler/model/manifest.js';
import { assertClose } from '../../support/close.js';
import { BASE, type Weights } from '../model/tiny-model.js';
import { check, checkedFile, claimOf } from './checking.js';
import { tinyNamed } from './fake-host.js';
import { outputOf, type Rows, type World } from './feed-stage.js';
import { plainRun } from './plain-run.js';
import { change, copying } from './small-programs.js';

const test = suite('rules of expressions');

const { weights } = tinyNamed('plain');
const tokens = [
  [1, 2, 3, 1, 2, 3],
  [4, 0, 4, 4, 0, 4],
  [5, 5, 5, 6, 6, 6],
];
const rows: Readonly<Record<string, Rows>> = {
  discover: {
    columns: {
      base: {
        tokens,
        next_token: tokens.map((row) => [...row.slice(1), 0]),
        'next_token#valid': tokens.map(() => [1, 1, 1, 1, 1, 0]),
        second_copy: [
          [0, 0, 0, 1, 1, 1],
          [0, 0, 0, 1, 1, 1],
          [0, 0, 0, 0, 0, 0],
        ],
        period: [3, 2, 5],
      },
    },
    roles: { base: { end: [5, 5, 5] } },
  },
};

const program = (body: string): string => `eis 1
model m = bundled("plain")
data d = repeated_tokens(m.vocab, period: 3..=4) { size: 600, split: shares(discover: 40%, reference: 10%, confirm: 50%) }
hook z[l in m.layers, h in m.heads] = m.blocks[l].attn.z[head: h]
${body}
`;

/** A metric without binders, one number per row. */
function numbers(expression: string, more = ''): readonly number[] {
  const file = checkedFile(program(`${more}\nmetric x = ${expression}\nreport { table(x) }`));
  const view = file.views[0]?.metrics[0];
  const output = view?.classes[0]?.output ?? '';
  if (view === undefined) throw new Error('no view');
  const world: World = { stages: file.stages, rows, weights };
  return [...outputOf(view.stage, output, world).data];
}

const refused = (body: string): readonly string[] => check(program(body)).errors;

test('arithmetic is elementwise and by name', () => {
  assertClose(numbers('d.period * 2 + 1'), [7, 5, 11]);
  assertClose(numbers('mod(d.period, 2) - 7 / 2'), [-2.5, -3.5, -2.5]);
  assertClose(numbers('abs(d.period - 4) + sqrt(d.period * d.period)'), [4, 4, 6]);
  assertClose(numbers('max(d.period, 3) - min(d.period, 3)'), [0, 1, 2]);
});

test('comparisons compare whole numbers as such and give 0 or 1', () => {
  assertClose(numbers('sum(d.tokens == 4, over: pos)'), [0, 4, 0]);
  assertClose(numbers('sum((d.tokens >= 2) and not (d.tokens == 3), over: pos)'), [2, 4, 6]);
  assertClose(numbers('sum(d.tokens != 2, over: pos)'), [4, 6, 6]);
});

test('`previous` has no value at the first position, `next` none at the last: a comparison there is false', () => {
  assertClose(numbers('sum(previous(d.tokens) == d.tokens, over: pos)'), [0, 1, 4]);
  // 0 would be the token before the first one, were it filled with zeros.
  assertClose(numbers('sum(previous(d.tokens) < 100, over: pos)'), [5, 5, 5]);
  assertClose(numbers('sum(next(d.tokens) < 100, over: pos)'), [5, 5, 5]);
  assertClose(numbers('mean(previous(d.tokens), over: pos)'), [9 / 5, 12 / 5, 27 / 5]);
});

test('the next token of the last position counts in no reduction', () => {
  assertClose(numbers('mean(d.next_token, over: pos)'), [11 / 5, 12 / 5, 28 / 5]);
  assertClose(numbers('sum(d.next_token * 0 + 1, over: pos)'), [5, 5, 5]);
});

test('a mean over an empty mask is undefined, a sum is zero', () => {
  assertClose(numbers('mean(d.tokens, over: pos where d.second_copy)'), [2, 8 / 3, Number.NaN]);
  assertClose(numbers('sum(d.tokens, over: pos where d.second_copy)'), [6, 8, 0]);
});

test('`where` belongs to the argument it follows', () => {
  assertClose(
    numbers('mean(d.tokens where d.second_copy, over: pos)'),
    numbers('mean(d.tokens, over: pos where d.second_copy)'),
  );
});

test('`as` renames the one axis that fits, and tokens meet as query and key', () => {
  // For each row: pairs (query, key) with equal tokens.
  assertClose(numbers('sum((d.tokens as query) == (d.tokens as key), over: [query, key])'), [12, 20, 18]);
  assert.equal(refused('let x = m.logits as head'), []); // the vocabulary is the only axis that is no position
  assert.equal(refused('let x = m.blocks[0].attn.z as d_model'), ['EIS2012']);
});

test('softmax sums to one, log_softmax is its logarithm, cross entropy its negative at the token', () => {
  assertClose(numbers('sum(softmax(m.logits[pos: end], over: vocab), over: vocab)'), [1, 1, 1], {
    rtol: 1e-12,
  });
  const a = numbers('cross_entropy(m.logits, d.tokens)[pos: 2]');
  const b = numbers('-log_softmax(m.logits[pos: 2], over: vocab)[vocab: d.tokens[pos: 2]]');
  assertClose(a, b, { rtol: 1e-9 });
});

test('a dot product sums over the named axis, a norm is its root with itself', () => {
  const square = numbers('dot(m.final.resid_pre[pos: end], m.final.resid_pre[pos: end], over: d_model)');
  const norm = numbers('norm(m.final.resid_pre[pos: end], over: d_model)');
  assertClose(
    norm.map((one) => one * one),
    square,
    { rtol: 1e-9 },
  );
});

test("accuracy is one where the largest logit is the answer's", () => {
  const best = numbers('argmax(m.logits[pos: 0], over: vocab)');
  assertClose(numbers('accuracy(m.logits[pos: 0], argmax(m.logits[pos: 0], over: vocab))'), [1, 1, 1]);
  assert.ok(best.every((one) => Number.isInteger(one) && one >= 0 && one < 7));
});

test('units are carried and compared', () => {
  assert.equal(refused('metric a unit nat = mean(cross_entropy(m.logits, d.next_token), over: pos)'), []);
  assert.equal(refused('metric a unit logit = mean(cross_entropy(m.logits, d.next_token), over: pos)'), [
    'EIS2013',
  ]);
  assert.equal(
    refused('metric a = m.logits[pos: 0, vocab: 0] + cross_entropy(m.logits, d.next_token)[pos: 0]'),
    ['EIS2013'],
  );
  assert.equal(refused('metric a = m.logits[pos: 0, vocab: 0] / m.logits[pos: 0, vocab: 1] + 1'), []);
});

test('axes are named on both sides of a problem', () => {
  assert.equal(refused('metric a = sum(m.logits, over: neuron)'), ['EIS2012']);
  assert.equal(refused('metric a = m.logits[head: 0]'), ['EIS2012']);
  assert.equal(refused('metric a = m.logits[vocab: 7]'), ['EIS2015']);
  assert.equal(refused('claim c = mean(m.logits) > 1 logit { on: d.confirm }'), ['EIS2020']);
});

test('a family inherits the ranges of the sites it reads', () => {
  const family = (body: string): number =>
    checkedFile(program(`${body}\nreport { table(x) }`)).views[0]?.metrics[0]?.family.members.length ?? 0;
  assert.is(family('metric x[l, h] = sum(z[l, h], over: [pos, d_head])'), 4);
  assert.is(family('metric x[l] = sum(m.blocks[l].resid_post, over: [pos, d_model])'), 2);
  assert.is(family('metric x[h] = sum(m.blocks[0].attn.z[head: h], over: [pos, d_head])'), 2);
  assert.is(family('metric x[n] = sum(m.blocks[0].mlp.act[d_mlp: n], over: pos)'), 8);
  assert.is(family('metric x[l in m.layers where l > 0, h] = sum(z[l, h], over: [pos, d_head])'), 2);
  assert.is(family('metric x[a in 0..4, b in 0..a] = a * b * sum(d.tokens, over: pos)'), 6);
  assert.is(family('metric x[a in [-1, 0.5]] = a * sum(d.tokens, over: pos)'), 2);
});

test('two different ranges for one name are an error, and so is none', () => {
  assert.equal(
    refused(
      'hook y[l in m.layers where l > 0] = m.blocks[l].resid_post\nhook k[l in 0..5] = m.blocks[0].resid_post[pos: l]\nmetric x[l] = sum(y[l], over: [pos, d_model]) + sum(k[l], over: d_model)',
    ),
    ['EIS2014'],
  );
  assert.equal(refused('metric x[q] = sum(d.tokens, over: pos)'), ['EIS2014']);
});

test('right of `=` in a `given`, names mean the original declarations', () => {
  // The control's `knock` is written in terms of the original: it is not a definition that needs itself.
  const said = check(
    change(
      copying,
      'control untrained',
      'control half = needed given knock[l, h] = z[l, h] <- self + random_direction(norm: change(knock[l, h]) * 0.5)\ncontrol untrained',
    ),
  );
  assert.equal(said.errors, [], said.text);
  assert.equal(
    said.checked?.controls.map((one) => one.name),
    ['direction', 'half', 'untrained'],
  );
});

test('a `given` in a claim replaces everything between', () => {
  const file = checkedFile(
    `${copying}claim other = needed given loss = mean(cross_entropy(m.logits, d.next_token), over: pos) { on: d.confirm }\n`,
  );
  const [needed, other] = [claimOf(file, 'needed'), claimOf(file, 'other')];
  const value = (claim: typeof needed): unknown =>
    claim.stage.outputs.find((one) => one.name === claim.classes[0]?.parts[0]?.x)?.value;
  assert.is(needed.stage, other.stage);
  assert.is.not(value(needed), value(other));
  assert.equal(other.family.members, needed.family.members);
  assert.is(other.base, 'needed');
});

test('the same expression in another world is another value; in the clean world it is the same one', () => {
  const body = `metric a = m.logits[pos: 0, vocab: 0]
metric b = m.logits[pos: 0, vocab: 0] @ m
metric c = m.logits[pos: 0, vocab: 0] @ (m with m.final.resid_pre <- 0)
metric e = m.logits[pos: 0, vocab: 0] @ (m with m.final.resid_pre <- m.final.resid_pre)
report { table(a), table(b), table(c), table(e) }`;
  const file = checkedFile(program(body));
  const value = (i: number): number | undefined => {
    const view = file.views[i]?.metrics[0];
    return view?.stage.outputs.find((one) => one.name === view.classes[0]?.output)?.value;
  };
  assert.is(value(0), value(1));
  assert.is.not(value(0), value(2));
  assert.is(value(0), value(3)); // writing what is there changes nothing
});

test('a metric in the world of another model is that model on the same rows', () => {
  const other = tinyNamed('tiny');
  const file = checkedFile(
    program(
      'model n = bundled("tiny")\nmetric x = m.logits[pos: end, vocab: 2] @ n\nmetric y = m.logits[pos: end, vocab: 2]\nreport { table(x), table(y) }',
    ),
  );
  const named = [...other.weights].map(([name, value]) => [`n/${name}`, value] as const);
  const world: World = { stages: file.stages, rows, weights: new Map([...weights, ...named]) };
  const values = file.views.map(({ metrics }) => {
    const [view] = metrics;
    if (view === undefined) throw new Error('no view');
    return outputOf(view.stage, view.classes[0]?.output ?? '', world).data;
  });
  const logit = (arch: Architecture, own: Weights): readonly number[] =>
    tokens.map((row) => plainRun(arch, own, row).get('logits')?.[5 * arch.vocab + 2] ?? Number.NaN);
  assertClose(values[0] ?? [], logit({ ...BASE, layers: 3 }, other.weights), { rtol: 1e-9 });
  assertClose(values[1] ?? [], logit({ ...BASE, layers: 2, norm: 'none', act: 'relu' }, weights), {
    rtol: 1e-9,
  });
});

test('rows of another split have no row-by-row meaning', () => {
  assert.equal(
    refused('metric x = m.logits[pos: 0, vocab: 0] - (m.logits[pos: 0, vocab: 0] @ (m on d.reference))'),
    ['EIS2016'],
  );
  assert.equal(refused('metric x = d.reference.period'), ['EIS2016']);
});

test('what must be known before the run is not made from rows', () => {
  assert.equal(refused('param k = 6 < 0'), ['EIS2005']);
  assert.equal(refused('param k = sum(d.period, over: example)'), ['EIS2005']);
  assert.equal(refused('claim c = mean(d.period) > 1 { on: d.tokens == 3 }'), ['EIS2005']);
});

test('a condition is a condition', () => {
  assert.equal(refused('metric x = sum(not d.tokens, over: pos)'), ['EIS2005']);
  assert.equal(refused('metric x = sum(d.tokens and d.second_copy, over: pos)'), ['EIS2005']);
  assert.equal(refused('let x = mean(m.logits, over: [example, pos] where d.tokens)'), ['EIS2005']);
});

test('what is read by a chosen index carries the label of the choice', () => {
  const text = change(
    copying,
    'metric harm[l, h] unit nat = loss @ (m with knock[l, h]) - loss',
    'let best = argmax(mean(m.logits, over: [example, pos]) @ (m on d.confirm), over: vocab)\nmetric harm[l, h] unit nat = (cross_entropy(m.logits[pos: 0], best) @ (m with z[l, h] <- 0)) - cross_entropy(m.logits[pos: 0], best)',
  );
  const said = check(text);
  assert.equal(said.errors, ['EIS3002'], said.text);
});

test('a pool is labelled with the split it is over, an ablation within the cluster with none', () => {
  const labels = (rowsText: string): readonly string[] => {
    const text = change(copying, '(m on d.reference)', `(m on ${rowsText})`);
    return [...claimOf(checkedFile(text), 'needed').label];
  };
  assert.equal(labels('d.reference'), ['d.reference']);
  assert.equal(labels('d.discover'), ['d.discover']);
});

test('sets of heads: union, intersection, minus, complement', () => {
  const members = (expression: string): readonly (readonly (number | string)[])[] => {
    const file = checkedFile(
      program(
        `circuit a = [z[0, 0], z[0, 1]]\ncircuit b = [z[0, 1], z[1, 1]]\ncircuit c = ${expression}\nmetric x[k in c] = sum(z[k], over: [pos, d_head])\nreport { table(x) }`,
      ),
    );
    return file.views[0]?.metrics[0]?.family.members ?? [];
  };
  assert.equal(members('union(a, b)'), [
    [0, 0],
    [0, 1],
    [1, 1],
  ]);
  assert.equal(members('intersection(a, b)'), [[0, 1]]);
  assert.equal(members('minus(a, b)'), [[0, 0]]);
  assert.equal(members('minus(union(a, b), [z[1, 1]])'), [
    [0, 0],
    [0, 1],
  ]);
  assert.equal(members('complement(a)'), [
    [1, 0],
    [1, 1],
  ]);
});

test.run();
