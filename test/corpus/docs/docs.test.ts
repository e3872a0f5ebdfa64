// What the documentation shows is true: every fenced program checks, or is refused with the code its fence names. The
// programs beside this file were written from the documentation alone; each checks, or says in its first line what it gets.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { checkOnly, compile } from '../../../src/compiler/compile.js';
import { openCompileHost } from '../../../src/runtime/compile-host.js';
import { realHost } from '../../../src/runtime/host.js';

const test = suite('programs of the documentation');
const root = join(import.meta.dirname, '../../..');
const programs = join(import.meta.dirname, 'programs');
const pages = ['docs', 'std', 'examples'].flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`),
);

/** What `eisc check` says about a text in a folder. */
function codesOf(text: string, file: string, folder: string): readonly string[] {
  const host = openCompileHost({ host: realHost(), folder, controlRoot: () => '00'.repeat(32) });
  return compile({ text, file }, host, checkOnly).diagnostics.map((one) => one.code);
}

for (const page of pages) {
  const text = readFileSync(join(root, page), 'utf8');
  const blocks = [...text.matchAll(/^```eis([^\n]*)\n([\s\S]*?)^```/gm)];
  for (const [index, [, how = '', program = '']] of blocks.entries()) {
    const refused = /fails (EIS\d{4})/.exec(how)?.[1];
    const outcome = refused === undefined ? 'checks' : `is refused with ${refused}`;
    test(`${page}: program ${index + 1} ${outcome}`, () => {
      assert.equal(codesOf(program, page, programs), refused === undefined ? [] : [refused]);
    });
  }
}

test('the language reference holds programs', () => {
  assert.ok(/^```eis\n/m.test(readFileSync(join(root, 'docs/language.md'), 'utf8')));
});

for (const name of readdirSync(programs).filter((one) => one.endsWith('.eis'))) {
  const text = readFileSync(join(programs, name), 'utf8');
  const expected = /^\/\/ expect: (EIS\d{4})\n/.exec(text)?.[1];
  test(`${name} ${expected === undefined ? 'checks' : `gets ${expected}`}`, () => {
    assert.equal(codesOf(text, name, programs), expected === undefined ? [] : [expected]);
  });
}

test('there are at least twenty programs', () => {
  assert.ok(readdirSync(programs).filter((one) => one.endsWith('.eis')).length >= 20);
});

for (const name of readdirSync(join(root, 'examples')).filter((one) => one.endsWith('.eis'))) {
  test(`examples/${name} checks`, () => {
    const text = readFileSync(join(root, 'examples', name), 'utf8');
    assert.equal(codesOf(text, name, join(root, 'examples')), []);
  });
}

test.run();
