// Whole programs on models of other architectures: what a file says about heads, paths and frozen parts holds for grouped keys,
// parallel blocks and norms after the sums too, and a name that means nothing there is refused with the reason.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { architectureFixture } from '../../support/architecture-fixtures.js';
import { check, checkedFile } from './checking.js';
import { fakeHost } from './fake-host.js';
import { copying, naming } from './small-programs.js';

const test = suite('check: architectures');
const names = ['gpt2', 'neox-parallel', 'neox-serial', 'llama', 'mistral', 'qwen2', 'qwen3', 'olmo', 'olmo2'];
const host = fakeHost({
  models: Object.fromEntries([...names, 'bert'].map((name) => [name, architectureFixture(name).model])),
});
const on = (program: string, name: string): string => program.replace('bundled("tiny")', `hf("${name}")`);

for (const name of names) {
  test(`programs about heads and paths check on ${name} as they are`, () => {
    // The second freezes and re-does parts, which depends on the kind of block only.
    const programs = ['llama', 'neox-parallel', 'olmo2'].includes(name) ? [copying, naming] : [copying];
    for (const program of programs) {
      const said = check(on(program, name), host);
      assert.equal(said.errors, [], said.text);
    }
  });
}

const grouped = (line: string, name = 'llama'): string => `eis 1
model m = hf("${name}")
data d = repeated_tokens(m.vocab, period: 3..=4) { size: 60, split: shares(discover: 50%, confirm: 50%) }
metric loss unit nat = mean(cross_entropy(m.logits, d.next_token), over: pos where d.second_copy)
${line}
report { table(harm) }
`;
const write = 'metric harm[l, g] unit nat = loss @ (m with k[l, g] <- 0) - loss';

test('key/value groups are a range of their own', () => {
  const groups = `hook k[l in m.layers, g in m.kv_heads] = m.blocks[l].attn.k[kv_head: g]\n${write}`;
  const file = checkedFile(grouped(groups), host);
  assert.is(file.views[0]?.metrics[0]?.family.members.length, 4);
});

test('a query head does not index a key, and a model without groups has none', () => {
  const byHead = `hook k[l in m.layers, g in m.heads] = m.blocks[l].attn.k[head: g]\n${write}`;
  assert.is.not(check(grouped(byHead), host).errors.length, 0);
  assert.equal(check(grouped(byHead, 'gpt2'), host).errors, []);
  const none = check(grouped(`hook k[g in m.kv_heads] = m.blocks[0].attn.k[head: g]`, 'gpt2'), host);
  assert.is.not(none.errors.length, 0);
});

test('a name of another tool that means nothing in the model is refused with the reason', () => {
  const use = 'metric harm unit nat = loss @ (m with x <- 0) - loss';
  const said = (path: string, name: string) => check(grouped(`hook x = ${path}\n${use}`, name), host);
  const parallel = said('m.blocks[0].resid_mid', 'neox-parallel');
  assert.equal(parallel.errors, ['EIS4002'], parallel.text);
  assert.match(parallel.text, /attention and MLP read the same residual stream/);
  const after = said('m.tensor("blocks.0.ln2.hook_normalized")', 'olmo2');
  assert.equal(after.errors, ['EIS4002'], after.text);
  assert.match(after.text, /write `blocks\.0\.ln2_post\.normalized`/);
});

test.run();
