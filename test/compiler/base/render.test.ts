import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Diagnostic, Label } from '../../../src/compiler/base/diagnostic.js';
import { diagnosticToJson } from '../../../src/compiler/base/json.js';
import { lineStarts, positionOf } from '../../../src/compiler/base/position.js';
import { renderDiagnostic } from '../../../src/compiler/base/render.js';
import { hasErrors, Reporter } from '../../../src/compiler/base/reporter.js';
import { readMarked } from '../../support/marked-source.js';

const test = suite('diagnostics on the page');

type Extra = Partial<Pick<Diagnostic, 'severity' | 'notes' | 'help'>>;
function made(labels: readonly Label[], extra: Extra = {}): Diagnostic {
  const [primary, ...secondary] = labels;
  const base = {
    code: 'EIS1010' as const,
    severity: 'error' as const,
    message: 'something is wrong',
    secondary,
    notes: [],
  };
  return { ...base, ...(primary === undefined ? {} : { primary }), ...extra };
}

/** Renders with one label for each mark; the first mark is the primary one. Returns the lines of the source part. */
function shown(marked: string, ...texts: string[]): readonly string[] {
  const { text, spans } = readMarked(marked);
  const lines = renderDiagnostic(
    made(spans.map((span, index) => ({ span, text: texts[index] ?? '' }))),
    text,
  ).split('\n');
  return lines.slice(3, -1);
}

test('shows the cause and the conflict', () => {
  const { text, spans } = readMarked('let a = 1\n\nuse <|a|> here\nlet b = 2\n  again <|a|>\n');
  const [first, second] = spans;
  if (first === undefined || second === undefined) throw assert.unreachable();
  const diagnostic = made(
    [
      { span: second, text: 'tested here' },
      { span: first, text: 'used for selection here' },
    ],
    { notes: ['it matters'], help: { text: 'do this', edits: [] } },
  );
  assert.is(
    renderDiagnostic(diagnostic, text),
    [
      'error[EIS1010]: something is wrong',
      ' --> test.eis:5:9',
      '  |',
      '3 | use a here',
      '  |     - used for selection here',
      '  ~',
      '5 |   again a',
      '  |         ^ tested here',
      '  = note: it matters',
      '  = help: do this',
      '  = more: eisc explain EIS1010',
    ].join('\n'),
  );
});

test('a diagnostic without a place has no source part', () => {
  assert.is(
    renderDiagnostic(made([]), ''),
    'error[EIS1010]: something is wrong\n = more: eisc explain EIS1010',
  );
});

test('tabs are expanded, and underlines stay below what they mark', () => {
  assert.equal(shown('\tlet\ta = <|b|>'), ['1 |     let a = b', '  |             ^']);
});

test('wide characters take two columns', () => {
  assert.equal(shown('"模型😀" <|x|>'), ['1 | "模型😀" x', '  |          ^']);
});

test('line ends of any kind are no part of the line', () => {
  assert.equal(shown('a\r\nb <|c|>\r\nd\re'), ['2 | b c', '  |   ^']);
  assert.equal(shown('a\rb <|c|>\rd'), ['2 | b c', '  |   ^']);
});

test('control characters in source, message and file name are shown, not sent to the terminal', () => {
  const text = 'let \u001b[31m = \u202eb';
  const label = { span: { file: 'a\u001b]0;b\u0007.eis', start: 4, end: 5 }, text: 'see \u001b[2J' };
  const page = renderDiagnostic({ ...made([label]), message: 'no \u009b1m' }, text);
  assert.not.match(page.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u);
  assert.match(page, 'let \\u{1b}[31m = \\u{202e}b');
});

test('an empty span is one sign wide, also at the end of the file', () => {
  assert.equal(shown('let a =<||>', 'a value is missing'), [
    '1 | let a =',
    '  |        ^ a value is missing',
  ]);
});

test('a span over several lines is underlined at both ends', () => {
  assert.equal(shown('let <|a = f(\n  b,\n  c\n  )|> + d', 'all of this'), [
    '1 | let a = f(',
    '  |     ^^^^^^',
    '  ~',
    '4 |   ) + d',
    '  |   ^ all of this',
  ]);
});

