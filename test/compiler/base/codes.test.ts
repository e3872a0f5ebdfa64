import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { codeNames, factsOf, findCode } from '../../../src/compiler/base/codes.js';

const test = suite('diagnostic codes');
const digitOfPhase = { syntax: '1', names: '2', evidence: '3', model: '4', run: '5', internal: '9' } as const;

test('are sorted, and their first digit is that of their phase', () => {
  assert.equal(codeNames(), codeNames().toSorted());
  for (const code of codeNames()) assert.is(code[3], digitOfPhase[factsOf(code).phase], code);
});

test('have titles without a full stop', () => {
  for (const code of codeNames()) assert.match(factsOf(code).title, /^[^.\n]+$/, code);
});

test('are found in either case and by alias, and no two share one', () => {
  assert.is(findCode('eis1001'), 'EIS1001');
  assert.is(findCode('EIS0000'), undefined);
  const names = codeNames().flatMap((code) => [code, ...(factsOf(code).aliases ?? [])]);
  assert.is(new Set(names).size, names.length);
  for (const code of codeNames()) {
    for (const alias of factsOf(code).aliases ?? []) assert.is(findCode(alias), code);
  }
});

test.run();
