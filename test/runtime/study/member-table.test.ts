// The table of members is read by other programs: numbers come back as numbers, negative ones too.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openApp } from '../../../src/runtime/app.js';

const test = suite('member table');

const program = `eis 1
model m = bundled("attn2")
data d = repeated_tokens(m.vocab, period: 4..=6) { size: 40, split: shares(discover: 50%, confirm: 50%) }
metric skill unit nat = -mean(cross_entropy(m.logits, d.next_token), over: pos where d.second_copy)
claim poor = mean(skill) > 0.05 nat { on: d.confirm }
`;

test('writes a negative estimate as a number', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'eis-table-'));
  try {
    writeFileSync(join(folder, 'eis.project.json'), '{}');
    writeFileSync(join(folder, 'poor.eis'), program);
    await openApp(folder).run('poor.eis', {
      settings: new Map(),
      backend: 'ort:cpu',
      memoryBytes: 1e9,
      withoutPasses: [],
      signal: new AbortController().signal,
      resume: '',
      emit: () => {},
    });
    const [head = '', row = ''] = readFileSync(
      join(folder, 'poor.eis.result/tables/members.csv'),
      'utf8',
    ).split('\r\n');
    const estimate = row.split(',')[head.split(',').indexOf('estimate')] ?? '';
    assert.ok(Number(estimate) < 0, `the estimate reads as a negative number: ${estimate}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test.run();
