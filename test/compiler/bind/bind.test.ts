// Names to declarations: what a keyword takes, what may be declared once, what an import brings.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readFile } from '../../../src/compiler/compile.js';
import type { CompileHost } from '../../../src/compiler/host.js';
import { fakeHost } from '../check/fake-host.js';

const test = suite('binding');

function read(text: string, library: Readonly<Record<string, string>> = {}) {
  const host: CompileHost = {
    ...fakeHost(),
    readLibrary: (path) => {
      const found = library[path];
      return found === undefined
        ? {
            kind: 'problem',
            code: 'EIS2010',
            text: `there is no library file \`${path}\``,
            notes: [],
            help: null,
          }
        : { kind: 'ok', value: found };
    },
  };
  return readFile({ text, file: 'test.eis' }, host);
}
const codes = (text: string, library?: Readonly<Record<string, string>>): readonly string[] =>
  read(text, library).diagnostics.map((one) => one.code);

test('a name is declared once', () => {
  const { diagnostics } = read('let a = 1\nlet b = 2\nmetric a = 3');
  assert.equal(
    diagnostics.map((one) => one.code),
    ['EIS2002'],
  );
  // Both ends of the conflict are shown.
  assert.is(diagnostics[0]?.primary?.span.start, 'let a = 1\nlet b = 2\nmetric '.length);
  assert.is(diagnostics[0]?.secondary[0]?.span.start, 'let '.length);
});

test('`predict`, `waive` and `report` name what is declared elsewhere', () => {
  assert.equal(
    codes('claim c = mean(x) > 1 { on: d.confirm }\npredict c = refuted\nwaive c { because: "x" }'),
    [],
  );
});

const parts: Readonly<Record<string, string>> = {
  'a model takes no block': 'model m = bundled("x") { a: 1 }',
  'a model takes no binders': 'model m[l] = bundled("x")',
  'a let takes no unit': 'let a unit nat = 1',
  'a claim takes no unit': 'claim c unit nat = mean(x) > 1',
  'a metric takes no parameters': 'metric f(a) = a',
  'a study takes no name': 'study s { question: "?" }',
  'a title belongs to a study': 'model "m" = bundled("x")',
  '`from` belongs to an import': 'let a from "std/x" = 1',
  'a function needs its parameters': 'fn f = 1',
  'a let needs a value': 'let a',
  'a report takes no value': 'report = 1',
  'a waiver takes no value': 'waive c = 1 { because: "x" }',
  'a hole belongs into data': 'hole a = column("x")',
  'a variable belongs into a fit': 'variable a = 1',
  'views belong into a report': 'data d = table("x") { heatmap(y) }',
};
for (const [rule, text] of Object.entries(parts)) {
  test(rule, () => {
    const found = codes(text);
    assert.ok(
      found.length === 1 && (found[0] === 'EIS2003' || found[0]?.startsWith('EIS10') === true),
      found.join(' '),
    );
  });
}

test('an import brings the names that it lists, with the table of their own file', () => {
  const { bound, diagnostics } = read('import [f] from "std/a"\nlet g = 1', {
    'std/a': 'fn f(x) = g(x)\nfn g(x) = x',
  });
  assert.equal(diagnostics, []);
  const f = bound?.table.get('f');
  assert.is(f?.home?.get('g')?.declaration.keyword, 'fn');
  assert.is(bound?.table.get('g')?.declaration.keyword, 'let');
  assert.is(f?.home?.get('f')?.declaration, f?.declaration);
});

test('an imported name that the file lacks is named with the nearest', () => {
  const { diagnostics } = read('import [logit_diference] from "std/a"', {
    'std/a': 'fn logit_difference(x) = x',
  });
  assert.equal(
    diagnostics.map((one) => [one.code, one.help?.text]),
    [['EIS2010', 'did you mean `logit_difference`?']],
  );
  const [edit] = diagnostics[0]?.help?.edits ?? [];
  assert.is(edit?.newText, 'logit_difference');
});

test('an import is opened: a missing file, a circle, a broken library', () => {
  assert.equal(codes('import [f] from "std/none"'), ['EIS2010']);
  assert.equal(codes('import [f]'), ['EIS2010']);
  const circle = {
    'std/a': 'import [g] from "std/b"\nfn f(x) = g(x)',
    'std/b': 'import [f] from "std/a"\nfn g(x) = f(x)',
  };
  assert.ok(codes('import [f] from "std/a"', circle).includes('EIS2010'));
  const { diagnostics } = read('import [f] from "std/a"', { 'std/a': 'fn f(x) = (' });
  assert.is(diagnostics[0]?.primary?.span.file, 'std/a');
});

test('an import collides with a declaration of the same name', () => {
  assert.equal(codes('import [f] from "std/a"\nlet f = 1', { 'std/a': 'fn f(x) = x' }), ['EIS2002']);
});

test('an import of an import stands for the first file', () => {
  const { bound } = read('import [f] from "std/b"', {
    'std/a': 'fn f(x) = h(x)\nfn h(x) = x',
    'std/b': 'import [f] from "std/a"',
  });
  assert.is(bound?.table.get('f')?.home?.has('h'), true);
});

test.run();
