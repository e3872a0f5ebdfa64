// A family of 100,000 members is checked in the time and memory of a laptop's patience: members are tuples, classes share
// one graph, and nothing is kept per member but its coordinates.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { digestBytes } from '../../../src/compiler/base/digest.js';
import { buildTransformer } from '../../../src/compiler/model/build-transformer.js';
import { type Architecture, tensorShapes } from '../../../src/compiler/model/manifest.js';
import { BASE } from '../model/tiny-model.js';
import { check, claimOf } from './checking.js';
import { fakeHost } from './fake-host.js';

const test = suite('large families');

const architecture: Architecture = { ...BASE, layers: 2, d_mlp: 50_000 };
const weights = new Map(
  [...tensorShapes(architecture)].map(([name]) => [name, digestBytes(name, new Uint8Array())] as const),
);
const wide = buildTransformer({
  name: 'wide',
  architecture,
  weights,
  tokenizer: { kind: 'none' },
  initialiser: null,
});
const host = fakeHost({ models: { wide } });

const program = (binders: string): string => `eis 1
model m = onnx("wide")
data d = repeated_tokens(7, period: 3..=4) { size: 600, split: shares(discover: 40%, reference: 10%, confirm: 50%) }
hook neuron[l in m.layers, n in m.neurons] = m.blocks[l].mlp.act[d_mlp: n]
metric loss unit nat = mean(cross_entropy(m.logits, d.next_token), over: pos where d.second_copy)
intervention knock[l, n] = neuron[l, n] <- mean(neuron[l, n], over: [example, pos]) @ (m on d.reference)
metric harm[l, n] unit nat = loss @ (m with knock[l, n]) - loss
claim needed = each ${binders}: mean(harm[l, n]) > 0.05 nat { on: d.confirm }
report { table(harm) }
`;

test('100,000 neurons are checked in under two seconds and 500 MB', () => {
  check(program('l in m.layers, n in 0..10'), host); // the first check of a process pays for compiling the compiler
  const memory = process.memoryUsage().rss;
  const start = process.cpuUsage();
  const said = check(program('l in m.layers, n in m.neurons'), host);
  const { user, system } = process.cpuUsage(start);
  const took = (user + system) / 1000; // of the processor: the machine may be busy with other tests
  const grown = (process.memoryUsage().rss - memory) / 1e6;
  assert.equal(said.errors, [], said.text);
  if (said.checked === null) return;
  const claim = claimOf(said.checked, 'needed');
  assert.is(claim.family.members.length, 100_000);
  assert.is(claim.classes.length, 2);
  assert.equal(
    claim.classes.map((one) => one.members.length),
    [50_000, 50_000],
  );
  assert.ok(took < 2_000, `${took.toFixed(0)} ms`);
  assert.ok(grown < 500, `${grown.toFixed(0)} MB`);
});

test('a range of a billion is refused before it fills the memory', () => {
  const start = performance.now();
  const said = check(program('l in m.layers, n in 0..1_000_000_000'), host);
  assert.equal(said.errors, ['EIS2021'], said.text);
  const two = check(program('l in m.layers, n in 0..1_900_000'), host);
  assert.equal(two.errors, ['EIS2021'], two.text);
  assert.ok(performance.now() - start < 4_000);
});

test('as many replicates as a control asks for: the effort that is bounded is that of one', () => {
  const layers: Architecture = { ...BASE, layers: 12 };
  const digests = [...tensorShapes(layers)].map(
    ([name]) => [name, digestBytes(name, new Uint8Array())] as const,
  );
  const deep = buildTransformer({
    name: 'deep',
    architecture: layers,
    weights: new Map(digests),
    tokenizer: { kind: 'none' },
    initialiser: null,
  });
  const text = `eis 1
import [sent] from "std/paths"
model m = onnx("deep")
data d = repeated_tokens(7, period: 3..=4) { size: 600, split: shares(discover: 40%, reference: 10%, confirm: 50%) }
hook z[l in m.layers, h in m.heads] = m.blocks[l].attn.z[head: h]
hook out = m.final.resid_pre[pos: end]
metric last unit logit = mean(m.logits, over: vocab)[pos: end]
intervention direct[l, h] = out <- sent(from: z[l, h], value: 0, to: out, redo: [mlps, norms])
metric effect[l, h] unit logit = last @ (m with direct[l, h]) - last
circuit best = top(2, abs(mean(effect)), on: d.discover)
claim needed = each c in best: abs(mean(effect[c])) > 0.1 logit { on: d.confirm }
control searched = needed given m = reinitialised(m, seeds: 80)
`;
  const said = check(text, fakeHost({ models: { deep } }), { replicates: 'all' });
  assert.equal(said.errors, [], said.text);
});

test.run();
