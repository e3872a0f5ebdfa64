import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('files generated from the grammar');
const root = join(import.meta.dirname, '../../..');

test('are what the grammar says today', () => {
  const script = join(root, 'scripts/gen.ts');
  execFileSync(process.execPath, ['--import', 'tsx', script, '--check'], { cwd: root, stdio: 'pipe' });
});

test('the EBNF defines every name it uses', () => {
  const ebnf = readFileSync(join(root, 'grammar/eis.ebnf'), 'utf8');
  const [rules = ''] = ebnf.split('(* Tokens *)');
  const defined = new Set([...ebnf.matchAll(/^(\w+) = /gm)].map((one) => one[1]));
  const used = [...rules.replace(/\(\*.*\*\)|"[^"]*"/g, '').matchAll(/[A-Za-z]+/g)].map((one) => one[0]);
  assert.ok(used.length > 100);
  assert.equal(
    used.filter((one) => !defined.has(one)),
    [],
  );
});

test.run();
