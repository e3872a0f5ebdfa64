// The commands that need no application: explain, fmt, new.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { codeNames, factsOf } from '../../src/compiler/base/codes.js';
import { widthOf } from '../../src/compiler/base/visible.js';
import { parseFile } from '../../src/compiler/syntax/parse.js';
import { plainPage } from '../../src/runtime/cli/command/explain.js';
import { exampleText, TEMPLATE_NAMES, templates } from '../../src/runtime/cli/templates.js';
import { jsonLines, runMain } from './fake-app.js';

const test = suite('small commands');
let folder = '';
test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), 'eisc-cli-'));
});
test.after.each(() => rmSync(folder, { recursive: true, force: true }));

const inFolder = (argv: readonly string[], input: string | Uint8Array = '') =>
  runMain(argv, { cwd: folder, input });
const put = (name: string, text: string) => writeFileSync(join(folder, name), text);
const get = (name: string) => readFileSync(join(folder, name), 'utf8');

test('explain prints the page without its marks', async () => {
  const { code, out } = await runMain(['explain', 'eis1001']);
  assert.is(code, 0);
  assert.match(out, /^EIS1001: unexpected character\n-+\n/);
  assert.match(out, /\nFailing\n-------\n\n {4}let note = 'a text'\n/);
  assert.not.match(out, /```|^#/m);
});

test('explain takes every alias', async () => {
  for (const code of codeNames()) {
    for (const alias of factsOf(code).aliases ?? []) {
      const answer = await runMain(['explain', alias, '--json']);
      assert.is(jsonLines(answer.out)[0]?.code, code, alias);
    }
  }
});

test('explain takes the bare number of a code', async () => {
  const [number, whole] = [await runMain(['explain', '3003']), await runMain(['explain', 'EIS3003'])];
  assert.equal([number.code, number.err], [0, '']);
  assert.is(number.out, whole.out);
});

test('a page is broken for the terminal, its examples are not', async () => {
  for (const [terminal, width] of [
    [{ isTerminal: false, columns: 0 }, 80],
    [{ isTerminal: true, columns: 60 }, 60],
    [{ isTerminal: true, columns: 200 }, 80],
  ] as const) {
    for (const code of codeNames()) {
      const { out } = await runMain(['explain', code], { terminal });
      for (const line of out.split('\n'))
        assert.ok(
          line.startsWith('    ') || widthOf(line) <= width || !line.includes(' '),
          `${code}: ${line}`,
        );
    }
  }
  const page = '# A\n\none two\nthree four\n\n- five six\n  seven\n';
  assert.is(plainPage(page, 12), 'A\n-\n\none two\nthree four\n\n- five six\n  seven\n');
  assert.is(plainPage(page, 80), 'A\n-\n\none two three four\n\n- five six seven\n');
});

test('explain of an unknown code names the nearest, also for a bare number', async () => {
  const near = await runMain(['explain', 'EIS10011']);
  assert.is(near.code, 2);
  assert.match(near.err, /did you mean `EIS1001`\?/);
  assert.match((await runMain(['explain', '10011'])).err, /did you mean `EIS1001`\?/);
});

test('a fence that says more than its language keeps the remark', () => {
  assert.is(plainPage('# A\n\n```eis repeat 3\nlet x\n```\n', 80), 'A\n-\n\n    (repeat 3)\n    let x\n');
});

test('fmt lays a file out in place and leaves one that is laid out alone', async () => {
  put('a.eis', 'eis 1\nlet   x=1\n');
  put('b.eis', 'eis 1\n\nlet y = 2\n');
  const first = await inFolder(['fmt', 'a.eis', 'b.eis']);
  assert.equal([first.code, first.err], [0, '']);
  assert.match(first.out, /^formatted a\.eis\n/);
  assert.match(get('a.eis'), /let x = 1\n$/);
  const again = await inFolder(['fmt', '--check', 'a.eis', 'b.eis']);
  assert.equal([again.code, again.out], [0, '']);
});

test('fmt --check names what is not laid out, changes nothing and exits 1', async () => {
  put('a.eis', 'eis 1\nlet   x=1\n');
  const { code, out } = await inFolder(['fmt', '--check', 'a.eis']);
  assert.is(code, 1);
  assert.match(out, /a\.eis is not in the canonical layout/);
  assert.is(get('a.eis'), 'eis 1\nlet   x=1\n');
});

test('fmt - reads standard input and prints', async () => {
  const { code, out } = await inFolder(['fmt', '-'], 'eis 1\nlet   x=1\n');
  assert.is(code, 0);
  assert.match(out, /let x = 1\n$/);
});

test('fmt leaves a file with errors as it is', async () => {
  put('a.eis', 'eis 1\nlet   x=(\n');
  const { code, err } = await inFolder(['fmt', 'a.eis']);
  assert.is(code, 1);
  assert.match(err, /error\[EIS1/);
  assert.is(get('a.eis'), 'eis 1\nlet   x=(\n');
});

test('fmt of what is no text or not there is a diagnostic', async () => {
  const binary = await inFolder(['fmt', '-'], new Uint8Array([0xff, 0xfe, 0]));
  assert.is(binary.code, 1);
  assert.match(binary.err, /^error\[EIS5107\]/);
  const missing = await inFolder(['fmt', 'a.eis']);
  assert.is(missing.code, 1);
  assert.match(missing.err, /^error\[EIS5104\]/);
});

test('new writes a pipeline that parses and is laid out, and says how to run it', async () => {
  for (const name of TEMPLATE_NAMES) {
    const template = templates[name];
    if (template.kind === 'later') continue;
    const { code, out, err } = await inFolder(['new', name]);
    assert.equal([code, err], [0, ''], name);
    assert.match(out, new RegExp(`now: eisc run ${name}\\.eis\n`));
    assert.is(get(`${name}.eis`), exampleText(template.file));
    assert.equal(parseFile(get(`${name}.eis`), name).diagnostics, [], name);
    assert.is((await inFolder(['fmt', '--check', `${name}.eis`])).code, 0, name);
  }
});

test('new alone writes the patching pipeline; a path alone names its file', async () => {
  await inFolder(['new']);
  await inFolder(['new', 'mine.eis']);
  assert.is(get('mine.eis'), get('patching.eis'));
});

test('new does not replace a file unless it is told to', async () => {
  put('patching.eis', 'mine');
  const refused = await inFolder(['new']);
  assert.is(refused.code, 2);
  assert.is(get('patching.eis'), 'mine');
  assert.is((await inFolder(['new', '--force'])).code, 0);
  assert.is.not(get('patching.eis'), 'mine');
});

test('new of a kind that cannot run says so in one diagnostic and writes nothing', async () => {
  for (const name of ['probe', 'cnn']) {
    const { code, err } = await inFolder(['new', name]);
    assert.is(code, 1, name);
    assert.match(err, /^error\[EIS2009\]/, name);
    assert.throws(() => get(`${name}.eis`), /ENOENT/);
  }
});

test.run();
