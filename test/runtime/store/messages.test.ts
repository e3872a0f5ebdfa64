// Every failure has words, and the page of its code shows them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { codeNames, factsOf, findCode } from '../../../src/compiler/base/codes.js';
import { renderDiagnostic } from '../../../src/compiler/base/render.js';
import { diagnosticOf, problemText } from '../../../src/runtime/store/messages.js';
import { fileFailure, type RunProblem } from '../../../src/runtime/store/problem.js';
import { sampleProblems } from '../../support/sample-problems.js';

const test = suite('store messages');
const pageOf = (code: string): string =>
  readFileSync(join(import.meta.dirname, `../../../grammar/errors/${code}.md`), 'utf8');

test('each code of files, ledger, lock and result has a sample', () => {
  const codes = codeNames().filter((code) => /^EIS5[1-4]/.test(code));
  assert.equal(
    sampleProblems.map(([code]) => code),
    codes,
  );
});

test('the page of a code shows what is printed, and a session without it', () => {
  for (const [code, problem] of sampleProblems) {
    const diagnostic = diagnosticOf(problem);
    assert.is(diagnostic.code, code);
    const [failing = '', repaired = ''] = pageOf(code).split('## Repaired');
    assert.ok(failing.startsWith(`# ${code}: ${factsOf(code).title}\n`), code);
    assert.ok(
      failing.includes(renderDiagnostic(diagnostic, '')),
      `${code} shows\n${renderDiagnostic(diagnostic, '')}`,
    );
    assert.match(repaired, /```console\n\$ eisc /);
    assert.not.ok(repaired.includes(`error[${code}]`));
  }
});

test('messages begin in lower case or with a name and have no full stop', () => {
  for (const [, problem] of sampleProblems) assert.match(problemText(problem), /^[a-z`].*[^.]$/s);
});

test('the code of the evidence rules for a spent split leads to its page', () => {
  assert.is(findCode('EIS-D311'), 'EIS5205');
});

test('one cluster is told in the singular, a whole split without a number', () => {
  const spent = sampleProblems.find(([, one]) => one.kind === 'spent')?.[1];
  if (spent?.kind !== 'spent') throw new Error('a sample');
  const told = (shared: number | null): string => problemText({ ...spent, shared } satisfies RunProblem);
  assert.match(told(1), /one of its clusters was seen before/);
  assert.match(told(null), /its rows were seen before/);
});

test('an error without a system code is not taken for a failure of the world', () => {
  assert.throws(
    () => fileFailure(new TypeError('ours'), 'read', 'x'),
    (error: unknown) => error instanceof TypeError,
  );
});

test.run();
