// What the language describes and this version does not run stops at one diagnostic, whatever depends on it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { check } from './checking.js';
import { root } from './fake-host.js';

const test = suite('not executable yet');

test('training a network and replacing it by its algorithm: one diagnostic that names each construct', () => {
  const said = check(readFileSync(join(root, 'test/corpus/syntax/modular-addition.eis'), 'utf8'));
  assert.equal(said.errors, ['EIS2009'], said.text);
  for (const construct of ['grid', 'transformer', 'fit']) assert.ok(said.text.includes(construct), said.text);
});

const alone: Readonly<Record<string, string>> = {
  'a changed model': 'model k = m with m.final.resid_pre <- 0',
  'a search by pruning': 'circuit c = prune(mean(ld), on: d.discover)',
  'a count': 'claim c = count l in m.layers: mean(ld) > 0.1 logit { on: d.confirm }',
  gradients: 'metric g = grad(ld, m.final.resid_pre)',
  generation: 'let text = generate(m, from: d.prompt)\nlet more = text\nmetric x = more',
  'a write to weights': 'metric x = ld @ (m with m.weights.W_U <- 0)',
  'views of graphs': 'report { graph(ld) }',
  'a correlation of metrics': 'claim c = correlation(ld, ld) >= 0.9 { on: d.confirm }',
};
for (const [what, text] of Object.entries(alone)) {
  test(what, () => {
    const said = check(`eis 1
model m = bundled("plain")
data d = repeated_tokens(7, period: 3..=4) { size: 600, split: shares(discover: 40%, reference: 10%, confirm: 50%) }
metric ld unit logit = m.logits[pos: end, vocab: 0]
${text}
`);
    assert.equal(said.errors, ['EIS2009'], said.text);
  });
}

test.run();
