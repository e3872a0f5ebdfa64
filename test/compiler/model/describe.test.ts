import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type DescribeOptions, describeModel } from '../../../src/compiler/model/describe.js';
import { wordsOf } from '../../../src/compiler/model/messages.js';
import type { ModelGraph } from '../../../src/compiler/model/model-graph.js';
import { tinyModel } from './tiny-model.js';

const test = suite('model/describe');
const { model } = tinyModel();
const ALL: DescribeOptions = { grep: null, positions: 16, weights: true };

function text(of: ModelGraph, options: DescribeOptions): readonly string[] {
  const found = describeModel(of, options);
  return found.kind === 'ok' ? found.text : (assert.unreachable(wordsOf(found.problem).message) as never);
}

test('equal blocks are shown once, with the range of layers', () => {
  const lines = text(model, { ...ALL, grep: 'attn.z' });
  assert.equal(lines.slice(-1), [
    `blocks.{0..1}.attn.z  [example, pos, head 2, d_head 3]${' '.repeat(21)}384 B`,
  ]);
});

test('no line is wider than 80 columns', () => {
  const long = `${'very/'.repeat(12)}long`;
  const wide: ModelGraph = {
    ...model,
    sites: model.sites.map((site, i) => (i === 3 ? { ...site, path: long } : site)),
  };
  for (const line of [...text(model, ALL), ...text(wide, ALL)])
    assert.ok(line.length <= 80, `${line.length}: ${line}`);
  assert.ok(text(wide, ALL).includes(long));
});

test('bytes count one row and the stated positions', () => {
  const found = describeModel(model, { ...ALL, grep: 'blocks.0.attn.pattern' });
  assert.match(JSON.stringify(found), /"bytes_per_example":2048/); // 2 heads · 16 · 16 · 4 bytes
});

test('data lists every site, unfolded', () => {
  const found = describeModel(model, { ...ALL, weights: false });
  assert.ok(found.kind === 'ok');
  const { sites } = JSON.parse(JSON.stringify(found.kind === 'ok' ? found.data : {}));
  assert.equal(
    sites.map((one: { path: string }) => one.path),
    model.sites.map((site) => site.path),
  );
});

test('grep takes a part, a glob or another spelling, and says why nothing is found', () => {
  const problemOf = (grep: string) => {
    const found = describeModel(model, { ...ALL, grep });
    return found.kind === 'problem' ? wordsOf(found.problem) : undefined;
  };
  const rows = text(model, { ...ALL, grep: 'blocks.*.resid_*' });
  assert.is(rows.length - rows.indexOf('') - 1, 3);
  assert.match(text(model, { ...ALL, grep: 'blocks.1.attn.hook_z' }).at(-1) ?? '', /^blocks\.1\.attn\.z /);
  assert.is(problemOf('blocks.0.hook_mlp_in')?.code, 'EIS4002');
  assert.is(problemOf('blocks.0.hook_mlp_in')?.help, 'write `blocks.0.resid_mid` or `blocks.0.mlp.in`');
  assert.is(problemOf('nothing*')?.code, 'EIS4003');
  assert.is(problemOf('final.resid_pree')?.help, 'did you mean `final.resid_pre`?');
});

test.run();
