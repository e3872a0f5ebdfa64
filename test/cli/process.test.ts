// The command as a process of its own: exit codes, plain output, a reader that goes away.
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { jsonLines } from './fake-app.js';

const test = suite('process');
const root = join(import.meta.dirname, '../..');
const program = join(root, 'bin/eisc.js');
const folder = mkdtempSync(join(tmpdir(), 'eisc-process-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

const eisc = (argv: readonly string[], input = '') =>
  spawnSync(process.execPath, [program, ...argv], { cwd: folder, input, encoding: 'utf8', timeout: 60_000 });

test('the version is printed without a build step', () => {
  const { status, stdout, stderr } = eisc(['--version']);
  assert.equal([status, stderr], [0, '']);
  assert.match(stdout, /^eisc \d/);
});

test('output is free of escape codes when it is not a terminal', () => {
  const { status, stdout } = eisc(['explain', 'EIS1001']);
  assert.is(status, 0);
  assert.not.ok(stdout.includes('\u001b'));
  const { stderr } = eisc(['fmt', '-'], 'let x = (\n');
  assert.match(stderr, /^error\[EIS1/);
  assert.not.ok(stderr.includes('\u001b'));
});

test('every line of --json parses', () => {
  const { status, stdout, stderr } = eisc(['fmt', '-', '--json'], 'let x = (\n');
  assert.equal([status, stderr], [1, '']);
  const lines = jsonLines(stdout);
  assert.ok(lines.length > 0);
  for (const line of lines) assert.is(line.kind, 'diagnostic');
});

test('exit codes reach the shell', () => {
  assert.is(eisc(['--help']).status, 0);
  assert.is(eisc(['chek']).status, 2);
  assert.is(eisc(['fmt', 'nothing.eis']).status, 1);
});

test('a reader that goes away early is no error', async () => {
  const child = spawn(process.execPath, [program, 'explain', 'EIS5205'], { cwd: folder });
  child.stdout.destroy();
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += String(chunk);
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  assert.equal([code, stderr], [0, '']);
});

test('Ctrl-C during a run exits 130 and tells how to go on', async () => {
  copyFileSync(join(root, 'examples/path.eis'), join(folder, 'path.eis'));
  const child = spawn(process.execPath, [program, 'run', 'path.eis', '--json'], { cwd: folder });
  let stdout = '';
  let stopped = false;
  child.stdout.on('data', (chunk) => {
    stdout += String(chunk);
    if (stopped || !stdout.includes('"step-started"')) return;
    stopped = true;
    child.kill('SIGINT');
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  assert.is(code, 130);
  const last = jsonLines(stdout).at(-1);
  assert.equal([last?.kind, last?.resume], ['run-interrupted', 'eisc run path.eis']);
});

test('in a terminal a run draws its screen, in whatever folder, and leaves the cursor visible', () => {
  copyFileSync(join(root, 'examples/explore.eis'), join(folder, 'explore.eis'));
  const command = `stty cols 80 rows 24; ${process.execPath} ${program} run explore.eis`;
  const { CI: _, ...env } = process.env;
  const { status, stdout } = spawnSync('script', ['-qec', command, '/dev/null'], {
    cwd: folder,
    env: { ...env, TERM: 'xterm' },
    encoding: 'utf8',
    timeout: 60_000,
  });
  if (status === null) return; // no such program here
  assert.is(status, 0, stdout.slice(-2000));
  assert.ok(stdout.includes('EXPLORATORY'));
  assert.ok(stdout.lastIndexOf('\u001b[?25h') > stdout.lastIndexOf('\u001b[?25l'));
});

test.run();
