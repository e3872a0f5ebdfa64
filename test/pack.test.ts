// The package as a stranger gets it: built, packed, installed from its tarball in an empty folder, without a checkout. It
// runs the main job once; nothing else in the tests runs the full pipeline.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { buildDist } from '../scripts/build.js';
import { jsonLines } from './cli/fake-app.js';

const test = suite('package');
const root = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'eisc-pack-'));
const home = join(folder, 'project');
let packed: readonly string[] = [];

const LARGEST_PACKAGE = 12_000_000;
/** What `eisc check` reads of itself; each megabyte is some 25 ms of every start. */
const LARGEST_START = 1_600_000;
const MAIN_JOB_MS = 240_000;

function shell(command: string, argv: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(command, argv, { cwd, encoding: 'utf8', maxBuffer: 1e8 });
  assert.is(status, 0, `${command} ${argv.join(' ')}\n${stdout}\n${stderr}`);
  return stdout;
}

const eisc = (argv: readonly string[], timeout = 60_000) =>
  spawnSync(join(home, 'node_modules/.bin/eisc'), argv, {
    cwd: home,
    encoding: 'utf8',
    timeout,
    maxBuffer: 1e8,
  });

test.after(() => rmSync(folder, { recursive: true, force: true }));

test('builds and packs what it needs and nothing of the sources', async () => {
  await buildDist(root, join(root, 'dist'));
  const answer = shell('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], root);
  const [facts] = JSON.parse(answer) as { filename: string; size: number; files: { path: string }[] }[];
  assert.ok(facts !== undefined);
  packed = facts?.files.map((one) => one.path) ?? [];
  for (const path of [
    'bin/eisc.js',
    'dist/start.js',
    'dist/ort-worker.js',
    'dist/licences.txt',
    'examples/patching.eis',
    'grammar/errors/EIS1001.md',
    'LICENSE',
  ]) {
    assert.ok(packed.includes(path), path);
  }
  const strays = packed.filter((path) =>
    /^(src|test|scripts|bench|docs)\/|\.(ts|tsx|py|tsbuildinfo)$/.test(path),
  );
  assert.equal(strays, []);
  assert.ok((facts?.size ?? 0) < LARGEST_PACKAGE, `${facts?.size} bytes`);
});

test('checks with files that import nothing but what node has', () => {
  const dist = join(root, 'dist');
  const loaded = new Set<string>();
  const packages = new Set<string>();
  const load = (file: string): void => {
    if (loaded.has(file)) return;
    loaded.add(file);
    const imports = readFileSync(join(dist, file), 'utf8').matchAll(
      /^(?:import|\}).* "([^"]+)";$|^import "([^"]+)";$/gm,
    );
    for (const [, named, bare] of imports) {
      const from = named ?? bare ?? '';
      if (from.startsWith('./')) load(from.slice(2));
      else if (!from.startsWith('node:')) packages.add(from);
    }
  };
  for (const file of readdirSync(dist)) if (/^(?:start|app-.*|check-.*)\.js$/.test(file)) load(file);
  assert.equal([...packages], []);
  const bytes = [...loaded].reduce((sum, file) => sum + statSync(join(dist, file)).size, 0);
  assert.ok(loaded.size > 3 && bytes < LARGEST_START, `${loaded.size} files, ${bytes} bytes`);
});

test('installs in an empty folder without running anything', () => {
  mkdirSync(home);
  writeFileSync(join(home, 'package.json'), '{ "private": true }\n');
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '';
  const options = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
  shell('npm', ['install', ...options, join(folder, tarball)], home);
  assert.ok(existsSync(join(home, 'node_modules/.bin/eisc')));
});

test('starts from the build and prints its version', () => {
  const { status, stdout, stderr } = eisc(['--version']);
  assert.equal([status, stderr], [0, '']);
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  assert.is(stdout, `eisc ${version}\n`);
});

test('explains, formats, writes a new pipeline and checks it', () => {
  assert.match(eisc(['explain', 'EIS3001']).stdout, /^EIS3001: /);
  assert.is(eisc(['new']).status, 0);
  assert.is(eisc(['fmt', '--check', 'patching.eis']).status, 0);
  const check = eisc(['check', 'patching.eis']);
  assert.equal([check.status, check.stderr], [0, '']);
});

test('runs the main job on the real model', () => {
  copyFileSync(join(root, 'pipelines/induction.eis'), join(home, 'induction.eis'));
  const { status, stdout, stderr } = eisc(['run', 'induction.eis', '--json'], MAIN_JOB_MS);
  assert.is(status, 0, stderr);
  const lines = jsonLines(stdout);
  const claims = lines.filter((line) => line.kind === 'claim' && line.member !== null);
  assert.is(claims.length, 8, 'a conclusion for each head');
  const end = lines.at(-1);
  assert.is(end?.kind, 'outcome');
  assert.ok(Number(end?.supported) >= 2, 'an induction head and the head of previous tokens at least');
  const files = Array.isArray(end?.files) ? end.files.map(String) : [];
  assert.ok(files.length > 0, 'files of the result');
  for (const file of [String(end?.reportHtml), ...files]) {
    assert.ok(existsSync(join(home, file)), file);
  }
});

test('leaves the checkout as it was but for dist', () => {
  const status = execFileSync('git', ['status', '--porcelain', '--ignored=no'], {
    cwd: root,
    encoding: 'utf8',
  });
  assert.not.match(status, /\.tgz|induction\.eis\.result/);
});

test.run();
