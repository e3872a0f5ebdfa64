// The application around a study: what `check` refuses nothing else runs, what a lock and a result mean, what a changed file
// says when it explores again.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Diagnostic } from '../../../src/compiler/base/diagnostic.js';
import { openApp } from '../../../src/runtime/app.js';
import { lineSink } from '../../../src/runtime/sink/lines.js';
import { FILE, ledgerOf, lock, Projects, run } from '../../support/small-project.js';

const test = suite('application');
const folder = mkdtempSync(join(tmpdir(), 'eis-fixes-'));
const projects = new Projects();
test.after(() => {
  rmSync(folder, { recursive: true, force: true });
  projects.remove();
});
writeFileSync(join(folder, 'eis.project.json'), '{}\n');
const app = openApp(folder);

const draft = `eis 1
model m = bundled("attn2")
data d = repeated_tokens(m.vocab, period: 4..=8) {
  size: 60
  split: shares(discover: 40%, reference: 10%, confirm: 50%)
}
metric loss unit nat = mean(cross_entropy(m.logits, d.next_token), over: pos where d.second_copy)
claim learnt = mean(loss) < 5 nat { on: d.confirm }
`;

const errorsOf = (list: readonly Diagnostic[]): readonly string[] =>
  list.filter((one) => one.severity === 'error').map((one) => one.code);
const execution = {
  backend: 'reference',
  memoryBytes: 256e6,
  withoutPasses: [],
  settings: new Map<string, string>(),
} as const;

async function codesOf(name: string, text: string): Promise<readonly (readonly string[])[]> {
  writeFileSync(join(folder, name), text);
  const settings = new Map<string, string>();
  const checked = await app.check(name, { settings, asLock: false });
  const planned = await app.plan(name, { ...execution, explain: false });
  const locked = await app.lock(name, { settings, anchor: false });
  const ran = await app.run(name, {
    ...execution,
    signal: new AbortController().signal,
    resume: 'eisc run',
    emit: () => assert.unreachable('a file with errors was run'),
  });
  return [checked, planned, ran, locked].map((one) => errorsOf(one.diagnostics));
}

test('run, plan and lock refuse what check refuses, also where no claim asks for it', async () => {
  const [checked = [], planned, ran, locked = []] = await codesOf(
    'unused.eis',
    `${draft}metric unused = los\n`,
  );
  assert.equal(checked, ['EIS2001']);
  assert.equal(planned, checked);
  assert.equal(ran, checked);
  assert.ok(locked.includes('EIS2001'));
});

test('a search that nothing asks for is checked, and neither planned nor run', async () => {
  const searching = `${draft}hook z[l in m.layers, h in m.heads] = m.blocks[l].attn.z[head: h]
intervention knock[l, h] = z[l, h] <- 0
metric harm[l, h] unit nat = loss @ (m with knock[l, h]) - loss
circuit idle = top(2, mean(harm), on: d.discover)
`;
  writeFileSync(join(folder, 'idle.eis'), searching);
  const { text, diagnostics } = await app.plan('idle.eis', { ...execution, explain: false });
  assert.equal(errorsOf(diagnostics), []);
  assert.not.match(text ?? '', /search/);
});

test('a word that the tokenizer lacks is named with its model and the nearest word', async () => {
  const text = `eis 1
model m = bundled("ioi3")
data d = template(["When {IO} and {S1} went to the store , {S1} gave a drink to"]) {
  hole [IO, S1] = distinct(["Jhon", "Mary", "Anna"])
  generalises_to: fillers
  size: 60
  split: shares(discover: 50%, confirm: 50%)
}
`;
  writeFileSync(join(folder, 'words.eis'), text);
  const { diagnostics } = await app.check('words.eis', { settings: new Map(), asLock: false });
  const [first] = diagnostics;
  assert.is(first?.code, 'EIS4014');
  assert.match(first?.message ?? '', /of `ioi3`$/);
  assert.ok(first?.help !== undefined);
});

test('text for a model of token ids is refused in the words of the model', async () => {
  const text = draft.replace(
    /data d[\s\S]*?\n}/,
    'data d = template(["a {x}"]) {\n  hole x = distinct(["b", "c"])\n  generalises_to: fillers\n  size: 60\n  split: shares(discover: 50%, confirm: 50%)\n}',
  );
  writeFileSync(join(folder, 'ids.eis'), text);
  const { diagnostics } = await app.check('ids.eis', { settings: new Map(), asLock: false });
  assert.equal(errorsOf(diagnostics), ['EIS4016']);
  assert.match(diagnostics[0]?.message ?? '', /`attn2` has no tokenizer/);
  assert.match(diagnostics[0]?.help?.text ?? '', /repeated_tokens/);
});

test('pipelines, locks and results are compared by what they mean', async () => {
  const project = projects.make();
  const missing = await project.app.diff(FILE, `${FILE}.lock`);
  assert.equal(errorsOf(missing.diagnostics), ['EIS2024']);
  await lock(project);
  const ran = await run(project);
  assert.ok(ran.outcome !== null);
  const names = [FILE, `${FILE}.lock`, `${FILE}.result`];
  for (const left of names) {
    for (const right of names) {
      const { equal, lines, diagnostics } = await project.app.diff(left, right);
      assert.equal(errorsOf(diagnostics), []);
      assert.ok(equal, `${left} ${right} ${lines.join()}`);
      assert.equal(lines, ['both mean the same']);
    }
  }
  const confirm = ledgerOf(project).find((one) => one.body.kind === 'confirm')?.body;
  assert.ok(confirm?.kind === 'confirm' && confirm.predictions !== undefined && confirm.hits !== undefined);

  const path = join(project.folder, FILE);
  const before = readFileSync(path, 'utf8');
  writeFileSync(path, before.replace('0.05 nat', '0.06 nat'));
  const changed = await project.app.diff(FILE, `${FILE}.lock`);
  assert.not.ok(changed.equal);
  assert.is(changed.lines[0], 'claim needed: margin 0.06 nat → 0.05 nat');

  writeFileSync(join(project.folder, 'other.eis'), before.replace('seeds: 3', 'seeds: 4'));
  const between = await project.app.diff(FILE, 'other.eis');
  assert.is(between.lines[0], 'claim needed: margin 0.06 nat → 0.05 nat');
  assert.equal(between.lines.length, 2);
  assert.match(between.lines[1] ?? '', /^control untrained: .*seeds: 3\) → .*seeds: 4\)/);

  const lines: string[] = [];
  const write = lineSink((line) => lines.push(line));
  await run(project, { onEvent: write });
  assert.ok(
    lines.some((line) => /^warning: changed since the lock: .*; this run explores$/.test(line)),
    lines.join('\n'),
  );
  assert.ok(
    lines.some((line) => /^rows \w+\.confirm: .*\(sealed\)$/.test(line)),
    lines.join('\n'),
  );
  assert.ok(
    lines.some((line) => /^rows \w+\.discover: [^(]*$/.test(line)),
    lines.join('\n'),
  );
});

test.run();
