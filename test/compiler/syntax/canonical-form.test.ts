import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { canonical } from '../../../src/compiler/base/canonical.js';
import { canonicalForm } from '../../../src/compiler/syntax/canonical-form.js';
import { format } from '../../../src/compiler/syntax/format.js';
import { parseFile } from '../../../src/compiler/syntax/parse.js';
import { goodTexts } from './programs.js';

const test = suite('canonical form');

function formOf(text: string): string {
  const { file, diagnostics } = parseFile(text, 'test.eis');
  assert.equal(diagnostics, [], text);
  return canonical(canonicalForm(file));
}
const same = (left: string, right: string) => assert.is(formOf(left), formOf(right));
const differ = (left: string, right: string) => assert.is.not(formOf(left), formOf(right));

test('layout and comments are erased', () => {
  same('let a = f(x, y)\nlet b = a', 'let a = f( // why\n  x,\n  y,)\n\n// b\nlet b = (a)');
  for (const text of goodTexts()) same(text, format(text).text);
});

test('spellings of one number are one', () => {
  same('let a = [9_999, 0.50, 1e2 nat]', 'let a = [9999, 0.5, 100nat]');
  differ('let a = 0.05 nat', 'let a = 0.05 logit');
});

test('names of declarations are erased', () => {
  same('let a = 1\nlet b = f(a)', 'let first = 1\nlet second = f(first)');
  differ('let a = 1\nlet b = f(a)', 'let a = 1\nlet b = f(c)');
});

test('a name that the file does not declare stays', () => {
  differ('let a = f(x)', 'let a = g(x)');
  differ('let a = x.tokens', 'let a = x.words');
  differ('let a = f(over: x)', 'let a = f(on: x)');
});

test('names of indices are erased, their order is not', () => {
  same(
    'metric a[l in m.layers, h] = z[l, h]\nclaim c = each l in m.layers, h in m.heads: a[l, h] > 1',
    'metric a[x in m.layers, y] = z[x, y]\nclaim c = each i in m.layers, j in m.heads: a[i, j] > 1',
  );
  differ('metric a[l, h] = z[l, h]', 'metric a[l, h] = z[h, l]');
  same('fn f(a, b) = a + b', 'fn f(x, y) = x + y');
  same('control c = d given k[l, h] = z[l, h] <- 0', 'control c = d given k[a, b] = z[a, b] <- 0');
});

test('indices of a data declaration bind in its block', () => {
  same(
    'data d = grid(a in 0..p, b in 0..p) { answer: a + b }',
    'data d = grid(x in 0..p, y in 0..p) { answer: x + y }',
  );
  differ(
    'data d = grid(a in 0..p, b in 0..p) { answer: a }',
    'data d = grid(a in 0..p, b in 0..p) { answer: b }',
  );
});

test('an inner name hides the name of a declaration', () => {
  differ('let w = 1\nfit f { variable w = 2, on: w }', 'let v = 1\nfit f { variable w = 2, on: v }');
  differ('let l = 1\nmetric a[l] = l', 'let l = 1\nmetric a[h] = l');
});

test('names of columns stay, since templates name them', () => {
  differ('data d = template(t) { hole A = x }', 'data d = template(t) { hole B = x }');
});

test('study, report and gallery are erased', () => {
  same('study "a" {\n  question: "why"\n}\nlet a = 1\nreport { table(a) }', 'let a = 1');
});

test('prose is erased, its presence is not', () => {
  same('waive c { because: "this" }', 'waive c { because: "that" }');
  differ('waive c { because: "this" }', 'waive c {}');
});

test('every other part counts', () => {
  const parts = [
    'claim a = x > 1 { on: d.confirm }',
    'claim a = x > 1 { on: d.discover }',
    'claim a = x >= 1 { on: d.confirm }',
    'claim a = x > 2 { on: d.confirm }',
    'claim a = x > 1 nat { on: d.confirm }',
    'claim a = x > 1% { on: d.confirm }',
    'claim a = -x > 1 { on: d.confirm }',
    'claim a = not x > 1 { on: d.confirm }',
    'claim a = x @ m > 1 { on: d.confirm }',
    'claim a = x on m > 1 { on: d.confirm }',
    'claim a = x with m > 1 { on: d.confirm }',
    'claim a = x without m > 1 { on: d.confirm }',
    'claim a = x with m <- 0 > 1 { on: d.confirm }',
    'claim a = x where m > 1 { on: d.confirm }',
    'claim a = x as m > 1 { on: d.confirm }',
    'claim a = some x: x > 1 { on: d.confirm }',
    'claim a = all x: x > 1 { on: d.confirm }',
    'claim a = at_least 2 of x: x > 1 { on: d.confirm }',
    'claim a = at_least 3 of x: x > 1 { on: d.confirm }',
    'claim a = x > "1" { on: d.confirm }',
    'claim a = x > ? { on: d.confirm }',
    'claim a unit nat = x > 1 { on: d.confirm }',
    'metric a = x > 1 { on: d.confirm }',
    'claim a = x > 0..1 { on: d.confirm }',
    'claim a = x > 0..=1 { on: d.confirm }',
    'import [x] from "a"',
    'import [x] from "b"',
    'import [y] from "b"',
  ];
  assert.is(new Set(parts.map(formOf)).size, parts.length);
});

test.run();
