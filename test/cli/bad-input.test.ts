// Whatever a user gives, the real application answers with a diagnostic and its exit code, never with an internal error.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openApp } from '../../src/runtime/app.js';
import { exampleText } from '../../src/runtime/cli/templates.js';
import { type Outcome, runMain } from './fake-app.js';

const test = suite('bad input');
let folder = '';
test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), 'eisc-bad-'));
  writeFileSync(join(folder, 'eis.project.json'), '{}\n');
});
test.after.each(() => rmSync(folder, { recursive: true, force: true }));

const eisc = (...argv: readonly string[]): Promise<Outcome> =>
  runMain(argv, { cwd: folder, app: openApp(folder) });
const put = (name: string, content: string | Uint8Array) => writeFileSync(join(folder, name), content);

/** The command ends with this exit code and this diagnostic, and with nothing of our own making. */
async function refuses(argv: readonly string[], code: number, diagnostic: RegExp): Promise<void> {
  const { code: got, err } = await eisc(...argv);
  assert.match(err, diagnostic, argv.join(' '));
  assert.not.match(err, /EIS9001|^\s+at /m, argv.join(' '));
  assert.is(got, code, argv.join(' '));
}

const readers = ['check', 'plan', 'run', 'lock', 'graph'] as const;

test('a file that is not there', async () => {
  for (const command of readers) await refuses([command, 'no.eis'], 1, /^error\[EIS\d+\]: .*no\.eis/);
  await refuses(['report', 'no.eis'], 1, /^error\[EIS\d+\]: .*no\.eis/);
  await refuses(['verify', 'no.eis'], 1, /^error\[EIS\d+\]: .*no\.eis/);
  await refuses(['diff', 'no.eis', 'no.eis'], 1, /^error\[EIS\d+\]: .*no\.eis/);
});

test('a folder where a file is meant', async () => {
  mkdirSync(join(folder, 'x.eis'));
  for (const command of readers) await refuses([command, 'x.eis'], 1, /^error\[EIS\d+\]/);
});

test('a folder in place of a pipeline is said to be one, with the pipelines in it', async () => {
  mkdirSync(join(folder, 'studies'));
  put('studies/a.eis', exampleText('patching.eis'));
  put('studies/notes.txt', 'nothing to check');
  for (const command of ['plan', 'run', 'lock', 'graph']) {
    const { code, err } = await eisc(command, 'studies');
    assert.is(code, 1);
    assert.match(
      err,
      /^error\[EIS2024\]: `studies` is a folder, not a pipeline\n.*the folder holds `a\.eis`/,
    );
    assert.not.match(err, /notes/);
  }
  await refuses(['plan', '.'], 1, /^error\[EIS2024\]: `\.` is a folder[\s\S]*`eisc new`/);
});

test('check of a folder checks the pipelines in it', async () => {
  mkdirSync(join(folder, 'studies'));
  put('studies/b.eis', 'eis 1\nlet x = y\n');
  put('studies/a.eis', exampleText('patching.eis'));
  put('studies/notes.txt', 'nothing to check');
  const { code, out, err } = await eisc('check', 'studies');
  assert.is(code, 1);
  assert.match(out, /^studies\/a\.eis: no errors/);
  assert.match(err, /--> studies\/b\.eis:2:/);
  await refuses(['check', '.'], 1, /^error\[EIS2024\]: `\.` is a folder/);
});

test('a data file that is not there is answered with files of its own kind', async () => {
  put('a.eis', `eis 1\nmodel m = bundled("attn2")\nmodel o = onnx("x.onnx")\n`);
  put('words.txt', 'a\n');
  put('y.onnx', 'no model');
  const { err } = await eisc('check', 'a.eis');
  assert.match(err, /x\.onnx/);
  assert.not.match(err, /words\.txt/);
});

test('an empty file, bytes that are no text, a file of 10 MB, brackets without end', async () => {
  const files: readonly (readonly [string, string | Uint8Array, RegExp])[] = [
    ['empty.eis', '', /EIS1009/],
    ['binary.eis', new Uint8Array([0x89, 0x50, 0xff, 0xfe, 0, 1, 2, 0xc3]), /EIS(1008|5107|2024)/],
    ['zero.eis', 'let a = \0 1\n', /EIS1008/],
    ['large.eis', 'let a = 1\n'.repeat(1_000_000), /EIS1007/],
    ['deep.eis', `let a = ${'('.repeat(100_000)}`, /EIS10/],
  ];
  for (const [name, content, wanted] of files) {
    put(name, content);
    for (const command of readers) await refuses([command, name], 1, wanted);
  }
});

test('CRLF and a byte order mark are no errors', async () => {
  put('crlf.eis', `\ufeff${exampleText('patching.eis').replaceAll('\n', '\r\n')}`);
  assert.equal((await eisc('check', 'crlf.eis')).code, 0);
});

test('a model that is not there, cut off, or no model', async () => {
  await refuses(['hooks', 'gpt5'], 1, /^error\[EIS4004\]/);
  await refuses(['hooks', 'no.onnx'], 1, /^error\[EIS\d+\]/);
  put('cut.onnx', new Uint8Array([8, 7, 18, 200, 1, 1]));
  await refuses(['hooks', 'cut.onnx'], 1, /^error\[EIS4\d+\]/);
});

test('a setting that the file does not have', async () => {
  put('x.eis', exampleText('patching.eis'));
  await refuses(['check', 'x.eis', '--set', 'nothing=1'], 1, /EIS2022/);
});

test('a store that cannot be written', async () => {
  put('x.eis', exampleText('explore.eis'));
  put('.eis', 'a file in the way');
  await refuses(['run', 'x.eis'], 3, /^error\[EIS51\d+\]/m);
});

test('a ledger that is damaged or holds a merge conflict', async () => {
  put('x.eis', exampleText('explore.eis'));
  put('eis.ledger.jsonl', '<<<<<<< ours\n=======\n>>>>>>> theirs\n');
  await refuses(['run', 'x.eis'], 3, /^error\[EIS5202\]/m);
  put('eis.ledger.jsonl', '{"not": "an entry"}\n');
  await refuses(['run', 'x.eis'], 3, /^error\[EIS520\d\]/m);
});

test('a backend that is known but absent is a failed run', async () => {
  put('x.eis', exampleText('explore.eis'));
  await refuses(['run', 'x.eis', '--backend', 'ort:cuda'], 3, /^error\[EIS5501\]/m);
});

test.run();
