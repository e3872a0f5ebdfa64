import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Diagnostic } from '../../../src/compiler/base/diagnostic.js';
import { depthLimit, fileLimit, parseFile } from '../../../src/compiler/syntax/parse.js';
import { printFile } from '../../../src/compiler/syntax/print.js';
import { readMarked } from '../../support/marked-source.js';

const test = suite('syntax errors');
const codesOf = (text: string) => parseFile(text, 'test.eis').diagnostics.map((one) => one.code);
const spansOf = (diagnostics: readonly Diagnostic[]) => diagnostics.map((one) => one.primary?.span);

test('three errors in three declarations give three diagnostics, each at its place', () => {
  const { text, spans } = readMarked(
    'eis 1\nlet a = mean(x, over: <|)|>\nlet b = 1\nmetric loss <|nat|> = 3\nclaim c = 1 < x <|>|> 2\n',
  );
  const { file, diagnostics } = parseFile(text, 'test.eis');
  assert.equal(spansOf(diagnostics), spans);
  assert.equal(
    file.declarations.map((one) => one.name),
    ['b'],
  );
});

test('three errors in one block give three diagnostics', () => {
  const { text, spans } = readMarked(
    'claim c = x {\n  on: <|=|> 2\n  a: f(<|,|>)\n  nil: "fine"\n  because: [1 <|2|>]\n}\nlet d = 1\n',
  );
  const { file, diagnostics } = parseFile(text, 'test.eis');
  assert.equal(spansOf(diagnostics), spans);
  assert.equal(
    file.declarations.map((one) => one.name),
    ['d'],
  );
});

test('a bracket left open ends at the next declaration and has one diagnostic', () => {
  const { text, spans } = readMarked('let a = mean<|(|>x, [b\nlet c = 1\nreport {\n  table(c)\n}\n');
  const { file, diagnostics } = parseFile(text, 'test.eis');
  assert.equal(
    diagnostics.map((one) => one.code),
    ['EIS1004'],
  );
  assert.equal(spansOf(diagnostics), spans);
  assert.equal(
    file.declarations.map((one) => one.keyword),
    ['let', 'report'],
  );
});

test('a block left open ends at the next declaration', () => {
  const text = 'data d = rows() {\n  size: 3\nlet a = 1\n';
  assert.equal(codesOf(text), ['EIS1004']);
});

test('a field in column 1 that is named like a keyword does not end a block', () => {
  assert.equal(codesOf('fit f {\ndata: x\nmodel: y\n}\n'), []);
});

test('a bracket left open inside a block ends at the end of the block', () => {
  const { text, spans } = readMarked('claim c = x {\n  on: f<|(|>a\n}\nlet d = 1\n');
  const { file, diagnostics } = parseFile(text, 'test.eis');
  assert.equal(spansOf(diagnostics), spans);
  assert.equal(
    file.declarations.map((one) => one.name),
    ['d'],
  );
});

test('a name close to a keyword has the keyword as its help', () => {
  const [one] = parseFile('intervension a = b', 'test.eis').diagnostics;
  assert.equal(
    one?.help?.edits.map((edit) => edit.newText),
    ['intervention'],
  );
});

test('a write without a space is named in an intervention, a replacement and a world, and compares elsewhere', () => {
  assert.equal(codesOf('intervention a = z <-0'), ['EIS1013']);
  assert.equal(codesOf('control a = c given k = z <-x'), ['EIS1013']);
  assert.equal(codesOf('metric a = x @ (m with z <-0)'), ['EIS1013']);
  assert.equal(codesOf('let a = z <-0'), []);
  assert.equal(codesOf('intervention a = z <- 0'), []);
  assert.equal(codesOf('intervention a = z <-\n  0'), []);
});

test('applying the safe edits of a write without a space makes it parse', () => {
  const text = 'intervention a = z <-0';
  const edit = parseFile(text, 'test.eis').diagnostics[0]?.help?.edits[0];
  if (edit === undefined) throw assert.unreachable();
  const repaired = text.slice(0, edit.span.start) + edit.newText + text.slice(edit.span.end);
  assert.equal(codesOf(repaired), []);
});

test('an empty file, one of comments, and a header alone', () => {
  assert.equal(codesOf(''), ['EIS1009']);
  assert.equal(codesOf('\uFEFF// nothing\r\n\r\n'), ['EIS1009']);
  assert.equal(codesOf('eis 1\n'), []);
});

test('a binary file has one diagnostic', () => {
  assert.equal(codesOf('PK\u0003\u0004\0\0\0 let'), ['EIS1008']);
});

test('a file of ten million characters is refused at once', () => {
  const start = Date.now();
  assert.equal(codesOf('let a = 1\n'.repeat(1_000_000)), ['EIS1007']);
  assert.ok(Date.now() - start < 1000);
  assert.ok(fileLimit < 10_000_000);
});

test('ten thousand brackets of any kind have one diagnostic and keep the stack', () => {
  for (const bracket of ['(', '[', '{', 'f(', 'x[', 'each a in [']) {
    const opened = bracket.repeat(10_000);
    assert.equal(codesOf(`let a = ${opened}`), ['EIS1006'], bracket);
    assert.equal(codesOf(`let a = ${opened}1${')'.repeat(10_000)}`), ['EIS1006'], bracket);
  }
});

test('nesting up to the limit parses and prints', () => {
  const text = `let a = ${'f(['.repeat(50)}1${'])'.repeat(50)}\n`;
  const { file, diagnostics } = parseFile(text, 'test.eis');
  assert.equal(diagnostics, []);
  assert.equal(codesOf(printFile(file)), []);
});

test('long chains without brackets have one diagnostic and keep the stack', () => {
  const chains = [
    `x${'.y'.repeat(20_000)}`,
    `1${' + 1'.repeat(10_000)}`,
    `${'- '.repeat(20_000)}1`,
    `x${' @ y'.repeat(10_000)}`,
    `${'each a: '.repeat(10_000)}x`,
    `${'each a in '.repeat(10_000)}x`,
    `x${' where y'.repeat(10_000)}`,
    `x${' or y'.repeat(10_000)}`,
  ];
  for (const chain of chains) assert.equal(codesOf(`let a = ${chain}`), ['EIS1006'], chain.slice(0, 20));
  assert.ok(depthLimit >= 200);
});

test('a long list and a world of many parts are not deep', () => {
  assert.equal(codesOf(`let a = [${'1, '.repeat(20_000)}2]`), []);
  assert.equal(codesOf(`let a = m${' with x'.repeat(5_000)}`), []);
});

test('CRLF, CR and a byte order mark leave offsets as they are in the text', () => {
  const { text, spans } = readMarked('\uFEFFeis 1\r\nlet a = 1\rlet b = <|)|>\r\n');
  assert.equal(spansOf(parseFile(text, 'test.eis').diagnostics).slice(0, 1), spans);
});

test.run();
