// The command as a process of its own: exit codes, plain output, a reader that goes away.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { jsonLines } from './fake-app.js';

const test = suite('process');
const program = join(import.meta.dirname, '../../bin/eisc.js');
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

test.run();
