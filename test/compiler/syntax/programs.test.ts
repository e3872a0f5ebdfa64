import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parser } from '../../../grammar/parser.js';
import { thin } from '../../../grammar/thin.js';
import { lexer, NewLine } from '../../../grammar/tokens.js';
import { format } from '../../../src/compiler/syntax/format.js';
import { parseFile } from '../../../src/compiler/syntax/parse.js';
import { printFile } from '../../../src/compiler/syntax/print.js';
import { goodTexts, readProgram, withoutPlaces } from './programs.js';

const test = suite('target programs');
const declarationCounts = [
  ['induction', 15],
  ['indirect-objects', 21],
  ['modular-addition', 10],
  ['magika', 3],
  ['idioms', 25],
] as const;

for (const [name, count] of declarationCounts) {
  test(`${name} parses into ${count} declarations`, () => {
    const { file, diagnostics } = parseFile(readProgram(name), `${name}.eis`);
    assert.equal(diagnostics, []);
    assert.is(file.declarations.length, count);
  });
}

test('each idiom parses as a file of its own', () => {
  const lines = readProgram('idioms')
    .split('\n')
    .filter((one) => one !== '');
  assert.is(lines.length, 25);
  for (const line of lines) assert.equal(parseFile(line, 'line.eis').diagnostics, [], line);
});

test('printing and parsing again gives the same tree', () => {
  for (const text of goodTexts()) {
    const first = parseFile(text, 'a.eis').file;
    const second = parseFile(printFile(first), 'b.eis');
    assert.equal(second.diagnostics, []);
    assert.equal(withoutPlaces(second.file), withoutPlaces(first));
  }
});

test('formatting twice changes nothing the second time', () => {
  for (const text of goodTexts()) {
    const once = format(text).text;
    assert.is(format(once).text, once);
  }
});

test('formatting keeps every comment', () => {
  for (const text of goodTexts()) {
    const comments = (source: string) =>
      (lexer.tokenize(source.replace(/^\uFEFF/, '')).groups.comments ?? []).map((one) => one.image.trimEnd());
    assert.equal(comments(format(text).text).toSorted(), comments(text).toSorted());
  }
});

// An independent reading: the recorded rule for whole files, on the same tokens in one piece.
test('the rule for whole files accepts what is parsed line by line', () => {
  for (const text of goodTexts()) {
    const source = text.replace(/^\uFEFF/, '');
    const newLine = lexer.tokenize('\n').tokens.slice(0, 1);
    const lines = thin(lexer.tokenize(source).tokens, source).map((one) => one.tokens);
    parser.input = lines.flatMap((tokens, index) => (index === 0 ? tokens : [...newLine, ...tokens]));
    parser.file();
    assert.equal(
      parser.errors.map((one) => one.message),
      [],
      text,
    );
    assert.is(newLine[0]?.tokenType, NewLine);
  }
});

test('spans cover the text they stand for', () => {
  const text = 'let x = (a + b) * f(c, over: d)[0].e @ (m on r)';
  const value = parseFile(text, 'a.eis').file.declarations[0]?.value;
  if (value?.kind !== 'binary') throw assert.unreachable();
  const at = (one: { span: { start: number; end: number } }) => text.slice(one.span.start, one.span.end);
  assert.is(at(value), '(a + b) * f(c, over: d)[0].e @ (m on r)');
  assert.is(at(value.left), '(a + b)');
  assert.is(at(value.right), 'f(c, over: d)[0].e @ (m on r)');
  assert.is(text.slice(value.operatorSpan.start, value.operatorSpan.end), '*');
});

test('numbers keep their text, and percent means a hundredth', () => {
  const numbers = ['9_999', '0.7%', '1e-3', '5deg', '30 %'].map((one) => {
    const value = parseFile(`let x = ${one}`, 'a.eis').file.declarations[0]?.value;
    if (value?.kind !== 'number') throw assert.unreachable();
    return [value.text, value.value, value.unit, value.percent];
  });
  assert.equal(numbers, [
    ['9_999', 9999, undefined, false],
    ['0.7', 0.007, undefined, true],
    ['1e-3', 0.001, undefined, false],
    ['5', 5, 'deg', false],
    ['30', 0.3, undefined, true],
  ]);
});

test('a word after a number is a unit only on the same line and only when it is no infix word', () => {
  const good = ['let x = [1 nat, 2]', 'let x = f(3 where m)', 'claim c = at_least 2 of a in b: a > 1 nat'];
  for (const text of good) assert.equal(parseFile(text, 'a.eis').diagnostics, [], text);
  const codes = parseFile('let x = [1\n nat]', 'a.eis').diagnostics.map((one) => one.code);
  assert.equal(codes, ['EIS1010']);
});

test('strings know five escapes', () => {
  const value = parseFile('let x = "\\"\\\\\\n\\t\\u{1F600}"', 'a.eis').file.declarations[0]?.value;
  if (value?.kind !== 'string') throw assert.unreachable();
  assert.is(value.value, '"\\\n\t😀');
});

test('a trailing comma is read and dropped', () => {
  const text = 'let x = f(a, b,) + [c,]\nhook h[l,] = z\nfn g(a,) = a\nclaim c = x { on: d, }\n';
  const printed = 'let x = f(a, b) + [c]\nhook h[l] = z\nfn g(a) = a\nclaim c = x { on: d }\n';
  assert.is(format(text).text, printed);
});

test.run();
