// Command lines that make no sense, and the help that fits a screen.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { listBackends } from '../../src/runtime/backend/inventory.js';
import { parseDays, parseMemory, parseSettings } from '../../src/runtime/cli/option-values.js';
import { runMain } from './fake-app.js';

const test = suite('usage');

const commands = [
  'new',
  'check',
  'hooks',
  'plan',
  'run',
  'watch',
  'lock',
  'verify',
  'report',
  'diff',
  'explain',
  'fmt',
  'graph',
  'backends',
  'gc',
];

test('an unknown command names the nearest one', async () => {
  const { code, err, out } = await runMain(['chek', 'x.eis']);
  assert.is(code, 2);
  assert.is(out, '');
  assert.match(err, /unknown command 'chek'\n.*check/);
});

test('wrong options and arguments are usage errors and reach no application', async () => {
  const wrong = [
    [],
    ['check'],
    ['run'],
    ['run', 'x.eis', 'y.eis'],
    ['run', 'x.eis', '--fast'],
    ['run', 'x.eis', '--memory', '2'],
    ['run', 'x.eis', '--memory', 'lots'],
    ['run', 'x.eis', '--memory', '1MB'],
    ['run', 'x.eis', '--batch', '0'],
    ['run', 'x.eis', '--batch', '1.5'],
    ['run', 'x.eis', '--backend', 'cuda'],
    ['run', 'x.eis', '--without-pass', 'share'],
    ['run', 'x.eis', '--set', 'p'],
    ['run', 'x.eis', '--set', 'p=1', '--set', 'p=2'],
    ['plan', 'x.eis', '--fail-on', 'refuted'],
    ['report', 'x.eis', '--format', 'pdf'],
    ['graph', 'x.eis', '--format', 'svg'],
    ['gc', '--older-than', 'soon'],
    ['explain', 'EIS1'],
    ['new', 'steering'],
    ['new', 'patching', 'x.txt'],
    ['fmt', '-', 'x.eis'],
  ];
  for (const argv of wrong) {
    const { code, err, calls } = await runMain(argv);
    assert.is(code, 2, `${argv.join(' ')}: ${err}`);
    assert.ok(err.length > 0, argv.join(' '));
    assert.equal(calls, [], argv.join(' '));
  }
});

test('a word outside a closed set names the nearest one or lists all', async () => {
  const near = await runMain(['run', 'x.eis', '--without-pass', 'share-prefx']);
  assert.match(near.err, /there is no pass `share-prefx`\n = help: did you mean `share-prefix`\?/);
  const batching = await runMain(['run', 'x.eis', '--without-pass', 'batch-familly']);
  assert.match(batching.err, /did you mean `batch-family`\?/);
  const far = await runMain(['report', 'x.eis', '--format', 'pdf']);
  assert.match(far.err, /use one of `html`, `md`, `json`/);
});

test('sizes have a unit, decimal or binary', () => {
  assert.is(parseMemory('2GB'), 2e9);
  assert.is(parseMemory('1.5 GiB'), 1.5 * 2 ** 30);
  assert.is(parseMemory('800mb'), 8e8);
  assert.throws(() => parseMemory('-1GB'), /not a size/);
  assert.throws(() => parseMemory('1e9GB'), /not a size/);
  assert.throws(() => parseMemory('99999999TB'), /out of range/);
  assert.is(parseDays('--older-than', '0'), 0);
});

test('a setting may hold an equals sign and be empty', () => {
  assert.equal(
    [...parseSettings(['a=b=c', 'd='])],
    [
      ['a', 'b=c'],
      ['d', ''],
    ],
  );
});

test('the main help lists every command and fits 80 columns and 24 lines', async () => {
  const { code, out } = await runMain(['--help']);
  assert.is(code, 0);
  for (const command of commands) assert.match(out, new RegExp(`^  ${command} {2,}\\S`, 'm'));
  assertFits(out, 'eisc');
});

test('the help of every command fits 80 columns and 24 lines', async () => {
  for (const command of commands) {
    const { code, out } = await runMain([command, '--help']);
    assert.is(code, 0, command);
    assert.match(out, new RegExp(`^Usage: eisc ${command}`), command);
    assertFits(out, command);
  }
});

test('a bare call prints help on standard error and exits 2', async () => {
  const { code, out, err } = await runMain([]);
  assert.equal([code, out], [2, '']);
  assert.match(err, /^Usage: eisc <command>/);
});

test('the version is that of the package', async () => {
  const { code, out } = await runMain(['--version']);
  assert.is(code, 0);
  assert.match(out, /^eisc \d+\.\d+\.\d+\n$/);
});

function assertFits(text: string, what: string): void {
  const lines = text.trimEnd().split('\n');
  assert.ok(lines.length <= 24, `${what}: ${lines.length} lines`);
  for (const line of lines) assert.ok(line.length <= 80, `${what}: ${line}`);
}

test('a backend that does not exist is answered with those that are here, apart from those that are not', async () => {
  const { code, err } = await runMain(['run', 'x.eis', '--backend', 'quantum-annealer']);
  assert.is(code, 2);
  const [, here = '', absent = ''] = /use one of (.*?)(?:; not here: (.*))?$/m.exec(err) ?? [];
  const present = listBackends(process.env).filter(({ absence }) => absence === null);
  assert.ok(present.length > 0);
  for (const { name, absence } of listBackends(process.env)) {
    assert.is(here.includes(`\`${name}\``), absence === null, name);
    assert.is(absent.includes(`\`${name}\``), absence !== null, name);
  }
});

test('help says where backends are listed and how a value with a unit is set', async () => {
  const { out } = await runMain(['run', '--help']);
  assert.match(out, /`eisc backends`/);
  assert.match(out.replaceAll(/\s+/g, ' '), /--set "d=0\.1 logit"/);
  for (const line of out.split('\n')) assert.ok(line.length <= 80, line);
});

test.run();
