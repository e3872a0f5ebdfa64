import { join } from 'node:path';
import { suite } from 'uvu';
import { renderDiagnostic } from '../../../src/compiler/base/render.js';
import { format } from '../../../src/compiler/syntax/format.js';
import { assertGolden, goldenNames } from '../../support/golden.js';
import { corpus, readProgram } from './programs.js';

const test = suite('syntax corpus');

for (const name of goldenNames(corpus, '.eis', '.expect')) {
  test(`${name} shows what it is expected to show`, () => {
    const text = readProgram(name);
    const result = format(text, `${name}.eis`);
    const shown = result.diagnostics.map((one) => `${renderDiagnostic(one, text)}\n`);
    assertGolden(join(corpus, `${name}.expect`), shown.length > 0 ? shown.join('\n') : result.text);
  });
}

test.run();
