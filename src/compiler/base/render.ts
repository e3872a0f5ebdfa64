// A diagnostic as plain text, as in the example of the house style. Colour is added by the sink, never here.
import type { Diagnostic, Label } from './diagnostic.js';
import { lineStarts, positionOf } from './position.js';
import { visible, visibleCharacter, widthOf } from './visible.js';

/** The text of the one file, or a function from file name to text. */
export type Sources = string | ((file: string) => string | undefined);

/** Source lines are cut to this width around what is underlined. */
const lineWidth = 110;
const tabWidth = 4;

/** One underlined stretch of one line. `text` is empty where the label goes on. */
type Mark = {
  readonly line: number;
  readonly from: number;
  readonly to: number;
  readonly sign: string;
  readonly text: string;
};

/** One diagnostic as text without a newline at its end. */
export function renderDiagnostic(diagnostic: Diagnostic, sources: Sources): string {
  const { primary, secondary, notes, help } = diagnostic;
  const out = [`${diagnostic.severity}[${diagnostic.code}]: ${visible(diagnostic.message)}`];
  const labels = primary === undefined ? [] : [primary, ...secondary];
  const files = [...new Set(labels.map((one) => one.span.file))];
  const pages = files.map((file) => new Page(file, textOf(sources, file)));
  for (const label of labels) {
    pages.find((page) => page.file === label.span.file)?.mark(label, label === primary ? '^' : '-');
  }
  const width = Math.max(0, ...pages.map((page) => String(page.lastLine).length));
  const gutter = ' '.repeat(width);
  for (const page of pages) out.push(...page.render(width));
  for (const note of notes) out.push(`${gutter} = note: ${visible(note)}`);
  if (help !== undefined) out.push(`${gutter} = help: ${visible(help.text)}`);
  out.push(`${gutter} = more: eisc explain ${diagnostic.code}`);
  return out.join('\n');
}

function textOf(sources: Sources, file: string): string {
  return typeof sources === 'string' ? sources : (sources(file) ?? '');
}

/** The labels of one file. */
class Page {
  readonly file: string;
  readonly #text: string;
  readonly #starts: readonly number[];
  readonly #marks: Mark[] = [];
  #first: Label | undefined;

  constructor(file: string, text: string) {
    this.file = file;
    this.#text = text;
    this.#starts = lineStarts(text);
  }

  get lastLine(): number {
    return Math.max(1, ...this.#marks.map((one) => one.line));
  }

  /** A span over several lines is underlined on its first and its last one. */
  mark(label: Label, sign: string): void {
    this.#first ??= label;
    const { start, end } = label.span;
    const from = positionOf(this.#text, start, this.#starts);
    const to = positionOf(this.#text, Math.max(start, end), this.#starts);
    if (to.line === from.line) {
      this.#marks.push({ line: from.line, from: from.column - 1, to: to.column - 1, sign, text: label.text });
      return;
    }
    const restOfLine = this.#line(from.line).length;
    this.#marks.push({ line: from.line, from: from.column - 1, to: restOfLine, sign, text: '' });
    const indented = this.#line(to.line).search(/\S|$/);
    const last = { line: to.line, from: Math.min(indented, to.column - 1), to: to.column - 1 };
    this.#marks.push({ ...last, sign, text: label.text });
  }

  render(width: number): readonly string[] {
    const gutter = ' '.repeat(width);
    const at = positionOf(this.#text, this.#first?.span.start ?? 0, this.#starts);
    const out = [`${gutter}--> ${visible(this.file)}:${at.line}:${at.column}`, `${gutter} |`];
    const marks = this.#marks.toSorted((a, b) => a.line - b.line || a.from - b.from);
    let last = 0;
    for (const mark of marks) {
      const shown = marks.filter((one) => one.line === mark.line);
      const line = new ShownLine(this.#line(mark.line), shown);
      if (last !== 0 && mark.line > last + 1) out.push(`${gutter} ~`);
      if (mark.line !== last) out.push(`${String(mark.line).padStart(width)} | ${line.text}`.trimEnd());
      const text = mark.text === '' ? '' : ` ${visible(mark.text)}`;
      out.push(`${gutter} | ${line.underline(mark)}${text}`.trimEnd());
      last = mark.line;
    }
    return out;
  }

  #line(number: number): string {
    const start = this.#starts[number - 1] ?? 0;
    return this.#text.slice(start, this.#starts[number] ?? this.#text.length).replace(/[\r\n]+$/, '');
  }
}

/** A source line as printed: tabs expanded, control characters escaped, cut where it is too wide. */
class ShownLine {
  readonly text: string;
  /** The column at which each UTF-16 unit of the source line is printed, and the end. */
  readonly #columns: readonly number[];

  constructor(source: string, marks: readonly Mark[]) {
    const columns: number[] = [];
    const cells: string[] = [];
    let column = 0;
    for (const character of source) {
      const cell =
        character === '\t' ? ' '.repeat(tabWidth - (column % tabWidth)) : visibleCharacter(character);
      for (let unit = 0; unit < character.length; unit++) columns.push(column);
      cells.push(cell);
      column += widthOf(cell);
    }
    columns.push(column);
    if (column <= lineWidth) {
      this.text = cells.join('');
      this.#columns = columns;
      return;
    }
    // Room is given first to the primary label, which is the one with carets.
    const focus = marks.find((one) => one.sign === '^') ?? marks[0];
    const wanted = columns[focus?.from ?? 0] ?? 0;
    const first = wanted < lineWidth - 30 ? 0 : wanted - 30;
    const lead = first === 0 ? '' : '…';
    let shown = '';
    let at = 0;
    for (const cell of cells) {
      if (at >= first && at - first + widthOf(cell) <= lineWidth - 2) shown += cell;
      at += widthOf(cell);
    }
    const start = columns.find((one) => one >= first) ?? first;
    const room = lead.length + widthOf(shown);
    this.text = `${lead}${shown}${column - start > widthOf(shown) ? '…' : ''}`;
    this.#columns = columns.map((one) => Math.max(0, Math.min(room, one - start + lead.length)));
  }

  /** At least one sign wide. */
  underline(mark: Mark): string {
    const end = this.#columns.at(-1) ?? 0;
    const from = this.#columns[mark.from] ?? end;
    const to = this.#columns[mark.to] ?? end;
    return ' '.repeat(from) + mark.sign.repeat(Math.max(1, to - from));
  }
}
