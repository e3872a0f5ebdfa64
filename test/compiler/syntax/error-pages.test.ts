import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { codeNames, factsOf } from '../../../src/compiler/base/codes.js';
import { parseFile } from '../../../src/compiler/syntax/parse.js';
import { readErrorPage } from '../../support/error-page.js';
import { readMarked } from '../../support/marked-source.js';
import { rejects } from '../../support/rejects.js';

const test = suite('pages of syntax errors');

for (const code of codeNames().filter((one) => factsOf(one).phase === 'syntax')) {
  test(`${code}: the failing example fails with it alone, the repaired one parses`, () => {
    const page = readErrorPage(code);
    assert.is(page.title, factsOf(code).title);
    assert.equal(
      parseFile(page.failing, 'page.eis').diagnostics.map((one) => one.code),
      [code],
    );
    assert.equal(parseFile(page.repaired, 'page.eis').diagnostics, []);
  });
}

test('there is a page for each syntax code, and for no other code that begins with EIS1', () => {
  const pages = readdirSync(join(import.meta.dirname, '../../../grammar/errors'));
  const wanted = codeNames().filter((one) => one.startsWith('EIS1'));
  assert.equal(
    pages.filter((one) => one.startsWith('EIS1')).toSorted(),
    wanted.map((one) => `${one}.md`),
  );
});

test('the helpers of these tests reject what they should', async () => {
  assert.equal(readMarked('a <|b|>').spans, [{ file: 'test.eis', start: 2, end: 3 }]);
  assert.throws(() => readMarked('a <|b'), /not closed/);
  await rejects(Promise.reject(new Error('boom')), /boom/);
  await rejects(rejects(Promise.resolve(1), /boom/), /expected a rejection/);
});

test.run();
