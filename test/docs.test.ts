// What the documentation shows is true: its commands run and fail as they are shown to, and its examples are good pipelines.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { format } from '../src/compiler/syntax/format.js';
import { jsonLines } from './cli/fake-app.js';
import { docSteps } from './support/doc-commands.js';
import { missingLine } from './support/shown-output.js';

const test = suite('documentation');
const root = join(import.meta.dirname, '..');
const program = join(root, 'bin/eisc.js');
const folders: string[] = [];
test.after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** An empty project with copies of what a clone holds for its reader. */
function clone(...parts: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'eisc-docs-'));
  folders.push(folder);
  for (const part of parts) cpSync(join(root, part), join(folder, part), { recursive: true });
  writeFileSync(join(folder, 'eis.project.json'), '{}\n');
  return folder;
}

const eisc = (argv: readonly string[], cwd: string) =>
  spawnSync(process.execPath, [program, ...argv], {
    cwd,
    encoding: 'utf8',
    timeout: 240_000,
    maxBuffer: 1e8,
  });

const examples = readdirSync(join(root, 'examples')).filter((name) => name.endsWith('.eis'));

// The tutorial ends with it, so that it is run there.
const inTutorial = 'copying.eis';

for (const name of examples.filter((one) => one !== inTutorial)) {
  test(`examples/${name} is laid out, checks without a word, and runs`, () => {
    const text = readFileSync(join(root, 'examples', name), 'utf8');
    assert.is(format(text).text, text);
    const folder = clone('examples');
    const check = eisc(['check', `examples/${name}`], folder);
    assert.equal([check.status, check.stderr], [0, ''], name);
    const run = eisc(['run', `examples/${name}`, '--json'], folder);
    assert.is(run.status, 0, `${run.stdout.slice(-3000)}${run.stderr}`);
    const lines = jsonLines(run.stdout);
    const end = lines.at(-1);
    assert.is(end?.kind, 'outcome');
    assert.ok(existsSync(join(folder, String(end?.reportHtml))), 'the report');
    assert.equal(
      lines.filter((line) => line.kind === 'check' && line.passed === false),
      [],
    );
  });
}

/** Run by the package test on a copy without a checkout, or run by whoever reads the page. */
const elsewhere = [/^npm (ci|test|install|run bench)\b/, /^git clone /, /^cd /, /^npx eisc run pipelines\//];

for (const path of ['README.md', 'docs/tutorial.md'].filter((one) => existsSync(join(root, one)))) {
  test(`the commands of ${path} run as it shows`, () => {
    const folder = clone('pipelines', 'examples');
    const steps = docSteps(readFileSync(join(root, path), 'utf8'));
    assert.ok(
      steps.some((step) => step.kind === 'command'),
      'the page shows commands',
    );
    for (const step of steps) {
      if (step.kind === 'file') {
        writeFileSync(join(folder, step.name), step.text);
        continue;
      }
      if (step.kind === 'edit') {
        const before = readFileSync(join(folder, step.name), 'utf8');
        assert.ok(before.includes(step.from), `${path}: ${step.name} holds \`${step.from}\``);
        writeFileSync(join(folder, step.name), before.replace(step.from, step.to));
        continue;
      }
      const line = step.words.join(' ');
      if (elsewhere.some((pattern) => pattern.test(line))) continue;
      const words = step.words[0] === 'npx' ? step.words.slice(1) : step.words;
      assert.is(words[0], 'eisc', `${path} shows a command that nothing runs: ${line}`);
      const { status, stdout, stderr } = eisc(words.slice(1), folder);
      const codes = [...step.shown.matchAll(/^error\[(EIS\d+)\]/gm)].map((one) => one[1] ?? '');
      assert.is(
        status === 0,
        codes.length === 0,
        `${line} exits ${status}\n${stdout.slice(-2000)}\n${stderr}`,
      );
      for (const code of codes) assert.match(stderr, new RegExp(`^error\\[${code}\\]`, 'm'), line);
      // What is shown of a command that is refused is its diagnostic, without the count below it.
      const output = codes.length === 0 ? stdout : stderr.replace(/\n\n\d+ errors?\n$/, '');
      const missing = missingLine(step.shown, output);
      assert.is(missing, null, `${path} shows for ${line}:\n${missing}\nand the output is\n${output}`);
    }
  });
}

test(`the tutorial ends with examples/${inTutorial}`, () => {
  const steps = docSteps(readFileSync(join(root, 'docs/tutorial.md'), 'utf8'));
  const last = steps.filter((step) => step.kind === 'file').at(-1);
  const example = readFileSync(join(root, 'examples', inTutorial), 'utf8');
  const withoutRemark = (text: string) => text.replace(/^\/\/.*\n/, '');
  assert.is(last?.kind === 'file' ? last.text : '', withoutRemark(example));
});

test('a page may leave lines out and differ in numbers, in nothing else', () => {
  const output = 'read 12 rows\nchecked a\nchecked b\nwrote x 0.5 s\nlock 815eb8dd373fa040\n';
  for (const shown of [
    output,
    'read 9 rows\n…\nwrote x 1.25 s\nlock 000000000000ffff\n',
    'read 9 rows\n…\n',
    'read … rows\nchecked a\n…\nlock …\n',
    '',
  ])
    assert.is(missingLine(shown, output), null, shown);
  for (const [shown, missing] of [
    ['read 9 lines\n…\n', 'read 9 lines'],
    ['read 9 rows\nchecked b\n…\n', 'checked b'],
    ['…\nchecked b\nchecked a\n…\n', 'checked a'],
    ['read 9 rows\n', '(the output goes on: checked a)'],
  ] as const)
    assert.is(missingLine(shown, output), missing);
});

test('steps of a page are found in order', () => {
  const page = [
    'Text',
    '```eis file=a.eis',
    'eis 1',
    '```',
    '```console',
    '$ npx eisc check a.eis && eisc run a.eis   # twice',
    'error[EIS2001]: no',
    '$ eisc gc',
    '```',
    '<!-- in a.eis: `1` becomes `2` -->',
    '  ```sh',
    '  eisc fmt a.eis   # lays it out',
    '  ```',
    '```eis',
    'let shown = 1',
    '```',
  ].join('\n');
  assert.equal(docSteps(page), [
    { kind: 'file', name: 'a.eis', text: 'eis 1\n' },
    { kind: 'command', words: ['npx', 'eisc', 'check', 'a.eis'], shown: '' },
    { kind: 'command', words: ['eisc', 'run', 'a.eis'], shown: 'error[EIS2001]: no\n' },
    { kind: 'command', words: ['eisc', 'gc'], shown: '' },
    { kind: 'edit', name: 'a.eis', from: '1', to: '2' },
    { kind: 'command', words: ['eisc', 'fmt', 'a.eis'], shown: '' },
  ]);
});

test.run();
