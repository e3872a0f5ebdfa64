// What a write cannot have changed is taken from the clean run: the numbers stay, the work shrinks. Programs with writes of many
// kinds are run on rows that are really drawn, with and without the pass.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { programOf } from '../../src/compiler/plan/stage-program.js';
import { openOrt } from '../../src/runtime/backend/ort.js';
import { openReference } from '../../src/runtime/backend/reference.js';
import { numbersOf, objects, runTiny, tinyStudy } from '../runtime/execute/tiny-study.js';
import { assertClose } from '../support/close.js';

const test = suite('passes/dirty-positions');

const head = objects.slice(0, objects.indexOf('intervention direct'));
const program = (body: string): string => `${head}${body}\n`;

/** One metric of the logit difference, and one of a position before the last, in the world of an intervention. */
const study = (name: string, binders: string, write: string): string =>
  program(`intervention ${name}${binders} = ${write}
metric end_of_it${binders} unit logit = ld @ (m with ${name}${binders.replace(/ in [^,\]]+/g, '')}) - ld
metric inside${binders} = sum(m.blocks[1].resid_post @ (m with ${name}${binders.replace(/ in [^,\]]+/g, '')}), over: [pos, d_model])
report { table(end_of_it), table(inside) }`);

type Case = { readonly what: string; readonly text: string; readonly shrinks: boolean };

const swap = (site: string, at = ''): string => `${site}${at} <- ${site}${at} @ (m on ioi.abc)`;
const cases: readonly Case[] = [
  {
    what: 'one head at the last position',
    text: study(
      'k',
      '[l in m.layers, h in m.heads]',
      'z[l, h][pos: end] <- z[l, h][pos: end] @ (m on ioi.abc)',
    ),
    shrinks: true,
  },
  {
    what: 'a knock-out at the last position',
    text: study('k', '[l in m.layers, h in m.heads]', 'z[l, h][pos: end] <- 0'),
    shrinks: true,
  },
  {
    what: 'one head at all positions, from the first token that differs',
    text: study('k', '[l in m.layers, h in m.heads]', 'z[l, h] <- z[l, h] @ (m on ioi.abc)'),
    shrinks: true,
  },
  {
    what: 'a grid of layers and roles',
    text: study('k', '[l in m.layers, r in ioi.roles]', swap('m.blocks[l].resid_pre', '[pos: r]')),
    shrinks: true,
  },
  {
    what: 'a grid of layers and numbered positions',
    text: study('k', '[l in m.layers, p in 0..=10]', swap('m.blocks[l].resid_pre', '[pos: p]')),
    shrinks: true,
  },
  {
    what: 'a position by number',
    text: study('k', '[l in m.layers]', 'm.blocks[l].resid_pre[pos: 5] <- 0'),
    shrinks: true,
  },
  {
    what: 'the residual stream',
    text: study('k', '[l in m.layers]', swap('m.blocks[l].resid_mid')),
    shrinks: true,
  },
  {
    what: 'the output of an MLP',
    text: study('k', '[l in m.layers]', swap('m.blocks[l].mlp.out')),
    shrinks: true,
  },
  {
    what: 'the output of attention',
    text: study('k', '[l in m.layers]', swap('m.blocks[l].attn_out')),
    shrinks: true,
  },
  { what: 'keys', text: study('k', '[l in m.layers]', swap('m.blocks[l].attn.k')), shrinks: true },
  { what: 'values', text: study('k', '[l in m.layers]', swap('m.blocks[l].attn.v')), shrinks: true },
  { what: 'queries', text: study('k', '[l in m.layers]', swap('m.blocks[l].attn.q')), shrinks: true },
  { what: 'a pattern', text: study('k', '[l in m.layers]', swap('m.blocks[l].attn.pattern')), shrinks: true },
  {
    what: 'scores',
    text: study('k', '[l in m.layers]', swap('m.blocks[l].attn.attn_scores')),
    shrinks: true,
  },
  {
    what: 'the rows of a pattern that belong to one query',
    text: study('k', '[l in m.layers]', 'm.blocks[l].attn.pattern[query: end] <- 0.1'),
    shrinks: true,
  },
  {
    what: 'the column of a pattern that belongs to one key, which any later query sees',
    text: study('k', '[l in m.layers]', 'm.blocks[l].attn.pattern[key: 3] <- 0.1'),
    shrinks: false,
  },
  {
    what: 'a value that is not the clean one anywhere',
    text: study('k', '[l in m.layers, h in m.heads]', 'z[l, h] <- 0'),
    shrinks: false,
  },
  {
    what: "another head's value, which is not what stands there even where the tokens agree: only the other run is cut",
    text: study('k', '[l in m.layers]', 'z[l, 0] <- z[l, 1] @ (m on ioi.abc)'),
    shrinks: true,
  },
  {
    what: 'a value of the other run from another position',
    text: study(
      'k',
      '[l in m.layers]',
      'm.blocks[l].resid_pre[pos: 4] <- m.blocks[l].resid_pre[pos: 6] @ (m on ioi.abc)',
    ),
    shrinks: true,
  },
  {
    what: 'two writes, of which the earlier counts',
    text: study(
      'k',
      '[l in m.layers]',
      '[m.blocks[l].resid_pre[pos: end] <- 0, m.blocks[0].attn.z[head: 1, pos: 4] <- 0]',
    ),
    shrinks: true,
  },
  {
    what: 'a loss on a variant of the rows, whose last position has no next token',
    text: program(`metric loss unit nat = mean(cross_entropy(m.logits, ioi.next_token), over: pos)
metric x unit nat = loss @ (m on ioi.abc) - loss
report { table(x) }`),
    shrinks: true,
  },
  {
    what: 'a mean over positions as the metric',
    text: program(`intervention k[l in m.layers] = m.blocks[l].resid_pre[pos: end] <- 0
metric x[l] = mean(dot(m.logits, m.logits, over: vocab) @ (m with k[l]), over: pos)
report { table(x) }`),
    shrinks: true,
  },
];

