// Dishonest twins of the two target programs, on the bundled models: each is refused with the right code, and applying the
// edit of its help makes it pass.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openCompileHost } from '../../../src/runtime/compile-host.js';
import { realHost } from '../../../src/runtime/host.js';
import { check, withHelp } from './checking.js';
import { root } from './fake-host.js';
import { change } from './small-programs.js';

const test = suite('dishonest twins');

const host = openCompileHost({
  host: realHost(),
  folder: join(root, 'pipelines'),
  controlRoot: () => '00'.repeat(32),
});
const read = (name: string): string => readFileSync(join(root, 'pipelines', name), 'utf8');
const induction = read('induction.eis');
const ioi = read('ioi.eis');

type Twin = { readonly flaw: string; readonly code: string; readonly text: string };

const chosen = `circuit strong = top(2, mean(harm), on: repeats.confirm)
claim needed = each c in strong: mean(harm[c]) > 0.05 nat {`;
const twins: readonly Twin[] = [
  {
    flaw: 'induction selects on confirm',
    code: 'EIS3001',
    text: change(
      induction,
      'claim needed = each l in m.layers, h in m.heads: mean(harm[l, h]) > 0.05 nat {',
      chosen,
    ),
  },
  {
    flaw: 'induction takes its ablation mean from confirm',
    code: 'EIS3002',
    text: change(induction, 'm on repeats.reference', 'm on repeats.confirm'),
  },
  {
    flaw: 'induction waives a control without a reason',
    code: 'EIS3008',
    text: `${induction}\nwaive untrained\n`,
  },
  { flaw: 'induction has 4 clusters', code: 'EIS3006', text: change(induction, 'size:  600', 'size:  8') },
  {
    flaw: 'induction hooks what does not exist',
    code: 'EIS4001',
    text: change(induction, 'm.blocks[l].attn.z[head: h]', 'm.blocks[l].attn.zz[head: h]'),
  },
  {
    flaw: 'induction has margin 0 without `nil`',
    code: 'EIS3003',
    text: change(induction, '> 0.05 nat', '> 0 nat'),
  },
  {
    flaw: 'ioi selects on confirm',
    code: 'EIS3001',
    text: change(ioi, 'on: ioi.discover)', 'on: ioi.confirm)'),
  },
  { flaw: 'ioi waives a control without a reason', code: 'EIS3008', text: `${ioi}\nwaive random_circuits\n` },
  {
    flaw: 'ioi has 4 clusters',
    code: 'EIS3006',
    text: change(
      ioi,
      'discover: 40%, reference: 10%, confirm: 50%',
      'discover: 80%, reference: 10%, confirm: 10%',
    ),
  },
  {
    flaw: 'ioi hooks what does not exist',
    code: 'EIS4001',
    text: change(ioi, 'm.final.resid_pre[pos: end]', 'm.final.resid_pree[pos: end]'),
  },
  { flaw: 'ioi has margin 0 without `nil`', code: 'EIS3003', text: change(ioi, '> 0.1 logit', '> 0 logit') },
];

for (const { flaw, code, text } of twins) {
  test(`${flaw}: ${code}`, () => {
    const said = check(text, host);
    assert.equal([...new Set(said.errors)], [code], said.text);
    const diagnostic = said.diagnostics.find((one) => one.severity === 'error');
    assert.ok(diagnostic?.help !== undefined, said.text);
    if (diagnostic === undefined) return;
    const repaired = withHelp(text, diagnostic);
    assert.is.not(repaired, text, said.text);
    const after = check(repaired, host);
    assert.equal(after.errors, [], after.text);
  });
}

test('the honest programs have no errors, also for a lock, and no warnings but that an equivalence states no power', () => {
  for (const [text, warnings] of [
    [induction, []],
    [ioi, ['EIS3022']],
  ] as const) {
    const said = check(text, host, { asLock: true });
    assert.equal(said.errors, [], said.text);
    assert.equal(said.warnings, warnings, said.text);
  }
});

test.run();
