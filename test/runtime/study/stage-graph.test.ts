// What is shown before a run. The drawing of an experiment: replicates are counted, what a search will find is not passed off as members that are known.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openApp } from '../../../src/runtime/app.js';
import { repository } from '../../support/small-project.js';

const test = suite('before a run');
let folder = '';
test.before(() => {
  folder = mkdtempSync(join(tmpdir(), 'eis-graph-'));
  cpSync(join(repository, 'pipelines'), folder, {
    recursive: true,
    filter: (path) => !/\.(lock|result)$/.test(path),
  });
  cpSync(join(repository, 'test/pipelines/small-induction.eis'), join(folder, 'small.eis'));
  writeFileSync(join(folder, 'eis.project.json'), '{}\n');
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

async function graphOf(file: string, format: 'text' | 'dot' | 'mermaid'): Promise<string> {
  const { text, diagnostics } = await openApp(folder).graph(file, { format, settings: new Map() });
  if (text === null) throw new Error(diagnostics.map((one) => one.message).join('\n'));
  return text;
}

test('what a search will find is said to be so, and who needs it', async () => {
  assert.equal((await graphOf('ioi.eis', 'text')).split('\n'), [
    'search movers on ioi.discover, 24 members',
    'search movers on ioi.discover, new weights (× 59), 24 members',
    'pooled on ioi.discover',
    'claims on ioi.discover, 3 members that search movers will find',
    '  needs pooled on ioi.discover',
    '  needs search movers on ioi.discover',
    'control searched on ioi.discover (× 59), 3 members that search movers will find',
    '  needs search movers on ioi.discover, new weights (× 59)',
    'control random_circuits on ioi.discover, 511 other circuits',
    '  needs pooled on ioi.discover',
    '  needs search movers on ioi.discover',
    'control random_circuits (general) on ioi.discover, 511 other circuits',
    '  needs pooled on ioi.discover',
    '  needs search movers on ioi.discover',
  ]);
});

test('replicates are one node that says how many they are, in every format', async () => {
  for (const format of ['text', 'dot', 'mermaid'] as const) {
    const text = await graphOf('small.eis', format);
    assert.match(text, /control untrained on repeats\.discover \(× 3\), 8 members/, format);
    assert.not.match(text, /\b1 members/, format);
  }
});

test('a plan begins with what is waived and why, and fits eighty columns', async () => {
  const because = 'it takes too long on this machine, and the direction control is kept as it is';
  const path = join(folder, 'small.eis');
  writeFileSync(
    join(folder, 'waived.eis'),
    `${readFileSync(path, 'utf8')}\nwaive untrained { because: "${because}" }\n`,
  );
  const { text, json } = await openApp(folder).plan('waived.eis', {
    backend: 'ort:cpu',
    memoryBytes: 256e6,
    withoutPasses: [],
    settings: new Map(),
    explain: false,
  });
  const lines = (text ?? '').split('\n');
  assert.is(lines.slice(0, 2).join(' ').replaceAll(/ +/g, ' '), `waived untrained: ${because}`);
  for (const line of lines) assert.ok(line.length <= 80, line);
  const { waivers } = json as { readonly waivers?: unknown };
  assert.equal(waivers, { untrained: because });
});

test.run();