for (const { what, text, shrinks } of cases) {
  test(`${what}: equal numbers, ${shrinks ? 'less work' : 'the same work'}`, async () => {
    const made = tinyStudy(text);
    const with_ = await runTiny(made, { backend: openReference() });
    const without = await runTiny(made, { backend: openReference(), skip: ['dirty-positions'] });
    const [got, want] = [numbersOf(made, with_), numbersOf(made, without)];
    assert.equal([...got.keys()], [...want.keys()]);
    for (const [name, values] of want) assertClose(got.get(name) ?? [], values, { rtol: 1e-6, atol: 1e-6 });
    assert.ok([...want.values()].some((values) => Array.from(values).some((one) => Math.abs(one) > 1e-4)));
    if (shrinks) assert.ok(with_.plannedFlops < without.plannedFlops, 'it shrinks');
    else assert.is(with_.plannedFlops, without.plannedFlops);
    // What was planned is what the backend counted.
    for (const run of [with_, without]) {
      const counted = [...run.results.values()].reduce((sum, one) => sum + one.counts.flops, 0);
      assert.is(counted, run.plannedFlops);
    }
  });
}

test('what members share is computed once, and what nothing changes runs once for all: equal numbers, less work', async () => {
  for (const at of [3, 4]) {
    const text = (cases[at]?.text ?? '').replace('bundled("words")', 'bundled("wide")');
    const made = tinyStudy(text.replace(/size: +24/, 'size: 400'));
    const backend = await openOrt();
    const whole = await runTiny(made, { backend, skip: ['capture'] });
    const shared = await runTiny(made, { backend });
    const apart = await runTiny(made, { backend, skip: ['bucket-rows'] });
    const plain = await runTiny(made, { backend, skip: ['dirty-positions'] });
    await backend.dispose();
    const want = numbersOf(made, plain);
    for (const run of [whole, shared, apart])
      for (const [name, values] of want)
        assertClose(numbersOf(made, run).get(name) ?? [], values, { rtol: 1e-4, atol: 1e-4 });
    assert.ok(
      shared.plannedFlops < 0.8 * whole.plannedFlops,
      `${shared.plannedFlops} of ${whole.plannedFlops}`,
    );
    const counted = [...shared.results.values()].reduce((sum, one) => sum + one.counts.flops, 0);
    assert.is(counted, shared.plannedFlops);
  }
});

test('a family whose members are told apart by more than their writes runs every member', () => {
  // The metric itself reads position p: members that change nothing differ all the same.
  const text =
    program(`intervention k[l in m.layers, p in 0..=10] = ${swap('m.blocks[l].resid_pre', '[pos: p]')}
metric x[l, p] = sum(m.blocks[1].resid_post[pos: p] @ (m with k[l, p]), over: d_model)
report { table(x) }`);
  const alike = (of: string): readonly boolean[] =>
    tinyStudy(of).stages.flatMap((stage) =>
      programOf(stage, { skip: [] }).parts.flatMap((part) =>
        part.inputs.flatMap(({ spec }) =>
          spec.kind === 'positions' && spec.context !== null ? [spec.alike] : [],
        ),
      ),
    );
  assert.ok(alike(text).length > 0 && alike(text).every((one) => !one));
  const grid =
    program(`intervention k[l in m.layers, p in 0..=10] = ${swap('m.blocks[l].resid_pre', '[pos: p]')}
metric x[l, p] = ld @ (m with k[l, p])
report { table(x) }`);
  assert.ok(alike(grid).length > 0 && alike(grid).every((one) => one));
});

test('rows that differ late are run apart from those that differ early', () => {
  const made = tinyStudy(cases[4]?.text ?? '');
  const [stage] = made.stages;
  if (stage === undefined) throw new Error('no stage');
  const specs = programOf(stage, { skip: [] }).parts.flatMap((part) =>
    part.inputs.flatMap(({ spec }) => (spec.kind === 'positions' && spec.context !== null ? [spec] : [])),
  );
  assert.ok(specs.length > 0);
  for (const { bounds } of specs)
    for (const { at, differ } of bounds) assert.equal([at.kind, differ === null], ['input', false]);
});

test.run();
