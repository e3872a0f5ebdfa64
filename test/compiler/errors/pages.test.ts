// Each page of a diagnostic says what its code's title says, and its examples are true: the failing file is refused with that
// code, the repaired one is not refused at all. Pages that need a broken file or machine show the terminal instead.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { codeNames, factsOf } from '../../../src/compiler/base/codes.js';
import type { Diagnostic } from '../../../src/compiler/base/diagnostic.js';
import { checkOnly, compile } from '../../../src/compiler/compile.js';
import { openCompileHost } from '../../../src/runtime/compile-host.js';
import { realHost } from '../../../src/runtime/host.js';

const test = suite('pages of diagnostics');
const folder = join(import.meta.dirname, 'files');

type Example = { readonly language: string; readonly how: string; readonly text: string };

/** The two examples of a page, by their headings. */
function examplesOf(page: string): readonly Example[] {
  return ['Failing', 'Repaired'].map((heading) => {
    const found = new RegExp(
      `\\n## ${heading}\\n[\\s\\S]*?\\n\`\`\`(\\w+)([^\\n]*)\\n([\\s\\S]*?)\`\`\``,
    ).exec(page);
    assert.ok(found, `a block under "${heading}"`);
    const [, language = '', how = '', text = ''] = found ?? [];
    return { language, how, text };
  });
}

/** What `eisc check` reports; with `at eisc lock` behind the fence, what `eisc lock` does. */
function reported({ text, how }: Example): readonly Diagnostic[] {
  const host = openCompileHost({ host: realHost(), folder, controlRoot: () => '00'.repeat(32) });
  return compile({ text, file: 'page.eis' }, host, { ...checkOnly, asLock: how.includes('lock') })
    .diagnostics;
}

function codesOf(diagnostics: readonly Diagnostic[]): readonly string[] {
  return diagnostics.map((one) => one.code);
}

for (const code of codeNames()) {
  const page = readFileSync(join(import.meta.dirname, `../../../grammar/errors/${code}.md`), 'utf8');

  test(`${code}: the page has the code's title, a cause and two examples`, () => {
    assert.is(page.split('\n')[0], `# ${code}: ${factsOf(code).title}`);
    assert.ok(
      (page.split('## Failing')[0]?.split('\n').slice(1).join(' ').trim().length ?? 0) > 60,
      'a cause',
    );
    if (factsOf(code).phase !== 'internal') assert.is(examplesOf(page).length, 2);
  });

  // Pages of syntax errors are run with the parser's tests; an internal error has no example.
  if (factsOf(code).phase === 'syntax' || factsOf(code).phase === 'internal') continue;
  const [failing, repaired] = examplesOf(page);
  if (failing === undefined || repaired === undefined) continue;

  if (failing.language === 'eis') {
    test(`${code}: the failing example is refused with it, the repaired one is not refused`, () => {
      assert.ok(
        codesOf(reported(failing)).includes(code),
        `${codesOf(reported(failing)).join(', ')} instead of ${code}`,
      );
      assert.equal(codesOf(reported(repaired)), []);
    });
  } else {
    test(`${code}: the terminal shows the code and where to read about it`, () => {
      assert.is(failing.language, 'console');
      assert.match(failing.text, new RegExp(`\\[${code}\\]: `));
      assert.match(failing.text, new RegExp(`more: eisc explain ${code}`));
    });
  }
}

test.run();
