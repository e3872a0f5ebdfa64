import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { canonical } from '../../../src/compiler/base/canonical.js';
import type { File } from '../../../src/compiler/syntax/ast.js';
import { canonicalForm } from '../../../src/compiler/syntax/canonical-form.js';
import { parseFile } from '../../../src/compiler/syntax/parse.js';
import { lineWidth, printFile } from '../../../src/compiler/syntax/print.js';
import { anyFile } from './arbitrary.js';
import { withoutPlaces } from './programs.js';

const test = suite('laws of printing');
const runs = { seed: 20240607, numRuns: 600 };

test('what is printed parses into the same tree', () => {
  fc.assert(
    fc.property(anyFile, (file) => {
      const text = printFile(file);
      const parsed = parseFile(text, 'made.eis');
      assert.equal(parsed.diagnostics, [], text);
      assert.equal(withoutPlaces(parsed.file), withoutPlaces(file), text);
    }),
    runs,
  );
});

test('printing what was printed changes nothing', () => {
  fc.assert(
    fc.property(anyFile, (file) => {
      const once = printFile(file);
      assert.is(printFile(parseFile(once, 'made.eis').file), once);
    }),
    runs,
  );
});

test('printing leaves the canonical form as it was', () => {
  fc.assert(
    fc.property(anyFile, (file: File) => {
      const printed = parseFile(printFile(file), 'made.eis').file;
      assert.is(canonical(canonicalForm(printed)), canonical(canonicalForm(file)));
    }),
    { ...runs, numRuns: 200 },
  );
});

test('lines that have a place to break stay within the width', () => {
  const list = Array.from({ length: 80 }, (_, index) => `name_${index}`).join(', ');
  const text = printFile(parseFile(`let a = f([${list}], b + c)`, 'made.eis').file);
  for (const line of text.split('\n')) assert.ok(line.length <= lineWidth, line);
});

test.run();