test('several labels of a line stand below it in order', () => {
  assert.equal(shown('f(<|a|>, <|b|>)', 'one', 'two'), ['1 | f(a, b)', '  |   ^ one', '  |      - two']);
});

test('the gutter is as wide as the largest line number', () => {
  const source = `${'x\n'.repeat(7)}<|a|>\n\n\n<|b|>`;
  assert.equal(shown(source), [' 8 | a', '   | ^', '   ~', '11 | b', '   | -']);
});

test('a line too wide for the page is cut around the primary label', () => {
  for (const before of [0, 60, 150, 1000]) {
    for (const after of [0, 60, 1000]) {
      const [line = '', under = ''] = shown(`${'a'.repeat(before)}<|XYZ|>${'b'.repeat(after)}`);
      assert.ok(line.length <= 116 && under.length <= 116, line);
      assert.is(line.slice(under.indexOf('^'), under.lastIndexOf('^') + 1), 'XYZ');
    }
  }
});

test('labels of two files have a part each', () => {
  const labels = [
    { span: { file: 'a.eis', start: 0, end: 1 }, text: 'here' },
    { span: { file: 'b.eis', start: 2, end: 3 }, text: 'there' },
  ];
  const page = renderDiagnostic(made(labels), (file) => (file === 'a.eis' ? 'x' : '\n\ny'));
  const parts = [
    ' --> a.eis:1:1',
    '  |',
    '1 | x',
    '  | ^ here',
    ' --> b.eis:3:1',
    '  |',
    '3 | y',
    '  | - there',
  ];
  assert.equal(page.split('\n').slice(1, -1), parts);
});

// Independent reading: cutting the text before the offset.
test('positions count lines and columns from 1', () => {
  const text = 'ab\r\n\rc\n\nd';
  for (let offset = 0; offset <= text.length; offset++) {
    const before = text.slice(0, offset);
    const complete = text[offset - 1] === '\r' && text[offset] === '\n' ? before.slice(0, -1) : before;
    const lines = complete.split(/\r\n|\n|\r/);
    const column = (lines.at(-1) ?? '').length + 1 + (before.length - complete.length);
    assert.equal(positionOf(text, offset), { line: lines.length, column }, String(offset));
  }
  assert.equal(positionOf('ab', 99), { line: 1, column: 3 });
  assert.equal(lineStarts(''), [0]);
});

test('JSON is one line and has offsets, lines and columns', () => {
  const { text, spans } = readMarked('a\nb <|c|>\n');
  const [span] = spans;
  if (span === undefined) throw assert.unreachable();
  const help = { text: 'do\nthis', edits: [{ span, newText: 'd', safe: true }] };
  const json = diagnosticToJson(made([{ span, text: 'here' }], { help }), text);
  assert.not.match(json, '\n');
  const place = { file: 'test.eis', start: 4, end: 5, line: 2, column: 3, endLine: 2, endColumn: 4 };
  assert.equal(JSON.parse(json), {
    code: 'EIS1010',
    severity: 'error',
    message: 'something is wrong',
    primary: { ...place, text: 'here' },
    secondary: [],
    notes: [],
    help: { text: 'do\nthis', edits: [{ ...place, newText: 'd', safe: true }] },
  });
});

test('a reporter returns diagnostics in reading order and knows errors from warnings', () => {
  const reporter = new Reporter();
  const at = (file: string, start: number) =>
    made([{ span: { file, start, end: start }, text: `${file}${start}` }], { severity: 'warning' });
  for (const one of [at('b', 0), at('a', 9), made([], { severity: 'warning' }), at('a', 2)])
    reporter.report(one);
  assert.is(reporter.hasErrors, false);
  assert.equal(
    reporter.diagnostics.map((one) => one.primary?.text),
    [undefined, 'a2', 'a9', 'b0'],
  );
  assert.is(hasErrors([made([])]), true);
});

test.run();
